//! What staff have agreed on with one who waits, written down by them. It goes the way of a text reply.

use std::sync::Arc;

use domain::SlotId;
use store::{Store, WaitingOutcome};

use super::answering;
use crate::desk::Premises;
use crate::{OfficeConfig, OfficeError};

/// Books what one who waits was offered, or declines it for them; what became of it. Works beside a running office, as another node
/// does: the database says who was first, and a calendar that does not answer is told by the office later.
///
/// # Errors
/// The configuration cannot be used, there is no such offer, or the database says no.
pub async fn answer_waiting_offer(
    store: &Store,
    config: OfficeConfig,
    offer: SlotId,
    takes: bool,
) -> Result<WaitingOutcome, OfficeError> {
    let premises = Arc::new(Premises::new(store.clone(), config)?);
    let offer = store.waiting_offer(&premises.config.practice.id, offer).await?;
    let row = store.waiting_at(offer.waiting).await?;
    if let Some(outcome) = answering::finish(&premises, &row, &offer).await? {
        return Ok(outcome);
    }
    if offer.outcome != WaitingOutcome::Open {
        return Ok(offer.outcome);
    }
    if takes {
        return Ok(answering::take(&premises, &row, &offer).await?);
    }
    answering::decline(&premises, &offer).await?;
    Ok(WaitingOutcome::Declined)
}

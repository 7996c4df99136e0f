//! How offers end that nobody answers. What is in the hands of staff does not lapse: it ends when they have answered, or when its
//! time cannot be had any more.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use store::{Schedule, StoreError, WaitingOfferRow, WaitingOutcome, WaitingRow, WaitingStatus};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::super::open::Doubt;
use super::{answering, fitting, telling};
use crate::desk::Premises;

/// An offer of which nobody was told within this time was left behind by a process that has died.
const TOLD_WITHIN: SignedDuration = SignedDuration::from_mins(3);
/// Whose time was over longer ago had perhaps answered a server that was down: it does not count.
const FOUND_WITHIN: SignedDuration = SignedDuration::from_mins(5);
/// Who has not answered so many offers is asked no more.
const LAPSES_MAX: usize = 3;

pub(super) async fn end_offers(
    premises: &Arc<Premises>,
    saved: &Notify,
    schedule: &Schedule,
    stop: &CancellationToken,
) -> Result<(), StoreError> {
    for offer in premises.store.open_waiting_offers(&premises.config.practice.id).await? {
        if stop.is_cancelled() {
            return Ok(());
        }
        if let Err(error) = end_if_over(premises, saved, schedule, &offer).await {
            tracing::error!(offer = %offer.id, %error, "an offer is not looked at, will be tried again");
        }
    }
    Ok(())
}

async fn end_if_over(
    premises: &Arc<Premises>,
    saved: &Notify,
    schedule: &Schedule,
    offer: &WaitingOfferRow,
) -> Result<(), StoreError> {
    let (store, now) = (&premises.store, premises.now());
    let row = store.waiting_at(offer.waiting).await?;
    if answering::is_settling(premises, offer).await? {
        return Ok(());
    }
    if let Some(outcome) = answering::finish(premises, &row, offer).await? {
        if outcome.is_taken() {
            telling::tell_of_booking(premises, saved, &row, offer).await;
        }
        return Ok(());
    }
    let is_over = offer.answer_by <= now && !offer.by_staff;
    let (outcome, then) = if fitting::has_ended(premises, &row, now).await? {
        (WaitingOutcome::Void, WaitingStatus::Left)
    } else if offer.told_at.is_none() {
        if offer.offered_at.duration_until(now) < TOLD_WITHIN {
            return Ok(());
        }
        (WaitingOutcome::Untold, WaitingStatus::Waiting)
    } else if is_over && offer.answer_by.duration_until(now) > FOUND_WITHIN {
        (WaitingOutcome::Void, WaitingStatus::Waiting)
    } else if is_over {
        return lapse(premises, saved, &row, offer, now).await;
    } else if fitting::is_bookable(premises, schedule, &row, offer, Doubt::FreeUnasked).await? {
        return Ok(());
    } else {
        let reply = fitting::why_not(premises, &row, offer).await?;
        answering::ended_by(&reply)
    };
    store.end_waiting_offer(offer, outcome, then).await?;
    Ok(())
}

async fn lapse(
    premises: &Premises,
    saved: &Notify,
    row: &WaitingRow,
    offer: &WaitingOfferRow,
    now: Timestamp,
) -> Result<(), StoreError> {
    let store = &premises.store;
    let before = store.waiting_offers(row.id).await?;
    let lapsed = before.iter().filter(|offer| offer.outcome == WaitingOutcome::Lapsed).count() + 1;
    let is_last = lapsed >= LAPSES_MAX;
    let then = if is_last { WaitingStatus::Left } else { WaitingStatus::Waiting };
    if store.end_waiting_offer(offer, WaitingOutcome::Lapsed, then).await? && is_last {
        telling::tell_of_end(premises, saved, row, now).await;
    }
    Ok(())
}

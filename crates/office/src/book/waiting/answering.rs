//! What is answered to an offer, from the number that it was sent to. What was taken is booked as in a call, with outside calendars
//! and all, under a call of its own: the same answer again does nothing, and is answered the same.

use std::sync::Arc;

use domain::{Booking, Fit, OfferedSlot, OfficeReply, PhoneNumber, RequestId};
use jiff::Timestamp;
use store::{OfferRow, Requested, StoreError, WaitingOfferRow, WaitingOutcome, WaitingRow, WaitingStatus};

use super::super::Book;
use super::{telling, wished};
use crate::channel::OfferReply;
use crate::desk::Premises;

/// The one request of an offer's call.
const REQUEST: RequestId = RequestId(1);

/// What the sender is told; `None` if the text has nothing to do with the waiting list. Unclear texts of somebody who `is_clinician`
/// are not answered here.
pub(crate) async fn answer(
    premises: &Arc<Premises>,
    from: &PhoneNumber,
    body: &str,
    at: Timestamp,
    is_clinician: bool,
) -> Result<Option<String>, StoreError> {
    let (store, practice) = (&premises.store, &premises.config.practice.id);
    let said = OfferReply::of(body);
    if said == OfferReply::Stop {
        let left = store.leave_waiting_list(practice, from).await?;
        premises.freed.notify_one();
        return Ok((left > 0).then(|| "You are not on the waiting list any more.".to_owned()));
    }
    let offers = store.waiting_offers_to(practice, from).await?;
    let named = |code: &String| offers.iter().find(|offer| offer.code == *code);
    Ok(match &said {
        OfferReply::Yes(code) => match named(code) {
            Some(offer) => Some(take(premises, offer, at).await?),
            None => None,
        },
        OfferReply::No(code) => match named(code) {
            Some(offer) => Some(decline(premises, offer).await?),
            None => None,
        },
        OfferReply::Stop | OfferReply::Unclear => None,
    }
    .or_else(|| {
        let open = offers.iter().find(|offer| offer.outcome == WaitingOutcome::Open)?;
        let code = &open.code;
        (!is_clinician).then(|| {
            format!("Nothing was done. Reply YES {code} to take that time, NO {code} if not, STOP to leave the list.")
        })
    }))
}

async fn take(premises: &Arc<Premises>, offer: &WaitingOfferRow, at: Timestamp) -> Result<String, StoreError> {
    if offer.outcome != WaitingOutcome::Open || at > offer.answer_by {
        return told_of(premises, offer, offer.outcome).await;
    }
    let row = premises.store.waiting_at(offer.waiting).await?;
    let reply = book(premises, &row, offer).await?;
    let (outcome, then) = if let OfficeReply::Booked(_) | OfficeReply::Moved(_) = reply {
        (WaitingOutcome::Booked, WaitingStatus::Taken)
    } else if let OfficeReply::ToBeConfirmed(_) = reply {
        (WaitingOutcome::ToBeConfirmed, WaitingStatus::Taken)
    } else if reply == OfficeReply::NoSuchAppointment {
        // What was to be moved does not stand any more.
        (WaitingOutcome::Declined, WaitingStatus::Left)
    } else {
        (WaitingOutcome::TooLate, WaitingStatus::Waiting)
    };
    premises.store.end_waiting_offer(offer, outcome, then).await?;
    premises.freed.notify_one();
    told_of(premises, offer, outcome).await
}

async fn decline(premises: &Arc<Premises>, offer: &WaitingOfferRow) -> Result<String, StoreError> {
    let declined = premises.store.end_waiting_offer(offer, WaitingOutcome::Declined, WaitingStatus::Waiting).await?;
    if declined {
        premises.freed.notify_one();
    }
    Ok(if offer.outcome.is_taken() {
        format!("{} Please call us if you cannot come.", told_of(premises, offer, offer.outcome).await?)
    } else {
        format!("All right. {}", standing(premises, offer).await?)
    })
}

/// As a call does it: it is still open by every rule, it is offered to this offer's own call, and that call books it.
async fn book(premises: &Arc<Premises>, row: &WaitingRow, offer: &WaitingOfferRow) -> Result<OfficeReply, StoreError> {
    let (store, practice, now) = (&premises.store, &premises.config.practice.id, premises.now());
    let schedule = store.schedule(practice).await?;
    let openings = wished(premises, &schedule, row, (now, now), Some(offer.call)).await?;
    if !openings.iter().any(|o| o.start == offer.start && o.provider == offer.provider) {
        return Ok(OfficeReply::SlotTaken);
    }
    let patient = row.wish.patient;
    store.keep_match(offer.call, patient, now).await?;
    if store.offers(offer.call, REQUEST).await?.is_empty() {
        let (provider, kind) = (offer.provider.clone(), offer.kind.clone());
        let slot = OfferedSlot { id: offer.id, start: offer.start, provider, kind, fit: Fit::AsWished };
        let kept = OfferRow { slot, patient, end: offer.end, blocked: offer.blocked };
        let outside = premises.outside.providers();
        let requested = Requested { practice, call: offer.call, request: REQUEST, at: now, outside };
        store.keep_offers(&requested, &[kept]).await?;
    }
    let book = Book::new(premises, offer.call, REQUEST);
    match row.wish.instead_of {
        Some(appointment) => book.move_appointment(appointment, offer.id).await,
        None => book.book(Booking { slot: offer.id, patient, reason: None }).await,
    }
}

/// What the sender is told of what became of an offer.
async fn told_of(premises: &Premises, offer: &WaitingOfferRow, outcome: WaitingOutcome) -> Result<String, StoreError> {
    let opening = telling::opening(premises, offer.start, &offer.provider);
    Ok(match outcome {
        WaitingOutcome::Booked => format!("It is booked: {opening}."),
        WaitingOutcome::ToBeConfirmed => format!("It is written down: {opening}. The office will confirm it with you."),
        WaitingOutcome::TooLate => {
            format!("Sorry, someone was faster, and that time is taken. {}", standing(premises, offer).await?)
        }
        WaitingOutcome::Open | WaitingOutcome::Declined | WaitingOutcome::Lapsed | WaitingOutcome::Untold => {
            format!("That time is not offered to you any more. {}", standing(premises, offer).await?)
        }
    })
}

async fn standing(premises: &Premises, offer: &WaitingOfferRow) -> Result<&'static str, StoreError> {
    Ok(match premises.store.waiting_at(offer.waiting).await?.status {
        WaitingStatus::Waiting | WaitingStatus::Offered => "You are still on the waiting list.",
        WaitingStatus::Taken => "You have another time from the waiting list.",
        WaitingStatus::Left => "You are not on the waiting list any more. Please call us if you need a time.",
    })
}

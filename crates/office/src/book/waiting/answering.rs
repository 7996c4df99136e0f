//! What is answered to an offer, from the number that it was sent to, or by staff. What was taken is booked as in a call, with outside
//! calendars and all, under a call of its own: the same answer again does nothing, and is answered the same.

use std::sync::Arc;

use domain::{Booking, Fit, OfferedSlot, OfficeReply, PhoneNumber, RequestId};
use jiff::Timestamp;
use store::{OfferRow, Requested, Status, StoreError, WaitingOfferRow, WaitingOutcome, WaitingRow, WaitingStatus};

use super::super::Book;
use super::super::open::Doubt;
use super::{fitting, telling};
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
    let named = match &said {
        OfferReply::Yes(code) | OfferReply::No(code) => offers.iter().find(|offer| offer.code == *code),
        OfferReply::Stop | OfferReply::Unclear => None,
    };
    if let Some(offer) = named {
        let takes = matches!(said, OfferReply::Yes(_));
        let (premises, offer) = (Arc::clone(premises), offer.clone());
        // In a task of its own: who sends the text may hang up on us, and what is begun is brought to its end.
        let work = tokio::spawn(async move { reply_to(&premises, &offer, takes, at).await });
        return work.await.expect("it does not panic, and nobody aborts it").map(Some);
    }
    let open = offers.iter().find(|offer| offer.outcome == WaitingOutcome::Open && !offer.by_staff);
    match open.filter(|_| !is_clinician) {
        Some(offer) if store.waiting_explained(offer.id).await? => Ok(Some(explanation(premises, &offer.code))),
        Some(_) | None => Ok(None),
    }
}

fn explanation(premises: &Premises, code: &str) -> String {
    format!(
        "Nothing was done. Reply YES {code} or NO {code}. Nobody reads these texts: please call us. In an emergency call {}.",
        premises.config.practice.emergency_number
    )
}

async fn reply_to(
    premises: &Arc<Premises>,
    offer: &WaitingOfferRow,
    takes: bool,
    at: Timestamp,
) -> Result<String, StoreError> {
    let row = premises.store.waiting_at(offer.waiting).await?;
    // A process that died may have sent the text and not written it down.
    let is_open = matches!(offer.outcome, WaitingOutcome::Open | WaitingOutcome::Untold);
    let is_over = !is_open || (at > offer.answer_by && !offer.by_staff);
    let outcome = match finish(premises, &row, offer).await? {
        Some(outcome) => outcome,
        None if !takes => {
            decline(premises, offer).await?;
            return Ok(format!("All right. {}", standing(premises, &row).await?));
        }
        None if is_over => offer.outcome,
        None => take(premises, &row, offer).await?,
    };
    let told = told_of(premises, &row, offer, outcome).await?;
    let is_had = !takes && outcome.is_taken() && stands(premises, offer).await?;
    Ok(if is_had { format!("{told} Please call us if you cannot come.") } else { told })
}

/// What became of an offer that was answered before; it is brought to its end, if the process died in between.
pub(super) async fn finish(
    premises: &Arc<Premises>,
    row: &WaitingRow,
    offer: &WaitingOfferRow,
) -> Result<Option<WaitingOutcome>, StoreError> {
    if offer.outcome.is_taken() {
        return Ok(Some(offer.outcome));
    }
    if premises.store.answered(offer.call, REQUEST).await?.is_none() {
        return Ok(None);
    }
    let reply = book(premises, row, offer).await?;
    Ok(Some(end(premises, offer, &reply).await?))
}

/// Whether somebody is about to tell the provider's calendar of what was booked, or has just died of it.
pub(super) async fn is_settling(premises: &Premises, offer: &WaitingOfferRow) -> Result<bool, StoreError> {
    let store = &premises.store;
    let Some(OfficeReply::Booked(made) | OfficeReply::Moved(made)) = store.answered(offer.call, REQUEST).await? else {
        return Ok(false);
    };
    let owed = store.outside(made.id).await?;
    Ok(owed.and_then(|row| row.due_at).is_some_and(|due| due > premises.now()))
}

/// Books it, as a call does: it is still open by every rule, it is offered to this offer's own call, and that call books it.
pub(super) async fn take(
    premises: &Arc<Premises>,
    row: &WaitingRow,
    offer: &WaitingOfferRow,
) -> Result<WaitingOutcome, StoreError> {
    let (store, practice, now) = (&premises.store, &premises.config.practice.id, premises.now());
    let schedule = store.schedule(practice).await?;
    if !fitting::is_bookable(premises, &schedule, row, offer, Doubt::Free).await? {
        // Perhaps the same answer came twice, and the other was faster.
        if let Some(outcome) = finish(premises, row, offer).await? {
            return Ok(outcome);
        }
        let reply = fitting::why_not(premises, row, offer).await?;
        return end(premises, offer, &reply).await;
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
    let reply = book(premises, row, offer).await?;
    end(premises, offer, &reply).await
}

/// True if it was open.
pub(super) async fn decline(premises: &Premises, offer: &WaitingOfferRow) -> Result<bool, StoreError> {
    let declined = premises.store.end_waiting_offer(offer, WaitingOutcome::Declined, WaitingStatus::Waiting).await?;
    if declined {
        premises.freed.notify_one();
    }
    Ok(declined)
}

async fn book(premises: &Arc<Premises>, row: &WaitingRow, offer: &WaitingOfferRow) -> Result<OfficeReply, StoreError> {
    let book = Book::new(premises, offer.call, REQUEST);
    match row.wish.instead_of {
        Some(appointment) => book.move_appointment(appointment, offer.id).await,
        None => {
            let reason = row.wish.reason.clone();
            book.book(Booking { slot: offer.id, patient: row.wish.patient, reason }).await
        }
    }
}

async fn end(premises: &Premises, offer: &WaitingOfferRow, reply: &OfficeReply) -> Result<WaitingOutcome, StoreError> {
    let (outcome, then) = ended_by(reply);
    premises.store.end_waiting_offer(offer, outcome, then).await?;
    premises.freed.notify_one();
    Ok(outcome)
}

/// What becomes of an offer, and of who waits, by what the book has answered.
pub(super) fn ended_by(reply: &OfficeReply) -> (WaitingOutcome, WaitingStatus) {
    if let OfficeReply::Booked(_) | OfficeReply::Moved(_) = reply {
        (WaitingOutcome::Booked, WaitingStatus::Taken)
    } else if let OfficeReply::ToBeConfirmed(_) = reply {
        (WaitingOutcome::ToBeConfirmed, WaitingStatus::Taken)
    } else if *reply == OfficeReply::SlotTaken {
        (WaitingOutcome::TooLate, WaitingStatus::Waiting)
    } else if *reply == OfficeReply::NoSuchAppointment {
        // What was to be moved does not stand any more.
        (WaitingOutcome::Void, WaitingStatus::Left)
    } else {
        (WaitingOutcome::Void, WaitingStatus::Waiting)
    }
}

/// What the sender is told of what became of an offer.
async fn told_of(
    premises: &Premises,
    row: &WaitingRow,
    offer: &WaitingOfferRow,
    outcome: WaitingOutcome,
) -> Result<String, StoreError> {
    let opening = telling::opening(premises, offer.start, &offer.provider);
    Ok(match outcome {
        WaitingOutcome::Booked | WaitingOutcome::ToBeConfirmed if !stands(premises, offer).await? => {
            "That time is not booked for you any more. Please call us if you need one.".to_owned()
        }
        WaitingOutcome::Booked => format!("It is booked: {opening}."),
        WaitingOutcome::ToBeConfirmed => format!("It is written down: {opening}. The office will confirm it with you."),
        WaitingOutcome::TooLate => {
            format!("Sorry, someone was faster, and that time is taken. {}", standing(premises, row).await?)
        }
        WaitingOutcome::Open
        | WaitingOutcome::Declined
        | WaitingOutcome::Lapsed
        | WaitingOutcome::Untold
        | WaitingOutcome::Void => {
            format!("That time is not offered to you any more. {}", standing(premises, row).await?)
        }
    })
}

/// Whether what was booked still is as it was booked.
async fn stands(premises: &Premises, offer: &WaitingOfferRow) -> Result<bool, StoreError> {
    let Some(OfficeReply::Booked(made) | OfficeReply::Moved(made) | OfficeReply::ToBeConfirmed(made)) =
        premises.store.answered(offer.call, REQUEST).await?
    else {
        return Ok(false);
    };
    let row = premises.store.appointment(made.id).await?;
    Ok(row.is_some_and(|row| row.status == Status::Booked && row.appointment == made))
}

/// Whether the patient still waits, with this wish or a later one.
async fn standing(premises: &Premises, row: &WaitingRow) -> Result<&'static str, StoreError> {
    let store = &premises.store;
    let all = store.waiting(&premises.config.practice.id).await?;
    if all.iter().any(|other| other.wish.patient == row.wish.patient) {
        return Ok("You are still on the waiting list.");
    }
    Ok(match store.waiting_at(row.id).await?.status {
        WaitingStatus::Taken => "You have another time from the waiting list.",
        WaitingStatus::Waiting | WaitingStatus::Offered | WaitingStatus::Left => {
            "You are not on the waiting list any more. Please call us if you need a time."
        }
    })
}

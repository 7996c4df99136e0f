//! What those who wait, or the staff, are told of an opening. A text message holds neither a name nor what the visit is for.

use domain::ProviderId;
use jiff::Timestamp;
use store::{WaitingOfferRow, WaitingRow};
use tokio::sync::Notify;

use super::HOURS;
use crate::channel;
use crate::desk::Premises;
use crate::messages;

/// Who was told of an offer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Told {
    Patient,
    Staff,
    Nobody,
}

/// Tells the patient of an offer, or the staff if the patient cannot be texted.
pub(super) async fn tell(premises: &Premises, saved: &Notify, row: &WaitingRow, offer: &WaitingOfferRow) -> Told {
    let minutes = offer.offered_at.duration_until(offer.answer_by).as_mins();
    let (practice, opening) = (practice(premises), opening(premises, offer.start, &offer.provider));
    let what = if row.wish.instead_of.is_some() { "to move to it" } else { "to take it" };
    let code = &offer.code;
    let body = format!(
        "{practice}: {opening} is free. Reply YES {code} within {minutes} minutes {what}, NO {code} if not, STOP to leave the list."
    );
    let texted = text(premises, row, &body).await;
    if texted == Some(true) {
        return Told::Patient;
    }
    // A gateway that does not answer may have sent it all the same.
    let not_told = if texted.is_some() { "They may not have been told" } else { "They have not been told" };
    let replaced = if row.wish.instead_of.is_some() { " It would replace an appointment that they have." } else { "" };
    let told = format!(
        "Waiting list: {opening} ({}) is free, and this patient has waited for it longest. Please call them and agree on it.{replaced} \
         {not_told}. Nobody else on the list is offered it before you answer, but a caller may book it. If they want it: firstring \
         appointments waiting book {code}. If not this time: firstring appointments waiting decline {code}. If they wait no more: \
         firstring appointments waiting remove {}.",
        kind(premises, offer),
        row.id
    );
    if leave(premises, saved, row, told).await { Told::Staff } else { Told::Nobody }
}

/// Tells the patient that they are asked no more, and always the staff: nobody knows whether texts to that number are read.
pub(super) async fn tell_of_end(premises: &Premises, saved: &Notify, row: &WaitingRow, now: Timestamp) {
    let body = format!(
        "{}: we had no answer from you, so you are not on the waiting list any more. Please call us if you still need a time.",
        practice(premises)
    );
    let time = premises.config.practice.zone.to_datetime(now).time();
    let is_day = HOURS.0 <= time && time <= HOURS.1;
    let texted = if is_day { text(premises, row, &body).await } else { None };
    let told = match texted {
        Some(true) => "were sent a text",
        Some(false) => "may not have been told",
        None => "have not been told",
    };
    let told = format!(
        "Waiting list: this patient has not answered three texts about openings, and is not on the list any more. They {told}. Please \
         call them if they may still need a time."
    );
    if !leave(premises, saved, row, told).await {
        tracing::error!(waiting = %row.id, "staff could not be told that a patient is not on the waiting list any more");
    }
}

/// What was taken in time and brought to its end by another process than the one that was to answer: nobody knows whether that has.
pub(super) async fn tell_of_booking(premises: &Premises, saved: &Notify, row: &WaitingRow, offer: &WaitingOfferRow) {
    let told = format!(
        "Waiting list: this patient has taken {} ({}) by text message, and it is in the book. They may not have been told so. Please \
         call them.",
        opening(premises, offer.start, &offer.provider),
        kind(premises, offer)
    );
    if !leave(premises, saved, row, told).await {
        tracing::error!(waiting = %row.id, "staff could not be told of a booking that its patient may not know of");
    }
}

/// "Thursday, March 5 at 9:00 AM with Doctor Patel".
pub(super) fn opening(premises: &Premises, start: Timestamp, provider: &ProviderId) -> String {
    let practice = &premises.config.practice;
    let provider = practice.front_desk.providers.iter().find(|one| one.id == *provider);
    let provider = provider.map_or("one of our doctors", |one| one.name.as_str());
    let when = practice.zone.to_datetime(start).strftime("%A, %B %-d at %-I:%M %p").to_string();
    format!("{when} with {provider}")
}

pub(super) fn practice(premises: &Premises) -> String {
    channel::name_in_sms(&premises.config.practice.name)
}

fn kind(premises: &Premises, offer: &WaitingOfferRow) -> String {
    let known = premises.config.practice.front_desk.appointment_types.iter().find(|kind| kind.id == offer.kind);
    known.map_or_else(|| offer.kind.0.clone(), |kind| kind.name.clone())
}

/// Whether the gateway has taken it; `None` for whoever is not texted.
async fn text(premises: &Premises, row: &WaitingRow, body: &str) -> Option<bool> {
    let texter = premises.texter.as_ref().filter(|_| row.wish.may_text)?;
    let sent = texter.text(&premises.client, row.wish.number.expose(), body).await;
    if let Err(why) = &sent {
        tracing::warn!(waiting = %row.id, %why, "who waits could not be texted: staff are told");
    }
    Some(sent.is_ok())
}

/// A message with the patient's name, and the number that they gave.
async fn leave(premises: &Premises, saved: &Notify, row: &WaitingRow, text: String) -> bool {
    let patient = premises.store.patient(row.wish.patient).await.ok().map(|mut patient| {
        patient.numbers = vec![row.wish.number.clone()];
        patient
    });
    let left = messages::leave_for_staff(premises, &text, patient).await;
    if left {
        saved.notify_one();
    }
    left
}

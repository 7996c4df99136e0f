//! What those who wait, or the staff, are told of an opening. A text message holds neither a name nor what the visit is for.

use domain::ProviderId;
use jiff::Timestamp;
use store::{WaitingOfferRow, WaitingRow};
use tokio::sync::Notify;

use crate::channel;
use crate::desk::Premises;
use crate::messages;

/// Tells the patient of an offer, or the staff if the patient cannot be texted. False if nobody was told.
pub(super) async fn tell(premises: &Premises, saved: &Notify, row: &WaitingRow, offer: &WaitingOfferRow) -> bool {
    let minutes = offer.offered_at.duration_until(offer.answer_by).as_mins();
    let (practice, opening) = (practice(premises), opening(premises, offer.start, &offer.provider));
    let what = if row.wish.instead_of.is_some() { "to move to it" } else { "to take it" };
    let code = &offer.code;
    let body = format!(
        "{practice}: {opening} is free. Reply YES {code} within {minutes} minutes {what}, NO {code} if not, STOP to leave the list."
    );
    if row.wish.may_text && text(premises, row, &body).await {
        return true;
    }
    let zone = &premises.config.practice.zone;
    let by = zone.to_datetime(offer.answer_by).strftime("%-I:%M %p").to_string();
    let replaced = if row.wish.instead_of.is_some() { " It would replace an appointment that they have." } else { "" };
    let told = format!(
        "Waiting list: {opening} ({}) is free, and this patient has waited for it longest. Please call them and agree on it.{replaced} \
         They have not been told, and the time is not held; at {by} it is offered to the next who waits.",
        kind(premises, offer)
    );
    leave(premises, saved, row, told).await
}

/// Tells the patient, or the staff, that the patient is asked no more.
pub(super) async fn tell_of_end(premises: &Premises, saved: &Notify, row: &WaitingRow) {
    let body = format!(
        "{}: we had no answer from you, so you are not on the waiting list any more. Please call us if you still need a time.",
        practice(premises)
    );
    if row.wish.may_text && text(premises, row, &body).await {
        return;
    }
    let told = "Waiting list: nothing came of three openings for this patient, who is not on the list any more. Please call them if \
                they still need a time.";
    if !leave(premises, saved, row, told.to_owned()).await {
        tracing::error!(waiting = %row.id, "nobody could be told that a patient is not on the waiting list any more");
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

async fn text(premises: &Premises, row: &WaitingRow, body: &str) -> bool {
    let Some(texter) = &premises.texter else { return false };
    match texter.text(&premises.client, row.wish.number.expose(), body).await {
        Ok(()) => true,
        Err(why) => {
            tracing::warn!(waiting = %row.id, %why, "who waits could not be texted: staff are told");
            false
        }
    }
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

//! What fits whom: which opening one who waits is offered, whether it can still be had, and whether there is anything to wait for.

use domain::{Appointment, OfficeReply, ProviderId, ProviderWish, WaitingWish};
use jiff::Timestamp;
use store::{AppointmentRow, PatientRow, Schedule, Status, StoreError, WaitingOfferRow, WaitingOutcome, WaitingRow};

use super::super::calendar::{Calendar, Opening, overlap};
use super::super::find_type;
use super::super::open::{Doubt, Sought};
use super::super::search::{admits, last_day};
use crate::desk::Premises;

/// Whether there is nothing to wait for any more: the last wished time has passed, they have an appointment as wished, or the one
/// that would be moved does not stand ahead.
pub(super) async fn has_ended(premises: &Premises, row: &WaitingRow, now: Timestamp) -> Result<bool, StoreError> {
    let wish = &row.wish;
    if row.until <= now {
        return Ok(true);
    }
    let ahead = premises.store.appointments_ahead(wish.patient, now).await?;
    let stands = |row: &AppointmentRow| Some(row.appointment.id) == wish.instead_of && row.status == Status::Booked;
    // What they had already is not what they wait for; what is to be moved counts once it was moved within the wish.
    let is_new = |ahead: &AppointmentRow| {
        let is_moved = Some(ahead.appointment.id) == wish.instead_of;
        if is_moved { Some(ahead.appointment.start) != row.moving_from } else { ahead.made_at >= row.since }
    };
    let is_wished = |made: &Appointment| made.kind == wish.kind && wish.is_wished(made.start);
    let is_met = |ahead: &AppointmentRow| is_wished(&ahead.appointment) && is_new(ahead);
    Ok(wish.instead_of.is_some() && !ahead.iter().any(stands) || ahead.iter().any(is_met))
}

/// The first opening that is as wished, that nobody is offered now, and that they have not let go. It is free for sure: they are
/// told so. `answer_by`: from when on the lead counts.
pub(super) async fn find(
    premises: &Premises,
    schedule: &Schedule,
    row: &WaitingRow,
    (now, answer_by): (Timestamp, Timestamp),
) -> Result<Option<Opening>, StoreError> {
    let store = &premises.store;
    let openings = wished(premises, schedule, row, (now, answer_by), Doubt::Taken).await?;
    if openings.is_empty() {
        return Ok(None);
    }
    let elsewhere = store.open_waiting_offers(&premises.config.practice.id).await?;
    let before = store.waiting_offers(row.id).await?;
    let is_offered = |opening: &Opening| {
        elsewhere.iter().any(|offer| offer.provider == opening.provider && overlap(offer.blocked, opening.blocked))
    };
    let was_let_go = |opening: &Opening| {
        let declined =
            |offer: &&WaitingOfferRow| matches!(offer.outcome, WaitingOutcome::Declined | WaitingOutcome::Lapsed);
        let refused =
            |(start, provider): &(Timestamp, ProviderId)| *start == opening.start && *provider == opening.provider;
        row.wish.refused.iter().any(refused) || before.iter().filter(declined).any(|offer| is_same(offer, opening))
    };
    Ok(openings.into_iter().find(|opening| !is_offered(opening) && !was_let_go(opening)))
}

/// Whether what was offered can still be had, by every rule. A calendar that is not seen keeps nothing back.
pub(super) async fn is_bookable(
    premises: &Premises,
    schedule: &Schedule,
    row: &WaitingRow,
    offer: &WaitingOfferRow,
    doubt: Doubt,
) -> Result<bool, StoreError> {
    let now = premises.now();
    let openings = wished(premises, schedule, row, (now, now), doubt).await?;
    Ok(openings.iter().any(|opening| is_same(offer, opening)))
}

/// What to answer for a time that cannot be had any more: somebody else has it, or else it is not to be had at all.
pub(super) async fn why_not(
    premises: &Premises,
    row: &WaitingRow,
    offer: &WaitingOfferRow,
) -> Result<OfficeReply, StoreError> {
    let there = premises.store.appointments_blocking(&premises.config.practice.id, offer.blocked).await?;
    let is_other = |one: &Appointment| one.provider == offer.provider && one.patient != row.wish.patient;
    let is_taken = there.iter().any(|row| is_other(&row.appointment));
    Ok(if is_taken { OfficeReply::SlotTaken } else { OfficeReply::NotAllowed })
}

fn is_same(offer: &WaitingOfferRow, opening: &Opening) -> bool {
    offer.provider == opening.provider && offer.start == opening.start
}

/// Every opening that is as wished, by the same rules as in a call. `from`: from when on the lead counts.
async fn wished(
    premises: &Premises,
    schedule: &Schedule,
    row: &WaitingRow,
    (now, from): (Timestamp, Timestamp),
    doubt: Doubt,
) -> Result<Vec<Opening>, StoreError> {
    let (wish, store) = (&row.wish, &premises.store);
    let patient = store.patient(wish.patient).await?;
    let is_known = store.is_known(wish.patient, now).await?;
    let kind = find_type(schedule, &wish.kind).filter(|kind| wish.instead_of.is_some() || admits(kind, is_known));
    let Some(kind) = kind else { return Ok(Vec::new()) };
    let calendar = Calendar::new(schedule, &premises.config.practice);
    let today = calendar.day(now);
    let first = wish.when.iter().map(|(from, _)| calendar.day(*from)).min().map_or(today, |first| first.max(today));
    let days = (first, calendar.day(row.until).min(last_day(kind, today)));
    let sought = Sought { schedule, kind, patient: &patient, instead_of: wish.instead_of, days, now, from, doubt };
    let mut openings = sought.openings(premises).await?;
    let provider = wished_provider(wish, &patient);
    openings.retain(|o| wish.is_wished(o.start) && provider.is_none_or(|provider| *provider == o.provider));
    Ok(openings)
}

fn wished_provider<'a>(wish: &'a WaitingWish, patient: &'a PatientRow) -> Option<&'a ProviderId> {
    match &wish.provider {
        Some(ProviderWish::Named(provider)) => Some(provider),
        Some(ProviderWish::Own) => patient.own_provider.as_ref(),
        Some(ProviderWish::Anybody) | None => None,
    }
}

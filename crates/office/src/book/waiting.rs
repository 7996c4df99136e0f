//! The waiting list: what is freed is offered to those who wait for it, one after the other, who has waited longest first.
//!
//! An offer holds nothing: whoever books first has the time, and who answers later hears so. It is made by text message where the
//! patient has agreed to that, else put into the hands of staff ([`telling`]). It can be answered for a while ([`answering`]); then,
//! or when it is declined, the next is offered the same time, as long as it is free and ahead by the type's lead.
//!
//! Every node looks; which one has made or ended an offer the database says ([`store::Store::offer_waiting`]).

mod answering;
mod telling;

use std::sync::Arc;
use std::time::Duration;

use domain::{Appointment, AppointmentType, CallId, OfficeReply, ProviderId, ProviderWish, SlotId, WaitingWish};
use jiff::civil::{Time, time};
use jiff::{SignedDuration, Timestamp};
use store::{
    AppointmentRow, PatientRow, Schedule, Status, StoreError, WaitingOfferRow, WaitingOutcome, WaitingRow,
    WaitingStatus,
};
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

pub(crate) use answering::answer;

use super::calendar::{Calendar, Opening, overlap};
use super::open::Sought;
use super::search::{admits, last_day};
use super::{Book, find_type};
use crate::desk::Premises;

/// What was freed elsewhere, in a calendar or by another node, is found after so long.
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// Nobody is offered anything before or after, by the practice's clock.
const HOURS: (Time, Time) = (time(8, 0, 0, 0), time(20, 0, 0, 0));
/// An offer of which nobody was told within this time was left behind by a process that has died.
const TOLD_WITHIN: SignedDuration = SignedDuration::from_mins(1);
/// Who has not answered so many offers is asked no more.
const LAPSES_MAX: usize = 3;

impl Book {
    /// Lets a patient wait for what they may have.
    pub(crate) async fn join_waiting_list(self, wish: WaitingWish) -> Result<OfficeReply, StoreError> {
        let schedule = self.store().schedule(&self.practice().id).await?;
        let is_known = self.store().is_known(wish.patient, self.premises.now()).await?;
        let kind = find_type(&schedule, &wish.kind).filter(|kind| wish.instead_of.is_some() || admits(kind, is_known));
        let Some(kind) = kind else { return Ok(OfficeReply::NotAllowed) };
        if let Some(id) = wish.instead_of {
            let row = self.store().appointment(id).await?;
            if row.is_none_or(|row| row.appointment.patient != wish.patient) {
                return Ok(OfficeReply::NotAllowed);
            }
        }
        let until = until(&wish, kind, &Calendar::new(&schedule, self.practice()), self.premises.now());
        let wish = WaitingWish { may_text: wish.may_text && self.premises.texter.is_some(), ..wish };
        self.store().join_waiting_list(&self.requested(), &wish, until).await
    }
}

/// When nothing can come any more that was wished: after the last wished time, or after the last day that can be booked now.
fn until(wish: &WaitingWish, kind: &AppointmentType, calendar: &Calendar<'_>, now: Timestamp) -> Timestamp {
    let horizon = calendar.begin(last_day(kind, calendar.day(now)).tomorrow().unwrap_or(jiff::civil::Date::MAX));
    wish.when.iter().map(|(_, to)| *to).max().unwrap_or(horizon)
}

/// Looks at once, whenever something may have been freed, and every minute, until `stop`. `saved` hears of messages to staff.
pub(crate) async fn run(premises: Arc<Premises>, saved: Arc<Notify>, stop: CancellationToken) {
    loop {
        if let Err(error) = look(&premises, &saved).await {
            tracing::error!(%error, "the waiting list cannot be read or kept, will be tried again");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = premises.freed.notified() => {}
            () = sleep(LOOK_EVERY) => {}
        }
    }
}

async fn look(premises: &Premises, saved: &Notify) -> Result<(), StoreError> {
    let (store, practice, now) = (&premises.store, &premises.config.practice, premises.now());
    end_overdue(premises, saved, now).await?;
    let Some(answer_by) = answer_by(premises, now) else { return Ok(()) };
    let waiting = store.waiting(&practice.id).await?;
    if waiting.is_empty() {
        return Ok(());
    }
    let schedule = store.schedule(&practice.id).await?;
    for row in waiting.iter().filter(|row| row.status == WaitingStatus::Waiting) {
        if let Err(error) = look_for(premises, saved, &schedule, row, (now, answer_by)).await {
            tracing::error!(waiting = %row.id, %error, "nothing is sought for one who waits, will be tried again");
        }
    }
    Ok(())
}

/// Offers one who waits what fits, if anything does.
async fn look_for(
    premises: &Premises,
    saved: &Notify,
    schedule: &Schedule,
    row: &WaitingRow,
    (now, answer_by): (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    if has_ended(premises, row, now).await? {
        premises.store.end_waiting(row.id).await?;
    } else if let Some(opening) = fitting(premises, schedule, row, (now, answer_by)).await? {
        offer(premises, saved, row, opening, (now, answer_by)).await?;
    }
    Ok(())
}

/// When an offer of now is to be answered; `None` while nobody is to be disturbed.
fn answer_by(premises: &Premises, now: Timestamp) -> Option<Timestamp> {
    let zone = &premises.config.practice.zone;
    let by = now.checked_add(premises.config.waiting.answer_within).ok()?;
    let (from, to) = (zone.to_datetime(now), zone.to_datetime(by));
    (from.date() == to.date() && from.time() >= HOURS.0 && to.time() <= HOURS.1).then_some(by)
}

/// Ends offers that were not answered in time, and those of which nobody was told.
async fn end_overdue(premises: &Premises, saved: &Notify, now: Timestamp) -> Result<(), StoreError> {
    let store = &premises.store;
    for offer in store.open_waiting_offers(&premises.config.practice.id).await? {
        if offer.told_at.is_none() {
            if offer.offered_at.duration_until(now) >= TOLD_WITHIN {
                store.end_waiting_offer(&offer, WaitingOutcome::Untold, WaitingStatus::Waiting).await?;
            }
            continue;
        }
        if offer.answer_by > now {
            continue;
        }
        let before = store.waiting_offers(offer.waiting).await?;
        let lapsed = before.iter().filter(|offer| offer.outcome == WaitingOutcome::Lapsed).count() + 1;
        let is_last = lapsed >= LAPSES_MAX;
        let then = if is_last { WaitingStatus::Left } else { WaitingStatus::Waiting };
        if store.end_waiting_offer(&offer, WaitingOutcome::Lapsed, then).await? && is_last {
            let row = store.waiting_at(offer.waiting).await?;
            telling::tell_of_end(premises, saved, &row).await;
        }
    }
    Ok(())
}

/// Whether there is nothing to wait for any more: the last wished time has passed, they have an appointment as wished, or the one
/// that would be moved does not stand ahead.
async fn has_ended(premises: &Premises, row: &WaitingRow, now: Timestamp) -> Result<bool, StoreError> {
    let wish = &row.wish;
    if row.until <= now {
        return Ok(true);
    }
    let ahead = premises.store.appointments_ahead(wish.patient, now).await?;
    let stands = |row: &AppointmentRow| Some(row.appointment.id) == wish.instead_of && row.status == Status::Booked;
    // What is to be moved may lie within the wish already: it counts once it was moved within it.
    let is_as_it_was = |made: &Appointment| Some(made.id) == wish.instead_of && Some(made.start) == row.moving_from;
    let is_met = |made: &Appointment| made.kind == wish.kind && wish.is_wished(made.start) && !is_as_it_was(made);
    Ok(wish.instead_of.is_some() && !ahead.iter().any(stands) || ahead.iter().any(|row| is_met(&row.appointment)))
}

/// The first opening that is as wished, that nobody is offered now, and that they have not let go.
async fn fitting(
    premises: &Premises,
    schedule: &Schedule,
    row: &WaitingRow,
    (now, answer_by): (Timestamp, Timestamp),
) -> Result<Option<Opening>, StoreError> {
    let store = &premises.store;
    let openings = wished(premises, schedule, row, (now, answer_by), None).await?;
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
        before.iter().filter(declined).any(|offer| offer.provider == opening.provider && offer.start == opening.start)
    };
    Ok(openings.into_iter().find(|opening| !is_offered(opening) && !was_let_go(opening)))
}

/// Every opening that is as wished, by the same rules as in a call. `from`: from when on the lead counts. What was booked by
/// `made_in` counts as free.
async fn wished(
    premises: &Premises,
    schedule: &Schedule,
    row: &WaitingRow,
    (now, from): (Timestamp, Timestamp),
    made_in: Option<CallId>,
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
    let sought = Sought { schedule, kind, patient: &patient, instead_of: wish.instead_of, days, now, from, made_in };
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

async fn offer(
    premises: &Premises,
    saved: &Notify,
    row: &WaitingRow,
    opening: Opening,
    (now, answer_by): (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    let id = SlotId::new();
    let offer = WaitingOfferRow {
        id,
        waiting: row.id,
        code: code(id),
        call: CallId::new(),
        provider: opening.provider,
        kind: opening.kind,
        start: opening.start,
        end: opening.end,
        blocked: opening.blocked,
        offered_at: now,
        answer_by,
        told_at: None,
        outcome: WaitingOutcome::Open,
    };
    if premises.store.offer_waiting(&premises.config.practice.id, &offer).await?
        && telling::tell(premises, saved, row, &offer).await
    {
        premises.store.waiting_told(offer.id, premises.now()).await?;
    }
    Ok(())
}

/// Four digits from the part of an id that is random.
fn code(id: SlotId) -> String {
    let bytes = id.0.as_bytes();
    format!("{:04}", u32::from_be_bytes([bytes[12], bytes[13], bytes[14], bytes[15]]) % 10_000)
}

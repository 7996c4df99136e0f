//! The waiting list: what is freed is offered to those who wait for it, one after the other, who has waited longest first.
//!
//! An offer holds nothing: whoever books first has the time, and who answers later hears so. It is made by text message where the
//! patient has agreed to that, else put into the hands of staff ([`telling`]). A text can be answered for a while ([`answering`]); then,
//! or when it is declined, the next is offered the same time, as long as it is free and ahead by the type's lead. What is in the
//! hands of staff stays there until they have answered or it cannot be had any more ([`ending`]): the same time is promised once.
//!
//! Every node looks; which one has made or ended an offer the database says ([`store::Store::offer_waiting`]).

mod answering;
mod ending;
mod fitting;
mod staff;
mod telling;

use std::sync::Arc;
use std::time::Duration;

use domain::{AppointmentType, CallId, OfficeReply, SlotId, WaitingWish};
use jiff::Timestamp;
use jiff::civil::{Time, time};
use store::{Schedule, StoreError, WaitingOfferRow, WaitingOutcome, WaitingRow, WaitingStatus};
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

pub(crate) use answering::answer;
pub use staff::answer_waiting_offer;

use super::calendar::{Calendar, Opening};
use super::search::{admits, last_day};
use super::{Book, find_type};
use crate::desk::Premises;
use telling::Told;

/// What was freed elsewhere, in a calendar or by another node, is found after so long.
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// Nobody is texted or offered anything before or after, by the practice's clock.
const HOURS: (Time, Time) = (time(8, 0, 0, 0), time(20, 0, 0, 0));

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
        if let Err(error) = look(&premises, &saved, &stop).await {
            tracing::error!(%error, "the waiting list cannot be read or kept, will be tried again");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = premises.freed.notified() => {}
            () = sleep(LOOK_EVERY) => {}
        }
    }
}

async fn look(premises: &Arc<Premises>, saved: &Notify, stop: &CancellationToken) -> Result<(), StoreError> {
    let (store, practice) = (&premises.store, &premises.config.practice.id);
    if store.waiting(practice).await?.is_empty() {
        return Ok(());
    }
    let schedule = store.schedule(practice).await?;
    ending::end_offers(premises, saved, &schedule, stop).await?;
    for row in store.waiting(practice).await?.iter().filter(|row| row.status == WaitingStatus::Waiting) {
        if stop.is_cancelled() {
            return Ok(());
        }
        if let Err(error) = look_for(premises, saved, &schedule, row).await {
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
) -> Result<(), StoreError> {
    let now = premises.now();
    if fitting::has_ended(premises, row, now).await? {
        premises.store.end_waiting(row.id).await?;
        return Ok(());
    }
    let Some(answer_by) = answer_by(premises, schedule, row, now) else { return Ok(()) };
    match fitting::find(premises, schedule, row, (now, answer_by)).await? {
        Some(opening) => offer(premises, saved, schedule, row, opening).await,
        None => Ok(()),
    }
}

/// When an offer of now is to be answered; `None` while nobody is to be disturbed, or staff are not there to call.
fn answer_by(premises: &Premises, schedule: &Schedule, row: &WaitingRow, now: Timestamp) -> Option<Timestamp> {
    let practice = &premises.config.practice;
    let by = now.checked_add(premises.config.waiting.answer_within).ok()?;
    let (from, to) = (practice.zone.to_datetime(now), practice.zone.to_datetime(by));
    let is_day = from.date() == to.date() && from.time() >= HOURS.0 && to.time() <= HOURS.1;
    let are_there = || {
        let closed = practice.front_desk.closures.iter().any(|closure| closure.from < to && from < closure.to);
        !closed && Calendar::new(schedule, practice).is_open((from, to))
    };
    (is_day && (is_texted(premises, row) || are_there())).then_some(by)
}

fn is_texted(premises: &Premises, row: &WaitingRow) -> bool {
    row.wish.may_text && premises.texter.is_some()
}

async fn offer(
    premises: &Premises,
    saved: &Notify,
    schedule: &Schedule,
    row: &WaitingRow,
    opening: Opening,
) -> Result<(), StoreError> {
    // Looking for it may have taken a while.
    let now = premises.now();
    let Some(answer_by) = answer_by(premises, schedule, row, now) else { return Ok(()) };
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
        by_staff: false,
        outcome: WaitingOutcome::Open,
    };
    if premises.store.offer_waiting(&premises.config.practice.id, &offer).await? {
        match telling::tell(premises, saved, row, &offer).await {
            Told::Nobody => {}
            told @ (Told::Patient | Told::Staff) => {
                premises.store.waiting_told(offer.id, premises.now(), told == Told::Staff).await?;
            }
        }
    }
    Ok(())
}

/// Four digits from the part of an id that is random.
fn code(id: SlotId) -> String {
    let bytes = id.0.as_bytes();
    format!("{:04}", u32::from_be_bytes([bytes[12], bytes[13], bytes[14], bytes[15]]) % 10_000)
}

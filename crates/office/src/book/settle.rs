//! Brings the calendars that providers keep elsewhere to what stands in FirstRing's book.
//!
//! The book comes first: what is owed to a calendar is kept in the transaction that changes the book ([`store::OutsideRow`]). Then
//! the calendar is told, while the caller waits for a moment. If it has the time for somebody else, the change is undone and
//! the caller is offered another time. If it does not answer, the caller hears that the office will confirm it, staff find a
//! message about it, and it is told again until it answers.

use std::sync::Arc;
use std::time::Duration;

use calendars::{CalendarError, Entry, Period, Version};
use domain::{Appointment, AppointmentId, OfficeReply, ProviderId};
use jiff::SignedDuration;
use store::{AppointmentRow, OutsideRow, Status, StoreError};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::Book;
use crate::desk::{Premises, reference};
use crate::messages;

/// So long a caller waits for a calendar.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Behind the callers' backs it may take longer. Another node takes it up after twice as long.
const RETRY_WITHIN: Duration = Duration::from_secs(20);
const TAKEN_FOR: SignedDuration = SignedDuration::from_secs(40);
/// How often what is owed is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// From the first failure to the next try; doubled each time up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// After so many tries staff are told of a cancellation that a calendar does not take.
const TRIES_IN_SILENCE: u32 = 5;
const BATCH: u32 = 8;

/// Where an entry stands, and in which state.
type Stands = Option<(ProviderId, String)>;

impl Book {
    /// Tells the calendar of what was booked, or of what was moved from as it was `before`.
    pub(super) async fn settle(
        &self,
        made: Appointment,
        before: Option<&AppointmentRow>,
    ) -> Result<OfficeReply, StoreError> {
        let premises = &self.premises;
        let reply = |made| if before.is_some() { OfficeReply::Moved(made) } else { OfficeReply::Booked(made) };
        let owed = self.store().outside(made.id).await?;
        let Some(row) = owed.filter(|row| row.due_at.is_some()) else { return Ok(reply(made)) };
        let why = match timeout(ANSWER_WITHIN, write(premises, &row)).await {
            Ok(Ok(stands)) => {
                self.store().outside_settled(&row, stands.as_ref()).await?;
                if premises.outside.is_legible(&made.provider) {
                    return Ok(reply(made));
                }
                Why::Illegible
            }
            Ok(Err(CalendarError::Conflict)) => {
                premises.outside.forget(&made.provider);
                let undone = match before {
                    None => self.store().undo_booking(&self.requested(), &row.appointment).await.map(|()| true)?,
                    Some(before) => self.store().undo_move(&self.requested(), before).await?,
                };
                if undone {
                    premises.freed.notify_one();
                    return Ok(OfficeReply::SlotTaken);
                }
                Why::Taken
            }
            Ok(Err(error)) => {
                tracing::error!(appointment = %made.id, %error, "the provider's calendar does not know of this appointment yet");
                Why::NotReached
            }
            Err(_) => {
                tracing::error!(appointment = %made.id, "the provider's calendar does not answer in time");
                Why::NotReached
            }
        };
        self.to_be_confirmed(made, &row, why).await
    }

    /// Tells the calendar of what was given up. Whatever it answers, the patient is not expected any more.
    pub(super) async fn settle_cancelled(&self, id: AppointmentId) -> Result<(), StoreError> {
        let owed = self.store().outside(id).await?;
        let Some(row) = owed.filter(|row| row.due_at.is_some()) else { return Ok(()) };
        if let Ok(Ok(stands)) = timeout(ANSWER_WITHIN, write(&self.premises, &row)).await {
            self.store().outside_settled(&row, stands.as_ref()).await?;
        }
        Ok(())
    }

    async fn to_be_confirmed(&self, made: Appointment, row: &OutsideRow, why: Why) -> Result<OfficeReply, StoreError> {
        let premises = &self.premises;
        let reply = OfficeReply::ToBeConfirmed(made);
        self.store().answer_instead(&self.requested(), &reply).await?;
        let told_at = tell_staff(premises, row, why).await.then(|| premises.now());
        if let Why::NotReached = why {
            let due = premises.now().saturating_add(FIRST_PAUSE).expect("a duration has no calendar units");
            self.store().outside_failed(row, Some(due), told_at).await?;
        } else if told_at.is_some() {
            self.store().outside_failed(row, None, told_at).await?;
        }
        Ok(reply)
    }
}

/// Goes on telling the calendars what they are owed, until `stop`.
pub(crate) async fn run(premises: Arc<Premises>, saved: Arc<Notify>, stop: CancellationToken) {
    if premises.outside.providers().is_empty() {
        return;
    }
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(LOOK_EVERY) => {}
        }
        if let Err(error) = settle_due(&premises, &saved).await {
            tracing::error!(%error, "what is owed to calendars cannot be read or noted, will be tried again");
        }
    }
}

async fn settle_due(premises: &Premises, saved: &Notify) -> Result<(), StoreError> {
    let (store, now) = (&premises.store, premises.now());
    let until = now.saturating_add(TAKEN_FOR).expect("a duration has no calendar units");
    for row in store.take_outside(&premises.config.practice.id, now, until, BATCH).await? {
        let id = row.appointment.appointment.id;
        let is_taken = match timeout(RETRY_WITHIN, write(premises, &row)).await {
            Ok(Ok(stands)) => {
                tracing::info!(appointment = %id, "the provider's calendar knows of it now");
                store.outside_settled(&row, stands.as_ref()).await?;
                continue;
            }
            Ok(Err(why)) => {
                tracing::warn!(appointment = %id, tries = row.tries, %why, "not in the provider's calendar yet");
                why == CalendarError::Conflict
            }
            Err(_) => false,
        };
        let why = if is_taken { Why::Taken } else { Why::NotReached };
        let in_silence = row.appointment.status == Status::Cancelled && row.tries < TRIES_IN_SILENCE;
        let told = row.told_at.is_some() && !is_taken;
        let told_now = if told || (in_silence && !is_taken) { false } else { tell_staff(premises, &row, why).await };
        if told_now {
            saved.notify_one();
        }
        // What staff have in their hands is not tried again behind their backs.
        let due = (!(is_taken && told_now)).then(|| premises.now().saturating_add(pause(row.tries)));
        let due = due.map(|due| due.expect("a duration has no calendar units"));
        store.outside_failed(&row, due, told_now.then(|| premises.now())).await?;
    }
    Ok(())
}

fn pause(tries: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(tries)).min(LONGEST_PAUSE)
}

/// Brings the calendars to what the book says of one appointment, and says where its entry stands then. May be repeated.
async fn write(premises: &Premises, row: &OutsideRow) -> Result<Stands, CalendarError> {
    let appointment = &row.appointment.appointment;
    let wanted = match row.appointment.status {
        Status::Booked => premises.outside.of(&appointment.provider),
        Status::Cancelled => None,
    };
    let stands = row.stands.as_ref().filter(|(provider, _)| premises.outside.of(provider).is_some());
    let Some(wanted) = wanted else {
        // Where nothing is known of it a try may have been made whose answer was lost.
        let (provider, version) = match stands {
            Some((provider, version)) => (provider, Some(Version::new(version.clone()))),
            None => (&appointment.provider, None),
        };
        if let Some(calendar) = premises.outside.of(provider) {
            calendar.calendar.cancel(appointment.id, version.as_ref()).await?;
        }
        return Ok(None);
    };
    let entry = entry(premises, row).await?;
    let version = match stands {
        Some((provider, version)) if *provider == appointment.provider => {
            wanted.calendar.change(&entry, &Version::new(version.clone())).await?
        }
        Some(_) => wanted.calendar.book(&entry).await?,
        None => match wanted.calendar.book(&entry).await {
            // What an earlier try left there at another time is our own.
            Err(CalendarError::Conflict) if row.seq > 1 => {
                wanted.calendar.cancel(appointment.id, None).await?;
                wanted.calendar.book(&entry).await?
            }
            booked => booked?,
        },
    };
    if let Some((before, version)) = stands.filter(|(provider, _)| *provider != appointment.provider)
        && let Some(left) = premises.outside.of(before)
    {
        left.calendar.cancel(appointment.id, Some(&Version::new(version.clone()))).await?;
    }
    Ok(Some((appointment.provider.clone(), version.as_str().to_owned())))
}

async fn entry(premises: &Premises, row: &OutsideRow) -> Result<Entry, CalendarError> {
    let appointment = &row.appointment.appointment;
    let desk = &premises.config.practice.front_desk;
    let provider = desk.providers.iter().find(|one| one.id == appointment.provider);
    let kind = desk.appointment_types.iter().find(|one| one.id == appointment.kind);
    let is_named = premises.outside.of(&appointment.provider).is_some_and(|calendar| calendar.names);
    // Without the name the entry is as useful as the default.
    let patient = if is_named { premises.store.patient(appointment.patient).await.ok() } else { None };
    let period = Period::new(row.appointment.blocked.0, row.appointment.blocked.1);
    Ok(Entry {
        id: appointment.id,
        period: period.ok_or(CalendarError::Unreadable("an appointment without a duration"))?,
        provider: provider.map_or_else(|| appointment.provider.0.clone(), |one| one.name.clone()),
        kind: kind.map_or_else(|| appointment.kind.0.clone(), |one| one.name.clone()),
        reference: reference(appointment.id.0),
        title: patient.map(|patient| patient.name),
        description: None,
    })
}

/// Why staff have to look at an appointment.
#[derive(Clone, Copy, Debug)]
enum Why {
    /// The calendar does not answer.
    NotReached,
    /// It has the time for somebody else.
    Taken,
    /// Entries there cannot be read, and may take the same time.
    Illegible,
}

/// Leaves a message; false if it cannot be kept now.
async fn tell_staff(premises: &Premises, row: &OutsideRow, why: Why) -> bool {
    let (practice, appointment) = (&premises.config.practice, &row.appointment.appointment);
    let provider = practice.front_desk.providers.iter().find(|one| one.id == appointment.provider);
    let provider = provider.map_or(appointment.provider.0.as_str(), |one| one.name.as_str());
    let when = appointment.start.to_zoned(practice.zone.clone()).strftime("%A, %B %-d, %Y at %-I:%M %p").to_string();
    let reference = reference(appointment.id.0);
    let text = match (row.appointment.status, why) {
        (Status::Booked, Why::NotReached) => format!(
            "Please confirm the appointment {reference} on {when} with {provider} to the patient: the calendar of {provider} could \
             not be reached. It stands in FirstRing's book and will be entered there by itself."
        ),
        (Status::Booked, Why::Taken) => format!(
            "The appointment {reference} on {when} with {provider} cannot be entered: that time is taken in the calendar of \
             {provider}, or somebody changed the entry. Please call the patient and agree on another time."
        ),
        (Status::Booked, Why::Illegible) => format!(
            "Please confirm the appointment {reference} on {when} with {provider} to the patient: the calendar of {provider} has entries \
             that FirstRing cannot read, and one of them may take the same time."
        ),
        (Status::Cancelled, _) => format!(
            "The patient has cancelled {reference} on {when} with {provider}, but it could not be taken out of the calendar of \
             {provider}. Please look at it there."
        ),
    };
    let patient = premises.store.patient(appointment.patient).await.ok();
    messages::leave_for_staff(premises, text, patient).await
}

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
use jiff::{SignedDuration, Timestamp};
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

/// What was done in our book.
#[derive(Clone, Copy)]
pub(super) enum Change<'a> {
    Booked,
    /// With the appointment as it was. `None` where the same request comes again: nobody knows any more what there would be to undo.
    Moved(Option<&'a AppointmentRow>),
}

/// Where an entry stands, and in which state.
type Stands = Option<(ProviderId, String)>;

impl Book {
    /// Tells the calendar of what was booked or moved. The book has it whatever comes of this: a
    /// database that fails now makes it a matter for the office, never "it could not be booked".
    pub(super) async fn settle(&self, made: Appointment, change: Change<'_>) -> OfficeReply {
        let settled = self.try_to_settle(&made, change).await;
        settled.unwrap_or_else(|error| {
            tracing::error!(appointment = %made.id, %error, "what the calendar has to be told cannot be read or noted now");
            OfficeReply::ToBeConfirmed(made)
        })
    }

    async fn try_to_settle(&self, made: &Appointment, change: Change<'_>) -> Result<OfficeReply, StoreError> {
        let (premises, store) = (&self.premises, self.store());
        let done = || match change {
            Change::Booked => OfficeReply::Booked(made.clone()),
            Change::Moved(_) => OfficeReply::Moved(made.clone()),
        };
        let owed = store.outside(made.id).await?;
        let Some(row) = owed.filter(|row| row.due_at.is_some()) else { return Ok(done()) };
        match timeout(ANSWER_WITHIN, write(premises, &row)).await {
            Ok(Ok(stands)) => {
                if !premises.outside.is_legible(&made.provider) {
                    return self.to_be_confirmed(made, &row, Why::Illegible).await;
                }
                store.outside_settled(&row, stands.as_ref(), premises.now()).await?;
                Ok(done())
            }
            Ok(Err(CalendarError::Conflict)) => {
                premises.outside.forget(&made.provider);
                let undone = match change {
                    Change::Booked => store.undo_booking(&self.requested(), &row.appointment).await.map(|()| true)?,
                    Change::Moved(Some(before)) => store.undo_move(&self.requested(), before).await?,
                    Change::Moved(None) => false,
                };
                if undone {
                    premises.freed.notify_one();
                    return Ok(OfficeReply::SlotTaken);
                }
                self.to_be_confirmed(made, &row, Why::Taken).await
            }
            Ok(Err(error)) => {
                tracing::error!(appointment = %made.id, %error, "the provider's calendar does not know of this appointment yet");
                self.to_be_confirmed(made, &row, Why::NotReached).await
            }
            Err(_) => {
                tracing::error!(appointment = %made.id, "the provider's calendar does not answer in time");
                self.to_be_confirmed(made, &row, Why::NotReached).await
            }
        }
    }

    /// Tells the calendar of what was given up. Whatever it answers, the patient is not expected any more.
    pub(super) async fn settle_cancelled(&self, id: AppointmentId) {
        let (premises, store) = (&self.premises, self.store());
        let settled = async {
            let owed = store.outside(id).await?;
            let Some(row) = owed.filter(|row| row.due_at.is_some()) else { return Ok(()) };
            match timeout(ANSWER_WITHIN, write(premises, &row)).await {
                Ok(Ok(stands)) => store.outside_settled(&row, stands.as_ref(), premises.now()).await,
                // It stays owed.
                Ok(Err(_)) | Err(_) => Ok(()),
            }
        };
        if let Err(error) = settled.await {
            let error: StoreError = error;
            tracing::error!(appointment = %id, %error, "what the calendar has to be told cannot be read or noted now");
        }
    }

    /// Written down before it is answered so: that staff are to look at it is not forgotten, whatever fails from here on.
    async fn to_be_confirmed(&self, made: &Appointment, row: &OutsideRow, why: Why) -> Result<OfficeReply, StoreError> {
        let (premises, store) = (&self.premises, self.store());
        let due = premises.now().saturating_add(FIRST_PAUSE).expect("a duration has no calendar units");
        store.outside_failed(row, Some(due), None).await?;
        let reply = OfficeReply::ToBeConfirmed(made.clone());
        store.answer_instead(&self.requested(), &reply).await?;
        if tell_staff(premises, row, why).await {
            let due = if let Why::Taken = why { None } else { Some(due) };
            store.outside_failed(row, due, Some(premises.now())).await?;
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
        if let Err(error) = settle_due(&premises, &saved, &stop).await {
            tracing::error!(%error, "what is owed to calendars cannot be read or noted, will be tried again");
        }
    }
}

async fn settle_due(premises: &Premises, saved: &Notify, stop: &CancellationToken) -> Result<(), StoreError> {
    let (store, practice) = (&premises.store, &premises.config.practice.id);
    while !stop.is_cancelled() {
        // One at a time, each taken just before it is tried: a calendar that hangs does not outlast what was taken.
        let until = premises.now().saturating_add(TAKEN_FOR).expect("a duration has no calendar units");
        let Some(row) = store.take_outside(practice, premises.now(), until, 1).await?.pop() else { return Ok(()) };
        settle_one(premises, saved, &row).await?;
    }
    Ok(())
}

async fn settle_one(premises: &Premises, saved: &Notify, row: &OutsideRow) -> Result<(), StoreError> {
    let (store, id) = (&premises.store, row.appointment.appointment.id);
    let is_cancelled = row.appointment.status == Status::Cancelled;
    // A booking was tried in vain before only if its caller was told that the office will confirm it.
    let owes_staff = row.told_at.is_none() && row.tries > 0 && !is_cancelled;
    let why = match timeout(RETRY_WITHIN, write(premises, row)).await {
        Ok(Ok(stands)) => {
            if owes_staff && !tell_staff(premises, row, Why::NotReached).await {
                return store.outside_failed(row, Some(again(premises, row)), None).await;
            }
            tracing::info!(appointment = %id, "the provider's calendar knows of it now");
            return store.outside_settled(row, stands.as_ref(), premises.now()).await;
        }
        Ok(Err(CalendarError::Conflict)) => Why::Taken,
        Ok(Err(why)) => {
            tracing::warn!(appointment = %id, tries = row.tries, %why, "not in the provider's calendar yet");
            Why::NotReached
        }
        Err(_) => Why::NotReached,
    };
    let is_taken = matches!(why, Why::Taken);
    let in_silence = !is_taken && (row.told_at.is_some() || (is_cancelled && row.tries < TRIES_IN_SILENCE));
    let told = !in_silence && tell_staff(premises, row, why).await;
    if told {
        saved.notify_one();
    }
    // What staff have in their hands is not tried again behind their backs.
    let due = if is_taken && told { None } else { Some(again(premises, row)) };
    store.outside_failed(row, due, told.then(|| premises.now())).await
}

/// When it is tried again.
fn again(premises: &Premises, row: &OutsideRow) -> Timestamp {
    premises.now().saturating_add(pause(row.tries)).expect("a duration has no calendar units")
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
        match stands {
            Some((provider, version)) => cancel(premises, provider, appointment.id, Some(version)).await?,
            None => clear(premises, appointment.id, None).await?,
        }
        return Ok(None);
    };
    let entry = entry(premises, row).await?;
    let version = match stands {
        Some((provider, version)) if *provider == appointment.provider => {
            wanted.calendar.change(&entry, &Version::new(version.clone())).await?
        }
        Some(_) => wanted.calendar.book(&entry).await?,
        None => {
            if row.seq > 1 {
                clear(premises, appointment.id, Some(&appointment.provider)).await?;
            }
            match wanted.calendar.book(&entry).await {
                // What an earlier try left there at another time is our own.
                Err(CalendarError::Conflict) if row.seq > 1 => {
                    wanted.calendar.cancel(appointment.id, None).await?;
                    wanted.calendar.book(&entry).await?
                }
                booked => booked?,
            }
        }
    };
    if let Some((before, version)) = stands.filter(|(provider, _)| *provider != appointment.provider) {
        cancel(premises, before, appointment.id, Some(version)).await?;
    }
    Ok(Some((appointment.provider.clone(), version.as_str().to_owned())))
}

async fn cancel(
    premises: &Premises,
    provider: &ProviderId,
    id: AppointmentId,
    version: Option<&String>,
) -> Result<(), CalendarError> {
    let Some(calendar) = premises.outside.of(provider) else { return Ok(()) };
    calendar.calendar.cancel(id, version.cloned().map(Version::new).as_ref()).await
}

/// Where nothing is known of an entry, a try may have been made whose answer was lost, in whichever calendar it was to stand then.
async fn clear(premises: &Premises, id: AppointmentId, but: Option<&ProviderId>) -> Result<(), CalendarError> {
    for provider in premises.outside.providers().iter().filter(|provider| Some(*provider) != but) {
        cancel(premises, provider, id, None).await?;
    }
    Ok(())
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
    messages::leave_for_staff(premises, &text, patient).await
}

//! An appointment of ours, from its hold to its end.

use domain::AppointmentId;
use serde_json::Value;

use super::appointment::{is_over, set};
use super::json::{text, token, version};
use super::slots::Hold;
use super::{FhirCalendar, Resource};
use crate::{CalendarError, Entry, Version};

impl FhirCalendar {
    pub(super) async fn book_once(&self, entry: &Entry) -> Result<Version, CalendarError> {
        let existing = self.appointment(entry.id).await?;
        if existing.as_ref().is_some_and(|one| !is_over(one) && !self.is_at(one, entry.period)) {
            return Err(CalendarError::Conflict);
        }
        if self.look(entry.period).await?.is_taken(&entry.period, entry.id) {
            return match existing.filter(|one| !is_over(one)) {
                // An earlier try wrote it and did not get to look again.
                Some(ours) => self.withdraw(entry.id, &ours).await,
                None => Err(CalendarError::Conflict),
            };
        }
        let (hold, written) = match existing {
            // It stands, and nobody else is there: what became of its slots does not undo it.
            Some(one) if !is_over(&one) => match self.hold(entry.id, entry.period).await {
                Err(CalendarError::Conflict) => (Hold::default(), Ok(one)),
                hold => (hold?, Ok(one)),
            },
            existing => {
                let hold = self.hold(entry.id, entry.period).await?;
                let written = self.write(entry, existing, &hold).await;
                (hold, written)
            }
        };
        let appointment = match written {
            Ok(appointment) if self.is_at(&appointment, entry.period) => appointment,
            Ok(_) => return self.give_up(entry.id, &hold, CalendarError::Conflict).await,
            Err(why) => return self.give_up(entry.id, &hold, why).await,
        };
        if self.look(entry.period).await?.is_taken(&entry.period, entry.id) {
            return self.withdraw(entry.id, &appointment).await;
        }
        self.settle(hold).await;
        version(&appointment)
    }

    /// A new appointment, or one that was cancelled, made anew.
    async fn write(&self, entry: &Entry, old: Option<Resource>, hold: &Hold) -> Result<Resource, CalendarError> {
        let is_new = old.is_none();
        let mut appointment = old.unwrap_or_else(|| self.new_appointment(entry));
        set(&mut appointment, entry, &hold.references());
        if !is_new {
            return self.save(&appointment).await;
        }
        let unless = format!("identifier={}", token(entry.id.0));
        match self.create(&appointment, &unless).await? {
            Some(created) if version(&created).is_ok() => Ok(created),
            _ => self.appointment(entry.id).await?.ok_or(CalendarError::Unreadable("what was written is not found")),
        }
    }

    /// Ends a booking of which nothing stands but a hold. Where that is not certain the hold stays: a try with the same id finds it.
    async fn give_up<T>(&self, id: AppointmentId, hold: &Hold, why: CalendarError) -> Result<T, CalendarError> {
        match why {
            CalendarError::Conflict | CalendarError::Refused(_) => self.let_go(id, hold).await?,
            CalendarError::Unavailable(_) | CalendarError::Unreadable(_) | CalendarError::Misconfigured(_) => {}
        }
        Err(why)
    }

    /// Somebody else has the time as well: ours goes.
    async fn withdraw<T>(&self, id: AppointmentId, ours: &Resource) -> Result<T, CalendarError> {
        self.end(id, Some(ours)).await?;
        Err(CalendarError::Conflict)
    }

    pub(super) async fn change_once(&self, entry: &Entry, known: &Version) -> Result<Version, CalendarError> {
        let before = self.appointment(entry.id).await?.filter(|one| !is_over(one)).ok_or(CalendarError::Conflict)?;
        let current = version(&before)?;
        if current != *known {
            if !self.is_at(&before, entry.period) {
                return Err(CalendarError::Conflict);
            }
            // A repeat, after a reply that was lost.
            self.release_others(entry.id, &slots_of(&before), Vec::new()).await?;
            return Ok(current);
        }
        if self.look(entry.period).await?.is_taken(&entry.period, entry.id) {
            return Err(CalendarError::Conflict);
        }
        let hold = self.hold(entry.id, entry.period).await?;
        let mut appointment = before.clone();
        set(&mut appointment, entry, &hold.references());
        let mut after = match self.save(&appointment).await {
            Ok(after) => after,
            Err(CalendarError::Refused(404 | 410)) => {
                return self.give_up(entry.id, &hold, CalendarError::Conflict).await;
            }
            Err(why) => return self.give_up(entry.id, &hold, why).await,
        };
        if self.look(entry.period).await?.is_taken(&entry.period, entry.id) {
            let mut back = before;
            back["meta"] = after["meta"].take();
            self.save(&back).await?;
            return self.give_up(entry.id, &hold, CalendarError::Conflict).await;
        }
        let kept = hold.references();
        self.settle(hold).await;
        self.release_others(entry.id, &kept, slots_of(&before)).await?;
        version(&after)
    }

    /// Frees those of our slots that are not to be `kept`.
    async fn release_others(
        &self,
        id: AppointmentId,
        kept: &[String],
        mut slots: Vec<String>,
    ) -> Result<(), CalendarError> {
        slots.extend(self.held(id).await?);
        slots.sort();
        slots.dedup();
        slots.retain(|slot| !kept.contains(slot));
        self.release(id, &slots).await
    }

    pub(super) async fn cancel_once(&self, id: AppointmentId, known: Option<&Version>) -> Result<(), CalendarError> {
        let ours = self.appointment(id).await?;
        if let (Some(one), Some(known)) = (&ours, known)
            && !is_over(one)
            && version(one)? != *known
        {
            return Err(CalendarError::Conflict);
        }
        self.end(id, ours.as_ref()).await
    }

    /// Cancels what stands, and frees its slots, also those of a hold without an appointment.
    async fn end(&self, id: AppointmentId, ours: Option<&Resource>) -> Result<(), CalendarError> {
        if let Some(one) = ours.filter(|one| !is_over(one)) {
            let mut cancelled = one.clone();
            cancelled["status"] = "cancelled".into();
            self.save(&cancelled).await?;
        }
        self.release_others(id, &[], ours.map(slots_of).unwrap_or_default()).await
    }
}

/// Which slots an appointment names.
fn slots_of(appointment: &Resource) -> Vec<String> {
    let slots = appointment.get("slot").and_then(Value::as_array).into_iter().flatten();
    slots.map(|slot| text(slot, "reference").to_owned()).filter(|slot| super::is_reference(slot)).collect()
}

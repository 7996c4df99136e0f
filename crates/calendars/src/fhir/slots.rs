//! Slots (<https://hl7.org/fhir/R4/slot.html>): a hold on the provider's time.

use domain::AppointmentId;
use serde_json::Value;

use super::json::{When, id_of, identifier, is_of, reference, text, token, when};
use super::{FhirCalendar, Resource};
use crate::{CalendarError, Period};

/// Slots that bear our identifier.
#[derive(Debug, Default)]
pub(super) struct Hold {
    slots: Vec<Resource>,
    /// Those of them that were free before.
    new: Vec<String>,
}

/// How we came to have a slot.
enum Took {
    Anew(Resource),
    Before(Resource),
}

impl Hold {
    pub(super) fn references(&self) -> Vec<String> {
        self.slots.iter().filter_map(|slot| reference(slot).ok()).collect()
    }
}

impl FhirCalendar {
    /// Takes the free slots that cover `period`; those that we have already are kept. Nothing is held where the schedule has no
    /// slots at all. `Conflict` where it has some, but none free here; then nothing new is held.
    pub(super) async fn hold(&self, id: AppointmentId, period: Period) -> Result<Hold, CalendarError> {
        let Some(schedule) = &self.schedule else { return Ok(Hold::default()) };
        let found = self.search("Slot", &self.in_period("start", period, ("schedule", schedule))).await?;
        let slots = self.covering(found.resources, period);
        if slots.is_empty() && !self.has_slots(schedule).await? {
            return Ok(Hold::default());
        }
        let is_free = |slot: &Resource| text(slot, "status") == "free" || is_of(slot, id);
        if !self.cover(&slots, period) || !slots.iter().all(is_free) {
            return Err(CalendarError::Conflict);
        }
        let mut hold = Hold::default();
        for slot in slots {
            if is_of(&slot, id) {
                hold.slots.push(slot);
                continue;
            }
            match self.take(slot, id).await {
                Ok(Took::Anew(held)) => {
                    hold.new.push(reference(&held)?);
                    hold.slots.push(held);
                }
                Ok(Took::Before(held)) => hold.slots.push(held),
                Err(why) => {
                    self.release(id, &hold.new).await?;
                    return Err(why);
                }
            }
        }
        Ok(hold)
    }

    async fn take(&self, slot: Resource, id: AppointmentId) -> Result<Took, CalendarError> {
        let place = reference(&slot)?;
        match self.save(&marked(slot, id)).await {
            Err(CalendarError::Conflict) => {
                // Perhaps it was another try of the same booking that was faster.
                let slot = self.read(&place).await?;
                if is_of(&slot, id) { Ok(Took::Before(slot)) } else { Err(CalendarError::Conflict) }
            }
            saved => saved.map(Took::Anew),
        }
    }

    /// Says of a hold that it is an appointment now. Where that fails it stays a hold, which is not free either.
    pub(super) async fn settle(&self, hold: Hold) {
        for mut slot in hold.slots {
            if text(&slot, "status") == "busy" {
                continue;
            }
            slot["status"] = "busy".into();
            if let Err(why) = self.save(&slot).await {
                tracing::warn!(%why, "a slot stays busy-tentative");
            }
        }
    }

    /// Gives back what a hold took anew.
    pub(super) async fn let_go(&self, id: AppointmentId, hold: &Hold) -> Result<(), CalendarError> {
        self.release(id, &hold.new).await
    }

    /// Frees every slot of `references` that bears our identifier; those that somebody else has meanwhile stay theirs.
    pub(super) async fn release(&self, id: AppointmentId, references: &[String]) -> Result<(), CalendarError> {
        const TRIES: usize = 3;
        for place in references {
            for tried in 1..=TRIES {
                let slot = match self.read(place).await {
                    Ok(slot) if is_of(&slot, id) => slot,
                    Ok(_) | Err(CalendarError::Refused(404 | 410)) => break,
                    Err(why) => return Err(why),
                };
                match self.save(&freed(slot, id)).await {
                    Ok(_) => break,
                    // Somebody wrote something else into it.
                    Err(CalendarError::Conflict) if tried < TRIES => {}
                    Err(why) => return Err(why),
                }
            }
        }
        Ok(())
    }

    /// Every slot that bears our identifier, wherever it is.
    pub(super) async fn held(&self, id: AppointmentId) -> Result<Vec<String>, CalendarError> {
        if self.schedule.is_none() {
            return Ok(Vec::new());
        }
        match self.search("Slot", &[("identifier", token(id.0))]).await {
            Ok(found) => found.resources.iter().filter(|slot| is_of(slot, id)).map(reference).collect(),
            // Not every system finds slots by identifier; the appointment names them too.
            Err(CalendarError::Refused(_)) => Ok(Vec::new()),
            Err(why) => Err(why),
        }
    }

    async fn has_slots(&self, schedule: &str) -> Result<bool, CalendarError> {
        Ok(!self.search_some("Slot", &[("schedule", schedule.to_owned())]).await?.is_empty())
    }

    /// Those that have a moment of `period`, in order. One without a time covers nothing.
    fn covering(&self, slots: Vec<Resource>, period: Period) -> Vec<Resource> {
        let mut timed: Vec<(Period, Resource)> = slots
            .into_iter()
            .filter(|slot| text(slot, "status") != "entered-in-error")
            .filter_map(|slot| match when(&slot, &self.zone) {
                When::Known(of) if of.overlaps(&period) => Some((of, slot)),
                When::Known(_) | When::Begins(_) | When::Unknown => None,
            })
            .collect();
        timed.sort_by_key(|(of, _)| *of);
        timed.into_iter().map(|(_, slot)| slot).collect()
    }

    /// Whether slots in their order leave no gap in `period`.
    fn cover(&self, slots: &[Resource], period: Period) -> bool {
        let mut until = period.start();
        for slot in slots {
            match when(slot, &self.zone) {
                When::Known(of) if of.start() <= until => until = until.max(of.end()),
                When::Known(_) | When::Begins(_) | When::Unknown => return false,
            }
        }
        period.end() <= until
    }
}

fn marked(mut slot: Resource, id: AppointmentId) -> Resource {
    slot["status"] = "busy-tentative".into();
    match slot.get_mut("identifier").and_then(Value::as_array_mut) {
        Some(others) => others.push(identifier(id.0)),
        None => slot["identifier"] = Value::Array(vec![identifier(id.0)]),
    }
    slot
}

fn freed(mut slot: Resource, id: AppointmentId) -> Resource {
    slot["status"] = "free".into();
    let others = slot.get_mut("identifier").and_then(Value::as_array_mut).map(|all| {
        all.retain(|one| id_of(one) != Some(id));
        all.len()
    });
    // FHIR knows no empty list.
    if let (Some(0), Some(fields)) = (others, slot.as_object_mut()) {
        fields.remove("identifier");
    }
    slot
}

//! Appointments (<https://hl7.org/fhir/R4/appointment.html>): when the provider is taken, and ours.

use domain::AppointmentId;
use serde_json::{Value, json};

use super::json::{When, identifier, identifiers, is_of, text, token, when};
use super::{FhirCalendar, Resource};
use crate::entry::one_line;
use crate::{Busy, CalendarError, Entry, Period, Taken};

impl FhirCalendar {
    pub(super) async fn look(&self, period: Period) -> Result<Busy, CalendarError> {
        let mut busy = self.look_at_appointments(period).await?;
        if let Some(schedule) = &self.schedule {
            let found = self.search("Slot", &self.in_period("start", period, ("schedule", schedule))).await?;
            busy.unreadable += found.unreadable;
            for slot in &found.resources {
                if !matches!(text(slot, "status"), "free" | "entered-in-error") {
                    self.note(slot, &period, &mut busy);
                }
            }
        }
        busy.taken.sort_by_key(|taken| taken.period);
        Ok(busy)
    }

    async fn look_at_appointments(&self, period: Period) -> Result<Busy, CalendarError> {
        let found = self.search("Appointment", &self.in_period("date", period, ("actor", &self.actor))).await?;
        let mut busy = Busy { unreadable: found.unreadable, ..Busy::default() };
        for appointment in &found.resources {
            let is_free =
                matches!(text(appointment, "status"), "cancelled" | "noshow" | "entered-in-error" | "waitlist");
            if !is_free {
                self.note(appointment, &period, &mut busy);
            }
        }
        Ok(busy)
    }

    /// Whatever its status is called, it takes the provider's time.
    fn note(&self, resource: &Resource, wanted: &Period, busy: &mut Busy) {
        let (period, is_known) = match when(resource, &self.zone) {
            When::Known(period) => (Some(period), true),
            When::Begins(period) => (Some(period), false),
            When::Unknown => (None, false),
        };
        busy.unreadable += usize::from(!is_known);
        if let Some(period) = period.filter(|period| period.overlaps(wanted)) {
            busy.taken.push(Taken { period, ours: identifiers(resource).next() });
        }
    }

    /// Our appointment, also one that was cancelled.
    pub(super) async fn appointment(&self, id: AppointmentId) -> Result<Option<Resource>, CalendarError> {
        let found = self.search("Appointment", &[("identifier", token(id.0))]).await?;
        let mut ours: Vec<Resource> = found.resources.into_iter().filter(|one| is_of(one, id)).collect();
        ours.sort_by_key(is_over);
        Ok(ours.into_iter().next())
    }

    pub(super) fn is_at(&self, appointment: &Resource, period: Period) -> bool {
        !is_over(appointment) && when(appointment, &self.zone) == When::Known(period)
    }

    /// A new one, which its entry and slots complete.
    pub(super) fn new_appointment(&self, entry: &Entry) -> Resource {
        json!({
            "resourceType": "Appointment",
            "identifier": [identifier(entry.id.0)],
            "participant": [{
                "actor": { "reference": self.actor, "display": one_line(&entry.provider) },
                "status": "accepted",
            }],
        })
    }

    /// The parameters of a search for what may touch `period`: FHIR R4 finds both by their begin alone.
    pub(super) fn in_period<'a>(
        &self,
        date: &'a str,
        period: Period,
        (whose, of): (&'a str, &str),
    ) -> [(&'a str, String); 3] {
        let from = period.start().saturating_sub(self.look_back).unwrap_or(period.start());
        [(whose, of.to_owned()), (date, format!("ge{from}")), (date, format!("lt{}", period.end()))]
    }
}

/// Cancelled, or never meant.
pub(super) fn is_over(appointment: &Resource) -> bool {
    matches!(text(appointment, "status"), "cancelled" | "entered-in-error")
}

/// Writes into an appointment what the entry says, and leaves the rest as it is.
pub(super) fn set(appointment: &mut Resource, entry: &Entry, slots: &[String]) {
    let period = entry.period;
    appointment["status"] = "booked".into();
    appointment["description"] = entry.shown_title().into();
    appointment["appointmentType"] = json!({ "text": one_line(&entry.kind) });
    appointment["start"] = period.start().to_string().into();
    appointment["end"] = period.end().to_string().into();
    appointment["minutesDuration"] = period.start().duration_until(period.end()).as_mins().max(1).into();
    let slots: Vec<Value> = slots.iter().map(|slot| json!({ "reference": slot })).collect();
    let optional = [
        ("slot", (!slots.is_empty()).then_some(Value::Array(slots))),
        ("comment", entry.shown_description().map(Value::from)),
        ("cancelationReason", None),
    ];
    for (name, value) in optional {
        match (value, appointment.as_object_mut()) {
            (Some(value), _) => appointment[name] = value,
            (None, Some(fields)) => _ = fields.remove(name),
            (None, None) => {}
        }
    }
}

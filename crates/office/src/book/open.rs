//! What one patient could have: the schedule's openings, less what is taken in our book, in the calendars that providers keep
//! elsewhere, and by the patient's own appointments.

use std::collections::{BTreeMap, BTreeSet};

use domain::{AppointmentId, AppointmentType, CallId, Interval, ProviderId};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use store::{AppointmentRow, PatientRow, Schedule, StoreError};

use super::calendar::{Calendar, Opening};
use super::search::{Search, Who, last_day};
use crate::desk::Premises;

/// For whom openings are sought, and of what.
pub(super) struct Sought<'a> {
    pub(super) schedule: &'a Schedule,
    pub(super) kind: &'a AppointmentType,
    pub(super) patient: &'a PatientRow,
    /// What is to be moved: its time counts as free, but is no opening itself.
    pub(super) instead_of: Option<AppointmentId>,
    /// The first and the last day; the rules may allow less.
    pub(super) days: (Date, Date),
    pub(super) now: Timestamp,
    /// From when on the lead counts: now, or when it will be booked at the latest.
    pub(super) from: Timestamp,
    /// What was booked by this call counts as free.
    pub(super) made_in: Option<CallId>,
}

impl Sought<'_> {
    /// In order of time.
    pub(super) async fn openings(&self, premises: &Premises) -> Result<Vec<Opening>, StoreError> {
        let (store, practice, now) = (&premises.store, &premises.config.practice, self.now);
        let calendar = Calendar::new(self.schedule, practice);
        let last = self.days.1.min(last_day(self.kind, calendar.day(now)));
        let until = calendar.begin(last.saturating_add(2.days()));
        let is_free = |row: &AppointmentRow| {
            Some(row.appointment.id) == self.instead_of || self.made_in.is_some_and(|call| row.call == call)
        };
        let ahead = store.appointments_ahead(self.patient.id, now).await?;
        let moving = ahead.iter().find(|row| Some(row.appointment.id) == self.instead_of);
        let moving = moving.map(|row| (row.appointment.start, row.appointment.provider.clone()));
        let engaged: Vec<_> =
            ahead.iter().filter(|row| !is_free(row)).map(|row| (row.appointment.start, row.end)).collect();
        let mut rows = store.appointments_blocking(&practice.id, (now, until)).await?;
        let ours: BTreeSet<_> = rows.iter().map(|row| row.appointment.id).collect();
        rows.retain(|row| !is_free(row));
        let mut taken = taken(rows);
        premises.outside.add_taken(&self.kind.providers, (now, until), &ours, &mut taken).await;
        let patient = Some(Who { born: *self.patient.date_of_birth.expose(), engaged: &engaged });
        let search = Search { kind: self.kind, days: self.days, now: self.from, taken: &taken, patient };
        let mut openings = search.openings(&calendar);
        if self.made_in.is_none() {
            openings.retain(|o| {
                moving.as_ref().is_none_or(|(start, provider)| *start != o.start || *provider != o.provider)
            });
        }
        Ok(openings)
    }
}

/// Each provider's blocks.
pub(super) fn taken(rows: Vec<AppointmentRow>) -> BTreeMap<ProviderId, Vec<Interval>> {
    let mut taken: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in rows {
        taken.entry(row.appointment.provider).or_default().push(row.blocked);
    }
    taken
}

//! What one patient could have: the schedule's openings, less what is taken in our book, in the calendars that providers keep
//! elsewhere, and by the patient's own appointments.

use std::collections::{BTreeMap, BTreeSet};

use domain::{AppointmentId, AppointmentType, Interval, ProviderId};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use store::{AppointmentRow, PatientRow, Schedule, StoreError};

use super::calendar::{Calendar, Opening};
use super::outside::Failed;
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
    pub(super) doubt: Doubt,
}

/// What a provider's own calendar counts for that is not seen, or has entries that cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Doubt {
    /// For nothing: who books hears that the office will confirm it.
    Free,
    /// The same, and nobody waits for one that has failed a moment ago.
    FreeUnasked,
    /// The provider has no opening: nobody is written to that a time is free which may not be.
    Taken,
}

impl Sought<'_> {
    /// In order of time.
    pub(super) async fn openings(&self, premises: &Premises) -> Result<Vec<Opening>, StoreError> {
        let (store, practice, now) = (&premises.store, &premises.config.practice, self.now);
        let calendar = Calendar::new(self.schedule, practice);
        let last = self.days.1.min(last_day(self.kind, calendar.day(now)));
        let until = calendar.begin(last.saturating_add(2.days()));
        let is_free = |row: &AppointmentRow| Some(row.appointment.id) == self.instead_of;
        let ahead = store.appointments_ahead(self.patient.id, now).await?;
        let moving = ahead.iter().find(|row| Some(row.appointment.id) == self.instead_of);
        let moving = moving.map(|row| (row.appointment.start, row.appointment.provider.clone()));
        let engaged: Vec<_> =
            ahead.iter().filter(|row| !is_free(row)).map(|row| (row.appointment.start, row.end)).collect();
        let mut rows = store.appointments_blocking(&practice.id, (now, until)).await?;
        let ours: BTreeSet<_> = rows.iter().map(|row| row.appointment.id).collect();
        rows.retain(|row| !is_free(row));
        let mut taken = taken(rows);
        let failed = if self.doubt == Doubt::Free { Failed::AskAgain } else { Failed::Spare };
        let providers = &self.kind.providers;
        let mut in_doubt = premises.outside.add_taken(providers, (now, until), &ours, &mut taken, failed).await;
        if self.doubt != Doubt::Taken {
            in_doubt.clear();
        }
        let patient = Some(Who { born: *self.patient.date_of_birth.expose(), engaged: &engaged });
        let search = Search { kind: self.kind, days: self.days, now: self.from, taken: &taken, patient };
        let mut openings = search.openings(&calendar);
        let is_moving = |o: &Opening| moving.as_ref().is_some_and(|(at, who)| *at == o.start && *who == o.provider);
        openings.retain(|o| !is_moving(o) && !in_doubt.contains(&o.provider));
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

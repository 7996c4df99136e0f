//! Every opening that the rules of a type allow: whom it is for, how old, how long before, how far ahead.

use std::collections::BTreeMap;

use domain::{Admits, AppointmentType, Interval, ProviderId};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::calendar::{Calendar, Opening, overlap};

/// What openings are sought.
pub(crate) struct Search<'a> {
    pub(crate) kind: &'a AppointmentType,
    /// The first and the last day to look at; the rules may allow less.
    pub(crate) days: (Date, Date),
    pub(crate) now: Timestamp,
    /// Each provider's blocks.
    pub(crate) taken: &'a BTreeMap<ProviderId, Vec<Interval>>,
    pub(crate) patient: Option<Who<'a>>,
}

/// For whom.
pub(crate) struct Who<'a> {
    pub(crate) born: Date,
    /// When they are with us anyway.
    pub(crate) engaged: &'a [Interval],
}

/// Whether a patient may have a type at all.
pub(crate) fn admits(kind: &AppointmentType, is_known: bool) -> bool {
    match kind.admits {
        Admits::Everybody => true,
        Admits::KnownPatients => is_known,
        Admits::NewPatients => !is_known,
    }
}

/// The last day on which a type can be booked today.
pub(crate) fn last_day(kind: &AppointmentType, today: Date) -> Date {
    today.saturating_add(i64::from(kind.horizon_days).days())
}

impl Search<'_> {
    /// In order of time, and of the type's providers where times are equal.
    pub(crate) fn openings(&self, calendar: &Calendar<'_>) -> Vec<Opening> {
        let today = calendar.day(self.now);
        let first = self.days.0.max(today);
        let last = self.days.1.min(last_day(self.kind, today));
        let mut found = Vec::new();
        for day in first.series(1.day()).take_while(|day| *day <= last).filter(|day| self.is_of_age(*day)) {
            let of_day = found.len();
            for provider in &self.kind.providers {
                let taken = self.taken.get(provider).map_or(&[][..], Vec::as_slice);
                let openings = calendar.openings(provider, self.kind, day, today, taken);
                found.extend(openings.into_iter().filter(|opening| self.allows(opening)));
            }
            found[of_day..].sort_by_key(|opening| opening.start);
        }
        found
    }

    fn allows(&self, opening: &Opening) -> bool {
        let engaged = self.patient.as_ref().map_or(&[][..], |who| who.engaged);
        opening.start > self.now
            && opening.start >= self.now + self.kind.lead
            && !engaged.iter().any(|other| overlap(*other, (opening.start, opening.end)))
    }

    fn is_of_age(&self, day: Date) -> bool {
        let (from, to) = self.kind.ages;
        self.patient.as_ref().is_none_or(|who| (i16::from(from)..i16::from(to)).contains(&age_on(who.born, day)))
    }
}

/// Age in whole years. Who was born on 29 February is a year older on 1 March where there is no such day.
pub(crate) fn age_on(born: Date, day: Date) -> i16 {
    let had_birthday = (day.month(), day.day()) >= (born.month(), born.day());
    day.year() - born.year() - i16::from(!had_birthday)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn ages_in_whole_years() {
        let table = [
            (date(2020, 3, 2), date(2026, 3, 1), 5),
            (date(2020, 3, 2), date(2026, 3, 2), 6),
            (date(2024, 2, 29), date(2026, 2, 28), 1),
            (date(2024, 2, 29), date(2026, 3, 1), 2),
            (date(2026, 3, 2), date(2026, 3, 2), 0),
        ];
        for (born, day, age) in table {
            assert_eq!(age_on(born, day), age, "{born} on {day}");
        }
    }
}

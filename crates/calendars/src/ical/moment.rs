//! When: days, times and the zones that they are written in.

use std::collections::{BTreeMap, BTreeSet};

use calcard::common::PartialDateTime;
use calcard::common::timezone::Tz;
use calcard::icalendar::{ICalendar, ICalendarEntry};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};

/// A day or a time of a zone.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub(super) civil: DateTime,
    pub(super) zone: TimeZone,
    /// A whole day; `civil` is its midnight.
    pub(super) is_day: bool,
}

impl Moment {
    pub(super) fn instant(&self) -> Timestamp {
        self.at(self.civil)
    }

    /// When a clock of its zone shows `civil`; in an hour that is skipped or comes twice, as RFC 5545, 3.3.5 has it.
    pub(super) fn at(&self, civil: DateTime) -> Timestamp {
        self.zone.to_ambiguous_timestamp(civil).compatible().unwrap_or(Timestamp::MAX)
    }

    /// What a clock where `other` is written shows then.
    pub(super) fn civil_in(&self, other: &Self) -> DateTime {
        if self.is_day { self.civil } else { other.zone.to_datetime(self.instant()) }
    }
}

/// The zones that a calendar names, beside those that everybody knows.
pub(super) struct Zones<'a> {
    practice: &'a TimeZone,
    named: BTreeMap<&'a str, TimeZone>,
}

impl<'a> Zones<'a> {
    pub(super) fn of(calendar: &'a ICalendar, practice: &'a TimeZone) -> Self {
        let zones = calendar.timezones().filter_map(|part| part.timezone());
        Self { practice, named: zones.filter_map(|(id, zone)| Some((id, known(zone)?))).collect() }
    }

    /// The day or time of a property that has one. Without a zone it is that of `beside`, or else the practice's. None where it
    /// is no time, or one of a zone that nobody knows: a guess could leave a gap.
    pub(super) fn moment(&self, written: &ICalendarEntry, beside: Option<&Moment>) -> Option<Moment> {
        self.read(written, written.values.first()?.as_partial_date_time()?, beside)
    }

    /// The same for one of the times of `written`.
    pub(super) fn read(
        &self,
        written: &ICalendarEntry,
        time: &PartialDateTime,
        beside: Option<&Moment>,
    ) -> Option<Moment> {
        let is_day = time.hour.is_none();
        let zone = match (time.tz_hour, written.tz_id()) {
            _ if is_day => self.local(beside),
            (Some(hours), _) => offset(hours, time)?,
            (None, Some(id)) => by_name(id).or_else(|| self.named.get(id).cloned())?,
            (None, None) => self.local(beside),
        };
        Some(Moment { civil: civil(time)?, zone, is_day })
    }

    fn local(&self, beside: Option<&Moment>) -> TimeZone {
        beside.map_or(self.practice, |moment| &moment.zone).clone()
    }
}

/// An IANA name, the end of a path that is one (`/freeassociation.sourceforge.net/America/New_York`), or one of Windows'.
fn by_name(id: &str) -> Option<TimeZone> {
    let in_a_path = id.strip_prefix('/').into_iter().flat_map(|path| path.match_indices('/'));
    let mut ends = std::iter::once(id).chain(in_a_path.map(|(place, _)| &id[place + 2..]));
    ends.find_map(|name| TimeZone::get(name).ok()).or_else(|| known(id.parse().ok()?))
}

fn known(zone: Tz) -> Option<TimeZone> {
    match zone {
        Tz::Tz(zone) => TimeZone::get(zone.name()).ok(),
        // An offset alone knows no summer.
        Tz::Fixed(_) | Tz::Floating => None,
    }
}

/// The zone of a time that is written with its distance from UTC; none where no clock is so far away.
fn offset(hours: u8, time: &PartialDateTime) -> Option<TimeZone> {
    let seconds = i32::from(hours) * 3600 + i32::from(time.tz_minute.unwrap_or(0)) * 60;
    let offset = Offset::from_seconds(if time.tz_minus { -seconds } else { seconds });
    offset.ok().map(Offset::to_time_zone)
}

fn civil(time: &PartialDateTime) -> Option<DateTime> {
    let small = |part: Option<u8>| i8::try_from(part.unwrap_or(0)).ok();
    let year = i16::try_from(time.year?).ok()?;
    let (month, day) = (small(time.month)?, small(time.day)?);
    // A leap second is the one before, as in every clock here.
    let second = small(time.second)?.min(59);
    DateTime::new(year, month, day, small(time.hour)?, small(time.minute)?, second, 0).ok()
}

/// Occurrences that are left out or replaced: times, and days whatever the time.
#[derive(Default)]
pub(super) struct Marks {
    times: BTreeSet<Timestamp>,
    days: BTreeSet<Date>,
    /// The days of `times`, as they are written.
    written: BTreeSet<Date>,
}

impl Marks {
    pub(super) fn add(&mut self, moment: &Moment) {
        if moment.is_day {
            self.days.insert(moment.civil.date());
        } else {
            self.times.insert(moment.instant());
            self.written.insert(moment.civil.date());
        }
    }

    pub(super) fn has(&self, begin: DateTime, start: &Moment) -> bool {
        self.days.contains(&begin.date())
            || self.times.contains(&start.at(begin))
            || start.is_day && self.written.contains(&begin.date())
    }
}

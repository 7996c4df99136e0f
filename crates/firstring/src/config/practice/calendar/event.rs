//! One VEVENT: when it takes place, and when not.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime};
use jiff::{Span, Timestamp, Unit};

use super::lines::{Component, Property};
use super::times::{self, Moment, Zones};
use super::{CalendarError, Occurrence, Window, series, shown};

/// An event as it is written.
pub(super) struct Event<'a> {
    written: &'a Component,
    pub(super) uid: Option<String>,
    pub(super) sequence: u32,
    pub(super) summary: String,
    pub(super) start: Moment,
    ends: Ends,
    /// Which occurrence of its series it replaces.
    pub(super) instead_of: Option<Moment>,
    is_cancelled: bool,
}

enum Ends {
    /// By the clock, also in a week with a clock change.
    At(Moment),
    /// Days by the clock, hours by their length.
    After(Span),
}

impl<'a> Event<'a> {
    pub(super) fn read(written: &'a Component, zones: &Zones) -> Result<Self, CalendarError> {
        Self::try_read(written, zones).map_err(|CalendarError { line, wrong }| {
            let title = written.text("SUMMARY").unwrap_or_default();
            CalendarError { line, wrong: format!("the event \"{}\": {wrong}", shown(&title)) }
        })
    }

    fn try_read(written: &'a Component, zones: &Zones) -> Result<Self, CalendarError> {
        let start = written.one("DTSTART")?.ok_or_else(|| written.wrong("it has no DTSTART; give it a begin"))?;
        let start = zones.moment(start, None)?;
        let ends = match (written.one("DTEND")?, written.one("DURATION")?) {
            (Some(end), None) => Ends::At(zones.moment(end, None)?),
            (None, Some(lasts)) => Ends::After(times::duration(lasts)?),
            (None, None) if start.is_day => Ends::After(Span::new().days(1)),
            (None, None) => return Err(written.wrong("it has no end; give it one")),
            (Some(end), Some(_)) => return Err(end.wrong("it has both an end and a duration; leave one out")),
        };
        let recurrence = written.one("RECURRENCE-ID")?;
        if let Some(range) = recurrence.filter(|id| id.param("RANGE").is_some()) {
            return Err(
                range.wrong("a change of all later events cannot be followed; end the series and begin another")
            );
        }
        let sequence = match written.one("SEQUENCE")? {
            None => 0,
            Some(number) => number.value.trim().parse().map_err(|_| number.wrong("SEQUENCE is not a number"))?,
        };
        Ok(Self {
            uid: written.text("UID"),
            sequence,
            summary: written.text("SUMMARY").unwrap_or_default(),
            instead_of: recurrence.map(|id| zones.moment(id, Some(&start))).transpose()?,
            is_cancelled: written.text("STATUS").is_some_and(|status| status.eq_ignore_ascii_case("CANCELLED")),
            start,
            ends,
            written,
        })
    }

    pub(super) fn occurrences(
        &self,
        window: Window,
        replaced: &Marks,
        zones: &Zones,
        work: &mut series::Work,
        found: &mut Vec<Occurrence>,
    ) -> Result<(), CalendarError> {
        if self.is_cancelled {
            return Ok(());
        }
        let mut begins = self.series(window, zones, work)?;
        for date in self.written.all("RDATE") {
            let dates = zones.moments(date, &self.start)?;
            begins.extend(dates.iter().map(|date| date.civil_in(&self.start)));
        }
        let mut left_out = Marks::default();
        for date in self.written.all("EXDATE") {
            zones.moments(date, &self.start)?.iter().for_each(|date| left_out.add(date));
        }
        let categories: Vec<String> = self.written.all("CATEGORIES").flat_map(Property::texts).collect();
        for begin in begins {
            // What replaces an occurrence is not replaced by itself.
            let is_replaced = self.instead_of.is_none() && replaced.has(begin, &self.start);
            if is_replaced || left_out.has(begin, &self.start) {
                continue;
            }
            let (from, to) = (self.start.at(begin), self.end_of(begin)?);
            if to <= from {
                return Err(self.wrong("ends before it begins"));
            }
            if from < window.to && window.from < to {
                work.found(self)?;
                let (line, summary) = (self.written.line, self.summary.clone());
                found.push(Occurrence { line, summary, categories: categories.clone(), from, to });
            }
        }
        Ok(())
    }

    /// When it begins, by the clock of its zone: once, or as often as its rule says before the window ends.
    fn series(
        &self,
        window: Window,
        zones: &Zones,
        work: &mut series::Work,
    ) -> Result<BTreeSet<DateTime>, CalendarError> {
        if let Some(rule) = self.written.one("EXRULE")? {
            return Err(rule.wrong("EXRULE is of an older iCalendar; leave single days out with EXDATE"));
        }
        let Some(rule) = self.written.one("RRULE")? else { return Ok(BTreeSet::from([self.start.civil])) };
        if self.instead_of.is_some() {
            return Err(rule.wrong("an event with a RECURRENCE-ID cannot repeat"));
        }
        let last = self.start.zone.to_datetime(window.to);
        series::begins(self, rule, zones, last, work)
    }

    fn end_of(&self, begin: DateTime) -> Result<Timestamp, CalendarError> {
        let far = |_| self.wrong("lasts too long");
        match &self.ends {
            Ends::At(end) => {
                if end.is_day != self.start.is_day {
                    return Err(self.wrong("begins on a day and ends at a time; give both a time, or neither"));
                }
                let later = self.start.civil.until((Unit::Day, begin)).map_err(far)?;
                let civil = end.civil.checked_add(later).map_err(far)?;
                // Some programs write a single day as one that ends when it begins.
                let is_whole_day = end.is_day && end.civil == self.start.civil;
                Ok(end.at(if is_whole_day { civil.checked_add(Span::new().days(1)).map_err(far)? } else { civil }))
            }
            Ends::After(span) => {
                let begin = self.start.at(begin).to_zoned(self.start.zone.clone());
                Ok(begin.checked_add(*span).map_err(far)?.timestamp())
            }
        }
    }

    pub(super) fn wrong(&self, what: &str) -> CalendarError {
        let (summary, day) = (shown(&self.summary), self.start.civil.date());
        self.written.wrong(&format!("the event \"{summary}\" on {day} {what}"))
    }
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

    fn has(&self, begin: DateTime, start: &Moment) -> bool {
        self.days.contains(&begin.date())
            || self.times.contains(&start.at(begin))
            || start.is_day && self.written.contains(&begin.date())
    }
}

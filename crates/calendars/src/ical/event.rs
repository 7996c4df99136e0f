//! One VEVENT: when it takes the provider's time.

use std::collections::BTreeSet;

use calcard::icalendar::{
    ICalendarComponent, ICalendarDuration, ICalendarEntry, ICalendarPeriod, ICalendarProperty, ICalendarStatus,
    ICalendarTransparency, ICalendarValue,
};
use jiff::civil::DateTime;
use jiff::{SignedDuration, Span, Timestamp, Unit};

use super::moment::{Marks, Moment, Zones};
use super::{Reading, series};
use crate::Period;

/// So many occurrences the series of one answer may have together, each from its beginning on; a minute's work at most.
pub(super) const REPEATED_MAX: usize = 100_000;
/// What an event lasts of which the end cannot be read.
const UNKNOWN_LASTS: SignedDuration = SignedDuration::from_hours(1);
/// What an event lasts that has no end: a reminder, across which nobody is booked.
const POINT_LASTS: SignedDuration = SignedDuration::from_mins(1);

/// An event as it is written.
pub(super) struct Event<'a> {
    pub(super) written: &'a ICalendarComponent,
    pub(super) zones: &'a Zones<'a>,
}

/// When an event ends.
enum Ends {
    /// By the clock, also in a week with a clock change.
    At(Moment),
    /// Days by the clock, hours by their length.
    After(Span),
}

impl Event<'_> {
    /// Adds its occurrences, but those that are `replaced`. Where only a part is understood, that part is busy, and the event
    /// counts as unreadable too.
    pub(super) fn read(&self, replaced: Option<&Marks>, reading: &mut Reading) {
        if self.is_free() {
            return;
        }
        let start = self.one(&ICalendarProperty::Dtstart).and_then(|start| self.zones.moment(start, None));
        let Some(start) = start else { return reading.is_unreadable() };
        let (ends, mut is_whole) = match self.ends(&start) {
            Some(ends) => (ends, true),
            None => (Ends::After(Span::new().hours(UNKNOWN_LASTS.as_hours())), false),
        };
        let (mut begins, is_followed) = self.series(&start, reading);
        is_whole &= is_followed;
        is_whole &= self.more_dates(&start, &mut begins, reading);
        let left_out = self.left_out(&start);
        for begin in begins {
            if replaced.is_some_and(|marks| marks.has(begin, &start)) || left_out.has(begin, &start) {
                continue;
            }
            let from = start.at(begin);
            let to = ends.of(begin, &start).filter(|to| from <= *to);
            is_whole &= to.is_some();
            self.is_taken(from, to, reading);
        }
        if !is_whole {
            reading.is_unreadable();
        }
    }

    fn is_taken(&self, from: Timestamp, to: Option<Timestamp>, reading: &mut Reading) {
        let after = |lasts| from.checked_add(lasts).unwrap_or(Timestamp::MAX);
        let to = to.unwrap_or_else(|| after(UNKNOWN_LASTS));
        if let Some(period) = Period::new(from, if from == to { after(POINT_LASTS) } else { to }) {
            reading.is_taken(period, self.written.uid());
        }
    }

    /// Cancelled, or shown as free by the one who wrote it.
    fn is_free(&self) -> bool {
        let outlook = ICalendarProperty::Other("X-MICROSOFT-CDO-BUSYSTATUS".to_owned());
        let shown = self.one(&outlook).and_then(|shown| shown.values.first()?.as_text());
        matches!(self.written.status(), Some(ICalendarStatus::Cancelled))
            || matches!(self.written.transparency(), Some(ICalendarTransparency::Transparent))
            || shown.is_some_and(|shown| shown.eq_ignore_ascii_case("FREE"))
    }

    fn ends(&self, start: &Moment) -> Option<Ends> {
        match (self.one(&ICalendarProperty::Dtend), self.one(&ICalendarProperty::Duration)) {
            (Some(end), _) => {
                let end = self.zones.moment(end, Some(start))?;
                (end.is_day == start.is_day).then_some(Ends::At(end))
            }
            (None, Some(lasts)) => {
                let Some(ICalendarValue::Duration(lasts)) = lasts.values.first() else { return None };
                Some(Ends::After(span(lasts)?))
            }
            (None, None) if start.is_day => Some(Ends::After(Span::new().days(1))),
            (None, None) => Some(Ends::After(Span::new())),
        }
    }

    /// When it begins, by the clock of its zone: once, or as often as its rules say before the window ends; and whether all of
    /// them were followed. The first is always one of them (RFC 5545, 3.8.5.3).
    fn series(&self, start: &Moment, reading: &mut Reading) -> (BTreeSet<DateTime>, bool) {
        let mut begins = BTreeSet::from([start.civil]);
        let mut is_followed = true;
        let last = start.zone.to_datetime(reading.window.end());
        for written in self.written.properties(&ICalendarProperty::Rrule) {
            let room = REPEATED_MAX.saturating_sub(reading.repeated);
            let found = match written.values.first() {
                Some(ICalendarValue::RecurrenceRule(rule)) => {
                    series::begins(start, written, rule, self.zones, last, room)
                }
                _ => None,
            };
            reading.repeated += found.as_ref().map_or(0, BTreeSet::len);
            is_followed &= found.is_some();
            begins.extend(found.unwrap_or_default());
        }
        (begins, is_followed)
    }

    /// Adds what its RDATEs say; whether they all could be read. Those with an end of their own are taken at once.
    fn more_dates(&self, start: &Moment, begins: &mut BTreeSet<DateTime>, reading: &mut Reading) -> bool {
        let mut are_read = true;
        for written in self.written.properties(&ICalendarProperty::Rdate) {
            for value in &written.values {
                are_read &= if let ICalendarValue::Period(period) = value {
                    let period = self.period(written, period, start);
                    period.is_some_and(|period| {
                        reading.is_taken(period, self.written.uid());
                        true
                    })
                } else {
                    let moment = value.as_partial_date_time().and_then(|at| self.zones.read(written, at, Some(start)));
                    moment.is_some_and(|moment| {
                        begins.insert(moment.civil_in(start));
                        true
                    })
                };
            }
        }
        are_read
    }

    fn period(&self, written: &ICalendarEntry, period: &ICalendarPeriod, start: &Moment) -> Option<Period> {
        match period {
            ICalendarPeriod::Range { start: from, end } => {
                let from = self.zones.read(written, from, Some(start))?;
                Period::new(from.instant(), self.zones.read(written, end, Some(start))?.instant())
            }
            ICalendarPeriod::Duration { start: from, duration } => {
                let from = self.zones.read(written, from, Some(start))?;
                Period::new(from.instant(), Ends::After(span(duration)?).of(from.civil, &from)?)
            }
        }
    }

    /// What cannot be read leaves nothing out.
    fn left_out(&self, start: &Moment) -> Marks {
        let mut marks = Marks::default();
        for written in self.written.properties(&ICalendarProperty::Exdate) {
            let times = written.values.iter().filter_map(ICalendarValue::as_partial_date_time);
            let moments = times.filter_map(|time| self.zones.read(written, time, Some(start)));
            moments.for_each(|moment| marks.add(&moment));
        }
        marks
    }

    fn one(&self, name: &ICalendarProperty) -> Option<&ICalendarEntry> {
        self.written.property(name)
    }
}

impl Ends {
    fn of(&self, begin: DateTime, start: &Moment) -> Option<Timestamp> {
        match self {
            Self::At(end) => {
                let later = start.civil.until((Unit::Day, begin)).ok()?;
                let civil = end.civil.checked_add(later).ok()?;
                // Some programs write a single day as one that ends when it begins.
                let is_whole_day = end.is_day && end.civil == start.civil;
                Some(end.at(if is_whole_day { civil.checked_add(Span::new().days(1)).ok()? } else { civil }))
            }
            Self::After(span) => {
                let begin = start.at(begin).to_zoned(start.zone.clone());
                Some(begin.checked_add(*span).ok()?.timestamp())
            }
        }
    }
}

fn span(lasts: &ICalendarDuration) -> Option<Span> {
    let span = Span::new().try_weeks(lasts.weeks).ok()?.try_days(lasts.days).ok()?;
    let span = span.try_hours(lasts.hours).ok()?.try_minutes(lasts.minutes).ok()?.try_seconds(lasts.seconds).ok()?;
    (!lasts.neg).then_some(span)
}

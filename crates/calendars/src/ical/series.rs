//! Events that repeat.

use std::collections::BTreeSet;

use calcard::common::timezone::Tz;
use calcard::common::{CalendarScale, PartialDateTime};
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarEntry, ICalendarProperty, ICalendarRecurrenceRule,
};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::moment::{Moment, Zones};

/// When a series that starts at `start` begins until `last`, by the clock of its zone. None where its rule cannot be followed, or
/// where it would begin more than `at_most` times.
pub(super) fn begins(
    start: &Moment,
    written: &ICalendarEntry,
    rule: &ICalendarRecurrenceRule,
    zones: &Zones,
    last: DateTime,
    at_most: usize,
) -> Option<BTreeSet<DateTime>> {
    let is_gregorian = rule.rscale.as_ref().is_none_or(|scale| *scale == CalendarScale::Gregorian);
    if !is_gregorian || rule.skip.is_some() {
        return None;
    }
    let mut rule = rule.clone();
    let until = match &rule.until {
        Some(until) => until_by_its_clock(start, written, until, zones)?.min(last),
        None => last,
    };
    if until < start.civil {
        return Some(BTreeSet::new());
    }
    rule.until = Some(partial(until));
    let begins = repeated(start.civil, rule, at_most + 1)?;
    (begins.len() <= at_most).then_some(begins)
}

/// The last moment at which it may begin. Of a day, the whole is meant; programs write it in different zones.
fn until_by_its_clock(
    start: &Moment,
    written: &ICalendarEntry,
    until: &PartialDateTime,
    zones: &Zones,
) -> Option<DateTime> {
    let until = zones.read(written, until, Some(start))?;
    let last = until.civil_in(start);
    let day = |of: DateTime| of.date().at(23, 59, 59, 0);
    Some(match (start.is_day, until.is_day) {
        (true, _) => day(last.max(until.civil)),
        (false, true) => day(last),
        (false, false) => last,
    })
}

/// In civil time without a zone: it begins at the same hour in summer and in winter.
fn repeated(start: DateTime, rule: ICalendarRecurrenceRule, at_most: usize) -> Option<BTreeSet<DateTime>> {
    let entry = |name| ICalendarEntry { name, params: Vec::new(), values: Vec::new() };
    let mut series = ICalendarComponent::new(ICalendarComponentType::VEvent);
    series.entries.push(entry(ICalendarProperty::Dtstart).with_value(partial(start)));
    series.entries.push(entry(ICalendarProperty::Rrule).with_value(rule));
    let expanded = ICalendar { components: vec![series] }.expand_dates(Tz::Floating, at_most);
    let begin = |second| Some(TimeZone::UTC.to_datetime(Timestamp::from_second(second).ok()?));
    let begins = expanded.events.iter().map(|event| begin(event.timestamps().0)).collect();
    if expanded.errors.is_empty() { begins } else { None }
}

fn partial(civil: DateTime) -> PartialDateTime {
    PartialDateTime {
        year: Some(civil.year().unsigned_abs()),
        month: Some(civil.month().unsigned_abs()),
        day: Some(civil.day().unsigned_abs()),
        hour: Some(civil.hour().unsigned_abs()),
        minute: Some(civil.minute().unsigned_abs()),
        second: Some(civil.second().unsigned_abs()),
        ..PartialDateTime::default()
    }
}

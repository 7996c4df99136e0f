//! Events that repeat.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::str::FromStr;

use calcard::common::PartialDateTime;
use calcard::common::timezone::Tz;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarDay, ICalendarEntry, ICalendarFrequency,
    ICalendarMonth, ICalendarProperty, ICalendarRecurrenceRule, ICalendarWeekday,
};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::CalendarError;
use super::event::Event;
use super::lines::Property;
use super::times::Zones;

/// So many series a file may have; a rule that hardly ever fits is looked at for milliseconds.
const SERIES_MAX: usize = 5_000;
/// So many occurrences they may have together, each from its beginning on: twenty doctors' days of thirty years.
const REPEATED_MAX: usize = 250_000;
/// So many events may touch the time that is looked at; a rota looks at them all whenever it is asked.
const FOUND_MAX: usize = 10_000;

/// What a file has cost up to now.
#[derive(Default)]
pub(super) struct Work {
    series: usize,
    repeated: usize,
    found: usize,
}

impl Work {
    pub(super) fn found(&mut self, event: &Event) -> Result<(), CalendarError> {
        self.found += 1;
        if self.found > FOUND_MAX {
            let what = format!("is one too many: a calendar may have {FOUND_MAX} shifts; export the rota alone");
            return Err(event.wrong(&what));
        }
        Ok(())
    }
}

/// When a series begins until `last`, by the clock of its zone.
pub(super) fn begins(
    event: &Event,
    written: &Property,
    zones: &Zones,
    last: DateTime,
    work: &mut Work,
) -> Result<BTreeSet<DateTime>, CalendarError> {
    work.series += 1;
    if work.series > SERIES_MAX {
        return Err(event.wrong(&format!("is one series too many: {SERIES_MAX} are read; export the rota alone")));
    }
    let mut rule = Rule { event, written, zones, parts: ICalendarRecurrenceRule::default() };
    rule.read()?;
    let until = rule.parts.until.as_ref().and_then(civil);
    if until.is_some_and(|until| until < event.start.civil) {
        return Err(event.wrong("repeats until a time before it begins; correct its series"));
    }
    if last < event.start.civil {
        return Ok(BTreeSet::new());
    }
    rule.parts.until = Some(partial(until.map_or(last, |until| until.min(last))));
    let room = REPEATED_MAX - work.repeated;
    let begins = repeated(event.start.civil, rule.parts, room + 1)
        .ok_or_else(|| event.wrong("repeats by a rule that cannot be followed; write its RRULE anew"))?;
    if begins.len() > room {
        return Err(event.wrong("repeats too often; let it begin later, or export the rota alone"));
    }
    work.repeated += begins.len();
    // RFC 5545 leaves open what is meant otherwise, and programs differ.
    if begins.first() != Some(&event.start.civil) {
        return Err(event.wrong("does not begin on a day of its own rule; let it begin on the first one"));
    }
    Ok(begins)
}

/// In civil time without a zone: a shift begins at the same hour in summer and in winter.
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

fn civil(partial: &PartialDateTime) -> Option<DateTime> {
    let small = |part: Option<u8>| i8::try_from(part?).ok();
    let year = i16::try_from(partial.year?).ok()?;
    let (month, day) = (small(partial.month)?, small(partial.day)?);
    DateTime::new(year, month, day, small(partial.hour)?, small(partial.minute)?, small(partial.second)?, 0).ok()
}

/// A rule that is being read: each part once, each value within its bounds, no part that is not understood.
struct Rule<'a> {
    event: &'a Event<'a>,
    written: &'a Property,
    zones: &'a Zones<'a>,
    parts: ICalendarRecurrenceRule,
}

impl Rule<'_> {
    fn read(&mut self) -> Result<(), CalendarError> {
        let text = self.written.value.trim().to_ascii_uppercase();
        let mut seen = BTreeSet::new();
        for part in text.split(';').filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').ok_or_else(|| self.wrong(part))?;
            if !seen.insert(key) {
                return Err(self.wrong(part));
            }
            if key == "UNTIL" {
                self.parts.until = Some(partial(self.until(value)?));
            } else {
                set(&mut self.parts, key, value).ok_or_else(|| self.wrong(part))?;
            }
        }
        if seen.contains("FREQ") { Ok(()) } else { Err(self.wrong("no FREQ")) }
    }

    /// The last moment at which it may begin, by the clock of the series.
    fn until(&self, value: &str) -> Result<DateTime, CalendarError> {
        let start = &self.event.start;
        let until = self.zones.read(self.written, value, Some(start))?;
        let last = until.civil_in(start);
        // Of a day that is meant, the whole; programs write it in different zones.
        let day = |of: DateTime| of.date().at(23, 59, 59, 0);
        Ok(match (start.is_day, until.is_day) {
            (true, _) => day(last.max(until.civil)),
            (false, true) => day(last),
            (false, false) => last,
        })
    }

    fn wrong(&self, part: &str) -> CalendarError {
        let what = format!("repeats by a rule that is not understood ({part}); write its RRULE anew");
        CalendarError { line: self.written.line, ..self.event.wrong(&what) }
    }
}

fn set(parts: &mut ICalendarRecurrenceRule, key: &str, value: &str) -> Option<()> {
    match key {
        "FREQ" => parts.freq = frequency(value)?,
        "INTERVAL" => parts.interval = Some(number(value, 1..=1000)?),
        "COUNT" => parts.count = Some(number(value, 1..=u32::MAX)?),
        "BYDAY" => parts.byday = list(value, day)?,
        "BYMONTHDAY" => parts.bymonthday = list(value, |day| signed(day, 1..=31))?,
        "BYYEARDAY" => parts.byyearday = list(value, |day| signed(day, 1..=366))?,
        "BYWEEKNO" => parts.byweekno = list(value, |week| signed(week, 1..=53))?,
        "BYMONTH" => parts.bymonth = list(value, |month| Some(ICalendarMonth::new(number(month, 1..=12)?, false)))?,
        "BYSETPOS" => parts.bysetpos = list(value, |place| signed(place, 1..=366))?,
        "BYHOUR" => parts.byhour = list(value, |hour| number(hour, 0..=23))?,
        "BYMINUTE" => parts.byminute = list(value, |minute| number(minute, 0..=59))?,
        "BYSECOND" => parts.bysecond = list(value, |second| number(second, 0..=59))?,
        "WKST" => parts.wkst = Some(weekday(value)?),
        _ => return None,
    }
    Some(())
}

fn frequency(text: &str) -> Option<ICalendarFrequency> {
    Some(match text {
        "DAILY" => ICalendarFrequency::Daily,
        "WEEKLY" => ICalendarFrequency::Weekly,
        "MONTHLY" => ICalendarFrequency::Monthly,
        "YEARLY" => ICalendarFrequency::Yearly,
        // Nobody's shift begins anew every hour.
        _ => return None,
    })
}

fn weekday(text: &str) -> Option<ICalendarWeekday> {
    Some(match text {
        "MO" => ICalendarWeekday::Monday,
        "TU" => ICalendarWeekday::Tuesday,
        "WE" => ICalendarWeekday::Wednesday,
        "TH" => ICalendarWeekday::Thursday,
        "FR" => ICalendarWeekday::Friday,
        "SA" => ICalendarWeekday::Saturday,
        "SU" => ICalendarWeekday::Sunday,
        _ => return None,
    })
}

/// `MO`, `1MO`, `-1FR`
fn day(text: &str) -> Option<ICalendarDay> {
    let (place, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let ordwk = if place.is_empty() { None } else { Some(signed(place, 1..=53)?) };
    Some(ICalendarDay { ordwk, weekday: weekday(name)? })
}

fn list<T>(text: &str, one: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    text.split(',').map(|text| one(text.trim())).collect()
}

fn number<T: FromStr + PartialOrd>(text: &str, range: RangeInclusive<T>) -> Option<T> {
    text.parse().ok().filter(|number| range.contains(number))
}

/// A place from the beginning or, negative, from the end.
fn signed<T: FromStr + TryFrom<i32>>(text: &str, range: RangeInclusive<i32>) -> Option<T> {
    let number: i32 = text.parse().ok()?;
    if range.contains(&number.checked_abs()?) { T::try_from(number).ok() } else { None }
}

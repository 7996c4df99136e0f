//! When a caller wants to come: "next tuesday afternoon", "a week from friday", "the day after tomorrow before noon".
//!
//! The crate `duckling` reads the calendar; this layer mends what it gets wrong on the telephone: the half of the day by
//! the practice's opening hours ("at two thirty" is 14:30), "before"/"after" a clock time, "first thing", "a week from
//! ..", "not this .. but the one after", "a m" in two letters. The answer is a set of wall-time intervals to be met with
//! free slots, never one instant; two readings that stay possible are both given, and the caller is asked.
//!
//! The first call builds duckling's rules (about 0.3 s): whoever warms up asks for "tomorrow" once.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{Datelike, FixedOffset, NaiveDateTime, TimeZone, Timelike};
use domain::{Interval, OpenHours};
use duckling::{
    Context, DimensionKind, DimensionValue, Entity, Grain, Lang, Locale, Options, Region, TimePoint, TimeValue,
};
use jiff::civil::{Date, DateTime, Time};
use jiff::{Span, ToSpan, Zoned};

use super::said_of_time::{Edge, Limit, Phrase};

/// A clock time stands for the half hour that begins with it.
const POINT_MINUTES: i64 = 30;
/// "First thing", "end of the day": so many hours from the edge of opening hours.
const EDGE_HOURS: i64 = 2;
/// "As soon as possible", "after the first": open ends are closed so many days later.
const OPEN_END_DAYS: i64 = 14;
/// Where the practice is closed, or says nothing: hours in which an unmarked clock time is meant.
const USUAL_HOURS: std::ops::Range<i8> = 7..19;

/// Intervals `[from, to)` in which the caller wants to come, in the order of the words; none if no time was said. `now`
/// is wall time in the practice's zone.
pub fn when(text: &str, now: &Zoned, hours: &[OpenHours]) -> Vec<Interval> {
    let phrase = Phrase::new(text);
    if !phrase.speaks_of_time() {
        return Vec::new();
    }
    spans(&phrase, now, hours).into_iter().filter_map(|(from, to)| interval(from, to, now)).collect()
}

/// A civil interval `[from, to)`.
type CivilSpan = (DateTime, DateTime);

fn interval(from: DateTime, to: DateTime, now: &Zoned) -> Option<Interval> {
    let zone = now.time_zone();
    // "compatible": a time that the clock skips is taken an hour later, one that it shows twice is the first
    let from = from.to_zoned(zone.clone()).ok()?.timestamp().max(now.timestamp());
    let to = to.to_zoned(zone.clone()).ok()?.timestamp();
    (from < to).then_some((from, to))
}

fn spans(phrase: &Phrase, now: &Zoned, hours: &[OpenHours]) -> Vec<CivilSpan> {
    let entities = parse(&phrase.rest, now);
    let mut spans: Vec<CivilSpan> = entities.iter().flat_map(|entity| spans_of(entity, now, hours)).collect();
    if spans.is_empty() && (phrase.edge.is_some() || phrase.limit.is_some()) {
        spans.push(whole_day(now.date()));
    }
    for span in &mut spans {
        *span = mended(phrase, *span, hours);
    }
    spans
}

fn mended(phrase: &Phrase, (from, to): CivilSpan, hours: &[OpenHours]) -> CivilSpan {
    let weeks = phrase.weeks_later.weeks();
    let (from, to) = (later(from, weeks), later(to, weeks));
    let (opens, closes) = opening(from.date(), hours);
    let within_a_day = |edge: Time| from.date().to_datetime(edge);
    match (phrase.edge, phrase.limit) {
        (Some(Edge::FirstThing), _) => (within_a_day(opens), later(within_a_day(opens), EDGE_HOURS.hours())),
        (Some(Edge::EndOfDay), _) => (later(within_a_day(closes), -EDGE_HOURS.hours()), within_a_day(closes)),
        (None, Some(Limit { before: true, clock })) => {
            (from.min(within_a_day(clock)), within_a_day(by_hours(clock, from.date(), hours)))
        }
        (None, Some(Limit { before: false, clock })) => {
            let clock = within_a_day(by_hours(clock, from.date(), hours));
            (clock, if to > clock { to } else { within_a_day(closes).max(clock) })
        }
        (None, None) => (from, to),
    }
}

fn parse(text: &str, now: &Zoned) -> Vec<Entity> {
    let Some(reference) = reference(now) else { return Vec::new() };
    let locale = Locale::new(Lang::EN, Some(Region::US));
    let context = Context::new(reference, locale);
    // duckling checks its arithmetic and may panic on odd numbers; what it cannot read is asked for
    let read = || duckling::parse(text.trim(), &locale, &[DimensionKind::Time], &context, &Options::default());
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_default()
}

fn reference(now: &Zoned) -> Option<chrono::DateTime<FixedOffset>> {
    FixedOffset::east_opt(now.offset().seconds())?.timestamp_opt(now.timestamp().as_second(), 0).single()
}

/// The ways to take one expression.
fn spans_of(entity: &Entity, now: &Zoned, hours: &[OpenHours]) -> Vec<CivilSpan> {
    let DimensionValue::Time(time) = &entity.value else { return Vec::new() };
    let marked = entity.body.split(|c: char| !c.is_alphabetic()).any(|word| {
        ["am", "pm", "morning", "afternoon", "evening", "tonight", "night", "noon", "midnight", "lunch"].contains(&word)
    }) || entity.body.ends_with("am")
        || entity.body.ends_with("pm");
    match time {
        TimeValue::Single { value, .. } => {
            let Some(from) = civil(value) else { return Vec::new() };
            let clocked = matches!(value, TimePoint::Naive { grain: Grain::Second | Grain::Minute | Grain::Hour, .. });
            let begins = if clocked && !marked { halves(from, hours) } else { vec![from] };
            begins.into_iter().map(|from| (from, later(from, width(value.grain())))).collect()
        }
        TimeValue::Interval { from, to, .. } => {
            let clocked = |point: &TimePoint| {
                matches!(point, TimePoint::Naive { grain: Grain::Second | Grain::Minute | Grain::Hour, .. }) && !marked
            };
            let place = |point: &TimePoint| {
                let at = civil(point)?;
                Some(if clocked(point) { halves(at, hours).first().copied().unwrap_or(at) } else { at })
            };
            let begin = from.as_ref().and_then(place).unwrap_or_else(|| now.datetime());
            let end = to.as_ref().and_then(place).unwrap_or_else(|| match from {
                Some(point) if clocked(point) => begin.date().to_datetime(opening(begin.date(), hours).1),
                Some(_) | None => later(begin, OPEN_END_DAYS.days()),
            });
            vec![(begin, if end <= begin { later(begin, POINT_MINUTES.minutes()) } else { end })]
        }
    }
}

fn civil(point: &TimePoint) -> Option<DateTime> {
    let naive: NaiveDateTime = match point {
        TimePoint::Naive { value, .. } => *value,
        TimePoint::Instant { value, .. } => value.naive_local(),
    };
    let (month, day) = (naive.month() as i8, naive.day() as i8);
    DateTime::new(
        naive.year().try_into().ok()?,
        month,
        day,
        naive.hour() as i8,
        naive.minute() as i8,
        naive.second() as i8,
        0,
    )
    .ok()
}

fn width(grain: Grain) -> Span {
    match grain {
        Grain::NoGrain | Grain::Second | Grain::Minute | Grain::Hour => POINT_MINUTES.minutes(),
        Grain::Day => 1.days(),
        Grain::Week => 1.weeks(),
        Grain::Month => 1.months(),
        Grain::Quarter => 3.months(),
        Grain::Year => 1.years(),
    }
}

/// A clock time without am or pm: the halves of the day in which the practice is open, else in which it usually would.
fn halves(at: DateTime, hours: &[OpenHours]) -> Vec<DateTime> {
    if !(1..=12).contains(&at.hour()) {
        return vec![at];
    }
    let both = [at, later(at, 12.hours())].map(|at| if at.hour() == 0 { later(at, -12.hours()) } else { at });
    let open = |at: &&DateTime| hours.iter().any(|h| h.weekday == at.weekday() && (h.from..h.to).contains(&at.time()));
    let usual = |at: &&DateTime| USUAL_HOURS.contains(&at.hour());
    let same_day = |at: &&DateTime| at.date() == both[0].date();
    let mut kept: Vec<DateTime> = both.iter().filter(same_day).filter(open).copied().collect();
    if kept.is_empty() {
        kept = both.iter().filter(same_day).filter(usual).copied().collect();
    }
    kept.dedup();
    if kept.is_empty() { vec![at] } else { kept }
}

fn by_hours(clock: Time, date: Date, hours: &[OpenHours]) -> Time {
    halves(date.to_datetime(clock), hours).first().map_or(clock, |at| at.time())
}

/// When the practice opens and closes on `date`, or usually would.
fn opening(date: Date, hours: &[OpenHours]) -> (Time, Time) {
    let usual = (Time::constant(9, 0, 0, 0), Time::constant(17, 0, 0, 0));
    let on = || hours.iter().filter(|h| h.weekday == date.weekday());
    match (on().map(|h| h.from).min(), on().map(|h| h.to).max()) {
        (Some(from), Some(to)) => (from, to),
        _ => usual,
    }
}

fn whole_day(date: Date) -> CivilSpan {
    let from = date.to_datetime(Time::midnight());
    (from, later(from, 1.days()))
}

fn later(at: DateTime, by: Span) -> DateTime {
    at.saturating_add(by)
}

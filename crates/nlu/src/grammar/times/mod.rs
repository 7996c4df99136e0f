//! When a caller wants to come: "next tuesday afternoon", "a week from friday", "Tuesday or Thursday after four".
//!
//! The answer is a set of wall-time intervals, to be met with free slots, never one instant:
//!
//! - "Tuesday" is that whole day; "next week" Monday to Sunday; "after four" ends at midnight. Free slots know when the
//!   practice is open.
//! - A clock time is the half hour that begins with it. Without "a.m." or "p.m." the practice's opening hours tell the
//!   half of the day: "half past two" is 14:30. If both halves are possible both are given.
//! - Hours without a day ("in the afternoon", "at three") hold for every open day of the next four weeks, so that they
//!   meet the day that was named a sentence ago. So does what was only denied ("not Monday").
//! - What is past is left out, and what is said of the past ("since Monday", "for three days") is no wish.
//! - "Next Friday" is the Friday of next week, weeks begin on Monday.
//!
//! ```text
//! words     what was said, cut into words
//! text      a place in them       hours, calendar, weeks, dates    what stands there: conditions
//! wish      the conditions in groups                   clock, days, group    what they mean on a date
//! anchored  what hangs on the times that were offered
//! fallback  duckling, for what our own words do not cover
//! ```

mod anchored;
mod calendar;
mod clock;
mod dates;
mod days;
mod fallback;
mod group;
mod hours;
mod text;
mod weeks;
mod wish;
mod words;

use domain::{Asked, Interval, OpenHours};
use jiff::Zoned;

pub(crate) use anchored::after_offered;
use clock::Opening;
use group::Span;
use text::Text;
use wish::Wish;

/// Longer texts are a story; what they say of time is asked for.
const WORDS_MAX: usize = 60;

/// Intervals `[from, to)` in which the caller wants to come, in order, without overlaps, none of them over; none if no
/// time was said. After `asked`, "three thirty" alone may be a time. `now` is wall time in the practice's zone.
pub fn when(text: &str, asked: Asked, now: &Zoned, hours: &[OpenHours]) -> Vec<Interval> {
    let words = words::words(text);
    if words.len() > WORDS_MAX {
        return Vec::new();
    }
    let opening = Opening(hours);
    let wish = Wish::read(Text { words: &words, today: now.date() }, expects_a_time(asked));
    let more = fallback::spans(text, now, opening, wish.weight);
    let spans = more.unwrap_or_else(|| wish.spans(now.datetime(), opening));
    let mut intervals: Vec<Interval> = spans.into_iter().filter_map(|span| interval(span, now)).collect();
    intervals.sort();
    intervals
}

/// Builds what the first reading would wait for, about 0.3 s.
pub(crate) fn warm_up() {
    fallback::warm_up();
}

fn expects_a_time(asked: Asked) -> bool {
    match asked {
        Asked::When | Asked::Choice => true,
        Asked::Open
        | Asked::Name
        | Asked::Spelling
        | Asked::Callback
        | Asked::DateOfBirth
        | Asked::Message
        | Asked::YesNo
        | Asked::Safety
        | Asked::CalledEmergencyNumber
        | Asked::WhoIsThere
        | Asked::NameAndBirth
        | Asked::NewOrKnown
        | Asked::VisitReason
        | Asked::Drug
        | Asked::Dose
        | Asked::Pharmacy
        | Asked::DaysLeft
        | Asked::Detail => false,
    }
}

fn interval((from, to): Span, now: &Zoned) -> Option<Interval> {
    let zone = now.time_zone();
    // "compatible": a time that the clock skips is taken an hour later, one that it shows twice is the first
    let from = from.to_zoned(zone.clone()).ok()?.timestamp().max(now.timestamp());
    let to = to.to_zoned(zone.clone()).ok()?.timestamp();
    (from < to).then_some((from, to))
}

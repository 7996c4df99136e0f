//! Times of day: "2:30 p.m." is "two thirty p m", 12:00 p.m. is "noon", 14:30 is "two thirty p m".

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::number::{cardinal, pair};
use super::sentence_ends;

const HALF: &str = r"(a\.?m\b\.?|p\.?m\b\.?)";

static SPAN: LazyLock<Regex> =
    pattern!(format!(r"(?i)\b(\d{{1,2}}(?::\d{{2}})?)\s?{HALF}?\s?[-–—]\s?(\d{{1,2}}(?::\d{{2}})?)\s?{HALF}"));
static CLOCK_SPAN: LazyLock<Regex> = pattern!(r"\b(\d{1,2}:\d{2})\s?[-–—]\s?(\d{1,2}:\d{2})\b");
static WITH_HALF: LazyLock<Regex> = pattern!(format!(r"(?i)\b(\d{{1,2}})(?:[:.](\d{{2}}))?\s?{HALF}"));
static CLOCK: LazyLock<Regex> = pattern!(r"\b(\d{1,2}):(\d{2})\b(?::\d{2}\b)?");

pub(super) fn say(text: &str) -> String {
    let text = SPAN.replace_all(text, |c: &Captures| {
        let first = c.get(2).map_or("", |half| half.as_str());
        format!("{} {first} to {} {}", &c[1], &c[3], &c[4])
    });
    let text = CLOCK_SPAN.replace_all(&text, "$1 to $2");
    let text = with_halves(&text);
    // "9 to 5 p m": the first hour of a span needs no half of its own.
    CLOCK
        .replace_all(&text, |c: &Captures| match (c[1].parse(), c[2].parse()) {
            (Ok(hour @ 0..=23), Ok(minute @ 0..=59)) => clock(hour, minute),
            (Ok(hour), Ok(minute)) => format!("{} {}", cardinal(hour), cardinal(minute)),
            (_, _) => c[0].to_owned(),
        })
        .into_owned()
}

fn with_halves(text: &str) -> String {
    let say = |c: &Captures| {
        let whole = c.get(0).expect("group 0 is the match");
        let minute = c.get(2).map_or("0", |minute| minute.as_str());
        let (Ok(hour @ 1..=12), Ok(minute @ 0..=59)) = (c[1].parse(), minute.parse()) else {
            return whole.as_str().to_owned();
        };
        let stop = if c[3].ends_with('.') && sentence_ends(&text[whole.end()..]) { "." } else { "" };
        format!("{}{stop}", twelve_hour(hour, minute, &c[3]))
    };
    WITH_HALF.replace_all(text, say).into_owned()
}

fn twelve_hour(hour: u64, minute: u64, half: &str) -> String {
    let before_noon = half.starts_with(['a', 'A']);
    match (hour, minute) {
        (12, 0) if before_noon => "midnight".to_owned(),
        (12, 0) => "noon".to_owned(),
        (_, 0) => format!("{} {}", cardinal(hour), if before_noon { "a m" } else { "p m" }),
        (_, _) => format!("{} {} {}", cardinal(hour), pair(minute), if before_noon { "a m" } else { "p m" }),
    }
}

/// A time without a half: from one in the afternoon on it can only be a 24-hour clock.
fn clock(hour: u64, minute: u64) -> String {
    match (hour, minute) {
        (0, _) => twelve_hour(12, minute, "am"),
        (13..=23, _) => twelve_hour(hour - 12, minute, "pm"),
        (_, 0) => format!("{} o'clock", cardinal(hour)),
        (_, _) => format!("{} {}", cardinal(hour), pair(minute)),
    }
}

//! Times that hang on what was offered: "the week after", "a day later".

use std::sync::LazyLock;

use domain::Interval;
use jiff::Zoned;

use super::days::{later, monday};
use super::group::midnight;
use super::interval;
use crate::phrase::{Found, Phrases, words};

/// How much later than what was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Day,
    Week,
}

const WRITTEN: &[(Step, &[&str])] = &[
    (Step::Day, &["the (day after|following day) [that]", "(a|1) day later"]),
    (Step::Week, &["the (week after|following week) [that]", "(a|1) week later"]),
];

static PHRASES: LazyLock<Phrases<Step>> = LazyLock::new(|| Phrases::built_in(WRITTEN));

/// The day or the week behind the first of those that were offered.
pub(crate) fn after_offered(text: &str, offered: impl FnOnce() -> Vec<Interval>, now: &Zoned) -> Option<Interval> {
    const BEHIND: &[&str] = &["please", "if", "then", "instead", "maybe", "would", "is", "works"];
    let words = words(text);
    // "the week after Thanksgiving" hangs on nothing else
    let ends = |place: &Found| words.get(place.to).is_none_or(|word| BEHIND.contains(&word.text.as_str()));
    let place = PHRASES.places(&words).into_iter().find(ends)?;
    let day = offered().first()?.0.to_zoned(now.time_zone().clone()).date();
    let (from, days) = match PHRASES.meaning(place) {
        Step::Day => (later(day, 1), 1),
        Step::Week => (later(monday(day), 7), 7),
    };
    interval((midnight(from), midnight(later(from, days))), now)
}

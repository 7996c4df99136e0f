//! What was said of time, with what `duckling` gets wrong taken out before it reads the rest: "first thing", "before
//! noon", "a week from ..", "a m" in two letters.

use jiff::civil::Time;

use crate::phrase::numbers::{NumberWord, number_word, ordinal};
use crate::phrase::token::tokens;

/// Longer texts are a story; what they say of time is asked for.
const TEXT_BYTES_MAX: usize = 300;

/// Without one of these nothing is said about time and duckling is not asked.
const TIME_WORDS: &[&str] = &[
    "today",
    "tonight",
    "tomorrow",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "mondays",
    "tuesdays",
    "wednesdays",
    "thursdays",
    "fridays",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "week",
    "weeks",
    "weekend",
    "month",
    "months",
    "day",
    "days",
    "morning",
    "mornings",
    "afternoon",
    "afternoons",
    "evening",
    "evenings",
    "noon",
    "lunch",
    "lunchtime",
    "o'clock",
    "oclock",
    "am",
    "pm",
    "at",
    "after",
    "before",
    "between",
    "around",
    "by",
    "possible",
    "soon",
    "hour",
    "hours",
    "half",
    "quarter",
    "later",
    "first",
    "until",
    "past",
    "minute",
    "minutes",
    "year",
    "now",
    "christmas",
    "thanksgiving",
    "easter",
    "eve",
    "mon",
    "tue",
    "tues",
    "wed",
    "thu",
    "thurs",
    "fri",
    "sat",
    "sun",
];
/// What was said, and what this layer took out of it before duckling reads the rest.
pub(super) struct Phrase {
    pub(super) rest: String,
    pub(super) edge: Option<Edge>,
    pub(super) limit: Option<Limit>,
    pub(super) weeks_later: i64,
}

#[derive(Clone, Copy)]
pub(super) enum Edge {
    FirstThing,
    EndOfDay,
}

/// "Before noon", "after four": hour and minute, and whether the half of the day was said.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    pub(super) before: bool,
    pub(super) clock: Time,
}

impl Phrase {
    pub(super) fn new(text: &str) -> Self {
        let end = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= TEXT_BYTES_MAX).last().unwrap_or(0);
        let kept = if text.len() <= TEXT_BYTES_MAX { text } else { &text[..end] };
        let mut rest = format!(" {} ", spaced(kept));
        for (written, read) in [
            (" a m ", " am "),
            (" p m ", " pm "),
            (" o clock ", " o'clock "),
            (" of the month ", " "),
            (" lunchtime ", " lunch "),
        ] {
            rest = rest.replace(written, read);
        }
        let mut phrase = Self { rest, edge: None, limit: None, weeks_later: 0 };
        phrase.take_edge();
        phrase.take_weeks();
        phrase.take_limit();
        phrase
    }

    pub(super) fn speaks_of_time(&self) -> bool {
        self.edge.is_some()
            || self.limit.is_some()
            || self.rest.contains(':')
            || self
                .rest
                .split(' ')
                .any(|word| TIME_WORDS.contains(&word) || clock_word(word) || ordinal(word).is_some())
    }

    fn take(&mut self, written: &str) -> bool {
        let found = self.rest.contains(written);
        if found {
            self.rest = self.rest.replacen(written, " ", 1);
        }
        found
    }

    fn take_edge(&mut self) {
        let first = [" first thing in the morning ", " first thing ", " as early as possible ", " early as possible "];
        let last = [" end of the day ", " late in the day ", " as late as possible ", " last thing "];
        if first.into_iter().any(|written| self.take(written)) {
            self.edge = Some(Edge::FirstThing);
        } else if last.into_iter().any(|written| self.take(written)) {
            self.edge = Some(Edge::EndOfDay);
        }
    }

    fn take_weeks(&mut self) {
        if self.take(" a week from ") || self.take(" week from ") || self.take(" one week from ") {
            self.weeks_later = 1;
        } else if self.take(" two weeks from ") {
            self.weeks_later = 2;
        } else if self.rest.contains(" not this ")
            && (self.take(" but the one after ") || self.take(" but the next one ") || self.take(" but the next "))
        {
            self.weeks_later = 1;
            self.take(" not ");
        }
    }

    /// Takes "before/after/by CLOCK" out, so that the day in the rest is read alone.
    fn take_limit(&mut self) {
        let words: Vec<String> = self.rest.split_whitespace().map(str::to_owned).collect();
        for (at, word) in words.iter().enumerate() {
            let before = match word.as_str() {
                "before" | "by" | "until" => true,
                "after" => false,
                _ => continue,
            };
            let Some((clock, used)) = clock(&words[at + 1..]) else { continue };
            let kept: Vec<&str> = words[..at].iter().chain(&words[at + 1 + used..]).map(String::as_str).collect();
            self.rest = format!(" {} ", kept.join(" "));
            self.limit = Some(Limit { before, clock });
            return;
        }
    }
}

/// Tokens with single spaces; "5:30" and "7/9" stay together for duckling.
fn spaced(text: &str) -> String {
    let tokens = tokens(text);
    let mut out = String::new();
    for (at, token) in tokens.iter().enumerate() {
        let between = if at == 0 { "" } else { text.get(tokens[at - 1].at.end..token.at.start).unwrap_or(" ") };
        out.push_str(match between {
            "" => "",
            ":" | "/" => between,
            _ => " ",
        });
        out.push_str(&token.word);
    }
    out
}

fn clock_word(word: &str) -> bool {
    let digits = word.trim_end_matches("am").trim_end_matches("pm");
    digits != word && digits.parse::<u32>().is_ok()
}

/// A clock time at the start of `words`: "noon", "four", "four thirty", "10:30", "4 pm"; without am or pm as it is said.
fn clock(words: &[String]) -> Option<(Time, usize)> {
    let first = words.first()?.as_str();
    if first == "noon" || first == "lunch" {
        return Some((Time::constant(12, 0, 0, 0), 1));
    }
    let number = |word: &str| match number_word(word) {
        Some(NumberWord::Digit(n) | NumberWord::Teen(n) | NumberWord::Tens(n)) => Some(n as i8),
        Some(NumberWord::Hundred | NumberWord::Thousand) => None,
        None => word.parse().ok(),
    };
    let half = if first.ends_with("am") { Some(false) } else { first.ends_with("pm").then_some(true) };
    let bare = first.trim_end_matches("am").trim_end_matches("pm");
    let (hour, mut minute) = match bare.split_once(':') {
        Some((hour, minute)) => (hour.parse().ok()?, minute.parse().ok()?),
        None => (number(bare)?, 0),
    };
    let mut used = 1;
    if let Some(more) = words.get(1).and_then(|word| number(word)).filter(|more| *more >= 10 && minute == 0) {
        minute = more;
        used = 2;
    }
    let said = words.get(used).map(String::as_str);
    used += usize::from(matches!(said, Some("am" | "pm" | "o'clock" | "oclock")));
    let half = half.or(match said {
        Some("am") => Some(false),
        Some("pm") => Some(true),
        _ => None,
    });
    let hour = match (half, hour) {
        (Some(true), 1..=11) => hour + 12,
        (Some(false), 12) => 0,
        (Some(_) | None, _) => hour,
    };
    Some((Time::new(hour, minute, 0, 0).ok()?, used))
}

//! Hours as they are said: "half past two", "four thirty ish", "before noon", "first thing", "late afternoon".

use super::clock::{Clock, Said};
use super::text::Text;
use super::words::number;
use crate::phrase::numbers::{NumberWord, number_word};

const MORNING: (u16, u16) = (0, 12);
const AFTERNOON: (u16, u16) = (12, 19);
const EVENING: (u16, u16) = (18, 24);

/// Parts of the day, as Duckling has them; "the practice is closed by then" is for the free slots to say.
const PARTS: &[(&str, (u16, u16))] = &[
    ("morning|mornings", MORNING),
    ("midmorning", (9, 12)),
    ("mid morning", (9, 12)),
    ("afternoon|afternoons", AFTERNOON),
    ("midafternoon", (13, 16)),
    ("mid afternoon", (13, 16)),
    ("evening|evenings|night|nights", EVENING),
    ("after lunch", (13, 17)),
    ("after school", (15, 21)),
    ("after work", (17, 21)),
    ("before lunch", (0, 12)),
    ("before work|school", (0, 9)),
    ("lunch", (12, 14)),
];

const FIRST_THING: &[&str] = &[
    "first thing ?in ?the ?morning",
    "?as early as possible",
    "?as early as you can",
    "early in the day",
    "early possible",
    "when you open",
    "right when you open",
    "start of the day",
    "beginning of the day",
];
const END_OF_DAY: &[&str] = &[
    "end of ?the day",
    "late in the day",
    "later in the day",
    "?as late as possible",
    "last thing",
    "close of business",
    "before you close",
];

/// Behind a clock time from which on anything is welcome.
const AND_LATER: &[&str] = &["and|or later|after|on", "at the earliest", "onwards|onward"];

/// Behind a number that counts things.
const COUNTED: &str = "day|days|week|weeks|weekends|month|months|hour|hours|minute|minutes|second|seconds|year|years|\
    people|persons|adults|children|kids|guests|pills|refills|appointments|milligrams|times|percent|dollars|point|hundred|\
    thousand|of|more|other";

/// How plainly a number must be a clock time to count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cue {
    /// Nothing stands before it: it needs "am", "o'clock", a colon or the like.
    None,
    /// "At", "around", a day before it, or it answers "When?".
    Given,
}

impl Text<'_> {
    /// The condition on the hours at `at`, and the place behind it.
    pub(super) fn clock(&self, at: usize, cue: Cue) -> Option<(Clock, usize)> {
        if let Some(to) = FIRST_THING.iter().find_map(|said| self.seq(at, said)) {
            return Some((Clock::FirstThing, to));
        }
        if let Some(to) = END_OF_DAY.iter().find_map(|said| self.seq(at, said)) {
            return Some((Clock::EndOfDay, to));
        }
        if let Some(limit) = self.limit(at) {
            return Some(limit);
        }
        if let Some(found) = self.part(at) {
            return Some(found);
        }
        let (cue, begin) = match self.seq(at, "?right at|around|about|approximately|like|circa ?about|around|like|say")
        {
            Some(behind) => (Cue::Given, behind),
            None => (cue, at),
        };
        if let Some(range) = self.range(begin, cue) {
            return Some(range);
        }
        let (said, to) = self.said(begin, cue)?;
        if let Some(to) = AND_LATER.iter().find_map(|later| self.seq(to, later)) {
            return Some((Clock::After(said), to));
        }
        if let Some(to) = self.seq(to, "or earlier|before").or_else(|| self.seq(to, "at the latest")) {
            return Some((Clock::Before(said), to));
        }
        Some((Clock::At(said), to))
    }

    /// "Morning", "late afternoon", "after school".
    pub(super) fn part(&self, at: usize) -> Option<(Clock, usize)> {
        let begin = self.seq(at, "early|late|later ?in ?the ?hours ?of ?the").unwrap_or(at);
        let (to, part) = PARTS.iter().find_map(|(said, part)| Some((self.seq(begin, said)?, *part)))?;
        // "late in the afternoon", "early Tuesday morning"
        let before = if begin > at { Some(at) } else { at.checked_sub(2) };
        let (from_hour, to_hour) = match before.and_then(|at| self.word(at)) {
            Some("early") => early(part),
            Some("late" | "later") => late(part),
            Some(_) | None => part,
        };
        Some((Clock::Part((from_hour * 60, to_hour * 60)), self.seq(to, "ish").unwrap_or(to)))
    }

    /// "Before noon", "no later than four", "not before ten", "from two on".
    fn limit(&self, at: usize) -> Option<(Clock, usize)> {
        const BEFORE: &[&str] = &[
            "no|not later than",
            "not after|past",
            "?any|anytime|sometime before",
            "earlier than",
            "?up until",
            "by|prior",
        ];
        const AFTER: &[&str] = &[
            "work|works|working|busy|away until",
            "no|not earlier|sooner than",
            "not before|until",
            "?any|anytime|sometime after",
            "later than",
        ];
        let limited = |ways: &[&str], make: fn(Said) -> Clock| {
            ways.iter().find_map(|way| {
                let (said, to) = self.said(self.seq(at, way)?, Cue::Given)?;
                Some((make(said), to))
            })
        };
        let from = || {
            let (said, to) = self.said(self.seq(at, "?starting from|at")?, Cue::Given)?;
            Some((Clock::After(said), self.seq(to, "on|onwards|onward")?))
        };
        limited(BEFORE, Clock::Before).or_else(|| limited(AFTER, Clock::After)).or_else(from)
    }

    /// "Between two and three", "from two to four", "9-11 am".
    fn range(&self, at: usize, cue: Cue) -> Option<(Clock, usize)> {
        let (begin, cue, link) = if let Some(begin) = self.seq(at, "anytime|sometime|somewhere|in between") {
            (begin, Cue::Given, "and|to|-")
        } else if let Some(begin) = self.seq(at, "between") {
            (begin, Cue::Given, "and|to|-")
        } else if let Some(begin) = self.seq(at, "from") {
            (begin, Cue::Given, "to|until|through|-")
        } else {
            (at, cue, "to|until|through|-")
        };
        let (from, to) = self.said(begin, Cue::Given)?;
        let (until, end) = self.said(self.seq(to, link)?, Cue::Given)?;
        // "five to three" is a clock time; "2-15" a date
        let colon = (at..end).any(|at| self.word(at).is_some_and(|word| word.contains(':')));
        let marked = !until.either_half || colon || self.is(end.wrapping_sub(1), "o'clock");
        let plain = begin != at || cue == Cue::Given || marked || !from.either_half;
        (plain && (begin != at || self.minutes_to(at).is_none())).then_some((Clock::Between(from, until), end))
    }

    /// A clock time at `at`.
    pub(super) fn said(&self, at: usize, cue: Cue) -> Option<(Said, usize)> {
        if let Some(to) = self.seq(at, "?12 noon|midday") {
            return Some((Said::sure(12 * 60), to));
        }
        if let Some(to) = self.seq(at, "midnight") {
            return Some((Said::sure(0), to));
        }
        let worded = self.minutes_past(at).or_else(|| self.minutes_to(at));
        let plain = worded.is_some();
        let (minutes, to) = match worded {
            Some((minutes, to)) => (minutes, to),
            None => self.numbers(at)?,
        };
        let colon = self.word(at).is_some_and(|word| word.contains(':'));
        let (to, ish) = self.seq(to, "ish").map_or((to, false), |to| (to, true));
        let (to, o_clock) = self.seq(to, "o'clock|sharp").map_or((to, false), |to| (to, true));
        let (half, to) = self.half(to, minutes);
        let counted = self.seq(to, COUNTED).is_some() && half.is_none() && !o_clock;
        let marked = plain || colon || ish || o_clock || half.is_some();
        if counted || (!marked && cue == Cue::None) {
            return None;
        }
        let noon = 12 * 60;
        let said = match half {
            Some(Half::First) => Said::sure(minutes % noon),
            Some(Half::Second) => Said::sure(minutes % noon + noon),
            None if !(60..13 * 60).contains(&minutes) => Said::sure(minutes),
            None if minutes >= noon => Said { minutes: minutes - noon, either_half: true },
            None => Said { minutes, either_half: true },
        };
        Some((said, to))
    }

    /// "Half past two", "ten after four", "quarter past". UK "half nine" too.
    fn minutes_past(&self, at: usize) -> Option<(u16, usize)> {
        let (minutes, to) = self.small(at)?;
        let behind = match self.seq(to, "?minutes past|after") {
            Some(behind) => behind,
            None if minutes == 30 && self.is(at, "half") => to,
            None => return None,
        };
        let half_past = || self.is(at, "half") && self.is(behind.wrapping_sub(1), "past");
        let (hour, end) = self.hour(behind).or_else(|| half_past().then(|| self.misheard_hour(behind)).flatten())?;
        Some((hour * 60 + minutes, end))
    }

    /// What recognisers write for an hour behind "half past".
    fn misheard_hour(&self, at: usize) -> Option<(u16, usize)> {
        const MISHEARD: &[(&str, u16)] = &[("you", 2), ("to", 2), ("too", 2), ("for", 4), ("ate", 8), ("won", 1)];
        let (_, hour) = MISHEARD.iter().find(|(written, _)| self.is(at, written))?;
        Some((*hour, at + 1))
    }

    /// "Quarter to three", "ten till four".
    fn minutes_to(&self, at: usize) -> Option<(u16, usize)> {
        let (minutes, to) = self.small(at)?;
        let quarter = self.is(to.wrapping_sub(1), "quarter");
        let link = if quarter { "?minutes to|of|until|before" } else { "?minutes to|until|before" };
        let (hour, end) = self.hour(self.seq(to, link)?)?;
        // "two to four" is a range: only five, ten, twenty .. are minutes
        (minutes % 5 == 0).then(|| ((hour * 60).wrapping_sub(minutes) % (24 * 60), end))
    }

    fn small(&self, at: usize) -> Option<(u16, usize)> {
        if let Some(to) = self.seq(at, "?a quarter") {
            return Some((15, to));
        }
        if let Some(to) = self.seq(at, "half ?an ?a") {
            return Some((30, to));
        }
        let (minutes, to) = number(self.words, at)?;
        (minutes < 60).then_some((minutes.unsigned_abs(), to))
    }

    fn hour(&self, at: usize) -> Option<(u16, usize)> {
        if let Some(to) = self.seq(at, "noon|midday") {
            return Some((12, to));
        }
        let (hour, to) = number(self.words, at)?;
        (1..=12).contains(&hour).then_some((hour.unsigned_abs(), to))
    }

    /// "Four thirty", "4", "16:30", "two oh five", "fourteen hundred".
    fn numbers(&self, at: usize) -> Option<(u16, usize)> {
        let word = self.word(at)?;
        if let Some((hour, minute)) = word.split_once(':') {
            let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.get(..2)?.parse().ok()?);
            return (hour < 24 && minute < 60).then_some((hour * 60 + minute, at + 1));
        }
        let dashed = self.is(at + 1, "-") || at.checked_sub(1).is_some_and(|before| self.is(before, "-"));
        if (3..=4).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit()) {
            if dashed {
                return None; // a telephone number
            }
            let (hour, minute) = word.split_at(word.len() - 2);
            let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
            return (hour < 24 && minute < 60 && minute % 5 == 0).then_some((hour * 60 + minute, at + 1));
        }
        if let Some((hour, minute)) = word.split_once('.') {
            let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
            let clock = (1..24).contains(&hour) && minute < 60 && word.len() >= 4;
            return clock.then_some((hour * 60 + minute, at + 1));
        }
        let (hour, behind) = self.hour_alone(at)?;
        if let Some((minute, to)) = self.minute(behind) {
            return Some((hour * 60 + minute, to));
        }
        (1..=12).contains(&hour).then_some((hour * 60, behind))
    }

    /// The hour before minutes: one word, "twenty" not joined to what follows.
    fn hour_alone(&self, at: usize) -> Option<(u16, usize)> {
        let word = self.word(at)?;
        let hour = match number_word(word) {
            Some(NumberWord::Digit(n) | NumberWord::Teen(n)) => n,
            Some(NumberWord::Tens(_) | NumberWord::Hundred | NumberWord::Thousand) => return None,
            None => word.parse().ok()?,
        };
        (1..=23).contains(&hour).then(|| (hour as u16, at + 1))
    }

    pub(super) fn minute(&self, at: usize) -> Option<(u16, usize)> {
        if at.checked_sub(1).is_some_and(|before| self.words.get(before).is_some_and(|word| word.pause)) {
            return None;
        }
        if self.is(at, "oh") || self.is(at, "o") {
            let (minute, to) = number(self.words, at + 1)?;
            return (minute < 10).then_some((minute.unsigned_abs(), to));
        }
        if self.is(at, "hundred") {
            return Some((0, self.seq(at + 1, "hours").unwrap_or(at + 1)));
        }
        let (minute, to) = number(self.words, at)?;
        (10..60).contains(&minute).then_some((minute.unsigned_abs(), to))
    }

    fn half(&self, at: usize, minutes: u16) -> (Option<Half>, usize) {
        if let Some(to) = self.seq(at, "?in ?the am").or_else(|| self.seq(at, "?in ?the morning")) {
            return (Some(Half::First), to);
        }
        if let Some(to) = self.seq(at, "?in ?the pm").or_else(|| self.seq(at, "?in the afternoon|evening")) {
            return (Some(Half::Second), to);
        }
        match self.seq(at, "at night") {
            Some(to) if minutes % (12 * 60) < 5 * 60 => (Some(Half::First), to),
            Some(to) => (Some(Half::Second), to),
            None => (None, at),
        }
    }
}

fn early(part: (u16, u16)) -> (u16, u16) {
    match part {
        MORNING => (0, 9),
        AFTERNOON => (12, 15),
        other => other,
    }
}

fn late(part: (u16, u16)) -> (u16, u16) {
    match part {
        MORNING => (10, 12),
        AFTERNOON => (15, 19),
        EVENING => (21, 24),
        other => other,
    }
}

#[derive(Clone, Copy)]
enum Half {
    First,
    Second,
}

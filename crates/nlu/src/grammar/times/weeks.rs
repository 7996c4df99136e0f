//! Weeks and months as they are said: "the week after next", "early next week", "end of the month", "in December".

use jiff::ToSpan;
use jiff::civil::Date;

use super::calendar::Found;
use super::days::{Day, later, monday};
use super::text::Text;
use super::words::number;
use crate::phrase::numbers::{NumberWord, month, number_word, ordinal};

impl Text<'_> {
    /// "Next week", "the week after next", "the week of the tenth", "this weekend".
    pub(super) fn week(&self, at: usize) -> Option<Found> {
        let (from, to) = self.week_range(at)?;
        match from {
            Week::Seven(from) => Some((vec![Day::In(from, later(from, 7))], to)),
            Week::End(from) => Some((vec![Day::In(later(from, 5), later(from, 7))], to)),
        }
    }

    fn week_range(&self, at: usize) -> Option<(Week, usize)> {
        let this = monday(self.today);
        if let Some(to) = self.seq(at, "?the week after next") {
            return Some((Week::Seven(later(this, 14)), to));
        }
        if let Some(to) = self.seq(at, "?the next|following|coming|upcoming week") {
            return Some((Week::Seven(later(this, 7)), to));
        }
        if let Some(to) = self.seq(at, "this|current week").or_else(|| self.seq(at, "during the week")) {
            return Some((Week::Seven(this), to));
        }
        if let Some(to) = self.seq(at, "next weekend") {
            return Some((Week::End(later(this, 7)), to));
        }
        if let Some(to) = self.seq(at, "?on|over ?this|the|coming weekend") {
            return Some((Week::End(this), to));
        }
        let (weeks, begin) = [("?the week of|starting|beginning", 0), ("?the week after", 7)]
            .iter()
            .find_map(|(said, days)| Some((*days, self.seq(at, said)?)))?;
        let (days, to) = self.one(self.seq(begin, "?on").unwrap_or(begin))?;
        Some((Week::Seven(later(monday(self.first(&days)?.0), weeks)), to))
    }

    /// "Early next week", "the end of the month", "mid December", "the rest of the week".
    pub(super) fn stretch(&self, at: usize) -> Option<Found> {
        if let Some(to) =
            self.seq(at, "?the rest of the|this week").or_else(|| self.seq(at, "?some ?time later this week"))
        {
            let from = if self.seq(at, "?some ?time later").is_some() { later(self.today, 1) } else { self.today };
            return Some((vec![Day::In(from, later(monday(self.today), 7))], to));
        }
        let (stretch, begin) = [
            ("early ?on ?in", Stretch::Early),
            ("?the beginning|start of", Stretch::Beginning),
            ("?the first half|part of", Stretch::Beginning),
            ("mid|midway ?in", Stretch::Middle),
            ("?the middle of", Stretch::Middle),
            ("late|later ?on ?in", Stretch::Late),
            ("?the end of", Stretch::End),
            ("?the latter|second|last half|part of", Stretch::End),
        ]
        .iter()
        .find_map(|(said, stretch)| Some((*stretch, self.seq(at, said)?)))?;
        if let Some((Week::Seven(from), to)) =
            self.week_range(begin).or_else(|| Some((Week::Seven(monday(self.today)), self.seq(begin, "the week")?)))
        {
            let (first, last) = stretch.of_week();
            return Some((vec![Day::In(later(from, first), later(from, last))], to));
        }
        let (from, to, behind) = self.month_range(self.seq(begin, "?the").unwrap_or(begin), true)?;
        let (first, last) = stretch.of_month();
        Some((vec![Day::In(later(from, first), last.map_or(to, |last| later(from, last)))], behind))
    }

    pub(super) fn month(&self, at: usize) -> Option<Found> {
        let told = self.is(at, "in") || self.is(at, "of") || self.is(at, "sometime");
        let begin = if told { at + 1 } else { at };
        let (from, to, behind) = self.month_range(begin, told || (at == 0 && self.words.len() == 1))?;
        let followed = number(self.words, behind).is_some() || self.word(behind).and_then(ordinal).is_some();
        (!followed || told && self.month_name(begin).is_none()).then_some((vec![Day::In(from, to)], behind))
    }

    /// A whole month, which is not over yet; `told`: it cannot be the verb "may" or "march".
    pub(super) fn month_range(&self, at: usize, told: bool) -> Option<(Date, Date, usize)> {
        let first = self.today.first_of_month();
        let end = |from: Date| from.checked_add(1.months()).ok();
        if let Some(to) = self.seq(at, "?the next|following|coming month") {
            let from = end(first)?;
            return Some((from, end(from)?, to));
        }
        if let Some(to) = self.seq(at, "this|the month") {
            return Some((first, end(first)?, to));
        }
        if let Some(to) = self.seq(at, "month").filter(|_| told) {
            return Some((first, end(first)?, to));
        }
        let next = self.seq(at, "?this next").or_else(|| self.seq(at, "this"));
        let (month, to) = self.month_name(next.unwrap_or(at))?;
        let verb = self.word(to - 1).is_some_and(|word| matches!(word, "may" | "march"));
        if verb && !told && next.is_none() {
            return None;
        }
        let (year, to) = self.year(to).unwrap_or((self.today.year() + i16::from(month < self.today.month()), to));
        let from = Date::new(year, month, 1).ok()?;
        Some((from, end(from)?, to))
    }

    pub(super) fn month_name(&self, at: usize) -> Option<(i8, usize)> {
        Some((month(self.word(at)?)?, at + 1))
    }

    /// "2026", "twenty twenty six".
    pub(super) fn year(&self, at: usize) -> Option<(i16, usize)> {
        let at = self.seq(at, "?of ?the ?year").unwrap_or(at);
        let word = self.word(at)?;
        let plausible = self.today.year() - 1..=self.today.year() + 10;
        if let Some(year) = word.parse().ok().filter(|year| plausible.contains(year)) {
            return Some((year, at + 1));
        }
        let (century, to) = number(self.words, at)
            .filter(|(century, to)| *century == 20 && *to == at + 1)
            .or_else(|| matches!(number_word(word), Some(NumberWord::Tens(20))).then_some((20, at + 1)))?;
        let (year, to) = number(self.words, to)?;
        Some((century * 100 + year, to)).filter(|(year, _)| plausible.contains(year))
    }
}

enum Week {
    /// The week of this Monday.
    Seven(Date),
    /// The weekend of that week.
    End(Date),
}

#[derive(Clone, Copy)]
enum Stretch {
    Early,
    Beginning,
    Middle,
    Late,
    End,
}

impl Stretch {
    /// Days from Monday.
    fn of_week(self) -> (i32, i32) {
        match self {
            Self::Early => (0, 2),
            Self::Beginning => (0, 3),
            Self::Middle => (1, 4),
            Self::Late => (3, 5),
            Self::End => (4, 7),
        }
    }

    /// Days from the first; to the end of the month where there is no second.
    fn of_month(self) -> (i32, Option<i32>) {
        match self {
            Self::Early | Self::Beginning => (0, Some(10)),
            Self::Middle => (10, Some(20)),
            Self::Late | Self::End => (20, None),
        }
    }
}

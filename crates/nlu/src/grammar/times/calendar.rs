//! Days as they are said: "Tuesday next week", "a week from Friday", "the first Monday in March", "end of the month".

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::days::{Day, HORIZON_DAYS, dates, later, monday};
use super::text::Text;
use super::words::number;
use crate::phrase::numbers::ordinal;

const WEEKDAYS: [(&str, &str, Weekday); 7] = [
    ("monday", "mon", Weekday::Monday),
    ("tuesday", "tue|tues", Weekday::Tuesday),
    ("wednesday", "wed|weds", Weekday::Wednesday),
    ("thursday", "thu|thur|thurs", Weekday::Thursday),
    ("friday", "fri", Weekday::Friday),
    ("saturday", "sat", Weekday::Saturday),
    ("sunday", "sun", Weekday::Sunday),
];

/// So many days count as "a couple of", "a few".
const COUPLE: i32 = 2;
const FEW: i32 = 3;

/// A day that was said, and the place behind it.
pub(super) type Found = (Vec<Day>, usize);

impl Text<'_> {
    /// The days at `at`.
    pub(super) fn days(&self, at: usize) -> Option<Found> {
        let found = self.limited(at).or_else(|| self.named(at))?;
        Some(self.through(&found).unwrap_or(found))
    }

    /// "Yesterday", "last week", "three days ago", "for two weeks", "since Monday": nobody is booked then. The place
    /// behind it.
    pub(super) fn past(&self, at: usize) -> Option<usize> {
        if let Some(to) = self.seq(at, "?the ?day ?before yesterday") {
            return Some(to);
        }
        let last = || {
            let to = self.seq(at, "?this last|past|previous")?;
            let weekday = self.weekday(to).map(|(.., to)| to);
            let past = weekday.or_else(|| self.seq(to, "week|weeks|month|year|night|time|weekend|summer|fall"));
            past.filter(|to| self.seq(*to, "of|in").is_none())
        };
        let count = |at: usize| {
            self.count(at)
                .and_then(|(_, to)| self.seq(to, "day|days|week|weeks|month|months|year|years|hour|hours|minutes"))
        };
        let ago = || self.seq(count(at)?, "ago|old");
        let lasting = || count(self.seq(at, "for ?about|like|over|almost ?the ?last|past")?);
        let since = || self.one(self.seq(at, "since")?).map(|(_, to)| to).or_else(|| self.past(self.seq(at, "since")?));
        last().or_else(ago).or_else(lasting).or_else(since).or_else(|| self.born(at))
    }

    /// A named day, week or month, or a part of one.
    fn named(&self, at: usize) -> Option<Found> {
        self.stretch(at).or_else(|| self.one(at))
    }

    /// A named day, week or month.
    pub(super) fn one(&self, at: usize) -> Option<Found> {
        let found = self
            .near(at)
            .or_else(|| self.counted(at))
            .or_else(|| self.nth_weekday(at))
            .or_else(|| self.of_week(at))
            .or_else(|| self.week(at))
            .or_else(|| self.month(at))
            .or_else(|| self.dated(at))
            .or_else(|| self.holiday(at))?;
        let (days, to) = found;
        // "Friday week", "tomorrow week"
        let single = !days.contains(&Day::Any) && self.first(&days).is_some_and(|(from, to)| later(from, 1) == to);
        match self.seq(to, "week").filter(|_| single && !self.words[to - 1].pause) {
            Some(behind) => Some((self.shifted(&days, 7)?, behind)),
            None => Some((days, to)),
        }
    }

    fn near(&self, at: usize) -> Option<Found> {
        let on = |days: i32, to: usize| Some((vec![Day::on(later(self.today, days))], to));
        if let Some(to) = self.seq(at, "?the day after tomorrow") {
            return on(2, to);
        }
        if let Some(to) = self.seq(at, "today") {
            return on(0, to);
        }
        if let Some(to) = self.seq(at, "tomorrow") {
            return on(1, to);
        }
        if let Some(to) = self.seq(at, "weekdays|weekday").or_else(|| self.seq(at, "any|every weekday")) {
            return Some((vec![Day::Working], to));
        }
        if let Some(to) = self.seq(at, "weekends").or_else(|| self.seq(at, "any|every weekend")) {
            return Some((vec![Day::Weekend], to));
        }
        self.seq(at, "any|every|each|whatever|whichever ?other day|days").map(|to| (vec![Day::Any], to))
    }

    /// "In two weeks", "three days from now", "a week from Friday", "within the next ten days".
    fn counted(&self, at: usize) -> Option<Found> {
        let within = self.seq(at, "?sometime in|over|during ?the next").or_else(|| self.seq(at, "within ?the ?next"));
        if let Some((count, unit, to)) = within.and_then(|begin| self.span(begin)) {
            return Some((vec![Day::In(self.today, Self::moved(self.today, count, unit)?)], to));
        }
        if let Some((count, unit, to)) = self.seq(at, "in ?about").and_then(|at| self.span(at)) {
            return Some((vec![Self::counted_from(self.today, count, unit)?], to));
        }
        if let Some((weekday, _, to)) = number(self.words, at).and_then(|(_, to)| self.weekday(to)) {
            let weeks = i32::from(number(self.words, at)?.0) - 1;
            return Some((self.shifted(&[Day::Weekday(weekday)], 7 * weeks)?, self.seq(to, "from now")?));
        }
        let (count, unit, to) = self.span(at)?;
        if let Some(to) = self.seq(to, "?from now").filter(|end| *end > to).or_else(|| self.seq(to, "hence")) {
            return Some((vec![Self::counted_from(self.today, count, unit)?], to));
        }
        let (days, end) = self.one(self.seq(to, "from|after")?)?;
        let (from, _) = self.first(&days)?;
        Some((vec![Day::on(Self::moved(from, count, unit)?)], end))
    }

    /// "Two weeks": how many of what (a day, a week, or 0 for a month).
    fn span(&self, at: usize) -> Option<(i32, i32, usize)> {
        let (count, to) = self.count(at)?;
        let unit = [("day|days", 1), ("week|weeks", 7), ("month|months", 0)];
        unit.iter().find_map(|(names, unit)| Some((count, *unit, self.seq(to, names)?)))
    }

    fn count(&self, at: usize) -> Option<(i32, usize)> {
        if let Some(to) = self.seq(at, "?a couple ?of") {
            return Some((COUPLE, to));
        }
        if let Some(to) = self.seq(at, "?a few") {
            return Some((FEW, to));
        }
        if let Some(to) = self.seq(at, "a|an") {
            return Some((1, to));
        }
        number(self.words, at).map(|(count, to)| (i32::from(count), to))
    }

    /// Days are counted, weeks and months are meant thereabouts.
    fn counted_from(from: Date, count: i32, unit: i32) -> Option<Day> {
        let date = Self::moved(from, count, unit)?;
        Some(if unit == 1 { Day::on(date) } else { Day::About(date) })
    }

    fn moved(from: Date, count: i32, unit: i32) -> Option<Date> {
        if unit == 0 { from.checked_add(count.months()).ok() } else { Some(later(from, count * unit)) }
    }

    /// "Tuesday", "next Tuesday", "Tuesdays", "this Friday", "Friday after next".
    fn of_week(&self, at: usize) -> Option<Found> {
        if let Some((weekday, _, to)) = self.seq(at, "?the next").filter(|to| *to > at).and_then(|to| self.weekday(to))
        {
            let next = later(monday(self.today), 7);
            return Some((vec![Day::Weekday(weekday), Day::In(next, later(next, 7))], to));
        }
        if let Some((weekday, _, to)) = self.seq(at, "every|any|each|some|a|all").and_then(|to| self.weekday(to)) {
            return Some((vec![Day::Every(weekday)], to));
        }
        let begin = self.seq(at, "?this|the|following|coming|upcoming ?coming|following|upcoming").unwrap_or(at);
        let (weekday, plural, to) = self.weekday(begin)?;
        if let Some((days, to)) = self.seq(to, "after").and_then(|to| self.one(to)) {
            let first = dates(&[Day::Weekday(weekday)], self.first(&days)?.1);
            return Some((vec![Day::on(first.first()?.0)], to));
        }
        if self.is(at, "this") && !plural {
            return Some((self.shifted(&[Day::Weekday(weekday)], 0)?, to));
        }
        if let Some(to) = self.seq(to, "after next") {
            return Some((self.shifted(&[Day::Weekday(weekday)], 7)?, to));
        }
        let short = self.word(begin).is_some_and(|word| matches!(word, "sat" | "sun"));
        let told =
            begin > at || at == 0 || self.word(at - 1).is_some_and(|word| matches!(word, "on" | "or" | "and" | "next"));
        (!short || told).then(|| (vec![if plural { Day::Every(weekday) } else { Day::Weekday(weekday) }], to))
    }

    fn weekday(&self, at: usize) -> Option<(Weekday, bool, usize)> {
        let word = self.word(at)?;
        WEEKDAYS.iter().find_map(|(name, short, weekday)| {
            let plural = word.strip_suffix('s') == Some(name);
            (plural || *name == word || short.split('|').any(|short| short == word)).then_some((
                *weekday,
                plural,
                at + 1,
            ))
        })
    }

    /// "The first Monday in March", "the last Friday of the month".
    fn nth_weekday(&self, at: usize) -> Option<Found> {
        let begin = self.seq(at, "?the").unwrap_or(at);
        let last = self.is(begin, "last");
        let nth = self.word(begin).and_then(ordinal).filter(|nth| (1..=5).contains(nth));
        if !last && nth.is_none() {
            return None;
        }
        let (weekday, _, to) = self.weekday(begin + 1)?;
        let (from, end, to) = self.month_range(self.seq(to, "in|of ?the")?, true)?;
        let all: Vec<_> = dates(&[Day::Every(weekday), Day::In(from, end)], from);
        let (day, _) = if last { all.last() } else { all.get(nth? as usize - 1) }?;
        Some((vec![Day::on(*day)], to))
    }

    /// "After Thursday", "before the tenth", "from Monday on", "by Friday", "not until next week".
    fn limited(&self, at: usize) -> Option<Found> {
        let bounded = |ways: &[&str]| {
            ways.iter().find_map(|way| {
                let (days, to) = self.named(self.seq(at, way)?)?;
                let (from, end) = self.first(&days)?;
                Some((from, end, to))
            })
        };
        let far = |from: Date| Day::In(from, later(from, HORIZON_DAYS));
        if let Some((from, _, to)) =
            bounded(&["not until|before", "starting|from ?on|the", "no|not earlier|sooner than"])
        {
            let open = !self.is(at, "from") || self.seq(to, "on|onwards|onward|and").is_some();
            let to = self.seq(to, "on|onwards|onward").unwrap_or(to);
            return open.then(|| (vec![far(from)], to));
        }
        if let Some((_, end, to)) = bounded(&["?anytime|sometime|any|the|week|day after", "later than", "past"]) {
            return Some((vec![far(end)], to));
        }
        if let Some((from, _, to)) = bounded(&["?anytime|sometime|any before", "earlier|sooner than"]) {
            return Some((vec![Day::In(self.today, from)], to));
        }
        let (_, end, to) = bounded(&["by|until", "no|not later than", "not after"])?;
        Some((vec![Day::In(self.today, end)], to))
    }

    /// "Monday to Thursday", "between Tuesday and Thursday".
    fn through(&self, found: &Found) -> Option<Found> {
        let (days, to) = found;
        let between = || self.seq(*to, "and").filter(|_| self.was_between(*to));
        let behind = self.seq(*to, "to|through|until|-").or_else(between)?;
        let (last, end) = self.one(behind)?;
        let from = match (days.as_slice(), last.as_slice()) {
            // "the thirteenth to the fifteenth of July"
            ([Day::OfMonth(day)], [Day::In(until, _)]) => until.with().day(*day).build().ok()?,
            (days, _) => self.first(days)?.0,
        };
        let until = dates(&last, from).first()?.1;
        (from < until).then(|| (vec![Day::In(from, until)], end))
    }

    fn was_between(&self, at: usize) -> bool {
        (0..at).rev().take(4).any(|before| self.is(before, "between"))
    }

    /// The first range of dates that meets `days`.
    pub(super) fn first(&self, days: &[Day]) -> Option<(Date, Date)> {
        dates(days, self.today).first().copied()
    }

    /// The first of `days`, so many days later.
    pub(super) fn shifted(&self, days: &[Day], by: i32) -> Option<Vec<Day>> {
        let (from, to) = self.first(days)?;
        Some(vec![Day::In(later(from, by), later(to, by))])
    }
}

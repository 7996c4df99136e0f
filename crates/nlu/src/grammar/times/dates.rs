//! Dates as they are said: "December twenty first", "the third of December", "12/21", "the twelfth".

use jiff::civil::Date;

use super::calendar::Found;
use super::days::{Day, later};
use super::text::Text;
use super::words::number;
use crate::phrase::numbers::{NumberWord, number_word, ordinal};

impl Text<'_> {
    /// "December twenty first", "the third of December", "12/21", "the twelfth".
    pub(super) fn dated(&self, at: usize) -> Option<Found> {
        if let Some((month, to)) = self.month_name(at) {
            let begin = self.seq(to, "?the").unwrap_or(to);
            let (day, to) = self.day_of_month(begin)?;
            return self.date(month, day, to);
        }
        if let Some((month, rest)) = self.word(at)?.split_once('/') {
            let (day, year) = rest.split_once('/').map_or((rest, None), |(day, year)| (day, Some(year)));
            let (month, day): (i8, i8) = (month.parse().ok()?, day.parse().ok()?);
            let year =
                year.and_then(|year| year.parse::<i16>().ok()).map(|year| if year < 100 { 2000 + year } else { year });
            let date = year.map_or_else(|| self.next(month, day), |year| Date::new(year, month, day).ok())?;
            return Some((vec![Day::on(date)], at + 1));
        }
        let begin = self.seq(at, "?the").unwrap_or(at);
        let (day, to) = self.day_of_month(begin)?;
        if let Some((month, to)) = self.month_name(self.seq(to, "?day ?of").unwrap_or(to)) {
            return self.date(month, day, to);
        }
        let nth = self.word(to - 1).and_then(ordinal).is_some();
        if let Some((from, end, to)) = self.seq(to, "?day of").and_then(|to| self.month_range(to, true)) {
            let date = later(from, i32::from(day) - 1);
            return (date < end).then_some((vec![Day::on(date)], to));
        }
        // "The second" is a choice, "the second one" a thing: a low number needs "on the" or a weekday before it.
        let before = begin.checked_sub(2).and_then(|before| self.word(before));
        let told = before.is_some_and(|word| word == "on" || word.ends_with("day"));
        let thing =
            self.word(to).is_some_and(|next| matches!(next, "one" | "time" | "appointment" | "available" | "thing"));
        (nth && begin > at && !thing && (day > 3 || told)).then_some((vec![Day::OfMonth(day)], to))
    }

    fn date(&self, month: i8, day: i8, to: usize) -> Option<Found> {
        match self.year(to) {
            Some((year, to)) => Some((vec![Day::on(Date::new(year, month, day).ok()?)], to)),
            None if self.is_born(to) => None,
            None => Some((vec![Day::on(self.next(month, day)?)], to)),
        }
    }

    /// "March fourth nineteen eighty five".
    pub(super) fn born(&self, at: usize) -> Option<usize> {
        let (_, to) = self.month_name(at)?;
        let (_, to) = self.day_of_month(self.seq(to, "?the")?)?;
        self.is_born(to).then(|| {
            self.seq(to + 1, "?hundred ?and").and_then(|to| number(self.words, to)).map_or(to + 1, |(_, to)| to)
        })
    }

    /// "Nineteen eighty five" follows: a date of birth.
    fn is_born(&self, at: usize) -> bool {
        let year = self.word(at).and_then(|word| word.parse::<i16>().ok());
        let worded = || matches!(self.word(at), Some("nineteen" | "twenty")) && number(self.words, at + 1).is_some();
        year.map_or_else(worded, |year| (1900..self.today.year()).contains(&year)) && self.year(at).is_none()
    }

    /// The next such date; 29 February may be years away.
    fn next(&self, month: i8, day: i8) -> Option<Date> {
        let year = self.today.year();
        (year..=year + 8).filter_map(|year| Date::new(year, month, day).ok()).find(|date| *date >= self.today)
    }

    pub(super) fn day_of_month(&self, at: usize) -> Option<(i8, usize)> {
        let word = self.word(at)?;
        let tens = match number_word(word) {
            Some(NumberWord::Tens(tens)) => {
                self.word(at + 1).and_then(ordinal).filter(|unit| *unit < 10).map(|unit| (tens + unit, at + 2))
            }
            Some(NumberWord::Digit(_) | NumberWord::Teen(_) | NumberWord::Hundred | NumberWord::Thousand) | None => {
                None
            }
        };
        let (day, to) = tens
            .or_else(|| ordinal(word).map(|day| (day, at + 1)))
            .or_else(|| number(self.words, at).map(|(day, to)| (u32::from(day.unsigned_abs()), to)))?;
        (1..=31).contains(&day).then_some((day as i8, to))
    }
}

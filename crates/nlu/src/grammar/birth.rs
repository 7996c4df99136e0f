//! Dates of birth: "march fourth nineteen eighty five", "the fourth of march '85", "three fourteen fifty-eight",
//! "oh seven oh nine sixty two", "7/9/62", "1985-03-04", "third month, twenty-second, sixty-eight", "christmas eve, oh one".
//!
//! Every way to read month, day and year from each place on is tried; the reading that takes the most words wins. Month
//! before day, unless only day before month gives a date or it is said so ("the fourth of the third"). Never in the future, never more than 120 years ago.

use domain::{Asked, Slot};
use jiff::civil::Date;

use super::slot;
use crate::phrase::numbers::{NumberWord, month, number_word, ordinal};
use crate::phrase::token::{Pause, Token, tokens};

/// The month by its name, or a date said as an answer: no other way to take it.
const CLEAR: f32 = 0.9;
/// In numbers: month and day could be meant the other way round. Above 0.5: it is read back with the month's name.
const NUMERIC: f32 = 0.8;
/// Day before month, because it cannot be otherwise.
const SWAPPED: f32 = 0.65;
/// A date among other talk that says nothing of birth: an appointment, a bill.
const IN_PASSING: f32 = 0.4;

/// Nobody is older.
const AGE_YEARS_MAX: i16 = 120;

/// So few words before a date that was asked for make it no other date.
const BEFORE_ANSWER_WORDS_MAX: usize = 4;

/// Words that may stand around and inside a date that is given as an answer.
const FILLERS: &[&str] = &[
    "of", "the", "in", "on", "uh", "um", "and", "day", "slash", "dash", "is", "it's", "its", "it", "that's", "my",
    "date", "birth", "born", "birthday", "dob", "year", "i", "was", "i'm", "he", "she", "his", "her", "yes", "yeah",
    "sure", "okay", "so", "he's", "she's", "would", "be",
];

/// The date of birth in `text`, which answers `asked`, read on the day `today`.
pub fn date_of_birth(text: &str, asked: Asked, today: Date) -> Option<Slot<Date>> {
    let tokens = split_long_digits(tokens(text));
    let mut best: Option<Read> = None;
    for from in 0..tokens.len() {
        for read in readings(&tokens, from, today) {
            let worth = |read: &Read| (!read.loose, read.to - read.from, read.certainty);
            let better =
                best.as_ref().is_none_or(|best| corrects(&tokens, best.to, read.from) || worth(&read) > worth(best));
            let part_of_more = touches_numbers(&tokens, &read);
            if better && !part_of_more {
                best = Some(read);
            }
        }
    }
    let read = best?;
    let cue =
        tokens.iter().any(|token| token.word.starts_with("birth") || ["born", "dob"].contains(&token.word.as_str()));
    let taken_back = if corrects(&tokens, 0, read.from) { 0..read.to } else { read.from..read.to };
    let others = tokens
        .iter()
        .enumerate()
        .filter(|(at, token)| !taken_back.contains(at) && !FILLERS.contains(&token.word.as_str()));
    let others = others.count();
    // "Ruth Weber, May 14 1953", but "I was in on March 4th about my knee"
    let ends = read.to == tokens.len();
    let answer = others == 0 || asked == Asked::DateOfBirth && ends && others <= BEFORE_ANSWER_WORDS_MAX;
    // beside the date stands the name
    let named = asked == Asked::NameAndBirth && !read.loose;
    let certainty = if cue || answer || named { read.certainty } else { IN_PASSING };
    slot(read.date, text, &tokens, read.from..read.to, certainty)
}

/// "March fourteenth 1958, no wait, May fourteenth 1958": the later one is meant.
fn corrects(tokens: &[Token], behind: usize, before: usize) -> bool {
    const CORRECTIONS: &[&str] = &["no", "sorry", "wait", "actually", "meant", "mean", "rather"];
    let between = tokens.get(behind..before).unwrap_or_default();
    between.iter().any(|token| CORRECTIONS.contains(&token.word.as_str()))
}

/// One way to read the tokens `from..to`.
struct Read {
    date: Date,
    from: usize,
    to: usize,
    certainty: f32,
    /// By a feast, or by a year that is "this" or "last": said of a visit as easily as of a birth.
    loose: bool,
}

/// A value, and the token behind it.
type Numeral = (i16, usize);

fn readings(tokens: &[Token], from: usize, today: Date) -> Vec<Read> {
    let named = month_name(tokens, from).into_iter().flat_map(|(month, at)| {
        pairs(days(tokens, skip(tokens, at)), |at| years(tokens, skip(tokens, at), today))
            .map(move |(day, year, to)| (year, month, day, to, CLEAR))
            .collect::<Vec<_>>()
    });
    let day_first = days(tokens, from).into_iter().flat_map(|(day, at)| {
        let month = month_name(tokens, skip(tokens, at));
        pairs(month.into_iter().collect(), |at| years(tokens, skip(tokens, at), today))
            .map(move |(month, year, to)| (year, month, day, to, CLEAR))
            .collect::<Vec<_>>()
    });
    // "the fourth of the third"
    let british = tokens.get(from).is_some_and(|token| ordinal(&token.word).is_some())
        && tokens.get(from + 1).is_some_and(|token| token.word == "of");
    let numeric = days(tokens, from).into_iter().flat_map(|(first, at)| {
        pairs(days(tokens, skip(tokens, at)), |at| years(tokens, skip(tokens, at), today))
            .map(move |(second, year, to)| match first {
                _ if british => (year, second, first, to, NUMERIC),
                1..=12 => (year, first, second, to, NUMERIC),
                _ => (year, second, first, to, SWAPPED),
            })
            .collect::<Vec<_>>()
    });
    let iso = four_digits(tokens, from).into_iter().flat_map(|(year, at)| {
        pairs(days(tokens, skip(tokens, at)), |at| days(tokens, skip(tokens, at)))
            .map(move |(month, day, to)| (year, month, day, to, NUMERIC))
            .collect::<Vec<_>>()
    });
    // "1994, January eleventh"
    let year_first = four_digits(tokens, from).into_iter().flat_map(|(year, at)| {
        let month = month_name(tokens, skip(tokens, at));
        pairs(month.into_iter().collect(), |at| days(tokens, skip(tokens, at)))
            .map(move |(month, day, to)| (year, month, day, to, CLEAR))
            .collect::<Vec<_>>()
    });
    let feast = holiday(tokens, from).into_iter().flat_map(|(month, day, at)| {
        years(tokens, skip(tokens, at), today).into_iter().map(move |(year, to)| (year, month, day, to, CLEAR))
    });
    let dated = |(year, month, day, to, certainty)| {
        let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        let possible = date <= today && today.year() - date.year() <= AGE_YEARS_MAX;
        let relative = tokens[from..to].windows(2).any(is_relative_year);
        let loose = relative || holiday(tokens, from).is_some();
        possible.then_some(Read { date, from, to, certainty, loose })
    };
    let written = named.chain(day_first).chain(year_first).chain(feast).chain(numeric).chain(iso);
    written.filter_map(dated).collect()
}

fn pairs(firsts: Vec<Numeral>, then: impl Fn(usize) -> Vec<Numeral>) -> impl Iterator<Item = (i16, i16, usize)> {
    firsts.into_iter().flat_map(move |(first, at)| {
        then(at).into_iter().map(move |(second, to)| (first, second, to)).collect::<Vec<_>>()
    })
}

/// Words inside a date that say nothing: "march *the* fourth *of* ..", "the first *day of* july, *year* sixty".
fn skip(tokens: &[Token], mut at: usize) -> usize {
    const NOTHING: [&str; 9] = ["of", "the", "in", "uh", "um", "slash", "dash", "day", "year"];
    while tokens.get(at).is_some_and(|token| NOTHING.contains(&token.word.as_str())) {
        at += 1;
    }
    at
}

/// A number goes on before or behind the reading, or a month stands before it: these digits are part of a telephone
/// number or of a date in the future.
fn touches_numbers(tokens: &[Token], read: &Read) -> bool {
    let numeric = |at: usize| {
        tokens.get(at).is_some_and(|t| number_word(&t.word).is_some() || t.word.bytes().all(|b| b.is_ascii_digit()))
    };
    // "May, August third", "June May august third": there a month's name is a person's
    let begins_with_month = month_name(tokens, read.from).is_some();
    let month_before =
        |at: usize| !begins_with_month && tokens[at].pause == Pause::None && month_name(tokens, at).is_some();
    let before = read
        .from
        .checked_sub(1)
        // "May 10, October 7, 1943": the recogniser took the name for a date, too
        .filter(|&at| tokens[at].pause != Pause::Stop && !(begins_with_month && tokens[at].pause != Pause::None))
        .is_some_and(|at| numeric(at) || month_before(at));
    before || (numeric(read.to) && tokens[read.to - 1].pause != Pause::Stop)
}

/// "March", "third month".
fn month_name(tokens: &[Token], at: usize) -> Option<Numeral> {
    let word = &tokens.get(at)?.word;
    let counted = || {
        let month = ordinal(word).filter(|month| (1..=12).contains(month))?;
        tokens.get(at + 1).filter(|next| next.word == "month").map(|_| (month as i16, at + 2))
    };
    month(word).map(|month| (i16::from(month), at + 1)).or_else(counted)
}

/// Month and day of a feast that falls on the same day each year, and the token behind it.
fn holiday(tokens: &[Token], at: usize) -> Option<(i16, i16, usize)> {
    const HOLIDAYS: [(&[&str], i16, i16); 8] = [
        (&["christmas", "eve"], 12, 24),
        (&["christmas"], 12, 25),
        (&["new", "year's", "eve"], 12, 31),
        (&["new", "year's", "day"], 1, 1),
        (&["valentine's", "day"], 2, 14),
        (&["independence", "day"], 7, 4),
        (&["halloween"], 10, 31),
        (&["armistice", "day"], 11, 11),
    ];
    let said = |words: &[&str]| {
        words.iter().enumerate().all(|(n, word)| tokens.get(at + n).is_some_and(|token| token.word == *word))
    };
    HOLIDAYS.iter().find(|(words, ..)| said(words)).map(|(words, month, day)| (*month, *day, at + words.len()))
}

/// Every way to read a number from 1 to 31 at `at`.
fn days(tokens: &[Token], at: usize) -> Vec<Numeral> {
    let mut days: Vec<Numeral> = two_digits(tokens, at);
    days.extend(digit(tokens, at).map(|digit| (digit, at + 1)));
    if let Some(token) = tokens.get(at) {
        days.extend(ordinal(&token.word).map(|day| (day as i16, at + 1)));
        if let Some(NumberWord::Tens(tens)) = number_word(&token.word) {
            let unit = tokens.get(at + 1).and_then(|next| ordinal(&next.word)).filter(|unit| *unit < 10);
            days.extend(unit.map(|unit| ((tens + unit) as i16, at + 2)));
        }
    }
    days.retain(|(day, _)| (1..=31).contains(day));
    days
}

/// Every way to read a year at `at`.
fn years(tokens: &[Token], at: usize, today: Date) -> Vec<Numeral> {
    let mut years = four_digits(tokens, at);
    let this_century = today.year() % 100;
    let century = |year: i16| if year <= this_century { 2000 + year } else { 1900 + year };
    years.extend(two_digits(tokens, at).into_iter().map(|(year, to)| (century(year), to)));
    if tokens.get(at..at + 2).is_some_and(is_relative_year) {
        let year = today.year() - i16::from(tokens[at].word == "last");
        years.push((year, at + 2));
    }
    years
}

/// "This year", "last year".
fn is_relative_year(pair: &[Token]) -> bool {
    ["this", "last"].contains(&pair[0].word.as_str()) && pair[1].word == "year"
}

/// "1985", "nineteen eighty five", "twenty oh one", "two thousand and one", "one nine eight five".
fn four_digits(tokens: &[Token], at: usize) -> Vec<Numeral> {
    let Some(token) = tokens.get(at) else { return Vec::new() };
    let mut years = Vec::new();
    if token.word.len() == 4 {
        years.extend(token.word.parse().ok().map(|year: i16| (year, at + 1)));
    }
    for (century, behind) in two_digits(tokens, at) {
        // "nineteen and forty one"
        let and = matches!(century, 18..=20) && tokens.get(behind).is_some_and(|next| next.word == "and");
        let behind = behind + usize::from(and);
        years.extend(two_digits(tokens, behind).into_iter().map(|(year, to)| (century * 100 + year, to)));
        if tokens.get(behind).is_some_and(|next| next.word == "hundred") {
            years.push((century * 100, behind + 1));
        }
    }
    if let (Some(millennium), Some("thousand")) = (digit(tokens, at), tokens.get(at + 1).map(|next| next.word.as_str()))
    {
        let behind = at + 2 + usize::from(tokens.get(at + 2).is_some_and(|next| next.word == "and"));
        years.push((millennium * 1000, at + 2));
        years.extend(two_digits(tokens, behind).into_iter().map(|(year, to)| (millennium * 1000 + year, to)));
        years.extend(digit(tokens, behind).map(|year| (millennium * 1000 + year, behind + 1)));
    }
    years
}

/// Every way to read two digits at `at`: "62", "sixty two", "twelve", "oh seven", "six two", "sixty".
fn two_digits(tokens: &[Token], at: usize) -> Vec<Numeral> {
    let Some(token) = tokens.get(at) else { return Vec::new() };
    let unit = digit(tokens, at + 1);
    match number_word(&token.word) {
        Some(NumberWord::Teen(value)) => vec![(value as i16, at + 1)],
        Some(NumberWord::Tens(tens)) => {
            let with_unit = unit.filter(|unit| *unit > 0).map(|unit| (tens as i16 + unit, at + 2));
            [Some((tens as i16, at + 1)), with_unit].into_iter().flatten().collect()
        }
        Some(NumberWord::Digit(_) | NumberWord::Hundred | NumberWord::Thousand) | None => {
            let written = token.word.parse().ok().filter(|_| token.word.len() == 2).map(|value| (value, at + 1));
            let spelled = digit(tokens, at).zip(unit).map(|(tens, unit)| (tens * 10 + unit, at + 2));
            [written, spelled].into_iter().flatten().collect()
        }
    }
}

fn digit(tokens: &[Token], at: usize) -> Option<i16> {
    let word = &tokens.get(at)?.word;
    match number_word(word) {
        Some(NumberWord::Digit(digit)) => Some(digit as i16),
        Some(NumberWord::Teen(_) | NumberWord::Tens(_) | NumberWord::Hundred | NumberWord::Thousand) => None,
        None => word.parse().ok().filter(|_| word.len() == 1),
    }
}

/// "070962" and "3.14.58" -> single digits and parts, each with its own place.
fn split_long_digits(tokens: Vec<Token>) -> Vec<Token> {
    let figures = |at: usize| tokens.get(at).filter(|token| token.word.bytes().all(|b| b.is_ascii_digit()));
    // "314 58": month and day in one
    let is_month_and_day = |at: usize| {
        let year = figures(at + 1).is_some_and(|year| matches!(year.word.len(), 2 | 4)) && figures(at + 2).is_none();
        let alone = at.checked_sub(1).is_none_or(|before| figures(before).is_none());
        // "112" is the twelfth of January or the second of November
        let one_way = |both: &Token| both.word.len() == 3 && !["10", "11", "12"].contains(&&both.word[..2]);
        figures(at).is_some_and(one_way) && year && alone
    };
    let month_and_day = (0..tokens.len()).find(|at| is_month_and_day(*at)).map(|at| tokens[at].at.start);
    let split = |token: Token| -> Vec<Token> {
        let digits = token.word.bytes().all(|b| b.is_ascii_digit());
        let dotted = !digits && token.word.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if (!digits || token.word.len() < 5) && !dotted && month_and_day != Some(token.at.start) {
            return vec![token];
        }
        let separators: Vec<usize> = if dotted {
            token.word.match_indices('.').map(|(at, _)| at).collect()
        } else {
            (1..token.word.len()).collect()
        };
        let width = usize::from(dotted);
        let starts = std::iter::once(0).chain(separators.iter().map(|at| at + width));
        let ends = separators.iter().copied().chain(std::iter::once(token.word.len()));
        starts
            .zip(ends)
            .map(|(from, to)| Token {
                word: token.word[from..to].to_owned(),
                at: token.at.start + from..token.at.start + to,
                pause: if to == token.word.len() { token.pause } else { Pause::None },
            })
            .collect()
    };
    tokens.into_iter().flat_map(split).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn as_people_say_them() {
        let today = date(2026, 11, 18);
        for (text, born) in [
            ("march fourth nineteen eighty five", date(1985, 3, 4)),
            ("March 4th, 1985.", date(1985, 3, 4)),
            ("the fourth of march nineteen eighty five", date(1985, 3, 4)),
            ("three fourteen fifty-eight", date(1958, 3, 14)),
            ("314 58", date(1958, 3, 14)),
            ("Maria Lopez, 314 1958.", date(1958, 3, 14)),
            ("May 10, October 7, 1943", date(1943, 10, 7)),
            ("the fourteenth of March nineteen fifty eight", date(1958, 3, 14)),
            ("oh three fourteen fifty eight", date(1958, 3, 14)),
            ("3/14/58", date(1958, 3, 14)),
            ("14/3/58", date(1958, 3, 14)),
            ("4/3/58", date(1958, 4, 3)),
            ("the fourth of the third nineteen fifty eight", date(1958, 3, 4)),
            ("oh seven oh nine sixty two", date(1962, 7, 9)),
            ("7/9/62", date(1962, 7, 9)),
            ("07091962", date(1962, 7, 9)),
            ("it's 3.14.58", date(1958, 3, 14)),
            ("1985-03-04", date(1985, 3, 4)),
            ("twelve twenty five nineteen seventy", date(1970, 12, 25)),
            ("january first two thousand and one", date(2001, 1, 1)),
            ("august the twenty third twenty ten", date(2010, 8, 23)),
            ("one one two thousand", date(2000, 1, 1)),
            ("june sixth oh seven", date(2007, 6, 6)),
            ("25 12 1970", date(1970, 12, 25)),
            ("eleven five one nine six four", date(1964, 11, 5)),
            ("I was born october thirty first nineteen forty nine", date(1949, 10, 31)),
            ("fine. May fourteenth nineteen fifty three", date(1953, 5, 14)),
            ("Ruth Weber, May 14 1953", date(1953, 5, 14)),
            ("June May, August third 1985", date(1985, 8, 3)),
            ("june may august third 1985", date(1985, 8, 3)),
            ("march fourteenth 1958, no wait, may fourteenth 1958", date(1958, 5, 14)),
            ("ninth of May, nineteen and fifty-two", date(1952, 5, 9)),
            ("1987, June second", date(1987, 6, 2)),
            ("fifth month, twelfth, seventy-one", date(1971, 5, 12)),
            ("the tenth of january this year", date(2026, 1, 10)),
            ("born the third of May last year", date(2025, 5, 3)),
            ("eight october year seventy", date(1970, 10, 8)),
            ("the last day of march of fifty five, the thirty first of march fifty five", date(1955, 3, 31)),
            ("halloween ninety nine", date(1999, 10, 31)),
        ] {
            let slot = date_of_birth(text, Asked::DateOfBirth, today).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(*slot.value.expose(), born, "{text}");
            assert!(slot.certainty >= 0.5 && text.contains(slot.heard.expose()), "{text}: {slot:?}");
        }
        for none in [
            "",
            "555-0142",
            "312 555 0142",
            "march fourth twenty thirty",
            "february thirtieth nineteen eighty",
            "may first nineteen oh five",
            "my name is May",
        ] {
            assert_eq!(date_of_birth(none, Asked::DateOfBirth, today), None, "{none}");
        }
        for (text, certain) in [
            ("Maria Lopez, May 14 1953, I was in on March 4th last year", Some(date(1953, 5, 14))),
            ("Maria Lopez, I was in on March 4th last year", None),
            ("Maria Lopez, he has been coughing since Christmas, twenty days now", None),
        ] {
            let read = date_of_birth(text, Asked::NameAndBirth, today).filter(|slot| slot.certainty >= 0.5);
            assert_eq!(read.map(|slot| *slot.value.expose()), certain, "{text}");
        }
        let passing = "I was in on march fourth twenty twenty six about my knee";
        let passing = date_of_birth(passing, Asked::DateOfBirth, today).expect("a date");
        assert!(passing.certainty < 0.5);
    }
}

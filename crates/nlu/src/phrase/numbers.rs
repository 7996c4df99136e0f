//! Numbers in words. English only.

use super::token::{Pause, Token};

/// What a single word says of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NumberWord {
    /// `oh`, `zero` to `nine`.
    Digit(u32),
    /// `ten` to `nineteen`.
    Teen(u32),
    /// `twenty` to `ninety`.
    Tens(u32),
    /// `hundred`.
    Hundred,
    /// `thousand`.
    Thousand,
}

/// Reads one word as part of a number; `oh` counts, digits and ordinals do not.
pub(crate) fn number_word(word: &str) -> Option<NumberWord> {
    use NumberWord::{Digit, Hundred, Teen, Tens, Thousand};
    const UNITS: [&str; 10] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    const TEENS: [&str; 10] =
        ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let place = |list: &[&str]| list.iter().position(|&name| name == word).map(|at| at as u32);
    match word {
        "oh" | "o" | "nought" | "naught" => Some(Digit(0)),
        "fourty" => Some(Tens(40)),
        "hundred" => Some(Hundred),
        "thousand" => Some(Thousand),
        _ => place(&UNITS)
            .map(Digit)
            .or_else(|| place(&TEENS).map(|n| Teen(n + 10)))
            .or_else(|| place(&TENS).map(|n| Tens((n + 2) * 10))),
    }
}

/// The months, in order.
pub(crate) const MONTHS: [&str; 12] = [
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
];

/// The month that `word` names, from 1: whole, by its first three letters, or "sept".
pub(crate) fn month(word: &str) -> Option<i8> {
    let short = |month: &str| (word.len() == 3 || word == "sept") && month.starts_with(word);
    let place = MONTHS.iter().position(|month| *month == word || short(month))?;
    i8::try_from(place + 1).ok()
}

/// Reads an ordinal, in words (`fourth`; the last word of `twenty fourth`) or digits (`4th`), as its number.
pub(crate) fn ordinal(word: &str) -> Option<u32> {
    const ORDINALS: [&str; 20] = [
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "eleventh",
        "twelfth",
        "thirteenth",
        "fourteenth",
        "fifteenth",
        "sixteenth",
        "seventeenth",
        "eighteenth",
        "nineteenth",
        "twentieth",
    ];
    if word == "thirtieth" {
        return Some(30);
    }
    let digits = || ["st", "nd", "rd", "th"].iter().find_map(|ending| word.strip_suffix(ending)?.parse().ok());
    ORDINALS.iter().position(|&name| name == word).map(|at| at as u32 + 1).or_else(digits)
}

/// Reads a quantity (a temperature, an age, a sugar) at the start of `tokens`: its digits, and how many tokens they
/// took. Three or more single digits in a row are read one by one: `one oh four` is 104. Another sentence is another number, but
/// for digits that are said so slowly that the recogniser sets a full stop behind each: "Nine. One. One."
pub(crate) fn read_cardinal(tokens: &[Token]) -> Option<(String, usize)> {
    let sentence = tokens.iter().position(|token| token.pause == Pause::Stop).map_or(tokens.len(), |last| last + 1);
    let words: Vec<&str> = tokens[..sentence].iter().map(|token| token.word.as_str()).collect();
    let (value, mut used) = digit_by_digit(tokens).or_else(|| without_hundred(&words)).or_else(|| composed(&words))?;
    let mut digits = value.to_string();
    if let (Some(&"point"), Some(NumberWord::Digit(tenths))) =
        (words.get(used), words.get(used + 1).and_then(|w| number_word(w)))
    {
        digits = format!("{digits}.{tenths}");
        used += 2;
    }
    Some((digits, used))
}

/// The fewest single digits in a row that are read one by one; two ("two three days") are an estimate.
const DIGITS_IN_A_ROW_MIN: usize = 3;
/// The most, so that a telephone number overflows nothing.
const DIGITS_IN_A_ROW_MAX: usize = 9;

fn digit_by_digit(tokens: &[Token]) -> Option<(u64, usize)> {
    let mut digits: Vec<(u64, Pause)> = tokens
        .iter()
        .take(DIGITS_IN_A_ROW_MAX)
        .map_while(|token| match number_word(&token.word) {
            Some(NumberWord::Digit(digit)) => Some((u64::from(digit), token.pause)),
            Some(NumberWord::Teen(_) | NumberWord::Tens(_) | NumberWord::Hundred | NumberWord::Thousand) | None => None,
        })
        .collect();
    let ends = |at: usize| {
        let (before, after) = digits.split_at(at);
        let whole =
            after.len() >= DIGITS_IN_A_ROW_MIN && after[..after.len() - 1].iter().all(|digit| digit.1 != Pause::Stop);
        before[at - 1].1 == Pause::Stop && (at >= DIGITS_IN_A_ROW_MIN || whole)
    };
    let end = (1..digits.len()).find(|at| ends(*at));
    digits.truncate(end.unwrap_or(digits.len()));
    let next = tokens.get(digits.len()).filter(|_| end.is_none());
    let scaled =
        matches!(next.and_then(|token| number_word(&token.word)), Some(NumberWord::Hundred | NumberWord::Thousand));
    let begins_with_oh = tokens.first().is_some_and(|token| matches!(token.word.as_str(), "o" | "oh"));
    (digits.len() >= DIGITS_IN_A_ROW_MIN && !scaled && !begins_with_oh)
        .then(|| (digits.iter().fold(0, |value, digit| value * 10 + digit.0), digits.len()))
}

/// `one ninety`, `two ten`: 190, 210, as blood pressures and sugars are said. From three on it is rather a time of day.
fn without_hundred(words: &[&str]) -> Option<(u64, usize)> {
    let hundreds = match number_word(words.first()?)? {
        NumberWord::Digit(digit @ (1 | 2)) => u64::from(digit) * 100,
        NumberWord::Digit(_)
        | NumberWord::Teen(_)
        | NumberWord::Tens(_)
        | NumberWord::Hundred
        | NumberWord::Thousand => return None,
    };
    let (rest, used) = below_hundred(&words[1..])?;
    (rest >= 10).then_some((hundreds + rest, used + 1))
}

/// `twelve`, `ninety five`, `a hundred and four`, `four hundred twenty`, `two thousand`.
fn composed(words: &[&str]) -> Option<(u64, usize)> {
    let (mut value, mut used) = match (words.first()?, words.get(1)) {
        (&"a", Some(&"hundred")) => (1, 1),
        (&"hundred", _) => (1, 0),
        (&"oh" | &"o", _) => return None, // "oh my chest hurts"
        _ => below_hundred(words)?,
    };
    for scale in [1000, 100] {
        let name = if scale == 1000 { "thousand" } else { "hundred" };
        if words.get(used) != Some(&name) {
            continue;
        }
        used += 1;
        value *= scale;
        let and = usize::from(words.get(used) == Some(&"and"));
        if let Some((rest, more)) = words.get(used + and..).and_then(below_hundred) {
            value += rest;
            used += and + more;
        }
        break;
    }
    Some((value, used))
}

fn below_hundred(words: &[&str]) -> Option<(u64, usize)> {
    let value = match number_word(words.first()?)? {
        NumberWord::Digit(n) | NumberWord::Teen(n) => return Some((u64::from(n), 1)),
        NumberWord::Tens(tens) => tens,
        NumberWord::Hundred | NumberWord::Thousand => return None,
    };
    match words.get(1).and_then(|word| number_word(word)) {
        Some(NumberWord::Digit(unit)) if unit > 0 => Some((u64::from(value + unit), 2)),
        Some(
            NumberWord::Digit(_)
            | NumberWord::Teen(_)
            | NumberWord::Tens(_)
            | NumberWord::Hundred
            | NumberWord::Thousand,
        )
        | None => Some((u64::from(value), 1)),
    }
}

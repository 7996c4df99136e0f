//! Doses: "ten milligrams", "two puffs", "half a tablet twice a day". The value is the caller's own words: nothing is
//! converted, nothing is added; whoever prescribes reads them.

use domain::{Asked, Slot};

use super::slot;
use crate::phrase::numbers::{number_word, read_cardinal};
use crate::phrase::token::{Token, tokens};

/// A number with its unit.
const WITH_UNIT: f32 = 0.85;
/// A number alone, to the question for the dose.
const BARE: f32 = 0.55;

const UNITS: &[&str] = &[
    "milligram",
    "mg",
    "mgs",
    "milligrams",
    "microgram",
    "mcg",
    "micrograms",
    "gram",
    "grams",
    "g",
    "milliliter",
    "ml",
    "milliliters",
    "cc",
    "ccs",
    "unit",
    "units",
    "tablet",
    "tablets",
    "pill",
    "pills",
    "capsule",
    "capsules",
    "puff",
    "puffs",
    "drop",
    "drops",
    "spray",
    "sprays",
    "patch",
    "patches",
    "teaspoon",
    "teaspoons",
    "tablespoon",
    "tablespoons",
    "shot",
    "shots",
    "injection",
    "injections",
    "percent",
    "milligrammes",
    "mils",
];

/// How often, behind an amount; longer ones first.
const OFTEN: &[&[&str]] = &[
    &["times", "a", "day"],
    &["times", "per", "day"],
    &["times", "a", "week"],
    &["times", "daily"],
    &["a", "day"],
    &["per", "day"],
    &["each", "day"],
    &["a", "week"],
    &["per", "week"],
    &["every", "other", "day"],
    &["every", "day"],
    &["every", "night"],
    &["every", "morning"],
    &["every", "evening"],
    &["every", "week"],
    &["in", "the", "morning"],
    &["in", "the", "evening"],
    &["at", "night"],
    &["at", "bedtime"],
    &["before", "bed"],
    &["with", "food"],
    &["as", "needed"],
    &["daily"],
    &["nightly"],
    &["weekly"],
];

/// The dose in `text`, which answers `asked`.
pub fn dose(text: &str, asked: Asked) -> Option<Slot<String>> {
    let tokens = tokens(text);
    let found = (0..tokens.len()).find_map(|from| Some((from, amount(&tokens, from)?)));
    let (from, to, certainty) = match found {
        Some((from, to)) => (from, often(&tokens, to), WITH_UNIT),
        None if asked == Asked::Dose => {
            let from = (0..tokens.len()).find(|at| quantity(&tokens, *at).is_some())?;
            (from, often(&tokens, quantity(&tokens, from)?), BARE)
        }
        None => return None,
    };
    let words = text.get(tokens[from].at.start..tokens[to - 1].at.end)?.to_owned();
    slot(words, text, &tokens, from..to, certainty)
}

/// A quantity and its unit at `from`; the place behind it. "20mg" is one word.
fn amount(tokens: &[Token], from: usize) -> Option<usize> {
    let word = tokens[from].word.as_str();
    let unit = word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    if unit.len() < word.len() && UNITS.contains(&unit) {
        return Some(from + 1);
    }
    let to = quantity(tokens, from)?;
    let unit = tokens.get(to).filter(|token| UNITS.contains(&token.word.as_str()))?;
    // "two milligrams tablets" is one amount
    let more = tokens.get(to + 1).is_some_and(|next| unit.word != next.word && UNITS.contains(&next.word.as_str()));
    Some(to + 1 + usize::from(more))
}

/// "Ten", "one and a half", "half a", "a".
fn quantity(tokens: &[Token], at: usize) -> Option<usize> {
    let word = |at: usize| tokens.get(at).map(|token| token.word.as_str());
    match (word(at)?, word(at + 1)) {
        ("half" | "quarter", Some("a" | "of")) => return Some(at + 2 + usize::from(word(at + 2) == Some("a"))),
        ("half", Some(_)) | ("a" | "an", Some("half" | "quarter")) => {
            return Some(at + 1 + usize::from(word(at) != Some("half")));
        }
        ("a" | "an", Some(unit)) if UNITS.contains(&unit) => return Some(at + 1),
        (_, _) => {}
    }
    // all of it: losing "zero point" is ten times the dose
    let number = |at: usize| {
        word(at).is_some_and(|word| number_word(word).is_some() || word.starts_with(|c: char| c.is_ascii_digit()))
    };
    let mut to = at;
    while number(to)
        || matches!(word(to), Some("point")) && number(to + 1)
        || to > at && matches!(word(to), Some("or" | "to")) && number(to + 1)
    {
        to += 1;
    }
    let half = [word(to), word(to + 1), word(to + 2)] == [Some("and"), Some("a"), Some("half")];
    (to > at).then_some(if half { to + 3 } else { to })
}

/// The place behind "twice a day", "every six hours", "in the morning", if any of them stands at `at`.
fn often(tokens: &[Token], mut at: usize) -> usize {
    let word = |at: usize| tokens.get(at).map(|token| token.word.as_str());
    loop {
        let begin = match word(at) {
            Some("once" | "twice") => at + 1,
            Some("every") if read_cardinal(tokens.get(at + 1..).unwrap_or(&[])).is_some() => {
                let used = read_cardinal(&tokens[at + 1..]).map_or(0, |(_, used)| used);
                if !matches!(word(at + 1 + used), Some("hours" | "days" | "weeks")) {
                    return at;
                }
                at += 2 + used;
                continue;
            }
            Some(_) if word(at + 1) == Some("times") && read_cardinal(&tokens[at..]).is_some() => at + 1,
            Some(_) => at,
            None => return at,
        };
        let fits = |often: &&&[&str]| often.iter().enumerate().all(|(i, said)| word(begin + i) == Some(*said));
        match OFTEN.iter().find(fits) {
            Some(often) => at = begin + often.len(),
            None => return at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_people_say_them() {
        for (text, asked, value) in [
            ("ten milligrams", Asked::Dose, Some("ten milligrams")),
            ("It's 20 mg.", Asked::Dose, Some("20 mg")),
            ("20mg once a day", Asked::Dose, Some("20mg once a day")),
            ("two puffs", Asked::Dose, Some("two puffs")),
            ("half a tablet twice a day", Asked::Dose, Some("half a tablet twice a day")),
            ("one and a half tablets in the morning", Asked::Dose, Some("one and a half tablets in the morning")),
            (
                "I take five hundred milligrams three times a day with food",
                Asked::Dose,
                Some("five hundred milligrams three times a day with food"),
            ),
            ("point five milligrams", Asked::Dose, Some("point five milligrams")),
            ("zero point two five milligrams", Asked::Dose, Some("zero point two five milligrams")),
            ("two point two five milligrams", Asked::Dose, Some("two point two five milligrams")),
            ("one or two tablets", Asked::Dose, Some("one or two tablets")),
            ("a refill of my lisinopril, ten milligrams", Asked::Open, Some("ten milligrams")),
            ("twelve units at bedtime", Asked::Open, Some("twelve units at bedtime")),
            ("one tablet every six hours as needed", Asked::Dose, Some("one tablet every six hours as needed")),
            ("a capsule daily", Asked::Dose, Some("a capsule daily")),
            ("twenty", Asked::Dose, Some("twenty")),
            ("I think it's forty", Asked::Dose, Some("forty")),
            ("twenty", Asked::Open, None),
            ("tomorrow at ten", Asked::Open, None),
            ("I don't know", Asked::Dose, None),
            ("", Asked::Dose, None),
        ] {
            let got = dose(text, asked);
            assert_eq!(got.as_ref().map(|slot| slot.value.expose().as_str()), value, "{text}");
            assert!(got.is_none_or(|slot| text.contains(slot.heard.expose())), "{text}");
        }
    }
}

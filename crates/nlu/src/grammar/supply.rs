//! For how many days a drug still lasts: "I have three left", "about a week's worth", "I ran out yesterday".
//!
//! Of two numbers the smaller counts ("two or three days"). Pills count as one a day, less surely: who takes more is out
//! sooner, and is asked.

use domain::{Asked, Slot};

use super::slot;
use crate::phrase::numbers::read_cardinal;
use crate::phrase::token::{Token, tokens};

/// Days, weeks, or that it is out.
const PLAIN: f32 = 0.85;
/// Pills, or a number alone.
const COUNTED: f32 = 0.6;

/// Out, whatever was asked.
const OUT: &[&[&str]] = &[
    &["ran", "out"],
    &["run", "out", "already"],
    &["have", "run", "out"],
    &["i've", "run", "out"],
    &["none", "left"],
    &["nothing", "left"],
    &["no", "more", "left"],
    &["don't", "have", "any", "left"],
    &["don't", "have", "any", "more"],
    &["all", "out"],
    &["completely", "out"],
    &["already", "out"],
    &["out", "of", "my"],
    &["took", "my", "last"],
    &["took", "the", "last"],
    &["took", "my", "final"],
];
/// Out, as an answer.
const OUT_AS_ANSWER: &[&[&str]] = &[
    &["none"],
    &["zero"],
    &["nothing"],
    &["i'm", "out"],
    &["she's", "out"],
    &["he's", "out"],
    &["don't", "have", "any"],
    &["no", "more"],
    &["today"],
    &["gone"],
];
/// Out within a day.
const NEARLY_OUT: &[&[&str]] = &[
    &["almost", "out"],
    &["nearly", "out"],
    &["about", "to", "run", "out"],
    &["run", "out", "tomorrow"],
    &["out", "tomorrow"],
    &["enough", "for", "today"],
    &["last", "one"],
    &["last", "pill"],
    &["until", "tomorrow"],
];

/// How many days the drug still lasts, by `text`, which answers `asked`.
pub fn days_left(text: &str, asked: Asked) -> Option<Slot<u16>> {
    let tokens = tokens(text);
    let answers = asked == Asked::DaysLeft;
    let said = |all: &[&[&str]]| all.iter().find_map(|words| place(&tokens, words));
    if let Some(of) = said(OUT) {
        return slot(0, text, &tokens, of, PLAIN);
    }
    if let Some((days, of, certainty)) = (0..tokens.len()).find_map(|at| amount(&tokens, at, answers)) {
        return slot(days, text, &tokens, of, certainty);
    }
    if let Some(of) = said(NEARLY_OUT).filter(|_| answers) {
        return slot(1, text, &tokens, of, COUNTED);
    }
    let of = said(OUT_AS_ANSWER).filter(|_| answers)?;
    slot(0, text, &tokens, of, PLAIN)
}

fn place(tokens: &[Token], words: &[&str]) -> Option<std::ops::Range<usize>> {
    let starts =
        |at: &usize| words.iter().enumerate().all(|(i, word)| tokens.get(at + i).is_some_and(|t| t.word == *word));
    (0..tokens.len()).find(starts).map(|at| at..at + words.len())
}

/// A number of days at `at`; unasked only if "left" or "worth" follows.
fn amount(tokens: &[Token], at: usize, answers: bool) -> Option<(u16, std::ops::Range<usize>, f32)> {
    let word = |at: usize| tokens.get(at).map(|token| token.word.as_str());
    let (count, mut to) = count(tokens, at)?;
    if word(to) == Some("or") {
        to = self::count(tokens, to + 1)?.1; // "two or three": two
    }
    to += usize::from(word(to) == Some("more"));
    let (days, end, certainty) = match word(to) {
        Some("day" | "days" | "day's" | "days'") => (count, to + 1, PLAIN),
        Some("week" | "weeks" | "week's" | "weeks'") => (count.checked_mul(7)?, to + 1, PLAIN),
        Some("month" | "months" | "month's" | "months'") => (count.checked_mul(30)?, to + 1, PLAIN),
        Some("pill" | "pills" | "tablet" | "tablets" | "capsule" | "capsules" | "dose" | "doses") => {
            (count, to + 1, COUNTED)
        }
        Some("left") => (count, to, COUNTED),
        Some(_) | None if answers && !matches!(word(at), Some("a" | "an")) => (count, to, COUNTED),
        Some(_) | None => return None,
    };
    let kept = matches!(word(end), Some("left" | "worth" | "supply" | "remaining"));
    let end = end + usize::from(kept);
    (answers || kept).then_some((days, at..end, certainty))
}

fn count(tokens: &[Token], at: usize) -> Option<(u16, usize)> {
    let word = |at: usize| tokens.get(at).map(|token| token.word.as_str());
    match (word(at)?, word(at + 1), word(at + 2)) {
        ("a", Some("couple"), next) => return Some((2, at + 2 + usize::from(next == Some("of")))),
        ("couple", next, _) => return Some((2, at + 1 + usize::from(next == Some("of")))),
        ("a", Some("few"), _) => return Some((3, at + 2)),
        ("few", _, _) => return Some((3, at + 1)),
        ("a" | "an", Some(_), _) => return Some((1, at + 1)),
        (written, _, _) if written.bytes().all(|b| b.is_ascii_digit()) => return Some((written.parse().ok()?, at + 1)),
        (_, _, _) => {}
    }
    let (digits, used) = read_cardinal(&tokens[at..])?;
    Some((digits.parse().ok()?, at + used))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_people_say_them() {
        for (text, asked, days) in [
            ("I have three left", Asked::DaysLeft, Some(3)),
            ("about a week's worth", Asked::DaysLeft, Some(7)),
            ("I ran out yesterday", Asked::DaysLeft, Some(0)),
            ("one pill left", Asked::DaysLeft, Some(1)),
            ("two or three days", Asked::DaysLeft, Some(2)),
            ("a couple of days", Asked::DaysLeft, Some(2)),
            ("ten", Asked::DaysLeft, Some(10)),
            ("14 days", Asked::DaysLeft, Some(14)),
            ("about two weeks", Asked::DaysLeft, Some(14)),
            ("a month", Asked::DaysLeft, Some(30)),
            ("none", Asked::DaysLeft, Some(0)),
            ("I'm out", Asked::DaysLeft, Some(0)),
            ("I don't have any left", Asked::DaysLeft, Some(0)),
            ("I took my last one this morning", Asked::DaysLeft, Some(0)),
            ("I'm almost out", Asked::DaysLeft, Some(1)),
            ("twenty one pills", Asked::DaysLeft, Some(21)),
            ("not sure", Asked::DaysLeft, None),
            ("", Asked::DaysLeft, None),
            ("I ran out of my insulin", Asked::Open, Some(0)),
            ("I only have two days left of my insulin", Asked::Open, Some(2)),
            ("I need an appointment in two days", Asked::Open, None),
            ("I am out of breath", Asked::Open, None),
            ("my left knee hurts", Asked::Open, None),
            ("a fever for three days", Asked::Open, None),
        ] {
            let got = days_left(text, asked);
            assert_eq!(got.as_ref().map(|slot| *slot.value.expose()), days, "{text}");
            assert!(got.is_none_or(|slot| text.contains(slot.heard.expose())), "{text}");
        }
    }
}

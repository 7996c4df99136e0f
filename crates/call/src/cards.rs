//! Payment cards in what callers say. Their digits are kept nowhere: in no journal, no message, no recording.
//!
//! A run of 13 to 19 digits that begins as cards do and satisfies Luhn (ISO/IEC 7812-1) is a card, and so is one of eight or more behind
//! "card number", "visa", "expiration" and the like, or of three behind "cvv"; and what follows such a run within seconds is its
//! rest. A number behind "call me back at", or of an insurance card, is none: the practice needs it. So is the answer to a
//! question for a telephone number or a date of birth, unless it is a whole card's by itself.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use domain::{Asked, CallTime, Phi};

/// What stands where the digits stood.
const MASK: &str = "[card number]";
/// Digits that go on where an utterance ended within this time are one number.
const GOES_ON_WITHIN: Duration = Duration::from_secs(12);
/// Utterances that a number may be spread over.
const UTTERANCES_MAX: usize = 6;
/// Digits behind a cue that are taken for a card's, and behind one for the code on its back.
const AFTER_CUE_MIN: usize = 8;
const CODE_MIN: usize = 3;
/// Of an utterance that goes on, more digits are not shown before it is known what they are; PCI DSS 3.4 lets six be seen.
const SHOWN_MAX: usize = 6;
/// The same where a telephone number was asked for: as many as one has, with its country code.
const SHOWN_OF_ANSWER_MAX: usize = 11;
/// A card's date or code; more digits behind a card's are another number.
const REST_MAX: usize = 6;
/// As long as a telephone number of this country: whole by itself, and no piece of a card's.
const WHOLE_NUMBER: std::ops::RangeInclusive<usize> = 10..=11;
/// So many words may stand between a cue and its digits.
const WORDS_BETWEEN_MAX: usize = 6;
/// What may stand between digits of one number.
const FILLERS: &[&str] = &["and", "uh", "um", "then", "dash", "space", "hyphen"];
const CARD_CUES: &[&[&str]] = &[
    &["card", "number"],
    &["credit", "card"],
    &["debit", "card"],
    &["visa"],
    &["mastercard"],
    &["master", "card"],
    &["amex"],
    &["american", "express"],
    &["discover"],
    &["expiration"],
    &["expires"],
];
const CODE_CUES: &[&[&str]] = &[&["cvv"], &["cvc"], &["security", "code"], &["expiration"], &["expires"]];
/// Numbers that the practice needs.
const OTHER_NUMBERS: &[&str] = &[
    "call",
    "phone",
    "cell",
    "mobile",
    "reach",
    "callback",
    "text",
    "home",
    "birth",
    "born",
    "insurance",
    "member",
    "medicare",
    "medicaid",
    "policy",
    "group",
];

/// What was said of late.
#[derive(Debug, Default)]
pub(crate) struct Cards {
    recent: VecDeque<Ended>,
}

/// The end of an utterance, as far as a number may go on from it.
#[derive(Debug)]
struct Ended {
    from: CallTime,
    to: CallTime,
    /// The digits that it ends with.
    digits: Phi<String>,
    /// Nothing but digits.
    only_digits: bool,
    cue: bool,
    masked: bool,
    asked: Asked,
}

/// What is to be done about an utterance in which a card was found, or may be.
#[derive(Debug, PartialEq)]
pub(crate) struct Found {
    /// The utterance without the digits.
    pub(crate) text: Phi<String>,
    /// From where on the sound is not kept; `None` while it may be another number yet.
    pub(crate) from: Option<CallTime>,
}

impl Cards {
    /// Looks through what is being said, and goes on. `asked`: what the caller was asked last.
    pub(crate) fn partial(&self, text: &Phi<String>, from: CallTime, asked: Asked) -> Option<Found> {
        self.look(text, from, Heard { asked, goes_on: true })
    }

    /// Looks through an utterance in its second decode.
    pub(crate) fn corrected(&self, text: &Phi<String>, from: CallTime) -> Option<Found> {
        let asked = self.recent.iter().find(|ended| ended.from == from).map(|ended| ended.asked);
        self.look(text, from, Heard { asked: asked.unwrap_or_default(), goes_on: false })
    }

    /// Looks through a finished utterance, and keeps it in mind.
    pub(crate) fn ended(&mut self, text: &Phi<String>, from: CallTime, to: CallTime, asked: Asked) -> Option<Found> {
        let found = self.look(text, from, Heard { asked, goes_on: false });
        let tokens = tokens(text.expose());
        let runs = runs(&tokens);
        let last = runs.last().filter(|run| run.end == tokens.len() && !WHOLE_NUMBER.contains(&run.digits.len()));
        let only_digits = last.is_some_and(|run| runs.len() == 1 && run.start == 0);
        let digits = Phi::new(last.map(|run| run.digits.clone()).unwrap_or_default());
        let cue = CARD_CUES.iter().any(|cue| ends_of(&tokens, cue).next().is_some());
        self.recent.push_back(Ended { from, to, digits, only_digits, cue, masked: found.is_some(), asked });
        if self.recent.len() > UTTERANCES_MAX {
            self.recent.pop_front();
        }
        found
    }

    fn look(&self, text: &Phi<String>, from: CallTime, heard: Heard) -> Option<Found> {
        let tokens = tokens(text.expose());
        let before = if heard.is_answer() { Before::default() } else { self.before(from) };
        let shown_max = if heard.is_answer() { SHOWN_OF_ANSWER_MAX } else { SHOWN_MAX };
        let (mut since, mut without) = (None, text.expose().clone());
        let mut found = false;
        // From the last to the first: what is taken out moves nothing that is still to be looked at.
        for (index, run) in runs(&tokens).iter().enumerate().rev() {
            let opens = index == 0 && run.start <= 1;
            let carried = if opens && !WHOLE_NUMBER.contains(&run.digits.len()) { before.digits.as_str() } else { "" };
            let sure = if heard.is_answer() {
                is_lone_card(&run.digits) || is_behind_cue(&tokens, run)
            } else {
                is_cards(&tokens, run, &before, opens, carried)
            };
            let suspected = heard.goes_on && (run.digits.len() > shown_max || is_behind(&tokens, run, CARD_CUES, 1));
            if sure || suspected {
                without.replace_range(run.bytes.clone(), MASK);
                found = true;
            }
            if sure {
                since = Some(if carried.is_empty() { from } else { before.from });
            }
        }
        found.then(|| Found { text: Phi::new(without), from: since })
    }

    /// What an utterance that begins at `from` may go on from.
    fn before(&self, from: CallTime) -> Before {
        let mut before = Before { from, ..Before::default() };
        let mut next = from;
        for ended in self.recent.iter().rev().filter(|ended| ended.from < from) {
            if next.since(ended.to) > GOES_ON_WITHIN {
                break;
            }
            before.masked |= ended.masked && before.digits.is_empty();
            before.cue |= ended.cue;
            if ended.digits.expose().is_empty() {
                break;
            }
            before.digits.insert_str(0, ended.digits.expose());
            (before.from, next) = (ended.from, ended.from);
            if !ended.only_digits {
                break;
            }
        }
        before
    }
}

/// An utterance that is looked through.
#[derive(Clone, Copy)]
struct Heard {
    asked: Asked,
    goes_on: bool,
}

impl Heard {
    /// Whether its digits are what the caller was asked for.
    fn is_answer(self) -> bool {
        matches!(self.asked, Asked::Callback | Asked::DateOfBirth | Asked::NameAndBirth)
    }
}

/// Gathered from earlier utterances.
#[derive(Default)]
struct Before {
    from: CallTime,
    digits: String,
    cue: bool,
    masked: bool,
}

struct Token {
    bytes: Range<usize>,
    word: String,
    /// What it adds to a number; `None`: it is no number.
    digits: Option<String>,
}

struct Run {
    /// Of tokens, the end behind the last.
    start: usize,
    end: usize,
    bytes: Range<usize>,
    digits: String,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (c.is_alphanumeric() || c == '\'', start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                let word = text[from..at].to_lowercase();
                let digits = digits_of(&word);
                tokens.push(Token { bytes: from..at, word, digits });
                start = None;
            }
            (true, Some(_)) | (false, None) => {}
        }
    }
    tokens
}

const WORDS: &[(&str, &str)] = &[
    ("zero", "0"),
    ("oh", "0"),
    ("o", "0"),
    ("one", "1"),
    ("two", "2"),
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("ten", "10"),
    ("eleven", "11"),
    ("twelve", "12"),
    ("thirteen", "13"),
    ("fourteen", "14"),
    ("fifteen", "15"),
    ("sixteen", "16"),
    ("seventeen", "17"),
    ("eighteen", "18"),
    ("nineteen", "19"),
    ("twenty", "20"),
    ("thirty", "30"),
    ("forty", "40"),
    ("fifty", "50"),
    ("sixty", "60"),
    ("seventy", "70"),
    ("eighty", "80"),
    ("ninety", "90"),
    ("double", ""),
    ("triple", ""),
];

fn digits_of(word: &str) -> Option<String> {
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(word.to_owned());
    }
    WORDS.iter().find(|(name, _)| *name == word).map(|(_, digits)| (*digits).to_owned())
}

/// Whether a run is a card's, or what belongs to one. `opens`: it may go on from `carried`, the digits before the utterance.
fn is_cards(tokens: &[Token], run: &Run, before: &Before, opens: bool, carried: &str) -> bool {
    let joined = format!("{carried}{}", run.digits);
    let allowed = !is_other(tokens, run.start);
    let follows = opens && allowed && before.masked && (CODE_MIN..=REST_MAX).contains(&run.digits.len());
    let behind_earlier_cue = opens && allowed && before.cue && joined.len() >= AFTER_CUE_MIN;
    is_card(&joined) || is_behind_cue(tokens, run) || behind_earlier_cue || follows
}

fn is_behind_cue(tokens: &[Token], run: &Run) -> bool {
    is_behind(tokens, run, CARD_CUES, AFTER_CUE_MIN) || is_behind(tokens, run, CODE_CUES, CODE_MIN)
}

/// Numbers with nothing but fillers between their parts.
fn runs(tokens: &[Token]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let Some(digits) = &token.digits else { continue };
        let goes_on = runs
            .last()
            .is_some_and(|run| tokens[run.end..index].iter().all(|between| FILLERS.contains(&between.word.as_str())));
        if !goes_on {
            runs.push(Run { start: index, end: index, bytes: token.bytes.clone(), digits: String::new() });
        }
        let Some(run) = runs.last_mut() else { continue };
        let before = index.checked_sub(1).and_then(|before| tokens.get(before)).filter(|_| run.end == index && goes_on);
        let before = before.map_or("", |before| before.word.as_str());
        let times = if before == "double" {
            2
        } else if before == "triple" {
            3
        } else {
            1
        };
        let is_unit = digits.len() == 1 && digits != "0";
        // "forty one" is 41.
        if is_unit && before.ends_with("ty") {
            run.digits.pop();
        }
        run.digits.push_str(&digits.repeat(times));
        (run.end, run.bytes.end) = (index + 1, token.bytes.end);
    }
    runs.retain(|run| !run.digits.is_empty());
    runs
}

/// The tokens behind each place where `cue` stands.
fn ends_of(tokens: &[Token], cue: &'static [&'static str]) -> impl Iterator<Item = usize> {
    let stands = move |window: &[Token]| window.iter().map(|token| token.word.as_str()).eq(cue.iter().copied());
    tokens.windows(cue.len()).enumerate().filter(move |(_, window)| stands(window)).map(move |(at, _)| at + cue.len())
}

/// Whether the run stands behind one of the cues, nothing between them speaking for another number.
fn is_behind(tokens: &[Token], run: &Run, cues: &[&'static [&'static str]], min: usize) -> bool {
    let behind = |cue: &&'static [&'static str]| {
        ends_of(tokens, cue).any(|end| end <= run.start && run.start - end <= WORDS_BETWEEN_MAX)
    };
    run.digits.len() >= min && !is_other(tokens, run.start) && cues.iter().any(behind)
}

/// Whether the words before a number say that it is one that the practice needs.
fn is_other(tokens: &[Token], start: usize) -> bool {
    let before = &tokens[start.saturating_sub(WORDS_BETWEEN_MAX + 1)..start];
    before.iter().any(|token| OTHER_NUMBERS.contains(&token.word.as_str()))
}

fn is_card(digits: &str) -> bool {
    let whole = (13..=19).contains(&digits.len()) && luhn(digits);
    // Behind the number its date and code. A telephone number that is said twice is as long.
    let with_more = [16, 15].iter().any(|len| digits.get(..*len).is_some_and(luhn));
    let (half, other) = digits.split_at(digits.len() / 2);
    is_issued(digits) && (whole || with_more) && half != other
}

/// A card's digits and no others.
fn is_lone_card(digits: &str) -> bool {
    matches!(digits.len(), 15 | 16) && is_issued(digits) && luhn(digits)
}

/// Whether cards begin so: with 3 (American Express, Diners Club, JCB), 4 (Visa), 5 or 6 (Mastercard, Maestro, Discover, UnionPay),
/// or 22 to 27 (Mastercard).
fn is_issued(digits: &str) -> bool {
    matches!(digits.as_bytes(), [b'3'..=b'6', ..] | [b'2', b'2'..=b'7', ..])
}

fn luhn(digits: &str) -> bool {
    let values = digits.bytes().rev().map(|byte| u32::from(byte - b'0')).enumerate();
    let sum: u32 = values
        .map(|(index, digit)| match (index % 2, digit) {
            (1, digit) if digit > 4 => 2 * digit - 9,
            (1, digit) => 2 * digit,
            (_, digit) => digit,
        })
        .sum();
    sum.is_multiple_of(10) && digits.bytes().any(|byte| byte != b'0')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking
    use super::*;

    fn ms(at: u64) -> CallTime {
        CallTime::from_ms(at)
    }

    fn masked(text: &str) -> Option<String> {
        Cards::default().corrected(&Phi::from(text), CallTime::ZERO).map(|found| found.text.expose().clone())
    }

    #[test]
    fn digits_of_cards_are_taken_out_and_other_numbers_are_not() {
        let taken = [
            ("it's 4111 1111 1111 1111 thanks", "it's [card number] thanks"),
            ("it's 4111-1111-1111-1111", "it's [card number]"),
            ("four one one one one one one one one one one one one one one one", "[card number]"),
            ("forty one eleven eleven eleven eleven eleven eleven eleven", "[card number]"),
            ("my credit card is 5500 0055 and so on", "my credit card is [card number] and so on"),
            ("378282246310005 expires 12 27", "[card number] expires [card number]"),
            ("the security code is 1 2 3", "the security code is [card number]"),
            ("visa double four one two three four five six", "visa [card number]"),
            ("4111 1111 1111 1111 123", "[card number]"),
            ("it is 4111 1111 1111 1111, 5/27", "it is [card number]"),
            ("3782 822463 10005 1227", "[card number]"),
        ];
        for (said, kept) in taken {
            assert_eq!(masked(said).as_deref(), Some(kept), "{said}");
        }
        let left = [
            "call me at 555 010 0134",
            "my credit card was declined call me back at 212 555 0134",
            "my insurance card number is 4400 1234 5678",
            "born March 4 1985 and it is 120 over 80",
            "4111 1111 1111 1112 is no card",
            "1985 and 212 555 0106",
            "415 555 2671 415 555 2671",
            "",
        ];
        for said in left {
            assert_eq!(masked(said), None, "{said}");
        }
    }

    #[test]
    fn a_number_in_pieces_is_found_and_goes_back_to_its_beginning() {
        let mut cards = Cards::default();
        assert_eq!(cards.ended(&Phi::from("it is 4111 1111"), ms(1000), ms(4000), Asked::Open), None);
        assert_eq!(cards.partial(&Phi::from("1111"), ms(5000), Asked::Open), None);
        let suspected = cards.partial(&Phi::from("my card number is 41"), ms(70_000), Asked::Open).unwrap();
        assert_eq!((suspected.text.expose().as_str(), suspected.from), ("my card number is [card number]", None));
        let paying = "I want to call in a payment 4111 1111";
        assert!(cards.partial(&Phi::from(paying), ms(70_000), Asked::Open).is_some());
        assert_eq!(cards.partial(&Phi::from("212 555 0134"), ms(70_000), Asked::Callback), None);
        let found = cards.ended(&Phi::from("1111 1111 okay"), ms(5000), ms(8000), Asked::Open).unwrap();
        assert_eq!((found.text.expose().as_str(), found.from), ("[card number] okay", Some(ms(1000))));
        let rest = cards.ended(&Phi::from("and 12 27"), ms(9000), ms(10_000), Asked::Open).unwrap();
        assert_eq!(rest.text.expose(), "and [card number]");
        assert_eq!(cards.ended(&Phi::from("call me back at 212 555 0134"), ms(11_000), ms(14_000), Asked::Open), None);
        assert_eq!(
            cards.ended(&Phi::from("1111 1111"), ms(60_000), ms(62_000), Asked::Open),
            None,
            "much later it is another number"
        );
    }

    #[test]
    fn answers_to_questions_for_numbers_are_kept_whatever_was_said_before() {
        let mut cards = Cards::default();
        let said = |cards: &mut Cards, text: &str, at, asked| {
            let found = cards.ended(&Phi::from(text), ms(at), ms(at + 2000), asked);
            found.map(|found| found.text.expose().clone())
        };
        assert_eq!(said(&mut cards, "March 4th, 1985", 1000, Asked::DateOfBirth), None);
        assert_eq!(said(&mut cards, "212-555-0106", 5000, Asked::Callback), None, "19852125550106 satisfies Luhn");
        assert_eq!(said(&mut cards, "415 555 2671 415 555 2671", 9000, Asked::Callback), None);
        assert_eq!(said(&mut cards, "4111 1111 1111 1111", 13_000, Asked::Callback).as_deref(), Some("[card number]"));
        assert_eq!(said(&mut cards, "212 555 0106", 17_000, Asked::Callback), None, "no card's rest");
        assert_eq!(cards.corrected(&Phi::from("212 555 0106"), ms(17_000)), None);
        assert_eq!(said(&mut cards, "212 555 0106", 21_000, Asked::Open), None, "nor without a question");
        assert_eq!(said(&mut cards, "4111 1111", 25_000, Asked::Open), None);
        assert_eq!(said(&mut cards, "212 555 0106", 28_000, Asked::Open), None, "a whole number is no piece");
    }

    #[test]
    fn no_digit_is_printed() {
        let mut cards = Cards::default();
        cards.ended(&Phi::from("4111 1111"), ms(0), ms(1000), Asked::Open);
        assert!(!format!("{cards:?}").contains("4111"));
    }
}

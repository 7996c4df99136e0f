//! Words given letter by letter: "L-O-P-E-Z", "l o p e z", "B as in boy", "double L", "el oh pee ee zee", "lima oscar ..".

use std::ops::Range;

use domain::Slot;

use super::{capitalised, slot};
use crate::phrase::token::{Pause, Token, tokens};

/// Each letter stood there as a letter.
const LETTERS: f32 = 0.9;
/// Some were heard as words ("bee", "lima").
const AS_WORDS: f32 = 0.7;
/// Two letters only: as likely initials, or "I" and "a".
const SHORT: f32 = 0.4;

/// Names of letters as recognisers write them. Between letters only: "see" and "you" are words too.
const LETTER_NAMES: &[(&str, char)] = &[
    ("ay", 'a'),
    ("bee", 'b'),
    ("be", 'b'),
    ("cee", 'c'),
    ("see", 'c'),
    ("sea", 'c'),
    ("dee", 'd'),
    ("ee", 'e'),
    ("eff", 'f'),
    ("ef", 'f'),
    ("gee", 'g'),
    ("aitch", 'h'),
    ("eye", 'i'),
    ("jay", 'j'),
    ("kay", 'k'),
    ("el", 'l'),
    ("ell", 'l'),
    ("em", 'm'),
    ("en", 'n'),
    ("oh", 'o'),
    ("pee", 'p'),
    ("pea", 'p'),
    ("queue", 'q'),
    ("cue", 'q'),
    ("are", 'r'),
    ("ar", 'r'),
    ("ess", 's'),
    ("es", 's'),
    ("tee", 't'),
    ("tea", 't'),
    ("you", 'u'),
    ("vee", 'v'),
    ("ex", 'x'),
    ("why", 'y'),
    ("wye", 'y'),
    ("zee", 'z'),
    ("zed", 'z'),
];

/// The NATO alphabet, said alone.
const NATO: &[&str] = &[
    "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet", "kilo", "lima",
    "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango", "uniform", "victor", "whiskey", "xray",
    "yankee", "zulu",
];

/// A run of letters.
#[derive(Debug, PartialEq)]
pub(super) struct Spelled {
    /// Capitalised as a name.
    pub(super) value: String,
    /// The tokens it took.
    pub(super) of: Range<usize>,
    pub(super) certainty: f32,
}

/// Abbreviations that stand beside names.
const NO_LETTERS: &[&str] = &[
    "ct", "cvs", "dob", "ecg", "ekg", "ent", "er", "hmo", "icu", "id", "ii", "iii", "iv", "md", "mri", "np", "ob",
    "pa", "phd", "ppo", "rn", "ssn", "tv", "us", "usa", "yes",
];
/// A shorter word in capitals may be an abbreviation, unless another one stands beside it: "MEICH EN".
const CAPITALS_MIN: usize = 3;

/// The tokens of `text`, where a word in capitals is so many letters: recognisers write "MEICHEN" for "M, E, I. C, H, E, N".
pub(super) fn tokens_with_letters(text: &str) -> Vec<Token> {
    let whole = tokens(text);
    if !text.contains(char::is_lowercase) {
        return whole; // a recogniser that writes nothing else
    }
    let in_capitals = |token: &Token| {
        let letters = &text[token.at.clone()];
        letters.len() > 1
            && letters.bytes().all(|letter| letter.is_ascii_uppercase())
            && !NO_LETTERS.contains(&token.word.as_str())
    };
    let capitals: Vec<bool> = whole.iter().map(in_capitals).collect();
    let is_spelled = |at: usize| {
        let beside = |at: Option<usize>| at.and_then(|at| capitals.get(at)).is_some_and(|capitals| *capitals);
        capitals[at] && (whole[at].word.len() >= CAPITALS_MIN || beside(at.checked_sub(1)) || beside(Some(at + 1)))
    };
    let split = |at: usize, token: &Token| -> Vec<Token> {
        if !is_spelled(at) {
            return vec![token.clone()];
        }
        let last = token.word.len() - 1;
        let letter = |(nth, letter): (usize, char)| Token {
            word: letter.to_string(),
            at: token.at.start + nth..token.at.start + nth + 1,
            pause: if nth == last { token.pause } else { Pause::None },
        };
        token.word.char_indices().map(letter).collect()
    };
    whole.iter().enumerate().flat_map(|(at, token)| split(at, token)).collect()
}

/// The word, or the words, that `text` spells.
pub fn spelling(text: &str) -> Option<Slot<String>> {
    let tokens = tokens_with_letters(text);
    let runs = spelled(&tokens);
    let whole = runs.first()?.of.start..runs.last()?.of.end;
    // two letters alone may be initials, but not behind a row of them
    let is_short = runs.iter().all(|run| run.value.len() <= 2);
    let counted = runs.iter().filter(|run| is_short || run.value.len() > 2);
    let certainty = counted.map(|run| run.certainty).fold(1.0, f32::min);
    let values: Vec<String> = runs.into_iter().map(|run| run.value).collect();
    slot(values.join(" "), text, &tokens, whole, certainty)
}

/// Every run of at least two letters.
pub(super) fn spelled(tokens: &[Token]) -> Vec<Spelled> {
    let mut runs = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let run = run_at(tokens, at);
        match run {
            Some(run) => {
                at = run.of.end;
                runs.push(run);
            }
            None => at += 1,
        }
    }
    runs
}

fn run_at(tokens: &[Token], from: usize) -> Option<Spelled> {
    let mut letters = String::new();
    let (mut sure, mut as_words, mut at) = (0, 0, from);
    let pause = |at: usize| tokens.get(at).map(|token| token.pause);
    // "T H O M A S, R E E D", "M, E, I. C, H, E, N": a greater sign than between the first letters parts two words
    let between = pause(from).filter(|between| pause(from + 1) == Some(*between) || *between == Pause::Comma);
    while let Some((heard, next)) = letter_at(tokens, at) {
        if at > from && between.is_some_and(|between| tokens[at - 1].pause > between) {
            break;
        }
        match heard {
            Heard::Letters(said) => {
                sure += 1;
                letters.push_str(&said);
            }
            Heard::Word(letter) => {
                as_words += 1;
                letters.push(letter);
            }
        }
        at = next;
    }
    let count = letters.chars().count();
    let nato = sure == 0 && (from..at).all(|at| NATO.contains(&tokens[at].word.as_str()));
    let trusted =
        sure >= 2 && sure >= as_words || nato && count >= 3 || sure >= 1 && letters.len() > 2 && as_words <= 1;
    let certainty = match (count, as_words) {
        (0..=2, _) => SHORT,
        (_, 0) => LETTERS,
        (_, _) => AS_WORDS,
    };
    (trusted && count >= 2).then(|| Spelled { value: capitalised(&letters), of: from..at, certainty })
}

enum Heard {
    Letters(String),
    Word(char),
}

/// A letter at `at`, with whatever explains it ("as in boy"), and the token behind.
fn letter_at(tokens: &[Token], at: usize) -> Option<(Heard, usize)> {
    let word = |at: usize| tokens.get(at).map(|token| token.word.as_str());
    let here = word(at)?;
    if here == "double" && word(at + 1) == Some("u") && word(at + 2).is_none_or(|next| next.chars().count() == 1) {
        return Some((Heard::Letters("w".to_owned()), at + 2));
    }
    if here == "double" {
        let (heard, next) = letter_at(tokens, at + 1)?;
        let doubled = match heard {
            Heard::Letters(letter) => letter.repeat(2),
            Heard::Word(letter) => letter.to_string().repeat(2),
        };
        return Some((Heard::Letters(doubled), next));
    }
    if here == "capital" {
        return letter_at(tokens, at + 1);
    }
    if here == "apostrophe" && at > 0 {
        return letter_at(tokens, at + 1).map(|(heard, next)| match heard {
            Heard::Letters(letter) => (Heard::Letters(format!("'{letter}")), next),
            Heard::Word(letter) => (Heard::Letters(format!("'{letter}")), next),
        });
    }
    let mut chars = here.chars();
    let letter = chars.next().filter(|c| c.is_alphabetic() && chars.next().is_none());
    let named = || LETTER_NAMES.iter().find(|(name, _)| *name == here).map(|&(_, letter)| letter);
    let nato = || NATO.contains(&here).then(|| here.chars().next()).flatten();
    let heard = match letter {
        Some(letter) => Heard::Letters(letter.to_string()),
        None => Heard::Word(named().or_else(nato)?),
    };
    let explained = match (word(at + 1), word(at + 2)) {
        (Some("as"), Some("in")) => at + 4,
        (Some("like" | "for"), Some(_)) => at + 3,
        (_, _) => at + 1,
    };
    let first = |at: usize| word(at).and_then(|word| word.chars().next());
    let fits = explained == at + 1
        || matches!((&heard, first(explained - 1)), (Heard::Letters(l), Some(c)) if l.starts_with(c));
    Some((heard, if fits { explained } else { at + 1 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_people_spell() {
        for (text, value) in [
            ("L-O-P-E-Z", "Lopez"),
            ("l o p e z", "Lopez"),
            ("it's L. O. P. E. Z.", "Lopez"),
            ("b as in boy r o w n", "Brown"),
            ("B for bravo, R, O, W, N", "Brown"),
            ("m i double l e r", "Miller"),
            ("W I L double L I A M", "Willliam"),
            ("double u o n g", "Wong"),
            ("o apostrophe b r i e n", "O'Brien"),
            ("lima oscar papa echo zulu", "Lopez"),
            ("M-A-R-I-A, last name L-O-P-E-Z", "Maria Lopez"),
            ("en g u y e n", "Nguyen"),
            ("S-M-I-T-H like it sounds", "Smith"),
            ("T H O M A S, R E E D", "Thomas Reed"),
            ("T, H, O, M, A, S", "Thomas"),
            ("M, E, I. C, H, E, N.", "Mei Chen"),
            ("May 10. MEICH EN October 7, 1943", "Meichen"),
            ("May 10, MEICH, EN, October 7, 1943.", "Meich En"),
            ("Samuel Akonko. SAMUEL. OKONKWO.", "Samuel Okonkwo"),
        ] {
            let slot = spelling(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(slot.value.expose(), value, "{text}");
            assert!(text.contains(slot.heard.expose()) && slot.certainty >= 0.5, "{text}");
        }
        for none in
            ["", "Maria Lopez", "I see you are here", "a cold", "why", "OK Maria Lopez", "MARIA LOPEZ", "DOB May 4th"]
        {
            assert_eq!(spelling(none), None, "{none}");
        }
    }
}

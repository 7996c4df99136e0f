//! What was said, as the words that the grammar of times reads: "a m" is "am", "4pm" is two words, "week-end" is one.

use crate::phrase::numbers::{NumberWord, number_word};
use crate::phrase::token::{Pause, tokens};

/// A word, and whether the speaker, or the recogniser, set a sign behind it.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) pause: bool,
}

/// Two words as one.
const JOINED: &[(&str, &str, &str)] = &[
    ("a", "m", "am"),
    ("p", "m", "pm"),
    ("o", "clock", "o'clock"),
    ("week", "end", "weekend"),
    ("week", "ends", "weekends"),
    ("mid", "day", "midday"),
    ("lunch", "time", "lunch"),
    ("lunch", "hour", "lunch"),
    ("any", "time", "anytime"),
];

/// Two spellings of one word.
const SPELLED: &[(&str, &str)] = &[
    ("oclock", "o'clock"),
    ("lunchtime", "lunch"),
    ("wkend", "weekend"),
    ("tonite", "tonight"),
    ("til", "until"),
    ("till", "until"),
    ("'til", "until"),
    ("thru", "through"),
    ("cannot", "can't"),
    ("cant", "can't"),
    ("wont", "won't"),
    ("doesnt", "doesn't"),
    ("dont", "don't"),
    ("isnt", "isn't"),
];

/// The words of `text`.
pub(super) fn words(text: &str) -> Vec<Word> {
    let tokens = tokens(text);
    let mut words: Vec<Word> = Vec::with_capacity(tokens.len());
    let mut glued = false;
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1);
        let between = next.and_then(|next| text.get(token.at.end..next.at.start));
        let numbers =
            next.is_some_and(|next| is_digits(&token.word) && next.word.starts_with(|c: char| c.is_ascii_digit()));
        let sign = between.filter(|between| numbers && matches!(*between, ":" | "/"));
        let pause = token.pause != Pause::None && sign.is_none();
        match words.last_mut().filter(|_| glued) {
            Some(last) => {
                last.text.push_str(&token.word);
                last.pause = pause;
            }
            None => words.push(Word { text: token.word.clone(), pause }),
        }
        if let (Some(sign), Some(last)) = (sign, words.last_mut()) {
            last.text.push_str(sign);
        }
        glued = sign.is_some();
        let range = between.is_some_and(|between| matches!(between.trim(), "-" | "\u{2013}"));
        let apart = range && between.is_some_and(|between| between.contains(' '));
        if apart || range && next.is_some_and(|next| next.word.starts_with(|c: char| c.is_ascii_digit())) {
            words.push(Word { text: "-".to_owned(), pause: false });
        }
    }
    joined(words.into_iter().flat_map(parted).collect())
}

/// "4pm" -> "4", "pm"; "threeish" -> "three", "ish"; "tuesday's" -> "tuesday".
fn parted(word: Word) -> Vec<Word> {
    let Word { text, pause } = word;
    for ending in ["am", "pm", "ish"] {
        let Some(stem) = text.strip_suffix(ending) else { continue };
        let number = number_word(stem).is_some() || stem.starts_with(|c: char| c.is_ascii_digit());
        if number && !stem.is_empty() {
            return vec![Word { text: stem.to_owned(), pause: false }, Word { text: ending.to_owned(), pause }];
        }
    }
    let text = SPELLED.iter().find(|(spelled, _)| *spelled == text).map_or(text, |(_, meant)| (*meant).to_owned());
    let owned = text.strip_suffix("'s").filter(|stem| stem.ends_with("day") || *stem == "tomorrow");
    vec![Word { text: owned.map_or(text.clone(), str::to_owned), pause }]
}

fn joined(words: Vec<Word>) -> Vec<Word> {
    let mut out: Vec<Word> = Vec::with_capacity(words.len());
    for word in words {
        let whole = out.last().filter(|last| !last.pause || word.text == "m").and_then(|last| {
            JOINED
                .iter()
                .find(|(first, second, _)| *first == last.text && *second == word.text)
                .map(|(_, _, whole)| *whole)
        });
        match (whole, out.last_mut()) {
            (Some(whole), Some(last)) => *last = Word { text: whole.to_owned(), pause: word.pause },
            (_, _) => out.push(word),
        }
    }
    out
}

fn is_digits(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

/// A number below 100 at `at`, in words or digits, and the place behind it. "a" and "an" count as one before a unit only,
/// which the caller knows.
pub(super) fn number(words: &[Word], at: usize) -> Option<(i16, usize)> {
    let word = words.get(at)?;
    match number_word(&word.text) {
        Some(NumberWord::Digit(0) | NumberWord::Hundred | NumberWord::Thousand) => None,
        Some(NumberWord::Digit(n) | NumberWord::Teen(n)) => Some((n as i16, at + 1)),
        Some(NumberWord::Tens(tens)) => {
            let unit = words.get(at + 1).filter(|_| !word.pause).and_then(|next| match number_word(&next.text) {
                Some(NumberWord::Digit(unit)) if unit > 0 => Some(unit),
                Some(
                    NumberWord::Digit(_)
                    | NumberWord::Teen(_)
                    | NumberWord::Tens(_)
                    | NumberWord::Hundred
                    | NumberWord::Thousand,
                )
                | None => None,
            });
            Some(unit.map_or((tens as i16, at + 1), |unit| ((tens + unit) as i16, at + 2)))
        }
        None => word.text.parse().ok().filter(|n| (0..100).contains(n) && is_digits(&word.text)).map(|n| (n, at + 1)),
    }
}

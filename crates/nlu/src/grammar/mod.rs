//! Values out of the caller's own words. A model may only point at words; numbers, dates, times and names come from here.
//!
//! Each function takes what was said, with the little context it needs, and gives at most one [`Slot`]: the value, the
//! very words it came from (a substring of the text), and a certainty. At 0.5 and above the value is read back to the
//! caller; below, it is asked for again. All are total: they take any text and never panic. English only.

mod birth;
pub(crate) mod callers;
pub(crate) mod choice;
pub(crate) mod directive;
mod dose;
pub(crate) mod language;
mod listed;
mod name_words;
mod names;
pub(crate) mod plain;
pub(crate) mod reason;
mod spelled;
pub(crate) mod staff;
mod supply;
mod telephones;
mod times;
mod yes_or_no;

use std::ops::Range;

use domain::{Phi, Slot};

use crate::phrase::token::Token;

pub use birth::date_of_birth;
pub use dose::dose;
pub use listed::{drug, pharmacy, provider};
pub(crate) use name_words::{BARE, INTRODUCED};
pub use names::name;
pub use spelled::spelling;
pub use supply::days_left;
pub use telephones::telephone;
pub use times::when;
pub(crate) use times::{after_offered, warm_up};
pub use yes_or_no::{all_is_well, yes_no};

/// A value that was read from the tokens `of`.
fn slot<T>(value: T, text: &str, tokens: &[Token], of: Range<usize>, certainty: f32) -> Option<Slot<T>> {
    let (first, last) = (tokens.get(of.start)?, tokens.get(of.end.checked_sub(1)?)?);
    let heard = text.get(first.at.start..last.at.end)?;
    Some(Slot { value: Phi::new(value), heard: Phi::from(heard), certainty })
}

/// "maria" -> "Maria"; what the recogniser wrote with a capital inside ("McDonald") stays.
fn capitalised(word: &str) -> String {
    if word.chars().skip(1).any(char::is_uppercase) && word.chars().any(char::is_lowercase) {
        return word.to_owned();
    }
    let mut upper = true;
    let letter = |c: char| {
        let out: String = if upper { c.to_uppercase().collect() } else { c.to_lowercase().collect() };
        upper = matches!(c, '-' | '\'' | '\u{2019}' | ' ');
        out
    };
    word.chars().map(letter).collect()
}

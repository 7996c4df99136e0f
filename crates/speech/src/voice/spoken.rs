//! What a person would say for a written line: [`spoken`].
//!
//! A phonemiser reads "555-0142" as "five hundred fifty five dash" and "mg" as "em gee", so every number, date,
//! time, dose and abbreviation becomes words first. The rules are regular expressions, one file per kind, applied one
//! after the other; the earlier and more special rule wins because it leaves no digits for the later ones.
//!
//! Promises, tested on arbitrary text: no panic, no digit and no bracket is left, and words stay as they are.
//!
//! ```
//! use speech::voice::spoken::spoken;
//! assert_eq!(spoken("Dr. Lopez, 2:30 p.m., 5 mg."), "doctor Lopez, two thirty p m, five milligrams.");
//! ```

/// A regular expression that is compiled at its first use.
macro_rules! pattern {
    ($written:expr $(,)?) => {
        LazyLock::new(|| Regex::new(AsRef::<str>::as_ref(&$written)).expect("a constant pattern"))
    };
}

mod abbreviation;
mod address;
mod date;
mod dose;
mod money;
mod number;
mod spelling;
mod telephone;
mod time;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Special before general. `number` comes last and takes whatever digits are left.
const RULES: [fn(&str) -> String; 11] = [
    plain_signs,
    telephone::say,
    address::say,
    spelling::say,
    money::say,
    time::say,
    abbreviation::say,
    dose::say,
    date::say,
    number::say,
    signs,
];

/// `text` in words, as a person would read it to a caller. Words, sentence punctuation and letters in capitals that
/// are spelled ("L O P E Z") stay.
pub fn spoken(text: &str) -> String {
    RULES.iter().fold(text.to_owned(), |text, rule| rule(&text))
}

/// The typographic forms that the rules would otherwise all have to know.
fn plain_signs(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{2018}' | '\u{2019}' => plain.push('\''),
            '\u{2010}' | '\u{2011}' => plain.push('-'),
            '½' => plain.push_str(" 1/2"),
            '¼' => plain.push_str(" 1/4"),
            '¾' => plain.push_str(" 3/4"),
            '…' => plain.push_str(", "),
            c if c.is_whitespace() || c.is_control() => plain.push(' '),
            c => plain.push(c),
        }
    }
    plain
}

static SIGN: LazyLock<Regex> = pattern!(r"[&@+=%°$€£#/]");
static DASH: LazyLock<Regex> = pattern!(r"\s[-–—]+(?:\s|$)|[–—]|\.{2,}|[()]");
static UNSAID: LazyLock<Regex> = pattern!(r#"["“”„«»\[\]{}<>*_~^|\\`§]"#);
static SPACES: LazyLock<Regex> = pattern!(r"\s+");
static BEFORE_STOP: LazyLock<Regex> = pattern!(r"[\s,]*([.,;:?!])(?:\s*,)*");

/// Says the signs that stand alone, turns brackets and dashes into pauses and tidies up the spaces.
fn signs(text: &str) -> String {
    let text = SIGN.replace_all(text, |c: &Captures| match &c[0] {
        "&" => " and ",
        "@" => " at ",
        "+" => " plus ",
        "=" => " equals ",
        "%" => " percent ",
        "°" => " degrees ",
        "$" => " dollars ",
        "€" => " euros ",
        "£" => " pounds ",
        "#" => " number ",
        _ => " slash ",
    });
    let text = DASH.replace_all(&text, ", ");
    let text = UNSAID.replace_all(&text, " ");
    let text = BEFORE_STOP.replace_all(&text, "$1");
    let text = SPACES.replace_all(&text, " ");
    text.trim_start_matches([' ', ',']).trim_end().to_owned()
}

/// Whether a full stop before `rest` ends a sentence, and not only an abbreviation.
fn sentence_ends(rest: &str) -> bool {
    let next = rest.trim_start();
    next.is_empty() || (rest.starts_with(' ') && next.starts_with(|c: char| c.is_uppercase()))
}

//! Letters apart and addresses of the net: "L-O-P-E-Z" is "L O P E Z", "a@b.com" is "a at b dot com".

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::abbreviation::apart;
use super::sentence_ends;

static SPELLED: LazyLock<Regex> = pattern!(r"\b[A-Z](?:-[A-Z])+\b");
static DOTTED: LazyLock<Regex> = pattern!(r"\b(?:[A-Z]\.\s?){2,}");
static INITIAL: LazyLock<Regex> = pattern!(r"\b([A-Z][a-z]+\s[A-Z])\.(\s[A-Z])");
static AT: LazyLock<Regex> = pattern!(r"([\w.+-]+)@([\w-]+(?:\.[\w-]+)+)");
static SITE: LazyLock<Regex> = pattern!(r"(?i)\b(?:https?://)?((?:[a-z\d-]+\.)+(?:com|org|net|edu|gov|health|io))\b");

pub(super) fn say(text: &str) -> String {
    let text = AT.replace_all(text, |c: &Captures| format!("{} at {}", dots(&c[1]), dots(&c[2])));
    let text = SITE.replace_all(&text, |c: &Captures| dots(&c[1]));
    let text = SPELLED.replace_all(&text, |c: &Captures| c[0].replace('-', " "));
    let text = DOTTED.replace_all(&text, |c: &Captures| {
        let rest = &text[c.get(0).map_or(0, |whole| whole.end())..];
        let letters: String = c[0].chars().filter(char::is_ascii_uppercase).collect();
        let space = if c[0].ends_with(' ') { " " } else { "" };
        // The trailing space belongs to the match, so what follows begins with the next word.
        let stop = if sentence_ends(&format!("{space}{rest}")) && letters.len() > 2 { "." } else { "" };
        format!("{}{stop}{space}", apart(&letters))
    });
    INITIAL.replace_all(&text, "$1$2").into_owned()
}

fn dots(address: &str) -> String {
    address.replace('.', " dot ").replace('-', " dash ").replace('_', " underscore ").replace('+', " plus ")
}

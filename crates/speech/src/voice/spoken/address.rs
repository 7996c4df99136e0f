//! Street addresses: "1428 Elm St." is "fourteen twenty eight Elm St.", "MA 02139" ends digit by digit.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::number::{cardinal, digits, pair};

static HOUSE: LazyLock<Regex> = pattern!(
    r"\b(\d{3,5})(\s(?:(?:N|S|E|W|North|South|East|West)\b\.?\s)?(?:\d+(?:st|nd|rd|th)|[A-Z][a-z]+(?:\s[A-Z][a-z]+)?)\s(?:St|Ave|Rd|Dr|Ln|Ct|Pl|Blvd|Hwy|Pkwy|Expy|Street|Avenue|Road|Drive|Lane|Court|Place|Boulevard|Highway|Parkway|Way|Square|Broadway)\b)"
);
static ZIP: LazyLock<Regex> = pattern!(r"\b([A-Z]{2},?\s)(\d{5})(?:-(\d{4}))?\b");

pub(super) fn say(text: &str) -> String {
    let text = HOUSE.replace_all(text, |c: &Captures| format!("{}{}", house(&c[1]), &c[2]));
    ZIP.replace_all(&text, |c: &Captures| {
        let rest = c.get(3).map_or_else(String::new, |m| format!(", {}", digits(m.as_str())));
        format!("{}{}{rest}", &c[1], digits(&c[2]))
    })
    .into_owned()
}

/// In pairs from the end: 708 is "seven oh eight", 2788 "twenty seven eighty eight". Round ones are plain numbers.
fn house(number: &str) -> String {
    match number.parse::<u64>() {
        Ok(n) if n.is_multiple_of(1000) => cardinal(n),
        Ok(n @ 100..=9999) => format!("{} {}", cardinal(n / 100), pair(n % 100)),
        Ok(_) | Err(_) => digits(number),
    }
}

//! Numbers as words, and the rule that says every number which no other rule has claimed.
//!
//! American English without "and": 1,140 is "one thousand one hundred forty".

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::number_words::{ONES, TENS};

const SCALES: [(u64, &str); 5] = [
    (1_000_000_000_000_000, "quadrillion"),
    (1_000_000_000_000, "trillion"),
    (1_000_000_000, "billion"),
    (1_000_000, "million"),
    (1_000, "thousand"),
];

/// A longer string of digits is an account or a case, not an amount: nobody can follow "four million eight hundred
/// twenty one thousand and six".
const LONGEST_AMOUNT_DIGITS: usize = 5;

/// The words of `n`: 142 is "one hundred forty two". Above 10^18 the digits are said one by one.
pub(super) fn cardinal(n: u64) -> String {
    if n < 20 {
        return ONES[n as usize].to_owned();
    }
    if n < 100 {
        return join(TENS[(n / 10) as usize - 2], n % 10);
    }
    if n < 1000 {
        return join(&format!("{} hundred", ONES[(n / 100) as usize]), n % 100);
    }
    if n >= 1000 * SCALES[0].0 {
        return digits(&n.to_string());
    }
    let (scale, name) = SCALES.iter().find(|(scale, _)| n >= *scale).expect("n is at least a thousand");
    join(&format!("{} {name}", cardinal(n / scale)), n % scale)
}

/// The ordinal of `n`: 21 is "twenty first".
pub(super) fn ordinal(n: u64) -> String {
    let words = cardinal(n);
    let (head, last) = words.rsplit_once(' ').map_or(("", words.as_str()), |(head, last)| (head, last));
    let last = match last {
        "one" => "first".to_owned(),
        "two" => "second".to_owned(),
        "three" => "third".to_owned(),
        "five" => "fifth".to_owned(),
        "eight" => "eighth".to_owned(),
        "nine" => "ninth".to_owned(),
        "twelve" => "twelfth".to_owned(),
        tens if tens.ends_with('y') => format!("{}ieth", &tens[..tens.len() - 1]),
        other => format!("{other}th"),
    };
    if head.is_empty() { last } else { format!("{head} {last}") }
}

/// The digits of `text` one by one, everything else left out: "0142" is "zero one four two".
pub(super) fn digits(text: &str) -> String {
    let names: Vec<&str> = text.chars().filter_map(|c| c.to_digit(10)).map(|d| ONES[d as usize]).collect();
    names.join(" ")
}

/// A two-digit group as in years, prices and house numbers: 05 is "oh five", 00 is "hundred".
pub(super) fn pair(n: u64) -> String {
    match n {
        0 => "hundred".to_owned(),
        1..=9 => format!("oh {}", ONES[n as usize]),
        _ => cardinal(n),
    }
}

/// A number as it is written, with commas between thousands and a decimal point: "1,200.50".
pub(super) fn written(text: &str) -> String {
    let plain = text.replace(',', "");
    let (whole, fraction) = plain.split_once('.').map_or((plain.as_str(), None), |(w, f)| (w, Some(f)));
    let whole_words = match whole.parse::<u64>() {
        Ok(n) => cardinal(n),
        Err(_) if whole.is_empty() => "zero".to_owned(),
        Err(_) => digits(whole),
    };
    match fraction {
        Some(fraction) if !fraction.is_empty() => format!("{whole_words} point {}", digits(fraction)),
        Some(_) | None => whole_words,
    }
}

/// Whether the number as written is exactly one, so that its noun stays singular.
pub(super) fn is_one(text: &str) -> bool {
    text == "1"
}

fn join(head: &str, rest: u64) -> String {
    if rest == 0 { head.to_owned() } else { format!("{head} {}", cardinal(rest)) }
}

static ORDINAL: LazyLock<Regex> = pattern!(r"(?i)\b(\d{1,3}(?:,\d{3})+|\d+)(st|nd|rd|th)\b");
static PERCENT: LazyLock<Regex> = pattern!(r"(\d[\d,]*(?:\.\d+)?)\s?%");
static RANGE: LazyLock<Regex> = pattern!(r"\b(\d{1,4})\s?[-–]\s?(\d{1,4})\b");
// Case and insurance numbers: read group by group.
static GROUPED: LazyLock<Regex> = pattern!(r"\b\d+(?:-\d+){2,}\b");
static FRACTION: LazyLock<Regex> = pattern!(r"\b(?:(\d+)\s)?([1-9])/([2-9])(?:rds?|ths?)?\b");
static SLASHED: LazyLock<Regex> = pattern!(r"\b(\d+)/(\d+)\b");
static CODE: LazyLock<Regex> = pattern!(
    r"(?i)\b(reference|ref|code|case|confirmation|zip|pin|id|account|member|extension|ext\.?|room|suite|apartment|number|no\.|press)(\s(?:number\s|is\s|no\.\s)?|\s?#\s?)(\d+)\b",
);
static LETTERED: LazyLock<Regex> = pattern!(r"\b(?:\d+[A-Za-z]|[A-Za-z]+-?\d)[A-Za-z\d]*\b");
static PLAIN: LazyLock<Regex> = pattern!(r"(^|[\s(])?([-−])?(\d{1,3}(?:,\d{3})+|\d*)(\.\d+)?");

/// Says ordinals, percentages, fractions, ranges, codes, "B12" and whatever digits are left.
pub(super) fn say(text: &str) -> String {
    let text = GROUPED.replace_all(text, |c: &Captures| c[0].split('-').map(digits).collect::<Vec<_>>().join(", "));
    let text = CODE.replace_all(&text, |c: &Captures| format!("{}{}{}", &c[1], &c[2], code(&c[3])));
    let text = ORDINAL.replace_all(&text, |c: &Captures| match c[1].replace(',', "").parse() {
        Ok(n) => ordinal(n),
        Err(_) => format!("{} {}", digits(&c[1]), &c[2]),
    });
    let text = PERCENT.replace_all(&text, |c: &Captures| format!("{} percent", written(&c[1])));
    let text = FRACTION.replace_all(&text, fraction);
    let text = RANGE.replace_all(&text, |c: &Captures| format!("{} to {}", amount(&c[1]), amount(&c[2])));
    let text = SLASHED.replace_all(&text, |c: &Captures| format!("{} slash {}", amount(&c[1]), amount(&c[2])));
    let text = LETTERED.replace_all(&text, |c: &Captures| lettered(&c[0]));
    let text = PLAIN.replace_all(&text, plain);
    let rest = text.chars().flat_map(|c| match c.to_digit(10) {
        Some(d) => format!(" {} ", ONES[d as usize]).chars().collect::<Vec<_>>(),
        None if c.is_numeric() => vec![' '],
        None => vec![c],
    });
    rest.collect()
}

/// A short code such as "room 12" is a number; three digits and more are read out.
fn code(text: &str) -> String {
    if text.len() < 3 && !text.starts_with('0') { amount(text) } else { digits(text) }
}

/// Digits without a comma or a point: an amount, a year, or an identifier by its length and its first digit.
fn amount(text: &str) -> String {
    match text.parse::<u64>() {
        Ok(year @ (1900..=1999 | 2010..=2099)) if text.len() == 4 => super::date::year(year),
        Ok(n) if text.len() <= LONGEST_AMOUNT_DIGITS && (text.len() == 1 || !text.starts_with('0')) => cardinal(n),
        Ok(n) if text.ends_with("000") && !text.starts_with('0') => cardinal(n),
        Ok(_) | Err(_) => digits(text),
    }
}

fn fraction(c: &Captures) -> String {
    let (top, bottom) = (c[2].parse().unwrap_or(1), c[3].parse().unwrap_or(2));
    let part = match (top, bottom) {
        (1, 2) => "half".to_owned(),
        (1, 4) => "quarter".to_owned(),
        (1, _) => ordinal(bottom),
        (_, 2) => "halves".to_owned(),
        (_, 4) => "quarters".to_owned(),
        (_, _) => format!("{}s", ordinal(bottom)),
    };
    match c.get(1) {
        None => format!("{} {part}", cardinal(top)),
        Some(whole) if top == 1 && part == "half" => format!("{} and a half", amount(whole.as_str())),
        Some(whole) => format!("{} and {} {part}", amount(whole.as_str()), cardinal(top)),
    }
}

/// "B12" is "B twelve", "A1C" is "A one C", "25d08" is "twenty five d zero eight".
fn lettered(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut run = String::new();
    for c in text.chars().chain(std::iter::once('-')) {
        let goes_on = run.chars().last().is_none_or(|last| last.is_ascii_digit() == c.is_ascii_digit()) && c != '-';
        if !goes_on {
            let said = if run.starts_with(|c: char| c.is_ascii_digit()) { amount(&run) } else { run.clone() };
            words.push(said);
            run.clear();
        }
        if c != '-' {
            run.push(c);
        }
    }
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

fn plain(c: &Captures) -> String {
    let before = c.get(1).map_or("", |m| m.as_str());
    let (whole, fraction) = (&c[3], c.get(4).map_or("", |m| m.as_str()));
    if whole.is_empty() && fraction.is_empty() {
        return c[0].to_owned();
    }
    // A dash counts as a minus only after a space or at the start; elsewhere it joins words.
    let minus = match (c.get(2), c.get(1)) {
        (Some(_), Some(_)) => "minus ",
        (Some(_), None) => " ",
        (None, _) => "",
    };
    let words = match (whole.is_empty(), fraction.is_empty(), whole.contains(',')) {
        (true, _, _) => format!(" point {}", digits(fraction)),
        (false, true, false) => amount(whole),
        (false, true, true) | (false, false, _) => written(&format!("{whole}{fraction}")),
    };
    format!("{before}{minus}{words}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_words() {
        for (n, words, nth) in [
            (0, "zero", "zeroth"),
            (13, "thirteen", "thirteenth"),
            (20, "twenty", "twentieth"),
            (42, "forty two", "forty second"),
            (100, "one hundred", "one hundredth"),
            (1_140, "one thousand one hundred forty", "one thousand one hundred fortieth"),
            (2_000_012, "two million twelve", "two million twelfth"),
        ] {
            assert_eq!(cardinal(n), words);
            assert_eq!(ordinal(n), nth);
        }
        assert!(cardinal(u64::MAX).starts_with("one eight four four"));
    }
}

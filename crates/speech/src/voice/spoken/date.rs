//! Dates and years: "Tue., Nov. 24, 2026" is "Tuesday, November twenty fourth, twenty twenty six".

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::number::{cardinal, ordinal, pair};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
// "may" and "mar" need their capital letter: they are far more often words of their own.
const MONTH: &str = r"((?i:Jan|Feb|Apr|June?|July?|Aug|Sept?|Oct|Nov|Dec)|Mar|May|MAR|MAY)(?i:uary|ruary|ch|il|ust|ember|tember|ober)?\.?";

static WEEKDAY: LazyLock<Regex> =
    pattern!(r"\b(Mon|Tues?|Wed|Thu|Thurs?|Fri|Sat|Sun)(\.|,?\s\d|,?\s[A-Z][a-z]+\.?\s\d)");
static ISO: LazyLock<Regex> = pattern!(r"\b(\d{4})[-/](\d{1,2})[-/](\d{1,2})\b");
static SLASHED: LazyLock<Regex> = pattern!(r"\b(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d{2}))?\b");
static MONTH_DAY: LazyLock<Regex> =
    pattern!(format!(r"\b{MONTH}\s(\d{{1,2}})(?:st|nd|rd|th)?\b(?:(,?)\s(\d{{4}})\b)?"));
static DAY_MONTH: LazyLock<Regex> =
    pattern!(format!(r"\b(?:the\s)?(\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?{MONTH}(?:(,?)\s(\d{{4}}))?\b"));
static MONTH_YEAR: LazyLock<Regex> = pattern!(format!(r"\b{MONTH},?\s(\d{{4}})\b"));
static DECADE: LazyLock<Regex> = pattern!(r"\b(1[89]|20)(\d)0'?s\b");

pub(super) fn say(text: &str) -> String {
    let text = WEEKDAY
        .replace_all(text, |c: &Captures| format!("{}{}", weekday(&c[1]), if &c[2] == "." { "" } else { &c[2] }));
    let text = ISO.replace_all(&text, |c: &Captures| numeric(&c[0], &c[2], &c[3], Some(&c[1])));
    let text = SLASHED.replace_all(&text, |c: &Captures| {
        // Without a year, 1/2 and the like are rather fractions.
        match (c.get(3), &c[1], c[2].len()) {
            (None, "1" | "2" | "3", 1) => c[0].to_owned(),
            (year, _, _) => numeric(&c[0], &c[1], &c[2], year.map(|y| y.as_str())),
        }
    });
    let text = MONTH_DAY.replace_all(&text, |c: &Captures| match c[2].parse() {
        Ok(day @ 1..=31) => format!("{} {}{}", month(&c[1]), ordinal(day), after(c.get(4).map(|y| y.as_str()))),
        Ok(_) | Err(_) => c[0].to_owned(),
    });
    let text = DAY_MONTH.replace_all(&text, |c: &Captures| match c[1].parse() {
        Ok(day @ 1..=31) => {
            format!("the {} of {}{}", ordinal(day), month(&c[2]), after(c.get(4).map(|y| y.as_str())))
        }
        Ok(_) | Err(_) => c[0].to_owned(),
    });
    let text = MONTH_YEAR
        .replace_all(&text, |c: &Captures| format!("{}{}", month(&c[1]), after(Some(&c[2])).replace(',', "")));
    DECADE.replace_all(&text, decade).into_owned()
}

/// The year as people say it: 1985 "nineteen eighty five", 2005 "two thousand five", 2026 "twenty twenty six".
pub(super) fn year(year: u64) -> String {
    match year {
        2000..=2009 | 1000..=1009 => cardinal(year),
        1010..=2099 => format!("{} {}", cardinal(year / 100), pair(year % 100)),
        _ => cardinal(year),
    }
}

fn after(written_year: Option<&str>) -> String {
    written_year.and_then(|y| y.parse().ok()).map_or_else(String::new, |y| format!(", {}", year(y)))
}

fn numeric(written: &str, month_digits: &str, day_digits: &str, year_digits: Option<&str>) -> String {
    let (Ok(month @ 1..=12), Ok(day @ 1..=31)) = (month_digits.parse::<usize>(), day_digits.parse()) else {
        return written.to_owned();
    };
    let year_words = match year_digits {
        Some(short) if short.len() == 2 => format!(", {}", pair(short.parse().unwrap_or(0))),
        other => after(other),
    };
    format!("{} {}{year_words}", MONTHS[month - 1], ordinal(day))
}

fn month(written: &str) -> &'static str {
    let matches = |name: &&&str| name[..3].eq_ignore_ascii_case(&written[..3]);
    MONTHS.iter().find(matches).copied().unwrap_or("")
}

fn weekday(written: &str) -> &'static str {
    WEEKDAYS.iter().find(|name| name.starts_with(&written[..3])).copied().unwrap_or("")
}

fn decade(c: &Captures) -> String {
    if &c[2] == "0" {
        return format!("{}s", year(c[1].parse::<u64>().unwrap_or(19) * 100));
    }
    let tens = cardinal(c[2].parse::<u64>().unwrap_or(0) * 10);
    let century = cardinal(c[1].parse().unwrap_or(19));
    match tens.strip_suffix('y') {
        Some(stem) => format!("{century} {stem}ies"),
        None => format!("{century} {tens}s"),
    }
}

//! Doses and measurements: "5 mg" is "five milligrams", "120/80" is "one twenty over eighty".

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::number::{cardinal, is_one, pair, written};
use super::sentence_ends;

/// As written (case counts only where two units differ by it), singular, plural.
const UNITS: &[(&str, &str, &str)] = &[
    ("mmHg", "millimeter of mercury", "millimeters of mercury"),
    ("mmol", "millimole", "millimoles"),
    ("mcg", "microgram", "micrograms"),
    ("µg", "microgram", "micrograms"),
    ("μg", "microgram", "micrograms"),
    ("mEq", "milliequivalent", "milliequivalents"),
    ("mg", "milligram", "milligrams"),
    ("kg", "kilogram", "kilograms"),
    ("g", "gram", "grams"),
    ("mL", "milliliter", "milliliters"),
    ("dL", "deciliter", "deciliters"),
    ("cc", "c c", "c c"),
    ("L", "liter", "liters"),
    ("IU", "international unit", "international units"),
    ("bpm", "beat per minute", "beats per minute"),
    ("mph", "mile per hour", "miles per hour"),
    ("lbs", "pound", "pounds"),
    ("lb", "pound", "pounds"),
    ("oz", "ounce", "ounces"),
    ("mm", "millimeter", "millimeters"),
    ("cm", "centimeter", "centimeters"),
    ("km", "kilometer", "kilometers"),
    ("m", "meter", "meters"),
    ("ft", "foot", "feet"),
    ("tbsp", "tablespoon", "tablespoons"),
    ("tsp", "teaspoon", "teaspoons"),
    ("tabs", "tablet", "tablets"),
    ("tab", "tablet", "tablets"),
    ("hrs", "hour", "hours"),
    ("hr", "hour", "hours"),
    ("h", "hour", "hours"),
    ("mins", "minute", "minutes"),
    ("min", "minute", "minutes"),
    ("secs", "second", "seconds"),
    ("sec", "second", "seconds"),
    ("wks", "week", "weeks"),
    ("wk", "week", "weeks"),
    ("yrs", "year", "years"),
    ("yr", "year", "years"),
    ("mi", "mile", "miles"),
    ("°F", "degree Fahrenheit", "degrees Fahrenheit"),
    ("°C", "degree Celsius", "degrees Celsius"),
    ("°", "degree", "degrees"),
];

const AMOUNT: &str = r"\d[\d,]*(?:\.\d+)?|\.\d+";

static PRESSURE: LazyLock<Regex> = pattern!(r"\b(\d{2,3})/(\d{2,3})(/\d+)?\b");
static TIMES: LazyLock<Regex> = pattern!(r"\b(\d+(?:\.\d+)?)\s?[x×](?:\s(daily|a day|per day|a week|weekly)|\b)");
static MEASURED: LazyLock<Regex> = pattern!(format!(
    r"(?i)(\d+\s\d/\d|\b\d/\d|{AMOUNT})(?:\s?[-–]\s?({AMOUNT}))?[\s-]?({unit})(?:\s?/\s?(?:({AMOUNT})\s?)?({unit}))?(\.|\b|$)",
    unit = units()
));
static RATE: LazyLock<Regex> = pattern!(format!(r"\b({0})/({0}|day|dose|hour|week)\b", units()));
static PER: LazyLock<Regex> =
    pattern!(r"(?i)/(month|mo|year|yr|week|wk|day|d|hour|hr|h|visit|dose|minute|min|kg)\b\.?");
static ALONE: LazyLock<Regex> = pattern!(r"\b(mg|mcg|mL|mmHg)\b");

pub(super) fn say(text: &str) -> String {
    let text = PRESSURE.replace_all(text, pressure);
    let text = measured(&text);
    let text = TIMES.replace_all(&text, |c: &Captures| {
        let times = if is_one(&c[1]) { "time" } else { "times" };
        let often = c.get(2).map_or_else(String::new, |often| format!(" {}", often.as_str()));
        format!("{} {times}{often}", written(&c[1]))
    });
    let text = RATE.replace_all(&text, |c: &Captures| format!("{} per {}", many(&c[1]), one(&c[2])));
    let text = PER.replace_all(&text, |c: &Captures| match &c[1] {
        "mo" => " per month".to_owned(),
        "d" => " per day".to_owned(),
        unit => format!(" per {}", one(unit)),
    });
    ALONE.replace_all(&text, |c: &Captures| many(&c[1]).to_owned()).into_owned()
}

/// Blood pressure, told from dates and fractions by its size.
fn pressure(c: &Captures) -> String {
    match (c[1].parse(), c[2].parse(), c.get(3)) {
        (Ok(upper @ 60..=260), Ok(lower @ 30..=160), None) if upper > lower => {
            format!("{} over {}", hundreds(upper), hundreds(lower))
        }
        (_, _, _) => c[0].to_owned(),
    }
}

/// 120 as "one twenty", 105 as "one oh five".
fn hundreds(n: u64) -> String {
    if n < 100 || n.is_multiple_of(100) { cardinal(n) } else { format!("{} {}", cardinal(n / 100), pair(n % 100)) }
}

fn measured(text: &str) -> String {
    let say = |c: &Captures| {
        let whole = c.get(0).expect("group 0 is the match");
        // A single capital is no unit: "0.1 M"; only the liter is written so.
        if c[3].len() == 1 && c[3].starts_with(|unit: char| unit.is_uppercase() && unit != 'L') {
            return whole.as_str().to_owned();
        }
        let last = c.get(2).map_or(&c[1], |to| to.as_str());
        let range = c.get(2).map_or_else(String::new, |to| format!(" to {}", written(to.as_str())));
        let unit = if is_one(last) || last == "1/2" { one(&c[3]) } else { many(&c[3]) };
        let per = match (c.get(4), c.get(5)) {
            (Some(every), Some(per)) => format!(" per {} {}", written(every.as_str()), many(per.as_str())),
            (None, Some(per)) => format!(" per {}", one(per.as_str())),
            (_, None) => String::new(),
        };
        let apart = if text[..whole.start()].ends_with(|before: char| before.is_ascii_alphabetic()) { " " } else { "" };
        let stop = if &c[6] == "." && sentence_ends(&text[whole.end()..]) { "." } else { "" };
        format!("{apart}{}{range} {unit}{per}{stop}", quantity(&c[1]))
    };
    MEASURED.replace_all(text, say).into_owned()
}

/// An amount that may be a fraction; the number rule finishes those.
fn quantity(text: &str) -> String {
    match text {
        "1/2" => "half a".to_owned(),
        fraction if fraction.contains('/') => super::number::say(fraction),
        amount => written(amount),
    }
}

fn units() -> String {
    UNITS.iter().map(|(unit, _, _)| regex::escape(unit)).collect::<Vec<_>>().join("|")
}

fn one(unit: &str) -> &str {
    named(unit).map_or(unit, |(_, one, _)| one)
}

fn many(unit: &str) -> &str {
    named(unit).map_or(unit, |(_, _, many)| many)
}

fn named(unit: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    let exact = UNITS.iter().find(|(name, _, _)| *name == unit);
    exact.or_else(|| UNITS.iter().find(|(name, _, _)| name.to_lowercase() == unit.to_lowercase()))
}

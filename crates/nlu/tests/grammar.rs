//! Promises of the grammars over generated callers, and the table of times that people say.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use domain::{Asked, OpenHours};
use jiff::Zoned;
use jiff::civil::{Date, Weekday, date, time};
use nlu::grammar::{date_of_birth, drug, name, pharmacy, provider, spelling, telephone, when, yes_no};
use proptest::prelude::*;

const DIGITS: [&str; 10] = ["oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const TEENS: [&str; 10] =
    ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"];
const TENS: [&str; 10] = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// Two digits as one number, where that can be understood: "forty" before a digit could be forty-something.
fn as_number(tens: u8, units: u8) -> Option<String> {
    match (usize::from(tens), usize::from(units)) {
        (1, units) => Some(TEENS[units].to_owned()),
        (0, _) | (_, 0) => None,
        (tens, units) => Some(format!("{} {}", TENS[tens], DIGITS[units])),
    }
}

/// Says digits in the styles of `choices`, one for each digit where it begins something.
fn said(digits: &[u8], choices: &[u8]) -> String {
    let (mut words, mut at): (Vec<String>, usize) = (Vec::new(), 0);
    while at < digits.len() {
        let rest = &digits[at..];
        let single = if choices[at].is_multiple_of(2) && rest[0] == 0 { "zero" } else { DIGITS[usize::from(rest[0])] };
        let (word, used) = match (choices[at], rest) {
            (0, [a, b, c, ..]) if a == b && b == c => (format!("triple {single}"), 3),
            (0 | 1, [a, b, ..]) if a == b => (format!("double {single}"), 2),
            (2, [a, 0, 0, ..]) if *a > 0 => (format!("{single} hundred"), 3),
            (3, [a, b, ..]) => as_number(*a, *b).map_or((single.to_owned(), 1), |word| (word, 2)),
            (4, [a, ..]) => (a.to_string(), 1),
            (_, _) => (single.to_owned(), 1),
        };
        words.push(if choices[at] == 5 { format!("{word},") } else { word });
        at += used;
    }
    words.join(" ")
}

fn national_number() -> impl Strategy<Value = Vec<u8>> {
    let leading = 2_u8..=9;
    (leading.clone(), prop::collection::vec(0_u8..=9, 2), leading, prop::collection::vec(0_u8..=9, 6))
        .prop_map(|(area, mut rest, exchange, line)| {
            rest.insert(0, area);
            rest.push(exchange);
            rest.extend(line);
            rest
        })
        .prop_filter("said once, not twice", |digits| digits[..5] != digits[5..])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_number_said_in_any_style_is_that_number(digits in national_number(), choices in prop::collection::vec(0_u8..=8, 10)) {
        let text = format!("my number is {} thank you", said(&digits, &choices));
        let written: String = digits.iter().map(u8::to_string).collect();
        let slot = telephone(&text, Some("555"));
        let slot = slot.ok_or_else(|| TestCaseError::fail(text.clone()))?;
        prop_assert_eq!(slot.value.expose().national_digits(), written, "{}", text);
        prop_assert!(text.contains(slot.heard.expose()));
    }

    #[test]
    fn a_date_said_in_any_style_is_that_date(days in 0_i64..40_000, style in 0_u8..4) {
        let today = date(2026, 11, 18);
        let born = today.saturating_sub(jiff::Span::new().days(days));
        let text = birth_as_said(born, style);
        let slot = date_of_birth(&text, today).ok_or_else(|| TestCaseError::fail(text.clone()))?;
        prop_assert_eq!(*slot.value.expose(), born, "{}", text);
    }

    #[test]
    fn any_text_is_read(text in "\\PC{0,120}") {
        read_all(&text);
    }

    #[test]
    fn any_words_are_read(words in prop::collection::vec("(oh|double|five|hundred|thousand|twenty|march|first|7|99999999999|\\+|at|before|noon|as|in|L|my name is|tomorrow|31|2/30|:)", 0..12)) {
        read_all(&words.join(" "));
    }
}

fn birth_as_said(born: Date, style: u8) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "february",
        "march",
        "april",
        "May",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let (year, month, day) = (born.year(), born.month() as usize, born.day());
    let two_digits = |value: i16| match value {
        0..=9 => format!("oh {}", DIGITS[value as usize]),
        _ => as_number((value / 10) as u8, (value % 10) as u8).unwrap_or_else(|| TENS[value as usize / 10].to_owned()),
    };
    match style {
        0 => format!("{} {day}, {year}", MONTHS[month - 1]),
        1 => format!("{month}/{day}/{year}"),
        2 if year % 100 > 0 => {
            format!("{} {day} {} {}", MONTHS[month - 1], two_digits(year / 100), two_digits(year % 100))
        }
        2 => format!("{} {day} {year}", MONTHS[month - 1]),
        _ => format!("{month:02}{day:02}{year}"),
    }
}

/// Every grammar on one text: none may panic.
fn read_all(text: &str) {
    let words = ["Dr. Patel".to_owned(), "lisinopril".to_owned()];
    let today = date(2026, 11, 18);
    let heard = [
        telephone(text, None).map(|slot| slot.heard),
        date_of_birth(text, today).map(|slot| slot.heard),
        name(text, Asked::Name).map(|slot| slot.heard),
        spelling(text).map(|slot| slot.heard),
        drug(text, &words).map(|slot| slot.heard),
        pharmacy(text, &words).map(|slot| slot.heard),
        provider(text, &words).map(|slot| slot.heard),
    ];
    assert!(heard.iter().flatten().all(|heard| text.contains(heard.expose())));
    std::hint::black_box(yes_no(text));
    std::hint::black_box(when(text, &now(), &hours()));
}

fn now() -> Zoned {
    "2026-11-18T10:00[America/New_York]".parse().expect("a time")
}

/// Monday to Friday, 8 to 17.
fn hours() -> Vec<OpenHours> {
    [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday]
        .map(|weekday| OpenHours { weekday, from: time(8, 0, 0, 0), to: time(17, 0, 0, 0) })
        .to_vec()
}

/// The first interval, in local time, as `MM-DD HH:MM..MM-DD HH:MM`.
fn first(text: &str) -> String {
    let zone = now().time_zone().clone();
    let local = |at: jiff::Timestamp| at.to_zoned(zone.clone()).strftime("%m-%d %H:%M").to_string();
    when(text, &now(), &hours())
        .first()
        .map(|&(from, to)| format!("{}..{}", local(from), local(to)))
        .unwrap_or_default()
}

#[test]
fn times_as_people_say_them() {
    let mut wrong = Vec::new();
    for (text, expected) in [
        ("a week from friday", "11-27 00:00..11-28 00:00"),
        ("tomorrow morning around half past nine", "11-19 09:30..11-19 10:00"),
        ("the third of december at two thirty", "12-03 14:30..12-03 15:00"),
        ("any time after four on thursday", "11-19 16:00..11-20 00:00"),
        ("first thing monday", "11-23 08:00..11-23 10:00"),
        ("monday the seventh at quarter to three", "12-07 14:45..12-07 15:15"),
        ("in two weeks", "12-02 00:00..12-03 00:00"),
        ("the day after tomorrow before noon", "11-20 00:00..11-20 12:00"),
        ("not this friday but the one after", "11-27 00:00..11-28 00:00"),
        ("december twenty first", "12-21 00:00..12-22 00:00"),
        ("tomorrow at ten a m", "11-19 10:00..11-19 10:30"),
        ("end of the day on friday", "11-20 15:00..11-20 17:00"),
        ("tomorrow at three", "11-19 15:00..11-19 15:30"),
        ("tomorrow at 9", "11-19 09:00..11-19 09:30"),
        ("Thursday before 10:30", "11-19 00:00..11-19 10:30"),
        ("my chest hurts", ""),
        ("Maria Lopez", ""),
        ("", ""),
    ] {
        let got = first(text);
        if got != expected {
            wrong.push(format!("{text}: {got:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

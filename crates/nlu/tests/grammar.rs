//! Promises of the grammars over generated callers.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use domain::{Asked, OpenHours};
use jiff::Zoned;
use jiff::civil::{Date, Weekday, date, time};
use nlu::grammar::{date_of_birth, days_left, dose, drug, name, pharmacy, provider, spelling, telephone, when, yes_no};
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
        let slot = date_of_birth(&text, Asked::DateOfBirth, today).ok_or_else(|| TestCaseError::fail(text.clone()))?;
        prop_assert_eq!(*slot.value.expose(), born, "{}", text);
    }

    #[test]
    fn a_clock_time_on_a_day_is_that_time(day in 1_i64..90, hour in 8_i8..17, minute in 0_i8..12, style in 0_u8..4) {
        let (date, minute) = (now().date().saturating_add(jiff::Span::new().days(day)), minute * 5);
        let (text, at) = (clock_as_said(date, hour, minute, style), time(hour, minute, 0, 0));
        let from = when(&text, Asked::Open, &now(), &hours()).first().map(|(from, _)| *from);
        let wanted = date.to_datetime(at).to_zoned(now().time_zone().clone()).unwrap().timestamp();
        prop_assert_eq!(from, Some(wanted), "{}", text);
    }

    #[test]
    fn any_text_is_read(text in "\\PC{0,120}") {
        read_all(&text);
    }

    #[test]
    fn any_words_are_read(words in prop::collection::vec("(oh|double|five|hundred|thousand|twenty|march|first|7|99999999999|\\+|at|before|noon|as|in|L|my name is|tomorrow|31|2/30|:|monday|not|or|between|next week|after|a week from|except|morning|-|to|half past|month|end of the|99|days|february|left|milligrams|point)", 0..12)) {
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

/// "December 3rd at two thirty", "2:30 pm on the third of December": without the half of the day where hours tell it.
fn clock_as_said(date: Date, hour: i8, minute: i8, style: u8) -> String {
    let named = date.strftime("%B %-d").to_string();
    let number = |value: i8| match value {
        0..=9 => DIGITS[value as usize].to_owned(),
        _ => as_number((value / 10) as u8, (value % 10) as u8).unwrap_or_else(|| TENS[value as usize / 10].to_owned()),
    };
    let twelve = (hour + 11) % 12 + 1;
    let minutes = match minute {
        0 => String::new(),
        1..=9 => format!(" oh {}", number(minute)),
        _ => format!(" {}", number(minute)),
    };
    match style {
        0 => format!("{named} at {}{minutes}", number(twelve)),
        1 => format!("{twelve}:{minute:02} {} on {named}", if hour < 12 { "am" } else { "pm" }),
        2 => format!("on {} at {hour}:{minute:02}", date.strftime("%-m/%-d/%Y")),
        _ => format!("{named} around {}{minutes} {}", number(twelve), if hour < 12 { "a m" } else { "p m" }),
    }
}

/// Every grammar on one text: none may panic. Values point at the caller's own words; intervals are in order, not empty
/// and lie ahead.
fn read_all(text: &str) {
    let words = ["Dr. Patel".to_owned(), "lisinopril".to_owned()];
    let today = date(2026, 11, 18);
    let heard = [
        telephone(text, None).map(|slot| slot.heard),
        date_of_birth(text, Asked::DateOfBirth, today).map(|slot| slot.heard),
        name(text, Asked::Name).map(|slot| slot.heard),
        spelling(text).map(|slot| slot.heard),
        drug(text, &words).map(|slot| slot.heard),
        pharmacy(text, &words).map(|slot| slot.heard),
        provider(text, &words).map(|slot| slot.heard),
        dose(text, Asked::Dose).map(|slot| slot.heard),
        days_left(text, Asked::DaysLeft).map(|slot| slot.heard),
    ];
    assert!(heard.iter().flatten().all(|heard| text.contains(heard.expose())));
    std::hint::black_box(yes_no(text));
    let intervals = when(text, Asked::When, &now(), &hours());
    assert!(intervals.iter().all(|(from, to)| now().timestamp() <= *from && from < to), "{text}: empty, or over");
    assert!(intervals.windows(2).all(|two| two[0].1 <= two[1].0), "{text}: out of order");
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

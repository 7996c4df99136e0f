//! Times as people say them: every row of `times.txt`.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use domain::{Asked, OpenHours};
use jiff::civil::{Time, Weekday, time};
use jiff::{Timestamp, Zoned};
use nlu::grammar::when;

/// The reference: a Wednesday, in the middle of the morning.
const NOW: &str = "2026-11-18T10:00[America/New_York]";
/// Fewer rows would be a table that lost some.
const ROWS_MIN: usize = 150;

/// Monday to Friday, 8 to 17.
fn hours() -> Vec<OpenHours> {
    [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday]
        .map(|weekday| OpenHours { weekday, from: time(8, 0, 0, 0), to: time(17, 0, 0, 0) })
        .to_vec()
}

#[test]
fn as_people_say_them() {
    let now: Zoned = NOW.parse().unwrap();
    let rows = include_str!("times.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (mut wrong, mut count) = (Vec::new(), 0);
    for row in rows {
        let (said, expected) = row.split_once('|').unwrap_or_else(|| panic!("{row:?} has no |"));
        let (asked, said) = match said.trim().strip_prefix("? ") {
            Some(answer) => (Asked::When, answer),
            None => (Asked::Open, said.trim()),
        };
        for said in [said.to_owned(), as_a_recogniser_writes(said)] {
            let got: Vec<String> = when(&said, asked, &now, &hours()).iter().map(|one| written(*one, &now)).collect();
            let got = shortened(&got);
            if got != expected.trim() {
                wrong.push(format!("{said} | {got}    not {}", expected.trim()));
            }
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= ROWS_MIN, "only {count} rows");
}

/// With a capital letter and a full stop.
fn as_a_recogniser_writes(said: &str) -> String {
    let mut letters = said.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(['.']).collect()
}

/// A long set is told by its first, its second and its last, and how many there are.
fn shortened(all: &[String]) -> String {
    match all {
        [first, second, .., last] if all.len() > 6 => format!("{first}, {second} .. {last} ({})", all.len()),
        _ => all.join(", "),
    }
}

/// "Thu 11-19 09:30-10:00", "Thu 11-19", "Mon 11-23..Fri 11-27" (whole days, the last included), "Wed 11-18 10:00-24:00".
fn written((from, to): (Timestamp, Timestamp), now: &Zoned) -> String {
    let (from, to) = (from.to_zoned(now.time_zone().clone()), to.to_zoned(now.time_zone().clone()));
    let last = to.datetime().checked_sub(jiff::Span::new().seconds(1)).unwrap();
    let (day, clock) = (from.strftime("%a %m-%d").to_string(), |at: &Zoned| at.strftime("%H:%M").to_string());
    let until = if to.time() == Time::midnight() { "24:00".to_owned() } else { clock(&to) };
    match (from.time() == Time::midnight(), from.date() == last.date()) {
        (true, true) if until == "24:00" => day,
        (_, true) => format!("{day} {}-{until}", clock(&from)),
        (true, false) if until == "24:00" => format!("{day}..{}", last.strftime("%a %m-%d")),
        (_, false) => format!("{day} {}..{} {until}", clock(&from), last.strftime("%a %m-%d")),
    }
}

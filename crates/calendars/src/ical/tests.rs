#![allow(clippy::unwrap_used)] // a test fails by panicking

use calcard::icalendar::{ICalendar, ICalendarProperty};
use domain::{AppointmentId, Phi};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::{Reading, single, text};
use crate::entry::{lines, one_line};
use crate::{Busy, Entry, Period};

fn zone() -> TimeZone {
    TimeZone::get("America/New_York").unwrap()
}

fn period(from: &str, to: &str) -> Period {
    Period::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
}

/// An object with these events; each is its lines, parted by semicolons and blanks.
fn object(events: &[&str]) -> String {
    let event = |lines: &&str| format!("BEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\n", lines.replace("; ", "\r\n"));
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}END:VCALENDAR\r\n", events.iter().map(event).collect::<String>())
}

/// What is busy within the year, begins and ends, and how many could not be read.
fn told(text: &str) -> (Vec<String>, usize) {
    let mut reading = Reading::new(period("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"), zone());
    reading.read(text);
    let Busy { taken, unreadable } = reading.done();
    (taken.iter().map(|one| format!("{} {}", one.period.start(), one.period.end())).collect(), unreadable)
}

fn check(events: &[&str], expected: &[&str], unreadable: usize) {
    assert_eq!(told(&object(events)), (expected.iter().map(ToString::to_string).collect(), unreadable), "{events:?}");
}

#[test]
fn a_time_is_that_of_its_zone() {
    check(&["DTSTART:20260701T120000Z; DTEND:20260701T130000Z"], &["2026-07-01T12:00:00Z 2026-07-01T13:00:00Z"], 0);
    let berlin = "DTSTART;TZID=Europe/Berlin:20260701T120000; DURATION:PT30M";
    check(&[berlin], &["2026-07-01T10:00:00Z 2026-07-01T10:30:00Z"], 0);
    let windows = "DTSTART;TZID=Eastern Standard Time:20260701T120000; DURATION:PT30M";
    check(&[windows], &["2026-07-01T16:00:00Z 2026-07-01T16:30:00Z"], 0);
    check(&["DTSTART:20260701T120000; DURATION:PT30M"], &["2026-07-01T16:00:00Z 2026-07-01T16:30:00Z"], 0);
    check(&["DTSTART;VALUE=DATE:20260701"], &["2026-07-01T04:00:00Z 2026-07-02T04:00:00Z"], 0);
    // A day of 25 hours.
    check(&["DTSTART;VALUE=DATE:20261101"], &["2026-11-01T04:00:00Z 2026-11-02T05:00:00Z"], 0);
}

#[test]
fn a_series_keeps_its_hour() {
    let monday = "UID:1; DTSTART;TZID=America/New_York:20261026T090000; DTEND;TZID=America/New_York:20261026T100000; \
                  RRULE:FREQ=WEEKLY;COUNT=4; EXDATE;TZID=America/New_York:20261109T090000";
    let left = ["2026-10-26T13:00:00Z 2026-10-26T14:00:00Z", "2026-11-02T14:00:00Z 2026-11-02T15:00:00Z"];
    check(&[monday], &[left[0], left[1], "2026-11-16T14:00:00Z 2026-11-16T15:00:00Z"], 0);
    let moved = "UID:1; RECURRENCE-ID:20261116T140000Z; DTSTART:20261117T140000Z; DURATION:PT1H";
    check(&[monday, moved], &[left[0], left[1], "2026-11-17T14:00:00Z 2026-11-17T15:00:00Z"], 0);
    let off = "UID:1; RECURRENCE-ID:20261116T140000Z; DTSTART:20261116T140000Z; DURATION:PT1H; STATUS:CANCELLED";
    check(&[monday, off], &left, 0);
    let until =
        "DTSTART;TZID=America/New_York:20261026T090000; DURATION:PT1H; RRULE:FREQ=WEEKLY;UNTIL=20261102T140000Z";
    check(&[until], &left, 0);
    let more = "DTSTART;TZID=America/New_York:20261026T090000; DURATION:PT1H; RDATE:20261102T140000Z";
    check(&[more], &left, 0);
}

#[test]
fn what_takes_no_time_is_free() {
    let at = "DTSTART:20260701T120000Z; DURATION:PT1H; ";
    for free in ["STATUS:CANCELLED", "TRANSP:TRANSPARENT", "X-MICROSOFT-CDO-BUSYSTATUS:FREE"] {
        check(&[&format!("{at}{free}")], &[], 0);
    }
    assert_eq!(told("BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nDUE:20260701T120000Z\r\nEND:VTODO\r\nEND:VCALENDAR\r\n").1, 0);
}

#[test]
fn what_is_not_understood_is_busy_or_counted() {
    let noon = "2026-07-01T12:00:00Z 2026-07-01T13:00:00Z";
    let rows: &[(&str, &[&str])] = &[
        ("DTSTART:soon; DURATION:PT1H", &[]),
        ("DURATION:PT1H", &[]),
        ("DTSTART;TZID=Mars/Olympus:20260701T120000; DURATION:PT1H", &[]),
        ("DTSTART:20260230T120000Z; DURATION:PT1H", &[]),
        ("DTSTART:20260701T120000Z; DURATION:long", &[noon]),
        ("DTSTART:20260701T120000Z; DURATION:-PT1H", &[noon]),
        ("DTSTART:20260701T120000Z; DTEND:20260701T110000Z", &[noon]),
        ("DTSTART:20260701T120000Z; DTEND;VALUE=DATE:20260702", &[noon]),
        ("DTSTART:20260701T120000Z; DURATION:PT1H; RRULE:FREQ=WEEKLY;BYDAY=MON", &[noon]),
        ("DTSTART:20260701T120000Z; DURATION:PT1H; RRULE:often", &[noon]),
        ("DTSTART:20260701T120000Z; DURATION:PT1H; RRULE:FREQ=YEARLY;RSCALE=HEBREW", &[noon]),
        ("DTSTART:20260701T120000Z; DURATION:PT1H; RRULE:FREQ=WEEKLY;UNTIL=whenever", &[noon]),
        ("DTSTART:20260701T120000Z; DURATION:PT1H; RRULE:FREQ=SECONDLY", &[noon]),
        ("DTSTART:20260701T120000Z; DURATION:PT1H; RDATE:soon", &[noon]),
    ];
    for (event, expected) in rows {
        check(&[event], expected, 1);
    }
    for text in ["", "<html/>", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "BEGIN:VCALENDAR\r\nBEGIN:VEV"] {
        assert_eq!(told(text), (Vec::new(), 1), "{text}");
    }
    // Nothing is left out that cannot be read; nobody is booked across a reminder.
    check(&["DTSTART:20260701T120000Z; DURATION:PT1H; EXDATE:today"], &[noon], 0);
    check(&["DTSTART:20260701T120000Z"], &["2026-07-01T12:00:00Z 2026-07-01T12:01:00Z"], 0);
}

#[test]
fn a_file_that_is_cut_off_hides_nothing() {
    let whole = object(&["UID:1; DTSTART:20260701T120000Z; DTEND:20260701T130000Z"]);
    for end in 0..whole.trim_end().len() {
        let (busy, unreadable) = told(&whole[..end]);
        assert!(!busy.is_empty() || unreadable > 0, "{}", &whole[..end]);
    }
}

#[test]
fn no_series_costs_more_than_its_limit() {
    let begun = std::time::Instant::now();
    let mut reading = Reading::new(period("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"), zone());
    for rule in ["FREQ=SECONDLY", "FREQ=MINUTELY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;INTERVAL=0"] {
        for _ in 0..20 {
            reading.read(&object(&[&format!("UID:1; DTSTART:20000101T000000Z; DURATION:PT1M; RRULE:{rule}")]));
        }
    }
    let busy = reading.done();
    assert!(busy.unreadable > 0 && busy.taken.len() <= super::event::REPEATED_MAX);
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

fn entry(title: String, description: String) -> Entry {
    Entry {
        id: AppointmentId::new(),
        period: period("2026-12-01T14:00:00Z", "2026-12-01T14:30:00Z"),
        provider: title.clone(),
        kind: title.clone(),
        reference: "AB-1234".to_owned(),
        title: Some(Phi::new(title)),
        description: Some(Phi::new(description)),
    }
}

/// Words with whatever ends a line or a value somewhere.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "\\PC{0,90}",
        "[\\x00-\\x1f\\x7f\u{85}\u{2028}\u{2029}]{0,3}",
        Just("\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nATTENDEE:mailto:else@example.org\r\n".to_owned()),
        Just("\\n\\,\\;:;,\"".to_owned()),
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_words_break_out_of_their_property(title in nasty(), description in nasty()) {
        let entry = entry(title, description);
        let written = text(&entry);
        // RFC 5545, 3.1 wishes for 75; `icalendar` does not count the blank of a line that goes on.
        prop_assert!(written.split("\r\n").all(|line| line.len() <= 76 && !line.contains(['\r', '\n'])), "{written}");
        let is_plain = |c: char| !c.is_control() && !"\u{2028}\u{2029}".contains(c);
        prop_assert!(written.replace("\r\n", "").chars().all(is_plain), "{written:?}");
        prop_assert_eq!(single(&written, &zone()), Some((entry.id, entry.period)));
        let read = ICalendar::parse(&written).unwrap();
        prop_assert_eq!(read.components.len(), 2);
        let names: Vec<_> = read.components[1].entries.iter().map(|entry| entry.name.clone()).collect();
        prop_assert_eq!(names.len(), 9, "{:?}", names);
        prop_assert!(!names.contains(&ICalendarProperty::Attendee));
        let summary = read.components[1].property(&ICalendarProperty::Summary).unwrap();
        let summary = summary.values.first().and_then(|value| value.as_text()).unwrap_or_default();
        prop_assert_eq!(summary, entry.shown_title());
        let below = read.components[1].property(&ICalendarProperty::Description).unwrap();
        let below = below.values.first().and_then(|value| value.as_text()).unwrap_or_default();
        let kind = one_line(&entry.kind);
        let expected = format!("{kind} with {kind}.\n{}", entry.shown_description().unwrap());
        prop_assert_eq!(lines(below).trim().to_owned(), expected.trim());
    }

    #[test]
    fn no_bytes_whatever_panic(text in any::<String>(), place in 0usize..300, byte in "[0-9TZ;:=,\\- \n]") {
        told(&text);
        let mut whole = object(&["UID:1; DTSTART;TZID=America/New_York:20261026T090000; DURATION:PT1H; RRULE:FREQ=WEEKLY;COUNT=4"]);
        let place = place % whole.len();
        whole.replace_range(place..=place, &byte);
        told(&whole);
    }
}

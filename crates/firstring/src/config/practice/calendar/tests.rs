use jiff::SignedDuration;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::*;

fn occurrences(text: &[u8], zone: &TimeZone, window: Window) -> Result<Vec<Occurrence>, CalendarError> {
    super::occurrences(text, zone, window, |title| title != "private")
}

/// As Google writes it: a weekly night across both clock changes, one left out, one given to another at another hour.
const GOOGLE: &str = "BEGIN:VCALENDAR\r\nPRODID:-//Google Inc//Google Calendar 70.9054//EN\r\nVERSION:2.0\r\n\
    CALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\nX-WR-TIMEZONE:America/Chicago\r\nBEGIN:VTIMEZONE\r\nTZID:America/Chicago\r\n\
    BEGIN:STANDARD\r\nTZOFFSETFROM:-0500\r\nTZOFFSETTO:-0600\r\nTZNAME:CST\r\nDTSTART:19701101T020000\r\n\
    RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n\
    DTSTART;TZID=America/Chicago:20261018T180000\r\nDTEND;TZID=America/Chicago:20261019T073000\r\n\
    RRULE:FREQ=WEEKLY;BYDAY=SU\r\nEXDATE;TZID=America/Chicago:20261025T180000\r\nDTSTAMP:20261001T000000Z\r\n\
    UID:night@google.com\r\nSEQUENCE:0\r\nSTATUS:CONFIRMED\r\nSUMMARY:Dr. Obi\r\nTRANSP:OPAQUE\r\nBEGIN:VALARM\r\n\
    ACTION:DISPLAY\r\nTRIGGER:-P0DT0H10M0S\r\nEND:VALARM\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n\
    DTSTART;TZID=America/Chicago:20261108T200000\r\nDTEND;TZID=America/Chicago:20261109T073000\r\n\
    UID:night@google.com\r\nRECURRENCE-ID;TZID=America/Chicago:20261108T180000\r\nSEQUENCE:3\r\nSUMMARY:Dr. Haddad\r\n\
    END:VEVENT\r\nEND:VCALENDAR\r\n";

fn chicago() -> TimeZone {
    TimeZone::get("America/Chicago").unwrap()
}

fn window(from: &str, days: i64) -> Window {
    let from: Timestamp = format!("{from}T00:00:00Z").parse().unwrap();
    Window { from, to: from + SignedDuration::from_hours(24 * days) }
}

/// Begin, end (by the clock in Chicago) and title of what takes place in 2026 or the year after.
fn told(text: impl AsRef<[u8]>) -> Vec<String> {
    let found = occurrences(text.as_ref(), &chicago(), window("2026-01-01", 730)).unwrap();
    found.iter().map(tell).collect()
}

fn tell(found: &Occurrence) -> String {
    let clock = |at: Timestamp| at.to_zoned(chicago()).strftime("%Y-%m-%dT%H:%M%:z").to_string();
    format!("{} {} {}", clock(found.from), clock(found.to), found.summary)
}

fn error(text: impl AsRef<[u8]>) -> CalendarError {
    occurrences(text.as_ref(), &chicago(), window("2026-01-01", 730)).expect_err("it is an error")
}

fn events(events: &[&str]) -> String {
    let event = |lines: &&str| format!("BEGIN:VEVENT\n{}\nEND:VEVENT\n", lines.replace("; ", "\n"));
    format!("BEGIN:VCALENDAR\nVERSION:2.0\n{}END:VCALENDAR\n", events.iter().map(event).collect::<String>())
}

#[test]
fn a_series_keeps_its_hours_when_the_clock_changes() {
    let found = told(GOOGLE);
    assert_eq!(
        found[..4],
        [
            "2026-10-18T18:00-05:00 2026-10-19T07:30-05:00 Dr. Obi",
            "2026-11-01T18:00-06:00 2026-11-02T07:30-06:00 Dr. Obi",
            "2026-11-15T18:00-06:00 2026-11-16T07:30-06:00 Dr. Obi",
            "2026-11-22T18:00-06:00 2026-11-23T07:30-06:00 Dr. Obi",
        ]
    );
    assert!(found.iter().any(|told| told.starts_with("2027-03-14T18:00-05:00 2027-03-15T07:30-05:00")), "{found:?}");
    assert_eq!(found.last().unwrap(), "2026-11-08T20:00-06:00 2026-11-09T07:30-06:00 Dr. Haddad");
    // Without an end, and read no further than is asked.
    assert_eq!(found.len(), 62);
}

#[test]
fn the_night_of_the_clock_change_is_an_hour_longer_or_shorter() {
    let nights = "DTSTART;TZID=America/Chicago:20260307T180000; SUMMARY:Obi; RRULE:FREQ=DAILY;COUNT=2; ";
    let end = told(events(&[&format!("{nights}DTEND;TZID=America/Chicago:20260308T073000")]));
    assert_eq!(end[0], "2026-03-07T18:00-06:00 2026-03-08T07:30-05:00 Obi");
    assert_eq!(end[1], "2026-03-08T18:00-05:00 2026-03-09T07:30-05:00 Obi");
    // RFC 5545, 3.8.2.5: hours last as long as they last.
    let lasts = told(events(&[&format!("{nights}DURATION:PT13H30M")]));
    assert_eq!(lasts[0], "2026-03-07T18:00-06:00 2026-03-08T08:30-05:00 Obi");
    // An hour that is skipped, and one that comes twice.
    let hours = ["DTSTART:20260308T023000; DTEND:20260308T040000", "DTSTART:20261101T013000; DTEND:20261101T040000"];
    assert_eq!(
        told(events(&hours)),
        ["2026-03-08T03:30-05:00 2026-03-08T04:00-05:00 ", "2026-11-01T01:30-05:00 2026-11-01T04:00-06:00 "]
    );
}

#[test]
fn zones_are_known_by_many_names() {
    let names = [
        "America/New_York",
        "Eastern Standard Time",
        "\"(UTC-05:00) Eastern Time (US & Canada)\"",
        "/freeassociation.sourceforge.net/America/New_York",
        "/softwarestudio.org/Olson_20011030_5/America/New_York",
    ];
    for name in names {
        let found = told(events(&[&format!("DTSTART;TZID={name}:20260701T180000; DTEND;TZID={name}:20260702T080000")]));
        assert_eq!(found, ["2026-07-01T17:00-05:00 2026-07-02T07:00-05:00 "], "{name}");
    }
    let defined = |place: &str| {
        let event = events(&["DTSTART;TZID=Our Zone:20260701T180000; DTEND;TZID=Our Zone:20260702T080000"]);
        event.replace("VERSION:2.0\n", &format!("BEGIN:VTIMEZONE\nTZID:Our Zone\n{place}\nEND:VTIMEZONE\n"))
    };
    for place in ["X-LIC-LOCATION:America/New_York", "X-MICROSOFT-CDO-TZID:10"] {
        assert_eq!(told(defined(place)), ["2026-07-01T17:00-05:00 2026-07-02T07:00-05:00 "], "{place}");
    }
    let unknown = error(defined("X-OTHER:1"));
    assert!(unknown.wrong.contains("\"Our Zone\" is not known"), "{unknown}");
    assert_eq!(unknown.line, 7);
}

#[test]
fn days_are_the_practices_own() {
    let found = told(events(&[
        "DTSTART;VALUE=DATE:20260307; DTEND;VALUE=DATE:20260309; SUMMARY:two days",
        "DTSTART;VALUE=DATE:20260401; SUMMARY:one",
        "DTSTART;VALUE=DATE:20260402; DTEND;VALUE=DATE:20260402; SUMMARY:one",
        "DTSTART:20260501T080000; DTEND:20260501T120000; SUMMARY:floating",
        "DTSTART:20260501T080000Z; DTEND:20260501T120000Z; SUMMARY:UTC",
        "DTSTART;VALUE=DATE:20260601; RRULE:FREQ=DAILY;UNTIL=20260603T050000Z; EXDATE:20260602T050000Z; SUMMARY:days",
        "DTSTART:20260701T080000; DTEND:20260701T090000; RDATE:20260703T080000,20260705T080000; SUMMARY:dates",
    ]));
    let rows = [
        "2026-03-07T00:00-06:00 2026-03-09T00:00-05:00 two days",
        "2026-04-01T00:00-05:00 2026-04-02T00:00-05:00 one",
        "2026-04-02T00:00-05:00 2026-04-03T00:00-05:00 one",
        "2026-05-01T08:00-05:00 2026-05-01T12:00-05:00 floating",
        "2026-05-01T03:00-05:00 2026-05-01T07:00-05:00 UTC",
        "2026-06-01T00:00-05:00 2026-06-02T00:00-05:00 days",
        "2026-06-03T00:00-05:00 2026-06-04T00:00-05:00 days",
        "2026-07-01T08:00-05:00 2026-07-01T09:00-05:00 dates",
        "2026-07-03T08:00-05:00 2026-07-03T09:00-05:00 dates",
        "2026-07-05T08:00-05:00 2026-07-05T09:00-05:00 dates",
    ];
    assert_eq!(found, rows);
}

#[test]
fn an_occurrence_is_replaced_in_its_own_series_only() {
    let series = |uid: &str, who: &str| {
        format!("UID:{uid}; DTSTART:20260105T180000; DTEND:20260105T190000; RRULE:FREQ=WEEKLY;COUNT=2; SUMMARY:{who}")
    };
    let other = |uid: &str, sequence: u8, who: &str| {
        let times = "DTSTART:20260112T180000; DTEND:20260112T190000; RECURRENCE-ID:20260112T180000";
        format!("UID:{uid}; SEQUENCE:{sequence}; {times}; SUMMARY:{who}")
    };
    let (a, b) = (series("a", "ann"), series("b", "bob"));
    let titles = |written: &[&str]| {
        let found = told(events(written));
        found.iter().map(|told| format!("{}{}", &told[8..10], &told[45..])).collect::<Vec<_>>()
    };
    assert_eq!(titles(&[&a, &b, &other("a", 7, "cy")]), ["05 ann", "05 bob", "12 bob", "12 cy"]);
    assert_eq!(titles(&[&other("a", 1, "cy"), &a, &other("a", 2, "dee")]), ["12 dee", "05 ann"]);
    let cancelled = other("a", 1, "ann") + "; STATUS:CANCELLED";
    assert_eq!(titles(&[&a, &cancelled]), ["05 ann"]);
    assert_eq!(titles(&[&(b.clone() + "; STATUS:cancelled"), &a]), ["05 ann", "12 ann"]);
    // An occurrence that became something else is none any more.
    assert_eq!(titles(&[&a, &other("a", 1, "private")]), ["05 ann"]);
    let day = other("a", 0, "cy").replace("RECURRENCE-ID:20260112T180000", "RECURRENCE-ID;VALUE=DATE:20260112");
    assert_eq!(titles(&[&a, &day]), ["05 ann", "12 cy"]);
    let twice = error(events(&[&a, &other("a", 1, "cy"), &other("a", 1, "dee")]));
    assert!(twice.wrong.contains("\"dee\" on 2026-01-12 stands twice"), "{twice}");
}

#[test]
fn lines_are_read_as_programs_write_them() {
    let plain =
        events(&["DTSTART:20260105T180000; DTEND:20260105T190000; SUMMARY:Doctor Peña\\, on\\ncall; CATEGORIES:a,b"]);
    let found = occurrences(plain.as_bytes(), &chicago(), window("2026-01-01", 30)).unwrap();
    assert_eq!((found[0].line, &found[0].summary[..]), (3, "Doctor Peña, on\ncall"));
    assert_eq!(found[0].categories, ["a", "b"]);
    let folded = plain.replace("Doctor", "Doc\n tor").replace("DTEND", "DTE\n\tND");
    let mut within = plain.clone().into_bytes();
    let middle = within.iter().position(|byte| *byte == 0xc3).unwrap() + 1;
    within.splice(middle..middle, *b"\r\n ");
    for text in [
        folded.clone().into_bytes(),
        folded.replace('\n', "\r\n").into_bytes(),
        within,
        format!("\u{feff}{plain}").into_bytes(),
        plain.replace("BEGIN:", "begin:").replace("DTSTART", "dtstart").into_bytes(),
        plain.replace('\n', "\n\n").trim_end().as_bytes().to_vec(),
    ] {
        assert_eq!(told(&text), [tell(&found[0])], "{}", String::from_utf8_lossy(&text));
    }
    assert_eq!(told(plain.repeat(2)).len(), 2);
}

#[test]
fn events_that_are_not_wanted_need_not_be_understood() {
    let other = "SUMMARY:private; DTSTART;TZID=Nowhere:20260105T180000; RRULE:FREQ=HOURLY";
    assert_eq!(told(events(&[other, "DTSTART;VALUE=DATE:20260401; SUMMARY:one"])).len(), 1);
}

#[test]
fn what_is_not_understood_is_an_error() {
    let event = |lines: &str| events(&[&format!("SUMMARY:Obi; {lines}")]);
    let rule = |rule: &str| event(&format!("DTSTART:20260105T180000; DTEND:20260105T190000; RRULE:{rule}"));
    let rows = [
        (String::new(), "empty"),
        ("hello".to_owned(), "no line of a calendar"),
        ("BEGIN:VCARD\nEND:VCARD\n".to_owned(), "BEGIN:VCALENDAR"),
        ("VERSION:2.0\n".to_owned(), "BEGIN:VCALENDAR"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n".to_owned(), "was not begun"),
        ("BEGIN:VCALENDAR\n".repeat(20), "in one another"),
        (event("DTSTART:20260105T180000").replace("VERSION:2.0", "METHOD:CANCEL"), "cancels"),
        (event("DTEND:20260105T180000"), "no DTSTART"),
        (event("DTSTART:20260105T180000"), "no end"),
        (event("DTSTART:20260105T180000; DTSTART:20260105T180000"), "twice"),
        (event("DTSTART:20260105T180000; DTEND:20260105T180000"), "\"Obi\" on 2026-01-05 ends before"),
        (event("DTSTART:20260105T180000; DTEND;VALUE=DATE:20260106"), "ends at a time"),
        (event("DTSTART:20260105T180000; DURATION:-PT1H"), "ends before"),
        (event("DTSTART:20260105T180000; DURATION:an hour"), "DURATION"),
        (event("DTSTART:2026-01-05T18:00; DURATION:PT1H"), "DTSTART is not"),
        (event("DTSTART:20260230T180000; DURATION:PT1H"), "DTSTART is not"),
        (event("DTSTART:20260105T180000; DURATION:PT1H; EXDATE:soon"), "EXDATE is not"),
        (event("DTSTART:20260105T180000; DURATION:PT1H; RDATE;VALUE=PERIOD:20260105T180000/PT1H"), "RDATE is not"),
        (event("DTSTART:20260105T180000; DURATION:PT1H; RECURRENCE-ID:20260105T180000"), "no UID"),
        (
            event("UID:1; DTSTART:20260105T180000; DURATION:PT1H; RECURRENCE-ID;RANGE=THISANDFUTURE:20260105T180000"),
            "later",
        ),
        (event("DTSTART:20260105T180000; DURATION:PT1H; EXRULE:FREQ=DAILY"), "EXRULE"),
        (rule("INTERVAL=2"), "no FREQ"),
        (rule("FREQ=HOURLY"), "(FREQ=HOURLY)"),
        (rule("FREQ=WEEKLY;BYDAY=MON"), "(BYDAY=MON)"),
        (rule("FREQ=WEEKLY;INTERVAL=0"), "(INTERVAL=0)"),
        (rule("FREQ=MONTHLY;BYMONTHDAY=300"), "(BYMONTHDAY=300)"),
        (rule("FREQ=DAILY;BYDAY=MO;BYDAY=TU"), "(BYDAY=TU)"),
        (rule("FREQ=YEARLY;RSCALE=HEBREW"), "(RSCALE=HEBREW)"),
        (rule("W1 MO #0"), "(W1 MO #0)"),
        (rule("FREQ=DAILY;UNTIL=tomorrow"), "RRULE is not a day or time"),
        (rule("FREQ=DAILY;UNTIL=20250101T000000Z"), "before it begins"),
        (rule("FREQ=WEEKLY;BYDAY=TU"), "own rule"),
        (rule("FREQ=WEEKLY;BYMONTHDAY=5"), "cannot be followed"),
        (
            rule("FREQ=YEARLY;BYHOUR=18,19;BYMINUTE=0,1,2,3,4,5,6,7,8,9,10,11,12,13;BYDAY=MO,TU,WE,TH,FR"),
            "one too many",
        ),
    ];
    for (text, word) in rows {
        let told = error(&text);
        assert!(told.wrong.contains(word), "{told} without {word}: {text}");
    }
    assert!(error([b"BEGIN:VCALENDAR\nX:", &[0xe9][..], b"\n"].concat()).wrong.contains("UTF-8"));
    assert!(error([0xff, 0xfe, b'B', 0]).wrong.contains("UTF-8"));
}

#[test]
fn a_file_that_is_cut_off_is_an_error() {
    for end in 0..GOOGLE.trim_end().len() {
        error(&GOOGLE[..end]);
    }
    assert_eq!(told(GOOGLE.trim_end()), told(GOOGLE));
}

#[test]
fn no_bytes_whatever_panic_or_take_long() {
    let mut rng = StdRng::seed_from_u64(5545);
    let begun = std::time::Instant::now();
    for _ in 0..2000 {
        let mut text = GOOGLE.as_bytes().to_vec();
        for _ in 0..rng.random_range(1..6) {
            let (place, byte) =
                (rng.random_range(0..text.len()), *b"0179TZ;:=,-\n \x80".get(rng.random_range(0..14)).unwrap());
            text[place] = byte;
        }
        let _ignored = occurrences(&text, &chicago(), window("2026-01-01", 730)).map(|found| found.len());
    }
    let event = "UID:1; DTSTART:20000101T000000; DTEND:20000101T010000; RRULE:FREQ=DAILY; SUMMARY:Obi";
    let many = error(events(&vec![event; 20_000]));
    assert!(many.wrong.contains("too often") || many.wrong.contains("too many"), "{many}");
    let alone = "UID:1; DTSTART:20260601T000000; DTEND:20260601T010000; SUMMARY:Obi";
    assert!(error(events(&vec![alone; 30_000])).wrong.contains("10000 shifts"));
    let long = format!("BEGIN:VCALENDAR\nX:{}\nEND:VCALENDAR", "a\n b".repeat(1_000_000));
    assert!(told(long).is_empty());
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

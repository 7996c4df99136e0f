//! The pure half of the book: tables of what is open, and what holds of every opening of random practices.

mod outside;
mod promises;

use std::collections::BTreeMap;

use domain::{Admits, AppointmentType, Fit, FrontDesk, Interval, OpenHours, Practice, Provider, ProviderId};
use jiff::civil::{Date, DateTime, Time, Weekday, date, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use store::{Exception, Opens, Release, Schedule, Template};

use super::calendar::{Calendar, Opening};
use super::choice::{Wish, choose};
use super::search::{Search, Who};

/// A Monday, an ordinary one.
const MONDAY: Date = date(2026, 3, 2);

pub(super) fn practice(hours: &[(Weekday, Time, Time)]) -> Practice {
    Practice {
        id: "riverside".into(),
        name: "Riverside".to_owned(),
        zone: TimeZone::get("America/New_York").expect("jiff brings its zones"),
        emergency_number: "911".to_owned(),
        crisis_number: "988".to_owned(),
        hours: hours.iter().map(|(weekday, from, to)| OpenHours { weekday: *weekday, from: *from, to: *to }).collect(),
        facts: Vec::new(),
        words: Vec::new(),
        meanwhile: Vec::new(),
        front_desk: FrontDesk::default(),
    }
}

/// Minutes: before, of the appointment, after. Patel and Nguyen give it; nothing else is asked.
pub(super) fn kind(minutes: (i64, i64, i64)) -> AppointmentType {
    AppointmentType {
        id: "checkup".into(),
        name: "a check-up".to_owned(),
        asked_with: Vec::new(),
        duration: SignedDuration::from_mins(minutes.1),
        buffer_before: SignedDuration::from_mins(minutes.0),
        buffer_after: SignedDuration::from_mins(minutes.2),
        admits: Admits::Everybody,
        ages: (0, u8::MAX),
        providers: vec!["patel".into(), "nguyen".into()],
        lead: SignedDuration::ZERO,
        horizon_days: 60,
    }
}

pub(super) fn template(provider: &str, weekday: Weekday, from: Time, to: Time) -> Template {
    Template { provider: provider.into(), weekday, from, to, types: Vec::new(), release: Release::Always }
}

pub(super) fn schedule(templates: Vec<Template>, exceptions: Vec<Exception>) -> Schedule {
    let providers = ["patel", "nguyen"].map(|id| Provider { id: id.into(), name: format!("Doctor {id}") });
    Schedule { providers: providers.into(), types: Vec::new(), templates, exceptions }
}

fn exception(provider: Option<&str>, from: DateTime, to: DateTime, opens: Opens) -> Exception {
    Exception { provider: provider.map(Into::into), from, to, opens, why: "as it is".to_owned() }
}

fn at(practice: &Practice, civil: DateTime) -> Timestamp {
    practice.zone.to_timestamp(civil).expect("exists")
}

/// Patel's openings of a day, as the clock shows them.
fn openings(practice: &Practice, schedule: &Schedule, kind: &AppointmentType, day: Date, taken: &[Interval]) -> String {
    let found = Calendar::new(schedule, practice).openings(&"patel".into(), kind, day, day, taken);
    let shown = found.iter().map(|o| practice.zone.to_datetime(o.start).strftime("%H:%M").to_string());
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_grid_follows_the_block() {
    let practice = practice(&[]);
    let week = schedule(vec![template("patel", Weekday::Monday, time(8, 0, 0, 0), time(10, 0, 0, 0))], Vec::new());
    let table = [
        ((0, 30, 0), "08:00 08:30 09:00 09:30"),
        ((0, 40, 0), "08:00 08:40 09:20"),
        ((10, 20, 10), "08:10 08:50 09:30"),
        ((0, 22, 0), "08:00 08:25 08:50 09:15"), // steps of five minutes; 09:40 would end too late
        ((0, 120, 0), "08:00"),
        ((0, 121, 0), ""),
    ];
    for (minutes, expected) in table {
        assert_eq!(openings(&practice, &week, &kind(minutes), MONDAY, &[]), expected, "{minutes:?}");
    }
    assert_eq!(openings(&practice, &week, &kind((0, 30, 0)), date(2026, 3, 3), &[]), "", "Tuesday");
}

#[test]
fn what_is_taken_takes_its_buffers_too() {
    let practice = practice(&[]);
    let week = schedule(vec![template("patel", Weekday::Monday, time(8, 0, 0, 0), time(12, 0, 0, 0))], Vec::new());
    let block = |from: (i8, i8), to: (i8, i8)| {
        (at(&practice, MONDAY.at(from.0, from.1, 0, 0)), at(&practice, MONDAY.at(to.0, to.1, 0, 0)))
    };
    let taken = [block((8, 50), (9, 30)), block((11, 0), (11, 10))];
    assert_eq!(openings(&practice, &week, &kind((0, 30, 0)), MONDAY, &taken), "08:00 09:30 10:00 10:30 11:30");
    assert_eq!(openings(&practice, &week, &kind((0, 30, 30)), MONDAY, &taken), "10:00");
}

#[test]
fn hours_holidays_absences_and_extra_hours() {
    let hours = [
        (Weekday::Monday, time(8, 0, 0, 0), time(9, 0, 0, 0)),
        (Weekday::Monday, time(9, 0, 0, 0), time(10, 0, 0, 0)), // goes on without a gap
    ];
    let practice = practice(&hours);
    let monday = vec![template("patel", Weekday::Monday, time(7, 0, 0, 0), time(11, 0, 0, 0))];
    let day = |hour, minute| MONDAY.at(hour, minute, 0, 0);
    // The grid of the template is 07:00, 07:45, 08:30, 09:15, 10:00.
    let table = [
        ("opening hours cut the template", vec![], "08:30 09:15"),
        ("a holiday", vec![exception(None, day(0, 0), day(23, 59), Opens::Closed)], ""),
        ("half an hour off", vec![exception(Some("patel"), day(8, 40), day(9, 10), Opens::Closed)], "09:15"),
        (
            "somebody else's absence",
            vec![exception(Some("nguyen"), day(8, 0), day(10, 0), Opens::Closed)],
            "08:30 09:15",
        ),
        ("an evening", vec![exception(Some("patel"), day(18, 0), day(19, 0), Opens::Open)], "08:30 09:15 18:00"),
        (
            "closed wins over open",
            vec![
                exception(Some("patel"), day(18, 0), day(19, 0), Opens::Open),
                exception(None, day(18, 30), day(18, 40), Opens::Closed),
            ],
            "08:30 09:15",
        ),
        (
            "an absence that began the day before",
            vec![exception(None, date(2026, 3, 1).at(0, 0, 0, 0), day(8, 40), Opens::Closed)],
            "09:15",
        ),
    ];
    for (what, exceptions, expected) in table {
        let week = schedule(monday.clone(), exceptions);
        assert_eq!(openings(&practice, &week, &kind((0, 45, 0)), MONDAY, &[]), expected, "{what}");
    }
}

#[test]
fn a_time_that_the_clock_skips_does_not_exist() {
    let practice = practice(&[]);
    let night =
        |day: Date| schedule(vec![template("patel", day.weekday(), time(0, 30, 0, 0), time(4, 0, 0, 0))], Vec::new());
    let (forward, back) = (date(2026, 3, 8), date(2026, 11, 1));
    let half_hours = kind((0, 30, 0));
    assert_eq!(
        openings(&practice, &night(forward), &half_hours, forward, &[]),
        "00:30 01:00 01:30 03:00 03:30",
        "02:00 and 02:30 are not"
    );
    assert_eq!(
        openings(&practice, &night(back), &half_hours, back, &[]),
        "00:30 01:00 01:30 02:00 02:30 03:00 03:30",
        "01:00 and 01:30 are there twice, the first is meant"
    );
    let week = night(back);
    let first = &Calendar::new(&week, &practice).openings(&"patel".into(), &half_hours, back, back, &[])[2];
    assert_eq!(first.start, "2026-11-01T01:30:00-04:00".parse().expect("a time"));
}

#[test]
fn where_the_clock_makes_an_edge_doubtful_less_is_open() {
    let practice = practice(&[]);
    let (forward, back) = (date(2026, 3, 8), date(2026, 11, 1));
    let table = [
        ("ends in what is skipped", forward, ((1, 0), (2, 30)), None, "01:00"),
        ("begins in what is skipped", forward, ((2, 30), (4, 0)), None, "03:30"),
        ("begins in what comes twice", back, ((1, 30), (3, 0)), None, "02:00 02:30"),
        ("ends in what comes twice", back, ((0, 30), (1, 30)), None, "00:30 01:00"),
        (
            "closed from what is skipped on",
            forward,
            ((0, 30), (5, 0)),
            Some(((2, 30), (4, 0))),
            "00:30 01:00 04:00 04:30",
        ),
        ("closed in what comes twice", back, ((0, 30), (3, 0)), Some(((1, 0), (1, 30))), "00:30 02:00 02:30"),
    ];
    for (what, day, (from, to), closed, expected) in table {
        let clock = |(hour, minute): (i8, i8)| time(hour, minute, 0, 0);
        let exceptions = closed
            .map(|(from, to)| exception(None, day.to_datetime(clock(from)), day.to_datetime(clock(to)), Opens::Closed));
        let week =
            schedule(vec![template("patel", day.weekday(), clock(from), clock(to))], exceptions.into_iter().collect());
        assert_eq!(openings(&practice, &week, &kind((0, 30, 0)), day, &[]), expected, "{what}");
    }
}

/// What can be booked from Monday 07:00 on, as days and times.
fn search(kind: &AppointmentType, week: &Schedule, born: Option<Date>, now: DateTime) -> String {
    let practice = practice(&[]);
    let taken = BTreeMap::new();
    let search = Search {
        kind,
        days: (MONDAY, date(2026, 3, 31)),
        now: at(&practice, now),
        taken: &taken,
        patient: born.map(|born| Who { born, engaged: &[] }),
    };
    let found = search.openings(&Calendar::new(week, &practice));
    let shown = found.iter().map(|o| practice.zone.to_datetime(o.start).strftime("%d/%H:%M").to_string());
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_rules_of_a_type() {
    let mut same_day = template("patel", Weekday::Tuesday, time(14, 0, 0, 0), time(15, 0, 0, 0));
    same_day.release = Release::SameDay;
    let mut for_others = template("patel", Weekday::Monday, time(16, 0, 0, 0), time(17, 0, 0, 0));
    for_others.types = vec!["vaccination".into()];
    let monday = template("patel", Weekday::Monday, time(8, 0, 0, 0), time(10, 0, 0, 0));
    let week = schedule(vec![monday, same_day, for_others], Vec::new());
    let ordinary = kind((0, 60, 0));
    let with = |change: &dyn Fn(&mut AppointmentType)| {
        let mut kind = ordinary.clone();
        change(&mut kind);
        kind
    };
    let early = MONDAY.at(7, 0, 0, 0);
    let all = "02/08:00 02/09:00 09/08:00 09/09:00 16/08:00 16/09:00 23/08:00 23/09:00 30/08:00 30/09:00";
    let table = [
        ("no rule", ordinary.clone(), None, early, all),
        ("not at this very moment", ordinary.clone(), None, MONDAY.at(8, 0, 0, 0), &all[9..]),
        ("lead", with(&|k| k.lead = SignedDuration::from_hours(26)), None, early, &all[18..]),
        ("horizon", with(&|k| k.horizon_days = 7), None, early, &all[..35]),
        ("the same day only", with(&|k| k.horizon_days = 0), None, early, &all[..17]),
        ("released on the day", ordinary.clone(), None, date(2026, 3, 31).at(7, 0, 0, 0), "31/14:00"),
        ("too old from the 10th on", with(&|k| k.ages = (0, 18)), Some(date(2008, 3, 10)), early, &all[..35]),
        ("old enough from the 23rd on", with(&|k| k.ages = (65, 255)), Some(date(1961, 3, 23)), early, &all[54..]),
        ("nobody gives it", with(&|k| k.providers.clear()), None, early, ""),
    ];
    for (what, kind, born, now, expected) in table {
        assert_eq!(search(&kind, &week, born, now), expected, "{what}");
    }
}

/// "patel 02/08:00" of March 2026, an hour long.
fn opening(practice: &Practice, text: &str) -> Opening {
    let (provider, when) = text.split_once(' ').expect("provider and time");
    let (day, clock) = when.split_once('/').expect("day and time");
    let start = at(practice, format!("2026-03-{day}T{clock}:00").parse().expect("a time"));
    let end = start + SignedDuration::from_hours(1);
    Opening { provider: provider.into(), kind: "checkup".into(), start, end, blocked: (start, end) }
}

#[test]
fn at_most_three_are_offered_by_preference() {
    let practice = practice(&[]);
    let day = |from: (i8, i8), to: (i8, i8)| {
        vec![(
            at(&practice, date(2026, 3, from.0).at(from.1, 0, 0, 0)),
            at(&practice, date(2026, 3, to.0).at(to.1, 0, 0, 0)),
        )]
    };
    let anybody: Option<ProviderId> = None;
    let patel = Some(ProviderId::from("patel"));
    let free = "patel 02/08:00, patel 02/08:30, patel 02/09:00, patel 02/13:00, nguyen 02/15:00, patel 03/16:00";
    let table = [
        (
            "spread over the day",
            free,
            &anybody,
            vec![],
            Fit::AsWished,
            "patel 02/08:00, patel 02/13:00, patel 03/16:00",
        ),
        (
            "in the morning",
            free,
            &anybody,
            day((2, 8), (2, 12)),
            Fit::AsWished,
            "patel 02/08:00, patel 02/08:30, patel 02/09:00",
        ),
        ("with Patel", free, &patel, day((2, 12), (2, 24 - 1)), Fit::AsWished, "patel 02/13:00"),
        ("only Nguyen then", free, &patel, day((2, 14), (2, 16)), Fit::OtherProvider, "nguyen 02/15:00"),
        (
            "nobody then",
            free,
            &patel,
            day((2, 11), (2, 12)),
            Fit::OtherTime,
            "patel 02/13:00, patel 02/09:00, patel 03/16:00",
        ),
        (
            "the end is outside",
            free,
            &anybody,
            day((2, 14), (2, 15)),
            Fit::OtherTime,
            "nguyen 02/15:00, patel 02/09:00, patel 03/16:00",
        ),
        ("nothing at all", "", &anybody, day((2, 14), (2, 15)), Fit::OtherTime, ""),
        (
            "not twice the same time",
            "patel 02/08:00, nguyen 02/08:00, patel 02/09:30",
            &anybody,
            vec![],
            Fit::AsWished,
            "patel 02/08:00, nguyen 02/08:00, patel 02/09:30",
        ),
    ];
    let list = |text: &str| -> Vec<Opening> {
        text.split(", ").filter(|t| !t.is_empty()).map(|t| opening(&practice, t)).collect()
    };
    for (what, free, provider, when, fit, expected) in table {
        let chosen = choose(list(free), Wish { provider: provider.as_ref(), when: &when });
        assert_eq!(chosen, (fit, list(expected)), "{what}");
    }
}

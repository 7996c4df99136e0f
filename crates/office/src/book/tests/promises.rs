//! What holds of every opening of any practice, checked minute by minute against the clock on the wall.

use std::collections::BTreeMap;

use domain::{AppointmentType, Interval, OpenHours, Practice};
use jiff::civil::{Date, DateTime, Time, Weekday, date, time};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;
use store::{Exception, Opens, Release, Schedule, Template};

use super::super::calendar::{Calendar, Opening};
use super::super::search::{Search, Who, age_on};

/// A random practice in the weeks in which the clock is changed.
#[derive(Clone, Debug)]
struct World {
    practice: Practice,
    schedule: Schedule,
    kind: AppointmentType,
    taken: BTreeMap<domain::ProviderId, Vec<Interval>>,
    engaged: Vec<Interval>,
    born: Date,
    now: Timestamp,
}

fn weekday() -> impl Strategy<Value = Weekday> {
    (1..=7_i8).prop_map(|day| Weekday::from_monday_one_offset(day).expect("1 to 7"))
}

fn provider() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("patel"), Just("nguyen")]
}

/// A multiple of five minutes of the day.
fn clock() -> impl Strategy<Value = Time> {
    (0..288_i32).prop_map(|five| time((five / 12) as i8, (five % 12 * 5) as i8, 0, 0))
}

fn span() -> impl Strategy<Value = (Time, Time)> {
    (clock(), clock()).prop_filter("a length", |(a, b)| a != b).prop_map(|(a, b)| (a.min(b), a.max(b)))
}

fn templates() -> impl Strategy<Value = Vec<Template>> {
    let types = prop_oneof![Just(Vec::new()), Just(vec!["checkup".into()]), Just(vec!["vaccination".into()])];
    let release = prop_oneof![3 => Just(Release::Always), 1 => Just(Release::SameDay)];
    let one =
        (provider(), weekday(), span(), types, release).prop_map(|(provider, weekday, (from, to), types, release)| {
            Template { provider: provider.into(), weekday, from, to, types, release }
        });
    proptest::collection::vec(one, 2..16)
}

fn exceptions(first: Date) -> impl Strategy<Value = Vec<Exception>> {
    let opens = prop_oneof![2 => Just(Opens::Closed), 1 => Just(Opens::Open)];
    let one = (proptest::option::of(provider()), 0..14_i64, clock(), 1..600_i64, opens).prop_map(
        move |(provider, day, from, fives, opens)| {
            let from = first.saturating_add(day.days()).to_datetime(from);
            let to = from.saturating_add((fives * 5).minutes());
            Exception { provider: provider.map(Into::into), from, to, opens, why: String::new() }
        },
    );
    proptest::collection::vec(one, 0..4)
}

/// Blocks of any length at any minute of two weeks.
fn blocks(first: Date, max: usize) -> impl Strategy<Value = Vec<Interval>> {
    let zone = super::practice(&[]).zone;
    let begin = zone.to_timestamp(first.into()).expect("exists");
    let one = (0..20_160_i64, 1..180_i64).prop_map(move |(from, length)| {
        let from = begin + SignedDuration::from_mins(from);
        (from, from + SignedDuration::from_mins(length))
    });
    proptest::collection::vec(one, 0..max)
}

fn world() -> impl Strategy<Value = World> {
    prop_oneof![Just(date(2026, 3, 2)), Just(date(2026, 10, 26))].prop_flat_map(|first| {
        let hours = prop_oneof![Just(Vec::new()), proptest::collection::vec((weekday(), span()), 1..12)];
        let kind = (0..3_i64, 1..12_i64, 0..3_i64, 0..72_i64, 0..20_u16, 0..20_u8);
        let taken = (blocks(first, 20), blocks(first, 20), blocks(first, 3));
        let when = (0..14_i64, clock(), 0..40_i16);
        (Just(first), hours, templates(), exceptions(first), kind, taken, when).prop_map(build)
    })
}

type Parts = (
    Date,
    Vec<(Weekday, (Time, Time))>,
    Vec<Template>,
    Vec<Exception>,
    (i64, i64, i64, i64, u16, u8),
    (Vec<Interval>, Vec<Interval>, Vec<Interval>),
    (i64, Time, i16),
);

fn build((first, hours, templates, exceptions, rules, taken, (day, clock, age)): Parts) -> World {
    let (before, length, after, lead, horizon_days, youngest) = rules;
    let hours: Vec<_> = hours.into_iter().map(|(weekday, (from, to))| (weekday, from, to)).collect();
    let practice = super::practice(&hours);
    let mut kind = super::kind((before * 5, length * 5, after * 5));
    kind.lead = SignedDuration::from_hours(lead);
    kind.horizon_days = horizon_days;
    kind.ages = (youngest, youngest + 30);
    let now = first.saturating_add(day.days()).to_datetime(clock);
    World {
        now: practice.zone.to_ambiguous_timestamp(now).compatible().expect("in range"),
        practice,
        schedule: super::schedule(templates, exceptions),
        kind,
        taken: BTreeMap::from([("patel".into(), taken.0), ("nguyen".into(), taken.1)]),
        engaged: taken.2,
        born: first.saturating_sub(i64::from(age).years()).saturating_add(5.days()),
    }
}

impl World {
    fn openings(&self) -> Vec<Opening> {
        let days = (date(2026, 1, 1), date(2026, 12, 31));
        let patient = Some(Who { born: self.born, engaged: &self.engaged });
        let search = Search { kind: &self.kind, days, now: self.now, taken: &self.taken, patient };
        search.openings(&Calendar::new(&self.schedule, &self.practice))
    }

    /// Everything that an opening promises, without a look at how it was found.
    fn check(&self, opening: &Opening) -> Result<(), TestCaseError> {
        let civil = |at: Timestamp| self.practice.zone.to_datetime(at);
        let minutes: Vec<Timestamp> = std::iter::successors(Some(opening.blocked.0), |at| {
            Some(*at + SignedDuration::from_mins(1)).filter(|at| *at < opening.blocked.1)
        })
        .collect();
        let all = |holds: &dyn Fn(DateTime) -> bool| minutes.iter().all(|at| holds(civil(*at)));
        let (today, day) = (civil(self.now).date(), civil(opening.start).date());

        prop_assert_eq!(opening.end.duration_since(opening.start), self.kind.duration);
        prop_assert_eq!(opening.start.duration_since(opening.blocked.0), self.kind.buffer_before);
        prop_assert_eq!(opening.blocked.1.duration_since(opening.end), self.kind.buffer_after);
        prop_assert!(opening.start > self.now && opening.start >= self.now + self.kind.lead, "too soon");
        prop_assert!(day <= today.saturating_add(i64::from(self.kind.horizon_days).days()), "too far ahead");
        let (from, to) = self.kind.ages;
        prop_assert!((i16::from(from)..i16::from(to)).contains(&age_on(self.born, day)), "not of that age");

        let taken = &self.taken[&opening.provider];
        let free = |at: &Timestamp| !taken.iter().any(|(from, to)| (*from..*to).contains(at));
        prop_assert!(minutes.iter().all(free), "taken");
        let engaged = |at: &Timestamp| self.engaged.iter().any(|(from, to)| (*from..*to).contains(at));
        let with_us = |at: &&Timestamp| (opening.start..opening.end).contains(*at);
        prop_assert!(!minutes.iter().filter(with_us).any(engaged), "the patient is elsewhere");

        let concerns = |e: &&Exception| e.provider.as_ref().is_none_or(|p| *p == opening.provider);
        let exceptions: Vec<_> = self.schedule.exceptions.iter().filter(concerns).collect();
        let in_exception = |e: &Exception, at: DateTime| e.from <= at && at < e.to;
        let is_closed = |at| exceptions.iter().any(|e| e.opens == Opens::Closed && in_exception(e, at));
        prop_assert!(!minutes.iter().any(|at| is_closed(civil(*at))), "closed");

        let opened = exceptions.iter().any(|e| e.opens == Opens::Open && all(&|at| in_exception(e, at)));
        let in_hours = |at: DateTime| {
            let now = |h: &OpenHours| h.weekday == at.weekday() && h.from <= at.time() && at.time() < h.to;
            self.practice.hours.is_empty() || self.practice.hours.iter().any(now)
        };
        let in_template = |t: &Template, at: DateTime| {
            let for_kind = t.types.is_empty() || t.types.contains(&opening.kind);
            let released = t.release == Release::Always || day == today;
            let works = t.provider == opening.provider && t.weekday == at.weekday();
            works && for_kind && released && t.from <= at.time() && at.time() < t.to
        };
        let planned = self.schedule.templates.iter().any(|t| all(&|at| in_template(t, at))) && all(&in_hours);
        prop_assert!(opened || planned, "neither planned nor opened: {}", civil(opening.start));
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn every_opening_keeps_every_rule(world in world()) {
        let openings = world.openings();
        for opening in &openings {
            world.check(opening)?;
        }
        for pair in openings.windows(2) {
            prop_assert!(pair[0].start <= pair[1].start, "in order of time");
            prop_assert!(pair[0] != pair[1], "none twice");
        }
    }
}

/// The promise above would hold of a book that is always full, too.
#[test]
fn random_practices_have_openings_often() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let worlds = (0..200).map(|_| world().new_tree(&mut runner).expect("a world").current());
    let open = worlds.filter(|world| !world.openings().is_empty()).count();
    assert!(open >= 50, "only {open} of 200 have any");
}

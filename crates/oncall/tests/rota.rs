//! Who is on call when: weeks, turns, holidays, swaps, clock changes, and what is wrong with a rota.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use std::collections::BTreeMap;

use jiff::civil::{Date, Time, Weekday, date, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use oncall::{Change, ChangeKind, Clinician, Holiday, Line, LineId, Rota, RotaError, Rotation, Shift, Stretch, Tier};
use proptest::prelude::*;

const WEEKDAYS: [Weekday; 5] =
    [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
const ALL_DAYS: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

fn zone() -> TimeZone {
    TimeZone::get("America/New_York").unwrap()
}

/// A civil time in New York.
fn at(text: &str) -> Timestamp {
    text.parse::<jiff::civil::DateTime>().unwrap().to_zoned(zone()).unwrap().timestamp()
}

fn shift(tier: Tier, days: &[Weekday], from: Time, to: Time, who: &str) -> Shift {
    Shift { tier, days: days.to_vec(), from, to, until_day: None, who: Rotation::always(who.into()) }
}

fn nights(who: Rotation) -> Shift {
    Shift {
        tier: Tier::Primary,
        days: ALL_DAYS.to_vec(),
        from: time(17, 0, 0, 0),
        to: time(8, 0, 0, 0),
        until_day: None,
        who,
    }
}

fn days(who: &str) -> Shift {
    shift(Tier::Primary, &ALL_DAYS, time(8, 0, 0, 0), time(17, 0, 0, 0), who)
}

fn try_rota(line: Line) -> Result<Rota, RotaError> {
    let person = |id: &str| Clinician { id: id.into(), name: format!("Doctor {id}"), ways: Vec::new() };
    let people = ["ann", "bob", "cy", "last"].map(person).to_vec();
    Rota::new(zone(), people, "last".into(), BTreeMap::from([(general(), line)]))
}

fn rota(line: Line) -> Rota {
    try_rota(line).unwrap()
}

fn general() -> LineId {
    "general".into()
}

fn order(rota: &Rota, at: Timestamp) -> Vec<String> {
    rota.who_at(&general(), at).into_values().map(|clinician| clinician.id.0).collect()
}

fn primary(rota: &Rota, at: Timestamp) -> (String, Option<Timestamp>) {
    let first = rota.holdings(&general(), at).swap_remove(0);
    assert_eq!(first.tier, Tier::Primary);
    (first.holder.id.0, first.until)
}

#[test]
fn a_night_ends_on_the_next_morning() {
    let rota = rota(Line { weekly: vec![days("ann"), nights(Rotation::always("bob".into()))], ..Line::default() });
    assert_eq!(primary(&rota, at("2026-11-20T16:59:59")), ("ann".to_owned(), Some(at("2026-11-20T17:00"))));
    assert_eq!(primary(&rota, at("2026-11-20T17:00")), ("bob".to_owned(), Some(at("2026-11-21T08:00"))));
    assert_eq!(primary(&rota, at("2026-11-21T03:00")), ("bob".to_owned(), Some(at("2026-11-21T08:00"))));
    assert_eq!(order(&rota, at("2026-11-21T03:00")), ["bob", "last"]);
}

#[test]
fn a_weekend_is_one_shift() {
    let friday = [Weekday::Friday];
    let mut weekend = shift(Tier::Primary, &friday, time(17, 0, 0, 0), time(8, 0, 0, 0), "cy");
    weekend.until_day = Some(Weekday::Monday);
    let mut always = shift(Tier::Backup, &friday, time(17, 0, 0, 0), time(17, 0, 0, 0), "bob");
    always.until_day = Some(Weekday::Friday);
    let rota = rota(Line { weekly: vec![weekend, always], ..Line::default() });
    for inside in ["2026-11-20T17:00", "2026-11-22T12:00", "2026-11-23T07:59"] {
        assert_eq!(primary(&rota, at(inside)), ("cy".to_owned(), Some(at("2026-11-23T08:00"))), "{inside}");
    }
    assert_eq!(order(&rota, at("2026-11-23T08:00")), ["bob", "last"]);
    assert_eq!(order(&rota, at("2026-11-27T16:59")), ["bob", "last"]);
}

#[test]
fn one_may_hold_two_tiers() {
    let backup = shift(Tier::Backup, &ALL_DAYS, time(0, 0, 0, 0), time(0, 0, 0, 0), "ann");
    let rota =
        rota(Line { weekly: vec![days("ann"), nights(Rotation::always("bob".into())), backup], ..Line::default() });
    assert_eq!(order(&rota, at("2026-11-20T12:00")), ["ann", "ann", "last"]);
    assert_eq!(order(&rota, at("2026-11-20T22:00")), ["bob", "ann", "last"]);
    let holdings = rota.holdings(&general(), at("2026-11-20T22:00"));
    assert_eq!(holdings.iter().map(|h| h.tier).collect::<Vec<_>>(), [Tier::Primary, Tier::Backup, Tier::LastResort]);
    assert_eq!(holdings[1].until, None, "ann is in reserve at all hours");
}

#[test]
fn turns_change_every_week_and_were_taken_before_they_began() {
    let members = ["ann", "bob", "cy"].map(Into::into).to_vec();
    let turns = Rotation { members, since: date(2026, 11, 16), weeks: 1 };
    let rota = rota(Line { weekly: vec![nights(turns)], ..Line::default() });
    for (day, who) in [
        ("2026-11-16", "ann"),
        ("2026-11-22", "ann"),
        ("2026-11-23", "bob"),
        ("2026-12-06", "cy"),
        ("2026-12-07", "ann"),
        ("2026-11-15", "cy"),
    ] {
        assert_eq!(primary(&rota, at(&format!("{day}T20:00"))).0, who, "{day}");
    }
    // The night of the last day of a turn is still that turn's.
    assert_eq!(primary(&rota, at("2026-11-23T03:00")).0, "ann");
}

#[test]
fn a_holiday_has_the_shifts_of_another_day() {
    let week = shift(Tier::Primary, &WEEKDAYS, time(8, 0, 0, 0), time(8, 0, 0, 0), "ann");
    let weekend =
        shift(Tier::Primary, &[Weekday::Saturday, Weekday::Sunday], time(8, 0, 0, 0), time(8, 0, 0, 0), "bob");
    let holidays = vec![Holiday { on: date(2026, 11, 26), like: Weekday::Sunday }];
    let rota = rota(Line { weekly: vec![week, weekend], holidays, ..Line::default() });
    assert_eq!(primary(&rota, at("2026-11-26T07:59")).0, "ann");
    assert_eq!(primary(&rota, at("2026-11-26T12:00")), ("bob".to_owned(), Some(at("2026-11-27T08:00"))));
    assert!(rota.flaws(at("2026-11-23T00:00"), at("2026-12-07T00:00")).is_empty());
}

#[test]
fn a_change_replaces_the_week_and_a_swap_exchanges_it() {
    let change = |from: &str, to: &str, kind| Change { from: at(from), to: at(to), kind };
    let changes = vec![
        change("2026-11-20T12:00", "2026-11-21T12:00", ChangeKind::Takes { tier: Tier::Primary, who: "cy".into() }),
        change("2026-11-25T08:00", "2026-11-26T08:00", ChangeKind::Swap("ann".into(), "bob".into())),
    ];
    let rota =
        rota(Line { weekly: vec![days("ann"), nights(Rotation::always("bob".into()))], changes, ..Line::default() });
    assert_eq!(primary(&rota, at("2026-11-20T11:00")), ("ann".to_owned(), Some(at("2026-11-20T12:00"))));
    assert_eq!(primary(&rota, at("2026-11-20T18:00")), ("cy".to_owned(), Some(at("2026-11-21T12:00"))));
    assert_eq!(primary(&rota, at("2026-11-25T10:00")).0, "bob");
    // From bob's night, swapped, into ann's ordinary day: the same doctor goes on.
    assert_eq!(primary(&rota, at("2026-11-25T20:00")), ("ann".to_owned(), Some(at("2026-11-26T17:00"))));
}

#[test]
fn the_change_that_stands_last_counts() {
    let change = |from: &str, to: &str, kind| Change { from: at(from), to: at(to), kind };
    let swap = change("2026-11-23T00:00", "2026-11-30T00:00", ChangeKind::Swap("ann".into(), "bob".into()));
    let takes = |who: &str| {
        change("2026-11-25T08:00", "2026-11-25T17:00", ChangeKind::Takes { tier: Tier::Primary, who: who.into() })
    };
    let week = || vec![days("ann"), nights(Rotation::always("bob".into()))];
    let who = |changes| primary(&rota(Line { weekly: week(), changes, ..Line::default() }), at("2026-11-25T12:00")).0;
    assert_eq!(who(vec![swap.clone()]), "bob");
    assert_eq!(
        who(vec![swap.clone(), takes("ann")]),
        "ann",
        "ann was asked to take it although she had swapped it away"
    );
    assert_eq!(who(vec![takes("ann"), swap.clone()]), "bob");
    assert_eq!(who(vec![takes("cy"), takes("ann")]), "ann");
}

#[test]
fn of_two_shifts_the_one_that_stands_first_counts() {
    let weekly = vec![
        shift(Tier::Primary, &ALL_DAYS, time(7, 0, 0, 0), time(17, 0, 0, 0), "ann"),
        shift(Tier::Primary, &ALL_DAYS, time(17, 0, 0, 0), time(8, 0, 0, 0), "bob"),
    ];
    let rota = rota(Line { weekly, ..Line::default() });
    assert_eq!(primary(&rota, at("2026-11-25T07:30")).0, "ann", "though bob's began the evening before");
}

#[test]
fn a_long_shift_that_begins_on_a_holiday_lasts_a_day() {
    let mut weekend = shift(Tier::Primary, &[Weekday::Saturday], time(8, 0, 0, 0), time(8, 0, 0, 0), "cy");
    weekend.until_day = Some(Weekday::Monday);
    let week = shift(Tier::Primary, &WEEKDAYS, time(8, 0, 0, 0), time(8, 0, 0, 0), "ann");
    let holidays = vec![Holiday { on: date(2026, 5, 25), like: Weekday::Saturday }];
    let rota = rota(Line { weekly: vec![weekend, week], holidays, ..Line::default() });
    assert_eq!(primary(&rota, at("2026-05-25T12:00")), ("cy".to_owned(), Some(at("2026-05-26T08:00"))));
    let flaws = rota.flaws(at("2026-05-25T08:00"), at("2026-05-29T08:00"));
    assert!(flaws.is_empty(), "{flaws:?}");
}

#[test]
fn shifts_follow_the_clock_when_it_is_changed() {
    let night = shift(Tier::Primary, &ALL_DAYS, time(17, 0, 0, 0), time(2, 30, 0, 0), "ann");
    let morning = shift(Tier::Primary, &ALL_DAYS, time(2, 30, 0, 0), time(17, 0, 0, 0), "bob");
    let rota = rota(Line { weekly: vec![night, morning], ..Line::default() });
    // 02:30 does not exist on 8 March 2026: the change is at 03:30, half an hour after the clock went on.
    let skipped: Timestamp = "2026-03-08T07:30:00Z".parse().unwrap();
    assert_eq!(primary(&rota, at("2026-03-08T01:00")), ("ann".to_owned(), Some(skipped)));
    // No minute of either night is without anybody.
    assert!(rota.flaws(at("2026-03-07T00:00"), at("2026-03-10T00:00")).is_empty());
    assert!(rota.flaws(at("2026-10-31T00:00"), at("2026-11-03T00:00")).is_empty());
}

#[test]
fn gaps_and_overlaps_are_found_before_they_happen() {
    let weekly = vec![
        shift(Tier::Primary, &WEEKDAYS, time(8, 0, 0, 0), time(17, 0, 0, 0), "ann"),
        shift(Tier::Primary, &WEEKDAYS, time(16, 0, 0, 0), time(8, 0, 0, 0), "bob"),
    ];
    let rota = rota(Line { weekly, ..Line::default() });
    let flaws = rota.flaws(at("2026-11-20T00:00"), at("2026-11-23T12:00"));
    let told: Vec<_> = flaws.into_iter().map(|flaw| flaw.stretch).collect();
    let stretch = |from: &str, to: &str, who: Option<&str>, too: &[&str]| Stretch {
        from: at(from),
        to: at(to),
        who: who.map(Into::into),
        too: too.iter().map(|who| (*who).into()).collect(),
    };
    let overlap = stretch("2026-11-20T16:00", "2026-11-20T17:00", Some("ann"), &["bob"]);
    assert_eq!(told, [overlap, stretch("2026-11-21T08:00", "2026-11-23T08:00", None, &[])]);
    // The last resort is there all the same.
    assert_eq!(order(&rota, at("2026-11-22T12:00")), ["last"]);
}

#[test]
fn a_line_that_nobody_has_written_has_the_last_resort() {
    let rota = rota(Line::default());
    assert_eq!(rota.who_at(&"obstetrics".into(), at("2026-11-22T12:00")).len(), 1);
    let (from, to) = (at("2026-11-20T00:00"), at("2026-11-23T12:00"));
    let [gap] = &rota.flaws(from, to)[..] else { panic!("one gap") };
    assert_eq!((gap.stretch.from, gap.stretch.to, &gap.stretch.who), (from, to, &None));
}

#[test]
fn a_rota_that_cannot_be_followed_is_refused() {
    let refused = |line| try_rota(line).unwrap_err();
    let line = |shift| Line { weekly: vec![shift], ..Line::default() };
    assert_eq!(refused(line(days("eve"))), RotaError::Unknown { who: "eve".into() });
    let nobody = Rotation { members: Vec::new(), since: date(2026, 1, 1), weeks: 1 };
    assert_eq!(refused(line(nights(nobody))), RotaError::Nobody);
    let endless = Rotation { weeks: 0, ..Rotation::always("ann".into()) };
    assert_eq!(refused(line(nights(endless))), RotaError::NoWeeks);
    let last = shift(Tier::LastResort, &ALL_DAYS, time(8, 0, 0, 0), time(17, 0, 0, 0), "ann");
    assert_eq!(refused(line(last)), RotaError::LastResortHasNoShifts);
    let noon = at("2026-11-20T12:00");
    let swap = Change { from: noon, to: noon, kind: ChangeKind::Swap("ann".into(), "bob".into()) };
    assert_eq!(
        refused(Line { changes: vec![swap], ..Line::default() }),
        RotaError::EndsBeforeItBegins { from: noon, to: noon }
    );
}

fn any_day() -> impl Strategy<Value = Date> {
    (0..120_i64).prop_map(|days| date(2026, 2, 1).checked_add(jiff::Span::new().days(days)).unwrap())
}

fn any_who() -> impl Strategy<Value = oncall::ClinicianId> {
    prop::sample::select(vec!["ann", "bob", "cy"]).prop_map(Into::into)
}

fn any_tier() -> impl Strategy<Value = Tier> {
    prop::sample::select(vec![Tier::Primary, Tier::Backup])
}

fn any_shift() -> impl Strategy<Value = Shift> {
    let who = (prop::collection::vec(any_who(), 1..4), any_day(), 1..3_u16);
    let who = who.prop_map(|(members, since, weeks)| Rotation { members, since, weeks });
    let days = prop::sample::subsequence(ALL_DAYS.to_vec(), 1..=7);
    let until_day = prop::option::of(prop::sample::select(ALL_DAYS.to_vec()));
    (any_tier(), days, 0..24_i8, 0..24_i8, until_day, who).prop_map(|(tier, days, from, to, until_day, who)| Shift {
        tier,
        days,
        from: time(from, 30, 0, 0),
        to: time(to, 30, 0, 0),
        until_day,
        who,
    })
}

fn any_change() -> impl Strategy<Value = Change> {
    let takes = (any_tier(), any_who()).prop_map(|(tier, who)| ChangeKind::Takes { tier, who });
    let swap = (any_who(), any_who()).prop_map(|(a, b)| ChangeKind::Swap(a, b));
    (any_day(), 1..200_i64, prop_oneof![takes, swap]).prop_map(|(day, hours, kind)| {
        let from = day.at(7, 0, 0, 0).to_zoned(zone()).unwrap().timestamp();
        Change { from, to: from + SignedDuration::from_hours(hours), kind }
    })
}

fn any_rota() -> impl Strategy<Value = Rota> {
    let holidays = prop::collection::vec((any_day(), prop::sample::select(ALL_DAYS.to_vec())), 0..3);
    let holidays = holidays.prop_map(|days| days.into_iter().map(|(on, like)| Holiday { on, like }).collect());
    let line = (prop::collection::vec(any_shift(), 0..5), holidays, prop::collection::vec(any_change(), 0..4));
    line.prop_map(|(weekly, holidays, changes)| rota(Line { weekly, holidays, changes }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// There is always somebody; nobody changes before `until`, somebody does then; and a gap is where nobody has the first tier.
    #[test]
    fn what_is_told_of_a_time_holds(rota in any_rota(), minutes in 0..150_000_i64, share in 0.0..1.0_f64) {
        let now = at("2026-02-01T00:00") + SignedDuration::from_mins(minutes);
        let holdings = rota.holdings(&general(), now);
        prop_assert_eq!(holdings.last().unwrap().tier, Tier::LastResort);
        let who = |tier: Tier, at| rota.holdings(&general(), at).into_iter().find(|h| h.tier == tier).map(|h| h.holder.id);
        for holding in &holdings {
            let horizon = now + SignedDuration::from_hours(24 * Rota::HORIZON_DAYS - 1);
            let until = holding.until.unwrap_or(horizon);
            let between = now + (until - now).total(jiff::Unit::Second).map(|s| SignedDuration::from_secs((s * share) as i64)).unwrap();
            prop_assert_eq!(who(holding.tier, between), Some(holding.holder.id.clone()), "before {}", until);
            if holding.until.is_some() {
                prop_assert_ne!(who(holding.tier, until), Some(holding.holder.id.clone()), "at {}", until);
            }
        }
        let flaws = rota.flaws(now, now + SignedDuration::from_secs(1));
        let gap = flaws.iter().any(|flaw| flaw.tier == Tier::Primary && flaw.stretch.who.is_none());
        prop_assert_eq!(gap, who(Tier::Primary, now).is_none());
    }
}

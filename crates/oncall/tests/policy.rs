//! What a practice may write, and whom a case pages by it.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{Applies, CallerKind, OfficeHours, Urgency};
use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use oncall::{Chain, Clinician, Line, Pace, Policy, PolicyError, Rota, Rotation, Rule, Shift, Step, Tier, Way, Whom};

const PRIMARY: Whom = Whom::OnCall(Tier::Primary);
const BACKUP: Whom = Whom::OnCall(Tier::Backup);
const LAST: Whom = Whom::OnCall(Tier::LastResort);

fn person(id: &str) -> Clinician {
    Clinician { id: id.into(), name: format!("Doctor {id}"), ways: vec![Way::Webhook, Way::Sms, Way::Voice] }
}

fn step(whom: &[Whom], by: &[Way], next_s: u64) -> Step {
    let seconds = Duration::from_secs;
    Step { whom: whom.to_vec(), by: by.to_vec(), pace: Pace::new(seconds(next_s / 2), seconds(next_s)) }
}

fn rule(applies: Applies, steps: Vec<Step>) -> Rule {
    Rule { applies, steps, retry_after: Duration::from_secs(10), reach_within: Duration::from_mins(10) }
}

fn in_hours(urgency: Urgency) -> Applies {
    Applies { urgency: vec![urgency], hours: Some(OfficeHours::Open), ..Applies::default() }
}

/// The desk first in hours; a physician's call is answered by a physician.
fn policy() -> Policy {
    let clinician = Applies { callers: vec![CallerKind::Clinician], ..Applies::default() };
    let rules = vec![
        rule(clinician, vec![step(&[PRIMARY], &[Way::Voice], 30)]),
        rule(in_hours(Urgency::Urgent), vec![step(&[Whom::Desk], &[], 60), step(&[PRIMARY], &[], 300)]),
        rule(
            Applies::default(),
            vec![step(&[PRIMARY], &[Way::Sms], 30), step(&[PRIMARY], &[], 90), step(&[BACKUP], &[Way::Voice], 120)],
        ),
    ];
    Policy::new(rules, Some(person("desk"))).unwrap()
}

/// Who and how, turn by turn.
fn told(chain: &Chain) -> Vec<String> {
    let person = |one: &Clinician| {
        let ways: Vec<_> = one.ways.iter().map(|way| way.label()).collect();
        format!("{} {}", one.id, ways.join("+"))
    };
    let turn = |turn: &oncall::Turn| turn.people.iter().map(person).collect::<Vec<_>>().join(", ");
    chain.turns().iter().map(turn).collect()
}

fn plan(policy: &Policy, rota: &Rota, caller: CallerKind, hours: OfficeHours) -> oncall::Plan {
    policy.plan(rota, &Rota::GENERAL.into(), caller, hours, Timestamp::UNIX_EPOCH)
}

#[test]
fn the_first_rule_that_fits_counts_and_the_last_resort_stands_behind_every_one() {
    let (policy, rota) = (policy(), Rota::always(person("ann"), Some(person("bob")), person("last")));
    let day = plan(&policy, &rota, CallerKind::Patient, OfficeHours::Open);
    assert_eq!(told(&day.urgent), ["desk webhook+sms+voice", "ann webhook+sms+voice", "last webhook+sms+voice"]);
    assert_eq!(told(&day.emergency), ["ann sms", "ann webhook+voice", "bob voice", "last webhook+sms+voice"]);
    let night = plan(&policy, &rota, CallerKind::Patient, OfficeHours::Closed);
    assert_eq!(night.urgent, day.emergency, "no rule tells them apart");
    let physician = plan(&policy, &rota, CallerKind::Clinician, OfficeHours::Open);
    assert_eq!(told(&physician.urgent), ["ann voice", "last webhook+sms+voice"]);
    assert_eq!(physician.urgent.turns()[1].pace, physician.urgent.turns()[0].pace);
}

#[test]
fn nobody_is_paged_twice_in_the_same_way_and_who_holds_no_tier_is_replaced_by_the_next() {
    let policy = policy();
    let alone = Rota::always(person("ann"), None, person("ann"));
    let night = plan(&policy, &alone, CallerKind::Other, OfficeHours::Closed);
    assert_eq!(told(&night.emergency), ["ann sms", "ann webhook+voice"]);

    // Nobody is on call in the night of that rota: the backup is paged in the first place.
    let shift = |tier, from, to| {
        let days = vec![Weekday::Thursday];
        let (from, to) = (Time::new(from, 0, 0, 0).unwrap(), Time::new(to, 0, 0, 0).unwrap());
        Shift { tier, days, from, to, until_day: None, who: Rotation::always("bob".into()) }
    };
    let line = Line { weekly: vec![shift(Tier::Primary, 8, 17), shift(Tier::Backup, 0, 23)], ..Line::default() };
    let people = vec![person("bob"), person("last")];
    let lines = BTreeMap::from([(Rota::GENERAL.into(), line)]);
    let gap = Rota::new(TimeZone::UTC, people, "last".into(), lines).unwrap();
    let night = plan(&policy, &gap, CallerKind::Other, OfficeHours::Closed);
    assert_eq!(told(&night.emergency), ["bob sms", "bob webhook+voice", "last webhook+sms+voice"]);
}

#[test]
fn who_has_none_of_the_ways_of_a_step_is_paged_in_all_of_theirs() {
    let pager = Clinician { ways: vec![Way::Webhook], ..person("ann") };
    let rota = Rota::always(pager, Some(person("bob")), person("last"));
    let night = plan(&policy(), &rota, CallerKind::Other, OfficeHours::Closed);
    assert_eq!(told(&night.emergency), ["ann webhook", "bob voice", "last webhook+sms+voice"]);
}

#[test]
fn a_policy_that_would_let_somebody_wait_is_refused() {
    let desk = || Some(person("desk"));
    let all = Applies::default;
    let urgent = |hours| Applies { urgency: vec![Urgency::Urgent], hours, ..all() };
    let doctor = || step(&[PRIMARY], &[], 60);
    let at_the_desk = || step(&[Whom::Desk], &[], 60);
    let emergencies = || rule(Applies { urgency: vec![Urgency::Emergency], ..all() }, vec![doctor()]);
    let refused: [(Vec<Rule>, Option<Clinician>, PolicyError); 7] = [
        (
            vec![emergencies(), rule(urgent(None), vec![step(&[Whom::Desk, Whom::Desk], &[], 60)])],
            desk(),
            PolicyError::DeskAlone { rule: 2 },
        ),
        (vec![rule(all(), vec![at_the_desk(), doctor()])], desk(), PolicyError::NoClinicianAtOnce { rule: 1 }),
        (vec![rule(all(), vec![step(&[LAST], &[], 60)])], desk(), PolicyError::NoClinicianAtOnce { rule: 1 }),
        (
            vec![emergencies(), rule(urgent(None), vec![at_the_desk(), doctor()])],
            desk(),
            PolicyError::DeskAlone { rule: 2 },
        ),
        (
            vec![emergencies(), rule(urgent(Some(OfficeHours::Open)), vec![at_the_desk()])],
            None,
            PolicyError::NoDesk { rule: 2 },
        ),
        (vec![rule(all(), vec![doctor(), step(&[], &[], 60)])], None, PolicyError::Nobody { rule: 1 }),
        (
            vec![emergencies(), rule(urgent(Some(OfficeHours::Open)), vec![at_the_desk()])],
            desk(),
            PolicyError::Uncovered {
                urgency: Urgency::Urgent,
                caller: CallerKind::Patient,
                hours: OfficeHours::Closed,
            },
        ),
    ];
    for (rules, desk, why) in refused {
        assert_eq!(Policy::new(rules, desk), Err(why));
    }
}

//! The promises of [`Escalation`], against random cases in virtual time.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use std::collections::BTreeSet;
use std::time::Duration;

use domain::Urgency;
use jiff::Timestamp;
use oncall::{Attempt, Chain, Clinician, Escalation, Input, Output, Pace, Plan, Turn, Way};
use proptest::prelude::*;

const SHORTEST_S: u64 = 5;
/// No deadline lies further ahead: who takes a case has ten minutes.
const LONGEST_S: u64 = 600;

#[derive(Clone, Debug)]
enum Event {
    Pass {
        seconds: u64,
    },
    Accept(u32),
    Fail(u32),
    Ack(usize),
    Done(usize),
    Decline(usize),
    /// Another plan, with so many people.
    Rota(usize),
    /// The clock is put back.
    Back {
        seconds: u64,
    },
    Raise(Urgency),
    /// Kept, lost and read again.
    Restart,
}

fn urgencies() -> impl Strategy<Value = Urgency> {
    prop::sample::select(Urgency::ALL)
}

/// Acknowledgements are rare, so that cases live long enough to be interesting.
fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        8 => (0..400_u64).prop_map(|seconds| Event::Pass { seconds }),
        4 => (0..60_u32).prop_map(Event::Accept),
        8 => (0..60_u32).prop_map(Event::Fail),
        2 => (0..4_usize).prop_map(Event::Ack),
        1 => (0..4_usize).prop_map(Event::Done),
        4 => (0..4_usize).prop_map(Event::Decline),
        1 => (1..4_usize).prop_map(Event::Rota),
        1 => (0..5000_u64).prop_map(|seconds| Event::Back { seconds }),
        1 => urgencies().prop_map(Event::Raise),
        2 => Just(Event::Restart),
    ];
    prop::collection::vec(event, 1..60)
}

/// Turns of one or two people, with none to two ways each; the same for both urgencies, or in another order.
fn plans() -> impl Strategy<Value = Plan> {
    let turns = prop::collection::vec(prop::collection::vec(0..3_usize, 1..3), 1..5);
    (turns, any::<bool>()).prop_map(|(turns, other_order)| plan_of(&turns, other_order))
}

/// Turns of people with so many ways each.
fn plan_of(ways: &[Vec<usize>], other_order: bool) -> Plan {
    let mut who = 0;
    let mut person = |ways: &usize| {
        who += 1;
        let id = format!("c{}", who - 1);
        Clinician { name: format!("Doctor {id}"), id: id.as_str().into(), ways: Way::ALL[..*ways].to_vec() }
    };
    let people: Vec<Vec<Clinician>> = ways.iter().map(|turn| turn.iter().map(&mut person).collect()).collect();
    let chain = |people: Vec<Vec<Clinician>>, again: u64, next: u64, retry: u64| {
        let seconds = Duration::from_secs;
        let turn = |people| Turn { people, pace: Pace::new(seconds(again), seconds(next)) };
        Chain::new(people.into_iter().map(turn).collect(), seconds(retry), seconds(600))
    };
    let mut emergency = people.clone();
    if other_order {
        emergency.reverse();
    }
    Plan {
        emergency: chain(emergency, 60, 120, SHORTEST_S),
        urgent: chain(people, 400, 300, 30),
        desk: Some("c1".into()),
    }
}

fn later(now: Timestamp, seconds: u64) -> Timestamp {
    now.saturating_add(Duration::from_secs(seconds)).expect("no calendar units")
}

fn drain(case: &mut Escalation) -> Vec<Output> {
    std::iter::from_fn(|| case.poll_output()).collect()
}

fn apply(case: &mut Escalation, event: &Event, now: &mut Timestamp) -> Vec<Output> {
    let input = match event {
        Event::Pass { seconds } => {
            *now = later(*now, *seconds);
            case.handle_timeout(*now);
            return drain(case);
        }
        Event::Accept(n) => Input::PageAccepted { attempt: Attempt(*n) },
        Event::Fail(n) => Input::PageFailed { attempt: Attempt(*n) },
        Event::Ack(who) => Input::Acknowledged { clinician: format!("c{who}").as_str().into() },
        Event::Done(who) => Input::Done { clinician: format!("c{who}").as_str().into() },
        Event::Decline(who) => Input::Declined { clinician: format!("c{who}").as_str().into() },
        Event::Rota(people) => Input::Plan(plan_of(&vec![vec![1]; *people], false)),
        Event::Back { seconds } => {
            *now = now.saturating_sub(Duration::from_secs(*seconds)).expect("no calendar units");
            case.handle_timeout(*now);
            return drain(case);
        }
        Event::Raise(urgency) => Input::Raised(*urgency),
        Event::Restart => {
            let kept = serde_json::to_string(case).expect("plain data");
            *case = serde_json::from_str(&kept).expect("what was kept");
            Input::Restarted
        }
    };
    case.handle_input(input, *now);
    drain(case)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// One has it at most, and while one has it nobody is paged; who closes it ends it; whatever the clock does, the next deadline is near.
    #[test]
    fn a_case_waits_for_something_until_it_is_closed(
        plan in plans(), urgency in urgencies(), events in events(),
    ) {
        let mut now = Timestamp::UNIX_EPOCH;
        let mut case = Escalation::new(plan);
        case.handle_input(Input::Opened { urgency }, now);
        drain(&mut case);
        let mut numbers = BTreeSet::new();
        // The urgency for which somebody has it, or it is closed.
        let (mut taken, mut closed) = (None, None);
        for event in &events {
            for output in apply(&mut case, event, &mut now) {
                match output {
                    Output::Acknowledged { clinician, .. } => {
                        prop_assert!(taken.is_none() && closed.is_none(), "two have it");
                        prop_assert_eq!(case.holder(), Some(&clinician));
                        taken = Some(case.urgency());
                    }
                    Output::Overdue { .. } => prop_assert!(taken.take().is_some(), "nobody had it"),
                    Output::Done { .. } => (taken, closed) = (None, Some(case.urgency())),
                    Output::Page(page) => {
                        prop_assert!(numbers.insert(page.attempt), "{:?} twice", page.attempt);
                        taken = taken.filter(|covered| *covered == page.urgency);
                        closed = closed.filter(|covered| *covered == page.urgency);
                        prop_assert!(taken.is_none() && closed.is_none(), "paged all the same: {:?}", event);
                    }
                    Output::Exhausted { .. } => {
                        // Raised, and nobody can be paged: it is nobody's again.
                        taken = taken.filter(|covered| *covered == case.urgency());
                        closed = closed.filter(|covered| *covered == case.urgency());
                    }
                }
            }
            prop_assert_eq!(case.is_over(), closed.is_some());
            prop_assert_eq!(case.holder().is_some(), taken.is_some());
            match case.poll_timeout() {
                None => prop_assert!(closed.is_some()),
                Some((due, _)) => prop_assert!(due <= later(now, LONGEST_S), "waits until {} at {}", due, now),
            }
        }
    }

    #[test]
    fn everybody_who_can_be_reached_is_paged(plan in plans(), urgency in urgencies(), fates in prop::collection::vec(any::<bool>(), 32)) {
        let ways = |one: &Clinician| one.ways.iter().map(|way| (one.id.clone(), *way)).collect::<Vec<_>>();
        let wanted: BTreeSet<_> = plan.people().flat_map(ways).collect();
        let mut now = Timestamp::UNIX_EPOCH;
        let mut case = Escalation::new(plan);
        case.handle_input(Input::Opened { urgency }, now);
        let mut paged = BTreeSet::new();
        let mut exhausted = false;
        for _ in 0..200 {
            while let Some(output) = case.poll_output() {
                match output {
                    Output::Page(page) => {
                        paged.insert((page.clinician, page.way));
                        let attempt = page.attempt;
                        let accepted = fates[attempt.0 as usize % fates.len()];
                        let fate = if accepted { Input::PageAccepted { attempt } } else { Input::PageFailed { attempt } };
                        case.handle_input(fate, now);
                    }
                    Output::Exhausted { .. } => {
                        prop_assert_eq!(&paged, &wanted, "exhausted before everybody was paged");
                        exhausted = true;
                    }
                    Output::Acknowledged { .. } | Output::Overdue { .. } | Output::Done { .. } => {
                        prop_assert!(false, "nobody has acknowledged");
                    }
                }
                if exhausted { break; }
            }
            if exhausted { break; }
            (now, _) = case.poll_timeout().expect("the case is open");
            case.handle_timeout(now);
        }
        prop_assert!(exhausted, "the rota has no end");
    }

    /// However pages fare, their number is bounded by the pace: nothing spins.
    #[test]
    fn pages_are_paced(plan in plans(), fates in prop::collection::vec(any::<bool>(), 32)) {
        const SPAN_S: u64 = 3600;
        let channels: usize = plan.emergency.turns().iter().flat_map(|turn| &turn.people).map(|one| one.ways.len()).sum();
        let start = Timestamp::UNIX_EPOCH;
        let mut now = start;
        let mut case = Escalation::new(plan);
        case.handle_input(Input::Opened { urgency: Urgency::Emergency }, now);
        let mut sent = 0;
        while now < later(start, SPAN_S) {
            while let Some(output) = case.poll_output() {
                if let Output::Page(page) = output {
                    sent += 1;
                    let attempt = page.attempt;
                    let accepted = fates[attempt.0 as usize % fates.len()];
                    let fate = if accepted { Input::PageAccepted { attempt } } else { Input::PageFailed { attempt } };
                    case.handle_input(fate, now);
                }
            }
            (now, _) = case.poll_timeout().expect("the case is open");
            case.handle_timeout(now);
        }
        prop_assert!(sent <= channels * (SPAN_S / SHORTEST_S + 1) as usize, "{sent} pages in an hour");
    }
}

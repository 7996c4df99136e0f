//! The promises of [`Escalation`], against random cases in virtual time.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use std::collections::BTreeSet;
use std::time::Duration;

use domain::Urgency;
use jiff::Timestamp;
use oncall::{Attempt, ChannelId, Clinician, Escalation, Input, Output, Pace, Policy, Tiers};
use proptest::prelude::*;

const SHORTEST_S: u64 = 5;

#[derive(Clone, Debug)]
enum Event {
    Pass {
        seconds: u64,
    },
    Accept(u32),
    Fail(u32),
    Ack(usize),
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
        1 => (0..4_usize).prop_map(Event::Ack),
        1 => urgencies().prop_map(Event::Raise),
        2 => Just(Event::Restart),
    ];
    prop::collection::vec(event, 1..60)
}

fn rotas() -> impl Strategy<Value = Tiers> {
    prop::collection::vec(0..3_usize, 1..5).prop_map(|channels| {
        let mut clinicians = channels.iter().enumerate().map(|(who, ways)| Clinician {
            id: format!("c{who}").as_str().into(),
            name: format!("Doctor {who}"),
            channels: (0..*ways).map(|way| ChannelId(format!("c{who}/{way}"))).collect(),
        });
        let first = clinicians.next().expect("at least one");
        Tiers::new(first, clinicians.collect())
    })
}

fn policy() -> Policy {
    let pace = |repeat, ack, retry| {
        Pace::new(Duration::from_secs(repeat), Duration::from_secs(ack), Duration::from_secs(retry))
    };
    Policy { emergency: pace(60, 120, SHORTEST_S), urgent: pace(400, 300, 30) }
}

fn later(now: Timestamp, seconds: u64) -> Timestamp {
    now.saturating_add(Duration::from_secs(seconds)).expect("no calendar units")
}

fn drain(case: &mut Escalation) -> Vec<Output> {
    std::iter::from_fn(|| case.poll_output()).collect()
}

fn pages(outputs: &[Output]) -> usize {
    outputs.iter().filter(|o| matches!(o, Output::Page(_))).count()
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

    #[test]
    fn an_open_case_waits_for_something_and_an_acknowledged_one_pages_nobody(
        tiers in rotas(), urgency in urgencies(), events in events(),
    ) {
        let mut now = Timestamp::UNIX_EPOCH;
        let mut case = Escalation::new(tiers, policy());
        case.handle_input(Input::Opened { urgency }, now);
        drain(&mut case);
        let mut acknowledged = None;
        let mut numbers = BTreeSet::new();
        for event in &events {
            let outputs = apply(&mut case, event, &mut now);
            if acknowledged == Some(case.urgency()) {
                prop_assert_eq!(pages(&outputs), 0, "paged after the acknowledgement: {:?}", event);
            }
            for output in &outputs {
                match output {
                    Output::Acknowledged { .. } => acknowledged = Some(case.urgency()),
                    Output::Page(page) => prop_assert!(numbers.insert(page.attempt), "{:?} twice", page.attempt),
                    Output::Exhausted { .. } => {}
                }
            }
            let open = acknowledged != Some(case.urgency());
            prop_assert_eq!(case.poll_timeout().is_some(), open);
            prop_assert_eq!(case.is_over(), !open);
        }
    }

    #[test]
    fn everybody_who_can_be_reached_is_paged(tiers in rotas(), urgency in urgencies(), fates in prop::collection::vec(any::<bool>(), 32)) {
        let wanted: BTreeSet<_> = tiers.iter().flat_map(|c| c.channels.clone()).collect();
        let mut now = Timestamp::UNIX_EPOCH;
        let mut case = Escalation::new(tiers, policy());
        case.handle_input(Input::Opened { urgency }, now);
        let mut paged = BTreeSet::new();
        let mut exhausted = false;
        for _ in 0..200 {
            while let Some(output) = case.poll_output() {
                match output {
                    Output::Page(page) => {
                        paged.insert(page.channel);
                        let attempt = page.attempt;
                        let accepted = fates[attempt.0 as usize % fates.len()];
                        let fate = if accepted { Input::PageAccepted { attempt } } else { Input::PageFailed { attempt } };
                        case.handle_input(fate, now);
                    }
                    Output::Exhausted { .. } => {
                        prop_assert_eq!(&paged, &wanted, "exhausted before everybody was paged");
                        exhausted = true;
                    }
                    Output::Acknowledged { .. } => prop_assert!(false, "nobody has acknowledged"),
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
    fn pages_are_paced(tiers in rotas(), fates in prop::collection::vec(any::<bool>(), 32)) {
        const SPAN_S: u64 = 3600;
        let channels: usize = tiers.iter().map(|c| c.channels.len()).sum();
        let start = Timestamp::UNIX_EPOCH;
        let mut now = start;
        let mut case = Escalation::new(tiers, policy());
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

//! The promises of [`Escalation`], against random cases in virtual time.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::Urgency;
use jiff::Timestamp;
use oncall::{Attempt, Chain, Clinician, Escalation, Input, Output, Pace, Plan, Turn, Way, Why};
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
    /// A page, so many before the newest, is taken and fails after so long; the gateway tells so once or twice.
    Lose {
        back: u32,
        seconds: u64,
        twice: bool,
    },
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
        8 => (0..4_u32, 0..400_u64, any::<bool>()).prop_map(|(back, seconds, twice)| Event::Lose { back, seconds, twice }),
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
    plans_of(0)
}

/// The same with so many ways at least.
fn plans_of(ways: usize) -> impl Strategy<Value = Plan> {
    let turns = prop::collection::vec(prop::collection::vec(ways..3, 1..3), 1..5);
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

/// What becomes of a page.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Taken,
    Refused,
    /// It is taken, and after so many seconds the channel tells that it did not arrive.
    Lost {
        after: u64,
    },
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let fate = prop_oneof![Just(Fate::Taken), Just(Fate::Refused), (0..400_u64).prop_map(|after| Fate::Lost { after })];
    prop::collection::vec(fate, 32)
}

/// A case that nobody takes, and channels that treat its pages so, one after the other and from the first again.
struct Line {
    case: Escalation,
    now: Timestamp,
    fates: Vec<Fate>,
    losses: BTreeSet<(Timestamp, Attempt)>,
}

impl Line {
    fn open(plan: Plan, urgency: Urgency, fates: Vec<Fate>) -> Self {
        let mut case = Escalation::new(plan);
        case.handle_input(Input::Opened { urgency }, Timestamp::UNIX_EPOCH);
        Self { case, now: Timestamp::UNIX_EPOCH, fates, losses: BTreeSet::new() }
    }

    /// What is put out now; its pages are taken or refused, and those are lost whose time it is.
    fn settle(&mut self) -> Vec<Output> {
        let mut all = Vec::new();
        loop {
            while let Some(output) = self.case.poll_output() {
                if let Output::Page(page) = &output {
                    self.send(page.attempt);
                }
                all.push(output);
            }
            match self.losses.first() {
                Some(&(at, attempt)) if at <= self.now => {
                    self.losses.pop_first();
                    self.case.handle_input(Input::PageFailed { attempt }, self.now);
                }
                Some(_) | None => return all,
            }
        }
    }

    fn send(&mut self, attempt: Attempt) {
        match self.fates[attempt.0 as usize % self.fates.len()] {
            Fate::Taken => self.case.handle_input(Input::PageAccepted { attempt }, self.now),
            Fate::Refused => self.case.handle_input(Input::PageFailed { attempt }, self.now),
            Fate::Lost { after } => {
                self.case.handle_input(Input::PageAccepted { attempt }, self.now);
                self.losses.insert((later(self.now, after), attempt));
            }
        }
    }

    /// Until something is due, or a page is lost.
    fn wait(&mut self) {
        let (due, _) = self.case.poll_timeout().expect("the case is open");
        self.now = self.losses.first().map_or(due, |(at, _)| due.min(*at));
        self.case.handle_timeout(self.now);
    }
}

fn drain(case: &mut Escalation) -> Vec<Output> {
    std::iter::from_fn(|| case.poll_output()).collect()
}

/// `newest` is the number of the newest page.
fn apply(case: &mut Escalation, event: &Event, newest: u32, now: &mut Timestamp) -> Vec<Output> {
    let input = match event {
        Event::Pass { seconds } => {
            *now = later(*now, *seconds);
            case.handle_timeout(*now);
            return drain(case);
        }
        Event::Accept(n) => Input::PageAccepted { attempt: Attempt(*n) },
        Event::Fail(n) => Input::PageFailed { attempt: Attempt(*n) },
        Event::Lose { back, seconds, twice } => {
            let attempt = Attempt(newest.saturating_sub(*back));
            case.handle_input(Input::PageAccepted { attempt }, *now);
            *now = later(*now, *seconds);
            case.handle_input(Input::PageFailed { attempt }, *now);
            if *twice {
                case.handle_input(Input::PageFailed { attempt }, *now);
            }
            return drain(case);
        }
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
        let opened = drain(&mut case).into_iter().filter_map(|output| if let Output::Page(page) = output { Some(page.attempt) } else { None });
        let mut numbers: BTreeSet<_> = opened.collect();
        // The urgency for which somebody has it, or it is closed.
        let (mut taken, mut closed) = (None, None);
        for event in &events {
            let newest = numbers.last().map_or(0, |newest: &Attempt| newest.0);
            for output in apply(&mut case, event, newest, &mut now) {
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
    fn everybody_who_can_be_reached_is_paged(plan in plans(), urgency in urgencies(), fates in fates()) {
        let ways = |one: &Clinician| one.ways.iter().map(|way| (one.id.clone(), *way)).collect::<Vec<_>>();
        let wanted: BTreeSet<_> = plan.people().flat_map(ways).collect();
        let mut line = Line::open(plan, urgency, fates);
        let mut paged = BTreeSet::new();
        for _ in 0..200 {
            for output in line.settle() {
                match output {
                    Output::Page(page) => drop(paged.insert((page.clinician, page.way))),
                    Output::Exhausted { .. } => {
                        prop_assert_eq!(&paged, &wanted, "exhausted before everybody was paged");
                        return Ok(());
                    }
                    Output::Acknowledged { .. } | Output::Overdue { .. } | Output::Done { .. } => {
                        prop_assert!(false, "nobody has acknowledged");
                    }
                }
            }
            line.wait();
        }
        prop_assert!(false, "the rota has no end");
    }

    /// However pages fare, their number is bounded by the pace: nothing spins.
    #[test]
    fn pages_are_paced(plan in plans(), fates in fates()) {
        const SPAN_S: u64 = 3600;
        let channels: usize = plan.emergency.turns().iter().flat_map(|turn| &turn.people).map(|one| one.ways.len()).sum();
        let start = Timestamp::UNIX_EPOCH;
        let mut line = Line::open(plan, Urgency::Emergency, fates);
        let mut sent = 0;
        while line.now < later(start, SPAN_S) {
            sent += line.settle().iter().filter(|output| matches!(output, Output::Page(_))).count();
            line.wait();
        }
        prop_assert!(sent <= channels * (SPAN_S / SHORTEST_S + 1) as usize, "{sent} pages in an hour");
    }

    /// At one moment it is all the same whether a page fails at once, or was taken before.
    #[test]
    fn who_hears_of_a_failure_at_last_is_as_far_as_who_heard_at_once(plan in plans_of(1), urgency in urgencies(), fails in prop::collection::vec(any::<bool>(), 32)) {
        // The desk's pages count only in its turn, which a failure at once may end before they are taken.
        let plan = Plan { desk: None, ..plan };
        let told = |late: bool, fails: &[bool]| {
            let fate = |fails: &bool| match (*fails, late) {
                (false, _) => Fate::Taken,
                (true, false) => Fate::Refused,
                (true, true) => Fate::Lost { after: 0 },
            };
            let mut line = Line::open(plan.clone(), urgency, fails.iter().map(fate).collect());
            let mut outputs = Vec::new();
            for _ in 0..40 {
                outputs.push((line.now, line.settle()));
                line.wait();
            }
            (outputs, line.case)
        };
        prop_assert_eq!(told(true, &fails), told(false, &fails));
    }

    /// A page that is lost, at whatever time, makes nobody's turn of any round begin later than if nothing had been heard of it.
    #[test]
    fn a_failure_that_is_heard_of_puts_nobody_off(plan in plans(), urgency in urgencies(), lost in 0..32_usize, after in 0..400_u64) {
        let begins = |fates: Vec<Fate>| {
            let mut line = Line::open(plan.clone(), urgency, fates);
            let mut begins: BTreeMap<_, Vec<Timestamp>> = BTreeMap::new();
            while line.now < later(Timestamp::UNIX_EPOCH, 7200) {
                let now = line.now;
                for output in line.settle() {
                    if let Output::Page(page) = output && page.why != Why::Repeated {
                        begins.entry((page.clinician, page.way)).or_default().push(now);
                    }
                }
                line.wait();
            }
            begins
        };
        let all_taken = vec![Fate::Taken; 2000];
        let mut one_lost = all_taken.clone();
        one_lost[lost] = Fate::Lost { after };
        let (without, with) = (begins(all_taken), begins(one_lost));
        for (whom, times) in &without {
            let sooner = with.get(whom).into_iter().flatten();
            prop_assert!(sooner.clone().count() >= times.len(), "{:?} is paged less: {:?} {:?}", whom, times, with.get(whom));
            prop_assert!(sooner.zip(times).all(|(sooner, time)| sooner <= time), "{:?}: {:?} {:?}", whom, times, with.get(whom));
        }
    }
}

//! Promises 5 and 9, and all others besides, over random calls about appointments: whoever calls wants one booked, moved,
//! cancelled or told of, answers well or badly, interrupts, corrects, asks for something else, and is not always on record.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

mod support;

use std::cell::Cell;
use std::time::Duration;

use dialogue::{Input, Output, Prompt, Reason, Receptionist, VisitLine};
use domain::{
    CallTime, Certainty, Choice, Directive, EmergencyKind, FactId, Intent, Interval, OfficeReply, Phi, ProviderWish,
    Reading, RedFlag, RedFlagId, Slot, Urgency, WaitingListKept, YesNo,
};
use jiff::ToSpan;
use jiff::civil::date;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use support::office::{Manner, Office};
use support::promises::*;
use support::{Call, Core, Event, Mouth, Trace, waiting_context};

/// Random calls for each run of the suite.
const CALLS: u32 = 3000;
/// Random calls within which every mutant must be caught.
const MUTANT_CALLS: u32 = 1500;

/// A random call.
#[derive(Clone, Debug)]
struct Scene {
    office: Manner,
    snatched: u32,
    unseen: bool,
    nothing: bool,
    kept: WaitingListKept,
    opening: Box<Reading>,
    turns: Vec<Turn>,
}

/// The caller speaks, some time after our last word, or into it.
#[derive(Clone, Debug)]
struct Turn {
    waits_for_silence: bool,
    pause_ms: u64,
    reading: Box<Reading>,
}

const VISITS: [Intent; 4] =
    [Intent::BookAppointment, Intent::RescheduleAppointment, Intent::CancelAppointment, Intent::ConfirmAppointment];

fn interval() -> impl Strategy<Value = Interval> {
    (0_i64..12, 0_i64..20, 1_i64..30).prop_map(|(day, hour, hours)| {
        let from = date(2026, 3, 4).at(0, 0, 0, 0).in_tz("UTC").unwrap().timestamp() + (day * 24 + hour).hours();
        (from, from + hours.hours())
    })
}

fn who() -> impl Strategy<Value = (Option<Slot<String>>, Option<Slot<jiff::civil::Date>>)> {
    let name = prop_oneof![12 => Just("Zebra Smith"), 2 => Just("Zebra Several"), 2 => Just("Zebra Nobody"), 1 => Just("Zebra Twin")];
    let birth = prop_oneof![5 => Just(date(1985, 3, 4)), 1 => Just(date(1950, 5, 1))];
    let name = proptest::option::weighted(0.6, name.prop_map(|name| slot(name.to_owned())));
    (name, proptest::option::weighted(0.6, birth.prop_map(slot)))
}

fn reading() -> impl Strategy<Value = Box<Reading>> {
    let yes_no = prop_oneof![6 => Just(Some(YesNo::Yes)), 1 => Just(Some(YesNo::No)), 3 => Just(None)];
    let picks = vec![Choice::Nth(0), Choice::Nth(1), Choice::Last, Choice::Any];
    let others = vec![Choice::Nth(7), Choice::None, Choice::SomethingEarlier, Choice::SomethingLater];
    let choices = prop_oneof![6 => select(picks), 1 => select(others)];
    let directives =
        [Directive::Repeat, Directive::Slower, Directive::Wait, Directive::NeverMind, Directive::Correction];
    let choice = proptest::option::weighted(0.5, choices);
    let directive = proptest::option::weighted(0.06, select(directives.to_vec()));
    let when = prop_oneof![8 => Just(vec![]), 1 => proptest::collection::vec(interval(), 1..3)];
    let provider = proptest::option::weighted(0.1, select(vec!["patel", "lee"]));
    let kind = proptest::option::weighted(0.2, select(vec!["checkup", "flu_shot"]));
    let intents = prop_oneof![12 => Just(vec![]), 1 => proptest::collection::vec(select(Intent::ALL), 1..3)];
    let urgency = prop_oneof![60 => Just(Urgency::Routine), 1 => Just(Urgency::Urgent), 1 => Just(Urgency::Emergency)];
    let number = proptest::option::weighted(0.2, 100_u32..140);
    let fact = proptest::bool::weighted(0.05);
    ((yes_no, choice, directive, when), (provider, kind, intents, urgency), (who(), number, fact)).prop_map(
        |((yes_no, choice, directive, when), (provider, kind, intents, urgency), ((name, birth), number, fact))| {
            let mut reading = Reading::unsure();
            (reading.certainty, reading.urgency, reading.intents) = (Certainty::Sure, urgency, intents);
            (reading.yes_no, reading.choice, reading.directive) = (yes_no, choice, directive);
            reading.slots.when = when;
            reading.slots.provider_wish = provider.map(|id| ProviderWish::Named(id.into()));
            reading.slots.appointment_type = kind.map(Into::into);
            (reading.slots.name, reading.slots.date_of_birth) = (name, birth);
            reading.slots.callback = number.map(|last| slot(format!("+15550100{last}").parse().unwrap()));
            reading.fact = fact.then(|| FactId::from("parking"));
            if urgency == Urgency::Emergency {
                let id = RedFlagId("cardiac_rule".to_owned());
                reading.red_flags = vec![RedFlag { id, urgency, kind: EmergencyKind::Cardiac }];
            }
            Box::new(reading)
        },
    )
}

fn slot<T>(value: T) -> Slot<T> {
    Slot { value: Phi::new(value), heard: Phi::from("zebra"), certainty: 0.8 }
}

fn scene() -> impl Strategy<Value = Scene> {
    let opening = (select(VISITS.to_vec()), reading()).prop_map(|(intent, mut reading)| {
        (reading.intents, reading.directive, reading.fact) = (vec![intent], None, None);
        reading
    });
    let turn = (proptest::bool::weighted(0.8), 300_u64..3000, reading())
        .prop_map(|(waits_for_silence, pause_ms, reading)| Turn { waits_for_silence, pause_ms, reading });
    let office = prop_oneof![6 => Just(Manner::Well), 1 => select(Manner::ALL)];
    let seldom = (proptest::bool::weighted(0.3), proptest::bool::weighted(0.1));
    let kept = select(vec![WaitingListKept::No, WaitingListKept::OfficeCalls, WaitingListKept::PatientsAreTexted]);
    (office, 0_u32..2, seldom, kept, opening, proptest::collection::vec(turn, 4..18)).prop_map(
        |(office, snatched, (unseen, nothing), kept, opening, turns)| Scene {
            office,
            snatched,
            unseen,
            nothing,
            kept,
            opening,
            turns,
        },
    )
}

impl Scene {
    fn receptionist(&self) -> Receptionist {
        Receptionist::new(waiting_context(true, true, self.kept))
    }

    /// Plays the call to its end.
    fn play<C: Core>(&self, core: C) -> Trace {
        let mut office = Office::new(self.office);
        office.book.snatched = self.snatched;
        office.book.unseen = self.unseen;
        office.book.nothing = self.nothing;
        let mut call = Call::new(core, office, Mouth::Works).with_debugs();
        call.input(Input::Answered);
        let opening = Turn { waits_for_silence: true, pause_ms: 500, reading: self.opening.clone() };
        for turn in std::iter::once(&opening).chain(&self.turns) {
            if turn.waits_for_silence {
                call.until_quiet();
            }
            call.wait(Duration::from_millis(turn.pause_ms));
            call.input(Input::SpeechStarted);
            call.wait(Duration::from_millis(900));
            call.input(Input::SpeechEnded);
            call.wait(Duration::from_millis(400));
            let text = Phi::from("well zebra it is about that");
            call.input(Input::Heard { text, reading: turn.reading.clone() });
        }
        call.input(Input::HungUp);
        call.finish();
        call.trace
    }
}

/// The same calls in every run: a failure is never a matter of luck.
fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2000, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

type Check = fn(&Trace) -> Verdict;

const CHECKS: [(&str, Check); 8] = [
    ("1", |trace| promise_1(trace, true)),
    ("2", promise_2),
    ("3", promise_3),
    ("4", promise_4),
    ("5", promise_5),
    ("6", promise_6),
    ("7", promise_7),
    ("9", promise_9),
];

fn changed(trace: &Trace, wanted: fn(&OfficeReply) -> bool) -> bool {
    trace.entries.iter().any(|e| matches!(&e.event, Event::In(Input::Office { reply, .. }) if wanted(reply)))
}

#[test]
fn every_promise_is_kept_about_appointments() {
    let (booked, moved, cancelled, noted) = (Cell::new(0), Cell::new(0), Cell::new(0), Cell::new(0));
    let waiting = Cell::new(0);
    let result = runner(CALLS).run(&scene(), |scene| {
        let trace = scene.play(scene.receptionist());
        let story = || trace.entries.iter().map(|e| format!("{} {:?}", e.at, e.event)).collect::<Vec<_>>().join("\n");
        for (promise, check) in CHECKS {
            check(&trace).map_err(|what| TestCaseError::fail(format!("promise {promise}: {what}\n{}", story())))?;
        }
        let count = |cell: &Cell<u32>, wanted| cell.set(cell.get() + u32::from(changed(&trace, wanted)));
        count(&booked, |reply| matches!(reply, OfficeReply::Booked(_)));
        count(&moved, |reply| matches!(reply, OfficeReply::Moved(_)));
        count(&cancelled, |reply| matches!(reply, OfficeReply::Cancelled(_)));
        count(&noted, |reply| matches!(reply, OfficeReply::ToBeConfirmed(_)));
        count(&waiting, |reply| matches!(reply, OfficeReply::OnWaitingList { .. }));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(waiting.get() > CALLS / 100, "{}", waiting.get());
    // The calls must go where the promises matter.
    let counts = [booked.get(), moved.get(), cancelled.get(), noted.get()];
    assert!(counts.iter().all(|count| *count > CALLS / 40), "{counts:?}");
}

/// A receptionist that breaks a promise, because it is told something that did not happen.
#[derive(Debug)]
struct Mutant {
    inner: Receptionist,
    breaks: Breaks,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Breaks {
    /// Takes whatever is said for a yes.
    TakesAnythingForYes,
    /// Takes a line for heard when it begins.
    TakesBegunForHeard,
    /// Takes whoever is not on record for somebody who is.
    MatchesAnybody,
    /// Says that it is booked instead of reading it back.
    ClaimsEarly,
    /// Says that somebody waits instead of asking whether they want to.
    ClaimsToWait,
}

impl Core for Mutant {
    fn handle_input(&mut self, input: Input, now: CallTime) {
        match (self.breaks, input) {
            (Breaks::TakesAnythingForYes, Input::Heard { text, mut reading }) => {
                reading.yes_no = Some(YesNo::Yes);
                self.inner.handle_input(Input::Heard { text, reading }, now);
            }
            (Breaks::TakesBegunForHeard, Input::LineStarted(id)) => {
                self.inner.handle_input(Input::LineStarted(id), now);
                self.inner.handle_input(Input::LineFinished(id), now);
            }
            (Breaks::MatchesAnybody, Input::Office { id, reply: OfficeReply::PatientNotMatched }) => {
                let patient = domain::MatchedPatient {
                    id: domain::PatientId::new(),
                    name: Phi::from("Zebra Smith"),
                    date_of_birth: Phi::new(date(1985, 3, 4)),
                };
                self.inner.handle_input(Input::Office { id, reply: OfficeReply::PatientMatched(patient) }, now);
            }
            (_, input) => self.inner.handle_input(input, now),
        }
    }
    fn handle_timeout(&mut self, now: CallTime) {
        self.inner.handle_timeout(now);
    }
    fn poll_timeout(&self) -> Option<(CallTime, Reason)> {
        self.inner.poll_timeout()
    }
    fn poll_output(&mut self) -> Option<Output> {
        match (self.breaks, self.inner.poll_output()?) {
            (
                Breaks::ClaimsEarly,
                Output::Say {
                    line,
                    prompt: Prompt::Visit(VisitLine::ReadBackBooking { opening, .. }),
                    interruptible,
                    tempo,
                },
            ) => Some(Output::Say { line, prompt: Prompt::Visit(VisitLine::Booked(opening)), interruptible, tempo }),
            (
                Breaks::ClaimsToWait,
                Output::Say {
                    line,
                    prompt: Prompt::Visit(VisitLine::OfferWaitingList { by_text, .. }),
                    interruptible,
                    tempo,
                },
            ) => {
                let prompt = Prompt::Visit(VisitLine::OnWaitingList { by_text });
                Some(Output::Say { line, prompt, interruptible, tempo })
            }
            (_, output) => Some(output),
        }
    }
    fn is_over(&self) -> bool {
        self.inner.is_over()
    }
    fn urgency(&self) -> Urgency {
        self.inner.urgency()
    }
}

#[test]
fn whoever_breaks_a_promise_about_appointments_is_caught() {
    let mutants: [(Breaks, Check); 5] = [
        (Breaks::TakesAnythingForYes, promise_5),
        (Breaks::TakesBegunForHeard, promise_5),
        (Breaks::MatchesAnybody, promise_9),
        (Breaks::ClaimsEarly, promise_6),
        (Breaks::ClaimsToWait, promise_6),
    ];
    let caught = |breaks: Breaks, check: Check| {
        let run = runner(MUTANT_CALLS).run(&scene(), |scene| {
            let trace = scene.play(Mutant { inner: scene.receptionist(), breaks });
            check(&trace).map_err(TestCaseError::fail)
        });
        run.is_err()
    };
    let missed: Vec<_> = mutants.iter().filter(|(breaks, check)| !caught(*breaks, *check)).map(|(b, _)| b).collect();
    assert!(missed.is_empty(), "not caught: {missed:?}");
}

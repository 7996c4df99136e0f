//! Promises 1-4, 6-8 and 10 of `ARCHITECTURE.md` over thousands of random calls in virtual time: anything may happen at any time, the
//! office may be late, muddled or dead, and lines may be lost. For each promise a receptionist that breaks it stands here
//! too, and the same check catches it. Promises 5 and 9 are about appointments and records: `book.rs`.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

mod support;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use dialogue::{Input, Output, Prompt, Reason, Receptionist, TransferNews, Unfinished};
use domain::{
    CallTime, CallerKind, Certainty, Directive, EmergencyKind, FactId, Intent, OfficeReply, OfficeRequest, Phi,
    Reading, RedFlag, RedFlagId, RequestId, Slot, Urgency, YesNo,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use support::office::{Manner, Office};
use support::promises::*;
use support::{CALL_LIMIT, Call, Core, Event, Mouth, Trace, context};

/// Random calls for each run of the suite.
const CALLS: u32 = 4000;
/// Random calls within which every mutant must be caught.
const MUTANT_CALLS: u32 = 1500;

/// A random call.
#[derive(Clone, Debug)]
struct Scene {
    caller_id: bool,
    open: bool,
    connects_urgent: bool,
    office: Manner,
    mouth: Mouth,
    acts: Vec<(u64, Act)>,
}

/// What happens next, after a pause in milliseconds.
#[derive(Clone, Debug)]
enum Act {
    /// The caller speaks for some time, perhaps with partials, and is understood after a while, or not at all.
    Speaks { speech_ms: u64, partials: Vec<Option<RedFlag>>, read_ms: u64, heard: Option<(usize, Box<Reading>)> },
    /// One input, whatever it is, out of any order.
    Alone(Input),
}

const TEXTS: [&str; 8] = [
    "mm-hm zebra",
    "yes",
    "no",
    "thanks bye",
    "my zebra hurts",
    "I would like to leave a message for the doctor about the zebra please",
    "okay",
    "it is Zebra Smith at five five five",
];

fn flag() -> impl Strategy<Value = RedFlag> {
    (proptest::sample::select(EmergencyKind::ALL), proptest::bool::weighted(0.3)).prop_map(|(kind, emergency)| {
        RedFlag {
            id: RedFlagId(format!("{kind}_rule")),
            urgency: if emergency { Urgency::Emergency } else { Urgency::Urgent },
            kind,
        }
    })
}

fn reading() -> impl Strategy<Value = Box<Reading>> {
    let certainty = prop_oneof![9 => Just(Certainty::Sure), 1 => Just(Certainty::Unsure)];
    let urgency = prop_oneof![16 => Just(Urgency::Routine), 2 => Just(Urgency::Urgent), 1 => Just(Urgency::Emergency)];
    let yes_no = prop_oneof![2 => Just(None), 1 => Just(Some(YesNo::Yes)), 1 => Just(Some(YesNo::No))];
    let intents = proptest::collection::vec(proptest::sample::select(Intent::ALL), 0..3);
    let flags = proptest::option::weighted(0.05, flag());
    let slots = (any::<bool>(), proptest::option::weighted(0.3, 100_u32..140), proptest::bool::weighted(0.1));
    let drugs = proptest::sample::select(vec!["zebra cream", "zebra insulin"]);
    let supply = (proptest::option::weighted(0.2, drugs), proptest::option::weighted(0.2, 0_u16..9));
    let caller = proptest::sample::select(CallerKind::ALL);
    let (foreign, recording) = (proptest::bool::weighted(0.03), proptest::bool::weighted(0.03));
    (certainty, urgency, yes_no, intents, flags, slots, (supply, caller, foreign, recording)).prop_map(
        |(certainty, urgency, yes_no, intents, flag, slots, others)| {
            let (name, number, fact) = slots;
            let ((drug, days), caller, foreign, recording) = others;
            let mut reading = Reading::unsure();
            (reading.certainty, reading.urgency, reading.yes_no, reading.intents) =
                (certainty, urgency, yes_no, intents);
            reading.red_flags = flag.into_iter().collect();
            reading.urgency =
                reading.red_flags.iter().fold(reading.urgency, |urgency, flag| urgency.raise(flag.urgency));
            reading.slots.name = name.then(|| slot("Zebra Smith (zebra)".to_owned()));
            reading.slots.callback = number.map(|last| slot(format!("+15550100{last}").parse().unwrap()));
            reading.fact = fact.then(|| FactId::from("parking"));
            (reading.slots.drug, reading.slots.days_left) = (drug.map(|drug| slot(drug.to_owned())), days.map(slot));
            reading.caller = caller;
            reading.language = foreign.then(|| "Spanish".to_owned());
            reading.directive = recording.then_some(Directive::Recording);
            Box::new(reading)
        },
    )
}

fn slot<T>(value: T) -> Slot<T> {
    Slot { value: Phi::new(value), heard: Phi::from("zebra"), certainty: 0.8 }
}

fn act() -> impl Strategy<Value = Act> {
    let partials = proptest::collection::vec(proptest::option::weighted(0.05, flag()), 0..4);
    let heard = proptest::option::weighted(0.9, (0..TEXTS.len(), reading()));
    let speaks = (300_u64..6000, partials, 200_u64..3000, heard)
        .prop_map(|(speech_ms, partials, read_ms, heard)| Act::Speaks { speech_ms, partials, read_ms, heard });
    prop_oneof![12 => speaks, 3 => alone().prop_map(Act::Alone)]
}

/// A refill that an earlier call has begun, or an emergency.
fn broken_off(urgent: bool) -> Unfinished {
    let mut earlier = Call::new(Receptionist::new(context(true, true, false)), Office::new(Manner::Well), Mouth::Works);
    earlier.input(Input::Answered);
    earlier.wait(Duration::from_secs(10));
    let mut reading = Reading::unsure();
    (reading.certainty, reading.intents) = (Certainty::Sure, vec![Intent::PrescriptionRefill]);
    reading.urgency = if urgent { Urgency::Emergency } else { Urgency::Routine };
    earlier.input(Input::Heard { text: Phi::from("a refill of my zebra cream"), reading: Box::new(reading) });
    earlier.wait(Duration::from_secs(5));
    earlier.input(Input::HungUp);
    earlier.finish();
    earlier.core.unfinished(&context(true, true, false).began.checked_add(Duration::from_mins(1)).unwrap()).unwrap()
}

fn alone() -> impl Strategy<Value = Input> {
    let reply = prop_oneof![
        Just(OfficeReply::Paged),
        Just(OfficeReply::DeskPaged),
        Just(OfficeReply::NobodyAnswers),
        Just(OfficeReply::NotPaged),
        Just(OfficeReply::Unavailable),
        Just(OfficeReply::CaseUpdated),
        Just(OfficeReply::Acknowledged { by: "Doctor Lee".to_owned() }),
    ];
    prop_oneof![
        4 => Just(Input::SpeechStarted),
        4 => Just(Input::SpeechEnded),
        4 => Just(Input::Unintelligible),
        4 => Just(Input::Dismissed),
        4 => (0..TEXTS.len(), reading()).prop_map(|(text, reading)| Input::Heard { text: Phi::from(TEXTS[text]), reading }),
        6 => (0..TEXTS.len(), 0..TEXTS.len(), reading()).prop_map(|(was, text, reading)| Input::Corrected {
            was: Phi::from(TEXTS[was]),
            text: Phi::from(TEXTS[text]),
            reading,
        }),
        4 => proptest::option::of(flag()).prop_map(|flag| Input::PartialFlags(flag.into_iter().collect())),
        4 => proptest::sample::select("0123456789*#".chars().collect::<Vec<_>>()).prop_map(Input::Digit),
        4 => (50_u32..60, reply).prop_map(|(id, reply)| Input::Office { id: RequestId(id), reply }),
        2 => transfer().prop_map(Input::Transfer),
        1 => Just(Input::HearingLost),
        1 => Just(Input::VoiceLost),
        3 => any::<bool>().prop_map(|urgent| Input::BrokeOff(Box::new(broken_off(urgent)))),
        1 => Just(Input::HungUp),
        1 => Just(Input::LineLost),
        1 => Just(Input::Answered),
        1 => Just(Input::LinesAreFew),
    ]
}

fn transfer() -> impl Strategy<Value = TransferNews> {
    prop_oneof![
        Just(TransferNews::Ringing),
        Just(TransferNews::Accepted { by: "Doctor Lee".to_owned() }),
        Just(TransferNews::Unavailable),
        Just(TransferNews::HandedOver),
        Just(TransferNews::Ended),
        Just(TransferNews::Lost),
    ]
}

fn scene() -> impl Strategy<Value = Scene> {
    let mouth = prop_oneof![
        8 => Just(Mouth::Works),
        2 => (1_u32..5).prop_map(Mouth::LosesEvery),
        1 => (1_u32..5).prop_map(Mouth::FixedFrom),
        1 => (1_u32..5).prop_map(Mouth::MuteFrom),
    ];
    let pause = prop_oneof![3 => 0_u64..1500, 3 => 1500_u64..9000, 1 => 9000_u64..40_000];
    let acts = proptest::collection::vec((pause, act()), 0..14);
    (any::<bool>(), any::<bool>(), any::<bool>(), proptest::sample::select(Manner::ALL), mouth, acts).prop_map(
        |(caller_id, open, connects_urgent, office, mouth, acts)| Scene {
            caller_id,
            open,
            connects_urgent,
            office,
            mouth,
            acts,
        },
    )
}

impl Scene {
    fn receptionist(&self) -> Receptionist {
        Receptionist::new(context(self.caller_id, self.open, self.connects_urgent))
    }

    /// Plays the call to its end.
    fn play<C: Core>(&self, core: C) -> Trace {
        let mut call = Call::new(core, Office::new(self.office), self.mouth).with_debugs();
        call.input(Input::Answered);
        for (pause_ms, act) in &self.acts {
            call.wait(Duration::from_millis(*pause_ms));
            match act {
                Act::Alone(input) => call.input(input.clone()),
                Act::Speaks { speech_ms, partials, read_ms, heard } => {
                    call.input(Input::SpeechStarted);
                    for flag in partials {
                        call.wait(Duration::from_millis(speech_ms / 4));
                        call.input(Input::PartialFlags(flag.iter().cloned().collect()));
                    }
                    call.wait(Duration::from_millis(*speech_ms));
                    call.input(Input::SpeechEnded);
                    call.wait(Duration::from_millis(*read_ms));
                    if let Some((text, reading)) = heard {
                        call.input(Input::Heard { text: Phi::from(TEXTS[*text]), reading: reading.clone() });
                    }
                }
            }
        }
        call.finish();
        call.trace
    }

    /// Plays the same inputs at the same times from the written journal.
    fn replay<C: Core>(mut core: C, journal: &Trace) -> Trace {
        let mut replayed = Trace::default();
        for entry in &journal.entries {
            match &entry.event {
                Event::In(input) => {
                    let written = serde_json::to_string(input).unwrap();
                    core.handle_input(serde_json::from_str(&written).unwrap(), entry.at);
                }
                Event::Woke(_) => core.handle_timeout(entry.at),
                Event::Out(_) => continue,
            }
            while let Some(output) = core.poll_output() {
                replayed.entries.push(support::Entry {
                    at: entry.at,
                    event: Event::Out(output),
                    urgency: core.urgency(),
                });
            }
        }
        replayed
    }
}

/// A named check of a whole call.
type Check = fn(&Trace, &Scene) -> Verdict;

const CHECKS: [(&str, Check); 7] = [
    ("1", |trace, scene| promise_1(trace, scene.mouth == Mouth::Works)),
    ("2", |trace, _| promise_2(trace)),
    ("3", |trace, _| promise_3(trace)),
    ("4", |trace, _| promise_4(trace)),
    ("6", |trace, _| promise_6(trace)),
    ("7", |trace, _| promise_7(trace)),
    ("10", |trace, _| promise_10(trace)),
];

/// The same calls in every run: a failure is never a matter of luck.
fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2000, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn every_promise_is_kept() {
    let (mut emergencies, mut urgent, mut messages) = (0, 0, 0);
    let tally = std::cell::RefCell::new((&mut emergencies, &mut urgent, &mut messages));
    let result = runner(CALLS).run(&scene(), |scene| {
        let trace = scene.play(scene.receptionist());
        let story = || trace.entries.iter().map(|e| format!("{} {:?}", e.at, e.event)).collect::<Vec<_>>().join("\n");
        for (promise, check) in CHECKS {
            check(&trace, &scene)
                .map_err(|what| TestCaseError::fail(format!("promise {promise}: {what}\n{}", story())))?;
        }
        let replayed = Scene::replay(scene.receptionist(), &trace);
        promise_8(&trace, &replayed).map_err(|what| TestCaseError::fail(format!("promise 8: {what}")))?;
        let mut tally = tally.borrow_mut();
        *tally.0 += u32::from(trace.entries.iter().any(|e| e.urgency == Urgency::Emergency));
        *tally.1 += u32::from(trace.entries.last().is_some_and(|e| e.urgency == Urgency::Urgent));
        *tally.2 += u32::from(
            trace
                .entries
                .iter()
                .any(|e| matches!(&e.event, Event::In(Input::Office { reply: OfficeReply::MessageSaved { .. }, .. }))),
        );
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    // The calls must go where the promises matter.
    assert!(
        emergencies > CALLS / 10 && urgent > CALLS / 10 && messages > CALLS / 20,
        "{emergencies} {urgent} {messages}"
    );
}

/// A receptionist that breaks a promise.
#[derive(Debug)]
struct Mutant {
    inner: Receptionist,
    breaks: Breaks,
    urgency: Urgency,
    heard: String,
    emergency: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Breaks {
    NeverWakes,
    NeverNudges,
    LowersUrgency,
    DropsEmergencyLine,
    DropsPage,
    HangsUpOnBye,
    TalksOn,
    TalksOver,
    ClaimsEarly,
    PrintsWords,
    IsNotTheSameTwice,
    LeavesWithoutAWord,
}

static LUCK: AtomicU32 = AtomicU32::new(0);

impl Core for Mutant {
    fn handle_input(&mut self, input: Input, now: CallTime) {
        if let Input::Heard { text, reading } = &input {
            self.urgency = reading.urgency;
            if self.breaks == Breaks::PrintsWords {
                self.heard.clone_from(text.expose());
            }
        }
        self.inner.handle_input(input, now);
        self.urgency = self.urgency.raise(if self.breaks == Breaks::LowersUrgency {
            Urgency::Routine
        } else {
            self.inner.urgency()
        });
    }
    fn handle_timeout(&mut self, now: CallTime) {
        self.inner.handle_timeout(now);
    }
    fn poll_timeout(&self) -> Option<(CallTime, Reason)> {
        self.inner.poll_timeout().filter(|_| self.breaks != Breaks::NeverWakes)
    }
    fn poll_output(&mut self) -> Option<Output> {
        let output = self.inner.poll_output()?;
        let emergency_line = matches!(output, Output::Say { prompt: Prompt::EmergencyLine(_), .. });
        self.emergency |= emergency_line;
        let dropped = match self.breaks {
            Breaks::NeverNudges => {
                matches!(output, Output::Say { prompt: Prompt::StillThere(_) | Prompt::CheckIn(_), .. })
            }
            Breaks::DropsEmergencyLine => emergency_line,
            Breaks::DropsPage => matches!(output, Output::Ask { request: OfficeRequest::OpenCase(_), .. }),
            Breaks::TalksOn => matches!(output, Output::PauseSpeaking),
            Breaks::TalksOver => matches!(output, Output::StopSpeaking),
            Breaks::LeavesWithoutAWord => matches!(output, Output::Say { prompt: Prompt::VoiceLost, .. }),
            Breaks::NeverWakes
            | Breaks::LowersUrgency
            | Breaks::HangsUpOnBye
            | Breaks::ClaimsEarly
            | Breaks::PrintsWords
            | Breaks::IsNotTheSameTwice => false,
        };
        if dropped {
            return self.poll_output();
        }
        Some(match (self.breaks, output) {
            (Breaks::HangsUpOnBye, Output::Say { prompt: Prompt::CheckIn(_), .. }) if self.emergency => Output::HangUp,
            (Breaks::ClaimsEarly, Output::Say { line, prompt: Prompt::OneMoment(_), interruptible, tempo }) => {
                Output::Say { line, prompt: Prompt::MessagePassedOn, interruptible, tempo }
            }
            (Breaks::IsNotTheSameTwice, Output::Say { line, prompt: Prompt::StillThere(_), interruptible, tempo }) => {
                let prompt = Prompt::StillThere(LUCK.fetch_add(1, Ordering::Relaxed));
                Output::Say { line, prompt, interruptible, tempo }
            }
            (_, output) => output,
        })
    }
    fn is_over(&self) -> bool {
        self.inner.is_over()
    }
    fn urgency(&self) -> Urgency {
        if self.breaks == Breaks::LowersUrgency { self.urgency } else { self.inner.urgency() }
    }
}

/// Runs random calls until the check catches the mutant.
fn caught(breaks: Breaks, promise: &str) -> bool {
    let check = CHECKS.iter().find(|(name, _)| *name == promise).map(|(_, check)| check);
    let run = runner(MUTANT_CALLS).run(&scene(), |scene| {
        let mutant = || Mutant {
            inner: scene.receptionist(),
            breaks,
            urgency: Urgency::Routine,
            heard: String::new(),
            emergency: false,
        };
        let trace = scene.play(mutant());
        let verdict = match check {
            Some(check) => check(&trace, &scene),
            None => promise_8(&trace, &Scene::replay(mutant(), &trace)),
        };
        verdict.map_err(TestCaseError::fail)
    });
    run.is_err()
}

#[test]
fn whoever_breaks_a_promise_is_caught() {
    let mutants = [
        (Breaks::NeverWakes, "1"),
        (Breaks::NeverNudges, "1"),
        (Breaks::LowersUrgency, "2"),
        (Breaks::DropsEmergencyLine, "3"),
        (Breaks::DropsPage, "3"),
        (Breaks::HangsUpOnBye, "3"),
        (Breaks::TalksOn, "4"),
        (Breaks::TalksOver, "4"),
        (Breaks::ClaimsEarly, "6"),
        (Breaks::PrintsWords, "7"),
        (Breaks::IsNotTheSameTwice, "8"),
        (Breaks::LeavesWithoutAWord, "10"),
    ];
    let missed: Vec<_> = mutants.iter().filter(|(breaks, promise)| !caught(*breaks, promise)).collect();
    assert!(missed.is_empty(), "not caught: {missed:?}");
}

#[test]
fn ten_minutes_of_anything_end_politely() {
    for (name, input) in [
        ("silence", None),
        ("noise", Some(Input::Unintelligible)),
        ("radio", Some(Input::Heard { text: Phi::from("and now the weather for the weekend"), reading: sure() })),
    ] {
        let mut call =
            Call::new(Receptionist::new(context(true, false, false)), Office::new(Manner::Well), Mouth::Works);
        call.input(Input::Answered);
        while call.now < CALL_LIMIT && !call.core.is_over() {
            if let Some(input) = &input {
                call.input(Input::SpeechStarted);
                call.wait(Duration::from_secs(5));
                call.input(input.clone());
                call.input(Input::SpeechEnded);
            }
            call.wait(Duration::from_secs(2));
        }
        let end = call.now;
        call.finish();
        let goodbye = |event: &Event| {
            matches!(event, Event::Out(Output::Say { prompt: Prompt::GoodbyeNoAnswer | Prompt::GoodbyeTooLong, .. }))
        };
        assert!(call.trace.entries.iter().any(|entry| goodbye(&entry.event)), "{name} ends without a goodbye");
        assert!(end < CallTime::from_ms(25 * 60_000), "{name} ends at {end}");
    }
}

proptest! {
    /// Whatever is said in a message, in however many pieces, and whenever the caller hangs up: every word is saved.
    #[test]
    fn no_word_of_a_message_is_lost(words in proptest::collection::vec("[a-z]{5,9}( [a-z]{2,9}){0,9}", 1..12), over_lines in any::<bool>()) {
        let mut call = Call::new(Receptionist::new(context(true, false, false)), Office::new(Manner::Well), Mouth::Works);
        call.input(Input::Answered);
        let mut leave = sure();
        leave.intents = vec![Intent::LeaveMessage];
        let opening = ("I would like to leave a message".to_owned(), leave);
        let said = std::iter::once(opening).chain(words.into_iter().map(|text| (text, sure())));
        let said: Vec<_> = said.collect();
        for (text, reading) in &said {
            if over_lines { call.wait(Duration::from_millis(700)) } else { call.until_quiet() }
            call.input(Input::SpeechStarted);
            call.wait(Duration::from_millis(900));
            call.input(Input::SpeechEnded);
            call.wait(Duration::from_millis(300));
            call.input(Input::Heard { text: Phi::from(text.as_str()), reading: reading.clone() });
        }
        call.input(Input::HungUp);
        call.finish();
        let saved: String = call.trace.entries.iter().filter_map(|entry| match &entry.event {
            Event::Out(Output::Ask { request: OfficeRequest::SaveMessage(draft), .. }) => Some(draft.text.expose().clone() + "\n"),
            Event::Out(_) | Event::In(_) | Event::Woke(_) => None,
        }).collect();
        for (text, _) in &said {
            prop_assert!(saved.contains(text.as_str()), "{text:?} is not in {saved:?}");
        }
    }
}

fn sure() -> Box<Reading> {
    let mut reading = Reading::unsure();
    (reading.certainty, reading.urgency) = (Certainty::Sure, Urgency::Routine);
    Box::new(reading)
}

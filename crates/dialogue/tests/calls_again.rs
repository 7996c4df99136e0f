//! A call that broke off, and the next one of the same caller: what is gone on with, and that nothing of the earlier call is
//! told before it is known whose it was.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)] // a panic is how a test fails; tests pick what they look for

mod support;

use std::time::Duration;

use dialogue::{Input, Output, Prompt, Receptionist, RequestLine, Unfinished, Wording};
use domain::{
    Certainty, EmergencyKind, Intent, OfficeRequest, Phi, Reading, RedFlag, RedFlagId, RequestField, Slot, Tempo,
    Urgency, YesNo,
};
use jiff::Zoned;
use support::office::{Manner, Office};
use support::{Call, Event, Mouth, RESUME_WITHIN, book, booking_context};

const PAUSE: Duration = Duration::from_secs(1);

fn call() -> Call<Receptionist> {
    let mut call = Call::new(Receptionist::new(booking_context(true, true)), Office::new(Manner::Well), Mouth::Works);
    call.input(Input::Answered);
    call
}

fn reading(intent: Intent) -> Reading {
    let mut reading = Reading::unsure();
    (reading.certainty, reading.urgency, reading.intents) = (Certainty::Sure, Urgency::Routine, vec![intent]);
    reading
}

fn slot<T>(value: T) -> Slot<T> {
    Slot { value: Phi::new(value), heard: Phi::default(), certainty: 0.9 }
}

fn of(name: &str, born: &str) -> Reading {
    let mut reading = reading(Intent::Other);
    (reading.slots.name, reading.slots.date_of_birth) =
        (Some(slot(name.to_owned())), Some(slot(born.parse().unwrap())));
    reading
}

fn yes() -> Reading {
    Reading { yes_no: Some(YesNo::Yes), ..reading(Intent::Other) }
}

fn says(call: &mut Call<Receptionist>, text: &str, reading: Reading) {
    call.until_quiet();
    call.input(Input::SpeechStarted);
    call.wait(PAUSE);
    call.input(Input::SpeechEnded);
    call.wait(PAUSE);
    call.input(Input::Heard { text: text.into(), reading: Box::new(reading) });
    call.until_quiet();
}

/// What a call leaves undone whose caller has said this and hangs up.
fn broken_off(utterances: &[(&str, Reading)]) -> Option<Unfinished> {
    let mut first = call();
    for (text, reading) in utterances {
        says(&mut first, text, reading.clone());
    }
    first.input(Input::HungUp);
    first.finish();
    first.core.unfinished(&soon_after(&first))
}

fn soon_after(call: &Call<Receptionist>) -> Zoned {
    booking_context(true, true).began.checked_add(Duration::from(call.now)).unwrap()
}

/// The same caller calls again.
fn again(unfinished: Unfinished) -> Call<Receptionist> {
    let mut call = call();
    call.wait(Duration::from_millis(300));
    call.input(Input::BrokeOff(Box::new(unfinished)));
    call.until_quiet();
    call
}

fn said(call: &Call<Receptionist>) -> Vec<Prompt> {
    let say = |entry: &support::Entry| match &entry.event {
        Event::Out(Output::Say { prompt, .. }) => Some(prompt.clone()),
        Event::In(_) | Event::Woke(_) | Event::Out(_) => None,
    };
    call.trace.entries.iter().filter_map(say).collect()
}

fn asked(call: &Call<Receptionist>) -> Vec<OfficeRequest> {
    let ask = |entry: &support::Entry| match &entry.event {
        Event::Out(Output::Ask { request, .. }) => Some(request.clone()),
        Event::In(_) | Event::Woke(_) | Event::Out(_) => None,
    };
    call.trace.entries.iter().filter_map(ask).collect()
}

fn refill() -> Reading {
    let mut refill = reading(Intent::PrescriptionRefill);
    refill.slots.drug = Some(slot("zebra cream".to_owned()));
    refill
}

/// Whether a line tells what an earlier call was about.
fn tells(prompt: &Prompt) -> bool {
    let text = Wording::built_in().render(prompt, &book::practice()).text.into_exposed();
    let of_an_errand = matches!(
        prompt,
        Prompt::Request(RequestLine::Begun(_) | RequestLine::Ask { .. } | RequestLine::AlmostOut)
            | Prompt::Visit(_)
            | Prompt::NowAbout(_)
            | Prompt::PassOn(_)
    );
    let of_an_emergency = matches!(prompt, Prompt::EmergencyLine(kind) if *kind != EmergencyKind::General);
    of_an_errand || of_an_emergency || text.to_lowercase().contains("zebra")
}

#[test]
fn nothing_of_the_earlier_call_is_told_before_it_is_known_whose_it_was() {
    let flag = RedFlag { id: RedFlagId("zebra".into()), urgency: Urgency::Emergency, kind: EmergencyKind::Cardiac };
    let urgent = Reading { red_flags: vec![flag], urgency: Urgency::Emergency, ..reading(Intent::Symptom) };
    let mut wishes: Vec<(&str, Reading)> = Intent::ALL
        .iter()
        .map(|intent| ("my zebra wants something from the practice", reading(*intent)))
        .chain([("zebra cream is what I need more of", refill()), ("my zebra has chest pain", urgent)])
        .collect();
    let both = Reading { intents: vec![Intent::BookAppointment, Intent::PrescriptionRefill], ..refill() };
    wishes.push(("an appointment for my zebra and a refill", both));
    let mut gone_on = 0;
    for (words, wish) in wishes {
        let Some(unfinished) = broken_off(&[(words, wish.clone()), ("zebra", reading(Intent::Other))]) else {
            continue;
        };
        for answers in [vec!["yes"], vec!["yes", "well", "hm"], vec!["well"], vec!["no"], vec![]] {
            let mut later = again(unfinished.clone());
            for answer in answers {
                let yes_no = match answer {
                    "yes" => Some(YesNo::Yes),
                    "no" => Some(YesNo::No),
                    _ => None,
                };
                says(&mut later, answer, Reading { yes_no, ..reading(Intent::Other) });
            }
            later.wait(Duration::from_secs(20));
            let told = said(&later).into_iter().find(tells);
            assert_eq!(told, None, "{:?}", wish.intents);
            gone_on += 1;
        }
    }
    assert!(gone_on > 50, "{gone_on}");
}

/// The check above catches a receptionist that takes the caller id for a proof.
#[test]
fn a_line_that_tells_is_noticed() {
    for prompt in [Prompt::NowAbout(Intent::PrescriptionRefill), Prompt::PassOn(Intent::Symptom)] {
        assert!(tells(&prompt), "{prompt:?}");
    }
    assert!(!tells(&Prompt::GoOn(0)) && !tells(&Prompt::Greeting));
}

#[test]
fn a_refill_goes_on_with_what_was_told_and_the_message_says_from_which() {
    let unfinished = broken_off(&[("a refill please", refill()), ("ten milligrams", reading(Intent::Other))]).unwrap();
    let mut later = again(unfinished);
    says(&mut later, "yes", yes());
    says(&mut later, "Ann Known 1 May 1960", of("Ann Known", "1960-05-01"));
    let fields: Vec<_> = said(&later)
        .into_iter()
        .filter_map(|prompt| match prompt {
            Prompt::Request(RequestLine::Ask { field, .. }) => Some(field),
            _ => None,
        })
        .collect();
    assert_eq!(fields, [RequestField::Pharmacy], "drug and dose were told");
    later.input(Input::HungUp);
    later.finish();
    let message = asked(&later).into_iter().find_map(|request| match request {
        OfficeRequest::SaveMessage(draft) => Some(draft),
        _ => None,
    });
    let message = message.unwrap();
    assert!(message.continues.is_some() && !message.complete);
    assert_eq!(message.fields[0], (RequestField::Drug, "zebra cream".into()));
}

#[test]
fn another_patient_begins_afresh() {
    let first = [("an appointment please", reading(Intent::BookAppointment)), ("Ann", of("Ann Known", "1960-05-01"))];
    for (name, born, goes_on) in [("Ann Known", "1960-05-01", true), ("Bob Known", "1980-01-31", false)] {
        let mut later = again(broken_off(&first).unwrap());
        says(&mut later, "yes", yes());
        says(&mut later, name, of(name, born));
        let visit = said(&later).iter().any(|prompt| matches!(prompt, Prompt::Visit(_)));
        let help = said(&later).iter().any(|prompt| matches!(prompt, Prompt::HowCanIHelp(_)));
        assert_eq!((visit, help), (goes_on, !goes_on), "{name}");
    }
}

#[test]
fn an_open_case_is_gone_on_with_and_a_silent_caller_rejoins_it() {
    let flag = RedFlag { id: RedFlagId("chest".into()), urgency: Urgency::Emergency, kind: EmergencyKind::Cardiac };
    let urgent = Reading { red_flags: vec![flag], urgency: Urgency::Emergency, ..reading(Intent::Symptom) };
    let named = of("Ann Known", "1960-05-01");
    let unfinished = || broken_off(&[("my chest hurts", urgent.clone()), ("Ann", named.clone())]).unwrap();
    let continued = |call: &Call<Receptionist>| {
        let cases: Vec<_> = asked(call)
            .into_iter()
            .filter_map(|request| match request {
                OfficeRequest::OpenCase(draft) => Some(draft),
                _ => None,
            })
            .collect();
        assert!(matches!(&cases[..], [draft] if draft.continues.is_some()), "{cases:?}");
        assert_eq!(cases[0].urgency, Urgency::Emergency);
    };
    let mut says_yes = again(unfinished());
    says(&mut says_yes, "yes", yes());
    continued(&says_yes);
    says(&mut says_yes, "Bob Known 31 January 1980", of("Bob Known", "1980-01-31"));
    let left = said(&says_yes).into_iter().any(|prompt| matches!(prompt, Prompt::HowCanIHelp(_)));
    assert!(!left, "an emergency is not left for another name");
    let mut silent = again(unfinished());
    silent.wait(Duration::from_secs(60));
    continued(&silent);
    assert!(!silent.trace.entries.iter().any(|entry| matches!(entry.event, Event::Out(Output::HangUp))));
    let mut hangs_up = again(unfinished());
    hangs_up.input(Input::HungUp);
    continued(&hangs_up);
    let mut says_no = again(unfinished());
    says(&mut says_no, "no", Reading { yes_no: Some(YesNo::No), ..reading(Intent::Other) });
    assert!(asked(&says_no).is_empty(), "somebody else may have called");
}

#[test]
fn only_what_broke_off_and_only_shortly_after() {
    let book = || [("an appointment please", reading(Intent::BookAppointment))];
    assert!(broken_off(&book()).is_some());
    assert!(broken_off(&[]).is_none(), "nothing was wanted");
    let mut hours = reading(Intent::OfficeInfo);
    hours.fact = Some("parking".into());
    assert!(broken_off(&[("parking", hours)]).is_none(), "it was answered");
    let mut first = call();
    says(&mut first, book()[0].0, book()[0].1.clone());
    assert!(first.core.unfinished(&soon_after(&first)).is_none(), "it goes on");
    first.input(Input::LineLost);
    let ended = soon_after(&first);
    first.finish();
    assert!(first.core.unfinished(&ended.checked_add(RESUME_WITHIN.saturating_sub(PAUSE)).unwrap()).is_some());
    assert!(first.core.unfinished(&ended.checked_add(RESUME_WITHIN + PAUSE).unwrap()).is_none());
}

#[test]
fn who_has_begun_to_say_something_is_not_asked() {
    let unfinished = broken_off(&[("an appointment please", reading(Intent::BookAppointment))]).unwrap();
    let mut later = call();
    says(&mut later, "a refill", refill());
    later.input(Input::BrokeOff(Box::new(unfinished)));
    later.until_quiet();
    assert!(!said(&later).iter().any(|prompt| matches!(prompt, Prompt::GoOn(_))));
}

#[test]
fn slower_stays_slower() {
    let mut call = call();
    let slower = Reading { directive: Some(domain::Directive::Slower), ..reading(Intent::Other) };
    says(&mut call, "slower please", slower);
    says(&mut call, "a refill", refill());
    let tempos = |call: &Call<Receptionist>| -> Vec<Tempo> {
        let tempo = |entry: &support::Entry| match &entry.event {
            Event::Out(Output::Say { tempo, .. }) => Some(*tempo),
            Event::In(_) | Event::Woke(_) | Event::Out(_) => None,
        };
        call.trace.entries.iter().filter_map(tempo).collect()
    };
    let tempos = tempos(&call);
    assert_eq!(tempos[0], Tempo::Usual);
    assert!(tempos.len() > 3 && tempos[1..].iter().all(|tempo| *tempo == Tempo::Slower), "{tempos:?}");
    let written = r#"{"say":{"line":1,"prompt":"greeting","interruptible":true}}"#;
    assert!(
        matches!(serde_json::from_str(written), Ok(Output::Say { tempo: Tempo::Usual, .. })),
        "as it was written before"
    );
}

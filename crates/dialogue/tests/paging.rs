//! What a caller hears of the pages: of the desk's, of the doctor's, of nobody's answer, and what the practice says beside them.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)] // a panic is how a test fails; tests pick what they look for

mod support;

use std::sync::Arc;
use std::time::Duration;

use dialogue::{CallContext, Input, Output, Prompt, Receptionist};
use domain::{
    Applies, CallerKind, Certainty, Intent, Meanwhile, OfficeHours, OfficeReply, OfficeRequest, Practice, Reading,
    Urgency, YesNo,
};
use support::office::{Manner, Office};
use support::{Call, Event, Mouth, context};

const SAYS: &str = "The nurse usually calls within the hour.";

/// In hours the practice says something to urgent patients, and connects physicians.
fn call() -> Call<Receptionist> {
    let physicians = Applies { callers: vec![CallerKind::Clinician], ..Applies::default() };
    let urgent = Applies { urgency: vec![Urgency::Urgent], hours: Some(OfficeHours::Open), ..Applies::default() };
    let meanwhile = vec![
        Meanwhile { applies: physicians, connect: true, says: None },
        Meanwhile { applies: urgent, connect: false, says: Some(SAYS.to_owned()) },
    ];
    let usual = context(true, true, false);
    let practice = Arc::new(Practice { meanwhile, ..Practice::clone(&usual.practice) });
    let receptionist = Receptionist::new(CallContext { practice, ..usual });
    let mut call = Call::new(receptionist, Office::new(Manner::DeskFirst), Mouth::Works);
    call.input(Input::Answered);
    call
}

fn says(call: &mut Call<Receptionist>, text: &str, reading: Reading) {
    call.until_quiet();
    call.input(Input::SpeechStarted);
    call.wait(Duration::from_secs(1));
    call.input(Input::SpeechEnded);
    call.input(Input::Heard { text: text.into(), reading: Box::new(reading) });
    call.until_quiet();
}

fn reading(urgency: Urgency, intent: Intent) -> Reading {
    Reading { certainty: Certainty::Sure, urgency, intents: vec![intent], ..Reading::unsure() }
}

fn no() -> Reading {
    Reading { yes_no: Some(YesNo::No), ..reading(Urgency::Routine, Intent::Other) }
}

/// What was said of pages, and whether a person was sought.
fn heard(call: &Call<Receptionist>) -> Vec<Prompt> {
    let of_pages = |event: &Event| match event {
        Event::Out(Output::Say { prompt, .. }) => Some(prompt.clone()),
        _ => None,
    };
    let said = call.trace.entries.iter().filter_map(|entry| of_pages(&entry.event));
    said.filter(|prompt| {
        matches!(
            prompt,
            Prompt::DeskPaged
                | Prompt::DoctorPaged
                | Prompt::Meanwhile(_)
                | Prompt::NobodyAnswers
                | Prompt::PageUnknown
        )
    })
    .collect()
}

fn seeks_a_person(call: &Call<Receptionist>) -> bool {
    call.trace.entries.iter().any(|entry| matches!(entry.event, Event::Out(Output::Transfer { .. })))
}

#[test]
fn an_urgent_caller_hears_of_the_desk_first_and_of_the_doctor_when_the_doctor_was_paged() {
    let mut call = call();
    says(&mut call, "my wound is red and hot since yesterday", reading(Urgency::Urgent, Intent::Symptom));
    says(&mut call, "no", no());
    let meanwhile = Prompt::Meanwhile(SAYS.to_owned());
    assert_eq!(heard(&call), [Prompt::DeskPaged, meanwhile.clone()]);
    assert!(!seeks_a_person(&call));
    for _ in 0..10 {
        says(&mut call, "one moment", reading(Urgency::Routine, Intent::Other));
        call.wait(Duration::from_secs(8));
    }
    assert_eq!(heard(&call), [Prompt::DeskPaged, meanwhile, Prompt::DoctorPaged, Prompt::NobodyAnswers]);
}

#[test]
fn in_an_emergency_only_the_doctors_page_counts() {
    let mut call = call();
    says(&mut call, "my husband has chest pain", reading(Urgency::Emergency, Intent::Symptom));
    call.wait(Duration::from_secs(70));
    assert!(!heard(&call).contains(&Prompt::DeskPaged), "{:?}", heard(&call));
    assert!(heard(&call).contains(&Prompt::DoctorPaged), "{:?}", heard(&call));
}

#[test]
fn the_rule_of_the_callers_kind_decides_who_is_put_through() {
    let mut call = call();
    let physician = Reading { caller: CallerKind::Clinician, ..reading(Urgency::Routine, Intent::ClinicianCall) };
    says(&mut call, "this is Doctor Lee from the emergency department", physician);
    call.wait(Duration::from_secs(5));
    assert!(seeks_a_person(&call), "{:?}", call.trace.lines());
    assert_eq!(heard(&call), [Prompt::DeskPaged], "this rule says nothing else");
}

#[test]
fn pages_that_are_lost_after_they_were_taken_are_nobodys_answer() {
    let mut call = call();
    says(&mut call, "my husband has chest pain", reading(Urgency::Emergency, Intent::Symptom));
    for _ in 0..70 {
        if heard(&call).last() != Some(&Prompt::DoctorPaged) {
            call.wait(Duration::from_secs(1));
        }
    }
    assert_eq!(heard(&call).last(), Some(&Prompt::DoctorPaged));
    let asked = |entry: &support::Entry| match &entry.event {
        Event::Out(Output::Ask { id, request: OfficeRequest::OpenCase(_) }) => Some(*id),
        _ => None,
    };
    let id = call.trace.entries.iter().find_map(asked).unwrap();
    call.input(Input::Office { id, reply: OfficeReply::NotPaged });
    call.until_quiet();
    assert_eq!(heard(&call).last(), Some(&Prompt::NobodyAnswers));
}

//! What is read back can be corrected, and what is not right in the end is counted.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::fs;
use std::sync::Arc;

use domain::{Admits, AppointmentType, FrontDesk, Meanwhile, Practice, Provider};
use eval::score::{HeldCall, ValueOutcome, held_calls};
use eval::suite::{Case, read_suite};
use eval::{BookOptions, Registration, VisitWish};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use nlu::red_flags::RedFlags;
use nlu::{Questions, Reader};

fn office() -> BookOptions {
    // Fails from the second test of a process on, when it is there already.
    rustls::crypto::ring::default_provider().install_default().ok();
    let kind = AppointmentType {
        id: "office_visit".into(),
        name: "an office visit".to_owned(),
        asked_with: vec!["check up".to_owned()],
        duration: SignedDuration::from_mins(20),
        buffer_before: SignedDuration::ZERO,
        buffer_after: SignedDuration::ZERO,
        admits: Admits::Everybody,
        ages: (0, 150),
        providers: vec!["patel".into()],
        lead: SignedDuration::ZERO,
        horizon_days: 30,
    };
    let providers = vec![Provider { id: "patel".into(), name: "Doctor Patel".to_owned() }];
    let practice = Practice {
        id: "riverside".into(),
        name: "Riverside Family Medicine".to_owned(),
        zone: TimeZone::get("America/New_York").unwrap(),
        emergency_number: "911".to_owned(),
        crisis_number: "988".to_owned(),
        hours: Vec::new(),
        facts: Vec::new(),
        words: Vec::new(),
        meanwhile: vec![Meanwhile { connect: true, ..Meanwhile::default() }],
        front_desk: FrontDesk { providers, appointment_types: vec![kind], ..FrontDesk::default() },
    };
    BookOptions { practice: Arc::new(practice), templates: Vec::new(), exceptions: Vec::new(), patients: Vec::new() }
}

fn reader(office: &BookOptions) -> Reader {
    Reader::new(Arc::clone(&office.practice), None, RedFlags::built_in(), Questions::built_in(), None)
}

fn cases(of: &str) -> Vec<Case> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("suite.md");
    let head = "# Suite\n\n- now: 2026-03-04T10:00:00-05:00[America/New_York]\n\n## Visit\n- id: visit\n- urgency: routine\n\
                - topic: visit\n- caller: patient\n- intents: book_appointment\n- why: A visit.\n\n";
    fs::write(&file, format!("{head}{of}\n")).unwrap();
    read_suite(&file).unwrap()
}

fn visit(of: &str) -> HeldCall {
    let cases = cases(of);
    let wishes = VisitWish::all(&cases);
    let [wish] = wishes.as_slice() else { panic!("{wishes:?}") };
    let office = office();
    wish.hold(&office, reader(&office)).unwrap().0
}

#[test]
fn a_day_and_a_time_are_booked_as_said() {
    let call = visit("> {day: 2026-03-06; time: 09:15} I'd like an appointment on Friday at nine fifteen");
    assert!(call.done && call.values.len() == 2 && call.values.iter().all(ValueOutcome::right), "{call:?}");
}

#[test]
fn a_day_that_was_understood_wrong_is_corrected() {
    let call = visit("> {day: 2026-03-10} I'd like an appointment on Friday");
    assert!(call.values.len() == 1 && call.values[0].right(), "{call:?}");
}

#[test]
fn a_wish_that_cannot_be_met_is_counted() {
    let call = visit("> {time: 03:00} I'd like an appointment on Friday");
    assert!(!call.done, "{call:?}");
    let rates = held_calls(&[call]);
    assert_eq!((rates[0].name.as_str(), rates[0].wrong, rates.len()), ("errand_not_done", 1, 1));
}

#[test]
fn a_name_that_was_understood_wrong_is_corrected() {
    let cases = cases("> {asked: name_and_birth; name: Maria Lopez; birth: 1958-03-14} Maria Lewis, March 15, 1958");
    let office = office();
    let registrations = Registration::all(&cases);
    let (call, _) = registrations[0].hold(office.clone(), reader(&office)).unwrap();
    assert!(call.done && call.values.len() == 2 && call.values.iter().all(ValueOutcome::right), "{call:?}");
}

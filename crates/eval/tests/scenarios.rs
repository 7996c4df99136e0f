//! A scenario that demands what is not said must fail; what scenarios find is tested by `firstring eval`.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::sync::Arc;

use domain::{Fact, FrontDesk, Meanwhile, Practice};
use eval::{BookOptions, Scenario, TextCall};
use jiff::tz::TimeZone;
use nlu::red_flags::RedFlags;
use nlu::{Questions, Reader};

fn practice() -> Arc<Practice> {
    let parking = Fact {
        id: "parking".into(),
        asked_with: vec!["parking".to_owned()],
        answer: "There is free parking behind the building.".to_owned(),
    };
    Arc::new(Practice {
        id: "riverside".into(),
        name: "Riverside Family Medicine".to_owned(),
        zone: TimeZone::get("America/New_York").unwrap(),
        emergency_number: "911".to_owned(),
        crisis_number: "988".to_owned(),
        hours: Vec::new(),
        facts: vec![parking],
        words: Vec::new(),
        meanwhile: vec![Meanwhile { connect: true, ..Meanwhile::default() }],
        front_desk: FrontDesk::default(),
    })
}

/// What became of each step.
fn hold(text: &str) -> Vec<Result<(), String>> {
    let scenario = Scenario::parse(text).unwrap();
    let practice = practice();
    let reader = Reader::new(Arc::clone(&practice), None, RedFlags::built_in(), Questions::built_in(), None);
    // Fails from the second test of a process on, when it is there already.
    rustls::crypto::ring::default_provider().install_default().ok();
    let office = BookOptions { practice, templates: Vec::new(), exceptions: Vec::new(), patients: Vec::new() };
    let mut call = TextCall::answer(&scenario, office, reader).unwrap();
    scenario.steps.iter().map(|(_, step)| call.step(step)).collect()
}

#[test]
fn what_is_said_is_compared() {
    let asked = "# Parking\n\n**Caller:** Do you have parking?\n\n**FirstRing:** ";
    assert!(hold(&format!("{asked}... free parking ...")).iter().all(Result::is_ok));
    assert!(hold(&format!("{asked}... a purple elephant ...")).last().unwrap().is_err());
}

#[test]
fn the_book_is_compared() {
    let text = "# Book\n\n**Caller:** Do you have parking?\n\n";
    assert!(hold(&format!("{text}**Not in the book:** Maria")).iter().all(Result::is_ok));
    assert!(hold(&format!("{text}**Book:** Maria")).last().unwrap().is_err());
}

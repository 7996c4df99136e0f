//! What callers do to a conversation, what they want and who they are, by the written rules alone: every row of `talk.txt`,
//! `wishes.txt` and `callers.txt`.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

mod support;

use std::sync::Arc;

use domain::{
    Admits, AppointmentType, Asked, CallerKind, Certainty, Choice, Directive, FrontDesk, Intent, LanguageLine, Phi,
    Practice, Provider, ProviderWish, Reading, Urgency, YesNo,
};
use jiff::SignedDuration;
use nlu::red_flags::RedFlags;
use nlu::{Questions, Reader, Rules};
use proptest::prelude::*;

/// A practice with something to choose from.
fn rules() -> Arc<Rules> {
    let provider = |id: &str, name: &str| Provider { id: id.into(), name: name.to_owned() };
    let kind = |id: &str, asked_with: &[&str]| AppointmentType {
        id: id.into(),
        name: id.to_owned(),
        asked_with: asked_with.iter().map(|phrase| (*phrase).to_owned()).collect(),
        duration: SignedDuration::from_mins(30),
        buffer_before: SignedDuration::ZERO,
        buffer_after: SignedDuration::ZERO,
        admits: Admits::Everybody,
        ages: (0, 120),
        providers: vec!["patel".into()],
        lead: SignedDuration::ZERO,
        horizon_days: 60,
    };
    let mut practice = Practice::clone(&support::practice());
    practice.front_desk = FrontDesk {
        providers: vec![
            provider("patel", "Doctor Patel"),
            provider("nguyen", "Doctor Nguyen"),
            provider("lee", "Doctor Lee"),
        ],
        appointment_types: vec![
            kind("checkup", &["check-up", "checkup", "physical"]),
            kind("flu_shot", &["flu shot"]),
            kind("new", &["new patient visit"]),
            kind("sick", &["sick visit"]),
        ],
        languages: vec![LanguageLine {
            language: "Spanish".to_owned(),
            heard_with: vec!["espanol".to_owned(), "habla".to_owned(), "ayuda".to_owned()],
            line: String::new(),
        }],
        ..FrontDesk::default()
    };
    Reader::new(Arc::new(practice), Some("555"), RedFlags::built_in(), Questions::built_in(), None).rules()
}

fn read(rules: &Rules, asked: Asked, text: &str) -> Reading {
    rules.read(&Phi::from(text), &support::context(asked))
}

fn rows(table: &'static str) -> Vec<Vec<&'static str>> {
    let lines = table.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split('|').map(str::trim).collect()).collect()
}

/// All that a reading holds of a conversation, in words.
fn told(reading: &Reading) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    let mut tell = |word: &str| told.push(word.to_owned());
    match reading.yes_no {
        Some(YesNo::Yes) => tell("yes"),
        Some(YesNo::No) => tell("no"),
        None => {}
    }
    match reading.choice {
        Some(Choice::Nth(nth)) => tell(&format!("nth{nth}")),
        Some(Choice::Last) => tell("last"),
        Some(Choice::SomethingEarlier) => tell("earlier"),
        Some(Choice::SomethingLater) => tell("later"),
        Some(Choice::None) => tell("none"),
        Some(Choice::Any) => tell("any"),
        None => {}
    }
    match reading.directive {
        Some(Directive::Repeat) => tell("repeat"),
        Some(Directive::Slower) => tell("slower"),
        Some(Directive::Wait) => tell("wait"),
        Some(Directive::NeverMind) => tell("nevermind"),
        Some(Directive::Correction) => tell("correction"),
        Some(Directive::Recording) => tell("recording"),
        None => {}
    }
    match &reading.slots.provider_wish {
        Some(ProviderWish::Named(id)) => tell(&format!("with={}", id.0)),
        Some(ProviderWish::Own) => tell("own"),
        Some(ProviderWish::Anybody) => tell("anybody"),
        None => {}
    }
    if let Some(kind) = &reading.slots.appointment_type {
        tell(&format!("type={}", kind.0));
    }
    if !reading.slots.when.is_empty() {
        tell("when");
    }
    if reading.slots.reason.is_some() {
        tell("reason");
    }
    match (reading.certainty, reading.urgency) {
        (_, Urgency::Emergency) => tell("emergency"),
        (Certainty::Unsure, _) => tell("unsure"),
        (Certainty::Sure, Urgency::Urgent) => tell("urgent"),
        (Certainty::Sure, Urgency::Routine) => {}
    }
    told.sort();
    told
}

#[test]
fn conversations() {
    let (rules, mut wrong) = (rules(), Vec::new());
    let rows = rows(include_str!("talk.txt"));
    for row in &rows {
        let [asked, text, expected] = row[..] else { panic!("{row:?}") };
        let asked: Asked = serde_json::from_str(&format!("\"{asked}\"")).unwrap();
        let mut expected: Vec<String> = expected.split(' ').filter(|word| *word != "-").map(str::to_owned).collect();
        expected.sort();
        let got = told(&read(&rules, asked, text));
        if got != expected {
            wrong.push(format!("{asked:?} | {text} | {}    not {}", got.join(" "), expected.join(" ")));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    assert!(rows.len() >= 130, "only {} rows", rows.len());
}

#[test]
fn several_wishes_of_one_sentence() {
    let (rules, mut wrong) = (rules(), Vec::new());
    let rows = rows(include_str!("wishes.txt"));
    for row in &rows {
        let [text, expected] = row[..] else { panic!("{row:?}") };
        let expected: Vec<Intent> = expected.split(' ').map(|label| label.parse().unwrap()).collect();
        let got = read(&rules, Asked::Open, text).intents;
        if got != expected {
            wrong.push(format!("{text} | {got:?}    not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    assert!(rows.len() >= 80, "only {} rows", rows.len());
}

#[test]
fn kinds_of_callers() {
    let (rules, mut wrong) = (rules(), Vec::new());
    let rows = rows(include_str!("callers.txt"));
    for row in &rows {
        let [text, expected] = row[..] else { panic!("{row:?}") };
        let expected: CallerKind = expected.parse().unwrap();
        let got = read(&rules, Asked::Open, text).caller;
        if got != expected {
            wrong.push(format!("{text} | {got}    not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    assert!(rows.len() >= 80, "only {} rows", rows.len());
}

#[test]
fn what_is_not_english_is_unsure_and_named() {
    let rules = rules();
    for text in ["Hola, necesito una cita por favor", "Здравствуйте, мне нужен врач"] {
        let reading = read(&rules, Asked::Open, text);
        assert_eq!((reading.certainty, reading.urgency), (Certainty::Unsure, Urgency::Urgent), "{text}");
        assert!(reading.language.is_some(), "{text}");
    }
    assert_eq!(read(&rules, Asked::Name, "Maria de la Cruz").language, None);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    /// No choice, directive, caller or language takes an alarm away, whatever was asked, and no directive is done in its place.
    #[test]
    fn nothing_hides_a_red_flag(before in any::<prop::sample::Index>(), asked in any::<prop::sample::Index>(), alarm in 0..3_usize) {
        let rules = rules();
        let rows = rows(include_str!("talk.txt"));
        let alarm = ["my chest hurts", "I can't breathe", "I took too many pills"][alarm];
        let asked = [Asked::Open, Asked::Choice, Asked::YesNo, Asked::When, Asked::Message, Asked::NameAndBirth][asked.index(6)];
        let text = format!("{}. {alarm}", before.get(&rows)[1]);
        let reading = read(&rules, asked, &text);
        prop_assert_eq!(reading.urgency, Urgency::Emergency, "{}", &text);
        prop_assert!(matches!(reading.directive, None | Some(Directive::Correction)), "{}", &text);
    }

    #[test]
    fn any_text_is_read(text in "\\PC{0,120}") {
        let rules = rules();
        for asked in [Asked::Open, Asked::Choice, Asked::YesNo, Asked::VisitReason, Asked::NewOrKnown] {
            std::hint::black_box(read(&rules, asked, &text));
        }
    }
}

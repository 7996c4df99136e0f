//! The shipped lines, and what is said about lines that are wrong.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

mod support;

use dialogue::{PatientLine, Prompt, RequestLine, VisitLine, Wording};
use domain::{EmergencyKind, FactId, Intent, Phi, RequestField};

const LINES: &str = include_str!("../../../prompts/lines.toml");
const EMERGENCY: &str = include_str!("../../../prompts/emergency.toml");

fn text(prompt: &Prompt) -> String {
    Wording::built_in().render(prompt, &support::practice(false)).text.into_exposed()
}

#[test]
fn every_intent_and_every_emergency_has_words_without_gaps() {
    let emergencies = EmergencyKind::ALL.iter().map(|kind| Prompt::EmergencyLine(*kind));
    let passed_on = Intent::ALL.iter().map(|intent| Prompt::PassOn(*intent));
    let asked = Intent::ALL.iter().flat_map(|intent| {
        let ask = |field: &RequestField| RequestLine::Ask { field: *field, intent: *intent, nth: 0 };
        RequestField::ALL.iter().map(ask).chain([RequestLine::Begun(*intent)])
    });
    for prompt in emergencies.chain(passed_on).chain(asked.map(Prompt::Request)) {
        let text = text(&prompt);
        assert!(!text.is_empty() && !text.contains(['{', '}']), "{prompt:?}: {text}");
    }
    for kind in EmergencyKind::ALL {
        assert!(text(&Prompt::EmergencyLine(*kind)).contains("911"), "{kind}");
    }
    assert!(text(&Prompt::EmergencyLine(EmergencyKind::SelfHarm)).contains("988"));
}

#[test]
fn lines_that_come_again_differ() {
    let repeatable: [fn(u32) -> Prompt; 20] = [
        Prompt::HowCanIHelp,
        Prompt::DidNotCatch,
        Prompt::StillThere,
        Prompt::OneMoment,
        Prompt::AnythingElse,
        Prompt::GoOn,
        Prompt::CheckIn,
        Prompt::CheckInSelfHarm,
        Prompt::MoreMessage,
        Prompt::Noted,
        Prompt::Dropped,
        Prompt::TakeYourTime,
        Prompt::Slower,
        |nth| Prompt::Patient(PatientLine::AskNameAndBirth(nth)),
        |nth| Prompt::Patient(PatientLine::AskName(nth)),
        |nth| Prompt::Patient(PatientLine::AskBirth(nth)),
        |nth| Prompt::Patient(PatientLine::AskAgain(nth)),
        |nth| Prompt::Visit(VisitLine::AskReason(nth)),
        |nth| Prompt::Visit(VisitLine::AskWhen(nth)),
        |nth| Prompt::Visit(VisitLine::AskOtherTime(nth)),
    ];
    for line in repeatable {
        for nth in 0..6 {
            assert_ne!(text(&line(nth)), text(&line(nth + 1)), "{:?}", line(nth));
        }
    }
}

#[test]
fn read_backs_spell_and_group_and_are_never_kept_on_disk() {
    let name = Prompt::ReadBackName { name: Phi::from("Ann {number}") };
    assert_eq!(
        text(&name),
        "Let me check that. I have Ann {number}, spelled A, N, N. N, U, M, B, E, R. Is that right?"
    );
    let number = Prompt::ReadBackNumber(Phi::new("+15550100134".parse().unwrap()));
    assert_eq!(text(&number), "Thank you. I have 5 5 5, 0 1 0, 0 1 3 4. Is that right?");
    for (prompt, opening) in [(name, "Let me check that. I have "), (number, "Thank you. I have ")] {
        let rendered = Wording::built_in().render(&prompt, &support::practice(false));
        assert_eq!(rendered.text.expose().get(..rendered.fixed_bytes), Some(opening), "no caller's word is kept");
    }
    let greeting = Wording::built_in().render(&Prompt::Greeting, &support::practice(false));
    assert_eq!(greeting.fixed_bytes, greeting.text.expose().len());
}

#[test]
fn a_fact_is_told_in_the_practices_words() {
    assert_eq!(text(&Prompt::Fact(FactId::from("parking"))), "There is free parking behind the building.");
    assert_eq!(text(&Prompt::Fact(FactId::from("gone"))), text(&Prompt::FactUnknown));
}

#[test]
fn who_speaks_another_language_hears_the_practices_sentence_in_it() {
    assert_eq!(text(&Prompt::Foreign("Spanish".to_owned())), "Un momento, por favor.");
}

#[test]
fn the_greeting_is_short() {
    // About 15 characters a second.
    assert!(text(&Prompt::Greeting).len() < 90 + "Riverside Family Medicine".len());
}

#[test]
fn wrong_lines_are_refused_with_the_fix() {
    let refused = |lines: &str, emergency: &str| Wording::parse(lines, emergency).unwrap_err().to_string();
    let broken = |from: &str, to: &str| {
        assert!(LINES.contains(from), "{from:?} is no longer in lines.toml");
        refused(&LINES.replace(from, to), EMERGENCY)
    };
    for (error, expected) in [
        (broken("ask_name = [", "ask_nam = ["), "lines.toml has \"ask_nam\", which no line is called"),
        (broken("\"What is your full name, please?\"", ""), "add ask_name = "),
        (broken("I have {number}.", "I have it."), "must contain {number}"),
        (broken("I have {number}.", "I have {numbr} {number}."), "no {numbr} in this line"),
        (broken("ask_name = [", "ask_name = "), "lines.toml cannot be read"),
        (refused(LINES, &EMERGENCY.replace("{crisis_number}", "988")), "must contain {crisis_number}"),
        (refused(LINES, &EMERGENCY.replace("stroke =", "strok =")), "\"strok\""),
    ] {
        assert!(error.contains(expected), "{error}");
    }
}

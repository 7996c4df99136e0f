//! The built-in red-flag rules against `tests/red_flags.txt` and `tests/voices.txt`, tables that a clinician can read and
//! extend.
//!
//! Each line is `+kind text` (an emergency of that kind must be found), `+urgent text` (at least urgent), `? text` (may
//! be urgent, not an emergency) or `- text` (nothing should be found). A missed `+` fails, and so does a false alarm: what
//! must raise because of a doubt is marked so in the table.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use std::sync::LazyLock;
use std::time::Instant;

use domain::{EmergencyKind, RedFlag, Urgency};
use nlu::red_flags::RedFlags;
use proptest::prelude::*;

static RULES: LazyLock<RedFlags> = LazyLock::new(RedFlags::built_in);

const TABLES: [&str; 2] = [include_str!("red_flags.txt"), include_str!("voices.txt")];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Expected {
    Emergency(EmergencyKind),
    Urgent,
    NoEmergency,
    Nothing,
}

fn table() -> Vec<(Expected, &'static str)> {
    let line = |line: &'static str| {
        let (mark, text) = line.split_once(' ').expect("a mark and a text");
        let expected = match mark {
            "-" => Expected::Nothing,
            "?" => Expected::NoEmergency,
            "+urgent" => Expected::Urgent,
            kind => Expected::Emergency(kind.trim_start_matches('+').parse().expect("a kind of emergency")),
        };
        (expected, text.trim())
    };
    let lines = TABLES.iter().flat_map(|table| table.lines());
    lines.filter(|text| !text.trim().is_empty() && !text.starts_with('#')).map(line).collect()
}

/// Every rule that fires, also by doubtful words: what counts where there is no other witness.
fn find(text: &str) -> Vec<RedFlag> {
    RULES.find(text).into_iter().map(|fired| fired.flag).collect()
}

fn urgency(flags: &[RedFlag]) -> Urgency {
    flags.iter().map(|flag| flag.urgency).max().unwrap_or(Urgency::Routine)
}

fn missed(expected: Expected, flags: &[RedFlag]) -> bool {
    match expected {
        Expected::Emergency(kind) => !flags.iter().any(|f| f.urgency == Urgency::Emergency && f.kind == kind),
        Expected::Urgent => urgency(flags) < Urgency::Urgent,
        Expected::NoEmergency | Expected::Nothing => false,
    }
}

fn false_alarm(expected: Expected, flags: &[RedFlag]) -> bool {
    match expected {
        Expected::Emergency(_) => false,
        Expected::Urgent | Expected::NoEmergency => urgency(flags) == Urgency::Emergency,
        Expected::Nothing => urgency(flags) > Urgency::Routine,
    }
}

#[test]
fn every_rule_does_as_its_examples_say() {
    assert_eq!(RULES.untrue_examples(), Vec::<String>::new());
}

#[test]
fn the_table() {
    let table = table();
    assert!(table.len() >= 900, "{} lines", table.len());
    let (mut misses, mut alarms) = (Vec::new(), Vec::new());
    for (expected, text) in &table {
        let flags = find(text);
        let ids: Vec<_> = flags.iter().map(|flag| flag.id.0.as_str()).collect();
        if missed(*expected, &flags) {
            misses.push(format!("{expected:?}: {text} -> {ids:?}"));
        }
        if false_alarm(*expected, &flags) {
            alarms.push(format!("{expected:?}: {text} -> {ids:?}"));
        }
    }
    let start = Instant::now();
    for (_, text) in &table {
        drop(find(text));
    }
    eprintln!("{:.0} us per line", start.elapsed().as_secs_f64() * 1e6 / table.len() as f64);
    let positive = table.iter().filter(|(e, _)| matches!(e, Expected::Emergency(_) | Expected::Urgent)).count();
    let (hits, raised) = (positive - misses.len(), positive - misses.len() + alarms.len());
    eprintln!("{} lines; recall {hits}/{positive}, precision {hits}/{raised}", table.len());
    assert!(misses.is_empty(), "missed:\n{}", misses.join("\n"));
    assert!(alarms.is_empty(), "false alarms:\n{}", alarms.join("\n"));
}

#[test]
fn the_line_that_is_spoken_first() {
    for (text, first) in [
        ("I took all my pills because I want to die", EmergencyKind::SelfHarm),
        ("my son hanged himself and he's not breathing", EmergencyKind::Unresponsive),
        ("I'm pregnant and I'm bleeding heavily", EmergencyKind::Pregnancy),
        ("my chest hurts and I can't breathe", EmergencyKind::Cardiac),
        ("please help me my throat is closing and I can't breathe", EmergencyKind::Allergy),
        ("he beat me and my head is bleeding a lot", EmergencyKind::Violence),
        ("my baby is having a seizure and he's turning blue", EmergencyKind::Seizure),
        ("my baby is choking and turning blue", EmergencyKind::Choking),
        ("he ate a peanut, it's stuck in his throat and he can't breathe", EmergencyKind::Choking),
        ("she choked on a nut and now she's not breathing", EmergencyKind::Unresponsive),
        ("he was eating nuts and now he's choking and can't breathe", EmergencyKind::Choking),
    ] {
        let kinds: Vec<_> = find(text).into_iter().map(|flag| flag.kind).collect();
        assert_eq!(kinds.first(), Some(&first), "{text}: {kinds:?}");
        assert!(kinds.iter().any(|kind| *kind != first), "{text}: nothing to choose among");
    }
}

/// "Press hard on the bleeding" is no advice to somebody who vomits blood.
/// Beside words of another time, a paper, a lesson, an animal or a story, an alarm needs another witness, and does not leave in the
/// middle of the sentence. It still fires: where there is no other witness, it counts.
#[test]
fn what_may_be_elsewhere_is_doubtful_and_not_silent() {
    let certain = |text: &str| RULES.find(text).iter().any(|fired| fired.sure);
    let here = ["he can't breathe and his lips are blue", "she had a seizure and she is not waking up"];
    for text in here {
        assert!(certain(text) && !RULES.find_in_partial(text).is_empty(), "{text}");
    }
    let elsewhere = [
        "the dog is having fun and my sister can't breathe laughing",
        "I need the records, he can't breathe in the letter and his lips are blue",
        "in chapter nine she had a seizure and she is not waking up",
        "as a baby he turned blue and stopped breathing",
    ];
    for text in elsewhere {
        assert!(!RULES.find(text).is_empty() && !certain(text), "{text}: {:?}", RULES.find(text));
        assert!(RULES.find_in_partial(text).is_empty(), "{text}");
    }
}

#[test]
fn what_bleeds_inside_is_not_pressed_on() {
    for text in ["she's vomiting blood", "he's throwing up a lot of blood", "blood in my stool and I'm dizzy"] {
        let flags = find(text);
        assert_eq!(urgency(&flags), Urgency::Emergency, "{text}");
        let mut spoken = flags.iter().filter(|flag| flag.urgency == Urgency::Emergency);
        assert!(spoken.all(|flag| flag.kind != EmergencyKind::Bleeding), "{text}: {flags:?}");
    }
    assert_eq!(find("he's cut his arm and there's a lot of blood")[0].kind, EmergencyKind::Bleeding);
}

#[test]
fn a_recogniser_without_case_and_punctuation_hides_nothing() {
    for (expected, text) in table() {
        let bare: String = text
            .to_lowercase()
            .chars()
            .map(|c| if c.is_alphanumeric() || ".'".contains(c) { c } else { ' ' })
            .collect();
        if matches!(expected, Expected::Emergency(_) | Expected::Urgent) {
            assert!(!missed(expected, &find(&bare)), "{bare}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read(text in "\\PC{0,200}") {
            prop_assert_eq!(find(&text), find(&text));
    }

    /// What else is said in other sentences never takes an alarm away.
    #[test]
    fn other_sentences_take_nothing_away(at in any::<prop::sample::Index>(), other in any::<prop::sample::Index>()) {
            let table = table();
        let (_, text) = table[at.index(table.len())];
        let (_, neighbour) = table[other.index(table.len())];
        prop_assume!(!neighbour.contains("kidding") && !neighbour.contains("joking"));
        let alone = find(text);
        for both in [format!("{neighbour}. {text}"), format!("{text}. {neighbour}")] {
            let together = find(&both);
            prop_assert!(urgency(&together) >= urgency(&alone), "{}", both);
        }
    }
}

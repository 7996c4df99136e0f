//! The suites that come with FirstRing are what they say they are: big enough, varied, and divided so that nothing that is
//! tested was seen before.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a test fails by panicking

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use domain::Urgency;
use eval::suite::variety::{too_alike, words};
use eval::suite::{Case, read_suite};

const PARTS: [&str; 3] = ["train", "validation", "test"];
/// A shorter sentence ("yes please") may stand anywhere.
const OWN_WORDS_MIN: usize = 5;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn part(name: &str) -> Vec<Case> {
    read_suite(&root().join("eval/suites").join(name)).unwrap()
}

fn count(cases: &[Case], is: impl Fn(&Case) -> bool) -> usize {
    cases.iter().filter(|case| !case.in_call && is(case)).count()
}

fn scenarios(cases: &[Case], is: impl Fn(&Case) -> bool) -> BTreeSet<&str> {
    cases.iter().filter(|case| is(case)).map(|case| case.scenario.as_str()).collect()
}

#[test]
fn there_are_enough_of_each_kind() {
    let [train, validation, test] = PARTS.map(part);
    let all = [&train[..], &validation, &test].concat();
    assert!(count(&all, |_| true) >= 6_000, "{} utterances", count(&all, |_| true));
    let calls = scenarios(&all, |case| case.in_call);
    assert!(calls.len() >= 300, "{} calls", calls.len());
    let of = |urgency| move |case: &Case| case.urgency == urgency;
    assert!(count(&validation, of(Urgency::Emergency)) >= 400);
    assert!(count(&test, of(Urgency::Emergency)) >= 1_000);
    assert!(scenarios(&test, |case| !case.in_call && case.urgency == Urgency::Emergency).len() >= 250);
    assert!(count(&test, of(Urgency::Urgent)) >= 1_000);
    assert!(count(&test, of(Urgency::Routine)) >= 1_000);
    assert!(count(&test, |case| case.near_miss) >= 500);
}

#[test]
fn every_scenario_stands_in_one_part_only() {
    let mut stands_in: BTreeMap<String, &str> = BTreeMap::new();
    for name in PARTS {
        for case in part(name) {
            let first = *stands_in.entry(case.scenario.clone()).or_insert(name);
            assert_eq!(first, name, "{} stands in two parts", case.scenario);
            assert!(!case.why.is_empty() && !case.topic.is_empty(), "{} says neither why nor what about", case.id);
        }
    }
}

#[test]
fn no_two_utterances_share_more_than_half_of_their_words_in_a_row() {
    let mut all: Vec<Case> = PARTS.iter().flat_map(|name| part(name)).collect();
    // In a call, "yes, that's right" is said by everybody.
    all.retain(|case| !case.in_call || words(case.text.expose()).len() > 2 * OWN_WORDS_MIN);
    let pairs = too_alike(&all);
    let told: Vec<_> = pairs.iter().map(|(a, b)| format!("{} and {}", all[*a].id, all[*b].id)).collect();
    assert!(pairs.is_empty(), "{told:?}");
}

#[test]
fn nothing_that_is_tested_was_shown_before() {
    let told = |text: &str| format!(" {} ", words(text).join(" "));
    let mut shown: Vec<(String, String)> = fs::read_dir(root().join("prompts"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .map(|path| (path.display().to_string(), told(&fs::read_to_string(&path).unwrap())))
        .collect();
    let train: String = part("train").iter().map(|case| told(case.text.expose())).collect();
    shown.push(("train".to_owned(), train));
    for case in ["test", "validation"].into_iter().flat_map(part) {
        let said = told(case.text.expose());
        if words(&said).len() >= OWN_WORDS_MIN {
            let found = shown.iter().find(|(_, text)| text.contains(&said));
            assert!(found.is_none(), "{} stands in {}", case.id, found.unwrap().0);
        }
    }
}

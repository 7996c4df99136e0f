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

/// What the documents say of the suites is what stands in them.
#[test]
fn the_documents_count_as_the_suites_do() {
    let readme = fs::read_to_string(root().join("eval/README.md")).unwrap();
    for name in PARTS {
        let cases = part(name);
        let row = readme.lines().find(|line| line.starts_with(&format!("| {name} |"))).unwrap();
        let told: Vec<usize> = row.split('|').filter_map(|cell| cell.trim().parse().ok()).collect();
        let of = |urgency| count(&cases, |case| case.urgency == urgency);
        let calls = scenarios(&cases, |case| case.in_call).len();
        let near = count(&cases, |case| case.near_miss);
        let routine = of(Urgency::Routine);
        let is = [count(&cases, |_| true), calls, of(Urgency::Emergency), of(Urgency::Urgent), routine, near];
        assert_eq!(told, is, "{name}");
    }
    let measured = fs::read_to_string(root().join("eval/measured.toml")).unwrap();
    let measured: toml::Table = measured.parse().unwrap();
    let emergencies = |suite: &str| measured[suite]["emergencies"].as_integer().unwrap() as usize;
    let is_emergency = |case: &Case| case.urgency == Urgency::Emergency;
    let telephone = read_suite(&root().join("eval/suites/telephone/test.jsonl")).unwrap();
    assert_eq!(emergencies("text"), count(&part("test"), is_emergency));
    assert_eq!(emergencies("telephone"), count(&telephone, is_emergency));
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

//! The grammars against text that nobody in the project wrote (`suites/mod.rs` tells which, and what counts).
//!
//! The floors are what was measured when they were set, less a little: they catch a fall, they are no target. Beside
//! plain duckling: `cargo bench --profile dev -p nlu --bench values`.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

mod suites;

use domain::Asked;
use nlu::grammar::name;
use suites::Case;

/// Says every share, then fails on those below their floor. A suite that is not here has no cases and is skipped.
fn hold(cases: &[Case], floors: &[(&str, f64)]) {
    let mut fallen = Vec::new();
    for (class, floor) in floors {
        let of: Vec<&Case> = cases.iter().filter(|case| case.class == *class).collect();
        let passed = of.iter().filter(|case| case.ours()).count();
        eprintln!("{class}: {passed}/{}", of.len());
        if !cases.is_empty() && (of.is_empty() || (passed as f64) < floor * of.len() as f64) {
            fallen.push(format!("{class}: {passed} of {}, below {floor}", of.len()));
        }
    }
    assert!(fallen.is_empty(), "{}", fallen.join("\n"));
}

#[test]
fn times_of_duckling() {
    let floors = [
        ("days", 0.96),
        ("weeks, months, years", 0.94),
        ("clock times", 0.90),
        ("stretches", 0.93),
        ("open ends", 1.0),
        ("no time", 0.96),
    ];
    hold(&suites::duckling(), &floors);
}

#[test]
fn spoken_numbers_of_nemo() {
    let floors = [
        ("spoken clock times", 0.96),
        ("spoken dates with a year", 1.0),
        ("spoken dates without a year", 1.0),
        ("spoken telephone numbers", 1.0),
    ];
    hold(&suites::nemo(), &floors);
}

#[test]
fn times_of_real_callers() {
    hold(&suites::restaurants(), &[("real callers, a time", 0.96), ("real callers, no time", 0.97)]);
}

#[test]
fn names_of_real_callers() {
    let Some(cases) = suites::shared("slots_restaurant8k/sample.jsonl") else { return };
    let (mut names, mut false_names) = (Vec::new(), Vec::new());
    for case in &cases {
        let text = case["text"].as_str().unwrap_or("");
        let asked = case["requested"]
            .as_array()
            .is_some_and(|asked| asked.iter().any(|slot| slot.as_str().is_some_and(|s| s.ends_with("name"))));
        let got = name(text, if asked { Asked::Name } else { Asked::Open })
            .map(|slot| slot.value.into_exposed().to_lowercase());
        match (case["slots"]["first_name"].as_str(), case["slots"]["last_name"].as_str()) {
            (Some(first), Some(last)) => names.push(got.as_deref() == Some(&format!("{first} {last}").to_lowercase())),
            (None, None) => false_names.push(got.is_none()),
            (Some(only), None) | (None, Some(only)) => {
                names.push(got.is_some_and(|got| got.contains(&only.to_lowercase())));
            }
        }
    }
    assert!(share("names", &names) >= 0.7);
    assert!(share("no names", &false_names) >= 0.95);
}

fn share(what: &str, passed: &[bool]) -> f64 {
    let (passed, all) = (passed.iter().filter(|passed| **passed).count(), passed.len());
    eprintln!("{what}: {passed}/{all}");
    passed as f64 / all.max(1) as f64
}

//! Every scenario in `eval/scenarios/`, held in text with the written rules alone: no model is needed, so what passes here
//! passes on the machine of a practice whose model has failed.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a test fails by panicking

use std::path::Path;
use std::process::Command;

#[test]
fn every_scenario_goes_as_it_is_written() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let scenarios = root.join("eval/scenarios");
    let written = std::fs::read_dir(&scenarios).unwrap().count();
    assert!(written >= 16, "only {written} scenarios in {}", scenarios.display());
    let held = Command::new(env!("CARGO_BIN_EXE_firstring"))
        .arg("eval")
        .arg(&scenarios)
        .arg("--practice")
        .arg(root.join("eval/practices/riverside.toml"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&held.stdout);
    let failures: Vec<_> = told.lines().filter(|line| !line.starts_with("held")).collect();
    assert!(held.status.success(), "{}\n{}", failures.join("\n"), String::from_utf8_lossy(&held.stderr));
}

/// Callers who register, as a suite: the first is misheard and corrects it, the second cannot have been born so.
const REGISTERING: &str = "# Registering

- now: 2026-03-04T10:00:00-05:00[America/New_York]

## Misheard
- id: call-misheard
- call: yes
- urgency: routine
- topic: call-book
- caller: new_patient
- intents: book_appointment
- why: A first visit.

< {asked: name_and_birth} May I have your full name and date of birth?
> {name: Jasmine Bell; birth: 1991-01-09} Chapman Bell, January 19 1991
< {asked: callback} What number can we call you back at?
> {phone: 7185550194} seven one eight, five five five, zero one nine five

## Not yet born
- id: call-not-yet
- call: yes
- urgency: routine
- topic: call-book
- caller: new_patient
- intents: book_appointment
- why: A first visit.

< {asked: name_and_birth} May I have your full name and date of birth?
> {name: Ruth Weber; birth: 2031-05-14} Ruth Weber, May 14 2031
";

#[test]
fn values_are_judged_by_what_stands_after_the_read_back() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = tempfile::tempdir().unwrap();
    let (suite, report) = (folder.path().join("suite.md"), folder.path().join("report.json"));
    std::fs::write(&suite, REGISTERING).unwrap();
    let read = Command::new(env!("CARGO_BIN_EXE_firstring"))
        .args(["eval", "--no-llm", "--practice"])
        .arg(root.join("eval/practices/riverside.toml"))
        .arg(&suite)
        .arg("--report")
        .arg(&report)
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
    let wrong = |name: &str| {
        let rates = report["summary"]["rates"].as_array().unwrap();
        let rate = rates.iter().find(|rate| rate["name"] == name).unwrap();
        (rate["wrong"].as_u64().unwrap(), rate["of"].as_u64().unwrap())
    };
    assert_eq!(wrong("errand_not_done"), (1, 2), "{}", report["calls"]);
    assert_eq!(wrong("name_wrong_after_read_back"), (0, 1), "{}", report["calls"]);
    assert_eq!(wrong("birth_wrong_after_read_back"), (0, 1), "{}", report["calls"]);
    assert_eq!(wrong("phone_wrong_after_read_back"), (0, 1), "{}", report["calls"]);
}

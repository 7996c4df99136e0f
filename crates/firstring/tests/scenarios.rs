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

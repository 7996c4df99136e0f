//! A scenario in sound, end to end with the real models: a voice in a noisy room, a telephone line, the shell that answers
//! calls, and a book of its own. Virtual time; one call only, `firstring eval eval/scenarios --audio` holds all of them.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
mod support;

use serde_json::Value;
use support::{firstring, models_are_there, practice, repository};

#[test]
fn an_appointment_is_cancelled_in_noise_and_what_did_not_happen_is_noticed() {
    if !models_are_there() || !callers_voice_is_there() {
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let (scenario, report) = (out.path().join("cancel.md"), out.path().join("report.json"));
    let written = std::fs::read_to_string(repository().join("eval/scenarios/talk_silence_in_the_middle.md")).unwrap();
    std::fs::write(&scenario, format!("{written}\n**Book:** a purple elephant\n")).unwrap();
    let mut command = firstring();
    command.arg("eval").arg(&scenario).args(["--audio", "--snr-db", "20", "--voice", "kokoro/am_michael"]);
    let done = command.arg("--practice").arg(practice()).arg("--report").arg(&report).output().unwrap();
    let told = String::from_utf8_lossy(&done.stdout);
    assert_eq!(done.status.code(), Some(1), "{told}{}", String::from_utf8_lossy(&done.stderr));

    let report: Value = serde_json::from_str(&std::fs::read_to_string(&report).unwrap()).unwrap();
    let call = &report["scenarios"][0];
    let failed: Vec<&Value> = call["unlike"].as_array().unwrap().iter().filter(|it| it["failed"] == true).collect();
    assert_eq!(failed.len(), 1, "everything else was done: {call}");
    assert!(failed[0]["why"].as_str().unwrap().contains("purple elephant"), "{call}");
    assert!(failed[0]["why"].as_str().unwrap().contains("follow_up cancelled"), "the book as it is: {call}");
    assert_eq!((&report["reached"], &report["of"]), (&0.into(), &1.into()), "{report}");
    let [words, misheard] = ["words", "words_misheard"].map(|name| call[name].as_u64().unwrap());
    assert!(words >= 12 && misheard * 3 < words, "{call}");
}

/// Callers do not speak with the practice's voice, and theirs is not among the models that every practice needs.
fn callers_voice_is_there() -> bool {
    let listed = firstring().args(["models", "list"]).output().unwrap();
    let listed = String::from_utf8_lossy(&listed.stdout);
    let there = !listed.lines().any(|line| line.starts_with("kokoro") && line.contains("not fetched"));
    if !there {
        eprintln!("SKIPPED: the callers' voices are not there; `firstring models fetch kokoro` fetches them");
    }
    there
}

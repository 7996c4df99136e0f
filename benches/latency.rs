//! Caller stops speaking -> first sound of the answer, for one call at a time, in real time; and the greeting's first
//! sound. The baseline of the same run reads by the written rules alone, so that the ratio tells what the language model
//! costs a caller.
//!
//! `cargo bench --profile dev -p firstring --bench latency`
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a benchmark prints, and fails by panicking

#[path = "../crates/firstring/tests/support/mod.rs"]
#[allow(dead_code)] // each test uses its own part
mod support;

use support::{Percentiles, firstring, fixture, models_are_there, practice};

/// What callers say, each list one call.
const CALLS: &[&[&str]] = &[
    &["question_parking", "question_hours", "goodbye"],
    &["message_open", "message_body", "message_no_more", "message_name", "yes_right", "message_number", "yes_right"],
    &["person_please", "goodbye"],
    &["refill", "message_name", "yes_right", "message_number", "yes_right", "goodbye"],
];

struct Measured {
    voice_to_voice: Vec<f64>,
    greeting: Vec<f64>,
}

fn measure(more: &[&str]) -> Measured {
    let mut measured = Measured { voice_to_voice: Vec::new(), greeting: Vec::new() };
    for says in CALLS {
        let folder = tempfile::tempdir().unwrap();
        let mut call = firstring();
        call.args(["call", "--leg", "g711", "--practice"]).arg(practice()).arg("--out").arg(folder.path()).args(more);
        for name in *says {
            call.arg("--wav").arg(fixture(name));
        }
        let done = call.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let text = std::fs::read_to_string(folder.path().join("summary.json")).unwrap();
        let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
        measured.greeting.extend(summary["greeting_first_sound_ms"].as_f64());
        let turns = summary["turns"].as_array().unwrap();
        measured.voice_to_voice.extend(turns.iter().filter_map(|turn| turn["voice_to_voice_ms"].as_f64()));
    }
    measured
}

fn main() {
    if !models_are_there() {
        return;
    }
    let rules = measure(&["--no-llm"]);
    let model = measure(&[]);
    println!("one call at a time, G.711, real time; milliseconds");
    println!("{:34} {:>5} {:>8} {:>8} {:>8}", "", "n", "p50", "p95", "worst");
    for (name, sample) in [
        ("voice to voice, rules alone (base)", &rules.voice_to_voice),
        ("voice to voice, language model", &model.voice_to_voice),
        ("greeting's first sound", &model.greeting),
    ] {
        println!("{name:34} {}", Percentiles::of(sample));
    }
    let (base, with) = (Percentiles::of(&rules.voice_to_voice), Percentiles::of(&model.voice_to_voice));
    println!("ratio model/rules: p50 {:.2}, p95 {:.2}", with.p50 / base.p50, with.p95 / base.p95);
    println!("target: p50 900, p95 1600; greeting 200");
}

//! Whole calls over a bad network: words misheard, and how long the caller waits for the answer.
//!
//! Each is a call by `firstring call --leg sip`: INVITE, G.711 in RTP packets over a network in this process that loses so many of
//! them, in both directions, and delays each by up to so much; jitter buffers at both ends, all models, real time. The words are
//! those of the call's own transcript. Voice to voice is what the caller's telephone has recorded: from the last sound that the
//! caller made to the first one of the answer; the network's own delays, there and back, are within it.
//!
//! | column | what |
//! |---|---|
//! | words wrong | inserted, left out or wrong, of all that were said |
//! | voice to voice | milliseconds, of the answers that were heard |
//! | ratio | of its median to that of the row without loss and jitter |
//! | unanswered | utterances after which nothing was heard |
//!
//! `cargo bench --profile dev -p firstring --bench bad_line [-- --quick]`; `--quick` holds one call in each network, not three.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a benchmark prints, and fails by panicking

#[path = "support/mod.rs"]
mod machine;
#[path = "../crates/speech/tests/recordings/scoring.rs"]
#[allow(dead_code)] // each bench uses its own part
mod scoring;
#[path = "../crates/firstring/tests/support/mod.rs"]
#[allow(dead_code)]
mod support;

use std::path::Path;

use scoring::{Score, word_errors};
use serde_json::Value;
use support::{Percentiles, firstring, fixture, models_are_there, practice, repository};

const SAYS: [&str; 4] = ["question_parking", "question_hours", "question_opening_hours", "goodbye"];
const LOSSES: [u8; 4] = [0, 1, 3, 5];
const JITTERS_MS: [u64; 3] = [0, 20, 60];
const CALLS: u64 = 3;
const HZ: usize = 16_000;
/// Looked at together: 20 ms.
const BLOCK: usize = HZ / 50;
/// What is quieter is a line at rest.
const SILENT_DBFS: f32 = -50.0;
/// The caller has finished when nothing was said for so long: recordings have shorter pauses.
const PAUSE: usize = 75 * BLOCK;

#[derive(Default)]
struct Outcome {
    words: Score,
    waits_ms: Vec<f64>,
    unanswered: usize,
}

fn main() {
    if !models_are_there() {
        return;
    }
    let calls = if std::env::args().any(|argument| argument == "--quick") { 1 } else { CALLS };
    println!("{calls} calls a network, {} utterances each; load average {}", SAYS.len(), machine::load_average());
    println!("loss jitter   words wrong   voice to voice p50 p95   ratio   unanswered");
    let mut best = None;
    for (loss, jitter_ms) in LOSSES.into_iter().flat_map(|loss| JITTERS_MS.map(|jitter_ms| (loss, jitter_ms))) {
        let mut outcome = Outcome::default();
        (0..calls).for_each(|seed| hold(loss, jitter_ms, seed, &mut outcome));
        let waits = Percentiles::of(&outcome.waits_ms);
        let wrong = outcome.words.errors as f64 * 100.0 / outcome.words.of as f64;
        let ratio = waits.p50 / *best.get_or_insert(waits.p50);
        println!(
            "{loss:2} % {jitter_ms:3} ms {wrong:11.1} % {:18.0} {:5.0} {ratio:7.2} {:9}",
            waits.p50, waits.p95, outcome.unanswered
        );
    }
    println!("load average {}", machine::load_average());
}

fn hold(loss: u8, jitter_ms: u64, seed: u64, outcome: &mut Outcome) {
    let out = tempfile::tempdir().unwrap();
    let mut command = firstring();
    command.args(["call", "--leg", "sip", "--now", "2026-03-04T10:00:00-05:00[America/New_York]", "--practice"]);
    command.arg(practice()).arg("--out").arg(out.path());
    for (flag, value) in [("--loss", u64::from(loss)), ("--jitter", jitter_ms), ("--seed", seed)] {
        command.arg(flag).arg(value.to_string());
    }
    for name in SAYS {
        command.arg("--wav").arg(fixture(name));
    }
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    outcome.words += word_errors(&said(), &understood(out.path()));
    let (waits_ms, unanswered) = waits(out.path());
    outcome.waits_ms.extend(waits_ms);
    outcome.unanswered += unanswered;
}

/// What the recordings say, as the list beside them tells.
fn said() -> String {
    let list = std::fs::read_to_string(repository().join("eval/fixtures/SOURCE.md")).unwrap();
    let text = |name: &&str| {
        let row = list.lines().find(|line| line.starts_with(&format!("| `{name}.wav`"))).unwrap();
        row.split('|').nth(3).unwrap().to_owned()
    };
    SAYS.iter().map(text).collect()
}

fn understood(out: &Path) -> String {
    let summary = std::fs::read_to_string(out.join("summary.json")).unwrap();
    let summary: Value = serde_json::from_str(&summary).unwrap();
    let texts = summary["turns"].as_array().unwrap().iter().map(|turn| turn["text"].as_str().unwrap());
    texts.collect::<Vec<_>>().join(" ")
}

/// How long the caller waited after each utterance, in milliseconds, and after how many nothing came. The last one ends the call: its
/// goodbye is an answer, too.
fn waits(out: &Path) -> (Vec<f64>, usize) {
    let mut wav = hound::WavReader::open(out.join("stereo.wav")).unwrap();
    let both: Vec<f32> = wav.samples::<i16>().map(|sample| f32::from(sample.unwrap()) / 32_768.0).collect();
    let side = |first: usize| both.iter().copied().skip(first).step_by(2).collect::<Vec<f32>>();
    let (caller, ours) = (sounds(&side(0)), sounds(&side(1)));
    let ends = caller.iter().enumerate().filter(|(index, at)| {
        let next = caller.get(index + 1).copied().unwrap_or(usize::MAX);
        next - **at > PAUSE
    });
    let (mut waits, mut unanswered) = (Vec::new(), 0);
    for (index, end) in ends {
        let until = caller.get(index + 1).copied().unwrap_or(usize::MAX);
        match ours.iter().find(|at| (*end..until).contains(*at)) {
            Some(answer) => waits.push((answer - end) as f64 * 1000.0 / HZ as f64),
            None => unanswered += 1,
        }
    }
    (waits, unanswered)
}

/// Where there is sound, block by block.
fn sounds(track: &[f32]) -> Vec<usize> {
    let blocks = track.chunks(BLOCK).enumerate();
    let loud = blocks.filter(|(_, block)| audio::level::rms_dbfs(block) > SILENT_DBFS);
    loud.map(|(index, _)| index * BLOCK).collect()
}

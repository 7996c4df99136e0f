//! Caller's first sound -> our last sound, when callers speak over our lines; and what murmurs, coughs and noise do to a line.
//!
//! Real time, with every model at work on the processor that also has to notice the caller, and measured on what the leg
//! sent, sample by sample: from the first sample of the caller's that is louder than a breath to the last sample of the
//! line that they spoke over, including whatever of it came after a pause. The caller's voices are not the receptionist's.
//! Recordings of real people are read from `shared/data` beside the repository where it is there.
//!
//! `cargo bench --profile dev -p firstring --bench barge_in`
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a benchmark prints, and fails by panicking

#[path = "../crates/firstring/tests/interruption/mod.rs"]
#[allow(dead_code)] // each test uses its own part
mod interruption;
#[path = "../crates/firstring/tests/support/mod.rs"]
#[allow(dead_code)]
mod support;

use std::time::Duration;

use audio::g711::Law;
use audio::telephone::Telephone;
use call::Pace;
use firstring::wiring::Desk;
use interruption::{Fate, Judge, Leaves, Step, desk, hold};
use support::{Percentiles, fixture, models_are_there, repository};
use transport::loopback::Line;

/// The caller's first voiced sample -> our last, 95 of 100 times.
const LIMIT_MS: f64 = 300.0;

/// Calls in which everything is said over a line: over the greeting first, then over each answer or question that follows.
/// How far into the line, in ms.
const TALKATIVE: &[&[(&str, u64)]] = &[
    &[("question_opening_hours", 700), ("question_parking", 900), ("no_wrong", 1500), ("person_please", 400)],
    &[("message_open", 1900), ("message_cough", 600), ("message_no_more", 500), ("message_name", 700)],
    &[("question_parking", 3100), ("question_opening_hours", 1300), ("refill", 800), ("message_number", 1100)],
    &[("person_please", 4200), ("question_hours", 600), ("question_parking", 1700), ("goodbye", 1200)],
];
/// Said over the greeting, which goes on; they ask for nothing.
const BACKCHANNELS: &[&str] = &["mm_hm", "mm_hm_low", "okay", "cough", "thud", "laugh"];
/// Recordings of real people, some seconds each, said over the greeting.
const PEOPLE: &[(&str, &[&str])] = &[
    (
        "speech_an4",
        &[
            "an104-mrcb-b",  // start
            "an185-fnsv-b",  // help
            "an298-fsaf2-b", // repeat
            "an409-fcaw-b",  // go
            "an440-mjgm-b",  // stop
            "an90-fbbh-b",   // no
            "cen3-ffmm-b",   // five six three two
        ],
    ),
    ("speech_numbers_1spk", &["sample_001"]),
];

/// What was measured over one kind of line.
#[derive(Default)]
struct Measured {
    stopped_after_ms: Vec<f64>,
    /// Interruptions that stopped nothing.
    spoken_over_in_vain: Vec<String>,
    backchannels: usize,
    /// For how long a line was held before it went on.
    held_ms: Vec<f64>,
    lines_stopped_by_backchannels: Vec<String>,
}

fn main() {
    if !models_are_there() {
        return;
    }
    one_thread_for_the_model();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let data = tempfile::tempdir().unwrap();
        let desk = desk(data.path(), Judge::RulesAndModel, Pace::RealTime).await;
        let people = people();
        println!("callers speak over our lines, one call at a time, real time, all models at work; milliseconds");
        println!("{:34} {:>5} {:>8} {:>8} {:>8}", "first voiced sample -> silence", "n", "p50", "p95", "worst");
        let mut all = Measured::default();
        for (name, line) in
            [("wide", Line::Wide), ("G.711", Line::G711(Telephone { law: Law::Mu, loss: 0.0, seed: 0 }))]
        {
            let mut measured = Measured::default();
            measure(&desk, line, &people, &mut measured).await;
            println!("{name:34} {}", Percentiles::of(&measured.stopped_after_ms));
            all.add(measured);
        }
        all.report();
        desk.close().await;
    });
}

async fn measure(desk: &Desk, line: Line, people: &[Vec<f32>], measured: &mut Measured) {
    for call in TALKATIVE {
        let steps = call.iter().map(|(name, into_ms)| over(said(name), *into_ms)).collect();
        interrupt(desk, line, steps, measured).await;
    }
    for (index, sound) in people.iter().enumerate() {
        let into_ms = 600 + 500 * index as u64;
        interrupt(desk, line, vec![over(sound.clone(), into_ms)], measured).await;
    }
    for (index, name) in BACKCHANNELS.iter().enumerate() {
        let into_ms = 600 + 500 * index as u64;
        let held = hold(desk, line, vec![over(said(name), into_ms)], Leaves::AfterTheAnswer).await;
        measured.backchannels += 1;
        measured.held_ms.extend(held.held().iter().map(|held| held.as_millis() as f64));
        if held.fate_of(held.line_at(held.said[0].from)) == Fate::Stopped {
            measured.lines_stopped_by_backchannels.push(format!("{name} {:?}", held.heard()));
        }
    }
}

/// Holds a call in which every step is an interruption. One that comes when the line is over already counts for nothing.
async fn interrupt(desk: &Desk, line: Line, steps: Vec<Step>, measured: &mut Measured) {
    let held = hold(desk, line, steps, Leaves::BeforeTheAnswer).await;
    for (step, said) in held.said.iter().enumerate() {
        let spoken_over = held.line_at(said.from);
        match (held.stopped_after_ms(spoken_over, held.onset(step)), held.fate_of(spoken_over)) {
            (Some(ms), Fate::Stopped) => measured.stopped_after_ms.push(ms),
            (Some(_), Fate::Finished) => measured.spoken_over_in_vain.push(format!("{:?}", held.heard())),
            (None, Fate::Finished | Fate::Stopped) => {}
        }
    }
}

impl Measured {
    fn add(&mut self, other: Self) {
        self.stopped_after_ms.extend(other.stopped_after_ms);
        self.spoken_over_in_vain.extend(other.spoken_over_in_vain);
        self.backchannels += other.backchannels;
        self.held_ms.extend(other.held_ms);
        self.lines_stopped_by_backchannels.extend(other.lines_stopped_by_backchannels);
    }

    fn report(&self) {
        let all = Percentiles::of(&self.stopped_after_ms);
        println!("{:34} {all}", "both");
        println!("limit: p95 {LIMIT_MS}; ratio {:.2}", all.p95 / LIMIT_MS);
        println!("interruptions that did not stop the line: {}", self.spoken_over_in_vain.len());
        for heard in &self.spoken_over_in_vain {
            println!("  in the call in which was heard {heard}");
        }
        println!("{:34} {}", "line held for a backchannel", Percentiles::of(&self.held_ms));
        let stopped = &self.lines_stopped_by_backchannels;
        println!("backchannels that stopped the line: {} of {}", stopped.len(), self.backchannels);
        for what in stopped {
            println!("  {what}");
        }
    }
}

fn over(sound: Vec<f32>, into_ms: u64) -> Step {
    Step::SayOver(sound, Duration::from_millis(into_ms))
}

fn said(name: &str) -> Vec<f32> {
    audio::wav::read(fixture(name)).unwrap().to_pcm::<16_000>().into_samples()
}

fn people() -> Vec<Vec<f32>> {
    let mut found = Vec::new();
    for (data_set, names) in PEOPLE {
        let folder = repository().join("../shared/data").join(data_set).join("audio");
        if !folder.is_dir() {
            println!("SKIPPED: {data_set} is not in ../shared/data");
            continue;
        }
        let read = |name: &&str| audio::wav::read(folder.join(format!("{name}.wav"))).unwrap();
        found.extend(names.iter().map(|name| read(name).to_pcm::<16_000>().into_samples()));
    }
    found
}

/// As in the program: candle's threads wait for each other by spinning.
#[allow(unsafe_code)]
fn one_thread_for_the_model() {
    for name in ["CANDLE_NUM_THREADS", "RAYON_NUM_THREADS"] {
        // SAFETY: called first in main, while this is the only thread of the process.
        unsafe { std::env::set_var(name, "1") };
    }
}

//! Whose turn it is: how often a caller is cut off in mid-thought, how long FirstRing waits after a finished turn, and what a
//! second voice in the room does to both.
//!
//! Real recordings (`../shared/data`, beside the repository), over a G.711 line, heard by a call's own listener with its
//! models in virtual time, in which models take no time: a delay is what was *decided*, from the last loud frame to the end of
//! turn; what models add is in the bench `latency`. Beside it what ends turns in most systems: 800 ms of silence, by the
//! same voice activity. How fast FirstRing yields, and that it does not yield to "mm-hm", is in the bench `barge_in`.
//!
//! | row | what |
//! |---|---|
//! | numbers | rows of digits read in groups (one speaker), after a question for a number |
//! | orders | coffee orders by many speakers, with the pauses that they make |
//! | .. + 0.6 s, 1.0 s, 1.6 s | the same; such a pause, filled with the recording's own quiet, is put into the quietest place of their middle |
//! | .. + voice | the same; somebody else goes on talking in the background, so far below, from before the caller until after |
//! | voice alone | only that other voice |
//!
//! `cargo bench --profile dev -p firstring --bench turns`
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a benchmark prints, and fails by panicking

#[path = "support/mod.rs"]
mod machine;
#[path = "../crates/speech/tests/recordings/mod.rs"]
mod recordings;
#[path = "../crates/firstring/tests/support/mod.rs"]
#[allow(dead_code)] // each test uses its own part
mod support;

use std::sync::Arc;

use audio::Pcm;
use audio::g711::Law;
use audio::level::rms_dbfs;
use audio::telephone::Telephone;
use domain::CallTime;
use recordings::{FinalsOnly, Recording, data_set, silero, smart_turn, whisper};
use speech::hearing::{Expecting, HZ, Hearing, offline};
use speech::onnx::{Silero, SmartTurn};
use speech::whisper::WhisperRecognizer;
use support::Percentiles;

/// What ends a turn where nothing judges it.
const FIXED_SILENCE_MS: u64 = 800;
/// Of turns with a pause in mid-thought, at most so many may be cut off.
const CUT_OFF_MAX_PERCENT: f64 = 8.0;
/// Silence behind a recording, for its turn to end.
const AFTER_S: f32 = 5.0;
const FRAME: usize = HZ as usize / 50;
/// A frame this far below the loudest is no longer speech.
const SPEECH_DB: f32 = 30.0;
/// How long a stretch must be quiet to be where a pause is put.
const DIP: usize = 4 * FRAME;
const PAUSES_S: [f32; 3] = [0.6, 1.0, 1.6];
const VOICES_BELOW_DB: [f32; 2] = [20.0, 10.0];

struct Ears {
    vad: Silero,
    turn: SmartTurn,
    recognizer: FinalsOnly<WhisperRecognizer>,
}

/// Something said, as it reaches the line.
struct Turn {
    /// 16 kHz.
    sound: Vec<f32>,
    /// End of the caller's last loud frame.
    ends_ms: u64,
}

/// What became of turns of one kind.
#[derive(Default)]
struct Row {
    turns: usize,
    cut_off: usize,
    cut_off_by_fixed: usize,
    delays_ms: Vec<f64>,
}

fn main() {
    let load = |name| data_set(name, "utterances.jsonl");
    let (Some(numbers), Some(orders)) = (load("speech_numbers_1spk"), load("speech_picovoice_s2i")) else { return };
    let Some(mut ears) = Ears::open() else { return };
    println!("{:18} {:>4} {:>10} {:>12} {:>8}", "turns over G.711", "n", "cut off %", "800 ms rule", "delay ms");
    println!("{:47} {:>8} {:>8} {:>8} {:>8}", "", "n", "p50", "p95", "worst");
    ears.row("numbers", Expecting::Digits, numbers.iter().map(|said| turn(&said.samples)));
    ears.row("orders", Expecting::Anything, orders.iter().map(|said| turn(&said.samples)));
    let mut paused = Row::default();
    for pause_s in PAUSES_S {
        let turns = orders.iter().map(|said| turn(&with_pause(&said.samples, pause_s)));
        let row = ears.row(&format!("orders + {pause_s:.1} s"), Expecting::Anything, turns);
        paused.turns += row.turns;
        paused.cut_off += row.cut_off;
    }
    let others: Vec<&[f32]> = numbers.iter().map(|other| other.samples.as_slice()).collect();
    for below_db in VOICES_BELOW_DB {
        let turns = orders.iter().zip(others.iter().cycle()).map(|(said, other)| with_voice(said, other, below_db));
        ears.row(&format!("orders + -{below_db} dB"), Expecting::Anything, turns);
    }
    for below_db in VOICES_BELOW_DB {
        let voices = orders.iter().zip(others.iter().cycle()).map(|(said, other)| background(said, other, below_db));
        let taken = voices.filter(|sound| !ears.utterances(sound, Expecting::Anything).is_empty()).count();
        println!("voice alone -{below_db} dB: taken for the caller {taken} of {}", orders.len());
    }
    println!("cut off in mid-thought: {:.1} %, limit {CUT_OFF_MAX_PERCENT} %", paused.percent(paused.cut_off));
    println!("load average {}", machine::load_average());
}

impl Ears {
    fn open() -> Option<Self> {
        Some(Self { vad: silero()?, turn: smart_turn()?, recognizer: FinalsOnly(whisper("ggml-tiny.en.bin")?) })
    }

    fn hear(&mut self, sound: &[f32], expecting: Expecting) -> Vec<(CallTime, Hearing)> {
        let line = Telephone { law: Law::Mu, loss: 0.0, seed: 0 };
        let sound = line.carry(&Pcm::new(sound.to_vec())).into_samples();
        let (vad, turn, recognizer) = (&mut self.vad, &mut self.turn, &mut self.recognizer);
        offline::hear(&sound, vad, turn, recognizer, expecting, &Arc::from([])).unwrap()
    }

    /// When each utterance was told, in ms.
    fn utterances(&mut self, sound: &[f32], expecting: Expecting) -> Vec<u64> {
        let told = self.hear(sound, expecting);
        told.iter().filter(|(_, what)| matches!(what, Hearing::Utterance(_))).map(|(at, _)| at.as_ms()).collect()
    }

    fn row(&mut self, name: &str, expecting: Expecting, turns: impl Iterator<Item = Turn>) -> Row {
        let mut row = Row::default();
        for turn in turns {
            let told = self.hear(&turn.sound, expecting);
            row.add(&told, turn.ends_ms);
        }
        row.print(name);
        row
    }
}

impl Row {
    fn add(&mut self, told: &[(CallTime, Hearing)], ends_ms: u64) {
        let utterance = |(at, what): &(CallTime, Hearing)| matches!(what, Hearing::Utterance(_)).then(|| at.as_ms());
        let ends: Vec<u64> = told.iter().filter_map(utterance).collect();
        self.turns += 1;
        self.cut_off += usize::from(ends.iter().any(|at| *at < ends_ms));
        self.cut_off_by_fixed += usize::from(longest_pause_ms(told, ends_ms) >= FIXED_SILENCE_MS);
        self.delays_ms.extend(ends.iter().find(|at| **at >= ends_ms).map(|at| (at - ends_ms) as f64));
    }

    fn percent(&self, count: usize) -> f64 {
        count as f64 * 100.0 / self.turns as f64
    }

    fn print(&self, name: &str) {
        let (ours, fixed) = (self.percent(self.cut_off), self.percent(self.cut_off_by_fixed));
        let delays = Percentiles::of(&self.delays_ms);
        println!("{name:18} {:4} {ours:10.1} {fixed:12.1} {delays}", self.turns);
    }
}

/// The longest silence between the caller's voiced stretches.
fn longest_pause_ms(told: &[(CallTime, Hearing)], ends_ms: u64) -> u64 {
    let mut fell_silent_ms = None;
    let mut longest_ms = 0;
    for (_, what) in told {
        if let Hearing::SpeechEnded { at } = what {
            fell_silent_ms = Some(at.as_ms());
        }
        if let (Hearing::SpeechStarted { at }, Some(silent_ms)) = (what, fell_silent_ms)
            && at.as_ms() < ends_ms
        {
            longest_ms = longest_ms.max(at.as_ms() - silent_ms);
        }
    }
    longest_ms
}

fn turn(said: &[f32]) -> Turn {
    let loudest = said.chunks(FRAME).map(rms_dbfs).fold(f32::NEG_INFINITY, f32::max);
    let last = said.chunks(FRAME).rposition(|frame| rms_dbfs(frame) > loudest - SPEECH_DB).unwrap();
    let mut sound = said.to_vec();
    sound.resize(said.len() + (AFTER_S * HZ as f32) as usize, 0.0);
    Turn { sound, ends_ms: (last as u64 + 1) * 20 }
}

/// The same, with a pause in the quietest place of its middle third.
fn with_pause(said: &[f32], pause_s: f32) -> Vec<f32> {
    let third = said.len() / 3;
    let places = (third..2 * third).step_by(FRAME);
    let quiet = |at: &usize| rms_dbfs(&said[*at..*at + DIP]);
    let at = places.min_by(|a, b| quiet(a).total_cmp(&quiet(b))).unwrap();
    let dip = &said[at..at + DIP];
    let pause = dip.iter().copied().cycle().take((pause_s * HZ as f32) as usize);
    said[..at + DIP].iter().copied().chain(pause).chain(said[at + DIP..].iter().copied()).collect()
}

/// The same, with the other voice from its beginning until the end of the silence behind it.
fn with_voice(said: &Recording, other: &[f32], below_db: f32) -> Turn {
    let Turn { sound, ends_ms } = turn(&said.samples);
    let gain = gain(said, other, below_db);
    let sound = sound.iter().zip(other.iter().cycle()).map(|(said, other)| said + gain * other).collect();
    Turn { sound, ends_ms }
}

/// Only the other voice, as loud as it would be behind `said`.
fn background(said: &Recording, other: &[f32], below_db: f32) -> Vec<f32> {
    let gain = gain(said, other, below_db);
    other.iter().map(|other| gain * other).chain(std::iter::repeat_n(0.0, (AFTER_S * HZ as f32) as usize)).collect()
}

fn gain(said: &Recording, other: &[f32], below_db: f32) -> f32 {
    10f32.powf((rms_dbfs(&said.samples) - rms_dbfs(other) - below_db) / 20.0)
}

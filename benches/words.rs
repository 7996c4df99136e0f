//! How well people are understood: real recordings that nobody in the project made (`../shared/data`, beside the
//! repository), heard as a call hears them, by the recogniser of a call's finals (tiny.en) and by that of its second
//! decode (base), wide and over a telephone line, in quiet and in noise.
//!
//! | set | what counts as an error |
//! |---|---|
//! | short answers, spelling (CMU AN4) | a word inserted, left out or wrong |
//! | read speech (LibriMix) | the same, where one of the two speakers talks alone. Which words these are nobody knows: those count that fit best, of at least half as many as the time holds |
//! | numbers | a whole number with any digit wrong |
//! | coffee orders (Picovoice) | a labelled phrase that is not in the text word for word |
//!
//! `crates/speech/tests/recordings/scoring.rs` says how texts are made comparable. No practice's words are told to the
//! recognisers. Noise is one of nine recordings in turn, at a ratio to the louder parts of the speech, and goes over the
//! telephone with it.
//!
//! `cargo bench --profile dev -p firstring --bench words [-- --quick]`; `--quick` hears every sixth recording.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a benchmark prints, and fails by panicking

#[path = "support/cases.rs"]
mod cases;
#[path = "support/mod.rs"]
mod machine;
#[path = "../crates/speech/tests/recordings/mod.rs"]
mod recordings;

use audio::Pcm;
use audio::g711::Law;
use audio::telephone::Telephone;
use cases::{Case, cases, judged};
use recordings::scoring::Score;
use recordings::{FinalsOnly, Recording, data_set, heard, silero, smart_turn, whisper};
use speech::hearing::HZ;
use speech::onnx::{Silero, SmartTurn};
use speech::whisper::WhisperRecognizer;

/// Of the final, and of the second decode.
const RECOGNIZERS: [&str; 2] = ["ggml-tiny.en.bin", "ggml-base.bin"];
const QUICK: usize = 6;
const SETS: [(&str, &str); 4] = [
    ("short answers", "word errors"),
    ("read speech", "word errors"),
    ("numbers", "not exact"),
    ("coffee orders", "phrases missed"),
];

const LINES: [(&str, Line); 5] = [
    ("wide", Line::Wide),
    ("G.711", Line::Telephone),
    ("+20 dB", Line::Noisy { ratio_db: 20.0 }),
    ("+10 dB", Line::Noisy { ratio_db: 10.0 }),
    ("+5 dB", Line::Noisy { ratio_db: 5.0 }),
];

/// How the sound reaches the recogniser.
#[derive(Clone, Copy)]
enum Line {
    Wide,
    Telephone,
    /// A telephone line, and noise where the caller is.
    Noisy {
        ratio_db: f32,
    },
}

/// Scores by set, line and recogniser.
type Scores = [[[Score; RECOGNIZERS.len()]; LINES.len()]; SETS.len()];

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let step = if quick { QUICK } else { 1 };
    let (Some(cases), Some(noises)) = (cases(), data_set("noise_misc", "noises.jsonl")) else { return };
    let cases: Vec<Case> = cases.into_iter().step_by(step).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let Some(ears) = (0..threads).map(|_| Ears::open()).collect::<Option<Vec<_>>>() else { return };
    println!("{} recordings, each over {} lines by {} recognisers", cases.len(), LINES.len(), RECOGNIZERS.len());
    let scores = heard_by_all(ears, &cases, &noises);
    print(&scores);
    println!("load average {}", machine::load_average());
}

/// What one thread hears with.
struct Ears {
    vad: Silero,
    turn: SmartTurn,
    recognizers: [FinalsOnly<WhisperRecognizer>; RECOGNIZERS.len()],
}

impl Ears {
    fn open() -> Option<Self> {
        let [tiny, base] = RECOGNIZERS.map(whisper);
        Some(Self { vad: silero()?, turn: smart_turn()?, recognizers: [FinalsOnly(tiny?), FinalsOnly(base?)] })
    }

    fn hear(&mut self, case: &Case, noise: &Recording, scores: &mut Scores) {
        for (at, (_, line)) in LINES.iter().enumerate() {
            let sound = over(*line, &case.samples, &noise.samples);
            for (recognizer, score) in self.recognizers.iter_mut().zip(&mut scores[case.set][at]) {
                let (text, _) = heard(&sound, &mut self.vad, &mut self.turn, recognizer, case.expecting);
                *score += judged(&case.said, &text);
            }
        }
    }
}

/// Each thread takes its share of the cases.
fn heard_by_all(ears: Vec<Ears>, cases: &[Case], noises: &[Recording]) -> Scores {
    let count = ears.len();
    std::thread::scope(|scope| {
        let threads: Vec<_> = ears
            .into_iter()
            .enumerate()
            .map(|(first, mut ears)| {
                scope.spawn(move || {
                    let mut scores = Scores::default();
                    for (at, case) in cases.iter().enumerate().skip(first).step_by(count) {
                        ears.hear(case, &noises[at % noises.len()], &mut scores);
                    }
                    scores
                })
            })
            .collect();
        let mut sum = Scores::default();
        for thread in threads {
            let scores = thread.join().unwrap();
            for (sum, score) in sum.iter_mut().flatten().flatten().zip(scores.iter().flatten().flatten()) {
                *sum += *score;
            }
        }
        sum
    })
}

fn over(line: Line, speech: &[f32], noise: &[f32]) -> Vec<f32> {
    let telephone = Telephone { law: Law::Mu, loss: 0.0, seed: 0 };
    let noisy = match line {
        Line::Wide => return speech.to_vec(),
        Line::Telephone => speech.to_vec(),
        Line::Noisy { ratio_db } => with_noise(speech, noise, ratio_db),
    };
    telephone.carry(&Pcm::new(noisy)).into_samples()
}

/// Mixed so that the louder parts of the speech are `ratio_db` above the louder parts of the noise.
fn with_noise(speech: &[f32], noise: &[f32], ratio_db: f32) -> Vec<f32> {
    let noise: Vec<f32> = noise.iter().copied().cycle().take(speech.len()).collect();
    let gain = 10f32.powf((active_dbfs(speech) - active_dbfs(&noise) - ratio_db) / 20.0);
    speech.iter().zip(noise).map(|(speech, noise)| speech + gain * noise).collect()
}

/// The mean level of the frames that are at most 15 dB below the loudest: pauses do not count, as in ITU-T P.56.
fn active_dbfs(samples: &[f32]) -> f32 {
    let frames: Vec<&[f32]> = samples.chunks(HZ as usize / 50).collect();
    let levels = || frames.iter().map(|frame| audio::level::rms_dbfs(frame));
    let loudest = levels().fold(f32::NEG_INFINITY, f32::max);
    let active: Vec<f32> = frames
        .iter()
        .zip(levels())
        .filter(|(_, level)| *level > loudest - 15.0)
        .flat_map(|(frame, _)| frame.iter().copied())
        .collect();
    audio::level::rms_dbfs(&active)
}

fn print(scores: &Scores) {
    print!("{:15} {:15} {:>4} {:18}", "percent wrong", "", "of", "");
    println!("{}", LINES.map(|(name, _)| format!("{name:>8}")).concat());
    for ((set, what), lines) in SETS.iter().zip(scores) {
        for (recognizer, name) in RECOGNIZERS.iter().enumerate() {
            print!("{set:15} {what:15} {:4} {name:18}", lines[0][recognizer].of);
            for line in lines {
                let Score { errors, of } = line[recognizer];
                print!("{:8.1}", errors as f64 * 100.0 / of as f64);
            }
            println!();
        }
    }
}

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

#[path = "support/mod.rs"]
mod machine;
#[path = "../crates/speech/tests/recordings/mod.rs"]
mod recordings;

use audio::Pcm;
use audio::g711::Law;
use audio::telephone::Telephone;
use recordings::scoring::{Part, Score, digits, missing, word_errors, word_errors_of_part};
use recordings::{FinalsOnly, Recording, data_set, heard, silero, smart_turn, whisper};
use speech::hearing::{Expecting, HZ};
use speech::onnx::{Silero, SmartTurn};
use speech::whisper::WhisperRecognizer;

/// Of the final, and of the second decode.
const RECOGNIZERS: [&str; 2] = ["ggml-tiny.en.bin", "ggml-base.bin"];
const QUICK: usize = 6;
/// Shorter stretches hold a few words, of which the first or last is cut in two.
const STRETCH_S_MIN: f64 = 2.0;

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

/// Something that was said, and how its text is judged.
struct Case {
    set: usize,
    samples: Vec<f32>,
    expecting: Expecting,
    said: Said,
}

enum Said {
    Words(String),
    PartOf { text: String, part: Part, words_min: usize },
    Number(String),
    Phrases(Vec<String>),
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

/// Every data set, as what is to be understood of it.
fn cases() -> Option<Vec<Case>> {
    let load = |name| data_set(name, "utterances.jsonl");
    let mut cases = Vec::new();
    for recording in load("speech_an4")? {
        let Some(said) = recording.transcript().map(str::to_owned) else { continue };
        cases.push(Case {
            set: 0,
            samples: recording.samples,
            expecting: Expecting::Spelling,
            said: Said::Words(said),
        });
    }
    cases.extend(load("speech_librimix_overlap")?.iter().flat_map(alone));
    for recording in load("speech_numbers_1spk")? {
        let number = digits(recording.transcript().unwrap());
        cases.push(Case {
            set: 2,
            samples: recording.samples,
            expecting: Expecting::Digits,
            said: Said::Number(number),
        });
    }
    for recording in load("speech_picovoice_s2i")? {
        let slots = recording.known["label"]["slots"].as_object().unwrap();
        let phrases = slots.values().map(|phrase| phrase.as_str().unwrap().to_owned()).collect();
        cases.push(Case {
            set: 3,
            samples: recording.samples,
            expecting: Expecting::Anything,
            said: Said::Phrases(phrases),
        });
    }
    Some(cases)
}

/// The stretches before the second speaker begins and after one of the two has finished.
fn alone(recording: &Recording) -> Vec<Case> {
    let segments = recording.known["segments"].as_array().unwrap();
    let time = |segment: usize, key: &str| segments[segment][key].as_f64().unwrap();
    let first = usize::from(time(1, "start") < time(0, "start"));
    let last = usize::from(time(1, "end") > time(0, "end"));
    let stretches = [
        (first, Part::Beginning, time(first, "start"), time(1 - first, "start")),
        (last, Part::End, time(1 - last, "end"), time(last, "end")),
    ];
    let long_enough = stretches.into_iter().filter(|(_, _, from, to)| to - from >= STRETCH_S_MIN);
    let case = |(speaker, part, from, to): (usize, Part, f64, f64)| {
        let text = segments[speaker]["text"].as_str().unwrap().to_owned();
        let share = (to - from) / (time(speaker, "end") - time(speaker, "start"));
        let words_min = (text.split_whitespace().count() as f64 * share / 2.0) as usize;
        let sample = |s: f64| ((s * f64::from(HZ)) as usize).min(recording.samples.len());
        Case {
            set: 1,
            samples: recording.samples[sample(from)..sample(to)].to_vec(),
            expecting: Expecting::Anything,
            said: Said::PartOf { text, part, words_min },
        }
    };
    long_enough.map(case).collect()
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

fn judged(said: &Said, heard: &str) -> Score {
    match said {
        Said::Words(text) => word_errors(text, heard),
        Said::PartOf { text, part, words_min } => word_errors_of_part(text, *part, *words_min, heard),
        Said::Number(number) => Score { errors: usize::from(digits(heard) != *number), of: 1 },
        Said::Phrases(phrases) => missing(phrases.iter().map(String::as_str), heard),
    }
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

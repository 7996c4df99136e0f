//! Our decoder against llama.cpp: the same weights, the same tokens, the same number of threads, one after the other in
//! the same run; and the time of a whole reading, every millisecond of which a caller waits for.
//!
//! *Prefill* reads so many tokens after three others. *Labelling* is what a reading does: a long beginning is kept, a
//! short utterance is read after it, and one question is answered.
//!
//! llama.cpp comes prebuilt with npm's `node-llama-cpp`, which is installed into the cache where it is missing; without
//! it only our own figures are printed. Each is measured as it is used: llama.cpp takes up to 512 tokens at once and
//! looks at every word that could follow; ours takes 64, so that it can be cancelled in between, and looks only at the
//! words that may be answered. Ours runs in a process of its own too, because candle's number of threads is fixed by
//! the environment. Of three tries the fastest counts: whatever else the machine does only slows.
//!
//! `cargo bench --profile dev -p firstring --bench decoder`
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a benchmark prints, and fails by panicking

#[path = "support/mod.rs"]
mod machine;
#[path = "../crates/nlu/tests/support/mod.rs"]
mod support;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use domain::{Asked, Phi};
use nlu::model::{Cancel, LanguageModel, Message, Question};
use serde::{Deserialize, Serialize};

const WEIGHTS: &str = "qwen2.5-coder-1.5b-instruct.gguf";
const THREADS: [usize; 2] = [1, 2];
const TRIES: usize = 3;
const PREFILL_TOKENS: [usize; 3] = [64, 256, 1024];
/// Like the instruction and the examples before a reading.
const KEPT_TOKENS: usize = 900;
const UTTERANCE_TOKENS: usize = 15;
/// With what ChatML puts around an utterance, and the beginning of the answer.
const LABELLING_TOKENS: usize = UTTERANCE_TOKENS + 11;

/// Each is one token of Qwen's after a space; llama.cpp counts again.
const WORDS: [&str; 16] = [
    "the", "doctor", "said", "that", "my", "mother", "should", "call", "back", "about", "her", "new", "blood",
    "pressure", "today", "please",
];

/// What callers say, to be read as in a call.
const UTTERANCES: [&str; 5] = [
    "I have been coughing for two weeks and it is getting worse at night",
    "my daughter has had a rash on her arms since this morning",
    "I would like to move my appointment with the doctor to next week",
    "the pharmacy says that you have to send the prescription again",
    "I feel dizzy whenever I stand up and I don't know what to do",
];

/// Asks this program to measure ours alone, and to print [`Ours`].
const OURS_ALONE: &str = "--ours";

fn main() {
    if std::env::args().any(|argument| argument == OURS_ALONE) {
        println!("{}", serde_json::to_string(&ours()).unwrap());
        return;
    }
    let Some(weights) = support::model_file(WEIGHTS) else { return };
    let llama = installed();
    println!("{WEIGHTS} on the processor, best of {TRIES}; load average {}", machine::load_average());
    println!(
        "{:7} {:32} {:>6} {:>10} {:>10} {:>6} {:>9} {:>9}",
        "threads", "", "tokens", "ours tok/s", "llama.cpp", "ratio", "ours ms", "llama.cpp"
    );
    for threads in THREADS {
        let ours = ours_alone(threads);
        let theirs = llama.as_deref().map(|folder| theirs(folder, &weights, threads));
        print(threads, &ours, theirs.as_deref());
    }
    println!("load average {}", machine::load_average());
}

/// One stretch of tokens to be read after a beginning that stays read, in [`TRIES`] versions.
struct Exercise {
    name: String,
    tokens: usize,
    /// The instruction before it; none for prefill alone.
    kept: Option<String>,
    told: Vec<String>,
}

fn exercises() -> Vec<Exercise> {
    let prefill = PREFILL_TOKENS.iter().enumerate().map(|(at, &tokens)| Exercise {
        name: "prefill".to_owned(),
        tokens,
        kept: None,
        // No two begin alike, or the second would be known in part.
        told: (0..TRIES).map(|again| words(at * TRIES + again, tokens)).collect(),
    });
    let labelling = Exercise {
        name: format!("labelling, {KEPT_TOKENS} tokens kept"),
        tokens: LABELLING_TOKENS,
        kept: Some(words(0, KEPT_TOKENS)),
        told: (0..TRIES).map(|from| words(from, UTTERANCE_TOKENS)).collect(),
    };
    prefill.chain([labelling]).collect()
}

fn words(from: usize, count: usize) -> String {
    (from..from + count).flat_map(|at| [" ", WORDS[at % WORDS.len()]]).collect()
}

/// What was measured of ours, in milliseconds.
#[derive(Serialize, Deserialize)]
struct Ours {
    /// The best of each exercise.
    exercises: Vec<f64>,
    /// Whole readings, of which nothing was read ahead.
    readings: Vec<f64>,
    /// Whole readings, of which all but the last word was read ahead while the caller spoke.
    read_ahead: Vec<f64>,
}

fn ours_alone(threads: usize) -> Ours {
    let threads = threads.to_string();
    let mut process = Command::new(std::env::current_exe().unwrap());
    process.arg(OURS_ALONE).env("CANDLE_NUM_THREADS", &threads).env("RAYON_NUM_THREADS", &threads);
    let done = process.stderr(Stdio::inherit()).output().unwrap();
    assert!(done.status.success(), "our decoder failed; see above");
    serde_json::from_slice(&done.stdout).unwrap()
}

fn ours() -> Ours {
    let exercises = exercises().iter().map(our_best).collect();
    let mut reader = support::reader(Some(Box::new(support::model(WEIGHTS).unwrap())));
    reader.warm_up().unwrap();
    let context = support::context(Asked::Open);
    let mut timed = |text: &str, known: Option<&str>| {
        if let Some(known) = known {
            reader.prefill(&Phi::from(known), &context);
        }
        let ms = ms(|| drop(reader.read(&Phi::from(text), &context)));
        assert!(reader.take_failure().is_none(), "the model had no part in it");
        ms
    };
    let readings = UTTERANCES.map(|text| timed(text, None)).to_vec();
    let but_the_last_word = |text: &'static str| text.rsplit_once(' ').map(|(known, _)| known);
    let read_ahead = UTTERANCES.map(|text| timed(text, but_the_last_word(text))).to_vec();
    Ours { exercises, readings, read_ahead }
}

/// By a model that has read nothing else: what it reads first is what all later prompts share.
fn our_best(exercise: &Exercise) -> f64 {
    let mut model = support::model(WEIGHTS).unwrap();
    let cancel = Cancel::default();
    let answers = ["emergency", "urgent", "routine"].map(str::to_owned);
    let asked = [Question { name: "urgency", words: &answers }];
    let told = |text: &str| Message::Told(Phi::from(text));
    let best = |tries: Vec<f64>| tries.into_iter().fold(f64::INFINITY, f64::min);
    let Some(kept) = &exercise.kept else {
        // Leaves the three tokens with which every first message begins.
        model.prepare(&[told("hello")], &cancel).unwrap();
        let mut read = |text: &String| ms(|| model.prepare(&[told(text)], &cancel).unwrap());
        return best(exercise.told.iter().map(&mut read).collect());
    };
    let kept = Message::Instruction(kept.clone());
    model.prepare(std::slice::from_ref(&kept), &cancel).unwrap();
    let mut label = |text: &String| {
        let prompt = [kept.clone(), told(text)];
        ms(|| drop(model.choose(&prompt, &asked, &cancel).unwrap()))
    };
    best(exercise.told.iter().map(&mut label).collect())
}

fn ms(work: impl FnOnce()) -> f64 {
    let began = Instant::now();
    work();
    began.elapsed().as_secs_f64() * 1000.0
}

/// The folder into which llama.cpp was installed, by now at the latest; says aloud if it cannot be had.
fn installed() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let folder = cache.or_else(home)?.join("firstring/node");
    let there = |package: &str| folder.join("node_modules").join(package).is_dir();
    if LLAMA.iter().all(|(package, _)| there(package)) {
        return Some(folder);
    }
    // The binding for this platform is named: npm would fetch those for every graphics card otherwise.
    let mut npm = Command::new("npm");
    npm.args(["install", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"]).arg(&folder);
    npm.args(LLAMA.map(|(package, version)| format!("{package}@{version}"))).stdout(Stdio::null());
    let installed = npm.status().is_ok_and(|status| status.success());
    if !installed {
        println!("WITHOUT LLAMA.CPP: npm could not install node-llama-cpp; only our own figures follow");
    }
    installed.then_some(folder)
}

const LLAMA: [(&str, &str); 2] = [("node-llama-cpp", "3.22.1"), ("@node-llama-cpp/linux-x64", "3.22.1")];

/// One try of llama.cpp's.
#[derive(Deserialize)]
struct Try {
    tokens: usize,
    ms: f64,
}

/// The best of each exercise by llama.cpp.
fn theirs(folder: &Path, weights: &Path, threads: usize) -> Vec<f64> {
    let exercises = exercises();
    let asked = serde_json::json!({
        "weights": weights, "threads": threads, "exercises": exercises.iter().map(in_chatml).collect::<Vec<_>>(),
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches/llama.mjs");
    let mut process = Command::new("node");
    process.arg(script).arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = process.spawn().unwrap();
    process.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    let done = process.wait_with_output().unwrap();
    assert!(done.status.success(), "llama.cpp failed; see above");
    let measured: Vec<Vec<Try>> = serde_json::from_slice(&done.stdout).unwrap();
    let best = |(exercise, tries): (&Exercise, Vec<Try>)| {
        assert!(tries.iter().all(|one| one.tokens == exercise.tokens), "{}: other tokens than ours", exercise.name);
        tries.iter().map(|one| one.ms).fold(f64::INFINITY, f64::min)
    };
    exercises.iter().zip(measured).map(best).collect()
}

/// What our chat layout makes of an exercise.
fn in_chatml(exercise: &Exercise) -> serde_json::Value {
    let Some(kept) = &exercise.kept else {
        return serde_json::json!({ "prefix": "<|im_start|>user\n", "rests": exercise.told, "answers": false });
    };
    let around = |text| format!("<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\nurgency:");
    let rests: Vec<String> = exercise.told.iter().map(around).collect();
    serde_json::json!({
        "prefix": format!("<|im_start|>system\n{kept}<|im_end|>\n"), "rests": rests, "answers": true,
    })
}

fn print(threads: usize, ours: &Ours, theirs: Option<&[f64]>) {
    for (at, exercise) in exercises().iter().enumerate() {
        let Exercise { name, tokens, .. } = exercise;
        let a_second = |ms: f64| *tokens as f64 * 1000.0 / ms;
        let ours = ours.exercises[at];
        print!("{threads:7} {name:32} {tokens:6} {:10.0}", a_second(ours));
        match theirs.map(|theirs| theirs[at]) {
            Some(theirs) => {
                println!(" {:10.0} {:6.2} {ours:9.0} {theirs:9.0}", a_second(theirs), theirs / ours);
            }
            None => println!(" {:>10} {:>6} {ours:9.0}", "-", "-"),
        }
    }
    for (name, sample) in [("nothing read ahead", &ours.readings), ("all but a word read ahead", &ours.read_ahead)] {
        let mut sorted = sample.clone();
        sorted.sort_by(f64::total_cmp);
        let (middle, worst) = (sorted[sorted.len() / 2], sorted[sorted.len() - 1]);
        println!("{threads:7} a whole reading, {name}: {middle:.0} ms, worst {worst:.0} ms");
    }
}

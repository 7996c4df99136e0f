//! The real voices. Skipped aloud where models, espeak-ng or the `onnx` feature are missing.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking
#![cfg(feature = "onnx")]

use std::path::{Path, PathBuf};

use domain::Tempo;
use speech::onnx::{Kokoro, KokoroFiles, OnnxRuntime, Piper};
use speech::voice::Synthesizer;
use speech::voice::clauses::clauses;
use speech::voice::sound::{LEVEL_DBFS, PEAK_MAX, peak, rms};

const GREETING: &str = "Thank you for calling Elm Street Family Medicine. I'm an automated assistant.";

/// The folder with the weights, if it holds all of `names`.
fn weights(names: &[&str]) -> Option<PathBuf> {
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/share"));
    let folder = data.or_else(home)?.join("firstring/models");
    let missing = names.iter().map(|name| folder.join(name)).find(|path| !path.is_file());
    if let Some(path) = &missing {
        eprintln!("skipped: {} is missing", path.display());
    }
    missing.is_none().then_some(folder)
}

fn espeak_is_installed() -> bool {
    let installed = speech::voice::espeak::Espeak::new("en-us");
    if let Err(error) = &installed {
        eprintln!("skipped: {error}");
    }
    installed.is_ok()
}

fn piper() -> Option<Piper> {
    let folder = weights(&["libonnxruntime.so", "piper-joe.onnx", "piper-joe.onnx.json"])?;
    let load =
        |folder: &Path| Piper::load(runtime(folder), &folder.join("piper-joe.onnx"), "joe").expect("Piper loads");
    espeak_is_installed().then(|| load(&folder))
}

fn kokoro(voice: &str) -> Option<Kokoro> {
    let folder = weights(&["libonnxruntime.so", "kokoro.onnx", "kokoro-voices.bin", "kokoro-config.json"])?;
    let files = KokoroFiles {
        model: folder.join("kokoro.onnx"),
        voices: folder.join("kokoro-voices.bin"),
        config: folder.join("kokoro-config.json"),
    };
    espeak_is_installed().then(|| Kokoro::load(runtime(&folder), &files, voice).expect("Kokoro loads"))
}

fn runtime(folder: &Path) -> OnnxRuntime {
    OnnxRuntime::load(&folder.join("libonnxruntime.so")).expect("the runtime loads")
}

/// People speak at 2 to 5 words a second.
fn is_plausible_speech(sound: &[f32], hz: u32, words: usize) {
    let seconds = sound.len() as f32 / hz as f32;
    let fastest = words as f32 / 6.0;
    let slowest = words as f32 / 1.5 + 0.6;
    assert!((fastest..slowest).contains(&seconds), "{words} words in {seconds} s");
    let level = 20.0 * rms(sound).log10();
    assert!((LEVEL_DBFS - 4.0..LEVEL_DBFS + 1.0).contains(&level), "{level} dBFS");
    assert!(peak(sound) <= PEAK_MAX + 1e-3);
}

#[test]
fn piper_says_a_greeting_clause_by_clause() {
    let Some(mut voice) = piper() else { return };
    assert_eq!((voice.name(), voice.hz()), ("piper/joe", 22_050));
    for clause in clauses(GREETING) {
        let sound = voice.synthesize(clause, Tempo::Usual).expect("it is said");
        is_plausible_speech(&sound, voice.hz(), clause.split_whitespace().count());
    }
    assert!(voice.synthesize(" ... ", Tempo::Usual).expect("nothing is said").is_empty());
}

#[test]
fn piper_takes_longer_over_more_digits() {
    let Some(mut voice) = piper() else { return };
    let mut seconds = |text| voice.synthesize(text, Tempo::Usual).expect("it is said").len() as f32 / 22_050.0;
    let (short, long) = (seconds("Call 911."), seconds("Call (617) 555-0142."));
    assert!(long > short + 1.5, "911 in {short} s, ten digits in {long} s");
}

/// Piper draws the lengths of sounds anew each time, so several are taken together; the pauses at the ends stay.
fn is_slower(voice: &mut dyn Synthesizer) {
    let clause = "The next appointment with Doctor Patel is on Thursday, the fourteenth of May.";
    let mut samples =
        |tempo| -> f32 { (0..4).map(|_| voice.synthesize(clause, tempo).expect("it is said").len() as f32).sum() };
    let ratio = samples(Tempo::Slower) / samples(Tempo::Usual);
    assert!((1.12..1.38).contains(&ratio), "{} takes {ratio} times as long", voice.name());
}

#[test]
fn slower_takes_a_quarter_longer() {
    let voices = [
        piper().map(|voice| Box::new(voice) as Box<dyn Synthesizer>),
        kokoro("af_bella").map(|voice| Box::new(voice) as _),
    ];
    for mut voice in voices.into_iter().flatten() {
        is_slower(&mut *voice);
    }
}

#[test]
fn kokoro_says_a_greeting() {
    let Some(mut voice) = kokoro("af_bella") else { return };
    assert_eq!((voice.name(), voice.hz()), ("kokoro/af_bella", 24_000));
    let clause = clauses(GREETING)[0];
    let sound = voice.synthesize(clause, Tempo::Usual).expect("it is said");
    is_plausible_speech(&sound, voice.hz(), clause.split_whitespace().count());
    assert!(voice.synthesize("…", Tempo::Usual).expect("nothing is said").is_empty());
}

#[test]
fn kokoro_names_the_voices_it_has() {
    let Some(folder) = weights(&["libonnxruntime.so", "kokoro.onnx", "kokoro-voices.bin", "kokoro-config.json"]) else {
        return;
    };
    let files = KokoroFiles {
        model: folder.join("kokoro.onnx"),
        voices: folder.join("kokoro-voices.bin"),
        config: folder.join("kokoro-config.json"),
    };
    if espeak_is_installed() {
        let error = Kokoro::load(runtime(&folder), &files, "nobody").expect_err("there is no such voice");
        assert!(error.to_string().contains("af_bella"), "{error}");
    }
}

//! Labelled utterances over the telephone: voices speak them in noise, a line narrows, codes and loses them, and both
//! recognisers write down what they hear. `firstring eval` then reads that in place of what was said.
//!
//! Who speaks, how fast, in which noise and on how bad a line follows from the case's name alone: the same case sounds the
//! same again, whatever else is spoken, and what a file holds already is not spoken twice.

use std::collections::{BTreeMap, HashSet};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use ::eval::suite::{Case, Channel, HeardLine, read_suite};
use ::models::{ModelsDir, Role};
use anyhow::{Context, bail};
use audio::g711::Law;
use audio::telephone::Telephone;
use audio::{Pcm, level, resample};
use domain::Phi;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use speech::hearing::{Cancel, Decoding, HZ, Purpose, Recognizer};
use speech::onnx::Kokoro;
use speech::voice::Synthesizer;
use speech::voice::clauses::clauses;
use speech::whisper::Whisper;

use super::super::{Usage, print, recording};
use crate::cli;
use crate::config::{PracticeConfig, Server};
use crate::wiring;

const SPEEDS: [f32; 6] = [0.8, 0.9, 1.0, 1.1, 1.2, 1.3];
const SNR_DB: [f32; 3] = [20.0, 10.0, 5.0];
const LOSS: [f32; 3] = [0.01, 0.02, 0.03];
/// Between two clauses.
const PAUSE_MS: usize = 150;
/// Before and behind the words.
const QUIET_MS: usize = 200;
/// What a recogniser takes at once.
const HEARD_S_MAX: usize = 30;

pub(super) fn run(args: &cli::Eval, out: &Path) -> anyhow::Result<()> {
    let [suite] = args.suites.as_slice() else {
        return Err(Usage("--telephone speaks one suite at a time: a file, or a folder of them".to_owned()).into());
    };
    let noises =
        noises(args.sound.noises.as_deref().context("--telephone needs --noises DIR, recordings of noise (WAV)")?)?;
    let server = Server::load(args.places.files.config.as_deref(), args.places.overrides(None))?;
    let config = PracticeConfig::load(&server.practice)?;
    let dir = wiring::models_dir(server.models.as_deref())?;
    let known = known(out, suite)?;
    let cases = first_of_each(read_suite(suite)?, args.sound.each);
    let mut to_speak: Vec<Case> = cases.into_iter().filter(|case| !known.contains(&case.id)).collect();
    // In no order: what is there when somebody stops it is a fair sample.
    to_speak.sort_by_key(|case| Sha256::digest(case.id.as_bytes()).to_vec());
    print(&format!("{} cases were heard already, {} are left", known.len(), to_speak.len()))?;

    let file = Mutex::new(OpenOptions::new().append(true).open(out).with_context(|| out.display().to_string())?);
    let next = AtomicUsize::new(0);
    let words: Arc<[String]> = config.practice.words.into();
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        let work = || -> anyhow::Result<()> {
            let mut line = Line::open(&dir, Arc::clone(&words), &noises)?;
            while let Some(case) = to_speak.get(next.fetch_add(1, Ordering::Relaxed)) {
                let json = serde_json::to_string(&line.carry(case)?)?;
                let mut file = file.lock().expect("a worker that panicked ends the run");
                writeln!(file, "{json}")?;
            }
            Ok(())
        };
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// The cases that a file holds. A new one is begun with the place of its suite.
fn known(out: &Path, suite: &Path) -> anyhow::Result<HashSet<String>> {
    if !out.exists() {
        let begin = || -> anyhow::Result<()> {
            std::fs::write(out, "")?;
            let (from, to) = (out.canonicalize()?, suite.canonicalize()?);
            let place = relative(from.parent().context("a file lies in a folder")?, &to);
            Ok(std::fs::write(out, format!("{}\n", serde_json::json!({ "heard_of": place })))?)
        };
        begin().with_context(|| out.display().to_string())?;
    }
    let mut text = std::fs::read_to_string(out).with_context(|| out.display().to_string())?;
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    if whole < text.len() {
        // A line that was torn when the last run was stopped is heard again.
        text.truncate(whole);
        std::fs::write(out, &text).with_context(|| out.display().to_string())?;
    }
    let mut lines = text.lines();
    let head: HeardOf = serde_json::from_str(lines.next().unwrap_or_default())
        .with_context(|| format!("{}: its first line does not tell of which suite it is", out.display()))?;
    let of = out.parent().unwrap_or(Path::new("")).join(head.heard_of);
    if of.canonicalize().ok() != suite.canonicalize().ok() {
        bail!("{}: it was heard of another suite, {}", out.display(), of.display());
    }
    let known = lines.map(|line| Ok(serde_json::from_str::<HeardLine>(line)?.of));
    known.collect::<Result<_, serde_json::Error>>().with_context(|| out.display().to_string())
}

/// The first line of such a file.
#[derive(Deserialize)]
struct HeardOf {
    heard_of: PathBuf,
}

/// `to` as it is reached from the folder `from`; both are absolute.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let common = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(common).map(|_| "..");
    up.map(PathBuf::from).chain(to.components().skip(common).map(|part| PathBuf::from(part.as_os_str()))).collect()
}

/// So many cases of each scenario, in their order; 0 for all. Turns of calls are left out: they need what was said before.
fn first_of_each(cases: Vec<Case>, each: usize) -> Vec<Case> {
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let mut take = |case: &Case| {
        let count = taken.entry(case.scenario.clone()).or_default();
        *count += 1;
        each == 0 || *count <= each
    };
    cases.into_iter().filter(|case| !case.in_call && take(case)).collect()
}

/// The recordings of a folder, 16 kHz, by name.
fn noises(folder: &Path) -> anyhow::Result<Vec<(String, Vec<f32>)>> {
    let mut noises = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "wav") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            noises.push((name, recording(&path)?));
        }
    }
    noises.sort_by(|(a, _), (b, _)| a.cmp(b));
    if noises.is_empty() {
        bail!("{}: there are no WAV files", folder.display());
    }
    Ok(noises)
}

/// A voice of many, a telephone line, and both recognisers at its end.
struct Line<'a> {
    kokoro: Kokoro,
    voices: Vec<String>,
    noises: &'a [(String, Vec<f32>)],
    recognizer: Box<dyn Recognizer>,
    second: Box<dyn Recognizer>,
    words: Arc<[String]>,
}

impl<'a> Line<'a> {
    fn open(dir: &ModelsDir, words: Arc<[String]>, noises: &'a [(String, Vec<f32>)]) -> anyhow::Result<Self> {
        let kokoro = wiring::kokoro(dir, "af_bella")?;
        let mut voices = kokoro.voices();
        voices.sort();
        let recognizer = |role| -> anyhow::Result<Box<dyn Recognizer>> {
            Ok(Box::new(Whisper::load(dir.resolve(role)?.main())?.recognizer()?))
        };
        let (recognizer, second) = (recognizer(Role::Recognizer)?, recognizer(Role::SecondRecognizer)?);
        Ok(Self { kokoro, voices, noises, recognizer, second, words })
    }

    fn carry(&mut self, case: &Case) -> anyhow::Result<HeardLine> {
        let seed = Sha256::digest(case.id.as_bytes());
        let mut luck = StdRng::from_seed(seed.into());
        let voice = self.voices.choose(&mut luck).context("Kokoro has voices")?.clone();
        let speed = *SPEEDS.choose(&mut luck).expect("there are speeds");
        let (noise, around) = self.noises.choose(&mut luck).context("there is noise")?;
        let snr_db = *SNR_DB.choose(&mut luck).expect("there are ratios");
        let loss = *LOSS.choose(&mut luck).expect("there are losses");

        let mut sound = self.say(&voice, speed, case.text.expose())?;
        add_noise(&mut sound, around, snr_db);
        let line = Telephone { law: Law::Mu, loss, seed: luck.random() };
        let mut heard = line.carry(&Pcm::new(sound)).into_samples();
        heard.truncate(HEARD_S_MAX * HZ as usize);
        let (first, again) = (
            // As in a call, where a prompt of names would double what the caller waits for.
            hear(&mut *self.recognizer, &heard, Purpose::Final, &Arc::default())?,
            hear(&mut *self.second, &heard, Purpose::Careful, &self.words)?,
        );
        let over = Channel { voice, speed, noise: noise.clone(), snr_db, loss, heard_again: again };
        Ok(HeardLine { of: case.id.clone(), heard: first, over })
    }

    /// 16 kHz, with silence before and behind.
    fn say(&mut self, voice: &str, speed: f32, text: &str) -> anyhow::Result<Vec<f32>> {
        let silence = |ms: usize| std::iter::repeat_n(0.0, ms * HZ as usize / 1000);
        let mut sound: Vec<f32> = silence(QUIET_MS).collect();
        for clause in clauses(text) {
            let samples = self.kokoro.say_as(voice, speed, clause)?;
            sound.extend(resample(&samples, self.kokoro.hz(), HZ));
            sound.extend(silence(PAUSE_MS));
        }
        sound.extend(silence(QUIET_MS));
        Ok(sound)
    }
}

/// `noise` over and over, so loud that the words are `snr_db` above it.
fn add_noise(words: &mut [f32], noise: &[f32], snr_db: f32) {
    let gain = 10f32.powf((level::rms_dbfs(words) - snr_db - level::rms_dbfs(noise)) / 20.0);
    for (sample, noise) in words.iter_mut().zip(noise.iter().cycle()) {
        *sample = (*sample + gain * noise).clamp(-1.0, 1.0);
    }
}

fn hear(
    recognizer: &mut dyn Recognizer,
    sound: &[f32],
    purpose: Purpose,
    words: &Arc<[String]>,
) -> anyhow::Result<Phi<String>> {
    let decoding = Decoding { purpose, words: Arc::clone(words) };
    Ok(recognizer.recognize(sound, &decoding, &Cancel::default())?.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_is_reached_from_the_folder_of_what_was_heard() {
        let reached = |from: &str, to: &str| relative(Path::new(from), Path::new(to)).display().to_string();
        assert_eq!(reached("/a/suites/telephone", "/a/suites/test"), "../test");
        assert_eq!(reached("/a", "/a/b.md"), "b.md");
    }
}

//! Scenarios in sound: callers with voices of their own, in noise, over G.711, to everything that answers telephones.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::call::{Pace, Summary};
use ::eval::{BEEN_HERE, Book, NOT_RIGHT, Room, Scenario, SpokenCall, Step, Verdict, pink};
use ::models::ModelsDir;
use anyhow::{Context, bail};
use audio::Sound;
use audio::g711::Law;
use audio::telephone::Telephone;
use domain::Tempo;
use serde::Serialize;
use speech::voice::Synthesizer;
use speech::voice::cache::LineCache;

use super::super::call::{Held, write};
use super::super::table::table;
use super::super::{Usage, print, recording, runtime};
use super::{files, office, scenario};
use crate::cli;
use crate::config::{PracticeConfig, Server};
use crate::wiring::{self, Desk, DeskOptions};

/// Who calls, one after the other: two women and two men, American and British.
const VOICES: [&str; 4] = ["kokoro/af_bella", "kokoro/am_michael", "kokoro/bf_emma", "kokoro/am_adam"];
const TELEPHONE: Telephone = Telephone { law: Law::Mu, loss: 0.0, seed: 0 };
const NOISE_SEED: u32 = 1;

/// One scenario in the report.
#[derive(Serialize)]
struct Row {
    scenario: String,
    voice: String,
    /// What was to be done was done, and nothing else.
    reached: bool,
    /// And said as it is written.
    as_written: bool,
    turns: usize,
    seconds: f64,
    /// From the caller's last sound to the first of the answer, in real time only.
    voice_to_voice_ms: Vec<u64>,
    words: usize,
    words_misheard: usize,
    unlike: Vec<Unlike>,
    exchanges: Vec<Said>,
}

#[derive(Serialize)]
struct Unlike {
    line: usize,
    why: String,
    failed: bool,
}

#[derive(Serialize)]
struct Said {
    said: String,
    heard: String,
}

#[derive(Serialize)]
struct Report<'a> {
    practice: &'a str,
    noise: &'a str,
    snr_db: f32,
    real_time: bool,
    reached: usize,
    as_written: usize,
    of: usize,
    scenarios: &'a [Row],
}

pub(super) fn run(args: &cli::Eval) -> anyhow::Result<()> {
    let sound = &args.sound;
    let scenarios = chosen(&args.suites)?;
    let out = sound.out.clone().unwrap_or_else(|| std::env::temp_dir().join("firstring-eval"));
    let mut over = args.places.overrides(None);
    // The desk's own book is never asked: each scenario has an office of its own.
    (over.data, over.apart) = (Some(out.join("data")), true);
    let server = Server::load(args.places.files.config.as_deref(), over)?;
    let config = PracticeConfig::load(&server.practice)?;
    if sound.voice.as_deref().is_some_and(|voice| voice == config.voice) {
        return Err(Usage(format!("{} is the practice's own voice; choose another with --voice", config.voice)).into());
    }
    let noise = sound.noise.as_deref().map_or_else(|| Ok(pink(NOISE_SEED)), recording)?;
    let dir = wiring::models_dir(server.models.as_deref())?;
    let (office, practice) = (office(&config)?, config.practice.name.clone());

    let pace = if sound.real_time { Pace::RealTime } else { Pace::Virtual };
    let runtime = runtime(pace)?;
    let now = scenarios.first().map(|(_, scenario)| scenario.now.clone());
    let desk = runtime.block_on(Desk::open(
        &server,
        config,
        DeskOptions { pace, page_url: None, dials: None, now, beside: None },
    ))?;
    let mut rows = Vec::new();
    for (index, (name, scenario)) in scenarios.iter().enumerate() {
        let voice = sound.voice.as_deref().unwrap_or(VOICES[index % VOICES.len()]);
        let mut callers_voice = Caller::new(&dir, voice)?;
        let lines = callers_voice.lines(scenario)?;
        let (not_right, been_here) = (callers_voice.say(NOT_RIGHT)?, callers_voice.say(BEEN_HERE)?);
        let spelled = scenario.lines().find_map(|line| ::eval::spelled(line.expose()));
        let spelled = spelled.map(|text| callers_voice.say(&text).map(|sound| (text, sound))).transpose()?;
        let room = Room::new(&noise, &lines, sound.snr_db, TELEPHONE);
        let book = Arc::new(Book::open(office.clone(), scenario.now.timestamp(), &scenario.book)?);
        let call = SpokenCall {
            desk: &desk.front,
            scenario,
            lines,
            not_right,
            been_here,
            spelled,
            room: room.clone(),
            telephone: TELEPHONE,
            book: Arc::clone(&book),
        };
        let mut verdict = runtime.block_on(call.hold());
        drop(book);
        let row = Row::of(name, voice, &verdict, pace);
        print(&row.told())?;
        if sound.out.is_some() {
            room.add_to(&mut verdict.recording.from_caller, 0);
            keep(&out.join(name), verdict)?;
        }
        rows.push(row);
    }
    runtime.block_on(desk.close());
    print(&totals(&rows))?;
    if let Some(file) = &args.report {
        let report = Report {
            practice: &practice,
            noise: &sound.noise.as_ref().map_or_else(|| "pink".to_owned(), |file| file.display().to_string()),
            snr_db: sound.snr_db,
            real_time: sound.real_time,
            reached: rows.iter().filter(|row| row.reached).count(),
            as_written: rows.iter().filter(|row| row.as_written).count(),
            of: rows.len(),
            scenarios: &rows,
        };
        std::fs::write(file, serde_json::to_string_pretty(&report)?).with_context(|| file.display().to_string())?;
    }
    match rows.iter().filter(|row| !row.reached).count() {
        0 => Ok(()),
        failed => bail!("{failed} of {} calls did not reach what they were for", rows.len()),
    }
}

/// Scenarios that are named, and of folders those that are marked, each with its name.
fn chosen(suites: &[PathBuf]) -> anyhow::Result<Vec<(String, Scenario)>> {
    let mut chosen = Vec::new();
    for file in files(suites)? {
        let scenario = scenario(&file)?;
        if scenario.spoken || suites.contains(&file) {
            if scenario.steps.iter().any(|(_, step)| matches!(step, Step::CallAgain(_))) {
                bail!("{} calls again, which is held in text only; take its `- spoken: yes` away", file.display());
            }
            chosen.push((file.file_stem().unwrap_or_default().to_string_lossy().into_owned(), scenario));
        }
    }
    if chosen.is_empty() {
        bail!("no scenario there is marked `- spoken: yes`; mark some, or name a file");
    }
    Ok(chosen)
}

/// A caller's voice. What it says is nobody's, and may be kept for the next time.
struct Caller {
    synthesizer: Box<dyn Synthesizer>,
    cache: Option<LineCache>,
}

impl Caller {
    fn new(dir: &ModelsDir, voice: &str) -> anyhow::Result<Self> {
        let synthesizer = wiring::synthesizer(dir, voice)?;
        let cache = wiring::lines_cache(dir, voice, synthesizer.hz())?;
        Ok(Self { synthesizer, cache })
    }

    fn lines(&mut self, scenario: &Scenario) -> anyhow::Result<Vec<Vec<f32>>> {
        scenario.lines().map(|line| self.say(line.expose())).collect()
    }

    /// 16 kHz.
    fn say(&mut self, text: &str) -> anyhow::Result<Vec<f32>> {
        let samples = match self.cache.as_ref().and_then(|cache| cache.get(text, Tempo::Usual)) {
            Some(samples) => samples,
            None => {
                let samples = self.synthesizer.synthesize(text, Tempo::Usual)?;
                if let Some(cache) = &self.cache {
                    cache.put(text, Tempo::Usual, &samples)?;
                }
                samples
            }
        };
        Ok(Sound { hz: self.synthesizer.hz(), samples }.to_pcm::<16_000>().into_samples())
    }
}

fn keep(folder: &Path, verdict: Verdict) -> anyhow::Result<()> {
    let Verdict { journal, recording, .. } = verdict;
    let summary = Summary::of(&journal);
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    write(folder, &Held { journal, recording, said: Vec::new() }, &summary)
}

impl Row {
    fn of(name: &str, voice: &str, verdict: &Verdict, pace: Pace) -> Self {
        let misheard = verdict.misheard();
        let waits = Summary::of(&verdict.journal).turns.into_iter().filter_map(|turn| turn.voice_to_voice_ms);
        let said = |exchange: &::eval::Exchange| Said { said: exchange.said.clone(), heard: exchange.heard.clone() };
        let unlike = |it: &::eval::Unlike| Unlike { line: it.line, why: it.why.clone(), failed: it.failed };
        Self {
            scenario: name.to_owned(),
            voice: voice.to_owned(),
            reached: verdict.reached(),
            as_written: verdict.unlike.is_empty(),
            turns: verdict.exchanges.len(),
            seconds: verdict.recording.to_caller.len() as f64 / f64::from(transport::LEG_HZ),
            voice_to_voice_ms: if pace == Pace::RealTime { waits.collect() } else { Vec::new() },
            words: misheard.of,
            words_misheard: misheard.errors,
            unlike: verdict.unlike.iter().map(unlike).collect(),
            exchanges: verdict.exchanges.iter().map(said).collect(),
        }
    }

    /// As soon as the call is over.
    fn told(&self) -> String {
        let how = match (self.reached, self.as_written) {
            (true, true) => "held   ",
            (true, false) => "reached",
            (false, _) => "FAILED ",
        };
        let mark = |failed| if failed { "FAILED" } else { "unlike" };
        let unlike = |it: &Unlike| format!("\n          {} line {}: {}", mark(it.failed), it.line, it.why);
        let unlike: String = self.unlike.iter().map(unlike).collect();
        format!("{how} {}{unlike}", self.scenario)
    }
}

/// A line for each scenario, and one for all.
fn totals(rows: &[Row]) -> String {
    let heading =
        ["scenario", "voice", "reached", "as written", "turns", "seconds", "v2v p50", "v2v worst", "misheard"];
    let mark = |held: bool| if held { "yes" } else { "NO" }.to_owned();
    let count = |held: fn(&Row) -> bool| format!("{}/{}", rows.iter().filter(|row| held(row)).count(), rows.len());
    let mut lines: Vec<[String; 9]> = rows
        .iter()
        .map(|row| {
            let [p50, worst] = waits(row.voice_to_voice_ms.clone());
            let misheard = format!("{}/{}", row.words_misheard, row.words);
            let (reached, as_written) = (mark(row.reached), mark(row.as_written));
            let (turns, seconds) = (row.turns.to_string(), format!("{:.0}", row.seconds));
            [row.scenario.clone(), row.voice.clone(), reached, as_written, turns, seconds, p50, worst, misheard]
        })
        .collect();
    let [p50, worst] = waits(rows.iter().flat_map(|row| row.voice_to_voice_ms.clone()).collect());
    let (wrong, words) = (rows.iter().map(|row| row.words_misheard).sum(), rows.iter().map(|row| row.words).sum());
    lines.push([
        "all".to_owned(),
        String::new(),
        count(|row| row.reached),
        count(|row| row.as_written),
        rows.iter().map(|row| row.turns).sum::<usize>().to_string(),
        format!("{:.0}", rows.iter().map(|row| row.seconds).sum::<f64>()),
        p50,
        worst,
        percent(wrong, words),
    ]);
    table(heading, lines)
}

/// The middle one and the longest, in milliseconds.
fn waits(mut waits_ms: Vec<u64>) -> [String; 2] {
    waits_ms.sort_unstable();
    let told = |wait: Option<&u64>| wait.map_or_else(|| "-".to_owned(), u64::to_string);
    [told(waits_ms.get(waits_ms.len() / 2)), told(waits_ms.last())]
}

fn percent(part: usize, whole: usize) -> String {
    format!("{:.1} %", part as f64 * 100.0 / whole.max(1) as f64)
}

//! Labelled utterances, each read alone by the witnesses that answer telephones, and what came of them in figures.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use ::eval::report::{Judgement, Report, html, junit};
use ::eval::score::{Comparison, Errand, Gates, HeldCall, Outcome, Place, Stratum, Summary, compare, quantile};
use ::eval::suite::{Case, read_suite};
use ::eval::{BookOptions, Registration, VisitWish};
use anyhow::{Context, bail};
use domain::Urgency;
use indicatif::{ProgressBar, ProgressStyle};
use nlu::Reader;

use super::super::print;
use super::super::table::table;
use crate::cli;
use crate::config::{PracticeConfig, Server};
use crate::wiring::{self, Written};

const THRESHOLDS: &str = "eval/thresholds.toml";
const PROGRESS: &str = "{bar:30} {pos}/{len} {msg} {eta} left";

pub(super) fn run(args: &cli::Eval) -> anyhow::Result<()> {
    let cases = cases(args)?;
    let mut over = args.places.overrides(None);
    over.language_model.clone_from(&args.reading.llm);
    let server = Server::load(args.places.files.config.as_deref(), over)?;
    let config = PracticeConfig::load(&server.practice)?;
    let written = args.reading.prompts.as_deref().map_or_else(|| Ok(Written::built_in()), Written::read)?;
    let dir = wiring::models_dir(server.models.as_deref())?;
    let office = super::office(&config)?;
    let practice = Arc::clone(&office.practice);
    let mut reader = wiring::reader(&dir, &server, &practice, config.area_code.as_deref(), written)?;

    let outcomes = read_all(&mut reader, &cases)?;
    let calls = hold_calls(&cases, &office, reader)?;
    let report =
        Report::new(suite_name(&cases), env!("CARGO_PKG_VERSION"), wiring::witnesses(&server), outcomes, calls);
    let against = args.reading.against.as_deref().map(|file| against(file, &report)).transpose()?;
    let bars = gates(args.reading.thresholds.as_deref())?.hold(&report.suite, &report.summary);
    let judgement = Judgement { report: &report, against, bars };
    tell(&judgement)?;
    write(args, &judgement)?;
    if !judgement.bars.broken.is_empty() {
        bail!("{} of the bars are broken", judgement.bars.broken.len());
    }
    Ok(())
}

/// Whole calls with the values that cases hold, by the same witnesses.
fn hold_calls(cases: &[Case], office: &BookOptions, mut reader: Reader) -> anyhow::Result<Vec<HeldCall>> {
    let mut calls = Vec::new();
    for registration in Registration::all(cases) {
        let (call, back) = registration.hold(office.clone(), reader)?;
        calls.push(call);
        reader = back;
    }
    for wish in VisitWish::all(cases) {
        let (call, back) = wish.hold(office, reader)?;
        calls.push(call);
        reader = back;
    }
    Ok(calls)
}

/// Every case of every suite that is named.
fn cases(args: &cli::Eval) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for suite in &args.suites {
        cases.append(&mut read_suite(suite)?);
    }
    if let Some(now) = &args.reading.now {
        for case in &mut cases {
            case.now = now.clone();
        }
    }
    if cases.is_empty() {
        bail!("there are no cases in these suites");
    }
    Ok(cases)
}

/// What came over a telephone is held against other bars than what was written.
fn suite_name(cases: &[Case]) -> &'static str {
    if cases.iter().all(|case| case.over.is_some()) { "telephone" } else { "text" }
}

fn read_all(reader: &mut Reader, cases: &[Case]) -> anyhow::Result<Vec<Outcome>> {
    let style = ProgressStyle::with_template(PROGRESS).expect("the template is fixed and right");
    let bar = ProgressBar::new(cases.len() as u64).with_style(style);
    let mut outcomes = Vec::new();
    let mut call = ("", Urgency::Routine);
    for (at, case) in cases.iter().enumerate() {
        let context = case.context();
        // What stands before the caller speaks is read ahead in a call, too.
        reader.prefill(&"".into(), &context);
        let began = Instant::now();
        let mut reading = reader.read(&case.text, &context);
        let ms = began.elapsed().as_secs_f64() * 1000.0;
        all_have_read(reader, &case.id)?;
        if let Some(over) = &case.over {
            // The better decode comes later and may only raise.
            let again = reader.read(&over.heard_again, &context);
            all_have_read(reader, &case.id)?;
            reading.urgency = reading.urgency.raise(again.urgency);
        }
        if case.in_call && call.0 == case.scenario {
            // Within a call urgency only rises.
            reading.urgency = reading.urgency.raise(call.1);
        }
        call = (&case.scenario, reading.urgency);
        let last = cases.get(at + 1).is_none_or(|next| next.scenario != case.scenario);
        let place = match (case.in_call, last) {
            (false, _) => Place::Alone,
            (true, false) => Place::Turn,
            (true, true) => Place::LastTurn,
        };
        outcomes.push(Outcome::new(case, &reading, ms, place));
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(outcomes)
}

/// What one witness could not read is no figure of all of them.
fn all_have_read(reader: &mut Reader, case: &str) -> anyhow::Result<()> {
    let failure = reader.take_failure();
    failure.map_or(Ok(()), |why| Err(why).with_context(|| format!("{case} was not read by all who should have")))
}

fn against(file: &Path, report: &Report) -> anyhow::Result<(String, Comparison)> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let before: Report = serde_json::from_str(&text)
        .map_err(|why| anyhow::anyhow!("{}: no report of `firstring eval` (line {})", file.display(), why.line()))?;
    Ok((file.display().to_string(), compare(&before.outcomes, &report.outcomes)))
}

fn gates(file: Option<&Path>) -> anyhow::Result<Gates> {
    let given = file.map(Path::to_owned).or_else(|| Some(PathBuf::from(THRESHOLDS)).filter(|file| file.exists()));
    let Some(file) = given else { return Ok(Gates::default()) };
    let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    Gates::parse(&text).with_context(|| file.display().to_string())
}

fn tell(judgement: &Judgement<'_>) -> anyhow::Result<()> {
    let report = judgement.report;
    let summary = &report.summary;
    print(&format!(
        "{} cases of {} scenarios, heard by {}; a reading took {:.0} ms (p50), {:.0} ms (p95)\n",
        summary.cases,
        summary.scenarios,
        report.witnesses.join(", "),
        summary.ms.0,
        summary.ms.1
    ))?;
    for (by, groups) in distribution(summary) {
        print(&format!("{by}: {}", groups.join(", ")))?;
    }
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let rows = summary.rates.iter().map(|rate| {
        let (exact, by_scenario) = (percent(rate.upper.exact), percent(rate.upper.by_scenario));
        [rate.told.clone(), format!("{} of {}", rate.wrong, rate.of), percent(rate.rate), exact, by_scenario]
    });
    print(&format!("\n{}", table(["error", "cases", "rate", "at most (95 %)", "by scenario"], rows.collect())))?;
    let values = summary
        .values
        .iter()
        .map(|(field, right, of)| [field.to_string(), format!("{right} of {of}"), percent(*right as f64 / *of as f64)]);
    print(&format!("\n{}", table(["value", "right", "share"], values.collect())))?;
    if let Some((name, comparison)) = &judgement.against {
        print(&format!("\nAgainst {name}: {}", comparison.told()))?;
    }
    for (errand, plural) in Errand::ALL {
        let turns: Vec<f64> = report
            .calls
            .iter()
            .filter(|call| call.errand == errand && call.done)
            .map(|call| call.turns as f64)
            .collect();
        if !turns.is_empty() {
            let (half, most) = (quantile(&turns, 0.5), quantile(&turns, 0.95));
            print(&format!(
                "\n{} {plural}, done in {half:.0} turns of the caller (p50), {most:.0} (p95)",
                turns.len()
            ))?;
        }
    }
    print(&format!("\n{}", judgement.bars.told()))?;
    for broken in &judgement.bars.broken {
        print(&format!("BROKEN  {}: {:.4}, and may be {:.4} at most", broken.rate, broken.is, broken.at_most))?;
    }
    Ok(())
}

/// How many cases there are of each kind, the most first; kinds with few cases are left out.
fn distribution(summary: &Summary) -> Vec<(&str, Vec<String>)> {
    let mut kinds: Vec<(&str, Vec<&Stratum>)> = Vec::new();
    for stratum in &summary.strata {
        match kinds.iter_mut().find(|(by, _)| *by == stratum.by) {
            Some((_, groups)) => groups.push(stratum),
            None => kinds.push((&stratum.by, vec![stratum])),
        }
    }
    let told = |mut groups: Vec<&Stratum>| {
        groups.sort_by_key(|group| Reverse(group.cases));
        groups.iter().map(|group| format!("{} {}", group.is, group.cases)).collect()
    };
    kinds.into_iter().map(|(by, groups)| (by, told(groups))).collect()
}

fn write(args: &cli::Eval, judgement: &Judgement<'_>) -> anyhow::Result<()> {
    let keep = |file: &Option<PathBuf>, text: &dyn Fn() -> anyhow::Result<String>| match file {
        Some(file) => std::fs::write(file, text()?).with_context(|| file.display().to_string()),
        None => Ok(()),
    };
    keep(&args.report, &|| Ok(serde_json::to_string(judgement.report)?))?;
    keep(&args.reading.html, &|| Ok(html(judgement)))?;
    keep(&args.reading.junit, &|| Ok(junit(judgement)?))
}

mod add;
mod cases;
mod spoken;
#[cfg(all(feature = "whisper", feature = "onnx"))]
mod telephone;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::eval::suite::is_suite;
use ::eval::{BookOptions, Scenario, TextCall};
use anyhow::{Context, bail};
use nlu::red_flags::RedFlags;
use nlu::{Questions, Reader};

use super::{Usage, print};
use crate::cli;
use crate::config::{PracticeConfig, Server, read_patients};

/// Reads suites of labelled utterances; or holds scenarios against the practice's own office: in text and virtual time, read by
/// the written rules alone, or in sound.
pub(super) fn run(args: &cli::Eval) -> anyhow::Result<()> {
    if let Some(cli::EvalCommand::Add(add)) = &args.command {
        return add::run(add);
    }
    if args.sound.audio {
        return spoken::run(args);
    }
    if let Some(out) = &args.sound.telephone {
        return telephone(args, out);
    }
    let files = files(&args.suites)?;
    match files.iter().filter(|file| is_suite(file)).count() {
        0 if args.report.is_some() || args.reading.is_given() => Err(Usage(
            "scenarios are held in text with no report, and with none of the options for utterances".to_owned(),
        )
        .into()),
        0 => scenarios(args, &files),
        labelled if labelled == files.len() => cases::run(args),
        _ => Err(Usage("suites of utterances and scenarios are evaluated one at a time".to_owned()).into()),
    }
}

#[cfg(all(feature = "whisper", feature = "onnx"))]
fn telephone(args: &cli::Eval, out: &Path) -> anyhow::Result<()> {
    telephone::run(args, out)
}

#[cfg(not(all(feature = "whisper", feature = "onnx")))]
fn telephone(_args: &cli::Eval, _out: &Path) -> anyhow::Result<()> {
    bail!("this build neither speaks nor hears; build with the features whisper and onnx")
}

/// Holds scenarios in text.
fn scenarios(args: &cli::Eval, files: &[PathBuf]) -> anyhow::Result<()> {
    let server = Server::load(args.places.files.config.as_deref(), args.places.overrides(None))?;
    let config = PracticeConfig::load(&server.practice)?;
    let mut failed = 0;
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        match hold(file, &config) {
            Ok(()) => print(&format!("held    {name}"))?,
            Err(why) => {
                failed += 1;
                print(&format!("FAILED  {name}: {why:#}"))?;
            }
        }
    }
    print(&format!("{} of {} scenarios held", files.len() - failed, files.len()))?;
    if failed > 0 {
        bail!("{failed} of {} scenarios went differently than they are written", files.len());
    }
    Ok(())
}

fn hold(file: &Path, config: &PracticeConfig) -> anyhow::Result<()> {
    let scenario = scenario(file)?;
    let office = office(config)?;
    let practice = Arc::clone(&office.practice);
    let area_code = config.area_code.as_deref();
    let reader = Reader::new(practice, area_code, RedFlags::built_in(), Questions::built_in(), None);
    let mut call = TextCall::answer(&scenario, office, reader)?;
    for (line, step) in &scenario.steps {
        call.step(step).map_err(|why| anyhow::anyhow!("line {line}: {why}"))?;
    }
    Ok(())
}

fn scenario(file: &Path) -> anyhow::Result<Scenario> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    Scenario::parse(&text).with_context(|| file.display().to_string())
}

/// What a scenario's office stands on.
fn office(config: &PracticeConfig) -> anyhow::Result<BookOptions> {
    let practice = Arc::new(config.practice.clone());
    let patients = match &config.patients {
        Some(file) => read_patients(file, &practice.front_desk.providers)?,
        None => Vec::new(),
    };
    let (templates, exceptions) = (config.week.templates.clone(), config.week.exceptions.clone());
    Ok(BookOptions { practice, templates, exceptions, patients })
}

/// The files that are named, and those in folders that are named, in order.
fn files(suites: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for suite in suites {
        if !suite.is_dir() {
            files.push(suite.clone());
            continue;
        }
        let entries = std::fs::read_dir(suite).with_context(|| suite.display().to_string())?;
        let mut inside: Vec<_> = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
        inside.retain(|file| file.extension().is_some_and(|ending| ending == "md" || ending == "jsonl"));
        inside.sort();
        files.append(&mut inside);
    }
    if files.is_empty() {
        bail!("neither scenarios nor suites there; name Markdown files, or a folder that holds some");
    }
    Ok(files)
}

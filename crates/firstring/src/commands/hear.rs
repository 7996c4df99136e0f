use std::path::Path;

use ::call::{HearingNews, Pace, hear};
use domain::{CallTime, Phi};
use serde::Serialize;
use speech::hearing::{HZ, Hearing};

use super::{print, print_json, recording, runtime};
use crate::cli;
use crate::wiring;

#[derive(Serialize)]
struct Heard<'a> {
    file: &'a Path,
    text: String,
    audio_s: f64,
    /// How long the slowest decode took that a caller would have waited for.
    final_ms: Option<u64>,
    partials: Vec<Partial>,
}

#[derive(Serialize)]
struct Partial {
    at_ms: u64,
    text: Phi<String>,
}

pub(super) fn run(args: &cli::Hear) -> anyhow::Result<()> {
    let pace = if args.fast { Pace::Virtual } else { Pace::RealTime };
    let engines = wiring::hearing(&wiring::models_dir(args.models.as_deref())?, &[], pace)?;
    let runtime = runtime(pace)?;
    for file in &args.files {
        let samples = recording(file)?;
        let news = runtime.block_on(hear(engines.clone(), &samples));
        let heard = summary(file, samples.len() as f64 / f64::from(HZ), news)?;
        if args.json {
            print_json(&heard)?;
        } else {
            print(&heard.text)?;
        }
    }
    Ok(())
}

fn summary(file: &Path, audio_s: f64, news: Vec<(CallTime, HearingNews)>) -> anyhow::Result<Heard<'_>> {
    let mut heard = Heard { file, text: String::new(), audio_s, final_ms: None, partials: Vec::new() };
    for (at, news) in news {
        match news {
            HearingNews::Heard(Hearing::Partial(partial)) => {
                heard.partials.push(Partial { at_ms: at.as_ms(), text: partial.text });
            }
            HearingNews::Heard(Hearing::Utterance(utterance)) => {
                if !heard.text.is_empty() {
                    heard.text.push(' ');
                }
                heard.text.push_str(utterance.text.expose());
            }
            HearingNews::Stage { stage: "final", ms } => heard.final_ms = heard.final_ms.max(Some(ms)),
            HearingNews::Lost => anyhow::bail!("{} could not be heard; see the log above", file.display()),
            HearingNews::Heard(
                Hearing::SpeechStarted { .. }
                | Hearing::SpeechEnded { .. }
                | Hearing::Corrected(_)
                | Hearing::Dismissed { .. }
                | Hearing::Unintelligible { .. }
                | Hearing::Decode(_)
                | Hearing::JudgeTurn { .. }
                | Hearing::Cancel(_),
            )
            | HearingNews::Stage { .. } => {}
        }
    }
    Ok(heard)
}

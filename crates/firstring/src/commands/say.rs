use std::time::Instant;

use domain::Tempo;
use serde::Serialize;
use speech::voice::clauses::clauses;
use speech::voice::spoken::spoken;

use super::print_json;
use crate::cli;
use crate::wiring;

#[derive(Serialize)]
struct Said {
    first_sound_ms: u64,
    audio_s: f64,
    total_ms: u64,
    spoken_text: String,
}

pub(super) fn run(args: &cli::Say) -> anyhow::Result<()> {
    let mut voice = wiring::synthesizer(&wiring::models_dir(args.models.as_deref())?, &args.voice)?;
    // A voice is warm before anybody waits for it; what is told here is what a caller would wait.
    voice.synthesize("Good morning.", Tempo::Usual)?;
    let began = Instant::now();
    let mut first_sound_ms = None;
    let mut samples = Vec::new();
    for clause in clauses(&args.text) {
        samples.extend(voice.synthesize(clause, Tempo::Usual)?);
        first_sound_ms.get_or_insert(began.elapsed().as_millis() as u64);
    }
    let total_ms = began.elapsed().as_millis() as u64;
    anyhow::ensure!(!samples.is_empty(), "there is nothing to say in this text; give it some words");
    audio::wav::write(&args.out, voice.hz(), 1, &samples)?;
    if args.json {
        print_json(&Said {
            first_sound_ms: first_sound_ms.unwrap_or(total_ms),
            audio_s: samples.len() as f64 / f64::from(voice.hz()),
            total_ms,
            spoken_text: spoken(&args.text),
        })?;
    }
    Ok(())
}

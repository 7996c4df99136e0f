use std::io::BufRead;
use std::sync::Arc;
use std::time::Instant;

use ::call::{Pace, ReaderEngine};
use anyhow::bail;
use domain::{Asked, Phi};
use jiff::Zoned;
use nlu::{ReadContext, ReadingView, Said};
use serde::Deserialize;

use super::{print, print_json, runtime};
use crate::cli;
use crate::config::{PracticeConfig, Server};
use crate::wiring::{self, Written};

/// A line of stdin: a text, or this.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToRead {
    text: Phi<String>,
    #[serde(default)]
    asked: Asked,
    /// What was said before, oldest first: the caller and FirstRing in turn, the newest by FirstRing.
    #[serde(default)]
    so_far: Vec<Phi<String>>,
}

pub(super) fn run(args: &cli::Read) -> anyhow::Result<()> {
    let server = Server::load(args.places.files.config.as_deref(), args.places.overrides(None))?;
    let config = PracticeConfig::load(&server.practice)?;
    let now = args.now.clone().unwrap_or_else(Zoned::now).with_time_zone(config.practice.zone.clone());
    let dir = wiring::models_dir(server.models.as_deref())?;
    let practice = Arc::new(config.practice);
    let reader = wiring::reader(&dir, &server, &practice, config.area_code.as_deref(), Written::built_in())?;
    let reader = ReaderEngine::start(reader, Pace::RealTime)?;
    let runtime = runtime(Pace::RealTime)?;
    let mut bad_lines = 0;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        match parse(&line) {
            Ok(to_read) => {
                let view = runtime.block_on(read(&reader, to_read, &now));
                if args.json {
                    print_json(&view)?;
                } else {
                    print(&format!("{}\t{}", view.urgency, view.intent))?;
                }
            }
            Err(why) => {
                bad_lines += 1;
                print_json(&serde_json::json!({ "error": why }))?;
            }
        }
    }
    if bad_lines > 0 {
        bail!("{bad_lines} of the lines could not be read; each is a text, or JSON with text, asked and so_far");
    }
    Ok(())
}

fn parse(line: &str) -> Result<ToRead, String> {
    if line.trim_start().starts_with('{') {
        // serde's own message may quote the values, which are a patient's words.
        return serde_json::from_str(line)
            .map_err(|why| format!("not JSON with text, asked and so_far (column {})", why.column()));
    }
    Ok(ToRead { text: line.into(), asked: Asked::Open, so_far: Vec::new() })
}

async fn read(reader: &ReaderEngine, to_read: ToRead, now: &Zoned) -> ReadingView {
    let count = to_read.so_far.len();
    let said = |(index, text): (usize, Phi<String>)| {
        if (count - index) % 2 == 1 { Said::FirstRing(text) } else { Said::Caller(text) }
    };
    let so_far = to_read.so_far.into_iter().enumerate().map(said).collect();
    let context = ReadContext { asked: to_read.asked, so_far, now: now.clone() };
    let began = Instant::now();
    let reading = reader.read(to_read.text.clone(), context).await;
    ReadingView::new(&to_read.text, &reading, Some(began.elapsed().as_millis() as u64))
}

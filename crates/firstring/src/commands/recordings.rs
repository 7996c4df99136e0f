use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use domain::CallId;
use jiff::Timestamp;
use recordings::Shelf;
use serde::Serialize;
use store::RecordingRow;

use super::records::{Records, user};
use super::table::table;
use super::{print, print_json, runtime};
use crate::cli;
use crate::wiring::{RECORDINGS, is_ours, shelf};

/// As they are kept.
const HZ: u32 = 16_000;
/// Who records writes at least every 80 s, what is held back and then some; a file without an end that was written to since then is
/// taken for one of a call in progress.
const GOES_ON: Duration = Duration::from_mins(5);

pub(super) fn run(args: &cli::Recordings) -> anyhow::Result<()> {
    runtime(::call::Pace::RealTime)?.block_on(async {
        match args {
            cli::Recordings::List(args) => {
                Records::open(&args.files).await?.used(async |records| list(records, args).await).await
            }
            cli::Recordings::Export(args) => {
                Records::open(&args.files).await?.used(async |records| export(records, args).await).await
            }
            cli::Recordings::Delete(args) => {
                Records::open(&args.files).await?.used(async |records| delete(records, args).await).await
            }
        }
    })
}

/// A recording as one JSON line.
#[derive(Serialize)]
struct Told {
    call: CallId,
    begun_at: String,
    delete_after: String,
    /// `None` while it goes on, or if its process died.
    length_ms: Option<u64>,
    bytes: Option<u64>,
    sha256: Option<String>,
    file: String,
}

async fn list(records: &Records, args: &cli::ListRecordings) -> anyhow::Result<()> {
    let rows = records.store.recordings(&records.config.practice.id).await?;
    if args.json {
        return rows.into_iter().try_for_each(|row| print_json(&told(records, row)));
    }
    if rows.is_empty() {
        return print("no recordings");
    }
    let cells = rows.into_iter().map(|row| {
        let length = row.length_ms.map_or_else(|| "not finished".to_owned(), |ms| format!("{} s", ms / 1000));
        [row.call.to_string(), records.local(row.begun_at), length, records.local(row.delete_after)]
    });
    print(&table(["call", "begun", "length", "deleted after"], cells.collect()))
}

/// What was written, as one JSON line.
#[derive(Serialize)]
struct Exported {
    call: CallId,
    length_ms: u64,
    /// False: a crash has cut it off.
    whole: bool,
    /// The file is as it was when it was finished.
    unchanged: Option<bool>,
}

async fn export(records: &Records, args: &cli::ExportRecording) -> anyhow::Result<()> {
    let row = known(records, args.call).await?;
    records.note("exported", format!("recording of call {}", args.call)).await?;
    let shelf = shelf(&records.server)?;
    let heard = shelf.read(args.call)?;
    let unchanged = row.sha256.map(|sha256| shelf.sha256(args.call).map(|now| now == sha256)).transpose()?;
    let both: Vec<f32> = heard.left.iter().zip(&heard.right).flat_map(|(left, right)| [*left, *right]).collect();
    audio::wav::write(&args.out, HZ, 2, &both)?;
    let length_ms = heard.left.len() as u64 * 1000 / u64::from(HZ);
    let done = Exported { call: args.call, length_ms, whole: heard.whole, unchanged };
    if args.json {
        return print_json(&done);
    }
    let cut = if done.whole { "" } else { ", cut off at its end" };
    print(&format!("{} s in {}{cut}; it is not encrypted", length_ms / 1000, args.out.display()))
}

/// What was deleted, as one JSON line.
#[derive(Serialize)]
struct Deleted {
    call: CallId,
    /// There was a file; else only the list knew of it.
    file: bool,
}

async fn delete(records: &Records, args: &cli::DeleteRecording) -> anyhow::Result<()> {
    let row = known(records, args.call).await?;
    let folder = records.server.data.join(RECORDINGS);
    if row.length_ms.is_none() && goes_on(&folder, row.call) {
        bail!(
            "call {} is still being recorded; delete its recording when the call is over (after a crash: in five minutes)",
            row.call
        );
    }
    let file = Shelf::delete_in(&folder, row.call)?;
    if !file && !is_ours(&records.store, &row) {
        bail!("the file {} is not on this computer; delete it on the one that answered the call", row.file);
    }
    records.store.forget_recording(&row.practice, row.call, &user()?, Timestamp::now()).await?;
    let done = Deleted { call: row.call, file };
    if args.json {
        return print_json(&done);
    }
    print(&format!("the recording of call {} is deleted", row.call))
}

fn goes_on(folder: &Path, call: CallId) -> bool {
    Shelf::written_at(folder, call).is_some_and(|at| at.elapsed().unwrap_or_default() < GOES_ON)
}

async fn known(records: &Records, call: CallId) -> anyhow::Result<RecordingRow> {
    let row = records.store.recording(&records.config.practice.id, call).await?;
    row.with_context(|| format!("no recording of call {call}; `firstring recordings list` names them"))
}

fn told(records: &Records, row: RecordingRow) -> Told {
    Told {
        call: row.call,
        begun_at: records.local(row.begun_at),
        delete_after: records.local(row.delete_after),
        length_ms: row.length_ms,
        bytes: row.bytes,
        sha256: row.sha256,
        file: row.file,
    }
}

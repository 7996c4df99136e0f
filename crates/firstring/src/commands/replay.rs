//! Promise 8 for one call: what went into its receptionist goes into a fresh one, and what comes out is compared. No model
//! is loaded and nobody is told anything.

use std::path::Path;
use std::sync::Arc;

use ::call::{Entry, check_replay};
use anyhow::{Context, anyhow, bail};
use domain::{CallId, Phi};
use store::StoreError;

use super::records::Records;
use super::{print, runtime};
use crate::cli;
use crate::config::{PracticeConfig, Server};

pub(super) fn run(args: &cli::Replay) -> anyhow::Result<()> {
    let server = Server::load(args.files.config.as_deref(), args.files.overrides())?;
    let config = PracticeConfig::load(&server.practice)?;
    let journal = journal(&args.journal, "replayed", &args.files)?;
    let outputs = check_replay(&journal, &Arc::new(config.practice)).with_context(|| args.journal.clone())?;
    print(&format!("the same: {outputs} outputs"))
}

/// The journal of a file, or of a call that the server has answered; of this the audit says what was done with it.
pub(super) fn journal(named: &str, done: &str, files: &cli::Files) -> anyhow::Result<Vec<Entry>> {
    let lines = match cli::uuid(named) {
        Ok(call) => runtime(::call::Pace::RealTime)?.block_on(async {
            Records::open(files).await?.used(async |records| kept(records, call, done).await).await
        })?,
        Err(_) => written(Path::new(named))?,
    };
    parse(named, &lines)
}

/// The lines of a file.
fn written(journal: &Path) -> anyhow::Result<Vec<Phi<String>>> {
    let text = std::fs::read_to_string(journal)
        .with_context(|| format!("{} cannot be read; give a journal.jsonl, or the id of a call", journal.display()))?;
    Ok(text.lines().map(Phi::from).collect())
}

/// The lines of a call that the server has answered.
async fn kept(records: &Records, call: CallId, done: &str) -> anyhow::Result<Vec<Phi<String>>> {
    match records.store.call(call).await {
        Ok(_) => {}
        Err(StoreError::NotFound { .. }) => bail!("no call {call} in {}", records.server.data.display()),
        Err(why) => return Err(why.into()),
    }
    records.note(done, format!("call {call}")).await?;
    Ok(records.store.journal(call).await?)
}

/// Why a line is none is not told: the reason may quote it.
fn parse(journal: &str, lines: &[Phi<String>]) -> anyhow::Result<Vec<Entry>> {
    let entry = |(number, line): (usize, &Phi<String>)| {
        serde_json::from_str(line.expose())
            .map_err(|_| anyhow!("{journal}:{number}: not a line of a journal; give a journal.jsonl as it was written"))
    };
    (1..).zip(lines).map(entry).collect()
}

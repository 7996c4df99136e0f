//! At start: the calls that the last process left behind are brought to their end, before a new one is answered.
//!
//! No record stops the start. One that cannot be read or does not replay is told to the practice as a message; one that
//! the office cannot finish now stays as it is, for the next start.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use call::{Entry, Finished, Recovery};
use domain::CallTime;
use store::{CallRow, NodeId, Store, StoreError};

use super::{Desk, record};

/// The right to serve from a data directory, until it is dropped or the process ends in whatever way.
#[derive(Debug)]
pub struct SoleServer {
    _lock: File,
}

impl SoleServer {
    /// One process serves from `data`: another would take its calls for interrupted ones.
    pub fn of(data: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(data)
            .with_context(|| format!("the data directory {} cannot be made", data.display()))?;
        let path = data.join("serving");
        let lock = File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                anyhow::bail!("another firstring serves from {}; stop it or choose another with --data", data.display())
            }
            Err(TryLockError::Error(why)) => Err(why).with_context(|| format!("{} cannot be locked", path.display())),
        }
    }
}

/// Brings the calls of this practice to their end that this node's last process has left behind; of a node that has died, its.
pub async fn take_up_calls(desk: &Desk, dead: Option<&NodeId>) -> Result<(), StoreError> {
    let front = &desk.front;
    let recovery =
        Recovery { practice: Arc::clone(&front.practice), reader: front.reader.clone(), office: front.office.clone() };
    let store = &desk.office.store;
    // From a file one process serves alone: whoever has left a call behind is gone.
    let own = store.is_shared().then(|| store.node());
    for row in store.take_calls(&front.practice.id, dead.or(own.as_ref())).await? {
        tracing::warn!(call = %row.id, "this call was interrupted; what it owes is done now");
        if let Err(why) = take_up(store, &recovery, &row).await {
            tracing::error!(call = %row.id, %why, "it cannot be taken up now; the next start tries again");
        }
    }
    Ok(())
}

async fn take_up(store: &Store, recovery: &Recovery, row: &CallRow) -> Result<(), StoreError> {
    let mut journal = Vec::new();
    let finished = match read_journal(store, row, &mut journal).await? {
        Reading::Whole => recovery.finish(&journal).await,
        Reading::Broken => Finished::DoesNotReplay { at: journal.last().map_or(CallTime::ZERO, |entry| entry.at) },
    };
    let finished = match finished {
        Finished::DoesNotReplay { at } => {
            tracing::error!(call = %row.id, %at, "its journal does not replay; the practice is told to look at it");
            recovery.report(row.id, row.caller_id.clone(), &journal).await
        }
        Finished::Done(_) | Finished::StillOwed => finished,
    };
    match finished {
        Finished::Done(rest) => {
            let ended_at = record::ended(row, &journal);
            store.append_journal(row.id, &record::lines(&rest)).await?;
            journal.extend(rest);
            store.end_call(row.id, ended_at, &record::summary(store, &journal).await).await
        }
        Finished::StillOwed | Finished::DoesNotReplay { .. } => {
            tracing::error!(call = %row.id, "the office did not take all of it; the next start tries again");
            Ok(())
        }
    }
}

/// How much of a journal could be read.
pub(super) enum Reading {
    Whole,
    Broken,
}

/// Reads a journal up to its first broken line.
pub(super) async fn read_journal(
    store: &Store,
    row: &CallRow,
    journal: &mut Vec<Entry>,
) -> Result<Reading, StoreError> {
    let lines = match store.journal(row.id).await {
        Ok(lines) => lines,
        Err(StoreError::Corrupt { .. }) => return Ok(Reading::Broken),
        Err(why) => return Err(why),
    };
    for line in lines {
        match serde_json::from_str(line.expose()) {
            Ok(entry) => journal.push(entry),
            // Why is not told: the error may quote the line.
            Err(_) => return Ok(Reading::Broken),
        }
    }
    Ok(Reading::Whole)
}

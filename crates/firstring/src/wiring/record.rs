//! The record of a call: its row and its journal go into the database while the call goes on, each line as soon as those
//! before it are durable. What a call loses when its process dies is what the disk was busy with.
//!
//! A database that does not answer is asked again and again: the lines wait, the call does not. A call that the office
//! still owes something is not ended, so that the next start takes it up ([`super::take_up_calls`]).

use std::time::Duration;

use call::{Entry, Happening, Summary};
use domain::Phi;
use jiff::Timestamp;
use store::{CallRow, Store, StoreError};
use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::page_times::note_page_times;

/// Lines that are written in one transaction.
const LINES_MAX: usize = 64;
/// From a failed write to the next; doubled each time up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Writes a journal down until it is closed, and gives it back. Waits as long as the database does not answer.
pub async fn keep_journal(store: &Store, mut entries: mpsc::Receiver<Entry>) -> Vec<Entry> {
    let mut journal = Vec::new();
    let mut batch = Vec::with_capacity(LINES_MAX);
    let mut call = None;
    while entries.recv_many(&mut batch, LINES_MAX).await > 0 {
        if let Some(row) = batch.first().and_then(begun) {
            call = Some(row.id);
            persist(|| store.begin_call(&row)).await;
        }
        if let Some(call) = call {
            let (written, lines) = (journal.len(), lines(&batch));
            persist(|| store.append_journal_after(call, written, &lines)).await;
        }
        journal.append(&mut batch);
    }
    journal
}

/// Ends a call, if it is over and the office owes it nothing.
pub async fn end_call(store: &Store, journal: &[Entry]) -> Result<(), StoreError> {
    let Some(row) = journal.first().and_then(begun) else { return Ok(()) };
    if !call::is_settled(journal) {
        tracing::error!(call = %row.id, "not everything that this call asked is kept; the next start takes it up");
        return Ok(());
    }
    store.end_call(row.id, ended(&row, journal), &summary(store, journal).await).await
}

/// When the last line was written.
pub(super) fn ended(row: &CallRow, journal: &[Entry]) -> Timestamp {
    let last = journal.last().map_or(Duration::ZERO, |entry| entry.at.into());
    row.began_at.checked_add(last).unwrap_or(row.began_at)
}

/// What came of a call, as JSON.
pub(super) async fn summary(store: &Store, journal: &[Entry]) -> Phi<String> {
    let mut summary = Summary::of(journal);
    note_page_times(store, journal, &mut summary).await;
    Phi::new(serde_json::to_string(&summary).expect("a summary has string keys only and cannot fail to serialise"))
}

/// A journal's lines, as JSON.
pub(super) fn lines(entries: &[Entry]) -> Vec<Phi<String>> {
    let line =
        |entry| serde_json::to_string(entry).expect("an entry has string keys only and cannot fail to serialise");
    entries.iter().map(line).map(Phi::new).collect()
}

/// The database's row of a call, from the first line of its journal.
fn begun(first: &Entry) -> Option<CallRow> {
    let Happening::Answered { call, practice, started, caller_id, .. } = &first.what else { return None };
    Some(CallRow {
        id: *call,
        practice: practice.clone(),
        caller_id: caller_id.clone(),
        began_at: started.timestamp(),
        ended_at: None,
        summary: None,
    })
}

async fn persist<F: Future<Output = Result<(), StoreError>>>(write: impl Fn() -> F) {
    let mut pause = FIRST_PAUSE;
    while let Err(why) = write().await {
        tracing::error!(%why, "a call's record cannot be kept, will be tried again");
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

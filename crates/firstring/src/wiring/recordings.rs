//! The recordings of calls: their folder and key, and what the database knows of them.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use call::{RECORDING_NEWS_MAX, Recorder, RecordingNews};
use domain::{CallId, PracticeId};
use jiff::{SignedDuration, Timestamp};
use office::Clock;
use recordings::{Kept, RecordingKey, Shelf};
use store::{RecordingRow, Store, StoreError};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use super::keys;
use super::record::persist;
use crate::config::Server;

/// The folder in the data directory.
pub const RECORDINGS: &str = "recordings";
/// Beside the database's key.
const KEY: &str = "recordings-key";
/// Who deletes what is old, in the audit trail.
const RETENTION: &str = "retention";
/// When the desk closes, the last recordings are written and listed within this: their words are known, only the disk and the
/// database are waited for. What is late is measured at the next start.
const CLOSING_MAX: Duration = Duration::from_secs(12);

/// The practice's recordings. The key is made if there are none yet.
pub fn shelf(server: &Server) -> anyhow::Result<Shelf> {
    let (folder, key) = (server.data.join(RECORDINGS), server.data.join(KEY));
    let holds_some = std::fs::read_dir(&folder).is_ok_and(|mut files| files.next().is_some());
    if holds_some && !key.exists() {
        anyhow::bail!(
            "{} holds recordings, but their key {} is gone: bring it back from where it is kept",
            folder.display(),
            key.display()
        );
    }
    let key = RecordingKey::from_hex(&keys::load_or_make(&key)?).context(key.display().to_string())?;
    Ok(Shelf::new(folder, key))
}

/// The list of recordings, kept while calls are recorded.
pub struct RecordingsList(JoinHandle<()>);

impl RecordingsList {
    /// Waits, not for ever, until the last recording is written and listed. Whoever records has been dropped before.
    pub async fn close(mut self) {
        if timeout(CLOSING_MAX, &mut self.0).await.is_err() {
            tracing::error!("recordings are not all listed yet; those are measured at the next start");
            self.0.abort();
        }
    }
}

/// Has calls recorded. What a crash has left is measured first.
pub async fn recorder(
    server: &Server,
    store: &Store,
    practice: &PracticeId,
    days: u32,
    clock: Clock,
) -> anyhow::Result<(Recorder, RecordingsList)> {
    let shelf = shelf(server)?;
    for row in store.recordings(practice).await?.into_iter().filter(|row| row.length_ms.is_none()) {
        match shelf.measure(row.call) {
            Ok(kept) => end(store, row.call, &kept).await?,
            Err(why) => tracing::warn!(call = %row.call, %why, "of this recording nothing is known"),
        }
    }
    let (news, told) = mpsc::channel(RECORDING_NEWS_MAX);
    let list = keep_list(store.clone(), shelf.clone(), practice.clone(), days, clock, told);
    Ok((Recorder { shelf, news }, RecordingsList(tokio::spawn(list))))
}

/// Writes down what becomes of recordings, until nobody records any more.
async fn keep_list(
    store: Store,
    shelf: Shelf,
    practice: PracticeId,
    days: u32,
    clock: Clock,
    mut told: mpsc::Receiver<RecordingNews>,
) {
    while let Some(news) = told.recv().await {
        match &news {
            RecordingNews::Begun(call) => {
                let (file, at) = (Shelf::file_of(*call), clock.now());
                persist(|| store.begin_recording(&practice, *call, &file, at, days)).await;
            }
            RecordingNews::Kept(call, kept) => persist(|| end_or_delete(&store, &shelf, *call, kept)).await,
            RecordingNews::Withdrawn(call) => {
                persist(|| async { store.forget_recording(&practice, *call, "caller", clock.now()).await.map(drop) })
                    .await;
            }
        }
    }
}

async fn end(store: &Store, call: CallId, kept: &Kept) -> Result<(), StoreError> {
    store.end_recording(call, kept.len_ms, kept.bytes, &kept.sha256).await
}

/// A recording that is not on the list any more was deleted by somebody while its call went on: its file goes, too.
async fn end_or_delete(store: &Store, shelf: &Shelf, call: CallId, kept: &Kept) -> Result<(), StoreError> {
    match end(store, call, kept).await {
        Err(StoreError::NotFound { .. }) => {
            let shelf = shelf.clone();
            let deleted = spawn_blocking(move || shelf.delete(call))
                .await
                .expect("nothing in it panics, and the runtime waits for it");
            if let Err(why) = deleted {
                tracing::error!(%call, %why, "the recording was deleted while its call went on, and its file is left");
            }
            Ok(())
        }
        ended => ended,
    }
}

/// The recordings that were kept long enough. On a shared database each node has those in its own folder: of another's it finds no file. Files that
/// the list does not know (a crash, a restored backup) are due when nobody has written to them for `days`.
///
/// # Errors
/// The list or the folder cannot be read.
pub async fn recordings_due(
    data: &Path,
    store: &Store,
    practice: &PracticeId,
    days: u32,
    now: Timestamp,
) -> anyhow::Result<Vec<CallId>> {
    let folder = data.join(RECORDINGS);
    let listed = store.recordings_to_delete(practice, now).await?.into_iter();
    let here = listed.filter(|row| Shelf::written_at(&folder, row.call).is_some() || is_ours(store, row));
    let mut due: Vec<_> = here.map(|row| row.call).collect();
    let oldest = now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN);
    for call in Shelf::calls_in(&folder)? {
        let written = Shelf::written_at(&folder, call).and_then(|at| Timestamp::try_from(at).ok());
        if written.is_some_and(|at| at < oldest) && !store.has_recording(call).await? {
            due.push(call);
        }
    }
    Ok(due)
}

/// Deletes recordings that were kept long enough, and says how many.
///
/// # Errors
/// The list or the folder cannot be read; or the first of those that could not be deleted, after all others were.
pub async fn sweep_recordings(
    data: &Path,
    store: &Store,
    practice: &PracticeId,
    days: u32,
    now: Timestamp,
) -> anyhow::Result<u64> {
    let folder = data.join(RECORDINGS);
    let (mut swept, mut failed) = (0, Vec::new());
    for call in recordings_due(data, store, practice, days, now).await? {
        // A file of this node that is gone was deleted before a crash.
        if let Err(why) = Shelf::delete_in(&folder, call) {
            failed.push(anyhow::Error::from(why));
        } else if let Err(why) = store.forget_recording(practice, call, RETENTION, now).await {
            failed.push(why.into());
        } else {
            swept += 1;
        }
    }
    let count = failed.len();
    match failed.into_iter().next() {
        None => Ok(swept),
        Some(first) => {
            Err(first.context(format!("{count} recordings are not deleted ({swept} are); the first of them")))
        }
    }
}

/// Whether a recording's file lies in this folder or nowhere. A file of a database belongs to one folder.
pub fn is_ours(store: &Store, row: &RecordingRow) -> bool {
    !store.is_shared() || row.node == store.node().0
}

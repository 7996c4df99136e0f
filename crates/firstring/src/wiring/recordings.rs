//! The recordings of calls: their folder and key, and what the database knows of them.

use std::path::Path;

use anyhow::Context;
use call::{RECORDING_NEWS_MAX, Recorder, RecordingNews};
use domain::{CallId, PracticeId};
use jiff::Timestamp;
use office::Clock;
use recordings::{Kept, RecordingKey, Shelf};
use store::{Store, StoreError};
use tokio::sync::mpsc;

use super::keys;
use super::record::persist;
use crate::config::Server;

/// The folder in the data directory.
pub const RECORDINGS: &str = "recordings";
/// Beside the database's key.
const KEY: &str = "recordings-key";
/// Who deletes what is old, in the audit trail.
const RETENTION: &str = "retention";

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

/// Has calls recorded. What a crash has left is measured first.
pub async fn recorder(
    server: &Server,
    store: &Store,
    practice: &PracticeId,
    days: u32,
    clock: Clock,
) -> anyhow::Result<Recorder> {
    let shelf = shelf(server)?;
    for row in store.recordings(practice).await?.into_iter().filter(|row| row.length_ms.is_none()) {
        match shelf.measure(row.call) {
            Ok(kept) => end(store, row.call, &kept).await?,
            Err(why) => tracing::warn!(call = %row.call, %why, "of this recording nothing is known"),
        }
    }
    let (news, told) = mpsc::channel(RECORDING_NEWS_MAX);
    tokio::spawn(keep_list(store.clone(), practice.clone(), days, clock, told));
    Ok(Recorder { shelf, news })
}

/// Writes down what becomes of recordings, until nobody records any more.
async fn keep_list(
    store: Store,
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
            RecordingNews::Kept(call, kept) => persist(|| end(&store, *call, kept)).await,
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

/// Deletes recordings that were kept long enough, and says how many. On a shared database each node deletes those in its own folder:
/// of another's it finds no file.
pub async fn sweep_recordings(
    data: &Path,
    store: &Store,
    practice: &PracticeId,
    now: Timestamp,
) -> anyhow::Result<u64> {
    let folder = data.join(RECORDINGS);
    let mut swept = 0;
    for row in store.recordings_to_delete(practice, now).await? {
        let was_here = Shelf::delete_in(&folder, row.call)?;
        if was_here || !store.is_shared() {
            store.forget_recording(practice, row.call, RETENTION, now).await?;
            swept += 1;
        }
    }
    Ok(swept)
}

//! Which calls' sound is kept, until when, and what its file must be. The files are another crate's.

use domain::{CallId, PracticeId};
use jiff::{SignedDuration, Timestamp};
use sqlx::any::AnyRow;

use crate::column::{Columns, time};
use crate::{Store, StoreError};

/// The recording of one call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordingRow {
    /// Of which call.
    pub call: CallId,
    /// Whose.
    pub practice: PracticeId,
    /// The name of its file in the folder of recordings.
    pub file: String,
    /// When it began.
    pub begun_at: Timestamp,
    /// When it is to be deleted.
    pub delete_after: Timestamp,
    /// How long it sounds, in milliseconds; `None` while it goes on, or if its process died.
    pub length_ms: Option<u64>,
    /// How long the file is, in bytes.
    pub bytes: Option<u64>,
    /// Of the file, in hexadecimal digits.
    pub sha256: Option<String>,
    /// The node in whose folder it lies.
    pub node: String,
}

impl Store {
    /// Keeps that a call is recorded from `at` on, for so many days. A second time it changes nothing.
    pub async fn begin_recording(
        &self,
        practice: &PracticeId,
        call: CallId,
        file: &str,
        at: Timestamp,
        days: u32,
    ) -> Result<(), StoreError> {
        let end = at.checked_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MAX);
        sqlx::query(
            "INSERT INTO recording (call_id, practice, file, begun_at, delete_after, node)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (call_id) DO NOTHING",
        )
        .bind(call.to_string())
        .bind(&practice.0)
        .bind(file)
        .bind(time(at))
        .bind(time(end))
        .bind(&*self.node)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Keeps what a finished recording is.
    pub async fn end_recording(
        &self,
        call: CallId,
        length_ms: u64,
        bytes: u64,
        sha256: &str,
    ) -> Result<(), StoreError> {
        let done = sqlx::query("UPDATE recording SET length_ms = $1, bytes = $2, sha256 = $3 WHERE call_id = $4")
            .bind(length_ms as i64)
            .bind(bytes as i64)
            .bind(sha256)
            .bind(call.to_string())
            .execute(&self.writer)
            .await?;
        if done.rows_affected() == 0 { Err(StoreError::NotFound { what: "recording" }) } else { Ok(()) }
    }

    /// The recording of a call, if there is one.
    pub async fn recording(&self, practice: &PracticeId, call: CallId) -> Result<Option<RecordingRow>, StoreError> {
        let row = sqlx::query("SELECT * FROM recording WHERE practice = $1 AND call_id = $2")
            .bind(&practice.0)
            .bind(call.to_string())
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(recording).transpose()
    }

    /// Whether any practice has a recording of a call.
    pub async fn has_recording(&self, call: CallId) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT call_id FROM recording WHERE call_id = $1")
            .bind(call.to_string())
            .fetch_optional(&self.readers)
            .await?;
        Ok(row.is_some())
    }

    /// All recordings of a practice, newest first.
    pub async fn recordings(&self, practice: &PracticeId) -> Result<Vec<RecordingRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM recording WHERE practice = $1 ORDER BY begun_at DESC, call_id DESC")
            .bind(&practice.0)
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(recording).collect()
    }

    /// Those that are to be deleted at `now`, oldest first. What goes on stays.
    pub async fn recordings_to_delete(
        &self,
        practice: &PracticeId,
        now: Timestamp,
    ) -> Result<Vec<RecordingRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM recording WHERE practice = $1 AND delete_after < $2 ORDER BY delete_after, call_id",
        )
        .bind(&practice.0)
        .bind(time(now))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(recording).collect()
    }

    /// Forgets a recording whose file is gone, and writes down who deleted it: in one transaction. False: there was none.
    pub async fn forget_recording(
        &self,
        practice: &PracticeId,
        call: CallId,
        actor: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let done = sqlx::query("DELETE FROM recording WHERE practice = $1 AND call_id = $2")
            .bind(&practice.0)
            .bind(call.to_string())
            .execute(&mut *transaction)
            .await?;
        let was_there = done.rows_affected() > 0;
        if was_there {
            sqlx::query("INSERT INTO audit (at, actor, action, object) VALUES ($1, $2, $3, $4)")
                .bind(time(now))
                .bind(actor)
                .bind("deleted")
                .bind(format!("recording of call {call}"))
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(was_there)
    }
}

fn recording(row: &AnyRow) -> Result<RecordingRow, StoreError> {
    let row = Columns(row);
    Ok(RecordingRow {
        call: CallId(row.id("call_id")?),
        practice: PracticeId(row.text("practice")?),
        file: row.text("file")?,
        begun_at: row.time("begun_at")?,
        delete_after: row.time("delete_after")?,
        length_ms: row.optional_integer("length_ms")?.map(i64::unsigned_abs),
        bytes: row.optional_integer("bytes")?.map(i64::unsigned_abs),
        sha256: row.optional_text("sha256")?,
        node: row.text("node")?,
    })
}

//! What a practice does not want to keep any longer. Nothing is removed unless it is asked for, and nothing of which anything is
//! still to be done: an open case, a message that the practice was not told of, a call without an end, and what belongs to them.
//!
//! It is done in small transactions with pauses between them, so that calls never wait for it. Each leaves an entry of the audit
//! trail that counts; a redaction also stands in the ledger. What was done stays done if it is interrupted.

mod cases;
mod words;

use std::time::Duration;

use domain::{MessageId, Phi, PracticeId};
use jiff::{SignedDuration, Timestamp};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use crate::column::{Columns, time};
use crate::{Store, StoreError};

/// Calls, messages or cases that are changed in one go.
const BATCH: u32 = 16;
/// After each batch, so that another process that wants to write has its turn: SQLite lets it look every tenth of a second.
const PAUSE: Duration = Duration::from_millis(150);
/// Who does it, in the audit trail and the ledger.
const ACTOR: &str = "retention";

/// For how many days what is kept. `None`: for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Retention {
    /// The journal of a call, since its end. What stays: that there was a call, when, its latencies and what came of it; not its
    /// words, nor the caller's number.
    pub journals_days: Option<u32>,
    /// The words of a message, since it was saved ([`Store::redact_message`]).
    pub messages_days: Option<u32>,
    /// The words of a case, since it was closed. What stays: ids, times, urgency, the rules that fired, who was paged.
    pub cases_days: Option<u32>,
}

/// How much a sweep has changed, or would change.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Swept {
    /// Calls whose journal was deleted.
    pub journals: u64,
    /// Messages that were redacted.
    pub messages: u64,
    /// Cases whose words were removed.
    pub cases: u64,
}

/// Calls whose end is before ?2. Not those of an open case, nor of a message that is still to be told.
const JOURNALS: &str = "
    FROM call WHERE practice = $1 AND ended_at < $2
        AND EXISTS (SELECT 1 FROM journal WHERE call_id = call.id)
        AND NOT EXISTS (SELECT 1 FROM escalation WHERE closed_by IS NULL AND call_id = call.id)
        AND NOT EXISTS (
            SELECT 1 FROM escalation_event JOIN escalation ON escalation.id = case_id
            WHERE closed_by IS NULL AND escalation_event.call_id = call.id)
        AND NOT EXISTS (
            SELECT 1 FROM message JOIN notification ON message_id = message.id
            WHERE call_id = call.id AND delivered_at IS NULL)";
/// Messages that were saved before ?2. Not those of a call without an end or of an open case, nor those still to be told; nor, where
/// staff read the inbox, those that nobody has marked as done.
const MESSAGES: &str = "
    FROM message WHERE practice = $1 AND saved_at < $2 AND redacted_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM notification WHERE message_id = message.id AND delivered_at IS NULL)
        AND NOT EXISTS (
            SELECT 1 FROM inbox WHERE message_id = message.id AND done_at IS NULL
                AND EXISTS (SELECT 1 FROM staff WHERE practice = $1))
        AND NOT EXISTS (SELECT 1 FROM call WHERE id = message.call_id AND ended_at IS NULL)
        AND NOT EXISTS (SELECT 1 FROM escalation WHERE closed_by IS NULL AND call_id = message.call_id)
        AND NOT EXISTS (
            SELECT 1 FROM escalation_event JOIN escalation ON escalation.id = case_id
            WHERE closed_by IS NULL AND escalation_event.call_id = message.call_id)";

impl Store {
    /// Removes what is older at `now` than `retention` wants it: exactly as old is not older.
    pub async fn apply_retention(
        &self,
        practice: &PracticeId,
        retention: &Retention,
        now: Timestamp,
    ) -> Result<Swept, StoreError> {
        let mut swept = Swept::default();
        if let Some(days) = retention.journals_days {
            swept.journals = self.sweep_journals(practice, days, now).await?;
        }
        if let Some(days) = retention.messages_days {
            swept.messages = self.sweep_messages(practice, days, now).await?;
        }
        if let Some(days) = retention.cases_days {
            swept.cases = self.sweep_cases(practice, days, now).await?;
        }
        Ok(swept)
    }

    /// What [`Store::apply_retention`] would change now. Nothing is written.
    pub async fn due_for_retention(
        &self,
        practice: &PracticeId,
        retention: &Retention,
        now: Timestamp,
    ) -> Result<Swept, StoreError> {
        let mut due = Swept::default();
        if let Some(days) = retention.journals_days {
            due.journals = self.count_older(JOURNALS, practice, days, now).await?;
        }
        if let Some(days) = retention.messages_days {
            due.messages = self.count_older(MESSAGES, practice, days, now).await?;
        }
        if let Some(days) = retention.cases_days {
            due.cases = self.cases_due(practice, days, now).await?;
        }
        Ok(due)
    }

    async fn count_older(
        &self,
        of: &'static str,
        practice: &PracticeId,
        days: u32,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("SELECT count(*) AS due {of}")))
            .bind(&practice.0)
            .bind(time(days_before(now, days)))
            .fetch_one(&self.readers)
            .await?;
        Ok(Columns(&row).integer("due")?.unsigned_abs())
    }

    /// What an appointment was for, in the caller's words, is gone as long after it as the words of the call in which it was made.
    async fn sweep_reasons(&self, practice: &PracticeId, days: u32, now: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        let swept = sqlx::query(
            "UPDATE appointment SET reason = NULL WHERE practice = $1 AND reason IS NOT NULL AND end_at < $2",
        )
        .bind(&practice.0)
        .bind(time(days_before(now, days)))
        .execute(&mut *transaction)
        .await?;
        if swept.rows_affected() > 0 {
            let did = format!("removed {} reasons older than {days} days", swept.rows_affected());
            note(&did, "appointments", practice, now, &mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Who waited for an opening, at which number, and what they were offered is gone as long after all that they waited for.
    async fn sweep_waiting(&self, practice: &PracticeId, days: u32, now: Timestamp) -> Result<(), StoreError> {
        const OVER: &str = "FROM waiting WHERE practice = $1 AND status IN ('taken', 'left') AND wait_until < $2";
        let offers = format!("FROM waiting_offer WHERE waiting_id IN (SELECT id {OVER})");
        let mut transaction = self.write().await?;
        let mut swept = 0;
        for sql in [
            format!("DELETE FROM answer WHERE call_id IN (SELECT call_id {offers})"),
            format!("DELETE {offers}"),
            format!("DELETE {OVER}"),
        ] {
            let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&practice.0).bind(time(days_before(now, days)));
            swept = query.execute(&mut *transaction).await?.rows_affected();
        }
        if swept > 0 {
            note(&format!("deleted {swept} older than {days} days"), "waiting list", practice, now, &mut transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    async fn sweep_journals(&self, practice: &PracticeId, days: u32, now: Timestamp) -> Result<u64, StoreError> {
        self.sweep_reasons(practice, days, now).await?;
        self.sweep_waiting(practice, days, now).await?;
        let mut swept = 0;
        loop {
            // Looked for without the lock for writing, which calls and pages need.
            let mut connection = self.readers.acquire().await?;
            let rows = batch("id, summary", JOURNALS, "ended_at", practice, days, now, &mut connection).await?;
            drop(connection);
            if rows.is_empty() {
                return Ok(swept);
            }
            let mut transaction = self.write().await?;
            for row in &rows {
                let row = Columns(row);
                let (id, summary) = (row.text("id")?, row.optional_text("summary")?.map(Phi::new));
                if !is_still(JOURNALS, "call", &id, practice, days, now, &mut transaction).await? {
                    continue;
                }
                sqlx::query("DELETE FROM journal WHERE call_id = $1").bind(&id).execute(&mut *transaction).await?;
                // What the call was answered names its patient.
                sqlx::query("DELETE FROM answer WHERE call_id = $1").bind(&id).execute(&mut *transaction).await?;
                sqlx::query("UPDATE call SET summary = $1, caller_id = NULL WHERE id = $2")
                    .bind(summary.as_ref().and_then(words::summary_without_words))
                    .bind(&id)
                    .execute(&mut *transaction)
                    .await?;
            }
            let did = format!("deleted {} older than {days} days", rows.len());
            note(&did, "journals", practice, now, &mut transaction).await?;
            transaction.commit().await?;
            swept += rows.len() as u64;
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn sweep_messages(&self, practice: &PracticeId, days: u32, now: Timestamp) -> Result<u64, StoreError> {
        let why = Phi::new(format!("older than {days} days"));
        let mut swept = 0;
        loop {
            let mut connection = self.readers.acquire().await?;
            let rows = batch("id", MESSAGES, "saved_at", practice, days, now, &mut connection).await?;
            drop(connection);
            if rows.is_empty() {
                return Ok(swept);
            }
            let mut redacted = 0;
            for row in &rows {
                let id = MessageId(Columns(row).id("id")?);
                let done = self.redact_message(practice, id, ACTOR, &why, now).await?;
                redacted += u64::from(!done.before);
            }
            let mut connection = self.writer.acquire().await?;
            let did = format!("redacted {redacted} older than {days} days");
            note(&did, "messages", practice, now, &mut connection).await?;
            drop(connection);
            swept += redacted;
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// So many days of 24 hours before; before all times if there is no such time.
fn days_before(now: Timestamp, days: u32) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN)
}

/// Whether what was found is so still, in the transaction that changes it.
async fn is_still(
    of: &'static str,
    table: &'static str,
    id: &str,
    practice: &PracticeId,
    days: u32,
    now: Timestamp,
    connection: &mut AnyConnection,
) -> Result<bool, StoreError> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!("SELECT 1 {of} AND {table}.id = $3")))
        .bind(&practice.0)
        .bind(time(days_before(now, days)))
        .bind(id)
        .fetch_optional(connection)
        .await?;
    Ok(row.is_some())
}

/// The oldest of those that are due.
async fn batch(
    columns: &str,
    of: &'static str,
    by: &str,
    practice: &PracticeId,
    days: u32,
    now: Timestamp,
    connection: &mut AnyConnection,
) -> Result<Vec<AnyRow>, StoreError> {
    let sql = format!("SELECT {columns} {of} ORDER BY {by}, id LIMIT $3");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(&practice.0)
        .bind(time(days_before(now, days)))
        .bind(i64::from(BATCH))
        .fetch_all(connection)
        .await?;
    Ok(rows)
}

/// Writes into the audit trail what was done to which kind of records.
async fn note(
    did: &str,
    to: &str,
    practice: &PracticeId,
    now: Timestamp,
    connection: &mut AnyConnection,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO audit (at, actor, action, object) VALUES ($1, $2, $3, $4)")
        .bind(time(now))
        .bind(ACTOR)
        .bind(did)
        .bind(format!("{to} of {}", practice.0))
        .execute(connection)
        .await?;
    Ok(())
}

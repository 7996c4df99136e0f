use domain::{CaseDraft, CaseUpdate, PracticeId};
use jiff::Timestamp;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::words::{draft_without_words, update_without_words};
use super::{BATCH, PAUSE, days_before, note};
use crate::column::{Columns, json, time};
use crate::{Store, StoreError};

/// Closed cases after (?3, ?4) in time and id, no call of which goes on.
const CLOSED: &str = "
    SELECT id, closed_at, draft FROM escalation
    WHERE practice = $1 AND closed_by IS NOT NULL AND closed_at < $2 AND (closed_at, id) > ($3, $4)
        AND NOT EXISTS (SELECT 1 FROM call WHERE id = escalation.call_id AND ended_at IS NULL)
        AND NOT EXISTS (
            SELECT 1 FROM escalation_event JOIN call ON call.id = escalation_event.call_id
            WHERE case_id = escalation.id AND ended_at IS NULL)
    ORDER BY closed_at, id LIMIT $5";

/// How far the closed cases were gone through.
#[derive(Default)]
struct Cursor {
    closed_at: String,
    id: String,
}

/// A case with what is left of it.
struct Scrubbed {
    id: String,
    /// Its draft, if that held words.
    draft: Option<CaseDraft>,
    /// Its events that held words: call, request, what is left.
    events: Vec<(String, i64, CaseUpdate)>,
}

impl Store {
    pub(super) async fn sweep_cases(
        &self,
        practice: &PracticeId,
        days: u32,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let (mut swept, mut cursor) = (0, Cursor::default());
        loop {
            // Looked for without the lock for writing, which calls and pages need.
            let mut connection = self.readers.acquire().await?;
            let Some(cases) = next(practice, days, now, &mut cursor, &mut connection).await? else {
                return Ok(swept);
            };
            drop(connection);
            if cases.is_empty() {
                continue;
            }
            let mut transaction = self.write().await?;
            for case in &cases {
                keep(case, &mut transaction).await?;
            }
            let did = format!("removed the words of {} closed more than {days} days ago", cases.len());
            note(&did, "cases", practice, now, &mut transaction).await?;
            transaction.commit().await?;
            swept += cases.len() as u64;
            tokio::time::sleep(PAUSE).await;
        }
    }

    pub(super) async fn cases_due(&self, practice: &PracticeId, days: u32, now: Timestamp) -> Result<u64, StoreError> {
        let (mut due, mut cursor) = (0, Cursor::default());
        let mut connection = self.readers.acquire().await?;
        while let Some(cases) = next(practice, days, now, &mut cursor, &mut connection).await? {
            due += cases.len() as u64;
        }
        Ok(due)
    }
}

/// Those of the next batch that hold words; `None` after the last batch.
async fn next(
    practice: &PracticeId,
    days: u32,
    now: Timestamp,
    cursor: &mut Cursor,
    connection: &mut AnyConnection,
) -> Result<Option<Vec<Scrubbed>>, StoreError> {
    let rows = sqlx::query(CLOSED)
        .bind(&practice.0)
        .bind(time(days_before(now, days)))
        .bind(&cursor.closed_at)
        .bind(&cursor.id)
        .bind(i64::from(BATCH))
        .fetch_all(&mut *connection)
        .await?;
    let Some(last) = rows.last().map(Columns) else { return Ok(None) };
    *cursor = Cursor { closed_at: last.text("closed_at")?, id: last.text("id")? };
    let mut cases = Vec::new();
    for row in &rows {
        cases.extend(scrubbed(row, connection).await?);
    }
    Ok(Some(cases))
}

/// What is left of a case; `None` if it holds no words.
async fn scrubbed(row: &AnyRow, connection: &mut AnyConnection) -> Result<Option<Scrubbed>, StoreError> {
    let row = Columns(row);
    let (id, draft): (_, CaseDraft) = (row.text("id")?, row.json("draft")?);
    let left = draft_without_words(&draft);
    let draft = (left != draft).then_some(left);
    let rows = sqlx::query("SELECT call_id, request_id, what FROM escalation_event WHERE case_id = $1")
        .bind(&id)
        .fetch_all(connection)
        .await?;
    let mut events = Vec::new();
    for row in &rows {
        let row = Columns(row);
        let what: CaseUpdate = row.json("what")?;
        let left = update_without_words(&what);
        if left != what {
            events.push((row.text("call_id")?, row.integer("request_id")?, left));
        }
    }
    Ok((draft.is_some() || !events.is_empty()).then_some(Scrubbed { id, draft, events }))
}

async fn keep(case: &Scrubbed, connection: &mut AnyConnection) -> Result<(), StoreError> {
    if let Some(draft) = &case.draft {
        sqlx::query("UPDATE escalation SET draft = $1 WHERE id = $2 AND closed_by IS NOT NULL")
            .bind(json(draft))
            .bind(&case.id)
            .execute(&mut *connection)
            .await?;
    }
    for (call, request, left) in &case.events {
        sqlx::query("UPDATE escalation_event SET what = $1 WHERE case_id = $2 AND call_id = $3 AND request_id = $4")
            .bind(json(left))
            .bind(&case.id)
            .bind(call)
            .bind(request)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

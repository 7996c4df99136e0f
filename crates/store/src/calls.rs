use domain::{CallId, Phi, PhoneNumber, PracticeId};
use jiff::Timestamp;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use crate::column::{Columns, time};
use crate::{Store, StoreError};

/// One call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallRow {
    /// Which.
    pub id: CallId,
    /// Whom it rang.
    pub practice: PracticeId,
    /// The caller's number, if the line told it.
    pub caller_id: Option<Phi<PhoneNumber>>,
    /// Picked up.
    pub began_at: Timestamp,
    /// Over; `None` while it goes on, if the process died in it, or if something of it is still to be kept.
    pub ended_at: Option<Timestamp>,
    /// What came of it, as JSON.
    pub summary: Option<Phi<String>>,
}

impl Store {
    /// Keeps a call that begins. A second time it changes nothing.
    pub async fn begin_call(&self, call: &CallRow) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO call (id, practice, caller_id, began_at, ended_at, summary, node)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(call.id.to_string())
        .bind(&call.practice.0)
        .bind(call.caller_id.as_ref().map(|n| n.expose().as_str()))
        .bind(time(call.began_at))
        .bind(call.ended_at.map(time))
        .bind(call.summary.as_ref().map(Phi::expose))
        .bind(&*self.node)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Keeps how a call ended.
    pub async fn end_call(&self, id: CallId, at: Timestamp, summary: &Phi<String>) -> Result<(), StoreError> {
        let done = sqlx::query("UPDATE call SET ended_at = $1, summary = $2 WHERE id = $3")
            .bind(time(at))
            .bind(summary.expose())
            .bind(id.to_string())
            .execute(&self.writer)
            .await?;
        if done.rows_affected() == 0 { Err(StoreError::NotFound { what: "call" }) } else { Ok(()) }
    }

    /// One call.
    pub async fn call(&self, id: CallId) -> Result<CallRow, StoreError> {
        let row = sqlx::query("SELECT * FROM call WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.readers)
            .await?
            .ok_or(StoreError::NotFound { what: "call" })?;
        call(&row)
    }

    /// The latest calls of a practice, newest first.
    pub async fn latest_calls(&self, practice: &PracticeId, limit: u32) -> Result<Vec<CallRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM call WHERE practice = $1 ORDER BY began_at DESC, id DESC LIMIT $2")
            .bind(&practice.0)
            .bind(i64::from(limit))
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(call).collect()
    }

    /// The latest call from a number, but for one: the present call.
    pub async fn latest_call_from(
        &self,
        practice: &PracticeId,
        number: &Phi<PhoneNumber>,
        but: CallId,
    ) -> Result<Option<CallRow>, StoreError> {
        let row = sqlx::query(
            "SELECT * FROM call WHERE practice = $1 AND caller_id = $2 AND id <> $3 ORDER BY began_at DESC, id DESC LIMIT 1",
        )
        .bind(&practice.0)
        .bind(number.expose().as_str())
        .bind(but.to_string())
        .fetch_optional(&self.readers)
        .await?;
        row.as_ref().map(call).transpose()
    }

    /// The calls of a practice that have not ended, oldest first. At start: those that the last process left behind.
    pub async fn unfinished_calls(&self, practice: &PracticeId) -> Result<Vec<CallRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM call WHERE practice = $1 AND ended_at IS NULL ORDER BY began_at, id")
            .bind(&practice.0)
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(call).collect()
    }

    /// Appends lines to a call's journal, all or none.
    pub async fn append_journal(&self, call: CallId, lines: &[Phi<String>]) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        for line in lines {
            append(call, line, &mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// The same behind the first `written` lines of the journal. A second time it changes nothing: a server that dies may have
    /// kept what it has not confirmed.
    pub async fn append_journal_after(
        &self,
        call: CallId,
        written: usize,
        lines: &[Phi<String>],
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        for (line, seq) in lines.iter().zip(written as i64 + 1..) {
            let known = sqlx::query("SELECT 1 FROM journal WHERE call_id = $1 AND seq = $2 AND line = $3")
                .bind(call.to_string())
                .bind(seq)
                .bind(line.expose())
                .fetch_optional(&mut *transaction)
                .await?;
            if known.is_none() {
                append(call, line, &mut transaction).await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }

    /// A call's journal, in order.
    pub async fn journal(&self, call: CallId) -> Result<Vec<Phi<String>>, StoreError> {
        let rows = sqlx::query("SELECT line FROM journal WHERE call_id = $1 ORDER BY seq")
            .bind(call.to_string())
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(|row| Ok(Columns(row).text("line")?.into())).collect()
    }
}

async fn append(call: CallId, line: &Phi<String>, connection: &mut AnyConnection) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO journal (call_id, seq, line)
         VALUES ($1, (SELECT coalesce(max(seq), 0) + 1 FROM journal WHERE call_id = $1), $2)",
    )
    .bind(call.to_string())
    .bind(line.expose())
    .execute(connection)
    .await?;
    Ok(())
}

pub(crate) fn call(row: &AnyRow) -> Result<CallRow, StoreError> {
    let row = Columns(row);
    let caller_id = row.optional_text("caller_id")?;
    let corrupt = || StoreError::Corrupt { what: "the column caller_id".to_owned() };
    Ok(CallRow {
        id: CallId(row.id("id")?),
        practice: PracticeId(row.text("practice")?),
        caller_id: caller_id.map(|n| n.parse().map(Phi::new).map_err(|_| corrupt())).transpose()?,
        began_at: row.time("began_at")?,
        ended_at: row.optional_time("ended_at")?,
        summary: row.optional_text("summary")?.map(Phi::new),
    })
}

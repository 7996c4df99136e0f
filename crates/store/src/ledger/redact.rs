use domain::{CallId, MessageDraft, MessageId, Phi, PracticeId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Kind, LedgerMessage, NewEntry, append};
use crate::column::{Columns, json, time};
use crate::messages::message;
use crate::{Store, StoreError};

/// The text of a redaction's entry. It may grow as [`LedgerMessage`] may.
#[derive(Serialize, Deserialize)]
pub(super) struct LedgerRedaction<D> {
    pub(super) by: String,
    pub(super) why: Phi<String>,
    /// What is left of the message. Entered here, because the hash of the message's entry proves nothing any more.
    pub(super) left: LedgerMessage<D>,
}

/// A message that has lost its words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Redacted {
    /// In which call it was left: its journal and its summary still hold the words.
    pub call: CallId,
    /// Since when.
    pub at: Timestamp,
    /// It had been redacted before, and nothing was done now.
    pub before: bool,
}

/// Who had a message's words removed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RedactionRow {
    /// When.
    pub at: Timestamp,
    /// Who: a name of the practice's staff.
    pub by: String,
    /// Why.
    pub why: Phi<String>,
}

impl Store {
    /// Removes the words of a message from its row and from the ledger, and enters by whom and why. Its id, call, times,
    /// urgency and intent stay, and what staff did with it, without their notes. A notification that was still to be delivered is not: nothing is left to be told. A second
    /// time it changes nothing.
    ///
    /// What was deleted is overwritten in the database; its log, encrypted like it, holds the old pages until it is written
    /// over. The journal of the call and backups still have the words.
    pub async fn redact_message(
        &self,
        practice: &PracticeId,
        id: MessageId,
        by: &str,
        why: &Phi<String>,
        at: Timestamp,
    ) -> Result<Redacted, StoreError> {
        let mut transaction = self.write().await?;
        let row = sqlx::query("SELECT * FROM message WHERE practice = $1 AND id = $2")
            .bind(&practice.0)
            .bind(id.to_string())
            .fetch_optional(&mut *transaction)
            .await?
            .ok_or(StoreError::NotFound { what: "message" })?;
        let row = message(&row)?;
        if let Some(at) = row.redacted_at {
            return Ok(Redacted { call: row.call, at, before: true });
        }
        let left = tombstone(&row.draft);
        let redaction = LedgerRedaction { by: by.to_owned(), why: why.clone(), left: LedgerMessage::of(&row, &left) };
        let entry = NewEntry {
            practice: &practice.0,
            at: &time(at),
            kind: Kind::Redaction,
            object: &id.to_string(),
            text: &Phi::new(json(&redaction)),
        };
        append(&entry, &mut transaction).await?;
        sqlx::query(
            "DELETE FROM ledger_text WHERE practice = $1
                AND seq = (SELECT seq FROM ledger WHERE practice = $1 AND object = $2 AND kind = 'message')",
        )
        .bind(&practice.0)
        .bind(id.to_string())
        .execute(&mut *transaction)
        .await?;
        sqlx::query("UPDATE message SET draft = $1, redacted_at = $2 WHERE id = $3")
            .bind(json(&left))
            .bind(time(at))
            .bind(id.to_string())
            .execute(&mut *transaction)
            .await?;
        sqlx::query("UPDATE message_work SET note = NULL WHERE message_id = $1 AND note IS NOT NULL")
            .bind(id.to_string())
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM notification WHERE message_id = $1 AND delivered_at IS NULL")
            .bind(id.to_string())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Redacted { call: row.call, at, before: false })
    }

    /// By whom and why a message was redacted; `None` if it was not.
    pub async fn redaction_of(&self, practice: &PracticeId, id: MessageId) -> Result<Option<RedactionRow>, StoreError> {
        let row = sqlx::query(
            "SELECT at, text FROM ledger JOIN ledger_text USING (practice, seq)
             WHERE practice = $1 AND object = $2 AND kind = 'redaction'",
        )
        .bind(&practice.0)
        .bind(id.to_string())
        .fetch_optional(&self.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let row = Columns(&row);
        let LedgerRedaction::<MessageDraft> { by, why, .. } = row.json("text")?;
        Ok(Some(RedactionRow { at: row.time("at")?, by, why }))
    }
}

/// What stays of a message: that there was one, how urgent, what about, from what kind of caller. Every field is named, so that
/// whoever gives a draft a new one decides here whether it holds words.
fn tombstone(draft: &MessageDraft) -> MessageDraft {
    MessageDraft {
        caller: draft.caller,
        intent: draft.intent,
        urgency: draft.urgency,
        name: None,
        date_of_birth: None,
        callback: None,
        text: Phi::default(),
        fields: Vec::new(),
        confirmed: draft.confirmed,
        promised: draft.promised.clone(),
        decodes: Vec::new(),
        complete: draft.complete,
        continues: draft.continues,
    }
}

use domain::{CallId, CallerKind, Confirmed, Intent, MessageDraft, MessageId, Phi, PracticeId, RequestId, Urgency};
use jiff::Timestamp;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use crate::column::{Columns, json, time};
use crate::{Notify, Store, StoreError, ledger, notifications};

/// A message that a caller left.
#[derive(Clone, PartialEq, Debug)]
pub struct MessageRow {
    /// Which.
    pub id: MessageId,
    /// In which call it was left.
    pub call: CallId,
    /// By which of the call's requests.
    pub request: RequestId,
    /// For whom.
    pub practice: PracticeId,
    /// When it was kept.
    pub saved_at: Timestamp,
    /// What was said.
    pub draft: MessageDraft,
    /// When its words were removed ([`Store::redact_message`]); `None` while they are there, and so when it is saved.
    pub redacted_at: Option<Timestamp>,
}

/// The number of a request whose message stands beside another's: no call makes so many.
const BESIDE: u32 = 1 << 20;

impl Store {
    /// Keeps a message, with its entry in the ledger and its notifications in the same transaction. If this request of this call has left one
    /// already, that one's id is returned and nothing is written. Unless that one says something else: then a node that took this
    /// call's own for dead has brought the call to its end with what it knew, and what the caller said since is a message beside it.
    pub async fn save_message(&self, message: &MessageRow, notify: Notify) -> Result<MessageId, StoreError> {
        let mut transaction = self.write().await?;
        let mut row = message.clone();
        for _ in 0..2 {
            let known = sqlx::query("SELECT * FROM message WHERE call_id = $1 AND request_id = $2")
                .bind(message.call.to_string())
                .bind(i64::from(row.request.0))
                .fetch_optional(&mut *transaction)
                .await?;
            let Some(known) = known.as_ref().map(self::message).transpose()? else { break };
            if known.redacted_at.is_some() || known.draft.text == row.draft.text || row.request.0 >= BESIDE {
                return Ok(known.id);
            }
            row.request.0 += BESIDE;
        }
        insert(&row, notify, &mut transaction).await?;
        transaction.commit().await?;
        Ok(row.id)
    }

    /// The messages of one call, in the order in which they were left.
    pub async fn messages_of(&self, call: CallId) -> Result<Vec<MessageRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM message WHERE call_id = $1 ORDER BY request_id")
            .bind(call.to_string())
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(message).collect()
    }

    /// The latest messages of a practice, newest first.
    pub async fn latest_messages(&self, practice: &PracticeId, limit: u32) -> Result<Vec<MessageRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM message WHERE practice = $1 ORDER BY saved_at DESC, id DESC LIMIT $2")
            .bind(&practice.0)
            .bind(i64::from(limit))
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(message).collect()
    }
}

/// Stands for a draft that is damaged, or was written by a later version: one message must not take all others from the practice's
/// sight. What is kept stays as it is.
fn unreadable() -> MessageDraft {
    MessageDraft {
        caller: CallerKind::Other,
        intent: Intent::Other,
        urgency: Urgency::Urgent,
        name: None,
        date_of_birth: None,
        callback: None,
        text: Phi::from(
            "This message cannot be read by this version of the program; its call's journal has the words.",
        ),
        fields: Vec::new(),
        confirmed: Confirmed::default(),
        promised: None,
        decodes: Vec::new(),
        complete: false,
        continues: None,
    }
}

/// The message, with its entry in the ledger and its notifications.
pub(crate) async fn insert(row: &MessageRow, notify: Notify, connection: &mut AnyConnection) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO message (id, call_id, request_id, practice, saved_at, draft) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(row.id.to_string())
    .bind(row.call.to_string())
    .bind(i64::from(row.request.0))
    .bind(&row.practice.0)
    .bind(time(row.saved_at))
    .bind(json(&row.draft))
    .execute(&mut *connection)
    .await?;
    ledger::enter_message(row, connection).await?;
    notifications::enter(row, notify, connection).await
}

pub(crate) fn message(row: &AnyRow) -> Result<MessageRow, StoreError> {
    let row = Columns(row);
    Ok(MessageRow {
        id: MessageId(row.id("id")?),
        call: CallId(row.id("call_id")?),
        request: RequestId(row.number("request_id")?),
        practice: PracticeId(row.text("practice")?),
        saved_at: row.time("saved_at")?,
        draft: row.json("draft").unwrap_or_else(|_| unreadable()),
        redacted_at: row.optional_time("redacted_at")?,
    })
}

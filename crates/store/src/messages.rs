use domain::{CallId, CallerKind, Confirmed, Intent, MessageDraft, MessageId, Phi, PracticeId, RequestId, Urgency};
use jiff::Timestamp;
use sqlx::any::AnyRow;

use crate::column::{Columns, json, time};
use crate::{Store, StoreError, ledger};

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

/// Whether the practice is to be told of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notify {
    /// It has somewhere to be told.
    Practice,
    /// It reads its messages here.
    Nobody,
}

/// A notification that is due.
#[derive(Clone, PartialEq, Debug)]
pub struct DueNotification {
    /// Of which message.
    pub message: MessageRow,
    /// How often it was tried already.
    pub tries: u32,
    /// Since when.
    pub due_at: Timestamp,
}

impl Store {
    /// Keeps a message, with its entry in the ledger and the notification in the same transaction. If this request of this call has left one
    /// already, that one's id is returned and nothing is written.
    pub async fn save_message(&self, message: &MessageRow, notify: Notify) -> Result<MessageId, StoreError> {
        let mut transaction = self.write().await?;
        let known = sqlx::query("SELECT id FROM message WHERE call_id = $1 AND request_id = $2")
            .bind(message.call.to_string())
            .bind(i64::from(message.request.0))
            .fetch_optional(&mut *transaction)
            .await?;
        if let Some(known) = known {
            return Ok(MessageId(Columns(&known).id("id")?));
        }
        sqlx::query(
            "INSERT INTO message (id, call_id, request_id, practice, saved_at, draft) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(message.id.to_string())
        .bind(message.call.to_string())
        .bind(i64::from(message.request.0))
        .bind(&message.practice.0)
        .bind(time(message.saved_at))
        .bind(json(&message.draft))
        .execute(&mut *transaction)
        .await?;
        ledger::enter_message(message, &mut transaction).await?;
        match notify {
            Notify::Nobody => {}
            Notify::Practice => {
                sqlx::query("INSERT INTO notification (message_id, practice, due_at) VALUES ($1, $2, $3)")
                    .bind(message.id.to_string())
                    .bind(&message.practice.0)
                    .bind(time(message.saved_at))
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        transaction.commit().await?;
        Ok(message.id)
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

    /// Notifications that are due at `now`, the longest due first.
    pub async fn due_notifications(
        &self,
        practice: &PracticeId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueNotification>, StoreError> {
        let rows = sqlx::query(
            "SELECT message.*, tries, due_at FROM notification JOIN message ON message.id = message_id
             WHERE notification.practice = $1 AND due_at <= $2 AND delivered_at IS NULL ORDER BY due_at LIMIT $3",
        )
        .bind(&practice.0)
        .bind(time(now))
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                let columns = Columns(row);
                let (tries, due_at) = (columns.number("tries")?, columns.time("due_at")?);
                Ok(DueNotification { message: message(row)?, tries, due_at })
            })
            .collect()
    }

    /// When the next notification will be due; `None` if all are delivered.
    pub async fn next_notification_at(&self, practice: &PracticeId) -> Result<Option<Timestamp>, StoreError> {
        let row =
            sqlx::query("SELECT min(due_at) AS due_at FROM notification WHERE practice = $1 AND delivered_at IS NULL")
                .bind(&practice.0)
                .fetch_one(&self.readers)
                .await?;
        Columns(&row).optional_time("due_at")
    }

    /// Takes a notification to deliver it, until `until`: then whoever has taken it has died, and it is due again. False if another
    /// node was faster or it was delivered meanwhile.
    pub async fn take_notification(&self, due: &DueNotification, until: Timestamp) -> Result<bool, StoreError> {
        let taken = sqlx::query(
            "UPDATE notification SET due_at = $1 WHERE message_id = $2 AND due_at = $3 AND delivered_at IS NULL",
        )
        .bind(time(until))
        .bind(due.message.id.to_string())
        .bind(time(due.due_at))
        .execute(&self.writer)
        .await?;
        Ok(taken.rows_affected() == 1)
    }

    /// The practice has taken the notification of `id`.
    pub async fn notification_delivered(&self, id: MessageId, at: Timestamp) -> Result<(), StoreError> {
        sqlx::query("UPDATE notification SET delivered_at = $1 WHERE message_id = $2")
            .bind(time(at))
            .bind(id.to_string())
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// It has not; it will be tried again at `due_at`.
    pub async fn notification_failed(&self, id: MessageId, due_at: Timestamp) -> Result<(), StoreError> {
        sqlx::query("UPDATE notification SET tries = tries + 1, due_at = $1 WHERE message_id = $2")
            .bind(time(due_at))
            .bind(id.to_string())
            .execute(&self.writer)
            .await?;
        Ok(())
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

//! What the practice is still to be told, and in which way. Each way has a row of its own: what one has taken, the other may not.

use domain::{MessageId, PracticeId};
use jiff::Timestamp;
use sqlx::AnyConnection;

use crate::column::{Columns, time};
use crate::messages::message;
use crate::{MessageRow, Store, StoreError};

/// A way in which a practice is told of its messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoticeWay {
    /// Its own system takes them.
    Webhook,
    /// They come into its mailbox.
    Email,
}

impl NoticeWay {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Webhook, Self::Email];

    /// As it is kept.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Email => "email",
        }
    }
}

/// In which ways the practice is to be told of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notify {
    /// In none: it reads its messages here.
    Nobody,
    /// Its own system, at once.
    Practice,
    /// Its mailbox.
    Mailbox {
        /// Not before then.
        from: Timestamp,
    },
    /// Its own system at once, and its mailbox.
    Both {
        /// The mailbox not before then.
        mailbox_from: Timestamp,
    },
}

impl Notify {
    /// Each way and from when on, of a message that was kept at `saved_at`.
    fn ways(self, saved_at: Timestamp) -> Vec<(NoticeWay, Timestamp)> {
        match self {
            Self::Nobody => Vec::new(),
            Self::Practice => vec![(NoticeWay::Webhook, saved_at)],
            Self::Mailbox { from } => vec![(NoticeWay::Email, from)],
            Self::Both { mailbox_from } => vec![(NoticeWay::Webhook, saved_at), (NoticeWay::Email, mailbox_from)],
        }
    }
}

/// A notification that is due.
#[derive(Clone, PartialEq, Debug)]
pub struct DueNotification {
    /// Of which message.
    pub message: MessageRow,
    /// In which way.
    pub way: NoticeWay,
    /// How often it was tried already.
    pub tries: u32,
    /// Since when.
    pub due_at: Timestamp,
}

impl Store {
    /// Notifications of this way that are due at `now`, the longest due first.
    pub async fn due_notifications(
        &self,
        practice: &PracticeId,
        way: NoticeWay,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueNotification>, StoreError> {
        let rows = sqlx::query(
            "SELECT message.*, tries, due_at FROM notification JOIN message ON message.id = message_id
             WHERE notification.practice = $1 AND way = $2 AND due_at <= $3 AND delivered_at IS NULL
             ORDER BY due_at, message_id LIMIT $4",
        )
        .bind(&practice.0)
        .bind(way.label())
        .bind(time(now))
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                let columns = Columns(row);
                let (tries, due_at) = (columns.number("tries")?, columns.time("due_at")?);
                Ok(DueNotification { message: message(row)?, way, tries, due_at })
            })
            .collect()
    }

    /// When the next notification of this way will be due; `None` if all are delivered.
    pub async fn next_notification_at(
        &self,
        practice: &PracticeId,
        way: NoticeWay,
    ) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query(
            "SELECT min(due_at) AS due_at FROM notification WHERE practice = $1 AND way = $2 AND delivered_at IS NULL",
        )
        .bind(&practice.0)
        .bind(way.label())
        .fetch_one(&self.readers)
        .await?;
        Columns(&row).optional_time("due_at")
    }

    /// Takes notifications to deliver them together, until `until`: then whoever has taken them has died, and they are due again. What
    /// another node has taken first, or was delivered or redacted meanwhile, is left out of what is given back.
    pub async fn take_notifications(
        &self,
        due: Vec<DueNotification>,
        until: Timestamp,
    ) -> Result<Vec<DueNotification>, StoreError> {
        let mut transaction = self.write().await?;
        let mut taken = Vec::with_capacity(due.len());
        for one in due {
            let done = sqlx::query(
                "UPDATE notification SET due_at = $1 WHERE message_id = $2 AND way = $3 AND due_at = $4 AND delivered_at IS NULL",
            )
            .bind(time(until))
            .bind(one.message.id.to_string())
            .bind(one.way.label())
            .bind(time(one.due_at))
            .execute(&mut *transaction)
            .await?;
            if done.rows_affected() == 1 {
                taken.push(one);
            }
        }
        transaction.commit().await?;
        Ok(taken)
    }

    /// The practice has been told of these messages in this way.
    pub async fn notifications_delivered(
        &self,
        way: NoticeWay,
        messages: &[MessageId],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.note("UPDATE notification SET delivered_at = $1 WHERE message_id = $2 AND way = $3", way, messages, at)
            .await
    }

    /// It has not; it will be tried again at `due_at`.
    pub async fn notifications_failed(
        &self,
        way: NoticeWay,
        messages: &[MessageId],
        due_at: Timestamp,
    ) -> Result<(), StoreError> {
        let failed = "UPDATE notification SET tries = tries + 1, due_at = $1 WHERE message_id = $2 AND way = $3";
        self.note(failed, way, messages, due_at).await
    }

    async fn note(
        &self,
        update: &'static str,
        way: NoticeWay,
        messages: &[MessageId],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        for id in messages {
            let update = sqlx::query(update).bind(time(at)).bind(id.to_string()).bind(way.label());
            update.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// Within the transaction of the message.
pub(crate) async fn enter(
    message: &MessageRow,
    notify: Notify,
    connection: &mut AnyConnection,
) -> Result<(), StoreError> {
    for (way, from) in notify.ways(message.saved_at) {
        sqlx::query(
            "INSERT INTO notification (message_id, way, practice, owed_at, due_at) VALUES ($1, $2, $3, $4, $4)",
        )
        .bind(message.id.to_string())
        .bind(way.label())
        .bind(&message.practice.0)
        .bind(time(from))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

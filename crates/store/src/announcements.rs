use std::collections::BTreeMap;

use domain::{MessageId, PracticeId};
use jiff::Timestamp;

use crate::column::{Columns, time};
use crate::{Store, StoreError};

/// Messages that the practice's system has not taken for too long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Overdue {
    /// How many.
    pub messages: u32,
    /// Since when: the oldest was kept then.
    pub since: Timestamp,
}

impl Store {
    /// Messages that could not be announced yet, and how often it was tried.
    pub async fn unannounced_messages(&self, practice: &PracticeId) -> Result<BTreeMap<MessageId, u32>, StoreError> {
        let rows = sqlx::query(
            "SELECT message_id, tries FROM notification WHERE practice = $1 AND delivered_at IS NULL AND tries > 0",
        )
        .bind(&practice.0)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(|row| Ok((MessageId(Columns(row).id("message_id")?), Columns(row).number("tries")?))).collect()
    }

    /// What was kept before `before` and is not announced. Who marks such a message as done has read it: it counts no more.
    pub async fn overdue_announcements(
        &self,
        practice: &PracticeId,
        before: Timestamp,
    ) -> Result<Option<Overdue>, StoreError> {
        let row = sqlx::query(
            "SELECT count(*) AS messages, min(saved_at) AS since FROM notification JOIN inbox USING (message_id)
             WHERE notification.practice = $1 AND delivered_at IS NULL AND done_at IS NULL AND saved_at < $2",
        )
        .bind(&practice.0)
        .bind(time(before))
        .fetch_one(&self.readers)
        .await?;
        let row = Columns(&row);
        let messages = row.number("messages")?;
        Ok(row.optional_time("since")?.map(|since| Overdue { messages, since }))
    }
}

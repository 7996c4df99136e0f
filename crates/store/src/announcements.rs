use std::collections::BTreeMap;

use domain::{MessageId, PracticeId};
use jiff::Timestamp;

use crate::column::{Columns, time};
use crate::{NoticeWay, Store, StoreError};

/// Messages of which the practice could not be told in a way for too long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Overdue {
    /// In which way.
    pub way: NoticeWay,
    /// How many.
    pub messages: u32,
    /// Since when: the practice was to be told of the oldest then.
    pub since: Timestamp,
}

impl Store {
    /// Messages that could not be announced yet, and how often it was tried in the way in which it was tried most often.
    pub async fn unannounced_messages(&self, practice: &PracticeId) -> Result<BTreeMap<MessageId, u32>, StoreError> {
        let rows = sqlx::query(
            "SELECT message_id, max(tries) AS tries FROM notification
             WHERE practice = $1 AND delivered_at IS NULL AND tries > 0 GROUP BY message_id",
        )
        .bind(&practice.0)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(|row| Ok((MessageId(Columns(row).id("message_id")?), Columns(row).number("tries")?))).collect()
    }

    /// What was to be told before `before` and is not, in any of the ways. Who marks such a message as done has read it: it counts no
    /// more.
    pub async fn overdue_announcements(
        &self,
        practice: &PracticeId,
        before: Timestamp,
    ) -> Result<Vec<Overdue>, StoreError> {
        let mut overdue = Vec::new();
        for way in NoticeWay::ALL {
            let row = sqlx::query(
                "SELECT count(*) AS messages, min(owed_at) AS since FROM notification JOIN inbox USING (message_id)
                 WHERE notification.practice = $1 AND way = $2 AND delivered_at IS NULL AND done_at IS NULL
                    AND owed_at < $3",
            )
            .bind(&practice.0)
            .bind(way.label())
            .bind(time(before))
            .fetch_one(&self.readers)
            .await?;
            let row = Columns(&row);
            let messages = row.number("messages")?;
            overdue.extend(row.optional_time("since")?.map(|since| Overdue { way, messages, since }));
        }
        Ok(overdue)
    }
}

use domain::{MessageId, Phi, PracticeId};
use jiff::{SignedDuration, Timestamp};
use sqlx::any::AnyRow;

use crate::column::{Columns, corrupt, time};
use crate::messages::message;
use crate::{MessageRow, Store, StoreError};

/// A message that goes on from another is left within this time: longer ago no call is resumed.
const CONTINUED_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// Which messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shelf {
    /// Those that wait, the most urgent first, then the oldest.
    Open,
    /// Those that are done, what was done last first.
    Done,
}

/// What staff do with a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageDeed {
    /// They have read it.
    Opened,
    /// They have called the caller back.
    CalledBack,
    /// Nothing is left to be done.
    Done,
    /// Something is, after all.
    Reopened,
}

impl MessageDeed {
    const ALL: [Self; 4] = [Self::Opened, Self::CalledBack, Self::Done, Self::Reopened];

    /// As it is kept.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::CalledBack => "called_back",
            Self::Done => "done",
            Self::Reopened => "reopened",
        }
    }

    /// Reads what [`MessageDeed::label`] gives.
    pub fn parse(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.label() == label)
    }
}

/// What somebody did with a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WorkRow {
    /// When.
    pub at: Timestamp,
    /// Who, by the name with which they log in.
    pub by: String,
    /// What.
    pub what: MessageDeed,
    /// What they wrote about it.
    pub note: Option<Phi<String>>,
}

/// A message and how far it is.
#[derive(Clone, PartialEq, Debug)]
pub struct InboxRow {
    /// The message.
    pub message: MessageRow,
    /// Since when it is done.
    pub done_at: Option<Timestamp>,
    /// What was done last with it, and by whom; `None` if nobody has opened it.
    pub last: Option<(MessageDeed, String)>,
}

/// What both shelves show. A macro, because a statement is one literal.
macro_rules! rows_of_the_inbox {
    () => {
        "SELECT message.*, done_at,
            (SELECT what FROM message_work WHERE message_id = message.id ORDER BY id DESC LIMIT 1) AS last_what,
            (SELECT by FROM message_work WHERE message_id = message.id ORDER BY id DESC LIMIT 1) AS last_by
         FROM inbox JOIN message ON message.id = inbox.message_id "
    };
}

impl Store {
    /// At most `limit` messages of one shelf, those after `after` in its order. Nothing follows a message of another practice.
    pub async fn inbox(
        &self,
        practice: &PracticeId,
        shelf: Shelf,
        after: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<InboxRow>, StoreError> {
        let after = after.map(|id| id.to_string());
        let query = match shelf {
            Shelf::Open => sqlx::query(concat!(
                rows_of_the_inbox!(),
                "WHERE inbox.practice = $1 AND done_at IS NULL AND ($2 IS NULL OR (urgency, inbox.saved_at, inbox.message_id) >
                    (SELECT urgency, saved_at, message_id FROM inbox WHERE message_id = $2 AND practice = $1))
                 ORDER BY urgency, inbox.saved_at, inbox.message_id LIMIT $3",
            )),
            Shelf::Done => sqlx::query(concat!(
                rows_of_the_inbox!(),
                "WHERE inbox.practice = $1 AND done_at IS NOT NULL AND ($2 IS NULL OR (done_at, inbox.message_id) <
                    (SELECT done_at, message_id FROM inbox WHERE message_id = $2 AND practice = $1))
                 ORDER BY done_at DESC, inbox.message_id DESC LIMIT $3",
            )),
        };
        let rows = query.bind(&practice.0).bind(after).bind(i64::from(limit)).fetch_all(&self.readers).await?;
        rows.iter().map(inbox_row).collect()
    }

    /// One message, if it is this practice's, with everything that was done with it, the oldest first.
    pub async fn inbox_message(
        &self,
        practice: &PracticeId,
        id: MessageId,
    ) -> Result<Option<(InboxRow, Vec<WorkRow>)>, StoreError> {
        let row = sqlx::query(
            "SELECT message.*, done_at FROM message JOIN inbox ON inbox.message_id = message.id
             WHERE message.practice = $1 AND message.id = $2",
        )
        .bind(&practice.0)
        .bind(id.to_string())
        .fetch_optional(&self.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let work = sqlx::query("SELECT at, by, what, note FROM message_work WHERE message_id = $1 ORDER BY id")
            .bind(id.to_string())
            .fetch_all(&self.readers)
            .await?;
        let work: Vec<_> = work.iter().map(work_row).collect::<Result<_, _>>()?;
        let last = work.last().map(|row| (row.what, row.by.clone()));
        let done_at = Columns(&row).optional_time("done_at")?;
        Ok(Some((InboxRow { message: message(&row)?, done_at, last }, work)))
    }

    /// The message in which a caller went on with this one.
    pub async fn continuation_of(&self, of: &MessageRow) -> Result<Option<MessageId>, StoreError> {
        let until = of.saved_at.checked_add(CONTINUED_WITHIN).unwrap_or(Timestamp::MAX);
        let row = sqlx::query(
            "SELECT id FROM message WHERE practice = $1 AND saved_at BETWEEN $2 AND $3
                AND CASE WHEN json_valid(draft) THEN json_extract(draft, '$.continues') END = $4 ORDER BY saved_at LIMIT 1",
        )
        .bind(&of.practice.0)
        .bind(time(of.saved_at))
        .bind(time(until))
        .bind(of.id.to_string())
        .fetch_optional(&self.readers)
        .await?;
        row.as_ref().map(|row| Ok(MessageId(Columns(row).id("id")?))).transpose()
    }

    /// Writes down what somebody did with a message of this practice. What is so already is not written again (that the
    /// same person opens it once more, that it is done or open), unless they wrote something about it. Of a message that was
    /// redacted no note is kept.
    pub async fn work_on_message(
        &self,
        practice: &PracticeId,
        id: MessageId,
        work: &WorkRow,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        let row = sqlx::query(
            "SELECT done_at, redacted_at, (SELECT count(*) FROM message_work
                WHERE message_work.message_id = message.id AND what = 'opened' AND by = $1) AS opened
             FROM message JOIN inbox ON inbox.message_id = message.id WHERE message.practice = $2 AND message.id = $3",
        )
        .bind(&work.by)
        .bind(&practice.0)
        .bind(id.to_string())
        .fetch_optional(&mut *transaction)
        .await?
        .ok_or(StoreError::NotFound { what: "message" })?;
        let row = Columns(&row);
        let is_so = match work.what {
            MessageDeed::Opened => row.integer("opened")? > 0,
            MessageDeed::CalledBack => false,
            MessageDeed::Done => row.optional_time("done_at")?.is_some(),
            MessageDeed::Reopened => row.optional_time("done_at")?.is_none(),
        };
        // A note on a message that was redacted could never be removed.
        let note = work.note.as_ref().filter(|_| row.optional_text("redacted_at").is_ok_and(|at| at.is_none()));
        if is_so && note.is_none() {
            return Ok(());
        }
        sqlx::query("INSERT INTO message_work (message_id, at, by, what, note) VALUES ($1, $2, $3, $4, $5)")
            .bind(id.to_string())
            .bind(time(work.at))
            .bind(&work.by)
            .bind(work.what.label())
            .bind(note.map(Phi::expose))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }
}

fn inbox_row(row: &AnyRow) -> Result<InboxRow, StoreError> {
    let columns = Columns(row);
    let last = match (columns.optional_text("last_what")?, columns.optional_text("last_by")?) {
        (Some(what), Some(by)) => Some((MessageDeed::parse(&what).ok_or_else(|| corrupt("what"))?, by)),
        (_, _) => None,
    };
    Ok(InboxRow { message: message(row)?, done_at: columns.optional_time("done_at")?, last })
}

fn work_row(row: &AnyRow) -> Result<WorkRow, StoreError> {
    let row = Columns(row);
    Ok(WorkRow {
        at: row.time("at")?,
        by: row.text("by")?,
        what: MessageDeed::parse(&row.text("what")?).ok_or_else(|| corrupt("what"))?,
        note: row.optional_text("note")?.map(Phi::new),
    })
}

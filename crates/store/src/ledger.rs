//! The message ledger: one entry for each message, written in the transaction of the message and so on the disk before its
//! caller hears that it is kept. Entries are chained by hashes (`chain.rs`), each practice's from 1 and without gaps.
//!
//! What is entered stands as JSON in a table beside the chain. Its salted hash stands in the chain; a redaction deletes text
//! and salt and is itself an entry, so the ledger tells that there was a message, and who had its words removed and why, and
//! nobody can find out a short text by trying.
//!
//! It proves that nothing was changed, left out or put in between since an entry was made. It does not prove it against
//! somebody who has the key of the database and makes every later entry anew; for that a practice keeps a [`LedgerHead`]
//! elsewhere.

mod before;
mod chain;
mod entry;
mod head;
mod redact;
mod report;
mod verify;

use domain::{MessageDraft, Phi};
use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;

use crate::column::{Columns, corrupt, json, time};
use crate::{MessageRow, StoreError};
pub(crate) use before::enter_messages_of_before;
pub use head::{InvalidHead, LedgerHead};
pub use redact::{Redacted, RedactionRow};
pub use report::{FLAWS_MAX, LedgerFlaw, LedgerReport};

/// What an entry tells of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Message,
    Redaction,
}

impl Kind {
    const fn label(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Redaction => "redaction",
        }
    }
}

/// The text of a message's entry. It may grow: a new field is optional (`default`, skipped if empty), so that old texts are
/// still read. `D` is the draft, or, where it is compared and not understood, its JSON.
#[derive(Serialize, Deserialize)]
struct LedgerMessage<D> {
    /// The id of the call.
    call: String,
    /// The number of the request in its call.
    request: i64,
    /// As the row of the message has it.
    saved_at: String,
    /// What the practice is told.
    draft: D,
    /// It was kept before there was a ledger: what happened to it until it was entered is not proved.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    before_ledger: bool,
}

impl<'a> LedgerMessage<&'a MessageDraft> {
    fn of(message: &MessageRow, draft: &'a MessageDraft) -> Self {
        Self {
            call: message.call.to_string(),
            request: message.request.0.into(),
            saved_at: time(message.saved_at),
            draft,
            before_ledger: false,
        }
    }
}

/// Enters a message that is being saved. `transaction` writes already.
pub(crate) async fn enter_message(message: &MessageRow, transaction: &mut AnyConnection) -> Result<(), StoreError> {
    let entry = NewEntry {
        practice: &message.practice.0,
        at: &time(message.saved_at),
        kind: Kind::Message,
        object: &message.id.to_string(),
        text: &Phi::new(json(&LedgerMessage::of(message, &message.draft))),
    };
    append(&entry, transaction).await
}

/// What is to be entered.
struct NewEntry<'a> {
    practice: &'a str,
    at: &'a str,
    kind: Kind,
    object: &'a str,
    text: &'a Phi<String>,
}

/// Appends an entry. `transaction` holds the lock for writing, so nobody else appends to the same entry before.
async fn append(entry: &NewEntry<'_>, transaction: &mut AnyConnection) -> Result<(), StoreError> {
    let newest = sqlx::query("SELECT seq, hash FROM ledger WHERE practice = $1 ORDER BY seq DESC LIMIT 1")
        .bind(entry.practice)
        .fetch_optional(&mut *transaction)
        .await?;
    let (seq, previous) = match &newest {
        Some(row) => (Columns(row).integer("seq")?, Columns(row).bytes("hash")?),
        None => (0, chain::BEGINNING.to_vec()),
    };
    let seq = seq.checked_add(1).ok_or_else(|| corrupt("seq"))?;
    let salt: [u8; chain::SALT_BYTES] = rand::random();
    let text_hash = chain::text_hash(&salt, entry.text.expose().as_bytes());
    let link = chain::Link {
        version: chain::VERSION,
        practice: entry.practice.as_bytes(),
        seq,
        at: entry.at.as_bytes(),
        kind: entry.kind.label().as_bytes(),
        object: entry.object.as_bytes(),
        text_hash: &text_hash,
        previous: &previous,
    };
    sqlx::query(
        "INSERT INTO ledger (practice, seq, version, at, kind, object, text_hash, previous, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(entry.practice)
    .bind(seq)
    .bind(chain::VERSION)
    .bind(entry.at)
    .bind(entry.kind.label())
    .bind(entry.object)
    .bind(&text_hash[..])
    .bind(&previous)
    .bind(&link.hash()[..])
    .execute(&mut *transaction)
    .await?;
    sqlx::query("INSERT INTO ledger_text (practice, seq, salt, text) VALUES ($1, $2, $3, $4)")
        .bind(entry.practice)
        .bind(seq)
        .bind(&salt[..])
        .bind(entry.text.expose())
        .execute(&mut *transaction)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_text_of_a_later_version_with_more_in_it_is_still_read() {
        let text = r#"{"call":"c","request":1,"saved_at":"now","decodes":["one"],"draft":{"text":"x","new":true}}"#;
        let read: LedgerMessage<Phi<Value>> = serde_json::from_str(text).unwrap();
        assert!(!read.before_ledger);
        assert_eq!(read.draft.expose()["new"], true, "what is compared is all of the draft");
    }
}

//! One entry of a ledger, held against itself, the entry before, its text and its message.

use domain::{Phi, PracticeId};
use serde_json::Value;
use sqlx::any::AnyRow;

use super::before::as_stored;
use super::redact::LedgerRedaction;
use super::report::LedgerFlaw;
use super::{Kind, LedgerMessage, chain};
use crate::StoreError;
use crate::column::Columns;
use crate::engine::Engine;

/// At most `$3` entries of the practice `$1` after `$2`. Texts come as bytes: what is no UTF-8 any more is a flaw to be told, not an
/// error. A row that is joined twice is found as a gap.
pub(super) fn entries(engine: &Engine) -> String {
    let bytes = |columns: &[(&str, &str)]| {
        let all =
            columns.iter().map(|(of, column)| format!("{} AS {column}", (engine.as_bytes)(&format!("{of}.{column}"))));
        all.collect::<Vec<_>>().join(", ")
    };
    let entry = bytes(&[("entry", "at"), ("entry", "kind"), ("entry", "object"), ("words", "text")]);
    let message =
        bytes(&[("message", "call_id"), ("message", "saved_at"), ("message", "draft"), ("message", "redacted_at")]);
    format!(
        "SELECT entry.seq, entry.version, entry.text_hash, entry.previous, entry.hash, {entry}, words.salt,
            CASE WHEN redaction.seq IS NULL THEN 0 ELSE 1 END AS is_redacted, message.request_id, {message}
         FROM ledger AS entry
         LEFT JOIN ledger_text AS words ON words.practice = entry.practice AND words.seq = entry.seq
         LEFT JOIN ledger AS redaction ON entry.kind = 'message' AND redaction.kind = 'redaction'
            AND redaction.practice = entry.practice AND redaction.object = entry.object AND redaction.seq > entry.seq
         LEFT JOIN message ON message.id = entry.object AND message.practice = entry.practice
         WHERE entry.practice = $1 AND entry.seq > $2 ORDER BY entry.seq LIMIT $3"
    )
}

/// An entry with what stands beside it, as bytes.
pub(super) struct Entry {
    pub(super) seq: i64,
    version: i64,
    at: Vec<u8>,
    kind: Vec<u8>,
    object: Vec<u8>,
    text_hash: Vec<u8>,
    previous: Vec<u8>,
    pub(super) hash: Vec<u8>,
    pub(super) is_redacted: bool,
    /// Salt and text.
    words: Option<(Vec<u8>, Phi<Vec<u8>>)>,
    message: Option<Kept>,
}

/// The row of a message.
struct Kept {
    call: Vec<u8>,
    request: i64,
    saved_at: Vec<u8>,
    draft: Phi<Vec<u8>>,
    redacted_at: Option<Vec<u8>>,
}

impl Kept {
    fn of(row: &Columns<'_>) -> Result<Option<Self>, StoreError> {
        let Some(draft) = row.optional_bytes("draft")? else { return Ok(None) };
        Ok(Some(Self {
            call: row.bytes("call_id")?,
            request: row.integer("request_id")?,
            saved_at: row.bytes("saved_at")?,
            draft: Phi::new(draft),
            redacted_at: row.optional_bytes("redacted_at")?,
        }))
    }
}

impl Entry {
    /// A row of [`entries`].
    pub(super) fn of(row: &AnyRow) -> Result<Self, StoreError> {
        let row = Columns(row);
        let words = row.optional_bytes("salt")?.zip(row.optional_bytes("text")?);
        Ok(Self {
            seq: row.integer("seq")?,
            version: row.integer("version")?,
            at: row.bytes("at")?,
            kind: row.bytes("kind")?,
            object: row.bytes("object")?,
            text_hash: row.bytes("text_hash")?,
            previous: row.bytes("previous")?,
            hash: row.bytes("hash")?,
            is_redacted: row.integer("is_redacted")? != 0,
            words: words.map(|(salt, text)| (salt, Phi::new(text))),
            message: Kept::of(&row)?,
        })
    }

    /// What is wrong with it, the first thing.
    pub(super) fn flaw(&self, seq: u64, practice: &PracticeId, last: &(i64, Vec<u8>)) -> Option<LedgerFlaw> {
        let expected = last.0.unsigned_abs() + 1;
        let link = chain::Link {
            version: self.version,
            practice: practice.0.as_bytes(),
            seq: self.seq,
            at: &self.at,
            kind: &self.kind,
            object: &self.object,
            text_hash: &self.text_hash,
            previous: &self.previous,
        };
        if seq != expected {
            return Some(LedgerFlaw::Gap { expected, found: seq });
        }
        if self.previous != last.1 {
            return Some(LedgerFlaw::WrongPrevious { seq });
        }
        if self.hash != link.hash() {
            return Some(LedgerFlaw::WrongHash { seq });
        }
        match &self.words {
            Some(_) if self.is_redacted => return Some(LedgerFlaw::TextNotRemoved { seq }),
            Some((salt, text)) => {
                let hash = chain::text_hash(salt, text.expose());
                if salt.len() != chain::SALT_BYTES || self.text_hash != hash {
                    return Some(LedgerFlaw::TextChanged { seq });
                }
            }
            None if self.is_redacted => {}
            None => return Some(LedgerFlaw::TextMissing { seq }),
        }
        self.flaw_of_message(seq)
    }

    /// Whether the row of the message says what was entered last of it.
    fn flaw_of_message(&self, seq: u64) -> Option<LedgerFlaw> {
        let text = self.words.as_ref().map(|(_, text)| text.expose().as_slice());
        let (entered, redacted_at) = if self.kind == Kind::Message.label().as_bytes() {
            // Of a redacted message the later entry tells what is left.
            let text = text?;
            (serde_json::from_slice::<LedgerMessage<Phi<Value>>>(text).ok(), None)
        } else if self.kind == Kind::Redaction.label().as_bytes() {
            let redaction = text.and_then(|text| serde_json::from_slice(text).ok());
            (redaction.map(|LedgerRedaction { left, .. }| left), Some(&self.at))
        } else {
            return None;
        };
        let Some(message) = &self.message else { return Some(LedgerFlaw::MessageMissing { seq }) };
        let is_same = entered.is_some_and(|entered| {
            entered.call.as_bytes() == message.call
                && entered.request == message.request
                && entered.saved_at.as_bytes() == message.saved_at
                && entered.draft == as_stored(message.draft.expose())
                && redacted_at == message.redacted_at.as_ref()
        });
        (!is_same).then_some(LedgerFlaw::MessageDiffers { seq })
    }
}

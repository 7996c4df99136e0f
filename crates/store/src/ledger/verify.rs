use domain::{MessageId, PracticeId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::LedgerHead;
use super::chain;
use super::entry::{Entry, entries};
use super::report::{FLAWS_MAX, LedgerFlaw, LedgerReport};
use crate::column::{Columns, corrupt};
use crate::engine::Engine;
use crate::{Store, StoreError};

/// Entries that are read at once.
const BATCH: u32 = 256;

impl Store {
    /// Reads the whole ledger of a practice and compares it with itself and with the messages. With `expected`, also whether
    /// that head of before still stands in it; then nothing up to it was changed by anybody.
    ///
    /// Calls go on meanwhile: it is read as it stood at one moment, a part at a time.
    pub async fn verify_ledger(
        &self,
        practice: &PracticeId,
        expected: Option<&LedgerHead>,
    ) -> Result<LedgerReport, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let entries = entries(self.engine);
        let mut walk = Walk {
            practice,
            expected,
            report: LedgerReport { entries: 0, redacted: 0, head: None, flaws: Vec::new() },
            last: (0, chain::BEGINNING.to_vec()),
        };
        while walk.is_on() {
            let rows = sqlx::query(AssertSqlSafe(entries.clone()))
                .bind(&practice.0)
                .bind(walk.last.0)
                .bind(i64::from(BATCH))
                .fetch_all(&mut *snapshot)
                .await?;
            if rows.is_empty() {
                walk.end();
                without_entry(&mut walk, self.engine, &mut snapshot).await?;
                break;
            }
            for row in &rows {
                walk.step(row)?;
            }
        }
        snapshot.rollback().await?;
        Ok(walk.report)
    }
}

/// Texts and messages that no entry stands for.
async fn without_entry(walk: &mut Walk<'_>, engine: &Engine, snapshot: &mut AnyConnection) -> Result<(), StoreError> {
    let texts = sqlx::query(
        "SELECT seq FROM ledger_text AS words WHERE practice = $1
            AND NOT EXISTS (SELECT 1 FROM ledger WHERE practice = words.practice AND seq = words.seq)
         ORDER BY seq LIMIT $2",
    )
    .bind(&walk.practice.0)
    .bind(FLAWS_MAX as i64)
    .fetch_all(&mut *snapshot)
    .await?;
    for text in &texts {
        let seq = Columns(text).integer("seq")?;
        walk.flaw(LedgerFlaw::TextWithoutEntry { seq: seq.try_into().unwrap_or(0) });
    }
    let messages = sqlx::query(AssertSqlSafe(format!(
        "SELECT {} AS id FROM message WHERE practice = $1 AND NOT EXISTS (
            SELECT 1 FROM ledger WHERE practice = message.practice AND object = message.id AND kind = 'message'
         ) ORDER BY saved_at, message.id LIMIT $2",
        (engine.as_bytes)("id")
    )))
    .bind(&walk.practice.0)
    .bind(FLAWS_MAX as i64)
    .fetch_all(&mut *snapshot)
    .await?;
    for message in &messages {
        let id = Columns(message).bytes("id")?;
        let id = std::str::from_utf8(&id).ok().and_then(|id| id.parse().ok());
        walk.flaw(LedgerFlaw::MessageWithoutEntry { message: id.map(MessageId) });
    }
    Ok(())
}

struct Walk<'a> {
    practice: &'a PracticeId,
    expected: Option<&'a LedgerHead>,
    report: LedgerReport,
    /// Number and hash of the last entry, as they are stored.
    last: (i64, Vec<u8>),
}

impl Walk<'_> {
    fn is_on(&self) -> bool {
        self.report.flaws.len() < FLAWS_MAX
    }

    fn flaw(&mut self, flaw: LedgerFlaw) {
        if self.is_on() {
            self.report.flaws.push(flaw);
        }
    }

    fn step(&mut self, row: &AnyRow) -> Result<(), StoreError> {
        if !self.is_on() {
            return Ok(());
        }
        let entry = Entry::of(row)?;
        let seq = u64::try_from(entry.seq).map_err(|_| corrupt("seq"))?;
        if let Some(flaw) = entry.flaw(seq, self.practice, &self.last) {
            self.flaw(flaw);
        }
        let head = entry.hash.as_slice().try_into().ok().map(|hash| LedgerHead { seq, hash });
        if self.expected.is_some_and(|expected| expected.seq == seq && Some(*expected) != head) {
            self.flaw(LedgerFlaw::OtherHead { seq });
        }
        self.report.entries += 1;
        self.report.redacted += u64::from(entry.is_redacted);
        self.report.head = head;
        self.last = (entry.seq, entry.hash);
        Ok(())
    }

    fn end(&mut self) {
        let found = self.last.0.unsigned_abs();
        if let Some(expected) = self.expected.filter(|expected| expected.seq > found) {
            self.flaw(LedgerFlaw::Cut { expected: expected.seq, found });
        }
    }
}

use domain::MessageId;

use super::LedgerHead;

/// With so many flaws a ledger is not read further: it is not one any more.
pub const FLAWS_MAX: usize = 32;

/// What a walk through the ledger of a practice has found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LedgerReport {
    /// Entries that were read, redactions included.
    pub entries: u64,
    /// Messages among them whose words were removed.
    pub redacted: u64,
    /// The newest entry that was read; `None` if there is none. To be written down if the ledger is sound.
    pub head: Option<LedgerHead>,
    /// What is wrong, the first first; empty if the ledger is sound. With [`FLAWS_MAX`] of them the walk ended.
    pub flaws: Vec<LedgerFlaw>,
}

/// One thing that is wrong. `seq` is the number of the entry where it was seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LedgerFlaw {
    /// Entries are missing.
    Gap {
        /// The number that should come next.
        expected: u64,
        /// The number that did.
        found: u64,
    },
    /// The entry does not hold the hash of the one before: that one was changed, or this one belongs elsewhere.
    WrongPrevious {
        /// Where.
        seq: u64,
    },
    /// The entry itself was changed.
    WrongHash {
        /// Where.
        seq: u64,
    },
    /// The text or its salt was changed.
    TextChanged {
        /// Where.
        seq: u64,
    },
    /// The text is gone, and no redaction tells of it.
    TextMissing {
        /// Where.
        seq: u64,
    },
    /// The text is there, although the message was redacted.
    TextNotRemoved {
        /// Where.
        seq: u64,
    },
    /// There is a text, but not the entry that it belongs to.
    TextWithoutEntry {
        /// Where it would stand.
        seq: u64,
    },
    /// The message of the entry has no row.
    MessageMissing {
        /// Where.
        seq: u64,
    },
    /// The row of the message says something else than the entry.
    MessageDiffers {
        /// Where.
        seq: u64,
    },
    /// A message has no entry: it was put in past FirstRing, or the end of the ledger was cut off.
    MessageWithoutEntry {
        /// Which; `None` if what stands there is no id.
        message: Option<MessageId>,
    },
    /// The ledger ends before the head that was written down: its end was cut off.
    Cut {
        /// The number that was written down.
        expected: u64,
        /// The number of the last entry; 0 if there is none.
        found: u64,
    },
    /// The entry of the head that was written down has another hash now: it or one before it was made anew.
    OtherHead {
        /// Where.
        seq: u64,
    },
}

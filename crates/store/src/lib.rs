//! What a practice keeps: calls and their journals, messages and their ledger, escalations, notifications still to be delivered, the
//! appointment book, an audit trail. One SQLite file, encrypted by SQLCipher.
//!
//! - A method that writes returns after the commit has reached the disk (WAL, `synchronous = FULL`): what it confirms
//!   survives a power cut.
//! - Requests are idempotent by (call, request): a repeated one finds what the first one made.
//! - Times are kept to the microsecond.
//! - Errors are sorted by what the caller can do ([`StoreError`]) and never hold a patient's words.
//!
//! Rows hold [`domain::Phi`], so they may be debugged but not read in a log. `store` does not know who is on call or how
//! anybody is told: an escalation's state is a text to it.

mod audit;
mod backup;
mod book;
mod calls;
mod cases;
mod column;
mod error;
mod exit;
mod ledger;
mod messages;
mod open;
mod retention;
mod secret;

pub use audit::AuditEntry;
pub use backup::{Contents, Owed, files_beside, schema_known, settle};
pub use book::{
    AppointmentChange, AppointmentRow, ChangeKind, Exception, Found, Imported, ImportedPatient, OfferRow, Opens,
    PatientRow, Release, Requested, Schedule, Status, Template,
};
pub use calls::CallRow;
pub use cases::{CaseChange, CaseEvent, CaseFile, CaseRow, KeptCase, PageOutcome, PageRow};
pub use error::StoreError;
pub use exit::leave;
pub use ledger::{FLAWS_MAX, InvalidHead, LedgerFlaw, LedgerHead, LedgerReport, Redacted, RedactionRow};
pub use messages::{DueNotification, MessageRow, Notify};
pub use open::{OpenOptions, Store};
pub use retention::{Retention, Swept};
pub use secret::Secret;

//! What a practice keeps: calls and their journals, messages and their ledger, escalations, notifications still to be delivered, the
//! appointment book, who of its staff may read messages and what they did with them, an audit trail. In one SQLite file, encrypted by
//! SQLCipher ([`Store::open`]), or in a PostgreSQL database that several nodes share ([`Store::connect`]).
//!
//! - A method that writes returns after the commit has reached the disk (SQLite: WAL, `synchronous = FULL`; PostgreSQL: `synchronous_commit = on`): what it confirms
//!   survives a power cut.
//! - Requests are idempotent by (call, request): a repeated one finds what the first one made.
//! - Times are kept to the microsecond.
//! - Errors are sorted by what the caller can do ([`StoreError`]) and never hold a patient's words.
//!
//! Rows hold [`domain::Phi`], so they may be debugged but not read in a log. `store` does not know who is on call or how
//! anybody is told: an escalation's state is a text to it.

mod announcements;
mod audit;
mod backup;
mod book;
mod calls;
mod cases;
mod column;
mod engine;
mod error;
mod exit;
mod inbox;
mod ledger;
mod messages;
mod nodes;
mod notifications;
mod open;
mod password;
mod recordings;
mod retention;
mod secret;
mod server;
mod sessions;
mod staff;

pub use announcements::Overdue;
pub use audit::AuditEntry;
pub use backup::{Contents, Owed, files_beside, schema_known, settle};
pub use book::{
    AppointmentChange, AppointmentRow, ChangeKind, Exception, Found, Imported, ImportedPatient, OfferRow, Opens,
    OutsideRow, PatientRow, Release, Requested, Schedule, Status, Template, WaitingOfferRow, WaitingOutcome,
    WaitingRow, WaitingStatus,
};
pub use calls::CallRow;
pub use cases::{CaseChange, CaseEvent, CaseFile, CaseRow, KeptCase, PageOutcome, PageRow};
pub use error::StoreError;
pub use exit::leave;
pub use inbox::{InboxRow, MessageDeed, Shelf, WorkRow};
pub use ledger::{FLAWS_MAX, InvalidHead, LedgerFlaw, LedgerHead, LedgerReport, Redacted, RedactionRow};
pub use messages::MessageRow;
pub use nodes::NodeId;
pub use notifications::{DueNotification, NoticeWay, Notify};
pub use open::{OpenOptions, Store};
pub use password::{PASSWORD_CHARS_MIN, PasswordError, PasswordHash};
pub use recordings::RecordingRow;
pub use retention::{Retention, Swept};
pub use secret::Secret;
pub use sessions::{SESSION_IDLE_MAX, SESSION_MAX, SessionToken};
pub use staff::{Added, StaffRow};

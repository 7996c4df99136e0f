//! The appointment book: what the practice has configured, its patients, what was offered to whom, and what is booked.
//!
//! - No provider stands in two overlapping appointments, buffers included: the database itself refuses
//!   ([`StoreError::DoubleBooked`](crate::StoreError::DoubleBooked)).
//! - Only what was offered to a call can be booked, only by that call and only for the patient whom it was offered for. A
//!   call can ask only for patients whom it was matched to or has registered.
//! - [`Store::book`](crate::Store::book) and its like answer with the very [`domain::OfficeReply`] that is to be told. It
//!   is kept in the transaction that did the thing: a repeated request is answered the same and does nothing.
//!
//! Which times are open, who is meant by a misheard name, what a rule allows: that is not known here.

mod appointments;
mod booking;
mod offers;
mod outside;
mod patients;
mod registry;
mod schedule;
mod waiting;
mod waiting_offers;

pub use appointments::{AppointmentChange, AppointmentRow, ChangeKind, Status};
pub use booking::Requested;
pub use offers::OfferRow;
pub use outside::OutsideRow;
pub use patients::{Found, PatientRow};
pub use registry::{Imported, ImportedPatient};
pub use schedule::{Exception, Opens, Release, Schedule, Template};
pub use waiting::{WaitingRow, WaitingStatus};
pub use waiting_offers::{WaitingOfferRow, WaitingOutcome};

//! The vocabulary of a medical practice's telephone, and the types that cross a boundary between two crates.
//!
//! Nothing here knows a clock, a model, a database or a queue. What a patient said or is stands in [`Phi`], which
//! cannot print itself; everything else may be logged.
//!
//! A call is told its own time, [`CallTime`] since pick-up. Wall time ([`jiff::Timestamp`]) appears only where
//! something outlives the call: appointments, messages, escalations.
#![warn(missing_docs)]

mod call_time;
mod caller;
mod hearing;
mod ids;
mod news;
mod office;
mod phi;
mod phone;
mod practice;
mod reading;
mod red_flag;

pub use call_time::CallTime;
pub use caller::{CallerKind, Intent, UnknownWord, Urgency};
pub use hearing::{Partial, Utterance};
pub use ids::{CallId, CaseId, FactId, LineId, MessageId, PracticeId, RequestId};
pub use news::CallNews;
pub use office::{CaseDraft, CaseUpdate, MessageDraft, OfficeReply, OfficeRequest};
pub use phi::Phi;
pub use phone::{InvalidPhoneNumber, PhoneNumber};
pub use practice::{Fact, OpenHours, Practice};
pub use reading::{Asked, Certainty, Interval, Probabilities, Reading, Slot, Slots, YesNo};
pub use red_flag::{EmergencyKind, RedFlag, RedFlagId};

//! The vocabulary of a medical practice's telephone, and the types that cross a boundary between two crates.
//!
//! Nothing here knows a clock, a model, a database or a queue. What a patient said or is stands in [`Phi`], which
//! cannot print itself; everything else may be logged.
//!
//! A call is told its own time, [`CallTime`] since pick-up. Wall time ([`jiff::Timestamp`]) appears only where
//! something outlives the call: appointments, messages, escalations.
#![warn(missing_docs)]

mod appointment;
mod call_time;
mod caller;
mod escalation;
mod front_desk;
mod hearing;
mod ids;
mod line_quality;
mod news;
mod office;
mod patient;
mod phi;
mod phone;
mod practice;
mod reading;
mod red_flag;
mod request_fields;
mod tempo;
mod waiting;

pub use appointment::{
    Admits, Appointment, AppointmentType, Booking, Fit, OfferedSlot, Provider, ProviderWish, SlotQuery,
};
pub use call_time::CallTime;
pub use caller::{CallerKind, Confirmation, Intent, RequestField, UnknownWord, Urgency};
pub use escalation::{Applies, Lines, Meanwhile, OfficeHours};
pub use front_desk::{
    AnswerPromise, CallerPolicy, Closure, FrontDesk, LanguageLine, NewPatients, Recording, WaitingListKept,
};
pub use hearing::{Decode, Partial, Utterance};
pub use ids::{
    AppointmentId, AppointmentTypeId, CallId, CaseId, FactId, LineId, MessageId, PatientId, PracticeId, ProviderId,
    RequestId, SlotId, WaitingId,
};
pub use line_quality::{LineCodec, LineQuality, WayQuality};
pub use news::CallNews;
pub use office::{CaseDraft, CaseStanding, CaseUpdate, Confirmed, MessageDraft, OfficeReply, OfficeRequest};
pub use patient::{MatchedPatient, NewPatient, PatientQuery};
pub use phi::Phi;
pub use phone::{InvalidPhoneNumber, PhoneNumber};
pub use practice::{Fact, OpenHours, Practice};
pub use reading::{
    Asked, Certainty, Choice, Directive, Interval, Probabilities, RaisedBy, Reading, Slot, Slots, YesNo,
};
pub use red_flag::{EmergencyKind, RedFlag, RedFlagId};
pub use tempo::Tempo;
pub use waiting::WaitingWish;

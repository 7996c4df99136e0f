//! The calendars that a practice keeps elsewhere, behind one trait.
//!
//! [`OutsideCalendar`] is one provider's calendar: when the provider is taken, and entries of ours in it. [`CalDav`] speaks to
//! a calendar server (RFC 4791), [`FhirCalendar`] to the schedule of a practice's records system (FHIR R4). [`FhirInbox`]
//! leaves messages in the latter's worklist.
//!
//! - What cannot be read is never free: it is busy where its time can be told, and is counted where it cannot ([`Busy`]).
//! - Whatever the network does, an entry stands at most once: ids are ours, and every write may be repeated.
//! - A booking never displaces another: whoever finds somebody else's entry in the same time withdraws its own.
//! - Errors say what the caller can do, and hold neither a patient's words nor an address ([`CalendarError`]).
//! - Whatever a server answers, it costs bounded memory: the size of an answer, its pages and the occurrences of its series
//!   have limits, and beyond them is an error, never a shorter answer.
//!
//! Nothing here knows a database, a caller or a clock: times are given. TLS needs a provider that the program has installed.
#![warn(missing_docs)]

mod caldav;
mod calendar;
mod entry;
mod error;
mod fhir;
mod http;
mod ical;
mod period;

pub use caldav::{CalDav, CalDavConfig};
pub use calendar::{Answer, OutsideCalendar};
pub use entry::{Busy, Entry, Taken, Version};
pub use error::{CalendarError, Unreached};
pub use fhir::{FhirCalendar, FhirConfig, FhirInbox, InboxConfig, OutsideMessage};
pub use http::{Access, Credentials};
pub use period::Period;

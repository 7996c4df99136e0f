//! A practice's records system that speaks FHIR R4 (<https://hl7.org/fhir/R4/>).
//!
//! Resources are read as JSON, field by field: systems differ, and one odd code must not hide a page of others. What is written
//! back is what was read, with our fields changed, so that nothing of theirs is lost.

mod appointment;
mod book;
mod inbox;
mod json;
mod search;
mod slots;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::http::Server;
use crate::{Access, Answer, Busy, CalendarError, Entry, OutsideCalendar, Period, Version};
use domain::AppointmentId;

pub use inbox::{FhirInbox, InboxConfig, OutsideMessage};

/// Whole days are common.
const LOOK_BACK_MIN: SignedDuration = SignedDuration::from_hours(25);

/// One provider's schedule as the practice wrote it.
#[derive(Clone, Debug)]
pub struct FhirConfig {
    /// Of the base, such as `https://records.example.org/fhir/R4/`.
    pub access: Access,
    /// The provider, such as `Practitioner/1234`: whose appointments count, and who takes part in ours.
    pub actor: String,
    /// The provider's schedule, such as `Schedule/567`. None: the system has no slots, and appointments stand alone.
    pub schedule: Option<String>,
    /// The longest that anything in the schedule lasts, at least a day: FHIR finds slots and appointments by their begin alone,
    /// so a fortnight's leave that is one entry is only seen with 14 days here. Each day more makes an answer longer.
    pub look_back: SignedDuration,
    /// The practice's: when times are that are written without a zone, which FHIR forbids.
    pub zone: TimeZone,
}

/// One provider's schedule in a records system.
///
/// `busy` is what its slots and appointments say together. A booking takes the free slots that cover its time as a hold
/// (`busy-tentative`, each by its version, marked with our identifier), then writes the appointment under our identifier, then
/// makes the slots `busy`. Where the schedule has no slots at all, the appointment stands alone and is checked as in [`crate::CalDav`].
#[derive(Debug)]
pub struct FhirCalendar {
    server: Server,
    actor: String,
    schedule: Option<String>,
    look_back: SignedDuration,
    zone: TimeZone,
}

impl FhirCalendar {
    /// Asks nobody yet. The error is `Misconfigured`.
    pub fn new(config: &FhirConfig) -> Result<Self, CalendarError> {
        let bad = CalendarError::Misconfigured("a FHIR reference is not of the form Practitioner/1234");
        if !is_reference(&config.actor) || config.schedule.as_ref().is_some_and(|of| !is_reference(of)) {
            return Err(bad);
        }
        let FhirConfig { access, actor, schedule, look_back, zone } = config.clone();
        let look_back = look_back.max(LOOK_BACK_MIN);
        Ok(Self { server: Server::new(&access)?, actor, schedule, look_back, zone })
    }
}

/// `Type/id` with nothing in it that would lead elsewhere (<https://hl7.org/fhir/R4/datatypes.html#id>).
fn is_reference(text: &str) -> bool {
    let is_id =
        |id: &str| (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
    text.split_once('/').is_some_and(|(kind, id)| kind.bytes().all(|b| b.is_ascii_alphabetic()) && is_id(id))
        && !text.contains("..")
        && !text.starts_with('/')
}

impl OutsideCalendar for FhirCalendar {
    fn busy(&self, period: Period) -> Answer<'_, Busy> {
        Box::pin(self.look(period))
    }

    fn book<'a>(&'a self, entry: &'a Entry) -> Answer<'a, Version> {
        Box::pin(self.book_once(entry))
    }

    fn change<'a>(&'a self, entry: &'a Entry, version: &'a Version) -> Answer<'a, Version> {
        Box::pin(self.change_once(entry, version))
    }

    fn cancel<'a>(&'a self, id: AppointmentId, version: Option<&'a Version>) -> Answer<'a, ()> {
        Box::pin(self.cancel_once(id, version))
    }
}

/// A resource as the server holds it.
type Resource = Value;

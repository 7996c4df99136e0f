//! Appointments as a call and the office speak of them.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{AppointmentId, AppointmentTypeId, Interval, PatientId, Phi, ProviderId, SlotId};

/// Somebody who sees patients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// As the configuration names it.
    pub id: ProviderId,
    /// As it is spoken: "Doctor Patel".
    pub name: String,
}

/// A kind of appointment, with the rules of who may have it and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppointmentType {
    /// As the configuration names it.
    pub id: AppointmentTypeId,
    /// As it is spoken after "for": "a check-up".
    pub name: String,
    /// Words and phrases that ask for it: "physical", "check up".
    pub asked_with: Vec<String>,
    /// How long the patient is there.
    pub duration: SignedDuration,
    /// How long the provider stays blocked before it.
    pub buffer_before: SignedDuration,
    /// How long the provider stays blocked after it.
    pub buffer_after: SignedDuration,
    /// Whom it is for.
    pub admits: Admits,
    /// Ages in whole years on the day of the appointment, `[from, to)`.
    pub ages: (u8, u8),
    /// Who gives it.
    pub providers: Vec<ProviderId>,
    /// It is booked at least this long before.
    pub lead: SignedDuration,
    /// It is booked at most so many days ahead; 0: for the same day only.
    pub horizon_days: u16,
}

/// Which patients an appointment type is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admits {
    /// Both.
    Everybody,
    /// Patients whom the practice knows.
    KnownPatients,
    /// Patients who come for the first time.
    NewPatients,
}

/// With whom the caller wants to be seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderWish {
    /// With this one.
    Named(ProviderId),
    /// "With my own doctor": whom the patient's record names.
    Own,
    /// "With anybody".
    Anybody,
}

/// What openings are sought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlotQuery {
    /// For what.
    pub kind: AppointmentTypeId,
    /// For whom: the office looks up age and history.
    pub patient: PatientId,
    /// With whom, if it matters.
    pub provider: Option<ProviderWish>,
    /// Within any of these; none: as soon as possible.
    pub when: Vec<Interval>,
    /// The appointment that is to be moved, if one is: its own time counts as free.
    pub instead_of: Option<AppointmentId>,
    /// Offered before and not wanted.
    pub not: Vec<SlotId>,
}

/// An opening that the office has offered to this call. It is not held: whoever books first has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedSlot {
    /// Made by the office; nothing else can be booked.
    pub id: SlotId,
    /// When it begins.
    pub start: Timestamp,
    /// With whom.
    pub provider: ProviderId,
    /// For what.
    pub kind: AppointmentTypeId,
    /// Whether it is what was asked for.
    pub fit: Fit,
}

/// How an opening meets what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// Time and provider as wished.
    AsWished,
    /// The time as wished, with another provider.
    OtherProvider,
    /// Another time, the nearest there is.
    OtherTime,
}

/// An appointment that stands in the practice's book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appointment {
    /// Which.
    pub id: AppointmentId,
    /// Whose.
    pub patient: PatientId,
    /// When it begins.
    pub start: Timestamp,
    /// With whom.
    pub provider: ProviderId,
    /// For what.
    pub kind: AppointmentTypeId,
}

/// A booking that the caller has confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// One of the openings that were offered to this call.
    pub slot: SlotId,
    /// For whom.
    pub patient: PatientId,
    /// What for, in the caller's words.
    pub reason: Option<Phi<String>>,
}

//! Patients as a call may know them. Who somebody is stands in [`Phi`]; a [`PatientId`] tells nothing.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{PatientId, Phi, PhoneNumber};

/// Who the caller says the patient is. All that is given must match one record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PatientQuery {
    /// First and last name.
    pub name: Phi<String>,
    /// Date of birth.
    pub date_of_birth: Phi<Date>,
    /// A number on the record; asked for only if two records have that name and date.
    pub callback: Option<Phi<PhoneNumber>>,
}

/// A patient who comes for the first time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewPatient {
    /// First and last name, confirmed.
    pub name: Phi<String>,
    /// Date of birth, confirmed.
    pub date_of_birth: Phi<Date>,
    /// Where to call back.
    pub callback: Option<Phi<PhoneNumber>>,
    /// The insurance, where the practice asks for it.
    pub insurance: Option<Phi<String>>,
}

/// The one record that matched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MatchedPatient {
    /// Which.
    pub id: PatientId,
    /// The name as the practice writes it.
    pub name: Phi<String>,
    /// Date of birth.
    pub date_of_birth: Phi<Date>,
}

//! What is said to find out who the patient is.

use domain::{Asked, Phi};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A line about the patient. Lines that may come again count themselves; the second wording is the shorter one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PatientLine {
    /// "May I have the patient's full name and date of birth?"
    AskNameAndBirth(u32),
    /// The name, where only that is missing; the second time it is to be spelled.
    AskName(u32),
    /// The date of birth, where only that is missing.
    AskBirth(u32),
    /// "Have you been here before?"
    AskNewOrKnown(u32),
    /// No record matches: name and date of birth once more, the name spelled. Says the same whatever did not match.
    AskAgain(u32),
    /// Two records match: the number that stands on the record.
    AskNumberOnFile(u32),
    /// The date of birth of a new patient: "Is that right?"
    ReadBackBirth(Phi<Date>),
    /// The insurance of a new patient.
    AskInsurance(u32),
    /// No record matches: a message is taken. Says the same whatever did not match.
    NotFound,
    /// The answers were not understood: a message is taken.
    NotUnderstood,
    /// The practice takes no new patients: a message is taken.
    NoNewPatients,
}

impl PatientLine {
    /// What the reader is told to expect.
    pub(crate) fn asked(&self) -> Asked {
        match self {
            Self::AskNameAndBirth(_) | Self::AskAgain(_) => Asked::NameAndBirth,
            Self::AskName(0) => Asked::Name,
            Self::AskName(_) => Asked::Spelling,
            Self::AskBirth(_) => Asked::DateOfBirth,
            Self::AskNewOrKnown(_) => Asked::NewOrKnown,
            Self::AskNumberOnFile(_) => Asked::Callback,
            Self::AskInsurance(_) => Asked::Detail,
            Self::ReadBackBirth(_) => Asked::YesNo,
            Self::NotFound | Self::NotUnderstood | Self::NoNewPatients => Asked::Open,
        }
    }
}

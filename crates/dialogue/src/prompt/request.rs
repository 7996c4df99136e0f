//! What is asked and said about requests that the office answers later: a refill, results, records, a referral, a bill.

use domain::{Asked, Intent, Phi, PhoneNumber, RequestField};
use serde::{Deserialize, Serialize};

/// A line about a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestLine {
    /// What will be done about it: "I'll take your refill request."
    Begun(Intent),
    /// One thing that the office needs to know.
    Ask {
        /// What.
        field: RequestField,
        /// Of which request.
        intent: Intent,
        /// Which asking; the second wording is the clearer one.
        nth: u32,
    },
    /// Little is left of a drug that nobody should be without: the doctor on call is told.
    AlmostOut,
    /// To a physician or hospital: which patient is it about?
    AskAboutWhom,
    /// "Can we call you back at the number you are calling from, and leave a message there?"
    OfferCallerId,
    /// Another number: "Is that right, and can we leave a message there?"
    ReadBackNumber(Phi<PhoneNumber>),
}

impl RequestLine {
    /// What the reader is told to expect.
    pub(crate) fn asked(&self) -> Asked {
        match self {
            Self::Begun(_) | Self::AlmostOut => Asked::Open,
            Self::AskAboutWhom => Asked::Detail,
            Self::OfferCallerId | Self::ReadBackNumber(_) => Asked::YesNo,
            Self::Ask { field, .. } => match field {
                RequestField::Drug => Asked::Drug,
                RequestField::Dose => Asked::Dose,
                RequestField::Pharmacy => Asked::Pharmacy,
                RequestField::DaysLeft => Asked::DaysLeft,
                RequestField::LeaveMessage => Asked::YesNo,
                RequestField::Test | RequestField::Destination | RequestField::Detail | RequestField::CalledBy => {
                    Asked::Detail
                }
            },
        }
    }
}

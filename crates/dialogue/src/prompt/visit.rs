//! What is said about appointments. A time is civil time where the practice is, with the day of the call beside it, so
//! that the words can be "tomorrow at 9".

use domain::{AppointmentTypeId, Asked, Fit, Phi, ProviderId};
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use super::Claim;

/// A time as it is spoken in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// In the practice's zone.
    pub at: DateTime,
    /// The day of the call, there.
    pub today: Date,
}

/// When, with whom and for what: an opening or an appointment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// When it begins.
    pub at: Moment,
    /// With whom.
    pub provider: ProviderId,
    /// For what.
    pub kind: AppointmentTypeId,
}

/// A line about appointments. Lines that may come again count themselves; the second wording is the shorter one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitLine {
    /// "What is the visit for?"
    AskReason(u32),
    /// "What day and time works best?"
    AskWhen(u32),
    /// The new time of an appointment that is to be moved.
    AskNewTime {
        /// As it stands.
        from: Opening,
        /// Which asking.
        nth: u32,
    },
    /// What was offered did not fit: another time.
    AskOtherTime(u32),
    /// Openings, and whether they are what was wished for.
    Offer {
        /// At most three.
        openings: Vec<Opening>,
        /// How the best of them meets the wish.
        fit: Fit,
        /// Which asking.
        nth: u32,
    },
    /// Which of several appointments is meant.
    Which {
        /// What the patient has ahead.
        appointments: Vec<Opening>,
        /// Which asking.
        nth: u32,
    },
    /// Everything that would be booked: "Shall I book that?"
    ReadBackBooking {
        /// When, with whom, for what.
        opening: Opening,
        /// For whom.
        patient: Phi<String>,
        /// Which asking.
        nth: u32,
    },
    /// Everything that would be moved.
    ReadBackMove {
        /// As it stands.
        from: Opening,
        /// As it would stand.
        to: Opening,
        /// Whose.
        patient: Phi<String>,
        /// Which asking.
        nth: u32,
    },
    /// Everything that would be given up.
    ReadBackCancel {
        /// As it stands.
        appointment: Opening,
        /// Whose.
        patient: Phi<String>,
        /// Which asking.
        nth: u32,
    },
    /// Claim: it is in the book.
    Booked(Opening),
    /// Claim: it stands at its new time.
    Moved(Opening),
    /// Claim: it is given up.
    Cancelled(Opening),
    /// Claim: it is written down, and the office will confirm it.
    ToBeConfirmed(Opening),
    /// "Would you like me to put you on the waiting list?"
    OfferWaitingList {
        /// "And text you": a yes is a yes to that, too.
        by_text: bool,
        /// Nothing was booked; says that first.
        nothing_fits: bool,
        /// Which asking.
        nth: u32,
    },
    /// Claim: the patient waits for an opening.
    OnWaitingList {
        /// They will be texted; else the office will call.
        by_text: bool,
    },
    /// The caller would not wait: a message is taken.
    MessageInstead,
    /// The patient wished to wait and could not be put on the list.
    NotOnWaitingList,
    /// What the patient has ahead.
    Ahead(Vec<Opening>),
    /// The patient has nothing ahead.
    NothingAhead,
    /// The caller would rather leave everything as it is.
    LeftAsItIs,
    /// Somebody else was faster; another is looked for.
    SlotTaken,
    /// Nothing fits: a message is taken.
    NothingFits,
    /// The answers were not understood: a message is taken.
    NotUnderstood,
    /// The rules of the practice do not let FirstRing do it: a message is taken.
    NotAllowed,
    /// The book cannot be reached: a message is taken.
    OutOfReach,
}

impl VisitLine {
    /// What the reader is told to expect.
    pub(crate) fn asked(&self) -> Asked {
        match self {
            Self::AskReason(_) => Asked::VisitReason,
            Self::AskWhen(_) | Self::AskNewTime { .. } | Self::AskOtherTime(_) => Asked::When,
            Self::Offer { openings, .. } if openings.len() == 1 => Asked::YesNo,
            Self::Offer { .. } | Self::Which { .. } => Asked::Choice,
            Self::ReadBackBooking { .. }
            | Self::ReadBackMove { .. }
            | Self::ReadBackCancel { .. }
            | Self::OfferWaitingList { .. } => Asked::YesNo,
            Self::Booked(_)
            | Self::Moved(_)
            | Self::Cancelled(_)
            | Self::ToBeConfirmed(_)
            | Self::OnWaitingList { .. }
            | Self::NotOnWaitingList
            | Self::MessageInstead
            | Self::Ahead(_)
            | Self::NothingAhead
            | Self::LeftAsItIs
            | Self::SlotTaken
            | Self::NothingFits
            | Self::NotUnderstood
            | Self::NotAllowed
            | Self::OutOfReach => Asked::Open,
        }
    }

    /// What the line claims.
    pub(crate) fn claim(&self) -> Option<Claim> {
        match self {
            Self::Booked(_) => Some(Claim::Booked),
            Self::Moved(_) => Some(Claim::Moved),
            Self::Cancelled(_) => Some(Claim::Cancelled),
            Self::ToBeConfirmed(_) => Some(Claim::ToBeConfirmed),
            Self::OnWaitingList { by_text } => Some(Claim::OnWaitingList { by_text: *by_text }),
            Self::AskReason(_)
            | Self::AskWhen(_)
            | Self::AskNewTime { .. }
            | Self::AskOtherTime(_)
            | Self::Offer { .. }
            | Self::Which { .. }
            | Self::ReadBackBooking { .. }
            | Self::ReadBackMove { .. }
            | Self::ReadBackCancel { .. }
            | Self::OfferWaitingList { .. }
            | Self::NotOnWaitingList
            | Self::MessageInstead
            | Self::Ahead(_)
            | Self::NothingAhead
            | Self::LeftAsItIs
            | Self::SlotTaken
            | Self::NothingFits
            | Self::NotUnderstood
            | Self::NotAllowed
            | Self::OutOfReach => None,
        }
    }

    /// Whether the line tells something of a patient's record. Openings and reasons do not.
    pub(crate) fn discloses(&self) -> bool {
        match self {
            Self::AskNewTime { .. }
            | Self::Which { .. }
            | Self::ReadBackBooking { .. }
            | Self::ReadBackMove { .. }
            | Self::ReadBackCancel { .. }
            | Self::Booked(_)
            | Self::Moved(_)
            | Self::Cancelled(_)
            | Self::ToBeConfirmed(_)
            | Self::Ahead(_)
            | Self::NothingAhead => true,
            Self::AskReason(_)
            | Self::AskWhen(_)
            | Self::AskOtherTime(_)
            | Self::Offer { .. }
            | Self::OfferWaitingList { .. }
            | Self::OnWaitingList { .. }
            | Self::NotOnWaitingList
            | Self::MessageInstead
            | Self::LeftAsItIs
            | Self::SlotTaken
            | Self::NothingFits
            | Self::NotUnderstood
            | Self::NotAllowed
            | Self::OutOfReach => false,
        }
    }
}

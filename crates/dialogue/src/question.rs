//! What was asked: it decides what the next words mean.

use domain::{Asked, Intent, Phi, PhoneNumber};

use crate::Prompt;
use crate::prompt::{PatientLine, RequestLine, VisitLine};

/// A question that the caller is expected to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    Greeting,
    /// The greeting while lines are few: whether it is an emergency.
    EmergencyFirst,
    HowCanIHelp,
    DidNotCatch,
    AnythingElse,
    /// Shall this call go on where an earlier one broke off?
    GoOn,
    Safety,
    SafetyAgain,
    CalledEmergencyNumber,
    WhoIsThere,
    /// Offers a message, in the words that fit the reason.
    OfferMessage(Prompt),
    Message,
    PassOn(Intent),
    MoreMessage,
    MoreForDoctor,
    Name,
    Spelling,
    NameReadBack(Phi<String>),
    OfferCallerId,
    Number,
    NumberAgain,
    NumberReadBack(Phi<PhoneNumber>),
    /// Who the patient is.
    Patient(PatientLine),
    /// About a request.
    Request(RequestLine),
    /// About an appointment.
    Visit(VisitLine),
}

impl Question {
    /// What the reader is told.
    pub(crate) fn asked(&self) -> Asked {
        match self {
            Self::Greeting | Self::HowCanIHelp | Self::DidNotCatch => Asked::Open,
            Self::EmergencyFirst | Self::Safety | Self::SafetyAgain => Asked::Safety,
            Self::CalledEmergencyNumber => Asked::CalledEmergencyNumber,
            Self::WhoIsThere => Asked::WhoIsThere,
            Self::Message | Self::PassOn(_) => Asked::Message,
            Self::Name => Asked::Name,
            Self::Spelling => Asked::Spelling,
            Self::Number | Self::NumberAgain => Asked::Callback,
            Self::Patient(line) => line.asked(),
            Self::Request(line) => line.asked(),
            Self::Visit(line) => line.asked(),
            Self::AnythingElse
            | Self::GoOn
            | Self::OfferMessage(_)
            | Self::MoreMessage
            | Self::MoreForDoctor
            | Self::NameReadBack(_)
            | Self::OfferCallerId
            | Self::NumberReadBack(_) => Asked::YesNo,
        }
    }

    /// How it is put when it must be put again.
    pub(crate) fn again(self) -> Self {
        if let Self::Greeting | Self::DidNotCatch = self {
            Self::HowCanIHelp
        } else if let Self::OfferMessage(_) = self {
            Self::OfferMessage(Prompt::OfferMessage)
        } else {
            self
        }
    }

    /// What an answer may hold that no message needs.
    pub(crate) fn answer_kind(&self) -> AnswerKind {
        match self {
            Self::Message
            | Self::PassOn(_)
            | Self::MoreMessage
            | Self::Request(
                RequestLine::Begun(_) | RequestLine::Ask { .. } | RequestLine::AlmostOut | RequestLine::AskAboutWhom,
            ) => AnswerKind::Text,
            Self::Name
            | Self::Spelling
            | Self::NameReadBack(_)
            | Self::OfferCallerId
            | Self::Number
            | Self::NumberAgain
            | Self::NumberReadBack(_)
            | Self::Patient(_)
            | Self::Request(RequestLine::OfferCallerId | RequestLine::ReadBackNumber(_)) => AnswerKind::Contact,
            Self::Greeting
            | Self::EmergencyFirst
            | Self::HowCanIHelp
            | Self::DidNotCatch
            | Self::AnythingElse
            | Self::GoOn
            | Self::Safety
            | Self::SafetyAgain
            | Self::CalledEmergencyNumber
            | Self::WhoIsThere
            | Self::OfferMessage(_)
            | Self::MoreForDoctor
            | Self::Visit(_) => AnswerKind::Other,
        }
    }

    /// Whether "yes" or "yeah" answers it.
    pub(crate) fn wants_yes_or_no(&self) -> bool {
        matches!(self.asked(), Asked::YesNo | Asked::Safety | Asked::CalledEmergencyNumber | Asked::NewOrKnown)
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnswerKind {
    /// The message itself: every word matters.
    Text,
    /// Name or number.
    Contact,
    Other,
}

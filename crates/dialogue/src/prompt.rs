//! Everything that FirstRing can say, as values. The words stand in `prompts/`.

mod patient;
mod request;
mod visit;

use domain::{EmergencyKind, FactId, Intent, Phi, PhoneNumber};
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use crate::About;

pub use patient::PatientLine;
pub use request::RequestLine;
pub use visit::{Moment, Opening, VisitLine};

/// A line without its words. Lines that may come again count themselves (`u32`, from 0), so that the same words are
/// not said twice in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// The practice's name, "automated assistant", "how can I help?".
    Greeting,
    /// The greeting while lines are few: "Is this an emergency?"
    EmergencyFirst,
    /// It is none: call again soon, or leave a short message.
    LinesAreBusy,
    /// "How can I help?", without the rest of the greeting.
    HowCanIHelp(u32),
    /// It was not understood: "Sorry, I did not get that."
    DidNotCatch(u32),
    /// "Are you still there?"
    StillThere(u32),
    /// Fills a wait for the office.
    OneMoment(u32),
    /// "Is there anything else?"
    AnythingElse(u32),
    /// An earlier call of this caller broke off: "Shall we go on where we stopped?" Tells nothing of what it was about.
    GoOn(u32),
    /// The end of a call that went well.
    Goodbye,
    /// The end of a call in which nobody answers.
    GoodbyeNoAnswer,
    /// The end of a call that has become too long.
    GoodbyeTooLong,
    /// To somebody who sells something.
    GoodbyeVendor,
    /// To somebody who meant another number.
    WrongNumber,

    /// The first line of an emergency (`prompts/emergency.toml`).
    EmergencyLine(EmergencyKind),
    /// "Have you called 911?"
    AskCalledEmergencyNumber,
    /// They have not: "Please call 911 now."
    CallEmergencyNumberNow,
    /// "Who is with you?"
    AskWhoIsThere,
    /// In an emergency, from time to time: "I am still here."
    CheckIn(u32),
    /// The same for somebody who may harm themselves; gives the crisis number.
    CheckInSelfHarm(u32),
    /// "Is anyone in danger right now: trouble breathing, ..?"
    SafetyQuestion,
    /// The same where something was not understood, and nothing speaks for danger.
    SafetyQuestionInDoubt,
    /// The same once more, asking for a yes or a no.
    SafetyQuestionAgain,
    /// Nothing could be made of the answer either: the doctor on call is told, to be safe.
    DoubtPassedOn,

    /// Claim: a page was accepted.
    DoctorPaged,
    /// Claim: the front desk has a page.
    DeskPaged,
    /// What the practice says to those for whom somebody was paged.
    Meanwhile(String),
    /// Everybody was paged, and nobody has answered yet: the truth, and what to do.
    NobodyAnswers,
    /// Claim: a clinician acknowledged.
    DoctorAcknowledged {
        /// The clinician's name.
        by: String,
    },
    /// No page could be sent: the truth, and what to do. In an urgent case.
    DoctorNotPaged,
    /// The same in an emergency.
    DoctorNotPagedEmergency,
    /// Nothing was heard from the office in time: the truth, and what to do.
    PageUnknown,
    /// "Is there anything else the doctor should know?"
    MoreForDoctor,

    /// Claim: the doctor's telephone rings. A message may be left at any moment.
    RingingDoctor,
    /// Claim: a person's telephone rings; the same holds.
    RingingPerson,
    /// Claim: it still rings.
    StillRinging(u32),
    /// Claim: they have accepted.
    OnTheLine {
        /// Their name.
        by: String,
    },
    /// Claim: it still rings; what was said meanwhile is heard.
    HeardWhileRinging(u32),
    /// Nobody could be put through; what was told of the page stands.
    NotConnected,
    /// Who was on the line is gone.
    ConnectionLost,
    /// To whoever is rung: who calls and why, and which keys there are.
    Whisper(Box<About>),
    /// To whoever was rung: they have declined.
    WhisperDeclined,
    /// To whoever was rung: the caller is gone.
    WhisperCallerGone,

    /// Nobody can come to the telephone; offers a message.
    NobodyAvailable,
    /// The office is closed; offers a message.
    OfficeClosed,
    /// "Would you like to leave a message?"
    OfferMessage,

    /// "What shall I tell them?"
    AskMessage,
    /// This cannot be done here yet and is passed on; asks for what the office will need to know.
    PassOn(Intent),
    /// "Would you like to add anything?"
    MoreMessage(u32),
    /// "What is your name?"
    AskName,
    /// The name again, spelled.
    AskSpelling,
    /// The name, and its letters: "Is that right?"
    ReadBackName {
        /// As it was understood.
        name: Phi<String>,
    },
    /// "Shall we call back at the number you are calling from?"
    OfferCallerId,
    /// "Which number can we call you back at?"
    AskNumber,
    /// The number again, slowly or by keys.
    AskNumberAgain,
    /// The number in groups: "Is that right?"
    ReadBackNumber(Phi<PhoneNumber>),
    /// Claim: the message is kept.
    MessagePassedOn,
    /// Claim: the message is kept. And when the practice answers.
    MessagePassedOnUntil {
        /// As the practice promises: "by the end of the next working day".
        by: String,
    },
    /// The message could not be kept: the truth, and what to do.
    MessageNotSaved,

    /// Who the patient is.
    Patient(PatientLine),
    /// The same, asked of the patient: "your full name".
    OfYou(PatientLine),
    /// About appointments.
    Visit(VisitLine),
    /// About requests.
    Request(RequestLine),
    /// Turns to the next thing that the caller wants: "Now, about your refill."
    NowAbout(Intent),
    /// The next thing was heard and will be seen to: "I'll get to that next."
    Noted(u32),
    /// The present errand is given up at the caller's wish: "All right."
    Dropped(u32),
    /// The caller needs time: "Take your time."
    TakeYourTime(u32),
    /// "Of course", before the same is said again more slowly.
    Slower(u32),
    /// "Who is this?" The practice, and that this is a machine.
    WhoSpeaks,
    /// "Can you hear me?" "Yes, I can hear you."
    HearsYou(u32),

    /// One of the practice's facts.
    Fact(FactId),
    /// The practice is closed against its opening hours.
    Closed {
        /// Closes, where the practice is.
        from: DateTime,
        /// Opens again.
        to: DateTime,
    },
    /// The practice's sentence in this language.
    Foreign(String),
    /// The question has no answer here; offers a message.
    FactUnknown,

    /// FirstRing cannot hear the caller: the truth, and what to do.
    HearingLost,
    /// The same where no number is shown: asks for the number by keys.
    HearingLostAskKeys,
    /// A line could not be voiced: the truth, and what to do. Lies on disk, so that it can be heard all the same.
    VoiceLost,
}

/// What a line says has happened. It may be said only after the office's reply that it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// A page to a clinician was accepted.
    Paged,
    /// A page to the front desk was.
    DeskPaged,
    /// A clinician acknowledged.
    Acknowledged,
    /// Somebody's telephone rings.
    Ringing,
    /// Who was rung has accepted.
    Accepted,
    /// A message is kept.
    MessageKept,
    /// An appointment is in the book.
    Booked,
    /// An appointment stands at another time.
    Moved,
    /// An appointment is given up.
    Cancelled,
    /// An appointment is written down and the office will confirm it.
    ToBeConfirmed,
    /// The patient waits for an opening.
    OnWaitingList {
        /// They will be texted; else the office will call.
        by_text: bool,
    },
}

impl Prompt {
    /// What the line claims.
    pub fn claim(&self) -> Option<Claim> {
        match self {
            Self::DoctorPaged => Some(Claim::Paged),
            Self::DeskPaged => Some(Claim::DeskPaged),
            Self::DoctorAcknowledged { .. } => Some(Claim::Acknowledged),
            Self::RingingDoctor | Self::RingingPerson | Self::StillRinging(_) | Self::HeardWhileRinging(_) => {
                Some(Claim::Ringing)
            }
            Self::OnTheLine { .. } => Some(Claim::Accepted),
            Self::MessagePassedOn | Self::MessagePassedOnUntil { .. } => Some(Claim::MessageKept),
            Self::Visit(line) => line.claim(),
            Self::Greeting
            | Self::EmergencyFirst
            | Self::LinesAreBusy
            | Self::HowCanIHelp(_)
            | Self::DidNotCatch(_)
            | Self::StillThere(_)
            | Self::OneMoment(_)
            | Self::AnythingElse(_)
            | Self::GoOn(_)
            | Self::Goodbye
            | Self::GoodbyeNoAnswer
            | Self::GoodbyeTooLong
            | Self::GoodbyeVendor
            | Self::WrongNumber
            | Self::EmergencyLine(_)
            | Self::AskCalledEmergencyNumber
            | Self::CallEmergencyNumberNow
            | Self::AskWhoIsThere
            | Self::CheckIn(_)
            | Self::CheckInSelfHarm(_)
            | Self::SafetyQuestion
            | Self::SafetyQuestionInDoubt
            | Self::SafetyQuestionAgain
            | Self::DoubtPassedOn
            | Self::Meanwhile(_)
            | Self::NobodyAnswers
            | Self::DoctorNotPaged
            | Self::DoctorNotPagedEmergency
            | Self::PageUnknown
            | Self::MoreForDoctor
            | Self::NotConnected
            | Self::ConnectionLost
            | Self::Whisper(_)
            | Self::WhisperDeclined
            | Self::WhisperCallerGone
            | Self::NobodyAvailable
            | Self::OfficeClosed
            | Self::OfferMessage
            | Self::AskMessage
            | Self::PassOn(_)
            | Self::MoreMessage(_)
            | Self::AskName
            | Self::AskSpelling
            | Self::ReadBackName { .. }
            | Self::OfferCallerId
            | Self::AskNumber
            | Self::AskNumberAgain
            | Self::ReadBackNumber(_)
            | Self::MessageNotSaved
            | Self::Patient(_)
            | Self::OfYou(_)
            | Self::Request(_)
            | Self::Foreign(_)
            | Self::NowAbout(_)
            | Self::Noted(_)
            | Self::Dropped(_)
            | Self::TakeYourTime(_)
            | Self::Slower(_)
            | Self::WhoSpeaks
            | Self::HearsYou(_)
            | Self::Fact(_)
            | Self::Closed { .. }
            | Self::FactUnknown
            | Self::HearingLost
            | Self::HearingLostAskKeys
            | Self::VoiceLost => None,
        }
    }

    /// Whether the line belongs to something that no longer matters in an emergency.
    pub(crate) fn is_of_an_errand(&self) -> bool {
        matches!(
            self,
            Self::Fact(_)
                | Self::Closed { .. }
                | Self::Visit(_)
                | Self::Patient(_)
                | Self::OfYou(_)
                | Self::Request(_)
                | Self::NowAbout(_)
                | Self::Noted(_)
                | Self::Dropped(_)
        )
    }

    /// Whether the line tells what became of a page.
    pub(crate) fn is_of_a_page(&self) -> bool {
        matches!(
            self,
            Self::DoctorPaged
                | Self::DeskPaged
                | Self::Meanwhile(_)
                | Self::NobodyAnswers
                | Self::DoctorAcknowledged { .. }
                | Self::DoctorNotPaged
                | Self::DoctorNotPagedEmergency
                | Self::PageUnknown
        )
    }

    /// Whether the line tells something of a patient's record: only after the caller was matched to it.
    pub fn discloses(&self) -> bool {
        if let Self::Visit(line) = self { line.discloses() } else { false }
    }
}

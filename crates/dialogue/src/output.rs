//! What the receptionist wants done.

use domain::{
    AppointmentTypeId, CallerKind, LineId, MessageDraft, OfficeRequest, Phi, PhoneNumber, ProviderId, RedFlagId,
    RequestId, Tempo, Urgency,
};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::Prompt;

/// Something to be done by the shell, in the order given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// Say a line. Never given while an earlier line is unfinished, unless a [`Output::StopSpeaking`] ended that one.
    Say {
        /// Its number; greater than all before it.
        line: LineId,
        /// What to say; [`crate::Wording`] has the words.
        prompt: Prompt,
        /// False for lines that the caller's voice does not pause.
        interruptible: bool,
        /// How fast.
        #[serde(default)]
        tempo: Tempo,
    },
    /// The caller's voice was heard: hold the line at once, keep its rest.
    PauseSpeaking,
    /// There were no words, or only "mm-hm": go on where the line was held.
    ResumeSpeaking,
    /// Drop the line and everything not yet sent. No [`crate::Input::LineFinished`] is expected for it.
    StopSpeaking,
    /// Ask the office. The same id again is the same request again: it must not be done twice.
    Ask {
        /// Numbered within the call.
        id: RequestId,
        /// What is asked.
        request: OfficeRequest,
    },
    /// Ring a person. Answered by [`crate::Input::Transfer`], as often as something happens.
    Transfer {
        /// Whom.
        to: TransferTo,
        /// What they are told first. Journals of before have nothing of it.
        #[serde(default)]
        about: Option<Box<About>>,
    },
    /// Who has accepted is put together with the caller, now.
    Bridge,
    /// Nobody is to be rung any more.
    StopRinging,
    /// Keep the call's sound from now on, or no longer. Never `On` before the caller has heard that the call is recorded or
    /// has agreed to it, as the practice decides.
    Record(Record),
    /// End the call.
    HangUp,
    /// For the journal and the summary.
    Note(Note),
}

/// What becomes of a call's sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// It is kept from now on.
    On,
    /// It is not kept any longer; what there is stays.
    Off,
    /// It is not kept any longer, and what there is goes: the caller never agreed to it after all.
    Withdrawn,
}

/// What whoever is rung is told of the call before they take it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// How urgent it is.
    pub urgency: Urgency,
    /// Who calls.
    pub caller: CallerKind,
    /// The written rules that have fired, the first one first.
    pub red_flags: Vec<RedFlagId>,
    /// The caller's or patient's name. Whether it may be said on a telephone is the practice's decision.
    pub name: Option<Phi<String>>,
}

/// Who is to be connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferTo {
    /// The clinician on call.
    OnCall,
    /// The front desk.
    Desk,
}

/// What a summary of the call should tell. Who the patient is stands in [`Phi`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// Urgency rose, and a clinician is being paged or told.
    Escalated {
        /// To what.
        urgency: Urgency,
        /// On whose word.
        on: Witness,
    },
    /// Something was achieved. A call may have several; one that achieved nothing ends with [`Outcome::None`].
    Outcome(Outcome),
}

/// What an escalation was decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Witness {
    /// A red flag in two partials in a row.
    Partial,
    /// A finished utterance.
    Final,
    /// The second decode of an utterance.
    SecondDecode,
    /// Time ran out: no words, no answer, or no hearing.
    Timeout,
}

/// What a call achieved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// An emergency was recognised and handed to the office.
    Emergency,
    /// An urgent case was recognised and handed to the office.
    Urgent,
    /// A person was put on the line.
    Connected,
    /// A message is kept.
    Message(Box<MessageDraft>),
    /// A question was answered.
    Answered,
    /// An appointment is in the book.
    Booked(Box<AppointmentOutcome>),
    /// An appointment stands at another time: this one.
    Moved(Box<AppointmentOutcome>),
    /// An appointment is given up: this one.
    Cancelled(Box<AppointmentOutcome>),
    /// The office has yet to confirm a change of this appointment.
    ToBeConfirmed(Box<AppointmentOutcome>),
    /// The patient waits for an opening.
    OnWaitingList,
    /// Nothing.
    None,
}

impl Outcome {
    /// The label used in files, JSON and logs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Emergency => "emergency",
            Self::Urgent => "urgent",
            Self::Connected => "connected",
            Self::Message(_) => "message",
            Self::Answered => "answered",
            Self::Booked(_) => "booked",
            Self::Moved(_) => "moved",
            Self::Cancelled(_) => "cancelled",
            Self::ToBeConfirmed(_) => "to_be_confirmed",
            Self::OnWaitingList => "on_waiting_list",
            Self::None => "none",
        }
    }
}

/// The appointment that a call was about, and whose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppointmentOutcome {
    /// When it begins.
    pub start: Timestamp,
    /// With whom.
    pub provider: ProviderId,
    /// For what.
    #[serde(rename = "type")]
    pub kind: AppointmentTypeId,
    /// The patient's name as the practice writes it.
    pub name: Phi<String>,
    /// The patient's date of birth.
    pub date_of_birth: Phi<Date>,
    /// The number to call back.
    pub callback: Option<Phi<PhoneNumber>>,
}

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{CallerKind, CaseId, Intent, MessageId, Phi, PhoneNumber, RedFlagId, Urgency};

/// What a call asks of the office. Each is durable before it is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfficeRequest {
    /// Keep a message and notify the practice. Answered by [`OfficeReply::MessageSaved`]. Boxed: it is much the largest.
    SaveMessage(Box<MessageDraft>),
    /// Open an escalation and page the clinician on call. Answered by [`OfficeReply::CaseOpened`] once it is durable,
    /// then by [`OfficeReply::Paged`] or [`OfficeReply::NotPaged`], then perhaps by [`OfficeReply::Acknowledged`].
    OpenCase(CaseDraft),
    /// Add to the escalation that this call opened. Answered by [`OfficeReply::CaseUpdated`].
    UpdateCase(CaseUpdate),
}

/// A message for the practice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageDraft {
    /// Who is calling.
    pub caller: CallerKind,
    /// What about.
    pub intent: Intent,
    /// How urgent the call was at its most urgent.
    pub urgency: Urgency,
    /// The name, as it was confirmed or heard.
    pub name: Option<Phi<String>>,
    /// Date of birth.
    pub date_of_birth: Option<Phi<Date>>,
    /// The number to call back, said or seen.
    pub callback: Option<Phi<PhoneNumber>>,
    /// Every word of the message.
    pub text: Phi<String>,
    /// False if the caller hung up in the middle.
    pub complete: bool,
}

/// What the clinician on call is to be told first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseDraft {
    /// Emergency or urgent.
    pub urgency: Urgency,
    /// The written rules that fired.
    pub red_flags: Vec<RedFlagId>,
    /// What was heard so far.
    pub heard: Phi<String>,
    /// The number to call back: the caller's ID until another is said.
    pub callback: Option<Phi<PhoneNumber>>,
}

/// What became known after the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseUpdate {
    /// It is more urgent than was thought.
    Raised(Urgency),
    /// More of the caller's words.
    Heard(Phi<String>),
    /// The caller's or patient's name.
    Name(Phi<String>),
    /// The number to call back.
    Callback(Phi<PhoneNumber>),
    /// Whether the emergency number has been called.
    CalledEmergencyNumber(bool),
    /// Who is with them.
    WhoIsThere(Phi<String>),
    /// The caller does not answer any more.
    StoppedAnswering,
    /// The caller hung up, or the line was lost.
    HungUp,
}

/// What the office says happened. Nothing is claimed to a caller before one of these says it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfficeReply {
    /// The message is kept.
    MessageSaved {
        /// Under this id.
        message: MessageId,
    },
    /// The escalation is kept; paging has begun.
    CaseOpened {
        /// Under this id.
        case: CaseId,
    },
    /// A page was accepted by the channel that carries it.
    Paged,
    /// No channel took a page, the last resort included.
    NotPaged,
    /// A clinician has acknowledged the page.
    Acknowledged {
        /// The clinician's name, as it may be spoken.
        by: String,
    },
    /// The update is kept.
    CaseUpdated,
    /// The office cannot do it now: its database does not answer.
    Unavailable,
}

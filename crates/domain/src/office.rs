use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    Appointment, AppointmentId, Booking, CallerKind, CaseId, Confirmation, Decode, Intent, MatchedPatient, MessageId,
    NewPatient, OfferedSlot, PatientId, PatientQuery, Phi, PhoneNumber, RedFlagId, RequestField, SlotId, SlotQuery,
    Urgency, WaitingWish,
};

/// What a call asks of the office. Each is durable before it is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfficeRequest {
    /// Keep a message and notify the practice. Answered by [`OfficeReply::MessageSaved`]. Boxed: it is much the largest.
    SaveMessage(Box<MessageDraft>),
    /// Open an escalation and page the clinician on call. Answered by [`OfficeReply::CaseOpened`] once it is durable,
    /// then by [`OfficeReply::Paged`], [`OfficeReply::DeskPaged`] or [`OfficeReply::NotPaged`], then perhaps by [`OfficeReply::Acknowledged`].
    OpenCase(CaseDraft),
    /// Add to the escalation that this call opened. Answered by [`OfficeReply::CaseUpdated`].
    UpdateCase(CaseUpdate),
    /// Match a patient to one record. Answered by [`OfficeReply::PatientMatched`], [`OfficeReply::PatientNotMatched`] or
    /// [`OfficeReply::PatientAmbiguous`].
    FindPatient(PatientQuery),
    /// Register a patient who comes for the first time. Answered by [`OfficeReply::PatientMatched`].
    RegisterPatient(NewPatient),
    /// Openings, at most three, the best first. Answered by [`OfficeReply::Slots`].
    FindSlots(SlotQuery),
    /// What a patient has ahead. Answered by [`OfficeReply::Appointments`]. Like everything below it is refused
    /// ([`OfficeReply::NotAllowed`]) for a patient whom this call was not matched to.
    FindAppointments(PatientId),
    /// Book an opening. Answered by [`OfficeReply::Booked`] or [`OfficeReply::SlotTaken`].
    Book(Booking),
    /// Move an appointment to an opening. Answered by [`OfficeReply::Moved`], [`OfficeReply::SlotTaken`] or
    /// [`OfficeReply::NoSuchAppointment`].
    Move {
        /// Which.
        appointment: AppointmentId,
        /// One of the openings that were offered to this call.
        to: SlotId,
    },
    /// Give an appointment up. Answered by [`OfficeReply::Cancelled`] or [`OfficeReply::NoSuchAppointment`].
    Cancel(AppointmentId),
    /// Wait for an opening that is freed. Answered by [`OfficeReply::OnWaitingList`].
    JoinWaitingList(WaitingWish),
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
    /// What a request tells, each field once, in the caller's words. Written as a map; the list of pairs that it once was
    /// is still read.
    #[serde(default, with = "crate::request_fields")]
    pub fields: Vec<(RequestField, Phi<String>)>,
    /// How its values were confirmed.
    #[serde(default)]
    pub confirmed: Confirmed,
    /// By when the caller was told to be answered, as it was spoken after "You will hear from us".
    #[serde(default)]
    pub promised: Option<String>,
    /// Everything that the caller had said by then, in the order in which it was decoded: what the values were taken from.
    #[serde(default)]
    pub decodes: Vec<Decode>,
    /// False if the caller hung up in the middle.
    pub complete: bool,
    /// The incomplete message of an earlier call that this one goes on from.
    #[serde(default)]
    pub continues: Option<MessageId>,
}

/// How the values of a message were confirmed; `None` for those that it does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Confirmed {
    /// The name.
    pub name: Option<Confirmation>,
    /// The date of birth.
    pub date_of_birth: Option<Confirmation>,
    /// The number to call back.
    pub callback: Option<Confirmation>,
}

/// What the clinician on call is to be told first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseDraft {
    /// Emergency or urgent.
    pub urgency: Urgency,
    /// Who is calling, as far as it is known.
    #[serde(default)]
    pub caller: CallerKind,
    /// The written rules that fired.
    pub red_flags: Vec<RedFlagId>,
    /// What was heard so far.
    pub heard: Phi<String>,
    /// Whether it was opened in the middle of a sentence, which may go on otherwise; its words follow as [`CaseUpdate::Heard`].
    #[serde(default)]
    pub unconfirmed: bool,
    /// The number to call back: the caller's ID until another is said.
    pub callback: Option<Phi<PhoneNumber>>,
    /// The case that an earlier call of this caller opened, minutes ago. While nobody has acknowledged that one, it is
    /// this call's case, too, and no other is opened.
    #[serde(default)]
    pub continues: Option<CaseId>,
}

/// What became known after the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseUpdate {
    /// It is more urgent than was thought.
    Raised {
        /// How urgent it is now.
        urgency: Urgency,
        /// The written rules that have fired by now, those that the office knows already among them.
        red_flags: Vec<RedFlagId>,
    },
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
    /// The caller has called again: what that call would have opened a case with.
    CalledAgain(Box<CaseDraft>),
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
    /// A page to a clinician was accepted by the channel that carries it.
    Paged,
    /// A page to the front desk was: who is on call is paged if it does not answer.
    DeskPaged,
    /// Everybody has been paged and had their time, and nobody has answered. Paging goes on.
    NobodyAnswers,
    /// No channel took a page, the last resort included.
    NotPaged,
    /// A clinician has acknowledged the page.
    Acknowledged {
        /// The clinician's name, as it may be spoken.
        by: String,
    },
    /// The update is kept.
    CaseUpdated,
    /// Exactly one record matches, or the new one is kept.
    PatientMatched(MatchedPatient),
    /// No record matches.
    PatientNotMatched,
    /// Two or more match; a number on the record decides.
    PatientAmbiguous,
    /// Openings, at most three; none if there is nothing within the horizon.
    Slots(Vec<OfferedSlot>),
    /// What the patient has ahead, the next first.
    Appointments(Vec<Appointment>),
    /// It is in the book.
    Booked(Appointment),
    /// It stands at its new time.
    Moved(Appointment),
    /// It is given up.
    Cancelled(AppointmentId),
    /// It is in FirstRing's book, but the calendar that the provider keeps elsewhere could not be asked: the office will confirm it.
    ToBeConfirmed(Appointment),
    /// They wait: what is freed is offered to one after the other, who has waited longest first.
    OnWaitingList {
        /// By text message; otherwise the office calls them.
        by_text: bool,
    },
    /// Somebody else was faster: nothing was booked or moved.
    SlotTaken,
    /// There is no such appointment ahead: nothing was changed.
    NoSuchAppointment,
    /// The rules of the practice do not allow it, or the call was not matched to that patient: nothing was done.
    NotAllowed,
    /// The office cannot do it now: its database does not answer.
    Unavailable,
}

/// In whose hands a case is. Names as they may be spoken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CaseStanding {
    /// In nobody's: it pages.
    Open,
    /// A clinician has it.
    Taken {
        /// Who.
        by: String,
        /// When it pages again, unless the caller was reached.
        pages_again: Option<Timestamp>,
    },
    /// The caller was reached.
    Closed {
        /// By whom.
        by: String,
    },
}

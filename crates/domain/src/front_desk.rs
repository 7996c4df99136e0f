//! What a practice has decided about its telephone beyond facts and urgency.

use std::time::Duration;

use jiff::civil::DateTime;

use crate::{AppointmentType, CallerKind, Intent, Provider};

/// Appointments, requests and kinds of callers, as the practice wants them handled. Empty: everything becomes a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrontDesk {
    /// Who sees patients.
    pub providers: Vec<Provider>,
    /// What can be booked, the usual one first.
    pub appointment_types: Vec<AppointmentType>,
    /// What a new patient is asked for besides name, date of birth and number.
    pub new_patients: NewPatients,
    /// When requests are answered, as it is spoken.
    pub promises: Vec<AnswerPromise>,
    /// What is done with certain callers; all others are helped.
    pub callers: Vec<(CallerKind, CallerPolicy)>,
    /// One sentence for those who do not speak English.
    pub languages: Vec<LanguageLine>,
    /// When the whole practice is closed against its opening hours: holidays.
    pub closures: Vec<Closure>,
    /// A caller who calls again within this time goes on where the call broke off; zero: never.
    pub resume_within: Duration,
    /// Whether callers are offered to wait for an opening, and how they hear of one.
    pub waiting_list: WaitingListKept,
    /// What callers hear of it that their words are kept.
    pub recording: Recording,
}

/// Whether a call's sound is kept, and what its caller hears of that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Recording {
    /// Nothing is recorded, and nothing is said of it.
    #[default]
    Off,
    /// Nothing is recorded; callers hear that the call is written down.
    OffTranscriptNotice,
    /// It is recorded as soon as the caller has heard that it is.
    Notice,
    /// It is recorded from the caller's "yes" on.
    Consent,
}

impl Recording {
    /// Whether any call of the practice may be recorded.
    pub fn may_record(self) -> bool {
        match self {
            Self::Notice | Self::Consent => true,
            Self::Off | Self::OffTranscriptNotice => false,
        }
    }
}

/// Whether and how new patients are registered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NewPatients {
    /// Name, date of birth and number.
    #[default]
    Registered,
    /// The insurance, too.
    RegisteredWithInsurance,
    /// The practice takes none: a message.
    NotTaken,
}

/// Whether a practice keeps a waiting list for its appointments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WaitingListKept {
    /// It does not.
    #[default]
    No,
    /// It does; the office calls who waits.
    OfficeCalls,
    /// It does; who waits is texted.
    PatientsAreTexted,
}

/// A promise of when a kind of request is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerPromise {
    /// Which requests.
    pub intent: Intent,
    /// As it is spoken after "You will hear from us": "by the end of the next working day".
    pub by: String,
}

/// A time in which nobody is there, `[from, to)` in the practice's zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closure {
    /// Closes.
    pub from: DateTime,
    /// Opens again, as far as the opening hours say so.
    pub to: DateTime,
    /// By what name callers ask for it: "Thanksgiving". Never spoken.
    pub why: String,
}

/// What is done with a kind of caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerPolicy {
    /// Helped like a patient.
    Help,
    /// Put through to the clinician on call, who is paged at once.
    PageClinician,
    /// Put through to the front desk in office hours; else a message.
    Desk,
    /// A message.
    Message,
    /// A polite end.
    Decline,
}

/// A sentence for callers who speak another language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageLine {
    /// The language in English: "Spanish".
    pub language: String,
    /// Words by which it is recognised in an English transcript: "espanol", "habla", "ayuda".
    pub heard_with: Vec<String>,
    /// The sentence, in that language.
    pub line: String,
}

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{AppointmentTypeId, CallerKind, FactId, Intent, Phi, PhoneNumber, ProviderWish, RedFlag, Urgency};

/// What an utterance was understood to mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Who seems to be calling.
    pub caller: CallerKind,
    /// What is wanted, the main wish first. Never empty.
    pub intents: Vec<Intent>,
    /// How urgent this utterance is by all witnesses together.
    pub urgency: Urgency,
    /// What the model thinks of urgency; only ever used to raise it.
    pub p: Probabilities,
    /// What the learned head on sentence embeddings thinks of urgency; like `p`.
    #[serde(default)]
    pub head: Probabilities,
    /// How far each learned witness alone raised it.
    #[serde(default)]
    pub raised_by: RaisedBy,
    /// Values that were said.
    pub slots: Slots,
    /// The written rules that fired.
    pub red_flags: Vec<RedFlag>,
    /// Whether the reader could judge at all.
    pub certainty: Certainty,
    /// Yes or no, where the utterance answers a question that way.
    pub yes_no: Option<YesNo>,
    /// Which of the practice's facts the utterance asks for.
    pub fact: Option<FactId>,
    /// Which of the things that were offered the utterance picks.
    #[serde(default)]
    pub choice: Option<Choice>,
    /// What the utterance asks of the conversation itself.
    #[serde(default)]
    pub directive: Option<Directive>,
    /// The language in which it was said, or that was asked for, if it is not English: its name in English. The practice
    /// need not have a line for it.
    #[serde(default)]
    pub language: Option<String>,
}

/// A choice among what was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// "The second": counted from 0.
    Nth(u8),
    /// "The last one", "the later one".
    Last,
    /// "The earlier one" is the first of two; "anything earlier?" asks for others.
    SomethingEarlier,
    /// "Anything later?"
    SomethingLater,
    /// "None of them", "neither works".
    None,
    /// "Either", "whichever".
    Any,
}

/// What the caller asks of the conversation rather than of the practice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Directive {
    /// "What?", "say that again".
    Repeat,
    /// "Slower, please."
    Slower,
    /// "Hold on", "one second": the caller needs time.
    Wait,
    /// "Never mind", "forget it": the present errand is given up.
    NeverMind,
    /// "Actually, ..", "no, Wednesday": what follows replaces what was said before.
    Correction,
    /// Nobody is there: a recorded announcement, a voicemail greeting or the tones of a fax machine.
    Recording,
}

impl Reading {
    /// The reading of something that could not be read in time or at all. Unsure counts as urgent and leads to one
    /// safety question; it is never an error.
    pub fn unsure() -> Self {
        Self {
            caller: CallerKind::Other,
            intents: vec![Intent::Other],
            urgency: Urgency::Urgent,
            p: Probabilities::default(),
            head: Probabilities::default(),
            raised_by: RaisedBy::default(),
            slots: Slots::default(),
            red_flags: Vec::new(),
            certainty: Certainty::Unsure,
            yes_no: None,
            fact: None,
            choice: None,
            directive: None,
            language: None,
        }
    }

    /// The main wish.
    pub fn intent(&self) -> Intent {
        self.intents.first().copied().unwrap_or(Intent::Other)
    }
}

/// Whether the reader could judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// It was read.
    Sure,
    /// It could not be read: counts as urgent until the safety question is answered.
    Unsure,
}

/// An answer to a yes-or-no question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum YesNo {
    /// "Yes", "that's right", "mm-hm".
    Yes,
    /// "No", "that's wrong".
    No,
}

/// A model's probabilities of the three urgencies; they sum to 1, or are all zero if no model was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Probabilities {
    /// Of [`Urgency::Emergency`].
    pub emergency: f32,
    /// Of [`Urgency::Urgent`].
    pub urgent: f32,
    /// Of [`Urgency::Routine`].
    pub routine: f32,
}

/// How urgent each learned witness alone makes an utterance, by the probabilities that it is believed at; routine where it was not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RaisedBy {
    /// The language model.
    pub model: Urgency,
    /// The learned head on sentence embeddings.
    pub head: Urgency,
}

impl Default for RaisedBy {
    fn default() -> Self {
        Self { model: Urgency::Routine, head: Urgency::Routine }
    }
}

/// A value that the caller said, with the very words it came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slot<T> {
    /// The value.
    pub value: Phi<T>,
    /// The caller's own words.
    pub heard: Phi<String>,
    /// 0 to 1. Below 0.5 it is asked for again rather than read back.
    pub certainty: f32,
}

/// A half-open interval of wall time, `[from, to)`.
pub type Interval = (Timestamp, Timestamp);

/// What was said of each thing that the practice needs to know.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Slots {
    /// The name of the caller or patient.
    pub name: Option<Slot<String>>,
    /// Date of birth.
    pub date_of_birth: Option<Slot<Date>>,
    /// The number to call back.
    pub callback: Option<Slot<PhoneNumber>>,
    /// What it is about, in the caller's words.
    pub reason: Option<Slot<String>>,
    /// When the caller wants to come: any of these intervals.
    pub when: Vec<Interval>,
    /// The clinician that was named.
    pub provider: Option<Slot<String>>,
    /// The drug that was named.
    pub drug: Option<Slot<String>>,
    /// The pharmacy that was named.
    pub pharmacy: Option<Slot<String>>,
    /// With whom the caller wants to be seen, as far as the practice has such a provider.
    #[serde(default)]
    pub provider_wish: Option<ProviderWish>,
    /// The kind of appointment that was asked for.
    #[serde(default)]
    pub appointment_type: Option<AppointmentTypeId>,
    /// The dose that was named, as it was said: "ten milligrams".
    #[serde(default)]
    pub dose: Option<Slot<String>>,
    /// For how many days the drug still lasts.
    #[serde(default)]
    pub days_left: Option<Slot<u16>>,
}

/// What FirstRing asked last: the same words mean another thing after another question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// "How can I help?"
    #[default]
    Open,
    /// The caller's name.
    Name,
    /// The name, letter by letter.
    Spelling,
    /// The number to call back.
    Callback,
    /// The patient's date of birth.
    DateOfBirth,
    /// The message itself.
    Message,
    /// A yes or a no: a read-back, "anything else?".
    YesNo,
    /// The one safety question: is anybody in danger right now?
    Safety,
    /// In an emergency: has the emergency number been called?
    CalledEmergencyNumber,
    /// In an emergency: who is with them?
    WhoIsThere,
    /// Full name and date of birth in one answer.
    NameAndBirth,
    /// Has the patient been here before? "Yes", "no", "I'm new".
    NewOrKnown,
    /// What the appointment is for.
    VisitReason,
    /// When the caller wants to come.
    When,
    /// Which of the openings, or of the appointments, that were named.
    Choice,
    /// Which drug.
    Drug,
    /// Which dose.
    Dose,
    /// Which pharmacy.
    Pharmacy,
    /// For how many days the drug still lasts.
    DaysLeft,
    /// Something in the caller's own words: the insurance, which test, where to send it.
    Detail,
}

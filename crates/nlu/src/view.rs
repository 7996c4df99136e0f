//! A reading as programs outside see it: the JSON of `firstring read` and of a call's summary.

use domain::{
    AppointmentTypeId, CallerKind, Choice, Directive, Intent, Interval, Phi, Probabilities, ProviderWish, Reading,
    RedFlagId, Slot, Urgency, YesNo,
};
use serde::Serialize;

/// The JSON of a reading. Its field names are a promise to scripts.
#[derive(Clone, Debug, Serialize)]
pub struct ReadingView {
    /// What was read.
    pub text: Phi<String>,
    /// Who seems to be calling.
    pub caller: CallerKind,
    /// The main wish.
    pub intent: Intent,
    /// Every wish.
    pub intents: Vec<Intent>,
    /// By all witnesses together.
    pub urgency: Urgency,
    /// By the model.
    pub p: Probabilities,
    /// What each witness of urgency says alone.
    pub witnesses: WitnessesView,
    /// Values, by name; only what was said.
    pub slots: SlotsView,
    /// Which rules fired.
    pub red_flags: Vec<RedFlagId>,
    /// Yes or no, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub yes_no: Option<YesNo>,
    /// What was picked of what was offered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choice: Option<Choice>,
    /// What was asked of the conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directive: Option<Directive>,
    /// The language, if it was not English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// How long reading took, in milliseconds, where it was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
}

/// What each witness of urgency says alone.
#[derive(Clone, Debug, Serialize)]
pub struct WitnessesView {
    /// The written rules.
    pub rules: Urgency,
    /// The language model, if it was asked.
    pub model: Option<Probabilities>,
    /// The learned head on sentence embeddings, if it was asked.
    pub head: Option<Probabilities>,
}

impl WitnessesView {
    fn of(reading: &Reading) -> Self {
        let asked = |p: Probabilities| (p != Probabilities::default()).then_some(p);
        let by_rules = reading.red_flags.iter().map(|flag| flag.urgency);
        Self {
            rules: by_rules.fold(Urgency::Routine, Urgency::raise),
            model: asked(reading.p),
            head: asked(reading.head),
        }
    }
}

/// The slots of a reading, each left out where nothing was said.
#[derive(Clone, Debug, Serialize)]
pub struct SlotsView {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Slot<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_of_birth: Option<Slot<jiff::civil::Date>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback: Option<Slot<domain::PhoneNumber>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Slot<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    when: Vec<Interval>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<Slot<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    drug: Option<Slot<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pharmacy: Option<Slot<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_wish: Option<ProviderWish>,
    #[serde(skip_serializing_if = "Option::is_none")]
    appointment_type: Option<AppointmentTypeId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dose: Option<Slot<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    days_left: Option<Slot<u16>>,
}

impl ReadingView {
    /// The view of a reading of `text`.
    pub fn new(text: &Phi<String>, reading: &Reading, ms: Option<u64>) -> Self {
        let slots = reading.slots.clone();
        Self {
            text: text.clone(),
            caller: reading.caller,
            intent: reading.intent(),
            intents: reading.intents.clone(),
            urgency: reading.urgency,
            p: reading.p,
            witnesses: WitnessesView::of(reading),
            slots: SlotsView {
                name: slots.name,
                date_of_birth: slots.date_of_birth,
                callback: slots.callback,
                reason: slots.reason,
                when: slots.when,
                provider: slots.provider,
                drug: slots.drug,
                pharmacy: slots.pharmacy,
                provider_wish: slots.provider_wish,
                appointment_type: slots.appointment_type,
                dose: slots.dose,
                days_left: slots.days_left,
            },
            yes_no: reading.yes_no,
            choice: reading.choice,
            directive: reading.directive,
            language: reading.language.clone(),
            red_flags: reading.red_flags.iter().map(|flag| flag.id.clone()).collect(),
            ms,
        }
    }
}

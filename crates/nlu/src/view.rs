//! A reading as programs outside see it: the JSON of `firstring read` and of a call's summary.

use domain::{CallerKind, Intent, Interval, Phi, Probabilities, Reading, RedFlagId, Slot, Urgency};
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
    /// Values, by name; only what was said.
    pub slots: SlotsView,
    /// Which rules fired.
    pub red_flags: Vec<RedFlagId>,
    /// How long reading took, in milliseconds, where it was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
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
            slots: SlotsView {
                name: slots.name,
                date_of_birth: slots.date_of_birth,
                callback: slots.callback,
                reason: slots.reason,
                when: slots.when,
                provider: slots.provider,
                drug: slots.drug,
                pharmacy: slots.pharmacy,
            },
            red_flags: reading.red_flags.iter().map(|flag| flag.id.clone()).collect(),
            ms,
        }
    }
}

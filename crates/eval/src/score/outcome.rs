use std::collections::BTreeMap;

use domain::{Asked, CallerKind, Intent, Phi, Probabilities, RaisedBy, Reading, Urgency};
use serde::{Deserialize, Serialize};

use super::values::{ValueOutcome, value};
use crate::suite::{Case, Channel};

/// What was expected of one case, and what came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The case.
    pub id: String,
    /// Its scenario.
    pub scenario: String,
    /// Its topic.
    pub topic: String,
    /// Who speaks.
    pub voice: String,
    /// Routine in the words of an emergency.
    pub near_miss: bool,
    /// Whether it stands alone or in a call.
    pub place: Place,
    /// Whether it answers a narrow question: the wish that it serves was told before.
    pub answers: bool,
    /// Why it is labelled so.
    pub why: String,
    /// What was read.
    pub text: Phi<String>,
    /// How it was carried.
    pub over: Option<Channel>,
    /// The labels.
    pub expected: Labels,
    /// What was read out of it.
    pub got: Labels,
    /// What each witness said.
    pub judged: Judged,
    /// Each labelled value.
    pub values: Vec<ValueOutcome>,
    /// How long reading took.
    pub ms: f64,
}

/// Where an utterance stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// It is all that is known.
    Alone,
    /// A turn of a call.
    Turn,
    /// The last turn: what the call came to.
    LastTurn,
}

/// The labels of an utterance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labels {
    /// Who calls.
    pub caller: CallerKind,
    /// The wishes, the main one first.
    pub intents: Vec<Intent>,
    /// How soon a clinician must know.
    pub urgency: Urgency,
}

/// What each witness of urgency said.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// The written rules that fired.
    pub red_flags: Vec<String>,
    /// The highest urgency among them.
    pub by_rules: Option<Urgency>,
    /// The language model, where it was asked.
    pub model: Option<Probabilities>,
    /// The learned head on sentence embeddings, where it was asked.
    pub head: Option<Probabilities>,
    /// How far each of the two raised it.
    #[serde(default)]
    pub raised_by: RaisedBy,
}

/// Which witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Witness {
    /// The written rules.
    Rules,
    /// The language model.
    Model,
    /// The learned head.
    Head,
}

impl Outcome {
    /// What came of reading `case` within `ms`; of a call, also of all turns before it.
    pub fn new(case: &Case, reading: &Reading, ms: f64, place: Place) -> Self {
        let asked = |p: Probabilities| (p.emergency + p.urgent + p.routine > 0.0).then_some(p);
        Self {
            id: case.id.clone(),
            scenario: case.scenario.clone(),
            topic: case.topic.clone(),
            voice: case.voice.clone(),
            near_miss: case.near_miss,
            place,
            answers: case.asked != Asked::Open,
            why: case.why.clone(),
            text: case.text.clone(),
            over: case.over.clone(),
            expected: Labels { caller: case.caller, intents: case.intents.clone(), urgency: case.urgency },
            got: Labels { caller: reading.caller, intents: reading.intents.clone(), urgency: reading.urgency },
            judged: Judged {
                red_flags: reading.red_flags.iter().map(|flag| flag.id.0.clone()).collect(),
                by_rules: reading.red_flags.iter().map(|flag| flag.urgency).max(),
                model: asked(reading.p),
                head: asked(reading.head),
                raised_by: reading.raised_by,
            },
            values: case.values.iter().map(|(field, expected)| value(*field, expected, reading, case)).collect(),
            ms,
        }
    }

    /// Whether it is a turn of a call: as urgent as the call was before it.
    pub fn in_call(&self) -> bool {
        self.place != Place::Alone
    }

    /// Whether a danger was taken for less than it is.
    pub fn understated(&self) -> bool {
        self.got.urgency < self.expected.urgency
    }

    /// Whether everything was read as it is labelled; of the wishes, the main one.
    pub fn passed(&self) -> bool {
        self.got.urgency == self.expected.urgency
            && (self.answers || self.got.intents.first() == self.expected.intents.first())
            && self.values.iter().all(ValueOutcome::right)
    }
}

impl Judged {
    /// What a witness alone would have read, by the probabilities that it is believed at; `None` where it was not asked.
    pub fn alone(&self, witness: Witness) -> Option<Urgency> {
        match witness {
            Witness::Rules => Some(self.by_rules.unwrap_or(Urgency::Routine)),
            Witness::Model => self.model.map(|_| self.raised_by.model),
            Witness::Head => self.head.map(|_| self.raised_by.head),
        }
    }
}

/// Cases by the values of something, e.g. their topic.
pub(super) type Groups<'a> = BTreeMap<(&'static str, String), Vec<&'a Outcome>>;

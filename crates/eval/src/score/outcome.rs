use std::collections::BTreeMap;

use domain::{Asked, CallerKind, Intent, Phi, Probabilities, Reading, Urgency};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::suite::{Case, Channel, Field, variety};

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

/// One labelled value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValueOutcome {
    /// Which.
    pub field: Field,
    /// As it is labelled.
    pub expected: Phi<String>,
    /// As it was read.
    pub got: Option<Phi<String>>,
}

impl ValueOutcome {
    /// Whether it was read as it is labelled.
    pub fn right(&self) -> bool {
        self.got.as_ref().is_some_and(|got| same(self.field, self.expected.expose(), got.expose()))
    }
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

fn value(field: Field, expected: &Phi<String>, reading: &Reading, case: &Case) -> ValueOutcome {
    let slots = &reading.slots;
    let text = |slot: &Option<domain::Slot<String>>| slot.as_ref().map(|slot| slot.value.clone());
    let zone: TimeZone = case.now.time_zone().clone();
    let first = slots.when.first().map(|(from, _)| from.to_zoned(zone));
    let got = match field {
        Field::Name => text(&slots.name),
        Field::Birth => slots.date_of_birth.as_ref().map(|slot| slot.value.clone().map(|date| date.to_string())),
        Field::Phone => slots.callback.as_ref().map(|slot| slot.value.clone().map(|number| number.as_str().to_owned())),
        Field::Drug => text(&slots.drug),
        Field::Dose => text(&slots.dose),
        Field::Pharmacy => text(&slots.pharmacy),
        Field::Provider => text(&slots.provider),
        Field::Day => first.map(|from| Phi::new(from.date().to_string())),
        Field::Time => first.map(|from| Phi::new(from.strftime("%H:%M").to_string())),
    };
    ValueOutcome { field, expected: expected.clone(), got }
}

/// Whether two writings of a value mean the same.
fn same(field: Field, expected: &str, got: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).rev().take(10).collect::<String>();
    match field {
        Field::Phone => digits(expected) == digits(got),
        Field::Birth | Field::Day | Field::Time => expected == got,
        Field::Name | Field::Drug => variety::words(expected) == variety::words(got),
        // "CVS on Main" is CVS, "Doctor Patel" is Patel, "ten milligrams" is 10 mg
        Field::Pharmacy | Field::Provider | Field::Dose => {
            let (expected, got) = (variety::words(expected), variety::words(got));
            !got.is_empty()
                && (expected.iter().all(|word| got.contains(word)) || got.iter().all(|word| expected.contains(word)))
        }
    }
}

impl Judged {
    /// What a witness alone would say, with these thresholds; `None` where it was not asked.
    pub fn alone(&self, witness: Witness, urgent_min: f32, emergency_min: f32) -> Option<Urgency> {
        let of = |p: Probabilities| {
            if p.emergency >= emergency_min {
                Urgency::Emergency
            } else if p.emergency + p.urgent >= urgent_min {
                Urgency::Urgent
            } else {
                Urgency::Routine
            }
        };
        match witness {
            Witness::Rules => Some(self.by_rules.unwrap_or(Urgency::Routine)),
            Witness::Model => self.model.map(of),
            Witness::Head => self.head.map(of),
        }
    }
}

/// Cases by the values of something, e.g. their topic.
pub(super) type Groups<'a> = BTreeMap<(&'static str, String), Vec<&'a Outcome>>;

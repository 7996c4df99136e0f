//! The rates that a suite is judged by.

use domain::{Intent, Urgency};
use serde::{Deserialize, Serialize};

use super::bounds::{Bound, bounds};
use super::outcome::{Outcome, Place};

/// A kind of error: among which cases it may happen, and when it did.
#[derive(Clone, Copy, Debug)]
pub struct RateKind {
    /// As it is written in `eval/thresholds.toml`.
    pub name: &'static str,
    /// In words.
    pub told: &'static str,
    of: fn(&Outcome) -> bool,
    wrong: fn(&Outcome) -> bool,
}

/// How often it happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Which kind of error.
    pub name: String,
    /// In words.
    pub told: String,
    /// So often.
    pub wrong: usize,
    /// Of so many.
    pub of: usize,
    /// The share; 0 of none is 0.
    pub rate: f64,
    /// How high it may really be.
    pub upper: Bound,
}

/// An utterance of its own: a turn of a call is as urgent as the call was before it.
fn is(outcome: &Outcome, urgency: Urgency) -> bool {
    !outcome.in_call() && outcome.expected.urgency == urgency
}

fn call_is(outcome: &Outcome, urgency: Urgency) -> bool {
    outcome.place == Place::LastTurn && outcome.expected.urgency == urgency
}

fn read_as(outcome: &Outcome, urgency: Urgency) -> bool {
    outcome.got.urgency == urgency
}

fn routine(outcome: &Outcome) -> bool {
    is(outcome, Urgency::Routine)
}

/// All of them.
pub const RATES: &[RateKind] = &[
    RateKind {
        name: "emergency_missed",
        told: "emergencies called routine or urgent",
        of: |o| is(o, Urgency::Emergency),
        wrong: |o| !read_as(o, Urgency::Emergency),
    },
    RateKind {
        name: "emergency_called_routine",
        told: "emergencies called routine",
        of: |o| is(o, Urgency::Emergency),
        wrong: |o| read_as(o, Urgency::Routine),
    },
    RateKind {
        name: "near_miss_called_emergency",
        told: "near misses called emergency",
        of: |o| routine(o) && o.near_miss,
        wrong: |o| read_as(o, Urgency::Emergency),
    },
    RateKind {
        name: "routine_called_emergency",
        told: "other routine called emergency",
        of: |o| routine(o) && !o.near_miss,
        wrong: |o| read_as(o, Urgency::Emergency),
    },
    RateKind {
        name: "needed_today_called_routine",
        told: "urgent or emergency called routine",
        of: |o| is(o, Urgency::Urgent) || is(o, Urgency::Emergency),
        wrong: |o| read_as(o, Urgency::Routine),
    },
    RateKind {
        name: "urgent_called_emergency",
        told: "urgent called emergency",
        of: |o| is(o, Urgency::Urgent),
        wrong: |o| read_as(o, Urgency::Emergency),
    },
    RateKind {
        name: "near_miss_raised",
        told: "near misses called urgent or emergency",
        of: |o| routine(o) && o.near_miss,
        wrong: |o| !read_as(o, Urgency::Routine),
    },
    RateKind {
        name: "routine_raised",
        told: "other routine called urgent or emergency",
        of: |o| routine(o) && !o.near_miss,
        wrong: |o| !read_as(o, Urgency::Routine),
    },
    RateKind {
        name: "call_missed",
        told: "calls with an emergency in which none was recognised",
        of: |o| call_is(o, Urgency::Emergency),
        wrong: |o| !read_as(o, Urgency::Emergency),
    },
    RateKind {
        name: "call_raised",
        told: "routine calls in which an emergency was recognised",
        of: |o| call_is(o, Urgency::Routine),
        wrong: |o| read_as(o, Urgency::Emergency),
    },
    RateKind {
        name: "intent_wrong",
        told: "main wish misread",
        of: |o| !o.answers,
        wrong: |o| o.got.intents.first() != o.expected.intents.first(),
    },
    RateKind {
        name: "wish_missed",
        told: "one of several wishes missed",
        of: |o| !o.answers && o.expected.intents.len() > 1,
        wrong: |o| o.expected.intents.iter().any(|intent| !o.got.intents.contains(intent)),
    },
    RateKind {
        name: "wish_invented",
        told: "a wish read that nobody has",
        of: |o| !o.answers,
        wrong: |o| o.got.intents.iter().any(|got| *got != Intent::Other && !o.expected.intents.contains(got)),
    },
    RateKind {
        name: "answer_derails",
        told: "answers taken for another wish",
        of: |o| o.answers,
        wrong: |o| o.got.intents.iter().all(|got| *got != Intent::Other && !o.expected.intents.contains(got)),
    },
    RateKind {
        name: "caller_wrong",
        told: "caller misread",
        of: |_| true,
        wrong: |o| o.got.caller != o.expected.caller,
    },
    RateKind {
        name: "value_wrong",
        told: "utterances with a value misread",
        of: |o| !o.values.is_empty(),
        wrong: |o| o.values.iter().any(|value| !value.right()),
    },
];

/// Every rate over these cases; those that no case can show are left out.
pub fn rates(outcomes: &[&Outcome]) -> Vec<Rate> {
    RATES.iter().filter_map(|kind| rate(kind, outcomes)).collect()
}

fn rate(kind: &RateKind, outcomes: &[&Outcome]) -> Option<Rate> {
    let among = outcomes.iter().filter(|outcome| (kind.of)(outcome));
    counted(kind.name, kind.told, among.map(|outcome| (outcome.scenario.as_str(), (kind.wrong)(outcome))))
}

/// The rate of those that are wrong, each with its scenario; none of none.
pub(super) fn counted<'a>(name: &str, told: &str, cases: impl Iterator<Item = (&'a str, bool)>) -> Option<Rate> {
    let cases: Vec<_> = cases.collect();
    let wrong = cases.iter().filter(|(_, wrong)| *wrong).count();
    (!cases.is_empty()).then(|| Rate {
        name: name.to_owned(),
        told: told.to_owned(),
        wrong,
        of: cases.len(),
        rate: wrong as f64 / cases.len() as f64,
        upper: bounds(cases.into_iter()),
    })
}

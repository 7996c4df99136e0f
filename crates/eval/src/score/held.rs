//! Whole calls that were held to see what stands at their end.

use serde::{Deserialize, Serialize};

use super::rates::{Rate, counted};
use super::values::ValueOutcome;
use crate::suite::Field;

/// One such call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeldCall {
    /// The scenario of the case that it was held with.
    pub scenario: String,
    /// What the caller wanted.
    pub errand: Errand,
    /// Whether it stands in the office's book.
    pub done: bool,
    /// How often the caller spoke.
    pub turns: usize,
    /// What they told, as it is labelled and as it stands there; none in a call that came to nothing.
    pub values: Vec<ValueOutcome>,
}

/// What the caller of a [`HeldCall`] wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Errand {
    /// To become a patient.
    Registration,
    /// To be seen on a day or at a time.
    Visit,
}

impl Errand {
    /// All of them, with their plural.
    pub const ALL: [(Self, &'static str); 2] = [(Self::Registration, "registrations"), (Self::Visit, "visits")];
}

/// How the rate of errands that came to nothing is written in `eval/thresholds.toml`.
pub const NOT_DONE: &str = "errand_not_done";

/// How the rates of [`held_calls`] are written in `eval/thresholds.toml`, and in words.
pub const AFTER_READ_BACK: [(Field, &str, &str); 5] = [
    (Field::Name, "name_wrong_after_read_back", "names wrong after the read-back"),
    (Field::Birth, "birth_wrong_after_read_back", "birth dates wrong after the read-back"),
    (Field::Phone, "phone_wrong_after_read_back", "numbers wrong after the read-back"),
    (Field::Day, "day_wrong_after_read_back", "days wrong after the read-back"),
    (Field::Time, "time_wrong_after_read_back", "times wrong after the read-back"),
];

/// How often a call came to nothing, and how often a value is wrong at the end of those that did not.
pub fn held_calls(calls: &[HeldCall]) -> Vec<Rate> {
    let not_done = calls.iter().map(|call| (call.scenario.as_str(), !call.done));
    let of_field = |(field, name, told): &(Field, &str, &str)| {
        let values = calls.iter().flat_map(|call| call.values.iter().map(|value| (call.scenario.as_str(), value)));
        let values = values.filter(|(_, value)| value.field == *field);
        counted(name, told, values.map(|(scenario, value)| (scenario, !value.right())))
    };
    let first = counted(NOT_DONE, "registrations and visits that came to nothing", not_done);
    first.into_iter().chain(AFTER_READ_BACK.iter().filter_map(of_field)).collect()
}

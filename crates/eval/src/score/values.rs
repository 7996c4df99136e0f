//! Labelled values, and what was read of them.

use dialogue::{Pick, pick};
use domain::{AppointmentTypeId, Asked, Fit, OfferedSlot, Phi, ProviderId, Reading, SlotId};
use jiff::Timestamp;
use nlu::grammar::when;
use serde::{Deserialize, Serialize};

use crate::suite::{Case, Field, variety};

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

/// What was read of a labelled value.
pub(super) fn value(field: Field, expected: &Phi<String>, reading: &Reading, case: &Case) -> ValueOutcome {
    let slots = &reading.slots;
    let text = |slot: &Option<domain::Slot<String>>| slot.as_ref().map(|slot| slot.value.clone());
    let first = wished(reading, case).map(|from| from.to_zoned(case.now.time_zone().clone()));
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

/// When the caller wants to come: the beginning of the first time that was said, or of the opening that an answer picks of those
/// that were offered.
fn wished(reading: &Reading, case: &Case) -> Option<Timestamp> {
    let offered = if case.asked == Asked::Choice { offered(case) } else { Vec::new() };
    let said = || reading.slots.when.first().map(|(from, _)| *from);
    match offered.len() {
        0 | 1 => said(),
        _ => match pick(&offered, reading) {
            Pick::This(slot) => Some(slot.start),
            Pick::OneOf(_) | Pick::Earlier | Pick::Later | Pick::None | Pick::Elsewhere | Pick::NotSaid => None,
        },
    }
}

/// The openings that FirstRing's last line names: "I have Tuesday at ten or Friday at two".
fn offered(case: &Case) -> Vec<OfferedSlot> {
    let Some(line) = case.so_far.iter().rfind(|line| !line.by_caller) else { return Vec::new() };
    let times =
        line.text.expose().split(" or ").filter_map(|part| when(part, Asked::When, &case.now, &[]).first().copied());
    let nobody = (ProviderId::from(""), AppointmentTypeId::from(""));
    let slot = |(start, _)| {
        let (provider, kind) = nobody.clone();
        OfferedSlot { id: SlotId::new(), start, provider, kind, fit: Fit::AsWished }
    };
    times.map(slot).collect()
}

/// Whether two writings of a value mean the same.
fn same(field: Field, expected: &str, got: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).rev().take(10).collect::<String>();
    match field {
        // a number of the practice's own area is said without its code
        Field::Phone => digits(expected).len() >= 7 && digits(got).starts_with(&digits(expected)),
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

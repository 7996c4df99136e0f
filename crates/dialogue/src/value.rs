//! A value that is asked for, read back, corrected at most twice and then kept as heard.

use domain::{Confirmation, Phi, Slot, YesNo};

/// How often a missing value is asked for.
const ASKS_MAX: u8 = 3;
/// How often a value is read back: once, and after each of two corrections.
pub(crate) const READ_BACKS_MAX: u8 = 3;
/// Below this certainty a value is asked for again rather than read back (see [`Slot::certainty`]).
const CERTAINTY_MIN: f32 = 0.5;

/// One value of a patient or caller.
#[derive(Debug)]
pub(crate) struct Value<T> {
    pub(crate) known: Known<T>,
    pub(crate) asks: u8,
    read_backs: u8,
    /// How it is confirmed by a yes to its read-back.
    by: Confirmation,
    confirmed: bool,
}

/// What is known of it.
#[derive(Debug)]
pub(crate) enum Known<T> {
    Missing,
    /// To be read back.
    Heard(Phi<T>),
    /// Confirmed, or kept as heard.
    Settled(Phi<T>),
    GivenUp,
}

impl<T: Clone + PartialEq> Value<T> {
    pub(crate) fn new() -> Self {
        Self { known: Known::Missing, asks: 0, read_backs: 0, by: Confirmation::ReadBack, confirmed: false }
    }

    pub(crate) fn value(&self) -> Option<&Phi<T>> {
        match &self.known {
            Known::Heard(value) | Known::Settled(value) => Some(value),
            Known::Missing | Known::GivenUp => None,
        }
    }

    /// Whether it was read back and was not right.
    pub(crate) fn was_wrong(&self) -> bool {
        matches!(self.known, Known::Missing) && self.read_backs > 0
    }

    /// How the value was confirmed, if there is one.
    pub(crate) fn confirmation(&self) -> Option<Confirmation> {
        self.value().map(|_| if self.confirmed { self.by } else { Confirmation::NotConfirmed })
    }

    /// It is this, to be read back; a yes then confirms it as `by`.
    pub(crate) fn hear(&mut self, value: Phi<T>, by: Confirmation) {
        (self.known, self.by, self.confirmed) = (Known::Heard(value), by, false);
    }

    /// It was told in this way.
    pub(crate) fn was_told(&mut self, by: Confirmation) {
        if matches!(self.known, Known::Heard(_)) {
            self.by = by;
        }
    }

    pub(crate) fn settle(&mut self, value: Option<Phi<T>>, by: Confirmation) {
        self.known = value.map_or(Known::GivenUp, Known::Settled);
        (self.by, self.confirmed) = (by, by != Confirmation::NotConfirmed);
    }

    /// Takes what an utterance says of it. `settled_too`: what was settled may be changed.
    pub(crate) fn take(&mut self, slot: Option<&Slot<T>>, settled_too: bool) {
        let Some(slot) = slot.filter(|slot| slot.certainty >= CERTAINTY_MIN) else { return };
        let settled = matches!(self.known, Known::Settled(_));
        if self.value() != Some(&slot.value) && (settled_too || !settled) {
            self.hear(slot.value.clone(), Confirmation::ReadBack);
        }
    }

    /// It was asked for; with no value the askings are counted.
    pub(crate) fn asked(&mut self) {
        self.asks += 1;
        if matches!(self.known, Known::Missing) && self.asks >= ASKS_MAX {
            self.known = Known::GivenUp;
        }
    }

    /// An answer to the read-back of `read_back`.
    pub(crate) fn answer(&mut self, read_back: &Phi<T>, yes_no: Option<YesNo>) {
        let Known::Heard(value) = &self.known else { return };
        let value = value.clone();
        let corrected = &value != read_back;
        self.read_backs += 1;
        self.confirmed = yes_no == Some(YesNo::Yes) && !corrected;
        self.known = match yes_no {
            Some(YesNo::Yes) if !corrected => Known::Settled(value),
            _ if self.read_backs >= READ_BACKS_MAX => Known::Settled(value),
            Some(YesNo::No) if !corrected => {
                self.asks = self.asks.max(1);
                Known::Missing
            }
            Some(YesNo::Yes | YesNo::No) | None => Known::Heard(value),
        };
    }
}

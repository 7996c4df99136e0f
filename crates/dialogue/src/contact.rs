//! Whom to call back, and where. Each is asked for only if missing, read back, corrected at most twice and then kept as
//! heard: a message with an unsure name is worth more than a caller who gives up.

use domain::{CallerKind, Phi, PhoneNumber, Reading, Slot, YesNo};
use jiff::civil::Date;

use crate::question::Question;

/// How often a missing value is asked for.
const ASKS_MAX: u8 = 3;
/// How often a value is read back: once, and after each of two corrections.
const READ_BACKS_MAX: u8 = 3;
/// Below this certainty a value is asked for again rather than read back (see [`Slot::certainty`]).
const CERTAINTY_MIN: f32 = 0.5;
/// A longer answer to "what is your name?" is not taken for a name that the reader did not see.
const NAME_WORDS_MAX: usize = 4;
/// National numbers have this many digits; keys are read in this length.
const NATIONAL_DIGITS: usize = 10;

/// The caller's name and number.
#[derive(Debug)]
pub(crate) struct Contact {
    caller_id: Option<Phi<PhoneNumber>>,
    offer: Offer,
    number: Value<PhoneNumber>,
    name: Value<String>,
    keys: Phi<String>,
    caller: CallerKind,
    date_of_birth: Option<Phi<Date>>,
}

/// The offer to call back at the number that is shown.
#[derive(Debug, PartialEq, Eq)]
enum Offer {
    Due { asks: u8 },
    Declined,
}

#[derive(Debug)]
struct Value<T> {
    known: Known<T>,
    asks: u8,
    read_backs: u8,
}

#[derive(Debug)]
enum Known<T> {
    Missing,
    /// To be read back.
    Heard(Phi<T>),
    /// Confirmed, or kept as heard.
    Settled(Phi<T>),
    GivenUp,
}

impl Contact {
    pub(crate) fn new(caller_id: Option<Phi<PhoneNumber>>) -> Self {
        Self {
            offer: if caller_id.is_some() { Offer::Due { asks: 0 } } else { Offer::Declined },
            caller_id,
            number: Value::new(),
            name: Value::new(),
            keys: Phi::default(),
            caller: CallerKind::Other,
            date_of_birth: None,
        }
    }

    /// The number to call back: what was said, or else what is shown.
    pub(crate) fn callback(&self) -> Option<&Phi<PhoneNumber>> {
        self.number.value().or(self.caller_id.as_ref())
    }

    /// The name, confirmed or heard.
    pub(crate) fn name(&self) -> Option<&Phi<String>> {
        self.name.value()
    }

    /// Who is calling, as far as it was heard.
    pub(crate) fn caller(&self) -> CallerKind {
        self.caller
    }

    /// The date of birth, if it was said.
    pub(crate) fn date_of_birth(&self) -> Option<&Phi<Date>> {
        self.date_of_birth.as_ref()
    }

    /// What is still to be asked about the number.
    pub(crate) fn number_question(&self) -> Option<Question> {
        match (&self.number.known, &self.offer) {
            (Known::Missing, Offer::Due { .. }) => Some(Question::OfferCallerId),
            (Known::Missing, Offer::Declined) if self.number.asks == 0 => Some(Question::Number),
            (Known::Missing, Offer::Declined) => Some(Question::NumberAgain),
            (Known::Heard(number), _) => Some(Question::NumberReadBack(number.clone())),
            (Known::Settled(_) | Known::GivenUp, _) => None,
        }
    }

    /// What is still to be asked about the name.
    pub(crate) fn name_question(&self) -> Option<Question> {
        match &self.name.known {
            Known::Missing if self.name.asks == 0 => Some(Question::Name),
            Known::Missing => Some(Question::Spelling),
            Known::Heard(name) => Some(Question::NameReadBack(name.clone())),
            Known::Settled(_) | Known::GivenUp => None,
        }
    }

    /// Takes what an utterance says of name and number. `settled_too`: a later utterance may change what was settled;
    /// a second decode may not.
    pub(crate) fn take(&mut self, reading: &Reading, settled_too: bool) {
        self.name.take(reading.slots.name.as_ref(), settled_too);
        self.number.take(reading.slots.callback.as_ref(), settled_too);
        if reading.caller != CallerKind::Other {
            self.caller = reading.caller;
        }
        if let Some(date) = reading.slots.date_of_birth.as_ref() {
            self.date_of_birth = Some(date.value.clone());
        }
    }

    /// "Shall we call back at the number you are calling from?"
    pub(crate) fn answer_offer(&mut self, yes_no: Option<YesNo>) {
        let Offer::Due { asks } = &mut self.offer else { return };
        match yes_no {
            Some(YesNo::Yes) => self.number.settle(self.caller_id.clone()),
            Some(YesNo::No) => self.offer = Offer::Declined,
            None => {
                *asks += 1;
                if *asks >= READ_BACKS_MAX {
                    self.number.settle(self.caller_id.clone());
                }
            }
        }
    }

    /// An answer to "which number?"; [`Self::take`] has already looked for one.
    pub(crate) fn answer_number(&mut self) {
        self.number.asked();
    }

    /// An answer to "what is your name?". A short answer is the name even if the reader saw none.
    pub(crate) fn answer_name(&mut self, text: &Phi<String>) {
        let words = text.expose().split_whitespace().count();
        if matches!(self.name.known, Known::Missing) && self.name.asks > 0 && (1..=NAME_WORDS_MAX).contains(&words) {
            self.name.known = Known::Heard(text.clone());
        }
        self.name.asked();
    }

    /// "Is that the right number?" `read_back` is what was read: the answer may have named another since.
    pub(crate) fn answer_number_read_back(&mut self, read_back: &Phi<PhoneNumber>, yes_no: Option<YesNo>) {
        self.number.answer(read_back, yes_no);
    }

    /// "Is that the right name?"
    pub(crate) fn answer_name_read_back(&mut self, read_back: &Phi<String>, yes_no: Option<YesNo>) {
        self.name.answer(read_back, yes_no);
    }

    /// A key, while the number is asked for. `*` begins anew. True if the number is complete.
    pub(crate) fn key(&mut self, key: char) -> bool {
        let mut keys = std::mem::take(&mut self.keys).into_exposed();
        match key {
            '0'..='9' => keys.push(key),
            '*' => keys.clear(),
            _ => {}
        }
        let digits = keys.strip_prefix('1').unwrap_or(&keys);
        let number = (digits.len() == NATIONAL_DIGITS).then(|| format!("+1{digits}").parse::<PhoneNumber>().ok());
        self.keys = keys.into();
        let Some(Some(number)) = number else { return false };
        self.keys = Phi::default();
        self.number.known = Known::Heard(Phi::new(number));
        true
    }
}

impl<T: Clone + PartialEq> Value<T> {
    fn new() -> Self {
        Self { known: Known::Missing, asks: 0, read_backs: 0 }
    }

    fn value(&self) -> Option<&Phi<T>> {
        match &self.known {
            Known::Heard(value) | Known::Settled(value) => Some(value),
            Known::Missing | Known::GivenUp => None,
        }
    }

    fn settle(&mut self, value: Option<Phi<T>>) {
        self.known = value.map_or(Known::GivenUp, Known::Settled);
    }

    fn take(&mut self, slot: Option<&Slot<T>>, settled_too: bool) {
        let Some(slot) = slot.filter(|slot| slot.certainty >= CERTAINTY_MIN) else { return };
        let settled = matches!(self.known, Known::Settled(_));
        if self.value() != Some(&slot.value) && (settled_too || !settled) {
            self.known = Known::Heard(slot.value.clone());
        }
    }

    /// It was asked for; with no value the askings are counted.
    fn asked(&mut self) {
        self.asks += 1;
        if matches!(self.known, Known::Missing) && self.asks >= ASKS_MAX {
            self.known = Known::GivenUp;
        }
    }

    /// An answer to the read-back of `read_back`.
    fn answer(&mut self, read_back: &Phi<T>, yes_no: Option<YesNo>) {
        let Known::Heard(value) = &self.known else { return };
        let value = value.clone();
        let corrected = &value != read_back;
        self.read_backs += 1;
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

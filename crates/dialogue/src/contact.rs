//! Whom to call back, and where. Each is asked for only if missing, read back, corrected at most twice and then kept as
//! heard: a message with an unsure name is worth more than a caller who gives up.

use domain::{CallerKind, Confirmation, Confirmed, Phi, PhoneNumber, Reading, YesNo};
use jiff::civil::Date;

use crate::phrases;
use crate::prompt::RequestLine;
use crate::question::Question;
use crate::value::{Known, READ_BACKS_MAX, Value};

/// A longer answer to "what is your name?" is not taken for a name that the reader did not see.
const NAME_WORDS_MAX: usize = 4;
/// So many figures are another number than the one that was offered, however they were heard.
const FIGURES_OF_A_NUMBER: usize = 5;
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
    /// The single word that another single word took the place of as the name: perhaps a first name before the last.
    half_name: Option<Phi<String>>,
    /// Whether a message may be left at the number.
    leave_message: Option<YesNo>,
}

/// The offer to call back at the number that is shown.
#[derive(Debug, PartialEq, Eq)]
enum Offer {
    Due { asks: u8 },
    Declined,
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
            half_name: None,
            leave_message: None,
        }
    }

    /// The number to call back: what was said, or else what is shown.
    pub(crate) fn callback(&self) -> Option<&Phi<PhoneNumber>> {
        self.number.value().or(self.caller_id.as_ref())
    }

    /// The number that was said, not merely shown.
    pub(crate) fn said_number(&self) -> Option<&Phi<PhoneNumber>> {
        self.number.value()
    }

    /// The name, confirmed or heard.
    pub(crate) fn name(&self) -> Option<&Phi<String>> {
        self.name.value()
    }

    /// How name and number were confirmed. A number that is merely shown was not.
    pub(crate) fn confirmed(&self) -> Confirmed {
        let shown = self.caller_id.as_ref().map(|_| Confirmation::NotConfirmed);
        let callback = self.number.confirmation().or(shown);
        let date_of_birth = self.date_of_birth.as_ref().map(|_| Confirmation::NotConfirmed);
        Confirmed { name: self.name.confirmation(), date_of_birth, callback }
    }

    /// The name was spelled.
    pub(crate) fn was_spelled(&mut self) {
        self.name.was_told(Confirmation::Spelled);
    }

    /// The name under which the practice knows the patient: it need not be read back any more.
    pub(crate) fn settle_name(&mut self, name: &Phi<String>) {
        self.name.settle(Some(name.clone()), Confirmation::Record);
    }

    /// Another patient is meant: this one, or one whose name is asked for anew.
    pub(crate) fn rename(&mut self, name: Option<&Phi<String>>) {
        self.name = Value::new();
        self.half_name = None;
        if let Some(name) = name {
            self.name.hear(name.clone(), Confirmation::ReadBack);
        }
    }

    /// The number that was said is not the one that was wanted: it is asked for anew.
    pub(crate) fn forget_number(&mut self) {
        self.number = Value::new();
        self.keys = Phi::default();
    }

    /// Who is calling, as far as it was heard.
    pub(crate) fn caller(&self) -> CallerKind {
        self.caller
    }

    /// Who was calling in an earlier call that goes on.
    pub(crate) fn is_again(&mut self, caller: CallerKind) {
        if self.caller == CallerKind::Other {
            self.caller = caller;
        }
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

    /// The same, where a callback and perhaps a message is to be promised: whether one may be left there is asked with it.
    pub(crate) fn callback_question(&self) -> Option<Question> {
        match (&self.number.known, &self.offer) {
            (Known::Missing, Offer::Due { .. }) => Some(Question::Request(RequestLine::OfferCallerId)),
            (Known::Heard(number), _) => Some(Question::Request(RequestLine::ReadBackNumber(number.clone()))),
            (Known::Missing, Offer::Declined) | (Known::Settled(_) | Known::GivenUp, _) => self.number_question(),
        }
    }

    /// Whether a message may be left at the number, if it was asked.
    pub(crate) fn leave_message(&self) -> Option<YesNo> {
        self.leave_message
    }

    /// An answer to one of the questions that ask for that, too.
    pub(crate) fn answer_leave_message(&mut self, yes_no: Option<YesNo>) {
        self.leave_message = yes_no.or(self.leave_message);
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

    /// Whether a name was read back and was not right.
    pub(crate) fn name_was_wrong(&self) -> bool {
        self.name.was_wrong()
    }

    /// Takes what an utterance says of name and number. `settled_too`: a later utterance may change what was settled;
    /// a second decode may not.
    pub(crate) fn take(&mut self, reading: &Reading, settled_too: bool) {
        let before = self.name.value().cloned();
        self.name.take(reading.slots.name.as_ref(), settled_too);
        if before.as_ref() != self.name.value() {
            self.half_name = before.filter(is_one_word);
        }
        self.number.take(reading.slots.callback.as_ref(), settled_too);
        if reading.caller != CallerKind::Other {
            self.caller = reading.caller;
        }
        if let Some(date) = reading.slots.date_of_birth.as_ref() {
            self.date_of_birth = Some(date.value.clone());
        }
    }

    /// "Shall we call back at the number you are calling from?"
    pub(crate) fn answer_offer(&mut self, text: &Phi<String>, yes_no: Option<YesNo>) {
        let Offer::Due { asks } = &mut self.offer else { return };
        let figures = text.expose().chars().filter(char::is_ascii_digit).count();
        match yes_no {
            Some(YesNo::Yes) => self.number.settle(self.caller_id.clone(), Confirmation::CallerId),
            Some(YesNo::No) => self.offer = Offer::Declined,
            None if figures >= FIGURES_OF_A_NUMBER => self.offer = Offer::Declined,
            None => {
                *asks += 1;
                if *asks >= READ_BACKS_MAX {
                    self.number.settle(self.caller_id.clone(), Confirmation::NotConfirmed);
                }
            }
        }
    }

    /// An answer to "which number?"; [`Self::take`] has already looked for one.
    pub(crate) fn answer_number(&mut self) {
        self.number.asked();
    }

    /// An answer to "and the full name?": "Smith" after "Ann" is the rest of it.
    pub(crate) fn join_name(&mut self) {
        if let (Some(first), Known::Heard(last)) = (self.half_name.take(), &self.name.known)
            && is_one_word(last)
        {
            let whole = Phi::new(format!("{} {}", first.expose().trim(), last.expose().trim()));
            self.name.hear(whole, Confirmation::ReadBack);
        }
    }

    /// An answer to "what is your name?". A short answer is the name even if the reader saw none; but a yes is not, nor are
    /// figures.
    pub(crate) fn answer_name(&mut self, text: &Phi<String>) {
        let said = text.expose().trim_end_matches(['.', ',', '!', '?']);
        let short = (1..=NAME_WORDS_MAX).contains(&said.split_whitespace().count());
        let may_be_name = short && !phrases::is_bare(said) && !said.contains(|c: char| c.is_ascii_digit());
        if matches!(self.name.known, Known::Missing) && self.name.asks > 0 && may_be_name {
            self.name.hear(said.to_owned().into(), Confirmation::ReadBack);
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

    /// Whether a number has been begun by keys.
    pub(crate) fn has_keys(&self) -> bool {
        !self.keys.expose().is_empty()
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
        self.number.hear(Phi::new(number), Confirmation::KeyedIn);
        true
    }
}

/// Whether a name is a first or last name only.
pub(crate) fn is_one_word(name: &Phi<String>) -> bool {
    name.expose().split_whitespace().count() == 1
}

#[cfg(test)]
mod tests {
    use domain::Slot;

    use super::*;

    fn contact() -> Contact {
        Contact::new(Some(Phi::new("+12125550142".parse().unwrap())))
    }

    fn named(name: &str) -> Reading {
        let mut reading = Reading::unsure();
        reading.slots.name = Some(Slot { value: Phi::from(name), heard: Phi::from(name), certainty: 0.9 });
        reading
    }

    fn reads_back_name(contact: &mut Contact, yes_no: YesNo) {
        let name = contact.name().unwrap().clone();
        contact.answer_name_read_back(&name, Some(yes_no));
    }

    #[test]
    fn a_name_is_confirmed_by_a_yes_and_by_nothing_else() {
        let mut contact = contact();
        assert_eq!(contact.confirmed().name, None);
        contact.take(&named("Ada Byron"), true);
        assert_eq!(contact.confirmed().name, Some(Confirmation::NotConfirmed));
        reads_back_name(&mut contact, YesNo::Yes);
        assert_eq!(contact.confirmed().name, Some(Confirmation::ReadBack));
        contact.take(&named("Ida Byron"), true);
        assert_eq!(contact.confirmed().name, Some(Confirmation::NotConfirmed), "it is another name now");
        for _ in 0..2 {
            reads_back_name(&mut contact, YesNo::No);
            contact.take(&named("Ida Byrom"), true);
        }
        let kept = contact.confirmed().name;
        assert_eq!(kept, Some(Confirmation::NotConfirmed), "kept as it was heard last");
    }

    #[test]
    fn what_was_spelled_or_is_the_records_says_so() {
        let mut contact = contact();
        contact.take(&named("Ada Byron"), true);
        contact.was_spelled();
        assert_eq!(contact.confirmed().name, Some(Confirmation::NotConfirmed));
        reads_back_name(&mut contact, YesNo::Yes);
        assert_eq!(contact.confirmed().name, Some(Confirmation::Spelled));
        contact.settle_name(&Phi::from("Ada Byron"));
        assert_eq!(contact.confirmed().name, Some(Confirmation::Record));
    }

    #[test]
    fn a_number_is_shown_agreed_to_or_keyed_in() {
        let mut shown = contact();
        assert_eq!(shown.confirmed().callback, Some(Confirmation::NotConfirmed), "a caller id can be anybody's");
        shown.answer_offer(&Phi::from("yes"), Some(YesNo::Yes));
        assert_eq!(shown.confirmed().callback, Some(Confirmation::CallerId));

        let mut vague = contact();
        for _ in 0..READ_BACKS_MAX {
            vague.answer_offer(&Phi::from("hm"), None);
        }
        assert_eq!(vague.confirmed().callback, Some(Confirmation::NotConfirmed));

        let mut keyed = Contact::new(None);
        assert_eq!(keyed.confirmed().callback, None);
        let complete: Vec<bool> = "2125550199".chars().map(|key| keyed.key(key)).collect();
        assert_eq!(complete.iter().position(|complete| *complete), Some(9));
        let number = keyed.callback().unwrap().clone();
        assert_eq!(keyed.confirmed().callback, Some(Confirmation::NotConfirmed));
        keyed.answer_number_read_back(&number, Some(YesNo::Yes));
        assert_eq!(keyed.confirmed().callback, Some(Confirmation::KeyedIn));
    }
}

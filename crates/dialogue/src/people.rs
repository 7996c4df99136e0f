//! Of whom the caller speaks: of themselves or of somebody else, by few and plain signs. What is not clear changes
//! nothing.

use domain::{CallerKind, Phi, Reading};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::phrases;

/// Those for whom somebody calls. A possessive counts as the word.
const RELATIVES: &[&str] = &[
    "aunt",
    "baby",
    "boy",
    "boyfriend",
    "brother",
    "child",
    "cousin",
    "dad",
    "daughter",
    "father",
    "fiance",
    "fiancee",
    "friend",
    "girl",
    "girlfriend",
    "granddaughter",
    "grandfather",
    "grandma",
    "grandmother",
    "grandpa",
    "grandson",
    "husband",
    "kid",
    "mom",
    "mother",
    "mum",
    "neighbor",
    "nephew",
    "niece",
    "partner",
    "roommate",
    "sister",
    "son",
    "spouse",
    "uncle",
    "wife",
];
const ONESELF: &[&str] = &["i", "i'd", "i'll", "i'm", "i've", "me", "mine", "my", "myself"];
const OTHERS: &[&str] = &["he", "her", "hers", "him", "his", "patient", "patients", "she", "their", "them", "they"];

/// Words before a name that is the caller's own.
const INTRODUCTIONS: &[&str] = &["this is", "i'm", "i am", "my name is", "my name's", "here is"];

/// The record is another's than the one that was meant.
const WRONG_PERSON: &[&str] = &[
    "different patient",
    "different person",
    "not me",
    "not my name",
    "not the patient",
    "not the right name",
    "not the right patient",
    "not the right person",
    "wrong name",
    "wrong patient",
    "wrong person",
];

/// Who is meant, as an utterance tells it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Whom {
    /// The patient's name; not the caller's own, who calls for somebody.
    pub(crate) name: Option<Phi<String>>,
    pub(crate) born: Option<Phi<Date>>,
    pub(crate) relation: Relation,
    /// They come for the first time.
    pub(crate) is_new: bool,
    /// Who is spoken of in the first person, and of nobody else.
    pub(crate) address: Option<Address>,
}

/// What the patient is to the caller.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Relation {
    #[default]
    Unsaid,
    /// "For myself."
    Oneself,
    /// Somebody of whom is not said what they are.
    Somebody,
    /// "My wife's."
    Other(Phi<String>),
}

/// How the patient is spoken of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Address {
    /// "Your full name."
    You,
    /// "The patient's full name."
    #[default]
    ThePatient,
}

impl Whom {
    pub(crate) fn told(text: &Phi<String>, reading: &Reading) -> Self {
        let words = phrases::words(text.expose());
        let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
        let relation = relation(&words, reading.caller);
        let slots = &reading.slots;
        let name = slots.name.as_ref();
        let is_own = |heard: &str| {
            matches!(relation, Relation::Other(_) | Relation::Somebody) && is_introduced(text.expose(), heard)
        };
        let address = match (&relation, reading.caller) {
            (Relation::Other(_) | Relation::Somebody, _) => Some(Address::ThePatient),
            (Relation::Oneself, _) | (_, CallerKind::Patient | CallerKind::NewPatient) => Some(Address::You),
            (Relation::Unsaid, _) if has(OTHERS) || words.iter().any(|word| relative(word).is_some()) => {
                Some(Address::ThePatient)
            }
            (Relation::Unsaid, _) => has(ONESELF).then_some(Address::You),
        };
        Self {
            name: name.filter(|slot| !is_own(slot.heard.expose())).map(|slot| slot.value.clone()),
            born: slots.date_of_birth.as_ref().map(|slot| slot.value.clone()),
            relation,
            is_new: reading.caller == CallerKind::NewPatient,
            address,
        }
    }
}

/// Whether a name that was read back, or its record, is said to be somebody else's.
pub(crate) fn is_wrong(text: &str) -> bool {
    let words = phrases::words(text);
    let said = words.join(" ");
    let that_is = |at: usize| at >= 2 && matches!(words[at - 2].as_str(), "that's" | "thats" | "it's" | "is");
    WRONG_PERSON.iter().any(|phrase| phrases::holds(&said, phrase))
        || (1..words.len()).any(|at| words[at - 1] == "my" && that_is(at) && relative(&words[at]).is_some())
}

/// "For my wife", "my wife's", "of my wife": whoever merely comes up ("my wife will drive me") is not the patient.
fn relation(words: &[String], caller: CallerKind) -> Relation {
    let meant = (1..words.len()).find_map(|at| {
        let who = relative(&words[at])?;
        let mine = matches!(words[at - 1].as_str(), "my" | "our");
        let before = at.checked_sub(2).map(|before| words[before].as_str());
        let whose = words[at].ends_with("'s") || matches!(before, Some("for" | "of"));
        (mine && whose).then(|| Relation::Other(Phi::from(who)))
    });
    let for_oneself = words.iter().any(|word| word == "myself") || phrases::holds(&words.join(" "), "for me");
    match (meant, caller) {
        (Some(relation), _) => relation,
        (None, CallerKind::Caregiver) => Relation::Somebody,
        (None, _) if for_oneself => Relation::Oneself,
        (None, _) => Relation::Unsaid,
    }
}

fn relative(word: &str) -> Option<&str> {
    let word = word.strip_suffix("'s").unwrap_or(word);
    RELATIVES.contains(&word).then_some(word)
}

/// Whether the caller says this name as their own: "this is Karl Weber".
fn is_introduced(text: &str, name: &str) -> bool {
    let (said, name) = (phrases::words(text).join(" "), phrases::words(name).join(" "));
    let before = said.find(&name).map(|at| said[..at].trim_end());
    before.is_some_and(|before| INTRODUCTIONS.iter().any(|phrase| before.ends_with(phrase)))
}

#[cfg(test)]
mod tests {
    use domain::Slot;

    use super::*;

    fn told(text: &str) -> Whom {
        Whom::told(&Phi::from(text), &Reading::unsure())
    }

    #[test]
    fn whom_words_are_about() {
        let other = |who: &str| Relation::Other(Phi::from(who));
        for (text, relation, address) in [
            ("I'd like to book a physical", Relation::Unsaid, Some(Address::You)),
            ("when is my appointment", Relation::Unsaid, Some(Address::You)),
            ("the hours please", Relation::Unsaid, None),
            ("I need an appointment for myself", Relation::Oneself, Some(Address::You)),
            ("I also need a physical for my wife", other("wife"), Some(Address::ThePatient)),
            ("and when is my mother's appointment", other("mother"), Some(Address::ThePatient)),
            ("the appointment of our daughter", other("daughter"), Some(Address::ThePatient)),
            ("I have to check with my wife first", Relation::Unsaid, Some(Address::ThePatient)),
            ("my son will drive me", Relation::Unsaid, Some(Address::ThePatient)),
            ("when does he come in", Relation::Unsaid, Some(Address::ThePatient)),
        ] {
            let whom = told(text);
            assert_eq!((whom.relation, whom.address), (relation, address), "{text}");
        }
    }

    #[test]
    fn the_name_of_who_calls_for_somebody_is_not_the_patients() {
        let named = |text: &str, name: &str| {
            let mut reading = Reading::unsure();
            reading.slots.name = Some(Slot { value: name.into(), heard: name.into(), certainty: 0.9 });
            Whom::told(&Phi::from(text), &reading).name
        };
        assert_eq!(named("this is Karl Weber, I want to cancel my mother's appointment", "Karl Weber"), None);
        assert!(named("it's for my mother Ruth Weber", "Ruth Weber").is_some());
        assert!(named("my wife's name is Helen Price, when is her appointment", "Helen Price").is_some());
        assert!(named("this is Karl Weber, I want to cancel my appointment", "Karl Weber").is_some());
    }

    #[test]
    fn a_wrong_person_is_told() {
        for text in ["that's the wrong person", "no, that's my husband", "no that is my wife", "that's not me"] {
            assert!(is_wrong(text), "{text}");
        }
        for text in ["no, my husband can't come then", "that's wrong", "I have to ask my wife", "no"] {
            assert!(!is_wrong(text), "{text}");
        }
    }
}

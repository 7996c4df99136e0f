//! Drugs, pharmacies and clinicians: the practice's own words first, then what stands in a place where only such a name
//! can stand ("a refill of ..", "the .. on Main Street", "Doctor .."), then the medicines of `prompts/medicines.txt`.

use std::collections::HashSet;
use std::sync::LazyLock;

use domain::Slot;

use super::{capitalised, slot};
use crate::phrase::token::{Pause, Token, tokens};

/// A word of the practice's own list.
const LISTED: f32 = 0.85;
/// Only its place says what it is: read back before it is used.
const BY_PLACE: f32 = 0.6;

const CHAINS: &[&str] = &[
    "cvs",
    "walgreens",
    "walmart",
    "rite aid",
    "costco",
    "kroger",
    "publix",
    "safeway",
    "target",
    "duane reade",
    "sam's club",
    "h-e-b",
    "wegmans",
    "meijer",
    "express scripts",
    "optum rx",
    "optumrx",
    "amazon pharmacy",
];

/// Before a drug, nothing else.
const BEFORE_DRUGS: &[&[&str]] = &[
    &["refill", "of", "my"],
    &["refill", "of"],
    &["refill", "on", "my"],
    &["refill", "on"],
    &["refill", "for", "my"],
    &["refill", "for"],
    &["refill", "my"],
    &["refills", "of"],
    &["prescription", "for"],
    &["out", "of", "my"],
    &["out", "of"],
    &["more", "of", "my"],
    &["renew", "my"],
];

/// Stand where a drug could, and are none.
const NOT_DRUGS: &[&str] = &[
    "my",
    "the",
    "a",
    "an",
    "all",
    "medication",
    "medications",
    "medicine",
    "medicines",
    "meds",
    "prescription",
    "prescriptions",
    "pills",
    "it",
    "them",
    "that",
    "this",
    "these",
    "some",
    "town",
    "work",
    "breath",
    "time",
    "me",
    "him",
    "her",
    "his",
    "one",
    "pain",
    "and",
    "i",
    "please",
    "glasses",
    "contacts",
    "three",
    "two",
    "something",
    "surgery",
    "physical",
    "blood",
    "heart",
    "for",
    "is",
    "ran",
    "bed",
];

static MEDICINES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let lines = include_str!("../../../../prompts/medicines.txt").lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_whitespace).collect()
});

/// Before a clinician's name.
const BEFORE_PROVIDERS: &[&str] = &["doctor", "dr", "nurse"];

/// The drug that `text` names; `words` are those that the practice wants to be known.
pub fn drug(text: &str, words: &[String]) -> Option<Slot<String>> {
    let tokens = tokens(text);
    for at in 0..tokens.len() {
        for cue in BEFORE_DRUGS.iter().filter(|cue| starts(&tokens, at, cue)) {
            let place = at + cue.len();
            let found =
                tokens.get(place).filter(|token| !NOT_DRUGS.contains(&token.word.as_str()) && token.word.len() > 3);
            if let Some(token) = found {
                let listed = MEDICINES.contains(token.word.as_str())
                    || words.iter().any(|word| word.eq_ignore_ascii_case(&token.word));
                let certainty = if listed { LISTED } else { BY_PLACE };
                return slot(token.word.clone(), text, &tokens, place..place + 1, certainty);
            }
        }
    }
    let medicinal = |word: &&String| !word.contains(' ') && looks_like_a_drug(&word.to_lowercase());
    let own = listed(text, &tokens, words.iter().filter(medicinal).map(String::as_str));
    let known = || {
        let at = tokens.iter().position(|token| MEDICINES.contains(token.word.as_str()))?;
        slot(tokens[at].word.clone(), text, &tokens, at..at + 1, LISTED)
    };
    own.or_else(known).map(|mut found| {
        found.value = found.value.map(|value| value.to_lowercase());
        found
    })
}

/// The pharmacy that `text` names.
pub fn pharmacy(text: &str, words: &[String]) -> Option<Slot<String>> {
    let tokens = tokens(text);
    let own = words
        .iter()
        .map(String::as_str)
        .filter(|word| word.to_lowercase().contains("pharmac") || CHAINS.contains(&word.to_lowercase().as_str()));
    if let Some(found) = listed(text, &tokens, own.chain(CHAINS.iter().copied())) {
        return Some(found);
    }
    let at = tokens.iter().position(|token| ["pharmacy", "drugstore", "pharmacies"].contains(&token.word.as_str()))?;
    let named = at.checked_sub(1).map(|before| &tokens[before])?;
    let says_nothing = [
        "the",
        "my",
        "a",
        "your",
        "our",
        "their",
        "which",
        "what",
        "same",
        "local",
        "usual",
        "new",
        "another",
        "different",
        "this",
        "to",
        "from",
        "at",
    ];
    let name = format!("{} Pharmacy", capitalised(&named.word));
    (!says_nothing.contains(&named.word.as_str()))
        .then(|| slot(name, text, &tokens, at - 1..at + 1, BY_PLACE))
        .flatten()
}

/// The clinician that `text` names: the practice's own, or whatever follows "Doctor".
pub fn provider(text: &str, words: &[String]) -> Option<Slot<String>> {
    let tokens = tokens(text);
    let titled = |word: &&str| {
        BEFORE_PROVIDERS
            .iter()
            .any(|title| word.to_lowercase().trim_start_matches(title).trim_start_matches('.').starts_with(' '))
    };
    let own: Vec<&str> = words.iter().map(String::as_str).filter(titled).collect();
    for at in 0..tokens.len() {
        if !BEFORE_PROVIDERS.contains(&tokens[at].word.as_str()) || tokens[at].pause == Pause::Comma {
            continue;
        }
        let Some(name) =
            tokens.get(at + 1).filter(|next| next.word.len() > 1 && !NOT_PROVIDERS.contains(&next.word.as_str()))
        else {
            continue;
        };
        let known = own.iter().find(|own| own.to_lowercase().split_whitespace().last() == Some(name.word.as_str()));
        let value =
            known.map_or_else(|| format!("Dr. {}", capitalised(&text[name.at.clone()])), |known| (*known).to_owned());
        return slot(value, text, &tokens, at..at + 2, if known.is_some() { LISTED } else { BY_PLACE });
    }
    listed(text, &tokens, own.into_iter())
}

/// Follow "doctor" and are no name.
const NOT_PROVIDERS: &[&str] = &[
    "is",
    "was",
    "who",
    "about",
    "and",
    "or",
    "in",
    "on",
    "at",
    "for",
    "to",
    "said",
    "told",
    "called",
    "please",
    "appointment",
    "there",
    "today",
    "tomorrow",
    "that",
    "if",
    "because",
    "can",
    "has",
    "will",
    "would",
    "line",
    "right",
    "now",
    "there's",
    "i",
    "my",
    "the",
    "you",
    "with",
    "office",
    "wants",
    "wanted",
    "visit",
    "are",
    "could",
];

/// The first of `names` that stands in the text, whole words.
fn listed<'n>(text: &str, tokens: &[Token], mut names: impl Iterator<Item = &'n str>) -> Option<Slot<String>> {
    names.find_map(|name| {
        let wanted: Vec<String> = crate::phrase::token::tokens(name).into_iter().map(|token| token.word).collect();
        let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
        let at = (0..tokens.len()).find(|&at| !wanted.is_empty() && starts(tokens, at, &wanted))?;
        let value = if name.chars().any(char::is_uppercase) { name.to_owned() } else { spelled_out(name) };
        slot(value, text, tokens, at..at + wanted.len(), LISTED)
    })
}

fn spelled_out(name: &str) -> String {
    if ["cvs", "h-e-b"].contains(&name) { name.to_uppercase() } else { capitalised(name) }
}

fn starts(tokens: &[Token], at: usize, words: &[&str]) -> bool {
    words.iter().enumerate().all(|(i, word)| tokens.get(at + i).is_some_and(|token| token.word == *word))
}

/// The practice's words are of several kinds; endings of international nonproprietary names (WHO, "stem book") tell.
fn looks_like_a_drug(word: &str) -> bool {
    const STEMS: &[&str] = &[
        "pril", "sartan", "olol", "statin", "formin", "cillin", "mycin", "azole", "prazole", "oxetine", "pram",
        "traline", "dipine", "zepam", "zolam", "gliptin", "flozin", "tide", "lukast", "terol", "sone", "solone",
        "thiazide", "semide", "oxacin", "cycline", "profen", "codone", "gabalin", "pentin", "roxine", "xaban", "farin",
        "insulin", "triptan", "tadine", "rizine", "vir",
    ];
    STEMS.iter().any(|stem| word.ends_with(stem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_the_practices_words_and_by_place() {
        let words: Vec<String> =
            ["Dr. Patel", "lisinopril", "Riverside Pharmacy", "Main Street"].map(str::to_owned).to_vec();
        let value = |slot: Option<Slot<String>>| slot.map(|slot| slot.value.into_exposed());
        assert_eq!(value(drug("I take lisinopril every day", &words)).as_deref(), Some("lisinopril"));
        assert_eq!(value(drug("I need a refill of my Zoloft please", &words)).as_deref(), Some("zoloft"));
        assert_eq!(value(drug("I need a refill of my medication", &words)), None);
        assert_eq!(value(drug("the Lipitor", &words)).as_deref(), Some("lipitor"));
        assert_eq!(value(drug("it's called Jorvexa", &words)), None);
        assert_eq!(value(pharmacy("send it to the CVS on Main Street", &words)).as_deref(), Some("CVS"));
        assert_eq!(value(pharmacy("riverside pharmacy please", &words)).as_deref(), Some("Riverside Pharmacy"));
        assert_eq!(value(pharmacy("it's at Hanson pharmacy", &words)).as_deref(), Some("Hanson Pharmacy"));
        assert_eq!(value(pharmacy("the pharmacy called", &words)), None);
        assert_eq!(value(provider("I'd like to see doctor patel", &words)).as_deref(), Some("Dr. Patel"));
        assert_eq!(value(provider("with Dr. Nguyen please", &words)).as_deref(), Some("Dr. Nguyen"));
        assert_eq!(value(provider("the doctor said I should call", &words)), None);
    }
}

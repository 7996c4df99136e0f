//! Which words stand under a negation, where that is *clear*. Any doubt leaves a word as it is, because what is found
//! here keeps an alarm from being raised.
//!
//! A word is negated if `no`, `not`, `never`, `nor` or `denies` stands before it in the same clause with nothing between
//! but words that carry no meaning of their own ("do not *have any* chest pain"). "I do not know if it is chest pain",
//! "not only chest pain", "never had a headache like this" negate nothing.

use super::words::Word;

/// For each word, the place of the word that negates it.
pub(crate) type Negations = Vec<Option<usize>>;

const NEGATORS: &[&str] = &["no", "not", "never", "nor", "denies", "denied"];

/// May stand between a negator and what it negates.
const FILLERS: &[&str] = &[
    "any",
    "a",
    "an",
    "the",
    "have",
    "has",
    "had",
    "having",
    "been",
    "feel",
    "feeling",
    "felt",
    "get",
    "getting",
    "experiencing",
    "experienced",
    "really",
    "actually",
    "currently",
    "signs",
    "sign",
    "of",
    "real",
    "noticed",
    "noticing",
    "seeing",
    "seen",
    "need",
];

/// Behind "no", these say something else than that the thing is absent.
const UNDECIDED: &[&str] =
    &["idea", "doubt", "sure", "clue", "only", "just", "longer", "more", "matter", "question", "wonder"];

/// "Never had a headache like this", "not had pain before": what is denied is only that it is old.
const COMPARISONS: &[&str] = &["before", "until", "such", "worse", "usually"];
/// The same in two words.
const COMPARISONS_OF_TWO: &[[&str; 2]] = &[
    ["like", "this"],
    ["this", "bad"],
    ["this", "much"],
    ["this", "severe"],
    ["this", "badly"],
    ["this", "kind"],
    ["so", "bad"],
    ["so", "much"],
    ["as", "bad"],
];

/// How many words may lie between "no" and "or": "no fever or chest pain".
const LISTED_WORDS_MAX: usize = 2;

pub(crate) fn negations(words: &[Word]) -> Negations {
    (0..words.len()).map(|at| negator_of(words, at)).collect()
}

fn negator_of(words: &[Word], at: usize) -> Option<usize> {
    let clause = words[at].clause;
    let same = |place: usize| words.get(place).filter(|word| word.clause == clause).map(|word| word.text.as_str());
    let mut place = at;
    let negator = loop {
        place = place.checked_sub(1)?;
        let word = same(place)?;
        if NEGATORS.contains(&word) {
            break place;
        }
        if word == "or" {
            break negator_of_list(place, &same)?;
        }
        if !FILLERS.contains(&word) {
            return None;
        }
    };
    let rest: Vec<&str> = words[at..]
        .iter()
        .take_while(|word| word.sentence == words[at].sentence)
        .map(|word| word.text.as_str())
        .collect();
    let compared = rest.iter().any(|word| COMPARISONS.contains(word))
        || rest.windows(2).any(|pair| COMPARISONS_OF_TWO.iter().any(|two| two == pair));
    (!compared).then_some(negator)
}

/// "No fever or ..": the negator of the list whose last `or` stands at `or`.
fn negator_of_list<'w>(or: usize, same: &impl Fn(usize) -> Option<&'w str>) -> Option<usize> {
    let mut place = or;
    for _ in 0..=LISTED_WORDS_MAX {
        place = place.checked_sub(1)?;
        let word = same(place)?;
        if word == "no" {
            return Some(place);
        }
        if UNDECIDED.contains(&word) || ["is", "am", "are", "was", "if", "i", "my"].contains(&word) {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;

    #[test]
    fn only_what_is_clear() {
        for (text, word, negated) in [
            ("no chest pain", "chest", true),
            ("I don't have any chest pain", "chest", true),
            ("he has never had a seizure", "seizure", true),
            ("no fever or chest pain", "chest", true),
            ("my chest does not hurt", "hurt", true),
            ("no fever but my chest hurts", "chest", false),
            ("no, chest pain", "chest", false),
            ("no I have chest pain", "chest", false),
            ("I do not know if this is chest pain", "chest", false),
            ("not only chest pain", "chest", false),
            ("I have never had chest pain like this", "chest", false),
            ("no idea heartburn or chest pain", "chest", false),
            ("my chest will not stop hurting", "hurting", false),
        ] {
            let words = words(text);
            let at = words.iter().position(|w| w.text == word).expect("the word stands in the text");
            assert_eq!(negations(&words)[at].is_some(), negated, "{text}");
        }
    }
}

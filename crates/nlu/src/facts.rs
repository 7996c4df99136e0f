//! Which of the practice's facts, or of its kinds of appointments, a caller asks for, by the practice's own words
//! (`asked_with`).
//!
//! A phrase fits when each of its words that carries meaning was said, in any order and with any common ending. The
//! phrase with the most such words wins; two that fit equally well are ambiguous, and the caller is asked.

use domain::{AppointmentType, AppointmentTypeId, Fact, FactId};

use crate::phrase::{Word, words};

/// Words that tell nothing of what is asked for.
const EMPTY: &[&str] = &[
    "a", "an", "the", "is", "are", "do", "does", "you", "your", "i", "my", "can", "where", "what", "when", "how", "to",
    "in", "on", "at", "of", "for", "it", "there", "have", "we", "me", "be", "and", "or", "please", "with", "s", "get",
    "go",
];

/// Before or behind what is asked for, these make it another thing: no "website address" is where the office is.
const OTHER_THINGS: &[&str] =
    &["website", "web", "email", "mail", "mailing", "internet", "ip", "hospital", "pharmacy", "lab", "home", "billing"];

/// The fact that `text` asks for, if exactly one fits best.
pub fn which_fact(text: &str, facts: &[Fact]) -> Option<FactId> {
    best(text, facts, |fact| &fact.asked_with).map(|fact| fact.id.clone())
}

/// The kind of appointment that `text` asks for, by the same measure.
pub fn which_appointment(text: &str, types: &[AppointmentType]) -> Option<AppointmentTypeId> {
    best(text, types, |kind| &kind.asked_with).map(|kind| kind.id.clone())
}

fn best<'a, T>(text: &str, things: &'a [T], asked_with: impl Fn(&T) -> &[String]) -> Option<&'a T> {
    let said = words(text);
    let score = |thing: &T| asked_with(thing).iter().filter_map(|phrase| fit(phrase, &said)).max();
    let mut scored: Vec<(usize, &T)> = things.iter().filter_map(|thing| Some((score(thing)?, thing))).collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    match scored.as_slice() {
        [(_, only)] => Some(only),
        [(best, thing), (second, _), ..] if best > second => Some(thing),
        _ => None,
    }
}

/// How many meaningful words of `phrase` were said, if all were. A phrase without any must be said as it is; and with
/// "where" only where is asked: "the office manager" does not ask where the office is.
fn fit(phrase: &str, said: &[Word]) -> Option<usize> {
    let wanted = words(phrase);
    let stem_of = |word: &Word| stem(word.text.clone());
    let meaningful: Vec<String> =
        wanted.iter().filter(|word| !EMPTY.contains(&word.text.as_str())).map(stem_of).collect();
    if meaningful.is_empty() {
        let same = |window: &[Word]| window.iter().map(|word| &word.text).eq(wanted.iter().map(|word| &word.text));
        return (!wanted.is_empty() && said.windows(wanted.len()).any(same)).then_some(1);
    }
    let another = |at: usize| {
        let beside = [at.checked_sub(1), Some(at + 1)].into_iter().flatten().filter_map(|beside| said.get(beside));
        let mut other = beside.filter(|word| OTHER_THINGS.contains(&word.text.as_str()));
        other.any(|word| !wanted.iter().any(|wanted| wanted.text == word.text))
    };
    let where_asked = |words: &[Word]| words.iter().any(|word| word.text == "where");
    let is_said = |wanted: &String| said.iter().enumerate().any(|(at, word)| stem_of(word) == *wanted && !another(at));
    let all_said = meaningful.iter().all(is_said);
    (all_said && (!where_asked(&wanted) || where_asked(said))).then_some(meaningful.len())
}

pub(crate) fn stems(text: &str) -> Vec<String> {
    words(text).into_iter().map(|word| stem(word.text)).collect()
}

/// Takes common endings off: `parking`, `parks`, `parked` -> `park`; `closes` -> `clos`, `close` -> `clos`.
pub(crate) fn stem(word: String) -> String {
    const ENDINGS: &[&str] = &["ing", "ed", "es", "s", "e"];
    /// What is left must still tell the word: "sing" stays.
    const STEM_LETTERS_MIN: usize = 3;
    ENDINGS
        .iter()
        .find_map(|ending| word.strip_suffix(ending).filter(|stem| stem.len() >= STEM_LETTERS_MIN).map(str::to_owned))
        .unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_the_practices_own_words() {
        let fact = |id: &str, asked_with: &[&str]| Fact {
            id: id.into(),
            asked_with: asked_with.iter().map(|phrase| (*phrase).to_owned()).collect(),
            answer: String::new(),
        };
        let facts = [
            fact("parking", &["park", "where can I leave my car"]),
            fact("hours", &["hours", "when do you open", "close"]),
            fact("fax", &["fax number", "fax"]),
            fact("address", &["address", "where are you", "how do I get there", "where is the office"]),
        ];
        for (text, expected) in [
            ("do you have parking?", Some("parking")),
            ("Where can I leave the car", Some("parking")),
            ("what time are you closing today", Some("hours")),
            ("what's your fax number", Some("fax")),
            ("where are you exactly", Some("address")),
            ("and how do I get there", Some("address")),
            ("parking and hours please", None),
            ("can I get a refill", None),
            ("so there you go", None),
            ("where is your office", Some("address")),
            ("can I speak to the office manager", None),
            ("is Anna Hill a patient there", None),
            ("I need a refill", None),
            ("what is your website address", None),
            ("I need to change my home address", None),
            ("hi there I need to get a refill", None),
            ("what's the address of the office", Some("address")),
            ("", None),
        ] {
            assert_eq!(which_fact(text, &facts), expected.map(FactId::from), "{text}");
        }
    }
}

//! What an appointment is for, in the caller's words, and whether the patient has been here before.

use std::sync::LazyLock;

use domain::{Slot, YesNo};

use super::{slot, yes_or_no::yes_no};
use crate::phrase::token::{Token, tokens};
use crate::phrase::{Phrases, words};

/// Kept as it was said, hence surely, but it may say more than the reason.
const CERTAINTY: f32 = 0.6;

/// A name that is in no list, and stands in no place that tells it.
pub(crate) const OWN_WORDS: f32 = 0.5;

/// Before what it is for: "an appointment *for* my knee".
const CUES: &[&str] = &["for", "about", "because", "regarding", "since", "concerning", "to"];

/// Behind a cue, these tell of a time, a person or the appointment itself, and not what for.
const NO_REASONS: &[&str] = &[
    "me",
    "you",
    "him",
    "her",
    "them",
    "us",
    "myself",
    "today",
    "tomorrow",
    "tonight",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "next",
    "this",
    "later",
    "sometime",
    "any",
    "a",
    "an",
    "the",
    "my",
    "our",
    "his",
    "their",
    "son",
    "daughter",
    "wife",
    "husband",
    "mother",
    "mom",
    "father",
    "dad",
    "baby",
    "child",
    "kid",
    "kids",
    "friend",
    "it",
    "that",
    "doctor",
    "dr",
    "appointment",
    "visit",
    "somebody",
    "someone",
    "and",
    "on",
    "in",
    "at",
    "week",
    "month",
    "morning",
    "afternoon",
    "evening",
    "first",
    "second",
    "third",
    "earlier",
    "sooner",
    "please",
    "two",
    "three",
    "one",
    "new",
    "patient",
    "make",
    "book",
    "schedule",
    "see",
    "come",
    "reschedule",
    "cancel",
    "move",
    "change",
    "set",
    "get",
    "be",
    "confirm",
    "know",
    "take",
    "i",
    "we",
    "is",
    "mister",
    "mr",
    "mrs",
];

/// Words of a reason that stand alone among the above: "for a new rash".
const LEADS: &[&str] = &[
    "it's", "its", "called", "it", "is", "uh", "um", "well", "oh", "so", "just", "for", "about", "because", "i'd",
    "like", "to", "okay", "ok", "a", "an", "the", "yes", "yeah", "sure", "please", "i", "need", "want", "would",
    "have", "hi",
];

/// What an appointment is for, beside the wish for it: "I need an appointment *for my blood pressure*".
pub(crate) fn reason_beside_wish(text: &str) -> Option<Slot<String>> {
    let tokens = tokens(text);
    let at = tokens
        .iter()
        .enumerate()
        .position(|(at, token)| CUES.contains(&token.word.as_str()) && tells_something(&tokens[at + 1..]))?;
    whole(text, &tokens, at + 1)
}

/// The answer to "What is the visit for?", without what leads up to it.
pub(crate) fn reason_asked_for(text: &str) -> Option<Slot<String>> {
    let tokens = tokens(text);
    let leads = tokens.iter().take_while(|token| LEADS.contains(&token.word.as_str())).count();
    whole(text, &tokens, leads)
}

/// A longer answer to "Which drug?" tells something else.
const NAMED_WORDS_MAX: usize = 5;

/// What an answer names that is in no list: the drug, the pharmacy. It is asked for again if there is better.
pub(crate) fn named_in_own_words(text: &str) -> Option<Slot<String>> {
    /// Begin answers that name nothing.
    const NO_NAMES: &[&str] = &["not", "don't", "know", "sure", "what", "why", "feel", "no", "hold", "forgot", "that"];
    let tokens = tokens(text);
    let leads = tokens.iter().take_while(|token| LEADS.contains(&token.word.as_str())).count();
    let named = &tokens[leads..];
    let names = !named.is_empty()
        && named.len() <= NAMED_WORDS_MAX
        && !named.iter().any(|token| NO_NAMES.contains(&token.word.as_str()));
    let slot = names.then(|| whole(text, &tokens, leads)).flatten();
    slot.map(|slot| Slot { certainty: OWN_WORDS, ..slot })
}

/// What the office knows from before, in the caller's own words: "same as last time", "the usual", "it's on file".
pub(crate) fn as_before(text: &str) -> Option<Slot<String>> {
    const PHRASES: &[&str] =
        &["same", "(the|my) usual", "as (before|always|usual)", "like (before|always|last time)", "on file"];
    static AS_BEFORE: LazyLock<Phrases<()>> = LazyLock::new(|| Phrases::built_in(&[((), PHRASES)]));
    named_in_own_words(text).filter(|_| !AS_BEFORE.places(&words(text)).is_empty())
}

fn whole(text: &str, tokens: &[Token], from: usize) -> Option<Slot<String>> {
    let heard = slot((), text, tokens, from..tokens.len(), CERTAINTY)?.heard;
    Some(Slot { value: heard.clone(), heard, certainty: CERTAINTY })
}

/// Whether a word among those right behind a cue tells what it is for.
fn tells_something(behind: &[Token]) -> bool {
    /// "For my left knee": the third word tells.
    const LOOKED_AT: usize = 4;
    let meaningful = |token: &&Token| {
        !NO_REASONS.contains(&token.word.as_str()) && !token.word.starts_with(|c: char| c.is_ascii_digit())
    };
    let mut seen = behind.iter().take(LOOKED_AT).take_while(|token| !CUES.contains(&token.word.as_str()));
    // the first word that is no article or relation decides: "for Thursday with Doctor Lee" tells nothing
    let skipped = ["a", "an", "the", "my", "our", "his", "her", "their", "new", "this"];
    seen.find(|token| !skipped.contains(&token.word.as_str())).as_ref().is_some_and(meaningful)
}

const BEEN_HERE: &[(YesNo, &[&str])] = &[
    (
        YesNo::No,
        &[
            "(first|1st) (time|visit|appointment)",
            "(i am|we are|he is|she is|they are|completely|brand) [a|all] new",
            "new (patient|patients|here|to)",
            "(have|has|had|i am|he is|she is|was) (never|not) [been|seen|come|visited|gone]",
            "never (been|seen|come|visited|had)",
            "not [been] (there|here|in) before",
            "just moved",
        ],
    ),
    (
        YesNo::Yes,
        &[
            "(have|has|had|i am|was|were) [already] (been|seen|come|visited|gone) .. [before|there|here|in]",
            "(been|was|were|came|come|go|goes|went|seen) [there|here|in|to|going|coming] .. (before|there|here|years|year|time|times|once|always)",
            "(i am|he is|she is|we are|is) [already] a patient",
            "(existing|established|current|regular|longtime) patient",
            "(last|few|couple) (year|month|week|time|years|months|ago)",
            "(years|months|weeks|while|year|month) ago",
            "used to (come|go|see)",
            "patient (of|there|here|for)",
        ],
    ),
];

static HISTORY: LazyLock<Phrases<YesNo>> = LazyLock::new(|| Phrases::built_in(BEEN_HERE));

/// Whether the patient has been here before. Whoever says that they are new is, whatever else they say.
pub(crate) fn been_here(text: &str) -> Option<YesNo> {
    let words = words(text);
    let places = HISTORY.places(&words);
    let says = |answer: YesNo| places.iter().any(|place| *HISTORY.meaning(*place) == answer);
    if says(YesNo::No) {
        return Some(YesNo::No);
    }
    yes_no(text).or_else(|| says(YesNo::Yes).then_some(YesNo::Yes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_is_for() {
        for (text, expected) in [
            ("I need an appointment for my blood pressure", Some("my blood pressure")),
            ("can I come in about my knee", Some("my knee")),
            ("I'd like to be seen because my back hurts", Some("my back hurts")),
            ("I need an appointment", None),
            ("I need an appointment for Thursday", None),
            ("an appointment for my son", None),
            ("I'd like to make an appointment to see Doctor Lee", None),
            ("book something for next week", None),
            ("an appointment for me and my husband", None),
            ("I want to come in for a rash on my arm", Some("a rash on my arm")),
        ] {
            let reason = reason_beside_wish(text).map(|slot| slot.value.into_exposed());
            assert_eq!(reason.as_deref(), expected, "{text}");
        }
        for (text, expected) in [
            ("my blood pressure", Some("my blood pressure")),
            ("it's for my knee", Some("my knee")),
            ("um a follow-up", Some("follow-up")),
            ("I have a rash", Some("rash")),
            ("", None),
            ("yes", None),
        ] {
            let reason = reason_asked_for(text).map(|slot| slot.value.into_exposed());
            assert_eq!(reason.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_drug_that_nobody_knows() {
        for (text, expected) in [
            ("it's called zoloft", Some("zoloft")),
            ("the pink inhaler", Some("pink inhaler")),
            ("I don't know", None),
            ("what do you mean", None),
            ("I have been feeling quite strange since I took it", None),
            ("", None),
        ] {
            let named = named_in_own_words(text).map(|slot| slot.value.into_exposed());
            assert_eq!(named.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn new_or_known() {
        for (text, expected) in [
            ("yes he has", Some(YesNo::Yes)),
            ("no, first time", Some(YesNo::No)),
            ("I've been there before", Some(YesNo::Yes)),
            ("yes", Some(YesNo::Yes)),
            ("no", Some(YesNo::No)),
            ("I'm new", Some(YesNo::No)),
            ("I'm a new patient", Some(YesNo::No)),
            ("yes, this is my first time", Some(YesNo::No)),
            ("never been there", Some(YesNo::No)),
            ("no never", Some(YesNo::No)),
            ("yeah a couple of years ago", Some(YesNo::Yes)),
            ("I was there last year", Some(YesNo::Yes)),
            ("I'm already a patient", Some(YesNo::Yes)),
            ("she's a patient of Doctor Patel", Some(YesNo::Yes)),
            ("I haven't been there before", Some(YesNo::No)),
            ("she hasn't", Some(YesNo::No)),
            ("we just moved here", Some(YesNo::No)),
            ("he used to come there", Some(YesNo::Yes)),
            ("I don't know", None),
            ("maybe", None),
            ("what do you mean", None),
        ] {
            assert_eq!(been_here(text), expected, "{text}");
        }
    }
}

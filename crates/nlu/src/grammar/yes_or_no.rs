//! Answers to yes-or-no questions. What is not clear is `None`, and the question is asked once more.

use std::sync::LazyLock;

use domain::YesNo;

use crate::phrase::{Found, Glossary, Pattern, Phrases, words};

/// Words that say nothing before an answer.
const LEADS: &[&str] =
    &["uh", "um", "er", "well", "oh", "so", "okay", "ok", "i", "mean", "hey", "and", "actually", "like"];

const YES_WORDS: &[&str] = &[
    "yes",
    "yeah",
    "yep",
    "yup",
    "yah",
    "ya",
    "yea",
    "yeh",
    "aye",
    "mhm",
    "mm",
    "mmhm",
    "mmhmm",
    "uhhuh",
    "sure",
    "correct",
    "exactly",
    "absolutely",
    "definitely",
    "certainly",
    "affirmative",
    "indeed",
    "totally",
    "si",
];
const NO_WORDS: &[&str] = &["no", "nope", "nah", "naw", "negative", "incorrect", "wrong", "never", "neither", "uhuh"];

/// Clear anywhere.
const YES: &[&str] = &[
    "(that|it|this|all|everything) [is|sounds|looks] [all] (right|correct|fine|good|perfect|me)",
    "you got it",
    "of course",
    "go ahead",
    "please do",
    "sounds (good|right|great)",
    "that works",
    "that will work",
    "(already|just) (did|called)",
    "uh huh",
    "mm hm",
    "mm hmm",
    "m hm",
    "m hmm",
    "(am|are|is|was) right",
    "you are right",
    "i think so",
    "right",
    "correct",
    "perfect",
    "yes please",
    "for sure",
    "(book|do|schedule|take) it",
    "(let us|let's|lets) do it",
];
/// Clear at the end: "I did" answers, "I have an appointment" tells something.
const YES_AT_THE_END: &[&str] = &["i (do|did|am|have|would)", "we (do|did|are|have)"];
const NO: &[&str] = &[
    "none of (those|that|them|these)",
    "(nobody|no 1|nothing like that)",
    "(good|heavens|god|gosh) no",
    "(that|it|this) is (wrong|incorrect|not [quite] (right|correct|it|me|what i said))",
    "not (quite|really|exactly|yet|at all|right|correct|true)",
    "no way",
    "uh uh",
    "nuh uh",
    "i (do|did|am|have|would|could|cannot) not",
    "i cannot",
    "we (have|do|did|are) not",
    "(have|has) not",
    "not now",
    "you got it wrong",
    "of course not",
    "i do not think so",
    "(is|was|are) not (right|correct)",
    "wrong",
    "incorrect",
];
/// Neither, whatever else is said.
const UNCLEAR: &[&str] = &[
    "not sure",
    "do not know",
    "no idea",
    "maybe",
    "perhaps",
    "i guess",
    "right (now|away|here|there)",
    "no problem",
    "no worries",
    "not wrong",
    "say that again",
    "what",
];

static PHRASES: LazyLock<Phrases<Option<YesNo>>> = LazyLock::new(|| {
    let lists = [(YES, Some(YesNo::Yes)), (NO, Some(YesNo::No)), (UNCLEAR, None)];
    let all = lists.into_iter().flat_map(|(list, meaning)| list.iter().map(move |written| (meaning, *written)));
    Phrases::new(all.map(|(meaning, written)| {
        (meaning, Pattern::parse(written, &Glossary::new()).expect("a test reads every pattern"))
    }))
});

static AT_THE_END: LazyLock<Phrases<()>> = LazyLock::new(|| {
    Phrases::new(
        YES_AT_THE_END
            .iter()
            .map(|written| ((), Pattern::parse(written, &Glossary::new()).expect("a test reads every pattern"))),
    )
});

/// Whether `text` says that all is well and nothing else: an answer to "is anybody in danger?".
pub fn all_is_well(text: &str) -> bool {
    const WELL: &[&str] = &["fine", "okay", "ok", "good", "alright", "well"];
    const AROUND: &[&str] = &[
        "no",
        "i",
        "am",
        "we",
        "are",
        "everyone",
        "everybody",
        "he",
        "she",
        "is",
        "all",
        "right",
        "really",
        "just",
        "oh",
        "it",
        "that",
    ];
    let words = words(text);
    let known = |word: &&str| WELL.contains(word) || AROUND.contains(word);
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    texts.iter().all(known) && texts.iter().any(|word| WELL.contains(word)) && texts.len() > 1
}

/// Whether `text` answers yes or no. An answer that says both ("no, that's right", "yeah, no") is neither: it is asked
/// again, because it confirms or refuses something.
pub fn yes_no(text: &str) -> Option<YesNo> {
    let words = words(text);
    let first = words.iter().position(|word| !LEADS.contains(&word.text.as_str()));
    let lead = first.and_then(|at| {
        let (word, next) = (words[at].text.as_str(), words.get(at + 1).map(|word| word.text.as_str()));
        // "Sure is a shame", "sure hope so" agree to nothing.
        let aside = word == "sure" && next.is_some_and(|next| ["is", "was", "hope", "wish", "looks"].contains(&next));
        let yes = (YES_WORDS.contains(&word) && !aside) || ["okay", "ok"].contains(&word);
        let no = NO_WORDS.contains(&word) && !(word == "no" && next.is_some_and(|next| next == "1"));
        if yes { Some(YesNo::Yes) } else { no.then_some(YesNo::No) }
    });
    let only_okay = first.is_none() && words.iter().any(|word| ["okay", "ok"].contains(&word.text.as_str()));
    let places = PHRASES.places(&words);
    let says = |meaning: Option<YesNo>| {
        places.iter().any(|place| {
            *PHRASES.meaning(*place) == meaning && (meaning != Some(YesNo::Yes) || !within_another(*place, &places))
        })
    };
    let at_the_end = || AT_THE_END.places(&words).iter().any(|place| place.to == words.len());
    let (yes, no, unclear) = (says(Some(YesNo::Yes)) || at_the_end(), says(Some(YesNo::No)), says(None));
    let again =
        |list: &[&str]| words.iter().skip(first.map_or(0, |at| at + 1)).any(|word| list.contains(&word.text.as_str()));
    match lead {
        Some(YesNo::Yes) => (!no && !again(&["no", "nope", "wrong", "incorrect"])).then_some(YesNo::Yes),
        Some(YesNo::No) => (!yes && !unclear && !again(&["yes", "yeah", "yep"])).then_some(YesNo::No),
        None if unclear => None,
        None if only_okay => Some(YesNo::Yes),
        None => match (yes, no) {
            (true, false) if !again(&["no", "nope"]) => Some(YesNo::Yes),
            (false, true) if !again(&["yes", "yeah", "yep"]) => Some(YesNo::No),
            (true | false, true | false) => None,
        },
    }
}

/// "I have" within "I have not", "right" within "right now".
fn within_another(yes: Found, places: &[Found]) -> bool {
    places
        .iter()
        .any(|other| *PHRASES.meaning(*other) != Some(YesNo::Yes) && other.from < yes.to && yes.from < other.to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_people_answer() {
        for (answers, expected) in [
            (
                &[
                    "yes",
                    "Yeah.",
                    "yep",
                    "mm-hm",
                    "Mhm",
                    "uh-huh",
                    "that's right",
                    "Correct.",
                    "sure",
                    "okay",
                    "yes please",
                    "that's correct",
                    "yes I called 911 already",
                    "I did",
                    "that's me",
                    "you got it",
                    "sounds good",
                    "um yeah",
                    "right",
                    "yes that's it",
                    "of course",
                    "yeah I think so",
                    "book it",
                    "that's right, cancel it",
                    "I'll take it",
                ][..],
                Some(YesNo::Yes),
            ),
            (
                &[
                    "no",
                    "Nope.",
                    "no that's wrong",
                    "not quite",
                    "that's not right",
                    "nah",
                    "no I haven't",
                    "incorrect",
                    "I haven't",
                    "not yet",
                    "no, it's Lopez with a Z",
                    "I don't think so",
                    "uh no",
                    "no thank you",
                    "that's wrong",
                    "no no no",
                    "I can't",
                    "none of those",
                    "nothing like that",
                    "good heavens no",
                    "no, don't book it",
                ][..],
                Some(YesNo::No),
            ),
            (
                &[
                    "",
                    "maybe",
                    "I don't know",
                    "no, that's right",
                    "I would like to keep it",
                    "I am born in March",
                    "I have an appointment on Tuesday",
                    "sure is a shame",
                    "don't book it",
                    "yeah no",
                    "not sure",
                    "what",
                    "the number is wrong yes",
                    "my chest hurts",
                    "right now",
                    "Maria Lopez",
                    "yes but the number is wrong",
                ][..],
                None,
            ),
        ] {
            for text in answers {
                assert_eq!(yes_no(text), expected, "{text}");
            }
        }
    }
}

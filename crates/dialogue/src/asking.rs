//! Questions by their form, and those about the call itself, which need no reader.

use domain::{Certainty, Intent, Reading, Urgency};

use crate::phrases;

/// What may stand before a question.
const BEFORE: &[&str] = &[
    "actually", "ah", "also", "and", "but", "by", "excuse", "good", "hello", "hey", "hi", "hmm", "me", "no", "oh",
    "ok", "okay", "one", "please", "question", "quick", "right", "so", "sorry", "sure", "thanks", "the", "then", "uh",
    "um", "wait", "way", "well", "yeah", "yes",
];
/// What may stand behind one.
const AFTER: &[&str] = &["again", "hello", "okay", "please", "sorry", "then"];
const QUESTION_WORDS: &[&str] = &[
    "what", "what's", "whats", "where", "where's", "wheres", "when", "when's", "whens", "how", "how's", "who", "who's",
    "whos", "which", "do", "does", "did", "are", "is",
];
/// A question if "I" or "we" follows; with "you" it is a wish that somebody else be told.
const MAY: &[&str] = &["can", "could", "may", "should"];

const WHO_SPEAKS: &[&str] = &[
    "am i speaking to a robot",
    "am i talking to a computer",
    "am i talking to a machine",
    "am i talking to a robot",
    "are you a computer",
    "are you a machine",
    "are you a robot",
    "are you a bot",
    "is this a computer",
    "is this a machine",
    "is this a robot",
    "is this a doctor's office",
    "is this the doctor's office",
    "what is this",
    "what number is this",
    "what place is this",
    "which office is this",
    "who am i speaking to",
    "who am i speaking with",
    "who am i talking to",
    "who am i talking with",
    "who are you",
    "who do i speak to",
    "who is it",
    "who is speaking",
    "who is that",
    "who is this",
    "who's speaking",
    "who's that",
    "who's this",
];
/// "Is this the DMV?" has so many words behind "is this the". Nothing else may be asked for by then, and a reader must be
/// sure.
const PLACE_WORDS_MAX: usize = 3;
const HEARS_US: &[&str] = &[
    "anybody there",
    "anyone there",
    "are you still there",
    "are you there",
    "can you even hear me",
    "can you hear me",
    "can you hear me now",
    "did you hear me",
    "do you hear me",
    "is anybody there",
    "is anyone there",
    "is somebody there",
    "is someone there",
    "you there",
];

/// What is asked about the call itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AboutTheCall {
    /// "Who is this?"
    WhoSpeaks,
    /// "Can you hear me?"
    HearsUs,
}

/// A question about the call, if the utterance is that and nothing else: then nothing in it can be doubted. `open`: the
/// caller may say whatever they call for.
pub(crate) fn about_the_call(text: &str, reading: &Reading, open: bool) -> Option<AboutTheCall> {
    let nothing_else = reading.intent() == Intent::Other && reading.fact.is_none() && reading.red_flags.is_empty();
    let words = phrases::words(text);
    let before = words.iter().take_while(|word| BEFORE.contains(&word.as_str())).count();
    let after = words[before..].iter().rev().take_while(|word| AFTER.contains(&word.as_str())).count();
    let asked = words[before..words.len() - after].join(" ");
    let place = asked.strip_prefix("is this the ").filter(|place| place.split(' ').count() <= PLACE_WORDS_MAX);
    let elsewhere = open && place.is_some() && reading.certainty == Certainty::Sure;
    let about = if WHO_SPEAKS.contains(&asked.as_str()) || elsewhere {
        AboutTheCall::WhoSpeaks
    } else if HEARS_US.contains(&asked.as_str()) {
        AboutTheCall::HearsUs
    } else {
        return None;
    };
    nothing_else.then_some(about)
}

/// The reading of words that we know ourselves: nobody need judge them. What a rule or a model says of them stays.
pub(crate) fn without_doubt(reading: &Reading) -> Reading {
    let mut reading = reading.clone();
    let by_model = reading.p.urgent + reading.p.emergency > 0.0;
    let is_mere_doubt = reading.red_flags.is_empty() && !by_model && reading.urgency < Urgency::Emergency;
    if reading.certainty == Certainty::Unsure && is_mere_doubt {
        (reading.certainty, reading.urgency) = (Certainty::Sure, Urgency::Routine);
    }
    reading
}

/// Whether the words are put as a question to us: in a message they are answered, not passed on.
pub(crate) fn is_question(text: &str) -> bool {
    let words = phrases::words(text);
    let mut rest = words.iter().skip_while(|word| BEFORE.contains(&word.as_str())).map(String::as_str);
    match (rest.next(), rest.next()) {
        (Some(first), _) if QUESTION_WORDS.contains(&first) => true,
        (Some(first), Some(second)) => MAY.contains(&first) && matches!(second, "i" | "we"),
        (Some(_) | None, _) => false,
    }
}

/// "What was the second one?": what was offered is asked for again, and nothing is chosen.
pub(crate) fn asks_again(text: &str) -> bool {
    let words = phrases::words(text);
    let rest: Vec<&str> = words.iter().map(String::as_str).skip_while(|word| BEFORE.contains(word)).take(2).collect();
    matches!(rest.as_slice(), ["what" | "which" | "when" | "who", "was" | "were"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_about_the_call_are_nothing_but_that() {
        let about = |text| about_the_call(text, &Reading::unsure(), true);
        for text in ["who is this", "Wait, who is this please?", "excuse me, are you a robot", "and who are you"] {
            assert_eq!(about(text), Some(AboutTheCall::WhoSpeaks), "{text}");
        }
        for text in ["hello can you hear me", "Hello? Is anybody there?", "are you there"] {
            assert_eq!(about(text), Some(AboutTheCall::HearsUs), "{text}");
        }
        for text in ["", "hello", "who is this for", "can you hear me breathing", "is anybody there who can help me"] {
            assert_eq!(about(text), None, "{text}");
        }
        let sure = Reading { certainty: Certainty::Sure, ..Reading::unsure() };
        for (text, reading, expected) in [
            ("is this the DMV", &sure, Some(AboutTheCall::WhoSpeaks)),
            ("is this the flu", &Reading::unsure(), None),
            ("is this normal", &sure, None),
            ("is this the number that I have to call for", &sure, None),
        ] {
            assert_eq!(about_the_call(text, reading, true), expected, "{text}");
        }
        assert_eq!(about_the_call("is this the earliest", &sure, false), None);
        let mut reading = Reading::unsure();
        reading.intents = vec![Intent::Symptom];
        assert_eq!(about_the_call("who is this", &reading, true), None);
        assert_eq!(without_doubt(&reading).certainty, Certainty::Sure);
        reading.urgency = Urgency::Emergency;
        assert_eq!(without_doubt(&reading), reading, "only a doubt is taken away");
    }

    #[test]
    fn a_question_is_known_by_its_form() {
        for text in [
            "what are your hours",
            "oh and do you have parking",
            "No. Where do I park?",
            "actually can I make an appointment",
            "sorry, is there a garage",
        ] {
            assert!(is_question(text), "{text}");
        }
        for text in
            ["tell her that I asked where to park", "can you tell her I called", "please have the nurse call me", ""]
        {
            assert!(!is_question(text), "{text}");
        }
    }

    #[test]
    fn what_was_offered_is_asked_for_again() {
        for text in ["what was the second one again", "sorry, which was the first", "what were they"] {
            assert!(asks_again(text), "{text}");
        }
        for text in ["what about the second one", "the second", "what is the earliest you have", "which one is earlier"]
        {
            assert!(!asks_again(text), "{text}");
        }
    }
}

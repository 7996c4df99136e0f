//! The few words that the receptionist itself must know: those that mean "go on", "bye", or nothing beyond the answer
//! that was asked for. All else is the reader's business. Where it is unsure, words count as meaning something.

use domain::Slots;

/// Said while listening; they ask for nothing and stop nothing.
const MURMURS: &[&str] = &[
    "mm", "mmm", "hm", "hmm", "mhm", "mmhm", "mmhmm", "uh", "huh", "uhhuh", "um", "ah", "oh", "ok", "okay", "alright",
];
/// Murmurs too, unless a yes or a no was asked for.
const AGREEMENTS: &[&str] = &["yes", "yeah", "yep", "yup", "right", "sure", "i", "see", "got", "it"];
/// A longer one than this is not a murmur whatever its words.
const MURMUR_WORDS_MAX: usize = 4;

/// Words of a farewell, and around it.
const THANKS: &[&str] = &["bye", "goodbye", "thanks", "thank", "nothing"];
const AROUND_THANKS: &[&str] = &[
    "a",
    "about",
    "again",
    "all",
    "alright",
    "and",
    "appreciate",
    "be",
    "been",
    "bless",
    "blessed",
    "day",
    "else",
    "evening",
    "everything",
    "fine",
    "for",
    "god",
    "good",
    "great",
    "have",
    "help",
    "helpful",
    "i",
    "i'll",
    "is",
    "it",
    "it's",
    "just",
    "know",
    "later",
    "lifesaver",
    "lot",
    "much",
    "need",
    "needed",
    "nice",
    "night",
    "no",
    "nope",
    "now",
    "oh",
    "ok",
    "okay",
    "one",
    "really",
    "see",
    "so",
    "take",
    "care",
    "that",
    "that's",
    "thats",
    "the",
    "then",
    "there",
    "very",
    "was",
    "weekend",
    "well",
    "wonderful",
    "yeah",
    "yes",
    "you",
    "you're",
    "you've",
    "your",
];
/// "Have a good one."
const WELL_WISHES: &[&str] =
    &["bless you", "god bless", "have a blessed", "have a good", "have a great", "have a nice"];
/// Words that are those of a farewell, and are none together.
const NEEDS: &[&str] = &["for help", "help now", "i need", "need help", "need you"];
/// "That's all", "that is it": a farewell without thanks.
const FINISHED: &[&str] = &[
    "that's all",
    "thats all",
    "that is all",
    "that's it",
    "thats it",
    "that is it",
    "that'll be all",
    "that's everything",
    "thats everything",
    "that is everything",
    "i'm done",
];

/// Words that carry a name or number but tell nothing themselves.
const CARRIERS: &[&str] = &[
    "a", "again", "am", "and", "area", "as", "at", "back", "best", "by", "call", "calling", "can", "cell", "code",
    "first", "for", "hello", "here", "hi", "i", "i'm", "in", "is", "it", "it's", "its", "last", "like", "me", "mobile",
    "my", "name", "name's", "no", "number", "of", "ok", "okay", "on", "one", "phone", "please", "reach", "s", "so",
    "speaking", "spelled", "that", "that's", "the", "this", "to", "uh", "um", "well", "with", "yeah", "yes", "you",
    "your",
];

/// Words of a greeting.
const GREETINGS: &[&str] = &["hello", "hi", "hey", "good", "morning", "afternoon", "evening", "there"];

/// How a bare yes or no begins, and what may follow.
const YES_OR_NO: &[&str] = &[
    "yes", "yeah", "yep", "yup", "no", "nope", "nah", "correct", "right", "wrong", "sure", "fine", "that's", "thats",
    "not",
];
const AROUND_YES_OR_NO: &[&str] = &[
    "am", "are", "did", "do", "does", "have", "haven't", "i", "is", "it", "it's", "ma'am", "of", "course", "one",
    "perfect", "please", "sir", "thank", "thanks", "that", "works", "yet", "you",
];
/// "A message for Doctor Patel, please" has fewer words than this after the wish; a message with its text has more.
const TOLD_AFTER_WISH_MIN: usize = 6;
/// The same where the wish is said in other words: "please have the nurse call me".
const TOLD_WORDS_MIN: usize = 10;
const PLAIN_YES_OR_NO: &[&str] =
    &["nah", "no", "nope", "ok", "okay", "please", "thank", "thanks", "yeah", "yep", "yes", "you"];
/// A longer one than this says more than yes or no.
const YES_OR_NO_WORDS_MAX: usize = 5;
/// A longer yes tells something else.
const CONFIRMING_WORDS_MAX: usize = 8;
/// Words that take a yes back, or put it off.
const RESERVES: &[&str] = &[
    "actually", "although", "another", "ask", "but", "can't", "check", "don't", "except", "first", "hold", "how",
    "however", "if", "instead", "keep", "maybe", "not", "or", "question", "said", "shame", "should", "sorry", "stop",
    "think", "though", "unless", "until", "wait", "what", "when", "wife", "husband", "work", "wrong",
];
/// Said by who has to leave, before "bye".
const GOING: &[&str] = &[
    "call again",
    "call back",
    "call you back",
    "forget it",
    "gotta go",
    "gotta run",
    "have to go",
    "have to run",
    "i'll call",
    "must go",
    "need to go",
    "never mind",
];
/// What stands in the book is to stay.
const KEEPS_IT: &[&str] = &[
    "do not cancel",
    "do not change",
    "do not move",
    "don't cancel",
    "don't change",
    "don't move",
    "keep it",
    "keep my appointment",
    "keep that appointment",
    "keep the appointment",
    "leave it alone",
    "leave it as",
    "leave it like",
    "leave it where",
    "leave my appointment",
    "leave the appointment",
];
/// In a message, where any word may matter, a longer one than this is kept.
const DROPPED_WORDS_MAX: usize = 3;

/// The words of a text in lower case, hyphens opened, without punctuation.
pub(crate) fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .replace('’', "'")
        .split(|c: char| !(c.is_alphanumeric() || c == '\''))
        .map(|word| word.trim_matches('\'').to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

/// Whether `phrase` stands in `said`; both are words between single spaces.
pub(crate) fn holds(said: &str, phrase: &str) -> bool {
    format!(" {said} ").contains(&format!(" {phrase} "))
}

/// "No, I want to keep it": what stands in the book is to stay.
pub(crate) fn keeps_it(text: &str) -> bool {
    let said = words(text).join(" ");
    KEEPS_IT.iter().any(|phrase| holds(&said, phrase))
}

/// Whether a wish for a message or a person comes with what it is about: "leave a message that my refill was wrong".
pub(crate) fn tells_what_about(text: &str) -> bool {
    let words = words(text);
    let wish = words.iter().rposition(|word| matches!(word.as_str(), "message" | "person" | "somebody" | "someone"));
    match wish {
        Some(wish) => words.len() - wish > TOLD_AFTER_WISH_MIN,
        None => words.len() >= TOLD_WORDS_MIN,
    }
}

/// "Hello?", "hi, good morning": the caller greets, and wants nothing yet.
pub(crate) fn is_greeting(text: &str) -> bool {
    let words = words(text);
    !words.is_empty() && words.iter().all(|word| GREETINGS.contains(&word.as_str()))
}

/// The words behind a greeting.
pub(crate) fn without_greeting(text: &str) -> Vec<String> {
    words(text).into_iter().skip_while(|word| GREETINGS.contains(&word.as_str())).collect()
}

/// "Mm-hm", "okay", and "yeah" where no yes or no was asked for: the caller listens, and wants nothing.
pub(crate) fn is_murmur(text: &str, yes_no_asked: bool) -> bool {
    let words = words(text);
    let murmur =
        |word: &String| MURMURS.contains(&word.as_str()) || (!yes_no_asked && AGREEMENTS.contains(&word.as_str()));
    !words.is_empty() && words.len() <= MURMUR_WORDS_MAX && words.iter().all(murmur)
}

/// "Thank you, bye", "no, that's all": nothing but a farewell.
pub(crate) fn is_farewell(text: &str) -> bool {
    let words = words(text);
    let known = |word: &String| THANKS.contains(&word.as_str()) || AROUND_THANKS.contains(&word.as_str());
    let finished = || FINISHED.iter().any(|phrase| words.join(" ").contains(phrase));
    let wishes_well = || WELL_WISHES.iter().any(|phrase| holds(&words.join(" "), phrase));
    let needs_something = NEEDS.iter().any(|phrase| holds(&words.join(" "), phrase));
    let closes = || words.iter().any(|word| THANKS.contains(&word.as_str())) || finished() || wishes_well();
    words.iter().all(known) && !needs_something && closes()
}

/// Whether a farewell says that the caller is leaving now, whatever was asked.
pub(crate) fn is_leaving(text: &str) -> bool {
    let words = words(text);
    let bye = |word: &String| word == "bye" || word == "goodbye";
    let goes = GOING.iter().any(|phrase| holds(&words.join(" "), phrase)) && words.last().is_some_and(bye);
    goes || (is_farewell(text) && words.iter().any(bye))
}

/// Whether a yes leaves no doubt: no word beside it takes it back or puts it off.
pub(crate) fn confirms(text: &str) -> bool {
    let words = words(text);
    words.len() <= CONFIRMING_WORDS_MAX && !words.iter().any(|word| RESERVES.contains(&word.as_str()))
}

/// "I called 911." "The ambulance is on its way." A word of doubt, and it is asked.
pub(crate) fn says_help_is_called(text: &str, emergency_number: &str) -> bool {
    let words = words(text);
    let says = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
    let figures: String = text.chars().filter(char::is_ascii_digit).collect();
    let of_help = says(&["ambulance", "paramedics", "ems"]) || figures.contains(emergency_number);
    let called = says(&["called", "phoned", "rang", "dialed", "dialled"]) && of_help;
    let coming = says(&["way", "coming"]) && (of_help || says(&["they're", "they"])) || says(&["here"]) && of_help;
    let doubtful = words.iter().any(|word| word.ends_with("n't"))
        || says(&["not", "no", "never", "should", "shall", "if", "cannot", "when", "where"]);
    (called || coming) && !doubtful
}

/// "No." "Yes please." These words are understood whatever was asked: there is nothing to doubt in them.
pub(crate) fn is_plain_yes_or_no(text: &str) -> bool {
    let words = words(text);
    !words.is_empty() && words.iter().all(|word| PLAIN_YES_OR_NO.contains(&word.as_str()))
}

/// Nothing but a yes, a no, a murmur or a farewell.
pub(crate) fn is_bare(text: &str) -> bool {
    let words = words(text);
    let bare = |word: &String| {
        let word = word.as_str();
        YES_OR_NO.contains(&word) || AROUND_YES_OR_NO.contains(&word) || MURMURS.contains(&word)
    };
    let begins =
        words.first().is_some_and(|word| YES_OR_NO.contains(&word.as_str()) || MURMURS.contains(&word.as_str()));
    let yes_or_no = begins && words.len() <= YES_OR_NO_WORDS_MAX && words.iter().all(bare);
    words.is_empty() || yes_or_no || is_farewell(text)
}

/// Bare, and short enough that no message can miss it.
pub(crate) fn is_bare_in_a_message(text: &str) -> bool {
    is_farewell(text) || (is_bare(text) && words(text).len() <= DROPPED_WORDS_MAX)
}

/// An answer about name or number that tells nothing beyond the values that were taken from it. What tells more belongs
/// into the message.
pub(crate) fn is_only_contact(text: &str, slots: &Slots) -> bool {
    let heard = [
        slots.name.as_ref().map(|slot| &slot.heard),
        slots.date_of_birth.as_ref().map(|slot| &slot.heard),
        slots.callback.as_ref().map(|slot| &slot.heard),
    ];
    let taken: Vec<String> = heard.into_iter().flatten().flat_map(|heard| words(heard.expose())).collect();
    let empty = |word: &String| {
        let known = [CARRIERS, MURMURS, YES_OR_NO, AROUND_YES_OR_NO];
        taken.contains(word) || known.iter().any(|known| known.contains(&word.as_str()))
    };
    words(text).iter().all(empty) || is_farewell(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn murmurs_ask_for_nothing() {
        for text in ["mm-hm", "Uh-huh.", "Okay.", "okay, yeah", "I see."] {
            assert!(is_murmur(text, false), "{text}");
        }
        for text in ["", "no", "okay wait", "yeah but my chest", "oh no"] {
            assert!(!is_murmur(text, false), "{text}");
        }
        assert!(!is_murmur("yeah", true), "an answer is no murmur");
        assert!(is_murmur("mm-hm", true), "not even where yes or no was asked for");
    }

    #[test]
    fn help_that_is_called_is_not_asked_about() {
        for text in [
            "Yes, I called 9-1-1, they are on their way.",
            "my daughter called the ambulance",
            "the paramedics are coming",
            "the paramedics are here",
        ] {
            assert!(says_help_is_called(text, "911"), "{text}");
        }
        for text in [
            "should I call 911",
            "I haven't called 911",
            "no, nobody called an ambulance",
            "I called you because she fell",
            "where is the ambulance, is it coming",
            "they're here with me",
            "",
        ] {
            assert!(!says_help_is_called(text, "911"), "{text}");
        }
    }

    #[test]
    fn a_wish_for_a_message_is_not_the_message() {
        for text in ["Hi, I'd like to leave a message for Doctor Patel, please.", "please have the nurse call me"] {
            assert!(!tells_what_about(text), "{text}");
        }
        for text in [
            "leave a message that my refill was the wrong strength",
            "tell her that the new blood pressure pills make me cough",
        ] {
            assert!(tells_what_about(text), "{text}");
        }
    }

    #[test]
    fn farewells_are_nothing_but_farewells() {
        for text in [
            "Thank you, bye!",
            "No, that's all.",
            "nope that's it",
            "Thanks so much for your help",
            "goodbye",
            "okay great have a good one",
            "you're a lifesaver, thank you, bye",
            "okay thank you so much, God bless",
            "nope that's everything, thanks a lot",
            "that's all I needed, thanks",
            "Know that is everything.", // "no, that is everything", as a recogniser wrote it
        ] {
            assert!(is_farewell(text), "{text}");
        }
        for text in [
            "no",
            "",
            "thanks and I also need a refill",
            "bye the way my chest hurts",
            "that's all wrong",
            "I need help now, thank you",
        ] {
            assert!(!is_farewell(text), "{text}");
        }
        assert!(is_greeting("Hello?") && is_greeting("Hi, good morning") && !is_greeting("hello doctor"));
        assert!(is_leaving("oh sorry my bus is here, I have to go, bye") && !is_leaving("I have to go all the time"));
        assert!(is_leaving("okay bye") && !is_leaving("no that's all"));
        assert!(keeps_it("Actually no, I want to keep it") && keeps_it("No wait, don't cancel it"));
        assert!(!keeps_it("can I keep the same doctor") && !keeps_it("leave a message"));
    }

    #[test]
    fn an_answer_that_tells_more_is_kept() {
        for text in ["yes", "No.", "yes that's right", "no thank you", "no not yet", ""] {
            assert!(is_bare(text), "{text}");
        }
        for text in
            ["please call me back", "yes and my foot hurts", "I have it", "Ann Smith", "no it is not any better now"]
        {
            assert!(!is_bare(text), "{text}");
        }
        assert!(!is_bare_in_a_message("no it is not") && is_bare_in_a_message("no that's it, thank you"));
        let mut slots = Slots::default();
        assert!(!is_only_contact("Ann Smith", &slots), "no value was taken from it");
        slots.name = Some(domain::Slot { value: "Ann Smith".into(), heard: "Ann Smith".into(), certainty: 0.9 });
        assert!(is_only_contact("yes my name is Ann Smith", &slots));
        assert!(!is_only_contact("Ann Smith and my foot hurts", &slots));
    }
}

//! Cutting a reply into clauses that are rendered one by one: [`clauses`].
//!
//! The caller hears the first clause while the second is rendered, so the first one is short where the text has a
//! natural break. Numbers, dates, names and spelled letters stay in one piece, since a cut is heard as a full stop.
//!
//! Promises, tested on arbitrary text: the clauses joined are the text, byte for byte (spaces stay at a clause's end),
//! no clause is empty, and none has more than [`WORDS_MAX`] words.

use crate::number_words::{ONES, TENS};

/// A first clause with more words than this is cut, if it has a natural break. About three seconds of speech.
pub const FIRST_WORDS_MAX: usize = 8;
/// No clause has more words: about seven seconds, and what cannot be taken back once its rendering has begun.
pub const WORDS_MAX: usize = 20;
/// A shorter piece sounds torn off, unless it is a sentence of its own.
const WORDS_MIN: usize = 3;

/// How well a text may be cut between two words; the greater the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cut {
    /// Within a number, a date, a name or a spelling.
    Never,
    /// Between two words that belong to one phrase.
    Space,
    /// Before a conjunction.
    Joint,
    /// At a comma, colon, semicolon or dash.
    Pause,
    /// At the end of a sentence.
    Sentence,
}

/// The clauses of `text`, in order.
pub fn clauses(text: &str) -> Vec<&str> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let earlier = std::iter::once("").chain(words.iter().copied());
    let cuts: Vec<Cut> = earlier.zip(words.windows(2)).map(|(earlier, pair)| cut(earlier, pair[0], pair[1])).collect();
    let mut clauses = Vec::new();
    let (mut rest, mut from) = (text, 0);
    while from < words.len() {
        let length = next_length(&cuts[from.min(cuts.len())..], from == 0);
        from += length;
        let end = if from < words.len() { offset(rest, words[from]) } else { rest.len() };
        let (clause, after) = rest.split_at(end);
        clauses.push(clause);
        rest = after;
    }
    if clauses.is_empty() && !text.is_empty() {
        clauses.push(text);
    }
    clauses
}

/// Where `word`, a slice of the same text, begins within `rest`.
fn offset(rest: &str, word: &str) -> usize {
    word.as_ptr() as usize - rest.as_ptr() as usize
}

/// How many words the next clause has. `cuts[i]` is the cut after the clause's word `i`; the last word has none.
fn next_length(cuts: &[Cut], first: bool) -> usize {
    let sentence = 1 + cuts.iter().take_while(|cut| **cut != Cut::Sentence).count();
    // The cut that leaves `length` words before it.
    let after = |length: &usize| cuts[length - 1];
    if first && sentence > FIRST_WORDS_MAX {
        let early = |wanted: Cut| (WORDS_MIN..=FIRST_WORDS_MAX).find(|length| after(length) == wanted);
        if let Some(length) = early(Cut::Pause).or_else(|| early(Cut::Joint)) {
            return length;
        }
    }
    if sentence <= WORDS_MAX {
        return sentence;
    }
    // `max_by_key` gives the last of equals, so the clause is as long as it may be.
    let best = (WORDS_MIN..=WORDS_MAX).max_by_key(after);
    best.filter(|length| after(length) > Cut::Never).unwrap_or(WORDS_MAX)
}

/// The cut between `before` and `after`; `earlier` is the word in front of both.
fn cut(earlier: &str, before: &str, after: &str) -> Cut {
    let bare = before.trim_end_matches(['"', '\'', ')', '”', '’']);
    let next = after.trim_start_matches(['"', '\'', '(', '“', '‘', '$']);
    let joined = (numeric(bare) && numeric(next)) || (capital(bare) && (capital(next) || numeric(next)));
    match bare.chars().last() {
        // "John Q. Public", but not "L O P E Z. Correct?"
        Some('.') if TITLES.contains(&bare) || (initial(bare) && earlier.len() != 1) => Cut::Never,
        Some('.') if numeric(bare) || bare.trim_end_matches('.').contains('.') => {
            if next.starts_with(char::is_uppercase) { Cut::Sentence } else { Cut::Space }
        }
        Some('.' | '…') if next.starts_with(char::is_lowercase) => Cut::Pause,
        Some('?' | '!' | '.' | '…') => Cut::Sentence,
        Some(',') if joined => Cut::Never,
        Some(',' | ';' | ':' | '–' | '—') => Cut::Pause,
        Some('-') if bare == "-" => Cut::Pause,
        Some(_) | None if joined || numeric(bare) => Cut::Never,
        Some(_) | None if ROLES.contains(&bare) && capital(next) => Cut::Never,
        // "Lopez and Patel", "Monday or Tuesday".
        Some(_) | None if capital(bare) && ["and", "or"].contains(&next) => Cut::Space,
        Some(_) | None if CONJUNCTIONS.contains(&next) => Cut::Joint,
        Some(_) | None => Cut::Space,
    }
}

const TITLES: [&str; 11] = ["Dr.", "Drs.", "Mr.", "Mrs.", "Ms.", "Prof.", "St.", "No.", "ext.", "Mt.", "Ste."];
const ROLES: [&str; 3] = ["doctor", "nurse", "saint"];
const CONJUNCTIONS: [&str; 14] =
    ["and", "but", "or", "so", "because", "if", "when", "while", "that", "which", "who", "unless", "until", "then"];
/// Said beside numbers, and as tightly bound.
const NUMERIC: [&str; 8] = ["oh", "hundred", "thousand", "am", "pm", "a.m", "p.m", "half"];

/// Part of a number, a time or a date: "24", "$1,200", "five", "p.m.".
fn numeric(word: &str) -> bool {
    let lower = word.trim_matches(|c: char| c.is_ascii_punctuation()).to_lowercase();
    let mut words = ONES.iter().chain(&TENS).chain(&NUMERIC);
    lower.contains(|c: char| c.is_ascii_digit()) || words.any(|word| *word == lower)
}

/// A name, or a letter that is spelled. "I" is neither.
fn capital(word: &str) -> bool {
    word.starts_with(char::is_uppercase) && word.trim_end_matches(',') != "I" && !word.starts_with("I'")
}

/// "J." in "J. Smith".
fn initial(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(char::is_uppercase) && letters.as_str() == "."
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Clauses parted by "|".
    const CUT: &[&str] = &[
        "Hello.",
        "Thank you for calling Elm Street Family Medicine. |I'm an automated assistant. |How can I help you today?",
        "If this is an emergency, |please hang up and call 911 right away.",
        "Call 911 now. |I am paging the doctor.",
        "I can take a message for the doctor |and somebody will call you back before we close today.",
        "You are booked with Dr. Maria Lopez on Tuesday, November 24, 2026 at 2:30 p.m. |Is that right?",
        "Your number is five five five, zero one four two. |Is that right?",
        "I have L O P E Z. |Correct?",
        "We are at 12 Main St. in Boston, MA.",
        "Okay! |What is your name?",
        "The fee is $1,200, |payable at the office, by card or in cash.",
        "Dr. Lopez and Dr. Patel see patients on Monday and Tuesday.",
    ];

    #[test]
    fn replies_are_cut_where_people_pause() {
        for line in CUT {
            let text = line.replace('|', "");
            assert_eq!(clauses(&text).join("|"), *line);
        }
    }

    #[test]
    fn a_long_sentence_is_cut_at_its_last_pause() {
        let text = "The office is open on Monday, Tuesday and Thursday from nine to five, and on Wednesday and Friday \
                    from nine to noon, except on the days before a holiday when we close at two";
        let cut = clauses(text);
        assert!(cut.iter().all(|clause| clause.split_whitespace().count() <= WORDS_MAX), "{cut:?}");
        assert!(cut[..cut.len() - 1].iter().all(|clause| clause.ends_with(", ")), "{cut:?}");
    }

    proptest! {
        #[test]
        fn joined_clauses_are_the_text(text in "\\PC{0,80}|([A-Za-z0-9]{1,6}[.,:?!]? {1,2}){0,70}") {
            let cut = clauses(&text);
            prop_assert_eq!(cut.concat(), text.as_str());
            for clause in cut {
                prop_assert!(!clause.is_empty());
                prop_assert!(clause.split_whitespace().count() <= WORDS_MAX);
            }
        }
    }
}

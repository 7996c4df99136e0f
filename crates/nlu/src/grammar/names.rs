//! A person's name: "my name is Maria Lopez", "this is ..", "it's ..", the bare answer to a question for it, and the
//! same with a spelling behind, which wins over what was heard.

use std::ops::Range;

use domain::{Asked, Slot};

use super::{capitalised, slot, spelled};
use crate::phrase::numbers::{MONTHS, number_word, ordinal};
use crate::phrase::token::{Pause, Token, tokens};

/// Introduced by its own words, with a first and a last name.
const INTRODUCED: f32 = 0.85;
/// One word only, or the bare answer to the question.
const BARE: f32 = 0.7;
/// "I'm Maria": often something else follows these words.
const WEAK: f32 = 0.55;
/// Spelled: the letters decide.
const SPELLED: f32 = 0.9;

/// Longer is a sentence.
const NAME_WORDS_MAX: usize = 4;

/// What introduces a name, and how sure that is; the longer first.
const CUES: &[(&[&str], f32)] = &[
    (&["my", "name", "is"], INTRODUCED),
    (&["my", "name's"], INTRODUCED),
    (&["the", "name", "is"], INTRODUCED),
    (&["the", "name's"], INTRODUCED),
    (&["his", "name", "is"], INTRODUCED),
    (&["her", "name", "is"], INTRODUCED),
    (&["patient's", "name", "is"], INTRODUCED),
    (&["patient", "name", "is"], INTRODUCED),
    (&["patient", "is"], BARE),
    (&["first", "name", "is"], INTRODUCED),
    (&["full", "name", "is"], INTRODUCED),
    (&["under", "the", "name", "of"], INTRODUCED),
    (&["under", "the", "name"], INTRODUCED),
    (&["use", "the", "name"], INTRODUCED),
    (&["name", "should", "be"], INTRODUCED),
    (&["last", "name", "is"], BARE),
    (&["last", "name"], BARE),
    (&["this", "is"], BARE),
    (&["call", "me"], WEAK),
    (&["i", "am"], WEAK),
    (&["i'm"], WEAK),
    (&["im"], WEAK),
];

/// Introduce a name only where one was asked for.
const CUES_IN_ANSWERS: &[&[&str]] =
    &[&["it's"], &["its"], &["it", "is"], &["that's"], &["that", "is"], &["yes"], &["sure"], &["yeah"]];

/// Skipped before an answer.
const LEADS: &[&str] =
    &["uh", "um", "er", "well", "oh", "okay", "ok", "yes", "yeah", "sure", "hi", "hello", "so", "hey", "yep", "please"];

/// Dropped from the front of a name.
const TITLES: &[&str] = &["mr", "mrs", "ms", "miss", "mister", "doctor", "dr"];

/// Never a part of a name: a name ends before one of these.
const NOT_NAMES: &str = " a about afraid after again all already also an and any appointment are as ask asking at back bad be because been \
    before being better bleeding born both but by bye call called caller calling came can can't cannot come coming confused correct could \
    currently cancel date day daughter dead did diabetic do does doing don't done down dying emergency etc ever experiencing feel feeling \
    fever fine first for from get getting give given go going gonna good got had happening has have having he hello help her here here's him \
    his how hurt hurting husband i i'd i'll i'm i've if in interested into is isn't it it's its just kidding know last late letter like \
    listed looking lost made make maybe me mine misspelled mom more mother mrs my myself name need needed never new no not nothing \
    now number of office ok okay on one only or other our out over pain patient person phone please pregnant probably problem \
    question ready really regarding returning right running said same say scheduled see seen shall she should sick since so some \
    somebody someone son sorry speaking spell spelled spelling still supposed sure taking tell than thank thanks that that's the their \
    them then there they thing think this time tired to today tomorrow too trying two under unable until up urgent us very wait \
    waiting want wanted wants was wasn't we well went were what what's when where which who why wife will with wondering worried \
    would wrong yeah yes yesterday yet you your ";

/// The name in `text`, which answers `asked`.
pub fn name(text: &str, asked: Asked) -> Option<Slot<String>> {
    let tokens = tokens(text);
    let answers = match asked {
        Asked::Name | Asked::NameAndBirth | Asked::Spelling | Asked::WhoIsThere => true,
        Asked::Open
        | Asked::Callback
        | Asked::DateOfBirth
        | Asked::Message
        | Asked::YesNo
        | Asked::Safety
        | Asked::CalledEmergencyNumber
        | Asked::NewOrKnown
        | Asked::VisitReason
        | Asked::When
        | Asked::Choice
        | Asked::Drug
        | Asked::Dose
        | Asked::Pharmacy
        | Asked::DaysLeft
        | Asked::Detail => false,
    };
    let said = introduced(text, &tokens).or_else(|| answers.then(|| bare(text, &tokens)).flatten());
    let letters = spelled::spelled(&tokens);
    match (said, letters.is_empty()) {
        (Some((words, of, certainty)), true) => slot(words.join(" "), text, &tokens, of, certainty),
        (Some((words, of, certainty)), false) => {
            Some(with_letters(words, of, certainty, &letters, text, &tokens)).flatten()
        }
        (None, false) if answers => spelled::spelling(text),
        (None, _) => None,
    }
}

/// Words of a name, the tokens they took, and how sure that is.
type Said = (Vec<String>, Range<usize>, f32);

fn introduced(text: &str, tokens: &[Token]) -> Option<Said> {
    let starts = |at: usize, cue: &[&str]| {
        cue.iter().enumerate().all(|(i, word)| tokens.get(at + i).is_some_and(|t| t.word == *word))
    };
    let mut best: Option<Said> = None;
    for at in 0..tokens.len() {
        for (cue, certainty) in CUES.iter().filter(|(cue, _)| starts(at, cue)) {
            let Some((words, mut of)) = words_of_a_name(text, tokens, at + cue.len()) else { continue };
            if *certainty == WEAK && !looks_like_a_name(text, &tokens[of.start]) {
                continue;
            }
            let certainty = if words.len() == 1 { certainty.min(BARE) } else { *certainty };
            let last = last_name(text, tokens, of.end);
            let mut words = words;
            if let Some((more, behind)) = last {
                words.extend(more);
                of.end = behind;
            }
            if best.as_ref().is_none_or(|(_, _, before)| certainty > *before) {
                best = Some((words, of, certainty));
            }
        }
    }
    best
}

/// After "I'm", a word that the recogniser did not capitalise is no name; where it capitalises nothing, "booked" and
/// "making" are none.
fn looks_like_a_name(text: &str, word: &Token) -> bool {
    if text.chars().any(char::is_uppercase) {
        return text[word.at.clone()].starts_with(char::is_uppercase);
    }
    !word.word.ends_with("ing") && !word.word.ends_with("ed")
}

/// "My first name is Maria, last name Lopez".
fn last_name(text: &str, tokens: &[Token], at: usize) -> Option<(Vec<String>, usize)> {
    let word = |at: usize| tokens.get(at).map(|token| token.word.as_str());
    let at = at + usize::from(word(at) == Some("and"));
    let at = at + usize::from(word(at) == Some("my"));
    if (word(at), word(at + 1)) != (Some("last"), Some("name")) {
        return None;
    }
    let (words, of) = words_of_a_name(text, tokens, at + 2 + usize::from(word(at + 2) == Some("is")))?;
    Some((words, of.end))
}

fn bare(text: &str, tokens: &[Token]) -> Option<Said> {
    let mut at = tokens.iter().take_while(|token| LEADS.contains(&token.word.as_str())).count();
    for cue in CUES_IN_ANSWERS {
        if cue.iter().enumerate().all(|(i, word)| tokens.get(at + i).is_some_and(|token| token.word == *word)) {
            at += cue.len();
            break;
        }
    }
    let (words, of) = words_of_a_name(text, tokens, at)?;
    let rest = tokens.get(of.end).map(|token| token.word.as_str());
    let ends = rest.is_none_or(|next| {
        let behind = ["l", "spelled", "that's", "and", "last", "i'm", "here", "speaking", "calling", "please"];
        behind.contains(&next) || ["born", "date", "birthday", "birth", "dob"].contains(&next)
    }) || tokens[of.end - 1].pause != Pause::None
        || begins_a_date(tokens, of.end)
        || spelled::spelled(&tokens[of.end..]).first().is_some_and(|run| run.of.start == 0);
    ends.then_some((words, of, BARE))
}

fn words_of_a_name(text: &str, tokens: &[Token], from: usize) -> Option<(Vec<String>, Range<usize>)> {
    let from = from + tokens.get(from..)?.iter().take_while(|token| TITLES.contains(&token.word.as_str())).count();
    let mut words = Vec::new();
    let mut end = from;
    for token in tokens.get(from..)? {
        let letters = spelled::spelled(tokens).iter().any(|run| run.of.contains(&end));
        let other = NOT_NAMES.split_whitespace().any(|word| word == token.word)
            || token.word.chars().any(|c| c.is_ascii_digit());
        let initial_alone = token.word.chars().count() == 1 && words.is_empty();
        if letters || other || initial_alone || begins_a_date(tokens, end) {
            break;
        }
        words.push(capitalised(&text[token.at.clone()]));
        end += 1;
        let hyphenated = text[token.at.end..].starts_with('-');
        if words.len() > NAME_WORDS_MAX {
            return None;
        }
        if token.pause != Pause::None && !hyphenated && !is_initial(token) {
            break;
        }
    }
    (!words.is_empty()).then(|| (rejoined(words, text, &tokens[from..end]), from..end))
}

/// "Maria Lopez *March fourth* ..", but "April Jones".
fn begins_a_date(tokens: &[Token], at: usize) -> bool {
    let number = |at: usize| {
        tokens.get(at).is_some_and(|t| {
            number_word(&t.word).is_some()
                || ordinal(&t.word).is_some()
                || t.word.starts_with(|c: char| c.is_ascii_digit())
        })
    };
    let month = tokens.get(at).is_some_and(|token| MONTHS.contains(&token.word.as_str()));
    number(at) && tokens.get(at).is_some_and(|token| token.word != "o")
        || month && (number(at + 1) || tokens.get(at + 1).is_some_and(|t| t.word == "the"))
}

/// "J." in "J. R. Lopez": its full stop ends nothing.
fn is_initial(token: &Token) -> bool {
    token.word.chars().count() == 1 || TITLES.contains(&token.word.as_str())
}

/// Puts "Smith-Jones" together again.
fn rejoined(words: Vec<String>, text: &str, tokens: &[Token]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for (at, word) in words.into_iter().enumerate() {
        let hyphen = at > 0 && &text[tokens[at - 1].at.end..tokens[at].at.start] == "-";
        match out.last_mut() {
            Some(last) if hyphen => *last = format!("{last}-{word}"),
            Some(_) | None => out.push(word),
        }
    }
    out
}

/// Puts spelled letters in the place of the word that they spell.
fn with_letters(
    mut words: Vec<String>,
    of: Range<usize>,
    certainty: f32,
    letters: &[spelled::Spelled],
    text: &str,
    tokens: &[Token],
) -> Option<Slot<String>> {
    let (start, mut end, mut certainty) = (of.start, of.end, certainty);
    for run in letters.iter().filter(|run| run.of.start >= of.end && run.certainty >= 0.5) {
        let initial = run.value.chars().next();
        let place = words.iter().rposition(|word| word.chars().next() == initial);
        match place {
            Some(place) => words[place].clone_from(&run.value),
            None if words.len() == 1 => words.push(run.value.clone()),
            None => words.last_mut()?.clone_from(&run.value),
        }
        end = run.of.end;
        certainty = SPELLED;
    }
    slot(words.join(" "), text, tokens, start..end, certainty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_people_give_them() {
        for (text, asked, value) in [
            ("my name is Maria Lopez", Asked::Open, "Maria Lopez"),
            ("Hi, this is maria lopez and I need a refill", Asked::Open, "Maria Lopez"),
            ("my name is maria lopez l o p e z", Asked::Name, "Maria Lopez"),
            ("My name is Katherine Smyth, S-M-Y-T-H.", Asked::Name, "Katherine Smyth"),
            ("my name is jon lopes that's l o p e z", Asked::Open, "Jon Lopez"),
            ("Maria Lopez", Asked::Name, "Maria Lopez"),
            ("uh it's Maria", Asked::Name, "Maria"),
            ("yes it's Dr. Susan O'Brien", Asked::Name, "Susan O'Brien"),
            ("Ronald McDonald.", Asked::Name, "Ronald McDonald"),
            ("Anna Smith-Jones", Asked::Name, "Anna Smith-Jones"),
            ("I'm Robert Chen calling about my knee", Asked::Open, "Robert Chen"),
            ("my first name is Maria and my last name is Lopez", Asked::Name, "Maria Lopez"),
            ("L-O-P-E-Z", Asked::Name, "Lopez"),
            ("María de la Cruz", Asked::Name, "María De La Cruz"),
            ("Maria Lopez March fourth nineteen eighty five", Asked::NameAndBirth, "Maria Lopez"),
            ("Maria Lopez, 3/4/85", Asked::NameAndBirth, "Maria Lopez"),
            ("Maria Lopez oh three oh four eighty five", Asked::NameAndBirth, "Maria Lopez"),
            ("it's April Jones, born june sixth oh seven", Asked::NameAndBirth, "April Jones"),
            ("this is Maria Lopez, date of birth March fourth nineteen eighty five", Asked::Open, "Maria Lopez"),
            ("my name is Robert Chen and I was born may first nineteen seventy", Asked::NameAndBirth, "Robert Chen"),
            ("Sean O'Brien capital O apostrophe B R I E N", Asked::Name, "Sean O'Brien"),
        ] {
            let slot = name(text, asked).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(slot.value.expose(), value, "{text}");
            assert!(slot.certainty >= 0.5 && text.contains(slot.heard.expose()), "{text}: {:?}", slot.heard.expose());
        }
        for (text, asked) in [
            ("my name is wrong", Asked::Open),
            ("that's not my name", Asked::Name),
            ("why do you need that", Asked::Name),
            ("yes", Asked::Name),
            ("I'm having chest pain", Asked::Open),
            ("I'm calling about a bill", Asked::Open),
            ("this is an emergency", Asked::Open),
            ("Maria Lopez", Asked::Open),
            ("no I said I want a doctor", Asked::Name),
            ("", Asked::Name),
            ("555 867 5309", Asked::Name),
        ] {
            assert_eq!(name(text, asked), None, "{text}");
        }
    }
}

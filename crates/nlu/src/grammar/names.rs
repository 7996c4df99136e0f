//! A person's name: "my name is Maria Lopez", "this is ..", "it's ..", the bare answer to a question for it, and the
//! same with a spelling behind, which wins over what was heard.

use std::ops::Range;

use domain::{Asked, Slot};

use super::name_words::{
    ALSO_NAMES, BARE, CORRECTIONS, CUES, CUES_IN_ANSWERS, INTRODUCED, LEADS, NOT_NAMES, RELATIVES, TITLES, WEAK,
};
use super::{capitalised, slot, spelled};
use crate::phrase::numbers::{MONTHS, number_word, ordinal};
use crate::phrase::token::{Pause, Token, tokens};

/// Spelled: the letters decide.
const SPELLED: f32 = 0.9;

/// So many words may stand between a name and its letters: "and my last name is L O P E Z".
const WORDS_BEFORE_LETTERS_MAX: usize = 5;

/// A name that was spelled as a whole has nearly as many letters as the one that was heard.
const WHOLE_NAME_APART_MAX: usize = 2;

/// Longer is a sentence.
const NAME_WORDS_MAX: usize = 4;

/// The name in `text`, which answers `asked`.
pub fn name(text: &str, asked: Asked) -> Option<Slot<String>> {
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
    // elsewhere "MRI" and "EKG" are no letters of a name
    let tokens = if answers { spelled::tokens_with_letters(text) } else { tokens(text) };
    let bare = || {
        let corrected = || after(text, &tokens, CORRECTIONS);
        corrected().or_else(|| after(text, &tokens, RELATIVES)).or_else(|| bare(text, &tokens, 0))
    };
    let said = introduced(text, &tokens)
        .or_else(|| answers.then(bare).flatten())
        .or_else(|| relative(text, &tokens))
        .or_else(|| (asked == Asked::YesNo).then(|| instead(text, &tokens)).flatten());
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
            // "this is ridiculous": one word there needs its capital
            let alone = words.len() == 1 && *cue == ["this", "is"];
            let first = &tokens[of.start];
            if *certainty == WEAK && !looks_like_a_name(text, first) || alone && !is_capital(text, first) {
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
        return is_capital(text, word);
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

/// A first and a last name behind the last of `cues`, not at the beginning, where all are leads.
fn after(text: &str, tokens: &[Token], cues: &[&str]) -> Option<Said> {
    let at = tokens.iter().rposition(|token| cues.contains(&token.word.as_str())).filter(|at| *at > 0)?;
    bare(text, tokens, at + 1).filter(|(words, ..)| words.len() > 1)
}

/// "No, it's James Carter" corrects a name that was read back. Much else could follow: both
/// names must be written with a capital.
fn instead(text: &str, tokens: &[Token]) -> Option<Said> {
    const NO_NAMES: &[&str] = &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    tokens.first().filter(|token| ["no", "nope"].contains(&token.word.as_str()))?;
    let (words, of, certainty) = bare(text, tokens, 1)?;
    let named = |token: &Token| is_capital(text, token) && !NO_NAMES.contains(&token.word.as_str());
    let titled = TITLES.contains(&tokens[of.start - 1].word.as_str());
    (words.len() > 1 && !titled && tokens[of.clone()].iter().all(named)).then_some((words, of, certainty))
}

/// "The appointment of my wife Teresa Costa", with capitals.
fn relative(text: &str, tokens: &[Token]) -> Option<Said> {
    let (words, of, _) = after(text, tokens, RELATIVES)?;
    tokens[of.clone()].iter().all(|token| is_capital(text, token)).then_some((words, of, INTRODUCED))
}

fn is_capital(text: &str, token: &Token) -> bool {
    text[token.at.clone()].starts_with(char::is_uppercase)
}

fn bare(text: &str, tokens: &[Token], from: usize) -> Option<Said> {
    let mut at = from + tokens[from..].iter().take_while(|token| LEADS.contains(&token.word.as_str())).count();
    for cue in CUES_IN_ANSWERS {
        if cue.iter().enumerate().all(|(i, word)| tokens.get(at + i).is_some_and(|token| token.word == *word)) {
            at += cue.len();
            break;
        }
    }
    let said_in_full = || last_name_first(text, tokens, at).or_else(|| first_alone(text, tokens, at));
    let (words, of) = said_in_full().or_else(|| words_of_a_name(text, tokens, at))?;
    let rest = tokens.get(of.end).map(|token| token.word.as_str());
    let ends = rest.is_none_or(|next| {
        let behind = ["l", "spelled", "that's", "and", "last", "i'm", "here", "speaking", "calling", "please"];
        behind.contains(&next) || ["born", "date", "birthday", "birth", "dob"].contains(&next)
    }) || tokens[of.end - 1].pause != Pause::None
        || begins_a_date(tokens, of.end)
        || spelled::spelled(&tokens[of.end..]).first().is_some_and(|run| run.of.start == 0);
    ends.then_some((words, of, BARE))
}

/// "Bond, James Bond", "Tyler, Tyler Brisbane": the whole name holds what was said before it.
fn first_alone(text: &str, tokens: &[Token], at: usize) -> Option<(Vec<String>, Range<usize>)> {
    let (alone, of_alone) = words_of_a_name(text, tokens, at)?;
    let (whole, of_whole) = words_of_a_name(text, tokens, of_alone.end)?;
    let again = of_whole.start == of_alone.end && alone.len() == 1 && whole.len() > 1 && whole.contains(&alone[0]);
    again.then_some((whole, of_alone.start..of_whole.end))
}

/// "Petrov, Nadia".
fn last_name_first(text: &str, tokens: &[Token], at: usize) -> Option<(Vec<String>, Range<usize>)> {
    let (last, of_last) = words_of_a_name(text, tokens, at)?;
    let (first, of_first) = words_of_a_name(text, tokens, of_last.end)?;
    let parted = tokens[of_last.end - 1].pause == Pause::Comma && of_first.start == of_last.end;
    let names = last.len() == 1 && first.len() == 1 && !LEADS.contains(&tokens[of_first.start].word.as_str());
    let ends = of_first.end == tokens.len()
        || tokens[of_first.end - 1].pause != Pause::None
        || begins_a_date(tokens, of_first.end);
    (parted && names && ends).then(|| ([first, last].concat(), of_last.start..of_first.end))
}

/// "Will" in "Will Young" and "Said" in "Omar Said": the one name, with the other beside it and nothing else.
fn is_also_a_name(tokens: &[Token], at: usize, is_first: bool) -> bool {
    let next = tokens.get(at + 1).filter(|_| tokens[at].pause == Pause::None && !begins_a_date(tokens, at + 1));
    let beside = match next {
        Some(next) if is_first => !is_no_name(next),
        Some(_) => false,
        None => !is_first,
    };
    ALSO_NAMES.contains(&tokens[at].word.as_str()) && beside
}

fn is_no_name(token: &Token) -> bool {
    NOT_NAMES.split_whitespace().any(|word| word == token.word) || token.word.chars().any(|c| c.is_ascii_digit())
}

fn words_of_a_name(text: &str, tokens: &[Token], from: usize) -> Option<(Vec<String>, Range<usize>)> {
    let from = from + tokens.get(from..)?.iter().take_while(|token| TITLES.contains(&token.word.as_str())).count();
    let mut words = Vec::new();
    let mut end = from;
    for token in tokens.get(from..)? {
        let letters = spelled::spelled(tokens).iter().any(|run| run.of.contains(&end));
        let other = is_no_name(token) && !(words.len() < 2 && is_also_a_name(tokens, end, words.is_empty()));
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
    let near = |run: &&spelled::Spelled| {
        let before = letters.iter().map(|other| other.of.end).filter(|end| *end <= run.of.start).max();
        run.of.start - before.unwrap_or(0).max(of.end) <= WORDS_BEFORE_LETTERS_MAX
    };
    let behind = |run: &&spelled::Spelled| run.of.start >= of.end && run.certainty >= 0.5;
    let runs = || letters.iter().filter(behind).filter(near);
    // "Chapman Bell, J A S M I N E, B E L L": each word is spelled
    let spelled: Vec<&str> = runs().map(|run| run.value.as_str()).collect();
    if words.len() > 1 && spelled.len() == words.len() && spelled.windows(2).all(|two| two[0] != two[1]) {
        let end = runs().next_back()?.of.end;
        return slot(spelled.join(" "), text, tokens, start..end, SPELLED);
    }
    for run in runs() {
        if let Some(whole) = whole_name(&words, &run.value) {
            (words, end, certainty) = (whole, run.of.end, SPELLED);
            continue;
        }
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

/// The name, if it was spelled as a whole without a sign between its words: "Thomas Reed, T H O M A S R E E D". Letters that
/// sound as those that were heard tell nothing new; else the heard words tell where the letters part: "Samuel Akonko,
/// S A M U E L O K O N K W O", "May Chen, M E I C H E N".
fn whole_name(words: &[String], letters: &str) -> Option<Vec<String>> {
    let [first, last] = words else {
        let as_heard = words.len() > 2 && words.concat().to_lowercase() == letters.to_lowercase();
        return as_heard.then(|| words.to_vec());
    };
    let [letters, first, last] = [letters, first, last].map(str::to_lowercase);
    let heard = first.clone() + &last;
    let (long, length) = (letters.chars().count(), heard.chars().count());
    // "John Johnson, J O H N S O N": one of the words alone
    if letters == first || letters == last || long.abs_diff(length) > WHOLE_NAME_APART_MAX {
        return None;
    }
    let in_place =
        |alike: fn((char, char)) -> bool| letters.chars().zip(heard.chars()).filter(|pair| alike(*pair)).count();
    if long == length && in_place(sound_alike) == length {
        return Some(words.to_vec());
    }
    let behind_first = letters.strip_prefix(&first).map(str::len);
    let before_last = letters.strip_suffix(&last).map(|before| letters.len() - before.len());
    let alike = long == length && in_place(|(one, other)| one == other) * 2 > length;
    let of_last = behind_first.or(before_last).or(alike.then_some(last.len()))?;
    let (first, last) = letters.split_at_checked(letters.len().checked_sub(of_last)?)?;
    (first.len() > 1 && last.len() > 1).then(|| vec![capitalised(first), capitalised(last)])
}

/// Whether the names of two letters are easily taken for each other on a telephone line.
fn sound_alike((one, other): (char, char)) -> bool {
    const ALIKE: [&str; 5] = ["bcdegptvz", "fsx", "mn", "ajk", "iy"];
    one == other || ALIKE.iter().any(|letters| letters.contains(one) && letters.contains(other))
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
            ("Thomas Reed, T H O M A S, R E E D, July 2 1984", Asked::NameAndBirth, "Thomas Reed"),
            ("Thomas Read, T H O M A S, R E E D", Asked::NameAndBirth, "Thomas Reed"),
            ("May Chen, MEICHEN.", Asked::NameAndBirth, "Mei Chen"),
            ("Samuel Aconco, S-AMUEL-OK-ONKW-O September 28, 1941.", Asked::NameAndBirth, "Samuel Okonkwo"),
            ("Jasmine Bell, J-A-F-M-I-M-E-B-E-L-L January 9, 1991.", Asked::NameAndBirth, "Jasmine Bell"),
            ("Jasmine Bell. JASMINE. BELL. January 9, 1991", Asked::NameAndBirth, "Jasmine Bell"),
            ("Chapman Bell. J, A, S, M, I, N, E. B, E, L, L.", Asked::Spelling, "Jasmine Bell"),
            ("Samuel Akonko. S-A-M-U-E-L. O-K-O-N-K-W-O. September 28", Asked::NameAndBirth, "Samuel Okonkwo"),
            ("Maria Lopez. L-O-P-E-Z. L-O-P-E-Z.", Asked::Name, "Maria Lopez"),
            ("John Johnson, J-O-H-N-S-O-N", Asked::Name, "John Johnson"),
            ("Jo Smith, S-C-H-M-I-D-T", Asked::Name, "Jo Schmidt"),
            ("John Smith III", Asked::Name, "John Smith Iii"),
            ("Hi, this is Maria Lopez, I need to schedule an MRI", Asked::Open, "Maria Lopez"),
            ("I'm Robert Chen calling about my EKG", Asked::Open, "Robert Chen"),
            ("Sorry, it's Maria Lopez, L O P E Z, March fourteenth", Asked::NameAndBirth, "Maria Lopez"),
            ("Will Young, August third 1985", Asked::NameAndBirth, "Will Young"),
            ("Omar Said", Asked::Name, "Omar Said"),
            ("June May, August third 1985", Asked::NameAndBirth, "June May"),
            ("Petrov, Nadia, nine twenty seven seventy five", Asked::NameAndBirth, "Nadia Petrov"),
            ("Rose Weber, sorry, Ruth Weber, May 14 1953", Asked::NameAndBirth, "Ruth Weber"),
            ("no wait, it's for my husband Paul Stein, September 16 1974", Asked::NameAndBirth, "Paul Stein"),
            ("no, it's James Carter", Asked::YesNo, "James Carter"),
            ("no, it's for my wife, Helen Price", Asked::YesNo, "Helen Price"),
            ("please cancel the appointment of my wife Teresa Costa, born December 15th", Asked::Open, "Teresa Costa"),
            ("my wife's name is Helen Price, when is her appointment", Asked::Open, "Helen Price"),
            ("peter, peter hall", Asked::Name, "Peter Hall"),
            ("Bond, James Bond. You have heard of me", Asked::Name, "James Bond"),
            ("First name Ruth", Asked::Name, "Ruth"),
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
            ("this is ridiculous! cancel my appointment!", Asked::Open),
            ("will you call me back", Asked::Name),
            ("he said no", Asked::Name),
            ("no, it's Monday", Asked::YesNo),
            ("No, it's Dr. Susan Hill", Asked::YesNo),
            ("No, it's Dr. Hill, Susan Hill", Asked::YesNo),
            ("no, it's the blood pressure", Asked::YesNo),
            ("my wife and I need an appointment", Asked::Open),
            ("my son has a fever", Asked::Open),
            ("My husband Called Yesterday", Asked::Open),
            ("", Asked::Name),
            ("555 867 5309", Asked::Name),
        ] {
            assert_eq!(name(text, asked), None, "{text}");
        }
    }
}

//! Telephone numbers of the North American plan, as they are said and as recognisers write them.
//!
//! "five five five oh one four two", "triple five", "eight hundred", "twelve thirty four", "555-0142", "5 5 5": one long
//! run of number words, across pauses and words such as "area code" and "dash". A number of any other country counts
//! only when it is said with its plus.

use std::ops::Range;

use domain::{PhoneNumber, Slot};

use super::slot;
use crate::phrase::numbers::{NumberWord, number_word};
use crate::phrase::token::{Token, tokens};

/// Ten digits, or eleven with the leading 1, that the numbering plan allows.
const WELL_FORMED: f32 = 0.9;
/// Seven digits, completed with the practice's own area code: read back, so a wrong guess is heard.
const LOCAL: f32 = 0.7;
/// Ten digits that the plan does not allow: something was misheard.
const MALFORMED: f32 = 0.4;
/// Seven digits and no area code to complete them: must be asked for.
const INCOMPLETE: f32 = 0.3;

/// Words inside a number that are not part of it.
const FILLERS: &[&str] = &[
    "area", "code", "and", "the", "number", "is", "then", "dash", "hyphen", "uh", "um", "er", "so", "dot", "point",
    "rest", "of", "okay",
];
/// So many fillers in a row still belong to the number: "area code 555, and then the number is 867..".
const FILLERS_MAX: usize = 5;

/// What people say when they correct themselves.
const CORRECTIONS: &[&str] =
    &["no", "wait", "sorry", "i", "mean", "scratch", "that", "correction", "make", "it", "that's", "actually"];

/// Homophones that recognisers write between digits.
const HOMOPHONES: &[(&str, u32)] = &[("to", 2), ("too", 2), ("for", 4), ("ate", 8), ("won", 1)];

/// The telephone number in `text`. `area_code` is the practice's own three digits, for a number said without one. If
/// several numbers are said the best wins, among equals the last: people correct themselves forwards.
pub fn telephone(text: &str, area_code: Option<&str>) -> Option<Slot<PhoneNumber>> {
    let tokens = tokens(text);
    let mut best: Option<Slot<PhoneNumber>> = None;
    let mut before: Option<(Range<usize>, String)> = None;
    for run in runs(&tokens) {
        let plus =
            run.start > 0 && tokens[run.start - 1].word == "plus" || text[..tokens[run.start].at.start].ends_with('+');
        let (mut run, mut said) = (run.clone(), digits(&tokens[run]));
        let corrected = before.filter(|(wrong, _)| corrects(&tokens[wrong.end..run.start]));
        if let Some((wrong, digits)) = corrected {
            said = corrected_by(&digits, &said);
            run.start = wrong.start;
        }
        if let Some((number, certainty)) = number(&said, plus, area_code).or_else(|| led_by(&tokens, &run, &said))
            && best.as_ref().is_none_or(|best| certainty >= best.certainty)
        {
            best = slot(number, text, &tokens, run.clone(), certainty);
        }
        before = Some((run, said));
    }
    best
}

/// "To 12 5 5 5 0 1 1 8": the first digit was heard as a word, and without it one is missing.
fn led_by(tokens: &[Token], run: &Range<usize>, said: &str) -> Option<(PhoneNumber, f32)> {
    let first = tokens.first().filter(|_| run.start == 1)?;
    let (_, digit) = HOMOPHONES.iter().find(|(homophone, _)| *homophone == first.word)?;
    number(&format!("{digit}{said}"), false, None).filter(|(_, certainty)| *certainty == WELL_FORMED)
}

/// Whether only words of correction stand between two runs of digits: "no wait", "sorry, I mean".
fn corrects(between: &[Token]) -> bool {
    let corrects = |token: &Token| CORRECTIONS.contains(&token.word.as_str());
    let filler = |token: &Token| FILLERS.contains(&token.word.as_str());
    between.iter().any(corrects) && between.iter().all(|token| corrects(token) || filler(token))
}

/// "Five five five eight six seven, no wait, six six ..": what is said anew replaces as many of the last digits as would
/// be too many for a whole number; of a number that was whole, the last ones.
fn corrected_by(before: &str, anew: &str) -> String {
    let whole = match before.len() {
        7 if anew.len() <= 7 => 7,
        11 if before.starts_with('1') => 11,
        _ => 10,
    };
    if anew.len() >= whole {
        return anew.to_owned();
    }
    let too_many = (before.len() + anew.len()).saturating_sub(whole).min(before.len());
    format!("{}{anew}", &before[..before.len() - too_many])
}

fn number(digits: &str, plus: bool, area_code: Option<&str>) -> Option<(PhoneNumber, f32)> {
    if plus && !digits.starts_with('1') {
        return Some((format!("+{digits}").parse().ok()?, WELL_FORMED));
    }
    let digits = said_once(digits);
    let national = if digits.len() == 11 { digits.strip_prefix('1')? } else { digits };
    let well_formed = |national: &str| national.bytes().step_by(3).take(2).all(|first| first >= b'2');
    let (written, certainty) = match (national.len(), area_code) {
        (10, _) => (format!("+1{national}"), if well_formed(national) { WELL_FORMED } else { MALFORMED }),
        (7, Some(area)) => {
            let whole = format!("{area}{national}");
            (format!("+1{whole}"), if well_formed(&whole) { LOCAL } else { MALFORMED })
        }
        (7, None) => (format!("+1{national}"), INCOMPLETE),
        _ => return None,
    };
    Some((written.parse().ok()?, certainty))
}

/// A number that was said twice without a word between counts once.
fn said_once(digits: &str) -> &str {
    let (first, second) = digits.split_at(digits.len() / 2);
    if [7, 10, 11].contains(&first.len()) && first == second { first } else { digits }
}

/// The runs of tokens that say digits.
fn runs(tokens: &[Token]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut fillers = 0;
    for at in 0..tokens.len() {
        let open = runs.last().is_some_and(|run| run.end + fillers == at);
        if is_digits(tokens, at, open) {
            match runs.last_mut() {
                Some(run) if open => run.end = at + 1,
                Some(_) | None => runs.push(at..at + 1),
            }
            fillers = 0;
        } else if open && fillers < FILLERS_MAX && FILLERS.contains(&tokens[at].word.as_str()) {
            fillers += 1;
        } else {
            fillers = usize::MAX / 2; // closes the run
        }
    }
    runs
}

fn is_digits(tokens: &[Token], at: usize, inside: bool) -> bool {
    let word = tokens[at].word.as_str();
    let next_is_digits =
        || tokens.get(at + 1).is_some_and(|next| is_written(&next.word) || number_word(&next.word).is_some());
    match word {
        "double" | "triple" | "treble" => next_is_digits(),
        _ if is_written(word) || number_word(word).is_some() => true,
        _ => inside && next_is_digits() && HOMOPHONES.iter().any(|&(homophone, _)| homophone == word),
    }
}

fn is_written(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && word.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// The digits that a run of tokens says.
fn digits(run: &[Token]) -> String {
    let mut digits = String::new();
    let mut times = 1;
    let mut tens: Option<u32> = None; // "thirty" waits for its unit
    for token in run {
        let unit = match number_word(&token.word) {
            Some(NumberWord::Digit(digit)) => Some(digit),
            Some(NumberWord::Teen(_) | NumberWord::Tens(_) | NumberWord::Hundred | NumberWord::Thousand) | None => {
                HOMOPHONES.iter().find(|(word, _)| *word == token.word).map(|&(_, digit)| digit)
            }
        };
        match (tens.take(), unit) {
            (Some(tens), Some(unit)) if unit > 0 => {
                digits.push_str(&(tens + unit).to_string());
                continue;
            }
            (Some(tens), _) => digits.push_str(&tens.to_string()),
            (None, _) => {}
        }
        let said = match number_word(&token.word) {
            Some(NumberWord::Tens(value)) if times == 1 => {
                tens = Some(value);
                continue;
            }
            Some(NumberWord::Teen(value) | NumberWord::Tens(value)) => value.to_string(),
            Some(NumberWord::Hundred) => "00".to_owned(),
            Some(NumberWord::Thousand) => "000".to_owned(),
            Some(NumberWord::Digit(_)) | None => {
                unit.map_or_else(|| token.word.chars().filter(char::is_ascii_digit).collect(), |unit| unit.to_string())
            }
        };
        let repeat = match token.word.as_str() {
            "double" => Some(2),
            "triple" | "treble" => Some(3),
            _ => None,
        };
        digits.push_str(&said.repeat(times));
        times = repeat.unwrap_or(1);
    }
    digits.extend(tens.map(|tens| tens.to_string()));
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_people_say_them() {
        for (text, number, certainty) in [
            ("five five five eight six seven five three oh nine", "+15558675309", WELL_FORMED),
            ("it's 555-867-5309", "+15558675309", WELL_FORMED),
            ("(555) 867.5309", "+15558675309", WELL_FORMED),
            ("1-800-555-0142", "+18005550142", WELL_FORMED),
            ("eight hundred five five five oh one four two", "+18005550142", WELL_FORMED),
            ("triple five, eight six seven, twelve thirty four", "+15558671234", WELL_FORMED),
            ("area code five five five, and the number is 867 53 oh nine", "+15558675309", WELL_FORMED),
            ("five five five double eight seven five three double oh", "+15558875300", WELL_FORMED),
            ("three one two five five five nineteen hundred", "+13125551900", WELL_FORMED),
            ("555 867 5309 no sorry 555 867 5308", "+15558675308", WELL_FORMED),
            ("5 5 5 8 6 7 for 2 oh nine", "+15558674209", WELL_FORMED),
            ("555 867 5309 555 867 5309", "+15558675309", WELL_FORMED),
            ("plus four four twenty seven nine four six oh nine five eight", "+44279460958", WELL_FORMED),
            ("to 12 5 5 5 0 1 1 8.", "+12125550118", WELL_FORMED),
            ("for 212 555 0118", "+12125550118", WELL_FORMED),
            ("155 867 5309", "+11558675309", MALFORMED),
            ("867 5309", "+18675309", INCOMPLETE),
            ("five five five eight six seven no wait six six five three oh nine", "+15558665309", WELL_FORMED),
            ("555 867 5309, no sorry, 5308", "+15558675308", WELL_FORMED),
            ("555 867, I mean 866, 5309", "+15558665309", WELL_FORMED),
            ("555 867 5309 extension twelve", "+15558675309", WELL_FORMED),
            ("eight hundred five five five oh one four two extension 7", "+18005550142", WELL_FORMED),
        ] {
            let slot = telephone(text, None).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((slot.value.expose().as_str(), slot.certainty), (number, certainty), "{text}");
            assert!(text.contains(slot.heard.expose()), "{text}");
        }
        let local =
            telephone("my number is eight six seven five three oh nine thanks", Some("555")).expect("seven digits");
        assert_eq!((local.value.expose().as_str(), local.certainty), ("+15558675309", LOCAL));
        assert_eq!(local.heard.expose(), "eight six seven five three oh nine");
        for none in [
            "",
            "my name is Maria",
            "five or six days",
            "call nine one one",
            "555 01",
            "march fourth nineteen eighty five",
        ] {
            assert_eq!(telephone(none, Some("555")), None, "{none}");
        }
    }
}

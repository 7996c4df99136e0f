//! How well a text was heard.
//!
//! Before anything is compared, both texts become lower-case words without punctuation or apostrophes; numbers are
//! taken digit by digit however they are written ("one fifty", "150" and "1-5-0" are the same), letters that are spelled
//! letter by letter ("P-I-T" and "p i t", but not "pit"), and a few words are written in one way ([`SAME`]).

use speech::number_words::{ONES, TENS};

/// So many errors of so many things that could be wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Score {
    pub(crate) errors: usize,
    pub(crate) of: usize,
}

impl std::ops::AddAssign for Score {
    fn add_assign(&mut self, other: Self) {
        self.errors += other.errors;
        self.of += other.of;
    }
}

/// Where in a longer transcript the words were said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Beginning,
    End,
}

/// Written in two ways, and meaning the same.
const SAME: [(&str, &str); 5] =
    [("mister", "mr"), ("missus", "mrs"), ("doctor", "dr"), ("okay", "ok"), ("oz", "ounce")];

/// Word errors (insertions, deletions, substitutions) among the words said.
pub(crate) fn word_errors(said: &str, heard: &str) -> Score {
    let (said, heard) = (comparable(said), comparable(heard));
    Score { errors: *distances(&said, &heard).last().expect("a row for no word too"), of: said.len() }
}

/// Word errors where only a part of `said` was heard, nobody knows exactly which: that part counts which fits best, of
/// those with at least `words_min` words.
pub(crate) fn word_errors_of_part(said: &str, part: Part, words_min: usize, heard: &str) -> Score {
    let (mut said, mut heard) = (comparable(said), comparable(heard));
    match part {
        Part::Beginning => {}
        Part::End => {
            said.reverse();
            heard.reverse();
        }
    }
    let scores = distances(&said, &heard).into_iter().enumerate().map(|(of, errors)| Score { errors, of });
    let long_enough = scores.skip(words_min.min(said.len()));
    // Of equals the longer.
    long_enough.rev().min_by_key(|score| score.errors).expect("one is long enough")
}

/// How many of `phrases` are missing in the text, word for word.
pub(crate) fn missing<'a>(phrases: impl Iterator<Item = &'a str>, heard: &str) -> Score {
    let heard = comparable(heard);
    let mut score = Score::default();
    for phrase in phrases {
        let phrase = comparable(phrase);
        let found = heard.windows(phrase.len()).any(|words| words == phrase);
        score += Score { errors: usize::from(!found), of: 1 };
    }
    score
}

/// The digits of a text, however they are written.
pub(crate) fn digits(text: &str) -> String {
    comparable(text).concat().chars().filter(char::is_ascii_digit).collect()
}

/// The errors of `heard` against the first 0, 1, 2, .. words said (Levenshtein).
fn distances(said: &[String], heard: &[String]) -> Vec<usize> {
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    let mut ends = vec![heard.len()];
    for (i, word) in said.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in heard.iter().enumerate() {
            let substituted = diagonal + usize::from(word != other);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(row[j + 1] + 1);
        }
        ends.push(row[heard.len()]);
    }
    ends
}

fn comparable(text: &str) -> Vec<String> {
    let lower = text.to_lowercase().replace(['\'', '’'], "");
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let unit = |word: &&str| ONES.iter().position(|unit| unit == word);
    let mut out = Vec::new();
    for (i, word) in words.iter().enumerate() {
        let number = if let Some(unit) = unit(word) {
            unit.to_string()
        } else if let Some(tens) = TENS.iter().position(|tens| tens == word) {
            let followed = words.get(i + 1).and_then(unit).is_some_and(|unit| (1..10).contains(&unit));
            if followed { (tens + 2).to_string() } else { format!("{}0", tens + 2) }
        } else if *word == "hundred" {
            "00".to_owned()
        } else if word.chars().all(|c| c.is_ascii_digit()) {
            (*word).to_owned()
        } else {
            let same = SAME.iter().find(|(one, _)| one == word).map_or(*word, |(_, other)| other);
            out.push(same.to_owned());
            continue;
        };
        out.extend(number.chars().map(String::from));
    }
    out
}

#[test]
fn known_scores() {
    let score = |errors, of| Score { errors, of };
    assert_eq!(word_errors("one fifty five mister o'neil", "155 Mr. ONeil"), score(0, 5));
    assert_eq!(word_errors("p i t", "P-I-D, yes"), score(2, 3));
    assert_eq!(word_errors("yes", ""), score(1, 1));
    let said = "linnells pictures are a sort of up guards";
    assert_eq!(word_errors_of_part(said, Part::Beginning, 2, "Linnell's pictures art"), score(1, 3));
    assert_eq!(word_errors_of_part(said, Part::End, 2, "up, guards!"), score(0, 2));
    assert_eq!(word_errors_of_part(said, Part::End, 2, ""), score(2, 2));
    assert_eq!(missing(["single shot", "sixteen ounce"].into_iter(), "A 16 oz. with one single shot"), score(0, 2));
    assert_eq!(missing(["single shot"].into_iter(), "a single, hot"), score(1, 1));
    assert_eq!(digits("Two one two, 555 sixty"), "21255560");
}

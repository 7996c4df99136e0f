//! How many of a caller's words were heard wrong.
//!
//! Both texts are first turned into the words that a person says for them, so that "March 14, 1958" and "March fourteenth
//! nineteen fifty eight" are the same, then compared word by word (Levenshtein): a word inserted, left out or wrong is an
//! error.

use std::ops::AddAssign;

use speech::voice::spoken::spoken;

/// So many errors of so many words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Misheard {
    /// Words inserted, left out or wrong.
    pub errors: usize,
    /// Words said.
    pub of: usize,
}

impl AddAssign for Misheard {
    fn add_assign(&mut self, other: Self) {
        self.errors += other.errors;
        self.of += other.of;
    }
}

impl Misheard {
    /// What became of the words that were said.
    pub fn of(said: &str, heard: &str) -> Self {
        let (said, heard) = (words(said), words(heard));
        Self { errors: strsim::generic_levenshtein(&said, &heard), of: said.len() }
    }
}

fn words(text: &str) -> Vec<String> {
    let lower = spoken(text).to_lowercase().replace('\'', "");
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| SAME.iter().find(|(one, _)| *one == word).map_or(word, |(_, other)| other).to_owned()).collect()
}

/// Written in two ways, and the same.
const SAME: [(&str, &str); 3] = [("oh", "zero"), ("ok", "okay"), ("mhm", "hm")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_errors() {
        let table = [
            ("Mei Chen October 7 1943", "Mei Chen, October seventh, 1943.", 0, 7),
            ("two one two five five five oh one three four", "212-555-0134", 0, 10),
            ("the later one please", "The later one", 1, 4),
            ("I'm dying to know", "I am dying to know.", 2, 4),
            ("yes", "", 1, 1),
            ("", "Thank you.", 2, 0),
        ];
        for (said, heard, errors, of) in table {
            assert_eq!(Misheard::of(said, heard), Misheard { errors, of }, "{said:?} heard as {heard:?}");
        }
    }
}

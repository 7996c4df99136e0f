//! The words of an utterance, to be looked at from any place, on a certain day.

use jiff::civil::Date;

use super::words::Word;

/// What is read.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) words: &'a [Word],
    pub(super) today: Date,
}

impl Text<'_> {
    pub(super) fn word(&self, at: usize) -> Option<&str> {
        self.words.get(at).map(|word| word.text.as_str())
    }

    pub(super) fn is(&self, at: usize, word: &str) -> bool {
        self.word(at) == Some(word)
    }

    /// The place behind the words of `pattern`, if they stand at `at`: "in|on ?the morning", where "in" or "on" must
    /// stand, "the" may, "morning" must.
    pub(super) fn seq(&self, mut at: usize, pattern: &str) -> Option<usize> {
        for item in pattern.split(' ') {
            let (optional, item) = item.strip_prefix('?').map_or((false, item), |item| (true, item));
            let fits = self.word(at).is_some_and(|word| item.split('|').any(|way| way == word));
            if fits {
                at += 1;
            } else if !optional {
                return None;
            }
        }
        Some(at)
    }
}

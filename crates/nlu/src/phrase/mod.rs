//! Phrases that a clinician can read and write, found in what a caller said.
//!
//! ```text
//! crushing chest pain        these words, one behind the other
//! chest .. hurt*             up to five words between; any word that begins with "hurt"
//! (my|his|her) chest         one of these; alternatives may be several words and contain groups
//! chest [is] tight           "is" may be missing
//! fever .. {103-110}         a number in this range, however it was said ("one oh three", "103.5")
//! @child .. purple           a list of words that was given a name
//! stiff neck & fever         both, anywhere in what was said, in any order
//! ```
//!
//! Case, punctuation and contractions do not matter: `can't`, `cant`, `can not` and `cannot` are one word. A phrase may
//! run across commas and full stops, because recognisers set them by rhythm.
//!
//! Phrases are matched word by word rather than compiled to regular expressions, for two reasons: *every* place where a
//! phrase fits is judged, also those that overlap, so that a negated one ("no chest injury but chest pain") cannot hide
//! the next; and the time is bounded by the words alone, with no automaton to warm up on the first call.

mod negation;
pub(crate) mod numbers;
mod pattern;
pub(crate) mod token;
mod words;

use std::collections::HashMap;

use pattern::{Item, Sequence};

pub(crate) use pattern::{Glossary, Pattern};
pub(crate) use words::{Word, words};

/// Many patterns, each with what it stands for, found together in one pass over the words.
#[derive(Debug)]
pub(crate) struct Phrases<T> {
    sequences: Vec<(Sequence, Part)>,
    patterns: Vec<(T, usize)>,
    by_word: HashMap<String, Vec<usize>>,
    by_prefix: HashMap<String, Vec<usize>>,
    by_number: Vec<usize>,
}

/// Which part of which pattern a sequence is.
#[derive(Clone, Copy, Debug)]
struct Part {
    pattern: usize,
    part: usize,
}

/// A place where one part of a pattern fits and is not negated: words `from..to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) pattern: usize,
    pub(crate) part: usize,
    pub(crate) from: usize,
    pub(crate) to: usize,
}

impl<T> Phrases<T> {
    /// Indexes patterns by the words that they can begin with.
    pub(crate) fn new(patterns: impl IntoIterator<Item = (T, Pattern)>) -> Self {
        let mut phrases = Self {
            sequences: Vec::new(),
            patterns: Vec::new(),
            by_word: HashMap::new(),
            by_prefix: HashMap::new(),
            by_number: Vec::new(),
        };
        for (meaning, pattern) in patterns {
            let id = phrases.patterns.len();
            phrases.patterns.push((meaning, pattern.parts.len()));
            for (part, sequence) in pattern.parts.into_iter().enumerate() {
                phrases.add(sequence, Part { pattern: id, part });
            }
        }
        phrases
    }

    /// Patterns that are written in the program: lists of them, each with what it stands for.
    pub(crate) fn built_in(lists: &[(T, &[&str])]) -> Self
    where
        T: Copy,
    {
        let all = lists.iter().flat_map(|(meaning, list)| list.iter().map(move |written| (*meaning, *written)));
        Self::new(all.map(|(meaning, written)| {
            let pattern = Pattern::parse(written, &Glossary::new());
            (meaning, pattern.unwrap_or_else(|wrong| panic!("a test reads every pattern: {written:?} {wrong}")))
        }))
    }

    fn add(&mut self, sequence: Sequence, part: Part) {
        let id = self.sequences.len();
        for first in pattern::first_items(&sequence) {
            let list = match first {
                Item::Word(word) => self.by_word.entry(word.clone()).or_default(),
                Item::Prefix(prefix) => self.by_prefix.entry(prefix.clone()).or_default(),
                Item::Number(_) => &mut self.by_number,
                Item::Gap | Item::Choice(_) => continue, // never the first: `first_items` resolves them
            };
            if list.last() != Some(&id) {
                list.push(id);
            }
        }
        self.sequences.push((sequence, part));
    }

    /// Every place where a part of a pattern fits and is not negated.
    pub(crate) fn places(&self, words: &[Word]) -> Vec<Found> {
        let negations = negation::negations(words);
        let mut found = Vec::new();
        for from in 0..words.len() {
            if negations[from].is_some() {
                continue;
            }
            for sequence in self.beginning_with(&words[from].text) {
                let (sequence, Part { pattern, part }) = &self.sequences[sequence];
                let ends = pattern::ends(sequence, words, &negations, from);
                found.extend(ends.into_iter().map(|to| Found { pattern: *pattern, part: *part, from, to }));
            }
        }
        found
    }

    /// What the patterns stand for of which every part has a place among `places`, in the order of the patterns.
    pub(crate) fn complete<'a>(&'a self, places: &'a [Found]) -> impl Iterator<Item = &'a T> + 'a {
        let mut ids: Vec<usize> = places.iter().map(|found| found.pattern).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().filter_map(|id| {
            let (meaning, parts) = &self.patterns[id];
            let has = |part| places.iter().any(|found| found.pattern == id && found.part == part);
            (0..*parts).all(has).then_some(meaning)
        })
    }

    /// What the pattern of a place stands for.
    pub(crate) fn meaning(&self, place: Found) -> &T {
        &self.patterns[place.pattern].0
    }

    fn beginning_with(&self, word: &str) -> Vec<usize> {
        let mut sequences: Vec<usize> = self.by_word.get(word).into_iter().flatten().copied().collect();
        let prefixes = word.char_indices().map(|(at, c)| &word[..at + c.len_utf8()]);
        sequences.extend(prefixes.filter_map(|prefix| self.by_prefix.get(prefix)).flatten());
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            sequences.extend(&self.by_number);
        }
        sequences.sort_unstable();
        sequences.dedup();
        sequences
    }
}

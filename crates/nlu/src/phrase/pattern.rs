//! One pattern: how it is written, and where it fits.

use std::collections::BTreeMap;

use super::negation::Negations;
use super::words::{Word, words};

/// Up to so many words may stand where a pattern has `..`. Five bridges "my chest, it has been really hurting"; more
/// joins what belongs to two thoughts.
const GAP_WORDS_MAX: usize = 5;

/// Groups may stand in each other so deep; deeper is a mistake (a named list that contains itself).
const DEPTH_MAX: usize = 12;

/// A pattern: every part must be found.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    pub(crate) parts: Vec<Sequence>,
}

pub(crate) type Sequence = Vec<Item>;

/// One step of a sequence.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Word(String),
    Prefix(String),
    Number(std::ops::RangeInclusive<u32>),
    Gap,
    Choice(Vec<Sequence>),
}

/// Named lists: `@name` -> the pattern it stands for.
pub(crate) type Glossary = BTreeMap<String, String>;

/// What is wrong with a pattern and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatternError {
    #[error("is empty; write at least one word")]
    Empty,
    #[error("has {0:?} without its other half; write both")]
    Unbalanced(char),
    #[error("uses @{0}, which [words] does not define; define it or correct its name")]
    UnknownName(String),
    #[error("begins with `..` or with something that may be missing; begin with a word")]
    NoFirstWord,
    #[error("has {0:?}; write a range of whole numbers such as {{103-110}}")]
    BadRange(String),
    #[error("has {0:?}, which cannot be heard; write words, `word*`, `..`, (a|b), [a], {{1-9}}, @name or `&`")]
    BadWord(String),
    #[error("has groups deeper than {DEPTH_MAX}; look for a named list that contains itself")]
    TooDeep,
}

impl Pattern {
    /// Reads a pattern as it is written.
    pub(crate) fn parse(written: &str, glossary: &Glossary) -> Result<Self, PatternError> {
        let parts = written
            .split('&')
            .map(|part| {
                let sequence = Parser { rest: part.trim(), glossary, depth: 0 }.whole()?;
                if first_items(&sequence).is_empty() || may_be_empty(&sequence[..1]) {
                    return Err(PatternError::NoFirstWord);
                }
                Ok(sequence)
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { parts })
    }
}

struct Parser<'a> {
    rest: &'a str,
    glossary: &'a Glossary,
    depth: usize,
}

impl Parser<'_> {
    fn whole(mut self) -> Result<Sequence, PatternError> {
        let mut alternatives = self.alternatives()?;
        if let Some(stray) = self.rest.chars().next() {
            return Err(PatternError::Unbalanced(stray));
        }
        let sequence =
            if alternatives.len() == 1 { alternatives.swap_remove(0) } else { vec![Item::Choice(alternatives)] };
        if sequence.is_empty() { Err(PatternError::Empty) } else { Ok(sequence) }
    }

    /// `a b|c d` up to a closing sign.
    fn alternatives(&mut self) -> Result<Vec<Sequence>, PatternError> {
        if self.depth > DEPTH_MAX {
            return Err(PatternError::TooDeep);
        }
        let mut alternatives = vec![Vec::new()];
        loop {
            self.rest = self.rest.trim_start();
            let Some(sign) = self.rest.chars().next() else { break };
            match sign {
                ')' | ']' => break,
                '|' => {
                    self.rest = &self.rest[1..];
                    alternatives.push(Vec::new());
                }
                _ => {
                    let items = self.items(sign)?;
                    alternatives.last_mut().map(|last| last.extend(items)).expect("one alternative from the start");
                }
            }
        }
        if alternatives.iter().any(Vec::is_empty) { Err(PatternError::Empty) } else { Ok(alternatives) }
    }

    fn items(&mut self, sign: char) -> Result<Vec<Item>, PatternError> {
        match sign {
            '(' => Ok(vec![Item::Choice(self.group('(', ')')?)]),
            '[' => {
                let mut alternatives = self.group('[', ']')?;
                alternatives.push(Vec::new());
                Ok(vec![Item::Choice(alternatives)])
            }
            '{' => self.range(),
            _ => self.word(),
        }
    }

    fn group(&mut self, open: char, close: char) -> Result<Vec<Sequence>, PatternError> {
        self.rest = &self.rest[1..];
        self.depth += 1;
        let alternatives = self.alternatives()?;
        self.depth -= 1;
        self.rest = self.rest.strip_prefix(close).ok_or(PatternError::Unbalanced(open))?;
        Ok(alternatives)
    }

    fn range(&mut self) -> Result<Vec<Item>, PatternError> {
        let (inside, rest) = self.rest[1..].split_once('}').ok_or(PatternError::Unbalanced('{'))?;
        self.rest = rest;
        let bounds = inside.split_once('-').and_then(|(low, high)| Some((low.parse().ok()?, high.parse().ok()?)));
        match bounds {
            Some((low, high)) if low <= high => Ok(vec![Item::Number(low..=high)]),
            Some(_) | None => Err(PatternError::BadRange(inside.to_owned())),
        }
    }

    fn word(&mut self) -> Result<Vec<Item>, PatternError> {
        let end = self.rest.find(|c: char| c.is_whitespace() || "|()[]{}".contains(c)).unwrap_or(self.rest.len());
        let (written, rest) = self.rest.split_at(end);
        self.rest = rest;
        if written == ".." {
            return Ok(vec![Item::Gap]);
        }
        if let Some(name) = written.strip_prefix('@') {
            let list = self.glossary.get(name).ok_or_else(|| PatternError::UnknownName(name.to_owned()))?;
            let mut inner = Parser { rest: list.trim(), glossary: self.glossary, depth: self.depth + 1 };
            let alternatives = inner.alternatives()?;
            return inner
                .rest
                .chars()
                .next()
                .map_or(Ok(vec![Item::Choice(alternatives)]), |c| Err(PatternError::Unbalanced(c)));
        }
        if let Some(prefix) =
            written.strip_suffix('*').filter(|p| !p.is_empty() && p.chars().all(char::is_alphanumeric))
        {
            return Ok(vec![Item::Prefix(prefix.to_lowercase())]);
        }
        let normalised = words(written);
        let odd = normalised.is_empty() || written.contains(['*', '@', '}', ',']);
        if odd {
            return Err(PatternError::BadWord(written.to_owned()));
        }
        Ok(normalised.into_iter().map(|word| Item::Word(word.text)).collect())
    }
}

/// The words, prefixes and numbers that a sequence can begin with; none if it can begin with a gap.
pub(crate) fn first_items(sequence: &[Item]) -> Vec<&Item> {
    match sequence.first() {
        None | Some(Item::Gap) => Vec::new(),
        Some(Item::Choice(alternatives)) => {
            alternatives.iter().flat_map(|alternative| first_items(alternative)).collect()
        }
        Some(item @ (Item::Word(_) | Item::Prefix(_) | Item::Number(_))) => vec![item],
    }
}

fn may_be_empty(sequence: &[Item]) -> bool {
    sequence.iter().all(|item| match item {
        Item::Gap => true,
        Item::Choice(alternatives) => alternatives.iter().any(|alternative| may_be_empty(alternative)),
        Item::Word(_) | Item::Prefix(_) | Item::Number(_) => false,
    })
}

/// Where `sequence` can end (exclusive) if it begins at `from`: rising, without doubles.
pub(crate) fn ends(sequence: &[Item], words: &[Word], negations: &Negations, from: usize) -> Vec<usize> {
    let mut ends = vec![from];
    let mut items = sequence.iter().peekable();
    while let Some(item) = items.next() {
        let mut next: Vec<usize> = Vec::new();
        for &at in &ends {
            match item {
                // What stands behind a gap must not be negated inside the gap: "chest does not hurt".
                Item::Gap if items.peek().is_some() => next.extend(
                    (at..=(at + GAP_WORDS_MAX).min(words.len()))
                        .filter(|&to| negations.get(to).copied().flatten().is_none_or(|negator| negator < at)),
                ),
                Item::Gap => next.push(at),
                Item::Choice(alternatives) => {
                    next.extend(
                        alternatives.iter().flat_map(|alternative| self::ends(alternative, words, negations, at)),
                    );
                }
                Item::Word(_) | Item::Prefix(_) | Item::Number(_) => {
                    next.extend(words.get(at).filter(|word| fits(item, &word.text)).map(|_| at + 1));
                }
            }
        }
        next.sort_unstable();
        next.dedup();
        ends = next;
    }
    ends
}

fn fits(item: &Item, word: &str) -> bool {
    match item {
        Item::Word(wanted) => wanted == word,
        Item::Prefix(prefix) => word.starts_with(prefix.as_str()),
        // 103.5 lies in {103-110}, 110.5 does not matter
        Item::Number(range) => {
            word.split('.').next().and_then(|whole| whole.parse().ok()).is_some_and(|n| range.contains(&n))
        }
        Item::Gap | Item::Choice(_) => false,
    }
}

//! Whether an utterance is made of ordinary life alone: "hang on, let me get my calendar", "a dermatologist".
//!
//! Where no model reads along, such an utterance is read surely, and the safety question is kept for what nobody could
//! read. The words stand in `prompts/ordinary_words.toml`, with the rule of what may stand there. Any other word, an inability
//! ("can't get up") or somebody who is "not right" leaves the utterance unread; red flags are looked for all the same.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::grammar::plain::is_plain;
use crate::phrase::{Phrases, Word, words};

/// Plain beside a time, but not in what somebody tells: "take care of my kids", "the end", "can't get up".
const NOT_PLAIN_HERE: &[&str] = &["care", "end", "hang", "off", "see", "up"];

/// What somebody may be unable to do, and nothing is the matter: "I can't make Tuesday".
const UNABLE_TO: &[&str] =
    &["come", "make", "do", "be", "find", "pay", "say", "wait", "take", "attend", "afford", "log", "print", "open"];

/// Words of ordinary life that tell of something else in this company.
const DOUBTS: &[&str] = &[
    "(am|is|are|was|were) not [really|quite|so|very|too] (right|well|ok|okay|alright|better|doing|here|there|able)",
    "(i|he|she|we|they) (am|is|are) not [really|quite|so|very|too] (good|fine)",
    "(cannot|could not) do (this|it|that|anything)",
];

static ORDINARY: LazyLock<Ordinary> = LazyLock::new(|| {
    Ordinary::parse(include_str!("../../../prompts/ordinary_words.toml")).expect("a test reads this very file")
});
static DOUBTFUL: LazyLock<Phrases<()>> = LazyLock::new(|| Phrases::built_in(&[((), DOUBTS)]));

/// What stands in an utterance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// Something that is not ordinary, or nothing at all.
    Unread,
    /// Only words that say nothing by themselves: whatever else was understood of them is all.
    Nothing,
    /// Something ordinary.
    Ordinary,
}

/// What `text` tells. `known` tells which of its words are a value that was understood, or a name of the practice.
pub(crate) fn told(text: &str, known: impl Fn(&Word) -> bool) -> Told {
    let words = words(text);
    let doubtful = words.is_empty() || has_inability(&words) || !DOUBTFUL.places(&words).is_empty();
    if doubtful { Told::Unread } else { ORDINARY.told(&words, known) }
}

/// "Can't get up", "could not tell".
fn has_inability(words: &[Word]) -> bool {
    let text = |at: usize| words.get(at).map(|word| word.text.as_str());
    (0..words.len()).any(|at| {
        let behind = match (text(at), text(at + 1)) {
            (Some("cannot"), _) => at + 1,
            (Some("could"), Some("not")) => at + 2,
            _ => return false,
        };
        let behind = if matches!(text(behind), Some("really" | "even" | "always")) { behind + 1 } else { behind };
        // the line is bad
        let hears_us = matches!((text(behind), text(behind + 1)), (Some("hear" | "understand"), Some("you")));
        text(behind).is_none_or(|verb| !UNABLE_TO.contains(&verb)) && !hears_us
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    beside: BTreeMap<String, String>,
    things: BTreeMap<String, String>,
}

/// A word or phrase, and whether it tells what an utterance is about.
#[derive(Debug)]
struct Entry {
    words: Vec<String>,
    tells: bool,
}

/// The entries by their first word, the longest first.
#[derive(Debug)]
struct Ordinary(BTreeMap<String, Vec<Entry>>);

impl Ordinary {
    fn parse(written: &str) -> Result<Self, toml::de::Error> {
        let Written { beside, things } = toml::from_str(written)?;
        let mut by_first: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        for (lists, tells) in [(beside, false), (things, true)] {
            for entry in lists.values().flat_map(|list| list.split(',')) {
                let words: Vec<String> = words(entry).into_iter().map(|word| word.text).collect();
                let Some(first) = words.first().cloned() else { continue };
                by_first.entry(first).or_default().push(Entry { words, tells });
            }
        }
        for entries in by_first.values_mut() {
            entries.sort_by_key(|entry| std::cmp::Reverse(entry.words.len()));
        }
        Ok(Self(by_first))
    }

    fn told(&self, words: &[Word], known: impl Fn(&Word) -> bool) -> Told {
        let (mut at, mut tells) = (0, false);
        while let Some(word) = words.get(at) {
            let plain = || is_plain(word) && !NOT_PLAIN_HERE.contains(&word.text.as_str());
            if let Some(entry) = self.entry(&words[at..]) {
                tells |= entry.tells;
                at += entry.words.len();
            } else if plain() || known(word) {
                tells |= known(word);
                at += 1;
            } else {
                return Told::Unread;
            }
        }
        if tells { Told::Ordinary } else { Told::Nothing }
    }

    /// The longest entry that `words` begin with; of a single word, a plural counts too.
    fn entry(&self, words: &[Word]) -> Option<&Entry> {
        let first = words.first()?.text.as_str();
        let begins = |entry: &&Entry| {
            entry.words.len() <= words.len() && entry.words.iter().zip(words).all(|(entry, word)| *entry == word.text)
        };
        let singular = || {
            let entries = self.0.get(first.strip_suffix('s')?)?;
            entries.iter().find(|entry| entry.words.len() == 1)
        };
        self.0.get(first).and_then(|entries| entries.iter().find(begins)).or_else(singular)
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn what_is_ordinary() {
        for text in [
            "hang on, let me get my calendar",
            "a dermatologist",
            "I can't come Tuesday, my son has a game",
            "it's for my school form",
            "no, I just moved here",
            "sorry, I'm driving, can you call me back",
            "it's for the sports physical, for camp",
            "we're out of town until after Thanksgiving",
            "I'm returning your call",
            "it's the one with the insurance form",
            "my English is not so good",
            "is this the DMV",
            "I need a form filled out for school",
        ] {
            assert_eq!(told(text, |_| false), Told::Ordinary, "{text}");
        }
    }

    #[test]
    fn what_is_not() {
        for text in [
            "",
            "no",
            "the same",
            "my back",
            "he's not right",
            "my mother is not right since the wedding",
            "I can't get up, we're at the wedding",
            "she can't find her words, my appointment is Monday",
            "I can't do this, cancel my appointment",
            "who will take care of my kids when I cancel",
            "my calendar, and my knee",
            "a dermatologist, I'm itchy",
            "it's the end",
            "quorble",
        ] {
            assert_ne!(told(text, |_| false), Told::Ordinary, "{text}");
        }
    }

    /// Beside the red flags, a second witness: no alarm of the tables is made of ordinary words.
    #[test]
    fn no_alarm_is_ordinary() {
        let tables = [include_str!("../tests/red_flags.txt"), include_str!("../tests/voices.txt")];
        let seeds = include_str!("../tests/seed.jsonl").lines().filter(|line| !line.contains("\"routine\""));
        let seeds = seeds.filter_map(|line| line.split('"').nth(3));
        let alarms = tables.iter().flat_map(|table| table.lines()).filter(|line| line.starts_with('+'));
        let alarms = alarms.filter_map(|line| line.split_once(' ')).map(|(_, text)| text);
        let wrong: Vec<&str> = alarms.chain(seeds).filter(|text| told(text, |_| false) == Told::Ordinary).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn no_example_of_a_red_flag_tells_of_ordinary_life() {
        let mut examples = 0;
        for (_, file) in crate::red_flags::RedFlags::FILES {
            let toml: toml::Table = file.parse().expect("TOML");
            let rules = toml["rule"].as_array().into_iter().flatten();
            let fires_on = rules.filter_map(|rule| rule.get("fires_on")?.as_array()).flatten();
            for text in fires_on.filter_map(toml::Value::as_str) {
                assert_ne!(told(text, |_| false), Told::Ordinary, "{text}");
                examples += 1;
            }
        }
        assert!(examples > 200, "{examples}");
    }
}

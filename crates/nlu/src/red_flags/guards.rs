//! What is clearly not happening now: long past, or a joke. (Negation is part of matching: `phrase::negation`.)

use crate::phrase::Word;

/// Words of the present. One of them anywhere in what was said keeps the past from counting as past.
const PRESENT: &[&str] = &[
    "now",
    "today",
    "tonight",
    "again",
    "still",
    "currently",
    "same",
    "started",
    "began",
    "begun",
    "starting",
    "since",
    "keep",
    "keeps",
    "getting",
    "worse",
    "worsening",
    "having",
    "yesterday",
    "hurt",
    "hurts",
    "hurting",
    "another",
    "morning",
    "feels",
    "feel",
    "cannot",
];

/// "History of *bad* seizures": so many words may stand between. More could be a symptom of today: "a history of
/// asthma with chest pain".
const HISTORY_WORDS_MAX: usize = 1;

/// Words that tell of the past.
const HAPPENED: &[&str] = &["had", "was", "were", "did", "survived", "suffered", "got", "happened"];

/// Whether the words `from..to` are said of something long past or taken back as a joke.
pub(super) fn not_now(words: &[Word], from: usize, to: usize) -> bool {
    joked(words, to) || long_past(words, from, to)
}

/// "The worst headache ever, just kidding". "I am not kidding" takes nothing back.
fn joked(words: &[Word], to: usize) -> bool {
    words[to..].windows(2).any(|pair| {
        ["just", "only", "am"].contains(&pair[0].text.as_str())
            && ["kidding", "joking"].contains(&pair[1].text.as_str())
    })
}

/// "Had a heart attack ten years ago", "history of seizures", in the same sentence, with no word of the present.
fn long_past(words: &[Word], from: usize, to: usize) -> bool {
    if words.iter().any(|word| PRESENT.contains(&word.text.as_str())) {
        return false;
    }
    let text = |place: usize| words[place].text.as_str();
    let sentence = |places: std::ops::Range<usize>| -> Vec<&str> {
        places.filter(|&place| words[place].sentence == words[from].sentence).map(text).collect()
    };
    let dated = sentence(0..words.len()).windows(2).any(|pair| match pair {
        ["year" | "years" | "months" | "decades", "ago"] | ["last", "year"] => true,
        ["in", year] => year.len() == 4 && year.parse::<u32>().is_ok_and(|year| (1900..2100).contains(&year)),
        _ => false,
    });
    let happened = sentence(0..to).iter().any(|word| HAPPENED.contains(word));
    let near =
        (from.saturating_sub(HISTORY_WORDS_MAX + 2)..from).filter(|&place| words[place].clause == words[from].clause);
    let history = near.map(text).collect::<Vec<_>>().windows(2).any(|pair| pair == ["history", "of"]);
    history || (dated && happened)
}

//! What is clearly not happening now: long past, a joke, or merely supposed. (Negation is part of matching:
//! `phrase::negation`.)

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

/// Words that make everything they stand beside a mere supposition.
const SUPPOSING: &[&str] = &["hypothetically", "hypothetical", "theoretically"];

/// Whether the words `from..to` are said of something long past or taken back as a joke.
pub(super) fn not_now(words: &[Word], from: usize, to: usize) -> bool {
    joked(words, to) || long_past(words, from, to)
}

/// Whether everything is said of what might be, and nothing of the present: "hypothetically, if a caller had chest pain".
/// "What should I do if I have chest pain" supposes nothing: who asks that may well have it.
pub(super) fn supposed(words: &[Word]) -> bool {
    let supposes = words.iter().any(|word| SUPPOSING.contains(&word.text.as_str()))
        || words.windows(2).any(|pair| pair[0].text == "if" && pair[1].text == "ever");
    supposes && !is_present(words)
}

/// Whether the words from `from` on may turn out to be long past when the sentence goes on: "I had a heart attack ..". "He was found
/// not breathing" is not waited for.
pub(super) fn may_be_past(words: &[Word], from: usize) -> bool {
    !is_present(words) && says_before(words, from, &["had", "survived", "suffered"])
}

fn is_present(words: &[Word]) -> bool {
    words.iter().any(|word| PRESENT.contains(&word.text.as_str()))
}

/// Whether one of these words stands in the clause of `upto`, up to there. Another clause of the sentence may tell of today: "I had a
/// stent put in and my chest is tight".
fn says_before(words: &[Word], upto: usize, wanted: &[&str]) -> bool {
    let before = words[..=upto].iter().filter(|word| word.clause == words[upto].clause);
    before.into_iter().any(|word| wanted.contains(&word.text.as_str()))
}

/// "The worst headache ever, just kidding". "I am not kidding" takes nothing back, nor does "I'm not just kidding".
fn joked(words: &[Word], to: usize) -> bool {
    let text = |at: usize| words[at].text.as_str();
    (to..words.len().saturating_sub(1)).any(|at| {
        ["just", "only", "am"].contains(&text(at))
            && ["kidding", "joking"].contains(&text(at + 1))
            && (at == 0 || text(at - 1) != "not")
    })
}

/// "Had a heart attack ten years ago", "history of seizures", in the same sentence, with no word of the present.
fn long_past(words: &[Word], from: usize, to: usize) -> bool {
    if is_present(words) {
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
    let happened = says_before(words, to - 1, HAPPENED);
    let near =
        (from.saturating_sub(HISTORY_WORDS_MAX + 2)..from).filter(|&place| words[place].clause == words[from].clause);
    let history = near.map(text).collect::<Vec<_>>().windows(2).any(|pair| pair == ["history", "of"]);
    history || (dated && happened)
}

//! With whom the caller wants to be seen: one of the practice's providers, their own doctor, or anybody.
//!
//! Recognisers write names as they sound. A name behind "Doctor", "with" or "see" is one of the practice's if exactly one
//! is near enough to it: by the sound of its consonants, or by a letter or two.

use std::sync::LazyLock;

use domain::{Asked, Provider, ProviderWish};

use super::choice::may_choose;
use super::plain::only_plain;
use crate::phrase::{Phrases, Word, words};

const TITLES: &[&str] = &["doctor", "dr", "nurse", "doc", "professor"];

/// Stand before a name that is wished for.
const BEFORE_NAMES: &[&str] = &["with", "see", "by", "seeing", "for"];

/// Stand before a name that is not wished for, at most so many words before it: "not with Doctor Patel".
const REFUSALS: &[&str] = &["not", "except", "than"];
const REFUSAL_WORDS: usize = 3;

/// Names that are written otherwise than they sound.
const SOUND_LIKE: &[(&str, &[&str])] = &[
    ("nguyen", &["win", "wen", "when", "nwin", "newen", "newin", "gwen", "winn", "wynn", "new yen", "noo yen"]),
    ("xu", &["shu", "shoe", "sue"]),
    ("zhang", &["jang", "chang", "john"]),
    ("hsu", &["shu", "sue"]),
    ("ng", &["ing", "eng"]),
    ("lee", &["li", "leigh"]),
    ("li", &["lee", "leigh"]),
    ("reid", &["reed", "read"]),
    ("reed", &["reid", "read"]),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Own,
    Anybody,
}

const WRITTEN: &[(Sign, &[&str])] = &[
    (
        Sign::Own,
        &[
            "my (own|usual|regular|normal|primary|primary care|family) (doctor|dr|physician|provider|nurse|pcp)",
            "my pcp",
            "(with|see|seeing|by|to) my (doctor|dr|physician|provider)",
            "(with|see|seeing) the (same|usual) (doctor|dr|physician|provider|1|person)",
            "(same|usual) (doctor|dr) [as] (always|usual|before)",
        ],
    ),
    (
        Sign::Anybody,
        &[
            "(whoever|whomever)",
            "(anyone|anybody|any doctor|any provider) (is|who|that|will|would|works|available|fine|ok|okay|but|except|you have)",
            "(with|see|by) (anyone|anybody|any doctor|any provider)",
            "(does|do) not [really] (matter|care|mind) (who|which doctor|which provider)",
            "(first|next) available (doctor|provider|physician|person)",
            "no preference (of|for|on|as to) (doctor|provider)",
        ],
    ),
];

static PHRASES: LazyLock<Phrases<Sign>> = LazyLock::new(|| Phrases::built_in(WRITTEN));

/// The wish in `text`. After a question about an appointment a bare name is one, too.
pub(crate) fn provider_wish(text: &str, asked: Asked, providers: &[Provider]) -> Option<ProviderWish> {
    let words = words(text);
    if let Some(provider) = named(&words, asked, providers) {
        return Some(ProviderWish::Named(provider.id.clone()));
    }
    let places = PHRASES.places(&words);
    let place = places.iter().min_by_key(|place| place.from)?;
    Some(match PHRASES.meaning(*place) {
        Sign::Own => ProviderWish::Own,
        Sign::Anybody => ProviderWish::Anybody,
    })
}

/// A provider whom `words` name, with the one who is wished for ("with ..") before one who is only spoken of.
fn named<'p>(words: &[Word], asked: Asked, providers: &'p [Provider]) -> Option<&'p Provider> {
    let mut best: Option<(u8, &Provider)> = None;
    for at in 0..words.len() {
        let titled = at > 0 && TITLES.contains(&words[at - 1].text.as_str());
        let before = at.checked_sub(1 + usize::from(titled)).map(|before| words[before].text.as_str());
        let wished = before.is_some_and(|before| BEFORE_NAMES.contains(&before));
        let refused = refuses(&words[at.saturating_sub(REFUSAL_WORDS)..at]);
        let alone = may_choose(asked) && only_plain(words, |other| other == at || other == at + 1);
        if refused || !(titled || wished || alone) {
            continue;
        }
        let ear = match (titled, before) {
            (true, _) => Ear::Tolerant,
            (false, Some("with" | "see" | "seeing")) => Ear::Careful,
            (false, _) => Ear::Exact,
        };
        if let Some(provider) = who(&words[at..], ear, providers) {
            let weight = u8::from(wished) * 2 + u8::from(titled);
            if best.is_none_or(|(other, _)| weight > other) {
                best = Some((weight, provider));
            }
        }
    }
    best.map(|(_, provider)| provider)
}

/// Whether the words before a name take it out: "not with ..", "anyone but ..".
fn refuses(before: &[Word]) -> bool {
    let all_but =
        |pair: &[Word]| ["anyone", "anybody", "doctor"].contains(&pair[0].text.as_str()) && pair[1].text == "but";
    before.iter().any(|word| REFUSALS.contains(&word.text.as_str())) || before.windows(2).any(all_but)
}

/// The provider with the name that begins `words`: as it is written, else, where a name must stand, as it sounds.
fn who<'p>(words: &[Word], ear: Ear, providers: &'p [Provider]) -> Option<&'p Provider> {
    let first = words.first()?.text.as_str();
    let begins_a_name =
        ["o", "oh", "0", "mc", "mac", "de", "van", "al", "el"].contains(&first) || first == "a" && ear == Ear::Tolerant;
    let joined = words.get(1).filter(|_| begins_a_name).map(|second| format!("{first}{}", second.text));
    let spaced = words.get(1).map(|second| format!("{first} {}", second.text));
    let is = |provider: &&Provider, fits: &dyn Fn(&str, &str) -> bool| {
        let name = last_name(provider);
        fits(first, &name) || joined.as_deref().is_some_and(|said| fits(said, &name))
    };
    let exact = |said: &str, name: &str| said == name || said.strip_suffix('s') == Some(name);
    let mut found: Vec<&Provider> = providers.iter().filter(|provider| is(provider, &exact)).collect();
    // first and last name: "Doctor Susan Lee"
    if found.is_empty() && words.len() > 1 {
        let full = |provider: &&Provider| {
            provider.name.to_lowercase().ends_with(&format!("{first} {}", words[1].text)) || {
                exact(&words[1].text, &last_name(provider)) && ear == Ear::Tolerant
            }
        };
        found = providers.iter().filter(full).collect();
    }
    if found.is_empty() && ear == Ear::Tolerant {
        let sounds = |provider: &&Provider| {
            let name = last_name(provider);
            let alike = SOUND_LIKE.iter().filter(|(written, _)| *written == name).flat_map(|(_, alike)| alike.iter());
            alike.into_iter().any(|alike| *alike == first || Some(*alike) == spaced.as_deref())
        };
        found = providers.iter().filter(sounds).collect();
    }
    let known_word = only_plain(&words[..1], |_| false) && joined.is_none();
    if found.is_empty() && ear != Ear::Exact && !known_word {
        let alike = |said: &str, name: &str| near(said, name, ear);
        found = providers.iter().filter(|provider| is(provider, &alike)).collect();
    }
    match found.as_slice() {
        [only] => Some(only),
        _ => None,
    }
}

fn last_name(provider: &Provider) -> String {
    provider.name.split_whitespace().next_back().unwrap_or_default().to_lowercase()
}

/// Shorter names are near to too many words.
const NEAR_LETTERS_MIN: usize = 4;
/// From so many letters on, two may differ.
const LONG_LETTERS_MIN: usize = 6;

/// How near a word must come to a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ear {
    /// Behind "Doctor" a name must stand: by letters or by sound.
    Tolerant,
    /// Behind "with" much else can stand: by letters.
    Careful,
    Exact,
}

/// Whether a recogniser may have written `said` for `name`.
fn near(said: &str, name: &str, ear: Ear) -> bool {
    if said.len() < NEAR_LETTERS_MIN || name.len() < NEAR_LETTERS_MIN {
        return false;
    }
    let apart = if name.len() >= LONG_LETTERS_MIN { 2 } else { 1 };
    strsim::levenshtein(said, name) <= apart || (ear == Ear::Tolerant && sound(said) == sound(name))
}

/// The consonants of a name in classes that a recogniser confuses, without doubles, behind its first sound. After Soundex,
/// with vowels dropped before doubles are.
fn sound(name: &str) -> String {
    let class = |c: char| match c {
        'b' | 'p' | 'f' | 'v' => Some('1'),
        'c' | 'g' | 'j' | 'k' | 'q' | 's' | 'x' | 'z' => Some('2'),
        'd' | 't' => Some('3'),
        'l' => Some('4'),
        'm' | 'n' => Some('5'),
        'r' => Some('6'),
        _ => None,
    };
    let mut out: Vec<char> = vec![if name.starts_with(['a', 'e', 'i', 'o', 'u']) { 'a' } else { ' ' }];
    for code in name.chars().filter_map(class) {
        if out.last() != Some(&code) {
            out.push(code);
        }
    }
    out.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_name_by_sound_and_by_nobody() {
        let provider = |id: &str, name: &str| Provider { id: id.into(), name: name.to_owned() };
        let providers = [
            provider("patel", "Doctor Patel"),
            provider("nguyen", "Doctor Nguyen"),
            provider("okafor", "Doctor Okafor"),
            provider("lee", "Doctor Susan Lee"),
        ];
        let named = |id: &str| Some(ProviderWish::Named(id.into()));
        for (text, asked, expected) in [
            ("a check-up with Doctor Patel", Asked::Open, named("patel")),
            ("with Dr. Patel please", Asked::When, named("patel")),
            ("I'd like to see patel", Asked::Open, named("patel")),
            ("can I see doctor pattel on Friday", Asked::Open, named("patel")),
            ("with doctor petal", Asked::Open, named("patel")),
            ("doctor battelle", Asked::Choice, named("patel")),
            ("doctor win", Asked::Open, named("nguyen")),
            ("Dr. Nguyen's first opening", Asked::Open, named("nguyen")),
            ("doctor new yen", Asked::When, named("nguyen")),
            ("doctor oh kafor", Asked::Open, named("okafor")),
            ("with dr o'kafor", Asked::Open, named("okafor")),
            ("The one with Dr. A. Kaffer.", Asked::Choice, named("okafor")),
            ("The one with Dr. Aukhofer.", Asked::Choice, named("okafor")),
            ("the one with Doctor Lee", Asked::Choice, named("lee")),
            ("doctor susan lee", Asked::Open, named("lee")),
            ("doctor li", Asked::Open, named("lee")),
            ("Lee is fine", Asked::Choice, named("lee")),
            ("Patel", Asked::Choice, named("patel")),
            ("Doctor Patel told me to come in with Doctor Lee", Asked::Open, named("lee")),
            ("not with Doctor Patel", Asked::Open, None),
            ("anyone but Doctor Patel", Asked::Open, Some(ProviderWish::Anybody)),
            ("with my own doctor", Asked::When, Some(ProviderWish::Own)),
            ("can I see my doctor on Monday", Asked::Open, Some(ProviderWish::Own)),
            ("my pcp", Asked::When, Some(ProviderWish::Own)),
            ("the same doctor as always", Asked::When, Some(ProviderWish::Own)),
            ("with whoever is free", Asked::When, Some(ProviderWish::Anybody)),
            ("anybody is fine", Asked::When, Some(ProviderWish::Anybody)),
            ("I don't care which doctor", Asked::When, Some(ProviderWish::Anybody)),
            ("my doctor told me to call", Asked::Open, None),
            ("Patel", Asked::Open, None),
            ("when can I come", Asked::Open, None),
            ("I have a patch on my arm", Asked::VisitReason, None),
            ("doctor Smith", Asked::Open, None),
            ("is there anyone there", Asked::Open, None),
            ("doctor", Asked::Open, None),
            ("", Asked::Choice, None),
        ] {
            assert_eq!(provider_wish(text, asked, &providers), expected, "{text}");
        }
    }
}

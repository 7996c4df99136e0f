//! Which of the things that were offered an answer picks: "the second one", "the later one", "none of those".
//!
//! Times ("Thursday's better") and people ("the one with Doctor Lee") are no choices here: they stand in their own slots.

use std::sync::LazyLock;

use domain::{Asked, Choice};

use super::plain::{only_plain, only_polite};
use crate::phrase::{Found, Phrases, Word, words};

/// How a phrase counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Picks(Choice),
    /// Looks like a choice, and is a time or something else.
    Other,
}

use Choice::{Any, Last, None as NoneOfThem, Nth, SomethingEarlier, SomethingLater};
use Sign::{Other, Picks};

const WRITTEN: &[(Sign, &[&str])] = &[
    (
        Picks(Nth(0)),
        &[
            "the [very] (first|1st)",
            "(first|1st) (1|option|slot|please|is|works|sounds|would|will|of those)",
            "(number|option|slot|choice) 1",
            "the (earlier|sooner|earliest|soonest|former) [1|option|slot|time|appointment]",
            "(earlier|sooner|earliest|soonest) 1",
        ],
    ),
    (
        Picks(Nth(1)),
        &[
            "the (second|2nd|middle)",
            "(second|2nd|middle) (1|option|slot|please|is|works|sounds|would|will|of those)",
            "(number|option|slot|choice) 2",
        ],
    ),
    (
        Picks(Nth(2)),
        &["the (third|3rd)", "(third|3rd) (1|option|slot|please|is|works|sounds)", "(number|option|slot|choice) 3"],
    ),
    (Picks(Last), &["the [very] (last|latter|later|latest) [1|option|slot|time|appointment]", "(last|later|latest) 1"]),
    (
        Picks(SomethingEarlier),
        &[
            "(anything|something|any|nothing|available|have|got|need|needs|want|prefer|rather|little|bit|there|much|even|be|come) .. (earlier|sooner)",
            "(earlier|sooner) (please|if|than|would|time|date|day|appointment|slot|works|is)",
        ],
    ),
    (
        Picks(SomethingLater),
        &[
            "(anything|something|any|nothing|available|have|got|need|needs|want|prefer|rather|little|bit|there|much|even|be|come) .. later",
            "later (please|if|than|would|time|date|day|appointment|slot|works|is|in the)",
            "(anything|something) after that",
        ],
    ),
    (
        Picks(NoneOfThem),
        &[
            "(none|neither|not any) of (them|those|these|the)",
            "(the|that) (first|second|third|last|earlier|later|1st|2nd|3rd) [1|option|slot|time] (do|does|did|will|would|is) not [really] (work|fit|suit|good|possible|do|help)",
            "(cannot|not|do not want|do not like) [make|do|take] the (first|second|third|last|earlier|later|1st|2nd|3rd) [1|option|slot|time]",
            "(none|neither) [1] [of those|of them] (work|works|will|fit|fits|is|are|do|does)",
            "(do|does|did|will|would|is|are) not [really] (work|working|fit|good|possible)",
            "(cannot|not) [do|make|take|want|like] (either|any) [of|1] [those|them|these]",
            "cannot (make|do) (it|that|those|these|them)",
            "(that is|those are|they are|is) no good",
            "nothing (works|there works|fits)",
            "(something|anything|what|1|nothing) (else|different)",
            "(another|different|other) (day|time|date|slot|option|1|days|times)",
        ],
    ),
    (
        Picks(Any),
        &[
            "(either|any|both|all) [1] [of (them|those|these)] (is|are|work|works|will|would|fine|good|ok|okay|sounds|sound)",
            "(either|any) (1|of them|of those|of these|way)",
            "whichever",
            "whatever (you|works|is)",
            "(does|do) not [really] (matter|care|mind)",
            "(no|not have [a|any]) preference",
            "you (choose|pick|decide)",
            "up to you",
        ],
    ),
    (
        Other,
        &[
            "the (first|second|third|last|1st|2nd|3rd) [1] of [the] (month|next|january|february|march|april|may|june|july|august|september|october|november|december)",
            "(january|february|march|april|may|june|july|august|september|october|november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday) the (first|second|third|1st|2nd|3rd)",
            "(first|last) (thing|half|week|day|visit|name|available|monday|tuesday|wednesday|thursday|friday|saturday|sunday)",
            "the (first|last|second|third) (time|week|half|part|visit|name|available|monday|tuesday|wednesday|thursday|friday|thing)",
            "the (earliest|soonest|latest|first) [1|time|day|appointment|thing] (you|possible|available|there|that)",
            "(earlier|later) today",
            "any (time|day)",
            "any other questions",
        ],
    ),
];

/// One word that is the whole answer, but for courtesy.
const ALONE: &[(&str, Choice)] = &[
    ("first", Nth(0)),
    ("earlier", SomethingEarlier),
    ("sooner", SomethingEarlier),
    ("later", SomethingLater),
    ("last", Last),
    ("neither", NoneOfThem),
    ("none", NoneOfThem),
    ("either", Any),
];

/// Words that take an earlier choice back: "the first, no wait, the second".
const TAKING_BACK: &[&str] = &["no", "actually", "wait", "rather", "instead", "sorry", "make", "meant"];

static PHRASES: LazyLock<Phrases<Sign>> = LazyLock::new(|| Phrases::built_in(WRITTEN));

/// A choice, and whether the answer says nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) choice: Choice,
    pub(crate) nothing_else: bool,
}

/// What an answer to `asked` picks; nothing where nothing can have been offered.
pub(crate) fn chosen(text: &str, asked: Asked) -> Option<Chosen> {
    if !may_choose(asked) {
        return None;
    }
    let words = words(text);
    let places = PHRASES.places(&words);
    let others: Vec<Found> = places.iter().copied().filter(|place| *PHRASES.meaning(*place) == Other).collect();
    let other = |place: &Found| others.iter().any(|other| other.from < place.to && place.from < other.to);
    let mut found: Vec<(Found, Choice)> = places
        .iter()
        .filter(|place| !other(place))
        .filter_map(|place| match PHRASES.meaning(*place) {
            Picks(choice) => Some((*place, *choice)),
            Other => None,
        })
        .collect();
    // "the first one doesn't work" does not pick it
    let refusals: Vec<Found> =
        found.iter().filter(|(_, choice)| *choice == NoneOfThem).map(|(place, _)| *place).collect();
    let refused = |place: &Found| refusals.iter().any(|refusal| refusal.from <= place.from && place.to <= refusal.to);
    found.retain(|(place, choice)| *choice == NoneOfThem || !refused(place));
    let strongest = found.iter().map(|(_, choice)| strength(*choice)).max();
    found.retain(|(_, choice)| Some(strength(*choice)) == strongest);
    found.sort_by_key(|(place, _)| place.from);
    let covered = |at: usize| found.iter().any(|(place, _)| (place.from..place.to).contains(&at));
    let nothing_else = only_plain(&words, covered);
    let choice = match found.as_slice() {
        [] => ALONE.iter().find(|(word, _)| nothing_else && is_alone(&words, word)).map(|(_, choice)| *choice),
        [(_, first), rest @ ..] if rest.iter().all(|(_, choice)| choice == first) => Some(*first),
        [.., (_, last)] => words.iter().any(|word| TAKING_BACK.contains(&word.text.as_str())).then_some(*last),
    };
    choice.map(|choice| Chosen { choice, nothing_else })
}

/// One of them is stronger than another kind of them, and that than all or none: "none of those, anything later?"
fn strength(choice: Choice) -> u8 {
    match choice {
        Nth(_) | Last => 3,
        SomethingEarlier | SomethingLater => 2,
        NoneOfThem => 1,
        Any => 0,
    }
}

fn is_alone(words: &[Word], word: &str) -> bool {
    words.iter().any(|said| said.text == word) && only_polite(words, |at| words[at].text == word)
}

/// Questions that a choice, or the bare name of a provider, can answer.
pub(super) fn may_choose(asked: Asked) -> bool {
    matches!(asked, Asked::Choice | Asked::YesNo | Asked::When)
}

//! What an utterance asks of the conversation rather than of the practice: to say it again, to wait, to leave it, to take
//! a correction. And whether it is no caller at all, but a recording.

use std::sync::LazyLock;

use domain::{Asked, Directive};

use super::plain::only_polite;
use crate::phrase::{Found, Phrases, Word, words};

/// How a phrase counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Asks(Directive),
    /// Looks like one, and is something else.
    Other,
}

use Directive::{Correction, NeverMind, Recording, Repeat, Slower, Wait};
use Sign::{Asks, Other};

const WRITTEN: &[(Sign, &[&str])] = &[
    (
        Asks(Repeat),
        &[
            "pardon [me]",
            "(say|repeat|read) (that|it|the question|them|those|this) [1 more time|again|once more|back]",
            "(can|could|would|will) you [please] repeat",
            "(come|say) again",
            "(did|could|do) not [quite|really] (catch|hear|get|understand|follow) [what] [that|you|it|said|all of that]",
            "cannot (hear|understand) you",
            "what (did you say|was that|did you just say|was the question|were those|was it)",
            "(1 more time|once more|again) please",
            "(you are|you were) (breaking up|cutting out)",
            "(missed|lost) (that|you|it|what you said)",
            "what are (my|the) (options|choices) again",
            "repeat please",
        ],
    ),
    (
        Asks(Slower),
        &[
            "slow down",
            "(slower|more slowly|slowly)",
            "(speak|talk|speaking|talking|go|going|say it|say that) [a] [bit|little] [more] (slower|slowly)",
            "(too|so|really|very) fast",
            "(that|you|it) (was|is|are|were) [going|talking|speaking] [a bit|a little] (too|so|really|very) fast",
        ],
    ),
    (
        Asks(Wait),
        &[
            "(hold|hang) on",
            "(1|a|another|quick|few|couple) (second|sec|minute|moment|min|moments|minutes|seconds)",
            "(just|wait|give me|need|hold) [a|1|just] (second|sec|minute|moment|min)",
            "let me [just] (check|look|see|get|grab|find|think|ask|pull up|open|write) [at|for|with|it down] [my|the|his|her|our|a] [calendar|schedule|phone|planner|diary|notes|card|insurance card|pen|wife|husband|mom|mother|work schedule]",
            "(i am|still) (looking|checking|thinking|getting it)",
            "i (need|have|got|am going) to (check|look|get|grab|find|think)",
            "bear with me",
            "be right back",
            "wait [a]",
        ],
    ),
    (
        Asks(NeverMind),
        &[
            "(never mind|nevermind) [about] [that|it|the]",
            "forget (it|that|about it|about that|the whole thing)",
            "(do not|not) (bother|worry about it)",
            "(changed|change) my mind",
            "(cancel|scratch|skip|drop) (that|this|it)",
            "leave it [at that|be|alone]",
            "(want|like|rather|prefer) [to] keep (it|that|my appointment|the appointment|that appointment)",
            "(do not|not) want [to do] (it|that|to do that) [anymore|any more]",
        ],
    ),
    (
        Asks(Correction),
        &[
            "i (meant|misspoke|misspeak)",
            "(scratch|strike) that",
            "(make|change|switch) (it|that) [to]",
            "correction",
            "what i meant",
            "(that is|it is) not what i said",
            "i said",
            "let me correct",
            "(got|gave|told you) [that|it|the] wrong",
        ],
    ),
    (
        Asks(Recording),
        &[
            "press {0-9} (to|for|now)",
            "(to|for) .. press (the|{0-9}|pound|star|1)",
            "(call|conversation|line) (is|may be|will be|maybe) [being|monitored or|monitored and] recorded",
            "your call is [very] important",
            "(after|at) the (tone|beep)",
            "you have reached [the|a|an]",
            "this is (a recorded|an automated|a prerecorded) (message|call|announcement)",
            "(the mailbox is full|voice mailbox|voicemail box)",
            "please (stay|remain) on the line [and|for|your]",
            "(next|first) available (agent|representative|operator|associate)",
            "if you would like to make a call",
            "(car|vehicle|auto) .. warranty",
            "(number|person) you (have dialed|are trying|dialed|have called)",
        ],
    ),
    (
        Other,
        &[
            "(it|machine|recording|they|he|she|voicemail) (said|told|says|asked|kept)",
            "(i|we) (pressed|press|have pressed|keep pressing)",
            "(hold|hang) on to",
            "wait (time|times|list|for|until|till|so long|that long|any longer|this long)",
            "(cannot|could not|not) wait",
            "how long .. wait",
            "(every|per|within|last) (minute|second|minutes|seconds)",
            "(a|1|few|couple|{2-60}) (minute|minutes|second|seconds|moment|moments) ago",
            "the second",
            "a second (opinion|appointment|time|1|dose|refill|visit)",
            "let me (know|see dr|see the doctor|see doctor|get an appointment|get a|get my)",
            "(heart|pulse|breathing|beating) .. fast",
            "(as|so|too) fast as",
            "make (it|that) (in|there|to|on time|today|tomorrow|better|stop|worse|go away)",
            "i said to",
        ],
    ),
];

/// One word that is the whole utterance, but for courtesy.
const ALONE: &[(&[&str], Directive)] = &[
    (&["what", "huh", "eh", "sorry", "excuse", "pardon", "repeat"], Repeat),
    (&["wait"], Wait),
    (&["nevermind"], NeverMind),
];

/// Begin a correction, if a value follows: "no, Wednesday".
const OPENINGS: &[&str] = &["no", "nope", "actually", "sorry", "wait", "oops", "oh", "rather", "well", "instead"];
/// Where in an utterance a correction can begin: "oh no wait, Wednesday".
const OPENING_WORDS: usize = 3;
/// Of those, the ones that correct; the others only stand before them.
const TURNS: &[&str] = &["no", "nope", "actually", "sorry", "oops", "rather", "instead"];

/// A tone that a recogniser wrote down.
const TONES: &[&str] =
    &["beep", "beeps", "beeping", "boop", "bip", "tone", "dial", "fax", "ringing", "static", "dialing"];

/// A longer dictation is not searched for directives: they are part of it.
const MESSAGE_WORDS_MAX: usize = 6;

static PHRASES: LazyLock<Phrases<Sign>> = LazyLock::new(|| Phrases::built_in(WRITTEN));

/// A directive, and whether the utterance says nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asking {
    pub(crate) directive: Directive,
    pub(crate) nothing_else: bool,
}

/// What `text`, said after `asked`, asks of the conversation. Into a message only a clear and short "what?" or "hold on"
/// does: all else is dictated.
pub(crate) fn asking(text: &str, asked: Asked) -> Option<Asking> {
    let words = words(text);
    if !words.is_empty() && words.iter().all(|word| TONES.contains(&word.text.as_str())) {
        return Some(Asking { directive: Recording, nothing_else: true });
    }
    let found = found(&words).or_else(|| alone(&words));
    found.filter(|asking| asked != Asked::Message || fits_a_message(*asking, words.len()))
}

/// "Actually, ..", "no, ..": a correction, if what follows is a value.
pub(crate) fn opens_a_correction(text: &str) -> bool {
    let words = words(text);
    let lead = words.iter().take(OPENING_WORDS).take_while(|word| OPENINGS.contains(&word.text.as_str()));
    lead.into_iter().any(|word| TURNS.contains(&word.text.as_str()))
        || words.last().is_some_and(|word| word.text == "instead")
}

fn fits_a_message(asking: Asking, words: usize) -> bool {
    match asking.directive {
        Repeat | Wait => asking.nothing_else && words <= MESSAGE_WORDS_MAX,
        Recording => true,
        Slower | NeverMind | Correction => false,
    }
}

fn found(words: &[Word]) -> Option<Asking> {
    let places = PHRASES.places(words);
    let others: Vec<Found> = places.iter().copied().filter(|place| *PHRASES.meaning(*place) == Other).collect();
    let asks = |place: &Found| match PHRASES.meaning(*place) {
        Asks(Recording) if !others.is_empty() => None,
        Asks(directive) => {
            let other = others.iter().any(|other| other.from < place.to && place.from < other.to);
            (!other).then_some(*directive)
        }
        Other => None,
    };
    let asked: Vec<(Found, Directive)> =
        places.iter().filter_map(|place| asks(place).map(|directive| (*place, directive))).collect();
    let directive = asked.iter().map(|(_, directive)| *directive).min_by_key(|directive| precedence(*directive))?;
    let covered = |at: usize| asked.iter().any(|(place, _)| (place.from..place.to).contains(&at));
    Some(Asking { directive, nothing_else: only_polite(words, covered) })
}

fn alone(words: &[Word]) -> Option<Asking> {
    let alone = |list: &[&str]| {
        let is = |word: &Word| list.contains(&word.text.as_str());
        words.iter().any(is) && only_polite(words, |at| is(&words[at]))
    };
    // "Sorry", "excuse me", and no thanks or yes with it
    let directive = ALONE.iter().find(|(list, _)| alone(list)).map(|(_, directive)| *directive)?;
    let answers =
        words.iter().any(|word| ["yes", "yeah", "yep", "sure", "thanks", "thank"].contains(&word.text.as_str()));
    let agrees = words.windows(2).any(|pair| pair[0].text == "uh" && pair[1].text == "huh");
    (!answers && !agrees).then_some(Asking { directive, nothing_else: true })
}

/// Of several the first: "hold on, I meant Tuesday" corrects.
fn precedence(directive: Directive) -> u8 {
    match directive {
        Recording => 0,
        Correction => 1,
        NeverMind => 2,
        Slower => 3,
        Repeat => 4,
        Wait => 5,
    }
}

//! What an utterance does to the conversation: it answers yes or no, picks, asks for something to be said again, takes
//! something back. One thing at a time: whatever else an utterance holds counts before a directive, so that nothing that
//! was said is lost to "hold on"; and a red flag leaves no directive but a correction.

use domain::{Asked, Choice, Directive, Slots, YesNo};

use crate::grammar;
use crate::grammar::choice::Chosen;
use crate::grammar::directive::Asking;
use crate::phrase::{Word, words};

/// A directive that is not the whole utterance begins among its first words; later it is part of a story.
const DIRECTIVE_WORDS_MAX: usize = 10;

/// What an utterance does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Talk {
    pub(crate) yes_no: Option<YesNo>,
    pub(crate) choice: Option<Choice>,
    pub(crate) directive: Option<Directive>,
    /// It does this and says nothing else.
    pub(crate) nothing_else: bool,
}

/// What else stands in an utterance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beside {
    RedFlag,
    /// A wish, or a question that one of the practice's facts answers.
    Wish,
    Nothing,
}

/// What `text` does after `asked`. An utterance that is a directive and nothing else has no values: they are taken from
/// `slots`.
pub(crate) fn talk(text: &str, asked: Asked, slots: &mut Slots, beside: Beside) -> Talk {
    let words = words(text);
    let yes_no = yes_no(text, asked);
    let chosen = grammar::choice::chosen(text, asked);
    if let Some(directive) = whole_directive(text, asked, yes_no, beside) {
        *slots = Slots::default();
        return Talk { directive: Some(directive), nothing_else: true, ..Talk::default() };
    }
    let choice = chosen.map(|chosen| settled(chosen, &words, slots));
    let holds_values = choice.is_some() || has_values(slots);
    let directive =
        beside_directive(text, asked, &words, holds_values || beside != Beside::Nothing || yes_no.is_some());
    let corrects =
        directive.is_none() && has_values(slots) && may_correct(asked) && grammar::directive::opens_a_correction(text);
    let directive = if corrects { Some(Directive::Correction) } else { directive };
    let nothing_else = chosen.is_some_and(|chosen| chosen.nothing_else);
    Talk { yes_no: with_reserve(yes_no, asked, choice, directive, &words), choice, directive, nothing_else }
}

fn yes_no(text: &str, asked: Asked) -> Option<YesNo> {
    match asked {
        Asked::Safety if grammar::all_is_well(text) => Some(YesNo::No),
        Asked::YesNo => grammar::yes_no(text).or_else(|| misheard_no(text)),
        Asked::Choice | Asked::Safety | Asked::CalledEmergencyNumber => grammar::yes_no(text),
        Asked::NewOrKnown => grammar::reason::been_here(text),
        Asked::Open
        | Asked::Name
        | Asked::Spelling
        | Asked::Callback
        | Asked::DateOfBirth
        | Asked::Message
        | Asked::WhoIsThere
        | Asked::NameAndBirth
        | Asked::VisitReason
        | Asked::When
        | Asked::Drug
        | Asked::Dose
        | Asked::Pharmacy
        | Asked::DaysLeft
        | Asked::Detail => None,
    }
}

/// "Note": what recognisers write for a short "no", and what nobody answers. Where danger is asked for, it stays unclear; nor
/// is anything a misheard yes.
fn misheard_no(text: &str) -> Option<YesNo> {
    matches!(words(text).as_slice(), [only] if only.text == "note").then_some(YesNo::No)
}

/// The directive that is the whole utterance. "Cancel it" is a wish where none is being seen to.
fn whole_directive(text: &str, asked: Asked, yes_no: Option<YesNo>, beside: Beside) -> Option<Directive> {
    let Asking { directive, nothing_else } = grammar::directive::asking(text, asked)?;
    let answers_safety = is_about_safety(asked) && yes_no.is_some();
    let keeps = match (beside, directive) {
        (Beside::RedFlag, _) | (_, Directive::Correction) => false,
        (Beside::Wish, Directive::NeverMind) => asked != Asked::Open,
        (Beside::Wish, Directive::Recording) | (Beside::Nothing, _) => true,
        (Beside::Wish, Directive::Repeat | Directive::Slower | Directive::Wait) => false,
    };
    // an announcement says more than its sign; a caller who is made to wait says no more than that
    let whole = nothing_else || directive == Directive::Recording;
    // "yes, cancel it" confirms that it is to be cancelled
    let confirms = directive == Directive::NeverMind && yes_no == Some(YesNo::Yes);
    (whole && keeps && !answers_safety && !confirms).then_some(directive)
}

/// A directive at the beginning of something longer, if the rest holds nothing else that is known.
fn beside_directive(text: &str, asked: Asked, words: &[Word], holds_more: bool) -> Option<Directive> {
    let asking = grammar::directive::asking(text, asked)?;
    match asking.directive {
        Directive::Correction => (holds_more || asking.nothing_else).then_some(Directive::Correction),
        Directive::Repeat | Directive::Slower | Directive::Wait | Directive::NeverMind => {
            let is_short = words.len() <= DIRECTIVE_WORDS_MAX && asked != Asked::Open;
            (!holds_more && is_short).then_some(asking.directive)
        }
        Directive::Recording => None,
    }
}

/// A choice with what was said beside it. "Anything later on Friday?" is another time than those that were offered, and
/// "the second" is no date.
fn settled(chosen: Chosen, words: &[Word], slots: &mut Slots) -> Choice {
    match chosen.choice {
        Choice::Nth(_) | Choice::Last | Choice::Any => {
            slots.when.clear();
            chosen.choice
        }
        Choice::SomethingEarlier | Choice::SomethingLater if names_a_day(words) && !slots.when.is_empty() => {
            Choice::None
        }
        Choice::SomethingEarlier | Choice::SomethingLater => {
            slots.when.clear();
            chosen.choice
        }
        Choice::None => Choice::None,
    }
}

fn names_a_day(words: &[Word]) -> bool {
    const DAYS: &[&str] = &[
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "today",
        "tomorrow",
        "week",
        "month",
    ];
    words.iter().any(|word| DAYS.contains(&word.text.as_str()))
}

/// A choice is the whole answer to "Which?", and to refuse what is offered is to say no. A "yes" with a "but" confirms
/// nothing.
fn with_reserve(
    yes_no: Option<YesNo>,
    asked: Asked,
    choice: Option<Choice>,
    directive: Option<Directive>,
    words: &[Word],
) -> Option<YesNo> {
    let but = words.iter().any(|word| ["but", "except", "only", "instead"].contains(&word.text.as_str()));
    match (asked, choice, yes_no) {
        (Asked::Choice, Some(_), _) | (Asked::YesNo, Some(Choice::Nth(_) | Choice::Last | Choice::Any), _) => None,
        (Asked::YesNo, Some(Choice::None | Choice::SomethingEarlier | Choice::SomethingLater), yes_no) => {
            if yes_no == Some(YesNo::Yes) { None } else { Some(YesNo::No) }
        }
        (Asked::YesNo, None, Some(YesNo::Yes)) if but || directive == Some(Directive::Correction) => None,
        (_, _, yes_no) => yes_no,
    }
}

fn has_values(slots: &Slots) -> bool {
    let asked_for = slots.name.is_some() || slots.date_of_birth.is_some() || slots.callback.is_some();
    let of_visit = !slots.when.is_empty() || slots.provider_wish.is_some() || slots.appointment_type.is_some();
    asked_for || of_visit || slots.dose.is_some() || slots.days_left.is_some()
}

/// Questions whose answer tells whether somebody is in danger.
pub(crate) fn is_about_safety(asked: Asked) -> bool {
    matches!(asked, Asked::Safety | Asked::CalledEmergencyNumber | Asked::WhoIsThere)
}

/// Where nothing was said before, nothing is corrected; what is dictated corrects itself.
fn may_correct(asked: Asked) -> bool {
    !is_about_safety(asked) && !matches!(asked, Asked::Open | Asked::Message)
}

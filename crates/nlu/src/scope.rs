//! How much of an utterance is left for a model to judge.
//!
//! An answer is not put to a model, whose noise on "Maria Lopez" would raise the alarm, and is sure without one. It is an
//! answer only if next to nothing stands beside the value that was asked for.

use domain::{Asked, Phi, Practice, Slot, Slots};

use crate::conversation::Talk;
use crate::evidence::Scope;
use crate::grammar::plain::only_plain;
use crate::grammar::reason::OWN_WORDS;
use crate::phrase::words;
use crate::{facts, wishes};

/// Words that may stand beside a value before an answer is more than an answer: "it's", "my number is", "that's right".
/// What else a caller adds is read by the model too.
const BESIDE_VALUE_WORDS_MAX: usize = 4;

/// A yes or no in this many words is an answer and nothing else: "no that's all thanks".
const YES_NO_WORDS_MAX: usize = 4;

/// The words of a caller that take leave and say nothing else.
const LEAVE_WORDS_MAX: usize = 8;

/// What is left of `text` beside its answer to `asked`.
pub(crate) fn scope(text: &str, asked: Asked, slots: &Slots, talk: Talk, practice: &Practice) -> Scope {
    let words = text.split_whitespace().count();
    if talk.nothing_else || wishes::greeting(text) || (words <= LEAVE_WORDS_MAX && wishes::closing(text)) {
        return Scope::Answer;
    }
    let words_of = |heard: &Phi<String>| heard.expose().split_whitespace().count();
    let name = || slots.name.as_ref().map(|slot| words_of(&slot.heard));
    let born = || slots.date_of_birth.as_ref().map(|slot| words_of(&slot.heard));
    let of_visit = || slots.provider_wish.is_some() || slots.appointment_type.is_some() || !slots.when.is_empty();
    let of_value = match asked {
        Asked::Open | Asked::Message => return Scope::Open,
        Asked::Safety | Asked::CalledEmergencyNumber => {
            return answered(talk.yes_no.is_some() && words <= YES_NO_WORDS_MAX);
        }
        Asked::YesNo | Asked::Choice | Asked::NewOrKnown => {
            let short = talk.yes_no.is_some() && words <= YES_NO_WORDS_MAX;
            let said = talk.yes_no.is_some() || talk.choice.is_some() || of_visit();
            return answered(short || (said && says_no_more(text, practice)));
        }
        Asked::When | Asked::VisitReason => return answered(of_visit() && says_no_more(text, practice)),
        Asked::WhoIsThere | Asked::Detail => return Scope::BesideTheAnswer,
        Asked::Name | Asked::Spelling => name(),
        Asked::Callback => slots.callback.as_ref().map(|slot| words_of(&slot.heard)),
        Asked::DateOfBirth => born(),
        // half of it is asked for again
        Asked::NameAndBirth => {
            (name().is_some() || born().is_some()).then(|| name().unwrap_or(0) + born().unwrap_or(0))
        }
        Asked::Drug => slots.drug.as_ref().filter(|slot| listed(slot)).map(|slot| words_of(&slot.heard)),
        Asked::Pharmacy => slots.pharmacy.as_ref().filter(|slot| listed(slot)).map(|slot| words_of(&slot.heard)),
        Asked::Dose => slots.dose.as_ref().map(|slot| words_of(&slot.heard)),
        Asked::DaysLeft => slots.days_left.as_ref().map(|slot| words_of(&slot.heard)),
    };
    answered(of_value.is_some_and(|of_value| words.saturating_sub(of_value) <= BESIDE_VALUE_WORDS_MAX))
}

/// What is in no list may be anything: a model is asked.
pub(crate) fn listed(slot: &Slot<String>) -> bool {
    slot.certainty > OWN_WORDS
}

fn answered(answered: bool) -> Scope {
    if answered { Scope::Answer } else { Scope::BesideTheAnswer }
}

/// Whether `text` holds only courtesy, times, and the practice's own names for providers and appointments.
fn says_no_more(text: &str, practice: &Practice) -> bool {
    let desk = &practice.front_desk;
    let asked_with = desk.appointment_types.iter().flat_map(|kind| kind.asked_with.iter().chain([&kind.name]));
    let names = desk.providers.iter().map(|provider| &provider.name);
    let known: Vec<String> = asked_with.chain(names).flat_map(|phrase| facts::stems(phrase)).collect();
    let words = words(text);
    only_plain(&words, |at| known.contains(&facts::stem(words[at].text.clone())))
}

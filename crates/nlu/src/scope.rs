//! How much of an utterance is left for a model to judge.
//!
//! An answer is not put to a model, whose noise on "Maria Lopez" would raise the alarm, and is sure without one. It is an
//! answer only if next to nothing stands beside the value that was asked for.

use domain::{Asked, Practice, Slot, Slots};

use crate::conversation::Talk;
use crate::evidence::Scope;
use crate::grammar::plain::{is_plain, only_plain};
use crate::grammar::reason::OWN_WORDS;
use crate::ordinary::{self, Told};
use crate::phrase::{Word, words};
use crate::{facts, grammar, wishes};

/// So many ordinary words may stand beside a value before an answer is more than an answer: "it's", "my number is", "that's
/// right". What else a caller adds is read by the model too, be it a word.
const BESIDE_VALUE_WORDS_MAX: usize = 4;

/// A yes or no in this many ordinary words is an answer and nothing else: "no that's all thanks".
const YES_NO_WORDS_MAX: usize = 4;

/// What stands for a yes or no, or beside it, and tells nothing else.
const YES_NO_WORDS: &str = "uh huh mm hm hmm mhm nah yup aye ahead correct exactly absolutely definitely course certainly true indeed \
                            yet problem";

/// Words by which a caller takes back what they just said: with them, one word beside a value may be a part of what was wrong.
const TAKING_BACK: [&str; 5] = ["sorry", "no", "mean", "actually", "wait"];

/// The words of a caller that take leave and say nothing else.
const LEAVE_WORDS_MAX: usize = 8;

/// What is left of `text` beside its answer to `asked`.
pub(crate) fn scope(text: &str, asked: Asked, slots: &Slots, talk: Talk, practice: &Practice) -> Scope {
    let words = text.split_whitespace().count();
    if talk.nothing_else || wishes::greeting(text) || (words <= LEAVE_WORDS_MAX && wishes::closing(text)) {
        return Scope::Answer;
    }
    let name = || slots.name.as_ref().map(|slot| slot.heard.expose().as_str());
    let born = || slots.date_of_birth.as_ref().map(|slot| slot.heard.expose().as_str());
    let named;
    let of_visit = || slots.provider_wish.is_some() || slots.appointment_type.is_some() || !slots.when.is_empty();
    let of_value = match asked {
        Asked::Open | Asked::Message => return Scope::Open,
        Asked::Safety | Asked::CalledEmergencyNumber => {
            return answered(talk.yes_no.is_some() && words <= YES_NO_WORDS_MAX && is_ordinary(text, &[YES_NO_WORDS]));
        }
        Asked::YesNo | Asked::Choice | Asked::NewOrKnown => {
            let short = talk.yes_no.is_some() && words <= YES_NO_WORDS_MAX && is_ordinary(text, &[YES_NO_WORDS]);
            let said = talk.yes_no.is_some() || talk.choice.is_some() || of_visit();
            return answered(short || (said && says_no_more(text, practice)));
        }
        Asked::When | Asked::VisitReason => return answered(of_visit() && says_no_more(text, practice)),
        Asked::WhoIsThere | Asked::Detail => return Scope::BesideTheAnswer,
        Asked::Name | Asked::Spelling => vec![name()],
        Asked::Callback => vec![slots.callback.as_ref().map(|slot| slot.heard.expose().as_str())],
        // half of it is asked for again
        Asked::NameAndBirth => vec![name(), born()],
        Asked::DateOfBirth => {
            named = grammar::name(text, Asked::NameAndBirth).filter(|_| born().is_some());
            vec![named.as_ref().map(|slot| slot.heard.expose().as_str()), born()]
        }
        Asked::Drug => vec![slots.drug.as_ref().filter(|slot| listed(slot)).map(|slot| slot.heard.expose().as_str())],
        Asked::Pharmacy => {
            vec![slots.pharmacy.as_ref().filter(|slot| listed(slot)).map(|slot| slot.heard.expose().as_str())]
        }
        Asked::Dose => vec![slots.dose.as_ref().filter(|slot| listed(slot)).map(|slot| slot.heard.expose().as_str())],
        Asked::DaysLeft => vec![slots.days_left.as_ref().map(|slot| slot.heard.expose().as_str())],
    };
    let of_value: Vec<&str> = of_value.into_iter().flatten().collect();
    let of_value_words: usize = of_value.iter().map(|heard| heard.split_whitespace().count()).sum();
    let short = words.saturating_sub(of_value_words) <= BESIDE_VALUE_WORDS_MAX;
    let beside_a_name = matches!(asked, Asked::Name | Asked::Spelling | Asked::NameAndBirth);
    let says_no_more = is_ordinary(text, &of_value) || (beside_a_name && takes_back_a_name(text, &of_value));
    answered(!of_value.is_empty() && short && says_no_more)
}

/// "Rose Weber, sorry, Ruth Weber": the one word that tells nothing known stands before one of the value.
fn takes_back_a_name(text: &str, values: &[&str]) -> bool {
    let all = words(text);
    let of_values: Vec<_> = values.iter().flat_map(|value| words(value)).map(|word| word.text).collect();
    let of_value = |word: &Word| of_values.contains(&word.text);
    let mut unread = (0..all.len()).filter(|&at| !of_value(&all[at]) && !is_plain(&all[at]));
    let (Some(first), None) = (unread.next(), unread.next()) else { return false };
    all.iter().any(|word| TAKING_BACK.contains(&word.text.as_str())) && all.get(first + 1).is_some_and(of_value)
}

/// Whether nothing that could tell of how somebody feels stands in `text`, beside these values of it.
fn is_ordinary(text: &str, values: &[&str]) -> bool {
    let values: Vec<_> = values.iter().flat_map(|value| words(value)).map(|word| word.text).collect();
    ordinary::told(text, |word| word.text.len() == 1 || values.contains(&word.text)) != Told::Unread
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

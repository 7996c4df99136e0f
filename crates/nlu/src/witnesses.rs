//! How the witnesses of an utterance are heard together.
//!
//! **Urgency** is the highest that any witness gives; none can lower what another raised.
//! - A red flag raises to what its rule says.
//! - The model raises to *urgent* from [`URGENT_MIN`], and alone to *emergency* only from [`EMERGENCY_MIN`]: between the
//!   two, the receptionist asks the one safety question. Both are low for a model that would be believed, and high for one
//!   that would page a doctor for nothing; the measurement stands beside them.
//! - After a narrow question (a name, a number, yes or no), the answer itself is not put to the model, whose noise on
//!   "Maria Lopez" would raise the alarm. Whatever is said *beside* the answer is: if it is short, the model counts only if
//!   it also hears a symptom ([`SYMPTOM_MIN`]); from [`LONG_WORDS_MIN`] words on it is read in full.
//! - A language that is not English is judged by nobody here: the reading is unsure.
//! - If no model judged, no flag fired, nothing was clearly wished and not every word is one of ordinary life, nobody
//!   knows: the reading is *unsure*, which counts as urgent.
//!
//! **Wishes**: a symptom that is urgent comes first, then what written phrases found; where they found nothing, what the
//! model thinks, and beside a narrow answer only if much was said and the model is sure.

use domain::{CallerKind, Certainty, Intent, Probabilities, Reading, Urgency};

use crate::evidence::{ByRules, Judgement, Scope};
use crate::grammar::language::Language;

/// The model's probability of urgent or emergency together from which an utterance is urgent.
///
/// By `tests/seed.rs`, on 90 lines with Qwen2.5-Coder-1.5B: alone it raises 23 of 25 emergencies, 17 of 19 urgent and 1 of
/// 46 routine lines; at 0.3, 23, 18 and 4. With the rules it is 25, 19 and 1, all 25 emergencies as such. A small set,
/// invented, and not clinically validated.
const URGENT_MIN: f32 = 0.4;

/// The model's probability of emergency from which it needs no other witness. Same lines: 6 emergencies, no other line; at
/// 0.6, 12 and 2 urgent ones; at 0.5, a bereavement too. The rules are the witness for most emergencies.
const EMERGENCY_MIN: f32 = 0.7;

/// The model's probability of "symptom" from which its urgency counts beside a narrow answer, and from which an urgent
/// utterance is about a symptom before anything else.
const SYMPTOM_MIN: f32 = 0.5;

/// Beside a narrow answer a less probable wish is none.
const WISH_MIN: f32 = 0.5;

/// A less probable caller is "not yet known".
const CALLER_MIN: f32 = 0.5;

/// An answer of this many words is read as if it had not been asked for.
const LONG_WORDS_MIN: usize = 9;

/// Without a model, a written wish is all that a short utterance holds; a longer one may tell of something else too.
const CLEAR_WISH_WORDS_MAX: usize = 12;

/// The reading that all witnesses together give.
pub(crate) fn conclude(by_rules: ByRules, judged: Option<Judgement>) -> Reading {
    let certainty = certainty(&by_rules, judged.as_ref());
    let model_urgency = judged.as_ref().map_or(Urgency::Routine, |judged| urgency_by_model(&by_rules, judged));
    let by_witnesses = by_rules.red_flags.iter().map(|flag| flag.urgency).fold(model_urgency, Urgency::raise);
    let urgency = match certainty {
        Certainty::Sure => by_witnesses,
        Certainty::Unsure => by_witnesses.raise(Urgency::Urgent),
    };
    let intents = intents(&by_rules, judged.as_ref(), by_witnesses);
    Reading {
        caller: caller(&by_rules, judged.as_ref(), &intents),
        intents,
        urgency,
        p: judged.map_or(Probabilities::default(), |judged| judged.urgency),
        head: Probabilities::default(),
        slots: by_rules.slots,
        red_flags: by_rules.red_flags,
        certainty,
        yes_no: by_rules.talk.yes_no,
        fact: by_rules.fact,
        choice: by_rules.talk.choice,
        directive: by_rules.talk.directive,
        language: by_rules.language.map(|language| match language {
            Language::Spoken(name) | Language::Wanted(name) => name,
        }),
    }
}

fn certainty(by_rules: &ByRules, judged: Option<&Judgement>) -> Certainty {
    let clear_wish = by_rules.words <= CLEAR_WISH_WORDS_MAX && (!by_rules.wishes.is_empty() || by_rules.fact.is_some());
    if matches!(by_rules.language, Some(Language::Spoken(_))) && by_rules.red_flags.is_empty() {
        return Certainty::Unsure;
    }
    // who calls for their work is asked for what they want, or paged for
    let calls_for_work = match by_rules.caller {
        Some(CallerKind::Clinician | CallerKind::Pharmacy | CallerKind::Insurer | CallerKind::Vendor) => true,
        Some(CallerKind::Patient | CallerKind::Caregiver | CallerKind::NewPatient | CallerKind::Other) | None => false,
    };
    let by_words = by_rules.scope == Scope::Answer || clear_wish || by_rules.ordinary || calls_for_work;
    if judged.is_some() || !by_rules.red_flags.is_empty() || by_words { Certainty::Sure } else { Certainty::Unsure }
}

fn urgency_by_model(by_rules: &ByRules, judged: &Judgement) -> Urgency {
    let counts = match by_rules.scope {
        Scope::Answer => false,
        Scope::BesideTheAnswer => by_rules.words >= LONG_WORDS_MIN || hears_symptom(judged),
        Scope::Open => true,
    };
    let p = judged.urgency;
    if counts && p.emergency >= EMERGENCY_MIN {
        Urgency::Emergency
    } else if counts && p.emergency + p.urgent >= URGENT_MIN {
        Urgency::Urgent
    } else {
        Urgency::Routine
    }
}

fn hears_symptom(judged: &Judgement) -> bool {
    judged.intent.0 == Intent::Symptom && judged.intent.1 >= SYMPTOM_MIN
}

fn intents(by_rules: &ByRules, judged: Option<&Judgement>, urgency: Urgency) -> Vec<Intent> {
    let mut intents = Vec::new();
    let mut wish = |intent| {
        if !intents.contains(&intent) {
            intents.push(intent);
        }
    };
    let from_outside =
        judged.is_some_and(|judged| matches!(judged.intent.0, Intent::ClinicianCall | Intent::PharmacyCall));
    let is_symptom = !by_rules.red_flags.is_empty() && !from_outside || judged.is_some_and(hears_symptom);
    if is_symptom && urgency > Urgency::Routine {
        wish(Intent::Symptom);
    }
    by_rules.wishes.iter().copied().for_each(&mut wish);
    if by_rules.wishes.is_empty() && by_rules.fact.is_some() {
        wish(Intent::OfficeInfo);
    }
    if let Some(judged) = judged.filter(|judged| may_guess(by_rules, judged)) {
        wish(judged.intent.0);
    }
    if intents.is_empty() {
        intents.push(Intent::Other);
    }
    intents
}

/// Where a wish was clearly said, or a narrow answer was due, the model's guess would only add an errand that nobody has.
fn may_guess(by_rules: &ByRules, judged: &Judgement) -> bool {
    let nothing_said = by_rules.wishes.is_empty() && by_rules.fact.is_none();
    nothing_said
        && match by_rules.scope {
            Scope::Answer => false,
            Scope::BesideTheAnswer => by_rules.words >= LONG_WORDS_MIN && judged.intent.1 >= WISH_MIN,
            Scope::Open => true,
        }
}

fn caller(by_rules: &ByRules, judged: Option<&Judgement>, intents: &[Intent]) -> CallerKind {
    let by_model = judged.map(|judged| judged.caller).filter(|(_, p)| *p >= CALLER_MIN);
    let known = by_model.map_or(CallerKind::Other, |(caller, _)| caller);
    if let Some(caller) = by_rules.caller {
        caller
    } else if intents.contains(&Intent::PharmacyCall) {
        CallerKind::Pharmacy
    } else if intents.contains(&Intent::ClinicianCall) {
        CallerKind::Clinician
    } else if by_rules.for_another && matches!(known, CallerKind::Patient | CallerKind::Other) {
        CallerKind::Caregiver
    } else {
        known
    }
}

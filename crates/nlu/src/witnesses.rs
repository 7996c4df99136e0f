//! How the witnesses of an utterance are heard together.
//!
//! **Urgency** is the highest that any witness gives; none can lower what another raised.
//! - A red flag raises to what its rule says. One that fired by doubtful words does not count where everybody who was trained is
//!   sure that it is nothing: the one exception.
//! - The language model and the learned head each raise to *urgent*, and alone to *emergency*, from what they were found to
//!   be worth believing at ([`MODEL`], [`HEAD`], [`UNTRAINED`]); the model is believed sooner where the head is silent
//!   ([`MODEL_ALONE`]), and both later where every word is one of ordinary life ([`BESIDE`]).
//! - After a narrow question (a name, a number, yes or no), the answer itself is not put to the model, whose noise on
//!   "Maria Lopez" would raise the alarm. Whatever is said *beside* the answer is: if it is short, the model counts only if
//!   it also hears a symptom ([`SYMPTOM_MIN`]); from [`LONG_WORDS_MIN`] words on it is read in full.
//! - A language that is not English is judged by nobody here: the reading is unsure.
//! - If no model judged, no flag fired, nothing was clearly wished and not every word is one of ordinary life, nobody
//!   knows: the reading is *unsure*, which counts as urgent.
//!
//! **Wishes**: a symptom that is urgent comes first, then what written phrases found; where they found nothing, what the
//! model thinks, and beside a narrow answer only if much was said and the model is sure.

use domain::{CallerKind, Certainty, Intent, Probabilities, RaisedBy, Reading, RedFlag, Urgency};

use crate::evidence::{ByRules, Judgement, Learned, Scope};
use crate::grammar::language::Language;

/// From which probabilities on a model is believed.
#[derive(Clone, Copy)]
struct Weighing {
    /// Of urgent and emergency together: it is urgent.
    urgent_min: f32,
    /// Of emergency: it is one, though no other witness says so.
    emergency_min: f32,
}

/// By `tests/seed.rs`, on 90 lines with Qwen2.5-Coder-1.5B: alone it raises 23 of 25 emergencies, 17 of 19 urgent and 1 of
/// 46 routine lines; at 0.3, 23, 18 and 4. With the rules it is 25, 19 and 1, all 25 emergencies as such. From 0.7 on it
/// calls 6 emergencies so, and no other line; from 0.6, 12 and 2 urgent ones. A small set, invented, and not clinically
/// validated.
const UNTRAINED: Weighing = Weighing { urgent_min: 0.4, emergency_min: 0.7 };
/// The trained language model and the learned head, each alone. Set together on `eval/suites/validation`, on the OR with the rules
/// (`training/thresholds.py`): of 459 emergencies 4 are called less, of 176 near misses 11 and of 274 other routine ones 17 are called
/// emergencies. With 0.3 and 0.07 it is 4, 8 and 15: of two that do alike there the lower was taken.
const MODEL: Weighing = Weighing { urgent_min: 0.6, emergency_min: 0.2 };
const HEAD: Weighing = Weighing { urgent_min: 0.25, emergency_min: 0.06 };
/// The trained language model where the head is silent.
const MODEL_ALONE: Weighing = Weighing { urgent_min: 0.15, emergency_min: 0.1 };
/// Each of them beside the answer to a narrow question, where few words stand for little, and for words of ordinary life alone. Of 221
/// routine answers of `eval/suites/validation` 4 are raised so, of 78 with an emergency 33; from 0.8 on 1 and 23, from 0.3 on 6 and 37.
const BESIDE: Weighing = Weighing { urgent_min: 0.6, emergency_min: 0.5 };

/// A rule that fired by doubtful words counts, unless all who were trained are surer than this that it is nothing.
const HALF_AGREES_MIN: f32 = 0.05;

/// The model's probability of "symptom" from which its urgency counts beside a narrow answer, and from which an urgent
/// utterance is about a symptom before anything else.
const SYMPTOM_MIN: f32 = 0.5;

/// Beside a narrow answer a less probable wish is none.
const WISH_MIN: f32 = 0.5;

/// A wish that written phrases found is believed from this probability on.
const POSSIBLE_MIN: f32 = 0.05;

/// A second wish, by the learned head, which is asked of each whether it is wished for.
const ALSO_MIN: f32 = 0.35;

/// A less probable caller is "not yet known".
const CALLER_MIN: f32 = 0.5;

/// An answer of this many words is read as if it had not been asked for.
const LONG_WORDS_MIN: usize = 9;

/// Without a model, a written wish is all that a short utterance holds; a longer one may tell of something else too.
const CLEAR_WISH_WORDS_MAX: usize = 12;

/// The reading that all witnesses together give.
pub(crate) fn conclude(mut by_rules: ByRules, learned: &Learned) -> Reading {
    let together = learned.together();
    let judged = together.as_ref();
    by_rules.red_flags.retain(|fired| fired.sure || half_agree(learned, &fired.flag));
    let certainty = certainty(&by_rules, judged);
    let by_flags = by_rules.red_flags.iter().map(|fired| fired.flag.urgency).fold(Urgency::Routine, Urgency::raise);
    // Words of ordinary life alone tell of no danger, unless somebody is quite sure: "I need to cancel my appointment".
    let open = by_rules.scope == Scope::Open && !by_rules.ordinary;
    let of_model = match (learned.trained, open) {
        (false, _) => UNTRAINED,
        (true, true) if learned.head.is_none() => MODEL_ALONE,
        (true, true) => MODEL,
        (true, false) => BESIDE,
    };
    let of_head = if open { HEAD } else { BESIDE };
    let raised = |judged: &Option<Judgement>, weighing| {
        judged.as_ref().map_or(Urgency::Routine, |judged| raised_by(judged, weighing, &by_rules))
    };
    let raised_by = RaisedBy { model: raised(&learned.model, of_model), head: raised(&learned.head, of_head) };
    let by_witnesses = by_flags.raise(raised_by.model).raise(raised_by.head);
    let urgency = match certainty {
        Certainty::Sure => by_witnesses,
        Certainty::Unsure => by_witnesses.raise(Urgency::Urgent),
    };
    let intents = match judged {
        Some(judged) if learned.head.is_some() && by_rules.scope == Scope::Open => {
            learned_intents(&by_rules, judged, by_witnesses)
        }
        _ => intents(&by_rules, judged, by_witnesses),
    };
    let caller = caller(&by_rules, judged, &intents);
    let fact = by_rules.fact.filter(|_| learned.head.is_none() || intents.iter().any(|intent| has_facts(*intent)));
    Reading {
        caller,
        intents,
        urgency,
        p: told(learned.model.as_ref()),
        head: told(learned.head.as_ref()),
        raised_by,
        slots: by_rules.slots,
        red_flags: by_rules.red_flags.into_iter().map(|fired| fired.flag).collect(),
        certainty,
        yes_no: by_rules.talk.yes_no,
        fact,
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

/// Whether anybody who was trained finds the danger that a doubtful rule names at least possible; nobody trained, nobody denies.
fn half_agree(learned: &Learned, flag: &RedFlag) -> bool {
    let model = learned.model.as_ref().filter(|_| learned.trained);
    let mut trained = model.into_iter().chain(&learned.head).peekable();
    let possible = |judged: &Judgement| match flag.urgency {
        Urgency::Emergency => judged.urgency.emergency >= HALF_AGREES_MIN,
        Urgency::Urgent | Urgency::Routine => judged.urgency.emergency + judged.urgency.urgent >= HALF_AGREES_MIN,
    };
    trained.peek().is_none() || trained.any(possible)
}

fn told(judged: Option<&Judgement>) -> Probabilities {
    judged.map_or(Probabilities::default(), |judged| judged.urgency)
}

fn raised_by(judged: &Judgement, weighing: Weighing, by_rules: &ByRules) -> Urgency {
    let counts = match by_rules.scope {
        Scope::Answer => false,
        Scope::BesideTheAnswer => by_rules.words >= LONG_WORDS_MIN || hears_symptom(judged),
        Scope::Open => true,
    };
    let p = judged.urgency;
    if counts && p.emergency >= weighing.emergency_min {
        Urgency::Emergency
    } else if counts && p.emergency + p.urgent >= weighing.urgent_min {
        Urgency::Urgent
    } else {
        Urgency::Routine
    }
}

fn hears_symptom(judged: &Judgement) -> bool {
    let (intent, p) = judged.intent();
    intent == Intent::Symptom && p >= SYMPTOM_MIN
}

fn intents(by_rules: &ByRules, judged: Option<&Judgement>, urgency: Urgency) -> Vec<Intent> {
    let mut intents = Vec::new();
    let mut wish = |intent| {
        if !intents.contains(&intent) {
            intents.push(intent);
        }
    };
    let from_outside =
        judged.is_some_and(|judged| matches!(judged.intent().0, Intent::ClinicianCall | Intent::PharmacyCall));
    let is_symptom = !by_rules.red_flags.is_empty() && !from_outside || judged.is_some_and(hears_symptom);
    if is_symptom && urgency > Urgency::Routine {
        wish(Intent::Symptom);
    }
    by_rules.wishes.iter().copied().for_each(&mut wish);
    if by_rules.wishes.is_empty() && by_rules.fact.is_some() {
        wish(Intent::OfficeInfo);
    }
    if let Some(judged) = judged.filter(|judged| may_guess(by_rules, judged)) {
        wish(judged.intent().0);
    }
    if intents.is_empty() {
        intents.push(Intent::Other);
    }
    intents
}

/// What those who learned make of it leads, where they are sure enough of it; what written phrases found is added as far as
/// it is at least possible.
fn learned_intents(by_rules: &ByRules, judged: &Judgement, urgency: Urgency) -> Vec<Intent> {
    let mut intents = Vec::new();
    let (best, p) = judged.intent();
    let from_outside = matches!(best, Intent::ClinicianCall | Intent::PharmacyCall | Intent::PrescriptionRefill);
    if urgency > Urgency::Routine && !from_outside && (!by_rules.red_flags.is_empty() || hears_symptom(judged)) {
        intents.push(Intent::Symptom);
    }
    if p >= WISH_MIN || by_rules.wishes.is_empty() {
        intents.push(best);
    }
    let possible = |wish: &Intent| judged.p_of(*wish) >= POSSIBLE_MIN || judged.is_wished(*wish, POSSIBLE_MIN);
    intents.extend(by_rules.wishes.iter().copied().filter(possible));
    intents.extend(judged.wished(ALSO_MIN));
    if intents.is_empty() {
        intents.push(best);
    }
    let mut seen = Vec::new();
    intents.retain(|intent| {
        !seen.contains(intent) && {
            seen.push(*intent);
            true
        }
    });
    intents
}

/// Whether the practice's facts may answer it.
fn has_facts(intent: Intent) -> bool {
    matches!(intent, Intent::OfficeInfo | Intent::Insurance | Intent::Other)
}

/// Where a wish was clearly said, or a narrow answer was due, the model's guess would only add an errand that nobody has.
fn may_guess(by_rules: &ByRules, judged: &Judgement) -> bool {
    let nothing_said = by_rules.wishes.is_empty() && by_rules.fact.is_none();
    nothing_said
        && match by_rules.scope {
            Scope::Answer => false,
            Scope::BesideTheAnswer => by_rules.words >= LONG_WORDS_MIN && judged.intent().1 >= WISH_MIN,
            Scope::Open => true,
        }
}

fn caller(by_rules: &ByRules, judged: Option<&Judgement>, intents: &[Intent]) -> CallerKind {
    let by_model = judged.map(Judgement::caller).filter(|(_, p)| *p >= CALLER_MIN);
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

//! What each witness of an utterance says, before they are heard together.

use domain::{CallerKind, FactId, Intent, Probabilities, Slots, Urgency};

use crate::conversation::Talk;
use crate::grammar::language::Language;
use crate::red_flags::Fired;

/// What the rules make of an utterance.
#[derive(Debug)]
pub(crate) struct ByRules {
    pub(crate) red_flags: Vec<Fired>,
    pub(crate) wishes: Vec<Intent>,
    pub(crate) fact: Option<FactId>,
    pub(crate) talk: Talk,
    pub(crate) slots: Slots,
    /// Who says to be calling.
    pub(crate) caller: Option<CallerKind>,
    /// Whether somebody else than the caller seems to be the patient.
    pub(crate) for_another: bool,
    /// The language that was spoken or asked for, if it is not English.
    pub(crate) language: Option<Language>,
    pub(crate) words: usize,
    pub(crate) scope: Scope,
    /// It is made of words of ordinary life alone.
    pub(crate) ordinary: bool,
}

/// How much of an utterance is left to be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// It says what was asked, or good-bye, and nothing else: there is nothing for a model to judge.
    Answer,
    /// An answer was asked for, and this is something else, or more.
    BesideTheAnswer,
    /// Anything may be in it.
    Open,
}

/// What a model makes of an utterance.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Judgement {
    pub(crate) urgency: Probabilities,
    /// In the order of [`Intent::ALL`].
    intents: Vec<f32>,
    /// Of each, whether it is wished for beside whatever else; empty where that was not asked.
    wishes: Vec<f32>,
    /// In the order of [`CallerKind::ALL`].
    callers: Vec<f32>,
}

impl Judgement {
    /// From the probabilities of each urgency, each intent and each caller, in the order of their labels, and of each intent
    /// as one among others if that was asked. None if they are not these.
    pub(crate) fn new(answers: &[Vec<f32>]) -> Option<Self> {
        let [urgency, intents, callers, wishes @ ..] = answers else { return None };
        let wishes = match wishes {
            [] => Vec::new(),
            [wishes] if wishes.len() == Intent::ALL.len() => wishes.clone(),
            _ => return None,
        };
        let of =
            |wanted: Urgency| Urgency::ALL.iter().position(|u| *u == wanted).and_then(|at| urgency.get(at)).copied();
        let urgency = Probabilities {
            emergency: of(Urgency::Emergency)?,
            urgent: of(Urgency::Urgent)?,
            routine: of(Urgency::Routine)?,
        };
        let complete = intents.len() == Intent::ALL.len() && callers.len() == CallerKind::ALL.len();
        let probable = answers.iter().flatten().all(|p| (0.0..=1.001).contains(p)); // sums are rounded
        (complete && probable).then(|| Self { urgency, intents: intents.clone(), wishes, callers: callers.clone() })
    }

    /// The most probable wish.
    pub(crate) fn intent(&self) -> (Intent, f32) {
        most_probable(Intent::ALL, &self.intents)
    }

    /// The probability of a wish.
    pub(crate) fn p_of(&self, intent: Intent) -> f32 {
        let at = Intent::ALL.iter().position(|listed| *listed == intent);
        at.map_or(0.0, |at| self.intents[at])
    }

    /// Whether this is wished for with at least this probability, beside whatever else.
    pub(crate) fn is_wished(&self, intent: Intent, p_min: f32) -> bool {
        self.wished(p_min).any(|wished| wished == intent)
    }

    /// What is wished for with at least this probability, beside whatever else.
    pub(crate) fn wished(&self, p_min: f32) -> impl Iterator<Item = Intent> {
        Intent::ALL.iter().copied().zip(&self.wishes).filter(move |(_, p)| **p >= p_min).map(|(intent, _)| intent)
    }

    /// The most probable caller.
    pub(crate) fn caller(&self) -> (CallerKind, f32) {
        most_probable(CallerKind::ALL, &self.callers)
    }
}

fn most_probable<T: Copy>(labels: &[T], probabilities: &[f32]) -> (T, f32) {
    let pairs = labels.iter().copied().zip(probabilities.iter().copied());
    pairs.max_by(|(_, a), (_, b)| a.total_cmp(b)).expect("there are as many probabilities as labels")
}

/// What those who learned make of an utterance.
#[derive(Clone, Debug, Default)]
pub(crate) struct Learned {
    /// The language model, where it was asked and answered.
    pub(crate) model: Option<Judgement>,
    /// Whether it was trained to judge just this.
    pub(crate) trained: bool,
    /// The head on sentence embeddings; always trained.
    pub(crate) head: Option<Judgement>,
}

impl Learned {
    /// Both together, each for as much as the other; where one is silent, the other. For what is wished and who calls: urgency is each
    /// one's own.
    pub(crate) fn together(&self) -> Option<Judgement> {
        let (Some(model), Some(head)) = (&self.model, &self.head) else {
            return self.model.clone().or_else(|| self.head.clone());
        };
        let mean = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f32::midpoint(*a, *b)).collect();
        let (a, b) = (model.urgency, head.urgency);
        let urgency = Probabilities {
            emergency: f32::midpoint(a.emergency, b.emergency),
            urgent: f32::midpoint(a.urgent, b.urgent),
            routine: f32::midpoint(a.routine, b.routine),
        };
        let (intents, callers) = (mean(&model.intents, &head.intents), mean(&model.callers, &head.callers));
        Some(Judgement { urgency, intents, wishes: head.wishes.clone(), callers })
    }
}

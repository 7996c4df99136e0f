//! What each witness of an utterance says, before they are heard together.

use domain::{CallerKind, FactId, Intent, Probabilities, RedFlag, Slots};

use crate::conversation::Talk;
use crate::grammar::language::Language;

/// What the rules make of an utterance.
#[derive(Debug)]
pub(crate) struct ByRules {
    pub(crate) red_flags: Vec<RedFlag>,
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

/// What the model makes of an utterance.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Judgement {
    pub(crate) urgency: Probabilities,
    /// The most probable wish.
    pub(crate) intent: (Intent, f32),
    /// The most probable caller.
    pub(crate) caller: (CallerKind, f32),
}

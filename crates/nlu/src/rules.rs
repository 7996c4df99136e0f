//! Everything that is read without a model: red flags, wishes, facts, and the values of the grammars.
//!
//! Takes a fraction of a millisecond and needs no thread of its own: shells read partials and late utterances with it.

use std::sync::Arc;

use domain::{Asked, FactId, Intent, Phi, Practice, Reading, RedFlag, Slot, Slots, YesNo};

use crate::reader::ReadContext;
use crate::red_flags::RedFlags;
use crate::{facts, grammar, wishes, witnesses};

/// Words that may stand beside a value before an answer is more than an answer: "it's", "my number is", "that's right".
/// What else a caller adds is read by the model too.
const BESIDE_VALUE_WORDS_MAX: usize = 4;

/// A yes or no in this many words is an answer and nothing else: "no that's all thanks".
const YES_NO_WORDS_MAX: usize = 4;

/// The words of a caller that take leave and say nothing else.
const LEAVE_WORDS_MAX: usize = 8;

/// Tells relatives and others who speak for a patient by the subject of what they say.
const OTHER_PEOPLE: &[&str] = &[
    "aunt",
    "baby",
    "boy",
    "boyfriend",
    "brother",
    "child",
    "dad",
    "daughter",
    "father",
    "girl",
    "girlfriend",
    "grandfather",
    "grandma",
    "grandmother",
    "grandpa",
    "grandson",
    "granddaughter",
    "he",
    "he's",
    "husband",
    "infant",
    "kid",
    "mom",
    "mother",
    "mum",
    "newborn",
    "niece",
    "nephew",
    "roommate",
    "she",
    "she's",
    "sister",
    "son",
    "toddler",
    "uncle",
    "wife",
];

/// The subject of what is said stands among the first words: "my husband", "our little girl".
const SUBJECT_WORDS: usize = 4;

/// The written rules and a practice's own words.
#[derive(Debug)]
pub struct Rules {
    practice: Arc<Practice>,
    area_code: Option<String>,
    red_flags: RedFlags,
}

/// What the rules make of an utterance.
#[derive(Debug)]
pub(crate) struct ByRules {
    pub(crate) red_flags: Vec<RedFlag>,
    pub(crate) wishes: Vec<Intent>,
    pub(crate) fact: Option<FactId>,
    pub(crate) yes_no: Option<YesNo>,
    pub(crate) slots: Slots,
    /// Whether somebody else than the caller seems to be the patient.
    pub(crate) for_another: bool,
    pub(crate) words: usize,
    pub(crate) scope: Scope,
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

impl Rules {
    /// `area_code`: the practice's own three digits, for numbers that are said without one.
    pub(crate) fn new(practice: Arc<Practice>, area_code: Option<&str>, red_flags: RedFlags) -> Self {
        Self { practice, area_code: area_code.map(str::to_owned), red_flags }
    }

    /// The red-flag rules.
    pub fn red_flags(&self) -> &RedFlags {
        &self.red_flags
    }

    /// What an utterance means as far as rules can tell; unsure where only a model could.
    pub fn read(&self, text: &Phi<String>, context: &ReadContext) -> Reading {
        let by_rules = self.hear(text.expose(), context);
        self.conclude(text, context, by_rules, None)
    }

    /// The rules' part of a reading.
    pub(crate) fn hear(&self, text: &str, context: &ReadContext) -> ByRules {
        let yes_no = match context.asked {
            Asked::YesNo | Asked::Safety | Asked::CalledEmergencyNumber => grammar::yes_no(text),
            Asked::Open
            | Asked::Name
            | Asked::Spelling
            | Asked::Callback
            | Asked::DateOfBirth
            | Asked::Message
            | Asked::WhoIsThere => None,
        };
        let slots = self.slots(text, context);
        let words = text.split_whitespace().count();
        ByRules {
            red_flags: self.red_flags.find(text),
            wishes: wishes::wishes(text),
            fact: facts::which_fact(text, &self.practice.facts),
            scope: scope(text, words, context.asked, &slots, yes_no),
            for_another: for_another(text),
            yes_no,
            slots,
            words,
        }
    }

    /// All witnesses together.
    pub(crate) fn conclude(
        &self,
        text: &Phi<String>,
        context: &ReadContext,
        by_rules: ByRules,
        judged: Option<crate::questions::Judgement>,
    ) -> Reading {
        let mut reading = witnesses::conclude(by_rules, judged);
        if reading.intents.iter().any(|intent| is_about_time(*intent)) {
            reading.slots.when = grammar::when(text.expose(), &context.now, &self.practice.hours);
        }
        if matches!(context.asked, Asked::Open | Asked::Message) && is_told_at_length(reading.intent()) {
            reading.slots.reason = Some(Slot { value: text.clone(), heard: text.clone(), certainty: REASON_CERTAINTY });
        }
        reading
    }

    fn slots(&self, text: &str, context: &ReadContext) -> Slots {
        let words = &self.practice.words;
        let mut slots = Slots {
            provider: grammar::provider(text, words),
            drug: grammar::drug(text, words),
            pharmacy: grammar::pharmacy(text, words),
            ..Slots::default()
        };
        match context.asked {
            Asked::DateOfBirth => slots.date_of_birth = grammar::date_of_birth(text, context.now.date()),
            Asked::Spelling => slots.name = grammar::spelling(text).or_else(|| grammar::name(text, context.asked)),
            Asked::Open
            | Asked::Name
            | Asked::Callback
            | Asked::Message
            | Asked::YesNo
            | Asked::Safety
            | Asked::CalledEmergencyNumber
            | Asked::WhoIsThere => {
                slots.name = grammar::name(text, context.asked);
                slots.callback = grammar::telephone(text, self.area_code.as_deref());
                if ["born", "birth"].iter().any(|word| text.contains(word)) {
                    slots.date_of_birth = grammar::date_of_birth(text, context.now.date());
                }
            }
        }
        slots
    }
}

/// What is told at length is kept as it was said, hence surely, but it may say more than the reason.
const REASON_CERTAINTY: f32 = 0.6;

fn is_about_time(intent: Intent) -> bool {
    use Intent::{BookAppointment, CancelAppointment, ConfirmAppointment, RescheduleAppointment};
    matches!(intent, BookAppointment | RescheduleAppointment | CancelAppointment | ConfirmAppointment)
}

fn is_told_at_length(intent: Intent) -> bool {
    matches!(intent, Intent::Symptom | Intent::BookAppointment | Intent::LeaveMessage)
}

fn scope(text: &str, words: usize, asked: Asked, slots: &Slots, yes_no: Option<YesNo>) -> Scope {
    if words <= LEAVE_WORDS_MAX && wishes::closing(text) {
        return Scope::Answer;
    }
    let heard = match asked {
        Asked::Open | Asked::Message => return Scope::Open,
        Asked::YesNo | Asked::Safety | Asked::CalledEmergencyNumber => {
            let answered = yes_no.is_some() && words <= YES_NO_WORDS_MAX;
            return if answered { Scope::Answer } else { Scope::BesideTheAnswer };
        }
        Asked::WhoIsThere => return Scope::BesideTheAnswer,
        Asked::Name | Asked::Spelling => slots.name.as_ref().map(|slot| &slot.heard),
        Asked::Callback => slots.callback.as_ref().map(|slot| &slot.heard),
        Asked::DateOfBirth => slots.date_of_birth.as_ref().map(|slot| &slot.heard),
    };
    let beside = heard.map(|heard| words.saturating_sub(heard.expose().split_whitespace().count()));
    match beside {
        Some(beside) if beside <= BESIDE_VALUE_WORDS_MAX => Scope::Answer,
        Some(_) | None => Scope::BesideTheAnswer,
    }
}

fn for_another(text: &str) -> bool {
    let subject = text.split(|c: char| !c.is_alphabetic() && c != '\'').filter(|word| !word.is_empty());
    subject.take(SUBJECT_WORDS).any(|word| {
        let word = word.to_lowercase();
        OTHER_PEOPLE.contains(&word.as_str()) || OTHER_PEOPLE.contains(&word.trim_end_matches("'s"))
    })
}

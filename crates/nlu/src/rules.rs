//! Everything that is read without a model: red flags, wishes, facts, and the values of the grammars.
//!
//! Takes a fraction of a millisecond and needs no thread of its own: shells read partials and late utterances with it.

use std::sync::Arc;

use domain::{Asked, CallerKind, Intent, Interval, Phi, Practice, Reading, Slot, Slots, YesNo};

use crate::context::{ReadContext, Said};
use crate::conversation::{self, Beside, is_about_safety};
use crate::evidence::{ByRules, Learned};
use crate::grammar::{BARE, INTRODUCED};
use crate::ordinary::{Told, told};
use crate::phrase::{Word, words};
use crate::red_flags::RedFlags;
use crate::scope::{listed, scope};
use crate::{facts, grammar, wishes, witnesses};

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

/// A longer "no" tells more than that nothing is given.
const REFUSAL_WORDS_MAX: usize = 3;

/// The written rules and a practice's own words.
#[derive(Debug)]
pub struct Rules {
    practice: Arc<Practice>,
    area_code: Option<String>,
    red_flags: RedFlags,
    /// The words of the practice's own names: its providers, streets and itself; no medicines.
    names: Vec<Word>,
}

impl Rules {
    /// `area_code`: the practice's own three digits, for numbers that are said without one.
    pub(crate) fn new(practice: Arc<Practice>, area_code: Option<&str>, red_flags: RedFlags) -> Self {
        let providers = practice.front_desk.providers.iter().map(|provider| &provider.name);
        let listed = practice.words.iter().filter(|name| grammar::drug(name, &practice.words).is_none());
        let names = providers.chain([&practice.name]).chain(listed).flat_map(|name| words(name)).collect();
        Self { practice, area_code: area_code.map(str::to_owned), red_flags, names }
    }

    /// The red-flag rules.
    pub fn red_flags(&self) -> &RedFlags {
        &self.red_flags
    }

    /// What an utterance means as far as rules can tell; unsure where only a model could.
    pub fn read(&self, text: &Phi<String>, context: &ReadContext) -> Reading {
        let by_rules = self.hear(text.expose(), context);
        self.conclude(text, context, by_rules, &Learned::default())
    }

    /// Whether rules fire only by words that also stand where nobody is in danger: who has a model waits for it.
    pub fn doubts(&self, text: &Phi<String>) -> bool {
        let fired = self.red_flags.find(text.expose());
        !fired.is_empty() && fired.iter().all(|fired| !fired.sure)
    }

    /// The rules' part of a reading.
    pub(crate) fn hear(&self, text: &str, context: &ReadContext) -> ByRules {
        let mut slots = self.slots(text, context);
        let red_flags = self.red_flags.find(text);
        let mut wishes = wishes::wishes(text);
        let fact = facts::which_fact(text, &self.practice.facts);
        if fact.is_some() && wishes == [Intent::Insurance] {
            // "do you take Medicare?" has its answer
            wishes.clear();
        }
        let beside = match (red_flags.is_empty(), wishes.is_empty() && fact.is_none()) {
            (false, _) => Beside::RedFlag,
            (true, false) => Beside::Wish,
            (true, true) => Beside::Nothing,
        };
        let caller = grammar::callers::caller(text);
        wishes.retain(|wish| may_be_wished_by(*wish, caller.kind) && !is_merely_unable(*wish, text, context.asked));
        let talk = conversation::talk(text, context.asked, &mut slots, beside);
        if talk.directive.is_some() && talk.nothing_else {
            wishes.clear();
        } else if beside != Beside::Wish && slots.appointment_type.is_some() && wishes::wants_something(text) {
            wishes.push(Intent::BookAppointment);
        }
        let mut by_rules = ByRules {
            ordinary: false,
            scope: scope(text, context.asked, &slots, talk, &self.practice),
            red_flags,
            wishes,
            fact,
            caller: caller.kind,
            for_another: caller.kind.is_none() && !caller.speaks_of_others && for_another(text),
            language: grammar::language::language(text, &self.practice.front_desk.languages),
            talk,
            slots,
            words: text.split_whitespace().count(),
        };
        by_rules.ordinary = self.is_ordinary(text, context.asked, &by_rules);
        by_rules
    }

    /// All witnesses together.
    pub(crate) fn conclude(
        &self,
        text: &Phi<String>,
        context: &ReadContext,
        by_rules: ByRules,
        learned: &Learned,
    ) -> Reading {
        let mut reading = witnesses::conclude(by_rules, learned);
        if !may_say_when(context.asked) && reading.intents.iter().any(|intent| is_about_time(*intent)) {
            reading.slots.when = self.when(text.expose(), context);
        }
        reading.slots.reason = reason(text, context.asked, &reading);
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
        let in_own_words =
            |asked| (context.asked == asked).then(|| grammar::reason::named_in_own_words(text)).flatten();
        slots.drug = slots.drug.or_else(|| in_own_words(Asked::Drug));
        slots.pharmacy = slots.pharmacy.or_else(|| in_own_words(Asked::Pharmacy));
        let as_before = || grammar::reason::as_before(text).filter(|_| context.asked == Asked::Dose);
        slots.dose = grammar::dose(text, context.asked).or_else(as_before);
        slots.days_left = grammar::days_left(text, context.asked);
        let only_when = context.asked == Asked::VisitReason && is_bare_time(text);
        if may_say_when(context.asked) || only_when {
            slots.when = self.when(text, context);
        }
        if may_speak_of_visits(context.asked) {
            let desk = &self.practice.front_desk;
            slots.provider_wish = grammar::staff::provider_wish(text, context.asked, &desk.providers);
            slots.appointment_type = facts::which_appointment(text, &desk.appointment_types);
        }
        let born = || grammar::date_of_birth(text, context.asked, context.now.date());
        match context.asked {
            Asked::DateOfBirth => {
                slots.date_of_birth = born();
                slots.name = grammar::name(text, context.asked);
            }
            Asked::NameAndBirth => {
                slots.date_of_birth = born();
                slots.name = grammar::name(text, context.asked);
                // the digits of a date are no number
                if ["number", "phone"].iter().any(|word| text.contains(word)) {
                    slots.callback = grammar::telephone(text, self.area_code.as_deref());
                }
            }
            Asked::Spelling => slots.name = grammar::name(text, context.asked),
            Asked::Open
            | Asked::Name
            | Asked::Callback
            | Asked::Message
            | Asked::YesNo
            | Asked::Safety
            | Asked::CalledEmergencyNumber
            | Asked::WhoIsThere
            | Asked::NewOrKnown
            | Asked::VisitReason
            | Asked::When
            | Asked::Choice
            | Asked::Drug
            | Asked::Dose
            | Asked::Pharmacy
            | Asked::DaysLeft
            | Asked::Detail => {
                slots.name = grammar::name(text, context.asked);
                slots.callback = grammar::telephone(text, self.area_code.as_deref());
                if ["born", "birth"].iter().any(|word| text.contains(word)) {
                    slots.date_of_birth = born();
                }
            }
        }
        slots
    }

    /// Whether an utterance says nothing but ordinary things, what was understood of it included. Where danger was asked for,
    /// nothing is ordinary but a clear answer.
    fn is_ordinary(&self, text: &str, asked: Asked, by_rules: &ByRules) -> bool {
        let ByRules { slots, wishes, fact, talk, .. } = by_rules;
        let of_refill = matches!(asked, Asked::Drug | Asked::Dose | Asked::DaysLeft | Asked::Pharmacy)
            || wishes.contains(&Intent::PrescriptionRefill);
        let of_lists = [&slots.drug, &slots.pharmacy].into_iter().flatten().filter(|slot| of_refill && listed(slot));
        let heard = of_lists.map(|slot| slot.heard.expose()).chain(said_of_oneself(slots, asked));
        let heard: Vec<Word> = heard.flat_map(|heard| words(heard)).collect();
        let told = told(text, |word| self.names.iter().chain(&heard).any(|known| known.text == word.text));
        let as_before =
            matches!(asked, Asked::Drug | Asked::Dose | Asked::Pharmacy) && grammar::reason::as_before(text).is_some();
        let understood = !wishes.is_empty() || fact.is_some() || !slots.when.is_empty() || as_before;
        let does_something = talk.directive.is_some() || talk.choice.is_some();
        // "no" to a question for a name: it is not given
        let refuses = by_rules.words <= REFUSAL_WORDS_MAX && grammar::yes_no(text) == Some(YesNo::No);
        let ordinary = match told {
            Told::Ordinary => true,
            Told::Nothing => understood || does_something || refuses,
            Told::Unread => false,
        };
        ordinary && !is_about_safety(asked)
    }

    fn when(&self, text: &str, context: &ReadContext) -> Vec<Interval> {
        let when = |text, asked| grammar::when(text, asked, &context.now, &self.practice.hours);
        let offered = || match context.so_far.last() {
            Some(Said::FirstRing(line)) => when(line.expose(), Asked::Open),
            Some(Said::Caller(_)) | None => Vec::new(),
        };
        let after = grammar::after_offered(text, offered, &context.now);
        after.map_or_else(|| when(text, context.asked), |after| vec![after])
    }
}

/// Name, date of birth and number, where they were asked for; elsewhere only a name that was introduced as one.
fn said_of_oneself(slots: &Slots, asked: Asked) -> impl Iterator<Item = &String> {
    let answers = matches!(
        asked,
        Asked::Name | Asked::Spelling | Asked::NameAndBirth | Asked::DateOfBirth | Asked::Callback | Asked::YesNo
    );
    // "I'm itchy" is no name that could be relied on
    let certainty_min = if answers { BARE } else { INTRODUCED };
    let name = slots.name.as_ref().filter(|slot| slot.certainty >= certainty_min).map(|slot| &slot.heard);
    let born = slots.date_of_birth.as_ref().map(|slot| &slot.heard);
    let number = slots.callback.as_ref().map(|slot| &slot.heard);
    [name, born, number].into_iter().flatten().map(Phi::expose)
}

/// Answers that may name a time, whatever they are about: "Thursday's better", "no, at four".
fn may_say_when(asked: Asked) -> bool {
    matches!(asked, Asked::When | Asked::Choice | Asked::YesNo)
}

/// "No, Wednesday": no answer to what a visit is for.
fn is_bare_time(text: &str) -> bool {
    let words = words(text);
    let leads = words.iter().take_while(|word| word.text == "no").count();
    grammar::plain::only_plain(&words[leads..], |_| false)
}

fn is_about_time(intent: Intent) -> bool {
    use Intent::{BookAppointment, CancelAppointment, ConfirmAppointment, RescheduleAppointment};
    matches!(intent, BookAppointment | RescheduleAppointment | CancelAppointment | ConfirmAppointment)
}

/// "I work at a pharmacy, but I'm calling for myself": no pharmacy calls.
fn may_be_wished_by(wish: Intent, caller: Option<CallerKind>) -> bool {
    let calls_for_themselves =
        matches!(caller, Some(CallerKind::Patient | CallerKind::Caregiver | CallerKind::NewPatient));
    let calls_for_work = matches!(wish, Intent::PharmacyCall | Intent::ClinicianCall | Intent::VendorSales);
    !(calls_for_work && calls_for_themselves)
}

/// "I can't come on Monday": as an answer about times it refuses one, and gives nothing up.
fn is_merely_unable(wish: Intent, text: &str, asked: Asked) -> bool {
    let of_times = matches!(asked, Asked::When | Asked::Choice | Asked::YesNo | Asked::VisitReason);
    wish == Intent::CancelAppointment && of_times && !text.to_lowercase().contains("cancel")
}

/// Answers that may name a provider or a kind of appointment; names, numbers and messages are taken for what they are.
fn may_speak_of_visits(asked: Asked) -> bool {
    match asked {
        Asked::Open
        | Asked::YesNo
        | Asked::NameAndBirth
        | Asked::NewOrKnown
        | Asked::VisitReason
        | Asked::When
        | Asked::Choice => true,
        Asked::Name
        | Asked::Spelling
        | Asked::Callback
        | Asked::DateOfBirth
        | Asked::Message
        | Asked::Safety
        | Asked::CalledEmergencyNumber
        | Asked::WhoIsThere
        | Asked::Drug
        | Asked::Dose
        | Asked::Pharmacy
        | Asked::DaysLeft
        | Asked::Detail => false,
    }
}

/// What it is about: all that was said, where that was told at length; of a wish for an appointment only what it is for.
fn reason(text: &Phi<String>, asked: Asked, reading: &Reading) -> Option<Slot<String>> {
    let everything = || Some(Slot { value: text.clone(), heard: text.clone(), certainty: REASON_CERTAINTY });
    match (asked, reading.intent()) {
        (Asked::Open | Asked::Message, Intent::Symptom | Intent::LeaveMessage) => everything(),
        (Asked::Open, Intent::BookAppointment) => grammar::reason::reason_beside_wish(text.expose()),
        (Asked::VisitReason, _) if !reading.slots.when.is_empty() && is_bare_time(text.expose()) => None,
        (Asked::VisitReason, _) if reading.fact.is_none() && reading.directive.is_none() => {
            grammar::reason::reason_asked_for(text.expose())
        }
        (Asked::Detail, _) if reading.fact.is_none() && reading.directive.is_none() => everything(),
        _ => None,
    }
}

/// What is told at length is kept as it was said, hence surely, but it may say more than the reason.
const REASON_CERTAINTY: f32 = 0.6;

fn for_another(text: &str) -> bool {
    let subject = text.split(|c: char| !c.is_alphabetic() && c != '\'').filter(|word| !word.is_empty());
    subject.take(SUBJECT_WORDS).any(|word| {
        let word = word.to_lowercase();
        OTHER_PEOPLE.contains(&word.as_str()) || OTHER_PEOPLE.contains(&word.trim_end_matches("'s"))
    })
}

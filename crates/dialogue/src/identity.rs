//! Who the patient is. Asked is only what is missing: full name and date of birth; a number if two records have both;
//! whether the patient is new if no record matches. A new patient's values are read back and registered.
//!
//! Only the office's [`OfficeReply::PatientMatched`] makes a patient known, and it holds for the call until another
//! patient is named. Whatever does not match, the caller hears the same; after two tries a message is taken.

use std::mem::{Discriminant, discriminant};

use domain::{
    CallerKind, Confirmation, MatchedPatient, NewPatient, NewPatients, OfficeReply, OfficeRequest, PatientQuery, Phi,
    Reading, YesNo,
};
use jiff::civil::Date;

use crate::contact::{Contact, is_one_word};
use crate::people::{Address, Relation, Whom};
use crate::prompt::PatientLine;
use crate::question::Question;
use crate::value::{Known, Value};

/// How often the office looks for the patient: once, and after one more asking.
const TRIES_MAX: u8 = 2;
/// So many questions may be put in all, however they are answered,
const ASKS_MAX: u32 = 14;
/// and the same one so often.
const ASKS_OF_A_KIND_MAX: usize = 3;
/// A date of birth typed on the telephone: month, day and year.
const BIRTH_DIGITS: usize = 8;

/// The patient whom the call is about.
#[derive(Debug)]
pub(crate) struct Identity {
    birth: Value<Date>,
    keys: Phi<String>,
    history: History,
    insurance: Option<Phi<String>>,
    standing: Standing,
    tries: u8,
    asks: u32,
    asked: Vec<Discriminant<PatientLine>>,
    /// What the patient is to the caller.
    relation: Relation,
    address: Address,
}

/// Whether the patient has been here before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum History {
    Unsaid,
    Known,
    New,
}

/// How far it is.
#[derive(Debug)]
enum Standing {
    /// Values are asked for.
    Open,
    /// The office looks.
    Sought(PatientQuery),
    /// No record matched this.
    Missed(PatientQuery),
    /// Two records match.
    Ambiguous,
    /// The office registers.
    Registering,
    Matched(MatchedPatient),
    Unknown(PatientLine),
}

/// What is to be done to know the patient.
#[derive(Debug)]
pub(crate) enum Step {
    Ask(Question),
    Request(OfficeRequest),
    Wait,
    Known(MatchedPatient),
    /// A message is taken instead; the line says why.
    Unknown(PatientLine),
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            birth: Value::new(),
            keys: Phi::default(),
            history: History::Unsaid,
            insurance: None,
            standing: Standing::Open,
            tries: 0,
            asks: 0,
            asked: Vec::new(),
            relation: Relation::Unsaid,
            address: Address::ThePatient,
        }
    }
}

impl Identity {
    /// An errand about a patient begins. If it names another than the one who is known, that one is to be found; who was
    /// not found before may be tried again.
    pub(crate) fn begin(&mut self, whom: &Whom, contact: &mut Contact) {
        let other = match &self.standing {
            Standing::Matched(patient) => {
                let born = whom.born.as_ref().is_some_and(|born| *born != patient.date_of_birth);
                let called = whom.name.as_ref().map(|name| !same_name(name, &patient.name));
                born || called.unwrap_or_else(|| self.is_another(whom))
            }
            // Who has tried in vain does not begin anew: dates of birth could be guessed without end.
            Standing::Unknown(_) => self.tries < TRIES_MAX,
            Standing::Open | Standing::Missed(_) | Standing::Ambiguous => self.is_another(whom),
            Standing::Sought(_) | Standing::Registering => false,
        };
        if other {
            self.begin_anew(whom, contact);
        }
        if whom.is_new && self.matched().is_none() {
            self.history = History::New;
        }
        self.address = whom.address.unwrap_or(self.address);
        match &whom.relation {
            Relation::Unsaid => {}
            Relation::Somebody if matches!(self.relation, Relation::Other(_)) => {}
            Relation::Oneself | Relation::Somebody | Relation::Other(_) => self.relation = whom.relation.clone(),
        }
    }

    /// Another patient is meant: nothing holds of the one before but how often it was tried.
    pub(crate) fn begin_anew(&mut self, whom: &Whom, contact: &mut Contact) {
        *self = Self { tries: self.tries, relation: whom.relation.clone(), ..Self::default() };
        contact.rename(whom.name.as_ref());
        if let Some(born) = &whom.born {
            self.birth.hear(born.clone(), Confirmation::ReadBack);
        }
    }

    /// Whether somebody else is meant than before: "my wife's" after one's own, "for myself" after a wife's.
    pub(crate) fn is_another(&self, whom: &Whom) -> bool {
        let of_another = matches!(self.relation, Relation::Somebody | Relation::Other(_));
        match &whom.relation {
            Relation::Unsaid => false,
            Relation::Oneself => of_another,
            Relation::Somebody => self.matched().is_some() && !of_another,
            Relation::Other(_) => self.relation != whom.relation,
        }
    }

    /// How the patient is spoken of to this caller.
    pub(crate) fn address(&self) -> Address {
        self.address
    }

    /// Whose record was found.
    pub(crate) fn matched(&self) -> Option<&MatchedPatient> {
        if let Standing::Matched(patient) = &self.standing { Some(patient) } else { None }
    }

    /// Takes what an utterance says of the patient; [`Contact`] takes name and number.
    pub(crate) fn take(&mut self, reading: &Reading) {
        if !matches!(self.standing, Standing::Matched(_)) {
            self.birth.take(reading.slots.date_of_birth.as_ref(), true);
            if reading.caller == CallerKind::NewPatient {
                self.history = History::New;
            }
        }
    }

    /// The next step. `registers`: the errand is one that a new patient may have.
    pub(crate) fn next(&mut self, contact: &Contact, policy: NewPatients, registers: bool) -> Step {
        let new = self.history == History::New && registers;
        let step = match &self.standing {
            Standing::Matched(patient) => return Step::Known(patient.clone()),
            Standing::Unknown(why) => return Step::Unknown(why.clone()),
            Standing::Sought(_) | Standing::Registering => return Step::Wait,
            Standing::Open | Standing::Missed(_) | Standing::Ambiguous if new => match policy {
                NewPatients::NotTaken => Step::Unknown(PatientLine::NoNewPatients),
                NewPatients::Registered => self.register(contact, false),
                NewPatients::RegisteredWithInsurance => self.register(contact, true),
            },
            Standing::Missed(_) if self.history == History::Unsaid && registers && policy != NewPatients::NotTaken => {
                self.ask(PatientLine::AskNewOrKnown)
            }
            Standing::Missed(_) => self.ask(PatientLine::AskAgain),
            Standing::Ambiguous if contact.said_number().is_none() => self.ask(PatientLine::AskNumberOnFile),
            Standing::Open | Standing::Ambiguous => self.missing(contact).unwrap_or_else(|| self.seek(contact)),
        };
        if let Step::Unknown(why) = &step {
            self.standing = Standing::Unknown(why.clone());
        }
        step
    }

    /// An answer to one of the questions; [`Self::take`] has taken the values.
    pub(crate) fn answer(&mut self, line: &PatientLine, text: &Phi<String>, reading: &Reading, contact: &mut Contact) {
        let whom = Whom::told(text, reading);
        if matches!(whom.relation, Relation::Other(_)) && self.matched().is_none() {
            self.begin(&whom, contact);
        }
        match line {
            PatientLine::AskNewOrKnown(_) => {
                self.history = match (self.history, reading.yes_no) {
                    (History::New, _) | (_, Some(YesNo::No)) => History::New,
                    (History::Unsaid | History::Known, Some(YesNo::Yes) | None) => History::Known,
                };
            }
            PatientLine::AskAgain(_) => self.standing = Standing::Open,
            PatientLine::AskName(_) => {
                contact.answer_name(text);
                contact.join_name();
            }
            PatientLine::ReadBackBirth(read) => self.birth.answer(read, reading.yes_no),
            PatientLine::AskInsurance(_) => self.insurance = Some(text.clone()),
            PatientLine::AskBirth(_) => self.birth.asked(),
            PatientLine::AskNumberOnFile(_) if contact.said_number().is_none() => self.tries = TRIES_MAX,
            PatientLine::AskNameAndBirth(_)
            | PatientLine::AskNumberOnFile(_)
            | PatientLine::NotFound
            | PatientLine::NotUnderstood
            | PatientLine::NoNewPatients => {}
        }
    }

    /// A key, while the date of birth is asked for: month, day, year. `*` begins anew. True if there is a date.
    pub(crate) fn key(&mut self, key: char, today: Date) -> bool {
        let mut keys = std::mem::take(&mut self.keys).into_exposed();
        match key {
            '0'..='9' => keys.push(key),
            '*' => keys.clear(),
            _ => {}
        }
        if keys.len() < BIRTH_DIGITS {
            self.keys = keys.into();
            return false;
        }
        let date = Date::strptime("%m%d%Y", &keys).ok().filter(|date| *date <= today);
        if let Some(date) = date {
            self.birth.hear(Phi::new(date), Confirmation::KeyedIn);
        }
        date.is_some()
    }

    /// Whether a date has been begun by keys.
    pub(crate) fn has_keys(&self) -> bool {
        !self.keys.expose().is_empty()
    }

    /// The date of birth, if it was said or typed.
    pub(crate) fn birth(&self) -> Option<&Phi<Date>> {
        self.birth.value()
    }

    /// How the date of birth was confirmed: that of a matched patient by the record.
    pub(crate) fn birth_confirmation(&self) -> Option<Confirmation> {
        if self.matched().is_some() { Some(Confirmation::Record) } else { self.birth.confirmation() }
    }

    /// Whether the patient comes for the first time.
    pub(crate) fn is_new(&self) -> bool {
        self.history == History::New
    }

    /// Whether the office is asked who the patient is.
    pub(crate) fn is_sought(&self) -> bool {
        matches!(self.standing, Standing::Sought(_) | Standing::Registering)
    }

    /// What the office says. False if it does not say who the patient is.
    pub(crate) fn reply(&mut self, reply: &OfficeReply, contact: &mut Contact) -> bool {
        let sought = match &self.standing {
            Standing::Sought(query) => Some(query.clone()),
            Standing::Registering => None,
            Standing::Open
            | Standing::Missed(_)
            | Standing::Ambiguous
            | Standing::Matched(_)
            | Standing::Unknown(_) => {
                return false;
            }
        };
        self.standing = match (reply, sought) {
            (OfficeReply::PatientMatched(patient), _) => {
                contact.settle_name(&patient.name);
                Standing::Matched(patient.clone())
            }
            (OfficeReply::PatientAmbiguous, Some(PatientQuery { callback: None, .. })) => Standing::Ambiguous,
            (OfficeReply::PatientNotMatched | OfficeReply::PatientAmbiguous, Some(query)) => {
                self.missed(query, contact)
            }
            _ => {
                self.standing = Standing::Open;
                return false;
            }
        };
        true
    }

    /// Whether a question has its answer already, by a second decode.
    pub(crate) fn knows(&self, line: &PatientLine, contact: &Contact) -> bool {
        match line {
            PatientLine::AskNameAndBirth(_) => contact.name().is_some() || self.birth.value().is_some(),
            PatientLine::AskName(_) => contact.name().is_some_and(|name| !is_one_word(name)),
            PatientLine::AskBirth(_) => self.birth.value().is_some(),
            PatientLine::AskNewOrKnown(_)
            | PatientLine::AskAgain(_)
            | PatientLine::AskNumberOnFile(_)
            | PatientLine::ReadBackBirth(_)
            | PatientLine::AskInsurance(_)
            | PatientLine::NotFound
            | PatientLine::NotUnderstood
            | PatientLine::NoNewPatients => false,
        }
    }

    /// A second decode has changed name or date after no record matched what was heard first: the office looks once more,
    /// and the first time does not count. True if so.
    pub(crate) fn corrected(&mut self, contact: &Contact) -> bool {
        let Standing::Missed(query) = &self.standing else { return false };
        let better = self.is_better_than(query, contact);
        if better {
            self.tries -= 1;
            self.standing = Standing::Open;
        }
        better
    }

    fn is_better_than(&self, query: &PatientQuery, contact: &Contact) -> bool {
        contact.name() != Some(&query.name) || self.birth.value() != Some(&query.date_of_birth)
    }

    fn missed(&mut self, query: PatientQuery, contact: &mut Contact) -> Standing {
        if self.is_better_than(&query, contact) {
            return Standing::Open; // a second decode has changed what was asked with
        }
        if query.callback.is_some() {
            contact.forget_number(); // it may be what was misspoken
        }
        self.tries += 1;
        if self.tries >= TRIES_MAX {
            return Standing::Unknown(PatientLine::NotFound);
        }
        Standing::Missed(query)
    }

    /// The name or date that is still to be asked for.
    fn missing(&mut self, contact: &Contact) -> Option<Step> {
        match (contact.name(), self.birth.value()) {
            (None, None) => Some(self.ask(PatientLine::AskNameAndBirth)),
            (None, Some(_)) => {
                let asked = discriminant(&PatientLine::AskName(0));
                if contact.name_was_wrong() && !self.asked.contains(&asked) {
                    self.asked.push(asked); // it was asked for in another way, and now is to be spelled
                }
                Some(self.ask(PatientLine::AskName))
            }
            (Some(name), _) if is_one_word(name) && !self.asked.contains(&discriminant(&PatientLine::AskName(0))) => {
                Some(self.ask(PatientLine::AskName))
            }
            (Some(_), None) => Some(self.ask(PatientLine::AskBirth)),
            (Some(_), Some(_)) => None,
        }
    }

    fn seek(&mut self, contact: &Contact) -> Step {
        let (Some(name), Some(birth)) = (contact.name(), self.birth.value()) else { return unknown() };
        let ambiguous = matches!(self.standing, Standing::Ambiguous);
        let query = PatientQuery {
            name: name.clone(),
            date_of_birth: birth.clone(),
            callback: contact.said_number().filter(|_| ambiguous).cloned(),
        };
        self.standing = Standing::Sought(query.clone());
        Step::Request(OfficeRequest::FindPatient(query))
    }

    /// A new patient: everything is read back before it is kept.
    fn register(&mut self, contact: &Contact, with_insurance: bool) -> Step {
        if let Some(step) = self.missing(contact) {
            return step;
        }
        if let Some(question) = contact.name_question() {
            return self.put(question);
        }
        if let Known::Heard(birth) = &self.birth.known {
            let question = Question::Patient(PatientLine::ReadBackBirth(birth.clone()));
            return self.put(question);
        }
        if let Some(question) = contact.number_question() {
            return self.put(question);
        }
        if with_insurance && self.insurance.is_none() {
            return self.ask(PatientLine::AskInsurance);
        }
        let (Some(name), Some(birth)) = (contact.name(), self.birth.value()) else { return unknown() };
        let patient = NewPatient {
            name: name.clone(),
            date_of_birth: birth.clone(),
            callback: contact.callback().cloned(),
            insurance: self.insurance.clone(),
        };
        self.standing = Standing::Registering;
        Step::Request(OfficeRequest::RegisterPatient(patient))
    }

    fn ask(&mut self, line: fn(u32) -> PatientLine) -> Step {
        let kind = discriminant(&line(0));
        let nth = self.asked.iter().filter(|asked| **asked == kind).count();
        if nth >= ASKS_OF_A_KIND_MAX {
            return unknown();
        }
        self.asked.push(kind);
        self.put(Question::Patient(line(u32::try_from(nth).unwrap_or(u32::MAX))))
    }

    fn put(&mut self, question: Question) -> Step {
        self.asks += 1;
        if self.asks > ASKS_MAX { unknown() } else { Step::Ask(question) }
    }
}

fn unknown() -> Step {
    Step::Unknown(PatientLine::NotUnderstood)
}

fn same_name(a: &Phi<String>, b: &Phi<String>) -> bool {
    a.expose().trim().eq_ignore_ascii_case(b.expose().trim())
}

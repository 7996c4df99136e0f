//! Somebody comes for the first time, and is registered with name, date of birth and number.

use domain::{Asked, NewPatient, Phi, Urgency};
use jiff::civil::Date;
use nlu::Reader;
use nlu::grammar::date_of_birth;

use super::{TURNS_MAX, outcome, scenario};
use crate::score::{Errand, HeldCall, ValueOutcome};
use crate::suite::{Case, Field};
use crate::{BookError, BookOptions, TextCall, spelled};

/// Who registers: cases whose values are known.
#[derive(Debug)]
pub struct Registration<'a> {
    /// An answer to the question for name and date of birth, which holds both.
    pub person: &'a Case,
    /// An answer to the question for the number to call back, which holds it.
    pub number: Option<&'a Case>,
}

impl<'a> Registration<'a> {
    /// All that the cases of a suite allow. Who tells of a danger is not registered, and is left out.
    pub fn all(cases: &'a [Case]) -> Vec<Self> {
        let routine = |case: &&Case| case.urgency == Urgency::Routine;
        let holds = |case: &Case, field| case.values.contains_key(&field);
        let is_whole = |case: &&Case| {
            let name = case.values.get(&Field::Name).map(|name| name.expose().split_whitespace().count());
            case.asked == Asked::NameAndBirth && name.is_some_and(|words| words > 1) && holds(case, Field::Birth)
        };
        let mut numbers =
            cases.iter().filter(routine).filter(|case| case.asked == Asked::Callback && holds(case, Field::Phone));
        let persons = cases.iter().filter(routine).filter(is_whole);
        persons.map(|person| Self { person, number: numbers.next() }).collect()
    }

    /// Holds the call, and gives each labelled value with what the office was given; and the reader back.
    pub fn hold(&self, office: BookOptions, reader: Reader) -> Result<(HeldCall, Reader), BookError> {
        let mut call = TextCall::answer(&scenario(self.person), office, reader)?;
        let mut caller = Caller::of(self);
        call.say(&Phi::from("I'd like to make an appointment"));
        let mut turns = 1;
        while call.registered().is_none() && !call.is_over() && turns < TURNS_MAX {
            let answer = caller.answer(call.asked(), &call.said_last());
            call.say(&answer);
            turns += 1;
        }
        let values = call.registered().map_or_else(Vec::new, |patient| self.values(patient));
        let (of, done) = (self.person.scenario.clone(), call.registered().is_some());
        let held = HeldCall { scenario: of, errand: Errand::Registration, done, turns, values };
        Ok((held, call.into_reader()))
    }

    fn values(&self, patient: &NewPatient) -> Vec<ValueOutcome> {
        let number = patient.callback.as_ref().map(|number| number.expose().as_str().to_owned());
        let values = [
            outcome(Field::Name, Some(self.person), Some(patient.name.expose().clone())),
            outcome(Field::Birth, Some(self.person), Some(patient.date_of_birth.expose().to_string())),
            outcome(Field::Phone, self.number, number),
        ];
        values.into_iter().flatten().collect()
    }
}

/// The person on the telephone.
struct Caller<'a> {
    name: String,
    birth: Date,
    digits: String,
    today: Date,
    /// What is said the first time it is asked for.
    person: Option<&'a Case>,
    number: Option<&'a Case>,
}

impl<'a> Caller<'a> {
    fn of(registration: &Registration<'a>) -> Self {
        let person = registration.person;
        let value =
            |case: &Case, field| case.values.get(&field).map_or_else(String::new, |value| value.expose().clone());
        let number = registration.number;
        Self {
            name: value(person, Field::Name),
            birth: value(person, Field::Birth).parse().unwrap_or_default(),
            digits: number.map_or_else(|| "2125550147".to_owned(), |number| value(number, Field::Phone)),
            today: person.now.date(),
            person: Some(person),
            number,
        }
    }

    fn answer(&mut self, asked: Asked, said: &str) -> Phi<String> {
        let plainly = match asked {
            Asked::NameAndBirth => match self.person.take() {
                Some(person) => return person.text.clone(),
                None => format!("{} {}", self.name_plainly(), self.born()),
            },
            Asked::Callback => match self.number.take() {
                Some(number) => return number.text.clone(),
                None => self.number_plainly(),
            },
            Asked::Name | Asked::Spelling => self.name_plainly(),
            Asked::DateOfBirth => self.born(),
            Asked::NewOrKnown => "no, first time".to_owned(),
            Asked::YesNo => self.yes_or_no(said),
            Asked::Safety | Asked::CalledEmergencyNumber => "no".to_owned(),
            Asked::When => "next week".to_owned(),
            Asked::Choice => "the first one".to_owned(),
            Asked::Open
            | Asked::Message
            | Asked::WhoIsThere
            | Asked::VisitReason
            | Asked::Drug
            | Asked::Dose
            | Asked::Pharmacy
            | Asked::DaysLeft
            | Asked::Detail => "a check-up".to_owned(),
        };
        Phi::from(plainly)
    }

    /// The answer to a read-back: yes, or what is right instead.
    fn yes_or_no(&self, said: &str) -> String {
        let lower = said.to_lowercase().replace('-', " ");
        if lower.contains("spelled") && !lower.contains(&self.name.to_lowercase().replace('-', " ")) {
            return format!("No. {}", self.name_plainly());
        }
        let read_back = date_of_birth(said, Asked::DateOfBirth, self.today);
        if lower.contains("birth") && read_back.is_some_and(|date| *date.value.expose() != self.birth) {
            return format!("No, {}", self.born());
        }
        let digits: String = said.chars().filter(char::is_ascii_digit).collect();
        if digits.len() >= 7 && !digits.ends_with(&self.digits) {
            return format!("No, {}", self.number_plainly());
        }
        if lower.contains("anything else") { "no" } else { "yes" }.to_owned()
    }

    /// The name, letter by letter if it can be spelled so.
    fn name_plainly(&self) -> String {
        spelled(&self.name).unwrap_or_else(|| self.name.clone())
    }

    fn born(&self) -> String {
        self.birth.strftime("%B %-d, %Y").to_string()
    }

    fn number_plainly(&self) -> String {
        self.digits.chars().map(String::from).collect::<Vec<_>>().join(" ")
    }
}

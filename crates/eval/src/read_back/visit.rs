//! On which day and at what time somebody is booked in the end who told when they want to come. The book is open on every day, so
//! that the wish alone decides.

use std::sync::Arc;

use dialogue::{Opening, Prompt, VisitLine};
use domain::{Admits, Asked, CallerKind, Intent, OpenHours, Phi, PhoneNumber, Practice, Urgency};
use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time, Weekday, date, time};
use nlu::Reader;
use store::{ImportedPatient, Release, Template};

use super::{TURNS_MAX, outcome, scenario};
use crate::score::{Errand, HeldCall, ValueOutcome};
use crate::suite::{Case, Field};
use crate::{BookError, BookOptions, TextCall};

/// When somebody can be seen, on every day.
const OPEN: (Time, Time) = (time(6, 0, 0, 0), time(21, 0, 0, 0));
/// Openings begin every quarter of an hour; a wish for another minute cannot be met and is left out.
const STEP: SignedDuration = SignedDuration::from_mins(15);
/// Who calls: a patient whom the practice knows.
const NAME: &str = "Maria Lopez";
const BORN: Date = date(1958, 3, 14);
const NUMBER: &str = "+12125550123";

/// Who wants to come on a known day or at a known time.
#[derive(Debug)]
pub struct VisitWish<'a> {
    /// What they say of it, unasked or asked for it.
    pub case: &'a Case,
}

impl<'a> VisitWish<'a> {
    /// All that the cases of a suite tell, but who names a person: practice and patient are others here.
    pub fn all(cases: &'a [Case]) -> Vec<Self> {
        let books = |case: &&Case| {
            let unasked = case.asked == Asked::Open && case.intent() == Intent::BookAppointment;
            unasked || case.asked == Asked::When
        };
        let holds = |case: &Case, field| case.values.contains_key(&field);
        let names_nobody = |case: &&Case| {
            case.caller != CallerKind::NewPatient && !holds(case, Field::Name) && !holds(case, Field::Provider)
        };
        let of = cases.iter().filter(|case| case.urgency == Urgency::Routine).filter(books).filter(names_nobody);
        let of = of.filter(|case| holds(case, Field::Day) || holds(case, Field::Time));
        of.map(|case| Self { case })
            .filter(|wish| wish.time().is_none_or(|time| i64::from(time.minute()) % STEP.as_mins() == 0))
            .collect()
    }

    /// Holds the call, and gives each labelled value with what was booked; and the reader back.
    pub fn hold(&self, office: &BookOptions, reader: Reader) -> Result<(HeldCall, Reader), BookError> {
        let mut call = TextCall::answer(&scenario(self.case), always_open(office), reader)?;
        let (mut told, mut heard, mut turns) = (false, 0, 0);
        while booked(call.prompts()).is_none() && !call.is_over() && turns < TURNS_MAX {
            let answer = self.answer(call.asked(), &call.prompts()[heard..], &mut told);
            heard = call.prompts().len();
            call.say(&answer);
            turns += 1;
        }
        let booked = booked(call.prompts());
        let values = booked.map_or_else(Vec::new, |at| self.values(at));
        let held = HeldCall {
            scenario: self.case.scenario.clone(),
            errand: Errand::Visit,
            done: booked.is_some(),
            turns,
            values,
        };
        Ok((held, call.into_reader()))
    }

    fn values(&self, at: DateTime) -> Vec<ValueOutcome> {
        let day = outcome(Field::Day, Some(self.case), Some(at.date().to_string()));
        day.into_iter().chain(outcome(Field::Time, Some(self.case), Some(at.strftime("%H:%M").to_string()))).collect()
    }

    fn answer(&self, asked: Asked, prompts: &[Prompt], told: &mut bool) -> Phi<String> {
        let first = |told: &mut bool| (!std::mem::replace(told, true)).then(|| self.case.text.clone());
        let plainly = match asked {
            Asked::Open if self.case.asked == Asked::Open => match first(told) {
                Some(text) => return text,
                None => "an appointment".to_owned(),
            },
            Asked::Open => "I'd like to make an appointment".to_owned(),
            Asked::When => match first(told) {
                Some(text) => return text,
                None => self.plainly(),
            },
            Asked::NameAndBirth => format!("{NAME}, {}", BORN.strftime("%B %-d, %Y")),
            Asked::Name | Asked::Spelling => NAME.to_owned(),
            Asked::DateOfBirth => BORN.strftime("%B %-d, %Y").to_string(),
            Asked::Callback => NUMBER.trim_start_matches("+1").to_owned(),
            Asked::NewOrKnown => "yes, I have".to_owned(),
            Asked::Choice | Asked::YesNo => self.decide(prompts),
            Asked::Safety | Asked::CalledEmergencyNumber => "no".to_owned(),
            Asked::Message
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

    /// The answer to what was offered or read back: the opening that is wished for, or what is wished for. To anything else it is no.
    fn decide(&self, prompts: &[Prompt]) -> String {
        let Some(openings) = prompts.iter().rev().find_map(offered) else { return "no".to_owned() };
        match openings.iter().find(|opening| self.is_met_by(opening)) {
            Some(_) if openings.len() == 1 => "yes".to_owned(),
            Some(opening) => opening.at.at.strftime("%A, %B %-d at %-I:%M %p").to_string(),
            None => format!("No, {}", self.plainly()),
        }
    }

    fn is_met_by(&self, opening: &Opening) -> bool {
        let at = opening.at.at;
        self.day().is_none_or(|day| at.date() == day) && self.time().is_none_or(|time| at.time() == time)
    }

    fn plainly(&self) -> String {
        let day = self.day().map_or_else(|| "any day".to_owned(), |day| day.strftime("%A, %B %-d").to_string());
        let time = self.time().map(|time| time.strftime(" at %-I:%M %p").to_string());
        day + &time.unwrap_or_default()
    }

    fn day(&self) -> Option<Date> {
        self.case.values.get(&Field::Day)?.expose().parse().ok()
    }

    fn time(&self) -> Option<Time> {
        self.case.values.get(&Field::Time)?.expose().parse().ok()
    }
}

/// What a line offers or reads back.
fn offered(prompt: &Prompt) -> Option<&[Opening]> {
    if let Prompt::Visit(VisitLine::Offer { openings, .. }) = prompt {
        Some(openings)
    } else if let Prompt::Visit(VisitLine::ReadBackBooking { opening, .. }) = prompt {
        Some(std::slice::from_ref(opening))
    } else {
        None
    }
}

fn booked(prompts: &[Prompt]) -> Option<DateTime> {
    let mut booked = prompts.iter().filter_map(|prompt| {
        if let Prompt::Visit(VisitLine::Booked(opening)) = prompt { Some(opening.at.at) } else { None }
    });
    booked.next()
}

/// The practice with one kind of visit, which everybody may have at any time.
fn always_open(office: &BookOptions) -> BookOptions {
    let mut practice = Practice::clone(&office.practice);
    let (from, to) = OPEN;
    let days = || Weekday::Monday.cycle_forward().take(7);
    practice.hours = days().map(|weekday| OpenHours { weekday, from, to }).collect();
    practice.front_desk.closures.clear();
    practice.front_desk.appointment_types.truncate(1);
    for kind in &mut practice.front_desk.appointment_types {
        (kind.duration, kind.buffer_before, kind.buffer_after) = (STEP, SignedDuration::ZERO, SignedDuration::ZERO);
        (kind.admits, kind.ages, kind.lead, kind.horizon_days) =
            (Admits::Everybody, (0, 150), SignedDuration::ZERO, 90);
    }
    let providers = practice.front_desk.providers.iter().map(|provider| provider.id.clone());
    let week = |provider| {
        days().map(move |weekday| Template {
            provider: domain::ProviderId::clone(&provider),
            weekday,
            from,
            to,
            types: Vec::new(),
            release: Release::Always,
        })
    };
    let patient = ImportedPatient {
        external_id: None,
        name: Phi::from(NAME),
        date_of_birth: Phi::new(BORN),
        numbers: NUMBER.parse::<PhoneNumber>().into_iter().map(Phi::new).collect(),
        own_provider: None,
    };
    BookOptions {
        templates: providers.flat_map(week).collect(),
        practice: Arc::new(practice),
        exceptions: Vec::new(),
        patients: vec![patient],
    }
}

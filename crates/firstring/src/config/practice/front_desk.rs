//! Providers, what can be booked, who works when, and what is done with which caller.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{
    Admits, AnswerPromise, AppointmentType, AppointmentTypeId, CallerKind, CallerPolicy, Closure, FrontDesk, Intent,
    LanguageLine, NewPatients, Provider, ProviderId, Recording, WaitingListKept,
};
use jiff::SignedDuration;
use serde::Deserialize;
use store::{Exception, Opens, Release, Template};
use toml::Spanned;

use super::checked::Checked;
use super::outside::{OutsideCalendar, RawOutsideCalendar};
use crate::config::ConfigError;

/// Nobody is seen for longer than a day.
const MINUTES_MAX: u32 = 24 * 60;
/// Ages that a practice may write, in years.
const AGE_MAX: u8 = 130;

/// The part of a practice's file that is about its front desk. All of it may be left out: then everything is a message.
pub(super) struct RawFrontDesk {
    pub(super) providers: Vec<RawProvider>,
    pub(super) appointment_types: Vec<RawType>,
    pub(super) templates: Vec<RawTemplate>,
    pub(super) exceptions: Vec<RawException>,
    pub(super) new_patients: Option<Spanned<String>>,
    pub(super) promises: BTreeMap<Spanned<String>, String>,
    pub(super) callers: BTreeMap<Spanned<String>, Spanned<String>>,
    pub(super) languages: Vec<RawLanguage>,
    pub(super) resume_within_minutes: u32,
    /// Whether a waiting list is kept, and whether who waits can be texted.
    pub(super) waiting_list: WaitingListKept,
    pub(super) recording: Recording,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProvider {
    id: Spanned<String>,
    name: Spanned<String>,
    calendar: Option<Spanned<RawOutsideCalendar>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawType {
    id: Spanned<String>,
    name: Spanned<String>,
    #[serde(default)]
    asked_with: Vec<String>,
    minutes: Spanned<u32>,
    #[serde(default)]
    buffer_before_minutes: u32,
    #[serde(default)]
    buffer_after_minutes: u32,
    #[serde(rename = "for")]
    admits: Option<Spanned<String>>,
    ages: Option<Spanned<(u8, u8)>>,
    providers: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    lead_hours: u32,
    horizon_days: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTemplate {
    provider: Spanned<String>,
    days: Vec<Spanned<String>>,
    from: Spanned<String>,
    to: Spanned<String>,
    #[serde(default)]
    types: Vec<Spanned<String>>,
    #[serde(default)]
    same_day: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawException {
    provider: Option<Spanned<String>>,
    from: Spanned<String>,
    to: Spanned<String>,
    open: bool,
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLanguage {
    language: Spanned<String>,
    heard_with: Spanned<Vec<String>>,
    line: Spanned<String>,
}

/// Who works when.
#[derive(Debug, Default)]
pub struct Week {
    /// The ordinary week.
    pub templates: Vec<Template>,
    /// What differs from it.
    pub exceptions: Vec<Exception>,
    /// Who keeps a calendar elsewhere, which is looked at beside it.
    pub outside: Vec<OutsideCalendar>,
}

impl Checked<'_> {
    pub(super) fn front_desk(&self, raw: RawFrontDesk) -> Result<(FrontDesk, Week), ConfigError> {
        let providers = self.providers(&raw.providers)?;
        let appointment_types = self.appointment_types(raw.appointment_types, &providers)?;
        let week = Week {
            templates: self.templates(raw.templates, &providers, &appointment_types)?,
            exceptions: self.exceptions(raw.exceptions, &providers)?,
            outside: self.outside_calendars(&raw.providers)?,
        };
        let desk = FrontDesk {
            providers,
            appointment_types,
            new_patients: self.new_patients(raw.new_patients.as_ref())?,
            promises: self.promises(raw.promises)?,
            callers: self.callers(raw.callers)?,
            languages: self.languages(raw.languages)?,
            closures: closures(&week.exceptions),
            resume_within: Duration::from_secs(u64::from(raw.resume_within_minutes) * 60),
            waiting_list: raw.waiting_list,
            recording: raw.recording,
        };
        Ok((desk, week))
    }

    fn providers(&self, raw: &[RawProvider]) -> Result<Vec<Provider>, ConfigError> {
        let mut providers: Vec<Provider> = Vec::new();
        for provider in raw {
            let id = ProviderId(self.named(&provider.id, "id")?);
            if providers.iter().any(|known| known.id == id) {
                return Err(
                    self.wrong(&provider.id, "this provider id stands twice; give each provider one of their own")
                );
            }
            providers.push(Provider { id, name: self.named(&provider.name, "name")? });
        }
        Ok(providers)
    }

    fn outside_calendars(&self, raw: &[RawProvider]) -> Result<Vec<OutsideCalendar>, ConfigError> {
        let kept = raw.iter().filter_map(|provider| provider.calendar.as_ref().map(|calendar| (provider, calendar)));
        kept.map(|(provider, calendar)| {
            self.outside_calendar(&ProviderId(provider.id.get_ref().trim().to_owned()), calendar)
        })
        .collect()
    }

    fn appointment_types(
        &self,
        raw: Vec<RawType>,
        providers: &[Provider],
    ) -> Result<Vec<AppointmentType>, ConfigError> {
        let mut types: Vec<AppointmentType> = Vec::new();
        for kind in raw {
            let id = AppointmentTypeId(self.named(&kind.id, "id")?);
            if types.iter().any(|known| known.id == id) {
                return Err(self.wrong(&kind.id, "this appointment type id stands twice"));
            }
            if kind.providers.get_ref().is_empty() {
                return Err(self.wrong(&kind.providers, "nobody gives this appointment; name at least one provider"));
            }
            let given_by = kind.providers.get_ref().iter().map(|written| self.provider(written, providers));
            types.push(AppointmentType {
                id,
                name: self.named(&kind.name, "name")?,
                asked_with: kind.asked_with,
                duration: self.minutes(&kind.minutes)?,
                buffer_before: minutes(kind.buffer_before_minutes),
                buffer_after: minutes(kind.buffer_after_minutes),
                admits: self.admits(kind.admits.as_ref())?,
                ages: self.ages(kind.ages.as_ref())?,
                providers: given_by.collect::<Result<_, _>>()?,
                lead: SignedDuration::from_hours(i64::from(kind.lead_hours)),
                horizon_days: kind.horizon_days,
            });
        }
        Ok(types)
    }

    fn templates(
        &self,
        raw: Vec<RawTemplate>,
        providers: &[Provider],
        types: &[AppointmentType],
    ) -> Result<Vec<Template>, ConfigError> {
        let mut templates: Vec<Template> = Vec::new();
        for block in raw {
            let (from, to) = (self.time(&block.from)?, self.time(&block.to)?);
            if from >= to {
                return Err(self.wrong(&block.to, "this template ends before it begins; split it at midnight"));
            }
            let provider = self.provider(&block.provider, providers)?;
            let kinds = block.types.iter().map(|written| self.appointment_type(written, types));
            let kinds: Vec<_> = kinds.collect::<Result<_, _>>()?;
            let release = if block.same_day { Release::SameDay } else { Release::Always };
            for day in &block.days {
                let weekday = self.weekday(day)?;
                let overlaps = |other: &Template| {
                    other.provider == provider && other.weekday == weekday && from < other.to && other.from < to
                };
                if templates.iter().any(overlaps) {
                    return Err(self.wrong(
                        day,
                        "two templates of this provider overlap on that day; let one end where the other begins",
                    ));
                }
                templates.push(Template {
                    provider: provider.clone(),
                    weekday,
                    from,
                    to,
                    types: kinds.clone(),
                    release,
                });
            }
        }
        Ok(templates)
    }

    fn exceptions(&self, raw: Vec<RawException>, providers: &[Provider]) -> Result<Vec<Exception>, ConfigError> {
        let exception = |one: RawException| {
            let (from, to) = (self.moment(&one.from)?, self.moment(&one.to)?);
            if from >= to {
                return Err(
                    self.wrong(&one.to, "this exception ends before it begins; `to` is the first moment after it")
                );
            }
            let provider = one.provider.map(|written| self.provider(&written, providers)).transpose()?;
            let opens = if one.open { Opens::Open } else { Opens::Closed };
            Ok(Exception { provider, from, to, opens, why: one.why })
        };
        raw.into_iter().map(exception).collect()
    }

    fn new_patients(&self, written: Option<&Spanned<String>>) -> Result<NewPatients, ConfigError> {
        match written.map(|text| (text, text.get_ref().as_str())) {
            None | Some((_, "registered")) => Ok(NewPatients::Registered),
            Some((_, "with_insurance")) => Ok(NewPatients::RegisteredWithInsurance),
            Some((_, "not_taken")) => Ok(NewPatients::NotTaken),
            Some((at, _)) => Err(self.wrong(at, "new_patients is \"registered\", \"with_insurance\" or \"not_taken\"")),
        }
    }

    fn promises(&self, raw: BTreeMap<Spanned<String>, String>) -> Result<Vec<AnswerPromise>, ConfigError> {
        let promise = |(intent, by): (Spanned<String>, String)| {
            let known: Intent = intent.get_ref().parse().map_err(|_| {
                self.wrong(&intent, "no such kind of request; write one such as prescription_refill or test_results")
            })?;
            Ok(AnswerPromise { intent: known, by })
        };
        raw.into_iter().map(promise).collect()
    }

    fn callers(
        &self,
        raw: BTreeMap<Spanned<String>, Spanned<String>>,
    ) -> Result<Vec<(CallerKind, CallerPolicy)>, ConfigError> {
        let policy = |(kind, policy): (Spanned<String>, Spanned<String>)| {
            let kind: CallerKind = kind.get_ref().parse().map_err(|_| {
                self.wrong(&kind, "no such kind of caller; write one such as clinician, pharmacy, insurer or vendor")
            })?;
            let policy = match policy.get_ref().as_str() {
                "help" => CallerPolicy::Help,
                "page" => CallerPolicy::PageClinician,
                "desk" => CallerPolicy::Desk,
                "message" => CallerPolicy::Message,
                "decline" => CallerPolicy::Decline,
                _ => return Err(self.wrong(&policy, "write \"help\", \"page\", \"desk\", \"message\" or \"decline\"")),
            };
            Ok((kind, policy))
        };
        raw.into_iter().map(policy).collect()
    }

    fn languages(&self, raw: Vec<RawLanguage>) -> Result<Vec<LanguageLine>, ConfigError> {
        let language = |one: RawLanguage| {
            if one.heard_with.get_ref().is_empty() {
                return Err(
                    self.wrong(&one.heard_with, "heard_with is empty; write words by which the language is heard")
                );
            }
            Ok(LanguageLine {
                language: self.named(&one.language, "language")?,
                line: self.named(&one.line, "line")?,
                heard_with: one.heard_with.into_inner(),
            })
        };
        raw.into_iter().map(language).collect()
    }

    /// The provider of this id.
    pub(super) fn provider(&self, id: &Spanned<String>, known: &[Provider]) -> Result<ProviderId, ConfigError> {
        let found = known.iter().find(|provider| provider.id.0 == *id.get_ref());
        found
            .map(|provider| provider.id.clone())
            .ok_or_else(|| self.wrong(id, "no [[providers]] has this id; correct its spelling or add the provider"))
    }

    fn appointment_type(
        &self,
        id: &Spanned<String>,
        known: &[AppointmentType],
    ) -> Result<AppointmentTypeId, ConfigError> {
        let found = known.iter().find(|kind| kind.id.0 == *id.get_ref());
        found
            .map(|kind| kind.id.clone())
            .ok_or_else(|| self.wrong(id, "no [[appointment_types]] has this id; correct its spelling or add the type"))
    }

    fn minutes(&self, written: &Spanned<u32>) -> Result<SignedDuration, ConfigError> {
        match *written.get_ref() {
            minutes_written @ 1..=MINUTES_MAX => Ok(minutes(minutes_written)),
            _ => Err(self.wrong(written, &format!("minutes must be 1 to {MINUTES_MAX}"))),
        }
    }

    fn admits(&self, written: Option<&Spanned<String>>) -> Result<Admits, ConfigError> {
        match written.map(|text| (text, text.get_ref().as_str())) {
            None | Some((_, "everybody")) => Ok(Admits::Everybody),
            Some((_, "known")) => Ok(Admits::KnownPatients),
            Some((_, "new")) => Ok(Admits::NewPatients),
            Some((at, _)) => Err(self.wrong(at, "for is \"everybody\", \"known\" or \"new\"")),
        }
    }

    fn ages(&self, written: Option<&Spanned<(u8, u8)>>) -> Result<(u8, u8), ConfigError> {
        let Some(ages) = written else { return Ok((0, AGE_MAX)) };
        match *ages.get_ref() {
            (from, to) if from < to && to <= AGE_MAX => Ok((from, to)),
            _ => Err(self.wrong(ages, &format!("ages are [from, to) in years, from below to, at most {AGE_MAX}"))),
        }
    }
}

fn minutes(written: u32) -> SignedDuration {
    SignedDuration::from_mins(i64::from(written))
}

/// What of the exceptions closes the whole practice.
fn closures(exceptions: &[Exception]) -> Vec<Closure> {
    let whole = exceptions.iter().filter(|one| one.provider.is_none() && one.opens == Opens::Closed);
    whole.map(|one| Closure { from: one.from, to: one.to, why: one.why.clone() }).collect()
}

mod calendar;
mod calendars;
mod checked;
mod contacts;
mod front_desk;
mod messages;
mod numbers;
mod outside;
mod patients;
mod policy;
mod rota;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use domain::{Fact, FactId, OpenHours, Practice, PracticeId, RedFlagId, WaitingListKept};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use office::Schedule;
use oncall::{Clinician, LineId, Policy, Rota, Way};
use serde::Deserialize;
use toml::Spanned;

use super::{ConfigError, SecretRef, Source};
pub use calendars::NOBODY;
use checked::Checked;
pub use contacts::{Contact, Encryption, Gateway, Mail};
use contacts::{RawContact, RawGateway, RawMail, Senders};
pub use front_desk::Week;
use front_desk::{RawException, RawFrontDesk, RawLanguage, RawProvider, RawTemplate, RawType};
use messages::RawMessages;
pub use messages::{Messages, MessagesByEmail};
pub use numbers::Numbers;
use numbers::RawNumber;
pub use outside::{CalendarKind, Login, OutsideCalendar};
pub use patients::read_patients;
use policy::{CheckedPolicy, RawPolicy};
use rota::{CheckedRota, RawRota};

/// A practice as the program needs it.
#[derive(Debug)]
pub struct PracticeConfig {
    /// What a call knows of it.
    pub practice: Practice,
    /// Who works when.
    pub week: Week,
    /// Patients that the practice brings along, as CSV.
    pub patients: Option<PathBuf>,
    /// For callers who say seven digits.
    pub area_code: Option<String>,
    /// The one voice of this practice, e.g. `piper/joe`.
    pub voice: String,
    /// Who can be on call.
    pub oncall: Vec<Contact>,
    /// The front desk, if it can be paged.
    pub desk: Option<Contact>,
    /// Who sends text messages and makes calls.
    pub gateway: Option<Gateway>,
    /// Who sends e-mail.
    pub mail: Option<Mail>,
    /// How long an opening is offered to one who waits.
    pub answer_within: SignedDuration,
    /// Who is on call when.
    pub rota: Rota,
    /// Which line of service a red flag belongs to; the general one otherwise.
    pub lines: BTreeMap<RedFlagId, LineId>,
    /// Which of its numbers belongs to which advertising channel.
    pub numbers: Numbers,
    /// Whether the caller's words stand in the page itself.
    pub page_details: bool,
    /// When test pages are sent by themselves.
    pub test_pages: Option<Schedule>,
    /// Whom a case pages, how and how fast.
    pub policy: Policy,
    /// Signs webhooks.
    pub webhook_secret: SecretRef,
    /// Where messages are announced.
    pub messages_url: Option<String>,
    /// Where they come by e-mail.
    pub messages: Messages,
    /// Who has approved what; all three are needed before real lines are served.
    pub approval: Option<Approval>,
}

/// Who answers for what callers hear and for what counts as urgent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The red-flag rules.
    pub red_flags: Approved,
    /// Who is paged when, who is connected.
    pub policy: Approved,
    /// Every spoken line.
    pub lines: Approved,
}

/// A name and a day.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approved {
    /// The responsible person.
    pub by: String,
    /// The day of the approval.
    pub on: toml::value::Datetime,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPractice {
    id: Spanned<String>,
    name: Spanned<String>,
    zone: Spanned<String>,
    area_code: Option<Spanned<String>>,
    voice: Spanned<String>,
    emergency_number: Spanned<String>,
    crisis_number: Spanned<String>,
    #[serde(default)]
    words: Vec<String>,
    approval: Option<Approval>,
    hours: Vec<RawHours>,
    policy: RawPolicy,
    oncall: Spanned<Vec<Spanned<RawContact>>>,
    desk: Option<Spanned<RawContact>>,
    gateway: Option<RawGateway>,
    mail: Option<RawMail>,
    rota: Option<Spanned<RawRota>>,
    webhooks: RawWebhooks,
    messages: Option<RawMessages>,
    #[serde(default)]
    facts: Vec<RawFact>,
    #[serde(default)]
    providers: Vec<RawProvider>,
    #[serde(default)]
    appointment_types: Vec<RawType>,
    #[serde(default)]
    templates: Vec<RawTemplate>,
    #[serde(default)]
    exceptions: Vec<RawException>,
    new_patients: Option<Spanned<String>>,
    #[serde(default)]
    promises: BTreeMap<Spanned<String>, String>,
    #[serde(default)]
    callers: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    languages: Vec<RawLanguage>,
    #[serde(default)]
    resume_within_minutes: u32,
    waiting_list: Option<RawWaitingList>,
    patients: Option<String>,
    #[serde(default)]
    numbers: Vec<RawNumber>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWaitingList {
    answer_within_minutes: Option<Spanned<u32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHours {
    days: Vec<Spanned<String>>,
    from: Spanned<String>,
    to: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWebhooks {
    secret: Spanned<String>,
    messages_url: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFact {
    id: Spanned<String>,
    asked_with: Spanned<Vec<String>>,
    answer: Spanned<String>,
}

/// How long an opening may be offered to one who waits.
const ANSWER_MINUTES: std::ops::RangeInclusive<u32> = 5..=240;
const VOICES: &[&str] = &["piper/joe", "kokoro/"];

impl PracticeConfig {
    /// Reads and checks a practice's file.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        Self::load_at(file, Timestamp::now())
    }

    /// The same for a program that starts at `now`: calendars are followed from a month before until two years after.
    pub fn load_at(file: &Path, now: Timestamp) -> Result<Self, ConfigError> {
        let (config, mut unread) = Self::load_to_serve(file, now)?;
        if unread.is_empty() { Ok(config) } else { Err(unread.swap_remove(0)) }
    }

    /// The same without the calendars that cannot be followed, and why: what somebody exported wrongly or forgot to export must not
    /// keep a telephone from being answered. The shifts beneath them are followed, and the last resort is always there.
    pub fn load_to_serve(file: &Path, now: Timestamp) -> Result<(Self, Vec<ConfigError>), ConfigError> {
        let source = Source::read(file)?;
        let raw: RawPractice = source.parse()?;
        Checked(&source).practice(raw, now)
    }

    /// Whether the last resort's telephone is merely written down, in one sentence.
    pub fn why_last_resort_is_not_called(&self) -> Option<String> {
        let last = self.rota.last_resort();
        let called = last.ways.iter().any(|way| matches!(way, Way::Sms | Way::Voice));
        let name = &last.name;
        (!called).then(|| {
            format!(
                "{name}, the last resort, is not called: write [gateway], and leave `ways` out or name \"voice\" in it"
            )
        })
    }

    /// What is missing before real telephone lines may be served, in one sentence.
    pub fn why_no_real_lines(&self) -> Option<String> {
        let Some(approval) = &self.approval else {
            return Some(
                "no [approval]: a responsible clinician must approve red_flags, policy and lines, with a name and a \
                 date, before real telephone lines are served"
                    .to_owned(),
            );
        };
        let parts = [("red_flags", &approval.red_flags), ("policy", &approval.policy), ("lines", &approval.lines)];
        let missing = parts.iter().find(|(_, approved)| approved.by.trim().is_empty() || approved.on.date.is_none());
        missing.map(|(part, _)| format!("approval.{part} needs the name of who approved it and a date"))
    }
}

impl Checked<'_> {
    fn practice(&self, raw: RawPractice, now: Timestamp) -> Result<(PracticeConfig, Vec<ConfigError>), ConfigError> {
        let zone = TimeZone::get(raw.zone.get_ref()).map_err(|_| {
            self.wrong(&raw.zone, "zone is not an IANA time zone; write one such as \"America/New_York\"")
        })?;
        let voice = raw.voice.get_ref();
        if !VOICES.iter().any(|known| voice == known || (known.ends_with('/') && voice.starts_with(known))) {
            return Err(self.wrong(&raw.voice, "voice is unknown; write \"piper/joe\" or \"kokoro/af_bella\""));
        }
        if let Some(code) = &raw.area_code {
            self.digits(code, 3, "area_code")?;
        }
        self.digits(&raw.emergency_number, 3, "emergency_number")?;
        self.digits(&raw.crisis_number, 3, "crisis_number")?;
        let waiting_list = match (&raw.waiting_list, &raw.gateway) {
            (None, _) => WaitingListKept::No,
            (Some(_), None) => WaitingListKept::OfficeCalls,
            (Some(_), Some(_)) => WaitingListKept::PatientsAreTexted,
        };
        let answer_within = self.answer_within(raw.waiting_list.as_ref())?;
        let (front_desk, week) = self.front_desk(RawFrontDesk {
            providers: raw.providers,
            appointment_types: raw.appointment_types,
            templates: raw.templates,
            exceptions: raw.exceptions,
            new_patients: raw.new_patients,
            promises: raw.promises,
            callers: raw.callers,
            languages: raw.languages,
            resume_within_minutes: raw.resume_within_minutes,
            waiting_list,
        })?;
        let senders = self.senders(raw.gateway, raw.mail)?;
        let oncall = self.oncall(&raw.oncall, &senders)?;
        let desk = self.desk(raw.desk.as_ref(), &senders)?;
        let hours = self.hours(raw.hours)?;
        let messages_url = raw.webhooks.messages_url.as_ref();
        let messages = self.messages(raw.messages.as_ref(), messages_url, &senders, &hours)?;
        let Senders { gateway, mail } = senders;
        let CheckedRota { rota, lines, unread } = self.rota(raw.rota, &raw.oncall, &oncall, &zone, now)?;
        let people: Vec<Clinician> = oncall.iter().chain(&desk).map(Contact::clinician).collect();
        let CheckedPolicy { policy, meanwhile, page_details, test_pages } =
            self.policy(raw.policy, desk.as_ref().map(Contact::clinician), &people)?;
        let practice = Practice {
            id: PracticeId(self.named(&raw.id, "id")?),
            name: self.named(&raw.name, "name")?,
            zone,
            emergency_number: raw.emergency_number.into_inner(),
            crisis_number: raw.crisis_number.into_inner(),
            hours,
            facts: self.facts(raw.facts)?,
            words: raw.words,
            meanwhile,
            front_desk,
        };
        let config = PracticeConfig {
            practice,
            week,
            patients: raw.patients.map(|written| self.0.path(&written)),
            area_code: raw.area_code.map(Spanned::into_inner),
            voice: raw.voice.into_inner(),
            oncall,
            desk,
            gateway,
            mail,
            answer_within,
            rota,
            lines,
            numbers: self.numbers(raw.numbers)?,
            page_details,
            test_pages,
            policy,
            webhook_secret: SecretRef::parse(raw.webhooks.secret.get_ref())
                .map_err(|why| self.wrong(&raw.webhooks.secret, &why))?,
            messages_url: raw.webhooks.messages_url.map(|url| self.url(&url, "messages_url")).transpose()?,
            messages,
            approval: raw.approval,
        };
        Ok((config, unread))
    }

    /// How long an opening is offered to one who waits.
    fn answer_within(&self, raw: Option<&RawWaitingList>) -> Result<SignedDuration, ConfigError> {
        let Some(minutes) = raw.and_then(|raw| raw.answer_within_minutes.as_ref()) else {
            return Ok(office::WaitingList::default().answer_within);
        };
        if !ANSWER_MINUTES.contains(minutes.get_ref()) {
            return Err(
                self.wrong(minutes, "answer_within_minutes is from 5 to 240: offers are made and answered by day")
            );
        }
        Ok(SignedDuration::from_mins(i64::from(*minutes.get_ref())))
    }

    fn hours(&self, raw: Vec<RawHours>) -> Result<Vec<OpenHours>, ConfigError> {
        let mut hours = Vec::new();
        for entry in raw {
            let (from, to) = (self.time(&entry.from)?, self.time(&entry.to)?);
            if from >= to {
                return Err(self.wrong(&entry.to, "hours end before they begin; split them at midnight"));
            }
            for day in &entry.days {
                hours.push(OpenHours { weekday: self.weekday(day)?, from, to });
            }
        }
        Ok(hours)
    }

    fn facts(&self, raw: Vec<RawFact>) -> Result<Vec<Fact>, ConfigError> {
        let mut seen = BTreeSet::new();
        let mut facts = Vec::new();
        for fact in raw {
            if !seen.insert(fact.id.get_ref().clone()) {
                return Err(self.wrong(&fact.id, "this fact id stands twice"));
            }
            if fact.asked_with.get_ref().is_empty() {
                return Err(self.wrong(&fact.asked_with, "asked_with is empty; write a phrase that callers ask with"));
            }
            facts.push(Fact {
                id: FactId(self.named(&fact.id, "id")?),
                answer: self.named(&fact.answer, "answer")?,
                asked_with: fact.asked_with.into_inner(),
            });
        }
        Ok(facts)
    }
}

/// A date of the approval, for those who show it.
impl Approved {
    /// The day as jiff has it.
    pub fn day(&self) -> Option<Date> {
        let date = self.on.date?;
        Date::new(date.year as i16, date.month as i8, date.day as i8).ok()
    }
}

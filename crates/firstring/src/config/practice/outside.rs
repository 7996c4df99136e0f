//! `[providers.calendar]`: a calendar that a provider keeps elsewhere.

use std::fmt;

use domain::ProviderId;
use jiff::SignedDuration;
use serde::Deserialize;
use toml::Spanned;

use super::checked::Checked;
use crate::config::{ConfigError, SecretRef};

/// So far back a FHIR server is asked for what began earlier and still lasts: a holiday that is one entry.
const LOOK_BACK_DAYS_DEFAULT: u16 = 7;
const LOOK_BACK_DAYS_MAX: u16 = 60;

/// Where it is and how it is spoken to. `Debug` shows no address.
#[derive(Clone)]
pub struct OutsideCalendar {
    /// Whose.
    pub provider: ProviderId,
    /// The calendar's own address, or that of the FHIR server.
    pub url: String,
    /// How the practice signs in.
    pub login: Login,
    /// What it speaks.
    pub kind: CalendarKind,
    /// Whether entries carry the patient's name.
    pub names: bool,
}

impl fmt::Debug for OutsideCalendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutsideCalendar")
            .field("provider", &self.provider)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// How a practice signs in to a server.
#[derive(Clone)]
pub enum Login {
    /// It need not.
    None,
    /// By name and password.
    Password {
        /// The name.
        user: String,
        /// The password.
        password: SecretRef,
    },
    /// By a token.
    Token(SecretRef),
}

/// What a calendar speaks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CalendarKind {
    /// CalDAV.
    CalDav,
    /// FHIR R4.
    Fhir {
        /// Whose appointments, e.g. `Practitioner/12`.
        actor: String,
        /// Whose slots; without it only appointments are looked at.
        schedule: Option<String>,
        /// So far back is asked for what began earlier.
        look_back: SignedDuration,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOutsideCalendar {
    caldav: Option<Spanned<String>>,
    fhir: Option<Spanned<String>>,
    user: Option<Spanned<String>>,
    password: Option<Spanned<String>>,
    token: Option<Spanned<String>>,
    actor: Option<Spanned<String>>,
    schedule: Option<Spanned<String>>,
    look_back_days: Option<Spanned<u16>>,
    #[serde(default)]
    names: bool,
}

impl Checked<'_> {
    pub(super) fn outside_calendar(
        &self,
        provider: &ProviderId,
        written: &Spanned<RawOutsideCalendar>,
    ) -> Result<OutsideCalendar, ConfigError> {
        let raw = written.get_ref();
        let (url, kind) = match (&raw.caldav, &raw.fhir) {
            (Some(url), None) => {
                let alien = raw.actor.as_ref().or(raw.schedule.as_ref());
                if let Some(alien) = alien {
                    return Err(self.wrong(alien, "only FHIR servers have this; leave it out beside caldav"));
                }
                (self.url(url, "caldav")?, CalendarKind::CalDav)
            }
            (None, Some(url)) => (self.url(url, "fhir")?, self.fhir(written)?),
            (None, None) | (Some(_), Some(_)) => {
                return Err(self.wrong(
                    written,
                    "name the calendar's address as caldav = \"https://..\" or as fhir = \"https://..\"",
                ));
            }
        };
        let login = self.login(raw.user.as_ref(), raw.password.as_ref(), raw.token.as_ref())?;
        Ok(OutsideCalendar { provider: provider.clone(), url, login, kind, names: raw.names })
    }

    fn fhir(&self, written: &Spanned<RawOutsideCalendar>) -> Result<CalendarKind, ConfigError> {
        let raw = written.get_ref();
        let actor = raw.actor.as_ref().ok_or_else(|| {
            self.wrong(written, "a FHIR server has many calendars: name whose with actor = \"Practitioner/..\"")
        })?;
        let days = match &raw.look_back_days {
            Some(days) if *days.get_ref() > LOOK_BACK_DAYS_MAX => {
                return Err(self.wrong(days, "look_back_days is at most 60"));
            }
            days => days.as_ref().map_or(LOOK_BACK_DAYS_DEFAULT, |days| *days.get_ref()),
        };
        let schedule = raw.schedule.as_ref().map(|schedule| self.named(schedule, "schedule"));
        Ok(CalendarKind::Fhir {
            actor: self.named(actor, "actor")?,
            schedule: schedule.transpose()?,
            look_back: SignedDuration::from_hours(24 * i64::from(days)),
        })
    }

    /// Name and password, or a token, or nothing.
    pub(super) fn login(
        &self,
        user: Option<&Spanned<String>>,
        password: Option<&Spanned<String>>,
        token: Option<&Spanned<String>>,
    ) -> Result<Login, ConfigError> {
        match (user, password, token) {
            (None, None, None) => Ok(Login::None),
            (Some(user), Some(password), None) => {
                Ok(Login::Password { user: self.named(user, "user")?, password: self.secret(password)? })
            }
            (None, None, Some(token)) => Ok(Login::Token(self.secret(token)?)),
            (Some(one), _, _) | (None, Some(one), _) => Err(self.wrong(one, "write user and password, or token alone")),
        }
    }
}

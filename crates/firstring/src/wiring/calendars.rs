//! The calendars that providers keep elsewhere, opened with their secrets.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use calendars::{
    Access, CalDav, CalDavConfig, Credentials, FhirCalendar, FhirConfig, FhirInbox, InboxConfig, OutsideCalendar,
};
use domain::{Phi, ProviderId};
use office::ProviderCalendar;

use crate::config::{CalendarKind, Login, PracticeConfig};

/// Each request to such a server ends within this.
const WITHIN: Duration = Duration::from_secs(4);

pub(super) fn open(config: &PracticeConfig) -> anyhow::Result<Vec<(ProviderId, ProviderCalendar)>> {
    let zone = config.practice.zone.clone();
    let one = |outside: &crate::config::OutsideCalendar| {
        let access = access(&outside.url, &outside.login)?;
        let calendar: Arc<dyn OutsideCalendar> = match &outside.kind {
            CalendarKind::CalDav => Arc::new(CalDav::new(&CalDavConfig { access, zone: zone.clone() })?),
            CalendarKind::Fhir { actor, schedule, look_back } => Arc::new(FhirCalendar::new(&FhirConfig {
                access,
                actor: actor.clone(),
                schedule: schedule.clone(),
                look_back: *look_back,
                zone: zone.clone(),
            })?),
        };
        anyhow::Ok((outside.provider.clone(), ProviderCalendar { calendar, names: outside.names }))
    };
    let all = config.week.outside.iter();
    all.map(|outside| one(outside).with_context(|| format!("the calendar of {}", outside.provider))).collect()
}

/// The worklist in the practice's records that takes messages.
pub(super) fn records(config: &PracticeConfig) -> anyhow::Result<Option<Arc<FhirInbox>>> {
    let Some(records) = &config.messages.records else { return Ok(None) };
    let access = access(&records.url, &records.login)?;
    let inbox = FhirInbox::new(&InboxConfig { access, owner: records.owner.clone() }).context("[messages.fhir]")?;
    Ok(Some(Arc::new(inbox)))
}

fn access(url: &str, login: &Login) -> anyhow::Result<Access> {
    let credentials = match login {
        Login::None => Credentials::None,
        Login::Password { user, password } => {
            Credentials::Basic { user: Phi::from(user.as_str()), password: Phi::new(password.read()?) }
        }
        Login::Token(token) => Credentials::Bearer(Phi::new(token.read()?)),
    };
    Ok(Access { url: Phi::from(url), credentials, within: WITHIN })
}

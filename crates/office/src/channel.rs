//! Every way to page a clinician.
//!
//! [`Channel`] is a way as the practice wrote it; [`Sender`] is the same way, checked once at the start. A sender tells one
//! page once: whether to try again, and whom, [`oncall::Escalation`] decides.
//!
//! - Taken means that the channel has the page: a gateway, a mail server, a push server. That anybody has read it is known
//!   from an acknowledgement alone.
//! - Everything but the webhook's body is free of what the caller said or is: reference, urgency, practice and link.
//! - Neither errors nor `Debug` hold an address, a telephone number, a secret or what a server answered in words.
//! - Each status that means "taken" is named: a proxy's or a sign-in page's 200 is no page delivered.
//! - What comes back, replies and pressed keys, is understood in [`inbound`] and [`reply`].

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::Urgency;
use oncall::{Clinician, ClinicianId, Way, Why};
use reqwest::Client;

use crate::webhook::{Hook, Undelivered};
use crate::{OfficeConfig, OfficeError, Webhook};

mod email;
mod gateway;
mod http;
mod inbound;
mod ntfy;
mod offer_reply;
mod pagerduty;
mod reply;
mod sms;
mod text;
mod twiml;
mod voice;

#[cfg(test)]
mod tests;

pub use email::{Email, Encryption, Login};
pub(crate) use email::{EmailSender, Letter};
pub use gateway::Gateway;
pub use inbound::{Key, Progress, is_signed};
pub use ntfy::Ntfy;
pub(crate) use offer_reply::OfferReply;
pub use pagerduty::PagerDuty;
pub use reply::{Named, SmsReply};
pub(crate) use sms::Texter;
pub use sms::{Sms, SmsFrom};
pub(crate) use text::name_in_sms;
pub(crate) use text::one_line;
pub use twiml::Twiml;
pub use voice::Voice;
pub(crate) use voice::twiml as asking;

/// A webhook's receiver stands ready; a page that waits for one that does not is a page late.
const WEBHOOK_WITHIN: Duration = Duration::from_secs(2);

/// A way to page a clinician, as the practice wrote it.
#[derive(Clone, Debug)]
pub enum Channel {
    /// A signed webhook.
    Webhook(Webhook),
    /// A text message.
    Sms(Sms),
    /// A telephone call that asks for a key.
    Voice(Voice),
    /// An e-mail.
    Email(Email),
    /// A push message by ntfy.
    Ntfy(Ntfy),
    /// An incident in PagerDuty, or in whatever takes its events.
    PagerDuty(PagerDuty),
}

/// Checks every way of everybody whom the rota and the policy name.
pub(crate) fn senders(config: &OfficeConfig) -> Result<BTreeMap<(ClinicianId, Way), Arc<Sender>>, OfficeError> {
    for Clinician { id, name, ways } in config.rota.clinicians().chain(config.policy.desk()) {
        if let Some(&way) = ways.iter().find(|way| !config.channels.contains_key(&(id.clone(), **way))) {
            return Err(OfficeError::UnknownChannel { clinician: name.clone(), way });
        }
    }
    let check = |(of, channel): (&(ClinicianId, Way), _)| {
        Ok((of.clone(), Arc::new(Sender::check(&format!("{} of {}", of.1, of.0), channel)?)))
    };
    config.channels.iter().map(check).collect()
}

/// One page, as the channels need it.
#[derive(Clone, Copy)]
pub(crate) struct PageNotice<'a> {
    /// The same for every try of this page: `page-{case}-{attempt}`.
    pub(crate) id: &'a str,
    /// What the page is about, for receivers that fold pages together. While an incident of this name is open, another page
    /// under it rings nobody: see [`pagerduty`].
    pub(crate) dedup: &'a str,
    /// The practice's name.
    pub(crate) practice: &'a str,
    /// The case's, such as `AB-1234`.
    pub(crate) reference: &'a str,
    pub(crate) urgency: Urgency,
    pub(crate) why: Why,
    /// Where the clinician reads what is known and takes the case.
    pub(crate) link: &'a str,
    /// Where the gateway tells which key was pressed. Whoever knows it and the gateway's token can take the case.
    pub(crate) key_url: &'a str,
    /// Where the gateway tells what became of a text or a telephone call: [`Progress`].
    pub(crate) status_url: Option<&'a str>,
    /// Nobody called: the practice tries out whether pages arrive. Every text says so first.
    pub(crate) test: bool,
    /// The webhook's body.
    pub(crate) json: &'a str,
}

/// A channel that was checked when the office was started.
pub(crate) enum Sender {
    Webhook(Hook),
    Sms(sms::SmsSender),
    Voice(voice::VoiceSender),
    Email(Box<email::EmailSender>),
    Ntfy(ntfy::NtfySender),
    PagerDuty(pagerduty::PagerDutySender),
}

impl Sender {
    /// `name` is the channel's in the configuration.
    pub(crate) fn check(name: &str, channel: &Channel) -> Result<Self, OfficeError> {
        let checked = match channel {
            Channel::Webhook(webhook) => return Hook::check(name, webhook).map(Self::Webhook),
            Channel::Sms(sms) => sms::SmsSender::check(sms).map(Self::Sms),
            Channel::Voice(voice) => voice::VoiceSender::check(voice).map(Self::Voice),
            Channel::Email(email) => email::EmailSender::check(email).map(|checked| Self::Email(Box::new(checked))),
            Channel::Ntfy(ntfy) => ntfy::NtfySender::check(ntfy).map(Self::Ntfy),
            Channel::PagerDuty(pagerduty) => pagerduty::PagerDutySender::check(pagerduty).map(Self::PagerDuty),
        };
        checked.map_err(|why| OfficeError::BadChannel { name: name.to_owned(), why })
    }

    /// How long this channel may take before it has failed. Long enough for one that works, as each says; every second more
    /// is one that the next clinician is paged later.
    pub(crate) fn within(&self) -> Duration {
        match self {
            Self::Webhook(_) => WEBHOOK_WITHIN,
            Self::Sms(_) | Self::Voice(_) => gateway::WITHIN,
            Self::Email(_) => email::WITHIN,
            Self::Ntfy(_) => ntfy::WITHIN,
            Self::PagerDuty(_) => pagerduty::WITHIN,
        }
    }

    /// Sends `page` once. `client` must follow no redirection, as [`crate::webhook::client`] does.
    pub(crate) async fn send(
        &self,
        client: &Client,
        page: &PageNotice<'_>,
        within: Duration,
    ) -> Result<(), Undelivered> {
        match self {
            Self::Webhook(hook) => hook.deliver(client, page.id, page.json.to_owned(), within).await,
            Self::Sms(sms) => sms.send(client, page, within).await,
            Self::Voice(voice) => voice.send(client, page, within).await,
            Self::Email(email) => email.send(page, within).await,
            Self::Ntfy(ntfy) => ntfy.send(client, page, within).await,
            Self::PagerDuty(pagerduty) => pagerduty.send(client, page, within).await,
        }
    }

    /// Whether it wants to be told that nobody is needed any more.
    pub(crate) fn is_to_be_resolved(&self) -> bool {
        matches!(self, Self::PagerDuty(_))
    }

    /// The case needs nobody now: it was taken, or closed. Only what folds pages together wants to know.
    pub(crate) async fn resolve(&self, client: &Client, dedup: &str, within: Duration) -> Result<(), Undelivered> {
        match self {
            Self::PagerDuty(pagerduty) => pagerduty.resolve(client, dedup, within).await,
            Self::Webhook(_) | Self::Sms(_) | Self::Voice(_) | Self::Email(_) | Self::Ntfy(_) => Ok(()),
        }
    }
}

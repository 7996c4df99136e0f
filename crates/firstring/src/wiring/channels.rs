//! Every way of everybody who can be paged, with its secrets read.

use std::collections::BTreeMap;

use anyhow::Context;
use office::{Channel, Email, Encryption, Gateway, Login, Mailbox, Ntfy, PagerDuty, Sms, SmsFrom, Voice, Webhook};
use oncall::{ClinicianId, Way};
use store::Secret;

use crate::config::{self, Contact, MessagesByEmail, PracticeConfig, SecretRef};

/// The channels of a practice.
pub(super) struct Channels {
    pub(super) all: BTreeMap<(ClinicianId, Way), Channel>,
    /// By which the gateway signs what it tells.
    pub(super) gateway_token: Option<Secret>,
    /// What texts patients.
    pub(super) texts: Option<(Gateway, SmsFrom)>,
}

impl Channels {
    /// `page_url` takes the place of every address.
    pub(super) fn open(config: &PracticeConfig, page_url: Option<&str>, signer: &Secret) -> anyhow::Result<Self> {
        let webhook = |url: &str| Channel::Webhook(Webhook { url: Secret::new(url), secret: signer.clone() });
        let senders = if page_url.is_none() { Senders::open(config)? } else { Senders::default() };
        let mut all = BTreeMap::new();
        for contact in config.oncall.iter().chain(&config.desk) {
            for &way in &contact.ways {
                let channel = match (page_url, way, contact.page_url.as_deref()) {
                    (Some(url), ..) | (None, Way::Webhook, Some(url)) => webhook(url),
                    _ => senders.channel(contact, way)?,
                };
                all.insert((ClinicianId(contact.id.clone()), way), channel);
            }
        }
        let gateway_token = senders.gateway.as_ref().map(|(gateway, _)| gateway.token.clone());
        let texts = senders.gateway.map(|(gateway, from)| (gateway, SmsFrom::Number(from.as_str().to_owned())));
        Ok(Self { all, gateway_token, texts })
    }
}

/// What sends for everybody.
#[derive(Default)]
struct Senders {
    gateway: Option<(Gateway, domain::PhoneNumber)>,
    mail: Option<Email>,
}

impl Senders {
    fn open(config: &PracticeConfig) -> anyhow::Result<Self> {
        let gateway = config.gateway.as_ref().map(|config::Gateway { api, account, token, from }| {
            let gateway = Gateway { api: api.clone(), account: account.clone(), token: secret(token)? };
            anyhow::Ok((gateway, from.clone()))
        });
        Ok(Self { gateway: gateway.transpose()?, mail: config.mail.as_ref().map(mail).transpose()? })
    }

    /// Ways were checked against what is written, so what they need is there.
    fn channel(&self, contact: &Contact, way: Way) -> anyhow::Result<Channel> {
        let missing = || format!("{} of {}: its address is missing", way, contact.id);
        Ok(match way {
            Way::Webhook => anyhow::bail!(missing()),
            Way::Sms => {
                let (gateway, from) = self.gateway.clone().with_context(missing)?;
                let to = contact.phone.clone().with_context(missing)?;
                Channel::Sms(Sms { gateway, from: SmsFrom::Number(from.as_str().to_owned()), to })
            }
            Way::Voice => {
                let (gateway, from) = self.gateway.clone().with_context(missing)?;
                Channel::Voice(Voice { gateway, from, to: contact.phone.clone().with_context(missing)? })
            }
            Way::Email => {
                let mail = self.mail.clone().with_context(missing)?;
                Channel::Email(Email { to: Secret::new(contact.email.clone().with_context(missing)?), ..mail })
            }
            Way::Ntfy => {
                let url = secret(contact.ntfy.as_ref().with_context(missing)?)?;
                Channel::Ntfy(Ntfy { url, token: None })
            }
            Way::Pagerduty => {
                let routing_key = secret(contact.pagerduty.as_ref().with_context(missing)?)?;
                Channel::PagerDuty(PagerDuty { api: PagerDuty::EVENTS.to_owned(), routing_key })
            }
        })
    }
}

/// Where the practice has its messages by e-mail.
pub(super) fn mailbox(config: &PracticeConfig) -> anyhow::Result<Option<Mailbox>> {
    let Some(MessagesByEmail { email, digest }) = &config.messages.by_email else { return Ok(None) };
    let server = mail(config.mail.as_ref().context("messages by e-mail: [mail] is missing")?)?;
    Ok(Some(Mailbox { email: Email { to: Secret::new(email), ..server }, digest: digest.clone() }))
}

/// To nobody yet.
fn mail(config: &config::Mail) -> anyhow::Result<Email> {
    let login = config
        .login
        .as_ref()
        .map(|(user, password)| anyhow::Ok(Login { user: Secret::new(user), password: secret(password)? }));
    Ok(Email {
        server: config.server.clone(),
        port: config.port,
        encryption: match config.encryption {
            config::Encryption::Tls => Encryption::Tls,
            config::Encryption::StartTls => Encryption::StartTls,
            config::Encryption::None => Encryption::Plain,
        },
        login: login.transpose()?,
        from: Secret::new(&config.from),
        to: Secret::new(""),
    })
}

fn secret(reference: &SecretRef) -> anyhow::Result<Secret> {
    Ok(Secret::new(reference.read()?))
}

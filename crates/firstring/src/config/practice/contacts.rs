//! `[[oncall]]`, `[desk]`, `[gateway]` and `[mail]`: who can be paged, and in which ways.

use std::collections::BTreeSet;
use std::fmt;

use domain::PhoneNumber;
use oncall::{Clinician, ClinicianId, Way};
use serde::Deserialize;
use toml::Spanned;

use super::checked::Checked;
use crate::config::{ConfigError, SecretRef, is_private};

/// Somebody who can be paged, with the addresses at which they are. `Debug` shows none of these.
#[derive(Clone)]
pub struct Contact {
    /// In links and logs.
    pub id: String,
    /// As it is spoken.
    pub name: String,
    /// In which ways they are paged.
    pub ways: Vec<Way>,
    /// Where a page is posted to, signed.
    pub page_url: Option<String>,
    /// Their telephone: for text messages and calls.
    pub phone: Option<PhoneNumber>,
    /// Where they are rung for a caller, a SIP address; else by `phone`, where numbers can be called.
    pub sip: Option<String>,
    /// Their address.
    pub email: Option<String>,
    /// Their topic's address. Whoever knows it can listen, so it is a secret.
    pub ntfy: Option<SecretRef>,
    /// Their service's integration key.
    pub pagerduty: Option<SecretRef>,
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contact").field("id", &self.id).field("ways", &self.ways).finish_non_exhaustive()
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Contact {
    /// As those who page know them.
    pub fn clinician(&self) -> Clinician {
        Clinician { id: ClinicianId(self.id.clone()), name: self.name.clone(), ways: self.ways.clone() }
    }
}

/// Who sends text messages and makes calls: Twilio, or a compatible provider.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// Where its API is.
    pub api: String,
    /// The practice's account.
    pub account: String,
    /// Its token. It signs what the gateway tells us, too.
    pub token: SecretRef,
    /// The practice's number there: what clinicians see, call back and answer to.
    pub from: PhoneNumber,
}

/// Who sends e-mail. `Debug` shows no address.
#[derive(Clone)]
pub struct Mail {
    /// The server's name.
    pub server: String,
    /// Its port, if it is not the usual one.
    pub port: Option<u16>,
    /// How it is spoken to.
    pub encryption: Encryption,
    /// How the practice signs in, where it has to.
    pub login: Option<(String, SecretRef)>,
    /// The sender.
    pub from: String,
}

/// How a mail server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// TLS from the first byte.
    Tls,
    /// TLS after a greeting, or nothing is sent.
    StartTls,
    /// Only to this machine.
    None,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawContact {
    id: Option<Spanned<String>>,
    name: Spanned<String>,
    ways: Option<Spanned<Vec<Spanned<String>>>>,
    page_url: Option<Spanned<String>>,
    phone: Option<Spanned<String>>,
    sip: Option<Spanned<String>>,
    email: Option<Spanned<String>>,
    ntfy: Option<Spanned<String>>,
    pagerduty: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGateway {
    api: Option<Spanned<String>>,
    account: Spanned<String>,
    token: Spanned<String>,
    from: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMail {
    server: Spanned<String>,
    port: Option<u16>,
    encryption: Option<Spanned<String>>,
    user: Option<Spanned<String>>,
    password: Option<Spanned<String>>,
    from: Spanned<String>,
}

/// The desk, as rules and records call it.
const DESK: &str = "desk";
const TWILIO: &str = "https://api.twilio.com";

/// What can be sent at all.
pub(super) struct Senders {
    pub(super) gateway: Option<Gateway>,
    pub(super) mail: Option<Mail>,
}

impl Checked<'_> {
    pub(super) fn oncall(
        &self,
        raw: &Spanned<Vec<Spanned<RawContact>>>,
        senders: &Senders,
    ) -> Result<Vec<Contact>, ConfigError> {
        if raw.get_ref().is_empty() {
            return Err(self.wrong(raw, "nobody is on call; name at least one [[oncall]] clinician"));
        }
        let mut seen = BTreeSet::new();
        let contact = |contact: &Spanned<RawContact>| {
            let id = contact.get_ref().id.as_ref();
            let id = id.ok_or_else(|| self.wrong(contact, "this clinician has no id; write a short one"))?;
            if id.get_ref() == DESK {
                return Err(self.wrong(id, "this is what the front desk is called; choose another id"));
            }
            if !seen.insert(id.get_ref().clone()) {
                return Err(self.wrong(id, "this oncall id stands twice; give each clinician one of their own"));
            }
            self.contact(id.get_ref(), contact, senders)
        };
        raw.get_ref().iter().map(contact).collect()
    }

    pub(super) fn desk(
        &self,
        raw: Option<&Spanned<RawContact>>,
        senders: &Senders,
    ) -> Result<Option<Contact>, ConfigError> {
        let Some(raw) = raw else { return Ok(None) };
        if let Some(id) = &raw.get_ref().id {
            return Err(self.wrong(id, "the desk needs no id; leave it out"));
        }
        self.contact(DESK, raw, senders).map(Some)
    }

    fn contact(&self, id: &str, raw: &Spanned<RawContact>, senders: &Senders) -> Result<Contact, ConfigError> {
        let written = raw.get_ref();
        if let (Some(email), None) = (&written.email, &senders.mail) {
            return Err(self.wrong(email, "nothing sends e-mail; write [mail]"));
        }
        let has = |way: &Way| match way {
            Way::Webhook => written.page_url.is_some(),
            Way::Sms | Way::Voice => written.phone.is_some() && senders.gateway.is_some(),
            Way::Email => written.email.is_some(),
            Way::Ntfy => written.ntfy.is_some(),
            Way::Pagerduty => written.pagerduty.is_some(),
        };
        let there: Vec<Way> = Way::ALL.into_iter().filter(has).collect();
        let ways = match &written.ways {
            None => there,
            Some(chosen) => chosen.get_ref().iter().map(|way| self.way(way, &there)).collect::<Result<_, _>>()?,
        };
        // A desk may be one that is only rung.
        if ways.is_empty() && (id != DESK || written.sip.is_none()) {
            let what =
                "cannot be paged: write page_url, email, ntfy or pagerduty, or phone and a [gateway] that calls it";
            return Err(self.wrong(raw, what));
        }
        Ok(Contact {
            id: id.to_owned(),
            name: self.named(&written.name, "name")?,
            ways,
            page_url: written.page_url.as_ref().map(|url| self.url(url, "page_url")).transpose()?,
            phone: written.phone.as_ref().map(|phone| self.phone(phone)).transpose()?,
            sip: written.sip.as_ref().map(|sip| self.sip_address(sip)).transpose()?,
            email: written.email.as_ref().map(|email| self.named(email, "email")).transpose()?,
            ntfy: written.ntfy.as_ref().map(|ntfy| self.secret(ntfy)).transpose()?,
            pagerduty: written.pagerduty.as_ref().map(|key| self.secret(key)).transpose()?,
        })
    }

    fn sip_address(&self, written: &Spanned<String>) -> Result<String, ConfigError> {
        let is_one = transport::sip::is_address(written.get_ref());
        is_one.then(|| written.get_ref().clone()).ok_or_else(|| {
            self.wrong(
                written,
                "not a SIP address; write it as \"sip:patel@192.0.2.20\", with ;transport=tcp or tls if needed",
            )
        })
    }

    fn way(&self, written: &Spanned<String>, there: &[Way]) -> Result<Way, ConfigError> {
        let way = there.iter().find(|way| way.label() == written.get_ref());
        way.copied().ok_or_else(|| {
            let there = there.iter().map(|way| way.label()).collect::<Vec<_>>().join(", ");
            self.wrong(written, &format!("not a way to reach them as it stands here; there is {there}"))
        })
    }

    pub(super) fn senders(&self, gateway: Option<RawGateway>, mail: Option<RawMail>) -> Result<Senders, ConfigError> {
        let gateway = gateway.map(|raw| self.gateway(&raw)).transpose()?;
        Ok(Senders { gateway, mail: mail.map(|raw| self.mail(&raw)).transpose()? })
    }

    fn gateway(&self, raw: &RawGateway) -> Result<Gateway, ConfigError> {
        Ok(Gateway {
            api: raw.api.as_ref().map_or_else(|| Ok(TWILIO.to_owned()), |api| self.url(api, "api"))?,
            account: self.named(&raw.account, "account")?,
            token: self.secret(&raw.token)?,
            from: self.phone(&raw.from)?,
        })
    }

    fn mail(&self, raw: &RawMail) -> Result<Mail, ConfigError> {
        let encryption = match raw.encryption.as_ref().map(|written| (written, written.get_ref().as_str())) {
            None | Some((_, "starttls")) => Encryption::StartTls,
            Some((_, "tls")) => Encryption::Tls,
            Some((_, "none")) if is_private(&format!("http://{}", raw.server.get_ref())) => Encryption::None,
            Some((written, "none")) => {
                return Err(self.wrong(written, "without encryption only to 127.0.0.1; write \"starttls\" or \"tls\""));
            }
            Some((written, _)) => return Err(self.wrong(written, "write \"starttls\" or \"tls\"")),
        };
        let login = match (&raw.user, &raw.password) {
            (None, None) => None,
            (Some(user), Some(password)) => Some((self.named(user, "user")?, self.secret(password)?)),
            (Some(one), None) | (None, Some(one)) => {
                return Err(self.wrong(one, "user and password go together; write both or none"));
            }
        };
        let (server, from) = (self.named(&raw.server, "server")?, self.named(&raw.from, "from")?);
        Ok(Mail { server, port: raw.port, encryption, login, from })
    }

    /// Written as people write it: with spaces, hyphens and brackets.
    pub(super) fn phone(&self, written: &Spanned<String>) -> Result<PhoneNumber, ConfigError> {
        let digits: String = written.get_ref().chars().filter(|c| !" -().".contains(*c)).collect();
        digits.parse().map_err(|_| self.wrong(written, "not a telephone number; write it as \"+1 212 555 0142\""))
    }

    pub(super) fn secret(&self, written: &Spanned<String>) -> Result<SecretRef, ConfigError> {
        SecretRef::parse(written.get_ref()).map_err(|why| self.wrong(written, &why))
    }
}

//! Pages as text messages.

use std::time::Duration;

use domain::PhoneNumber;
use reqwest::Client;

use super::gateway::{Endpoint, Gateway, WITHIN};
use super::{PageNotice, text};
use crate::webhook::Undelivered;

/// Text messages to one clinician.
#[derive(Clone, Debug)]
pub struct Sms {
    /// Who sends them.
    pub gateway: Gateway,
    /// What the clinician sees as the sender, and answers to.
    pub from: SmsFrom,
    /// The clinician's mobile telephone.
    pub to: PhoneNumber,
}

/// The sender of a text message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SmsFrom {
    /// A telephone number of the practice, or a short code. A name of letters cannot be answered to.
    Number(String),
    /// A set of numbers that the gateway chooses from, `MG..`.
    Service(String),
}

/// Sends text messages to anybody.
pub(crate) struct Texter {
    endpoint: Endpoint,
    from: (&'static str, String),
}

pub(crate) struct SmsSender {
    texter: Texter,
    to: PhoneNumber,
}

impl Texter {
    pub(crate) fn check(gateway: &Gateway, from: &SmsFrom) -> Result<Self, &'static str> {
        let (from, why) = match from {
            SmsFrom::Number(number) => (("From", number), "its sender is not a telephone number"),
            SmsFrom::Service(service) => (("MessagingServiceSid", service), "its messaging service is not an id"),
        };
        let is_sendable = |text: &str| text.len() >= 3 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+');
        if !is_sendable(from.1) {
            return Err(why);
        }
        let endpoint = Endpoint::check(gateway, "Messages")?;
        Ok(Self { endpoint, from: (from.0, from.1.clone()) })
    }

    /// Sends `body` once. Taken means that the gateway has it.
    pub(crate) async fn text(&self, client: &Client, to: &PhoneNumber, body: &str) -> Result<(), Undelivered> {
        let form = [("To", to.as_str()), (self.from.0, &self.from.1), ("Body", body)];
        self.endpoint.post(client, &form, WITHIN).await
    }
}

impl SmsSender {
    pub(super) fn check(sms: &Sms) -> Result<Self, &'static str> {
        Ok(Self { texter: Texter::check(&sms.gateway, &sms.from)?, to: sms.to.clone() })
    }

    pub(super) async fn send(
        &self,
        client: &Client,
        page: &PageNotice<'_>,
        within: Duration,
    ) -> Result<(), Undelivered> {
        let body = text::sms(page);
        let Texter { endpoint, from } = &self.texter;
        let form = vec![("To", self.to.as_str()), (from.0, &from.1), ("Body", &body)];
        endpoint.post_reported(client, form, page.status_url, within).await
    }
}

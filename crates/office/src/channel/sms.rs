//! Pages as text messages.

use std::time::Duration;

use domain::PhoneNumber;
use reqwest::Client;

use super::gateway::{Endpoint, Gateway};
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

pub(crate) struct SmsSender {
    endpoint: Endpoint,
    from: (&'static str, String),
    to: PhoneNumber,
}

impl SmsSender {
    pub(super) fn check(sms: &Sms) -> Result<Self, &'static str> {
        let (from, why) = match &sms.from {
            SmsFrom::Number(number) => (("From", number), "its sender is not a telephone number"),
            SmsFrom::Service(service) => (("MessagingServiceSid", service), "its messaging service is not an id"),
        };
        let is_sendable = |text: &str| text.len() >= 3 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+');
        if !is_sendable(from.1) {
            return Err(why);
        }
        let endpoint = Endpoint::check(&sms.gateway, "Messages")?;
        Ok(Self { endpoint, from: (from.0, from.1.clone()), to: sms.to.clone() })
    }

    pub(super) async fn send(
        &self,
        client: &Client,
        page: &PageNotice<'_>,
        within: Duration,
    ) -> Result<(), Undelivered> {
        let body = text::sms(page);
        let mut form = vec![("To", self.to.as_str()), (self.from.0, &self.from.1), ("Body", &body)];
        form.extend(page.status_url.map(|url| ("StatusCallback", url)));
        self.endpoint.post(client, &form, within).await
    }
}

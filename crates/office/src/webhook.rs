//! Sends one signed webhook, once. Whether and when to try again is decided elsewhere.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use calendars::{CalendarError, Unreached};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP};

use crate::{OfficeError, Webhook};

/// A webhook that was checked when the office was started.
pub(crate) struct Hook {
    url: Url,
    signer: standardwebhooks::Webhook,
}

/// Why a webhook, or any page, was not taken. Holds no address, which may hold a secret, and no words of a server, which
/// may repeat one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Undelivered {
    NotReached,
    TooLate,
    Refused(StatusCode),
    /// With the gateway's own number for why; its documentation explains it.
    RefusedWith(StatusCode, u32),
    /// With the code of a mail server.
    RefusedBySmtp(u16),
    /// A mail server offers no encryption, or a certificate that is not to be trusted: it was told nothing.
    Unencrypted,
    /// A server does not speak as one of its kind, or does not offer what the page needs, such as a way to sign in.
    Unfit,
}

impl From<CalendarError> for Undelivered {
    fn from(why: CalendarError) -> Self {
        let refused = |status| StatusCode::from_u16(status).map_or(Self::Unfit, Self::Refused);
        match why {
            CalendarError::Unavailable(Unreached::NotReached) => Self::NotReached,
            CalendarError::Unavailable(Unreached::TooLate) => Self::TooLate,
            CalendarError::Unavailable(Unreached::Status(status)) | CalendarError::Refused(status) => refused(status),
            CalendarError::Conflict | CalendarError::Unreadable(_) | CalendarError::Misconfigured(_) => Self::Unfit,
        }
    }
}

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotReached => f.write_str("not reached"),
            Self::TooLate => f.write_str("no answer in time"),
            Self::Refused(status) => write!(f, "refused with status {}", status.as_u16()),
            Self::RefusedWith(status, code) => write!(f, "refused with status {}, code {code}", status.as_u16()),
            Self::RefusedBySmtp(code) => write!(f, "refused by the mail server with code {code}"),
            Self::Unencrypted => f.write_str("no encrypted connection that can be trusted"),
            Self::Unfit => f.write_str("the mail server does not offer what is needed"),
        }
    }
}

impl Hook {
    pub(crate) fn check(name: &str, webhook: &Webhook) -> Result<Self, OfficeError> {
        let bad = |why| OfficeError::BadWebhook { name: name.to_owned(), why };
        let url: Url = webhook.url.expose().parse().map_err(|_| bad("its address is not a URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("its address is neither http nor https"));
        }
        let signer = standardwebhooks::Webhook::new(webhook.secret.expose())
            .map_err(|_| bad("its secret is not `whsec_` and base64"))?;
        Ok(Self { url, signer })
    }

    /// Delivers `body` under `id`, which is the same for every try of the same thing. Taken is a status of 200 to 299;
    /// redirections are not followed, they would carry the body to another host.
    pub(crate) async fn deliver(
        &self,
        client: &Client,
        id: &str,
        body: String,
        within: Duration,
    ) -> Result<(), Undelivered> {
        // Always the computer's clock: receivers refuse what is minutes old, and this time says when it was sent, not
        // what time it is for the practice.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() as i64;
        let signature = self.signer.sign(id, now, body.as_bytes()).expect("our body is UTF-8");
        let response = client
            .post(self.url.clone())
            .timeout(within)
            .header("content-type", "application/json")
            .header(HEADER_WEBHOOK_ID, id)
            .header(HEADER_WEBHOOK_TIMESTAMP, now)
            .header(HEADER_WEBHOOK_SIGNATURE, signature)
            .body(body)
            .send()
            .await
            .map_err(|e| if e.is_timeout() { Undelivered::TooLate } else { Undelivered::NotReached })?;
        if response.status().is_success() { Ok(()) } else { Err(Undelivered::Refused(response.status())) }
    }
}

pub(crate) fn client() -> Result<Client, OfficeError> {
    Client::builder().redirect(Policy::none()).build().map_err(OfficeError::NoHttp)
}

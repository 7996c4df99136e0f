//! A gateway to the telephone network that speaks Twilio's REST, as many do.

use std::time::{Duration, Instant};

use reqwest::{Client, Response, StatusCode, Url};
use serde::Deserialize;
use store::Secret;

use super::http;
use crate::webhook::Undelivered;

/// A gateway answers within a second, on a bad day within three. Longer than a webhook, because it is a network away and
/// its page may be on its way although the answer is late: whoever is paged next too soon is woken for nothing.
pub(super) const WITHIN: Duration = Duration::from_secs(4);
/// Of a refusal's body. What is longer is not what a gateway answers.
const ANSWER_BYTES: usize = 16 * 1024;

/// An account with a gateway to the telephone network.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// Where it is reached, without what follows from `/2010-04-01` on: [`Gateway::TWILIO`], or a compatible one's.
    pub api: String,
    /// The account's id, such as `AC..`.
    pub account: String,
    /// The account's token. It signs what the gateway tells us, too: [`super::is_signed`].
    pub token: Secret,
}

impl Gateway {
    /// Twilio's own.
    pub const TWILIO: &str = "https://api.twilio.com";
}

/// A gateway that was checked, and the one thing that is asked of it.
pub(super) struct Endpoint {
    url: Url,
    account: String,
    token: Secret,
}

/// What a gateway says beside a refusal. Its sentence may repeat the telephone number, its number never does.
#[derive(Deserialize)]
struct Refusal {
    code: u32,
}

impl Endpoint {
    /// `resource` is `Messages` or `Calls`.
    pub(super) fn check(gateway: &Gateway, resource: &str) -> Result<Self, &'static str> {
        let account = &gateway.account;
        if account.is_empty() || !account.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Err("its account is not an id of letters, digits and hyphens");
        }
        if gateway.token.expose().is_empty() {
            return Err("its token is empty");
        }
        let url = http::below(&gateway.api, &format!("2010-04-01/Accounts/{account}/{resource}.json"))?;
        Ok(Self { url, account: account.clone(), token: gateway.token.clone() })
    }

    /// The same, and the gateway is to report to `status_url` what has become of it. One that finds fault with the request (Twilio takes no
    /// address that is not public) is asked again without: a page is worth more than a report of it.
    pub(super) async fn post_reported(
        &self,
        client: &Client,
        mut form: Vec<(&str, &str)>,
        status_url: Option<&str>,
        within: Duration,
    ) -> Result<(), Undelivered> {
        let Some(url) = status_url else { return self.post(client, &form, within).await };
        let began = Instant::now();
        form.push(("StatusCallback", url));
        match self.post(client, &form, within).await {
            Err(why) if is_bad_request(why) => {
                form.pop();
                self.post(client, &form, within.saturating_sub(began.elapsed())).await
            }
            told => told,
        }
    }

    /// Taken is 201 alone.
    pub(super) async fn post(
        &self,
        client: &Client,
        form: &[(&str, &str)],
        within: Duration,
    ) -> Result<(), Undelivered> {
        let request = client.post(self.url.clone()).basic_auth(&self.account, Some(self.token.expose())).form(form);
        let answer = http::ask(request, within).await?;
        match answer.status() {
            StatusCode::CREATED => Ok(()),
            status => Err(match code(answer).await {
                Some(code) => Undelivered::RefusedWith(status, code),
                None => Undelivered::Refused(status),
            }),
        }
    }
}

/// A refusal for something that stands in the request.
fn is_bad_request(why: Undelivered) -> bool {
    matches!(why, Undelivered::Refused(status) | Undelivered::RefusedWith(status, _) if status == StatusCode::BAD_REQUEST)
}

/// The gateway's number for why it refused, which its documentation explains: an unknown number, an empty account.
async fn code(mut answer: Response) -> Option<u32> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        if body.len() + chunk.len() > ANSWER_BYTES {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice::<Refusal>(&body).ok().map(|refusal| refusal.code)
}

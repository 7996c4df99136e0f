//! Pages as push messages by ntfy, the practice's own server or a public one.
//!
//! There is no button that acknowledges: it would be a request that anybody who sees the topic could make, and one that
//! telephones make by themselves. The link shows the case, and the case is taken there.

use std::time::Duration;

use domain::Urgency;
use reqwest::{Client, StatusCode, Url};
use store::Secret;

use super::{PageNotice, http, text};
use crate::webhook::Undelivered;

/// It only has to keep the message; those who listen get it then.
pub(super) const WITHIN: Duration = Duration::from_secs(2);

/// Push messages to whoever listens to a topic.
#[derive(Clone, Debug)]
pub struct Ntfy {
    /// The topic's address, such as `https://ntfy.example/r7Tq..`. Whoever knows it can listen, unless its server asks for
    /// a token, so it is printed by nobody.
    pub url: Secret,
    /// What its server asks for.
    pub token: Option<Secret>,
}

pub(crate) struct NtfySender {
    url: Url,
    token: Option<Secret>,
}

impl NtfySender {
    pub(super) fn check(ntfy: &Ntfy) -> Result<Self, &'static str> {
        let url = http::address(ntfy.url.expose())?;
        if url.path().trim_matches('/').is_empty() {
            return Err("its address has no topic");
        }
        if ntfy.token.as_ref().is_some_and(|token| !http::is_header(token.expose())) {
            return Err("its token is empty or has a character that no token has");
        }
        Ok(Self { url, token: ntfy.token.clone() })
    }

    /// Taken is 200 alone.
    pub(super) async fn send(
        &self,
        client: &Client,
        page: &PageNotice<'_>,
        within: Duration,
    ) -> Result<(), Undelivered> {
        let (priority, tag) = match page.urgency {
            // Arrives, and wakes nobody: who is woken for nothing turns the sound off.
            _ if page.test => ("3", "test_tube"),
            Urgency::Emergency => ("5", "rotating_light"),
            Urgency::Urgent => ("4", "warning"),
            Urgency::Routine => ("3", "memo"),
        };
        let mut request = client
            .post(self.url.clone())
            .header("Title", text::headline(page))
            // Not `Priority`: that is a name of HTTP's own by now, which proxies rewrite.
            .header("X-Priority", priority)
            .header("Tags", tag)
            .body(format!("{} {}", text::body(page), page.link));
        // One that is not ASCII stands in the text alone.
        if http::is_header(page.link) {
            request = request.header("Click", page.link);
        }
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.expose());
        }
        http::post(request, StatusCode::OK, within).await
    }
}

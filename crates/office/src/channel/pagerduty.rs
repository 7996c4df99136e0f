//! Pages as incidents in PagerDuty, or in whatever takes its Events API v2.
//!
//! PagerDuty folds events by their key: while an incident is open, another page under its key rings nobody anew, even if it
//! is more urgent. So a case that was taken must be resolved there, or it cannot page again; what it does not resolve,
//! such as a rise of urgency while nobody has taken it, needs another key.

use std::time::Duration;

use domain::Urgency;
use reqwest::{Client, StatusCode, Url};
use serde::Serialize;
use store::Secret;

use super::{PageNotice, http, text};
use crate::webhook::Undelivered;

/// Its events are queued at once; on a bad day it lets one wait a little.
pub(super) const WITHIN: Duration = Duration::from_secs(3);

/// Incidents of one service.
#[derive(Clone, Debug)]
pub struct PagerDuty {
    /// Where events are sent: [`PagerDuty::EVENTS`], or a compatible one's.
    pub api: String,
    /// The service's integration key.
    pub routing_key: Secret,
}

impl PagerDuty {
    /// PagerDuty's own; accounts in Europe have `https://events.eu.pagerduty.com`.
    pub const EVENTS: &str = "https://events.pagerduty.com";
}

pub(crate) struct PagerDutySender {
    url: Url,
    routing_key: Secret,
}

#[derive(Serialize)]
struct Event<'a> {
    routing_key: &'a str,
    event_action: Action,
    dedup_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Payload>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Trigger,
    Resolve,
}

#[derive(Serialize)]
struct Payload {
    summary: String,
    source: String,
    severity: &'static str,
}

#[derive(Serialize)]
struct Link<'a> {
    href: &'a str,
    text: &'static str,
}

impl PagerDutySender {
    pub(super) fn check(pagerduty: &PagerDuty) -> Result<Self, &'static str> {
        if !http::is_header(pagerduty.routing_key.expose()) {
            return Err("its routing key is empty or has a character that no key has");
        }
        let url = http::below(&pagerduty.api, "v2/enqueue")?;
        Ok(Self { url, routing_key: pagerduty.routing_key.clone() })
    }

    pub(super) async fn send(
        &self,
        client: &Client,
        page: &PageNotice<'_>,
        within: Duration,
    ) -> Result<(), Undelivered> {
        let practice = text::practice(page);
        let headline = if page.test { format!("{}: {}", text::TEST, page.reference) } else { text::headline(page) };
        let because = text::because(page).map(|why| format!(" {why}")).unwrap_or_default();
        let severity = match page.urgency {
            _ if page.test => "info",
            Urgency::Emergency => "critical",
            Urgency::Urgent => "error",
            Urgency::Routine => "warning",
        };
        let payload = Payload { summary: format!("{headline}, {practice}.{because}"), source: practice, severity };
        let links = vec![Link { href: page.link, text: "Read what is known and take the case" }];
        self.tell(client, Action::Trigger, page.dedup, Some(payload), links, within).await
    }

    /// The case was taken, or closed. One that is not open there is resolved without a word.
    pub(super) async fn resolve(&self, client: &Client, dedup: &str, within: Duration) -> Result<(), Undelivered> {
        self.tell(client, Action::Resolve, dedup, None, Vec::new(), within).await
    }

    /// Taken is 202 alone.
    async fn tell(
        &self,
        client: &Client,
        event_action: Action,
        dedup_key: &str,
        payload: Option<Payload>,
        links: Vec<Link<'_>>,
        within: Duration,
    ) -> Result<(), Undelivered> {
        let event = Event { routing_key: self.routing_key.expose(), event_action, dedup_key, payload, links };
        http::post(client.post(self.url.clone()).json(&event), StatusCode::ACCEPTED, within).await
    }
}

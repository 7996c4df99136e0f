//! Pages that try out whether pages arrive: through the real channels, marked as tests, before they are needed.
//!
//! "Arrived" is what a channel says when it takes a page, unless the gateway reports otherwise afterwards. One that does not arrive becomes a message to the practice, marked urgent: it
//! stands in the ledger and the inbox and is announced until somebody has it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::Urgency;
use jiff::Timestamp;
use oncall::{Clinician, ClinicianId, Way, Why};
use reqwest::Url;
use serde::Serialize;
use store::AuditEntry;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::body::json;
use crate::channel::{self, PageNotice, Sender};
use crate::desk::Premises;
use crate::{OfficeConfig, OfficeError, messages, webhook};

/// The longest sleep, so that a wall clock that was set is noticed.
const LONGEST_NAP: Duration = Duration::from_secs(30);
const AUDIT_WITHIN: Duration = Duration::from_secs(3);
/// What such a page is called.
const REFERENCE: &str = "TEST";

/// What became of one test page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TestPage {
    /// To whom.
    pub clinician: Clinician,
    /// How.
    pub way: Way,
    /// Until it was taken or had failed.
    pub took: Duration,
    /// Why it was not taken.
    pub failed: Option<String>,
}

#[derive(Serialize)]
struct TestBody<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    practice: &'a str,
    clinician: &'a str,
    sent_at: Timestamp,
}

/// Sends a page that is marked as a test to everybody who can be paged, or to `whom`, in each of their ways, all at once.
///
/// # Errors
/// A channel that cannot be used as it is configured.
pub async fn test_pages(config: &OfficeConfig, whom: Option<&ClinicianId>) -> Result<Vec<TestPage>, OfficeError> {
    let senders = channel::senders(config)?;
    Ok(send_all(config, &webhook::client()?, &senders, whom).await)
}

/// Everybody who can be paged.
pub(crate) fn everybody(config: &OfficeConfig) -> impl Iterator<Item = &Clinician> {
    config.rota.clinicians().chain(config.policy.desk())
}

/// Where the gateway reports what has become of a test page. It says whose page it was, because nothing is kept of one.
fn status_url(public_url: &str, to: &ClinicianId, way: Way, sent: Timestamp) -> Option<String> {
    let mut url: Url = public_url.parse().ok()?;
    let sent = sent.as_millisecond().to_string();
    url.path_segments_mut().ok()?.pop_if_empty().extend(["gateway", "test", &to.0, way.label(), &sent]);
    Some(url.into())
}

async fn send_all(
    config: &OfficeConfig,
    client: &reqwest::Client,
    senders: &BTreeMap<(ClinicianId, Way), Arc<Sender>>,
    whom: Option<&ClinicianId>,
) -> Vec<TestPage> {
    let mut sending = JoinSet::new();
    for clinician in everybody(config).filter(|one| whom.is_none_or(|whom| one.id == *whom)) {
        for &way in &clinician.ways {
            let Some(sender) = senders.get(&(clinician.id.clone(), way)).cloned() else { continue };
            let (client, clinician) = (client.clone(), clinician.clone());
            let is_listened_to = config.gateway_token.is_some();
            let (practice, link, now) = (config.practice.name.clone(), config.public_url.clone(), config.clock.now());
            sending.spawn(async move {
                let began = Instant::now();
                let id = format!("test-{}-{way}-{}", clinician.id, now.as_millisecond());
                let body =
                    TestBody { kind: "test_page", practice: &practice, clinician: &clinician.id.0, sent_at: now };
                let json = json(&body);
                let status_url = is_listened_to.then(|| status_url(&link, &clinician.id, way, now)).flatten();
                let notice = PageNotice {
                    id: &id,
                    dedup: &id,
                    practice: &practice,
                    reference: REFERENCE,
                    urgency: Urgency::Routine,
                    why: Why::Opened,
                    link: &link,
                    key_url: "",
                    status_url: status_url.as_deref(),
                    test: true,
                    json: &json,
                };
                let sent = sender.send(&client, &notice, sender.within()).await;
                // Nobody is to act, so no incident stays open.
                sender.resolve(&client, &id, sender.within()).await.ok();
                TestPage { way, took: began.elapsed(), failed: sent.err().map(|why| why.to_string()), clinician }
            });
        }
    }
    let mut tested = Vec::new();
    while let Some(page) = sending.join_next().await {
        match page {
            Ok(page) => tested.push(page),
            Err(error) => tracing::error!(%error, "a test page was lost within the process"),
        }
    }
    tested.sort_by(|a, b| (&a.clinician.id, a.way).cmp(&(&b.clinician.id, b.way)));
    tested
}

/// Sends them on their schedule until `stop`.
pub(crate) async fn run(premises: Arc<Premises>, saved: Arc<Notify>, stop: CancellationToken) {
    let Some(schedule) = &premises.config.test_pages else { return };
    let zone = &premises.config.practice.zone;
    let mut next = schedule.next(&premises.now().to_zoned(zone.clone()));
    while let Some(due) = next {
        let wait = Duration::try_from(due.duration_since(premises.now())).unwrap_or_default();
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait.min(LONGEST_NAP)) => {}
        }
        if premises.now() >= due {
            // A database that does not answer must not keep the proof of the channels from being made.
            let turn = premises.store.take_turn(&premises.config.practice.id, &format!("test pages {due}")).await;
            if turn.unwrap_or(true) {
                test_and_tell(&premises, &saved, &stop).await;
            }
            next = schedule.next(&premises.now().to_zoned(zone.clone()));
        }
    }
}

async fn test_and_tell(premises: &Premises, saved: &Notify, stop: &CancellationToken) {
    let tested = send_all(&premises.config, &premises.client, &premises.senders, None).await;
    let failed: Vec<_> = tested.iter().filter(|page| page.failed.is_some()).collect();
    tracing::info!(pages = tested.len(), failed = failed.len(), "test pages");
    if !failed.is_empty() {
        tracing::error!("a test page did not arrive: the practice is told");
        let what = told(&failed);
        tokio::select! {
            () = stop.cancelled() => {}
            () = messages::leave(premises, saved, &what) => {}
        }
    }
    let action = format!("sent {} test pages, of which {} failed", tested.len(), failed.len());
    let entry = AuditEntry { at: premises.now(), actor: "test pages".to_owned(), action, object: "pages".to_owned() };
    if !matches!(timeout(AUDIT_WITHIN, premises.store.audit(&entry)).await, Ok(Ok(()))) {
        tracing::error!("audit of test pages not kept");
    }
}

/// Everything that failed, in a sentence for people.
fn told(failed: &[&TestPage]) -> String {
    let page = |page: &&TestPage| one(&page.clinician.name, page.way, page.failed.as_deref().unwrap_or_default());
    all(&failed.iter().map(page).collect::<Vec<_>>())
}

/// The same of one that was taken, and reported afterwards as not arrived.
pub(crate) fn lost(name: &str, way: Way, why: &str) -> String {
    all(&[one(name, way, why)])
}

fn one(name: &str, way: Way, why: &str) -> String {
    format!("{name} by {way} ({why})")
}

fn all(pages: &[String]) -> String {
    format!(
        "Test pages did not arrive: {}. Whoever is paged so will not hear of an emergency: please mend it.",
        pages.join("; ")
    )
}

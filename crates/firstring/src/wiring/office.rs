//! The store, its key, and the office behind them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use call::{OFFICE_REQUESTS_MAX, OfficeEnvelope, OfficeRequests};
use domain::{CallId, OfficeRequest};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use office::{Clock, Details, Office, OfficeConfig, WaitingList, Webhook};
use oncall::Rota;
use store::{NodeId, OpenOptions, Secret, Store};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::calendars;
use super::channels::{Channels, mailbox};
use super::keys;
use super::switchboard::telephones;
use crate::config::{PracticeConfig, Server, read_patients};

/// So far ahead a rota is looked at.
const GAPS_AHEAD: SignedDuration = SignedDuration::from_hours(28 * 24);

/// The database in the data directory.
pub const DATABASE: &str = "firstring.db";

/// Pages and notices on their way may take so long when the office closes.
const CLOSING_MAX: Duration = Duration::from_secs(12);

/// The office and what it stands on.
pub struct OfficeParts {
    /// The database.
    pub store: Store,
    /// Answers requests and acknowledgements.
    pub office: Office,
    /// Where calls send their requests.
    pub requests: OfficeRequests,
    tasks: [JoinHandle<()>; 2],
}

/// Opens the practice's database and starts its office.
///
/// `page_url` takes the place of every clinician's address.
pub async fn open_office(
    server: &Server,
    config: &PracticeConfig,
    page_url: Option<&str>,
    clock: Clock,
) -> anyhow::Result<OfficeParts> {
    let store = open_store(server).await?;
    let mut link_key = Secret::new(keys::load_or_make(&server.data.join("link-key"))?);
    if store.is_shared() {
        // A link that one node has made opens at every node.
        link_key = store.shared_key("links", &link_key).await?;
    }
    let office_config = whole_config(server, config, page_url, link_key, clock)?;
    bring_patients(&store, config, &office_config.clock).await?;
    let (office, working) = Office::start(store.clone(), office_config).await?;
    let (requests, pump) = connect(office.clone());
    Ok(OfficeParts { store, office, requests, tasks: [working, pump] })
}

/// What this server's office needs to know, with the calendars that providers keep elsewhere.
pub fn whole_config(
    server: &Server,
    config: &PracticeConfig,
    page_url: Option<&str>,
    link_key: Secret,
    clock: Clock,
) -> anyhow::Result<OfficeConfig> {
    let mut whole = office_config(config, page_url, server.http.public_url(), link_key, clock)?;
    whole.telephones = telephones(config, server);
    if server.apart {
        // What is rehearsed is nobody's appointment and nobody's message.
        (whole.records, whole.mailbox) = (None, None);
    } else {
        whole.calendars = calendars::open(config)?;
    }
    Ok(whole)
}

/// What the office of a practice needs to know, its secrets read. `page_url` takes the place of every clinician's address.
pub fn office_config(
    config: &PracticeConfig,
    page_url: Option<&str>,
    public_url: String,
    link_key: Secret,
    clock: Clock,
) -> anyhow::Result<OfficeConfig> {
    let secret = Secret::new(config.webhook_secret.read()?);
    let channels = Channels::open(config, page_url, &secret)?;
    Ok(OfficeConfig {
        practice: Arc::new(config.practice.clone()),
        templates: config.week.templates.clone(),
        exceptions: config.week.exceptions.clone(),
        rota: config.rota.clone(),
        lines: config.lines.clone(),
        policy: config.policy.clone(),
        channels: channels.all,
        telephones: BTreeMap::new(),
        gateway_token: channels.gateway_token,
        test_pages: config.test_pages.clone(),
        calendars: Vec::new(),
        waiting: WaitingList { texts: channels.texts, answer_within: config.answer_within },
        records: calendars::records(config)?,
        messages: config.messages_url.as_ref().map(|url| Webhook { url: Secret::new(url), secret }),
        mailbox: mailbox(config)?,
        details: if config.page_details { Details::Included } else { Details::ReferenceOnly },
        public_url,
        link_key,
        clock,
    })
}

/// Opens the practice's database: the one that it shares with other nodes, or its own in the data directory, which is made with its
/// key if it is missing.
pub async fn open_store(server: &Server) -> anyhow::Result<Store> {
    let data = &server.data;
    std::fs::create_dir_all(data).with_context(|| format!("the data directory {} cannot be made", data.display()))?;
    if let Some(database) = &server.database {
        let url = Secret::new(database.read()?);
        let node = NodeId(keys::load_or_make(&data.join("node"))?);
        return Ok(Store::connect(&url).await.context("the database that [data] names")?.as_node(node));
    }
    let (file, key) = (data.join(DATABASE), data.join("key"));
    if file.exists() && !key.exists() {
        anyhow::bail!(
            "{} is there, but not its key {}: bring it back from where it is kept",
            file.display(),
            key.display()
        );
    }
    let key = Secret::new(keys::load_or_make(&key)?);
    Store::open(&OpenOptions::new(&file, key)).await.with_context(|| file.display().to_string())
}

/// Takes over the patients that the practice brings along. Those who are there already stay as they are.
async fn bring_patients(store: &Store, config: &PracticeConfig, clock: &Clock) -> anyhow::Result<()> {
    let Some(file) = &config.patients else { return Ok(()) };
    let patients = read_patients(file, &config.practice.front_desk.providers)?;
    let done = store.import_patients(&config.practice.id, &patients, clock.now()).await?;
    tracing::info!(added = done.added, changed = done.changed, unchanged = done.unchanged, "patients were taken over");
    Ok(())
}

impl OfficeParts {
    /// Takes no more requests, lets pages on their way get their outcome, and closes the database.
    pub async fn close(self) {
        let Self { store, office, requests, tasks } = self;
        drop((office, requests));
        for task in tasks {
            if tokio::time::timeout(CLOSING_MAX, task).await.is_err() {
                tracing::warn!("the office did not finish in time; what is on its way is taken up at the next start");
            }
        }
        store.close().await;
    }
}

/// What the rota of the next weeks lacks, in one sentence.
pub fn rota_gaps(rota: &Rota, zone: &TimeZone, now: Timestamp) -> Option<String> {
    let until = now.checked_add(GAPS_AHEAD).unwrap_or(now);
    let flaws = rota.flaws(now, until);
    let first = flaws.first()?;
    let from = first.stretch.from.to_zoned(zone.clone()).datetime();
    let what = if first.stretch.who.is_none() { "nobody is on call" } else { "two are on call" };
    let (count, line) = (flaws.len(), &first.line);
    Some(format!(
        "the rota has {count} gaps or overlaps in the next four weeks: {what} ({line}) on {from}; `firstring oncall gaps` shows them"
    ))
}

/// The other end of [`OfficeRequests`]. What one call says of its case is handed over in order, so that an update never
/// overtakes the case it belongs to; no call waits for another's, and no page for a message or a booking that a slow disk
/// holds up.
fn connect(office: Office) -> (OfficeRequests, JoinHandle<()>) {
    let (requests, mut queue) = mpsc::channel::<OfficeEnvelope>(OFFICE_REQUESTS_MAX);
    let pump = tokio::spawn(async move {
        let mut of_cases: HashMap<CallId, JoinHandle<()>> = HashMap::new();
        while let Some(OfficeEnvelope { call, id, request, replies }) = queue.recv().await {
            of_cases.retain(|_, task| !task.is_finished());
            let of_case = matches!(request, OfficeRequest::OpenCase(_) | OfficeRequest::UpdateCase(_));
            let before = if of_case { of_cases.remove(&call) } else { None };
            let office = office.clone();
            let task = tokio::spawn(async move {
                if let Some(before) = before {
                    // Whatever became of it, its turn is over.
                    before.await.ok();
                }
                office.handle(call, id, request, replies).await;
            });
            if of_case {
                of_cases.insert(call, task);
            }
        }
    });
    (requests, pump)
}

//! A practice with a real database and real webhook receivers on the loopback.

#![allow(dead_code, unreachable_pub)] // each test binary uses a part of it

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::{
    CallId, CallerKind, CaseDraft, CaseStanding, Intent, MessageDraft, OfficeReply, OfficeRequest, Phi, Practice,
    RedFlagId, RequestId, Urgency,
};
use office::{Channel, Clock, Details, LinkedCase, Office, OfficeConfig, Webhook};
use oncall::{Clinician, Pace, Policy, Rota, Way};
use serde_json::Value;
use store::{NodeId, OpenOptions, PageOutcome, Secret, Store};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

pub const DATABASE_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
pub const HEARD: &str = "my chest feels like an elephant sits on it";
pub const NUMBER: &str = "+15551234567";
/// Nothing here takes so long unless it never comes.
const LONG: Duration = Duration::from_secs(20);
const SIGNING_KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A webhook receiver: refuses wrong signatures, answers the status it is told, and hands over what it took.
pub struct Receiver {
    url: String,
    status: Arc<AtomicU16>,
    taken: mpsc::Receiver<Delivery>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
pub struct Delivery {
    pub id: String,
    pub text: String,
    pub body: Value,
}

#[derive(Clone)]
struct Receiving {
    status: Arc<AtomicU16>,
    taken: mpsc::Sender<Delivery>,
}

/// A status that stands for never answering.
pub const HANGS: u16 = 999;

impl Receiver {
    pub async fn start() -> Self {
        let status = Arc::new(AtomicU16::new(200));
        let (sender, taken) = mpsc::channel(1000);
        let receiving = Receiving { status: Arc::clone(&status), taken: sender };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(receive).with_state(receiving);
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
        Self { url, status, taken, server }
    }

    /// Answers `status` from now on.
    pub fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// Its address, without a path.
    pub fn base(&self) -> String {
        self.url.trim_end_matches("/hook").to_owned()
    }

    pub fn webhook(&self) -> Webhook {
        Webhook { url: Secret::new(&self.url), secret: Secret::new(SIGNING_KEY) }
    }

    /// The next delivery, refused ones included.
    pub async fn next(&mut self) -> Delivery {
        tokio::time::timeout(LONG, self.taken.recv()).await.expect("a delivery").expect("the server lives")
    }

    /// A delivery that has come already.
    pub fn try_next(&mut self) -> Option<Delivery> {
        self.taken.try_recv().ok()
    }

    /// Nothing was delivered since.
    pub fn is_quiet(&mut self) -> bool {
        self.taken.try_recv().is_err()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn receive(State(receiving): State<Receiving>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let verifier = standardwebhooks::Webhook::new(SIGNING_KEY).expect("base64");
    if verifier.verify(&body, &headers).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    let text = String::from_utf8(body.to_vec()).expect("UTF-8");
    let delivery = Delivery {
        id: headers["webhook-id"].to_str().expect("ASCII").to_owned(),
        body: serde_json::from_str(&text).expect("JSON"),
        text,
    };
    receiving.taken.try_send(delivery).expect("room");
    match receiving.status.load(Ordering::SeqCst) {
        HANGS => std::future::pending().await,
        status => StatusCode::from_u16(status).expect("a status"),
    }
}

/// Two clinicians, Ann and then Bob, each with a pager; messages announced; a database in a directory of its own.
pub struct Riverside {
    pub ann: Receiver,
    pub bob: Receiver,
    pub desk: Receiver,
    pub config: OfficeConfig,
    /// The file of its database,
    pub options: OpenOptions,
    /// unless a server has it.
    pub server: Option<Secret>,
    pub _dir: tempfile::TempDir,
}

/// Something that happens every day.
pub const ALL_DAYS: [jiff::civil::Weekday; 7] = [
    jiff::civil::Weekday::Monday,
    jiff::civil::Weekday::Tuesday,
    jiff::civil::Weekday::Wednesday,
    jiff::civil::Weekday::Thursday,
    jiff::civil::Weekday::Friday,
    jiff::civil::Weekday::Saturday,
    jiff::civil::Weekday::Sunday,
];

/// Longer than any test.
pub const NEVER: Duration = Duration::from_hours(1);

/// Who is on call, then the next, at this pace: a reminder, the next, a rest.
pub fn in_turn(again: Duration, next: Duration, retry: Duration) -> Policy {
    Policy::in_turn(Pace::new(again, next), retry, NEVER)
}

/// A policy by which nothing happens by itself within a test.
pub fn slow() -> Policy {
    in_turn(NEVER, NEVER, NEVER)
}

impl Riverside {
    pub async fn new(policy: Policy) -> Self {
        // Fails from the second test of a process on, when it is there already.
        rustls::crypto::ring::default_provider().install_default().ok();
        let (ann, bob, desk) = (Receiver::start().await, Receiver::start().await, Receiver::start().await);
        let dir = tempfile::tempdir().expect("a directory");
        let clinician =
            |id: &str, name: &str| Clinician { id: id.into(), name: name.to_owned(), ways: vec![Way::Webhook] };
        let channels = BTreeMap::from([
            (("ann".into(), Way::Webhook), Channel::Webhook(ann.webhook())),
            (("bob".into(), Way::Webhook), Channel::Webhook(bob.webhook())),
        ]);
        let config = OfficeConfig {
            practice: Arc::new(practice()),
            templates: Vec::new(),
            exceptions: Vec::new(),
            rota: Rota::always(clinician("ann", "Doctor Ann"), None, clinician("bob", "Doctor Bob")),
            lines: BTreeMap::new(),
            policy,
            channels,
            telephones: BTreeMap::new(),
            gateway_token: None,
            test_pages: None,
            calendars: Vec::new(),
            waiting: office::WaitingList::default(),
            records: None,
            messages: Some(desk.webhook()),
            mailbox: None,
            details: Details::ReferenceOnly,
            public_url: "https://firstring.example".to_owned(),
            link_key: Secret::new("the key of links"),
            clock: Clock::system(),
        };
        let options = OpenOptions::new(dir.path().join("practice.db"), Secret::new(DATABASE_KEY));
        Self { ann, bob, desk, config, options, server: None, _dir: dir }
    }

    pub fn path(&self) -> PathBuf {
        self.options.path.clone()
    }

    /// What became of somebody's page so far, by its webhook, of those of the only open case; the `nth`, from one.
    pub async fn page_of(&self, store: &Store, clinician: &str, nth: usize) -> PageOutcome {
        let cases = store.open_cases(&"riverside".into()).await.expect("read");
        let pages = cases[0].pages.iter().filter(|page| page.clinician == clinician && page.channel == "webhook");
        pages.map(|page| page.outcome.clone()).nth(nth - 1).unwrap_or(PageOutcome::Unknown)
    }

    /// Its database; of a server each time as the same node, which is started again.
    pub async fn store(&self) -> Store {
        match &self.server {
            None => Store::open(&self.options).await.expect("opens"),
            Some(url) => Store::connect(url).await.expect("answers").as_node(NodeId("the node".to_owned())),
        }
    }

    pub async fn open(&self) -> (Office, Store, JoinHandle<()>) {
        let store = self.store().await;
        let (office, task) = Office::start(store.clone(), self.config.clone()).await.expect("starts");
        (office, store, task)
    }
}

fn practice() -> Practice {
    Practice {
        id: "riverside".into(),
        name: "Riverside Family Medicine".to_owned(),
        zone: jiff::tz::TimeZone::UTC,
        emergency_number: "911".to_owned(),
        crisis_number: "988".to_owned(),
        hours: Vec::new(),
        facts: Vec::new(),
        words: Vec::new(),
        meanwhile: Vec::new(),
        front_desk: domain::FrontDesk::default(),
    }
}

/// Closes the office, so that everything that was on its way has arrived.
pub async fn close(office: Office, caller: Caller, task: JoinHandle<()>) {
    drop((office, caller));
    task.await.expect("the office closes when nobody needs it");
}

/// One call's side of the office.
pub struct Caller {
    pub call: CallId,
    pub office: Office,
    replies: mpsc::Receiver<OfficeReply>,
    sender: mpsc::Sender<OfficeReply>,
}

impl Caller {
    pub fn new(office: &Office) -> Self {
        let (sender, replies) = mpsc::channel(1);
        Self { call: CallId::new(), office: office.clone(), replies, sender }
    }

    pub async fn ask(&self, id: u32, request: OfficeRequest) {
        self.office.handle(self.call, RequestId(id), request, self.sender.clone()).await;
    }

    pub async fn reply(&mut self) -> OfficeReply {
        tokio::time::timeout(LONG, self.replies.recv()).await.expect("a reply").expect("the office lives")
    }

    pub async fn opens(&self, urgency: Urgency) {
        self.ask(1, OfficeRequest::OpenCase(case(urgency))).await;
    }
}

pub fn case(urgency: Urgency) -> CaseDraft {
    CaseDraft {
        urgency,
        caller: CallerKind::Patient,
        red_flags: vec![RedFlagId("chest_pain".to_owned())],
        heard: Phi::from(HEARD),
        callback: Some(Phi::new(NUMBER.parse().expect("a number"))),
        unconfirmed: false,
        continues: None,
    }
}

pub fn message() -> OfficeRequest {
    OfficeRequest::SaveMessage(Box::new(MessageDraft {
        caller: CallerKind::Patient,
        intent: Intent::PrescriptionRefill,
        urgency: Urgency::Routine,
        name: Some(Phi::from("Ada Byron")),
        date_of_birth: None,
        callback: Some(Phi::new(NUMBER.parse().expect("a number"))),
        text: Phi::from("please renew my inhaler"),
        fields: Vec::new(),
        confirmed: domain::Confirmed::default(),
        promised: None,
        decodes: Vec::new(),
        complete: true,
        continues: None,
    }))
}

/// Who has a case.
pub fn holder(linked: &LinkedCase) -> Option<&str> {
    match &linked.standing {
        CaseStanding::Taken { by, .. } => Some(by),
        CaseStanding::Open | CaseStanding::Closed { .. } => None,
    }
}

/// Case and token of a page's link.
pub fn link(page: &Delivery) -> (domain::CaseId, String) {
    let link = page.body["link"].as_str().expect("a link");
    let (case, token) =
        link.strip_prefix("https://firstring.example/ack/").expect("ours").split_once("?t=").expect("a token");
    (serde_json::from_value(case.into()).expect("an id"), token.to_owned())
}

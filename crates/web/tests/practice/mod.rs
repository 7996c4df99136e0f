//! A practice with one member of staff, its pages on a socket, a clock that tests move, and browsers that visit.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use domain::{
    CallId, CallerKind, CaseId, Confirmation, Confirmed, Intent, MessageDraft, MessageId, Phi, PracticeId,
    RequestField, RequestId, Urgency,
};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Method, Response};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Row, SqliteConnection};
use store::{MessageRow, Notify, OpenOptions, PasswordHash, Secret, Store};
use tokio::sync::watch;
use web::{AcknowledgeError, Acknowledgements, Clock, GatewayPosts, InboxDesk, LinkedPage};
use web::{Parts, Posted, Readiness, Scheme, Trunks};

pub const ANN: &str = "Ann Reyes";
pub const PASSWORD: &str = "correct-horse-battery";
const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

pub fn riverside() -> PracticeId {
    "riverside".into()
}

/// Seconds after nine in the morning, UTC.
pub fn at(seconds: i64) -> Timestamp {
    "2026-03-02T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

pub fn message(saved_at: &Timestamp) -> MessageRow {
    MessageRow {
        id: MessageId::new(),
        call: CallId::new(),
        request: RequestId(1),
        practice: riverside(),
        saved_at: *saved_at,
        draft: MessageDraft {
            caller: CallerKind::Patient,
            intent: Intent::PrescriptionRefill,
            urgency: Urgency::Routine,
            name: Some(Phi::from("Ada Byron")),
            date_of_birth: Some(Phi::new("1958-03-14".parse().unwrap())),
            callback: Some(Phi::new("+15551234567".parse().unwrap())),
            text: Phi::from("please renew my inhaler"),
            fields: vec![(RequestField::DaysLeft, Phi::from("three"))],
            confirmed: Confirmed {
                name: Some(Confirmation::ReadBack),
                date_of_birth: Some(Confirmation::Record),
                callback: Some(Confirmation::NotConfirmed),
            },
            promised: Some("by the end of the day".to_owned()),
            decodes: Vec::new(),
            complete: true,
            continues: None,
        },
        redacted_at: None,
    }
}

/// Links and gateways: the inbox needs none.
struct NoOffice;

impl Acknowledgements for NoOffice {
    async fn look(&self, _: CaseId, _: &str) -> Result<LinkedPage, AcknowledgeError> {
        Err(AcknowledgeError::BadLink)
    }

    async fn acknowledge(&self, _: CaseId, _: &str, _: Urgency) -> Result<LinkedPage, AcknowledgeError> {
        Err(AcknowledgeError::BadLink)
    }

    async fn caller_reached(&self, _: CaseId, _: &str, _: Urgency) -> Result<LinkedPage, AcknowledgeError> {
        Err(AcknowledgeError::BadLink)
    }
}

impl GatewayPosts for NoOffice {
    async fn text_message(&self, _: &Posted) -> Result<String, AcknowledgeError> {
        Err(AcknowledgeError::BadLink)
    }

    async fn key_pressed(&self, _: CaseId, _: &str, _: Urgency, _: &Posted) -> Result<String, AcknowledgeError> {
        Err(AcknowledgeError::BadLink)
    }

    async fn page_reported(&self, _: CaseId, _: u32, _: &Posted) -> Result<String, AcknowledgeError> {
        Err(AcknowledgeError::BadLink)
    }

    async fn test_page_reported(&self, _: &str, _: &str, _: i64, _: &Posted) -> Result<String, AcknowledgeError> {
        Err(AcknowledgeError::BadLink)
    }
}

pub struct Practice {
    pub store: Store,
    pub base: String,
    seconds: Arc<AtomicI64>,
    client: Client,
    dir: tempfile::TempDir,
    _ready: watch::Sender<Readiness>,
}

impl Practice {
    pub async fn open(scheme: Scheme) -> Self {
        // Fails from the second test of a process on, when it is there already.
        rustls::crypto::ring::default_provider().install_default().ok();
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&OpenOptions::new(dir.path().join("p.db"), Secret::new(KEY))).await.unwrap();
        let seconds = Arc::new(AtomicI64::new(0));
        let told = Arc::clone(&seconds);
        let (ready, readiness) = watch::channel(Readiness::Ready);
        let router = web::router(Parts {
            store: store.clone(),
            inbox: InboxDesk {
                practice: riverside(),
                name: "Riverside & Sons".to_owned(),
                zone: TimeZone::get("America/New_York").unwrap(),
                clock: Clock::new(move || at(told.load(Ordering::SeqCst))),
            },
            acknowledgements: Arc::new(NoOffice),
            readiness,
            trunks: Trunks::new(Vec::new),
            token: Some(Secret::new("the operator's token")),
            scheme,
            proxies: vec![std::net::Ipv4Addr::LOCALHOST.into()],
            legs: Router::new(),
            open_legs: Router::new(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let practice = Self { store, base, seconds, client, dir, _ready: ready };
        practice.add("riverside", ANN).await;
        practice
    }

    pub async fn add(&self, practice: &str, name: &str) {
        let password = PasswordHash::of(&Secret::new(PASSWORD)).unwrap();
        self.store.add_staff(&practice.into(), name, &password, self.now()).await.unwrap();
    }

    pub fn now(&self) -> Timestamp {
        at(self.seconds.load(Ordering::SeqCst))
    }

    pub fn later(&self, by: SignedDuration) {
        self.seconds.fetch_add(by.as_secs(), Ordering::SeqCst);
    }

    /// A caller has left a message.
    pub async fn left(&self, change: impl FnOnce(&mut MessageRow)) -> MessageRow {
        let mut row = message(&self.now());
        change(&mut row);
        self.store.save_message(&row, Notify::Nobody).await.unwrap();
        row
    }

    async fn connection(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.dir.path().join("p.db"));
        options.pragma("key", format!("\"x'{KEY}'\"")).connect().await.unwrap()
    }

    /// Somebody with the key does something to the file.
    pub async fn sql(&self, statement: &str) {
        sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut self.connection().await).await.unwrap();
    }

    /// The first column of each row.
    pub async fn texts(&self, query: &str) -> Vec<String> {
        let rows = sqlx::query(AssertSqlSafe(query.to_owned())).fetch_all(&mut self.connection().await).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Who did what to what.
    pub async fn audit(&self) -> Vec<(String, String, String)> {
        let query = "SELECT actor, action, object FROM audit ORDER BY id";
        let rows = sqlx::query(query).fetch_all(&mut self.connection().await).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
    }

    pub async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let mut request = self.client.request(method, format!("{}{path}", self.base)).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    /// A form of our own page, without a cookie.
    pub async fn post(&self, path: &str, form: &str) -> Response {
        self.visitor().post(path, form).await
    }

    /// The same from another address, through the practice's proxy.
    pub async fn post_from(&self, address: &str, path: &str, form: &str) -> Response {
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let headers = [kind, ("sec-fetch-site", "same-origin"), ("x-forwarded-for", address)];
        self.ask(Method::POST, path, &headers, form).await
    }

    /// A browser that has never been here.
    pub fn visitor(&self) -> Visitor<'_> {
        self.with_cookie("other=1")
    }

    pub fn with_cookie(&self, cookie: &str) -> Visitor<'_> {
        Visitor { practice: self, cookie: cookie.to_owned() }
    }

    /// Ann's browser.
    pub async fn log_in(&self) -> Visitor<'_> {
        let answer = self.post("/inbox/login", &format!("name=Ann+Reyes&password={PASSWORD}")).await;
        assert_eq!(answer.status(), 303);
        let (pair, _) = header(&answer, "set-cookie").split_once(';').unwrap();
        self.with_cookie(&format!("other=1; {pair}"))
    }
}

pub struct Visitor<'a> {
    practice: &'a Practice,
    cookie: String,
}

impl Visitor<'_> {
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    pub async fn get(&self, path: &str) -> Response {
        self.practice.ask(Method::GET, path, &[("cookie", &self.cookie)], "").await
    }

    /// The page, which is there.
    pub async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    }

    pub async fn post(&self, path: &str, form: &str) -> Response {
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let headers = [kind, ("cookie", &self.cookie), ("sec-fetch-site", "same-origin")];
        self.practice.ask(Method::POST, path, &headers, form).await
    }
}

pub fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).unwrap_or_else(|| panic!("{name} is missing")).to_str().unwrap()
}

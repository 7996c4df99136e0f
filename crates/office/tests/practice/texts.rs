//! A gateway that takes text messages, and telephones that answer through it.

#![allow(dead_code, unreachable_pub)] // each test binary uses a part of it

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Form, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use office::{GatewayPost, Office, OfficeError};
use sha1::Sha1;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

pub const TOKEN: &str = "the gateway's token";
const LONG: Duration = Duration::from_secs(20);
/// What comes at all has come by then.
const QUIET: Duration = Duration::from_millis(400);

/// Takes text messages.
pub struct Texts {
    base: String,
    status: Arc<AtomicU16>,
    slowness_ms: Arc<AtomicU64>,
    taken: mpsc::Receiver<Text>,
    server: JoinHandle<()>,
}

/// One that was taken.
#[derive(Debug)]
pub struct Text {
    pub to: String,
    pub body: String,
    /// Where it is to be told what has become of it.
    pub status_url: Option<String>,
}

impl Text {
    /// The four digits that it is to be answered with.
    pub fn code(&self) -> String {
        self.body.split("YES ").nth(1).expect("a number")[..4].to_owned()
    }
}

type Taking = (Arc<AtomicU16>, Arc<AtomicU64>, mpsc::Sender<Text>);

impl Texts {
    pub async fn start() -> Self {
        let (sender, taken) = mpsc::channel(100);
        let status = Arc::new(AtomicU16::new(201));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let slowness_ms = Arc::new(AtomicU64::new(0));
        let state = (Arc::clone(&status), Arc::clone(&slowness_ms), sender);
        let router = Router::new().fallback(take).with_state(state);
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
        Self { base, status, slowness_ms, taken, server }
    }

    pub fn base(&self) -> String {
        self.base.clone()
    }

    pub fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// Answers only so long after it has taken a text.
    pub fn answer_after(&self, time: Duration) {
        self.slowness_ms.store(u64::try_from(time.as_millis()).expect("short"), Ordering::SeqCst);
    }

    pub async fn next(&mut self) -> Text {
        tokio::time::timeout(LONG, self.taken.recv()).await.expect("a text").expect("the server lives")
    }

    /// No text comes.
    pub async fn is_quiet(&mut self) {
        if let Ok(text) = tokio::time::timeout(QUIET, self.taken.recv()).await {
            panic!("{text:?}");
        }
    }

    /// What has come does not count.
    pub fn forget(&mut self) {
        while self.taken.try_recv().is_ok() {}
    }
}

impl Drop for Texts {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take(
    State((status, slowness, sender)): State<Taking>,
    Form(form): Form<BTreeMap<String, String>>,
) -> StatusCode {
    // A call has no body but what is said in it.
    let body = form.get("Body").or_else(|| form.get("Twiml")).expect("a text or a call").clone();
    let text = Text { to: form["To"].clone(), body, status_url: form.get("StatusCallback").cloned() };
    sender.try_send(text).expect("room");
    tokio::time::sleep(Duration::from_millis(slowness.load(Ordering::SeqCst))).await;
    StatusCode::from_u16(status.load(Ordering::SeqCst)).expect("a status")
}

/// Somebody's telephone.
pub struct Phone<'a> {
    pub office: &'a Office,
    pub number: &'a str,
    pub now: Timestamp,
}

impl Phone<'_> {
    /// Sends a text message to the practice: what is answered, or nothing.
    pub async fn texts(&self, body: &str) -> String {
        let answer = self.post(body, TOKEN).await.expect("answered");
        let text = answer.split("<Message>").nth(1).and_then(|rest| rest.split("</Message>").next());
        text.unwrap_or_default().to_owned()
    }

    /// The same without the gateway.
    pub async fn forges(&self, body: &str) -> Result<String, OfficeError> {
        self.post(body, "another token").await
    }

    async fn post(&self, body: &str, token: &str) -> Result<String, OfficeError> {
        let form = [("Body".to_owned(), body.to_owned()), ("From".to_owned(), self.number.to_owned())];
        let signature = sign(token, "/gateway/sms", &form);
        let post = GatewayPost { path: "/gateway/sms", form: &form, signature: &signature };
        self.office.text_message(&post, self.now).await.map(String::from)
    }
}

/// As a gateway with this token signs what it posts to this path: the address, and every name and value in the order of the names.
pub fn sign(token: &str, path: &str, form: &[(String, String)]) -> String {
    let mut ordered: Vec<_> = form.iter().collect();
    ordered.sort();
    let signed: String = ordered.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]).collect();
    let mac: Hmac<Sha1> = Hmac::new_from_slice(token.as_bytes()).expect("any length");
    let mac = mac.chain_update(format!("https://firstring.example{path}{signed}"));
    STANDARD.encode(mac.finalize().into_bytes())
}

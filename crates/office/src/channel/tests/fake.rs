//! A server that keeps what it was asked and answers what it is told to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, Uri};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use tokio::sync::mpsc;

/// A status that stands for never answering.
pub(super) const HANGS: u16 = 999;

pub(super) struct Server {
    pub(super) url: String,
    answer: Arc<Mutex<(u16, &'static str)>>,
    asked: mpsc::Receiver<Asked>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Debug)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    headers: HeaderMap,
    pub(super) body: String,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("ASCII"))
    }

    /// Name and password, decoded.
    pub(super) fn basic(&self) -> String {
        let encoded = self.header("authorization").and_then(|a| a.strip_prefix("Basic ")).expect("basic");
        String::from_utf8(STANDARD.decode(encoded).expect("base64")).expect("UTF-8")
    }

    /// The form, decoded.
    pub(super) fn form(&self) -> BTreeMap<String, String> {
        assert_eq!(self.header("content-type"), Some("application/x-www-form-urlencoded"));
        let url = Url::parse(&format!("http://form/?{}", self.body)).expect("a form");
        url.query_pairs().into_owned().collect()
    }

    pub(super) fn json(&self) -> serde_json::Value {
        assert_eq!(self.header("content-type"), Some("application/json"));
        serde_json::from_str(&self.body).expect("JSON")
    }
}

type Shared = (Arc<Mutex<(u16, &'static str)>>, mpsc::Sender<Asked>);

impl Server {
    pub(super) async fn start(status: u16) -> Self {
        let answer = Arc::new(Mutex::new((status, "{}")));
        let (sender, asked) = mpsc::channel(100);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(take).with_state((Arc::clone(&answer), sender));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
        Self { url, answer, asked, task }
    }

    pub(super) fn answer(&self, status: u16, body: &'static str) {
        *self.answer.lock().expect("not poisoned") = (status, body);
    }

    pub(super) fn asked(&mut self) -> Asked {
        self.asked.try_recv().expect("it was asked before it answered")
    }

    pub(super) fn is_quiet(&mut self) -> bool {
        self.asked.try_recv().is_err()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn take(
    State((answer, asked)): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<String> {
    let body = String::from_utf8(body.to_vec()).expect("UTF-8");
    asked.try_send(Asked { method: method.to_string(), path: uri.to_string(), headers, body }).expect("room");
    let (status, body) = *answer.lock().expect("not poisoned");
    if status == HANGS {
        std::future::pending::<()>().await;
    }
    // Where a redirection would lead: here again, so that one that is followed is seen.
    Response::builder().status(status).header("location", "/elsewhere").body(body.to_owned()).expect("an answer")
}

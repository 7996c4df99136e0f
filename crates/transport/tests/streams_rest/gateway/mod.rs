//! A provider's REST interface as it is documented, small: calls that it places are streamed to the address that it was given, or to the one that it
//! finds where it was told to look.

mod plivo;
mod telnyx;
mod twilio;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{delete, get, post};
use axum::{Form, Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{Duration, sleep, timeout};

use crate::party::{Dialect, Party, TELNYX_USER};

pub const ACCOUNT: &str = "AC1";
pub const SECRET: &str = "a-secret-of-this-test";
/// How long a test waits for what should come at once.
const WITHIN: Duration = Duration::from_secs(20);

/// What becomes of calls that are placed from now on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// They are picked up.
    PicksUp,
    /// The same, but what is streamed is another call.
    StreamsAnother,
    /// They ring on.
    Rings,
    /// They have this status at once.
    Is(&'static str),
    /// They are not placed.
    Refuses,
    /// They are picked up, and nobody is told that they were placed.
    Fails,
}

struct Placed {
    status: String,
    party: Option<Party>,
}

struct Inner {
    manner: Manner,
    /// What whoever is called says.
    sound: Vec<f32>,
    calls: BTreeMap<String, Placed>,
    /// Method, path and body of all that was asked, but for looking.
    asked: Vec<(String, Map<String, Value>)>,
    /// What calls that were moved were found to have as instructions.
    moved: BTreeMap<String, String>,
    /// So much later than it was asked to it looks for them.
    late: Duration,
    /// Calls that are moved are streamed on.
    keeps_streams: bool,
}

/// To whom a call is streamed.
struct Script {
    dialect: Dialect,
    url: String,
    shown: Option<String>,
    parameters: Value,
}

/// How it is known.
enum Told {
    Here(Script),
    /// As SignalWire and Plivo are told: where to look, and where to tell that the call is over.
    At {
        dialect: Dialect,
        url: String,
        ended: Option<String>,
    },
}

#[derive(Clone)]
pub struct Gateway {
    inner: Arc<Mutex<Inner>>,
    pub address: SocketAddr,
    _serving: Arc<Stops>,
}

struct Stops(JoinHandle<()>);

impl Drop for Stops {
    fn drop(&mut self) {
        self.0.abort();
    }
}

type Shared = State<Arc<Mutex<Inner>>>;
type Answer = Result<Json<Value>, StatusCode>;

impl Gateway {
    pub async fn start(sound: Vec<f32>) -> Self {
        // It looks at addresses itself.
        rustls::crypto::ring::default_provider().install_default().ok();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Inner {
            manner: Manner::PicksUp,
            sound,
            calls: BTreeMap::new(),
            asked: Vec::new(),
            moved: BTreeMap::new(),
            late: Duration::ZERO,
            keeps_streams: false,
        };
        let inner = Arc::new(Mutex::new(inner));
        let app = Router::new()
            .route("/2010-04-01/Accounts/{account}/Calls.json", post(twilio::places).get(twilio::lists))
            .route("/2010-04-01/Accounts/{account}/Calls/{call}", get(twilio::looks).post(twilio::changes))
            .route("/v2/calls", post(telnyx::places))
            .route("/v2/calls/{call}", get(telnyx::looks))
            .route("/v2/calls/{call}/actions/hangup", post(telnyx::ends))
            .route("/v2/texml/Accounts/{account}/Calls/{call}", post(telnyx::changes))
            .route("/v1/Account/{account}/Call/", post(plivo::places))
            .route("/v1/Account/{account}/Call/{call}/", delete(plivo::ends).post(plivo::changes))
            .with_state(Arc::clone(&inner));
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { inner, address, _serving: Arc::new(Stops(serving)) }
    }

    pub fn manner(&self, manner: Manner) {
        self.inner.lock().unwrap().manner = manner;
    }

    /// Has it look for the instructions of calls that are moved only after this.
    pub fn fetches_late(&self, late: Duration) {
        self.inner.lock().unwrap().late = late;
    }

    /// Has calls that are moved streamed on.
    pub fn keeps_streams(&self) {
        self.inner.lock().unwrap().keeps_streams = true;
    }

    /// All that was asked since the last time.
    pub fn asked(&self) -> Vec<(String, Map<String, Value>)> {
        std::mem::take(&mut self.inner.lock().unwrap().asked)
    }

    /// Whoever was called by this call.
    pub async fn party(&self, call: &str) -> Party {
        let find = || self.inner.lock().unwrap().calls.get(call).and_then(|call| call.party.clone());
        let wait = async {
            loop {
                match find() {
                    Some(party) => return party,
                    None => sleep(Duration::from_millis(20)).await,
                }
            }
        };
        timeout(WITHIN, wait).await.expect("somebody is called")
    }

    /// Waits until a call was ended by the interface.
    pub async fn ends(&self, call: &str) {
        let is_ended = || self.inner.lock().unwrap().calls.get(call).is_some_and(|call| call.status == "completed");
        let wait = async {
            while !is_ended() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(WITHIN, wait).await.unwrap_or_else(|_| panic!("{call} is not ended"));
    }

    /// A call that came to the practice's number.
    pub fn has(&self, call: &str, party: Option<Party>) {
        self.has_with(call, "in-progress", party);
    }

    /// The same, with this status.
    pub fn has_with(&self, call: &str, status: &str, party: Option<Party>) {
        self.inner.lock().unwrap().calls.insert(call.to_owned(), Placed { status: status.to_owned(), party });
    }

    /// What the instructions of a call were replaced with.
    pub async fn moves(&self, call: &str) -> String {
        let find = || self.inner.lock().unwrap().moved.get(call).cloned();
        let wait = async {
            loop {
                match find() {
                    Some(twiml) => return twiml,
                    None => sleep(Duration::from_millis(20)).await,
                }
            }
        };
        timeout(WITHIN, wait).await.expect("is moved")
    }
}

fn is_ours(headers: &HeaderMap) -> Result<(), StatusCode> {
    let basic = format!("Basic {}", STANDARD.encode(format!("{ACCOUNT}:{SECRET}")));
    let given = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if given == basic || given == format!("Bearer {SECRET}") { Ok(()) } else { Err(StatusCode::UNAUTHORIZED) }
}

/// The value of an attribute.
fn attribute(xml: &str, name: &str) -> Option<String> {
    let (_, value) = xml.split_once(&format!("{name}=\""))?;
    value.split('"').next().map(|value| value.replace("&amp;", "&"))
}

/// Tells what becomes of whom a caller's instructions call, as the provider does that has such instructions; whether it is one that tells.
pub async fn tells(xml: &str, progress: &str) -> bool {
    // Plivo's status is the caller's, and not always followed by a report that the two were put together.
    let (url, form) = if let Some(url) = attribute(xml, "statusCallback") {
        (url, vec![("CallSid", "v3:of-the-doctor"), ("ParentCallSid", "v3:of-the-caller"), ("CallStatus", progress)])
    } else if let Some(url) = attribute(xml, "callbackUrl") {
        let action = if progress == "in-progress" { "answer" } else { "hangup" };
        (url, vec![("CallUUID", "of-the-caller"), ("CallStatus", "in-progress"), ("DialAction", action)])
    } else {
        return false;
    };
    let told = reqwest::Client::new().post(url).form(&form).send().await.unwrap();
    assert!(told.status().is_success(), "{}", told.status());
    true
}

/// Attributes `name` and `value` of each parameter.
pub fn parameters(twiml: &str) -> Value {
    let pair = |parameter: &str| {
        let mut quoted = parameter.split('"').skip(1).step_by(2).map(str::to_owned);
        Some((quoted.next()?, Value::String(quoted.next()?)))
    };
    Value::Object(twiml.split("<Parameter ").skip(1).filter_map(pair).collect())
}

/// Whom instructions stream to, in which dialect, with which parameters.
pub fn stream_of(dialect: Dialect, xml: &str) -> (String, Value) {
    let script = Script::of(dialect, xml);
    (script.url, script.parameters)
}

impl Script {
    fn of(dialect: Dialect, xml: &str) -> Self {
        if dialect != Dialect::Plivo {
            let stream = xml.split_once("<Stream ").unwrap().1;
            return Self { dialect, url: attribute(stream, "url").unwrap(), shown: None, parameters: parameters(xml) };
        }
        let (_, stream) = xml.split_once("<Stream ").unwrap();
        let (attributes, rest) = stream.split_once('>').unwrap();
        for wanted in ["bidirectional=\"true\"", "keepCallAlive=\"true\"", "contentType=\"audio/x-mulaw;rate=8000\""] {
            assert!(attributes.contains(wanted), "{attributes}");
        }
        let headers = attributes.split("extraHeaders=\"").nth(1).unwrap().split('"').next().unwrap();
        let is_plain = |value: &str| value.bytes().all(|byte| byte.is_ascii_alphanumeric());
        assert!(headers.split([',', '=']).all(is_plain) && headers.len() <= 512, "is not passed on: {headers}");
        let url = rest.split('<').next().unwrap().to_owned();
        Self { dialect, url, shown: None, parameters: Value::String(headers.to_owned()) }
    }
}

/// What is found at an address of FirstRing's.
async fn fetched(url: &str) -> String {
    let found = reqwest::get(url).await.unwrap();
    assert_eq!(found.status(), 200);
    assert_eq!(
        (&found.headers()["content-type"], &found.headers()["cache-control"]),
        (&"application/xml".parse().unwrap(), &"no-store".parse().unwrap())
    );
    found.text().await.unwrap()
}

/// Places a call; its id, or why none is told.
async fn place(inner: &Arc<Mutex<Inner>>, told: Told) -> Result<String, StatusCode> {
    let (manner, sid) = {
        let mut inner = inner.lock().unwrap();
        let sid = format!("CA{:04}", 1000 + inner.calls.len());
        let status = if let Manner::Is(status) = inner.manner { status } else { "ringing" };
        inner.calls.insert(sid.clone(), Placed { status: status.to_owned(), party: None });
        (inner.manner, sid)
    };
    let streamed = if manner == Manner::StreamsAnother { "CA-another" } else { &sid };
    match (manner, told) {
        (Manner::Refuses, _) => return Err(StatusCode::BAD_REQUEST),
        (Manner::PicksUp | Manner::StreamsAnother | Manner::Fails, Told::Here(script)) => {
            pick_up(inner, &sid, streamed, script).await;
        }
        // They look when somebody has picked up, which is after the answer.
        (Manner::PicksUp | Manner::StreamsAnother | Manner::Fails, Told::At { dialect, url, .. }) => {
            let (inner, sid, streamed) = (Arc::clone(inner), sid.clone(), streamed.to_owned());
            tokio::spawn(async move {
                let script = Script::of(dialect, &fetched(&url).await);
                pick_up(&inner, &sid, &streamed, script).await;
            });
        }
        (Manner::Is(status), Told::At { ended: Some(url), .. }) => {
            let (status, sid) = (status.to_owned(), sid.clone());
            tokio::spawn(async move {
                let form = [("CallUUID", sid), ("CallStatus", status), ("Direction", "outbound".to_owned())];
                let told = reqwest::Client::new().post(url).form(&form).send().await.unwrap();
                assert!(told.status().is_success());
            });
        }
        (Manner::Rings | Manner::Is(_), _) => {}
    }
    if manner == Manner::Fails { Err(StatusCode::INTERNAL_SERVER_ERROR) } else { Ok(sid) }
}

async fn pick_up(inner: &Arc<Mutex<Inner>>, sid: &str, streamed: &str, script: Script) {
    let Script { dialect, url, shown, parameters } = script;
    let sound = inner.lock().unwrap().sound.clone();
    let party = Party::streams(dialect, &url, shown.as_deref(), streamed, &parameters, sound).await;
    for call in [sid, streamed] {
        let placed = Placed { status: "in-progress".to_owned(), party: Some(party.clone()) };
        inner.lock().unwrap().calls.insert(call.to_owned(), placed);
    }
}

async fn end(inner: &Arc<Mutex<Inner>>, call: &str) -> Result<(), StatusCode> {
    let party = {
        let mut inner = inner.lock().unwrap();
        let call = inner.calls.get_mut(call).ok_or(StatusCode::NOT_FOUND)?;
        "completed".clone_into(&mut call.status);
        call.party.clone()
    };
    if let Some(party) = party {
        party.hang_up().await;
    }
    Ok(())
}

/// What a call is to do from now on.
enum New {
    Here(String),
    At(String),
}

/// Replaces a call's instructions, which ends its stream; what comes next is the test's.
fn change(inner: &Arc<Mutex<Inner>>, sid: &str, new: New) -> Result<(), StatusCode> {
    let party = inner.lock().unwrap().calls.get(sid).and_then(|call| call.party.clone());
    let party = party.ok_or(StatusCode::NOT_FOUND)?;
    let (inner, sid) = (Arc::clone(inner), sid.to_owned());
    tokio::spawn(async move {
        let late = inner.lock().unwrap().late;
        sleep(late).await;
        let xml = match new {
            New::Here(xml) => xml,
            New::At(url) => fetched(&url).await,
        };
        if !inner.lock().unwrap().keeps_streams {
            party.hang_up().await;
        }
        inner.lock().unwrap().moved.insert(sid, xml);
    });
    Ok(())
}

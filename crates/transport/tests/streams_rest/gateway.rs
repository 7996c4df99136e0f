//! A provider's REST interface as it is documented, small: calls that it places are streamed to the address that it was given.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{Duration, sleep, timeout};

use crate::party::{Dialect, Party};

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
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Inner { manner: Manner::PicksUp, sound, calls: BTreeMap::new(), asked: Vec::new() };
        let inner = Arc::new(Mutex::new(inner));
        let app = Router::new()
            .route("/2010-04-01/Accounts/{account}/Calls.json", post(twilio_places).get(twilio_lists))
            .route("/2010-04-01/Accounts/{account}/Calls/{call}", get(twilio_looks).post(twilio_changes))
            .route("/v2/calls", post(telnyx_places))
            .route("/v2/calls/{call}", get(telnyx_looks))
            .route("/v2/calls/{call}/actions/hangup", post(telnyx_ends))
            .with_state(Arc::clone(&inner));
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { inner, address, _serving: Arc::new(Stops(serving)) }
    }

    pub fn manner(&self, manner: Manner) {
        self.inner.lock().unwrap().manner = manner;
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
        let change = format!("change {call}");
        let find = || {
            let asked = &self.inner.lock().unwrap().asked;
            let (_, form) = asked.iter().rev().find(|(what, form)| *what == change && form.contains_key("Twiml"))?;
            Some(form["Twiml"].as_str().unwrap().to_owned())
        };
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

/// Attributes `name` and `value` of each parameter.
pub fn parameters(twiml: &str) -> Value {
    let pair = |parameter: &str| {
        let mut quoted = parameter.split('"').skip(1).step_by(2).map(str::to_owned);
        Some((quoted.next()?, Value::String(quoted.next()?)))
    };
    Value::Object(twiml.split("<Parameter ").skip(1).filter_map(pair).collect())
}

pub fn url_of(twiml: &str) -> &str {
    twiml.split("<Stream url=\"").nth(1).unwrap().split('"').next().unwrap()
}

/// Places a call; its id, or nothing if it is refused.
async fn place(
    inner: &Arc<Mutex<Inner>>,
    dialect: Dialect,
    url: &str,
    shown: Option<&str>,
    parameters: &Value,
) -> Option<String> {
    let (manner, sid, sound) = {
        let mut inner = inner.lock().unwrap();
        let sid = format!("CA{:04}", 1000 + inner.calls.len());
        let status = if let Manner::Is(status) = inner.manner { status } else { "ringing" };
        inner.calls.insert(sid.clone(), Placed { status: status.to_owned(), party: None });
        (inner.manner, sid, inner.sound.clone())
    };
    match manner {
        Manner::Refuses => return None,
        Manner::PicksUp | Manner::StreamsAnother => {
            let streamed = if manner == Manner::PicksUp { sid.clone() } else { "CA-another".to_owned() };
            let party = Party::streams(dialect, url, shown, &streamed, parameters, sound).await;
            let placed = Placed { status: "in-progress".to_owned(), party: Some(party) };
            inner.lock().unwrap().calls.insert(sid.clone(), placed);
        }
        Manner::Rings | Manner::Is(_) => {}
    }
    Some(sid)
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

async fn twilio_places(State(inner): Shared, headers: HeaderMap, Form(form): Form<Map<String, Value>>) -> Answer {
    is_ours(&headers)?;
    let twiml = form["Twiml"].as_str().unwrap().to_owned();
    inner.lock().unwrap().asked.push(("place".to_owned(), form));
    let placed = place(&inner, Dialect::Twilio, url_of(&twiml), None, &parameters(&twiml)).await;
    let sid = placed.ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(Json(json!({ "sid": sid, "status": "queued", "account_sid": ACCOUNT, "direction": "outbound-api" })))
}

async fn twilio_looks(State(inner): Shared, headers: HeaderMap, Path((_, call)): Path<(String, String)>) -> Answer {
    is_ours(&headers)?;
    let inner = inner.lock().unwrap();
    let sid = call.strip_suffix(".json").ok_or(StatusCode::NOT_FOUND)?;
    let status = &inner.calls.get(sid).ok_or(StatusCode::NOT_FOUND)?.status;
    Ok(Json(json!({ "sid": sid, "status": status, "account_sid": ACCOUNT })))
}

async fn twilio_lists(
    State(inner): Shared,
    headers: HeaderMap,
    Query(query): Query<BTreeMap<String, String>>,
) -> Answer {
    is_ours(&headers)?;
    let child = format!("{}-child", query["ParentCallSid"]);
    let inner = inner.lock().unwrap();
    let calls: Vec<_> =
        inner.calls.get(&child).iter().map(|call| json!({ "sid": child, "status": call.status })).collect();
    Ok(Json(json!({ "calls": calls, "page": 0, "page_size": 20 })))
}

async fn twilio_changes(
    State(inner): Shared,
    headers: HeaderMap,
    Path((_, call)): Path<(String, String)>,
    Form(form): Form<Map<String, Value>>,
) -> Answer {
    is_ours(&headers)?;
    let sid = call.strip_suffix(".json").ok_or(StatusCode::NOT_FOUND)?;
    let is_end = form.get("Status").is_some_and(|status| status == "completed");
    inner.lock().unwrap().asked.push((format!("change {sid}"), form));
    if is_end {
        end(&inner, sid).await?;
    } else {
        // The stream ends; what comes next is the test's.
        let party = inner.lock().unwrap().calls.get(sid).and_then(|call| call.party.clone());
        party.ok_or(StatusCode::NOT_FOUND)?.hang_up().await;
    }
    Ok(Json(json!({ "sid": sid, "status": if is_end { "completed" } else { "in-progress" } })))
}

async fn telnyx_places(State(inner): Shared, headers: HeaderMap, Json(order): Json<Map<String, Value>>) -> Answer {
    is_ours(&headers)?;
    let url = order["stream_url"].as_str().unwrap().to_owned();
    let shown = order["stream_auth_token"].as_str().unwrap().to_owned();
    inner.lock().unwrap().asked.push(("place".to_owned(), order));
    let sid =
        place(&inner, Dialect::Telnyx, &url, Some(&shown), &json!({})).await.ok_or(StatusCode::UNPROCESSABLE_ENTITY)?;
    Ok(Json(json!({ "data": { "call_control_id": sid, "is_alive": false, "record_type": "call" } })))
}

async fn telnyx_looks(State(inner): Shared, headers: HeaderMap, Path(call): Path<String>) -> Answer {
    is_ours(&headers)?;
    let status = inner.lock().unwrap().calls.get(&call).ok_or(StatusCode::NOT_FOUND)?.status.clone();
    let over = (status == "completed").then_some("2019-01-23T18:11:52.574Z");
    Ok(Json(json!({ "data": { "call_control_id": call, "is_alive": over.is_none(), "end_time": over } })))
}

async fn telnyx_ends(State(inner): Shared, headers: HeaderMap, Path(call): Path<String>) -> Answer {
    is_ours(&headers)?;
    end(&inner, &call).await?;
    Ok(Json(json!({ "data": { "result": "ok" } })))
}

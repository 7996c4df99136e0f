//! Plivo's interface, as <https://www.plivo.com/docs/voice/api/calls> has it: basic authorization, JSON. What a call that it places is to do it fetches
//! from an address, and how it ended it tells to another; both are ours.
//!
//! It moves no callers here. It could (`aleg_url`), but whether the stream of a call that is moved ends is not written, and whether somebody has
//! picked up is told to a webhook alone.

use domain::{Phi, PhoneNumber};
use maud::html;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::account::Account;
use super::request::{Body, OurEnd, Progress, RemoteCall, Request};

#[derive(Deserialize)]
struct Answer {
    request_uuid: String,
}

/// What is posted when a call is over, of which only this counts here.
#[derive(Debug, Deserialize)]
pub(in crate::streams) struct Ended {
    #[serde(rename = "CallStatus")]
    status: Option<String>,
}

impl Ended {
    /// One that does not say how it ended has ended.
    pub(in crate::streams) fn progress(&self) -> Progress {
        match self.status.as_deref() {
            Some("ringing") => Progress::Rings,
            Some("in-progress") => Progress::PickedUp,
            Some("busy") => Progress::Busy,
            Some(_) | None => Progress::Over,
        }
    }
}

/// Before and after it is picked up: a call in the queue, too.
pub(super) fn hang_up(account: &Account, call: &RemoteCall) -> Request {
    account.basic(Method::DELETE, &format!("Account/{}/Call/{}/", account.id(), call.as_str()), Body::None)
}

/// Numbers are written without their plus.
pub(super) fn ring(
    account: &Account,
    to: &PhoneNumber,
    from: &PhoneNumber,
    end: &OurEnd,
    at: &str,
    seconds: u64,
) -> Request {
    let order = json!({
        "to": to.as_str().trim_start_matches('+'), "from": from.as_str().trim_start_matches('+'), "ring_timeout": seconds,
        "answer_url": end.fetched(at), "answer_method": "GET", "hangup_url": end.ended(at), "hangup_method": "POST",
    });
    account.basic(Method::POST, &format!("Account/{}/Call/", account.id()), Body::Json(Phi::new(order)))
}

/// Whoever is on the line is streamed to us. Letters and digits alone may stand in the values.
pub(super) fn instructions(end: &OurEnd, parameters: &[(&str, &str)]) -> String {
    let token = end.token.as_ref().map(|token| ("token", token.expose().as_str()));
    let headers: Vec<_> = token.iter().chain(parameters).map(|(name, value)| format!("{name}={value}")).collect();
    let document = html! {
        Response {
            Stream bidirectional="true" keepCallAlive="true" contentType="audio/x-mulaw;rate=8000" extraHeaders=(headers.join(",")) {
                (end.url)
            }
        }
    };
    document.into_string()
}

/// By what it is called until it has come to us. Its makers say that this is the call's own id
/// (<https://github.com/plivo/plivo-python/issues/44>); their documentation does not, so from then on it is called as its stream calls it.
pub(super) fn read_call(body: &[u8]) -> Option<RemoteCall> {
    RemoteCall::of(&serde_json::from_slice::<Answer>(body).ok()?.request_uuid)
}

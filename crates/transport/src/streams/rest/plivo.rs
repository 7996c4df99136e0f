//! Plivo's interface, as <https://www.plivo.com/docs/voice/api/calls> has it: basic authorization, JSON. What a call that it places or moves is to do
//! it fetches from an address, and how it goes it tells to another; both are ours.
//!
//! Whether the stream of a call that is moved ends is not written; those who have moved calls say that it does. Both are understood.

use domain::Phi;
use maud::html;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::account::Account;
use super::request::{Body, Callee, Move, Orders, RemoteId, Request, Ring};

#[derive(Deserialize)]
struct Answer {
    request_uuid: String,
}

/// Before and after it is picked up: a call in the queue, too.
pub(super) fn hang_up(account: &Account, call: &RemoteId) -> Request {
    account.basic(Method::DELETE, &format!("Account/{}/Call/{}/", account.id(), call.as_str()), Body::None)
}

pub(super) fn ring(account: &Account, Ring { to, from, end, at, seconds, ringing: _ }: &Ring<'_>) -> Request {
    let order = json!({
        "to": plain(to.as_str()), "from": plain(from.as_str()), "ring_timeout": seconds,
        "answer_url": end.fetched(at), "answer_method": "GET", "hangup_url": end.told(at), "hangup_method": "POST",
    });
    account.basic(Method::POST, &format!("Account/{}/Call/", account.id()), Body::Json(Phi::new(order)))
}

/// Numbers are written without their plus.
fn plain(number: &str) -> &str {
    number.trim_start_matches('+')
}

pub(super) fn hand_over(account: &Account, moved: &Move<'_>) -> Request {
    let order = json!({ "legs": "aleg", "aleg_url": moved.orders.url(), "aleg_method": "GET" });
    let path = format!("Account/{}/Call/{}/", account.id(), moved.call.as_str());
    account.basic(Method::POST, &path, Body::Json(Phi::new(order)))
}

/// When nobody picks up, or they hang up first, the next element streams the caller to us again. Letters and digits alone may stand in the values
/// of a stream: what has others is left out.
pub(super) fn instructions(Orders { end, parameters, callee, at }: &Orders<'_>) -> String {
    let token = end.token.as_ref().map(|token| ("token", token.expose().as_str()));
    let parameters = token.into_iter().chain(parameters.iter().copied()).map(|(name, value)| (name, plain(value)));
    let passed = parameters.filter(|(_, value)| value.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let headers: Vec<_> = passed.map(|(name, value)| format!("{name}={value}")).collect();
    let document = html! {
        Response {
            @if let Some(Callee { to, from, seconds }) = callee {
                Dial timeout=(seconds) callerId=[from.map(|from| plain(from.as_str()))] callbackUrl=(end.told(at)) callbackMethod="POST" {
                    Number { (plain(to.as_str())) }
                }
            }
            Stream bidirectional="true" keepCallAlive="true" contentType="audio/x-mulaw;rate=8000" extraHeaders=(headers.join(",")) {
                (end.url)
            }
        }
    };
    document.into_string()
}

/// By what it is called until it has come to us. Its makers say that this is the call's own id
/// (<https://github.com/plivo/plivo-python/issues/44>); their documentation does not, so from then on it is called as its stream calls it.
pub(super) fn read_call(body: &[u8]) -> Option<RemoteId> {
    RemoteId::of(&serde_json::from_slice::<Answer>(body).ok()?.request_uuid)
}

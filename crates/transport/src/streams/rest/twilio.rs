//! Twilio's interface, as <https://www.twilio.com/docs/voice/api/call-resource> has it: basic authorization, forms, JSON in answers. SignalWire has
//! the same below `/api/laml`, but for what stands in `signalwire.rs`.

use domain::Phi;
use maud::html;
use reqwest::Method;
use serde::Deserialize;

use super::account::Account;
use super::request::{Body, Callee, Move, Orders, Progress, RemoteId, Request, Ring};

#[derive(Deserialize)]
struct Call {
    sid: String,
    status: String,
    parent_call_sid: Option<String>,
}

#[derive(Deserialize)]
struct Calls {
    calls: Vec<Call>,
}

pub(super) fn calls(account: &Account, resource: &str) -> String {
    format!("2010-04-01/Accounts/{}/{resource}", account.id())
}

pub(super) fn of_call(account: &Account, call: &RemoteId) -> String {
    calls(account, &format!("Calls/{}.json", call.as_str()))
}

pub(super) fn form(fields: Vec<(&'static str, String)>) -> Body {
    Body::Form(Phi::new(fields))
}

pub(super) fn hang_up(account: &Account, call: &RemoteId) -> Request {
    account.basic(Method::POST, &of_call(account, call), form(vec![("Status", "completed".to_owned())]))
}

/// Whoever picks up is streamed to us. No machine detection: who presses no key is no person.
pub(super) fn ring(account: &Account, ring: &Ring<'_>) -> Request {
    let Ring { to, from, end, ringing, seconds, at } = *ring;
    let fields = vec![
        ("To", to.as_str().to_owned()),
        ("From", from.as_str().to_owned()),
        ("Twiml", instructions(&Orders { end, parameters: &[("ringing", ringing)], callee: None, at })),
        ("Timeout", seconds.to_string()),
    ];
    account.basic(Method::POST, &calls(account, "Calls.json"), form(fields))
}

pub(super) fn look(account: &Account, call: &RemoteId) -> Request {
    account.basic(Method::GET, &of_call(account, call), Body::None)
}

/// The instructions of a call are replaced, which ends its stream.
pub(super) fn hand_over(account: &Account, moved: &Move<'_>) -> Request {
    account.basic(Method::POST, &of_call(account, moved.call), form(vec![("Twiml", instructions(&moved.orders))]))
}

/// The calls that a call's instructions have placed.
pub(super) fn children(account: &Account, call: &RemoteId) -> Request {
    let resource = format!("Calls.json?ParentCallSid={}&PageSize=20", call.as_str());
    account.basic(Method::GET, &calls(account, &resource), Body::None)
}

/// When nobody picks up, or they hang up first, the next instruction streams the caller to us again. The callee sees the caller's number.
pub(super) fn instructions(Orders { end, parameters, callee, at: _ }: &Orders<'_>) -> String {
    let token = end.token.as_ref().map(|token| ("token", token.expose().as_str()));
    let document = html! {
        Response {
            @if let Some(Callee { to, from: _, seconds }) = callee {
                Dial timeout=(seconds) { (to.as_str()) }
            }
            Connect {
                Stream url=(end.url) {
                    @for (name, value) in token.iter().chain(*parameters) {
                        Parameter name=(name) value=(value) {}
                    }
                }
            }
        }
    };
    document.into_string()
}

pub(super) fn read_call(body: &[u8]) -> Option<RemoteId> {
    RemoteId::of(&serde_json::from_slice::<Call>(body).ok()?.sid)
}

pub(super) fn read_progress(body: &[u8]) -> Option<Progress> {
    Some(progress(&serde_json::from_slice::<Call>(body).ok()?.status))
}

/// Whether one of the calls that this one has placed was picked up, and goes on. A provider that lists others too is not believed.
pub(super) fn read_children(of: &RemoteId, body: &[u8]) -> Option<bool> {
    let calls = serde_json::from_slice::<Calls>(body).ok()?.calls;
    let is_child = |call: &Call| {
        call.sid != of.as_str() && call.parent_call_sid.as_ref().is_none_or(|parent| parent == of.as_str())
    };
    Some(calls.iter().any(|call| is_child(call) && progress(&call.status) == Progress::PickedUp))
}

/// A status that is not known says nothing: what waits for it has an end of its own.
fn progress(status: &str) -> Progress {
    match status {
        "in-progress" => Progress::PickedUp,
        "busy" => Progress::Busy,
        "completed" | "failed" | "no-answer" | "canceled" => Progress::Over,
        _ => Progress::Rings,
    }
}

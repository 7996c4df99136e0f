//! Telnyx's call commands, as <https://developers.telnyx.com/api-reference/call-commands> has them: a key, JSON.
//!
//! Its transfer is not asked for: what became of one is told to a webhook alone, so a caller whose transfer failed would not be known to be
//! with us still.

use domain::{Phi, PhoneNumber};
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::json;

use super::account::Account;
use super::request::{Body, OurEnd, Progress, RemoteCall, Request};

#[derive(Deserialize)]
struct Answer {
    data: Call,
}

#[derive(Deserialize)]
struct Call {
    call_control_id: String,
    #[serde(default)]
    is_alive: bool,
    end_time: Option<String>,
}

pub(super) fn hang_up(account: &Account, call: &RemoteCall) -> Request {
    let path = format!("calls/{}/actions/hangup", call.as_str());
    account.bearer(Method::POST, &path, Body::Json(Phi::new(json!({}))))
}

/// The stream begins when they pick up. Its address carries which call it is: what the parameters of a stream are called differs by how the call
/// came about.
pub(super) fn ring(
    account: &Account,
    to: &PhoneNumber,
    from: &PhoneNumber,
    end: &OurEnd,
    ringing: &str,
    seconds: u64,
) -> Request {
    let url = Url::parse_with_params(&end.url, [("ringing", ringing)]).map_or_else(|_| end.url.clone(), String::from);
    let mut order = json!({
        "connection_id": account.id(), "to": to.as_str(), "from": from.as_str(), "timeout_secs": seconds,
        "stream_url": url, "stream_track": "inbound_track", "stream_codec": "PCMU",
        "stream_bidirectional_mode": "rtp", "stream_bidirectional_codec": "PCMU",
    });
    if let Some(token) = &end.token {
        order["stream_auth_token"] = token.expose().as_str().into();
    }
    account.bearer(Method::POST, "calls", Body::Json(Phi::new(order)))
}

pub(super) fn look(account: &Account, call: &RemoteCall) -> Request {
    account.bearer(Method::GET, &format!("calls/{}", call.as_str()), Body::None)
}

pub(super) fn read_call(body: &[u8]) -> Option<RemoteCall> {
    RemoteCall::of(&serde_json::from_slice::<Answer>(body).ok()?.data.call_control_id)
}

/// Why a call was not picked up is not told, nor whether it rings still. `is_alive` is false, too, before the call has begun.
pub(super) fn read_progress(body: &[u8]) -> Option<Progress> {
    let call = serde_json::from_slice::<Answer>(body).ok()?.data;
    Some(if !call.is_alive && call.end_time.is_some() { Progress::Over } else { Progress::Rings })
}

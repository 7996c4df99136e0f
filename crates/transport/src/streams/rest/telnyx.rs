//! Telnyx's call commands, as <https://developers.telnyx.com/api-reference/call-commands> has them: a key, JSON.
//!
//! A caller is moved by its TeXML (<https://developers.telnyx.com/api-reference/texml-rest-commands>), which reads as Twilio's does: whoever is streamed
//! by a TeXML application. A call of Call Control's own is none of TeXML's, and its move is refused; the transfer of Call Control would leave what
//! stands behind the stream of the former to be done, too.

use domain::{Phi, PhoneNumber};
use maud::html;
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::json;

use super::account::Account;
use super::request::{Body, Callee, Move, Orders, OurEnd, Progress, RemoteId, Request, Ring};
use super::twilio;

/// What may stand in an address. Who calls whom may not: addresses are read in logs, and Telnyx tells it by itself.
const OURS: [&str; 2] = ["ringing", "back"];

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

pub(super) fn hang_up(account: &Account, call: &RemoteId) -> Request {
    let path = format!("calls/{}/actions/hangup", call.as_str());
    account.bearer(Method::POST, &path, Body::Json(Phi::new(json!({}))))
}

/// The stream begins when they pick up.
pub(super) fn ring(account: &Account, ring: &Ring<'_>) -> Request {
    let Ring { to, from, end, ringing, seconds, at: _ } = *ring;
    let mut order = json!({
        "connection_id": account.id(), "to": to.as_str(), "from": from.as_str(), "timeout_secs": seconds,
        "stream_url": address(end, &[("ringing", ringing)]), "stream_track": "inbound_track", "stream_codec": "PCMU",
        "stream_bidirectional_mode": "rtp", "stream_bidirectional_codec": "PCMU",
    });
    if let Some(token) = &end.token {
        order["stream_auth_token"] = token.expose().as_str().into();
    }
    account.bearer(Method::POST, "calls", Body::Json(Phi::new(order)))
}

/// The address of our WebSocket with these parameters in it: what those of a stream are called differs by how the call came about.
fn address(end: &OurEnd, parameters: &[(&str, &str)]) -> String {
    Url::parse_with_params(&end.url, parameters).map_or_else(|_| end.url.clone(), String::from)
}

/// The instructions of a call are replaced, which ends its stream. The call's id and its owner's are those that its stream tells.
pub(super) fn hand_over(account: &Account, moved: &Move<'_>) -> Option<Request> {
    let path = format!("texml/Accounts/{}/Calls/{}", moved.owner?.as_str(), moved.call.as_str());
    Some(account.bearer(Method::POST, &path, twilio::form(vec![("Texml", instructions(&moved.orders))])))
}

/// As Twilio's. What becomes of the callee is told to us: of the calls that a call has placed none says whose they are.
pub(super) fn instructions(Orders { end, parameters, callee, at }: &Orders<'_>) -> String {
    let token = end.token.as_ref().map(|token| ("token", token.expose().as_str()));
    let known = token.into_iter().chain(parameters.iter().copied().filter(|(name, _)| OURS.contains(name)));
    let parameters: Vec<_> = known.collect();
    let document = html! {
        Response {
            @if let Some(Callee { to, from, seconds }) = callee {
                Dial timeout=(seconds) callerId=[from.map(PhoneNumber::as_str)] {
                    Number statusCallback=(end.told(at)) statusCallbackEvent="answered completed" statusCallbackMethod="POST" {
                        (to.as_str())
                    }
                }
            }
            Connect {
                Stream url=(address(end, &parameters)) track="inbound_track" bidirectionalMode="rtp" codec="PCMU" bidirectionalCodec="PCMU" {}
            }
        }
    };
    document.into_string()
}

pub(super) fn look(account: &Account, call: &RemoteId) -> Request {
    account.bearer(Method::GET, &format!("calls/{}", call.as_str()), Body::None)
}

pub(super) fn read_call(body: &[u8]) -> Option<RemoteId> {
    RemoteId::of(&serde_json::from_slice::<Answer>(body).ok()?.data.call_control_id)
}

/// Why a call was not picked up is not told, nor whether it rings still. `is_alive` is false, too, before the call has begun.
pub(super) fn read_progress(body: &[u8]) -> Option<Progress> {
    let call = serde_json::from_slice::<Answer>(body).ok()?.data;
    Some(if !call.is_alive && call.end_time.is_some() { Progress::Over } else { Progress::Rings })
}

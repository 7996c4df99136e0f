//! SignalWire's interface, as <https://signalwire.com/docs/compatibility-api/rest> has it: Twilio's, but a call that is moved takes its instructions
//! from an address only. So does one that is placed here, which older documentation asks for and newer allows.

use reqwest::Method;

use super::account::Account;
use super::request::{Move, RemoteId, Request, Ring};
use super::twilio::{calls, form, of_call};

/// How the instructions are asked for: nothing that comes along is needed.
const METHOD: &str = "GET";

pub(super) fn ring(account: &Account, Ring { to, from, end, at, seconds, ringing: _ }: &Ring<'_>) -> Request {
    let fields = vec![
        ("To", to.as_str().to_owned()),
        ("From", from.as_str().to_owned()),
        ("Url", end.fetched(at)),
        ("Method", METHOD.to_owned()),
        ("Timeout", seconds.to_string()),
    ];
    account.basic(Method::POST, &calls(account, "Calls.json"), form(fields))
}

/// Of a call that nobody has picked up yet. Its newer interface has this status for such a call and `completed` for one in progress; whether the
/// latter ends both here, as at Twilio, is not written.
pub(super) fn cancel(account: &Account, call: &RemoteId) -> Request {
    account.basic(Method::POST, &of_call(account, call), form(vec![("Status", "canceled".to_owned())]))
}

/// What becomes of a caller whose instructions cannot be fetched is not written, so they are asked for twice.
pub(super) fn hand_over(account: &Account, moved: &Move<'_>) -> Request {
    let fields = vec![
        ("Url", moved.orders.url()),
        ("Method", METHOD.to_owned()),
        ("FallbackUrl", moved.orders.url()),
        ("FallbackMethod", METHOD.to_owned()),
    ];
    account.basic(Method::POST, &of_call(account, moved.call), form(fields))
}

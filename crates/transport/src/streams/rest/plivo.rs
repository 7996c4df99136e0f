//! Plivo's interface, as <https://www.plivo.com/docs/voice/api/calls> has it: basic authorization. It ends calls; to place or to move one it has to
//! fetch instructions from an address, which is not served here.

use reqwest::Method;

use super::account::Account;
use super::request::{Body, RemoteCall, Request};

pub(super) fn hang_up(account: &Account, call: &RemoteCall) -> Request {
    account.basic(Method::DELETE, &format!("Account/{}/Call/{}/", account.id(), call.as_str()), Body::None)
}

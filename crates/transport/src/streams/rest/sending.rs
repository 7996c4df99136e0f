use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};

use super::account::Account;
use super::request::{Authorization, Body, RemoteCall, Request};
use crate::streams::{CallIds, Provider};

/// A provider answers within a second, on a bad day within three.
const WITHIN: Duration = Duration::from_secs(4);
/// Of an answer. What is longer is not one.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// A provider's interface, ready to be asked.
#[derive(Clone, Debug)]
pub struct Rest {
    account: Account,
    client: Client,
}

/// Why something was not done at the provider. Holds nothing of what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAsked {
    /// It could not be reached, or not in time.
    #[error("the provider's interface was not reached")]
    NotReached,
    /// It answered with this status.
    #[error("the provider's interface refused: {0}")]
    Refused(StatusCode),
    /// What it answered is not understood.
    #[error("the provider's interface answered what is not understood")]
    NotUnderstood,
    /// It cannot do that, or the call is none of this provider's.
    #[error("the provider's interface cannot do that")]
    Impossible,
}

impl Rest {
    /// # Errors
    /// There is no TLS to ask by.
    pub fn open(account: Account) -> Result<Self, NotAsked> {
        // A redirection would carry the account's secret elsewhere.
        let client = Client::builder().redirect(Policy::none()).build().map_err(|_| NotAsked::Impossible)?;
        Ok(Self { account, client })
    }

    /// The call as this interface takes it; `None` if it is none of this provider's, or its id is no id.
    pub fn call_of(&self, provider: Provider, ids: &CallIds) -> Option<RemoteCall> {
        let is_ours = provider == self.account.interface().provider();
        is_ours.then(|| RemoteCall::of(ids.call.as_str())).flatten()
    }

    /// Ends a call.
    ///
    /// # Errors
    /// It is not ended, or was before.
    pub async fn hang_up(&self, call: &RemoteCall) -> Result<(), NotAsked> {
        self.ask(self.account.hang_up(call)).await.map(drop)
    }

    /// Sends a request once, and gives what was answered.
    async fn ask(&self, request: Request) -> Result<Vec<u8>, NotAsked> {
        let Request { method, url, body, authorization } = request;
        let asked = self.client.request(method, url).timeout(WITHIN);
        let asked = match &authorization {
            Authorization::Basic(name, password) => asked.basic_auth(name, Some(password.expose())),
            Authorization::Bearer(key) => asked.bearer_auth(key.expose()),
        };
        let asked = match &body {
            Body::None => asked,
            Body::Form(fields) => asked.form(fields.expose()),
            Body::Json(json) => asked.json(json.expose()),
        };
        let mut answer = asked.send().await.map_err(|_| NotAsked::NotReached)?;
        let status = answer.status();
        if !status.is_success() {
            return Err(NotAsked::Refused(status));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|_| NotAsked::NotReached)? {
            if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(NotAsked::NotUnderstood);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

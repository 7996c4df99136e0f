use std::sync::Arc;
use std::time::Duration;

use domain::{Phi, PhoneNumber};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};

use super::account::Account;
use super::request::{Authorization, Body, Callee, Move, Orders, OurEnd, Progress, RemoteId, Request, Ring};
use super::ringing::TEL;
use crate::streams::awaited::{Arrived, Awaited};
use crate::streams::instructions::{Instructions, Served};
use crate::streams::{CallIds, Provider};

/// A provider answers within a second, on a bad day within three.
const WITHIN: Duration = Duration::from_secs(4);
/// Whoever was called, and of whom nothing is known, has picked up within this, or never does.
const RINGS_ON: Duration = Duration::from_secs(60);
/// Of an answer. What is longer is not one.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// What is asked of a provider's interface, and as whom.
#[derive(Clone, Debug)]
pub struct RestOptions {
    /// As whom.
    pub account: Account,
    /// Where calls that we place are streamed to.
    pub end: OurEnd,
    /// The practice's number at the provider, which those see who are rung; without it nobody is.
    pub from: Option<PhoneNumber>,
    /// Who may be rung. Nobody else ever is.
    pub may_ring: Vec<Phi<PhoneNumber>>,
}

/// A provider's interface, ready to be asked. Clones are the same.
#[derive(Clone, Debug)]
pub struct Rest {
    options: Arc<RestOptions>,
    client: Client,
    awaited: Awaited,
    instructions: Instructions,
}

/// A call that was placed.
#[derive(Debug)]
pub(super) struct Rung {
    /// As the provider called it then.
    pub(super) call: RemoteId,
    /// What it fetches, if it does.
    pub(super) served: Option<Served>,
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
    /// Too many calls are placed or moved at once.
    #[error("too many calls are placed or moved at once")]
    TooMany,
}

impl NotAsked {
    /// Whether it may have been done all the same: an answer that is lost, or an error of the provider's own, says nothing of that.
    pub(in crate::streams) fn may_be_done(self) -> bool {
        match self {
            Self::Refused(status) => !status.is_client_error(),
            Self::NotReached | Self::NotUnderstood => true,
            Self::Impossible | Self::TooMany => false,
        }
    }
}

impl Rest {
    /// # Errors
    /// There is no TLS to ask by.
    pub fn open(options: RestOptions) -> Result<Self, NotAsked> {
        // A redirection would carry the account's secret elsewhere.
        let client = Client::builder().redirect(Policy::none()).build().map_err(|_| NotAsked::Impossible)?;
        Ok(Self {
            options: Arc::new(options),
            client,
            awaited: Awaited::default(),
            instructions: Instructions::default(),
        })
    }

    fn account(&self) -> &Account {
        &self.options.account
    }

    /// Calls that we place are from this number, where there are any.
    pub(super) fn from(&self) -> Option<&PhoneNumber> {
        self.options.from.as_ref()
    }

    /// The number of this address, if the configuration names it.
    pub(in crate::streams) fn allowed(&self, address: &Phi<String>) -> Option<PhoneNumber> {
        let number = address.expose().strip_prefix(TEL).and_then(|number| number.parse().ok());
        let allowed = number.filter(|number| self.options.may_ring.iter().any(|known| known.expose() == number));
        if allowed.is_none() {
            tracing::error!("a call was ordered to an address that the configuration does not name");
        }
        allowed
    }

    pub(in crate::streams) fn awaited(&self) -> &Awaited {
        &self.awaited
    }

    pub(in crate::streams) fn instructions(&self) -> &Instructions {
        &self.instructions
    }

    /// Has the provider find its instructions and tell how it goes, if it comes for that. `orders` have no id yet.
    fn serve(&self, orders: &Orders<'_>) -> Result<Option<Served>, NotAsked> {
        let interface = self.account().interface();
        let comes = interface.fetches() || interface.tells_of_callees() && orders.callee.is_some();
        let write = |at: &str| interface.fetches().then(|| self.account().instructions(&Orders { at, ..*orders }));
        comes.then(|| self.instructions.serve(write).ok_or(NotAsked::TooMany)).transpose()
    }

    /// The call as this interface takes it; `None` if it is none of this provider's, or its id is no id.
    pub fn call_of(&self, provider: Provider, ids: &CallIds) -> Option<RemoteId> {
        let is_ours = provider == self.account().interface().provider();
        is_ours.then(|| RemoteId::of(ids.call.as_str())).flatten()
    }

    /// Ends a call.
    ///
    /// # Errors
    /// It is not ended, or was before.
    pub async fn hang_up(&self, call: &RemoteId) -> Result<(), NotAsked> {
        self.ask(self.account().hang_up(call)).await.map(drop)
    }

    /// Ends a call that was placed and has not come to us, whether it was picked up meanwhile or not.
    pub(super) async fn give_up(&self, call: &RemoteId) -> Result<(), NotAsked> {
        let cancelled = match self.account().cancel(call) {
            Some(request) => self.ask(request).await.is_ok(),
            None => false,
        };
        let ended = self.hang_up(call).await;
        if cancelled { Ok(()) } else { ended }
    }

    /// Whether it tells by itself that a call is over.
    pub(super) fn tells(&self) -> bool {
        self.account().interface().tells()
    }

    /// Calls somebody; when they pick up, the call is streamed to us with this id.
    pub(super) async fn ring(
        &self,
        to: &PhoneNumber,
        from: &PhoneNumber,
        ringing: &str,
        seconds: u64,
    ) -> Result<Rung, NotAsked> {
        let end = &self.options.end;
        let served = self.serve(&Orders { end, parameters: &[("ringing", ringing)], callee: None, at: "" })?;
        let at = served.as_ref().map_or("", Served::id);
        let request = self.account().ring(&Ring { to, from, end, ringing, at, seconds });
        let answer = self.ask(request).await;
        match answer.and_then(|answer| self.account().read_call(&answer).ok_or(NotAsked::NotUnderstood)) {
            Ok(call) => Ok(Rung { call, served }),
            Err(why) => {
                // Whoever rings all the same is to be streamed to us, where nobody waits for them: that hangs up.
                if let Some(served) = served.filter(|_| why.may_be_done()) {
                    tokio::spawn(served.stay(RINGS_ON));
                }
                Err(why)
            }
        }
    }

    /// What a call that was placed is called, now that it has come; `None` if another has.
    pub(super) fn come(&self, placed: &RemoteId, arrived: &Arrived) -> Option<RemoteId> {
        let come = self.call_of(arrived.start.provider, &arrived.start.ids)?;
        (come == *placed || !self.account().interface().names_at_once()).then_some(come)
    }

    /// Has somebody else called for a caller, who comes back with these parameters. What is served for that is given back, if anything.
    pub(in crate::streams) async fn hand_over(
        &self,
        (call, owner): (&RemoteId, Option<&RemoteId>),
        (to, seconds): (&PhoneNumber, u64),
        parameters: &[(&str, &str)],
    ) -> (Result<(), NotAsked>, Option<Served>) {
        let callee = Some(Callee { to, from: self.from(), seconds });
        let orders = Orders { end: &self.options.end, parameters, callee, at: "" };
        let served = match self.serve(&orders) {
            Ok(served) => served,
            Err(why) => return (Err(why), None),
        };
        let orders = Orders { at: served.as_ref().map_or("", Served::id), ..orders };
        let asked = match self.account().hand_over(&Move { call, owner, orders }) {
            Some(request) => self.ask(request).await.map(drop),
            None => Err(NotAsked::Impossible),
        };
        (asked, served)
    }

    /// Whether somebody whom it was handed over to has picked up.
    pub(in crate::streams) async fn is_put_through(&self, call: &RemoteId) -> Result<bool, NotAsked> {
        let request = self.account().children(call).ok_or(NotAsked::Impossible)?;
        self.account().read_children(call, &self.ask(request).await?).ok_or(NotAsked::NotUnderstood)
    }

    /// How far a call is.
    pub(in crate::streams) async fn look(&self, call: &RemoteId) -> Result<Progress, NotAsked> {
        let request = self.account().look(call).ok_or(NotAsked::Impossible)?;
        self.account().read_progress(&self.ask(request).await?).ok_or(NotAsked::NotUnderstood)
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

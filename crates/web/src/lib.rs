//! What FirstRing shows in a browser: the caller's page, the page on which a clinician takes a case, the practice's inbox, and
//! the probes.
//!
//! | path | what | guarded by |
//! |---|---|---|
//! | `/` | a way to the pages | the token |
//! | `/call`, `/call/..` | the caller's page; its WebSocket is one of the [`Parts::legs`] | the token |
//! | `/ack/{case}?t=..` | a case, for one clinician; `GET` shows, only `POST` takes it | the link itself |
//! | `/inbox`, `/inbox/..` | the messages of the practice, for its staff | name and password, then a session |
//! | `/gateway/sms`, `/gateway/key/{case}?t=..` | clinicians' replies to text messages, keys pressed in calls | the gateway's signature |
//! | `/gateway/status/{case}/{attempt}`, `/gateway/test/..` | what has become of pages, and of test pages | the same |
//! | `/streams` | the WebSocket of providers who stream calls, one of the [`Parts::open_legs`] | the provider's signature, or a token of its own |
//! | `/livez` | 200 as long as the process answers | nothing |
//! | `/readyz` | 200 when everything is warm and the database answers, else 503 and why | the token |
//!
//! The token, where one is configured, comes as `Authorization: Bearer ..`, or once as `?token=..`, which sets a cookie.
//! Every answer forbids caching, framing, referrers, and scripts or styles that are not ours.
//!
//! `web` never touches a live call, and it does not know how a case is paged: what a link may show and what taking it
//! does comes through [`Acknowledgements`].

mod access;
mod acknowledge;
mod gateway;
mod headers;
mod html;
mod inbox;
mod pages;
mod probes;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn_with_state, map_response};
use store::{Secret, Store};
use tokio::sync::watch;

pub use acknowledge::{AcknowledgeError, Acknowledgements, LinkedPage};
pub use gateway::{GatewayPosts, Posted};
pub use inbox::{Clock, InboxDesk, NAME_CHARS_MAX};
pub use probes::{Readiness, TrunkReport, Trunks};

use crate::access::Access;

/// What the pages are made of.
#[derive(Debug)]
pub struct Parts<A> {
    /// For the inbox and the readiness probe.
    pub store: Store,
    /// Whose messages the inbox shows.
    pub inbox: InboxDesk,
    /// What links in pages, replies to text messages and keys pressed in calls do.
    pub acknowledgements: Arc<A>,
    /// Whether everything is warm.
    pub readiness: watch::Receiver<Readiness>,
    /// How it stands with the telephone's trunks, which the readiness probe tells too. They make nothing unready.
    pub trunks: Trunks,
    /// Who may use the pages: whoever has this; `None`: whoever reaches them.
    pub token: Option<Secret>,
    /// How the pages are reached.
    pub scheme: Scheme,
    /// The practice's own reverse proxies: what they tell in `X-Forwarded-For` is where a request comes from.
    pub proxies: Vec<IpAddr>,
    /// Routes of others that the token guards as well: the caller's WebSocket.
    pub legs: Router,
    /// Routes of others that guard themselves: whoever streams calls to us does not know the token.
    pub open_legs: Router,
}

/// How the pages are reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    /// Only for the loopback: cookies go in the clear.
    Http,
    /// Cookies are sent over TLS only.
    Https,
}

/// Everything that is served over HTTP. To be served with the peer's address ([`axum::extract::ConnectInfo`]): where it is not known, all who
/// log in count as one.
pub fn router<A: Acknowledgements + GatewayPosts>(parts: Parts<A>) -> Router {
    let access = Arc::new(Access::new(parts.token, parts.scheme));
    let inbox = inbox::router(parts.store.clone(), parts.inbox, parts.scheme, parts.proxies);
    let guarded = pages::router()
        .merge(probes::ready(parts.store, parts.readiness, parts.trunks))
        .merge(parts.legs)
        .layer(from_fn_with_state(access, access::guard));
    guarded
        .merge(probes::live())
        .merge(parts.open_legs)
        .merge(inbox)
        .merge(gateway::router(Arc::clone(&parts.acknowledgements)))
        .merge(acknowledge::router(parts.acknowledgements))
        .layer(map_response(async |response| headers::harden(response)))
}

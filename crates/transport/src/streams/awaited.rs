use std::time::Duration;

use axum::extract::ws::WebSocket;
use tokio::sync::oneshot;

use super::adapter::Adapter;
use super::kept::{self, Kept};
use super::message::Start;

/// A stream that somebody waits for; it was let in like any other.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) socket: WebSocket,
    pub(super) adapter: Adapter,
    pub(super) start: Start,
    pub(super) idle: Duration,
}

/// The streams that somebody waits for.
pub(super) type Awaited = Kept<oneshot::Sender<Arrived>>;

/// While it is there, its stream is waited for.
pub(super) type Ticket = kept::Ticket<oneshot::Sender<Arrived>>;

impl Awaited {
    /// `None` while too many are waited for.
    pub(super) fn expect(&self) -> Option<(Ticket, oneshot::Receiver<Arrived>)> {
        let (arrives, arrival) = oneshot::channel();
        Some((self.keep(|_| arrives)?, arrival))
    }
}

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::ws::WebSocket;
use domain::Phi;
use rand::Rng;
use tokio::sync::oneshot;

use super::adapter::Adapter;
use super::message::Start;

/// Streams that are waited for at once: as many as rings. Full: nobody else is rung until one has come or was given up.
const AWAITED_MAX: usize = 32;

/// A stream that somebody waits for; it was let in like any other.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) socket: WebSocket,
    pub(super) adapter: Adapter,
    pub(super) start: Start,
    pub(super) idle: Duration,
}

/// The streams that somebody waits for, by an id that cannot be guessed.
#[derive(Clone, Debug, Default)]
pub(super) struct Awaited(Arc<Mutex<BTreeMap<String, oneshot::Sender<Arrived>>>>);

/// While it is there, its stream is waited for.
#[derive(Debug)]
pub(super) struct Ticket {
    id: String,
    of: Awaited,
}

impl Awaited {
    /// `None` while too many are waited for.
    pub(super) fn expect(&self) -> Option<(Ticket, oneshot::Receiver<Arrived>)> {
        let id = format!("{:032x}", rand::rng().random::<u128>());
        let (arrives, arrival) = oneshot::channel();
        self.with(|awaited| {
            let has_room = awaited.len() < AWAITED_MAX;
            has_room.then(|| awaited.insert(id.clone(), arrives))
        })?;
        Some((Ticket { id, of: self.clone() }, arrival))
    }

    /// Whoever waits for this stream, once.
    pub(super) fn claim(&self, id: &Phi<String>) -> Option<oneshot::Sender<Arrived>> {
        self.with(|awaited| awaited.remove(id.expose()))
    }

    fn with<T>(&self, f: impl FnOnce(&mut BTreeMap<String, oneshot::Sender<Arrived>>) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Ticket {
    pub(super) fn id(&self) -> &str {
        &self.id
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.of.with(|awaited| awaited.remove(&self.id));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking
    use super::*;

    #[test]
    fn a_stream_is_waited_for_once_and_no_longer_than_somebody_waits() {
        let awaited = Awaited::default();
        let (first, _arrival) = awaited.expect().unwrap();
        let (second, _never) = awaited.expect().unwrap();
        let id = Phi::new(first.id().to_owned());
        assert_eq!(id.expose().len(), 32);
        assert_ne!(first.id(), second.id());
        assert!(awaited.claim(&Phi::new(String::new())).is_none());
        assert!(awaited.claim(&id).is_some());
        assert!(awaited.claim(&id).is_none(), "once");
        let gone = Phi::new(second.id().to_owned());
        drop(second);
        assert!(awaited.claim(&gone).is_none(), "nobody waits any more");
    }

    #[test]
    fn no_more_are_waited_for_than_there_is_room() {
        let awaited = Awaited::default();
        let mut held: Vec<_> = (0..AWAITED_MAX).map(|_| awaited.expect().unwrap()).collect();
        assert!(awaited.expect().is_none());
        held.pop();
        assert!(awaited.expect().is_some());
    }
}

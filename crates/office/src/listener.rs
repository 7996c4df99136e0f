//! The call that is told how its case goes. It may be slow or gone: its case waits for neither.

use std::collections::VecDeque;

use domain::OfficeReply;
use tokio::sync::mpsc;

pub(crate) struct Listener {
    replies: mpsc::Sender<OfficeReply>,
    /// A handful in the life of a case.
    waiting: VecDeque<OfficeReply>,
}

/// Whether the call still listens.
pub(crate) enum Listening {
    On,
    Gone,
}

impl Listener {
    /// Listens on `replies` from now on, and hears first what was `told` before.
    pub(crate) fn new(replies: mpsc::Sender<OfficeReply>, told: &[OfficeReply]) -> Self {
        Self { replies, waiting: told.iter().cloned().collect() }
    }

    /// Puts a reply into the row of those to be told.
    pub(crate) fn tell(&mut self, reply: OfficeReply) {
        self.waiting.push_back(reply);
    }

    /// Everything was told.
    pub(crate) fn knows_all(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Tells the next reply in the row; waits until the call is over if there is none, for ever if there is no call.
    /// Cancelled, it has told nothing.
    pub(crate) async fn listen(listener: Option<&mut Self>) -> Listening {
        let Some(Self { replies, waiting }) = listener else { return std::future::pending().await };
        if waiting.is_empty() {
            replies.closed().await;
            return Listening::Gone;
        }
        let Ok(permit) = replies.reserve().await else { return Listening::Gone };
        if let Some(reply) = waiting.pop_front() {
            permit.send(reply);
        }
        Listening::On
    }
}

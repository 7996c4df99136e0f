//! What one call asks of the office, and the way back of the replies.

use domain::{CallId, OfficeReply, OfficeRequest, RequestId};
use tokio::sync::mpsc;

use super::NEWS_MAX;
use crate::front_desk::{OfficeEnvelope, OfficeRequests};
use crate::pace::{Hold, Pace};

/// The way to the office and back.
pub(super) struct Errands {
    pub(super) call: CallId,
    pub(super) office: OfficeRequests,
    pub(super) pace: Pace,
    pub(super) replies: mpsc::Sender<(RequestId, OfficeReply)>,
}

impl Errands {
    /// Hands a request over, in order, and has its replies brought back for as long as the call lasts.
    pub(super) async fn ask(&self, id: RequestId, request: OfficeRequest) {
        let (replies, answers) = mpsc::channel(NEWS_MAX);
        let hold = self.pace.hold();
        if self.office.send(OfficeEnvelope { call: self.call, id, request, replies }).await.is_err() {
            tracing::error!(call = %self.call, "the office is gone");
        }
        tokio::spawn(bring_back(id, answers, self.replies.clone(), hold));
    }
}

/// The office's replies to one request, until the call or the office has ended. No reply at all is one, too.
async fn bring_back(
    id: RequestId,
    mut answers: mpsc::Receiver<OfficeReply>,
    inbox: mpsc::Sender<(RequestId, OfficeReply)>,
    mut hold: Option<Hold>,
) {
    let mut answered = false;
    loop {
        let reply = tokio::select! {
            () = inbox.closed() => return,
            reply = answers.recv() => reply,
        };
        let Some(reply) = reply else { break };
        answered = true;
        // A case that is opened is about to be paged; then time may pass until somebody acknowledges.
        if !matches!(reply, OfficeReply::CaseOpened { .. }) {
            hold = None;
        }
        if inbox.send((id, reply)).await.is_err() {
            return;
        }
    }
    drop(hold);
    if !answered && inbox.send((id, OfficeReply::Unavailable)).await.is_err() {
        tracing::debug!("the call ended before the office answered");
    }
}

//! What comes to the SIP port, and who deals with it. Every request has a task of its own, so that none holds up another.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rsipstack::dialog::dialog::Dialog;
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::{HeadersExt, Method, StatusCode};
use rsipstack::transaction::TransactionReceiver;
use rsipstack::transaction::transaction::Transaction;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use super::answer as calls;
use super::server::{Admission, SipOptions};
use crate::Incoming;

/// An ACK that was overtaken comes within half a second.
const ACK_TRIES: u32 = 25;
const ACK_PAUSE: Duration = Duration::from_millis(20);

/// What every request is answered with.
pub(super) struct Desk {
    pub(super) options: SipOptions,
    pub(super) dialogs: Arc<DialogLayer>,
    pub(super) incoming: mpsc::Sender<Incoming>,
    admission: watch::Receiver<Admission>,
    calls: AtomicUsize,
}

/// A line that is taken for as long as this lives.
pub(super) struct Line(Arc<Desk>);

impl Drop for Line {
    fn drop(&mut self) {
        self.0.calls.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Desk {
    pub(super) fn new(
        options: SipOptions,
        dialogs: Arc<DialogLayer>,
        incoming: mpsc::Sender<Incoming>,
        admission: watch::Receiver<Admission>,
    ) -> Self {
        Self { options, dialogs, incoming, admission, calls: AtomicUsize::new(0) }
    }

    /// Whether a new call would be taken now.
    fn is_open(&self) -> bool {
        let has_lines = self.calls.load(Ordering::Relaxed) < self.options.calls_max;
        has_lines && *self.admission.borrow() == Admission::Open && !self.incoming.is_closed()
    }

    /// A line for one more call.
    fn line(self: &Arc<Self>) -> Option<Line> {
        let taken = self.calls.fetch_add(1, Ordering::Relaxed);
        let line = Line(Arc::clone(self));
        (taken < self.options.calls_max).then_some(line)
    }
}

/// Deals with every request until the endpoint is stopped.
pub(super) async fn take(mut requests: TransactionReceiver, desk: Arc<Desk>) {
    while let Some(request) = requests.recv().await {
        tokio::spawn(answer(request, Arc::clone(&desk)));
    }
}

async fn answer(mut request: Transaction, desk: Arc<Desk>) {
    if let Some(dialog) = desk.dialogs.match_dialog(&request) {
        within(dialog, &mut request).await;
        return;
    }
    let is_within_a_dialog = request.original.to_header().ok().and_then(|to| to.tag().ok().flatten()).is_some();
    let status = match request.original.method {
        Method::Ack | Method::Cancel => return,
        _ if is_within_a_dialog => StatusCode::CallTransactionDoesNotExist,
        Method::Invite if desk.is_open() => match desk.line() {
            Some(line) => return calls::answer(request, &desk, line).await,
            None => StatusCode::ServiceUnavailable,
        },
        Method::Options if desk.is_open() => StatusCode::OK,
        Method::Invite | Method::Options => StatusCode::ServiceUnavailable,
        Method::Bye
        | Method::Info
        | Method::Message
        | Method::Notify
        | Method::PRack
        | Method::Publish
        | Method::Refer
        | Method::Register
        | Method::Subscribe
        | Method::Update => StatusCode::MethodNotAllowed,
    };
    reply(&mut request, status).await;
}

/// A request within a call. Its own task hears of it from the dialog.
async fn within(dialog: Dialog, request: &mut Transaction) {
    match dialog {
        Dialog::Invite(mut dialog) => {
            if !is_acknowledged(&dialog).await {
                match request.original.method {
                    Method::Ack | Method::Bye | Method::Cancel | Method::PRack => {}
                    Method::Invite => return reply(request, StatusCode::RequestPending).await,
                    Method::Info
                    | Method::Message
                    | Method::Notify
                    | Method::Options
                    | Method::Publish
                    | Method::Refer
                    | Method::Register
                    | Method::Subscribe
                    | Method::Update => return reply(request, StatusCode::ServerInternalError).await,
                }
            }
            if dialog.handle(request).await.is_err() {
                tracing::debug!("a request within a call was not dealt with");
            }
        }
        Dialog::ServerSubscription(_)
        | Dialog::ClientSubscription(_)
        | Dialog::ServerPublication(_)
        | Dialog::ClientPublication(_) => reply(request, StatusCode::MethodNotAllowed).await,
    }
}

/// Requests and the ACK before them travel through different tasks, and may overtake it: it is waited for.
async fn is_acknowledged(dialog: &InviteDialog) -> bool {
    for _ in 0..ACK_TRIES {
        if !dialog.state().waiting_ack() {
            return true;
        }
        sleep(ACK_PAUSE).await;
    }
    false
}

pub(super) async fn reply(request: &mut Transaction, status: StatusCode) {
    if request.reply(status).await.is_err() {
        tracing::debug!("a request could not be answered");
    }
}

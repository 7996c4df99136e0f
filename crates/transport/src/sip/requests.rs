//! What comes to the SIP port, and who deals with it. Every request has a task of its own, so that none holds up another.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use rsipstack::dialog::dialog::Dialog;
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::{Header, HeadersExt, Method, StatusCode};
use rsipstack::transaction::TransactionReceiver;
use rsipstack::transaction::transaction::Transaction;
use rsipstack::transport::SipConnection;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use super::abilities;
use super::answer as calls;
use super::defence::merged::Underway;
use super::defence::{Caller, Defence, Turned};
use super::identity;
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
    defence: Arc<Defence>,
    underway: Underway,
}

impl Desk {
    pub(super) fn new(
        options: SipOptions,
        dialogs: Arc<DialogLayer>,
        incoming: mpsc::Sender<Incoming>,
        admission: watch::Receiver<Admission>,
        defence: Arc<Defence>,
    ) -> Self {
        Self { options, dialogs, incoming, admission, defence, underway: Underway::default() }
    }

    /// Whether calls are taken at all.
    fn is_open(&self) -> bool {
        *self.admission.borrow() == Admission::Open && !self.incoming.is_closed()
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
    let is_call = request.original.method == Method::Invite && !is_within_a_dialog;
    if is_call {
        return ring(request, &desk).await;
    }
    let (status, headers) = match request.original.method {
        Method::Ack | Method::Cancel => return,
        _ if is_within_a_dialog => (StatusCode::CallTransactionDoesNotExist, Vec::new()),
        Method::Options => match abilities::unknown(&request.original) {
            Some(unsupported) => (StatusCode::BadExtension, vec![unsupported]),
            None if desk.is_open() && desk.defence.has_line() => (StatusCode::OK, abilities::all()),
            None => (StatusCode::ServiceUnavailable, Vec::new()),
        },
        // Nobody who calls asks so: who looks for a registrar to break into learns nothing.
        Method::Invite
        | Method::Bye
        | Method::Info
        | Method::Message
        | Method::Notify
        | Method::PRack
        | Method::Publish
        | Method::Refer
        | Method::Register
        | Method::Subscribe
        | Method::Update => return desk.defence.turn(Turned::Scan),
    };
    if desk.defence.may_ask(source(&request)) {
        reply_with(&mut request, status, headers).await;
    }
}

/// A new call: answered, or turned away.
async fn ring(mut request: Transaction, desk: &Arc<Desk>) {
    let address = source(&request);
    let Ok(_underway) = desk.underway.enter(&request.original) else {
        desk.defence.turn(Turned::Merged);
        return reply(&mut request, StatusCode::LoopDetected).await;
    };
    if !desk.is_open() {
        return reply(&mut request, StatusCode::ServiceUnavailable).await;
    }
    let number = identity::caller(&request.original, &desk.options.country);
    let is_listed = desk.defence.is_listed(address);
    match desk.defence.ring(Caller { address, number, is_listed }) {
        Ok(line) => calls::answer(request, desk, line).await,
        Err(turned) => turn_away(&mut request, turned, desk).await,
    }
}

/// Whoever floods us is not answered for ever: each answer is kept for half a minute.
async fn turn_away(request: &mut Transaction, turned: Turned, desk: &Desk) {
    if !desk.defence.may_ask(source(request)) {
        return;
    }
    let (status, headers) = match turned {
        Turned::TooOften(wait) => {
            let seconds = wait.as_secs().max(1).to_string();
            (StatusCode::ServiceUnavailable, vec![Header::RetryAfter(seconds.into())])
        }
        // Of the trunk's other callers this says nothing.
        Turned::CallerTooOften => (StatusCode::BusyHere, Vec::new()),
        Turned::Merged => (StatusCode::LoopDetected, Vec::new()),
        Turned::Busy | Turned::Ringing | Turned::Outside | Turned::Scan => (StatusCode::ServiceUnavailable, Vec::new()),
    };
    reply_with(request, status, headers).await;
}

/// Where it comes from.
pub(super) fn source(request: &Transaction) -> IpAddr {
    let remote = request.connection.as_ref().and_then(SipConnection::get_remote_addr);
    let address = remote.and_then(|remote| remote.get_socketaddr().ok());
    address.map_or(Ipv4Addr::UNSPECIFIED.into(), |address| address.ip())
}

/// A request within a call. Its own task hears of it from the dialog, but for what nobody does there.
async fn within(dialog: Dialog, request: &mut Transaction) {
    match request.original.method {
        // The first two cannot be refused (RFC 3261 8.2.2.3), and an end is an end.
        Method::Ack | Method::Cancel | Method::Bye => {}
        Method::Message | Method::Publish | Method::Register | Method::Subscribe => {
            return reply_with(request, StatusCode::MethodNotAllowed, vec![abilities::allow()]).await;
        }
        Method::Info
        | Method::Invite
        | Method::Notify
        | Method::Options
        | Method::PRack
        | Method::Refer
        | Method::Update => {
            if let Some(unsupported) = abilities::unknown(&request.original) {
                return reply_with(request, StatusCode::BadExtension, vec![unsupported]).await;
            }
        }
    }
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
        | Dialog::ClientPublication(_) => {
            reply_with(request, StatusCode::MethodNotAllowed, vec![abilities::allow()]).await;
        }
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
    reply_with(request, status, Vec::new()).await;
}

pub(super) async fn reply_with(request: &mut Transaction, status: StatusCode, headers: Vec<Header>) {
    if request.reply_with(status, headers, None).await.is_err() {
        tracing::debug!("a request could not be answered");
    }
}

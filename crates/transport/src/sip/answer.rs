//! How a call begins: its INVITE is agreed on, answered and acknowledged.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use domain::Phi;
use rand::Rng;
use rsipstack::dialog::dialog::{Dialog, DialogStateReceiver};
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::{HasHeaders, Header, HeadersExt, Request, StatusCode, Transport};
use rsipstack::transaction::transaction::Transaction;
use rsipstack::transport::SipConnection;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::abilities;
use super::call::{End, SipCall};
use super::defence::Line;
use super::defence::addresses::{may_hear, may_route};
use super::identity;
use super::offer::{Refusal, offer_of, sdp_header};
use super::requests::{Desk, reply, reply_with, source};
use super::server::contact;
use super::session_timer::SessionTimer;
use super::signalling::Signalling;
use crate::media::{Media, Ports};
use crate::rtp::sdp::{Agreed, Direction, Ours, Sdp, Security, Session, SrtpKey};
use crate::{Incoming, IncomingFrom, pair};

/// A caller who hears of our answer acknowledges it within this: rsipstack gives up after 32 s, if it could send the answer at all.
const ACK_WITHIN: Duration = Duration::from_secs(35);
/// A BYE is answered within this, or never.
const BYE_WITHIN: Duration = Duration::from_secs(40);
/// The INVITE's own transaction has this for its last words when the call is over.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Takes a new call, and deals with its INVITE until that is acknowledged.
pub(super) async fn answer(mut request: Transaction, desk: &Arc<Desk>, line: Line) {
    let taken = Taken::new(&request, desk).await;
    let taken = match taken {
        Ok(taken) => taken,
        Err(Refusal(status, headers)) => return reply_with(&mut request, status, headers).await,
    };
    let (sender, states) = desk.dialogs.new_dialog_state_channel();
    let transport = transport_of(&request);
    let contact = contact(&desk.options, transport);
    let Ok(mut dialog) = desk.dialogs.get_or_create_server_invite(&request, sender, None, Some(contact)) else {
        return reply(&mut request, StatusCode::BadRequest).await;
    };
    if transport == Transport::Udp {
        answer_to_the_source(&dialog, &request);
    }
    let mut conducted = tokio::spawn(conduct(taken, dialog.clone(), states, Arc::clone(desk), line));
    let mut handled = pin!(dialog.handle(&mut request));
    // An answer that cannot be sent leaves the transaction waiting for ever: then the call's own end is its end.
    let conducted = tokio::select! {
        _ = &mut handled => conducted.await,
        done = &mut conducted => {
            timeout(LAST_WORDS, handled).await.ok();
            done
        }
    };
    if conducted.is_err() {
        tracing::error!("a call's task failed");
    }
}

/// A telephone behind NAT names an address in its Contact that nobody reaches: what we ask of it goes to where it called from.
fn answer_to_the_source(dialog: &InviteDialog, request: &Transaction) {
    let invite = &request.original;
    let is_routed = invite.headers().iter().any(|header| matches!(header, Header::RecordRoute(_)));
    let source = request.connection.as_ref().and_then(SipConnection::get_remote_addr);
    let contact = invite.typed_contact_headers().ok().and_then(|all| all.first().map(|contact| contact.uri.clone()));
    if let (Some(source), Some(mut uri), false) = (source, contact, is_routed) {
        uri.host_with_port = source.addr.clone();
        Dialog::Invite(dialog.clone()).set_remote_target(uri, None);
    }
}

/// What a call needs before it is answered: everything that can fail was done.
struct Taken {
    seat: mpsc::OwnedPermit<Incoming>,
    ports: Ports,
    session: Session,
    /// What we say, and what was agreed on; `None` until the caller answers an offer of ours.
    answer: (Sdp, Option<Agreed>),
    timer: Option<SessionTimer>,
    invite: Request,
    /// Where signalling comes from.
    from: IpAddr,
}

impl Taken {
    async fn new(request: &Transaction, desk: &Desk) -> Result<Self, Refusal> {
        let invite = request.original.clone();
        let from = source(request);
        if !may_route(&invite, from) {
            return Err(StatusCode::BadRequest.into());
        }
        if let Some(unsupported) = abilities::unknown(&invite) {
            return Err(Refusal(StatusCode::BadExtension, vec![unsupported]));
        }
        let timer = SessionTimer::agree(&invite, Instant::now())?;
        let seat = desk.incoming.clone().try_reserve_owned().map_err(|_| StatusCode::ServiceUnavailable)?;
        let here = desk.options.listen.ip();
        let ports = Ports::bind(here, &desk.options.rtp_ports).await;
        let ports = ports.map_err(|why| {
            tracing::error!(%why, "a call is refused");
            StatusCode::ServiceUnavailable
        })?;
        let port = ports.port().map_err(|_| StatusCode::ServiceUnavailable)?;
        let offer = offer_of(&invite)?;
        // Who calls by TLS and leaves the offer to us is not offered a line that everybody hears.
        let is_secure = offer.is_none() && transport_of(request) == Transport::Tls;
        let security = if is_secure { Security::Required } else { Security::IfOffered };
        let mut session = Session::new(ours(desk, desk.options.external.unwrap_or(here), port, security));
        let answer = match offer {
            Some(offer) => {
                let (answer, agreed) = session.answer(&offer)?;
                if !may_hear(&agreed, from) {
                    return Err(StatusCode::NotAcceptableHere.into());
                }
                (answer, Some(agreed))
            }
            None => (session.offer(Direction::SendRecv), None),
        };
        Ok(Self { seat, ports, session, answer, timer, invite, from })
    }
}

fn transport_of(request: &Transaction) -> Transport {
    request.connection.as_ref().map_or(Transport::Udp, SipConnection::transport)
}

pub(super) fn ours(desk: &Desk, address: IpAddr, port: u16, security: Security) -> Ours {
    let mut rng = rand::rng();
    Ours {
        address,
        port,
        codecs: desk.options.codecs.clone(),
        security,
        key: SrtpKey::new(std::array::from_fn(|_| rng.random())),
        // Telephones read it into 32 bits with a sign.
        session_id: rng.random_range(1..i32::MAX as u64),
    }
}

/// Answers, picks up when the caller has heard of it, and carries the call to its end.
async fn conduct(taken: Taken, dialog: InviteDialog, states: DialogStateReceiver, desk: Arc<Desk>, mut line: Line) {
    match pick_up(taken, dialog.clone(), states, &desk, &mut line).await {
        Some(mut call) => {
            let end = call.carry_to_its_end().await;
            hang_up(call.dialog(), Some(end), &desk).await;
        }
        None => hang_up(&dialog, None, &desk).await,
    }
    drop(line);
}

/// Says good-bye, unless the other side has.
pub(super) async fn hang_up(dialog: &InviteDialog, end: Option<End>, desk: &Desk) {
    // Why not stands in messages with numbers in them: it is told nowhere.
    if end != Some(End::ByCaller) && !matches!(timeout(BYE_WITHIN, dialog.bye()).await, Ok(Ok(()))) {
        tracing::debug!("a call could not be ended");
    }
    desk.dialogs.remove_dialog(&dialog.id());
}

/// `None` if the caller gave up before, or cannot be spoken to.
async fn pick_up(
    taken: Taken,
    dialog: InviteDialog,
    mut states: DialogStateReceiver,
    desk: &Desk,
    line: &mut Line,
) -> Option<SipCall> {
    let Taken { seat, ports, session, answer: (said, agreed), timer, invite, from } = taken;
    let mut headers = vec![sdp_header(), abilities::allow(), abilities::supported()];
    headers.extend(timer.iter().flat_map(SessionTimer::headers));
    dialog.accept(Some(headers), Some(said.to_string().into_bytes())).ok()?;
    timeout(ACK_WITHIN, acknowledged(&mut states)).await.ok().flatten()?;
    let agreed = match agreed {
        Some(agreed) => agreed,
        None => {
            let answer = dialog.last_remote_ack().and_then(|ack| offer_of(&ack).ok().flatten());
            answer.and_then(|answer| session.accept(&answer).ok()).filter(|agreed| may_hear(agreed, from))?
        }
    };
    let country = &desk.options.country;
    let (mut leg, driver) = pair(identity::caller(&invite, country));
    leg.lines = line.picked_up();
    let media = Media::new(ports, agreed, leg.picked_up);
    let dialled = Phi::new(identity::dialled(&invite, country));
    // The screen that nobody has.
    let (news_to_caller, _) = mpsc::channel(1);
    seat.send(Incoming { leg, news_to_caller, from: IncomingFrom::Sip { dialled } });
    let signalling = Signalling::new(dialog, states, Arc::clone(&desk.dialogs));
    Some(SipCall::new(signalling, session, media, driver).called_by(&invite, from, timer))
}

/// `None` if the call ends before.
async fn acknowledged(states: &mut DialogStateReceiver) -> Option<()> {
    loop {
        let state = states.recv().await?;
        if state.is_terminated() {
            return None;
        }
        if state.is_confirmed() {
            return Some(());
        }
    }
}

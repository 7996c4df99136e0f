//! One call by SIP, from its INVITE to its BYE.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use rand::Rng;
use rsipstack::dialog::dialog::{Dialog, DialogState, DialogStateReceiver, TransactionHandle};
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::{HasHeaders, Header, HeadersExt, Method, Request, StatusCode, Transport};
use rsipstack::transaction::transaction::Transaction;
use rsipstack::transport::SipConnection;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval_at, sleep_until, timeout};

use super::identity;
use super::requests::{Desk, Line, reply};
use super::server::contact;
use super::session_timer::{Due, SessionTimer, TooShort, min_se};
use crate::media::{Media, Ports, Quality};
use crate::rtp::TICK;
use crate::rtp::sdp::{Agreed, Direction, Ours, Sdp, SdpError, Security, Session, SrtpKey};
use crate::{Driver, Incoming, IncomingFrom, LegGone, LegNews, pair};

/// A caller who hears of our answer acknowledges it within this: rsipstack gives up after 32 s, if it could send the answer at all.
const ACK_WITHIN: Duration = Duration::from_secs(35);
/// A BYE is answered within this, or never.
const BYE_WITHIN: Duration = Duration::from_secs(40);
/// The INVITE's own transaction has this for its last words when the call is over.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// A line on which nothing comes for so long is dead: telephones that are silent still send something now and then.
const SILENT_MAX: Duration = Duration::from_secs(30);
/// A moment at which nothing is ever due.
const NEVER: Duration = Duration::from_secs(24 * 3600);

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    ByCaller,
    ByFirstRing,
    /// Nothing comes any more, or nobody refreshes the session.
    Lost,
}

impl From<LegGone> for End {
    /// The call's shell has gone: for the caller that is a hang-up.
    fn from(LegGone: LegGone) -> Self {
        Self::ByFirstRing
    }
}

/// A call that cannot be taken.
struct Refusal(StatusCode, Vec<Header>);

impl From<StatusCode> for Refusal {
    fn from(status: StatusCode) -> Self {
        Self(status, Vec::new())
    }
}

impl From<TooShort> for Refusal {
    fn from(TooShort: TooShort) -> Self {
        Self(StatusCode::SessionIntervalTooSmall, vec![min_se()])
    }
}

impl From<SdpError> for Refusal {
    fn from(why: SdpError) -> Self {
        match why {
            SdpError::TooLong | SdpError::Syntax(_) => StatusCode::BadRequest.into(),
            SdpError::NothingInCommon | SdpError::NoCommonSecurity => StatusCode::NotAcceptableHere.into(),
        }
    }
}

/// Takes a new call, and deals with its INVITE until that is acknowledged.
pub(super) async fn answer(mut request: Transaction, desk: &Arc<Desk>, line: Line) {
    let taken = Taken::new(&request, desk).await;
    let taken = match taken {
        Ok(taken) => taken,
        Err(Refusal(status, headers)) => {
            if request.reply_with(status, headers, None).await.is_err() {
                tracing::debug!("a call could not be refused");
            }
            return;
        }
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
}

impl Taken {
    async fn new(request: &Transaction, desk: &Desk) -> Result<Self, Refusal> {
        let invite = request.original.clone();
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
                (answer, Some(agreed))
            }
            None => (session.offer(Direction::SendRecv), None),
        };
        Ok(Self { seat, ports, session, answer, timer, invite })
    }
}

fn transport_of(request: &Transaction) -> Transport {
    request.connection.as_ref().map_or(Transport::Udp, SipConnection::transport)
}

fn ours(desk: &Desk, address: IpAddr, port: u16, security: Security) -> Ours {
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

/// The description in a request; `None` if it has none.
fn offer_of(request: &Request) -> Result<Option<Sdp>, Refusal> {
    if request.body.is_empty() {
        return Ok(None);
    }
    let is_sdp = request.headers().iter().any(|header| {
        matches!(header, Header::ContentType(kind) if kind.value().to_ascii_lowercase().contains("application/sdp"))
    });
    if !is_sdp {
        return Err(StatusCode::UnsupportedMediaType.into());
    }
    let text = std::str::from_utf8(&request.body).map_err(|_| StatusCode::BadRequest)?;
    Ok(Some(Sdp::parse(text)?))
}

fn sdp_header() -> Header {
    Header::ContentType("application/sdp".into())
}

/// Answers, picks up when the caller has heard of it, and carries the call to its end.
async fn conduct(taken: Taken, dialog: InviteDialog, states: DialogStateReceiver, desk: Arc<Desk>, line: Line) {
    let end = match pick_up(taken, dialog.clone(), states, &desk).await {
        Some(mut call) => Some(call.carry_to_its_end().await),
        None => None,
    };
    // Why not stands in messages with numbers in them: it is told nowhere.
    if end != Some(End::ByCaller) && !matches!(timeout(BYE_WITHIN, dialog.bye()).await, Ok(Ok(()))) {
        tracing::debug!("a call could not be ended");
    }
    desk.dialogs.remove_dialog(&dialog.id());
    drop(line);
}

/// `None` if the caller gave up before, or cannot be spoken to.
async fn pick_up(taken: Taken, dialog: InviteDialog, mut states: DialogStateReceiver, desk: &Desk) -> Option<SipCall> {
    let Taken { seat, ports, session, answer: (said, agreed), timer, invite } = taken;
    let mut headers = vec![sdp_header()];
    headers.extend(timer.iter().flat_map(SessionTimer::headers));
    dialog.accept(Some(headers), Some(said.to_string().into_bytes())).ok()?;
    timeout(ACK_WITHIN, acknowledged(&mut states)).await.ok().flatten()?;
    let agreed = match agreed {
        Some(agreed) => agreed,
        None => {
            let answer = dialog.last_remote_ack().and_then(|ack| offer_of(&ack).ok().flatten());
            answer.and_then(|answer| session.accept(&answer).ok())?
        }
    };
    let country = &desk.options.country;
    let (leg, driver) = pair(identity::caller(&invite, country));
    let media = Media::new(ports, agreed, leg.picked_up);
    let dialled = identity::dialled(&invite, country);
    // The screen that nobody has.
    let (news_to_caller, _) = mpsc::channel(1);
    seat.send(Incoming { leg, news_to_caller, from: IncomingFrom::Sip { dialled } });
    Some(SipCall { dialog, states, session, media, driver, timer, has_offered: false, refreshes: JoinSet::new() })
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

/// A call that was picked up.
struct SipCall {
    dialog: InviteDialog,
    states: DialogStateReceiver,
    session: Session,
    media: Media,
    driver: Driver,
    timer: Option<SessionTimer>,
    /// We have made an offer, and the answer comes with the ACK.
    has_offered: bool,
    /// Refreshes under way: whether they succeeded.
    refreshes: JoinSet<bool>,
}

impl SipCall {
    async fn carry_to_its_end(&mut self) -> End {
        let end = match self.carry().await {
            Ok(never) => match never {},
            Err(end) => end,
        };
        let news = match end {
            End::ByCaller => Some(LegNews::HungUp),
            End::Lost => Some(LegNews::Lost),
            End::ByFirstRing => None,
        };
        if let Some(news) = news {
            // If the shell is gone there is nobody to tell.
            self.driver.report(news).await.ok();
        }
        self.driver.over().cancel();
        self.media.goodbye();
        tell(end, self.driver.picked_up(), &self.media.quality());
        end
    }

    async fn carry(&mut self) -> Result<std::convert::Infallible, End> {
        let over = self.driver.over().clone();
        let mut ticks = interval_at(self.driver.picked_up() + TICK, TICK);
        loop {
            let (due_at, due) = self.timer.map_or((Instant::now() + NEVER, Due::Expired), |timer| timer.next());
            tokio::select! {
                biased;
                () = over.cancelled() => return Err(End::ByFirstRing),
                state = self.states.recv() => self.heard(state.ok_or(End::Lost)?).await?,
                _ = ticks.tick() => {
                    self.media.tick(&mut self.driver).await?;
                    if self.media.silent_for() > SILENT_MAX {
                        return Err(End::Lost);
                    }
                }
                received = self.media.receive() => self.media.take(received, &mut self.driver).await?,
                Some(done) = self.refreshes.join_next() => if !done.unwrap_or(false) {
                    return Err(End::Lost);
                },
                () = sleep_until(due_at) => match due {
                    Due::Refresh => self.refresh(),
                    Due::Expired => return Err(End::Lost),
                },
            }
        }
    }

    /// What the other side wants within the call.
    async fn heard(&mut self, state: DialogState) -> Result<(), End> {
        match state {
            DialogState::Terminated(..) => return Err(End::ByCaller),
            DialogState::Updated(_, request, handle) => self.change(&request, &handle).await,
            DialogState::Info(_, request, handle) => {
                respond(&handle, StatusCode::OK, Vec::new(), None).await;
                if let Some(key) = key_of(&request) {
                    self.driver.report(LegNews::Dtmf(key)).await?;
                }
            }
            DialogState::Options(_, _, handle) | DialogState::Notify(_, _, handle) => {
                respond(&handle, StatusCode::OK, Vec::new(), None).await;
            }
            // Nobody outside decides whom we call.
            DialogState::Refer(_, _, handle) => respond(&handle, StatusCode::Decline, Vec::new(), None).await,
            DialogState::Message(_, _, handle) | DialogState::Publish(_, _, handle) => {
                respond(&handle, StatusCode::MethodNotAllowed, Vec::new(), None).await;
            }
            // It comes again after every request within the call, and says nothing new but after an offer of ours.
            DialogState::Confirmed(..) => self.answered(),
            DialogState::Calling(_) | DialogState::Trying(_) | DialogState::Early(..) | DialogState::WaitAck(..) => {}
        }
        Ok(())
    }

    /// A re-INVITE or an UPDATE: hold, resume, another address or codec, or only a refresh of the session.
    async fn change(&mut self, request: &Request, handle: &TransactionHandle) {
        match self.agree(request) {
            Ok(said) => {
                self.retarget(request);
                let mut headers: Vec<_> = self.timer.iter().flat_map(SessionTimer::headers).collect();
                headers.extend(said.as_ref().map(|_| sdp_header()));
                respond(handle, StatusCode::OK, headers, said.map(|said| said.to_string().into_bytes())).await;
            }
            // The call goes on as it was.
            Err(Refusal(status, headers)) => respond(handle, status, headers, None).await,
        }
    }

    /// What we say to it: an answer, an offer of ours to a re-INVITE without one (RFC 3261 14.2), or nothing to a mere refresh.
    fn agree(&mut self, request: &Request) -> Result<Option<Sdp>, Refusal> {
        let now = Instant::now();
        let timer = SessionTimer::agree(request, now)?;
        let said = match offer_of(request)? {
            Some(offer) => {
                let (answer, agreed) = self.session.answer(&offer)?;
                self.media.change(agreed);
                Some(answer)
            }
            None => {
                self.has_offered = request.method == Method::Invite;
                self.has_offered.then(|| self.session.offer(Direction::SendRecv))
            }
        };
        self.timer.iter_mut().for_each(|timer| timer.refreshed(now));
        self.timer = timer.or(self.timer);
        Ok(said)
    }

    /// The answer to our offer, if there is one in the ACK.
    fn answered(&mut self) {
        if !std::mem::take(&mut self.has_offered) {
            return;
        }
        let answer = self.dialog.last_remote_ack().and_then(|ack| offer_of(&ack).ok().flatten());
        if let Some(agreed) = answer.and_then(|answer| self.session.accept(&answer).ok()) {
            self.media.change(agreed);
        }
    }

    /// Whoever moves a call says so by its Contact (RFC 3261 12.2.2).
    fn retarget(&self, request: &Request) {
        let contacts = request.typed_contact_headers().ok();
        if let Some(contact) = contacts.as_ref().and_then(|all| all.first()) {
            let written = request.contact_header().ok().cloned();
            Dialog::Invite(self.dialog.clone()).set_remote_target(contact.uri.clone(), written);
        }
    }

    /// Refreshes the session by an UPDATE. Whoever does not know that says so, and is still there.
    fn refresh(&mut self) {
        let Some(timer) = &mut self.timer else { return };
        timer.refreshed(Instant::now());
        let (dialog, headers) = (self.dialog.clone(), timer.refresh_headers());
        self.refreshes.spawn(async move {
            let answered = dialog.update(Some(headers), None).await;
            !matches!(&answered, Ok(Some(response)) if is_gone(&response.status_code)) && answered.is_ok()
        });
    }
}

/// Whether an answer says that there is no such call (RFC 3261 12.2.1.2).
fn is_gone(status: &StatusCode) -> bool {
    matches!(status, StatusCode::CallTransactionDoesNotExist | StatusCode::RequestTimeout)
}

async fn respond(handle: &TransactionHandle, status: StatusCode, headers: Vec<Header>, body: Option<Vec<u8>>) {
    if handle.respond(status, Some(headers), body).await.is_err() {
        tracing::debug!("a request within a call was given up before it was answered");
    }
}

/// The key of an INFO: `application/dtmf-relay` has `Signal=5` in a line of its own, `application/dtmf` nothing but the key.
fn key_of(info: &Request) -> Option<char> {
    let body = std::str::from_utf8(&info.body).ok()?;
    let signal = body.lines().find_map(|line| line.trim().strip_prefix("Signal="));
    let mut signal = signal.unwrap_or(body).trim().chars();
    let key = signal.next()?.to_ascii_uppercase();
    (signal.next().is_none() && matches!(key, '0'..='9' | '*' | '#' | 'A'..='D')).then_some(key)
}

fn tell(end: End, picked_up: Instant, quality: &Quality) {
    let Quality { statistics, round_trip, sent, refused } = quality;
    tracing::info!(
        ?end,
        seconds = picked_up.elapsed().as_secs(),
        received = statistics.received,
        lost = statistics.lost,
        late = statistics.late,
        jitter_ms = statistics.jitter.as_millis() as u64,
        round_trip_ms = round_trip.map(|long| long.as_millis() as u64),
        sent,
        refused,
        "a call by SIP is over"
    );
}

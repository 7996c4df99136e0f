//! A call by SIP that was picked up, until its BYE.

use std::net::IpAddr;
use std::time::Duration;

use rsipstack::dialog::dialog::{Dialog, DialogState, TransactionHandle};
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::{Header, HeadersExt, Method, Request, Response, StatusCode};
use tokio::time::{Instant, interval_at, sleep_until, timeout_at};

use super::abilities;
use super::defence::addresses::{may_hear, may_route};
use super::offer::{Refusal, offer_of, sdp_header};
use super::refer::Referring;
use super::refresh::{Refreshed, Refreshing};
use super::session_timer::{Due, SessionTimer};
use super::signalling::{Signalling, is_challenge};
use crate::media::{Media, Quality};
use crate::rtp::TICK;
use crate::rtp::sdp::{Agreed, Direction, Sdp, Session};
use crate::{Driver, LegGone, LegNews};

/// A line on which nothing comes for so long is dead: telephones that are silent still send something now and then.
const SILENT_MAX: Duration = Duration::from_secs(30);
/// Keys travel by another way than the BYE after them, which may overtake them by this: a key is sent for 40 ms at least (RFC 4733 2.5.1).
const LAST_KEYS_WITHIN: Duration = Duration::from_millis(100);
/// A moment at which nothing is ever due.
const NEVER: Duration = Duration::from_secs(24 * 3600);

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
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

/// A call that was picked up.
pub(super) struct SipCall {
    signalling: Signalling,
    session: Session,
    media: Media,
    driver: Driver,
    timer: Option<SessionTimer>,
    /// We have made an offer, and the answer comes with the ACK.
    has_offered: bool,
    refreshing: Refreshing,
    referring: Referring,
    /// Where signalling comes from, if that is who called.
    from: Option<IpAddr>,
}

impl SipCall {
    pub(super) fn new(signalling: Signalling, session: Session, media: Media, driver: Driver) -> Self {
        Self {
            signalling,
            session,
            media,
            driver,
            timer: None,
            has_offered: false,
            refreshing: Refreshing::default(),
            referring: Referring::default(),
            from: None,
        }
    }

    /// Sound goes where who called from there may have it, and what their INVITE allows is kept to.
    pub(super) fn called_by(self, invite: &Request, from: IpAddr, timer: Option<SessionTimer>) -> Self {
        Self { from: Some(from), timer, refreshing: Refreshing::allowed_by(&invite.headers), ..self }
    }

    /// A call that we have placed, as whoever picked it up wants it.
    pub(super) fn picked_up_by(self, answer: &Response) -> Self {
        let timer = SessionTimer::granted(&answer.headers, Instant::now());
        Self { timer, refreshing: Refreshing::allowed_by(&answer.headers), ..self }
    }

    /// As it is now.
    pub(super) fn dialog(&self) -> &InviteDialog {
        self.signalling.dialog()
    }

    pub(super) async fn carry_to_its_end(&mut self) -> End {
        let end = match self.carry().await {
            Ok(never) => match never {},
            Err(end) => end,
        };
        if end == End::ByCaller {
            self.hear_last_keys().await;
        }
        let quality = self.media.quality();
        self.driver.line_was(quality.of_line());
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
        tell(end, self.driver.picked_up(), &quality);
        end
    }

    async fn hear_last_keys(&mut self) {
        let until = Instant::now() + LAST_KEYS_WITHIN;
        while let Ok(received) = timeout_at(until, self.media.receive()).await {
            // If the shell is gone there is nobody to tell.
            self.media.take(received, &mut self.driver).await.ok();
        }
    }

    async fn carry(&mut self) -> Result<std::convert::Infallible, End> {
        let over = self.driver.over().clone();
        let mut ticks = interval_at(self.driver.picked_up() + TICK, TICK);
        loop {
            let (due_at, due) = self.timer.map_or((Instant::now() + NEVER, Due::Expired), |timer| timer.next());
            tokio::select! {
                biased;
                () = over.cancelled() => return Err(End::ByFirstRing),
                state = self.signalling.next() => self.heard(state.ok_or(End::Lost)?).await?,
                _ = ticks.tick() => {
                    self.media.tick(&mut self.driver).await?;
                    if let Some(refer) = self.driver.take_refer() {
                        self.referring.begin(refer, self.signalling.dialog());
                    }
                    self.referring.tick();
                    if self.media.silent_for() > SILENT_MAX {
                        return Err(End::Lost);
                    }
                }
                received = self.media.receive() => self.media.take(received, &mut self.driver).await?,
                refreshed = self.refreshing.next() => self.refreshed(refreshed)?,
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
            DialogState::Terminated(..) if is_challenge(&state) => return Err(End::Lost),
            DialogState::Terminated(..) => return Err(End::ByCaller),
            DialogState::Updated(_, request, handle) => self.change(&request, &handle).await,
            DialogState::Info(_, request, handle) => {
                respond(&handle, StatusCode::OK, Vec::new(), None).await;
                if let Some(key) = key_of(&request) {
                    self.driver.report(LegNews::Dtmf(key)).await?;
                }
            }
            DialogState::Notify(_, request, handle) => {
                respond(&handle, StatusCode::OK, Vec::new(), None).await;
                self.referring.hear(&request);
            }
            DialogState::Options(_, _, handle) => respond(&handle, StatusCode::OK, abilities::all(), None).await,
            // Nobody outside decides whom we call.
            DialogState::Refer(_, _, handle) => respond(&handle, StatusCode::Decline, Vec::new(), None).await,
            DialogState::Message(_, _, handle) | DialogState::Publish(_, _, handle) => {
                respond(&handle, StatusCode::MethodNotAllowed, vec![abilities::allow()], None).await;
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
                let mut headers = vec![abilities::allow(), abilities::supported()];
                headers.extend(self.timer.iter().flat_map(SessionTimer::headers));
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
                let mut session = self.session.clone();
                let (answer, agreed) = session.answer(&offer)?;
                if self.from.is_some_and(|from| !may_hear(&agreed, from)) {
                    return Err(StatusCode::NotAcceptableHere.into());
                }
                self.session = session;
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
        let answer = self.dialog().last_remote_ack().and_then(|ack| offer_of(&ack).ok().flatten());
        self.accept(answer);
    }

    /// Without one, or with one that does not answer what we offered, sound goes on as it did.
    fn accept(&mut self, answer: Option<Sdp>) {
        let agreed = answer.and_then(|answer| self.session.accept(&answer).ok());
        let is_fit = |agreed: &Agreed| self.from.is_none_or(|from| may_hear(agreed, from));
        if let Some(agreed) = agreed.filter(is_fit) {
            self.media.change(agreed);
        }
    }

    /// Whoever moves a call says so by its Contact (RFC 3261 12.2.2).
    fn retarget(&self, request: &Request) {
        if self.from.is_some_and(|from| !may_route(request, from)) {
            return;
        }
        let contacts = request.typed_contact_headers().ok();
        if let Some(contact) = contacts.as_ref().and_then(|all| all.first()) {
            let written = request.contact_header().ok().cloned();
            Dialog::Invite(self.dialog().clone()).set_remote_target(contact.uri.clone(), written);
        }
    }

    fn refresh(&mut self) {
        let Some(timer) = &mut self.timer else { return };
        timer.asked(Instant::now());
        self.refreshing.begin(self.signalling.dialog(), timer.refresh_headers(), self.session.said());
    }

    fn refreshed(&mut self, refreshed: Refreshed) -> Result<(), End> {
        match refreshed {
            Refreshed::StillThere(answer, granted) => {
                self.timer.iter_mut().for_each(|timer| timer.refreshed(Instant::now()));
                self.timer = granted.or(self.timer);
                self.accept(answer);
            }
            Refreshed::NotNow { at_least } => {
                self.timer.iter_mut().for_each(|timer| timer.refused(at_least, Instant::now()));
            }
            Refreshed::OtherwisePlease => self.refresh(),
            Refreshed::Gone => return Err(End::Lost),
        }
        Ok(())
    }
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
    let Quality { statistics, round_trip, sent, refused, .. } = quality;
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

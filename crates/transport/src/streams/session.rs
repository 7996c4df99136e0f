use std::future::pending;
use std::time::Duration;

use audio::codec::Encoder;
use audio::{FRAME_MS, Pcm};
use axum::extract::ws::{CloseCode, Message, WebSocket, close_code};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::adapter::{Adapter, Opening};
use super::behind::{Behind, Ends};
use super::handing_over::Away;
use super::hearing::Hearing;
use super::message::{Misunderstood, Say, Start, Told};
use super::playout::Playout;
use crate::allowance::Allowance;
use crate::websocket::{self, Gone};
use crate::{Driver, LEG_HZ, LegGone, LegNews};

mod away;

/// A provider says at once what it has connected for.
const START_WITHIN: Duration = Duration::from_secs(5);
/// Messages that are not understood are left out: a patient's call does not end over one. After so many it is no call.
const MISUNDERSTOOD_MAX: u32 = 20;

/// Why a stream was cut off, or not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// What came first is no start of a stream, or too much of what came later is no message: close code 1003.
    NotUnderstood,
    /// The sound is coded in a way that is not spoken here: close code 1003.
    Format,
    /// A second call began on the same connection: close code 1003.
    StartedAgain,
    /// Nothing said within seconds which call it is: close code 1008.
    NotStarted,
    /// The token is missing or wrong: close code 1008.
    NotAdmitted,
    /// Sound or messages far faster than real time: close code 1008.
    TooFast,
    /// No sound for too long: close code 1008.
    Idle,
    /// It is of a call that we have placed, and nobody waits for it any more: close code 1008.
    NotAwaited,
    /// All lines are busy, or calls are not being taken: close code 1013.
    Busy,
}

impl Fault {
    pub(super) fn close(self) -> (CloseCode, &'static str) {
        match self {
            Self::NotUnderstood => (close_code::UNSUPPORTED, "messages were not understood"),
            Self::Format => (close_code::UNSUPPORTED, "the sound is neither PCMU nor PCMA nor G722 at 8000 Hz"),
            Self::StartedAgain => (close_code::UNSUPPORTED, "a second call began"),
            Self::NotStarted => (close_code::POLICY, "no call began"),
            Self::NotAdmitted => (close_code::POLICY, "the token is missing or wrong"),
            Self::TooFast => (close_code::POLICY, "messages came too fast"),
            Self::Idle => (close_code::POLICY, "no sound came"),
            Self::NotAwaited => (close_code::POLICY, "nobody waits for this call"),
            Self::Busy => (close_code::AGAIN, "all lines are busy"),
        }
    }
}

impl From<Misunderstood> for Fault {
    fn from(misunderstood: Misunderstood) -> Self {
        match misunderstood {
            Misunderstood::NotAMessage => Self::NotUnderstood,
            Misunderstood::Format => Self::Format,
        }
    }
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    ByCaller,
    ByFirstRing,
    /// The connection broke, or carried what is no WebSocket message or one that is too long.
    Broken,
    CutOff(Fault),
}

impl From<LegGone> for End {
    /// The call's shell has gone: for the caller that is a hang-up.
    fn from(LegGone: LegGone) -> Self {
        Self::ByFirstRing
    }
}

/// Waits until the provider has said which call it is.
pub(super) async fn greet(socket: &mut WebSocket) -> Result<(Adapter, Box<Start>), End> {
    let start = async {
        loop {
            match socket.recv().await {
                Some(Ok(Message::Text(text))) => match Adapter::open(&text).map_err(|why| End::CutOff(why.into()))? {
                    Opening::Greeted => {}
                    Opening::Started(adapter, start) => return Ok((adapter, start)),
                },
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Binary(_))) => return Err(End::CutOff(Fault::NotUnderstood)),
                Some(Ok(Message::Close(_))) => return Err(End::ByCaller),
                Some(Err(_)) | None => return Err(End::Broken),
            }
        }
    };
    timeout(START_WITHIN, start).await.unwrap_or(Err(End::CutOff(Fault::NotStarted)))
}

/// Where nothing is heard by agreement, because the caller was handed over, this is the end of it.
const AWAY_MAX: Duration = Duration::from_secs(120);

/// The next message; never, while there is no stream. Cancel-safe.
async fn next(socket: &mut Option<WebSocket>) -> Option<Result<Message, axum::Error>> {
    match socket {
        Some(socket) => socket.recv().await,
        None => pending().await,
    }
}

/// A call that was taken.
pub(super) struct Session {
    /// `None` while the caller is with somebody else.
    socket: Option<WebSocket>,
    driver: Driver,
    adapter: Adapter,
    idle: Duration,
    start: Instant,
    allowance: Allowance,
    hearing: Hearing,
    playout: Playout,
    encoder: Encoder,
    /// The last frame spoke: the encoder holds some milliseconds of it back.
    spoke: bool,
    last_sound: Instant,
    misunderstood: u32,
    behind: Option<Behind>,
    away: Option<Away>,
}

impl Session {
    pub(super) fn new(socket: WebSocket, driver: Driver, adapter: Adapter, start: &Start, idle: Duration) -> Self {
        let picked_up = driver.picked_up();
        Self {
            socket: Some(socket),
            driver,
            adapter,
            idle,
            start: picked_up,
            allowance: Allowance::new(),
            hearing: Hearing::new(start.codec),
            playout: Playout::new(),
            encoder: Encoder::new(start.codec),
            spoke: false,
            last_sound: picked_up,
            misunderstood: 0,
            behind: None,
            away: None,
        }
    }

    /// The provider's call can be ended, too.
    pub(super) fn with(self, behind: Option<Behind>) -> Self {
        Self { behind, ..self }
    }

    /// Carries the call until it ends.
    pub(super) async fn run(mut self) {
        let end = self.carry().await;
        tracing::info!(
            ?end,
            stream = self.adapter.stream().as_str(),
            seconds = self.start.elapsed().as_secs(),
            lost_ms = self.hearing.lost().as_millis() as u64,
            misunderstood = self.misunderstood,
            "a streamed call is over"
        );
        self.end(end).await;
    }

    async fn carry(&mut self) -> End {
        let over = self.driver.over().clone();
        let mut ticks = interval_at(self.start, Duration::from_millis(u64::from(FRAME_MS)));
        // What was missed is made up for by the lead; the provider needs no burst.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let carried = tokio::select! {
                () = over.cancelled() => Err(End::ByFirstRing),
                _ = ticks.tick() => self.tick().await,
                message = next(&mut self.socket) => match message {
                    Some(Ok(message)) => self.receive(message).await,
                    Some(Err(_)) | None => Err(End::Broken),
                },
                news = Away::next(&mut self.away) => self.away(news),
            };
            match carried {
                Ok(()) => {}
                // The stream ends when the call is moved.
                Err(End::ByCaller | End::Broken) if self.away.is_some() && self.socket.is_some() => self.socket = None,
                Err(end) => return end,
            }
        }
    }

    /// Whether something has to come: not from a caller who is away, or was put through.
    fn hears(&self) -> bool {
        self.socket.is_some() && self.away.is_none()
    }

    async fn tick(&mut self) -> Result<(), End> {
        if self.last_sound.elapsed() > if self.hears() { self.idle } else { AWAY_MAX } {
            return Err(End::CutOff(Fault::Idle));
        }
        let now = self.start.elapsed();
        let heard = self.hearing.tick(self.heard(), now);
        self.hear(heard).await?;
        self.speak(now).await?;
        let overdue = self.playout.overdue(now);
        self.report(overdue).await
    }

    /// Sends what is due, and a little ahead of it where it is there.
    async fn speak(&mut self, now: Duration) -> Result<(), End> {
        loop {
            let tick = self.driver.take()?;
            // Whatever is not taken now is gone with the next frame.
            if let Some(refer) = self.driver.take_refer()
                && self.away.is_none()
            {
                self.away = self.behind.as_ref().and_then(|behind| Away::begin(behind, refer));
            }
            if tick.broke_off.is_some_and(|why| self.playout.broke_off(why, now)) {
                self.spoke = false;
                self.say(Say::Clear).await?;
            }
            if tick.speaks || self.spoke {
                let payload = self.encoder.encode(&tick.pcm);
                self.say(Say::Media(&payload)).await?;
                self.playout.sent(now);
            }
            self.spoke = tick.speaks;
            for news in tick.news {
                if let Some(mark) = self.playout.hold(news, now) {
                    self.say(Say::Mark(mark)).await?;
                }
            }
            if !(tick.speaks && self.playout.has_room(now) && self.driver.speaks_on()) {
                return Ok(());
            }
        }
    }

    async fn receive(&mut self, message: Message) -> Result<(), End> {
        let told = match &message {
            Message::Text(text) => self.adapter.read(text),
            Message::Binary(_) => Err(Misunderstood::NotAMessage),
            Message::Ping(_) | Message::Pong(_) => Ok(Told::Ignored),
            Message::Close(_) => return Err(End::ByCaller),
        };
        let samples = match &told {
            Ok(Told::Media(media)) => media.payload.expose().len() * (LEG_HZ as usize / 8000),
            Ok(Told::Started(_) | Told::Key(_) | Told::Mark(_) | Told::Stopped | Told::Ignored) | Err(_) => 0,
        };
        let now = self.start.elapsed();
        if !self.allowance.admits(samples, now) {
            return Err(End::CutOff(Fault::TooFast));
        }
        match told {
            Ok(Told::Media(media)) => {
                if samples > 0 {
                    self.last_sound = Instant::now();
                }
                let heard = self.hearing.take(media, self.heard(), now);
                self.hear(heard).await
            }
            Ok(Told::Key(key)) => Ok(self.driver.report(LegNews::Dtmf(key)).await?),
            Ok(Told::Mark(mark)) => {
                let news = self.playout.returned(mark, now);
                self.report(news).await
            }
            Ok(Told::Stopped) => Err(End::ByCaller),
            Ok(Told::Started(again)) if again.ids.stream == *self.adapter.stream() => Ok(()),
            Ok(Told::Started(_)) => Err(End::CutOff(Fault::StartedAgain)),
            Ok(Told::Ignored) => Ok(()),
            Err(_) => {
                self.misunderstood += 1;
                if self.misunderstood < MISUNDERSTOOD_MAX { Ok(()) } else { Err(End::CutOff(Fault::NotUnderstood)) }
            }
        }
    }

    /// How long all that was heard is.
    fn heard(&self) -> Duration {
        Duration::from_nanos(self.driver.heard() * 1_000_000_000 / u64::from(LEG_HZ))
    }

    async fn hear(&mut self, sounds: Vec<Pcm<LEG_HZ>>) -> Result<(), End> {
        for sound in sounds {
            self.driver.hear(sound).await?;
        }
        Ok(())
    }

    async fn report(&mut self, news: Vec<LegNews>) -> Result<(), End> {
        for news in news {
            self.driver.report(news).await?;
        }
        Ok(())
    }

    async fn say(&mut self, say: Say<'_>) -> Result<(), End> {
        let message = Message::Text(self.adapter.write(say).into());
        match &mut self.socket {
            Some(socket) => websocket::send(socket, message).await.map_err(|Gone| End::Broken),
            // There is nobody who would hear it.
            None => Ok(()),
        }
    }

    async fn end(mut self, end: End) {
        let (news, close) = match end {
            End::ByFirstRing => (None, (close_code::NORMAL, "FirstRing hung up")),
            End::ByCaller => (Some(LegNews::HungUp), (close_code::NORMAL, "goodbye")),
            End::Broken => (Some(LegNews::Lost), (close_code::PROTOCOL, "the connection broke")),
            End::CutOff(fault) => (Some(LegNews::Lost), fault.close()),
        };
        if let Some(news) = news {
            // If the shell is gone there is nobody to tell.
            self.driver.report(news).await.ok();
        }
        let is_done = self.driver.is_done();
        drop(self.driver);
        // Before the stream is closed: the provider goes on with the call then.
        if let Some(behind) = &self.behind
            && self.away.is_none()
            && end != End::ByCaller
            && (behind.ends == Ends::WithUs || (end == End::ByFirstRing && is_done))
        {
            behind.hang_up().await;
        }
        if let Some(socket) = &mut self.socket {
            websocket::close(socket, close).await;
        }
    }
}

use std::time::Duration;

use audio::{FRAME_MS, Pcm};
use axum::extract::ws::{CloseCode, Message, WebSocket, close_code};
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at};

use super::message::{Command, Joiner};
use crate::allowance::Allowance;
use crate::key::Key;
use crate::websocket::{self, Gone};
use crate::{Driver, LEG_HZ, LegGone, LegNews};

/// How a browser's call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    ByCaller,
    ByFirstRing,
    /// The connection broke, or carried what is no WebSocket message or one that is too long.
    Broken,
    CutOff(Fault),
}

/// Why a browser was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A text that is no command: close code 1003.
    NotUnderstood,
    /// Sound or messages far faster than real time: close code 1008.
    TooFast,
    /// No sound for too long: close code 1008.
    Idle,
}

impl Fault {
    fn close(self) -> (CloseCode, &'static str) {
        match self {
            Self::NotUnderstood => (close_code::UNSUPPORTED, "a message was not understood"),
            Self::TooFast => (close_code::POLICY, "sound came too fast"),
            Self::Idle => (close_code::POLICY, "no sound came"),
        }
    }
}

impl From<LegGone> for End {
    /// The call's shell has gone: for the caller that is a hang-up.
    fn from(LegGone: LegGone) -> Self {
        Self::ByFirstRing
    }
}

/// Carries a call over a WebSocket until it ends.
pub(super) async fn run(socket: WebSocket, driver: Driver, news: mpsc::Receiver<String>, idle: Duration) {
    let start = driver.picked_up();
    let mut session = Session {
        socket,
        driver,
        idle,
        start,
        allowance: Allowance::new(),
        joiner: Joiner::default(),
        last_sound: start,
    };
    let end = session.carry(news).await;
    tracing::info!(?end, seconds = start.elapsed().as_secs(), "a browser's call is over");
    session.end(end).await;
}

struct Session {
    socket: WebSocket,
    driver: Driver,
    idle: Duration,
    start: Instant,
    allowance: Allowance,
    joiner: Joiner,
    last_sound: Instant,
}

impl Session {
    async fn carry(&mut self, mut news: mpsc::Receiver<String>) -> End {
        let over = self.driver.over().clone();
        let mut ticks = interval_at(self.start, Duration::from_millis(u64::from(FRAME_MS)));
        loop {
            let carried = tokio::select! {
                () = over.cancelled() => Err(End::ByFirstRing),
                _ = ticks.tick() => self.tick().await,
                message = self.socket.recv() => match message {
                    Some(Ok(message)) => self.receive(message).await,
                    Some(Err(_)) | None => Err(End::Broken),
                },
                Some(line) = news.recv() => self.send(Message::Text(line.into())).await,
            };
            if let Err(end) = carried {
                return end;
            }
        }
    }

    async fn tick(&mut self) -> Result<(), End> {
        if self.last_sound.elapsed() > self.idle {
            return Err(End::CutOff(Fault::Idle));
        }
        let pcm = self.driver.tick().await?.pcm;
        self.send(Message::Binary(pcm.to_s16le().into())).await
    }

    async fn receive(&mut self, message: Message) -> Result<(), End> {
        let bytes = match &message {
            Message::Binary(bytes) => bytes.len(),
            Message::Text(_) | Message::Ping(_) | Message::Pong(_) | Message::Close(_) => 0,
        };
        if !self.allowance.admits(bytes / 2, self.start.elapsed()) {
            return Err(End::CutOff(Fault::TooFast));
        }
        match message {
            Message::Binary(bytes) => self.hear(&bytes).await,
            Message::Text(text) => self.obey(&text).await,
            Message::Ping(_) | Message::Pong(_) => Ok(()),
            Message::Close(_) => Err(End::ByCaller),
        }
    }

    async fn hear(&mut self, bytes: &[u8]) -> Result<(), End> {
        let sound = self.joiner.join(bytes);
        if self.driver.heard() == 0 {
            // The microphone opened a moment after pick-up; positions count from pick-up.
            let now = self.start.elapsed().as_millis() as usize * LEG_HZ as usize / 1000;
            self.driver.hear(Pcm::silence(now.saturating_sub(sound.len()))).await?;
        }
        if !sound.is_empty() {
            self.last_sound = Instant::now();
        }
        Ok(self.driver.hear(sound).await?)
    }

    async fn obey(&mut self, text: &str) -> Result<(), End> {
        match serde_json::from_str(text) {
            Ok(Command::Hello(_) | Command::HangUp(false)) => Ok(()),
            Ok(Command::Dtmf(Key(key))) => Ok(self.driver.report(LegNews::Dtmf(key)).await?),
            Ok(Command::HangUp(true)) => Err(End::ByCaller),
            // The text itself may be anybody's words: it is not kept.
            Err(_) => Err(End::CutOff(Fault::NotUnderstood)),
        }
    }

    async fn send(&mut self, message: Message) -> Result<(), End> {
        websocket::send(&mut self.socket, message).await.map_err(|Gone| End::Broken)
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
        drop(self.driver);
        websocket::close(&mut self.socket, close).await;
    }
}

//! The line between a loopback caller and FirstRing: one task that moves 20 ms both ways at every tick.

use std::time::Duration;
use std::{fmt, mem};

use audio::{FRAME_MS, Pcm};
use domain::CallTime;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Interval, interval_at};
use tokio_util::sync::CancellationToken;

use super::{Order, Said};
use crate::playback::Tick;
use crate::{Driver, LEG_HZ, LegGone, LegNews};

/// How much is recorded: an hour. Full: what follows is not recorded.
pub(super) const RECORDED_MAX: usize = LEG_HZ as usize * 3600;

/// What both sides of a call sent, at 16 kHz; a sample's index is its position since pick-up.
#[derive(Clone, Default)]
pub struct Recording {
    /// What FirstRing heard of the caller.
    pub from_caller: Vec<f32>,
    /// What FirstRing sent to the caller.
    pub to_caller: Vec<f32>,
    /// The conversation was at its end when the line was left ([`Speaker::goodbye`](crate::Speaker::goodbye)).
    pub at_its_end: bool,
}

impl Recording {
    /// The caller on the left, FirstRing on the right, sample by sample.
    pub fn stereo(&self) -> Vec<f32> {
        self.from_caller.iter().zip(&self.to_caller).flat_map(|(&left, &right)| [left, right]).collect()
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recording({} samples)", self.from_caller.len())
    }
}

/// How far the call is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    /// Samples that have passed each way since pick-up.
    pub(super) at: u64,
    /// The end of the last frame of FirstRing's that was not silence.
    pub(super) sound_end: u64,
    pub(super) last_line: LastLine,
    /// Where the last line began.
    pub(super) last_line_from: Option<u64>,
    pub(super) is_over: bool,
}

/// The line that FirstRing began last.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum LastLine {
    #[default]
    None,
    /// It is being said, or was stopped.
    Unfinished,
    Finished {
        to: u64,
    },
}

pub(super) struct LineTask {
    driver: Driver,
    orders: mpsc::Receiver<Order>,
    progress: watch::Sender<Progress>,
    hang_up: CancellationToken,
    saying: Option<Saying>,
    recording: Recording,
}

/// A sound on its way.
struct Saying {
    sound: Pcm<LEG_HZ>,
    /// How much of it has passed.
    said: usize,
    from: u64,
    done: oneshot::Sender<Said>,
}

impl LineTask {
    pub(super) fn new(
        driver: Driver,
        orders: mpsc::Receiver<Order>,
        progress: watch::Sender<Progress>,
        hang_up: CancellationToken,
    ) -> Self {
        Self { driver, orders, progress, hang_up, saying: None, recording: Recording::default() }
    }

    /// Runs until either side hangs up.
    pub(super) async fn run(mut self) -> Recording {
        let over = self.driver.over().clone();
        let hang_up = self.hang_up.clone();
        tokio::select! {
            () = hang_up.cancelled() => {}
            () = over.cancelled() => {}
            _gone = self.carry() => {}
        }
        if hang_up.is_cancelled() && !over.is_cancelled() {
            // If the shell is gone there is nobody to tell.
            self.driver.report(LegNews::HungUp).await.ok();
        }
        self.recording.at_its_end = self.driver.is_done();
        self.progress.send_modify(|progress| progress.is_over = true);
        self.recording
    }

    /// A frame leaves FirstRing at the tick at which it begins to sound; a frame of the caller's arrives when it has been
    /// said, one tick later. So the two recordings show what an outsider with a stopwatch would hear.
    async fn carry(&mut self) -> LegGone {
        let mut ticks = every_frame(&self.driver);
        let mut on_its_way = Pcm::default();
        loop {
            ticks.tick().await;
            let carried = async {
                self.driver.hear(mem::take(&mut on_its_way)).await?;
                let sent = self.driver.tick().await?;
                on_its_way = self.caller_frame().await?;
                Ok(sent)
            };
            match carried.await {
                Ok(sent) => self.record(&sent, &on_its_way),
                Err(gone) => return gone,
            }
        }
    }

    /// The next 20 ms of the caller's.
    async fn caller_frame(&mut self) -> Result<Pcm<LEG_HZ>, LegGone> {
        let mut frame = Vec::with_capacity(Pcm::<LEG_HZ>::frame_len());
        while frame.len() < Pcm::<LEG_HZ>::frame_len() {
            let here = self.progress.borrow().at + frame.len() as u64;
            if let Some(saying) = self.saying.take() {
                self.saying = saying.pass(&mut frame, here);
                continue;
            }
            match self.orders.try_recv() {
                Ok(Order::Say { sound, done }) => self.saying = Some(Saying { sound, said: 0, from: here, done }),
                Ok(Order::Press(digit)) => self.driver.report(LegNews::Dtmf(digit)).await?,
                Err(_nothing_to_do) => frame.resize(Pcm::<LEG_HZ>::frame_len(), 0.0),
            }
        }
        Ok(Pcm::new(frame))
    }

    fn record(&mut self, sent: &Tick<LEG_HZ>, said: &Pcm<LEG_HZ>) {
        if self.recording.to_caller.len() < RECORDED_MAX {
            self.recording.to_caller.extend(sent.pcm.samples());
            self.recording.from_caller.extend(said.samples());
        }
        self.progress.send_modify(|progress| {
            progress.at += sent.pcm.len() as u64;
            if sent.pcm.samples().iter().any(|&sample| sample != 0.0) {
                progress.sound_end = progress.at;
            }
            for news in &sent.news {
                match news {
                    LegNews::Started { at, .. } => {
                        progress.last_line = LastLine::Unfinished;
                        progress.last_line_from = Some(position(*at));
                    }
                    LegNews::Finished { at, .. } => progress.last_line = LastLine::Finished { to: position(*at) },
                    LegNews::Dtmf(_) | LegNews::HearingOverrun | LegNews::HungUp | LegNews::Lost => {}
                }
            }
        });
    }
}

impl Saying {
    /// Fills the frame; gives itself back if there is more to say.
    fn pass(mut self, frame: &mut Vec<f32>, here: u64) -> Option<Self> {
        let before = frame.len();
        let room = Pcm::<LEG_HZ>::frame_len() - before;
        frame.extend(self.sound.samples()[self.said..].iter().take(room));
        let passed = frame.len() - before;
        self.said += passed;
        if self.said < self.sound.len() {
            return Some(self);
        }
        let said = Said { from: call_time(self.from), to: call_time(here + passed as u64) };
        // Who said it may have stopped waiting.
        self.done.send(said).ok();
        None
    }
}

/// Ticks every 20 ms from pick-up on; those missed are caught up.
fn every_frame(driver: &Driver) -> Interval {
    interval_at(driver.picked_up(), Duration::from_millis(u64::from(FRAME_MS)))
}

/// The time of a position.
pub(super) fn call_time(position: u64) -> CallTime {
    CallTime::from(Duration::from_nanos(position * 1_000_000_000 / u64::from(LEG_HZ)))
}

/// The position at a time.
pub(super) fn position(at: CallTime) -> u64 {
    (Duration::from(at).as_nanos() * u128::from(LEG_HZ) / 1_000_000_000) as u64
}

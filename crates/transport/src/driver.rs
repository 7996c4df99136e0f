use std::collections::VecDeque;
use std::time::Duration;

use audio::Pcm;
use domain::{LineQuality, Lines, Phi, PhoneNumber};
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::playback::{Playback, Tick};
use crate::ringback::Ringback;
use crate::speaker::{Gate, Heeded, Order, Stamped};
use crate::{Bridge, Frame, LEG_HZ, Leg, LegGone, LegNews, Refer, Speaker, Tap};

/// Heard frames between the leg and the call's ears: 10 s. Full: the frame is lost and [`LegNews::HearingOverrun`] told, so
/// that the call can go to a person; a patient's words are never dropped silently.
pub const HEARS_FRAMES: usize = 500;
/// News between the leg and the call's shell. Full: the leg waits, for [`NEWS_PATIENCE`].
pub const NEWS_MAX: usize = 16;
/// A shell that takes no news for this long conducts no call any more: the leg ends.
pub const NEWS_PATIENCE: Duration = Duration::from_secs(5);

/// The other half of a [`Leg`]: what a way to arrive moves sound and news by. Dropping it ends the call.
#[derive(Debug)]
pub struct Driver {
    hears: mpsc::Sender<Frame>,
    news: mpsc::Sender<LegNews>,
    quality: watch::Sender<Option<LineQuality>>,
    over: CancellationToken,
    picked_up: Instant,
    /// Sound that does not fill a frame yet.
    partial: VecDeque<f32>,
    /// Position of the first sample in `partial`.
    heard: u64,
    hearing: Hearing,
    heeded: Heeded,
    /// Where the caller's sound goes instead of the ears, once two people speak with each other.
    bridge: Option<Bridge>,
    ringback: Ringback,
    refer: Option<Refer>,
    key: Option<char>,
    /// Where both sides are copied to, while the call is recorded.
    tap: Option<Tap>,
    /// How many samples have been sent since pick-up.
    sent: u64,
    /// The gate as it was at the last tick.
    passed: Gate,
    playback: Playback<LEG_HZ>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hearing {
    Taken,
    Overrun,
}

/// Picks up: both halves of a call that begins now.
pub fn pair(caller_id: Option<Phi<PhoneNumber>>) -> (Leg, Driver) {
    let over = CancellationToken::new();
    let picked_up = Instant::now();
    let (hears, hears_receiver) = mpsc::channel(HEARS_FRAMES);
    let (news, news_receiver) = mpsc::channel(NEWS_MAX);
    let (speaker, heeded) = Speaker::new(over.clone());
    let (quality, line_was) = watch::channel(None);
    let leg = Leg {
        caller_id,
        picked_up,
        hears: hears_receiver,
        news: news_receiver,
        speaker,
        lines: Lines::Plenty,
        in_our_place: None,
        quality: line_was,
        over: over.clone(),
    };
    let driver = Driver {
        hears,
        news,
        quality,
        over,
        picked_up,
        partial: VecDeque::new(),
        heard: 0,
        hearing: Hearing::Taken,
        heeded,
        bridge: None,
        ringback: Ringback::new(),
        refer: None,
        key: None,
        tap: None,
        sent: 0,
        passed: Gate::default(),
        playback: Playback::new(),
    };
    (leg, driver)
}

impl Driver {
    /// Cancelled when the shell hangs up.
    pub fn over(&self) -> &CancellationToken {
        &self.over
    }

    /// When the call was picked up.
    pub fn picked_up(&self) -> Instant {
        self.picked_up
    }

    /// How many samples have been heard since pick-up.
    pub fn heard(&self) -> u64 {
        self.heard + self.partial.len() as u64
    }

    /// Takes what the caller says, in pieces of any length.
    pub async fn hear(&mut self, sound: Pcm<LEG_HZ>) -> Result<(), LegGone> {
        self.partial.extend(sound.into_samples());
        let frame_len = Pcm::<LEG_HZ>::frame_len();
        while self.partial.len() >= frame_len {
            let pcm = Pcm::new(self.partial.drain(..frame_len).collect());
            let at = self.heard;
            self.heard += frame_len as u64;
            // Who is left alone on a bridge is heard here again.
            self.bridge.take_if(|bridge| !bridge.stands());
            if let Some(bridge) = &self.bridge {
                bridge.give(pcm);
                continue;
            }
            self.tap.take_if(|tap| !tap.is_wanted());
            if let Some(tap) = &self.tap {
                tap.caller(&pcm, at);
            }
            let frame = Frame { pcm, at };
            match (self.hears.try_send(frame), self.hearing) {
                (Ok(()), _) => self.hearing = Hearing::Taken,
                (Err(TrySendError::Closed(_)), _) => return Err(LegGone),
                (Err(TrySendError::Full(_)), Hearing::Overrun) => {}
                (Err(TrySendError::Full(_)), Hearing::Taken) => {
                    self.hearing = Hearing::Overrun;
                    self.report(LegNews::HearingOverrun).await?;
                }
            }
        }
        Ok(())
    }

    /// The next 20 ms to send, with the news of it, which the shell has been told. Call it every 20 ms.
    pub async fn tick(&mut self) -> Result<Tick<LEG_HZ>, LegGone> {
        let tick = self.take()?;
        for &news in &tick.news {
            self.report(news).await?;
        }
        Ok(tick)
    }

    /// The same, with news that the shell has not been told: whoever sends to a place that keeps sound for a while
    /// [`report`](Self::report)s them when it has been heard.
    pub fn take(&mut self) -> Result<Tick<LEG_HZ>, LegGone> {
        if self.over.is_cancelled() || self.hears.is_closed() || self.news.is_closed() {
            return Err(LegGone);
        }
        self.pass_gate();
        self.fill();
        let tick = self.playback.tick();
        Ok(self.mixed(tick))
    }

    /// Whether [`take`](Self::take) would give a whole frame of a line now, so that it may be called before its time.
    pub fn speaks_on(&mut self) -> bool {
        self.fill();
        self.playback.speaks_on()
    }

    fn fill(&mut self) {
        while self.playback.wants_more() {
            match self.heeded.voiced.try_recv() {
                Ok(Stamped { generation, voiced }) if generation == self.passed.generation => {
                    self.playback.push(&voiced);
                }
                Ok(_stale) => {}
                Err(_nothing_queued) => break,
            }
        }
    }

    /// With what the caller hears beside the lines.
    fn mixed(&mut self, tick: Tick<LEG_HZ>) -> Tick<LEG_HZ> {
        // What the way to arrive has not taken by now it cannot do.
        (self.refer, self.key) = (None, None);
        match self.heeded.orders.try_recv() {
            Ok(Order::Bridge(bridge)) => self.bridge = Some(bridge),
            Ok(Order::Refer(refer)) => self.refer = Some(refer),
            Ok(Order::Press(key)) => self.key = Some(key),
            Ok(Order::Tap(tap)) => self.tap = Some(tap),
            Err(_nothing_ordered) => {}
        }
        let mut samples = tick.pcm.into_samples();
        let mut speaks = tick.speaks;
        if let Some(theirs) = self.bridge.as_mut().and_then(Bridge::take) {
            samples.iter_mut().zip(theirs.samples()).for_each(|(ours, theirs)| *ours += theirs);
            speaks = true;
        } else if self.passed.ringing && !speaks {
            speaks = self.ringback.sound(&mut samples);
        } else {
            self.ringback.hush();
        }
        let pcm = Pcm::new(samples);
        self.copy(&pcm, speaks);
        Tick { pcm, speaks, ..tick }
    }

    /// Our side for the recording. A line may be sent ahead of its time, and ticks be missed: while nothing is said the count comes back
    /// to the clock, so that each side stands beside what it answered.
    fn copy(&mut self, pcm: &Pcm<LEG_HZ>, speaks: bool) {
        let frame = Pcm::<LEG_HZ>::frame_len() as u64;
        if !speaks {
            let now = self.picked_up.elapsed().as_millis() as u64 / 20 * frame;
            if self.sent > now + frame {
                return;
            }
            if self.sent + frame < now {
                self.sent = now;
            }
        }
        if let Some(tap) = self.tap.as_ref().filter(|_| self.bridge.is_none()) {
            tap.ours(pcm, self.sent);
        }
        self.sent += frame;
    }

    /// Whether the conversation is at its end, and not only our part in it.
    pub(crate) fn is_done(&self) -> bool {
        self.heeded.gate.borrow().done
    }

    /// An order to have the other side call somebody else, once. It is gone with the next [`take`](Self::take).
    pub fn take_refer(&mut self) -> Option<Refer> {
        self.refer.take()
    }

    /// An order to press a key, once.
    pub(crate) fn take_key(&mut self) -> Option<char> {
        self.key.take()
    }

    /// What the line was like. Told before the end is.
    pub(crate) fn line_was(&self, quality: LineQuality) {
        self.quality.send_replace(Some(quality));
    }

    /// Tells the shell; waits while it is busy.
    pub async fn report(&mut self, news: LegNews) -> Result<(), LegGone> {
        self.news.send_timeout(news, NEWS_PATIENCE).await.map_err(|_| LegGone)
    }

    fn pass_gate(&mut self) {
        let gate = *self.heeded.gate.borrow_and_update();
        if gate.generation != self.passed.generation {
            self.playback.stop();
        }
        if gate.paused {
            self.playback.pause();
        } else {
            self.playback.resume();
        }
        self.passed = gate;
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.over.cancel();
    }
}

use std::time::Duration;

use audio::{FRAME_MS, Resampler, level};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, interval_at};
use tokio_util::sync::CancellationToken;

use super::devices::{LOUDSPEAKER, MICROPHONE, STILL_MAX, Sounds};
use super::{Cleaner, Levels, MicrophoneError};
use crate::playback::Tick;
use crate::{Driver, LEG_HZ, LegGone, LegNews};

/// What was said last is still on its way to the loudspeaker when we hang up: what waits for it, and what a sound server keeps.
const LAST_SOUND: Duration = Duration::from_millis(700);

/// Moves sound between the devices and the call.
pub(super) struct Line {
    driver: Driver,
    sounds: Sounds,
    cleaner: Cleaner,
    to_leg: Resampler,
    to_loudspeaker: Resampler,
    levels: watch::Sender<Levels>,
    last_heard: Instant,
    last_said: Instant,
}

/// Why it ended.
enum End {
    HungUp,
    ByFirstRing,
    Gone(&'static str),
}

impl From<LegGone> for End {
    fn from(LegGone: LegGone) -> Self {
        Self::ByFirstRing
    }
}

impl Line {
    pub(super) fn new(driver: Driver, sounds: Sounds, levels: watch::Sender<Levels>) -> Self {
        Self {
            cleaner: Cleaner::new(),
            to_leg: Resampler::new(sounds.heard_hz, LEG_HZ),
            to_loudspeaker: Resampler::new(LEG_HZ, sounds.says_hz),
            last_heard: driver.picked_up(),
            last_said: driver.picked_up(),
            driver,
            sounds,
            levels,
        }
    }

    /// Runs until either side hangs up, or a device is gone.
    pub(super) async fn run(
        mut self,
        mut keys: mpsc::Receiver<char>,
        hang_up: CancellationToken,
    ) -> Result<(), MicrophoneError> {
        let end = match self.carry(&mut keys, &hang_up).await {
            Ok(never) => match never {},
            Err(end) => end,
        };
        // If the shell is gone there is nobody to tell.
        match end {
            End::ByFirstRing => {
                tokio::time::sleep(LAST_SOUND).await;
                Ok(())
            }
            End::HungUp => {
                self.driver.report(LegNews::HungUp).await.ok();
                Ok(())
            }
            End::Gone(what) => {
                self.driver.report(LegNews::Lost).await.ok();
                Err(MicrophoneError::Gone(what))
            }
        }
    }

    async fn carry(
        &mut self,
        keys: &mut mpsc::Receiver<char>,
        hang_up: &CancellationToken,
    ) -> Result<std::convert::Infallible, End> {
        let over = self.driver.over().clone();
        let frame = Duration::from_millis(u64::from(FRAME_MS));
        let mut ticks = interval_at(self.driver.picked_up() + frame, frame);
        loop {
            tokio::select! {
                biased;
                () = hang_up.cancelled() => return Err(End::HungUp),
                () = over.cancelled() => return Err(End::ByFirstRing),
                Some(what) = self.sounds.failed.recv() => return Err(End::Gone(what)),
                Some(key) = keys.recv() => self.driver.report(LegNews::Dtmf(key)).await?,
                _ = ticks.tick() => {
                    self.say().await?;
                    self.are_there()?;
                }
                heard = self.sounds.heard.recv() => match heard {
                    Some(samples) => self.hear(&samples).await?,
                    None => return Err(End::Gone(MICROPHONE)),
                },
            }
        }
    }

    /// Whether both devices are still at work.
    fn are_there(&self) -> Result<(), End> {
        let last = [(MICROPHONE, self.last_heard), (LOUDSPEAKER, self.last_said)];
        last.into_iter().find(|(_, last)| last.elapsed() > STILL_MAX).map_or(Ok(()), |(what, _)| Err(End::Gone(what)))
    }

    async fn hear(&mut self, samples: &[f32]) -> Result<(), LegGone> {
        self.last_heard = Instant::now();
        let clean = self.cleaner.heard(&self.to_leg.push(samples));
        let heard = level::peak_dbfs(clean.samples());
        self.levels.send_modify(|levels| levels.heard = heard);
        self.driver.hear(clean).await
    }

    async fn say(&mut self) -> Result<(), LegGone> {
        let Tick { pcm, speaks, .. } = self.driver.tick().await?;
        self.cleaner.played(&pcm);
        let said = level::peak_dbfs(pcm.samples());
        self.levels.send_modify(|levels| levels.said = said);
        if self.sounds.say(self.to_loudspeaker.push(pcm.samples()), speaks) {
            self.last_said = Instant::now();
        }
        Ok(())
    }
}

use std::time::Duration;

use audio::{FRAME_MS, Resampler, level};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, interval_at};
use tokio_util::sync::CancellationToken;

use super::devices::{MICROPHONE, Sounds};
use super::{Cleaner, Levels, MicrophoneError};
use crate::{Driver, LEG_HZ, LegGone, LegNews};

/// A microphone gives sound all the time, silence too: one that gives none for so long is gone.
const DEAF_MAX: Duration = Duration::from_secs(3);

/// Moves sound between the devices and the call.
pub(super) struct Line {
    driver: Driver,
    sounds: Sounds,
    cleaner: Cleaner,
    to_leg: Resampler,
    to_loudspeaker: Resampler,
    levels: watch::Sender<Levels>,
    last_heard: Instant,
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
            End::ByFirstRing => Ok(()),
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
                    if self.last_heard.elapsed() > DEAF_MAX {
                        return Err(End::Gone(MICROPHONE));
                    }
                }
                heard = self.sounds.heard.recv() => match heard {
                    Some(samples) => self.hear(&samples).await?,
                    None => return Err(End::Gone(MICROPHONE)),
                },
            }
        }
    }

    async fn hear(&mut self, samples: &[f32]) -> Result<(), LegGone> {
        self.last_heard = Instant::now();
        let clean = self.cleaner.heard(&self.to_leg.push(samples));
        let heard = level::peak_dbfs(clean.samples());
        self.levels.send_modify(|levels| levels.heard = heard);
        self.driver.hear(clean).await
    }

    async fn say(&mut self) -> Result<(), LegGone> {
        let pcm = self.driver.tick().await?.pcm;
        self.cleaner.played(&pcm);
        let said = level::peak_dbfs(pcm.samples());
        self.levels.send_modify(|levels| levels.said = said);
        // A loudspeaker that is slower than the call loses some of it; it must not be later and later.
        drop(self.sounds.says.try_send(self.to_loudspeaker.push(pcm.samples())));
        Ok(())
    }
}

//! A caller at the far end of a real line: has no news of FirstRing's lines and knows only what can be heard.

use std::time::Duration;

use audio::{Sound, level};
use domain::{CallTime, LineId};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::line::{LastLine, Progress, RECORDED_MAX, Recording, call_time, position};
use super::{Order, Said};
use crate::{Frame, LEG_HZ, Leg, LegNews, Voiced};

/// Quieter sound is silence: the quietest step of G.711 A-law is -72 dBFS, and a line's own noise stays below.
const SILENT_DBFS: f32 = -60.0;
/// After so much silence a listener takes a line for finished. FirstRing's pauses between sentences are shorter.
const LINE_OVER: Duration = Duration::from_millis(800);

pub(super) struct EarTask {
    /// The caller's end.
    leg: Leg,
    orders: mpsc::Receiver<Order>,
    progress: watch::Sender<Progress>,
    hang_up: CancellationToken,
    saying: Option<Saying>,
    lines: u32,
    recording: Recording,
    /// How much later the call was picked up at the other end than here, in samples.
    later: i64,
}

/// A sound on its way.
struct Saying {
    samples: Vec<f32>,
    from: u64,
    done: oneshot::Sender<Said>,
}

impl EarTask {
    /// `picked_up` is zero of the times that the caller tells: the other end's.
    pub(super) fn new(
        leg: Leg,
        picked_up: Instant,
        orders: mpsc::Receiver<Order>,
        progress: watch::Sender<Progress>,
        hang_up: CancellationToken,
    ) -> Self {
        let samples = |long: Duration| position(long.into()) as i64;
        let later = samples(picked_up.saturating_duration_since(leg.picked_up))
            - samples(leg.picked_up.saturating_duration_since(picked_up));
        Self { leg, orders, progress, hang_up, saying: None, lines: 0, recording: Recording::default(), later }
    }

    /// Runs until either side hangs up.
    pub(super) async fn run(mut self) -> Recording {
        loop {
            tokio::select! {
                biased;
                () = self.hang_up.cancelled() => break,
                news = self.leg.news.recv() => match news {
                    Some(LegNews::HungUp | LegNews::Lost) | None => break,
                    Some(news) => self.told(news),
                },
                frame = self.leg.hears.recv() => match frame {
                    Some(frame) => self.hear(&frame),
                    None => break,
                },
                Some(order) = self.orders.recv(), if self.saying.is_none() => self.obey(order),
            }
        }
        self.leg.over.cancel();
        self.progress.send_modify(|progress| progress.is_over = true);
        self.recording.from_caller.resize(self.recording.to_caller.len(), 0.0);
        self.recording
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Say { sound, done } => {
                self.lines += 1;
                let samples = sound.into_samples();
                self.saying = Some(Saying { samples: samples.clone(), from: 0, done });
                let sound = Sound { hz: LEG_HZ, samples };
                let voiced = Voiced { line: LineId(self.lines), sound, last: true };
                let speaker = self.leg.speaker.clone();
                // An error is the end of the call, of which this task hears by itself.
                tokio::spawn(async move { speaker.play(speaker.generation(), voiced).await });
            }
            // Keys that are pressed faster than a telephone can are lost, as on any telephone.
            Order::Press(digit) => drop(self.leg.speaker.press(digit)),
        }
    }

    /// What the caller said has gone out.
    fn told(&mut self, news: LegNews) {
        match news {
            LegNews::Started { at, .. } => {
                let from = self.here(position(at));
                if let Some(saying) = &mut self.saying {
                    saying.from = from;
                }
            }
            LegNews::Finished { at, .. } => {
                let to = self.here(position(at));
                let Some(Saying { samples, from, done }) = self.saying.take() else { return };
                put(&mut self.recording.from_caller, from, &samples);
                // Who said it may have stopped waiting.
                done.send(Said { from: call_time(from), to: call_time(to) }).ok();
            }
            LegNews::Dtmf(_) | LegNews::HearingOverrun | LegNews::HungUp | LegNews::Lost => {}
        }
    }

    fn hear(&mut self, frame: &Frame) {
        let samples = frame.pcm.samples();
        let (at, is_sound) = (self.here(frame.at), level::peak_dbfs(samples) > SILENT_DBFS);
        put(&mut self.recording.to_caller, at, samples);
        let line_over = position(CallTime::from(LINE_OVER));
        self.progress.send_modify(|progress| {
            progress.at = at + samples.len() as u64;
            if is_sound {
                progress.sound_end = progress.at;
                if !matches!(progress.last_line, LastLine::Unfinished) {
                    progress.last_line = LastLine::Unfinished;
                    progress.last_line_from = Some(at);
                }
            } else if matches!(progress.last_line, LastLine::Unfinished)
                && progress.at >= progress.sound_end + line_over
            {
                progress.last_line = LastLine::Finished { to: progress.sound_end };
            }
        });
    }

    /// A position of the caller's end as one of the other's. What was before its pick-up is at its beginning.
    fn here(&self, position: u64) -> u64 {
        position.saturating_add_signed(-self.later)
    }
}

/// Puts sound at its place, with silence before it where nothing was. Beyond what is recorded it is lost.
fn put(track: &mut Vec<f32>, at: u64, samples: &[f32]) {
    let end = (at as usize + samples.len()).min(RECORDED_MAX);
    if track.len() < end {
        track.resize(end, 0.0);
    }
    let place = track.iter_mut().skip(at as usize);
    place.zip(samples).for_each(|(place, sample)| *place = *sample);
}

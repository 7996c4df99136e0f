//! Hearing a recording by the very path that hears a call, frame by frame.

use std::time::Duration;

use audio::Pcm;
use domain::CallTime;
use speech::hearing::{Expecting, HZ};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, interval};
use transport::Frame;

use crate::ears::{self, HearingEngines, HearingNews};

/// Frames under way to the ears, as many as a leg would keep.
const FRAMES_MAX: usize = 500;
/// News under way from the ears. Full: the ears wait.
const NEWS_MAX: usize = 16;
const FRAME: Duration = Duration::from_millis(20);

/// Everything that is heard in 16 kHz `samples`, each with the time at which it was known. Takes as long as the recording
/// in real time, and as long as the models in a paused clock.
pub async fn hear(engines: HearingEngines, samples: &[f32]) -> Vec<(CallTime, HearingNews)> {
    let began = Instant::now();
    let (sender, frames) = mpsc::channel(FRAMES_MAX);
    let (_expecting, expected) = watch::channel(Expecting::Anything);
    let (news, mut heard) = mpsc::channel(NEWS_MAX);
    ears::start(engines, frames, expected, news);
    let len = HZ as usize / 50;
    let mut pieces = samples.chunks(len).enumerate();
    let mut sender = Some(sender);
    let mut tick = interval(FRAME);
    let mut all = Vec::new();
    loop {
        tokio::select! {
            news = heard.recv() => match news {
                Some(news) => all.push((began.elapsed().into(), news)),
                None => return all,
            },
            _ = tick.tick(), if sender.is_some() => {
                let sent = match (pieces.next(), &sender) {
                    (Some((index, piece)), Some(frames)) => {
                        let mut samples = piece.to_vec();
                        samples.resize(len, 0.0);
                        let frame = Frame { pcm: Pcm::new(samples), at: (index * len) as u64 };
                        frames.send(frame).await.is_ok()
                    }
                    _ => false,
                };
                if !sent {
                    sender = None;
                }
            }
        }
    }
}

//! Echo cancellation (WebRTC's AEC3) and noise suppression, by `sonora`.

use std::collections::VecDeque;
use std::fmt;

use audio::Pcm;
use sonora::config::{EchoCanceller, NoiseSuppression};
use sonora::{AudioProcessing, Config, StreamConfig};

use crate::LEG_HZ;

/// 10 ms: what `sonora` takes at a time.
const BLOCK: usize = LEG_HZ as usize / 100;

/// Takes our own voice, as the microphone hears it from the loudspeaker, and steady noise out of what was heard. It finds the
/// way between both by itself, within a second or two of our speech.
pub struct Cleaner {
    processing: AudioProcessing,
    played: VecDeque<f32>,
    heard: VecDeque<f32>,
}

impl Cleaner {
    /// Knows nothing of the room yet.
    pub fn new() -> Self {
        let config = Config {
            echo_canceller: Some(EchoCanceller::default()),
            noise_suppression: Some(NoiseSuppression::default()),
            ..Config::default()
        };
        let mono = StreamConfig::new(LEG_HZ, 1);
        let processing = AudioProcessing::builder().config(config).capture_config(mono).render_config(mono).build();
        Self { processing, played: VecDeque::new(), heard: VecDeque::new() }
    }

    /// What is about to be played, in order.
    pub fn played(&mut self, sound: &Pcm<LEG_HZ>) {
        self.played.extend(sound.samples());
        while let Some(block) = take(&mut self.played) {
            let mut unused = [0.0; BLOCK];
            self.processing.process_render_f32(&[&block], &mut [&mut unused]).expect("10 ms of the agreed rate");
        }
    }

    /// What the microphone heard, cleaned, in pieces of 10 ms: up to 10 ms wait for the next call.
    pub fn heard(&mut self, samples: &[f32]) -> Pcm<LEG_HZ> {
        self.heard.extend(samples);
        let mut clean = Vec::with_capacity(samples.len() + BLOCK);
        while let Some(block) = take(&mut self.heard) {
            let mut out = [0.0; BLOCK];
            self.processing.process_capture_f32(&[&block], &mut [&mut out]).expect("10 ms of the agreed rate");
            clean.extend(out.map(|sample: f32| sample.clamp(-1.0, 1.0)));
        }
        Pcm::new(clean)
    }
}

impl Default for Cleaner {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Cleaner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cleaner({} samples wait)", self.heard.len())
    }
}

fn take(samples: &mut VecDeque<f32>) -> Option<[f32; BLOCK]> {
    let mut block = [0.0; BLOCK];
    if samples.len() < BLOCK {
        return None;
    }
    block.iter_mut().zip(samples.drain(..BLOCK)).for_each(|(place, sample)| *place = sample);
    Some(block)
}

use std::fmt;
use std::time::Duration;

use crate::pcm::duration_of;
use crate::{Pcm, resample};

/// Mono sound whose rate is known only at run time: a file's, a voice's.
///
/// `Debug` prints how much sound there is, never the sound.
#[derive(Clone, PartialEq)]
pub struct Sound {
    /// Samples a second, from [`HZ_MIN`](crate::HZ_MIN) to [`HZ_MAX`](crate::HZ_MAX).
    pub hz: u32,
    /// In [-1, 1].
    pub samples: Vec<f32>,
}

impl Sound {
    /// How long it sounds.
    pub fn duration(&self) -> Duration {
        duration_of(self.samples.len() as u64, self.hz)
    }

    /// The same sound at a fixed rate, as long as before.
    pub fn to_pcm<const HZ: u32>(&self) -> Pcm<HZ> {
        Pcm::new(resample(&self.samples, self.hz, HZ))
    }
}

impl fmt::Debug for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sound({} Hz, {} samples)", self.hz, self.samples.len())
    }
}

use std::fmt;
use std::time::Duration;

/// The grain in which a call's sound moves.
pub const FRAME_MS: u32 = 20;

/// One step of a 16-bit sample.
const STEP: f32 = 1.0 / 32_768.0;

/// Mono sound at `HZ` samples a second.
///
/// Every sample is a number in [-1, 1]; the constructors make it so. `Debug` prints how much sound there is, never the
/// sound: it may be a patient's voice.
///
/// ```
/// use audio::Pcm;
/// let frame = Pcm::<16_000>::silence(Pcm::<16_000>::frame_len());
/// assert_eq!(frame.len(), 320);
/// assert_eq!(format!("{frame:?}"), "Pcm<16000>(320 samples)");
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Pcm<const HZ: u32>(Vec<f32>);

impl<const HZ: u32> Pcm<HZ> {
    /// Takes samples as they are; what is out of range is clipped, what is not a number becomes silence.
    pub fn new(mut samples: Vec<f32>) -> Self {
        for sample in &mut samples {
            *sample = within_range(*sample);
        }
        Self(samples)
    }

    /// `len` samples of silence.
    pub fn silence(len: usize) -> Self {
        Self(vec![0.0; len])
    }

    /// How many samples one frame of [`FRAME_MS`] has.
    pub const fn frame_len() -> usize {
        (HZ * FRAME_MS / 1000) as usize
    }

    /// From signed 16-bit little-endian samples. Half a sample at the end is left out.
    pub fn from_s16le(bytes: &[u8]) -> Self {
        let samples = bytes.as_chunks::<2>().0;
        Self(samples.iter().map(|&pair| f32_from_i16(i16::from_le_bytes(pair))).collect())
    }

    /// As signed 16-bit little-endian samples. What [`from_s16le`](Self::from_s16le) read comes back unchanged.
    pub fn to_s16le(&self) -> Vec<u8> {
        self.0.iter().flat_map(|&sample| i16_from_f32(sample).to_le_bytes()).collect()
    }

    /// The samples.
    pub fn samples(&self) -> &[f32] {
        &self.0
    }

    /// The samples, to keep.
    pub fn into_samples(self) -> Vec<f32> {
        self.0
    }

    /// How many samples there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no sample at all. Silence is not empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How long it sounds.
    pub fn duration(&self) -> Duration {
        duration_of(self.0.len() as u64, HZ)
    }
}

impl<const HZ: u32> fmt::Debug for Pcm<HZ> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pcm<{HZ}>({} samples)", self.0.len())
    }
}

/// The nearest 16-bit sample.
pub(crate) fn i16_from_f32(sample: f32) -> i16 {
    // A cast from float saturates, and takes what is not a number to zero.
    (sample / STEP).round() as i16
}

/// A 16-bit sample in [-1, 1).
pub(crate) fn f32_from_i16(sample: i16) -> f32 {
    f32::from(sample) * STEP
}

/// Clips; silence for what is not a number.
pub(crate) fn within_range(sample: f32) -> f32 {
    if sample.is_nan() { 0.0 } else { sample.clamp(-1.0, 1.0) }
}

/// How long `samples` at `hz` sound.
pub(crate) fn duration_of(samples: u64, hz: u32) -> Duration {
    Duration::from_nanos(samples * 1_000_000_000 / u64::from(hz))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bytes_come_back_unchanged(samples in prop::collection::vec(any::<i16>(), 0..500), half in any::<bool>()) {
            let mut bytes: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
            let whole = bytes.clone();
            if half {
                bytes.push(7);
            }
            prop_assert_eq!(Pcm::<16_000>::from_s16le(&bytes).to_s16le(), whole);
        }

        #[test]
        fn every_sample_is_in_range(samples in prop::collection::vec(any::<f32>(), 0..500)) {
            let pcm = Pcm::<8000>::new(samples.clone());
            prop_assert_eq!(pcm.len(), samples.len());
            prop_assert!(pcm.samples().iter().all(|s| (-1.0..=1.0).contains(s)));
        }
    }

    #[test]
    fn a_frame_is_twenty_milliseconds_at_any_rate() {
        assert_eq!(Pcm::<8000>::frame_len(), 160);
        assert_eq!(Pcm::<22_050>::frame_len(), 441);
        assert_eq!(Pcm::<16_000>::silence(320).duration(), Duration::from_millis(20));
    }

    #[test]
    fn full_scale_saturates() {
        assert_eq!(i16_from_f32(1.0), i16::MAX);
        assert_eq!(i16_from_f32(-1.0), i16::MIN);
        assert_eq!(i16_from_f32(f32::NAN), 0);
    }
}

//! The log-mel spectrogram that Whisper was trained on, as smart-turn wants it.
//!
//! 16 kHz; Hann windows of 400 samples every 160, centred, the sound reflected at both ends; 80 Slaney mel bands up to
//! 8 kHz; log10, clamped to 8 below the maximum, then `(x + 4) / 4`. Follows `WhisperFeatureExtractor` of Hugging Face
//! transformers. The last frame is dropped, so `n` samples give `n / 160` frames.
use std::f32::consts::PI;
use std::fmt;
use std::sync::Arc;

use ndarray::Array2;
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

use crate::hearing::HZ;

/// Mel bands.
pub(super) const BANDS: usize = 80;
/// Samples between two frames.
pub(super) const HOP: usize = 160;
const FRAME: usize = 400;
const BINS: usize = FRAME / 2 + 1;

/// The tables that every spectrogram needs, computed once.
pub(super) struct LogMel {
    fft: Arc<dyn Fft<f32>>,
    hann: Vec<f32>,
    /// Per band, the first bin and the weights from there on.
    bands: Vec<(usize, Vec<f32>)>,
}

impl LogMel {
    pub(super) fn new() -> Self {
        let hann = (0..FRAME).map(|i| 0.5 - 0.5 * (2.0 * PI * i as f32 / FRAME as f32).cos()).collect();
        Self { fft: FftPlanner::new().plan_fft_forward(FRAME), hann, bands: slaney_bands() }
    }

    /// [bands, samples / 160]. `sound` is longer than half a frame.
    pub(super) fn of(&self, sound: &[f32]) -> Array2<f32> {
        let padded = reflected(sound);
        let frames = sound.len() / HOP;
        let mut mel = Array2::zeros((BANDS, frames));
        let mut buffer = vec![Complex::default(); FRAME];
        let mut scratch = vec![Complex::default(); self.fft.get_inplace_scratch_len()];
        for frame in 0..frames {
            let samples = &padded[frame * HOP..][..FRAME];
            for ((slot, sample), weight) in buffer.iter_mut().zip(samples).zip(&self.hann) {
                *slot = Complex::new(sample * weight, 0.0);
            }
            self.fft.process_with_scratch(&mut buffer, &mut scratch);
            for (band, (first, weights)) in self.bands.iter().enumerate() {
                let power: f32 =
                    buffer[*first..].iter().zip(weights).map(|(bin, weight)| bin.norm_sqr() * weight).sum();
                mel[[band, frame]] = power.max(1e-10).log10();
            }
        }
        let loudest = mel.iter().copied().fold(f32::MIN, f32::max);
        mel.mapv_inplace(|x| (x.max(loudest - 8.0) + 4.0) / 4.0);
        mel
    }
}

impl fmt::Debug for LogMel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogMel").finish_non_exhaustive()
    }
}

/// `sound` with half a frame mirrored on either side; the end samples themselves are not repeated.
fn reflected(sound: &[f32]) -> Vec<f32> {
    const HALF: usize = FRAME / 2;
    let before = sound[1..=HALF].iter().rev();
    let after = sound[sound.len() - HALF - 1..sound.len() - 1].iter().rev();
    before.chain(sound).chain(after).copied().collect()
}

/// Triangles of equal area between points that are equidistant on Slaney's mel scale.
fn slaney_bands() -> Vec<(usize, Vec<f32>)> {
    let nyquist = f64::from(HZ) / 2.0;
    let points: Vec<f64> =
        (0..BANDS + 2).map(|i| mel_to_hz(hz_to_mel(nyquist) * i as f64 / (BANDS + 1) as f64)).collect();
    let bin_hz = |bin: usize| nyquist * bin as f64 / (BINS - 1) as f64;
    points
        .windows(3)
        .map(|corner| {
            let (low, centre, high) = (corner[0], corner[1], corner[2]);
            let weight = |bin: usize| {
                let rising = (bin_hz(bin) - low) / (centre - low);
                let falling = (high - bin_hz(bin)) / (high - centre);
                (rising.min(falling).max(0.0) * 2.0 / (high - low)) as f32
            };
            let first = (0..BINS).find(|&bin| weight(bin) > 0.0).unwrap_or(0);
            let weights = (first..BINS).map(weight).take_while(|&weight| weight > 0.0).collect();
            (first, weights)
        })
        .collect()
}

// Slaney's scale: linear up to 1 kHz, logarithmic above (27 steps to 6.4 kHz).
const LINEAR_HZ_PER_MEL: f64 = 200.0 / 3.0;
const BREAK_HZ: f64 = 1000.0;
const BREAK_MEL: f64 = BREAK_HZ / LINEAR_HZ_PER_MEL;

fn log_step() -> f64 {
    6.4_f64.ln() / 27.0
}

fn hz_to_mel(hz: f64) -> f64 {
    if hz < BREAK_HZ { hz / LINEAR_HZ_PER_MEL } else { BREAK_MEL + (hz / BREAK_HZ).ln() / log_step() }
}

fn mel_to_hz(mel: f64) -> f64 {
    if mel < BREAK_MEL { mel * LINEAR_HZ_PER_MEL } else { BREAK_HZ * ((mel - BREAK_MEL) * log_step()).exp() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bands_equal_the_published_filter_bank() {
        // librosa.filters.mel(sr=16000, n_fft=400, n_mels=80), which openai/whisper ships as mel_filters.npz.
        let bands = slaney_bands();
        let weight = |band: usize, bin: usize| {
            let (first, weights) = &bands[band];
            bin.checked_sub(*first).and_then(|i| weights.get(i)).copied().unwrap_or(0.0)
        };
        for (band, bin, published) in
            [(0, 1, 0.024_862_59), (1, 1, 0.001_990_82), (1, 2, 0.022_871_77), (2, 2, 0.003_981_64)]
        {
            assert!((weight(band, bin) - published).abs() < 1e-6, "band {band} bin {bin}: {}", weight(band, bin));
        }
    }

    #[test]
    fn a_tone_is_loudest_in_its_own_band() {
        let tone: Vec<f32> = (0..16_000).map(|i| (2.0 * PI * 1000.0 * i as f32 / HZ as f32).sin()).collect();
        let mel = LogMel::new().of(&tone);
        assert_eq!(mel.dim(), (BANDS, 100));
        let loudest = (0..BANDS).max_by(|&a, &b| mel[[a, 50]].total_cmp(&mel[[b, 50]]));
        // 1 kHz is mel 15; the band's index is 15 / (hz_to_mel(8000) / 81), less one.
        assert_eq!(loudest, Some(26));
    }
}

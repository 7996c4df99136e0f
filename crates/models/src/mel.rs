//! The mel filters that whisper.cpp expects in the file: librosa's `filters.mel(sr=16000, n_fft=400, n_mels)`, Slaney's
//! scale and normalisation, so that the bytes are those of the published files.

const SAMPLE_RATE_HZ: f64 = 16_000.0;
const FFT_SAMPLES: usize = 400;
/// Frequencies of the FFT, 0 to 8 kHz.
pub(crate) const BINS: usize = FFT_SAMPLES / 2 + 1;

/// Slaney's scale: linear up to 1 kHz, logarithmic above.
const HZ_PER_MEL: f64 = 200.0 / 3.0;
const LOG_FROM_HZ: f64 = 1000.0;
const LOG_FROM_MEL: f64 = LOG_FROM_HZ / HZ_PER_MEL;

/// `bands` rows of [`BINS`] weights.
pub(crate) fn filters(bands: usize) -> Vec<f32> {
    let edges_hz = edges_hz(bands);
    let mut weights = Vec::with_capacity(bands * BINS);
    for band in edges_hz.windows(3) {
        let (low, centre, high) = (band[0], band[1], band[2]);
        let scale = 2.0 / (high - low);
        for bin in 0..BINS {
            let hz = bin as f64 * SAMPLE_RATE_HZ / FFT_SAMPLES as f64;
            let rising = -(low - hz) / (centre - low);
            let falling = (high - hz) / (high - centre);
            // Rounded to f32 before it is scaled, as numpy does; 0.0 is added because a published zero has no sign.
            let height = rising.min(falling).max(0.0) as f32;
            weights.push((f64::from(height) * scale) as f32 + 0.0);
        }
    }
    weights
}

/// `bands + 2` frequencies, evenly spaced on the mel scale from 0 to half the sample rate.
fn edges_hz(bands: usize) -> Vec<f64> {
    let top_mel = mel_of(SAMPLE_RATE_HZ / 2.0);
    let step = top_mel / (bands + 1) as f64;
    (0..=bands).map(|edge| hz_of(edge as f64 * step)).chain([hz_of(top_mel)]).collect()
}

fn log_step() -> f64 {
    6.4_f64.ln() / 27.0
}

fn mel_of(hz: f64) -> f64 {
    if hz < LOG_FROM_HZ { hz / HZ_PER_MEL } else { LOG_FROM_MEL + (hz / LOG_FROM_HZ).ln() / log_step() }
}

fn hz_of(mel: f64) -> f64 {
    if mel < LOG_FROM_MEL { HZ_PER_MEL * mel } else { LOG_FROM_HZ * (log_step() * (mel - LOG_FROM_MEL)).exp() }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_filters_are_librosas() {
        let weights = filters(80);
        assert_eq!(weights.len(), 80 * BINS);
        // The SHA-256 of the same bytes in the published ggml files.
        let bytes: Vec<u8> = weights.iter().flat_map(|weight| weight.to_le_bytes()).collect();
        let sha256 = "85818f156f7e189453901a515e4726d270d307f976e161cf9403e8caab405498";
        assert_eq!(format!("{:x}", Sha256::digest(bytes)), sha256);
        for band in weights.chunks(BINS) {
            assert!(band.iter().any(|&weight| weight > 0.0), "a band hears nothing");
        }
    }
}

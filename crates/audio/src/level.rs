//! How loud a sound is, in dBFS: 0 is a sample of ±1 (peak), or a square wave of ±1 (RMS).

/// What silence, and no sound at all, measure: below the noise of 16 bits.
pub const SILENCE_DBFS: f32 = -120.0;

/// Root mean square. Speech on a telephone is around -25 dBFS.
pub fn rms_dbfs(samples: &[f32]) -> f32 {
    let power: f64 = samples.iter().map(|&sample| f64::from(sample).powi(2)).sum();
    to_dbfs((power / samples.len().max(1) as f64).sqrt())
}

/// The loudest sample.
pub fn peak_dbfs(samples: &[f32]) -> f32 {
    to_dbfs(f64::from(samples.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()))))
}

fn to_dbfs(amplitude: f64) -> f32 {
    // `max` on the way out also takes the minus infinity of silence.
    ((20.0 * amplitude.log10()) as f32).max(SILENCE_DBFS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_levels() {
        let cases: [(&[f32], f32, f32); 4] = [
            (&[], SILENCE_DBFS, SILENCE_DBFS),
            (&[0.0; 10], SILENCE_DBFS, SILENCE_DBFS),
            (&[1.0, -1.0], 0.0, 0.0),
            (&[0.1, -0.1, 0.1, 0.0], -21.25, -20.0),
        ];
        for (samples, rms, peak) in cases {
            assert!((rms_dbfs(samples) - rms).abs() < 0.01, "rms {}", rms_dbfs(samples));
            assert!((peak_dbfs(samples) - peak).abs() < 0.01, "peak {}", peak_dbfs(samples));
        }
    }

    proptest! {
        #[test]
        fn rms_is_never_above_peak(samples in prop::collection::vec(-1.0f32..=1.0, 0..300)) {
            let (rms, peak) = (rms_dbfs(&samples), peak_dbfs(&samples));
            prop_assert!(rms.is_finite() && peak.is_finite());
            prop_assert!(rms <= peak + 0.001 && peak <= 0.0);
        }
    }
}

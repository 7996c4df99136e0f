//! Finishing rendered sound: [`finished`] takes away what a model adds by accident and makes every clause equally loud.
//!
//! Mono samples, -1.0 to 1.0, at any rate. The offset is removed, silence at both ends is cut to a constant, the level
//! of the speech is brought to [`LEVEL_DBFS`] and the ends are faded, so that clauses can be played one after another
//! without clicks or jumps in loudness.

/// Root mean square of the voiced parts after levelling. Telephone speech is commonly held near this level: it leaves
/// speech peaks (12 to 15 dB above it) below clipping.
pub const LEVEL_DBFS: f32 = -20.0;
/// No sample is louder: about -0.5 dBFS, so that the resampler's overshoot does not clip either.
pub const PEAK_MAX: f32 = 0.94;
/// Silence left before the first sound.
pub const LEAD_MS: u32 = 20;
/// Silence left after the last sound: the breath between two clauses.
pub const TAIL_MS: u32 = 150;

const FADE_MS: u32 = 5;
/// Windows for telling speech from silence.
const WINDOW_MS: u32 = 10;
/// A window this far below the loudest one is silence.
const SILENCE_BELOW_PEAK_DB: f32 = 40.0;
/// Quieter than this at its loudest there is no speech at all: -66 dBFS.
const NOTHING: f32 = 0.0005;

/// The finished form of `raw` at `hz`; empty if there is nothing to hear.
pub fn finished(raw: &[f32], hz: u32) -> Vec<f32> {
    let mean = raw.iter().sum::<f32>() / raw.len().max(1) as f32;
    let centred: Vec<f32> = raw.iter().map(|sample| sample - mean).collect();
    let window = samples(WINDOW_MS, hz).max(1);
    let levels: Vec<f32> = centred.chunks(window).map(rms).collect();
    let loudest = levels.iter().copied().fold(0.0, f32::max);
    if loudest < NOTHING {
        return Vec::new();
    }
    let audible = |level: &f32| *level > loudest * from_db(-SILENCE_BELOW_PEAK_DB);
    let first = levels.iter().position(audible).unwrap_or(0) * window;
    let last = levels.iter().rposition(audible).map_or(centred.len(), |at| (at + 1) * window).min(centred.len());

    let (lead, tail) = (samples(LEAD_MS, hz), samples(TAIL_MS, hz));
    let mut sound = vec![0.0; lead.saturating_sub(first)];
    sound.extend_from_slice(&centred[first.saturating_sub(lead)..(last + tail).min(centred.len())]);
    sound.resize(sound.len() + (last + tail).saturating_sub(centred.len()), 0.0);

    let voiced: Vec<f32> = levels.into_iter().filter(audible).collect();
    let gain = (from_db(LEVEL_DBFS) / rms(&voiced)).min(PEAK_MAX / peak(&sound));
    for sample in &mut sound {
        *sample *= gain;
    }
    fade(&mut sound, samples(FADE_MS, hz));
    sound
}

/// Root mean square; of window levels it gives the level of the whole.
pub fn rms(samples: &[f32]) -> f32 {
    (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len().max(1) as f32).sqrt()
}

/// The largest magnitude.
pub fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, sample| sample.abs().max(peak))
}

fn fade(sound: &mut [f32], length: usize) {
    let length = length.min(sound.len() / 2);
    for at in 0..length {
        let gain = at as f32 / length as f32;
        sound[at] *= gain;
        let from_end = sound.len() - 1 - at;
        sound[from_end] *= gain;
    }
}

fn samples(ms: u32, hz: u32) -> usize {
    (u64::from(ms) * u64::from(hz) / 1000) as usize
}

fn from_db(db: f32) -> f32 {
    10f32.powf(db / 20.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HZ: u32 = 22_050;

    /// A tone of `ms` between two silences, with an offset.
    fn tone(before_ms: u32, ms: u32, after_ms: u32, loud: f32) -> Vec<f32> {
        let silence = |ms| vec![0.0; samples(ms, HZ)];
        let tone = (0..samples(ms, HZ)).map(|n| loud * (n as f32 * 0.1).sin());
        let whole = silence(before_ms).into_iter().chain(tone).chain(silence(after_ms));
        whole.map(|sample| sample + 0.01).collect()
    }

    #[test]
    fn silence_is_cut_to_a_constant_and_the_level_is_even() {
        for (before_ms, after_ms, loud) in [(0, 0, 0.5), (300, 500, 0.05), (5, 1000, 0.9), (800, 10, 0.2)] {
            let sound = finished(&tone(before_ms, 400, after_ms, loud), HZ);
            let expected = samples(400 + LEAD_MS + TAIL_MS, HZ);
            let off = sound.len().abs_diff(expected);
            assert!(off <= 2 * samples(WINDOW_MS, HZ), "{before_ms} {after_ms} {loud}: {off} samples off");
            let level = 20.0 * rms(&sound[samples(60, HZ)..samples(380, HZ)]).log10();
            assert!((level - LEVEL_DBFS).abs() < 1.0, "{loud}: {level} dBFS");
            assert!(sound[0].abs() < 1e-6 && sound[sound.len() - 1].abs() < 1e-6);
        }
    }

    #[test]
    fn silence_gives_nothing() {
        assert!(finished(&[], HZ).is_empty());
        assert!(finished(&[0.2; 4000], HZ).is_empty());
    }

    proptest! {
        #[test]
        fn nothing_clips(raw in proptest::collection::vec(-1.0f32..1.0, 0..3000)) {
            let sound = finished(&raw, HZ);
            prop_assert!(peak(&sound) <= PEAK_MAX + 1e-3);
            prop_assert!(sound.iter().all(|sample| sample.is_finite()));
        }
    }
}

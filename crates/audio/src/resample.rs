//! The only resampler: rubato's windowed sinc, wrapped so that delay and chunk sizes cannot be seen from outside.
//!
//! A filter has to look ahead. What comes out is nevertheless in time with what went in: output sample `k` is the input
//! at `k / to_hz`; it only comes out later than it could. That lateness is at most 64 samples at the lower of the two
//! rates (8 ms at 8 kHz, 4 ms at 16 kHz), up to 4 of the input for rubato's rounding of the filter, and a chunk of 1 ms.
//! [`Resampler::finish`] gives what is left.
//!
//! Cost, by measurement on one core (`cargo run -p audio --example resampling_cost`): 2 to 4 ms for a second of
//! sound, and 1 to 3 ms to build the filter. rubato's FFT resampler is several times cheaper but later; its polynomial
//! one has no filter against aliasing.

use std::mem;

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Async, FixedAsync, Resampler as _, SincInterpolationParameters, WindowFunction};

/// The lowest rate that is resampled.
pub const HZ_MIN: u32 = 4_000;
/// The highest rate that is resampled.
pub const HZ_MAX: u32 = 192_000;

/// Taps at the lower of the two rates. With the window below: flat to 92 % of the band, then 70 dB down.
const TAPS: u32 = 128;
/// Input is filtered in chunks of this length.
const CHUNK_MS: u32 = 1;

/// Turns a stream of mono sound into another rate.
///
/// After [`finish`](Self::finish) exactly `round(pushed * to_hz / from_hz)` samples have come out in all.
///
/// ```
/// let mut resampler = audio::Resampler::new(22_050, 16_000);
/// let mut out = resampler.push(&[0.0; 441]); // 20 ms
/// out.extend(resampler.finish());
/// assert_eq!(out.len(), 320);
/// ```
#[derive(Debug)]
pub struct Resampler {
    from_hz: u32,
    to_hz: u32,
    kind: Kind,
    /// Input since the start.
    pushed: u64,
    /// Output since the start.
    given: u64,
}

#[derive(Debug)]
enum Kind {
    /// Both rates are the same.
    Through,
    Sinc(Box<Sinc>),
}

#[derive(Debug)]
struct Sinc {
    filter: Async<f32>,
    delay: Delay,
    /// Input that does not fill a chunk yet.
    waiting: Vec<f32>,
    /// Output still to be dropped from the front.
    lead: usize,
}

/// What makes output sample 0 fall exactly on input sample 0. The filter's delay is rarely a whole number of output
/// samples; silence put before the input makes it one, and costs no time in a call.
#[derive(Clone, Copy, Debug)]
struct Delay {
    /// Silent input put before the stream.
    silence_before: usize,
    /// Output to drop.
    lead: usize,
}

impl Delay {
    /// For a filter of `taps`, whose output sample `k` stands at input `(k + 1) * from_hz / to_hz - taps / 2`.
    fn of(taps: usize, from_hz: u32, to_hz: u32) -> Self {
        let common = greatest_common_divisor(from_hz, to_hz);
        let (from, to) = ((from_hz / common) as usize, (to_hz / common) as usize);
        let whole = (taps / 2).next_multiple_of(from);
        Self { silence_before: whole - taps / 2, lead: whole / from * to - 1 }
    }
}

impl Resampler {
    /// A resampler at the start of a stream.
    ///
    /// # Panics
    /// If a rate is not within [`HZ_MIN`] to [`HZ_MAX`].
    pub fn new(from_hz: u32, to_hz: u32) -> Self {
        for hz in [from_hz, to_hz] {
            assert!((HZ_MIN..=HZ_MAX).contains(&hz), "cannot resample {hz} Hz: it is not within {HZ_MIN} to {HZ_MAX}");
        }
        let kind = if from_hz == to_hz { Kind::Through } else { Kind::Sinc(Box::new(Sinc::new(from_hz, to_hz))) };
        Self { from_hz, to_hz, kind, pushed: 0, given: 0 }
    }

    /// The rate of what is pushed.
    pub fn from_hz(&self) -> u32 {
        self.from_hz
    }

    /// Takes any amount of sound, gives what is ready: possibly nothing yet.
    pub fn push(&mut self, input: &[f32]) -> Vec<f32> {
        self.pushed += input.len() as u64;
        let out = match &mut self.kind {
            Kind::Through => input.to_vec(),
            Kind::Sinc(sinc) => sinc.push(input),
        };
        self.given += out.len() as u64;
        out
    }

    /// Gives the rest and begins anew: what is pushed next is another stream.
    pub fn finish(&mut self) -> Vec<f32> {
        let owed = output_len(self.pushed, self.from_hz, self.to_hz).saturating_sub(self.given) as usize;
        let rest = match &mut self.kind {
            Kind::Through => Vec::new(),
            Kind::Sinc(sinc) => sinc.finish(owed),
        };
        self.pushed = 0;
        self.given = 0;
        rest
    }
}

impl Sinc {
    fn new(from_hz: u32, to_hz: u32) -> Self {
        // rubato counts taps at the input's rate: going down it needs as many more to keep the same slope.
        // It rounds up to eights; so do we, to know the delay.
        let taps = (TAPS * from_hz).div_ceil(from_hz.min(to_hz)).next_multiple_of(8) as usize;
        let filter = Async::new_sinc(
            f64::from(to_hz) / f64::from(from_hz),
            1.0,
            &SincInterpolationParameters::new(taps, WindowFunction::Blackman2),
            (from_hz * CHUNK_MS / 1000) as usize,
            1,
            FixedAsync::Input,
        )
        .expect("the rates are checked and the chunk is not empty");
        let delay = Delay::of(taps, from_hz, to_hz);
        Self { filter, delay, waiting: vec![0.0; delay.silence_before], lead: delay.lead }
    }

    fn push(&mut self, input: &[f32]) -> Vec<f32> {
        self.waiting.extend_from_slice(input);
        let chunk = self.filter.input_frames_next();
        let whole = self.waiting.len() / chunk * chunk;
        let ready: Vec<f32> = self.waiting.drain(..whole).collect();
        ready.chunks_exact(chunk).flat_map(|chunk| self.filter_chunk(chunk)).collect()
    }

    fn finish(&mut self, owed: usize) -> Vec<f32> {
        let mut rest = Vec::with_capacity(owed);
        let mut chunk = mem::take(&mut self.waiting);
        while rest.len() < owed {
            chunk.resize(self.filter.input_frames_next(), 0.0);
            rest.extend(self.filter_chunk(&chunk));
            chunk.clear();
        }
        rest.truncate(owed);
        self.filter.reset();
        self.waiting.resize(self.delay.silence_before, 0.0);
        self.lead = self.delay.lead;
        rest
    }

    fn filter_chunk(&mut self, chunk: &[f32]) -> Vec<f32> {
        let input = InterleavedSlice::new(chunk, 1, chunk.len()).expect("one channel of the slice's own length");
        let mut out = self.filter.process(&input, None).expect("a whole chunk of one channel").take_data();
        let lead = self.lead.min(out.len());
        self.lead -= lead;
        out.drain(..lead);
        // A filter rings: full-scale input may overshoot.
        for sample in &mut out {
            *sample = sample.clamp(-1.0, 1.0);
        }
        out
    }
}

/// A whole sound at another rate, in time with the original and as long.
///
/// # Panics
/// As [`Resampler::new`].
pub fn resample(samples: &[f32], from_hz: u32, to_hz: u32) -> Vec<f32> {
    let mut resampler = Resampler::new(from_hz, to_hz);
    let mut out = resampler.push(samples);
    out.extend(resampler.finish());
    out
}

fn output_len(input_len: u64, from_hz: u32, to_hz: u32) -> u64 {
    (input_len * u64::from(to_hz) + u64::from(from_hz) / 2) / u64::from(from_hz)
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use proptest::prelude::*;

    use super::*;
    use crate::level;

    fn sine(hz: u32, pitch_hz: f32, len: usize) -> Vec<f32> {
        (0..len).map(|i| 0.5 * (TAU * pitch_hz * i as f32 / hz as f32).sin()).collect()
    }

    /// The louder of the differences in the middle, in dBFS: the ends lack one half of the filter's view.
    fn middle_error_dbfs(a: &[f32], b: &[f32]) -> f32 {
        let edge = a.len() / 10;
        let difference: Vec<f32> = a.iter().zip(b).map(|(a, b)| a - b).collect();
        level::peak_dbfs(&difference[edge..a.len() - edge])
    }

    #[test]
    fn a_tone_keeps_its_pitch_level_and_place() {
        for (from_hz, to_hz) in
            [(22_050, 16_000), (24_000, 16_000), (8000, 16_000), (16_000, 8000), (48_000, 16_000), (44_100, 16_000)]
        {
            let input = sine(from_hz, 1000.0, from_hz as usize);
            let expected = sine(to_hz, 1000.0, to_hz as usize);
            let error = middle_error_dbfs(&resample(&input, from_hz, to_hz), &expected);
            // Half a sample too early or too late would be -20 dBFS here.
            assert!(error < -50.0, "{from_hz} -> {to_hz}: {error} dBFS");
        }
    }

    #[test]
    fn what_the_lower_rate_cannot_carry_is_gone() {
        for (from_hz, pitch_hz) in [(48_000, 9000.0), (16_000, 4500.0), (24_000, 9000.0)] {
            let to_hz = if from_hz == 16_000 { 8000 } else { 16_000 };
            let out = resample(&sine(from_hz, pitch_hz, from_hz as usize), from_hz, to_hz);
            let edge = out.len() / 10;
            let left = level::rms_dbfs(&out[edge..out.len() - edge]);
            assert!(left < -60.0, "{pitch_hz} Hz came through {from_hz} -> {to_hz} at {left} dBFS");
        }
    }

    #[test]
    fn finish_begins_anew() {
        let mut resampler = Resampler::new(24_000, 16_000);
        let tone = sine(24_000, 440.0, 1234);
        let mut run = || {
            let mut out = resampler.push(&tone);
            out.extend(resampler.finish());
            out
        };
        assert_eq!(run(), run());
    }

    fn rates() -> impl Strategy<Value = u32> {
        prop::sample::select(vec![8000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn cutting_the_stream_changes_nothing(
            from_hz in rates(), to_hz in rates(),
            samples in prop::collection::vec(-1.0f32..=1.0, 0..3000),
            piece in 1usize..700,
        ) {
            let whole = resample(&samples, from_hz, to_hz);
            let mut resampler = Resampler::new(from_hz, to_hz);
            let mut pieces: Vec<f32> = samples.chunks(piece).flat_map(|piece| resampler.push(piece)).collect();
            pieces.extend(resampler.finish());
            prop_assert_eq!(&pieces, &whole);
            prop_assert_eq!(whole.len() as u64, output_len(samples.len() as u64, from_hz, to_hz));
            prop_assert!(whole.iter().all(|s| (-1.0..=1.0).contains(s)));
        }

        #[test]
        fn lateness_is_as_documented(from_hz in rates(), to_hz in rates(), len in 2000usize..5000) {
            let mut resampler = Resampler::new(from_hz, to_hz);
            let given = resampler.push(&vec![0.1; len]).len() as f64 / f64::from(to_hz);
            let late = len as f64 / f64::from(from_hz) - given;
            // Two samples for the rounding of what is counted here.
            let promised = 66.0 / f64::from(from_hz.min(to_hz)) + 4.0 / f64::from(from_hz) + 0.001;
            prop_assert!(late <= promised, "{late} s late, at most {promised} s promised");
        }
    }
}

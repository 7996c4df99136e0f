//! Prints what resampling costs: building the filter, and each second of sound.
#![allow(clippy::print_stdout)] // printing is what it is for

use std::time::Instant;

use audio::Resampler;

const SECONDS: u32 = 20;

fn main() {
    for (from_hz, to_hz) in [(22_050, 16_000), (24_000, 16_000), (8000, 16_000), (16_000, 8000), (48_000, 16_000)] {
        let second: Vec<f32> = (0..from_hz).map(|i| (i as f32 * 0.3).sin()).collect();
        let start = Instant::now();
        let mut resampler = Resampler::new(from_hz, to_hz);
        let built = start.elapsed();
        let start = Instant::now();
        for _ in 0..SECONDS {
            resampler.push(&second);
        }
        println!("{from_hz} -> {to_hz} Hz: built in {built:?}, a second in {:?}", start.elapsed() / SECONDS);
    }
}

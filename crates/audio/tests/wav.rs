//! WAV files good and bad, as they come from elsewhere.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use std::fs;
use std::path::PathBuf;

use audio::{WavError, wav};
use hound::{SampleFormat, WavSpec, WavWriter};
use proptest::prelude::*;
use tempfile::TempDir;

fn scratch() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("sound.wav");
    (dir, file)
}

#[test]
fn what_was_written_is_read_at_every_rate_and_number_of_channels() {
    let (_dir, file) = scratch();
    for hz in [8000, 16_000, 22_050, 48_000] {
        for channels in [1, 2, 5] {
            let mono = [0.5, -0.25, 0.0, 0.125];
            let interleaved: Vec<f32> = mono.iter().flat_map(|&s| vec![s; usize::from(channels)]).collect();
            wav::write(&file, hz, channels, &interleaved).expect("writes");
            let sound = wav::read(&file).expect("reads");
            assert_eq!((sound.hz, sound.samples.as_slice()), (hz, mono.as_slice()));
        }
    }
}

#[test]
fn every_depth_means_the_same_sound() {
    let (_dir, file) = scratch();
    for (bits, format) in [
        (8, SampleFormat::Int),
        (16, SampleFormat::Int),
        (24, SampleFormat::Int),
        (32, SampleFormat::Int),
        (32, SampleFormat::Float),
    ] {
        let spec = WavSpec { channels: 1, sample_rate: 16_000, bits_per_sample: bits, sample_format: format };
        let mut writer = WavWriter::create(&file, spec).expect("creates");
        for value in [0.5f64, -0.5, -1.0] {
            match format {
                SampleFormat::Float => writer.write_sample(value as f32),
                SampleFormat::Int => writer.write_sample((value * f64::from(1u32 << (bits - 1))) as i32),
            }
            .expect("writes");
        }
        writer.finalize().expect("finishes");
        assert_eq!(wav::read(&file).expect("reads").samples, [0.5, -0.5, -1.0], "{bits} {format:?}");
    }
}

#[test]
fn floats_that_are_no_sound_become_sound() {
    let (_dir, file) = scratch();
    let spec = WavSpec { channels: 1, sample_rate: 16_000, bits_per_sample: 32, sample_format: SampleFormat::Float };
    let mut writer = WavWriter::create(&file, spec).expect("creates");
    for value in [f32::NAN, f32::INFINITY, -7.0] {
        writer.write_sample(value).expect("writes");
    }
    writer.finalize().expect("finishes");
    assert_eq!(wav::read(&file).expect("reads").samples, [0.0, 1.0, -1.0]);
}

/// A 44-byte header of a 16-bit file, with no sound behind it.
fn header(channels: u16, hz: u32, data_bytes: u32) -> Vec<u8> {
    let mut bytes = b"RIFF".to_vec();
    bytes.extend(data_bytes.wrapping_add(36).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16u32.to_le_bytes());
    bytes.extend(1u16.to_le_bytes());
    bytes.extend(channels.to_le_bytes());
    bytes.extend(hz.to_le_bytes());
    bytes.extend(hz.wrapping_mul(u32::from(channels) * 2).to_le_bytes());
    bytes.extend((channels * 2).to_le_bytes());
    bytes.extend(16u16.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend(data_bytes.to_le_bytes());
    bytes
}

#[test]
fn bad_files_are_named_with_what_to_do() {
    let (dir, file) = scratch();
    let cases: &[(&str, Option<Vec<u8>>, &str)] = &[
        ("missing", None, "cannot open"),
        ("no bytes", Some(Vec::new()), "holds no sound"),
        ("text", Some(b"This is not a WAV file at all, it is a letter.".to_vec()), "not a whole WAV file"),
        ("header only", Some(header(1, 16_000, 0)), "holds no sound"),
        ("cut short", Some([header(1, 16_000, 1000), vec![0; 10]].concat()), "not a whole WAV file"),
        ("cut in its header", Some(header(1, 16_000, 1000)[..30].to_vec()), "not a whole WAV file"),
        ("half a gigabyte by its header", Some(header(1, 16_000, 0x2000_0000)), "268435456 samples long"),
        ("three hertz", Some([header(1, 3, 2), vec![0; 2]].concat()), "3 Hz is not a rate of speech"),
        ("a hundred channels", Some([header(100, 16_000, 200), vec![0; 200]].concat()), "100 channels"),
    ];
    for (name, bytes, expected) in cases {
        match bytes {
            Some(bytes) => fs::write(&file, bytes).expect("writes"),
            None => assert!(!file.exists()),
        }
        let error = wav::read(&file).expect_err(name).to_string();
        assert!(error.contains(expected), "{name}: {error}");
        assert!(error.contains("sound.wav") && error.contains("; "), "{name}: no path or no fix in: {error}");
    }
    assert!(matches!(wav::read(dir.path()), Err(WavError::Directory { .. })));
    assert!(matches!(wav::write(dir.path().join("no/such/place.wav"), 16_000, 1, &[0.0]), Err(WavError::Write { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn damage_is_an_error_or_sound_and_never_a_panic(
        at in 0usize..60, with in any::<[u8; 4]>(), kept in 0usize..400,
    ) {
        let (_dir, file) = scratch();
        wav::write(&file, 16_000, 2, &[0.25; 150]).expect("writes");
        let mut bytes = fs::read(&file).expect("reads");
        bytes[at..at + 4].copy_from_slice(&with);
        bytes.truncate(kept);
        fs::write(&file, bytes).expect("writes");
        if let Ok(sound) = wav::read(&file) {
            prop_assert!(!sound.samples.is_empty());
            prop_assert!(sound.samples.iter().all(|s| (-1.0..=1.0).contains(s)));
        }
    }
}

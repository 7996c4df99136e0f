//! What each codec leaves of speech, and that nothing a stranger sends can hurt.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a test fails by panicking

use std::f32::consts::TAU;
use std::time::Duration;

use audio::codec::{Codec, CodecError, Decoder, Encoder};
use audio::{Pcm, level};
use proptest::prelude::*;

const FRAME: usize = Pcm::<16_000>::frame_len();

/// Vowel-like: harmonics of a gliding voice under two formants, in four syllables a second, at about -25 dBFS.
fn speech(seconds: usize) -> Vec<f32> {
    let mut phase = 0.0f32;
    let sound = |i: usize| {
        let t = i as f32 / 16_000.0;
        let pitch = 130.0 + 30.0 * (TAU * 0.7 * t).sin();
        phase = (phase + TAU * pitch / 16_000.0) % TAU;
        let formant = 500.0 + 200.0 * (TAU * 1.3 * t).sin();
        let voice: f32 = (1..=25)
            .map(|harmonic| {
                let hz = pitch * harmonic as f32;
                let near = |centre: f32, width: f32| 1.0 / (1.0 + ((hz - centre) / width).powi(2));
                (near(formant, 150.0) + 0.4 * near(1800.0, 250.0)) * (phase * harmonic as f32).sin()
            })
            .sum();
        0.08 * voice * (0.5 - 0.5 * (TAU * 4.0 * t).cos())
    };
    (0..seconds * 16_000).map(sound).collect()
}

fn carry(codec: Codec, sound: &[f32]) -> Vec<f32> {
    let (mut encoder, mut decoder) = (Encoder::new(codec), Decoder::new(codec));
    let frames = sound.chunks(FRAME).map(|frame| Pcm::new(frame.to_vec()));
    frames.flat_map(|frame| decoder.decode(&encoder.encode(&frame)).unwrap().into_samples()).collect()
}

/// The best signal-to-noise ratio over all delays up to 40 ms, in dB, and that delay in samples.
fn snr_db(sent: &[f32], heard: &[f32]) -> (f32, usize) {
    let power = |samples: &mut dyn Iterator<Item = f32>| samples.map(|s| f64::from(s).powi(2)).sum::<f64>();
    let at = |delay: usize| {
        let noise = power(&mut heard[delay..].iter().zip(sent).map(|(h, s)| h - s));
        (10.0 * (power(&mut sent.iter().copied()) / noise).log10()) as f32
    };
    (0..640).map(|delay| (at(delay), delay)).max_by(|a, b| a.0.total_cmp(&b.0)).unwrap()
}

#[test]
fn speech_survives_each_codec() {
    let sent = speech(4);
    // Opus models speech rather than its waveform.
    for (codec, snr_min) in [(Codec::Pcmu, 30.0), (Codec::Pcma, 30.0), (Codec::G722, 20.0), (Codec::Opus, 8.0)] {
        let heard = carry(codec, &sent);
        let (snr, delay) = snr_db(&sent, &heard);
        let level = level::rms_dbfs(&heard) - level::rms_dbfs(&sent);
        println!("{codec:?}: {snr:.1} dB, {:.1} ms late, level {level:+.2} dB", delay as f32 / 16.0);
        assert!(snr > snr_min && level.abs() < 1.0, "{codec:?}: {snr} dB, level {level} dB");
        assert!(sent.len() - heard.len() <= 16 * 14, "{codec:?} holds back {}", sent.len() - heard.len());
    }
}

#[test]
fn payloads_are_as_long_as_the_clock_says() {
    for codec in Codec::ALL {
        let mut encoder = Encoder::new(codec);
        for frame in speech(1).chunks(FRAME) {
            let payload = encoder.encode(&Pcm::new(frame.to_vec()));
            assert_eq!(codec.payload_duration(&payload), Ok(codec.clock_hz() / 50), "{codec:?}");
        }
        assert_eq!(codec.payload_duration(&encoder.encode(&Pcm::new(vec![0.1; 7]))), Ok(codec.clock_hz() / 50));
    }
}

#[test]
fn packets_of_any_length_are_decoded() {
    let sound = speech(2);
    for codec in [Codec::Pcmu, Codec::Pcma, Codec::G722] {
        let mut encoder = Encoder::new(codec);
        let bytes: Vec<u8> = sound.chunks(FRAME).flat_map(|frame| encoder.encode(&Pcm::new(frame.to_vec()))).collect();
        let whole = carry(codec, &sound);
        for piece in [80, 240, 320, 480, 77] {
            let mut decoder = Decoder::new(codec);
            let heard: Vec<f32> = bytes.chunks(piece).flat_map(|p| decoder.decode(p).unwrap().into_samples()).collect();
            assert_eq!(heard, whole, "{codec:?} in pieces of {piece}");
        }
    }
}

#[test]
fn lost_frames_are_concealed_and_time_goes_on() {
    let sent = speech(2);
    for codec in Codec::ALL {
        let (mut encoder, mut decoder) = (Encoder::new(codec), Decoder::new(codec));
        let mut heard = Vec::new();
        for (index, frame) in sent.chunks(FRAME).enumerate() {
            let payload = encoder.encode(&Pcm::new(frame.to_vec()));
            let pcm = match index {
                40 => decoder.conceal(Duration::from_millis(20)),
                60..80 => decoder.conceal(Duration::from_millis(20)),
                85..90 => decoder.silence(Duration::from_millis(20)),
                _ => decoder.decode(&payload).unwrap(),
            };
            heard.extend(pcm.into_samples());
        }
        assert!(sent.len() - heard.len() <= 16 * 14, "{codec:?}");
        let frame_level = |index: usize| level::rms_dbfs(&heard[index * FRAME..(index + 1) * FRAME]);
        assert!(frame_level(40) > frame_level(39) - 15.0, "{codec:?}: a hole at {} dBFS", frame_level(40));
        assert!(frame_level(78) < -45.0, "{codec:?} goes on at {} dBFS", frame_level(78));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    /// Whatever comes is refused or sounds like something; the stream goes on afterwards.
    #[test]
    fn garbage_is_refused_or_heard(payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..400), 1..6)) {
        for codec in Codec::ALL {
            let mut decoder = Decoder::new(codec);
            for payload in &payloads {
                match decoder.decode(payload) {
                    Ok(pcm) => prop_assert!(pcm.len() <= 16 * 134),
                    Err(CodecError::Empty | CodecError::TooLong | CodecError::Broken) => {
                        decoder.conceal(Duration::from_millis(20));
                    }
                }
            }
        }
    }

    /// Opus that was damaged on the way is harder to refuse than noise.
    #[test]
    fn damaged_opus_is_refused_or_heard(
        hits in prop::collection::vec((0usize..2000, any::<u8>()), 1..20), cut in 1usize..80, configuration in 0u8..32,
    ) {
        let (mut encoder, mut decoder) = (Encoder::new(Codec::Opus), Decoder::new(Codec::Opus));
        for (index, frame) in speech(1).chunks(FRAME).take(8).enumerate() {
            let mut payload = encoder.encode(&Pcm::new(frame.to_vec()));
            for &(place, byte) in &hits {
                let len = payload.len();
                if place / 200 == index {
                    payload[place % len] = byte;
                }
            }
            if index % 3 == 1 {
                payload.truncate(cut);
            }
            if index % 3 == 2 {
                payload[0] = configuration << 3 | payload[0] & 7;
            }
            let _refused = decoder.decode(&payload).is_err();
        }
    }
}

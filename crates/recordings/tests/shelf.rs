//! What is written can be read with its key, as far as it was written, and by nobody else.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use std::f32::consts::TAU;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use domain::CallId;
use recordings::{FRAME_SAMPLES, Heard, RecordingError, RecordingKey, Shelf};

const SECONDS: usize = 5;

fn shelf(folder: &std::path::Path, digit: &str) -> Shelf {
    Shelf::new(folder.join("recordings"), RecordingKey::from_hex(&digit.repeat(64)).unwrap())
}

fn tone(hz: f32, from: usize, len: usize) -> Vec<f32> {
    (from..from + len).map(|at| 0.3 * (TAU * hz * at as f32 / 16_000.0).sin()).collect()
}

/// The caller hums at 300 Hz in even seconds, FirstRing at 900 Hz in odd ones.
fn frame(index: usize) -> [Vec<f32>; 2] {
    let (silence, from) = (vec![0.0; FRAME_SAMPLES], index * FRAME_SAMPLES);
    let caller_hums = (index / 50).is_multiple_of(2);
    if caller_hums { [tone(300.0, from, FRAME_SAMPLES), silence] } else { [silence, tone(900.0, from, FRAME_SAMPLES)] }
}

/// How much of `hz` is in a second of sound: the amplitude of that tone.
fn amplitude(sound: &[f32], second: usize, hz: f32) -> f32 {
    let piece = &sound[second * 16_000 + 1600..(second + 1) * 16_000 - 1600];
    let parts = piece.iter().enumerate().map(|(at, sample)| {
        let angle = TAU * hz * at as f32 / 16_000.0;
        (sample * angle.cos(), sample * angle.sin())
    });
    let (re, im) = parts.fold((0.0, 0.0), |(re, im), (r, i)| (re + r, im + i));
    2.0 * f32::hypot(re, im) / piece.len() as f32
}

fn recorded(shelf: &Shelf, call: CallId) -> recordings::Kept {
    let mut writer = shelf.begin(call).unwrap();
    for index in 0..SECONDS * 50 {
        let [left, right] = frame(index);
        writer.write(&left, &right).unwrap();
    }
    writer.finish().unwrap()
}

#[track_caller]
fn sounds_right(heard: &Heard, seconds: usize) {
    for second in 0..seconds {
        let (left, right) = (amplitude(&heard.left, second, 300.0), amplitude(&heard.right, second, 900.0));
        let (wrong_left, wrong_right) = (amplitude(&heard.left, second, 900.0), amplitude(&heard.right, second, 300.0));
        let caller_hums = second.is_multiple_of(2);
        let (on, off) = if caller_hums { (left, right) } else { (right, left) };
        assert!((on - 0.3).abs() < 0.06, "second {second}: {on}");
        assert!(
            off < 0.003 && wrong_left < 0.01 && wrong_right < 0.01,
            "second {second}: {off} {wrong_left} {wrong_right}"
        );
    }
}

#[test]
fn both_sides_are_read_as_they_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let (shelf, call) = (shelf(folder.path(), "a"), CallId::new());
    let kept = recorded(&shelf, call);
    let heard = shelf.read(call).unwrap();
    assert!(heard.whole);
    assert_eq!((heard.left.len(), heard.right.len()), (SECONDS * 16_000, SECONDS * 16_000));
    sounds_right(&heard, SECONDS);
    let path = folder.path().join("recordings").join(&kept.file);
    let bytes = fs::read(&path).unwrap();
    assert_eq!((kept.len_ms, kept.bytes), (5000, bytes.len() as u64));
    assert_eq!(kept.sha256, shelf.sha256(call).unwrap());
    assert_eq!(shelf.measure(call).unwrap(), kept);
    assert!(!bytes.windows(4).any(|word| word == b"OggS" || word == b"Opus"), "nothing lies in the clear");
    assert_eq!(fs::read_dir(folder.path().join("recordings")).unwrap().count(), 1, "no other file");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(shelf.delete(call).unwrap() && !shelf.delete(call).unwrap());
    assert!(matches!(shelf.read(call), Err(RecordingError::Missing { .. })));
}

#[test]
fn what_a_crash_leaves_is_read_up_to_its_last_second() {
    let folder = tempfile::tempdir().unwrap();
    let (shelf, call) = (shelf(folder.path(), "a"), CallId::new());
    let kept = recorded(&shelf, call);
    let path = folder.path().join("recordings").join(&kept.file);
    let bytes = fs::read(&path).unwrap();
    let mut longest = 0;
    for cut in (0..bytes.len()).step_by(997).chain([bytes.len() - 1]) {
        fs::write(&path, &bytes[..cut]).unwrap();
        match shelf.read(call) {
            Ok(heard) => {
                assert!(!heard.whole, "cut at {cut}");
                assert!(heard.left.len() >= longest, "more of the file, more of the sound");
                longest = heard.left.len();
                sounds_right(&heard, heard.left.len() / 16_000);
            }
            Err(why) => assert!(cut < 20 && matches!(why, RecordingError::NotOurs { .. }), "cut at {cut}: {why}"),
        }
    }
    assert!(longest > (SECONDS - 1) * 16_000 - 160 * 16, "all but the end is there: {longest}");
}

#[test]
fn another_key_another_call_and_changed_bytes_open_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, call) = (shelf(folder.path(), "a"), CallId::new());
    let kept = recorded(&ours, call);
    assert!(matches!(shelf(folder.path(), "b").read(call), Err(RecordingError::NotOurs { .. })));
    let path = folder.path().join("recordings").join(&kept.file);
    let other = CallId::new();
    fs::copy(&path, folder.path().join("recordings").join(Shelf::file_of(other))).unwrap();
    assert!(matches!(ours.read(other), Err(RecordingError::NotOurs { .. })));
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, &bytes).unwrap();
    assert!(matches!(ours.read(call), Err(RecordingError::NotOurs { .. })));
    assert!(RecordingKey::from_hex("abc").is_err() && RecordingKey::from_hex(&"g".repeat(64)).is_err());
}

#[test]
fn a_folder_that_cannot_be_written_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("recordings"), b"a file where the folder should be").unwrap();
    let refused = shelf(folder.path(), "a").begin(CallId::new());
    assert!(matches!(refused, Err(RecordingError::Write { .. })), "{refused:?}");
}

//! A call by microphone through a sound server of its own: null sinks of PulseAudio stand for the microphone and the loudspeaker, and
//! the ALSA plugin makes them this computer's default devices. The server lives in a folder of the test and ends with it.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
mod line;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use audio::{Pcm, level};
use line::{Call, pitch, tone};
use testbed::{LOUDSPEAKER, MICROPHONE, PulseAudio, SoundDevices};
use transport::LegNews;
use transport::microphone::{Cleaner, MicrophoneError, MicrophoneOptions, open};

/// The server's folder, in the process that sits at the microphone.
const FOLDER: &str = "FIRSTRING_TEST_PULSE";

#[test]
fn a_call_through_a_sound_server() {
    let Some(server) = PulseAudio::start() else { return };
    let mut inner = Command::new(std::env::current_exe().unwrap());
    server.devices.belong_to(&mut inner);
    inner.args(["at_the_microphone", "--exact", "--ignored", "--nocapture"]).env(FOLDER, server.devices.folder());
    let done = inner.output().unwrap();
    println!("{}", String::from_utf8_lossy(&done.stdout));
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// Started by the test above, with the server's devices as the computer's own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the test above starts it"]
async fn at_the_microphone() {
    let dir = std::env::var_os(FOLDER).expect("started by the test above");
    let (dir, devices) = (Path::new(&dir), SoundDevices::of(Path::new(&dir)));
    let nowhere = MicrophoneOptions { input: Some("nowhere".to_owned()), output: None };
    assert_eq!(open(&nowhere).await.unwrap_err(), MicrophoneError::Unknown("microphone", "nowhere".to_owned()));

    let (leg, mut talker) = open(&MicrophoneOptions::default()).await.unwrap();
    let mut call = Call::new(leg);
    let wav = dir.join("caller.wav");
    audio::wav::write(&wav, 16_000, 1, &tone(line::TONE_OF_CALLER, 16_000, Duration::from_secs(2))).unwrap();
    let playing = devices.say(&wav);
    call.listens(Duration::from_secs(3)).await;
    drop(playing);
    let heard = pitch(&call.heard, 16_000);
    println!("microphone: a tone of {} Hz was heard at {heard} Hz", line::TONE_OF_CALLER);
    assert!((heard - line::TONE_OF_CALLER).abs() < 25.0);

    let said = dir.join("said.wav");
    let recording = devices.record(LOUDSPEAKER, &said);
    call.listens(Duration::from_millis(500)).await;
    call.says_a_tone(Duration::from_secs(2));
    call.listens(Duration::from_secs(3)).await;
    recording.end();
    let said = pitch(&audio::wav::read(&said).unwrap().samples, 16_000);
    println!("loudspeaker: a tone of {} Hz was recorded at {said} Hz", line::TONE_OF_OURS);
    assert!((said - line::TONE_OF_OURS).abs() < 25.0);

    echo(dir, &devices, &mut call).await;
    talker.press('7').await;
    assert_eq!(call.news(WITHIN, |news| matches!(news, LegNews::Dtmf(_))).await, Some(LegNews::Dtmf('7')));
    talker.hang_up();
    assert_eq!(call.news(WITHIN, |news| matches!(news, LegNews::HungUp)).await, Some(LegNews::HungUp));
    assert_eq!(talker.ended().await, Ok(()));

    let (leg, mut talker) = open(&MicrophoneOptions::default()).await.unwrap();
    let mut call = Call::new(leg);
    call.listens(Duration::from_millis(500)).await;
    devices.order(&["exit"]);
    assert_eq!(call.news(WITHIN, |news| matches!(news, LegNews::Lost)).await, Some(LegNews::Lost));
    let ended = talker.ended().await;
    println!("the server is gone: {}", ended.as_ref().unwrap_err());
    assert!(matches!(ended, Err(MicrophoneError::Gone(_))), "{ended:?}");
}

const WITHIN: Duration = Duration::from_secs(10);
/// Quieter than a line at rest.
const CANCELLED_DBFS: f32 = -60.0;

/// The loudspeaker is heard by the microphone, 6 dB quieter, and cancelled.
async fn echo(dir: &Path, devices: &SoundDevices, call: &mut Call) {
    devices.order(&[
        "load-module",
        "module-loopback",
        "source=loudspeaker.monitor",
        "sink=microphone",
        "latency_msec=40",
    ]);
    devices.order(&["set-sink-volume", MICROPHONE, "80%"]);
    let raw = dir.join("raw.wav");
    let recording = devices.record(MICROPHONE, &raw);
    call.says(speech_like(Duration::from_secs(45)));
    call.listens(Duration::from_secs(2)).await;
    // A computer that is busy loses a moment of sound now and then, after which the canceller looks for the way again: the first good
    // second counts.
    let mut left = f32::INFINITY;
    for _ in 0..40 {
        call.heard.clear();
        call.listens(Duration::from_secs(1)).await;
        // A moment in which nothing comes at all is no silence.
        if call.heard.len() > 15_000 {
            left = left.min(level::rms_dbfs(&call.heard));
        }
        if left < CANCELLED_DBFS {
            break;
        }
    }
    call.listens(Duration::from_secs(2)).await;
    recording.end();
    let raw = audio::wav::read(&raw).unwrap().samples;
    let there = level::rms_dbfs(&raw[2 * 16_000..]);
    println!("echo: {there:.1} dBFS at the microphone, {left:.1} dBFS heard: {:.1} dB less", there - left);
    assert!(there > -40.0, "the echo is there");
    assert!(there - left > 15.0, "the echo is cancelled");
}

/// Noise in bursts of a syllable's length: an echo canceller learns nothing from a tone.
fn speech_like(long: Duration) -> Vec<f32> {
    let mut state = 1_u32;
    let mut last = 0.0;
    let noise = |at: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let white = (state >> 8) as f32 / 8_388_608.0 - 1.0;
        last = 0.8 * last + 0.2 * white;
        let syllable = (std::f32::consts::TAU * 3.0 * at as f32 / 16_000.0).sin().max(0.0);
        1.2 * last * syllable
    };
    (0..(long.as_secs_f32() * 16_000.0) as usize).map(noise).collect()
}

#[test]
fn our_own_voice_is_taken_out_and_the_caller_stays() {
    let ours = speech_like(Duration::from_secs(8));
    let mut cleaner = Cleaner::new();
    let (mut echo, mut clean) = (Vec::new(), Vec::new());
    let late = 60 * 16;
    // In the last two seconds the caller speaks too.
    let caller = tone(line::TONE_OF_CALLER, 16_000, Duration::from_secs(2));
    let over = ours.len() - caller.len();
    let heard_at = |from: usize| -> Vec<f32> {
        let echo = |at: usize| if at < late { 0.0 } else { 0.3 * ours[at - late] };
        (from..from + 320).map(|at| echo(at) + if at < over { 0.0 } else { caller[at - over] }).collect()
    };
    for from in (0..ours.len() - 320).step_by(320) {
        cleaner.played(&Pcm::new(ours[from..from + 320].to_vec()));
        let heard = heard_at(from);
        clean.extend(cleaner.heard(&heard).into_samples());
        echo.extend(heard);
    }
    let settled = 4 * 16_000..over;
    let (there, left) = (level::rms_dbfs(&echo[settled.clone()]), level::rms_dbfs(&clean[settled]));
    println!("echo: {there:.1} dBFS, {left:.1} dBFS left: {:.1} dB less", there - left);
    assert!(there - left > 20.0);

    let over_us = level::rms_dbfs(&clean[over..]);
    println!("a caller who speaks over it: {:.1} dBFS, {over_us:.1} dBFS left", level::rms_dbfs(&caller));
    assert!(over_us > left + 20.0, "who speaks over us is heard");
}

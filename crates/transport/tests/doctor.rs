//! Somebody else is rung, and put on the line with a caller; on the loopback interface.
#![allow(clippy::unwrap_used, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
mod line;

use std::path::Path;
use std::time::Duration;

use domain::Phi;
use line::{Call, Line, TONE_OF_CALLER, TONE_OF_OURS, loud, pitch, telephone, tone};
use testbed::{Baresip, Phone};
use tokio::sync::oneshot;
use transport::sip::SipOptions;
use transport::{Bridge, LegNews, NotAnswered, Refer};

const SOON: Duration = Duration::from_secs(10);
const TONE_OF_DOCTOR: f32 = 1200.0;

/// A doctor's telephone.
fn doctors(dir: &Path, codec: &str, hz: u32, answers: bool) -> Phone {
    let wav = dir.join(format!("doctor-{hz}.wav"));
    audio::wav::write(&wav, hz, 1, &tone(TONE_OF_DOCTOR, hz, Duration::from_secs(30))).unwrap();
    Phone { name: "doctor".to_owned(), wav, answers, ..telephone(dir, codec, hz) }
}

/// A line that may ring this doctor.
async fn line_to(doctor: &Baresip) -> Line {
    Line::with(SipOptions { may_ring: vec![Phi::new(doctor.address.clone())], ..line::options() }).await
}

#[tokio::test]
async fn a_caller_and_a_doctor_hear_each_other_whatever_their_codecs() {
    for (callers, callers_hz, codec, hz) in
        [("pcmu", 8000, "G722/16000/1", 16_000), ("opus/48000/2", 48_000, "pcma", 8000)]
    {
        let wavs = tempfile::tempdir().unwrap();
        let mut doctor = Baresip::start(&doctors(wavs.path(), codec, hz, true)).await;
        let mut line = line_to(&doctor).await;
        let mut caller = Baresip::start(&telephone(wavs.path(), callers, callers_hz)).await;
        caller.order("dial", &line.address).await;
        let mut patient = line.rings().await;
        patient.leg.speaker.ringback(true);
        let mut whispered = Call::new(line.dials(&doctor.address).await.await.unwrap().unwrap());
        whispered.says_a_tone(Duration::from_secs(1));
        whispered.listens(Duration::from_millis(1500)).await;
        assert!((pitch(&whispered.heard, 16_000) - TONE_OF_DOCTOR).abs() < 8.0, "{codec}");
        doctor.order("sndcode", "1").await;
        assert_eq!(whispered.news(SOON, |news| matches!(news, LegNews::Dtmf(_))).await, Some(LegNews::Dtmf('1')));

        patient.leg.speaker.ringback(false);
        let (here, there) = Bridge::pair();
        patient.leg.speaker.bridge(here).unwrap();
        whispered.leg.speaker.bridge(there).unwrap();
        patient.listens(Duration::from_millis(200)).await;
        patient.heard.clear();
        patient.listens(Duration::from_secs(3)).await;
        assert_eq!(patient.heard.len(), 0, "nobody here hears what two people say to each other");
        doctor.order("hangup", "").await;
        assert_eq!(whispered.news(SOON, |news| *news == LegNews::HungUp).await, Some(LegNews::HungUp));
        caller.order("hangup", "").await;
        assert_eq!(patient.news(SOON, |news| *news == LegNews::HungUp).await, Some(LegNews::HungUp));

        let (by_doctor, by_caller) = (recorded(&doctor).await, recorded(&caller).await);
        let last = |sound: &audio::Sound| sound.samples[sound.samples.len() - 2 * sound.hz as usize..].to_vec();
        let first = |sound: &audio::Sound| sound.samples[..sound.hz as usize].to_vec();
        assert!((pitch(&first(&by_doctor), by_doctor.hz) - TONE_OF_OURS).abs() < 12.0, "{codec}: whispered");
        assert!((pitch(&last(&by_doctor), by_doctor.hz) - TONE_OF_CALLER).abs() < 8.0, "{codec}");
        // The end of what the caller heard is after the doctor had hung up.
        let middle = &by_caller.samples[by_caller.samples.len() - 3 * by_caller.hz as usize..];
        let middle = &middle[..2 * by_caller.hz as usize];
        assert!((pitch(middle, by_caller.hz) - TONE_OF_DOCTOR).abs() < 8.0, "{callers}");
        line.close().await;
    }
}

async fn recorded(phone: &Baresip) -> audio::Sound {
    audio::wav::read(phone.heard().await).unwrap()
}

#[tokio::test]
async fn a_doctor_who_declines_or_has_another_codec_is_told_of_and_one_who_does_not_answer_is_left_in_peace() {
    let wavs = tempfile::tempdir().unwrap();
    let mut doctor = Baresip::start(&doctors(wavs.path(), "pcmu", 8000, false)).await;
    let line = line_to(&doctor).await;
    let answer = line.dials(&doctor.address).await;
    doctor.happens("CALL_INCOMING", SOON).await;
    doctor.order("hangup", "").await;
    assert_eq!(answer.await.unwrap().unwrap_err(), NotAnswered::Busy, "baresip says 486 when it is hung up");

    let answer = line.dials(&doctor.address).await;
    doctor.happens("CALL_INCOMING", SOON).await;
    drop(answer);
    doctor.happens("CALL_CLOSED", SOON).await;

    let answer = line.dials("sip:somebody@127.0.0.1:9").await;
    assert_eq!(answer.await.unwrap().unwrap_err(), NotAnswered::NotAllowed, "an address that is not configured");
    line.close().await;
}

#[tokio::test]
async fn whoever_waits_for_somebody_hears_quiet_tones() {
    let wavs = tempfile::tempdir().unwrap();
    let mut line = Line::open().await;
    let mut caller = Baresip::start(&telephone(wavs.path(), "pcmu", 8000)).await;
    caller.order("dial", &line.address).await;
    let mut patient = line.rings().await;
    patient.leg.speaker.ringback(true);
    patient.listens(Duration::from_secs(7)).await;
    caller.order("hangup", "").await;
    patient.news(SOON, |news| *news == LegNews::HungUp).await.unwrap();
    let heard = recorded(&caller).await;
    let tones = heard.samples.chunks(heard.hz as usize / 50).filter(|part| part.iter().any(|s| s.abs() > 0.02));
    let tones = tones.count();
    assert!((80..160).contains(&tones), "about two seconds of the seven: {tones} blocks of 20 ms");
    assert_eq!(loud(&heard.samples, heard.hz).len(), 0, "quiet");
    line.close().await;
}

/// Has the caller's telephone call the doctor, and gives what became of that.
async fn referred(patient: &mut Call, doctor: &Baresip) -> Result<(), NotAnswered> {
    let (done, outcome) = oneshot::channel();
    patient.leg.speaker.refer(Refer { to: Phi::new(doctor.address.clone()), speaks_on: false, done }).unwrap();
    patient.listens(Duration::from_secs(5)).await;
    outcome.await.unwrap()
}

#[tokio::test]
async fn a_caller_is_handed_over_by_refer_and_taken_back_if_that_fails() {
    let wavs = tempfile::tempdir().unwrap();
    let phone = telephone(wavs.path(), "pcmu", 8000);
    let other_codec = Phone { codec: "pcma".to_owned(), ..doctors(wavs.path(), "pcma", 8000, true) };
    let deaf = Baresip::start(&other_codec).await;
    let mut doctor = Baresip::start(&doctors(wavs.path(), "pcmu", 8000, true)).await;
    let mut line = Line::open().await;
    let mut caller = Baresip::start(&phone).await;
    caller.order("dial", &line.address).await;
    let mut patient = line.rings().await;

    assert_eq!(referred(&mut patient, &deaf).await, Err(NotAnswered::NotReached), "nothing that both speak");
    patient.heard.clear();
    patient.listens(Duration::from_secs(2)).await;
    assert!((pitch(&patient.heard, 16_000) - TONE_OF_CALLER).abs() < 8.0, "the caller is still with us");

    assert_eq!(referred(&mut patient, &doctor).await, Ok(()));
    doctor.happens("CALL_ESTABLISHED", SOON).await;
    patient.leg.over.cancel();
    doctor.order("hangup", "").await;
    let heard = recorded(&doctor).await;
    assert!((pitch(&heard.samples, heard.hz) - TONE_OF_CALLER).abs() < 8.0, "the doctor hears the caller");
    line.close().await;
}

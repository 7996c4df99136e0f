//! PJSIP is asked to put the doctor in our place (REFER with Replaces), and does.
#![allow(clippy::unwrap_used, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
mod line;

use std::time::Duration;

use domain::Phi;
use line::{Call, Line, TONE_OF_CALLER, options, pitch, tone};
use serde_json::Value;
use tempfile::TempDir;
use testbed::Party;
use tokio::sync::oneshot;
use transport::sip::SipOptions;
use transport::{Bridge, LegNews, NotAnswered, Refer};

const SOON: Duration = Duration::from_secs(15);
const TONE_OF_DOCTOR: f32 = 1200.0;

/// A caller and a doctor who speak with each other by us.
struct Together {
    line: Line,
    caller: Party,
    doctor: Party,
    patient: Call,
    rung: Call,
    _wavs: TempDir,
}

impl Together {
    async fn new() -> Self {
        let wavs = tempfile::tempdir().unwrap();
        let mut parties = Vec::new();
        for (name, pitch) in [("caller", TONE_OF_CALLER), ("doctor", TONE_OF_DOCTOR)] {
            let wav = wavs.path().join(name);
            audio::wav::write(&wav, 8000, 1, &tone(pitch, 8000, Duration::from_secs(60))).unwrap();
            parties.push(Party::start(name, &wav).await);
        }
        let (doctor, mut caller) = (parties.pop().unwrap(), parties.pop().unwrap());
        let may_ring = vec![Phi::new(doctor.address.clone())];
        let mut line = Line::with(SipOptions { may_ring, ..options() }).await;
        caller.order(&format!("dial {}", line.address)).await;
        let patient = line.rings().await;
        let rung = Call::new(line.dials(&doctor.address).await.await.unwrap().unwrap());
        let (here, there) = Bridge::pair();
        patient.leg.speaker.bridge(here).unwrap();
        rung.leg.speaker.bridge(there).unwrap();
        let mut together = Self { line, caller, doctor, patient, rung, _wavs: wavs };
        together.passes(Duration::from_secs(2)).await;
        together
    }

    /// Both calls go on.
    async fn passes(&mut self, long: Duration) {
        tokio::join!(self.patient.listens(long), self.rung.listens(long));
    }

    /// Asks the caller's telephone to call the doctor's in our place.
    async fn refer(&mut self) -> Result<(), NotAnswered> {
        let (done, mut outcome) = oneshot::channel();
        let to = self.rung.leg.in_our_place.clone().expect("the doctor has said where they are");
        self.patient.leg.speaker.refer(Refer { to, speaks_on: false, done }).unwrap();
        for _ in 0..30 {
            self.passes(Duration::from_millis(500)).await;
            if let Ok(outcome) = outcome.try_recv() {
                return outcome;
            }
        }
        panic!("nothing is told")
    }
}

fn becomes(call: u64, state: &str) -> impl Fn(&Value) -> bool {
    move |news| news["call"] == call && news["state"] == state
}

/// Of the last second but one of a recording.
fn pitch_at_the_end(wav: &std::path::Path) -> f32 {
    let heard = audio::wav::read(wav).unwrap();
    let end = heard.samples.len() - heard.hz as usize / 2;
    pitch(&heard.samples[end - heard.hz as usize..end], heard.hz)
}

#[tokio::test]
async fn a_caller_and_a_doctor_go_on_without_us() {
    let mut all = Together::new().await;
    assert_eq!(all.refer().await, Ok(()), "the caller's telephone has told so");
    let hung_up = all.rung.news(SOON, |news| *news == LegNews::HungUp).await;
    assert_eq!(hung_up, Some(LegNews::HungUp), "who replaces a call ends the one before");
    all.doctor.happens(SOON, |news| news["call"] == 1 && news["replaced"] == true).await;
    all.patient.leg.over.cancel();
    all.caller.happens(SOON, becomes(1, "DISCONNECTED")).await;
    let Together { line, mut caller, mut doctor, .. } = all;
    line.close().await;

    // There is nobody between the two any more.
    tokio::time::sleep(Duration::from_secs(3)).await;
    caller.order("hangup").await;
    caller.happens(SOON, becomes(2, "DISCONNECTED")).await;
    doctor.happens(SOON, becomes(2, "DISCONNECTED")).await;
    for (party, theirs) in [(caller, TONE_OF_DOCTOR), (doctor, TONE_OF_CALLER)] {
        let (_files, heard) = party.heard().await;
        assert_eq!(heard.len(), 2);
        for (call, wav) in heard.iter().enumerate() {
            let heard = pitch_at_the_end(wav);
            assert!((heard - theirs).abs() < 8.0, "call {}: {heard} Hz for {theirs}", call + 1);
        }
    }
}

#[tokio::test]
async fn a_caller_stays_with_the_doctor_by_us_if_the_doctors_telephone_will_not_be_put_in_our_place() {
    let mut all = Together::new().await;
    all.doctor.order("replaced 603").await;
    all.doctor.happens(SOON, |news| news["to_who_replaces"] == 603).await;
    assert_eq!(all.refer().await, Err(NotAnswered::NotReached));
    let refused = all.caller.happens(SOON, becomes(2, "DISCONNECTED")).await;
    assert_eq!(refused["status"], 603);
    all.passes(Duration::from_secs(3)).await;
    assert_eq!(all.line.remembered(), 2, "both calls stand");
    all.caller.order("hangup").await;
    assert_eq!(all.patient.news(SOON, |news| *news == LegNews::HungUp).await, Some(LegNews::HungUp));
    all.rung.leg.over.cancel();
    all.doctor.happens(SOON, becomes(1, "DISCONNECTED")).await;
    all.line.close().await;
    for (party, theirs) in [(all.caller, TONE_OF_DOCTOR), (all.doctor, TONE_OF_CALLER)] {
        let (_files, heard) = party.heard().await;
        assert_eq!(heard.len(), 1, "they have had no other call");
        let heard = pitch_at_the_end(&heard[0]);
        assert!((heard - theirs).abs() < 8.0, "{heard} Hz for {theirs}");
    }
}

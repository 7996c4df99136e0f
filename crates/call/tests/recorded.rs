//! Calls that are recorded: both sides as they were, without the digits of cards; and calls that are not.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)] // a panic is how a test fails; tests pick what they look for

mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use call::{FrontDesk, Happening, RECORDING_NEWS_MAX, Recorder, RecordingNews};
use dialogue::{Output, Record};
use domain::{CallId, CallTime, Utterance};
use recordings::{Heard, RecordingKey, Shelf};
use support::{CARD, Call, Fault, Faults, Held, Lines, REFILL};
use tokio::sync::mpsc;
use transport::loopback::Recording;

const SOUND: Faults = Faults { recognizer: Fault::None, voice: Fault::None, lines: Lines::OnDisk };
const MORNING: &str = "2026-03-03T10:00:00-05:00[America/New_York]";

fn shelf(folder: &Path) -> Shelf {
    Shelf::new(folder, RecordingKey::from_hex(&"5".repeat(64)).unwrap())
}

/// A call at a practice that records so, and what became of its recording.
async fn call(folder: &Path, policy: domain::Recording, says: &[&str]) -> (Held, Recording, Vec<RecordingNews>) {
    let (news, mut told) = mpsc::channel(RECORDING_NEWS_MAX);
    let recorder = Recorder { shelf: shelf(folder), news };
    let differs = |desk: &mut FrontDesk| {
        Arc::make_mut(&mut desk.practice).front_desk.recording = policy;
        desk.recorder = Some(recorder);
    };
    let mut call = Call::begin_at(MORNING, SOUND, differs).await;
    for text in says {
        call.say(text).await;
    }
    let (held, line) = call.end_with_recording().await;
    let mut all = Vec::new();
    while let Some(news) = told.recv().await {
        all.push(news);
    }
    (held, line, all)
}

/// The only recording of a call, read.
fn heard(folder: &Path, news: &[RecordingNews]) -> (CallId, Heard) {
    let [RecordingNews::Begun(begun), RecordingNews::Kept(call, kept)] = news else { panic!("{news:?}") };
    assert_eq!(begun, call);
    let heard = shelf(folder).read(*call).unwrap();
    assert!(heard.whole);
    assert_eq!(kept.len_ms, heard.left.len() as u64 / 16);
    (*call, heard)
}

/// Where the recording begins.
fn begins(held: &Held) -> CallTime {
    let on = held.journal.iter().find(|entry| matches!(entry.what, Happening::Output(Output::Record(Record::On))));
    on.unwrap().at
}

/// Utterances, in order.
fn utterances(held: &Held) -> Vec<Utterance> {
    let utterance = |what: &Happening| match what {
        Happening::Heard(utterance) => Some(utterance.clone()),
        _ => None,
    };
    held.journal.iter().filter_map(|entry| utterance(&entry.what)).collect()
}

/// The loudest sample between two times, of a recording that begins at `begin`. The fake caller's words are steps, of which Opus keeps
/// the edges.
fn level(side: &[f32], begin: CallTime, from: CallTime, to: CallTime) -> f32 {
    let at = |time: CallTime| (time.since(begin).as_millis() as usize * 16).min(side.len());
    let piece = &side[at(from)..at(to)];
    assert!(!piece.is_empty(), "{from} to {to} is not in a recording that begins at {begin}");
    piece.iter().fold(0.0, |loudest, sample| sample.abs().max(loudest))
}

#[tokio::test(start_paused = true)]
async fn both_sides_are_kept_from_the_notice_on_and_the_digits_of_a_card_are_silence() {
    let folder = tempfile::tempdir().unwrap();
    let (held, line, news) = call(folder.path(), domain::Recording::Notice, &[REFILL, CARD]).await;
    let (_, heard) = heard(folder.path(), &news);
    let (begin, said) = (begins(&held), utterances(&held));
    assert_eq!(said.len(), 2);
    let stereo = line.stereo();
    let sides: [Vec<f32>; 2] = [0, 1].map(|side| stereo.iter().skip(side).step_by(2).copied().collect());
    let (spoken, card) = (&said[0], &said[1]);
    let as_sent = level(&sides[0], CallTime::ZERO, spoken.from, spoken.to);
    let kept = level(&heard.left, begin, spoken.from, spoken.to);
    assert!(as_sent > 0.1 && (kept / as_sent - 1.0).abs() < 0.3, "the caller is left: {kept} of {as_sent}");
    let crossed = level(&heard.right, begin, spoken.from, spoken.to);
    assert!(crossed < as_sent / 20.0, "and nothing of them is right: {crossed} of {as_sent}");
    let sent = level(&sides[0], CallTime::ZERO, card.from, card.to);
    let digits = level(&heard.left, begin, card.from, card.to);
    assert!(sent > 0.01 && digits < 1e-3, "the digits are silence: {digits} of {sent}");
    let between = (spoken.to + Duration::from_millis(200), card.from - Duration::from_millis(600));
    let (ours, kept) =
        (level(&sides[1], CallTime::ZERO, between.0, between.1), level(&heard.right, begin, between.0, between.1));
    assert!(ours > 0.001 && (kept / ours - 1.0).abs() < 0.3, "FirstRing is right: {kept} of {ours}");
    let journal = serde_json::to_string(&held.journal).unwrap();
    assert!(journal.contains("[card number]") && !journal.contains("4111"), "no journal has the digits");
    assert!(held.messages().iter().all(|message| !message.text.expose().contains("4111")));
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_recorded_no_file_is_made() {
    for policy in [domain::Recording::Off, domain::Recording::OffTranscriptNotice, domain::Recording::Consent] {
        let folder = tempfile::tempdir().unwrap();
        let (held, _, news) = call(folder.path(), policy, &[REFILL]).await;
        assert_eq!(utterances(&held).len(), 1, "{policy:?}");
        assert_eq!(news, [], "{policy:?}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{policy:?}: something was written");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_goes_on_where_its_recording_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a file where the folder should be");
    std::fs::write(&file, b"").unwrap();
    let (held, _, news) = call(&file, domain::Recording::Notice, &[REFILL]).await;
    assert_eq!(news, []);
    assert_eq!(held.messages().len(), 1, "the caller is helped all the same");
}

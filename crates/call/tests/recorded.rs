//! Calls that are recorded: both sides as they were, without the digits of cards; and calls that are not.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)] // a panic is how a test fails; tests pick what they look for

mod support;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use call::{
    Callee, Engine, FrontDesk, HandingOver, Happening, Pace, RECORDING_NEWS_MAX, Recorder, RecordingNews,
    SWITCHBOARD_MAX, Switchboard, SwitchboardRequest,
};
use dialogue::{Input, Output, Record};
use domain::{CallId, CallTime, Meanwhile, Phi, Utterance};
use recordings::{Heard, RecordingKey, Shelf};
use speech::hearing::Recognizer;
use speech::hearing::fake::FakeRecognizer;
use support::{CARD, CHEST, Call, Fault, Faults, Held, Lines, REFILL, SAYS, YES};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use transport::loopback::{self, Line, LoopbackOptions, Recording};
use transport::{DIALS_MAX, Dial, Leg};

const SOUND: Faults = Faults { recognizer: Fault::None, voice: Fault::None, lines: Lines::OnDisk };
const MORNING: &str = "2026-03-03T10:00:00-05:00[America/New_York]";

fn shelf(folder: &Path) -> Shelf {
    Shelf::new(folder, RecordingKey::from_hex(&"5".repeat(64)).unwrap())
}

/// A call at a practice that records so, and what became of its recording.
async fn call(folder: &Path, policy: domain::Recording, says: &[&str]) -> (Held, Recording, Vec<RecordingNews>) {
    call_at(folder, policy, says, SOUND, |_| {}).await
}

/// The same at a front desk that differs in something else.
async fn call_at(
    folder: &Path,
    policy: domain::Recording,
    says: &[&str],
    faults: Faults,
    differs: impl FnOnce(&mut FrontDesk),
) -> (Held, Recording, Vec<RecordingNews>) {
    let (records, told) = recording(folder, policy);
    let differs = |desk: &mut FrontDesk| {
        records(desk);
        differs(desk);
    };
    let mut call = Call::begin_at(MORNING, faults, differs).await;
    for text in says {
        call.say(text).await;
    }
    ended(call, told).await
}

/// Has a front desk record so.
fn recording(folder: &Path, policy: domain::Recording) -> (impl FnOnce(&mut FrontDesk), mpsc::Receiver<RecordingNews>) {
    let (news, told) = mpsc::channel(RECORDING_NEWS_MAX);
    let recorder = Recorder { shelf: shelf(folder), news };
    let differs = move |desk: &mut FrontDesk| {
        Arc::make_mut(&mut desk.practice).front_desk.recording = policy;
        desk.recorder = Some(recorder);
    };
    (differs, told)
}

async fn ended(call: Call, mut told: mpsc::Receiver<RecordingNews>) -> (Held, Recording, Vec<RecordingNews>) {
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

/// A second recogniser that hears "no" where the first hears "yes".
fn hears_no(desk: &mut FrontDesk) {
    let says = SAYS.map(|text| if text == YES { "no" } else { text });
    let second: Box<dyn Recognizer> = Box::new(FakeRecognizer::new(&says));
    desk.hearing.second = Some(Engine::start("second", vec![second], Pace::Virtual).unwrap());
}

fn was_ordered(held: &Held, record: Record) -> bool {
    held.journal.iter().any(|entry| matches!(&entry.what, Happening::Output(Output::Record(told)) if *told == record))
}

#[tokio::test(start_paused = true)]
async fn who_says_yes_is_recorded_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let (held, _, news) = call(folder.path(), domain::Recording::Consent, &[YES, REFILL]).await;
    let (_, heard) = heard(folder.path(), &news);
    let (begin, said) = (begins(&held), utterances(&held));
    assert_eq!(said.len(), 2);
    assert!(said[0].to <= begin, "not before the answer");
    assert!(level(&heard.left, begin, said[1].from, said[1].to) > 0.1, "what is said after it is kept");
}

#[tokio::test(start_paused = true)]
async fn a_yes_that_was_a_no_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let (held, _, news) = call_at(folder.path(), domain::Recording::Consent, &[YES, REFILL], SOUND, hears_no).await;
    assert!(was_ordered(&held, Record::On) && was_ordered(&held, Record::Withdrawn));
    assert!(
        matches!(news[..], [RecordingNews::Begun(begun), RecordingNews::Withdrawn(gone)] if begun == gone),
        "{news:?}"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    assert_eq!(held.messages().len(), 1, "the caller is helped all the same");
}

/// Files may not grow: what a full disk does, in a process of its own.
#[test]
fn what_is_refused_goes_from_a_full_disk_too() {
    let test = "on_a_full_disk_what_is_refused_goes";
    let program = std::env::current_exe().unwrap();
    let mut full = Command::new("sh");
    full.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" --exact --ignored \"$1\""]).arg(program).arg(test);
    let output = full.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}

#[tokio::test(start_paused = true)]
#[ignore = "the test before it runs this where files may not grow"]
async fn on_a_full_disk_what_is_refused_goes() {
    let folder = tempfile::tempdir().unwrap();
    assert!(std::fs::write(folder.path().join("probe"), b"1").is_err(), "files may grow");
    std::fs::remove_file(folder.path().join("probe")).unwrap();
    let faults = Faults { lines: Lines::MadeAnew, ..SOUND };
    let (held, _, news) = call_at(folder.path(), domain::Recording::Consent, &[YES, REFILL], faults, hears_no).await;
    assert!(was_ordered(&held, Record::Withdrawn));
    assert!(matches!(news[..], [RecordingNews::Withdrawn(_)]), "{news:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Of what nobody looked through nothing is kept: all but what was older than 20 s when the ears were lost.
fn nothing_held_is_kept(folder: &Path, held: &Held, news: &[RecordingNews]) {
    let (_, heard) = heard(folder, news);
    let lost = |what: &Happening| matches!(what, Happening::Input(Input::HearingLost));
    let lost = held.journal.iter().find(|entry| lost(&entry.what)).unwrap().at;
    let long = Duration::from_millis(heard.left.len() as u64 / 16);
    let old_enough = lost.since(begins(held)).saturating_sub(Duration::from_secs(19));
    assert!(long <= old_enough, "{long:?} are kept, {old_enough:?} were looked through");
}

#[tokio::test(start_paused = true)]
async fn what_is_held_when_the_recogniser_fails_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let faults = Faults { recognizer: Fault::Fails(0, usize::MAX), ..SOUND };
    let (held, _, news) = call_at(folder.path(), domain::Recording::Notice, &[REFILL], faults, |_| {}).await;
    nothing_held_is_kept(folder.path(), &held, &news);
}

/// A line whose sound reaches no ears any more once it is told so, and which goes on.
fn deafened(mut leg: Leg, by: CancellationToken) -> Leg {
    let (to_ears, hears) = mpsc::channel(transport::HEARS_FRAMES);
    let mut sound = std::mem::replace(&mut leg.hears, hears);
    tokio::spawn(async move {
        let mut to_ears = Some(to_ears);
        while let Some(frame) = sound.recv().await {
            if by.is_cancelled() {
                to_ears = None;
            }
            if let Some(to_ears) = &to_ears {
                drop(to_ears.send(frame).await);
            }
        }
    });
    leg
}

#[tokio::test(start_paused = true)]
async fn what_is_held_when_the_ears_end_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (records, told) = recording(folder.path(), domain::Recording::Notice);
    let deaf = CancellationToken::new();
    let by = deaf.clone();
    let mut call = Call::begin_on(|leg| deafened(leg, by), MORNING, SOUND, records).await;
    call.say(REFILL).await;
    deaf.cancel();
    let (held, _, news) = ended(call, told).await;
    nothing_held_is_kept(folder.path(), &held, &news);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_could_make_out_is_silence() {
    let folder = tempfile::tempdir().unwrap();
    let (records, told) = recording(folder.path(), domain::Recording::Notice);
    let mut call = Call::begin_at(MORNING, SOUND, records).await;
    let from = call.caller.now();
    call.caller.say(FakeRecognizer::hum(7000)).await.unwrap();
    let to = call.caller.now();
    call.caller.finished_speaking(Duration::from_secs(20)).await;
    call.say(REFILL).await;
    let (held, line, news) = ended(call, told).await;
    assert!(held.was_told(&Input::Unintelligible));
    let (_, heard) = heard(folder.path(), &news);
    let (begin, said) = (begins(&held), utterances(&held));
    let sent: Vec<f32> = line.stereo().iter().step_by(2).copied().collect();
    // Its last second and a half belong to a stretch of their own, which was noise and no words.
    let to = CallTime::from_ms(to.as_ms() - 2000);
    let (hum, kept) = (level(&sent, CallTime::ZERO, from, to), level(&heard.left, begin, from, to));
    assert!(hum > 0.05 && kept < 1e-3, "{kept} of {hum} is kept");
    let words = level(&heard.left, begin, said[0].from, said[0].to);
    assert!(words > 0.1, "what was understood after it is kept: {words}");
}

/// One doctor, who takes every call at once and hangs up after a while.
fn a_doctor(desk: &mut FrontDesk) {
    let (requests, mut asked) = mpsc::channel(SWITCHBOARD_MAX);
    let (dials, mut dialled) = mpsc::channel::<Dial>(DIALS_MAX);
    tokio::spawn(async move {
        while let Some(request) = asked.recv().await {
            if let SwitchboardRequest::Whom { callees, .. } = request {
                let (id, name) = ("doctor".to_owned(), "Doctor Lee".to_owned());
                callees.send(vec![Callee { id, name, address: Phi::new("sip:lee@127.0.0.1".to_owned()) }]).unwrap();
            }
        }
    });
    tokio::spawn(async move {
        let Dial { answered, .. } = dialled.recv().await.unwrap();
        let (leg, mut doctor) = loopback::call(LoopbackOptions { line: Line::Wide, caller_id: None });
        answered.send(Ok(leg)).unwrap();
        doctor.begins_speaking(Duration::from_secs(5)).await;
        doctor.press('1').await.unwrap();
        tokio::time::sleep(Duration::from_secs(30)).await;
        doctor.hang_up();
    });
    desk.switchboard = Some(Switchboard { requests, dials, names: false, handing_over: HandingOver::Never });
    Arc::make_mut(&mut desk.practice).meanwhile = vec![Meanwhile { connect: true, ..Meanwhile::default() }];
}

#[tokio::test(start_paused = true)]
async fn nothing_is_recorded_of_what_is_said_on_a_bridge() {
    let folder = tempfile::tempdir().unwrap();
    let (held, _, news) = call_at(folder.path(), domain::Recording::Notice, &[CHEST], SOUND, a_doctor).await;
    let bridge = held.journal.iter().find(|entry| matches!(entry.what, Happening::Output(Output::Bridge)));
    let bridge = bridge.unwrap().at;
    assert!(was_ordered(&held, Record::Off));
    let (_, heard) = heard(folder.path(), &news);
    let (begin, said) = (begins(&held), utterances(&held));
    assert!(level(&heard.left, begin, said[0].from, said[0].to) > 0.1, "what was said before it is kept");
    let end = begin + Duration::from_millis(heard.left.len() as u64 / 16);
    assert!(end <= bridge + Duration::from_millis(100), "{end} is after {bridge}");
}

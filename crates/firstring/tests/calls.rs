//! Whole calls over a loopback line with the real models: what was heard, understood, said, paged and kept.
//!
//! The callers' voices are not the receptionist's (`eval/fixtures/SOURCE.md`). Virtual time: minutes of call take the
//! seconds that the models need, but for the one by SIP, which takes its own. Nothing here is timed.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
mod support;

use std::path::Path;

use serde_json::Value;
use support::{Pager, firstring, fixture, models_are_there, practice};

/// Holds a call and gives its summary.
async fn call(out: &Path, says: &[&str], more: &[&str]) -> Value {
    let mut command = firstring();
    command.args(["call", "--fast", "--leg", "g711", "--practice"]).arg(practice()).arg("--out").arg(out).args(more);
    for name in says {
        command.arg("--wav").arg(fixture(name));
    }
    let done = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_str(&std::fs::read_to_string(out.join("summary.json")).unwrap()).unwrap()
}

fn kinds(summary: &Value) -> Vec<&str> {
    summary["outcomes"].as_array().unwrap().iter().filter_map(|outcome| outcome["kind"].as_str()).collect()
}

fn replies(summary: &Value) -> String {
    let turns = summary["turns"].as_array().unwrap();
    turns.iter().filter_map(|turn| turn["reply"].as_str()).collect::<Vec<_>>().join(" ")
}

async fn store(data: &Path) -> store::Store {
    let key = std::fs::read_to_string(data.join("key")).unwrap();
    store::Store::open(&store::OpenOptions::new(data.join("firstring.db"), store::Secret::new(key.trim())))
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emergency_is_told_what_to_do_and_the_doctor_is_paged() {
    if !models_are_there() {
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let pager = Pager::start().await;
    let says = ["emergency_chest", "emergency_called", "emergency_with"];
    let more = ["--page-url", &pager.url, "--caller-id", "+12125550123", "--no-llm", "--mark", "urgent=1.9"];
    let summary = call(out.path(), &says, &[&more[..], &["--dialled", "+12125550112"]].concat()).await;
    assert_eq!(summary["channel"], "yellow_pages", "{summary}");

    assert_eq!(kinds(&summary), ["emergency"], "{summary}");
    assert!(replies(&summary).contains("Call 911 now"), "{summary}");
    assert_eq!(summary["hangup_by"], "caller", "FirstRing never ends an emergency: {summary}");
    let escalation = &summary["escalation"];
    let time = |name: &str| escalation[name].as_u64().unwrap_or_else(|| panic!("{name}: {summary}"));
    let in_order = ["heard_end_ms", "decided_ms", "page_sent_ms", "page_accepted_ms"].map(time);
    assert!(in_order.is_sorted() && time("urgent_words_end_ms") > 0, "{summary}");
    let pages = pager.pages();
    assert!(!pages.is_empty() && pages.iter().all(|page| page.signed), "{pages:?}");
    assert_eq!(pages[0].body["urgency"], "emergency", "{pages:?}");
    let body = pages[0].body.to_string().to_lowercase();
    assert!(!body.contains("chest") && !body.contains("5550123"), "a page holds a reference, no words: {body}");
    pager.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_arrives_with_every_word_name_and_number() {
    if !models_are_there() {
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let says = [
        "message_open",
        "message_body",
        "message_no_more",
        "message_name",
        "yes_right",
        "message_number",
        "yes_right",
        "goodbye",
    ];
    let summary = call(out.path(), &says, &[]).await;

    assert_eq!(kinds(&summary), ["message"], "{summary}");
    assert!(summary["escalation"].is_null(), "{summary}");
    let store = store(&out.path().join("data")).await;
    let messages = store.latest_messages(&"riverside".into(), 10).await.unwrap();
    assert_eq!(messages.len(), 1);
    let draft = &messages[0].draft;
    let text = draft.text.expose().to_lowercase();
    assert!(text.contains("school forms") && text.contains("signature by monday"), "{text}");
    assert!(draft.complete);
    assert_eq!(draft.name.as_ref().unwrap().expose(), "Maria Lopez");
    assert_eq!(draft.callback.as_ref().unwrap().expose().as_str(), "+12125550142");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_appointment_is_booked_and_given_up_again() {
    if !models_are_there() {
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let data = out.path().join("data");
    let wednesday = ["--now", "2026-03-04T10:00:00-05:00[America/New_York]", "--data", data.to_str().unwrap()];
    let says = ["book_physical", "maria_birth", "first_one", "yes_please", "goodbye"];
    let summary = call(&out.path().join("booking"), &says, &wednesday).await;
    assert_eq!(kinds(&summary), ["booked"], "{summary}");
    let booked = &summary["outcomes"][0];
    assert_eq!(booked["type"], "physical", "{summary}");
    assert!(booked["start"].as_str().unwrap().starts_with("2026-03-10T1"), "next Tuesday afternoon: {summary}");
    assert_eq!((&booked["name"], &booked["date_of_birth"]), (&"Maria Lopez".into(), &"1958-03-14".into()), "{summary}");
    assert_eq!(book(&data).await, [store::Status::Booked]);

    let says = ["cancel_appointment", "maria_birth", "yes_please", "goodbye"];
    let summary = call(&out.path().join("cancelling"), &says, &wednesday).await;
    assert_eq!(kinds(&summary), ["cancelled"], "{summary}");
    assert_eq!(book(&data).await, [store::Status::Cancelled]);
}

/// How every appointment of the book stands.
async fn book(data: &Path) -> Vec<store::Status> {
    let store = store(data).await;
    let ever = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
    let rows = store.appointments(&"riverside".into(), ever).await.unwrap();
    store.close().await;
    rows.into_iter().map(|row| row.status).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_is_answered_in_sound() {
    if !models_are_there() {
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let summary = call(out.path(), &["question_parking", "goodbye"], &["--no-llm"]).await;
    assert_eq!(kinds(&summary), ["answered"], "{summary}");
    assert_eq!(summary["hangup_by"], "firstring", "{summary}");
    let heard = firstring().args(["hear", "--json", "--fast"]).arg(out.path().join("heard.wav")).output().unwrap();
    let heard: Value = serde_json::from_slice(&heard.stdout).unwrap();
    let text = heard["text"].as_str().unwrap().to_lowercase();
    for word in ["riverside", "parking", "building", "goodbye"] {
        assert!(text.contains(word), "{word} was not heard in: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_by_a_real_telephone_line_is_answered() {
    if !models_are_there() {
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let mut command = firstring();
    command.args(["call", "--leg", "sip", "--no-llm", "--practice"]).arg(practice()).arg("--out").arg(out.path());
    command.arg("--wav").arg(fixture("question_parking")).arg("--wav").arg(fixture("goodbye"));
    let done = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let written = std::fs::read_to_string(out.path().join("summary.json")).unwrap();
    let summary: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(kinds(&summary), ["answered"], "{summary}");
    let stereo = audio::wav::read(out.path().join("stereo.wav")).unwrap();
    let heard = audio::wav::read(out.path().join("heard.wav")).unwrap();
    assert!(heard.samples.len() > 10 * 16_000, "{} samples", heard.samples.len());
    assert!(audio::level::peak_dbfs(&heard.samples) > -20.0 && audio::level::peak_dbfs(&stereo.samples) > -20.0);
    let first = &summary["turns"][0];
    let (from, to) = (first["caller_start_ms"].as_u64().unwrap(), first["first_sound_ms"].as_u64().unwrap());
    let loud_at = |ms: u64| {
        let at = ms as usize * 16;
        audio::level::peak_dbfs(&heard.samples[at..at + 8_000]) > -40.0
    };
    assert!(loud_at(to) && !loud_at(from + 200), "the recording has the answer where the journal has it: {summary}");
}

#[test]
fn a_line_of_real_packets_does_not_jump_in_time() {
    let call = || {
        let mut command = firstring();
        command.args(["call", "--out", "nowhere", "--wav"]).arg(fixture("goodbye")).arg("--practice").arg(practice());
        command
    };
    support::fails(call().args(["--leg", "sip", "--fast"]), 2, &["--fast", "real packets"]);
    support::fails(call().args(["--codec", "opus"]), 2, &["--codec", "--leg sip"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_and_noise_end_politely_and_nothing_is_invented() {
    if !models_are_there() {
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let minutes = out.path().join("silence.wav");
    audio::wav::write(&minutes, 16_000, 1, &vec![0.0; 600 * 16_000]).unwrap();
    let noise: Vec<f32> = {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        (0..60 * 16_000).map(|_| 0.05 * next()).collect()
    };
    let hiss = out.path().join("noise.wav");
    audio::wav::write(&hiss, 16_000, 1, &noise).unwrap();
    for wav in [minutes, hiss] {
        let folder = out.path().join(wav.file_stem().unwrap());
        let mut command = firstring();
        command.args(["call", "--fast", "--no-llm", "--practice"]).arg(practice()).arg("--out").arg(&folder);
        let done = tokio::task::spawn_blocking(move || command.arg("--wav").arg(wav).output().unwrap()).await.unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let summary: Value =
            serde_json::from_str(&std::fs::read_to_string(folder.join("summary.json")).unwrap()).unwrap();
        assert_eq!(summary["turns"].as_array().unwrap().len(), 0, "words were invented: {summary}");
        assert_eq!(summary["hangup_by"], "firstring", "{summary}");
        assert!(summary["escalation"].is_null(), "{summary}");
    }
}

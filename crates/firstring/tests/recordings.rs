//! Recordings in the hands of the practice: listed, decrypted, deleted by hand and by time, each written down; and what a crash left.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
mod support;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use call::RecordingNews;
use domain::{CallId, PracticeId};
use firstring::config::{Overrides, Server};
use firstring::wiring::{recorder, recordings_due, shelf, sweep_recordings};
use jiff::{SignedDuration, Timestamp};
use office::Clock;
use recordings::{FRAME_SAMPLES, Shelf};
use serde_json::{Value, json};
use store::{CallRow, NodeId, OpenOptions, Secret, Store};
use support::{fails, firstring, practice};
use testbed::Postgres;

const DAYS: u32 = 30;

fn riverside() -> PracticeId {
    "riverside".into()
}

fn staff(data: &Path, args: &[&str]) -> Command {
    let mut command = firstring();
    command.args(args).arg("--practice").arg(practice()).arg("--data").arg(data);
    command
}

fn told(command: &mut Command) -> Vec<Value> {
    let output = command.arg("--json").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn server(data: &Path) -> Server {
    let over = Overrides { data: Some(data.to_owned()), practice: Some(practice()), ..Overrides::default() };
    Server::load(None, over).unwrap()
}

/// Records, made by the program.
async fn records(data: &Path) -> Store {
    let now = "2026-03-04T10:00:00-05:00[America/New_York]";
    told(&mut staff(data, &["appointments", "slots", "--type", "vaccine", "--now", now]));
    let key = std::fs::read_to_string(data.join("key")).unwrap();
    Store::open(&OpenOptions::new(data.join("firstring.db"), Secret::new(key.trim()))).await.unwrap()
}

async fn call(store: &Store) -> CallId {
    let id = CallId::new();
    let (practice, began_at) = (riverside(), Timestamp::now());
    let row = CallRow { id, practice, caller_id: None, began_at, ended_at: None, summary: None };
    store.begin_call(&row).await.unwrap();
    id
}

/// Three seconds, of which the last may be cut off as by a crash.
fn write(shelf: &Shelf, call: CallId, finished: bool) -> Option<recordings::Kept> {
    let mut writer = shelf.begin(call).unwrap();
    for index in 0..150 {
        let caller: Vec<f32> =
            (0..FRAME_SAMPLES).map(|at| ((index * FRAME_SAMPLES + at) as f32 / 9.0).sin() / 3.0).collect();
        writer.write(&caller, &[0.0; FRAME_SAMPLES]).unwrap();
    }
    finished.then(|| writer.finish().unwrap())
}

/// Waits until the list has this of a call.
async fn listed(store: &Store, call: CallId, as_expected: fn(Option<&store::RecordingRow>) -> bool) {
    for _ in 0..200 {
        if as_expected(store.recording(&riverside(), call).await.unwrap().as_ref()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the list does not become what it should be");
}

#[tokio::test]
async fn recordings_are_listed_exported_and_deleted_and_each_is_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = records(data).await;
    assert_eq!(told(&mut staff(data, &["recordings", "list"])), [] as [Value; 0]);
    let (recorder, _list) = recorder(&server(data), &store, &riverside(), DAYS, Clock::system()).await.unwrap();
    let first = call(&store).await;
    recorder.news.send(RecordingNews::Begun(first)).await.unwrap();
    let kept = write(&recorder.shelf, first, true).unwrap();
    recorder.news.send(RecordingNews::Kept(first, kept.clone())).await.unwrap();
    listed(&store, first, |row| row.is_some_and(|row| row.length_ms == Some(3000))).await;
    let withdrawn = call(&store).await;
    recorder.news.send(RecordingNews::Begun(withdrawn)).await.unwrap();
    listed(&store, withdrawn, |row| row.is_some()).await;
    recorder.news.send(RecordingNews::Withdrawn(withdrawn)).await.unwrap();
    listed(&store, withdrawn, |row| row.is_none()).await;

    let list = told(&mut staff(data, &["recordings", "list"]));
    assert_eq!(list.len(), 1);
    assert_eq!((&list[0]["call"], &list[0]["sha256"]), (&json!(first), &json!(kept.sha256)));
    let out = data.join("out.wav");
    let (id, wav) = (first.to_string(), out.to_string_lossy().into_owned());
    let done = told(&mut staff(data, &["recordings", "export", &id, "--out", &wav]));
    assert_eq!(done, [json!({ "call": first, "length_ms": 3000, "whole": true, "unchanged": true })]);
    let bytes = std::fs::read(&out).unwrap();
    assert_eq!((&bytes[..4], bytes[22]), (b"RIFF".as_slice(), 2), "a WAV file of two channels");
    assert!(audio::wav::read(&out).unwrap().samples.iter().any(|sample| sample.abs() > 0.1));
    assert_eq!(told(&mut staff(data, &["recordings", "delete", &id])), [json!({ "call": first, "file": true })]);
    assert!(shelf(&server(data)).unwrap().read(first).is_err());
    fails(&mut staff(data, &["recordings", "export", &id, "--out", &wav]), 1, &["no recording", "recordings list"]);
    let audit = store.audit_of(&format!("recording of call {first}")).await.unwrap();
    let actions: Vec<&str> = audit.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["exported", "deleted"]);
    store.close().await;
}

#[tokio::test]
async fn what_a_crash_left_is_measured_at_the_next_start_and_deleted_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = records(data).await;
    let cut = call(&store).await;
    write(&shelf(&server(data)).unwrap(), cut, false);
    let begun = Timestamp::now() - SignedDuration::from_hours(24 * 29);
    store.begin_recording(&riverside(), cut, &Shelf::file_of(cut), begun, DAYS).await.unwrap();
    drop(recorder(&server(data), &store, &riverside(), DAYS, Clock::system()).await.unwrap());
    let row = store.recording(&riverside(), cut).await.unwrap().unwrap();
    assert!(row.length_ms.is_some_and(|ms| ms > 2900), "{row:?}");
    let swept = told(&mut staff(data, &["retention"]));
    assert_eq!(swept[0]["recordings"], 0, "it is not time yet");
    let later = "2099-01-01T10:00:00-05:00[America/New_York]";
    assert_eq!(told(&mut staff(data, &["retention", "--dry-run", "--now", later]))[0]["recordings"], 1);
    assert_eq!(told(&mut staff(data, &["retention", "--now", later]))[0]["recordings"], 1);
    assert_eq!(std::fs::read_dir(data.join("recordings")).unwrap().count(), 0);
    assert_eq!(store.recordings(&riverside()).await.unwrap(), []);

    write(&shelf(&server(data)).unwrap(), call(&store).await, true);
    std::fs::remove_file(data.join("recordings-key")).unwrap();
    let refused = shelf(&server(data)).unwrap_err().to_string();
    assert!(refused.contains("key") && refused.contains("bring it back"), "{refused}");
    store.close().await;
}

/// A row and a file of a call that is being recorded.
async fn begun(store: &Store, shelf: &Shelf) -> CallId {
    let id = call(store).await;
    write(shelf, id, false);
    store.begin_recording(&riverside(), id, &Shelf::file_of(id), Timestamp::now(), DAYS).await.unwrap();
    id
}

fn set_written(data: &Path, call: CallId, ago: Duration) {
    let path = data.join("recordings").join(Shelf::file_of(call));
    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - ago).unwrap();
}

#[tokio::test]
async fn the_recording_of_a_call_in_progress_is_not_deleted_by_hand_but_that_of_a_crash_is() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = records(data).await;
    let shelf = shelf(&server(data)).unwrap();
    let going_on = begun(&store, &shelf).await;
    let id = going_on.to_string();
    fails(&mut staff(data, &["recordings", "delete", &id]), 1, &["still being recorded", "when the call is over"]);
    assert!(store.recording(&riverside(), going_on).await.unwrap().is_some());
    assert!(shelf.read(going_on).is_ok(), "its file is there");
    set_written(data, going_on, Duration::from_mins(6));
    let done = told(&mut staff(data, &["recordings", "delete", &id]));
    assert_eq!(done, [json!({ "call": going_on, "file": true })]);
    store.close().await;
}

#[tokio::test]
async fn a_recording_that_somebody_deleted_meanwhile_goes_and_those_after_it_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = records(data).await;
    let (recorder, list) = recorder(&server(data), &store, &riverside(), DAYS, Clock::system()).await.unwrap();
    let (deleted, later) = (call(&store).await, call(&store).await);
    recorder.news.send(RecordingNews::Begun(deleted)).await.unwrap();
    listed(&store, deleted, |row| row.is_some()).await;
    let kept = write(&recorder.shelf, deleted, true).unwrap();
    store.forget_recording(&riverside(), deleted, "somebody", Timestamp::now()).await.unwrap();
    recorder.news.send(RecordingNews::Kept(deleted, kept)).await.unwrap();
    recorder.news.send(RecordingNews::Begun(later)).await.unwrap();
    let kept = write(&recorder.shelf, later, true).unwrap();
    recorder.news.send(RecordingNews::Kept(later, kept)).await.unwrap();
    drop(recorder);
    list.close().await;
    let row = store.recording(&riverside(), later).await.unwrap();
    assert!(row.is_some_and(|row| row.length_ms == Some(3000)), "whoever closes waits until all is listed");
    let files: Vec<_> =
        std::fs::read_dir(data.join("recordings")).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, [Shelf::file_of(later).as_str()]);
    store.close().await;
}

#[tokio::test]
async fn files_that_the_list_does_not_know_go_in_time_and_one_that_cannot_go_stops_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = records(data).await;
    let shelf = shelf(&server(data)).unwrap();
    let (unknown, young) = (CallId::new(), CallId::new());
    write(&shelf, unknown, false);
    write(&shelf, young, true);
    let day = Duration::from_hours(24);
    set_written(data, unknown, day * (DAYS + 1));
    set_written(data, young, day * (DAYS - 1));
    let known = begun(&store, &shelf).await;
    set_written(data, known, day * (DAYS + 1));
    let old = Timestamp::now() - SignedDuration::from_hours(24 * i64::from(DAYS + 1));
    let (stuck, due) = (call(&store).await, call(&store).await);
    for (id, at) in [(stuck, old), (due, old + SignedDuration::from_secs(1))] {
        store.begin_recording(&riverside(), id, &Shelf::file_of(id), at, DAYS).await.unwrap();
    }
    write(&shelf, due, true);
    let path = data.join("recordings").join(Shelf::file_of(stuck));
    std::fs::create_dir(&path).unwrap();
    let now = Timestamp::now();
    let announced = recordings_due(data, &store, &riverside(), DAYS, now).await.unwrap();
    assert_eq!(announced, [stuck, due, unknown], "what would be deleted, and nothing is");
    let told = sweep_recordings(data, &store, &riverside(), DAYS, now).await.unwrap_err();
    let told = format!("{told:#}");
    assert!(told.contains("1 recordings are not deleted (2 are)") && told.contains(&stuck.to_string()), "{told}");
    assert!(shelf.read(due).is_err() && shelf.read(unknown).is_err(), "those after it are deleted");
    assert!(shelf.read(young).is_ok(), "it is not time yet");
    assert!(shelf.read(known).is_ok(), "the list says when it goes");
    let mut rows: Vec<_> = store.recordings(&riverside()).await.unwrap().iter().map(|row| row.call).collect();
    rows.sort();
    let mut expected = [stuck, known];
    expected.sort();
    assert_eq!(rows, expected);
    std::fs::remove_dir(&path).unwrap();
    assert_eq!(
        sweep_recordings(data, &store, &riverside(), DAYS, now).await.unwrap(),
        1,
        "its file is gone: it is forgotten"
    );
    store.close().await;
}

#[tokio::test]
async fn of_a_shared_database_a_row_of_this_node_whose_file_is_gone_is_forgotten_and_another_nodes_stays() {
    let folder = tempfile::tempdir().unwrap();
    let url = Secret::new(Postgres::shared().database());
    let here = Store::connect(&url).await.unwrap().as_node(NodeId("here".to_owned()));
    let there = Store::connect(&url).await.unwrap().as_node(NodeId("there".to_owned()));
    let old = Timestamp::now() - SignedDuration::from_hours(24 * i64::from(DAYS + 1));
    let (ours, theirs) = (call(&here).await, call(&there).await);
    here.begin_recording(&riverside(), ours, &Shelf::file_of(ours), old, DAYS).await.unwrap();
    there.begin_recording(&riverside(), theirs, &Shelf::file_of(theirs), old, DAYS).await.unwrap();
    let swept = sweep_recordings(folder.path(), &here, &riverside(), DAYS, Timestamp::now()).await.unwrap();
    let rows: Vec<_> = here.recordings(&riverside()).await.unwrap().iter().map(|row| row.call).collect();
    assert_eq!((swept, rows), (1, vec![theirs]));
    here.close().await;
    there.close().await;
}

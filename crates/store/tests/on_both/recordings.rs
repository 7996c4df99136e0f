//! Which calls' sound is kept, and until when.

use crate::database::{Database, on_both};
use domain::{CallId, PracticeId};
use jiff::{SignedDuration, Timestamp};
use store::{CallRow, Store, StoreError};

on_both!(
    a_recording_is_known_from_its_beginning_and_whole_at_its_end,
    what_is_to_be_deleted_is_told_at_its_time_and_forgotten_with_who_did_it
);

const DAYS: u32 = 30;

fn riverside() -> PracticeId {
    "riverside".into()
}

fn began() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

async fn recorded(store: &Store, begun_at: Timestamp) -> CallId {
    let id = CallId::new();
    let row = CallRow { id, practice: riverside(), caller_id: None, began_at: begun_at, ended_at: None, summary: None };
    store.begin_call(&row).await.unwrap();
    store.begin_recording(&riverside(), id, "a.frr", begun_at, DAYS).await.unwrap();
    id
}

async fn a_recording_is_known_from_its_beginning_and_whole_at_its_end(database: Database) {
    let store = database.open().await;
    let call = recorded(&store, began()).await;
    store.begin_recording(&riverside(), call, "b.frr", began(), 1).await.unwrap();
    let row = store.recording(&riverside(), call).await.unwrap().unwrap();
    assert_eq!((row.file.as_str(), row.length_ms, row.bytes, row.sha256.as_deref()), ("a.frr", None, None, None));
    assert_eq!(row.delete_after, began() + SignedDuration::from_hours(24 * i64::from(DAYS)));
    store.end_recording(call, 61_020, 200_000, "abc").await.unwrap();
    let row = store.recording(&riverside(), call).await.unwrap().unwrap();
    assert_eq!((row.length_ms, row.bytes, row.sha256.as_deref()), (Some(61_020), Some(200_000), Some("abc")));
    let unknown = store.end_recording(CallId::new(), 1, 1, "").await;
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })), "{unknown:?}");
    assert_eq!(store.recording(&"lakeside".into(), call).await.unwrap(), None, "another practice's");
    assert!(store.has_recording(call).await.unwrap() && !store.has_recording(CallId::new()).await.unwrap());
    let later = recorded(&store, began() + SignedDuration::from_secs(1)).await;
    let listed: Vec<_> = store.recordings(&riverside()).await.unwrap().iter().map(|row| row.call).collect();
    assert_eq!(listed, [later, call]);
}

async fn what_is_to_be_deleted_is_told_at_its_time_and_forgotten_with_who_did_it(database: Database) {
    let store = database.open().await;
    let old = recorded(&store, began()).await;
    let young = recorded(&store, began() + SignedDuration::from_secs(1)).await;
    let end = began() + SignedDuration::from_hours(24 * i64::from(DAYS));
    assert_eq!(store.recordings_to_delete(&riverside(), end).await.unwrap(), [], "exactly as old is not older");
    let now = end + SignedDuration::from_micros(1);
    let due: Vec<_> = store.recordings_to_delete(&riverside(), now).await.unwrap().iter().map(|row| row.call).collect();
    assert_eq!(due, [old]);
    assert_eq!(store.recordings_to_delete(&"lakeside".into(), now).await.unwrap(), []);
    assert!(!store.forget_recording(&"lakeside".into(), old, "retention", now).await.unwrap());
    assert!(store.forget_recording(&riverside(), old, "retention", now).await.unwrap());
    assert!(!store.forget_recording(&riverside(), old, "retention", now).await.unwrap());
    let audit = store.audit_of(&format!("recording of call {old}")).await.unwrap();
    assert_eq!(audit.len(), 1);
    assert_eq!((audit[0].actor.as_str(), audit[0].action.as_str(), audit[0].at), ("retention", "deleted", now));
    assert!(store.recording(&riverside(), young).await.unwrap().is_some());
}

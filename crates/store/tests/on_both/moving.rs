//! From one kind of database into the other and back: nothing is lost, and what was there goes on.

use domain::{CallId, Phi};
use store::{CaseChange, NodeId, Notify, OpenOptions, Secret, Store, StoreError};

use crate::database::Database;
use crate::rows::{at, case, message, practice};

const KEY: &str = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";

/// Messages, one of them redacted and one opened by its reader, a call and an open case.
async fn with_records(store: &Store) {
    let call = CallId::new();
    for number in 1..=3 {
        store.save_message(&message(call, number, "09:00:00"), Notify::Practice).await.unwrap();
    }
    let first = store.messages_of(call).await.unwrap().remove(0);
    store.redact_message(&practice(), first.id, "Ann", &Phi::from("asked"), at("09:10:00")).await.unwrap();
    store.append_journal(call, &[Phi::from("what \\ was \"said\"\n"), Phi::from("ü")]).await.unwrap();
    let change = CaseChange { case: case(call, 9), events: Vec::new(), pages: Vec::new() };
    store.keep_case(&change).await.unwrap();
    for object in ["one", "two"] {
        let (actor, action) = ("Ann".to_owned(), "looked".to_owned());
        store.audit(&store::AuditEntry { at: at("09:20:00"), actor, action, object: object.to_owned() }).await.unwrap();
    }
}

#[tokio::test]
async fn records_move_from_a_file_to_a_server_and_back() {
    let dir = tempfile::tempdir().unwrap();
    let key = Secret::new(KEY);
    let file = OpenOptions::new(dir.path().join("file.db"), key.clone());
    let from = Store::open(&file).await.unwrap();
    with_records(&from).await;
    let before = from.examine(&[]).await.unwrap();
    assert!(before.is_sound());

    let Database::Postgres(url) = Database::postgres() else { unreachable!() };
    let server = Store::connect(&url).await.unwrap();
    server.fill_from(&from).await.unwrap();
    let mut moved = server.examine(&[]).await.unwrap();
    assert_eq!(moved.rows.remove("node"), Some(1));
    assert_eq!(moved.rows.len() + 1, before.rows.len());
    assert_eq!((moved.ledgers, moved.newest, moved.owed), (before.ledgers, before.newest, before.owed));
    let heads = from.ledger_heads().await.unwrap();
    assert!(server.examine(&heads).await.unwrap().is_sound(), "the same ledger, head and all");
    let messages = |store: &Store| {
        let store = store.clone();
        async move { store.latest_messages(&practice(), 9).await.unwrap() }
    };
    assert_eq!(messages(&server).await, messages(&from).await);
    let again = server.fill_from(&from).await.expect_err("refused");
    assert!(matches!(again, StoreError::NotEmpty), "{again:?}");

    // Nobody has what was open: the first node that comes finds it left behind.
    assert_eq!(server.beat().await.unwrap(), [(NodeId("restored".to_owned()), 0)]);
    let left = NodeId("restored".to_owned());
    assert_eq!(server.take_cases(&practice(), Some(&left)).await.unwrap().len(), 1);
    server.forget_node(&left).await.unwrap();

    // What was moved goes on: the ledger's guards stand, and what the database counts goes on counting.
    let deleted = sqlx::query("DELETE FROM message").execute(&mut connection(&url).await).await;
    assert!(deleted.expect_err("refused").to_string().contains("never deleted"));
    server.save_message(&message(CallId::new(), 1, "09:30:00"), Notify::Practice).await.unwrap();
    let entry = store::AuditEntry {
        at: at("09:40:00"),
        actor: "Ann".to_owned(),
        action: "looked".to_owned(),
        object: "three".to_owned(),
    };
    server.audit(&entry).await.unwrap();
    let heads = server.ledger_heads().await.unwrap();

    let to = dir.path().join("backup.db");
    server.copy_to(&to, &key).await.unwrap();
    let bytes = std::fs::read(&to).unwrap();
    assert!(!bytes.windows(8).any(|part| part == b"inhaler,"), "it is encrypted");
    assert!(!bytes.starts_with(b"SQLite format"));
    let back = Store::open_copy(&to, &key).await.unwrap();
    let (mut there, mut here) = (server.examine(&heads).await.unwrap(), back.examine(&heads).await.unwrap());
    // Who lives is not copied.
    there.rows.remove("node");
    here.rows.remove("node");
    assert_eq!(here, there);
    assert_eq!(messages(&back).await, messages(&server).await);
    back.close().await;
    let opened = Store::open(&OpenOptions::new(&to, key)).await.unwrap();
    opened.save_message(&message(CallId::new(), 1, "09:50:00"), Notify::Practice).await.unwrap();
    assert!(opened.examine(&heads).await.unwrap().is_sound());
}

async fn connection(url: &Secret) -> sqlx::AnyConnection {
    Database::Postgres(url.clone()).past_us().await
}

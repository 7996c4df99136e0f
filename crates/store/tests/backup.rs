//! A copy of a database that is in use: whole, encrypted, and nobody waits for it. One that is damaged is found.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use domain::{CallId, CallerKind, Intent, MessageDraft, MessageId, Phi, PracticeId, RequestId, Urgency};
use jiff::Timestamp;
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use store::{LedgerFlaw, MessageRow, Notify, OpenOptions, Secret, Store, StoreError};

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const WRITERS: u32 = 8;

fn riverside() -> PracticeId {
    "riverside".into()
}

fn at(time: &str) -> Timestamp {
    format!("2026-03-02T{time}Z").parse().unwrap()
}

fn message(request: u32) -> MessageRow {
    MessageRow {
        id: MessageId::new(),
        call: CallId::new(),
        request: RequestId(request),
        practice: riverside(),
        saved_at: at("09:00:00"),
        draft: MessageDraft {
            caller: CallerKind::Patient,
            intent: Intent::PrescriptionRefill,
            urgency: Urgency::Routine,
            name: Some(Phi::from("Zoë Byron")),
            date_of_birth: None,
            callback: None,
            text: Phi::from("please renew my inhaler"),
            fields: Vec::new(),
            confirmed: domain::Confirmed::default(),
            promised: None,
            decodes: Vec::new(),
            complete: true,
            continues: None,
        },
        redacted_at: None,
    }
}

fn options(dir: &Path, key: &str) -> OpenOptions {
    OpenOptions::new(dir.join("practice.db"), Secret::new(key))
}

/// What the command does, from a handle of its own.
async fn copy(options: &OpenOptions, to: &Path) {
    let store = Store::open_unmigrated(options).await.unwrap();
    store.copy_to(to, &options.key).await.unwrap();
    store.close().await;
}

/// A database of three messages, one of them redacted, and its copy.
async fn copied(dir: &Path, key: &str) -> (OpenOptions, PathBuf, [MessageRow; 3]) {
    let options = options(dir, key);
    let store = Store::open(&options).await.unwrap();
    let messages = [1, 2, 3].map(message);
    for message in &messages {
        store.save_message(message, Notify::Practice).await.unwrap();
    }
    store.redact_message(&riverside(), messages[1].id, "Ann", &Phi::from("asked"), at("10:00:00")).await.unwrap();
    let to = dir.join("copy.db");
    copy(&options, &to).await;
    store.close().await;
    (options, to, messages)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_made_while_eight_write_has_all_that_was_saved_before_and_lets_them_write() {
    let dir = tempfile::tempdir().unwrap();
    let options = options(dir.path(), KEY);
    let store = Store::open(&options).await.unwrap();
    // Enough for the copy to take a while.
    for _ in 0..24 {
        store.append_journal(CallId::new(), &vec![Phi::new("y".repeat(1000)); 1000]).await.unwrap();
    }
    let (stop, saved) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let (store, stop, saved) = (store.clone(), Arc::clone(&stop), Arc::clone(&saved));
            tokio::spawn(async move {
                let mut request = 0;
                while !stop.load(Ordering::SeqCst) {
                    request += 1;
                    store.save_message(&message(request), Notify::Practice).await.unwrap();
                    saved.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    while saved.load(Ordering::SeqCst) < 4 * WRITERS {
        tokio::task::yield_now().await;
    }

    let source = Store::open_unmigrated(&options).await.unwrap();
    let to = dir.path().join("copy.db");
    let heads = source.ledger_heads().await.unwrap();
    let before = store.latest_messages(&riverside(), u32::MAX).await.unwrap();
    let saved_before = saved.load(Ordering::SeqCst);
    source.copy_to(&to, &options.key).await.unwrap();
    let saved_meanwhile = saved.load(Ordering::SeqCst) - saved_before;
    stop.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.await.unwrap();
    }
    source.close().await;
    assert!(saved_meanwhile > 0, "whoever saves a message does not wait for the copy");

    let copy = Store::open_copy(&to, &options.key).await.unwrap();
    let contents = copy.examine(&heads).await.unwrap();
    assert!(contents.is_sound(), "{:?}", contents.ledgers);
    assert_eq!(heads.len(), 1);
    assert_eq!(contents.rows["message"], contents.ledgers[0].1.entries, "each message with its entry");
    assert_eq!(contents.owed.notifications, contents.rows["message"], "and its notification");
    let held: Vec<_> = copy.latest_messages(&riverside(), u32::MAX).await.unwrap();
    assert!(before.len() as u32 >= 4 * WRITERS && before.iter().all(|message| held.contains(message)));
    copy.close().await;
    assert!(store.verify_ledger(&riverside(), None).await.unwrap().flaws.is_empty(), "and the original is well");
    store.close().await;
}

#[tokio::test]
async fn a_copy_is_encrypted_by_the_same_key_and_goes_on_as_the_database() {
    for key in [KEY, "a passphrase with 'quotes'"] {
        let dir = tempfile::tempdir().unwrap();
        let (options, to, messages) = copied(dir.path(), key).await;
        let bytes = std::fs::read(&to).unwrap();
        for word in ["SQLite format 3", "inhaler", "message_unchanged"] {
            assert!(!bytes.windows(word.len()).any(|w| w == word.as_bytes()), "{word} lies there in the clear");
        }
        let wrong = Store::open_copy(&to, &Secret::new("wrong")).await.expect_err("refused");
        assert!(matches!(wrong, StoreError::WrongKey { .. }), "{wrong:?}");

        let looked_at = Store::open_copy(&to, &options.key).await.unwrap();
        let contents = looked_at.examine(&[]).await.unwrap();
        looked_at.close().await;
        assert_eq!((contents.schema, contents.rows["message"]), (store::schema_known(), 3));
        assert_eq!((contents.ledgers[0].1.entries, contents.ledgers[0].1.redacted), (4, 1));
        assert_eq!(contents.newest, Some(at("09:00:00")));
        assert_eq!((contents.owed.calls, contents.owed.cases, contents.owed.notifications), (0, 0, 2));
        assert_eq!(std::fs::read(&to).unwrap(), bytes, "to look changes nothing");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "and leaves nothing beside it");

        let again = Store::open(&OpenOptions::new(&to, options.key.clone())).await.unwrap();
        assert_eq!(again.messages_of(messages[0].call).await.unwrap(), [messages[0].clone()]);
        again.save_message(&message(4), Notify::Nobody).await.unwrap();
        assert_eq!(again.verify_ledger(&riverside(), None).await.unwrap().entries, 5);
        let refused =
            again.redact_message(&riverside(), MessageId::new(), "Ann", &Phi::from("x"), at("11:00:00")).await;
        assert!(matches!(refused, Err(StoreError::NotFound { .. })));
        again.close().await;
    }
}

#[tokio::test]
async fn a_damaged_copy_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let (options, to, _) = copied(dir.path(), KEY).await;
    let whole = std::fs::read(&to).unwrap();
    let examined = async |bytes: &[u8]| {
        std::fs::write(&to, bytes).unwrap();
        let copy = Store::open_copy(&to, &options.key).await?;
        let found = copy.examine(&[]).await;
        copy.close().await;
        found
    };
    assert!(examined(&whole).await.is_ok());
    for page in 0..whole.len() / 4096 {
        let mut flipped = whole.clone();
        flipped[page * 4096 + 2000] ^= 1;
        let found = examined(&flipped).await.expect_err("one bit of a page");
        assert!(matches!(found, StoreError::Corrupt { .. } | StoreError::WrongKey { .. }), "page {page}: {found:?}");
    }
    for length in [0, 100, 4096, whole.len() - 4096, whole.len() - 1] {
        examined(&whole[..length]).await.expect_err("cut off");
    }
}

#[tokio::test]
async fn a_copy_in_which_a_ledger_is_cut_or_a_schema_unknown_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (options, to, _) = copied(dir.path(), KEY).await;
    let source = Store::open_unmigrated(&options).await.unwrap();
    source.save_message(&message(4), Notify::Nobody).await.unwrap();
    let heads = source.ledger_heads().await.unwrap();
    source.close().await;
    assert_eq!((heads[0].0.clone(), heads[0].1.seq), (riverside(), 5));
    let copy = Store::open_copy(&to, &options.key).await.unwrap();
    let contents = copy.examine(&heads).await.unwrap();
    copy.close().await;
    assert!(!contents.is_sound());
    assert_eq!(contents.ledgers[0].1.flaws, [LedgerFlaw::Cut { expected: 5, found: 4 }]);

    let connect = SqliteConnectOptions::new().filename(&to).pragma("key", format!("\"x'{KEY}'\""));
    let mut connection = connect.connect().await.unwrap();
    sqlx::query("INSERT INTO _sqlx_migrations VALUES (999, 'of later', 0, TRUE, x'00', 0)")
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    let copy = OpenOptions::new(&to, options.key.clone());
    let refusals = [
        Store::open_copy(&to, &options.key).await.expect_err("newer"),
        Store::open_unmigrated(&copy).await.expect_err("newer"),
        Store::open(&copy).await.expect_err("newer"),
    ];
    for refused in refusals {
        assert!(matches!(refused, StoreError::Newer { version: 999 }), "{refused:?}");
        let message = refused.to_string();
        assert!(message.contains("run that version") && message.contains("backup"), "{message}");
    }
}

#[tokio::test]
async fn a_database_in_use_does_not_settle_and_one_that_is_not_has_all_in_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let options = options(dir.path(), KEY);
    let store = Store::open(&options).await.unwrap();
    store.save_message(&message(1), Notify::Nobody).await.unwrap();
    let busy = store::settle(&options.path, &options.key).await.expect_err("in use");
    assert!(matches!(busy, StoreError::Busy(_)), "{busy:?}");
    // As a crash leaves it: with a log that nobody has brought in.
    let crashed = dir.path().join("crashed.db");
    std::fs::copy(&options.path, &crashed).unwrap();
    std::fs::copy(&store::files_beside(&options.path)[0], &store::files_beside(&crashed)[0]).unwrap();
    store.close().await;
    store::settle(&crashed, &options.key).await.unwrap();
    assert!(store::files_beside(&crashed).iter().all(|file| !file.exists()));
    let settled = Store::open_copy(&crashed, &options.key).await.unwrap();
    assert_eq!(settled.latest_messages(&riverside(), 9).await.unwrap().len(), 1);
    settled.close().await;
    let missing = Store::open_unmigrated(&OpenOptions::new(dir.path().join("none.db"), options.key)).await;
    assert!(matches!(missing, Err(StoreError::CannotOpen { .. })), "{missing:?}");
}

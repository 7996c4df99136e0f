//! What lies on the disk, and what happens when it cannot be read or written.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use std::path::Path;

use domain::{CallId, Phi};
use store::{OpenOptions, Secret, Store, StoreError};

const MARKER: &str = "my chest feels like an elephant sits on it";
const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

fn options(dir: &Path, key: &str) -> OpenOptions {
    OpenOptions::new(dir.join("practice.db"), Secret::new(key))
}

#[tokio::test]
async fn no_file_holds_a_callers_words_in_the_clear() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Store::open(&options(dir.path(), KEY)).await.expect("opens");
    store.append_journal(CallId::new(), &[Phi::from(MARKER)]).await.expect("kept");
    let mut files = 0;
    for entry in std::fs::read_dir(dir.path()).expect("listed") {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("read");
        assert!(!bytes.windows(16).any(|w| w == &MARKER.as_bytes()[..16]), "{}", path.display());
        files += 1;
    }
    assert!(files >= 2, "the database and its log lie open while it is used");
    store.close().await;
    let bytes = std::fs::read(dir.path().join("practice.db")).expect("read");
    assert!(!bytes.starts_with(b"SQLite format 3"), "the header is noise");
    assert!(bytes.len() > 4096);
}

#[tokio::test]
async fn the_right_key_opens_again_and_a_wrong_one_is_refused_in_one_sentence() {
    let dir = tempfile::tempdir().expect("a directory");
    for key in [KEY, "a passphrase with 'quotes'"] {
        let call = CallId::new();
        let path = dir.path().join(format!("{}.db", key.len()));
        let right = OpenOptions::new(&path, Secret::new(key));
        let store = Store::open(&right).await.expect("opens");
        store.append_journal(call, &[Phi::from("one"), Phi::from("two")]).await.expect("kept");
        store.close().await;

        let error = Store::open(&OpenOptions::new(&path, Secret::new("wrong"))).await.expect_err("refused");
        assert!(matches!(&error, StoreError::WrongKey { .. }), "{error:?}");
        let message = error.to_string();
        assert!(message.contains("does not open with this key") && !message.contains("wrong"), "{message}");

        let store = Store::open(&right).await.expect("opens again");
        let lines: Vec<_> = store.journal(call).await.expect("read").into_iter().map(Phi::into_exposed).collect();
        assert_eq!(lines, ["one", "two"]);
    }
}

#[tokio::test]
async fn what_is_no_database_and_what_cannot_be_made_is_told_apart() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("practice.db"), vec![b'x'; 8192]).expect("written");
    let error = Store::open(&options(dir.path(), KEY)).await.expect_err("refused");
    assert!(matches!(error, StoreError::WrongKey { .. }), "{error:?}");

    let error = Store::open(&options(&dir.path().join("missing"), KEY)).await.expect_err("refused");
    assert!(matches!(error, StoreError::CannotOpen { .. }), "{error:?}");
}

#[tokio::test]
async fn a_full_disk_is_told_and_nothing_is_half_written() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut options = options(dir.path(), KEY);
    Store::open(&options).await.expect("opens").close().await;
    options.max_bytes = Some(1); // not below what the file has already
    let store = Store::open(&options).await.expect("opens");
    let call = CallId::new();
    let line = Phi::new("x".repeat(200_000));
    let error = store.append_journal(call, &[Phi::from("small"), line]).await.expect_err("full");
    assert!(matches!(error, StoreError::Full(_)), "{error:?}");
    assert!(store.journal(call).await.expect("read").is_empty(), "all or none");
    store.append_journal(call, &[Phi::from("small")]).await.expect("what fits is written after what did not fit");
}

#[tokio::test]
async fn a_closed_store_is_unavailable() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Store::open(&options(dir.path(), KEY)).await.expect("opens");
    store.check().await.expect("answers");
    store.close().await;
    let error = store.check().await.expect_err("closed");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    assert!(format!("{store:?}").contains("closed: true"));
}

#[tokio::test]
async fn a_damaged_file_is_corrupt_not_a_wrong_key() {
    let dir = tempfile::tempdir().expect("a directory");
    let call = CallId::new();
    let store = Store::open(&options(dir.path(), KEY)).await.expect("opens");
    store.append_journal(call, &vec![Phi::new("y".repeat(1000)); 200]).await.expect("kept");
    store.close().await;
    let path = dir.path().join("practice.db");
    let mut bytes = std::fs::read(&path).expect("read");
    let from = bytes.len() - 40 * 4096;
    bytes[from..].fill(0x5a);
    std::fs::write(&path, bytes).expect("written");
    let store = Store::open(&options(dir.path(), KEY)).await.expect("its first pages are whole");
    let error = store.journal(call).await.expect_err("damaged");
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
}

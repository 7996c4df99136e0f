//! A server that is not there, is not ours, or goes away.

use std::time::Duration;

use domain::CallId;
use store::{Notify, Secret, Store, StoreError};
use testbed::Postgres;

use crate::database::Database;
use crate::rows::{message, practice};

/// Nothing takes so long unless it never comes.
const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn what_is_no_address_is_refused_without_telling_it() {
    for url in ["", "sqlite://practice.db", "postgres//user:secret@host/db", "mysql://root:secret@localhost/db"] {
        let error = Store::connect(&Secret::new(url)).await.expect_err("refused");
        assert!(matches!(error, StoreError::BadUrl), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("secret"));
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_to_be_unavailable() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = Secret::new(format!("postgres://postgres:secret@{nobody}/practice"));
    let error = tokio::time::timeout(LONG, Store::connect(&url)).await.expect("in time").expect_err("refused");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("secret"));
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let database = Database::postgres();
    database.open().await.close().await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (999, 'from the future', TRUE, '', 0)";
    sqlx::query(newer).execute(&mut database.past_us().await).await.unwrap();
    let Database::Postgres(url) = &database else { unreachable!() };
    let error = Store::connect(url).await.expect_err("refused");
    assert!(matches!(error, StoreError::Newer { version: 999 }), "{error:?}");
}

/// What was confirmed is there when the server is back, and the same handle goes on.
#[tokio::test]
async fn a_server_that_crashes_and_comes_back_has_what_was_confirmed() {
    let server = Postgres::start(true);
    let store = Store::connect(&Secret::new(server.database())).await.unwrap();
    let (before, after) = (message(CallId::new(), 1, "09:00:00"), message(CallId::new(), 1, "09:00:01"));
    store.save_message(&before, Notify::Practice).await.unwrap();
    server.crash();
    let error = store.save_message(&after, Notify::Practice).await.expect_err("nobody is there");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    assert!(store.check().await.is_err());
    server.restart();
    store.check().await.unwrap();
    store.save_message(&after, Notify::Practice).await.unwrap();
    let kept = store.latest_messages(&practice(), 9).await.unwrap();
    assert_eq!(kept, [after, before]);
    assert!(store.verify_ledger(&practice(), None).await.unwrap().flaws.is_empty());
}

/// Another program holds the lock for writing for longer than anybody waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_waited_for_the_lock_in_vain_writes_again_when_it_is_free() {
    let database = Database::postgres();
    let store = database.open().await;
    let mut other = database.past_us().await;
    sqlx::raw_sql("BEGIN; SELECT pg_advisory_xact_lock(4671310)").execute(&mut other).await.unwrap();
    let save = |number: u32| {
        let (store, row) = (store.clone(), message(CallId::new(), number, "09:00:00"));
        tokio::spawn(async move { store.save_message(&row, Notify::Practice).await })
    };
    // Every connection that writes, and one that is given up meanwhile.
    let waiting: Vec<_> = (0..4).map(save).collect();
    let given_up = save(9);
    tokio::time::sleep(Duration::from_secs(1)).await;
    given_up.abort();
    for one in waiting {
        // Which of the two waits ends first, for the lock or for a connection, is chance.
        let error = one.await.unwrap().expect_err("the lock is not to be had");
        assert!(matches!(error, StoreError::Busy(_) | StoreError::Unavailable(_)), "{error:?}");
    }
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    for number in 10..30 {
        save(number).await.unwrap().expect("written");
    }
    let seen = database.open().await.latest_messages(&practice(), 99).await.unwrap();
    assert_eq!(seen.len(), 20, "and committed: another program sees it");
}

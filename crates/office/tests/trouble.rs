//! Restarts, a database that hangs, is gone or is full, receivers that are down: pages go out, nothing is claimed that did
//! not happen, nothing is lost.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

mod practice;

use std::time::Duration;

use domain::{CaseUpdate, OfficeReply, OfficeRequest, Urgency};
use jiff::Timestamp;
use office::{Details, Office};
use practice::{Caller, DATABASE_KEY, HANGS, NEVER, NUMBER, Riverside, close, holder, in_turn, link, message, slow};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection};
use store::{Secret, Store};

/// Another process that holds the database.
async fn lock(riverside: &Riverside) -> SqliteConnection {
    let options =
        SqliteConnectOptions::new().filename(riverside.path()).pragma("key", format!("\"x'{DATABASE_KEY}'\""));
    let mut other = options.connect().await.expect("another process");
    other.execute("BEGIN IMMEDIATE").await.expect("locked");
    other
}

#[tokio::test]
async fn an_open_case_goes_on_after_a_restart() {
    let pace = in_turn(NEVER, Duration::from_secs(1), NEVER);
    let mut riverside = Riverside::new(pace).await;
    let (office, store, task) = riverside.open().await;
    let mut caller = Caller::new(&office);
    caller.opens(Urgency::Emergency).await;
    let page = riverside.ann.next().await;
    assert!(matches!(caller.reply().await, OfficeReply::CaseOpened { .. }));
    assert_eq!(caller.reply().await, OfficeReply::Paged);
    close(office, caller, task).await;
    store.close().await;

    let (office, ..) = riverside.open().await;
    let next = riverside.bob.next().await;
    assert_eq!(next.body["why"], "next_in_rota");
    assert_eq!(next.body["reference"], page.body["reference"]);
    let (case, token) = link(&page);
    let taken = office
        .acknowledge(case, &token, Urgency::Emergency, Timestamp::now())
        .await
        .expect("the first link still works");
    assert_eq!(holder(&taken), Some("Doctor Ann"));
}

#[tokio::test]
async fn a_page_that_was_on_its_way_in_a_crash_is_sent_again() {
    let mut riverside = Riverside::new(slow()).await;
    riverside.ann.answer(HANGS);
    let (office, _store, task) = riverside.open().await;
    Caller::new(&office).opens(Urgency::Emergency).await;
    riverside.ann.next().await;
    task.abort(); // its cases die with it
    task.await.expect_err("aborted");

    riverside.ann.answer(200);
    let (_office, ..) = riverside.open().await;
    assert_eq!(riverside.ann.next().await.body["why"], "restarted");
}

#[tokio::test]
async fn a_database_that_is_gone_stops_no_page() {
    let mut riverside = Riverside::new(slow()).await;
    let (office, store, _task) = riverside.open().await;
    store.close().await;
    let mut caller = Caller::new(&office);
    caller.opens(Urgency::Emergency).await;
    let page = riverside.ann.next().await;
    assert_eq!(page.body["kept_in"], "memory");
    assert_eq!(caller.reply().await, OfficeReply::Paged, "and nothing is said of a case that was kept");

    caller.ask(2, OfficeRequest::UpdateCase(CaseUpdate::CalledEmergencyNumber(true))).await;
    assert_eq!(caller.reply().await, OfficeReply::Unavailable);
    let (case, token) = link(&page);
    let seen = office.look(case, &token).await.expect("from memory");
    assert_eq!(seen.file.events.len(), 1);
    office.acknowledge(case, &token, Urgency::Emergency, Timestamp::now()).await.expect("from memory");
    assert_eq!(caller.reply().await, OfficeReply::Acknowledged { by: "Doctor Ann".to_owned() });

    caller.ask(3, message()).await;
    assert_eq!(caller.reply().await, OfficeReply::Unavailable);
}

#[tokio::test]
async fn a_database_that_hangs_stops_no_page_and_the_case_is_kept_when_it_answers() {
    let mut riverside = Riverside::new(slow()).await;
    let (office, store, _task) = riverside.open().await;
    let mut other = lock(&riverside).await;

    let mut caller = Caller::new(&office);
    caller.opens(Urgency::Emergency).await;
    assert_eq!(riverside.ann.next().await.body["kept_in"], "memory");
    assert_eq!(caller.reply().await, OfficeReply::Paged);
    other.execute("ROLLBACK").await.expect("unlocked");
    other.close().await.expect("closed");
    assert!(matches!(caller.reply().await, OfficeReply::CaseOpened { .. }));
    assert_eq!(store.case_of_call(caller.call).await.expect("kept").pages.len(), 1);
}

#[tokio::test]
async fn an_office_that_closes_keeps_its_cases_as_soon_as_the_database_answers() {
    let mut riverside = Riverside::new(slow()).await;
    let (office, store, task) = riverside.open().await;
    let mut other = lock(&riverside).await;
    let caller = Caller::new(&office);
    caller.opens(Urgency::Emergency).await;
    assert_eq!(riverside.ann.next().await.body["kept_in"], "memory");
    let call = caller.call;
    let unlocked = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        other.execute("ROLLBACK").await.expect("unlocked");
        other.close().await.expect("closed");
    });
    close(office, caller, task).await;
    assert!(store.case_of_call(call).await.is_ok(), "a case was left behind");
    unlocked.await.expect("unlocked");
}

#[tokio::test]
async fn a_message_that_is_refused_is_kept_and_announced_when_the_database_answers() {
    let mut riverside = Riverside::new(slow()).await;
    let (office, store, task) = riverside.open().await;
    let mut other = lock(&riverside).await;
    let mut caller = Caller::new(&office);
    for _ in 0..2 {
        caller.ask(1, message()).await;
        assert_eq!(caller.reply().await, OfficeReply::Unavailable, "nothing is claimed");
    }
    other.execute("ROLLBACK").await.expect("unlocked");
    other.close().await.expect("closed");

    riverside.desk.next().await;
    let kept = store.messages_of(caller.call).await.expect("read");
    assert_eq!(kept.len(), 1);
    caller.ask(1, message()).await;
    assert_eq!(caller.reply().await, OfficeReply::MessageSaved { message: kept[0].id });
    close(office, caller, task).await;
    assert!(riverside.desk.is_quiet(), "it is announced once");
}

#[tokio::test]
async fn a_full_disk_keeps_no_message_and_says_so() {
    let mut riverside = Riverside::new(slow()).await;
    let (office, store, task) = riverside.open().await;
    drop(office);
    task.await.expect("closes");
    store.close().await;
    riverside.options.max_bytes = Some(1);
    let (office, store, _task) = riverside.open().await;
    let mut caller = Caller::new(&office);
    // What the file has free already takes a few.
    let mut kept = 0;
    for request in 1..2000 {
        caller.ask(request, message()).await;
        let reply = caller.reply().await;
        if reply == OfficeReply::Unavailable {
            break;
        }
        assert!(matches!(reply, OfficeReply::MessageSaved { .. }), "{reply:?}");
        kept += 1;
    }
    assert!(kept < 1000, "the disk is never full");
    assert_eq!(store.messages_of(caller.call).await.expect("read").len(), kept);
    caller.opens(Urgency::Emergency).await;
    riverside.ann.next().await;
}

#[tokio::test]
async fn a_message_is_kept_once_and_announced_without_its_words() {
    let mut riverside = Riverside::new(slow()).await;
    let (office, store, task) = riverside.open().await;
    let mut caller = Caller::new(&office);
    caller.ask(1, message()).await;
    let saved = caller.reply().await;
    caller.ask(1, message()).await;
    assert_eq!(caller.reply().await, saved);
    let announced = riverside.desk.next().await;
    for (key, value) in [("type", "message"), ("urgency", "routine"), ("intent", "prescription_refill")] {
        assert_eq!(announced.body[key], value, "{key}");
    }
    for secret in ["Ada", "inhaler", &NUMBER[2..], "details"] {
        assert!(!announced.text.contains(secret), "{secret} in {}", announced.text);
    }
    assert_eq!(store.messages_of(caller.call).await.expect("read").len(), 1);
    close(office, caller, task).await;
    assert!(riverside.desk.is_quiet());
}

#[tokio::test]
async fn a_message_is_announced_again_until_it_is_taken_even_after_a_restart() {
    let mut riverside = Riverside::new(slow()).await;
    riverside.config.details = Details::Included;
    riverside.desk.answer(502);
    let (office, store, task) = riverside.open().await;
    let mut caller = Caller::new(&office);
    caller.ask(1, message()).await;
    assert!(matches!(caller.reply().await, OfficeReply::MessageSaved { .. }));
    let first = riverside.desk.next().await;
    close(office, caller, task).await;
    store.close().await;

    riverside.desk.answer(200);
    let (_office, ..) = riverside.open().await;
    let again = riverside.desk.next().await;
    assert_eq!(first.id, again.id, "the receiver can tell that it is the same one");
    assert_eq!(again.body["details"]["text"], "please renew my inhaler");
}

#[tokio::test]
async fn a_case_of_another_version_is_paged_from_the_start() {
    let mut riverside = Riverside::new(slow()).await;
    let (office, store, task) = riverside.open().await;
    let caller = Caller::new(&office);
    caller.opens(Urgency::Emergency).await;
    riverside.ann.next().await;
    let call = caller.call;
    close(office, caller, task).await;
    let file = store.case_of_call(call).await.expect("kept");
    let mut case = file.case;
    case.state = "{\"another\":\"shape\"}".to_owned();
    store.keep_case(&store::CaseChange { case, events: Vec::new(), pages: Vec::new() }).await.expect("kept");
    store.close().await;

    let (_office, ..) = riverside.open().await;
    assert_eq!(riverside.ann.next().await.body["why"], "opened");
}

#[tokio::test]
async fn an_office_does_not_start_without_its_database() {
    let riverside = Riverside::new(slow()).await;
    let store = Store::open(&riverside.options).await.expect("opens");
    store.close().await;
    let error = Office::start(store, riverside.config.clone()).await.expect_err("refused");
    assert!(matches!(error, office::OfficeError::Store(_)), "{error:?}");
    let printed = format!("{:?}", riverside.config);
    assert!(!printed.contains("127.0.0.1") && !printed.contains("whsec"), "{printed}");
    assert_eq!(format!("{:?}", Secret::new("x")), "Secret(***)");
}

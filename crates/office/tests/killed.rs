//! What was told to a caller survives `kill -9`, wherever it strikes: an office in a process of its own is asked for messages, cases
//! and appointments, keeps the journals of calls, and is killed within the time between a request and its reply. After each kill
//! the database is looked at: everything that was answered is there, nothing is there by half, the ledger is sound; and at the
//! end every case was paged.
//!
//! Twenty kills, half of them with the database in a file and half with it on a server; `FIRSTRING_KILLS=200` for more.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[path = "practice/front_desk.rs"]
mod front_desk;
#[path = "practice/life.rs"]
mod life;
mod practice;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use domain::{CallId, CaseId, OfficeReply, OfficeRequest, Phi, PracticeId, RequestId, Urgency};
use front_desk::{CHECK_UP, Visitor, at, clinic, wish};
use life::{Said, live_and_be_killed, says};
use office::{Channel, Office, Webhook};
use oncall::Way;
use practice::{Caller, Receiver, Riverside, case, message};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use store::{AppointmentRow, CallRow, OpenOptions, Secret, Status, Store, StoreError};
use testbed::Postgres;
use tokio::sync::mpsc;

/// Requests of one life, at most: enough to be in the middle of something.
const REQUESTS: u32 = 24;
/// Of each call.
const TURNS: usize = 5;
/// A kill strikes so long after a request began, at most: about as long as one takes.
const WITHIN_US: u64 = 6000;

/// With each database.
fn kills() -> u64 {
    std::env::var("FIRSTRING_KILLS").map_or(20, |written| written.parse::<u64>().unwrap()).div_ceil(2)
}

async fn riverside(place: &str) -> Riverside {
    let (database, pager) = place.split_once(' ').unwrap();
    let mut riverside = clinic().await;
    if database.starts_with("postgres:") {
        riverside.server = Some(Secret::new(database));
    } else {
        riverside.options = OpenOptions::new(database, Secret::new(practice::DATABASE_KEY));
    }
    for who in ["ann", "bob"] {
        let hook = Webhook { url: Secret::new(pager), ..riverside.ann.webhook() };
        riverside.config.channels.insert((who.into(), Way::Webhook), Channel::Webhook(hook));
    }
    riverside.config.messages = None;
    riverside
}

/// Not a test of its own: what is killed. It says what it is about to ask, and what was answered.
#[tokio::test(flavor = "multi_thread")]
async fn lives_until_it_is_killed() {
    let Ok(place) = std::env::var(life::PLACE) else { return };
    let riverside = riverside(&place).await;
    let (office, store, _task) = riverside.open().await;
    loop {
        tokio::join!(leaves_message(&office), opens_case(&office), books(&office), is_written_down(&store));
    }
}

async fn leaves_message(office: &Office) {
    let mut caller = Caller::new(office);
    says(&format!("begin message {}", caller.call));
    caller.ask(1, message()).await;
    let OfficeReply::MessageSaved { .. } = caller.reply().await else { panic!("not kept") };
    says(&format!("done message {}", caller.call));
}

async fn opens_case(office: &Office) {
    let mut caller = Caller::new(office);
    says(&format!("begin case {}", caller.call));
    caller.opens(Urgency::Emergency).await;
    let OfficeReply::CaseOpened { .. } = caller.reply().await else { panic!("not kept") };
    says(&format!("done case {}", caller.call));
    while caller.reply().await != OfficeReply::Paged {}
}

/// Books what is free, and gives it up again, so that there is always something free.
async fn books(office: &Office) {
    let mut visitor = Visitor::new(office);
    let patient = visitor.registers("Ann Arbor").await;
    let slots = visitor.slots(&wish(patient, CHECK_UP)).await;
    let Some(slot) = slots.first() else { return };
    says(&format!("begin book {}", slot.id));
    let OfficeReply::Booked(appointment) = visitor.books(slot.id, patient).await else { return };
    says(&format!("done book {}", appointment.id));
    says(&format!("begin cancel {}", appointment.id));
    let OfficeReply::Cancelled(_) = visitor.asks(OfficeRequest::Cancel(appointment.id)).await else { return };
    says(&format!("done cancel {}", appointment.id));
}

/// What a call says in this turn, written in one go.
fn turn(number: usize) -> Vec<Phi<String>> {
    (0..=number % 3).map(|line| Phi::new(format!("turn {number}, line {line}"))).collect()
}

/// A call's row and journal, as they are written while it goes on.
async fn is_written_down(store: &Store) {
    let (id, began_at) = (CallId::new(), at("07:00"));
    says(&format!("begin call {id}"));
    let row = CallRow { id, practice: practice_id(), caller_id: None, began_at, ended_at: None, summary: None };
    store.begin_call(&row).await.unwrap();
    says(&format!("done call {id}"));
    let mut written = 0;
    for number in 0..TURNS {
        let lines = turn(number);
        says(&format!("begin turn {id}/{number}"));
        store.append_journal_after(id, written, &lines).await.unwrap();
        says(&format!("done turn {id}/{number}"));
        written += lines.len();
    }
    says(&format!("begin end {id}"));
    store.end_call(id, at("07:05"), &"{}".into()).await.unwrap();
    says(&format!("done end {id}"));
}

fn call(id: &str) -> CallId {
    serde_json::from_value(id.into()).unwrap()
}

fn practice_id() -> PracticeId {
    "riverside".into()
}

async fn check(store: &Store, said: &Said) {
    for id in said.all_done("message") {
        assert_eq!(store.messages_of(call(id)).await.unwrap().len(), 1, "a message that was answered for is lost");
    }
    for id in said.all_done("case") {
        assert!(store.case_of_call(call(id)).await.is_ok(), "a case that was answered for is lost");
    }
    check_appointments(store, said).await;
    check_calls(store, said).await;
    let report = store.verify_ledger(&practice_id(), None).await.unwrap();
    assert!(report.flaws.is_empty(), "{:?}", report.flaws);
}

async fn check_appointments(store: &Store, said: &Said) {
    let appointments = store.appointments(&practice_id(), (at("00:00"), at("23:59"))).await.unwrap();
    let status = |id: &str| {
        let is = |row: &&AppointmentRow| row.appointment.id.to_string() == id;
        appointments.iter().find(is).map(|row| row.status)
    };
    for id in said.all_done("book") {
        let expected: &[Status] = match (said.is_begun("cancel", id), said.is_done("cancel", id)) {
            (false, _) => &[Status::Booked],
            (true, false) => &[Status::Booked, Status::Cancelled],
            (true, true) => &[Status::Cancelled],
        };
        let status = status(id).expect("an appointment that was answered for is lost");
        assert!(expected.contains(&status), "{status:?}, not {expected:?}");
    }
}

/// A journal has every turn that was answered for, perhaps the one that was being written, each whole, and nothing else.
async fn check_calls(store: &Store, said: &Said) {
    let unfinished: BTreeSet<_> =
        store.unfinished_calls(&practice_id()).await.unwrap().iter().map(|row| row.id.to_string()).collect();
    for id in said.all_begun("call") {
        match store.call(call(id)).await {
            Err(StoreError::NotFound { .. }) if !said.is_done("call", id) => continue,
            found => drop(found.expect("a call that was answered for is lost")),
        }
        let turns = |is: fn(&Said, &str, &str) -> bool| {
            let whole = (0..TURNS).take_while(|number| is(said, "turn", &format!("{id}/{number}")));
            whole.flat_map(turn).collect::<Vec<_>>()
        };
        let journal = store.journal(call(id)).await.unwrap();
        assert!([turns(Said::is_done), turns(Said::is_begun)].contains(&journal), "of call {id} is kept: {journal:?}");
        let is_unfinished = unfinished.contains(id);
        match (said.is_begun("end", id), said.is_done("end", id)) {
            (false, _) => assert!(is_unfinished, "call {id} has ended by itself"),
            (true, false) => {}
            (true, true) => assert!(!is_unfinished, "the end of call {id} is lost"),
        }
    }
}

/// Whatever was asked, answered or not, is asked again: there is one of it, not two.
async fn asked_again_nothing_happens_twice(office: &Office, store: &Store, said: &Said) {
    for (kind, request) in [("message", message()), ("case", OfficeRequest::OpenCase(case(Urgency::Emergency)))] {
        for id in said.all_begun(kind) {
            let (sender, mut replies) = mpsc::channel(4);
            office.handle(call(id), RequestId(1), request.clone(), sender).await;
            let reply = replies.recv().await.unwrap();
            assert!(matches!(reply, OfficeReply::MessageSaved { .. } | OfficeReply::CaseOpened { .. }), "{reply:?}");
        }
    }
    for id in said.all_begun("message") {
        assert_eq!(store.messages_of(call(id)).await.unwrap().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_answered_is_lost_when_the_process_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    is_killed_again_and_again(dir.path().join("practice.db").to_str().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_answered_is_lost_when_a_node_is_killed() {
    is_killed_again_and_again(&Postgres::shared().database()).await;
}

async fn is_killed_again_and_again(database: &str) {
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut pager = Receiver::start().await;
    let place = format!("{database} {}/page", pager.base());
    let (mut paged, mut answers, mut interrupted) = (BTreeSet::new(), 0, 0);
    let mut last = Said::default();
    for _ in 0..kills() {
        let (requests, after) = (random.random_range(1..=REQUESTS), random.random_range(0..WITHIN_US));
        let in_place = place.clone();
        let life =
            move || live_and_be_killed("lives_until_it_is_killed", &in_place, requests, Duration::from_micros(after));
        last = tokio::task::spawn_blocking(life).await.unwrap();
        answers += last.answers();
        interrupted += last.unanswered();
        let store = riverside(&place).await.store().await;
        check(&store, &last).await;
        store.close().await;
        note_pages(&mut pager, &mut paged);
    }
    assert!(answers as u64 > kills(), "the office was killed before it did anything: {answers}");
    everything_is_taken_up(&riverside(&place).await, &last, pager, paged).await;
    println!(
        "{} kills, {interrupted} requests in the middle of which it was killed, {answers} answers; lost: nothing",
        kills()
    );
}

/// Nothing happens twice that is asked again, and every case pages.
async fn everything_is_taken_up(riverside: &Riverside, last: &Said, mut pager: Receiver, mut paged: BTreeSet<String>) {
    let (office, store, _task) = riverside.open().await;
    asked_again_nothing_happens_twice(&office, &store, last).await;
    let cases: BTreeSet<CaseId> =
        store.open_cases(&practice_id()).await.unwrap().into_iter().map(|file| file.case.id).collect();
    let waited = Instant::now();
    while !cases.iter().all(|case| paged.contains(&case.to_string())) && waited.elapsed() < Duration::from_secs(20) {
        tokio::time::sleep(Duration::from_millis(50)).await;
        note_pages(&mut pager, &mut paged);
    }
    let forgotten: Vec<_> = cases.iter().filter(|case| !paged.contains(&case.to_string())).collect();
    assert!(forgotten.is_empty(), "never paged: {forgotten:?}");
}

/// Whose pages have come.
fn note_pages(pager: &mut Receiver, paged: &mut BTreeSet<String>) {
    while let Some(page) = pager.try_next() {
        let (case, _) = practice::link(&page);
        paged.insert(case.to_string());
    }
}

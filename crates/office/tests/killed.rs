//! What was told to a caller survives `kill -9`, wherever it strikes: an office in a process of its own is asked for messages, cases
//! and appointments, and is killed within the time between a request and its reply. After each kill the database is looked at:
//! everything that was answered is there, nothing is there by half, the ledger is sound; and at the end every case was paged.
//!
//! Twenty kills; `FIRSTRING_KILLS=200` for more.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[path = "practice/front_desk.rs"]
mod front_desk;
mod practice;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use domain::{CallId, CaseId, OfficeReply, OfficeRequest, PracticeId, RequestId, Urgency};
use front_desk::{CHECK_UP, Visitor, at, clinic, wish};
use office::{Channel, Office, Webhook};
use oncall::Way;
use practice::{Caller, Receiver, Riverside, case, message};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use store::{AppointmentRow, OpenOptions, Secret, Status, Store};
use tokio::sync::mpsc;

/// Where the office in its own process works, and where it pages.
const PLACE: &str = "FIRSTRING_KILLED_PLACE";
/// Requests of one life, at most: enough to be in the middle of something.
const REQUESTS: u32 = 12;
/// A kill strikes so long after a request began, at most: about as long as one takes.
const WITHIN_US: u64 = 6000;

fn kills() -> u64 {
    std::env::var("FIRSTRING_KILLS").map_or(20, |written| written.parse().unwrap())
}

async fn riverside(place: &str) -> Riverside {
    let (dir, pager) = place.split_once(' ').unwrap();
    let mut riverside = clinic().await;
    riverside.options = OpenOptions::new(format!("{dir}/practice.db"), Secret::new(practice::DATABASE_KEY));
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
    let Ok(place) = std::env::var(PLACE) else { return };
    let riverside = riverside(&place).await;
    let (office, ..) = riverside.open().await;
    loop {
        tokio::join!(leaves_message(&office), opens_case(&office), books(&office));
    }
}

fn says(what: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "|{what}").unwrap();
    out.flush().unwrap();
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

/// What one life began and was answered, by kind.
#[derive(Default)]
struct Said {
    begun: BTreeMap<String, BTreeSet<String>>,
    done: BTreeMap<String, BTreeSet<String>>,
}

impl Said {
    fn note(&mut self, line: &str) -> bool {
        // Others may write to the same output.
        let Some(line) = line.split('|').nth(1) else { return false };
        let [step, kind, id] = line.split(' ').collect::<Vec<_>>()[..] else { return false };
        let of = if step == "begin" { &mut self.begun } else { &mut self.done };
        of.entry(kind.to_owned()).or_default().insert(id.to_owned());
        step == "begin"
    }

    fn done(&self, kind: &str) -> impl Iterator<Item = &str> {
        self.done.get(kind).into_iter().flatten().map(String::as_str)
    }

    fn begun(&self, kind: &str, id: &str) -> bool {
        self.begun.get(kind).is_some_and(|ids| ids.contains(id))
    }
}

fn start(place: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lives_until_it_is_killed", "--nocapture", "--test-threads=1"])
        .env(PLACE, place)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// One life, killed after this request and this much time.
fn live_and_be_killed(place: &str, request: u32, after: Duration) -> Said {
    let mut child = start(place);
    let mut said = Said::default();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut requests = 0;
    while requests < request {
        let line = lines.next().expect("it lives until it is killed");
        requests += u32::from(said.note(&line));
    }
    let struck = Instant::now();
    while struck.elapsed() < after {
        std::hint::spin_loop(); // a sleep is not so exact
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for line in lines {
        said.note(&line);
    }
    said
}

fn call(id: &str) -> CallId {
    serde_json::from_value(id.into()).unwrap()
}

fn practice_id() -> PracticeId {
    "riverside".into()
}

async fn check(store: &Store, said: &Said) {
    for id in said.done("message") {
        assert_eq!(store.messages_of(call(id)).await.unwrap().len(), 1, "a message that was answered for is lost");
    }
    for id in said.done("case") {
        assert!(store.case_of_call(call(id)).await.is_ok(), "a case that was answered for is lost");
    }
    let appointments = store.appointments(&practice_id(), (at("00:00"), at("23:59"))).await.unwrap();
    let status = |id: &str| {
        let is = |row: &&AppointmentRow| row.appointment.id.to_string() == id;
        appointments.iter().find(is).map(|row| row.status)
    };
    for id in said.done("book") {
        let expected: &[Status] = match (said.begun("cancel", id), said.done("cancel").any(|cancelled| cancelled == id))
        {
            (false, _) => &[Status::Booked],
            (true, false) => &[Status::Booked, Status::Cancelled],
            (true, true) => &[Status::Cancelled],
        };
        let status = status(id).expect("an appointment that was answered for is lost");
        assert!(expected.contains(&status), "{status:?}, not {expected:?}");
    }
    let report = store.verify_ledger(&practice_id(), None).await.unwrap();
    assert!(report.flaws.is_empty(), "{:?}", report.flaws);
}

/// Whatever was asked, answered or not, is asked again: there is one of it, not two.
async fn asked_again_nothing_happens_twice(office: &Office, store: &Store, said: &Said) {
    for (kind, request) in [("message", message()), ("case", OfficeRequest::OpenCase(case(Urgency::Emergency)))] {
        for id in said.begun.get(kind).into_iter().flatten() {
            let (sender, mut replies) = mpsc::channel(4);
            office.handle(call(id), RequestId(1), request.clone(), sender).await;
            let reply = replies.recv().await.unwrap();
            assert!(matches!(reply, OfficeReply::MessageSaved { .. } | OfficeReply::CaseOpened { .. }), "{reply:?}");
        }
    }
    for id in said.begun.get("message").into_iter().flatten() {
        assert_eq!(store.messages_of(call(id)).await.unwrap().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_answered_is_lost_when_the_process_is_killed() {
    let seed = rand::random();
    println!("seed {seed}, {} kills", kills());
    let mut random = StdRng::seed_from_u64(seed);
    let (dir, mut pager) = (tempfile::tempdir().unwrap(), Receiver::start().await);
    let place = format!("{} {}/page", dir.path().display(), pager.base());
    let (mut paged, mut answered) = (BTreeSet::new(), 0);
    let mut last = Said::default();
    for kill in 0..kills() {
        let (request, after) = (random.random_range(1..=REQUESTS), random.random_range(0..WITHIN_US));
        let place = place.clone();
        let life = move || live_and_be_killed(&place, request, Duration::from_micros(after));
        last = tokio::task::spawn_blocking(life).await.unwrap();
        answered += last.done.values().map(BTreeSet::len).sum::<usize>();
        let store = Store::open(&riverside(&place_of(&dir, &pager)).await.options).await.expect("opens after a kill");
        check(&store, &last).await;
        store.close().await;
        note_pages(&mut pager, &mut paged);
        println!("kill {kill}: after request {request} and {after} us");
    }
    assert!(answered as u64 > kills(), "the office was killed before it did anything: {answered}");

    let riverside = riverside(&place).await;
    let (office, store, _task) = riverside.open().await;
    asked_again_nothing_happens_twice(&office, &store, &last).await;
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

fn place_of(dir: &tempfile::TempDir, pager: &Receiver) -> String {
    format!("{} {}/page", dir.path().display(), pager.base())
}

/// Whose pages have come.
fn note_pages(pager: &mut Receiver, paged: &mut BTreeSet<String>) {
    while let Some(page) = pager.try_next() {
        let (case, _) = practice::link(&page);
        paged.insert(case.to_string());
    }
}

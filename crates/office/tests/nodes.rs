//! Two offices of one practice on one database: each page is one of theirs, and a case outlives the node that had it.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

mod practice;

use std::collections::BTreeSet;
use std::time::Duration;

use domain::{CaseUpdate, OfficeReply, OfficeRequest, Phi, RequestId, Urgency};
use jiff::Timestamp;
use office::Office;
use practice::{Caller, NEVER, Riverside, holder, in_turn, link, message, slow};
use store::{NodeId, Secret, Store};
use testbed::Postgres;
use tokio::task::JoinHandle;

/// A node of the practice. Killing it, nothing of it runs any more, as if its process had been killed.
struct Node {
    office: Office,
    store: Store,
    runtime: tokio::runtime::Runtime,
    _task: JoinHandle<()>,
}

impl Node {
    async fn start(name: &str, riverside: &Riverside, url: &Secret) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (config, url, node) = (riverside.config.clone(), url.clone(), NodeId(name.to_owned()));
        let started = runtime.spawn(async move {
            let store = Store::connect(&url).await.unwrap().as_node(node);
            let (office, task) = Office::start(store.clone(), config).await.unwrap();
            (office, store, task)
        });
        let (office, store, task) = started.await.unwrap();
        Self { office, store, runtime, _task: task }
    }

    fn kill(self) {
        self.runtime.shutdown_background();
    }
}

fn database() -> Secret {
    Secret::new(Postgres::shared().database())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_node_had_is_paged_on_by_the_other_and_no_page_twice() {
    let mut riverside = Riverside::new(in_turn(Duration::from_secs(1), NEVER, NEVER)).await;
    let url = database();
    let (first, second) = (Node::start("first", &riverside, &url).await, Node::start("second", &riverside, &url).await);
    let mut calls = Vec::new();
    for _ in 0..3 {
        let caller = Caller::new(&first.office);
        caller.opens(Urgency::Emergency).await;
        calls.push(caller);
    }
    let mut pages = Vec::new();
    while pages.len() < 6 {
        pages.push(riverside.ann.next().await.id);
    }
    drop(calls);
    first.kill();
    while pages.len() < 30 {
        pages.push(riverside.ann.next().await.id);
    }
    let unique: BTreeSet<_> = pages.iter().collect();
    assert_eq!(unique.len(), pages.len(), "each page is sent once: {pages:?}");
    assert_eq!(second.store.open_cases(&"riverside".into()).await.unwrap().len(), 3);
    second.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doctor_who_answers_at_the_other_node_is_heard_of_in_the_call() {
    let mut riverside = Riverside::new(slow()).await;
    let url = database();
    let (first, second) = (Node::start("first", &riverside, &url).await, Node::start("second", &riverside, &url).await);
    let mut caller = Caller::new(&first.office);
    caller.opens(Urgency::Emergency).await;
    let (case, token) = link(&riverside.ann.next().await);
    assert_eq!(caller.reply().await, OfficeReply::CaseOpened { case });
    assert_eq!(caller.reply().await, OfficeReply::Paged);

    let now = Timestamp::now();
    let taken = second.office.acknowledge(case, &token, Urgency::Emergency, now).await.unwrap();
    assert_eq!(holder(&taken), Some("Doctor Ann"));
    assert_eq!(caller.reply().await, OfficeReply::Acknowledged { by: "Doctor Ann".to_owned() });
    // Both show the same, whoever is asked; and what the call tells afterwards is in the case.
    assert_eq!(holder(&first.office.look(case, &token).await.unwrap()), Some("Doctor Ann"));
    let words = CaseUpdate::Heard(Phi::from("and my arm hurts too"));
    caller.ask(2, OfficeRequest::UpdateCase(words.clone())).await;
    assert_eq!(caller.reply().await, OfficeReply::CaseUpdated);
    let seen = second.office.look(case, &token).await.unwrap();
    assert!(seen.file.events.iter().any(|event| event.update == words), "{:?}", seen.file.events.len());
    let done = second.office.caller_reached(case, &token, Urgency::Emergency, Timestamp::now()).await.unwrap();
    assert!(done.file.case.closed.is_some());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(riverside.ann.is_quiet(), "paged after it was taken");
    assert!(first.store.open_cases(&"riverside".into()).await.unwrap().is_empty());
    first.kill();
    second.kill();
}

/// Both have the case in their memory with the same timer, as when one was taken for dead and was not: whoever was told
/// something last has it, and the other's timer runs on.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_nodes_with_the_same_timer_one_pages() {
    let mut riverside = Riverside::new(in_turn(Duration::from_millis(500), NEVER, NEVER)).await;
    let url = database();
    let nodes = [Node::start("first", &riverside, &url).await, Node::start("second", &riverside, &url).await];
    let caller = Caller::new(&nodes[0].office);
    caller.opens(Urgency::Emergency).await;
    let mut pages = vec![riverside.ann.next().await];
    for number in 1..=6 {
        let (replies, mut answer) = tokio::sync::mpsc::channel(1);
        let words = OfficeRequest::UpdateCase(CaseUpdate::Heard(Phi::from("are you there")));
        nodes[number % 2].office.handle(caller.call, RequestId(1 + number as u32), words, replies).await;
        assert_eq!(answer.recv().await, Some(OfficeReply::CaseUpdated));
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    pages.extend(std::iter::from_fn(|| riverside.ann.try_next()));
    let steps: BTreeSet<_> = pages.iter().map(|page| page.body["step"].as_u64().unwrap()).collect();
    assert!(steps.len() == pages.len() && steps.len() >= 6, "each once, and paging goes on: {steps:?}");
    nodes.into_iter().for_each(Node::kill);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_announced_by_one_node() {
    let mut riverside = Riverside::new(slow()).await;
    let url = database();
    let nodes = [Node::start("first", &riverside, &url).await, Node::start("second", &riverside, &url).await];
    let mut ids = BTreeSet::new();
    for number in 0..20 {
        let caller = Caller::new(&nodes[number % 2].office);
        caller.ask(1, message()).await;
    }
    for _ in 0..20 {
        let delivery = riverside.desk.next().await;
        assert!(ids.insert(delivery.id.clone()), "{} twice", delivery.id);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(riverside.desk.is_quiet());
    nodes.into_iter().for_each(Node::kill);
}

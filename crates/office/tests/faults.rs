//! Faults, each for real: a disk that is full or turns read-only, a database server that crashes, every way to page failing
//! in every manner. Nothing that was confirmed is lost, every page leaves, callers are told the truth, and what was put off
//! is made up for when the fault is over.
//!
//! A server is away for five seconds; `FIRSTRING_OUTAGE_S=60` for longer.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[path = "practice/disk.rs"]
mod disk;
#[path = "practice/line.rs"]
mod line;
#[path = "practice/ordeal.rs"]
mod ordeal;
mod practice;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use disk::Disk;
use domain::{OfficeReply, Urgency};
use jiff::Timestamp;
use line::{Line, Manner};
use office::Office;
use oncall::{Clinician, Rota, Way};
use ordeal::{outlasts, riverside};
use practice::{Caller, NEVER, Riverside, close, in_turn, message, slow};
use store::{NodeId, PageOutcome, PageRow, Secret, Store};
use testbed::Postgres;

/// How long a disk is broken; long enough for a page to be repeated.
const DISK_BROKEN: Duration = Duration::from_secs(4);

fn outage() -> Duration {
    Duration::from_secs(std::env::var("FIRSTRING_OUTAGE_S").map_or(5, |written| written.parse().unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_outlasted() {
    let Some(disk) = Disk::of_its_own("a_full_disk_is_outlasted") else { return };
    let mut riverside = riverside().await;
    riverside.options.path = disk.database();
    outlasts("a full disk", riverside, DISK_BROKEN, || disk.fill(), || disk.make_room()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_turns_read_only_is_outlasted() {
    let Some(disk) = Disk::of_its_own("a_disk_that_turns_read_only_is_outlasted") else { return };
    let mut riverside = riverside().await;
    riverside.options.path = disk.database();
    outlasts("a read-only disk", riverside, DISK_BROKEN, || disk.fail(), || disk.recover()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_server_that_crashes_is_outlasted() {
    let server = Postgres::start(true);
    let mut riverside = riverside().await;
    riverside.server = Some(Secret::new(server.database()));
    outlasts("no database server", riverside, outage(), || server.crash(), || server.restart()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_does_not_start_on_a_read_only_disk_and_loses_nothing() {
    let Some(disk) = Disk::of_its_own("an_office_does_not_start_on_a_read_only_disk_and_loses_nothing") else { return };
    let mut riverside = Riverside::new(slow()).await;
    riverside.options.path = disk.database();
    let (office, store, task) = riverside.open().await;
    let mut caller = Caller::new(&office);
    let call = caller.call;
    caller.ask(1, message()).await;
    assert!(matches!(caller.reply().await, OfficeReply::MessageSaved { .. }));
    riverside.desk.next().await;
    close(office, caller, task).await;
    store.close().await;

    disk.remount("ro");
    let refused = Store::open(&riverside.options).await.expect_err("nothing can be kept there");
    assert!(refused.to_string().ends_with("check that its directory exists and may be written to"), "{refused}");
    disk.remount("rw");
    let (_office, store, _task) = riverside.open().await;
    assert_eq!(store.messages_of(call).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_do_not_take_each_other_for_dead_while_their_database_is_away() {
    let server = Postgres::start(true);
    let mut riverside = Riverside::new(in_turn(Duration::from_secs(1), NEVER, NEVER)).await;
    let url = Secret::new(server.database());
    let (mut nodes, mut calls) = (Vec::new(), Vec::new());
    for name in ["first", "second"] {
        let store = Store::connect(&url).await.unwrap().as_node(NodeId(name.to_owned()));
        let (office, _task) = Office::start(store.clone(), riverside.config.clone()).await.unwrap();
        let caller = Caller::new(&office);
        caller.opens(Urgency::Emergency).await;
        nodes.push((office.dead_nodes(), office, store));
        calls.push(caller);
    }
    let mut pages = Vec::new();
    let mut pages_for = async |pages: &mut Vec<String>, lasts: Duration| {
        let since = Instant::now();
        while since.elapsed() < lasts {
            pages.push(riverside.ann.next().await.id);
        }
    };
    pages_for(&mut pages, Duration::from_secs(3)).await;
    server.crash();
    pages_for(&mut pages, outage()).await;
    server.restart();
    // Longer than a node may stand still before it is taken for dead.
    pages_for(&mut pages, Duration::from_secs(10)).await;
    assert_eq!(pages.iter().collect::<BTreeSet<_>>().len(), pages.len(), "each page is sent once: {pages:?}");
    for (dead, _office, store) in &mut nodes {
        assert!(dead.try_recv().is_err(), "{} has taken the other for dead", store.node());
        assert_eq!(store.open_cases(&"riverside".into()).await.unwrap().len(), 2);
    }
    println!("two nodes without their database for {:.0} s: {} pages, none twice", outage().as_secs_f64(), pages.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_way_fails_and_however_the_others_page_and_then_the_next() {
    let manners = [Manner::RefusesConnections, Manner::Fails, Manner::Hangs, Manner::TalksNonsense];
    let mut running = tokio::task::JoinSet::new();
    for manner in manners {
        for way in Way::ALL {
            running.spawn(ways_fail(vec![way], manner));
        }
        running.spawn(ways_fail(Way::ALL.to_vec(), manner));
    }
    let all = running.join_all().await.len();
    println!(
        "{all} times a way failed, or all of them: the others have paged, and when there was none the next clinician"
    );
}

/// What is written of a page that was not taken.
fn why(way: Way, manner: Manner) -> &'static str {
    match (manner, way) {
        (Manner::Takes, _) => "taken",
        (Manner::TalksNonsense, Way::Email) => "the mail server does not offer what is needed",
        (Manner::RefusesConnections | Manner::TalksNonsense, _) => "not reached",
        (Manner::Fails, Way::Email) => "refused by the mail server with code 554",
        (Manner::Fails, _) => "refused with status 500",
        (Manner::Hangs, _) => "no answer in time",
    }
}

/// Of the six ways of Ann's these fail.
async fn ways_fail(failing: Vec<Way>, manner: Manner) {
    let mut riverside = Riverside::new(slow()).await;
    let clinician =
        |id: &str, name: &str, ways: &[Way]| Clinician { id: id.into(), name: name.into(), ways: ways.into() };
    let (ann, bob) = (clinician("ann", "Doctor Ann", &Way::ALL), clinician("bob", "Doctor Bob", &[Way::Webhook]));
    riverside.config.rota = Rota::always(ann, None, bob);
    let mut lines = BTreeMap::new();
    for way in Way::ALL {
        let line = Line::start(way, if failing.contains(&way) { manner } else { Manner::Takes }).await;
        riverside.config.channels.insert(("ann".into(), way), line.channel.clone());
        lines.insert(way, line);
    }
    let (office, store, _task) = riverside.open().await;
    let mut caller = Caller::new(&office);
    caller.opens(Urgency::Emergency).await;
    assert!(matches!(caller.reply().await, OfficeReply::CaseOpened { .. }));
    assert_eq!(caller.reply().await, OfficeReply::Paged);
    let pages = settled(&store, &caller).await;
    let first_failure = pages.iter().filter_map(failed_at).min();
    for (page, way) in pages.iter().zip(Way::ALL) {
        assert_eq!(page.channel, way.label());
        let fails = failing.contains(&way);
        match &page.outcome {
            PageOutcome::Failed { why: told, .. } => {
                assert_eq!((fails, told.as_str()), (true, why(way, manner)), "{way}, {manner:?}");
            }
            PageOutcome::Accepted { at } => {
                assert!(!fails, "{way}, {manner:?}");
                assert!(manner != Manner::Hangs || Some(*at) < first_failure, "{way} has waited for one that hangs");
            }
            PageOutcome::Unknown => panic!("{way}, {manner:?}"),
        }
        let arrived = usize::from(!fails || manner == Manner::Fails);
        assert_eq!(lines.get_mut(&way).unwrap().pages(), arrived, "{way}, {manner:?}");
    }
    if failing.len() == Way::ALL.len() {
        assert_eq!(riverside.bob.next().await.body["why"], "next_in_rota");
    }
    assert!(riverside.bob.is_quiet());
}

fn failed_at(page: &PageRow) -> Option<Timestamp> {
    if let PageOutcome::Failed { at, .. } = page.outcome { Some(at) } else { None }
}

/// Ann's pages, in the order of her ways, when it is known what became of each.
async fn settled(store: &Store, caller: &Caller) -> Vec<PageRow> {
    let since = Instant::now();
    loop {
        let mut pages = store.case_of_call(caller.call).await.unwrap().pages;
        pages.retain(|page| page.clinician == "ann");
        if pages.iter().all(|page| page.outcome != PageOutcome::Unknown) {
            return pages;
        }
        assert!(since.elapsed() < Duration::from_secs(60), "nobody knows what became of {pages:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

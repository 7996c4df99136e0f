//! The practice is told of gaps and overlaps of its rota before they happen, once each.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

mod practice;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::civil::{Weekday, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use office::{Clock, Office};
use oncall::{Clinician, Line, Rota, Rotation, Shift, Tier, Way};
use practice::{Riverside, slow};
use store::{Secret, Store};
use testbed::Postgres;

/// Ann has every day from eight to eight but Sundays, and Bob believes that he has Wednesday mornings.
fn rota() -> Rota {
    let person = |id: &str| Clinician { id: id.into(), name: format!("Doctor {id}"), ways: vec![Way::Webhook] };
    let shift = |days: &[Weekday], from, to, who: &str| Shift {
        tier: Tier::Primary,
        days: days.to_vec(),
        from: time(from, 0, 0, 0),
        to: time(to, 0, 0, 0),
        until_day: None,
        who: Rotation::always(who.into()),
    };
    let week =
        [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday, Weekday::Saturday];
    let weekly = vec![shift(&week, 8, 8, "ann"), shift(&[Weekday::Wednesday], 9, 12, "bob")];
    let lines = BTreeMap::from([(Rota::GENERAL.into(), Line { weekly, ..Line::default() })]);
    Rota::new(TimeZone::UTC, ["ann", "bob"].map(person).to_vec(), "bob".into(), lines).unwrap()
}

/// Monday, nine in the morning, and so many hours after it.
fn monday(hours: i64) -> Timestamp {
    "2026-03-02T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours)
}

async fn texts(store: &Store) -> Vec<String> {
    let rows = store.latest_messages(&"riverside".into(), 99).await.unwrap();
    rows.iter().rev().map(|row| row.draft.text.expose().clone()).collect()
}

/// On one database, whichever it is.
async fn told_once_each(store: Store) {
    let hours = Arc::new(AtomicI64::new(0));
    let told = Arc::clone(&hours);
    let mut riverside = Riverside::new(slow()).await;
    riverside.config.rota = rota();
    riverside.config.clock = Clock::new(move || monday(told.load(Ordering::SeqCst)));
    let (office, task) = Office::start(store.clone(), riverside.config.clone()).await.unwrap();
    office.tell_of_gaps().await;
    let [text] = &texts(&store).await[..] else { panic!("one message") };
    let overlap = "Doctor ann is on call, and Doctor bob may think to be, too (line general, primary), \
                   from Wed 4 Mar 2026, 09:00 until Wed 4 Mar 2026, 12:00.";
    let gap = "Nobody is on call (line general, primary), from Sun 8 Mar 2026, 08:00 until Mon 9 Mar 2026, 08:00.";
    assert!(text.contains(overlap) && text.contains(gap), "{text}");
    assert_eq!(riverside.desk.next().await.body["urgency"], "urgent");

    // Daily, in the middle of the overlap too, and after a restart.
    for later in [24, 49, 72, 120] {
        hours.store(later, Ordering::SeqCst);
        office.tell_of_gaps().await;
    }
    drop(office);
    task.await.unwrap();
    let (office, task) = Office::start(store.clone(), riverside.config.clone()).await.unwrap();
    office.tell_of_gaps().await;
    let texts_now = texts(&store).await;
    let [_, next] = &texts_now[..] else { panic!("a second message: {texts_now:?}") };
    assert!(next.contains("Wed 11 Mar 2026") && !next.contains("Nobody"), "{next}");
    drop(office);
    task.await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_gap_is_told_once_a_week_ahead() {
    let riverside = Riverside::new(slow()).await;
    told_once_each(Store::open(&riverside.options).await.unwrap()).await;
}

#[tokio::test]
async fn on_a_shared_database_too() {
    told_once_each(Store::connect(&Secret::new(Postgres::shared().database())).await.unwrap()).await;
}

#[tokio::test]
async fn a_gap_without_an_end_is_told_once_and_a_rota_without_gaps_never() {
    let days = Arc::new(AtomicI64::new(0));
    let told = Arc::clone(&days);
    let mut riverside = Riverside::new(slow()).await;
    riverside.config.clock = Clock::new(move || monday(24 * told.load(Ordering::SeqCst)));
    let (office, store, task) = riverside.open().await;
    office.tell_of_gaps().await;
    assert!(texts(&store).await.is_empty());
    drop(office);
    task.await.unwrap();

    let last = riverside.config.rota.last_resort().clone();
    let lines = BTreeMap::from([(Rota::GENERAL.into(), Line::default())]);
    riverside.config.rota = Rota::new(TimeZone::UTC, vec![last], "bob".into(), lines).unwrap();
    let (office, task) = Office::start(store.clone(), riverside.config.clone()).await.unwrap();
    for day in 0..60 {
        days.store(day, Ordering::SeqCst);
        office.tell_of_gaps().await;
    }
    let told = texts(&store).await;
    assert!(told.len() == 1 && told[0].contains("since long ago with no end in sight"), "{told:?}");
    drop(office);
    task.await.unwrap();
}

//! Whether pages arrive is tried out before they are needed, and whoever is not reached is told of.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

mod practice;

use jiff::civil::Weekday;
use jiff::{SignedDuration, Timestamp};
use office::{Schedule, test_pages};
use oncall::Way;
use practice::{Riverside, slow};

const ALL_DAYS: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

#[tokio::test]
async fn everybody_is_paged_in_each_of_their_ways_and_it_is_said_that_it_is_a_test() {
    let mut riverside = Riverside::new(slow()).await;
    riverside.bob.answer(503);
    let tested = test_pages(&riverside.config, None).await.unwrap();
    let told: Vec<_> =
        tested.iter().map(|page| (page.clinician.id.0.as_str(), page.way, page.failed.as_deref())).collect();
    assert_eq!(told, [("ann", Way::Webhook, None), ("bob", Way::Webhook, Some("refused with status 503"))]);
    let page = riverside.ann.next().await;
    assert_eq!((&page.body["type"], &page.body["clinician"]), (&"test_page".into(), &"ann".into()));
    assert!(page.body.get("link").is_none() && page.body.get("urgency").is_none(), "{}", page.text);
    riverside.bob.next().await;

    let only = test_pages(&riverside.config, Some(&"ann".into())).await.unwrap();
    assert_eq!(only.len(), 1);
    assert!(riverside.bob.is_quiet());
}

#[tokio::test]
async fn on_its_day_it_happens_by_itself_and_what_does_not_arrive_becomes_a_message() {
    let mut riverside = Riverside::new(slow()).await;
    riverside.bob.answer(500);
    let soon = Timestamp::now() + SignedDuration::from_millis(1500);
    let at = soon.to_zoned(jiff::tz::TimeZone::UTC).time();
    riverside.config.test_pages = Some(Schedule { days: ALL_DAYS.to_vec(), at: vec![at] });
    let (office, store, task) = riverside.open().await;
    assert_eq!(riverside.ann.next().await.body["type"], "test_page");
    let told = riverside.desk.next().await;
    assert_eq!((&told.body["type"], &told.body["urgency"]), (&"message".into(), &"urgent".into()));
    let [message] = &store.latest_messages(&"riverside".into(), 5).await.unwrap()[..] else { panic!("one message") };
    let text = message.draft.text.expose();
    assert!(text.contains("Doctor Bob by webhook (refused with status 500)") && !text.contains("Ann"), "{text}");
    let audit = store.audit_of("pages").await.unwrap();
    assert_eq!(audit[0].action, "sent 2 test pages, of which 1 failed");
    drop(office);
    task.await.unwrap();
}

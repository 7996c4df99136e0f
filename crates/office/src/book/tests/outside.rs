//! What is remembered of a calendar: what was seen of many days, and that it has failed a moment ago.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use calendars::{Answer, Busy, CalendarError, Entry, OutsideCalendar, Period, Taken, Unreached, Version};
use domain::{AppointmentId, Interval};
use jiff::{SignedDuration, Timestamp};

use super::super::outside::{Failed, Outside};
use crate::ProviderCalendar;

/// Of which the hour after the hundredth is taken.
#[derive(Debug, Default)]
struct Fake {
    is_down: AtomicBool,
    asked: AtomicUsize,
}

impl OutsideCalendar for Fake {
    fn busy(&self, period: Period) -> Answer<'_, Busy> {
        Box::pin(async move {
            self.asked.fetch_add(1, Ordering::SeqCst);
            if self.is_down.load(Ordering::SeqCst) {
                return Err(CalendarError::Unavailable(Unreached::NotReached));
            }
            let period = Period::new(hour(100), hour(101)).filter(|hour| period.overlaps(hour));
            Ok(Busy { taken: period.map(|period| Taken { period, ours: None }).into_iter().collect(), unreadable: 0 })
        })
    }

    fn book<'a>(&'a self, _: &'a Entry) -> Answer<'a, Version> {
        Box::pin(async { Err(CalendarError::Conflict) })
    }

    fn change<'a>(&'a self, _: &'a Entry, _: &'a Version) -> Answer<'a, Version> {
        Box::pin(async { Err(CalendarError::Conflict) })
    }

    fn cancel<'a>(&'a self, _: AppointmentId, _: Option<&'a Version>) -> Answer<'a, ()> {
        Box::pin(async { Ok(()) })
    }
}

fn hour(hours: i64) -> Timestamp {
    "2026-03-02T08:00:00Z".parse::<Timestamp>().expect("a time") + SignedDuration::from_hours(hours)
}

fn of_patel(fake: &Arc<Fake>) -> Outside {
    let calendar: Arc<dyn OutsideCalendar> = Arc::clone(fake) as _;
    Outside::new(&[("patel".into(), ProviderCalendar { calendar, names: false })])
}

/// How much of the next hours is taken, and whether that is in doubt.
async fn look(outside: &Outside, hours: i64, failed: Failed) -> (usize, bool) {
    let mut taken: BTreeMap<_, Vec<Interval>> = BTreeMap::new();
    let (patel, next) = (["patel".into()], (hour(0), hour(hours)));
    let in_doubt = outside.add_taken(&patel, next, &BTreeSet::new(), &mut taken, failed).await;
    (taken.values().map(Vec::len).sum(), !in_doubt.is_empty())
}

#[tokio::test(start_paused = true)]
async fn a_look_at_few_days_leaves_what_was_seen_of_many() {
    let fake = Arc::new(Fake::default());
    let outside = of_patel(&fake);
    assert_eq!(look(&outside, 1000, Failed::AskAgain).await, (1, false));
    tokio::time::advance(Duration::from_mins(1)).await;
    assert_eq!(look(&outside, 10, Failed::Spare).await, (0, false));
    fake.is_down.store(true, Ordering::SeqCst);
    assert_eq!(look(&outside, 10, Failed::Spare).await, (0, false), "seen just now");
    assert_eq!(look(&outside, 1000, Failed::AskAgain).await, (1, true), "as it was seen a minute ago");
    assert_eq!(fake.asked.load(Ordering::SeqCst), 3);
    tokio::time::advance(Duration::from_hours(25)).await;
    assert_eq!(look(&outside, 1000, Failed::AskAgain).await, (0, true), "a day ago says nothing");
}

#[tokio::test(start_paused = true)]
async fn who_does_not_wait_for_an_answer_spares_a_calendar_that_has_failed() {
    let fake = Arc::new(Fake { is_down: true.into(), ..Fake::default() });
    let outside = of_patel(&fake);
    let asked = || fake.asked.load(Ordering::SeqCst);
    for times in [1, 1, 1] {
        assert_eq!((look(&outside, 10, Failed::Spare).await, asked()), ((0, true), times));
    }
    look(&outside, 10, Failed::AskAgain).await;
    assert_eq!(asked(), 2, "a caller has it asked again");
    fake.is_down.store(false, Ordering::SeqCst);
    tokio::time::advance(Duration::from_mins(1)).await;
    assert_eq!((look(&outside, 10, Failed::Spare).await, asked()), ((0, false), 3));
}

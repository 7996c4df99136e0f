//! What is put into the hands of staff.

use super::*;
use domain::{Closure, OpenHours, Practice};
use jiff::civil::{Time, Weekday, date, time};
use store::WaitingOutcome;

/// A practice whose patients are called.
async fn calling(change: impl FnOnce(&mut Practice)) -> Bed {
    Bed::with(|riverside, _| {
        riverside.config.waiting.texts = None;
        change(Arc::make_mut(&mut riverside.config.practice));
    })
    .await
}

fn open(from: Time, to: Time) -> OpenHours {
    OpenHours { weekday: Weekday::Monday, from, to }
}

#[tokio::test]
async fn staff_are_told_while_they_are_there() {
    let closed = |from: Time, to: Time| Closure {
        from: date(2026, 3, 2).to_datetime(from),
        to: date(2026, 3, 2).to_datetime(to),
        why: "a fire drill".to_owned(),
    };
    let ends = time(13, 0, 0, 0);
    let days = [
        (vec![open(time(8, 0, 0, 0), ends)], vec![], 1),
        (vec![open(time(9, 0, 0, 0), ends)], vec![], 0),
        (vec![open(time(8, 0, 0, 0), time(8, 20, 0, 0)), open(time(9, 0, 0, 0), ends)], vec![], 0),
        (vec![open(time(8, 0, 0, 0), ends)], vec![closed(time(8, 30, 0, 0), time(9, 0, 0, 0))], 0),
    ];
    for (hours, closures, at_once) in days {
        let bed = calling(|practice| {
            practice.hours = hours;
            practice.front_desk.closures = closures;
        })
        .await;
        bed.waits("Ann Arbor", ANN).await;
        bed.nudges().await;
        assert_eq!(bed.told_staff().await.len(), at_once, "{:?}", bed.riverside.config.practice.hours);
        bed.pass(55);
        bed.nudges().await;
        assert_eq!(bed.told_staff().await.len(), 1, "at nine they are there");
    }
}

#[tokio::test]
async fn what_staff_have_in_their_hands_is_promised_to_nobody_else() {
    let bed = calling(|_| {}).await;
    let [mut carla, mut dora] = bed.full().await;
    let ann = bed.waits("Ann Arbor", ANN).await;
    bed.waits("Bob Binder", BOB).await;
    cancels(&mut carla).await;
    for _ in 0..3 {
        bed.pass(31);
        bed.nudges().await;
    }
    let [offer] = &bed.open_offers().await[..] else { panic!("one") };
    assert_eq!((offer.start, offer.by_staff, bed.told_staff().await.len()), (at("10:00"), true, 1));

    bed.booked("Emil Esch", "10:00").await;
    bed.nudges().await;
    assert!(bed.open_offers().await.is_empty(), "it cannot be had any more");
    assert_eq!(bed.store.waiting_offers(offer.waiting).await.unwrap()[0].outcome, WaitingOutcome::TooLate);
    assert!(bed.is_waiting(ann).await);
    cancels(&mut dora).await;
    bed.nudges().await;
    let told = bed.told_staff().await;
    assert_eq!((told.len(), told[0].draft.name.as_ref().unwrap().expose().as_str()), (2, "Ann Arbor"), "her turn");
}

#[tokio::test]
async fn who_was_perhaps_texted_all_the_same_may_answer() {
    let mut bed = Bed::new().await;
    bed.texts.answer(500);
    let ann = bed.waits("Ann Arbor", ANN).await;
    bed.nudges().await;
    let code = bed.texts.next().await.code();
    bed.texts.forget();
    let told = bed.told_staff().await;
    let told = told[0].draft.text.expose();
    assert!(told.contains("They may not have been told"), "{told}");
    assert!(told.contains(&format!("firstring appointments waiting book {code}")), "{told}");
    assert_eq!(bed.phone(ANN).texts("hello").await, "", "a number to which nobody may have written is not explained");
    bed.pass(45);
    assert!(bed.phone(ANN).texts(&format!("YES {code}")).await.contains("It is booked"));
    assert_eq!(bed.has(ann).await, [at("10:00")]);
}

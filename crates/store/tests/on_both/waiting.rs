//! The waiting list: one place for each patient and kind, one open offer of each freed time, and each offer ended once.

use domain::{
    CallId, NewPatient, OfficeReply, PatientId, Phi, PhoneNumber, PracticeId, RequestId, SlotId, WaitingId, WaitingWish,
};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use store::{Found, Requested, Retention, Store, WaitingOfferRow, WaitingOutcome, WaitingStatus};

use crate::database::{Database, on_both};

on_both!(
    who_waits_keeps_their_turn_and_a_repeated_request_does_nothing,
    a_freed_time_is_offered_to_one_however_many_nodes_see_it,
    an_offer_is_ended_once_and_what_was_booked_counts,
    who_leaves_is_offered_nothing,
    one_of_two_at_a_number_is_removed,
    who_waited_is_forgotten_with_the_words_of_calls
);

const NUMBER: &str = "+12125550111";

fn practice() -> PracticeId {
    "riverside".into()
}

fn at(minutes: i64) -> Timestamp {
    "2026-03-02T08:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
}

fn requested(practice: &PracticeId, call: CallId, request: u32, minutes: i64) -> Requested<'_> {
    Requested { practice, call, request: RequestId(request), at: at(minutes), outside: &[] }
}

/// A new patient, and the call that has registered them.
async fn patient(store: &Store, name: &str) -> (CallId, PatientId) {
    let (practice, call) = (practice(), CallId::new());
    let new =
        NewPatient { name: name.into(), date_of_birth: Phi::new(date(1958, 3, 14)), callback: None, insurance: None };
    let reply = store.register_patient(&requested(&practice, call, 1, 0), &new, |_| Found::Nobody).await.unwrap();
    let OfficeReply::PatientMatched(matched) = reply else { panic!("{reply:?}") };
    (call, matched.id)
}

fn wish(patient: PatientId) -> WaitingWish {
    WaitingWish {
        patient,
        kind: "checkup".into(),
        provider: None,
        when: vec![(at(0), at(120))],
        instead_of: None,
        number: Phi::new(NUMBER.parse().unwrap()),
        may_text: true,
        refused: vec![(at(30), "patel".into())],
        reason: Some("my knee".into()),
    }
}

/// Somebody who waits since then.
async fn waits(store: &Store, name: &str, since: i64) -> WaitingId {
    let practice = practice();
    let (call, patient) = patient(store, name).await;
    let reply = store.join_waiting_list(&requested(&practice, call, 2, since), &wish(patient), at(120)).await.unwrap();
    assert_eq!(reply, OfficeReply::OnWaitingList { by_text: true });
    let all = store.waiting(&practice).await.unwrap();
    all.iter().find(|row| row.call == call).unwrap().id
}

/// Half an hour of Patel's, from so many minutes on.
fn offer(waiting: WaitingId, code: &str, from: i64) -> WaitingOfferRow {
    WaitingOfferRow {
        id: SlotId::new(),
        waiting,
        code: code.to_owned(),
        call: CallId::new(),
        provider: "patel".into(),
        kind: "checkup".into(),
        start: at(from),
        end: at(from + 30),
        blocked: (at(from), at(from + 30)),
        offered_at: at(-60),
        answer_by: at(-30),
        told_at: None,
        by_staff: false,
        outcome: WaitingOutcome::Open,
    }
}

async fn who_waits_keeps_their_turn_and_a_repeated_request_does_nothing(database: Database) {
    let (store, practice) = (database.open().await, practice());
    let (call, ann) = patient(&store, "Ann Arbor").await;
    let first = wish(ann);
    for _ in 0..2 {
        let reply = store.join_waiting_list(&requested(&practice, call, 2, 5), &first, at(120)).await.unwrap();
        assert_eq!(reply, OfficeReply::OnWaitingList { by_text: true });
    }
    let bob = waits(&store, "Bob Binder", 6).await;
    let [row, other] = &store.waiting(&practice).await.unwrap()[..] else { panic!("two wait") };
    assert_eq!((&row.wish, row.since, row.until, row.status), (&first, at(5), at(120), WaitingStatus::Waiting));
    assert_eq!(other.id, bob);

    let later = WaitingWish {
        when: vec![(at(60), at(90))],
        provider: Some(domain::ProviderWish::Own),
        may_text: false,
        ..first
    };
    store.join_waiting_list(&requested(&practice, call, 3, 30), &later, at(90)).await.unwrap();
    let rows = store.waiting(&practice).await.unwrap();
    assert_eq!((&rows[0].wish, rows[0].since, rows.len()), (&later, at(5), 2), "the last wish, the first turn");

    let stranger = requested(&practice, CallId::new(), 1, 31);
    assert_eq!(store.join_waiting_list(&stranger, &later, at(90)).await.unwrap(), OfficeReply::NotAllowed);
    assert_eq!(store.waiting(&practice).await.unwrap().len(), 2);
}

async fn a_freed_time_is_offered_to_one_however_many_nodes_see_it(database: Database) {
    let (store, other, practice) = (database.open().await, database.open().await, practice());
    let (ann, bob) = (waits(&store, "Ann Arbor", 1).await, waits(&store, "Bob Binder", 2).await);
    let (one, same) = (offer(ann, "0001", 0), offer(ann, "0002", 0));
    let both = tokio::join!(store.offer_waiting(&practice, &one), other.offer_waiting(&practice, &same));
    assert!(both.0.unwrap() ^ both.1.unwrap(), "one of two nodes");
    assert_eq!(store.waiting_at(ann).await.unwrap().status, WaitingStatus::Offered);
    assert!(!store.offer_waiting(&practice, &offer(bob, "0003", 15)).await.unwrap(), "some of it is offered to Ann");
    assert!(!store.offer_waiting(&practice, &offer(ann, "0004", 60)).await.unwrap(), "one at a time");
    let open = store.open_waiting_offers(&practice).await.unwrap();
    assert!(
        !store.offer_waiting(&practice, &offer(bob, &open[0].code, 60)).await.unwrap(),
        "the number knows that code"
    );
    assert!(store.offer_waiting(&practice, &offer(bob, "0005", 30)).await.unwrap(), "the next half hour");

    store.waiting_told(open[0].id, at(-59), true).await.unwrap();
    assert!(store.waiting_explained(open[0].id).await.unwrap() && !store.waiting_explained(open[0].id).await.unwrap());
    let to: PhoneNumber = NUMBER.parse().unwrap();
    let offers = store.waiting_offers_to(&practice, &to).await.unwrap();
    assert_eq!(offers.len(), 2);
    let told = WaitingOfferRow { told_at: Some(at(-59)), by_staff: true, ..open[0].clone() };
    assert!(offers.contains(&told), "it is read back as it was kept");
}

async fn an_offer_is_ended_once_and_what_was_booked_counts(database: Database) {
    let (store, practice) = (database.open().await, practice());
    let ann = waits(&store, "Ann Arbor", 1).await;
    let first = offer(ann, "0001", 0);
    assert!(store.offer_waiting(&practice, &first).await.unwrap());
    let lapse = || store.end_waiting_offer(&first, WaitingOutcome::Lapsed, WaitingStatus::Waiting);
    let both = tokio::join!(lapse(), lapse());
    assert!(both.0.unwrap() ^ both.1.unwrap());
    let second = offer(ann, "0002", 60);
    assert!(store.offer_waiting(&practice, &second).await.unwrap());
    assert!(!store.end_waiting_offer(&first, WaitingOutcome::Declined, WaitingStatus::Waiting).await.unwrap());

    let booked = store.end_waiting_offer(&first, WaitingOutcome::Booked, WaitingStatus::Taken).await.unwrap();
    assert!(booked, "it was answered in time, and booked while it lapsed");
    assert_eq!(store.waiting_at(ann).await.unwrap().status, WaitingStatus::Taken);
    let outcomes: Vec<_> = store.waiting_offers(ann).await.unwrap().iter().map(|offer| offer.outcome).collect();
    assert_eq!(outcomes.len(), 2);
    assert!(outcomes.contains(&WaitingOutcome::Booked) && outcomes.contains(&WaitingOutcome::Declined));
    assert!(store.open_waiting_offers(&practice).await.unwrap().is_empty());
    assert!(store.waiting(&practice).await.unwrap().is_empty());
}

async fn who_leaves_is_offered_nothing(database: Database) {
    let (store, practice) = (database.open().await, practice());
    let (ann, bob) = (waits(&store, "Ann Arbor", 1).await, waits(&store, "Bob Binder", 2).await);
    assert!(store.offer_waiting(&practice, &offer(ann, "0001", 0)).await.unwrap());
    assert!(!store.end_waiting(ann).await.unwrap(), "she has an offer to answer");
    let number: PhoneNumber = NUMBER.parse().unwrap();
    assert_eq!(store.leave_waiting_list(&practice, &"+12125550199".parse().unwrap()).await.unwrap(), 0);
    assert_eq!(store.leave_waiting_list(&practice, &number).await.unwrap(), 2, "both are told there");
    assert_eq!(store.leave_waiting_list(&practice, &number).await.unwrap(), 0, "once");
    assert!(store.open_waiting_offers(&practice).await.unwrap().is_empty());
    assert!(!store.offer_waiting(&practice, &offer(bob, "0002", 0)).await.unwrap());
    assert_eq!(store.waiting_at(bob).await.unwrap().status, WaitingStatus::Left);
}

async fn one_of_two_at_a_number_is_removed(database: Database) {
    let (store, practice) = (database.open().await, practice());
    let (ann, bob) = (waits(&store, "Ann Arbor", 1).await, waits(&store, "Bob Binder", 2).await);
    let first = offer(ann, "0001", 0);
    assert!(store.offer_waiting(&practice, &first).await.unwrap());
    assert!(!store.remove_waiting(&"lakeside".into(), ann).await.unwrap(), "another practice's");
    assert!(store.remove_waiting(&practice, ann).await.unwrap());
    assert!(!store.remove_waiting(&practice, ann).await.unwrap(), "once");
    assert_eq!(store.waiting_offer(&practice, first.id).await.unwrap().outcome, WaitingOutcome::Declined);
    assert!(store.waiting_offer(&"lakeside".into(), first.id).await.is_err());
    let waiting: Vec<_> = store.waiting(&practice).await.unwrap().iter().map(|row| row.id).collect();
    assert_eq!(waiting, [bob]);
    assert!(store.offer_waiting(&practice, &offer(bob, "0002", 0)).await.unwrap(), "the time is his turn");
}

async fn who_waited_is_forgotten_with_the_words_of_calls(database: Database) {
    let (store, practice) = (database.open().await, practice());
    let (ann, bob) = (waits(&store, "Ann Arbor", 1).await, waits(&store, "Bob Binder", 2).await);
    let first = offer(ann, "0001", 0);
    assert!(store.offer_waiting(&practice, &first).await.unwrap());
    store.end_waiting_offer(&first, WaitingOutcome::Booked, WaitingStatus::Taken).await.unwrap();

    let sweep = |minutes: i64| {
        let (store, practice) = (store.clone(), practice.clone());
        async move {
            let retention = Retention { journals_days: Some(30), ..Retention::default() };
            store.apply_retention(&practice, &retention, at(minutes + 30 * 24 * 60)).await.unwrap();
        }
    };
    sweep(120).await;
    assert_eq!(store.waiting_at(ann).await.unwrap().status, WaitingStatus::Taken, "exactly as old is not older");
    sweep(121).await;
    assert!(store.waiting_at(ann).await.is_err());
    assert!(store.waiting_offers(ann).await.unwrap().is_empty());
    assert_eq!(store.waiting_at(bob).await.unwrap().status, WaitingStatus::Waiting, "who still waits stays");
}

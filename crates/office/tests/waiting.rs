//! The waiting list: what is freed is offered to one after the other, by text message or through staff, and booked by a reply.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[path = "waiting/ends.rs"]
mod ends;
#[path = "waiting/fake.rs"]
mod fake;
#[path = "practice/front_desk.rs"]
mod front_desk;
mod practice;
#[path = "waiting/staff.rs"]
mod staff;
#[path = "practice/texts.rs"]
mod texts;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::{Appointment, Interval, OfficeReply, OfficeRequest, PatientId, Phi, ProviderWish, Urgency, WaitingWish};
use front_desk::{CHECK_UP, Visitor, Wishes, at, clinic, wish};
use jiff::{SignedDuration, Timestamp};
use office::{Channel, Clock, Gateway, Office, OfficeError, Sms, SmsFrom, WaitingList};
use oncall::Way;
use practice::{Caller, Riverside};
use store::{Secret, Status, Store, WaitingStatus};
use texts::{Phone, TOKEN, Texts};
use tokio::task::JoinHandle;

const ANN: &str = "+12125550111";
const BOB: &str = "+12125550112";

/// The clinic at five past eight, with a gateway that texts patients.
struct Bed {
    riverside: Riverside,
    texts: Texts,
    minutes: Arc<AtomicI64>,
    office: Office,
    store: Store,
    _task: JoinHandle<()>,
}

impl Bed {
    async fn new() -> Self {
        Self::with(|_, _| {}).await
    }

    async fn with(change: impl FnOnce(&mut Riverside, &Gateway)) -> Self {
        let (mut riverside, texts, minutes) = (clinic().await, Texts::start().await, Arc::new(AtomicI64::new(5)));
        let told = Arc::clone(&minutes);
        riverside.config.clock =
            Clock::new(move || at("08:00") + SignedDuration::from_mins(told.load(Ordering::SeqCst)));
        let gateway = Gateway { api: texts.base(), account: "AC1".to_owned(), token: Secret::new(TOKEN) };
        let from = SmsFrom::Number("+12125550100".to_owned());
        riverside.config.waiting = WaitingList { texts: Some((gateway.clone(), from)), ..WaitingList::default() };
        riverside.config.gateway_token = Some(Secret::new(TOKEN));
        change(&mut riverside, &gateway);
        let (office, store, task) = riverside.open().await;
        Self { riverside, texts, minutes, office, store, _task: task }
    }

    fn now(&self) -> Timestamp {
        self.riverside.config.clock.now()
    }

    fn pass(&self, minutes: i64) {
        self.minutes.fetch_add(minutes, Ordering::SeqCst);
    }

    /// Has the office look at the list, as it does every minute.
    async fn looks(&self) {
        let (mut visitor, patient) = self.visitor("Nobody Atall").await;
        let nguyen =
            wish(patient, CHECK_UP).with(ProviderWish::Named("nguyen".into())).at(&[(at("12:30"), at("13:00"))]);
        let slot = visitor.slots(&nguyen).await.remove(0);
        let OfficeReply::Booked(made) = visitor.books(slot.id, patient).await else { panic!("free") };
        visitor.asks(OfficeRequest::Cancel(made.id)).await;
    }

    async fn visitor(&self, name: &str) -> (Visitor, PatientId) {
        let mut visitor = Visitor::new(&self.office);
        let patient = visitor.registers(name).await;
        (visitor, patient)
    }

    /// Somebody who has Patel's half hour from then on.
    async fn booked(&self, name: &str, from: &str) -> (Visitor, Appointment) {
        let (mut visitor, patient) = self.visitor(name).await;
        let made = self.books(&mut visitor, patient, from).await;
        (visitor, made)
    }

    async fn books(&self, visitor: &mut Visitor, patient: PatientId, from: &str) -> Appointment {
        let when = (at(from), at(from) + SignedDuration::from_mins(1));
        let slots = visitor.slots(&wish(patient, CHECK_UP).at(&[when])).await;
        let OfficeReply::Booked(made) = visitor.books(slots[0].id, patient).await else { panic!("free") };
        assert_eq!((made.start, made.provider.0.as_str()), (at(from), "patel"));
        made
    }

    /// Ten to eleven at Patel's is taken. Who has it.
    async fn full(&self) -> [(Visitor, Appointment); 2] {
        [self.booked("Carla Cohen", "10:00").await, self.booked("Dora Diaz", "10:30").await]
    }

    async fn waits(&self, name: &str, number: &str) -> PatientId {
        let (mut visitor, patient) = self.visitor(name).await;
        let joined = visitor.asks(OfficeRequest::JoinWaitingList(waiting(patient, number))).await;
        let by_text = self.riverside.config.waiting.texts.is_some();
        assert_eq!(joined, OfficeReply::OnWaitingList { by_text });
        patient
    }

    /// The patient's appointments ahead, as the clock shows them.
    async fn has(&self, patient: PatientId) -> Vec<Timestamp> {
        let ahead = self.store.appointments_ahead(patient, self.now()).await.unwrap();
        ahead.iter().filter(|row| row.status == Status::Booked).map(|row| row.appointment.start).collect()
    }

    fn phone<'a>(&'a self, number: &'a str) -> Phone<'a> {
        Phone { office: &self.office, number, now: self.now() }
    }

    async fn told_staff(&self) -> Vec<store::MessageRow> {
        self.store.latest_messages(&"riverside".into(), 9).await.unwrap()
    }
}

fn ten_to_eleven() -> Interval {
    (at("10:00"), at("11:00"))
}

fn waiting(patient: PatientId, number: &str) -> WaitingWish {
    WaitingWish {
        patient,
        kind: CHECK_UP.into(),
        provider: Some(ProviderWish::Named("patel".into())),
        when: vec![ten_to_eleven()],
        instead_of: None,
        number: Phi::new(number.parse().unwrap()),
        may_text: true,
        refused: Vec::new(),
        reason: Some("my knee".into()),
    }
}

async fn cancels((visitor, made): &mut (Visitor, Appointment)) {
    assert_eq!(visitor.asks(OfficeRequest::Cancel(made.id)).await, OfficeReply::Cancelled(made.id));
}

#[tokio::test]
async fn who_has_waited_longest_is_texted_and_books_by_the_reply() {
    let mut bed = Bed::new().await;
    let [mut carla, _dora] = bed.full().await;
    let ann = bed.waits("Ann Arbor", ANN).await;
    bed.waits("Bob Binder", BOB).await;
    bed.looks().await;
    bed.texts.is_quiet().await;

    cancels(&mut carla).await;
    let text = bed.texts.next().await;
    assert_eq!(text.to, ANN);
    let code = text.code();
    assert_eq!(
        text.body,
        format!(
            "Riverside Family Medicine: Monday, March 2 at 10:00 AM with Doctor patel is free. Reply YES {code} within 30 \
             minutes to take it, NO {code} if not, STOP to leave the list."
        )
    );
    bed.looks().await;
    bed.texts.is_quiet().await;

    assert_eq!(bed.phone(BOB).texts(&format!("YES {code}")).await, "", "it was not offered to that number");
    let explained = format!(
        "Nothing was done. Reply YES {code} or NO {code}. Nobody reads these texts: please call us. In an emergency call 911."
    );
    for (unclear, told) in [("yes", explained.as_str()), ("YES 0000 please", ""), ("what time is it?", "")] {
        assert_eq!(
            bed.phone(ANN).texts(unclear).await,
            told,
            "once, or two programs would answer one another for ever"
        );
    }
    assert!(bed.has(ann).await.is_empty());
    let (phone, one, same) = (bed.phone(ANN), format!("yes {code}"), format!("YES {code}."));
    let both = tokio::join!(phone.texts(&one), phone.texts(&same));
    let told = "It is booked: Monday, March 2 at 10:00 AM with Doctor patel.";
    assert_eq!((both.0.as_str(), both.1.as_str()), (told, told));
    assert_eq!(bed.phone(ANN).texts(&format!("YES {code}")).await, told, "once more is as good as once");
    assert!(bed.phone(ANN).texts(&format!("NO {code}")).await.starts_with(told));
    assert_eq!(bed.has(ann).await, [at("10:00")]);
    bed.looks().await;
    bed.texts.is_quiet().await;
    assert!(bed.told_staff().await.is_empty());
}

#[tokio::test]
async fn who_declines_or_does_not_answer_makes_room_for_the_next() {
    let mut bed = Bed::new().await;
    let [mut carla, mut dora] = bed.full().await;
    let (ann, bob) = (bed.waits("Ann Arbor", ANN).await, bed.waits("Bob Binder", BOB).await);
    cancels(&mut carla).await;
    let first = bed.texts.next().await;
    assert_eq!(first.to, ANN);
    assert_eq!(
        bed.phone(ANN).texts(&format!("NO {}", first.code())).await,
        "All right. You are still on the waiting list."
    );
    let second = bed.texts.next().await;
    assert_eq!(second.to, BOB);

    bed.pass(31);
    bed.looks().await;
    bed.texts.is_quiet().await;
    let late = bed.phone(BOB).texts(&format!("YES {}", second.code())).await;
    assert_eq!(late, "That time is not offered to you any more. You are still on the waiting list.");
    assert!(bed.has(bob).await.is_empty());

    cancels(&mut dora).await;
    let third = bed.texts.next().await;
    assert_eq!((third.to.as_str(), third.body.contains("10:30 AM")), (ANN, true), "her turn was not lost");
    assert_eq!(bed.phone(ANN).texts("Stop").await, "You are not on the waiting list any more.");
    assert_eq!(bed.phone(ANN).texts("Stop").await, "");
    let fourth = bed.texts.next().await;
    assert_eq!((fourth.to.as_str(), fourth.body.contains("10:30 AM")), (BOB, true));
    assert!(bed.phone(BOB).texts(&format!("Yes {}", fourth.code())).await.contains("It is booked"));
    assert!(bed.phone(ANN).texts(&format!("Yes {}", third.code())).await.contains("You are not on the waiting list"));
    assert_eq!((bed.has(ann).await, bed.has(bob).await), (vec![], vec![at("10:30")]));
}

#[tokio::test]
async fn nobody_is_disturbed_early_or_late_and_nobody_is_asked_for_ever() {
    let mut bed = Bed::new().await;
    bed.pass(-30);
    let [mut carla, mut dora] = bed.full().await;
    bed.waits("Ann Arbor", ANN).await;
    cancels(&mut carla).await;
    bed.texts.is_quiet().await;
    bed.pass(30);
    bed.looks().await;
    bed.texts.next().await;
    cancels(&mut dora).await;
    bed.pass(30);
    bed.looks().await;
    assert!(bed.texts.next().await.body.contains("10:30 AM"), "another time, once the first has lapsed");
    bed.pass(30);
    bed.looks().await;
    bed.texts.is_quiet().await;

    let evening = Bed::with(|riverside, _| {
        riverside.config.waiting.answer_within = SignedDuration::from_hours(12);
    });
    let mut evening = evening.await;
    let [mut carla, _dora] = evening.full().await;
    evening.waits("Ann Arbor", ANN).await;
    cancels(&mut carla).await;
    evening.texts.is_quiet().await;
}

#[tokio::test]
async fn after_three_lapses_the_list_is_left_and_the_patient_hears_so() {
    let mut bed = Bed::with(|riverside, _| riverside.config.waiting.answer_within = SignedDuration::from_mins(5)).await;
    let (mut visitor, patient) = bed.visitor("Ann Arbor").await;
    visitor.asks(OfficeRequest::JoinWaitingList(WaitingWish { when: Vec::new(), ..waiting(patient, ANN) })).await;
    for _ in 0..3 {
        bed.looks().await;
        assert!(bed.texts.next().await.body.contains("is free"));
        bed.pass(5);
    }
    bed.looks().await;
    assert!(bed.texts.next().await.body.contains("you are not on the waiting list any more"));
    assert!(bed.store.waiting(&"riverside".into()).await.unwrap().is_empty());
    bed.looks().await;
    bed.texts.is_quiet().await;
}

#[tokio::test]
async fn who_has_another_time_is_moved_and_its_time_is_free() {
    let mut bed = Bed::new().await;
    let [mut carla, _dora] = bed.full().await;
    let (mut visitor, ann) = bed.visitor("Ann Arbor").await;
    let made = bed.books(&mut visitor, ann, "12:00").await;
    let wished = WaitingWish { instead_of: Some(made.id), ..waiting(ann, ANN) };
    visitor.asks(OfficeRequest::JoinWaitingList(wished)).await;
    cancels(&mut carla).await;
    let text = bed.texts.next().await;
    assert!(text.body.contains("to move to it"), "{}", text.body);
    for _ in 0..2 {
        assert!(
            bed.phone(ANN)
                .texts(&format!("YES {}", text.code()))
                .await
                .contains("It is booked: Monday, March 2 at 10:00")
        );
    }
    assert_eq!(bed.has(ann).await, [at("10:00")]);
    let moved = bed.store.appointment(made.id).await.unwrap().unwrap();
    assert_eq!((moved.appointment.start, moved.status), (at("10:00"), Status::Booked));
}

#[tokio::test]
async fn what_is_to_be_moved_within_the_wish_does_not_meet_it_until_it_was_moved() {
    let mut bed = Bed::new().await;
    let [mut carla, mut dora] = bed.full().await;
    let (mut visitor, ann) = bed.visitor("Ann Arbor").await;
    let made = bed.books(&mut visitor, ann, "12:00").await;
    // Anything on that morning from ten on, sooner than now.
    let wished = WaitingWish { instead_of: Some(made.id), when: vec![(at("10:00"), at("13:00"))], ..waiting(ann, ANN) };
    let full = ["11:00", "11:30", "12:30"].map(|from| bed.booked("Emil Esch", from));
    let _full = futures_util::future::join_all(full).await;
    visitor.asks(OfficeRequest::JoinWaitingList(wished)).await;
    bed.looks().await;
    bed.texts.is_quiet().await;
    cancels(&mut carla).await;
    let text = bed.texts.next().await;
    assert!(text.body.contains("10:00 AM"), "{}", text.body);

    let slot =
        visitor.slots(&wish(ann, CHECK_UP).at(&[(at("10:00"), at("10:01"))]).instead_of(made.id)).await.remove(0);
    visitor.asks(OfficeRequest::Move { appointment: made.id, to: slot.id }).await;
    bed.phone(ANN).texts(&format!("NO {}", text.code())).await;
    cancels(&mut dora).await;
    bed.texts.is_quiet().await;
    assert!(bed.store.waiting(&"riverside".into()).await.unwrap().is_empty(), "it was moved as wished");
}

#[tokio::test]
async fn whoever_was_faster_has_it_and_who_waits_hears_so() {
    let mut bed = Bed::new().await;
    let [mut carla, mut dora] = bed.full().await;
    let ann = bed.waits("Ann Arbor", ANN).await;
    cancels(&mut carla).await;
    let text = bed.texts.next().await;
    let (_faster, _) = bed.booked("Emil Esch", "10:00").await;
    let told = bed.phone(ANN).texts(&format!("YES {}", text.code())).await;
    assert_eq!(told, "Sorry, someone was faster, and that time is taken. You are still on the waiting list.");
    assert_eq!(bed.phone(ANN).texts(&format!("YES {}", text.code())).await, told);
    assert!(bed.has(ann).await.is_empty());
    cancels(&mut dora).await;
    assert!(bed.texts.next().await.body.contains("10:30 AM"));
}

#[tokio::test]
async fn staff_are_told_where_nobody_can_be_texted() {
    for without_gateway in [true, false] {
        let mut bed = Bed::with(|riverside, _| {
            if without_gateway {
                riverside.config.waiting.texts = None;
            }
        })
        .await;
        bed.texts.answer(400);
        let [mut carla, _dora] = bed.full().await;
        bed.waits("Ann Arbor", ANN).await;
        cancels(&mut carla).await;
        let mut told = Vec::new();
        while told.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
            told = bed.told_staff().await;
        }
        let draft = &told[0].draft;
        assert!(
            draft.text.expose().contains("Monday, March 2 at 10:00 AM with Doctor patel"),
            "{:?}",
            draft.text.expose()
        );
        assert_eq!(draft.name.as_ref().unwrap().expose(), "Ann Arbor");
        assert_eq!(draft.callback.as_ref().unwrap().expose().as_str(), ANN);
        bed.looks().await;
        assert_eq!(bed.told_staff().await.len(), 1, "once");
        bed.texts.forget();
    }
}

#[tokio::test]
async fn what_was_refused_in_the_call_is_not_offered_and_what_it_is_for_is_kept() {
    let mut bed = Bed::new().await;
    let (mut visitor, ann) = bed.visitor("Ann Arbor").await;
    let wished = WaitingWish { refused: vec![(at("10:00"), "patel".into())], ..waiting(ann, ANN) };
    visitor.asks(OfficeRequest::JoinWaitingList(wished)).await;
    bed.looks().await;
    let text = bed.texts.next().await;
    assert!(text.body.contains("10:30 AM") && !text.body.contains("knee"), "{}", text.body);
    assert!(bed.phone(ANN).texts(&format!("YES {}", text.code())).await.contains("It is booked"));
    let made = bed.store.appointments_ahead(ann, bed.now()).await.unwrap().remove(0);
    assert_eq!(made.reason.unwrap().expose(), "my knee");
}

#[tokio::test]
async fn two_nodes_make_one_offer() {
    let mut bed = Bed::new().await;
    let (other, ..) = bed.riverside.open().await;
    let [mut carla, _dora] = bed.full().await;
    bed.waits("Ann Arbor", ANN).await;
    cancels(&mut carla).await;
    let mut there = Visitor::new(&other);
    let patient = there.registers("Fritz Falk").await;
    let slot = there.slots(&wish(patient, CHECK_UP).at(&[(at("12:00"), at("12:30"))])).await.remove(0);
    let OfficeReply::Booked(made) = there.books(slot.id, patient).await else { panic!("free") };
    there.asks(OfficeRequest::Cancel(made.id)).await;
    assert_eq!(bed.texts.next().await.to, ANN);
    bed.looks().await;
    bed.texts.is_quiet().await;
}

#[tokio::test]
async fn a_clinician_who_waits_answers_both() {
    let mut bed = Bed::with(|riverside, gateway| {
        let from = SmsFrom::Number("+12125550100".to_owned());
        let sms = Sms { gateway: gateway.clone(), from, to: ANN.parse().unwrap() };
        riverside.config.channels.insert(("ann".into(), Way::Sms), Channel::Sms(sms));
    })
    .await;
    let [mut carla, _dora] = bed.full().await;
    let ann = bed.waits("Ann Arbor", ANN).await;
    cancels(&mut carla).await;
    let text = bed.texts.next().await;
    assert!(bed.phone(ANN).texts("1").await.contains("No case waits for you"));
    Caller::new(&bed.office).opens(Urgency::Urgent).await;
    let page = bed.riverside.ann.next().await;
    let reference = page.body["reference"].as_str().unwrap().to_owned();
    assert!(bed.phone(ANN).texts("hello").await.contains(&reference), "as before");
    let digits = reference.rsplit('-').next().unwrap();
    if digits != text.code() {
        assert!(bed.phone(ANN).texts(&format!("YES {}", text.code())).await.contains("It is booked"));
        assert_eq!(bed.has(ann).await, [at("10:00")]);
    }
    assert!(bed.phone(ANN).texts(&format!("YES {digits}")).await.contains(&format!("You have {reference}")));
}

#[tokio::test]
async fn what_the_gateway_has_not_signed_books_nothing() {
    let mut bed = Bed::new().await;
    let [mut carla, _dora] = bed.full().await;
    let ann = bed.waits("Ann Arbor", ANN).await;
    cancels(&mut carla).await;
    let text = bed.texts.next().await;
    let forged = bed.phone(ANN).forges(&format!("YES {}", text.code())).await;
    assert!(matches!(forged, Err(OfficeError::BadLink)));
    assert!(bed.has(ann).await.is_empty());
}

#[tokio::test]
async fn whoever_has_what_they_wished_or_has_cancelled_is_offered_nothing() {
    let mut bed = Bed::new().await;
    let [mut carla, mut dora] = bed.full().await;
    let (mut visitor, ann) = bed.visitor("Ann Arbor").await;
    let made = bed.books(&mut visitor, ann, "12:00").await;
    visitor.asks(OfficeRequest::JoinWaitingList(WaitingWish { instead_of: Some(made.id), ..waiting(ann, ANN) })).await;
    assert_eq!(visitor.asks(OfficeRequest::Cancel(made.id)).await, OfficeReply::Cancelled(made.id));
    let row = bed.store.waiting(&"riverside".into()).await.unwrap();
    cancels(&mut carla).await;
    bed.texts.is_quiet().await;
    for row in row {
        assert_eq!(bed.store.waiting_at(row.id).await.unwrap().status, WaitingStatus::Left);
    }

    let (mut stranger, own) = bed.visitor("Sam Stranger").await;
    let not_theirs = [waiting(ann, BOB), WaitingWish { instead_of: Some(made.id), ..waiting(own, BOB) }];
    for wish in not_theirs {
        assert_eq!(stranger.asks(OfficeRequest::JoinWaitingList(wish)).await, OfficeReply::NotAllowed);
    }
    let bob = bed.waits("Bob Binder", BOB).await;
    bed.looks().await;
    assert_eq!(bed.texts.next().await.to, BOB);
    let (mut again, _) = bed.visitor("Bob Binder").await;
    bed.books(&mut again, bob, "10:00").await;
    bed.pass(31);
    cancels(&mut dora).await;
    bed.texts.is_quiet().await;
}

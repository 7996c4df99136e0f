//! How offers end: what is free for sure, what was begun and not finished, what nobody was there to answer.

use super::fake::Fake;
use super::*;
use domain::{Booking, Fit, OfferedSlot, RequestId, SlotId};
use jiff::civil::time;
use store::{OfferRow, Requested, WaitingOfferRow, WaitingOutcome};

impl Bed {
    /// Has the office look, at whatever time of the day.
    pub(super) async fn nudges(&self) {
        assert_eq!(self.phone("+12125550199").texts("stop").await, "");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }

    pub(super) async fn open_offers(&self) -> Vec<WaitingOfferRow> {
        self.store.open_waiting_offers(&"riverside".into()).await.unwrap()
    }

    pub(super) async fn is_waiting(&self, patient: PatientId) -> bool {
        self.store.waiting(&"riverside".into()).await.unwrap().iter().any(|row| row.wish.patient == patient)
    }

    /// What becomes of an offer: it was open before.
    async fn outcome(&self, offer: &WaitingOfferRow) -> WaitingOutcome {
        let all = self.store.waiting_offers(offer.waiting).await.unwrap();
        all.iter().find(|one| one.id == offer.id).unwrap().outcome
    }
}

#[tokio::test]
async fn nothing_is_said_to_be_free_that_a_calendar_may_have_taken() {
    for (is_down, unreadable) in [(false, 0), (true, 0), (false, 1)] {
        let fake = Arc::new(Fake { is_down: is_down.into(), unreadable: unreadable.into(), ..Fake::default() });
        let mut bed = Bed::with(|riverside, _| riverside.config.calendars = fake.of_patel()).await;
        let ann = bed.waits("Ann Arbor", ANN).await;
        bed.nudges().await;
        if is_down || unreadable > 0 {
            bed.texts.is_quiet().await;
            let (mut visitor, _) = bed.visitor("Ann Arbor").await;
            let slots = visitor.slots(&wish(ann, CHECK_UP).at(&[ten_to_eleven()])).await;
            assert_eq!(slots[0].start, at("10:00"), "a caller is offered it all the same");
        } else {
            assert!(bed.texts.next().await.body.contains("10:00 AM"));
            // What was said stands: the office will confirm it.
            fake.unreadable.store(1, Ordering::SeqCst);
            fake.is_down.store(true, Ordering::SeqCst);
            bed.nudges().await;
            assert_eq!(bed.open_offers().await.len(), 1);
        }
    }
}

#[tokio::test]
async fn an_offer_begins_when_it_is_made_however_long_the_look_took() {
    let minutes = Arc::new(AtomicI64::new(0));
    let fake = Arc::new(Fake { clock: Some(Arc::clone(&minutes)), ..Fake::default() });
    let bed = Bed::with(|riverside, _| {
        riverside.config.calendars = fake.of_patel();
        let told = Arc::clone(&minutes);
        riverside.config.clock =
            Clock::new(move || at("08:05") + SignedDuration::from_mins(told.load(Ordering::SeqCst)));
    })
    .await;
    bed.waits("Ann Arbor", ANN).await;
    bed.nudges().await;
    let [offer] = &bed.open_offers().await[..] else { panic!("one") };
    let now = bed.now();
    assert!(now > at("08:05") && offer.offered_at == now, "{now} {}", offer.offered_at);
    assert_eq!(offer.answer_by, now + SignedDuration::from_mins(30));
}

/// An offer of 10:00 to whoever waits first, of which nobody was told yet.
async fn untold(bed: &Bed) -> WaitingOfferRow {
    let waiting = bed.store.waiting(&"riverside".into()).await.unwrap().remove(0).id;
    let (start, end) = (at("10:00"), at("10:30"));
    let offer = WaitingOfferRow {
        id: SlotId::new(),
        waiting,
        code: "0000".to_owned(),
        call: domain::CallId::new(),
        provider: "patel".into(),
        kind: CHECK_UP.into(),
        start,
        end,
        blocked: (start, end),
        offered_at: bed.now(),
        answer_by: bed.now() + SignedDuration::from_mins(30),
        told_at: None,
        by_staff: false,
        outcome: WaitingOutcome::Open,
    };
    assert!(bed.store.offer_waiting(&"riverside".into(), &offer).await.unwrap());
    offer
}

#[tokio::test]
async fn an_offer_that_is_being_told_is_left_alone_for_three_minutes() {
    let mut bed = Bed::new().await;
    bed.pass(-30);
    bed.waits("Ann Arbor", ANN).await;
    let offer = untold(&bed).await;
    bed.pass(2);
    bed.nudges().await;
    assert_eq!(bed.outcome(&offer).await, WaitingOutcome::Open);
    bed.pass(28);
    bed.nudges().await;
    assert_eq!(bed.outcome(&offer).await, WaitingOutcome::Untold);
    bed.texts.next().await;
}

/// Books what is offered as a reply does, up to where the process dies.
async fn dies_after_booking(bed: &Bed, patient: PatientId, offer: &WaitingOfferRow) {
    let practice = "riverside".into();
    let requested =
        Requested { practice: &practice, call: offer.call, request: RequestId(1), at: bed.now(), outside: &[] };
    bed.store.keep_match(offer.call, patient, bed.now()).await.unwrap();
    let (provider, kind) = (offer.provider.clone(), offer.kind.clone());
    let slot = OfferedSlot { id: offer.id, start: offer.start, provider, kind, fit: Fit::AsWished };
    let kept = OfferRow { slot, patient, end: offer.end, blocked: offer.blocked };
    bed.store.keep_offers(&requested, &[kept]).await.unwrap();
    let booked = bed.store.book(&requested, &Booking { slot: offer.id, patient, reason: None }).await.unwrap();
    assert!(matches!(booked, OfficeReply::Booked(_)));
}

#[tokio::test]
async fn what_was_booked_as_the_process_died_is_finished_by_whoever_comes_next() {
    for reply in ["YES", "NO", ""] {
        let mut bed = Bed::new().await;
        let ann = bed.waits("Ann Arbor", ANN).await;
        bed.nudges().await;
        let text = bed.texts.next().await;
        let offer = bed.open_offers().await.remove(0);
        dies_after_booking(&bed, ann, &offer).await;
        if reply.is_empty() {
            bed.pass(31);
            bed.nudges().await;
            bed.texts.is_quiet().await;
            let [told] = &bed.told_staff().await[..] else { panic!("staff are told once") };
            assert!(told.draft.text.expose().contains("They may not have been told so"), "{told:?}");
        } else {
            let told = bed.phone(ANN).texts(&format!("{reply} {}", text.code())).await;
            assert!(told.starts_with("It is booked: Monday, March 2 at 10:00 AM"), "{told}");
        }
        assert_eq!(bed.outcome(&offer).await, WaitingOutcome::Booked);
        assert_eq!(bed.store.waiting_at(offer.waiting).await.unwrap().status, WaitingStatus::Taken);
        assert_eq!(bed.has(ann).await, [at("10:00")]);
    }
}

#[tokio::test]
async fn a_gateway_that_hangs_up_does_not_cut_a_booking_in_half() {
    let fake = Arc::new(Fake { is_slow: true.into(), ..Fake::default() });
    let mut bed = Bed::with(|riverside, _| riverside.config.calendars = fake.of_patel()).await;
    let ann = bed.waits("Ann Arbor", ANN).await;
    bed.nudges().await;
    let text = bed.texts.next().await;
    let offer = bed.open_offers().await.remove(0);
    let reply = format!("YES {}", text.code());
    let phone = bed.phone(ANN);
    assert!(tokio::time::timeout(Duration::from_millis(500), phone.texts(&reply)).await.is_err(), "it hangs up");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((bed.has(ann).await, bed.outcome(&offer).await), (vec![at("10:00")], WaitingOutcome::Booked));
}

#[tokio::test]
async fn what_was_booked_and_given_up_since_is_not_said_to_be_booked() {
    let mut bed = Bed::new().await;
    let ann = bed.waits("Ann Arbor", ANN).await;
    bed.nudges().await;
    let code = bed.texts.next().await.code();
    assert!(bed.phone(ANN).texts(&format!("YES {code}")).await.starts_with("It is booked"));
    let (mut visitor, _) = bed.visitor("Ann Arbor").await;
    let made = bed.store.appointments_ahead(ann, bed.now()).await.unwrap().remove(0).appointment;
    visitor.asks(OfficeRequest::Cancel(made.id)).await;
    for reply in ["YES", "NO"] {
        let told = bed.phone(ANN).texts(&format!("{reply} {code}")).await;
        assert_eq!(told, "That time is not booked for you any more. Please call us if you need one.");
    }
}

#[tokio::test]
async fn who_has_waited_anew_still_waits() {
    let mut bed = Bed::new().await;
    bed.waits("Ann Arbor", ANN).await;
    bed.nudges().await;
    let code = bed.texts.next().await.code();
    bed.waits("Ann Arbor", ANN).await;
    let told = bed.phone(ANN).texts(&format!("YES {code}")).await;
    assert_eq!(told, "That time is not offered to you any more. You are still on the waiting list.");
}

#[tokio::test]
async fn what_a_caller_has_taken_is_ended_at_once_and_another_time_is_offered() {
    let mut bed = Bed::new().await;
    let [mut carla, mut dora] = bed.full().await;
    bed.waits("Ann Arbor", ANN).await;
    cancels(&mut carla).await;
    bed.texts.next().await;
    let offer = bed.open_offers().await.remove(0);
    bed.booked("Emil Esch", "10:00").await;
    cancels(&mut dora).await;
    assert!(bed.texts.next().await.body.contains("10:30 AM"));
    assert_eq!(bed.outcome(&offer).await, WaitingOutcome::TooLate);
}

#[tokio::test]
async fn nobody_was_faster_where_the_patient_cannot_come() {
    let mut bed = Bed::new().await;
    let ann = bed.waits("Ann Arbor", ANN).await;
    bed.nudges().await;
    let code = bed.texts.next().await.code();
    let (mut visitor, _) = bed.visitor("Ann Arbor").await;
    let elsewhere = wish(ann, front_desk::LONG_VISIT).with(ProviderWish::Named("nguyen".into())).at(&[ten_to_eleven()]);
    let slot = visitor.slots(&elsewhere).await.remove(0);
    assert!(matches!(visitor.books(slot.id, ann).await, OfficeReply::Booked(made) if made.start == at("10:00")));
    let told = bed.phone(ANN).texts(&format!("YES {code}")).await;
    assert_eq!(told, "That time is not offered to you any more. You are still on the waiting list.");
}

/// Somebody who has any time of the day, and five minutes to answer.
async fn anytime() -> (Bed, PatientId) {
    let bed = Bed::with(|riverside, _| {
        riverside.config.waiting.answer_within = SignedDuration::from_mins(5);
        riverside.config.templates.iter_mut().for_each(|template| template.to = time(23, 0, 0, 0));
    })
    .await;
    let (mut visitor, patient) = bed.visitor("Ann Arbor").await;
    visitor.asks(OfficeRequest::JoinWaitingList(WaitingWish { when: Vec::new(), ..waiting(patient, ANN) })).await;
    (bed, patient)
}

#[tokio::test]
async fn who_is_asked_no_more_is_not_texted_in_the_evening_and_staff_know() {
    for evening in [false, true] {
        let (mut bed, patient) = anytime().await;
        if evening {
            bed.pass(11 * 60 + 40);
        }
        for _ in 0..3 {
            bed.nudges().await;
            assert!(bed.texts.next().await.body.contains("is free"));
            bed.pass(5);
        }
        if evening {
            bed.pass(3);
        }
        bed.nudges().await;
        if evening {
            bed.texts.is_quiet().await;
        } else {
            assert!(bed.texts.next().await.body.contains("you are not on the waiting list any more"));
        }
        assert!(!bed.is_waiting(patient).await);
        let [told] = &bed.told_staff().await[..] else { panic!("one") };
        let they = if evening { "They have not been told" } else { "They were sent a text" };
        assert!(told.draft.text.expose().contains(they), "{:?}", told.draft.text.expose());
    }
}

#[tokio::test]
async fn what_lapsed_while_nobody_looked_does_not_count() {
    let (mut bed, patient) = anytime().await;
    for _ in 0..5 {
        bed.nudges().await;
        assert!(bed.texts.next().await.body.contains("is free"));
        bed.pass(30);
    }
    assert!(bed.is_waiting(patient).await);
}

#[tokio::test]
async fn what_they_had_before_does_not_end_the_wait_for_another() {
    let mut bed = Bed::new().await;
    let [(mut carla, had), mut dora] = bed.full().await;
    bed.pass(1);
    let wish = waiting(had.patient, ANN);
    let joined = carla.asks(OfficeRequest::JoinWaitingList(wish)).await;
    assert_eq!(joined, OfficeReply::OnWaitingList { by_text: true });
    bed.nudges().await;
    assert!(bed.is_waiting(had.patient).await);

    cancels(&mut dora).await;
    let code = bed.texts.next().await.code();
    assert!(bed.phone(ANN).texts(&format!("YES {code}")).await.starts_with("It is booked"));
    assert_eq!(bed.has(had.patient).await, [at("10:00"), at("10:30")]);
}

//! Appointments through the office: races, repeats, restarts; who may ask for whom; what is offered.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[path = "practice/front_desk.rs"]
mod front_desk;
mod practice;

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::{AppointmentId, Booking, Fit, OfficeReply, OfficeRequest, PatientId, PatientQuery, Phi, ProviderWish};
use front_desk::{CHECK_UP, LONG_VISIT, Visitor, Wishes, at, births, clinic, imported, open_at, wish};
use jiff::civil::date;
use office::Office;
use store::{ChangeKind, Status, Store};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_callers_for_ten_openings_make_ten_bookings() {
    let clinic = clinic().await;
    // Two processes on one file: not only the tasks of one.
    let (office, store, _task) = clinic.open().await;
    let (other_office, ..) = clinic.open().await;
    let everybody_has_been_offered_all = Arc::new(tokio::sync::Barrier::new(64));
    let callers: Vec<_> = (0..64)
        .map(|number| {
            let office = if number % 2 == 0 { office.clone() } else { other_office.clone() };
            tokio::spawn(one_of_many(office, number, Arc::clone(&everybody_has_been_offered_all)))
        })
        .collect();
    let mut booked = BTreeSet::new();
    for caller in callers {
        let (patient, replies) = caller.await.expect("no caller dies");
        for reply in &replies {
            if let OfficeReply::Booked(appointment) = reply {
                assert_eq!(appointment.patient, patient);
                assert!(booked.insert((appointment.start, appointment.id)), "told twice");
            } else {
                assert_eq!(*reply, OfficeReply::SlotTaken);
            }
        }
        let told_so = matches!(replies.last(), Some(OfficeReply::Booked(_)));
        assert!(told_so || replies.len() == 10, "gives up only when all ten are taken");
    }
    let rows = store.appointments(&"riverside".into(), (at("00:00"), at("23:59"))).await.expect("read");
    let kept: BTreeSet<_> = rows.iter().map(|row| (row.appointment.start, row.appointment.id)).collect();
    assert_eq!((kept.len(), kept), (10, booked), "what was told is what is kept");
    for pair in rows.windows(2) {
        assert!(pair[0].blocked.1 <= pair[1].blocked.0, "{pair:?}");
    }
}

/// Registers, is offered all ten openings, and tries one after the other, each caller from another one on.
async fn one_of_many(
    office: Office,
    number: usize,
    offered: Arc<tokio::sync::Barrier>,
) -> (PatientId, Vec<OfficeReply>) {
    let mut visitor = Visitor::new(&office);
    let patient = visitor.registers(&format!("Caller Number{}", "abcdefgh".repeat(number + 1))).await;
    let mut slots = Vec::new();
    while slots.len() < 10 {
        let more = visitor.slots(&wish(patient, CHECK_UP).not(&slots)).await;
        assert!(!more.is_empty(), "ten are free");
        slots.extend(more);
    }
    offered.wait().await;
    let mut replies = Vec::new();
    for turn in 0..slots.len() {
        let reply = visitor.books(slots[(number + turn) % slots.len()].id, patient).await;
        let done = matches!(reply, OfficeReply::Booked(_));
        replies.push(reply);
        if done {
            break;
        }
    }
    (patient, replies)
}

#[tokio::test]
async fn a_repeated_request_is_answered_the_same_even_after_a_restart() {
    let clinic = clinic().await;
    let (office, store, task) = clinic.open().await;
    let (mut ann, mut bob) = (Visitor::new(&office), Visitor::new(&office));
    let (patient, other) = (ann.registers("Ann Arbor").await, bob.registers("Bob Binder").await);
    let slot = ann.slots(&wish(patient, CHECK_UP)).await[0].clone();
    let same = bob.slots(&wish(other, CHECK_UP)).await[0].clone();
    assert_eq!((slot.start, &slot.provider), (same.start, &same.provider));
    assert_ne!(slot.id, same.id, "each call has its own offers");

    let booked = ann.books(slot.id, patient).await;
    let OfficeReply::Booked(appointment) = booked.clone() else { panic!("{booked:?}") };
    assert_eq!(ann.again().await, booked);
    assert_eq!(bob.books(same.id, other).await, OfficeReply::SlotTaken);
    assert_eq!(ann.asks(OfficeRequest::Cancel(appointment.id)).await, OfficeReply::Cancelled(appointment.id));
    assert_eq!(bob.again().await, OfficeReply::SlotTaken, "it is not booked behind the caller's back");
    assert_eq!(ann.again().await, OfficeReply::Cancelled(appointment.id));

    let rebooked = ann.books(slot.id, patient).await;
    assert!(matches!(rebooked, OfficeReply::Booked(_)), "its time is free again: {rebooked:?}");
    let last = ann.last();
    drop((office, ann, bob));
    task.await.expect("closes");
    store.close().await;

    let (office, store, _task) = clinic.open().await;
    let mut after = Visitor::resuming(&office, last);
    assert_eq!(after.again().await, rebooked);
    let rows = store.appointments(&"riverside".into(), (at("00:00"), at("23:59"))).await.expect("read");
    let standing = rows.iter().filter(|row| row.status == Status::Booked).count();
    assert_eq!((rows.len(), standing), (2, 1));
}

#[tokio::test]
async fn a_call_that_was_not_matched_is_told_and_may_change_nothing() {
    let clinic = clinic().await;
    let (office, _store, _task) = clinic.open().await;
    let (mut ann, mut stranger) = (Visitor::new(&office), Visitor::new(&office));
    let patient = ann.registers("Ann Arbor").await;
    let slots = ann.slots(&wish(patient, CHECK_UP)).await;
    let OfficeReply::Booked(appointment) = ann.books(slots[0].id, patient).await else { panic!("free") };

    let own = stranger.registers("Sam Stranger").await;
    let offered = stranger.slots(&wish(own, CHECK_UP)).await[0].clone();
    let requests = [
        OfficeRequest::FindAppointments(patient),
        OfficeRequest::FindSlots(wish(patient, CHECK_UP)),
        OfficeRequest::Book(Booking { slot: offered.id, patient, reason: None }),
        // Offered to another call.
        OfficeRequest::Book(Booking { slot: slots[1].id, patient: own, reason: None }),
        OfficeRequest::Move { appointment: appointment.id, to: offered.id },
        OfficeRequest::Cancel(appointment.id),
    ];
    for request in requests {
        assert_eq!(stranger.asks(request.clone()).await, OfficeReply::NotAllowed, "{request:?}");
    }
    let nothing = OfficeRequest::Cancel(AppointmentId::new());
    assert_eq!(stranger.asks(nothing).await, OfficeReply::NoSuchAppointment);
    let ahead = ann.asks(OfficeRequest::FindAppointments(patient)).await;
    assert_eq!(ahead, OfficeReply::Appointments(vec![appointment]), "it stands");
}

#[tokio::test]
async fn an_offer_is_for_one_call_and_one_patient() {
    let clinic = clinic().await;
    let (office, _store, _task) = clinic.open().await;
    let (mut ann, mut later) = (Visitor::new(&office), Visitor::new(&office));
    let (patient, sister) = (ann.registers("Ann Arbor").await, ann.registers("Amy Arbor").await);
    let slot = ann.slots(&wish(patient, CHECK_UP)).await[0].clone();
    assert_eq!(ann.books(slot.id, sister).await, OfficeReply::NotAllowed);
    assert_eq!(later.registers("Ann Arbor").await, patient);
    assert_eq!(later.books(slot.id, patient).await, OfficeReply::NotAllowed);
    assert!(matches!(ann.books(slot.id, patient).await, OfficeReply::Booked(_)));
}

#[tokio::test]
async fn what_is_over_or_given_up_cannot_be_changed() {
    let mut clinic = clinic().await;
    let (office, store, task) = clinic.open().await;
    let mut ann = Visitor::new(&office);
    let patient = ann.registers("Ann Arbor").await;
    let slots = ann.slots(&wish(patient, CHECK_UP)).await;
    let OfficeReply::Booked(given_up) = ann.books(slots[2].id, patient).await else { panic!("free") };
    let cancel = OfficeRequest::Cancel(given_up.id);
    assert_eq!(ann.asks(cancel.clone()).await, OfficeReply::Cancelled(given_up.id));
    let revive = OfficeRequest::Move { appointment: given_up.id, to: slots[1].id };
    for request in [cancel, revive] {
        assert_eq!(ann.asks(request.clone()).await, OfficeReply::NoSuchAppointment, "{request:?}");
    }
    let OfficeReply::Booked(over) = ann.books(slots[0].id, patient).await else { panic!("free") };
    let last = ann.last();
    drop((office, ann));
    task.await.expect("closes");

    clinic.config.clock = office::Clock::new(|| at("12:59"));
    let (office, _task) = Office::start(store, clinic.config.clone()).await.expect("starts");
    let mut ann = Visitor::resuming(&office, last);
    assert_eq!(ann.asks(OfficeRequest::FindAppointments(patient)).await, OfficeReply::Appointments(Vec::new()));
    let moved = OfficeRequest::Move { appointment: over.id, to: slots[2].id };
    for request in [OfficeRequest::Cancel(over.id), moved] {
        assert_eq!(ann.asks(request.clone()).await, OfficeReply::NoSuchAppointment, "{request:?}");
    }
    assert_eq!(ann.books(slots[1].id, patient).await, OfficeReply::SlotTaken, "that time is over");
}

#[tokio::test]
async fn what_is_moved_frees_its_time_or_stays() {
    let clinic = clinic().await;
    let (office, store, _task) = clinic.open().await;
    let (mut ann, mut bob) = (Visitor::new(&office), Visitor::new(&office));
    let (patient, other) = (ann.registers("Ann Arbor").await, bob.registers("Bob Binder").await);
    let slots = ann.slots(&wish(patient, CHECK_UP)).await;
    let bobs = bob.slots(&wish(other, CHECK_UP)).await;
    let OfficeReply::Booked(first) = ann.books(slots[0].id, patient).await else { panic!("free") };
    let OfficeReply::Booked(taken) = bob.books(bobs[1].id, other).await else { panic!("free") };

    let into_taken = OfficeRequest::Move { appointment: first.id, to: slots[1].id };
    assert_eq!(ann.asks(into_taken).await, OfficeReply::SlotTaken);
    let ahead = ann.asks(OfficeRequest::FindAppointments(patient)).await;
    assert_eq!(ahead, OfficeReply::Appointments(vec![first.clone()]), "the old time stays");

    let moved = ann.asks(OfficeRequest::Move { appointment: first.id, to: slots[2].id }).await;
    let OfficeReply::Moved(moved) = moved else { panic!("{moved:?}") };
    assert_eq!((moved.id, moved.start), (first.id, slots[2].start));
    let to_freed = bob.asks(OfficeRequest::Move { appointment: taken.id, to: bobs[0].id }).await;
    assert!(matches!(to_freed, OfficeReply::Moved(_)), "{to_freed:?}");

    let changes = store.changes_of(first.id).await.expect("read");
    let history: Vec<_> = changes.iter().map(|change| (change.kind, change.start)).collect();
    assert_eq!(history, [(ChangeKind::Booked, slots[0].start), (ChangeKind::Moved, slots[2].start)]);
}

#[tokio::test]
async fn an_appointment_that_is_moved_is_not_in_its_own_way() {
    let clinic = clinic().await;
    let (office, _store, _task) = clinic.open().await;
    let mut ann = Visitor::new(&office);
    let patient = ann.registers("Ann Arbor").await;
    let eight = vec![(at("08:00"), at("08:01"))];
    let slot = ann.slots(&wish(patient, LONG_VISIT).at(&eight)).await[0].clone();
    let OfficeReply::Booked(long) = ann.books(slot.id, patient).await else { panic!("free") };

    let half_past = vec![(at("08:30"), at("08:31"))];
    let engaged = ann.slots(&wish(patient, CHECK_UP).at(&half_past)).await;
    assert!(engaged.iter().all(|slot| slot.fit == Fit::OtherTime), "Ann is with us then: {engaged:?}");
    let instead = ann.slots(&wish(patient, CHECK_UP).at(&half_past).instead_of(long.id)).await[0].clone();
    assert_eq!((instead.start, instead.fit), (at("08:30"), Fit::AsWished));
    let moved = ann.asks(OfficeRequest::Move { appointment: long.id, to: instead.id }).await;
    let OfficeReply::Moved(moved) = moved else { panic!("{moved:?}") };
    assert_eq!((moved.start, moved.kind), (at("08:30"), CHECK_UP.into()));
}

#[tokio::test]
async fn nobody_is_in_two_places() {
    let clinic = clinic().await;
    let (office, _store, _task) = clinic.open().await;
    let mut ann = Visitor::new(&office);
    let patient = ann.registers("Ann Arbor").await;
    let nine = vec![(at("09:00"), at("09:01"))];
    let patel = ann.slots(&wish(patient, CHECK_UP).at(&nine)).await[0].clone();
    let nguyen =
        ann.slots(&wish(patient, CHECK_UP).at(&nine).with(ProviderWish::Named("nguyen".into()))).await[0].clone();
    assert_eq!((patel.start, nguyen.start), (at("09:00"), at("09:00")));
    assert_ne!(patel.provider, nguyen.provider);
    assert!(matches!(ann.books(patel.id, patient).await, OfficeReply::Booked(_)));
    assert_eq!(ann.books(nguyen.id, patient).await, OfficeReply::NotAllowed);
}

#[tokio::test]
async fn one_record_is_matched_and_two_need_a_number() {
    let clinic = clinic().await;
    let (office, store, _task) = clinic.open().await;
    let records = [
        imported("1", "Rosa Diaz", "+12125550101"),
        imported("2", "John Smith", "+12125550102"),
        imported("3", "Jon Smith", "+12125550103"),
    ];
    store.import_patients(&"riverside".into(), &records, at("00:00")).await.expect("imported");
    let query = |name: &str, born, number: Option<&str>| {
        OfficeRequest::FindPatient(PatientQuery {
            name: name.into(),
            date_of_birth: Phi::new(born),
            callback: number.map(|n| Phi::new(n.parse().expect("a number"))),
        })
    };
    let mut caller = Visitor::new(&office);
    for (name, born) in [("Rosa Dias", date(1970, 1, 1)), ("Peter Diaz", births()), ("Rosa", births())] {
        assert_eq!(caller.asks(query(name, born, None)).await, OfficeReply::PatientNotMatched, "{name} {born}");
    }
    let found = caller.asks(query("Roza Diaz", births(), None)).await;
    let OfficeReply::PatientMatched(rosa) = found else { panic!("{found:?}") };
    assert_eq!(rosa.name.expose(), "Rosa Diaz", "as the practice writes it");
    let ahead = caller.asks(OfficeRequest::FindAppointments(rosa.id)).await;
    assert_eq!(ahead, OfficeReply::Appointments(Vec::new()));

    assert_eq!(caller.asks(query("John Smith", births(), None)).await, OfficeReply::PatientAmbiguous);
    let by_number = caller.asks(query("John Smith", births(), Some("+12125550103"))).await;
    let OfficeReply::PatientMatched(jon) = by_number else { panic!("{by_number:?}") };
    assert_eq!(jon.name.expose(), "Jon Smith");
    let wrong = caller.asks(query("John Smith", births(), Some("+12125550199"))).await;
    assert_eq!(wrong, OfficeReply::PatientNotMatched);
}

#[tokio::test]
async fn who_registers_twice_has_one_record() {
    let clinic = clinic().await;
    let (office, store, _task) = clinic.open().await;
    let (mut once, mut twice) = (Visitor::new(&office), Visitor::new(&office));
    let patient = once.registers("Nora New").await;
    assert_eq!(twice.registers("Nora  new").await, patient);
    assert_ne!(twice.registers("Nina New").await, patient);
    assert_eq!(store.patients(&"riverside".into()).await.expect("read").len(), 2);
}

#[tokio::test]
async fn offers_are_few_kept_and_within_the_rules() {
    let clinic = clinic().await;
    let (office, store, _task) = clinic.open().await;
    let known = imported("1", "Rosa Diaz", "+12125550101");
    store.import_patients(&"riverside".into(), std::slice::from_ref(&known), at("00:00")).await.expect("imported");
    let mut caller = Visitor::new(&office);
    let query = PatientQuery { name: known.name, date_of_birth: known.date_of_birth, callback: None };
    let found = caller.asks(OfficeRequest::FindPatient(query)).await;
    let OfficeReply::PatientMatched(rosa) = found else { panic!("{found:?}") };

    let slots = caller.slots(&wish(rosa.id, CHECK_UP).with(ProviderWish::Own)).await;
    assert_eq!(slots.len(), 3);
    assert!(slots.iter().all(|slot| slot.provider == "nguyen".into()), "her own doctor: {slots:?}");
    assert_eq!(caller.again().await, OfficeReply::Slots(slots), "the same offers");

    let refused = [("first-visit", OfficeReply::NotAllowed), ("no such type", OfficeReply::NotAllowed)];
    for (kind, expected) in refused {
        assert_eq!(caller.asks(OfficeRequest::FindSlots(wish(rosa.id, kind))).await, expected, "{kind}");
    }
    assert_eq!(caller.slots(&wish(rosa.id, "well-child")).await, [], "she is too old");
    let newcomer = caller.registers("Nora New").await;
    assert!(!caller.slots(&wish(newcomer, "first-visit")).await.is_empty());
}

#[tokio::test]
async fn a_new_schedule_leaves_what_is_booked() {
    let mut clinic = clinic().await;
    let (office, store, task) = clinic.open().await;
    let mut ann = Visitor::new(&office);
    let patient = ann.registers("Ann Arbor").await;
    let slot = ann.slots(&wish(patient, CHECK_UP)).await[0].clone();
    let OfficeReply::Booked(appointment) = ann.books(slot.id, patient).await else { panic!("free") };
    assert_eq!(open_times(&clinic, &store).await.len(), 19, "ten each, less one");
    drop((office, ann));
    task.await.expect("closes");

    clinic.config.templates.retain(|template| template.provider != appointment.provider);
    let (office, _task) = Office::start(store.clone(), clinic.config.clone()).await.expect("starts");
    assert_eq!(open_times(&clinic, &store).await.len(), 10, "the other's");
    let ahead = store.appointments_ahead(patient, open_at()).await.expect("read");
    assert_eq!(ahead.into_iter().map(|row| row.appointment).collect::<Vec<_>>(), [appointment]);
    drop(office);
}

async fn open_times(clinic: &practice::Riverside, store: &Store) -> Vec<office::Opening> {
    let days = (date(2026, 3, 2), date(2026, 3, 2));
    office::openings(store, &clinic.config.practice, &CHECK_UP.into(), days, open_at()).await.expect("read")
}

#[tokio::test]
async fn a_book_that_is_gone_says_so() {
    let clinic = clinic().await;
    let (office, store, _task) = clinic.open().await;
    let mut ann = Visitor::new(&office);
    let patient = ann.registers("Ann Arbor").await;
    let slot = ann.slots(&wish(patient, CHECK_UP)).await[0].clone();
    store.close().await;
    assert_eq!(ann.books(slot.id, patient).await, OfficeReply::Unavailable);
}

//! FHIR R4 against Medplum's router.
#![allow(clippy::unwrap_used, unreachable_pub)] // a test fails by panicking

use std::time::{Duration, Instant};

use calendars::{
    Access, CalendarError, Credentials, Entry, FhirInbox, InboxConfig, OutsideCalendar, OutsideMessage, Period,
    Unreached, Version,
};
use domain::{MessageId, Phi, Urgency};
use serde_json::json;

mod tools;

use tools::fhir::{Server, appointment, slot};
use tools::{entry, period};

const NINE: &str = "2026-12-01T14:00:00Z";
const HALF_PAST: &str = "2026-12-01T14:30:00Z";
const TEN: &str = "2026-12-01T15:00:00Z";

fn hour() -> Period {
    period(NINE, TEN)
}

fn states(slots: &[(String, String)]) -> Vec<&str> {
    slots.iter().map(|(_, status)| status.as_str()).collect()
}

#[tokio::test]
async fn busy_is_slots_and_appointments_together() {
    let server = Server::start();
    let schedule = server.schedule(&[NINE, HALF_PAST]).await;
    for (start, status) in [(TEN, "busy"), ("2026-12-01T15:30:00Z", "busy-unavailable")] {
        let mut taken = slot(&schedule, start);
        taken["status"] = status.into();
        server.create(taken).await;
    }
    server.create(appointment("2026-12-01T14:10:00Z", "2026-12-01T14:20:00Z")).await;
    let mut cancelled = appointment("2026-12-01T14:40:00Z", "2026-12-01T14:50:00Z");
    cancelled["status"] = "cancelled".into();
    server.create(cancelled).await;
    let busy = server.calendar(Some(schedule)).busy(period(NINE, "2026-12-01T20:00:00Z")).await.unwrap();
    let begins: Vec<_> = busy.taken.iter().map(|taken| taken.period.start().to_string()).collect();
    assert_eq!(begins, ["2026-12-01T14:10:00Z", TEN, "2026-12-01T15:30:00Z"]);
    assert_eq!(busy.unreadable, 0);
}

#[tokio::test]
async fn a_leave_that_began_last_week_is_seen() {
    let server = Server::start();
    let schedule = server.schedule(&[]).await;
    let mut leave = slot(&schedule, "2026-11-20T05:00:00Z");
    leave["status"] = "busy-unavailable".into();
    leave["end"] = "2026-12-04T05:00:00Z".into();
    server.create(leave).await;
    assert_eq!(server.calendar(Some(schedule)).busy(hour()).await.unwrap().taken.len(), 1);
}

#[tokio::test]
async fn one_odd_resource_does_not_hide_the_others() {
    let server = Server::start();
    let schedule = server.schedule(&[NINE]).await;
    let odd = json!([
        { "resourceType": "Slot", "status": "double-booked", "start": HALF_PAST, "end": TEN },
        { "resourceType": "Slot", "status": "busy", "start": TEN, "end": "noon" },
        { "resourceType": "Slot", "status": ["busy"], "start": { "at": "noon" } },
        { "resourceType": "Slot", "status": "busy", "start": "2026-12-01T12:00:00", "end": "2026-12-01T12:30:00" },
        { "resourceType": "OperationOutcome", "issue": [] },
        { "resourceType": "Cloud" },
        17,
    ]);
    server.faults(json!([{ "match": "GET /fhir/R4/Slot", "inject": odd }])).await;
    let busy = server.calendar(Some(schedule)).busy(period(NINE, "2026-12-01T20:00:00Z")).await.unwrap();
    let begins: Vec<_> = busy.taken.iter().map(|taken| taken.period.start().to_string()).collect();
    // The last is written without a zone: noon in New York.
    assert_eq!(begins, [HALF_PAST, TEN, "2026-12-01T17:00:00Z"]);
    // The end that is none, the begin that is none, the cloud and the number.
    assert_eq!(busy.unreadable, 4);
}

#[tokio::test]
async fn every_page_counts() {
    let server = Server::start();
    let actor = json!([{ "reference": "Practitioner/patel" }]);
    let schedule = server.create(json!({ "resourceType": "Schedule", "actor": actor })).await;
    let schedule = format!("Schedule/{}", schedule["id"].as_str().unwrap());
    let begin: jiff::Timestamp = NINE.parse().unwrap();
    for number in 0..430 {
        let mut taken = slot(&schedule, &(begin + jiff::SignedDuration::from_secs(number)).to_string());
        taken["status"] = "busy".into();
        server.create(taken).await;
    }
    let calendar = server.calendar(Some(schedule));
    assert_eq!(calendar.busy(hour()).await.unwrap().taken.len(), 430);
    // A page that another host is to be asked for is not, and what is on it is not free.
    let far = json!([{ "match": "GET /fhir/R4/Slot", "next": "http://127.0.0.2:1/fhir/R4/Slot?page=2" }]);
    server.faults(far).await;
    assert_eq!(calendar.busy(hour()).await, Err(CalendarError::Unreadable("its next page is elsewhere")));
}

#[tokio::test]
async fn a_booking_takes_the_slots_that_cover_it() {
    let server = Server::start();
    let schedule = server.schedule(&[NINE, HALF_PAST, TEN]).await;
    let calendar = server.calendar(Some(schedule));
    let booked = entry(hour());
    let version = calendar.book(&booked).await.unwrap();
    assert_eq!(states(&server.slots().await), ["busy", "busy", "free"]);
    assert!(server.all("Slot").await.iter().all(|slot| slot["extension"][0]["valueString"] == "3"));
    let written = server.all("Appointment").await;
    assert_eq!((written.len(), written[0]["status"].as_str()), (1, Some("booked")));
    assert_eq!(written[0]["description"], "FirstRing appointment AB-1234");
    assert_eq!(written[0]["slot"].as_array().unwrap().len(), 2);
    // Again: the same.
    assert_eq!(calendar.book(&booked).await, Ok(version.clone()));
    assert_eq!(server.all("Appointment").await.len(), 1);
    let busy = calendar.busy(hour()).await.unwrap();
    assert!(busy.taken.len() == 3 && busy.taken.iter().all(|taken| taken.ours == Some(booked.id)), "{busy:?}");
    // Another: taken. And where no slot is: closed.
    assert_eq!(calendar.book(&entry(hour())).await, Err(CalendarError::Conflict));
    let late = period("2026-12-01T15:15:00Z", "2026-12-01T16:15:00Z");
    assert_eq!(calendar.book(&entry(late)).await, Err(CalendarError::Conflict));
    assert_eq!(states(&server.slots().await), ["busy", "busy", "free"]);
    assert_eq!(calendar.cancel(booked.id, Some(&Version::new("another"))).await, Err(CalendarError::Conflict));
    calendar.cancel(booked.id, Some(&version)).await.unwrap();
    calendar.cancel(booked.id, Some(&version)).await.unwrap();
    assert_eq!(states(&server.slots().await), ["free", "free", "free"]);
    assert!(server.all("Slot").await.iter().all(|slot| slot.get("identifier").is_none()));
    assert_eq!(server.all("Appointment").await[0]["status"], "cancelled");
    assert!(calendar.busy(hour()).await.unwrap().taken.is_empty());
    // The id may be used again, and is still one appointment.
    calendar.book(&booked).await.unwrap();
    assert_eq!(server.all("Appointment").await.len(), 1);
    assert_eq!(states(&server.slots().await), ["busy", "busy", "free"]);
}

/// Somebody else takes the second slot between our look and our hold.
#[tokio::test]
async fn a_competing_hold_wins_and_ours_is_released() {
    let server = Server::start();
    let schedule = server.schedule(&[NINE, HALF_PAST]).await;
    let second = server.all("Slot").await.into_iter().find(|slot| slot["start"] == HALF_PAST).unwrap();
    let place = format!("PUT /fhir/R4/Slot/{}", second["id"].as_str().unwrap());
    server.faults(json!([{ "match": place, "touch": { "status": "busy" } }])).await;
    let calendar = server.calendar(Some(schedule));
    assert_eq!(calendar.book(&entry(hour())).await, Err(CalendarError::Conflict));
    assert_eq!(states(&server.slots().await), ["free", "busy"]);
    assert!(server.all("Appointment").await.is_empty());
}

#[tokio::test]
async fn two_at_once_never_both_have_it() {
    let server = Server::start();
    let schedule = server.schedule(&[NINE, HALF_PAST]).await;
    for schedule in [Some(schedule), None] {
        let calendar = server.calendar(schedule);
        let (mine, yours) = (entry(hour()), entry(hour()));
        let (first, second) = tokio::join!(calendar.book(&mine), calendar.book(&yours));
        let booked = usize::from(first.is_ok()) + usize::from(second.is_ok());
        assert!(booked <= 1, "{first:?} {second:?}");
        let stands = server.all("Appointment").await.into_iter().filter(|one| one["status"] == "booked").count();
        assert_eq!(stands, booked);
        calendar.cancel(mine.id, None).await.unwrap();
        calendar.cancel(yours.id, None).await.unwrap();
        assert_eq!(states(&server.slots().await), ["free", "free"]);
    }
}

#[tokio::test]
async fn a_change_moves_the_slots_too() {
    let server = Server::start();
    let schedule = server.schedule(&[NINE, HALF_PAST, TEN]).await;
    let calendar = server.calendar(Some(schedule));
    let booked = entry(hour());
    let version = calendar.book(&booked).await.unwrap();
    let later = Entry { period: period(HALF_PAST, "2026-12-01T15:30:00Z"), ..booked.clone() };
    assert_eq!(calendar.change(&later, &Version::new("another")).await, Err(CalendarError::Conflict));
    let after = calendar.change(&later, &version).await.unwrap();
    assert_eq!(states(&server.slots().await), ["free", "busy", "busy"]);
    assert_eq!(calendar.change(&later, &version).await, Ok(after.clone()));
    // Somebody of the practice writes into it.
    let mut theirs = server.all("Appointment").await.remove(0);
    theirs["comment"] = "Bring the papers".into();
    server.write(theirs).await;
    assert_eq!(calendar.change(&booked, &after).await, Err(CalendarError::Conflict));
    assert_eq!(calendar.cancel(booked.id, Some(&after)).await, Err(CalendarError::Conflict));
    assert_eq!(states(&server.slots().await), ["free", "busy", "busy"]);
    calendar.cancel(booked.id, None).await.unwrap();
    assert_eq!(states(&server.slots().await), ["free", "free", "free"]);
    assert_eq!(calendar.change(&booked, &after).await, Err(CalendarError::Conflict));
}

#[tokio::test]
async fn a_schedule_without_slots_has_appointments_alone() {
    let server = Server::start();
    let schedule = server.schedule(&[]).await;
    let calendar = server.calendar(Some(schedule));
    server.create(appointment("2026-12-01T14:45:00Z", "2026-12-01T15:15:00Z")).await;
    assert_eq!(calendar.book(&entry(hour())).await, Err(CalendarError::Conflict));
    let booked = entry(period(NINE, HALF_PAST));
    let version = calendar.book(&booked).await.unwrap();
    assert_eq!(calendar.book(&booked).await, Ok(version.clone()));
    assert_eq!(server.all("Appointment").await.len(), 2);
    calendar.cancel(booked.id, Some(&version)).await.unwrap();
}

/// Somebody else writes an appointment between our look and ours: whether there are slots or not, ours goes.
#[tokio::test]
async fn who_comes_second_withdraws() {
    let server = Server::start();
    let schedule = server.schedule(&[NINE, HALF_PAST]).await;
    for (schedule, in_all) in [(Some(schedule), 2), (None, 4)] {
        let theirs = appointment("2026-12-01T14:45:00Z", "2026-12-01T15:15:00Z");
        server.faults(json!([{ "match": "POST /fhir/R4/Appointment", "first": theirs }])).await;
        assert_eq!(server.calendar(schedule).book(&entry(hour())).await, Err(CalendarError::Conflict));
        let all = server.all("Appointment").await;
        assert_eq!(all.len(), in_all);
        for mut one in all.into_iter().filter(|one| one["status"] == "booked") {
            assert!(one.get("identifier").is_none(), "{one}");
            one["status"] = "cancelled".into();
            server.write(one).await;
        }
        assert_eq!(states(&server.slots().await), ["free", "free"]);
    }
}

#[tokio::test]
async fn two_tries_of_one_booking_are_one_appointment() {
    let server = Server::start();
    let schedule = server.schedule(&[NINE, HALF_PAST]).await;
    for (schedule, in_all) in [(None, 1), (Some(schedule), 2)] {
        let calendar = server.calendar(schedule);
        let booked = entry(hour());
        let (first, second) = tokio::join!(calendar.book(&booked), calendar.book(&booked));
        assert!(first.is_ok() && first == second, "{first:?} {second:?}");
        assert_eq!(server.all("Appointment").await.len(), in_all);
        calendar.cancel(booked.id, None).await.unwrap();
        assert_eq!(states(&server.slots().await), ["free", "free"]);
    }
}

#[tokio::test]
async fn a_reply_that_is_lost_is_no_second_appointment() {
    let server = Server::start();
    let schedule = server.schedule(&[NINE, HALF_PAST]).await;
    let calendar = server.calendar(Some(schedule));
    let lost = Err(CalendarError::Unavailable(Unreached::NotReached));
    for place in ["PUT /fhir/R4/Slot", "POST /fhir/R4/Appointment"] {
        let booked = entry(hour());
        server.faults(json!([{ "match": place, "lose": true }])).await;
        assert_eq!(calendar.book(&booked).await, lost, "{place}");
        let version = calendar.book(&booked).await.unwrap();
        assert_eq!(states(&server.slots().await), ["busy", "busy"]);
        calendar.cancel(booked.id, Some(&version)).await.unwrap();
        // Given up instead: nothing stays held.
        let given_up = entry(hour());
        server.faults(json!([{ "match": place, "lose": true }])).await;
        assert_eq!(calendar.book(&given_up).await, lost, "{place}");
        calendar.cancel(given_up.id, None).await.unwrap();
        assert_eq!(states(&server.slots().await), ["free", "free"]);
    }
    let all = server.all("Appointment").await;
    assert!(all.iter().all(|one| one["status"] == "cancelled") && all.len() == 3, "{all:?}");
}

#[tokio::test]
async fn an_error_says_what_can_be_done() {
    let server = Server::start();
    let schedule = server.schedule(&[NINE, HALF_PAST]).await;
    let calendar = server.calendar(Some(schedule.clone()));
    for (status, expected) in [
        (500, CalendarError::Unavailable(Unreached::Status(500))),
        (429, CalendarError::Unavailable(Unreached::Status(429))),
        (401, CalendarError::Refused(401)),
        (404, CalendarError::Refused(404)),
    ] {
        server.faults(json!([{ "match": "GET /fhir/R4/Slot", "status": status }])).await;
        assert_eq!(calendar.busy(hour()).await, Err(expected));
    }
    // Refused for good, so nothing stays held.
    server.faults(json!([{ "match": "POST /fhir/R4/Appointment", "status": 403 }])).await;
    assert_eq!(calendar.book(&entry(hour())).await, Err(CalendarError::Refused(403)));
    assert_eq!(states(&server.slots().await), ["free", "free"]);
    let access = Access { within: Duration::from_millis(300), ..server.access() };
    let hasty = server.calendar_with(Some(schedule), access);
    server.faults(json!([{ "match": "GET", "delay_ms": 5000 }])).await;
    let begun = Instant::now();
    assert_eq!(hasty.busy(hour()).await, Err(CalendarError::Unavailable(Unreached::TooLate)));
    assert!(begun.elapsed() < Duration::from_secs(2));
}

fn message() -> OutsideMessage {
    OutsideMessage {
        id: MessageId::new(),
        reference: "CD-5678".to_owned(),
        urgency: Urgency::Urgent,
        taken: NINE.parse().unwrap(),
        title: None,
        text: Phi::from("Please call me back.\r\nIt is about the new pills."),
        patient: Some("Patient/lopez".to_owned()),
    }
}

#[tokio::test]
async fn a_message_is_delivered_once_however_often_it_is_sent() {
    let server = Server::start();
    let config = InboxConfig { access: server.access(), owner: Some("PractitionerRole/desk".to_owned()) };
    let inbox = FhirInbox::new(&config).unwrap();
    let sent = message();
    server.faults(json!([{ "match": "POST", "lose": true }])).await;
    assert_eq!(inbox.deliver(&sent).await, Err(CalendarError::Unavailable(Unreached::NotReached)));
    inbox.deliver(&sent).await.unwrap();
    inbox.deliver(&sent).await.unwrap();
    let (tasks, said) = (server.all("Task").await, server.all("Communication").await);
    assert_eq!((tasks.len(), said.len()), (1, 1));
    let (task, said) = (&tasks[0], &said[0]);
    assert_eq!((task["priority"].as_str(), task["intent"].as_str()), (Some("urgent"), Some("order")));
    assert_eq!(task["description"], "Telephone message CD-5678");
    assert_eq!(task["owner"]["reference"], "PractitionerRole/desk");
    assert_eq!(task["for"]["reference"], "Patient/lopez");
    assert_eq!(said["payload"][0]["contentString"], "Please call me back.\nIt is about the new pills.");
    assert_eq!(said["sent"], NINE);
    assert_eq!(said["basedOn"][0]["reference"], format!("Task/{}", task["id"].as_str().unwrap()));
    inbox.deliver(&message()).await.unwrap();
    assert_eq!((server.all("Task").await.len(), server.all("Communication").await.len()), (2, 2));
    server.faults(json!([{ "match": "POST", "status": 503 }])).await;
    assert_eq!(inbox.deliver(&message()).await, Err(CalendarError::Unavailable(Unreached::Status(503))));
}

#[test]
fn a_reference_that_is_none_is_said_at_once() {
    tools::tls();
    let access = tools::access("https://records.example.org/fhir", Credentials::None, Duration::from_secs(1));
    for owner in ["desk", "Practitioner/../Patient", "/Patient", "Patient/", "http://else/Patient/1"] {
        let config = InboxConfig { access: access.clone(), owner: Some(owner.to_owned()) };
        assert!(matches!(FhirInbox::new(&config), Err(CalendarError::Misconfigured(_))), "{owner}");
    }
}

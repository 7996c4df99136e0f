//! Appointments of a provider who keeps a calendar elsewhere: a real CalDAV server that has its own entries, goes away and comes back.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[path = "practice/front_desk.rs"]
mod front_desk;
mod practice;
#[path = "practice/texts.rs"]
mod texts;
#[path = "../../calendars/tests/tools/mod.rs"]
mod tools;

use std::sync::Arc;
use std::time::{Duration, Instant};

use calendars::{FhirInbox, InboxConfig};
use domain::{Appointment, OfferedSlot, OfficeReply, OfficeRequest, PatientId};
use domain::{Phi, ProviderWish, WaitingWish};
use front_desk::{CHECK_UP, Visitor, Wishes, at, clinic, open_at, wish};
use office::{Clock, Gateway, Office, ProviderCalendar, SmsFrom, WaitingList};
use practice::Riverside;
use store::{NoticeWay, Secret, Status, Store};
use texts::{Phone, Texts};
use tokio::task::JoinHandle;
use tools::caldav::Radicale;

/// The practice's time goes faster than the tests', so that what is tried again is soon tried again.
const FASTER: u32 = 20;
const LONG: Duration = Duration::from_secs(60);

/// The clinic of which Patel keeps a calendar elsewhere.
struct Bed {
    server: Radicale,
    riverside: Riverside,
}

struct Open {
    office: Office,
    store: Store,
    task: JoinHandle<()>,
}

impl Bed {
    async fn new() -> Self {
        let (server, mut riverside) = (Radicale::start().await, clinic().await);
        let began = Instant::now();
        riverside.config.clock = Clock::new(move || open_at() + began.elapsed() * FASTER);
        let calendar = ProviderCalendar { calendar: Arc::new(server.calendar()), names: false };
        riverside.config.calendars = vec![("patel".into(), calendar)];
        Self { server, riverside }
    }

    async fn open(&self) -> Open {
        let (office, store, task) = self.riverside.open().await;
        Open { office, store, task }
    }

    /// Begins and ends of what stands in the calendar, and what is shown of it.
    fn standing(&self) -> Vec<String> {
        let lines = |text: String| {
            let shown =
                text.lines().filter(|line| ["DTSTART", "DTEND", "SUMMARY"].iter().any(|name| line.starts_with(name)));
            shown.collect::<Vec<_>>().join(" ")
        };
        let mut all: Vec<_> = self.server.standing().into_iter().map(lines).collect();
        all.sort();
        all
    }
}

impl Open {
    async fn close(self, callers: Visitor) {
        drop((self.office, callers));
        self.task.await.unwrap();
        self.store.close().await;
    }

    /// What the staff were told of appointments.
    async fn told(&self) -> Vec<String> {
        let messages = self.store.latest_messages(&"riverside".into(), 9).await.unwrap();
        messages.iter().map(|message| message.draft.text.expose().clone()).collect()
    }

    async fn status(&self, appointment: &Appointment) -> Status {
        self.store.appointment(appointment.id).await.unwrap().unwrap().status
    }

    /// Nothing is owed to the calendar any more.
    async fn settled(&self, appointment: &Appointment) {
        let settled = async {
            while self.store.outside(appointment.id).await.unwrap().is_none_or(|row| row.due_at.is_some()) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(LONG, settled).await.expect("it is told until it answers");
    }
}

async fn visitor(open: &Open) -> (Visitor, PatientId) {
    let mut visitor = Visitor::new(&open.office);
    let patient = visitor.registers("Ann Arbor").await;
    (visitor, patient)
}

fn starts(slots: &[OfferedSlot]) -> Vec<jiff::Timestamp> {
    slots.iter().map(|slot| slot.start).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_there_is_not_offered_and_what_is_booked_stands_there() {
    let bed = Bed::new().await;
    bed.server.put("meeting", "DTSTART:20260302T080000Z; DTEND:20260302T100000Z; SUMMARY:Board").await;
    let open = bed.open().await;
    let (mut ann, patient) = visitor(&open).await;
    let slots = ann.slots(&wish(patient, CHECK_UP)).await;
    assert_eq!(starts(&slots)[0], at("10:00"));

    let OfficeReply::Booked(booked) = ann.books(slots[0].id, patient).await else { panic!("free") };
    let [_, entry] = &bed.standing()[..] else { panic!("{:?}", bed.standing()) };
    assert!(entry.contains("T100000Z") && entry.contains("FirstRing appointment"), "{entry}");
    assert!(!entry.contains("Arbor"), "names are the practice's choice: {entry}");
    let free = ann.slots(&wish(patient, CHECK_UP).instead_of(booked.id).at(&[(at("11:00"), at("12:00"))])).await;
    let OfficeReply::Moved(moved) = ann.asks(OfficeRequest::Move { appointment: booked.id, to: free[0].id }).await
    else {
        panic!("free")
    };
    assert!(moved.start >= at("11:00") && bed.standing()[1].contains("T110000Z"), "{:?}", bed.standing());
    assert_eq!(ann.asks(OfficeRequest::Cancel(booked.id)).await, OfficeReply::Cancelled(booked.id));
    assert_eq!(bed.standing().len(), 1, "only the meeting");
    assert!(open.told().await.is_empty(), "nobody has to look at anything");
    open.close(ann).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_faster_in_the_calendar_has_the_time_and_another_is_offered() {
    let bed = Bed::new().await;
    let open = bed.open().await;
    let (mut ann, patient) = visitor(&open).await;
    let slots = ann.slots(&wish(patient, CHECK_UP)).await;
    bed.server.put("faster", "DTSTART:20260302T080000Z; DTEND:20260302T083000Z").await;
    assert_eq!(slots[0].start, at("08:00"));
    assert_eq!(ann.books(slots[0].id, patient).await, OfficeReply::SlotTaken);
    assert_eq!(ann.again().await, OfficeReply::SlotTaken, "the same request again");
    assert_eq!(bed.standing().len(), 1, "nothing of ours stands");
    let others = ann.slots(&wish(patient, CHECK_UP)).await;
    assert_eq!(others[0].start, at("08:30"), "it is seen now");

    let OfficeReply::Booked(booked) = ann.books(others[0].id, patient).await else { panic!("free") };
    let slots = ann.slots(&wish(patient, CHECK_UP).instead_of(booked.id).at(&[(at("12:00"), at("13:00"))])).await;
    bed.server.put("faster again", "DTSTART:20260302T120000Z; DTEND:20260302T130000Z").await;
    let to_taken = ann.asks(OfficeRequest::Move { appointment: booked.id, to: slots[0].id }).await;
    assert_eq!(to_taken, OfficeReply::SlotTaken);
    let stands = open.store.appointment(booked.id).await.unwrap().unwrap();
    assert_eq!((stands.appointment.start, stands.status), (at("08:30"), Status::Booked), "the old one stays");
    assert!(bed.standing().iter().any(|entry| entry.contains("T083000Z") && entry.contains("FirstRing")));
    assert!(open.told().await.is_empty());
    open.close(ann).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_that_is_away_is_told_when_it_is_back_and_the_office_confirms() {
    let mut bed = Bed::new().await;
    let open = bed.open().await;
    let (mut ann, patient) = visitor(&open).await;
    bed.server.stop();
    let slots = ann.slots(&wish(patient, CHECK_UP)).await;
    assert_eq!(slots[0].start, at("08:00"), "a caller is not sent away because of it");
    let reply = ann.books(slots[0].id, patient).await;
    let OfficeReply::ToBeConfirmed(noted) = reply.clone() else { panic!("{reply:?}") };
    assert_eq!(ann.again().await, reply, "the same request again");
    let told = open.told().await;
    assert!(matches!(&told[..], [told] if told.contains("Please confirm") && told.contains("March 2")), "{told:?}");
    let [message] = &open.store.latest_messages(&"riverside".into(), 9).await.unwrap()[..] else { panic!() };
    assert_eq!(message.draft.name.as_ref().unwrap().expose(), "Ann Arbor");

    // The process ends in between: what is owed is kept.
    open.close(ann).await;
    let open = bed.open().await;
    bed.server.restart();
    open.settled(&noted).await;
    assert!(bed.standing()[0].contains("T080000Z"), "{:?}", bed.standing());
    assert_eq!(open.told().await.len(), 1, "staff were told once");

    bed.server.stop();
    let mut carla = Visitor::new(&open.office);
    let own = carla.registers("Carla Cohen").await;
    let slots = carla.slots(&wish(own, CHECK_UP)).await;
    let OfficeReply::ToBeConfirmed(second) = carla.books(slots[0].id, own).await else { panic!("away") };
    let cancelled = carla.asks(OfficeRequest::Cancel(second.id)).await;
    assert_eq!(cancelled, OfficeReply::Cancelled(second.id), "nobody is expected any more, whatever the calendar says");
    bed.server.restart();
    open.settled(&second).await;
    assert_eq!((bed.standing().len(), open.status(&second).await), (1, Status::Cancelled));
    open.close(carla).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_there_meanwhile_is_put_into_the_hands_of_staff() {
    let mut bed = Bed::new().await;
    let open = bed.open().await;
    let (mut ann, patient) = visitor(&open).await;
    let slots = ann.slots(&wish(patient, CHECK_UP)).await;
    bed.server.stop();
    let OfficeReply::ToBeConfirmed(noted) = ann.books(slots[0].id, patient).await else { panic!("away") };
    let meeting = tools::caldav::calendar("meeting", "DTSTART:20260302T080000Z; DTEND:20260302T090000Z");
    bed.server.place("meeting", &meeting);
    bed.server.restart();
    open.settled(&noted).await;
    let told = open.told().await;
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().any(|told| told.contains("taken in the calendar") && told.contains("agree on another time")));
    assert_eq!(bed.standing().len(), 1, "nothing of ours stands there");
    open.close(ann).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_cannot_be_read_is_a_doubt_that_the_office_settles() {
    let bed = Bed::new().await;
    let odd = tools::caldav::calendar("odd", "DTSTART;TZID=Mars/Olympus:20260302T090000; DURATION:PT1H");
    bed.server.place("odd", &odd);
    let open = bed.open().await;
    let (mut ann, patient) = visitor(&open).await;
    let slots = ann.slots(&wish(patient, CHECK_UP)).await;
    let reply = ann.books(slots[0].id, patient).await;
    assert!(matches!(reply, OfficeReply::ToBeConfirmed(_)), "{reply:?}");
    assert_eq!(bed.standing().len(), 2, "it is entered all the same");
    let told = open.told().await;
    assert!(matches!(&told[..], [told] if told.contains("cannot read")), "{told:?}");
    open.close(ann).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_waited_gets_what_the_calendar_has_free_and_nothing_else() {
    let (mut bed, mut texts) = (Bed::new().await, Texts::start().await);
    let gateway = Gateway { api: texts.base(), account: "AC1".to_owned(), token: Secret::new(texts::TOKEN) };
    let from = SmsFrom::Number("+12125550100".to_owned());
    bed.riverside.config.waiting = WaitingList { texts: Some((gateway, from)), ..WaitingList::default() };
    bed.riverside.config.gateway_token = Some(Secret::new(texts::TOKEN));
    bed.riverside.config.clock = Clock::new(|| at("08:05"));
    let open = bed.open().await;
    for (from, number, is_taken) in [("10:00", "+12125550111", false), ("11:00", "+12125550112", true)] {
        let when = vec![(at(from), at(from) + jiff::SignedDuration::from_mins(30))];
        let (mut carla, has) = visitor(&open).await;
        let slot = carla.slots(&wish(has, CHECK_UP).at(&when)).await.remove(0);
        let OfficeReply::Booked(made) = carla.books(slot.id, has).await else { panic!("free") };
        let mut ann = Visitor::new(&open.office);
        let waiting = WaitingWish {
            patient: ann.registers(&format!("Ann Arbor{from}")).await,
            kind: CHECK_UP.into(),
            provider: Some(ProviderWish::Named("patel".into())),
            when,
            instead_of: None,
            number: Phi::new(number.parse().unwrap()),
            may_text: true,
            refused: Vec::new(),
            reason: None,
        };
        ann.asks(OfficeRequest::JoinWaitingList(waiting)).await;
        carla.asks(OfficeRequest::Cancel(made.id)).await;
        let text = texts.next().await;
        if is_taken {
            bed.server.put("faster", "DTSTART:20260302T110000Z; DTEND:20260302T113000Z").await;
        }
        let phone = Phone { office: &open.office, number, now: at("08:05") };
        let told = phone.texts(&format!("YES {}", text.code())).await;
        assert!(told.contains(if is_taken { "someone was faster" } else { "It is booked" }), "{told}");
    }
    let standing = bed.standing();
    assert!(
        standing.len() == 2 && standing[0].contains("T100000Z") && standing[0].contains("FirstRing"),
        "{standing:?}"
    );
    assert!(!standing[1].contains("FirstRing"), "the calendar's own: {standing:?}");
    texts.is_quiet().await;
    assert!(open.told().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_stand_in_the_worklist_of_the_practices_records_once_each_also_when_it_was_away() {
    let records = tools::fhir::Server::start();
    let mut riverside = clinic().await;
    riverside.config.messages = None;
    let config = InboxConfig { access: records.access(), owner: None };
    riverside.config.records = Some(Arc::new(FhirInbox::new(&config).unwrap()));
    let began = Instant::now();
    riverside.config.clock = Clock::new(move || open_at() + began.elapsed() * FASTER);
    records.faults(serde_json::json!([{ "match": "POST /fhir", "times": 2, "status": 503 }])).await;
    let (office, store, task) = riverside.open().await;
    let mut caller = practice::Caller::new(&office);
    caller.ask(1, practice::message()).await;
    assert!(matches!(caller.reply().await, OfficeReply::MessageSaved { .. }));
    let told = async {
        while store.next_notification_at(&"riverside".into(), NoticeWay::Webhook).await.unwrap().is_some() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(LONG, told).await.expect("it is told until it is taken");
    let (tasks, communications) = (records.all("Task").await, records.all("Communication").await);
    assert_eq!((tasks.len(), communications.len()), (1, 1));
    let text = communications[0]["payload"][0]["contentString"].as_str().unwrap();
    assert!(text.contains("please renew my inhaler") && text.contains("Ada Byron"), "{text}");
    drop((office, caller));
    task.await.unwrap();
}

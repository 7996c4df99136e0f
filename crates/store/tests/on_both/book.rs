//! The appointment book as the database keeps it: no double booking whatever writes, and everything read back the same.

use crate::database::{Database, on_both};
use domain::{
    Admits, Appointment, AppointmentType, Booking, CallId, Fit, NewPatient, OfferedSlot, OfficeReply, PatientId, Phi,
    PracticeId, Provider, RequestId, SlotId,
};
use jiff::civil::{Weekday, date, time};
use jiff::{SignedDuration, Timestamp};
use sqlx::{AnyConnection, Connection};
use store::{
    Exception, Found, Imported, ImportedPatient, OfferRow, Opens, Release, Requested, Schedule, Store, StoreError,
    Template,
};

on_both!(
    the_database_refuses_every_overlap_and_nothing_else,
    of_random_spans_exactly_those_are_refused_that_overlap,
    an_offer_that_overlaps_a_booking_is_taken,
    a_schedule_is_read_back_and_replaced_as_a_whole,
    patients_are_imported_once_however_often
);

fn practice() -> PracticeId {
    "riverside".into()
}

/// Minutes after a Monday's midnight.
fn at(minutes: i64) -> Timestamp {
    let midnight: Timestamp = "2026-03-02T00:00:00Z".parse().expect("a time");
    midnight + SignedDuration::from_mins(minutes)
}

fn requested(practice: &PracticeId, request: u32) -> Requested<'_> {
    Requested { practice, call: CallId::new(), request: RequestId(request), at: at(0), outside: &[] }
}

fn new_patient(name: &str) -> NewPatient {
    NewPatient { name: name.into(), date_of_birth: Phi::new(date(1958, 3, 14)), callback: None, insurance: None }
}

async fn register(store: &Store, requested: &Requested<'_>, name: &str) -> PatientId {
    let reply = store.register_patient(requested, &new_patient(name), |_| Found::Nobody).await.expect("kept");
    let OfficeReply::PatientMatched(matched) = reply else { panic!("{reply:?}") };
    matched.id
}

/// An appointment that a call of an hour before has made.
pub(crate) async fn booked(store: &Store, name: &str, blocked: (Timestamp, Timestamp)) -> Appointment {
    let practice = practice();
    let made_at = blocked.0 - SignedDuration::from_hours(1);
    let who = Requested { practice: &practice, call: CallId::new(), request: RequestId(1), at: made_at, outside: &[] };
    let patient = register(store, &who, name).await;
    let slot = OfferedSlot {
        id: SlotId::new(),
        start: blocked.0,
        provider: "patel".into(),
        kind: "checkup".into(),
        fit: Fit::AsWished,
    };
    let booking = Booking { slot: slot.id, patient, reason: Some("my knee".into()) };
    let offer = OfferRow { slot, patient, end: blocked.1, blocked };
    store.keep_offers(&Requested { request: RequestId(2), ..who }, &[offer]).await.expect("kept");
    let reply = store.book(&Requested { request: RequestId(3), ..who }, &booking).await.expect("answered");
    let OfficeReply::Booked(appointment) = reply else { panic!("{reply:?}") };
    appointment
}

/// Writes a row with raw SQL. Minutes.
async fn insert(
    connection: &mut AnyConnection,
    patient: PatientId,
    provider: &str,
    (from, to): (i64, i64),
    status: &str,
) -> Result<String, sqlx::Error> {
    let id = CallId::new().to_string();
    sqlx::query(
        "INSERT INTO appointment (id, practice, patient_id, provider, kind, start_at, end_at, blocked_from, blocked_to,
                                  status, call_id, request_id, made_at)
         VALUES ($1, 'riverside', $2, $3, 'checkup', $4, $5, $4, $5, $6, $1, 1, $4)",
    )
    .bind(&id)
    .bind(patient.to_string())
    .bind(provider)
    .bind(format!("{:.6}", at(from)))
    .bind(format!("{:.6}", at(to)))
    .bind(status)
    .execute(connection)
    .await?;
    Ok(id)
}

fn is_refused<T>(result: &Result<T, sqlx::Error>) -> bool {
    match result {
        Ok(_) => false,
        Err(error) => {
            assert!(error.to_string().contains("double booking"), "{error}");
            true
        }
    }
}

async fn the_database_refuses_every_overlap_and_nothing_else(database: Database) {
    let store = database.open().await;
    let practice = practice();
    let patient = register(&store, &requested(&practice, 1), "Ann Arbor").await;
    let mut program = database.past_us().await;
    insert(&mut program, patient, "patel", (600, 630), "booked").await.expect("free");
    let table = [
        ("patel", (600, 630), "booked", true),
        ("patel", (590, 601), "booked", true),
        ("patel", (629, 640), "booked", true),
        ("patel", (610, 615), "booked", true),
        ("patel", (500, 800), "booked", true),
        ("patel", (570, 600), "booked", false),
        ("patel", (630, 640), "booked", false),
        ("patel", (605, 610), "cancelled", false),
        ("nguyen", (600, 630), "booked", false),
    ];
    for (provider, span, status, expected) in table {
        let result = insert(&mut program, patient, provider, span, status).await;
        assert_eq!(is_refused(&result), expected, "{provider} {span:?} {status}");
    }
    let revive = sqlx::query("UPDATE appointment SET status = 'booked' WHERE status = 'cancelled'");
    assert!(is_refused(&revive.execute(&mut program).await), "a cancelled one cannot come back into a taken time");
    let all_to_one = sqlx::query("UPDATE appointment SET provider = 'patel'");
    assert!(is_refused(&all_to_one.execute(&mut program).await));
    let unsorted = sqlx::query("UPDATE appointment SET start_at = '2026-03-02T10:00:00Z'");
    unsorted.execute(&mut program).await.expect_err("times have six decimals, or they would not compare");
    program.close().await.expect("closed");
}

async fn of_random_spans_exactly_those_are_refused_that_overlap(database: Database) {
    let store = database.open().await;
    let practice = practice();
    let patient = register(&store, &requested(&practice, 1), "Ann Arbor").await;
    let mut program = database.past_us().await;
    if database.is_sqlite() {
        sqlx::query("PRAGMA synchronous = OFF").execute(&mut program).await.expect("faster");
    }
    let mut standing: Vec<(String, &str, (i64, i64))> = Vec::new();
    let (mut refused, mut seed) = (0, 20_260_302_u64);
    // Knuth's MMIX generator: the same spans in every run.
    let mut random = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((seed >> 33) % below).expect("small")
    };
    for _ in 0..400 {
        let provider = ["patel", "nguyen"][usize::try_from(random(2)).expect("0 or 1")];
        let from = random(1400);
        let span = (from, from + 1 + random(90));
        let moving = random(3) == 0 && !standing.is_empty();
        let index = if moving { usize::try_from(random(standing.len() as u64)).expect("an index") } else { usize::MAX };
        let overlaps = standing.iter().enumerate().any(|(at, (_, other, (start, end)))| {
            at != index && *other == provider && span.0 < *end && *start < span.1
        });
        let result = if moving {
            let id = standing[index].0.clone();
            let update = "UPDATE appointment SET provider = $2, start_at = $3, end_at = $4, blocked_from = $3,
                          blocked_to = $4 WHERE id = $1";
            let update = sqlx::query(update).bind(&id).bind(provider);
            let update = update.bind(format!("{:.6}", at(span.0))).bind(format!("{:.6}", at(span.1)));
            update.execute(&mut program).await.map(|_| id)
        } else {
            insert(&mut program, patient, provider, span, "booked").await
        };
        assert_eq!(is_refused(&result), overlaps, "{provider} {span:?}");
        match result {
            Ok(id) if moving => standing[index] = (id, provider, span),
            Ok(id) => standing.push((id, provider, span)),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 50 && standing.len() > 20, "{refused} refused, {} stand", standing.len());
}

async fn an_offer_that_overlaps_a_booking_is_taken(database: Database) {
    let store = database.open().await;
    let practice = practice();
    let mut replies = Vec::new();
    // Blocked spans of unequal length: 10:00 to 10:30, then 10:20 to 11:20, then 10:30 to 10:40.
    for (request, (name, span)) in
        [("Ann Arbor", (600, 630)), ("Bob Binder", (620, 680)), ("Cy Cole", (630, 640))].into_iter().enumerate()
    {
        let who = requested(&practice, u32::try_from(request).expect("few"));
        let patient = register(&store, &who, name).await;
        let id = SlotId::new();
        let offer = OfferRow {
            slot: OfferedSlot {
                id,
                start: at(span.0 + 2),
                provider: "patel".into(),
                kind: "checkup".into(),
                fit: Fit::AsWished,
            },
            patient,
            end: at(span.1 - 2),
            blocked: (at(span.0), at(span.1)),
        };
        let who = Requested { request: RequestId(10), ..who };
        store.keep_offers(&who, std::slice::from_ref(&offer)).await.expect("kept");
        assert_eq!(store.offers(who.call, who.request).await.expect("read"), [offer]);
        let booking = Booking { slot: id, patient, reason: Some("my knee".into()) };
        replies.push(store.book(&Requested { request: RequestId(11), ..who }, &booking).await.expect("answered"));
    }
    assert!(matches!(replies[0], OfficeReply::Booked(_)), "{replies:?}");
    assert_eq!(replies[1], OfficeReply::SlotTaken);
    assert!(matches!(replies[2], OfficeReply::Booked(_)), "{replies:?}");
    let rows = store.appointments(&practice, (at(0), at(1440))).await.expect("read");
    assert_eq!(rows.iter().map(|row| row.blocked).collect::<Vec<_>>(), [(at(600), at(630)), (at(630), at(640))]);
    let printed = format!("{rows:?} {:?}", store.patients(&practice).await.expect("read"));
    for word in ["Ann", "knee", "1958"] {
        assert!(!printed.contains(word), "{word} in {printed}");
    }
}

fn schedule() -> Schedule {
    let kind = |id: &str, admits| AppointmentType {
        id: id.into(),
        name: "a check-up".to_owned(),
        asked_with: vec!["physical".to_owned(), "check up".to_owned()],
        duration: SignedDuration::from_mins(30),
        buffer_before: SignedDuration::from_mins(5),
        buffer_after: SignedDuration::from_mins(10),
        admits,
        ages: (18, 255),
        providers: vec!["patel".into()],
        lead: SignedDuration::from_hours(2),
        horizon_days: 90,
    };
    let template = |weekday, types, release| Template {
        provider: "patel".into(),
        weekday,
        from: time(8, 0, 0, 0),
        to: time(12, 30, 0, 0),
        types,
        release,
    };
    let exception = |provider, opens| Exception {
        provider,
        from: date(2026, 11, 26).at(0, 0, 0, 0),
        to: date(2026, 11, 27).at(12, 0, 0, 0),
        opens,
        why: "Thanksgiving".to_owned(),
    };
    Schedule {
        providers: vec![Provider { id: "patel".into(), name: "Doctor Patel".to_owned() }],
        types: vec![
            kind("z-first", Admits::Everybody),
            kind("known", Admits::KnownPatients),
            kind("new", Admits::NewPatients),
        ],
        templates: vec![
            template(Weekday::Monday, vec!["known".into()], Release::Always),
            template(Weekday::Sunday, Vec::new(), Release::SameDay),
        ],
        exceptions: vec![exception(None, Opens::Closed), exception(Some("patel".into()), Opens::Open)],
    }
}

async fn a_schedule_is_read_back_and_replaced_as_a_whole(database: Database) {
    let store = database.open().await;
    assert_eq!(store.schedule(&practice()).await.expect("read"), Schedule::default());
    store.replace_schedule(&practice(), &schedule()).await.expect("kept");
    assert_eq!(store.schedule(&practice()).await.expect("read"), schedule());
    assert_eq!(store.schedule(&"another".into()).await.expect("read"), Schedule::default());

    let mut broken = schedule();
    "Doctor Nobody".clone_into(&mut broken.providers[0].name);
    broken.types[2].duration = SignedDuration::ZERO;
    store.replace_schedule(&practice(), &broken).await.expect_err("no appointment lasts no time");
    assert_eq!(store.schedule(&practice()).await.expect("read"), schedule(), "all or nothing");
    let fewer = Schedule { exceptions: Vec::new(), ..schedule() };
    store.replace_schedule(&practice(), &fewer).await.expect("kept");
    assert_eq!(store.schedule(&practice()).await.expect("read"), fewer);
}

async fn patients_are_imported_once_however_often(database: Database) {
    let store = database.open().await;
    let practice = practice();
    let patient = |external_id: Option<&str>, name: &str, number: &str| ImportedPatient {
        external_id: external_id.map(Phi::from),
        name: name.into(),
        date_of_birth: Phi::new(date(1958, 3, 14)),
        numbers: vec![Phi::new(number.parse().expect("a number"))],
        own_provider: Some("patel".into()),
    };
    let registered = register(&store, &requested(&practice, 1), "Nora New").await;
    assert!(!store.is_known(registered, at(0)).await.expect("read"));
    let records = [
        patient(Some("1"), "Ann Lee", "+12125550101"),
        patient(Some("2"), "Ann Lee", "+12125550102"),
        patient(Some("3"), "nora new", "+12125550103"),
        patient(None, "Bob Binder", "+12125550104"),
    ];
    let import = async |records: &[ImportedPatient]| {
        let done = store.import_patients(&practice, records, at(0)).await.expect("imported");
        (done.added, done.changed, done.unchanged)
    };
    assert_eq!(import(&records).await, (3, 1, 0), "Nora had registered by telephone");
    assert_eq!(import(&records).await, (0, 0, 4));
    assert!(store.is_known(registered, at(0)).await.expect("read"));
    let moved = [patient(Some("2"), "Ann Lee-Jones", "+12125550199"), patient(Some("4"), "Bob Binder", "+12125550104")];
    assert_eq!(import(&moved).await, (0, 2, 0), "one married, one has an id now");
    let patients = store.patients(&practice).await.expect("read");
    let names: Vec<_> = patients.iter().map(|p| (p.name.expose().as_str(), p.numbers.len())).collect();
    assert_eq!(names, [("Ann Lee", 1), ("Ann Lee-Jones", 2), ("Bob Binder", 1), ("nora new", 1)]);
    assert_eq!(store.import_patients(&practice, &[], at(0)).await.expect("imported"), Imported::default());
    let missing = store.patient(PatientId::new()).await;
    assert!(matches!(missing, Err(StoreError::NotFound { what: "patient" })), "{missing:?}");
}

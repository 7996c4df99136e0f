//! A practice with a book: Patel and Nguyen, Mondays from eight to one; and the side of one call that asks for it.

#![allow(dead_code, unreachable_pub)] // each test binary uses a part of it

use std::sync::Arc;

use domain::{
    Admits, AppointmentId, AppointmentType, Booking, CallId, FrontDesk, Interval, NewPatient, OfferedSlot, OfficeReply,
    OfficeRequest, PatientId, Phi, Provider, ProviderWish, RequestId, SlotId, SlotQuery,
};
use jiff::civil::{Date, Weekday, date, time};
use jiff::{SignedDuration, Timestamp};
use office::{Clock, Office};
use store::{ImportedPatient, Release, Template};
use tokio::sync::mpsc;

use crate::practice::{Riverside, slow};

pub const CHECK_UP: &str = "check-up";
pub const LONG_VISIT: &str = "long-visit";

/// A time of the one day of these tests, a Monday.
pub fn at(clock: &str) -> Timestamp {
    format!("2026-03-02T{clock}:00Z").parse().expect("a time")
}

/// What the practice's clock shows in all of these tests.
pub fn open_at() -> Timestamp {
    at("07:00")
}

/// The birthday of every patient here.
pub fn births() -> Date {
    date(1958, 3, 14)
}

pub async fn clinic() -> Riverside {
    let mut riverside = Riverside::new(slow()).await;
    let mut practice = (*riverside.config.practice).clone();
    practice.front_desk = FrontDesk {
        providers: ["patel", "nguyen"].map(|id| Provider { id: id.into(), name: format!("Doctor {id}") }).into(),
        appointment_types: vec![
            kind(CHECK_UP, 30, Admits::Everybody, (0, u8::MAX)),
            kind(LONG_VISIT, 60, Admits::Everybody, (0, u8::MAX)),
            kind("first-visit", 30, Admits::NewPatients, (0, u8::MAX)),
            kind("well-child", 30, Admits::Everybody, (0, 18)),
        ],
        ..FrontDesk::default()
    };
    riverside.config.practice = Arc::new(practice);
    riverside.config.templates = ["patel", "nguyen"]
        .map(|provider| Template {
            provider: provider.into(),
            weekday: Weekday::Monday,
            from: time(8, 0, 0, 0),
            to: time(13, 0, 0, 0),
            types: Vec::new(),
            release: Release::Always,
        })
        .into();
    riverside.config.clock = Clock::new(open_at);
    riverside
}

fn kind(id: &str, minutes: i64, admits: Admits, ages: (u8, u8)) -> AppointmentType {
    AppointmentType {
        id: id.into(),
        name: id.to_owned(),
        asked_with: Vec::new(),
        duration: SignedDuration::from_mins(minutes),
        buffer_before: SignedDuration::ZERO,
        buffer_after: SignedDuration::ZERO,
        admits,
        ages,
        providers: vec!["patel".into(), "nguyen".into()],
        lead: SignedDuration::ZERO,
        horizon_days: 0,
    }
}

pub fn imported(external_id: &str, name: &str, number: &str) -> ImportedPatient {
    ImportedPatient {
        external_id: Some(external_id.into()),
        name: name.into(),
        date_of_birth: Phi::new(births()),
        numbers: vec![Phi::new(number.parse().expect("a number"))],
        own_provider: Some("nguyen".into()),
    }
}

/// One call at the book. Numbers its requests by itself.
pub struct Visitor {
    office: Office,
    asked: Asked,
}

/// A call's last request.
#[derive(Clone)]
pub struct Asked {
    call: CallId,
    id: u32,
    request: Option<OfficeRequest>,
}

impl Visitor {
    pub fn new(office: &Office) -> Self {
        Self::resuming(office, Asked { call: CallId::new(), id: 0, request: None })
    }

    /// The same call after the process was started again.
    pub fn resuming(office: &Office, asked: Asked) -> Self {
        Self { office: office.clone(), asked }
    }

    pub fn last(&self) -> Asked {
        self.asked.clone()
    }

    pub async fn asks(&mut self, request: OfficeRequest) -> OfficeReply {
        self.asked.id += 1;
        self.asked.request = Some(request);
        self.again().await
    }

    /// The very same request again.
    pub async fn again(&mut self) -> OfficeReply {
        let (sender, mut replies) = mpsc::channel(1);
        let Asked { call, id, request } = self.asked.clone();
        self.office.handle(call, RequestId(id), request.expect("asked before"), sender).await;
        tokio::time::timeout(super::practice::NEVER, replies.recv()).await.expect("answers").expect("answers once")
    }

    pub async fn registers(&mut self, name: &str) -> PatientId {
        let new = NewPatient { name: name.into(), date_of_birth: Phi::new(births()), callback: None, insurance: None };
        let reply = self.asks(OfficeRequest::RegisterPatient(new)).await;
        let OfficeReply::PatientMatched(matched) = reply else { panic!("{reply:?}") };
        matched.id
    }

    pub async fn slots(&mut self, query: &SlotQuery) -> Vec<OfferedSlot> {
        let reply = self.asks(OfficeRequest::FindSlots(query.clone())).await;
        let OfficeReply::Slots(slots) = reply else { panic!("{reply:?}") };
        assert!(slots.len() <= 3, "{slots:?}");
        slots
    }

    pub async fn books(&mut self, slot: SlotId, patient: PatientId) -> OfficeReply {
        let reason = Some(Phi::from("my knee"));
        self.asks(OfficeRequest::Book(Booking { slot, patient, reason })).await
    }
}

/// As soon as possible, with Patel.
pub fn wish(patient: PatientId, kind: &str) -> SlotQuery {
    SlotQuery {
        kind: kind.into(),
        patient,
        provider: Some(ProviderWish::Named("patel".into())),
        when: Vec::new(),
        instead_of: None,
        not: Vec::new(),
    }
}

/// Says more of a wish.
pub trait Wishes {
    fn at(self, when: &[Interval]) -> Self;
    fn with(self, provider: ProviderWish) -> Self;
    fn instead_of(self, appointment: AppointmentId) -> Self;
    fn not(self, slots: &[OfferedSlot]) -> Self;
}

impl Wishes for SlotQuery {
    fn at(self, when: &[Interval]) -> Self {
        Self { when: when.to_vec(), ..self }
    }

    fn with(self, provider: ProviderWish) -> Self {
        Self { provider: Some(provider), ..self }
    }

    fn instead_of(self, appointment: AppointmentId) -> Self {
        Self { instead_of: Some(appointment), ..self }
    }

    fn not(self, slots: &[OfferedSlot]) -> Self {
        Self { not: slots.iter().map(|slot| slot.id).collect(), ..self }
    }
}

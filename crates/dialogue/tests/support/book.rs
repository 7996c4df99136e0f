//! A practice with two doctors, and the book that its office keeps: every weekday from March 5th, 2026, at 9 with
//! Doctor Patel and at 4:30 with Doctor Lee.
//!
//! Patients are told apart by their last word: `Nobody` is not on record, `Twin` only with a number, `Several` has two
//! appointments ahead, everybody else one (March 5th, 4:30, Doctor Lee); who was registered in the call has none.

use std::sync::Arc;

use dialogue::{Opening, VisitLine};
use domain::{
    Admits, Appointment, AppointmentId, AppointmentType, Booking, Fit, MatchedPatient, OfferedSlot, OfficeReply,
    OfficeRequest, PatientId, Phi, Practice, Provider, ProviderWish, SlotId, SlotQuery,
};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::de::DeserializeOwned;

const KNOWN: u8 = 1;
const SEVERAL: u8 = 2;
const NEW: u8 = 3;
/// Openings of so many days are in the book.
const DAYS: i64 = 20;

pub(crate) fn practice() -> Arc<Practice> {
    let provider = |id: &str, name: &str| Provider { id: id.into(), name: name.to_owned() };
    let kind = |id: &str, name: &str| AppointmentType {
        id: id.into(),
        name: name.to_owned(),
        asked_with: vec![id.to_owned()],
        duration: SignedDuration::from_mins(30),
        buffer_before: SignedDuration::ZERO,
        buffer_after: SignedDuration::ZERO,
        admits: Admits::Everybody,
        ages: (0, 120),
        providers: vec!["patel".into(), "lee".into()],
        lead: SignedDuration::ZERO,
        horizon_days: 60,
    };
    let mut practice = Practice::clone(&super::practice(false));
    practice.front_desk.providers = vec![provider("patel", "Doctor Patel"), provider("lee", "Doctor Lee")];
    practice.front_desk.appointment_types = vec![kind("checkup", "a check-up"), kind("flu_shot", "a flu shot")];
    Arc::new(practice)
}

/// The book. It forgets what was booked: each test looks at what is asked of it.
#[derive(Debug, Default)]
pub(crate) struct Book {
    /// So many bookings come too late.
    pub(crate) snatched: u32,
    /// The calendars that providers keep elsewhere do not answer.
    pub(crate) unseen: bool,
    /// Nothing is open.
    pub(crate) nothing: bool,
}

impl Book {
    pub(crate) fn reply(&mut self, request: &OfficeRequest) -> OfficeReply {
        let late = matches!(request, OfficeRequest::Book(_) | OfficeRequest::Move { .. }) && self.snatched > 0;
        if late {
            self.snatched -= 1;
            return OfficeReply::SlotTaken;
        }
        match request {
            OfficeRequest::FindPatient(query) => match query.name.expose().split(' ').next_back() {
                Some("Nobody") => OfficeReply::PatientNotMatched,
                Some("Twin") if query.callback.is_none() => OfficeReply::PatientAmbiguous,
                Some("Several") => matched(SEVERAL, &query.name, &query.date_of_birth),
                Some(_) | None => matched(KNOWN, &query.name, &query.date_of_birth),
            },
            OfficeRequest::RegisterPatient(patient) => matched(NEW, &patient.name, &patient.date_of_birth),
            OfficeRequest::FindSlots(_) if self.nothing => OfficeReply::Slots(Vec::new()),
            OfficeRequest::FindSlots(query) => OfficeReply::Slots(find(query)),
            OfficeRequest::FindAppointments(patient) => OfficeReply::Appointments(appointments(*patient)),
            OfficeRequest::Book(Booking { slot, patient, .. }) if self.unseen => {
                OfficeReply::ToBeConfirmed(booked(*slot, *patient))
            }
            OfficeRequest::Move { to, .. } if self.unseen => OfficeReply::ToBeConfirmed(booked(*to, id(KNOWN))),
            OfficeRequest::Book(Booking { slot, patient, .. }) => OfficeReply::Booked(booked(*slot, *patient)),
            OfficeRequest::Move { to, .. } => OfficeReply::Moved(booked(*to, id(KNOWN))),
            OfficeRequest::Cancel(appointment) => OfficeReply::Cancelled(*appointment),
            OfficeRequest::JoinWaitingList(wish) => OfficeReply::OnWaitingList { by_text: wish.may_text },
            OfficeRequest::SaveMessage(_) | OfficeRequest::OpenCase(_) | OfficeRequest::UpdateCase(_) => {
                unreachable!("not the book's business")
            }
        }
    }
}

/// Ids that are the same in every run.
fn id<T: DeserializeOwned>(number: u8) -> T {
    serde_json::from_str(&format!("\"00000000-0000-7000-8000-0000000000{number:02x}\"")).unwrap()
}

fn matched(patient: u8, name: &Phi<String>, date_of_birth: &Phi<Date>) -> OfficeReply {
    let patient = MatchedPatient { id: id(patient), name: name.clone(), date_of_birth: date_of_birth.clone() };
    OfficeReply::PatientMatched(patient)
}

fn all_slots() -> Vec<OfferedSlot> {
    let days = (0..DAYS).map(|day| date(2026, 3, 5).checked_add(day.days()).unwrap());
    let working = days.filter(|day| day.weekday().to_monday_one_offset() <= 5);
    let starts = working.flat_map(|day| [(day.at(9, 0, 0, 0), "patel"), (day.at(16, 30, 0, 0), "lee")]);
    let slot = |(number, (at, provider)): (u8, (jiff::civil::DateTime, &str))| OfferedSlot {
        id: id(number),
        start: at.in_tz("UTC").unwrap().timestamp(),
        provider: provider.into(),
        kind: "checkup".into(),
        fit: Fit::AsWished,
    };
    (0_u8..).zip(starts).map(slot).collect()
}

/// The first two that fit; else the first two that do not.
fn find(query: &SlotQuery) -> Vec<OfferedSlot> {
    let open = all_slots().into_iter().filter(|slot| !query.not.contains(&slot.id));
    let open: Vec<_> = open.map(|slot| OfferedSlot { kind: query.kind.clone(), ..slot }).collect();
    let in_time =
        |at: Timestamp| query.when.is_empty() || query.when.iter().any(|(from, to)| (*from..*to).contains(&at));
    let provided = |slot: &OfferedSlot| match &query.provider {
        Some(ProviderWish::Named(provider)) => slot.provider == *provider,
        Some(ProviderWish::Own | ProviderWish::Anybody) | None => true,
    };
    let fitting = |fit: Fit| -> Vec<OfferedSlot> {
        let fits = |slot: &&OfferedSlot| match fit {
            Fit::AsWished => in_time(slot.start) && provided(slot),
            Fit::OtherProvider => in_time(slot.start),
            Fit::OtherTime => true,
        };
        open.iter().filter(fits).take(2).map(|slot| OfferedSlot { fit, ..slot.clone() }).collect()
    };
    let fits = [Fit::AsWished, Fit::OtherProvider, Fit::OtherTime].map(fitting);
    fits.into_iter().find(|slots| !slots.is_empty()).unwrap_or_default()
}

fn appointments(patient: PatientId) -> Vec<Appointment> {
    let slots = if patient == id(NEW) {
        vec![]
    } else if patient == id(SEVERAL) {
        vec![1, 6]
    } else {
        vec![1]
    };
    slots.into_iter().map(|number| booked(id(number), patient)).collect()
}

/// An appointment has the number of its slot.
fn booked(slot: SlotId, patient: PatientId) -> Appointment {
    let OfferedSlot { start, provider, kind, .. } = all_slots().into_iter().find(|one| one.id == slot).unwrap();
    Appointment { id: AppointmentId(slot.0), patient, start, provider, kind }
}

fn at_start(slot: SlotId) -> Timestamp {
    booked(slot, id(KNOWN)).start
}

/// Whether the request is what the read-back says.
pub(crate) fn is_what(told: &VisitLine, request: &OfficeRequest) -> bool {
    let at = |opening: &Opening| opening.at.at.in_tz("UTC").unwrap().timestamp();
    match (told, request) {
        (VisitLine::ReadBackBooking { opening, .. }, OfficeRequest::Book(booking)) => {
            at(opening) == at_start(booking.slot)
        }
        (VisitLine::ReadBackMove { from, to, .. }, OfficeRequest::Move { appointment, to: slot }) => {
            at(from) == at_start(SlotId(appointment.0)) && at(to) == at_start(*slot)
        }
        (VisitLine::ReadBackCancel { appointment: told, .. }, OfficeRequest::Cancel(appointment)) => {
            at(told) == at_start(SlotId(appointment.0))
        }
        _ => false,
    }
}

/// A request as a scenario writes it.
pub(crate) fn short(request: &OfficeRequest) -> String {
    let hours = |when: &[domain::Interval]| {
        let intervals: Vec<_> = when.iter().map(|(from, to)| format!(" {from}..{to}")).collect();
        intervals.concat()
    };
    match request {
        OfficeRequest::FindPatient(query) => format!(
            "find patient {} {} {}",
            query.name.expose(),
            query.date_of_birth.expose(),
            query.callback.as_ref().map_or("-", |number| number.expose().as_str())
        ),
        OfficeRequest::RegisterPatient(patient) => format!(
            "register patient {} {} {}",
            patient.name.expose(),
            patient.date_of_birth.expose(),
            patient.callback.as_ref().map_or("-", |number| number.expose().as_str())
        ),
        OfficeRequest::FindSlots(query) => format!(
            "find slots {}{}{}",
            query.kind,
            match &query.provider {
                Some(ProviderWish::Named(provider)) => format!(" with {provider}"),
                Some(ProviderWish::Own) => " with own".to_owned(),
                Some(ProviderWish::Anybody) | None => String::new(),
            },
            hours(&query.when),
        ),
        OfficeRequest::FindAppointments(_) => "find appointments".to_owned(),
        OfficeRequest::Book(booking) => format!(
            "book {} reason={}",
            at_start(booking.slot),
            booking.reason.as_ref().map_or("-", |reason| reason.expose().as_str())
        ),
        OfficeRequest::Move { appointment, to } => {
            format!("move {} to {}", at_start(SlotId(appointment.0)), at_start(*to))
        }
        OfficeRequest::Cancel(appointment) => format!("cancel {}", at_start(SlotId(appointment.0))),
        OfficeRequest::JoinWaitingList(wish) => format!(
            "wait for {}{}{} at {}{}{}{}",
            wish.kind,
            hours(&wish.when),
            wish.instead_of.map_or(String::new(), |id| format!(" instead of {}", at_start(SlotId(id.0)))),
            wish.number.expose().as_str(),
            if wish.may_text { " by text" } else { "" },
            wish.refused
                .iter()
                .fold(String::new(), |told, (start, provider)| told + &format!(" not {start} with {provider}")),
            wish.reason.as_ref().map_or(String::new(), |reason| format!(" reason={}", reason.expose())),
        ),
        OfficeRequest::SaveMessage(_) | OfficeRequest::OpenCase(_) | OfficeRequest::UpdateCase(_) => {
            unreachable!("not the book's business")
        }
    }
}

//! The appointment book as a call uses it.
//!
//! Nothing is told of a patient, offered to them or changed for them unless this call was matched to their record or has
//! made it. What is told has been committed: [`answer`] goes on until the database has said yes or no, however
//! long that takes, because "it could not be booked" must not be told of what is booked a moment later.

mod calendar;
mod choice;
mod open;
pub(crate) mod outside;
mod search;
pub(crate) mod settle;
#[cfg(test)]
mod tests;
pub(crate) mod waiting;

use std::sync::Arc;

use domain::{
    AppointmentId, AppointmentType, AppointmentTypeId, Booking, CallId, NewPatient, NewPatients, OfferedSlot,
    OfficeReply, PatientId, PatientQuery, Practice, ProviderWish, RequestId, SlotId, SlotQuery,
};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use store::{Found, OfferRow, PatientRow, Requested, Schedule, Store, StoreError};
use tokio::sync::mpsc;

use crate::desk::Premises;
use crate::identity;
use calendar::Calendar;
pub use calendar::Opening;
use choice::{Wish, choose};
use open::{Doubt, Sought, taken};
use search::{Search, admits, last_day};
use settle::Change;
pub use waiting::answer_waiting_offer;

/// Does the work in a task of its own, so that nothing else of the call waits for the book, and tells what came of it.
pub(crate) fn answer(
    call: CallId,
    replies: mpsc::Sender<OfficeReply>,
    work: impl Future<Output = Result<OfficeReply, StoreError>> + Send + 'static,
) {
    tokio::spawn(async move {
        let reply = work.await.unwrap_or_else(|error| {
            tracing::error!(%call, %error, "the book does not answer");
            OfficeReply::Unavailable
        });
        // A call that has ended needs no answer.
        replies.send(reply).await.ok();
    });
}

/// Puts the configured schedule into the book. Appointments ahead that do not fit into it any more stay as they are; each
/// is named in the log, so that staff can call the patient.
pub(crate) async fn take_up_schedule(premises: &Premises) -> Result<(), StoreError> {
    let practice = &premises.config.practice;
    let schedule = Schedule {
        providers: practice.front_desk.providers.clone(),
        types: practice.front_desk.appointment_types.clone(),
        templates: premises.config.templates.clone(),
        exceptions: premises.config.exceptions.clone(),
    };
    premises.store.replace_schedule(&practice.id, &schedule).await?;
    let calendar = Calendar::new(&schedule, practice);
    for row in premises.store.appointments_blocking(&practice.id, (premises.now(), Timestamp::MAX)).await? {
        let appointment = row.appointment;
        if !calendar.covers(&appointment.provider, &appointment.kind, row.blocked) {
            tracing::warn!(appointment = %appointment.id, "the schedule has no place for this appointment any more: it stays");
        }
    }
    Ok(())
}

/// The free openings for a type on the days from the first to the last, both included, whoever comes: ages and whether a
/// patient is known are not looked at. Reads the schedule that the practice's office has put into the book.
pub async fn openings(
    store: &Store,
    practice: &Practice,
    kind: &AppointmentTypeId,
    days: (Date, Date),
    now: Timestamp,
) -> Result<Vec<Opening>, StoreError> {
    let schedule = store.schedule(&practice.id).await?;
    let kind = find_type(&schedule, kind).ok_or(StoreError::NotFound { what: "appointment type" })?;
    let calendar = Calendar::new(&schedule, practice);
    let last = days.1.min(last_day(kind, calendar.day(now)));
    let until = calendar.begin(last.saturating_add(2.days()));
    let taken = taken(store.appointments_blocking(&practice.id, (now, until)).await?);
    Ok(Search { kind, days, now, taken: &taken, patient: None }.openings(&calendar))
}

/// The book in the hands of one request of one call.
pub(crate) struct Book {
    premises: Arc<Premises>,
    call: CallId,
    request: RequestId,
}

impl Book {
    pub(crate) fn new(premises: &Arc<Premises>, call: CallId, request: RequestId) -> Self {
        Self { premises: Arc::clone(premises), call, request }
    }

    pub(crate) async fn find_patient(self, query: PatientQuery) -> Result<OfficeReply, StoreError> {
        let born = self.store().patients_born(&self.practice().id, &query.date_of_birth).await?;
        Ok(match identity::find(&query, &born) {
            Found::Nobody => OfficeReply::PatientNotMatched,
            Found::Several => OfficeReply::PatientAmbiguous,
            Found::One(id) => {
                self.store().keep_match(self.call, id, self.premises.now()).await?;
                let row = born.iter().find(|row| row.id == id).expect("it was found among these");
                OfficeReply::PatientMatched(row.matched())
            }
        })
    }

    pub(crate) async fn register_patient(self, new: NewPatient) -> Result<OfficeReply, StoreError> {
        let today = self.practice().zone.to_datetime(self.premises.now()).date();
        match self.practice().front_desk.new_patients {
            NewPatients::NotTaken => return Ok(OfficeReply::NotAllowed),
            NewPatients::Registered | NewPatients::RegisteredWithInsurance => {}
        }
        if *new.date_of_birth.expose() > today {
            return Ok(OfficeReply::NotAllowed);
        }
        let who = |born: &[PatientRow]| identity::find_registered(&new, born);
        self.store().register_patient(&self.requested(), &new, who).await
    }

    pub(crate) async fn find_slots(self, query: SlotQuery) -> Result<OfficeReply, StoreError> {
        let prior = self.store().offers(self.call, self.request).await?;
        if !prior.is_empty() {
            return Ok(OfficeReply::Slots(prior.into_iter().map(|offer| offer.slot).collect()));
        }
        if !self.store().is_matched(self.call, query.patient).await? {
            return Ok(OfficeReply::NotAllowed);
        }
        let schedule = self.store().schedule(&self.practice().id).await?;
        let patient = self.store().patient(query.patient).await?;
        let is_known = self.store().is_known(patient.id, self.premises.now()).await?;
        let Some(kind) = find_type(&schedule, &query.kind).filter(|kind| admits(kind, is_known)) else {
            return Ok(OfficeReply::NotAllowed);
        };
        let openings = self.openings(&schedule, kind, &patient, &query).await?;
        let provider = match &query.provider {
            Some(ProviderWish::Named(provider)) => Some(provider),
            Some(ProviderWish::Own) => patient.own_provider.as_ref(),
            Some(ProviderWish::Anybody) | None => None,
        };
        let (fit, chosen) = choose(openings, Wish { provider, when: &query.when });
        let offers: Vec<_> = chosen
            .into_iter()
            .map(|o| OfferRow {
                slot: OfferedSlot { id: SlotId::new(), start: o.start, provider: o.provider, kind: o.kind, fit },
                patient: patient.id,
                end: o.end,
                blocked: o.blocked,
            })
            .collect();
        self.store().keep_offers(&self.requested(), &offers).await?;
        // As they are kept: the same request may have come twice at once.
        let kept = self.store().offers(self.call, self.request).await?;
        Ok(OfficeReply::Slots(kept.into_iter().map(|offer| offer.slot).collect()))
    }

    pub(crate) async fn find_appointments(self, patient: PatientId) -> Result<OfficeReply, StoreError> {
        if !self.store().is_matched(self.call, patient).await? {
            return Ok(OfficeReply::NotAllowed);
        }
        let ahead = self.store().appointments_ahead(patient, self.premises.now()).await?;
        Ok(OfficeReply::Appointments(ahead.into_iter().map(|row| row.appointment).collect()))
    }

    pub(crate) async fn book(self, booking: Booking) -> Result<OfficeReply, StoreError> {
        let _turn = self.premises.outside.turn(self.call).await;
        let reply = self.store().book(&self.requested(), &booking).await?;
        let OfficeReply::Booked(made) = reply else { return Ok(reply) };
        Ok(self.settle(made, Change::Booked).await)
    }

    pub(crate) async fn move_appointment(self, id: AppointmentId, to: SlotId) -> Result<OfficeReply, StoreError> {
        let _turn = self.premises.outside.turn(self.call).await;
        let again = self.store().answered(self.call, self.request).await?.is_some();
        let before = self.store().appointment(id).await?.filter(|_| !again);
        let reply = self.store().move_appointment(&self.requested(), id, to).await?;
        let OfficeReply::Moved(made) = reply else { return Ok(reply) };
        let settled = self.settle(made, Change::Moved(before.as_ref())).await;
        self.premises.freed.notify_one();
        Ok(settled)
    }

    pub(crate) async fn cancel(self, id: AppointmentId) -> Result<OfficeReply, StoreError> {
        let _turn = self.premises.outside.turn(self.call).await;
        let reply = self.store().cancel_appointment(&self.requested(), id).await?;
        if let OfficeReply::Cancelled(id) = reply {
            self.settle_cancelled(id).await;
            self.premises.freed.notify_one();
        }
        Ok(reply)
    }

    /// Everything that this patient could have, but for what was offered before and not wanted.
    async fn openings(
        &self,
        schedule: &Schedule,
        kind: &AppointmentType,
        patient: &PatientRow,
        query: &SlotQuery,
    ) -> Result<Vec<Opening>, StoreError> {
        let now = self.premises.now();
        let today = Calendar::new(schedule, self.practice()).day(now);
        let days = (today, last_day(kind, today));
        let (instead_of, doubt) = (query.instead_of, Doubt::Free);
        let sought = Sought { schedule, kind, patient, instead_of, days, now, from: now, doubt };
        let mut openings = sought.openings(&self.premises).await?;
        let offered = self.store().offers_to(self.call).await?;
        let unwanted = offered.iter().filter(|offer| query.not.contains(&offer.slot.id));
        let unwanted: Vec<_> = unwanted.map(|o| (o.slot.start, &o.slot.provider)).collect();
        openings.retain(|o| !unwanted.contains(&(o.start, &o.provider)));
        Ok(openings)
    }

    fn store(&self) -> &Store {
        &self.premises.store
    }

    fn practice(&self) -> &Practice {
        &self.premises.config.practice
    }

    fn requested(&self) -> Requested<'_> {
        Requested {
            practice: &self.practice().id,
            call: self.call,
            request: self.request,
            at: self.premises.now(),
            outside: self.premises.outside.providers(),
        }
    }
}

fn find_type<'a>(schedule: &'a Schedule, id: &AppointmentTypeId) -> Option<&'a AppointmentType> {
    schedule.types.iter().find(|kind| kind.id == *id)
}

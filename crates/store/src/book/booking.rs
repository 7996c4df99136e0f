//! The three ways to change the book. Each is one transaction that begins with the right to write: what it checks cannot
//! change before it is written.

use domain::{
    Appointment, AppointmentId, Booking, CallId, Interval, OfficeReply, PatientId, PracticeId, ProviderId, RequestId,
    SlotId,
};
use jiff::Timestamp;
use sqlx::{Any, AnyConnection, Connection, Transaction};

use super::appointments::{AppointmentRow, Status, appointment};
use super::offers::{OfferRow, offered};
use super::outside::owe;
use super::patients::is_matched;
use crate::column::{Columns, json, time};
use crate::{Store, StoreError};

/// Who requests something of the book, and when.
#[derive(Clone, Copy, Debug)]
pub struct Requested<'a> {
    /// Whose book.
    pub practice: &'a PracticeId,
    /// Which call.
    pub call: CallId,
    /// By which of its requests.
    pub request: RequestId,
    /// When.
    pub at: Timestamp,
    /// Providers who keep a calendar elsewhere, which is owed every change.
    pub outside: &'a [ProviderId],
}

impl Store {
    /// Books an offered opening: [`OfficeReply::Booked`], [`OfficeReply::SlotTaken`] or [`OfficeReply::NotAllowed`].
    pub async fn book(&self, requested: &Requested<'_>, booking: &Booking) -> Result<OfficeReply, StoreError> {
        let mut transaction = self.write().await?;
        if let Some(reply) = prior_answer(requested, &mut transaction).await? {
            return Ok(reply);
        }
        let reply = match usable(requested, booking.slot, booking.patient, None, &mut transaction).await? {
            Usable::No(reply) => reply,
            Usable::Yes(offer) => {
                let mut attempt = transaction.begin().await?;
                let made = insert(requested, &offer, booking, &mut attempt).await;
                or_taken(made.map(OfficeReply::Booked), attempt).await?
            }
        };
        keep_answer(requested, &reply, &mut transaction).await?;
        transaction.commit().await?;
        Ok(reply)
    }

    /// What a request to change the book was answered, if it was.
    pub async fn answered(&self, call: CallId, request: RequestId) -> Result<Option<OfficeReply>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        kept_answer(call, request, &mut connection).await
    }

    /// Moves an appointment to an offered opening: [`OfficeReply::Moved`], [`OfficeReply::SlotTaken`],
    /// [`OfficeReply::NoSuchAppointment`] or [`OfficeReply::NotAllowed`]. The old time is free in the same moment in which
    /// the new one is taken; if the new one is not to be had, the old one stays.
    pub async fn move_appointment(
        &self,
        requested: &Requested<'_>,
        id: AppointmentId,
        to: SlotId,
    ) -> Result<OfficeReply, StoreError> {
        let mut transaction = self.write().await?;
        if let Some(reply) = prior_answer(requested, &mut transaction).await? {
            return Ok(reply);
        }
        let reply = match changeable(requested, id, &mut transaction).await? {
            Err(reply) => reply,
            Ok(row) => {
                let patient = row.appointment.patient;
                match usable(requested, to, patient, Some(id), &mut transaction).await? {
                    Usable::No(reply) => reply,
                    Usable::Yes(offer) => {
                        let mut attempt = transaction.begin().await?;
                        let moved = update(requested, id, &offer, &mut attempt).await;
                        or_taken(moved.map(OfficeReply::Moved), attempt).await?
                    }
                }
            }
        };
        keep_answer(requested, &reply, &mut transaction).await?;
        transaction.commit().await?;
        Ok(reply)
    }

    /// Gives an appointment up: [`OfficeReply::Cancelled`], [`OfficeReply::NoSuchAppointment`] or
    /// [`OfficeReply::NotAllowed`].
    pub async fn cancel_appointment(
        &self,
        requested: &Requested<'_>,
        id: AppointmentId,
    ) -> Result<OfficeReply, StoreError> {
        let mut transaction = self.write().await?;
        if let Some(reply) = prior_answer(requested, &mut transaction).await? {
            return Ok(reply);
        }
        let reply = match changeable(requested, id, &mut transaction).await? {
            Err(reply) => reply,
            Ok(row) => {
                sqlx::query("UPDATE appointment SET status = 'cancelled' WHERE id = $1")
                    .bind(id.to_string())
                    .execute(&mut *transaction)
                    .await?;
                keep_change(requested, &row.appointment, "cancelled", &mut transaction).await?;
                owe(requested, id, &row.appointment.provider, &mut transaction).await?;
                OfficeReply::Cancelled(id)
            }
        };
        keep_answer(requested, &reply, &mut transaction).await?;
        transaction.commit().await?;
        Ok(reply)
    }
}

/// What the same request was answered before.
pub(super) async fn prior_answer(
    requested: &Requested<'_>,
    connection: &mut AnyConnection,
) -> Result<Option<OfficeReply>, StoreError> {
    kept_answer(requested.call, requested.request, connection).await
}

async fn kept_answer(
    call: CallId,
    request: RequestId,
    connection: &mut AnyConnection,
) -> Result<Option<OfficeReply>, StoreError> {
    let row = sqlx::query("SELECT reply FROM answer WHERE call_id = $1 AND request_id = $2")
        .bind(call.to_string())
        .bind(i64::from(request.0))
        .fetch_optional(connection)
        .await?;
    row.map(|row| Columns(&row).json("reply")).transpose()
}

/// Keeps what the request is answered.
pub(super) async fn keep_answer(
    requested: &Requested<'_>,
    reply: &OfficeReply,
    connection: &mut AnyConnection,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO answer (call_id, request_id, reply) VALUES ($1, $2, $3)")
        .bind(requested.call.to_string())
        .bind(i64::from(requested.request.0))
        .bind(json(reply))
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether an offer can be used.
enum Usable {
    Yes(OfferRow),
    No(OfficeReply),
}

/// It was offered to this call for this patient, is still ahead, and the patient is nowhere else then, but in the
/// appointment that is moved.
async fn usable(
    requested: &Requested<'_>,
    slot: SlotId,
    patient: PatientId,
    moving: Option<AppointmentId>,
    connection: &mut AnyConnection,
) -> Result<Usable, StoreError> {
    if !is_matched(requested.call, patient, connection).await? {
        return Ok(Usable::No(OfficeReply::NotAllowed));
    }
    let Some(offer) = offered(requested.practice, requested.call, slot, connection).await? else {
        return Ok(Usable::No(OfficeReply::NotAllowed));
    };
    if offer.patient != patient {
        return Ok(Usable::No(OfficeReply::NotAllowed));
    }
    if offer.slot.start <= requested.at {
        return Ok(Usable::No(OfficeReply::SlotTaken));
    }
    let elsewhere = sqlx::query(
        "SELECT 1 FROM appointment
         WHERE patient_id = $1 AND status = 'booked' AND start_at < $2 AND end_at > $3 AND id IS DISTINCT FROM $4",
    )
    .bind(patient.to_string())
    .bind(time(offer.end))
    .bind(time(offer.slot.start))
    .bind(moving.map(|id| id.to_string()))
    .fetch_optional(connection)
    .await?;
    Ok(if elsewhere.is_some() { Usable::No(OfficeReply::NotAllowed) } else { Usable::Yes(offer) })
}

/// The appointment, if it stands, is ahead and this call may change it; else what to answer.
async fn changeable(
    requested: &Requested<'_>,
    id: AppointmentId,
    connection: &mut AnyConnection,
) -> Result<Result<AppointmentRow, OfficeReply>, StoreError> {
    let row = sqlx::query("SELECT * FROM appointment WHERE id = $1 AND practice = $2")
        .bind(id.to_string())
        .bind(&requested.practice.0)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row.as_ref().map(appointment).transpose()? else {
        return Ok(Err(OfficeReply::NoSuchAppointment));
    };
    if !is_matched(requested.call, row.appointment.patient, connection).await? {
        return Ok(Err(OfficeReply::NotAllowed));
    }
    let ahead = row.appointment.start > requested.at;
    Ok(match row.status {
        Status::Booked if ahead => Ok(row),
        Status::Booked | Status::Cancelled => Err(OfficeReply::NoSuchAppointment),
    })
}

/// Ends an attempt. If the database has refused a double booking somebody else was faster; what else the transaction has
/// done stays.
async fn or_taken(
    reply: Result<OfficeReply, StoreError>,
    attempt: Transaction<'_, Any>,
) -> Result<OfficeReply, StoreError> {
    match reply {
        Ok(reply) => attempt.commit().await.map(|()| reply).map_err(StoreError::from),
        Err(StoreError::DoubleBooked) => {
            attempt.rollback().await.map(|()| OfficeReply::SlotTaken).map_err(StoreError::from)
        }
        Err(why) => Err(why),
    }
}

async fn insert(
    requested: &Requested<'_>,
    offer: &OfferRow,
    booking: &Booking,
    connection: &mut AnyConnection,
) -> Result<Appointment, StoreError> {
    let made = as_offered(AppointmentId::new(), offer);
    sqlx::query(
        "INSERT INTO appointment (id, practice, patient_id, provider, kind, start_at, end_at, blocked_from, blocked_to,
                                  status, reason, call_id, request_id, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'booked', $10, $11, $12, $13)",
    )
    .bind(made.id.to_string())
    .bind(&requested.practice.0)
    .bind(made.patient.to_string())
    .bind(&made.provider.0)
    .bind(&made.kind.0)
    .bind(time(made.start))
    .bind(time(offer.end))
    .bind(time(offer.blocked.0))
    .bind(time(offer.blocked.1))
    .bind(booking.reason.as_ref().map(domain::Phi::expose))
    .bind(requested.call.to_string())
    .bind(i64::from(requested.request.0))
    .bind(time(requested.at))
    .execute(&mut *connection)
    .await?;
    keep_change(requested, &made, "booked", connection).await?;
    owe(requested, made.id, &made.provider, connection).await?;
    Ok(made)
}

async fn update(
    requested: &Requested<'_>,
    id: AppointmentId,
    offer: &OfferRow,
    connection: &mut AnyConnection,
) -> Result<Appointment, StoreError> {
    let moved = as_offered(id, offer);
    put(&moved, offer.end, offer.blocked, connection).await?;
    keep_change(requested, &moved, "moved", connection).await?;
    owe(requested, id, &moved.provider, connection).await?;
    Ok(moved)
}

/// Puts an appointment that stands to this time and provider.
pub(super) async fn put(
    appointment: &Appointment,
    end: Timestamp,
    blocked: Interval,
    connection: &mut AnyConnection,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE appointment SET provider = $1, kind = $2, start_at = $3, end_at = $4, blocked_from = $5, blocked_to = $6
         WHERE id = $7",
    )
    .bind(&appointment.provider.0)
    .bind(&appointment.kind.0)
    .bind(time(appointment.start))
    .bind(time(end))
    .bind(time(blocked.0))
    .bind(time(blocked.1))
    .bind(appointment.id.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

fn as_offered(id: AppointmentId, offer: &OfferRow) -> Appointment {
    let slot = &offer.slot;
    Appointment {
        id,
        patient: offer.patient,
        start: slot.start,
        provider: slot.provider.clone(),
        kind: slot.kind.clone(),
    }
}

pub(super) async fn keep_change(
    requested: &Requested<'_>,
    appointment: &Appointment,
    what: &str,
    connection: &mut AnyConnection,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO appointment_change (appointment_id, seq, at, call_id, request_id, what, provider, kind, start_at)
         VALUES ($1, (SELECT coalesce(max(seq), 0) + 1 FROM appointment_change WHERE appointment_id = $1),
                 $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(appointment.id.to_string())
    .bind(time(requested.at))
    .bind(requested.call.to_string())
    .bind(i64::from(requested.request.0))
    .bind(what)
    .bind(&appointment.provider.0)
    .bind(&appointment.kind.0)
    .bind(time(appointment.start))
    .execute(connection)
    .await?;
    Ok(())
}

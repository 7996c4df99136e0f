use domain::{
    Appointment, AppointmentId, AppointmentTypeId, CallId, Interval, PatientId, Phi, PracticeId, ProviderId, RequestId,
};
use jiff::Timestamp;
use sqlx::any::AnyRow;

use crate::column::{Columns, corrupt, time};
use crate::{Store, StoreError};

/// A row of the book.
#[derive(Clone, PartialEq, Debug)]
pub struct AppointmentRow {
    /// The appointment.
    pub appointment: Appointment,
    /// When the patient goes.
    pub end: Timestamp,
    /// While the provider is taken: the appointment and its buffers.
    pub blocked: Interval,
    /// Whether it stands.
    pub status: Status,
    /// What for, in the caller's words.
    pub reason: Option<Phi<String>>,
    /// In which call it was booked.
    pub call: CallId,
    /// By which of the call's requests.
    pub request: RequestId,
    /// When it was booked.
    pub made_at: Timestamp,
}

/// Whether an appointment stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// It stands.
    Booked,
    /// It was given up; its time is free.
    Cancelled,
}

/// Something that became of an appointment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AppointmentChange {
    /// When.
    pub at: Timestamp,
    /// In which call.
    pub call: CallId,
    /// What.
    pub kind: ChangeKind,
    /// With whom it is after the change.
    pub provider: ProviderId,
    /// When it begins after the change.
    pub start: Timestamp,
}

/// What became of an appointment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChangeKind {
    /// It was made.
    Booked,
    /// It was put to another time or provider.
    Moved,
    /// It was given up.
    Cancelled,
}

impl Store {
    /// The practice's appointments that begin within `[from, to)`, cancelled ones included, in order of time.
    pub async fn appointments(
        &self,
        practice: &PracticeId,
        (from, to): Interval,
    ) -> Result<Vec<AppointmentRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM appointment WHERE practice = $1 AND start_at >= $2 AND start_at < $3
             ORDER BY start_at, provider, id",
        )
        .bind(&practice.0)
        .bind(time(from))
        .bind(time(to))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(appointment).collect()
    }

    /// The practice's appointments that stand and block some of `[from, to)`, in order of time.
    pub async fn appointments_blocking(
        &self,
        practice: &PracticeId,
        (from, to): Interval,
    ) -> Result<Vec<AppointmentRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM appointment WHERE practice = $1 AND status = 'booked' AND blocked_to > $2 AND blocked_from < $3
             ORDER BY blocked_from, id",
        )
        .bind(&practice.0)
        .bind(time(from))
        .bind(time(to))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(appointment).collect()
    }

    /// One appointment, whether it stands or not.
    pub async fn appointment(&self, id: AppointmentId) -> Result<Option<AppointmentRow>, StoreError> {
        let row = sqlx::query("SELECT * FROM appointment WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(appointment).transpose()
    }

    /// What a patient has ahead, the next first.
    pub async fn appointments_ahead(&self, id: PatientId, now: Timestamp) -> Result<Vec<AppointmentRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM appointment WHERE patient_id = $1 AND status = 'booked' AND start_at > $2 ORDER BY start_at, id",
        )
        .bind(id.to_string())
        .bind(time(now))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(appointment).collect()
    }

    /// What became of an appointment, in order.
    pub async fn changes_of(&self, id: AppointmentId) -> Result<Vec<AppointmentChange>, StoreError> {
        let rows = sqlx::query("SELECT * FROM appointment_change WHERE appointment_id = $1 ORDER BY seq")
            .bind(id.to_string())
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(change).collect()
    }
}

/// The row of an appointment.
pub(super) fn appointment(row: &AnyRow) -> Result<AppointmentRow, StoreError> {
    let row = Columns(row);
    Ok(AppointmentRow {
        appointment: Appointment {
            id: AppointmentId(row.id("id")?),
            patient: PatientId(row.id("patient_id")?),
            start: row.time("start_at")?,
            provider: ProviderId(row.text("provider")?),
            kind: AppointmentTypeId(row.text("kind")?),
        },
        end: row.time("end_at")?,
        blocked: (row.time("blocked_from")?, row.time("blocked_to")?),
        status: match row.text("status")?.as_str() {
            "booked" => Status::Booked,
            "cancelled" => Status::Cancelled,
            _ => return Err(corrupt("status")),
        },
        reason: row.optional_text("reason")?.map(Phi::new),
        call: CallId(row.id("call_id")?),
        request: RequestId(row.number("request_id")?),
        made_at: row.time("made_at")?,
    })
}

fn change(row: &AnyRow) -> Result<AppointmentChange, StoreError> {
    let row = Columns(row);
    Ok(AppointmentChange {
        at: row.time("at")?,
        call: CallId(row.id("call_id")?),
        kind: match row.text("what")?.as_str() {
            "booked" => ChangeKind::Booked,
            "moved" => ChangeKind::Moved,
            "cancelled" => ChangeKind::Cancelled,
            _ => return Err(corrupt("what")),
        },
        provider: ProviderId(row.text("provider")?),
        start: row.time("start_at")?,
    })
}

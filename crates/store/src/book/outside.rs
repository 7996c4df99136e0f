//! What is owed to the calendars that providers keep elsewhere. Which providers keep one is not known here: whoever changes the
//! book says so ([`Requested::outside`]).

use domain::{AppointmentId, OfficeReply, PracticeId, ProviderId};
use jiff::{SignedDuration, Timestamp};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Connection};

use super::appointments::{AppointmentRow, appointment};
use super::booking::{Requested, keep_change, put};
use crate::column::{Columns, json, time};
use crate::{Store, StoreError};

/// Whoever has changed the book tells the calendar at once; if that one has died meanwhile, it is told after so long.
const FIRST_TRY: SignedDuration = SignedDuration::from_secs(15);

/// An appointment and what its outside calendar knows of it.
#[derive(Clone, PartialEq, Debug)]
pub struct OutsideRow {
    /// As it is to be.
    pub appointment: AppointmentRow,
    /// Counts the changes; [`Store::outside_settled`] takes it back.
    pub seq: i64,
    /// In whose calendar it stands, and in which state, as far as is known.
    pub stands: Option<(ProviderId, String)>,
    /// When it is tried next; `None`: nothing is owed.
    pub due_at: Option<Timestamp>,
    /// How often it was tried in vain.
    pub tries: u32,
    /// When staff were told that it does not go by itself.
    pub told_at: Option<Timestamp>,
}

impl Store {
    /// What the outside calendar knows of an appointment; `None` if it is nothing to it.
    pub async fn outside(&self, id: AppointmentId) -> Result<Option<OutsideRow>, StoreError> {
        let row = sqlx::query(
            "SELECT appointment.*, outside_entry.provider AS stands_with, version, seq, due_at, tries, told_at
             FROM outside_entry JOIN appointment ON appointment.id = appointment_id WHERE appointment.id = $1",
        )
        .bind(id.to_string())
        .fetch_optional(&self.readers)
        .await?;
        row.as_ref().map(outside).transpose()
    }

    /// Takes what is owed at `now`, until `until`: then whoever has taken it has died, and it is due again.
    pub async fn take_outside(
        &self,
        practice: &PracticeId,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutsideRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT appointment.*, outside_entry.provider AS stands_with, version, seq, due_at, tries, told_at
             FROM outside_entry JOIN appointment ON appointment.id = appointment_id
             WHERE outside_entry.practice = $1 AND due_at <= $2 ORDER BY due_at LIMIT $3",
        )
        .bind(&practice.0)
        .bind(time(now))
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await?;
        let mut taken = Vec::new();
        for row in &rows {
            let row = outside(row)?;
            let done = sqlx::query("UPDATE outside_entry SET due_at = $1 WHERE appointment_id = $2 AND due_at = $3")
                .bind(time(until))
                .bind(row.appointment.appointment.id.to_string())
                .bind(row.due_at.map(time))
                .execute(&self.writer)
                .await?;
            if done.rows_affected() == 1 {
                taken.push(row);
            }
        }
        Ok(taken)
    }

    /// The entry stands so now, or nowhere. Nothing is owed any more, unless the book was changed again since `row` was read: then it
    /// is tried again at once.
    pub async fn outside_settled(
        &self,
        row: &OutsideRow,
        stands: Option<&(ProviderId, String)>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // Whatever was written to the calendar for a newer change may have come before this.
        sqlx::query(
            "UPDATE outside_entry SET provider = $1, version = $2, tries = 0, told_at = NULL,
                due_at = CASE WHEN seq = $3 THEN NULL ELSE coalesce(due_at, $5) END WHERE appointment_id = $4",
        )
        .bind(stands.map(|(provider, _)| &provider.0))
        .bind(stands.map(|(_, version)| version))
        .bind(row.seq)
        .bind(row.appointment.appointment.id.to_string())
        .bind(time(now))
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// A try was in vain: it is tried again at `due`, or never, where staff have it in their hands.
    pub async fn outside_failed(
        &self,
        row: &OutsideRow,
        due: Option<Timestamp>,
        told_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE outside_entry SET tries = tries + 1, told_at = coalesce(told_at, $1),
                due_at = CASE WHEN seq = $2 THEN $3 ELSE due_at END WHERE appointment_id = $4",
        )
        .bind(told_at.map(time))
        .bind(row.seq)
        .bind(due.map(time))
        .bind(row.appointment.appointment.id.to_string())
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// The request is answered so instead of what was kept.
    pub async fn answer_instead(&self, requested: &Requested<'_>, reply: &OfficeReply) -> Result<(), StoreError> {
        answer(requested, reply, &mut *self.writer.acquire().await?).await
    }

    /// The outside calendar has the time for somebody else: a booking that was just made is given up, and its request is answered by
    /// [`OfficeReply::SlotTaken`].
    pub async fn undo_booking(&self, requested: &Requested<'_>, made: &AppointmentRow) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        sqlx::query("UPDATE appointment SET status = 'cancelled' WHERE id = $1")
            .bind(made.appointment.id.to_string())
            .execute(&mut *transaction)
            .await?;
        keep_change(requested, &made.appointment, "cancelled", &mut transaction).await?;
        nothing_owed(made.appointment.id, &mut transaction).await?;
        answer(requested, &OfficeReply::SlotTaken, &mut transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The same for a move: the appointment stands again as it was `before`. False if that time was given to somebody else
    /// meanwhile; then nothing was changed.
    pub async fn undo_move(&self, requested: &Requested<'_>, before: &AppointmentRow) -> Result<bool, StoreError> {
        let was = &before.appointment;
        let mut transaction = self.write().await?;
        let mut attempt = transaction.begin().await?;
        match put(was, before.end, before.blocked, &mut attempt).await {
            Ok(()) => attempt.commit().await?,
            Err(StoreError::DoubleBooked) => return Ok(false),
            Err(why) => return Err(why),
        }
        keep_change(requested, was, "moved", &mut transaction).await?;
        // Whether the calendar has the old time is not known for certain: telling it again does no harm.
        sqlx::query("UPDATE outside_entry SET due_at = $1, seq = seq + 1 WHERE appointment_id = $2")
            .bind(time(requested.at))
            .bind(was.id.to_string())
            .execute(&mut *transaction)
            .await?;
        answer(requested, &OfficeReply::SlotTaken, &mut transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

/// The appointment of `provider` was changed: the calendar that has it, or is to have it, is owed that.
pub(super) async fn owe(
    requested: &Requested<'_>,
    id: AppointmentId,
    provider: &ProviderId,
    connection: &mut AnyConnection,
) -> Result<(), StoreError> {
    let due = time(requested.at.saturating_add(FIRST_TRY).unwrap_or(Timestamp::MAX));
    if requested.outside.contains(provider) {
        sqlx::query(
            "INSERT INTO outside_entry (appointment_id, practice, seq) VALUES ($1, $2, 0)
             ON CONFLICT (appointment_id) DO NOTHING",
        )
        .bind(id.to_string())
        .bind(&requested.practice.0)
        .execute(&mut *connection)
        .await?;
    }
    sqlx::query("UPDATE outside_entry SET seq = seq + 1, due_at = $1, tries = 0 WHERE appointment_id = $2")
        .bind(due)
        .bind(id.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

async fn nothing_owed(id: AppointmentId, connection: &mut AnyConnection) -> Result<(), StoreError> {
    sqlx::query("UPDATE outside_entry SET due_at = NULL, seq = seq + 1 WHERE appointment_id = $1")
        .bind(id.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

async fn answer(
    requested: &Requested<'_>,
    reply: &OfficeReply,
    connection: &mut AnyConnection,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE answer SET reply = $1 WHERE call_id = $2 AND request_id = $3")
        .bind(json(reply))
        .bind(requested.call.to_string())
        .bind(i64::from(requested.request.0))
        .execute(connection)
        .await?;
    Ok(())
}

fn outside(row: &AnyRow) -> Result<OutsideRow, StoreError> {
    let columns = Columns(row);
    let stands = columns.optional_text("stands_with")?.map(ProviderId).zip(columns.optional_text("version")?);
    Ok(OutsideRow {
        appointment: appointment(row)?,
        seq: columns.integer("seq")?,
        stands,
        due_at: columns.optional_time("due_at")?,
        tries: columns.number("tries")?,
        told_at: columns.optional_time("told_at")?,
    })
}

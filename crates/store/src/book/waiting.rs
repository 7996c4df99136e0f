//! Who waits for an opening that is freed.

use domain::{
    AppointmentId, AppointmentTypeId, CallId, OfficeReply, PatientId, Phi, PhoneNumber, PracticeId, RequestId,
    WaitingId, WaitingWish,
};
use jiff::Timestamp;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::booking::{Requested, keep_answer, prior_answer};
use super::patients::is_matched;
use crate::column::{Columns, corrupt, json, time};
use crate::{Store, StoreError};

/// Somebody's place on the waiting list.
#[derive(Clone, PartialEq, Debug)]
pub struct WaitingRow {
    /// Which.
    pub id: WaitingId,
    /// Who waits, and for what.
    pub wish: WaitingWish,
    /// When the appointment that would be moved began as they joined.
    pub moving_from: Option<Timestamp>,
    /// Since when.
    pub since: Timestamp,
    /// Until when: nothing that was wished is later.
    pub until: Timestamp,
    /// Whether they still wait.
    pub status: WaitingStatus,
    /// In which call they asked for it.
    pub call: CallId,
    /// By which of its requests.
    pub request: RequestId,
}

/// What became of somebody who waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitingStatus {
    /// They wait.
    Waiting,
    /// An opening is offered to them.
    Offered,
    /// They have one.
    Taken,
    /// They wait no more.
    Left,
}

impl WaitingStatus {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Offered => "offered",
            Self::Taken => "taken",
            Self::Left => "left",
        }
    }
}

impl Store {
    /// Lets a patient wait: [`OfficeReply::OnWaitingList`], by text if they may be texted, or [`OfficeReply::NotAllowed`] for one whom the call was not matched
    /// to. Who waits for the same kind of appointment already waits for what was wished last, and keeps their turn.
    pub async fn join_waiting_list(
        &self,
        requested: &Requested<'_>,
        wish: &WaitingWish,
        until: Timestamp,
    ) -> Result<OfficeReply, StoreError> {
        let mut transaction = self.write().await?;
        if let Some(reply) = prior_answer(requested, &mut transaction).await? {
            return Ok(reply);
        }
        let reply = if is_matched(requested.call, wish.patient, &mut transaction).await? {
            let since = replace(requested, wish, &mut transaction).await?;
            insert(requested, wish, (since.unwrap_or(requested.at), until), &mut transaction).await?;
            OfficeReply::OnWaitingList { by_text: wish.may_text }
        } else {
            OfficeReply::NotAllowed
        };
        keep_answer(requested, &reply, &mut transaction).await?;
        transaction.commit().await?;
        Ok(reply)
    }

    /// Everybody who waits or is offered an opening, who has waited longest first.
    pub async fn waiting(&self, practice: &PracticeId) -> Result<Vec<WaitingRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM waiting WHERE practice = $1 AND status IN ('waiting', 'offered') ORDER BY joined_at, id",
        )
        .bind(&practice.0)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(waiting).collect()
    }

    /// One place on the list, whatever became of it.
    pub async fn waiting_at(&self, id: WaitingId) -> Result<WaitingRow, StoreError> {
        let row = sqlx::query("SELECT * FROM waiting WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(waiting).transpose()?.ok_or(StoreError::NotFound { what: "place on the waiting list" })
    }

    /// Whoever is told at this number waits no more; how many did.
    pub async fn leave_waiting_list(&self, practice: &PracticeId, number: &PhoneNumber) -> Result<u64, StoreError> {
        let mut transaction = self.write().await?;
        sqlx::query(
            "UPDATE waiting_offer SET outcome = 'declined' WHERE outcome = 'open' AND waiting_id IN
                (SELECT id FROM waiting WHERE practice = $1 AND number = $2)",
        )
        .bind(&practice.0)
        .bind(number.as_str())
        .execute(&mut *transaction)
        .await?;
        let left = sqlx::query(
            "UPDATE waiting SET status = 'left' WHERE practice = $1 AND number = $2 AND status IN ('waiting', 'offered')",
        )
        .bind(&practice.0)
        .bind(number.as_str())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(left.rows_affected())
    }

    /// One of those who wait waits no more, whatever they are offered just now. False if they did not wait.
    pub async fn remove_waiting(&self, practice: &PracticeId, id: WaitingId) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let left = sqlx::query(
            "UPDATE waiting SET status = 'left' WHERE id = $1 AND practice = $2 AND status IN ('waiting', 'offered')",
        )
        .bind(id.to_string())
        .bind(&practice.0)
        .execute(&mut *transaction)
        .await?;
        let is_left = left.rows_affected() == 1;
        if is_left {
            sqlx::query("UPDATE waiting_offer SET outcome = 'declined' WHERE waiting_id = $1 AND outcome = 'open'")
                .bind(id.to_string())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(is_left)
    }

    /// Somebody who is offered nothing just now waits no more. False if they do not wait, or are offered something.
    pub async fn end_waiting(&self, id: WaitingId) -> Result<bool, StoreError> {
        let ended = sqlx::query("UPDATE waiting SET status = 'left' WHERE id = $1 AND status = 'waiting'")
            .bind(id.to_string())
            .execute(&self.writer)
            .await?;
        Ok(ended.rows_affected() == 1)
    }
}

/// Ends what the patient has waited for so far, and says since when they did.
async fn replace(
    requested: &Requested<'_>,
    wish: &WaitingWish,
    connection: &mut AnyConnection,
) -> Result<Option<Timestamp>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM waiting WHERE practice = $1 AND patient_id = $2 AND kind = $3 AND status IN ('waiting', 'offered')
         ORDER BY joined_at",
    )
    .bind(&requested.practice.0)
    .bind(wish.patient.to_string())
    .bind(&wish.kind.0)
    .fetch_all(&mut *connection)
    .await?;
    for row in &rows {
        let id = Columns(row).text("id")?;
        sqlx::query("UPDATE waiting_offer SET outcome = 'declined' WHERE waiting_id = $1 AND outcome = 'open'")
            .bind(&id)
            .execute(&mut *connection)
            .await?;
        sqlx::query("UPDATE waiting SET status = 'left' WHERE id = $1").bind(&id).execute(&mut *connection).await?;
    }
    rows.first().map(|row| Columns(row).time("joined_at")).transpose()
}

async fn insert(
    requested: &Requested<'_>,
    wish: &WaitingWish,
    (since, until): (Timestamp, Timestamp),
    connection: &mut AnyConnection,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO waiting (id, practice, patient_id, kind, provider, wished, instead_of, moving_from, number, may_text,
                              refused, reason, joined_at, wait_until, status, call_id, request_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, (SELECT start_at FROM appointment WHERE id = $7), $8, $9, $10, $11, $12, $13,
                 'waiting', $14, $15)",
    )
    .bind(WaitingId::new().to_string())
    .bind(&requested.practice.0)
    .bind(wish.patient.to_string())
    .bind(&wish.kind.0)
    .bind(wish.provider.as_ref().map(json))
    .bind(json(&wish.when))
    .bind(wish.instead_of.map(|id| id.to_string()))
    .bind(wish.number.expose().as_str())
    .bind(i64::from(wish.may_text))
    .bind(json(&wish.refused))
    .bind(wish.reason.as_ref().map(Phi::expose))
    .bind(time(since))
    .bind(time(until))
    .bind(requested.call.to_string())
    .bind(i64::from(requested.request.0))
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) fn waiting(row: &AnyRow) -> Result<WaitingRow, StoreError> {
    let row = Columns(row);
    let instead_of = row.optional_text("instead_of")?;
    Ok(WaitingRow {
        id: WaitingId(row.id("id")?),
        wish: WaitingWish {
            patient: PatientId(row.id("patient_id")?),
            kind: AppointmentTypeId(row.text("kind")?),
            provider: if row.optional_text("provider")?.is_some() { Some(row.json("provider")?) } else { None },
            when: row.json("wished")?,
            instead_of: instead_of
                .map(|id| id.parse().map(AppointmentId).map_err(|_| corrupt("instead_of")))
                .transpose()?,
            number: Phi::new(row.parsed("number")?),
            may_text: row.integer("may_text")? != 0,
            refused: row.json("refused")?,
            reason: row.optional_text("reason")?.map(Phi::new),
        },
        moving_from: row.optional_time("moving_from")?,
        since: row.time("joined_at")?,
        until: row.time("wait_until")?,
        status: match row.text("status")?.as_str() {
            "waiting" => WaitingStatus::Waiting,
            "offered" => WaitingStatus::Offered,
            "taken" => WaitingStatus::Taken,
            "left" => WaitingStatus::Left,
            _ => return Err(corrupt("status")),
        },
        call: CallId(row.id("call_id")?),
        request: RequestId(row.number("request_id")?),
    })
}

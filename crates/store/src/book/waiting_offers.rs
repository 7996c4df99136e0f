//! What was freed, offered to somebody who waits. Of one freed time one offer is open at most, and of those who wait each has one
//! at most: [`Store::offer_waiting`] says which of several nodes has made it.

use domain::{AppointmentTypeId, CallId, Interval, PhoneNumber, PracticeId, ProviderId, SlotId, WaitingId};
use jiff::Timestamp;
use sqlx::any::AnyRow;

use super::waiting::WaitingStatus;
use crate::column::{Columns, corrupt, time};
use crate::{Store, StoreError};

/// A freed opening that is offered to one who waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WaitingOfferRow {
    /// Under which it is booked.
    pub id: SlotId,
    /// To whom.
    pub waiting: WaitingId,
    /// Four digits, to be answered with.
    pub code: String,
    /// The call under which it is booked; nobody else's.
    pub call: CallId,
    /// With whom.
    pub provider: ProviderId,
    /// For what.
    pub kind: AppointmentTypeId,
    /// When the patient comes.
    pub start: Timestamp,
    /// When the patient goes.
    pub end: Timestamp,
    /// While the provider is taken: the appointment and its buffers.
    pub blocked: Interval,
    /// When it was offered.
    pub offered_at: Timestamp,
    /// Then the next is offered it, unless it is in the hands of staff.
    pub answer_by: Timestamp,
    /// When the patient, or else the staff, were told.
    pub told_at: Option<Timestamp>,
    /// Whether it was the staff: they answer it when they have reached the patient.
    pub by_staff: bool,
    /// What became of it.
    pub outcome: WaitingOutcome,
}

/// What became of an offer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitingOutcome {
    /// It can be answered.
    Open,
    /// It is in the book.
    Booked,
    /// It is in the book, and the office has yet to confirm it.
    ToBeConfirmed,
    /// It was wanted, and could not be had any more.
    TooLate,
    /// It was not wanted.
    Declined,
    /// It was not answered in time.
    Lapsed,
    /// Nobody was ever told of it.
    Untold,
    /// It came to nothing, and not by the patient: there was no use in it any more, or nobody looked in time.
    Void,
}

impl WaitingOutcome {
    const ALL: [Self; 8] = [
        Self::Open,
        Self::Booked,
        Self::ToBeConfirmed,
        Self::TooLate,
        Self::Declined,
        Self::Lapsed,
        Self::Untold,
        Self::Void,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Booked => "booked",
            Self::ToBeConfirmed => "to_be_confirmed",
            Self::TooLate => "too_late",
            Self::Declined => "declined",
            Self::Lapsed => "lapsed",
            Self::Untold => "untold",
            Self::Void => "void",
        }
    }

    /// Whether they have what was offered.
    pub fn is_taken(self) -> bool {
        matches!(self, Self::Booked | Self::ToBeConfirmed)
    }
}

impl Store {
    /// Makes an offer. False, and nothing is kept, if its patient does not wait (any more), if some of the same time of the same
    /// provider is offered to somebody, or if the number knows this code from another offer.
    pub async fn offer_waiting(&self, practice: &PracticeId, offer: &WaitingOfferRow) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let in_the_way = sqlx::query(
            "SELECT 1 FROM waiting_offer WHERE practice = $1 AND outcome = 'open' AND provider = $2
                 AND blocked_from < $3 AND blocked_to > $4
             UNION ALL
             SELECT 1 FROM waiting_offer JOIN waiting ON waiting.id = waiting_id
             WHERE code = $5 AND number = (SELECT number FROM waiting WHERE id = $6)",
        )
        .bind(&practice.0)
        .bind(&offer.provider.0)
        .bind(time(offer.blocked.1))
        .bind(time(offer.blocked.0))
        .bind(&offer.code)
        .bind(offer.waiting.to_string())
        .fetch_optional(&mut *transaction)
        .await?;
        if in_the_way.is_some() {
            return Ok(false);
        }
        let taken =
            sqlx::query("UPDATE waiting SET status = 'offered' WHERE id = $1 AND practice = $2 AND status = 'waiting'")
                .bind(offer.waiting.to_string())
                .bind(&practice.0)
                .execute(&mut *transaction)
                .await?;
        if taken.rows_affected() != 1 {
            return Ok(false);
        }
        insert(practice, offer, &mut transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// The patient, or else the staff, were told of an offer.
    pub async fn waiting_told(&self, offer: SlotId, at: Timestamp, by_staff: bool) -> Result<(), StoreError> {
        sqlx::query("UPDATE waiting_offer SET told_at = $1, by_staff = $2 WHERE id = $3")
            .bind(time(at))
            .bind(i64::from(by_staff))
            .bind(offer.to_string())
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// An unclear text to an offer is answered. True once: programs that answer every text would never be done with one another.
    pub async fn waiting_explained(&self, offer: SlotId) -> Result<bool, StoreError> {
        let explained = sqlx::query("UPDATE waiting_offer SET explained = 1 WHERE id = $1 AND explained = 0")
            .bind(offer.to_string())
            .execute(&self.writer)
            .await?;
        Ok(explained.rows_affected() == 1)
    }

    /// Ends an offer; its patient is `then`. True if it was open: whoever hears that is the one who has ended it. What was booked
    /// counts even if the offer had ended otherwise in the same moment.
    pub async fn end_waiting_offer(
        &self,
        offer: &WaitingOfferRow,
        outcome: WaitingOutcome,
        then: WaitingStatus,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let is_taken = i64::from(outcome.is_taken());
        let ended = sqlx::query(
            "UPDATE waiting_offer SET outcome = $1
             WHERE id = $2 AND (outcome = 'open' OR (outcome NOT IN ('booked', 'to_be_confirmed') AND $3 = 1))",
        )
        .bind(outcome.word())
        .bind(offer.id.to_string())
        .bind(is_taken)
        .execute(&mut *transaction)
        .await?;
        if ended.rows_affected() != 1 {
            return Ok(false);
        }
        if outcome.is_taken() {
            // It ended in that moment, and another was offered: nobody takes two.
            sqlx::query("UPDATE waiting_offer SET outcome = 'declined' WHERE waiting_id = $1 AND outcome = 'open'")
                .bind(offer.waiting.to_string())
                .execute(&mut *transaction)
                .await?;
        }
        sqlx::query("UPDATE waiting SET status = $1 WHERE id = $2 AND (status = 'offered' OR $3 = 1)")
            .bind(then.word())
            .bind(offer.waiting.to_string())
            .bind(is_taken)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Offers that can be answered, the oldest first.
    pub async fn open_waiting_offers(&self, practice: &PracticeId) -> Result<Vec<WaitingOfferRow>, StoreError> {
        let rows =
            sqlx::query("SELECT * FROM waiting_offer WHERE practice = $1 AND outcome = 'open' ORDER BY offered_at, id")
                .bind(&practice.0)
                .fetch_all(&self.readers)
                .await?;
        rows.iter().map(offer).collect()
    }

    /// One offer, whatever became of it.
    pub async fn waiting_offer(&self, practice: &PracticeId, id: SlotId) -> Result<WaitingOfferRow, StoreError> {
        let row = sqlx::query("SELECT * FROM waiting_offer WHERE practice = $1 AND id = $2")
            .bind(&practice.0)
            .bind(id.to_string())
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(offer).transpose()?.ok_or(StoreError::NotFound { what: "offer from the waiting list" })
    }

    /// Everything that one who waits was offered, in order.
    pub async fn waiting_offers(&self, waiting: WaitingId) -> Result<Vec<WaitingOfferRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM waiting_offer WHERE waiting_id = $1 ORDER BY offered_at, id")
            .bind(waiting.to_string())
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(offer).collect()
    }

    /// What was offered at this number, the newest first.
    pub async fn waiting_offers_to(
        &self,
        practice: &PracticeId,
        number: &PhoneNumber,
    ) -> Result<Vec<WaitingOfferRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT waiting_offer.* FROM waiting_offer JOIN waiting ON waiting.id = waiting_id
             WHERE waiting.practice = $1 AND number = $2 ORDER BY offered_at DESC, waiting_offer.id DESC",
        )
        .bind(&practice.0)
        .bind(number.as_str())
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(offer).collect()
    }
}

async fn insert(
    practice: &PracticeId,
    offer: &WaitingOfferRow,
    connection: &mut sqlx::AnyConnection,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO waiting_offer (id, waiting_id, practice, code, call_id, provider, kind, start_at, end_at,
                                    blocked_from, blocked_to, offered_at, answer_by, told_at, by_staff, explained,
                                    outcome)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0, $16)",
    )
    .bind(offer.id.to_string())
    .bind(offer.waiting.to_string())
    .bind(&practice.0)
    .bind(&offer.code)
    .bind(offer.call.to_string())
    .bind(&offer.provider.0)
    .bind(&offer.kind.0)
    .bind(time(offer.start))
    .bind(time(offer.end))
    .bind(time(offer.blocked.0))
    .bind(time(offer.blocked.1))
    .bind(time(offer.offered_at))
    .bind(time(offer.answer_by))
    .bind(offer.told_at.map(time))
    .bind(i64::from(offer.by_staff))
    .bind(offer.outcome.word())
    .execute(connection)
    .await?;
    Ok(())
}

fn offer(row: &AnyRow) -> Result<WaitingOfferRow, StoreError> {
    let row = Columns(row);
    let outcome = row.text("outcome")?;
    Ok(WaitingOfferRow {
        id: SlotId(row.id("id")?),
        waiting: WaitingId(row.id("waiting_id")?),
        code: row.text("code")?,
        call: CallId(row.id("call_id")?),
        provider: ProviderId(row.text("provider")?),
        kind: AppointmentTypeId(row.text("kind")?),
        start: row.time("start_at")?,
        end: row.time("end_at")?,
        blocked: (row.time("blocked_from")?, row.time("blocked_to")?),
        offered_at: row.time("offered_at")?,
        answer_by: row.time("answer_by")?,
        told_at: row.optional_time("told_at")?,
        by_staff: row.integer("by_staff")? != 0,
        outcome: WaitingOutcome::ALL.into_iter().find(|one| one.word() == outcome).ok_or(corrupt("outcome"))?,
    })
}

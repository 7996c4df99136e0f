use domain::{AppointmentTypeId, CallId, Interval, OfferedSlot, PatientId, PracticeId, ProviderId, RequestId, SlotId};
use jiff::Timestamp;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::booking::Requested;
use crate::column::{Columns, json, time};
use crate::{Store, StoreError};

/// An opening that was offered to a call.
#[derive(Clone, PartialEq, Debug)]
pub struct OfferRow {
    /// What the call was told.
    pub slot: OfferedSlot,
    /// For whom; it cannot be booked for anybody else.
    pub patient: PatientId,
    /// When the patient goes.
    pub end: Timestamp,
    /// While the provider is taken: the appointment and its buffers.
    pub blocked: Interval,
}

impl Store {
    /// Keeps what is about to be offered, all or none. If the request has been answered before, that offer stays.
    pub async fn keep_offers(&self, requested: &Requested<'_>, offers: &[OfferRow]) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        for (position, offer) in (0_i64..).zip(offers) {
            keep(requested, position, offer, &mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// What a request of a call was offered, the best first.
    pub async fn offers(&self, call: CallId, request: RequestId) -> Result<Vec<OfferRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM slot_offer WHERE call_id = $1 AND request_id = $2 ORDER BY position")
            .bind(call.to_string())
            .bind(i64::from(request.0))
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(offer).collect()
    }

    /// Everything that a call was offered.
    pub async fn offers_to(&self, call: CallId) -> Result<Vec<OfferRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM slot_offer WHERE call_id = $1 ORDER BY request_id, position")
            .bind(call.to_string())
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(offer).collect()
    }
}

/// What `call` was offered under this id; `None` if it was not.
pub(super) async fn offered(
    practice: &PracticeId,
    call: CallId,
    slot: SlotId,
    connection: &mut AnyConnection,
) -> Result<Option<OfferRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM slot_offer WHERE id = $1 AND call_id = $2 AND practice = $3")
        .bind(slot.to_string())
        .bind(call.to_string())
        .bind(&practice.0)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(offer).transpose()
}

async fn keep(
    requested: &Requested<'_>,
    position: i64,
    offer: &OfferRow,
    connection: &mut AnyConnection,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO slot_offer (id, practice, call_id, request_id, position, patient_id, provider, kind, start_at,
                                 end_at, blocked_from, blocked_to, fit, offered_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         ON CONFLICT (call_id, request_id, position) DO NOTHING",
    )
    .bind(offer.slot.id.to_string())
    .bind(&requested.practice.0)
    .bind(requested.call.to_string())
    .bind(i64::from(requested.request.0))
    .bind(position)
    .bind(offer.patient.to_string())
    .bind(&offer.slot.provider.0)
    .bind(&offer.slot.kind.0)
    .bind(time(offer.slot.start))
    .bind(time(offer.end))
    .bind(time(offer.blocked.0))
    .bind(time(offer.blocked.1))
    .bind(json(&offer.slot.fit))
    .bind(time(requested.at))
    .execute(connection)
    .await?;
    Ok(())
}

fn offer(row: &AnyRow) -> Result<OfferRow, StoreError> {
    let row = Columns(row);
    Ok(OfferRow {
        slot: OfferedSlot {
            id: SlotId(row.id("id")?),
            start: row.time("start_at")?,
            provider: ProviderId(row.text("provider")?),
            kind: AppointmentTypeId(row.text("kind")?),
            fit: row.json("fit")?,
        },
        patient: PatientId(row.id("patient_id")?),
        end: row.time("end_at")?,
        blocked: (row.time("blocked_from")?, row.time("blocked_to")?),
    })
}

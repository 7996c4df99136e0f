use std::collections::BTreeMap;

use domain::{CallId, MatchedPatient, NewPatient, OfficeReply, PatientId, Phi, PhoneNumber, PracticeId, ProviderId};
use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::booking::{Requested, keep_answer, prior_answer};
use crate::column::{Columns, corrupt, time};
use crate::{Store, StoreError};

/// One patient's record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PatientRow {
    /// Which.
    pub id: PatientId,
    /// The name as the practice writes it.
    pub name: Phi<String>,
    /// Date of birth.
    pub date_of_birth: Phi<Date>,
    /// Where they can be called.
    pub numbers: Vec<Phi<PhoneNumber>>,
    /// "My own doctor".
    pub own_provider: Option<ProviderId>,
    /// As they told it.
    pub insurance: Option<Phi<String>>,
    /// The practice's own id of them.
    pub external_id: Option<Phi<String>>,
    /// When the record was made.
    pub registered_at: Timestamp,
    /// In which call they registered; `None`: imported from the practice's records.
    pub registered_in: Option<CallId>,
}

impl PatientRow {
    /// What a call that is matched to them is told.
    pub fn matched(&self) -> MatchedPatient {
        MatchedPatient { id: self.id, name: self.name.clone(), date_of_birth: self.date_of_birth.clone() }
    }
}

/// Who is meant, among some records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// None of them.
    Nobody,
    /// This one.
    One(PatientId),
    /// It cannot be told which.
    Several,
}

impl Store {
    /// The practice's patients who were born on that day.
    pub async fn patients_born(&self, practice: &PracticeId, date: &Phi<Date>) -> Result<Vec<PatientRow>, StoreError> {
        let mut transaction = self.readers.begin().await?;
        born(practice, date, &mut transaction).await
    }

    /// All of the practice's patients, by name.
    pub async fn patients(&self, practice: &PracticeId) -> Result<Vec<PatientRow>, StoreError> {
        let mut transaction = self.readers.begin().await?;
        let rows = sqlx::query("SELECT * FROM patient WHERE practice = $1 ORDER BY name, date_of_birth, id")
            .bind(&practice.0)
            .fetch_all(&mut *transaction)
            .await?;
        let numbers = sqlx::query(
            "SELECT patient_number.* FROM patient_number JOIN patient ON patient.id = patient_id WHERE practice = $1",
        )
        .bind(&practice.0)
        .fetch_all(&mut *transaction)
        .await?;
        let mut of_patient: BTreeMap<String, Vec<Phi<PhoneNumber>>> = BTreeMap::new();
        for row in &numbers {
            of_patient.entry(Columns(row).text("patient_id")?).or_default().push(number(row)?);
        }
        rows.iter()
            .map(|row| {
                let numbers = of_patient.remove(&Columns(row).text("id")?).unwrap_or_default();
                patient(row, numbers)
            })
            .collect()
    }

    /// One patient.
    pub async fn patient(&self, id: PatientId) -> Result<PatientRow, StoreError> {
        let mut transaction = self.readers.begin().await?;
        one(id, &mut transaction).await?.ok_or(StoreError::NotFound { what: "patient" })
    }

    /// Whether the practice knows them: imported from its records, or seen before `now`.
    pub async fn is_known(&self, id: PatientId, now: Timestamp) -> Result<bool, StoreError> {
        let known = sqlx::query(
            "SELECT 1 FROM patient WHERE id = $1 AND (call_id IS NULL OR EXISTS (
                 SELECT 1 FROM appointment WHERE patient_id = $1 AND status = 'booked' AND end_at <= $2))",
        )
        .bind(id.to_string())
        .bind(time(now))
        .fetch_optional(&self.readers)
        .await?;
        Ok(known.is_some())
    }

    /// Lets a call ask for a patient whom it was matched to.
    pub async fn keep_match(&self, call: CallId, patient: PatientId, at: Timestamp) -> Result<(), StoreError> {
        let mut connection = self.writer.acquire().await?;
        keep_match(call, patient, at, &mut connection).await
    }

    /// Whether a call may ask for a patient.
    pub async fn is_matched(&self, call: CallId, patient: PatientId) -> Result<bool, StoreError> {
        let mut connection = self.readers.acquire().await?;
        is_matched(call, patient, &mut connection).await
    }

    /// Registers a patient and lets the call ask for them. `who` is shown everybody who was born on the same day, and
    /// tells whether one of them is meant: then that record is the answer and none is made.
    pub async fn register_patient(
        &self,
        requested: &Requested<'_>,
        new: &NewPatient,
        who: impl FnOnce(&[PatientRow]) -> Found + Send,
    ) -> Result<OfficeReply, StoreError> {
        let mut transaction = self.write().await?;
        if let Some(reply) = prior_answer(requested, &mut transaction).await? {
            return Ok(reply);
        }
        let born = born(requested.practice, &new.date_of_birth, &mut transaction).await?;
        let row = match who(&born) {
            Found::Nobody => Some(keep_new(requested, new, &mut transaction).await?),
            Found::One(id) => born.into_iter().find(|row| row.id == id),
            Found::Several => None,
        };
        let reply = match row {
            Some(row) => {
                keep_match(requested.call, row.id, requested.at, &mut transaction).await?;
                OfficeReply::PatientMatched(row.matched())
            }
            None => OfficeReply::PatientAmbiguous,
        };
        keep_answer(requested, &reply, &mut transaction).await?;
        transaction.commit().await?;
        Ok(reply)
    }
}

/// Whether a call may ask for a patient.
pub(super) async fn is_matched(
    call: CallId,
    patient: PatientId,
    connection: &mut AnyConnection,
) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT 1 FROM matched WHERE call_id = $1 AND patient_id = $2")
        .bind(call.to_string())
        .bind(patient.to_string())
        .fetch_optional(connection)
        .await?;
    Ok(row.is_some())
}

/// Writes a record; its numbers take the place of those it had.
pub(super) async fn keep_patient(
    practice: &PracticeId,
    patient: &PatientRow,
    connection: &mut AnyConnection,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO patient (id, practice, name, date_of_birth, own_provider, insurance, external_id, registered_at,
                              call_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, date_of_birth = excluded.date_of_birth,
             own_provider = excluded.own_provider, insurance = excluded.insurance, external_id = excluded.external_id,
             call_id = excluded.call_id",
    )
    .bind(patient.id.to_string())
    .bind(&practice.0)
    .bind(patient.name.expose())
    .bind(patient.date_of_birth.expose().to_string())
    .bind(patient.own_provider.as_ref().map(|p| &p.0))
    .bind(patient.insurance.as_ref().map(Phi::expose))
    .bind(patient.external_id.as_ref().map(Phi::expose))
    .bind(time(patient.registered_at))
    .bind(patient.registered_in.map(|call| call.to_string()))
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM patient_number WHERE patient_id = $1")
        .bind(patient.id.to_string())
        .execute(&mut *connection)
        .await?;
    for number in &patient.numbers {
        sqlx::query("INSERT INTO patient_number (patient_id, number) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(patient.id.to_string())
            .bind(number.expose().as_str())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// The record of a row of `patient`.
pub(super) async fn with_numbers(row: &AnyRow, connection: &mut AnyConnection) -> Result<PatientRow, StoreError> {
    let numbers = sqlx::query("SELECT number FROM patient_number WHERE patient_id = $1 ORDER BY number")
        .bind(Columns(row).text("id")?)
        .fetch_all(connection)
        .await?;
    patient(row, numbers.iter().map(number).collect::<Result<_, _>>()?)
}

async fn keep_new(
    requested: &Requested<'_>,
    new: &NewPatient,
    connection: &mut AnyConnection,
) -> Result<PatientRow, StoreError> {
    let row = PatientRow {
        id: PatientId::new(),
        name: new.name.clone(),
        date_of_birth: new.date_of_birth.clone(),
        numbers: new.callback.iter().cloned().collect(),
        own_provider: None,
        insurance: new.insurance.clone(),
        external_id: None,
        registered_at: requested.at,
        registered_in: Some(requested.call),
    };
    keep_patient(requested.practice, &row, connection).await?;
    Ok(row)
}

async fn keep_match(
    call: CallId,
    patient: PatientId,
    at: Timestamp,
    connection: &mut AnyConnection,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO matched (call_id, patient_id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(call.to_string())
        .bind(patient.to_string())
        .bind(time(at))
        .execute(connection)
        .await?;
    Ok(())
}

async fn born(
    practice: &PracticeId,
    date: &Phi<Date>,
    connection: &mut AnyConnection,
) -> Result<Vec<PatientRow>, StoreError> {
    let rows = sqlx::query("SELECT * FROM patient WHERE practice = $1 AND date_of_birth = $2 ORDER BY id")
        .bind(&practice.0)
        .bind(date.expose().to_string())
        .fetch_all(&mut *connection)
        .await?;
    let mut patients = Vec::with_capacity(rows.len());
    for row in &rows {
        patients.push(with_numbers(row, connection).await?);
    }
    Ok(patients)
}

async fn one(id: PatientId, connection: &mut AnyConnection) -> Result<Option<PatientRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM patient WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(&mut *connection)
        .await?;
    match row {
        Some(row) => Ok(Some(with_numbers(&row, connection).await?)),
        None => Ok(None),
    }
}

fn patient(row: &AnyRow, numbers: Vec<Phi<PhoneNumber>>) -> Result<PatientRow, StoreError> {
    let row = Columns(row);
    let call = row.optional_text("call_id")?;
    Ok(PatientRow {
        id: PatientId(row.id("id")?),
        name: row.text("name")?.into(),
        date_of_birth: Phi::new(row.parsed("date_of_birth")?),
        numbers,
        own_provider: row.optional_text("own_provider")?.map(ProviderId),
        insurance: row.optional_text("insurance")?.map(Phi::new),
        external_id: row.optional_text("external_id")?.map(Phi::new),
        registered_at: row.time("registered_at")?,
        registered_in: call.map(|c| c.parse().map(CallId).map_err(|_| corrupt("call_id"))).transpose()?,
    })
}

fn number(row: &AnyRow) -> Result<Phi<PhoneNumber>, StoreError> {
    Ok(Phi::new(Columns(row).parsed("number")?))
}

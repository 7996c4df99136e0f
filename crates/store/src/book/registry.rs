use domain::{PatientId, Phi, PhoneNumber, PracticeId, ProviderId};
use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::AnyConnection;

use super::patients::{PatientRow, keep_patient, with_numbers};
use crate::{Store, StoreError};

/// A patient from the practice's own records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportedPatient {
    /// The practice's own id of them. Two people of one name and date of birth are told apart only by it.
    pub external_id: Option<Phi<String>>,
    /// The name as the practice writes it: first name first.
    pub name: Phi<String>,
    /// Date of birth.
    pub date_of_birth: Phi<Date>,
    /// Where they can be called.
    pub numbers: Vec<Phi<PhoneNumber>>,
    /// "My own doctor".
    pub own_provider: Option<ProviderId>,
}

/// What an import has done.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Imported {
    /// Records that are new.
    pub added: u32,
    /// Records that differ now.
    pub changed: u32,
    /// Records that were like this already.
    pub unchanged: u32,
}

impl Store {
    /// Takes over the practice's records, all or none. A record is found again by its external id, else by name and date
    /// of birth; so somebody who registered by telephone is taken over, too. Nobody is removed. Numbers that a record
    /// has gained here are kept.
    pub async fn import_patients(
        &self,
        practice: &PracticeId,
        patients: &[ImportedPatient],
        at: Timestamp,
    ) -> Result<Imported, StoreError> {
        let mut transaction = self.write().await?;
        let mut done = Imported::default();
        for patient in patients {
            let known = known(practice, patient, &mut transaction).await?;
            let row = take_over(patient, known.as_ref(), at);
            match known {
                None => done.added += 1,
                Some(known) if known == row => {
                    done.unchanged += 1;
                    continue;
                }
                Some(_) => done.changed += 1,
            }
            keep_patient(practice, &row, &mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(done)
    }
}

/// The record as it is to be.
fn take_over(patient: &ImportedPatient, known: Option<&PatientRow>, at: Timestamp) -> PatientRow {
    let mut numbers = known.map(|k| k.numbers.clone()).unwrap_or_default();
    numbers.extend(patient.numbers.iter().cloned());
    numbers.sort();
    numbers.dedup();
    PatientRow {
        id: known.map_or_else(PatientId::new, |k| k.id),
        name: patient.name.clone(),
        date_of_birth: patient.date_of_birth.clone(),
        numbers,
        own_provider: patient.own_provider.clone(),
        insurance: known.and_then(|k| k.insurance.clone()),
        external_id: patient.external_id.clone().or_else(|| known.and_then(|k| k.external_id.clone())),
        registered_at: known.map_or(at, |k| k.registered_at),
        registered_in: None,
    }
}

async fn known(
    practice: &PracticeId,
    patient: &ImportedPatient,
    connection: &mut AnyConnection,
) -> Result<Option<PatientRow>, StoreError> {
    let external_id = patient.external_id.as_ref().map(Phi::expose);
    let row = sqlx::query(
        "SELECT * FROM patient WHERE practice = $1 AND (external_id = $2
             OR (lower(name) = lower($3) AND date_of_birth = $4 AND (external_id IS NULL OR $2 IS NULL)))
         ORDER BY external_id IS NULL, id LIMIT 1",
    )
    .bind(&practice.0)
    .bind(external_id)
    .bind(patient.name.expose())
    .bind(patient.date_of_birth.expose().to_string())
    .fetch_optional(&mut *connection)
    .await?;
    match row {
        Some(row) => Ok(Some(with_numbers(&row, connection).await?)),
        None => Ok(None),
    }
}

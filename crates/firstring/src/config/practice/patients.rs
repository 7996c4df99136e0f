//! Patients that a practice brings along, as CSV: `id,name,date_of_birth,numbers,own_provider`, one line each. Numbers in
//! E.164, several separated by spaces; `id` and `own_provider` may be empty.

use std::path::Path;

use domain::{Phi, PhoneNumber, Provider};
use jiff::civil::Date;
use serde::Deserialize;
use store::ImportedPatient;

use crate::config::ConfigError;

#[derive(Deserialize)]
struct Row {
    id: Option<String>,
    name: String,
    date_of_birth: Date,
    numbers: String,
    own_provider: Option<String>,
}

/// Reads a file of patients. An error names file and line, and nothing of the patient.
pub fn read_patients(file: &Path, providers: &[Provider]) -> Result<Vec<ImportedPatient>, ConfigError> {
    let wrong = |line: Option<usize>, wrong: String| ConfigError { file: file.to_owned(), line, wrong };
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(file)
        .map_err(|_| wrong(None, "cannot be read; give the path of a CSV file with patients".to_owned()))?;
    let mut patients = Vec::new();
    for (index, row) in reader.deserialize::<Row>().enumerate() {
        // The first line holds the names of the columns.
        let at = |what: &str| wrong(Some(index + 2), what.to_owned());
        let row = row.map_err(|_| {
            at("not a patient; the columns are id,name,date_of_birth,numbers,own_provider, dates such as 1958-03-14")
        })?;
        patients.push(patient(row, providers).map_err(at)?);
    }
    Ok(patients)
}

fn patient(row: Row, providers: &[Provider]) -> Result<ImportedPatient, &'static str> {
    if row.name.split_whitespace().count() < 2 {
        return Err("the name is not a full name; write first and last name");
    }
    let number = |written: &str| {
        let number: PhoneNumber =
            written.parse().map_err(|_| "a number is not in E.164; write it such as +12125550123")?;
        Ok(Phi::new(number))
    };
    let own_provider = match row.own_provider {
        None => None,
        Some(id) => {
            let known = providers.iter().find(|provider| provider.id.0 == id);
            Some(known.ok_or("no [[providers]] has the id of own_provider")?.id.clone())
        }
    };
    Ok(ImportedPatient {
        external_id: row.id.map(Phi::new),
        name: row.name.into(),
        date_of_birth: Phi::new(row.date_of_birth),
        numbers: row.numbers.split_whitespace().map(number).collect::<Result<_, &'static str>>()?,
        own_provider,
    })
}

use domain::{PatientId, Phi, PhoneNumber, ProviderId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use store::PatientRow;

use super::records::Records;
use super::table::table;
use super::{print, print_json, runtime};
use crate::cli;
use crate::config::read_patients;

pub(super) fn run(args: &cli::Patients) -> anyhow::Result<()> {
    runtime(::call::Pace::RealTime)?.block_on(async {
        match args {
            cli::Patients::Import(args) => {
                Records::open_or_make(&args.files).await?.used(async |records| import(records, args).await).await
            }
            cli::Patients::List(args) => {
                Records::open(&args.files).await?.used(async |records| list(records, args).await).await
            }
        }
    })
}

async fn import(records: &Records, args: &cli::ImportPatients) -> anyhow::Result<()> {
    let practice = &records.config.practice;
    let patients = read_patients(&args.file, &practice.front_desk.providers)?;
    records.note("imported", "patients".to_owned()).await?;
    let done = records.store.import_patients(&practice.id, &patients, Timestamp::now()).await?;
    print(&format!("{} added, {} changed, {} unchanged", done.added, done.changed, done.unchanged))
}

/// A patient as one JSON line.
#[derive(Serialize)]
struct Listed<'a> {
    id: PatientId,
    external_id: Option<&'a Phi<String>>,
    name: &'a Phi<String>,
    date_of_birth: &'a Phi<Date>,
    numbers: &'a [Phi<PhoneNumber>],
    own_provider: Option<&'a ProviderId>,
    insurance: Option<&'a Phi<String>>,
    registered_at: String,
    /// `import`, or `call` for those who have registered by telephone.
    registered_by: &'static str,
}

async fn list(records: &Records, args: &cli::ListPatients) -> anyhow::Result<()> {
    records.note("read", "patients".to_owned()).await?;
    let rows = records.store.patients(&records.config.practice.id).await?;
    let listed: Vec<_> = rows.iter().map(|row| listed(records, row)).collect();
    if args.json {
        return listed.iter().try_for_each(print_json);
    }
    if listed.is_empty() {
        return print("no patients; `firstring patients import FILE.csv` takes some over");
    }
    let cells = listed.iter().map(|one| {
        let numbers: Vec<_> = one.numbers.iter().map(|number| number.expose().as_str()).collect();
        [
            one.name.expose().clone(),
            one.date_of_birth.expose().to_string(),
            numbers.join(" "),
            one.own_provider.map(|provider| provider.0.clone()).unwrap_or_default(),
            one.external_id.map(|id| id.expose().clone()).unwrap_or_default(),
            one.registered_by.to_owned(),
        ]
    });
    print(&table(["name", "born", "numbers", "provider", "practice's id", "by"], cells.collect()))
}

fn listed<'a>(records: &Records, row: &'a PatientRow) -> Listed<'a> {
    Listed {
        id: row.id,
        external_id: row.external_id.as_ref(),
        name: &row.name,
        date_of_birth: &row.date_of_birth,
        numbers: &row.numbers,
        own_provider: row.own_provider.as_ref(),
        insurance: row.insurance.as_ref(),
        registered_at: records.local(row.registered_at),
        registered_by: if row.registered_in.is_some() { "call" } else { "import" },
    }
}

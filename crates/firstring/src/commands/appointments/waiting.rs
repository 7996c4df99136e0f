use std::collections::BTreeMap;

use domain::{AppointmentId, AppointmentTypeId, Phi, PhoneNumber, ProviderWish};
use serde::Serialize;
use store::{WaitingRow, WaitingStatus};

use super::{ListedPatient, Records, print, print_json, table};

/// One line of `appointments waiting`.
#[derive(Serialize)]
struct Listed<'a> {
    since: String,
    until: String,
    status: &'static str,
    #[serde(rename = "type")]
    kind: &'a AppointmentTypeId,
    provider: Option<&'a ProviderWish>,
    /// Begins and ends; none: at any time.
    wished: Vec<(String, String)>,
    instead_of: Option<AppointmentId>,
    number: &'a Phi<PhoneNumber>,
    by_text: bool,
    patient: Option<ListedPatient<'a>>,
}

pub(super) async fn list(records: &Records, json: bool) -> anyhow::Result<()> {
    records.note("read", "who waits for an appointment".to_owned()).await?;
    let practice = &records.config.practice.id;
    let rows = records.store.waiting(practice).await?;
    let patients = records.store.patients(practice).await?;
    let patients: BTreeMap<_, _> = patients.iter().map(|patient| (patient.id, patient)).collect();
    let listed = rows.iter().map(|row| {
        let patient = patients.get(&row.wish.patient).map(|one| ListedPatient {
            id: one.id,
            name: &one.name,
            date_of_birth: &one.date_of_birth,
            numbers: &one.numbers,
        });
        listed(records, row, patient)
    });
    let listed: Vec<_> = listed.collect();
    if json {
        return listed.iter().try_for_each(print_json);
    }
    if listed.is_empty() {
        return print("nobody waits for an appointment");
    }
    let cells = listed.iter().map(|one| {
        let wished: Vec<_> = one.wished.iter().map(|(from, to)| format!("{from} to {to}")).collect();
        [
            one.since.clone(),
            one.status.to_owned(),
            one.kind.0.clone(),
            if wished.is_empty() { "any time".to_owned() } else { wished.join(", ") },
            one.patient.as_ref().map(|who| who.name.expose().clone()).unwrap_or_default(),
            one.number.expose().as_str().to_owned(),
            if one.by_text { "text" } else { "call" }.to_owned(),
        ]
    });
    print(&table(["since", "status", "type", "wished", "patient", "number", "by"], cells.collect()))
}

fn listed<'a>(records: &Records, row: &'a WaitingRow, patient: Option<ListedPatient<'a>>) -> Listed<'a> {
    let wish = &row.wish;
    Listed {
        since: records.local(row.since),
        until: records.local(row.until),
        status: match row.status {
            WaitingStatus::Waiting => "waiting",
            WaitingStatus::Offered => "offered",
            WaitingStatus::Taken => "taken",
            WaitingStatus::Left => "left",
        },
        kind: &wish.kind,
        provider: wish.provider.as_ref(),
        wished: wish.when.iter().map(|(from, to)| (records.local(*from), records.local(*to))).collect(),
        instead_of: wish.instead_of,
        number: &wish.number,
        by_text: wish.may_text,
        patient,
    }
}

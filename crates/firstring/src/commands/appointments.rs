mod waiting;

use std::collections::BTreeMap;

use anyhow::bail;
use domain::{AppointmentId, AppointmentTypeId, Interval, PatientId, Phi, PhoneNumber, ProviderId};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use store::{AppointmentRow, PatientRow, Schedule, Status};

use super::records::{Records, now};
use super::table::table;
use super::{Usage, print, print_json, runtime};
use crate::cli;
use crate::wiring::SoleServer;

pub(super) fn run(args: &cli::Appointments) -> anyhow::Result<()> {
    runtime(::call::Pace::RealTime)?.block_on(async {
        match args {
            cli::Appointments::List(args) => {
                Records::open(&args.files).await?.used(async |records| list(records, args).await).await
            }
            cli::Appointments::Waiting(args) => waiting::run(args).await,
            cli::Appointments::Slots(args) => {
                Records::open_or_make(&args.files).await?.used(async |records| slots(records, args).await).await
            }
        }
    })
}

/// One line of `appointments list`.
#[derive(Serialize)]
struct Listed<'a> {
    id: AppointmentId,
    start: String,
    end: String,
    provider: &'a ProviderId,
    #[serde(rename = "type")]
    kind: &'a AppointmentTypeId,
    status: &'static str,
    patient: Option<ListedPatient<'a>>,
    reason: Option<&'a Phi<String>>,
}

#[derive(Serialize)]
struct ListedPatient<'a> {
    id: PatientId,
    name: &'a Phi<String>,
    date_of_birth: &'a Phi<Date>,
    numbers: &'a [Phi<PhoneNumber>],
}

async fn list(records: &Records, args: &cli::ListAppointments) -> anyhow::Result<()> {
    let known = &records.config.practice.front_desk.providers;
    if let Some(id) = args.provider.as_ref().filter(|id| !known.iter().any(|provider| provider.id == **id)) {
        bail!("there is no provider {:?}; the practice has {}", id.0, ids(known.iter().map(|known| &known.id.0)));
    }
    let (from, to) = days(records, &args.days)?;
    records.note("read", format!("appointments {from} to {to}")).await?;
    let practice = &records.config.practice.id;
    let mut rows = records.store.appointments(practice, interval(records, (from, to))?).await?;
    rows.retain(|row| args.provider.as_ref().is_none_or(|provider| row.appointment.provider == *provider));
    let patients = records.store.patients(practice).await?;
    let patients: BTreeMap<_, _> = patients.iter().map(|patient| (patient.id, patient)).collect();
    let listed: Vec<_> = rows.iter().map(|row| listed(records, row, &patients)).collect();
    if args.json {
        return listed.iter().try_for_each(print_json);
    }
    if listed.is_empty() {
        return print(&format!("no appointments from {from} to {to}"));
    }
    let cells = listed.iter().map(|one| {
        let patient = |shown: fn(&ListedPatient<'_>) -> String| one.patient.as_ref().map(shown).unwrap_or_default();
        [
            one.start.clone(),
            one.provider.0.clone(),
            one.kind.0.clone(),
            one.status.to_owned(),
            patient(|who| who.name.expose().clone()),
            patient(|who| who.date_of_birth.expose().to_string()),
            one.reason.map(|words| words.expose().clone()).unwrap_or_default(),
        ]
    });
    let heading = ["start", "provider", "type", "status", "patient", "born", "reason"];
    print(&table(heading, cells.collect()))
}

fn listed<'a>(
    records: &Records,
    row: &'a AppointmentRow,
    patients: &BTreeMap<PatientId, &'a PatientRow>,
) -> Listed<'a> {
    let appointment = &row.appointment;
    let patient = patients.get(&appointment.patient).map(|row| ListedPatient {
        id: row.id,
        name: &row.name,
        date_of_birth: &row.date_of_birth,
        numbers: &row.numbers,
    });
    Listed {
        id: appointment.id,
        start: records.local(appointment.start),
        end: records.local(row.end),
        provider: &appointment.provider,
        kind: &appointment.kind,
        status: match row.status {
            Status::Booked => "booked",
            Status::Cancelled => "cancelled",
        },
        patient,
        reason: row.reason.as_ref(),
    }
}

/// One line of `appointments slots`.
#[derive(Serialize)]
struct Free<'a> {
    start: String,
    end: String,
    provider: &'a ProviderId,
    #[serde(rename = "type")]
    kind: &'a AppointmentTypeId,
}

async fn slots(records: &Records, args: &cli::Slots) -> anyhow::Result<()> {
    let practice = &records.config.practice;
    let known = &practice.front_desk.appointment_types;
    if !known.iter().any(|kind| kind.id == args.kind) {
        let ids = ids(known.iter().map(|known| &known.id.0));
        bail!("there is no appointment type {:?}; the practice has {ids}", args.kind.0);
    }
    let (from, to) = days(records, &args.days)?;
    take_up_schedule(records).await?;
    let now = now(args.days.now.as_ref());
    let openings = office::openings(&records.store, practice, &args.kind, (from, to), now).await?;
    let free = openings.iter().map(|opening| Free {
        start: records.local(opening.start),
        end: records.local(opening.end),
        provider: &opening.provider,
        kind: &opening.kind,
    });
    if args.json {
        return free.into_iter().try_for_each(|one| print_json(&one));
    }
    if openings.is_empty() {
        return print(&format!("nothing is free for {} from {from} to {to}", args.kind));
    }
    print(&table(["start", "end", "provider"], free.map(|one| [one.start, one.end, one.provider.0.clone()]).collect()))
}

/// Puts the practice's file into the book, unless a server is running, here or at another node: then what it put there is what
/// callers are offered.
async fn take_up_schedule(records: &Records) -> anyhow::Result<()> {
    if records.store.is_shared() {
        return Ok(());
    }
    let Ok(_alone) = SoleServer::of(&records.server.data) else { return Ok(()) };
    let config = &records.config;
    let schedule = Schedule {
        providers: config.practice.front_desk.providers.clone(),
        types: config.practice.front_desk.appointment_types.clone(),
        templates: config.week.templates.clone(),
        exceptions: config.week.exceptions.clone(),
    };
    Ok(records.store.replace_schedule(&config.practice.id, &schedule).await?)
}

/// The first and the last day, both included.
fn days(records: &Records, days: &cli::Days) -> anyhow::Result<(Date, Date)> {
    let from = days.from.unwrap_or_else(|| records.day(now(days.now.as_ref())));
    let to = days.to.unwrap_or_else(|| from.saturating_add(6.days()));
    if to < from {
        return Err(Usage(format!("--to {to} lies before {from}; give a later day, or --from as well")).into());
    }
    Ok((from, to))
}

/// From the first day's beginning to the last one's end.
fn interval(records: &Records, (from, to): (Date, Date)) -> anyhow::Result<Interval> {
    let zone = &records.config.practice.zone;
    let begin = |day: Date| match day.to_zoned(zone.clone()) {
        Ok(midnight) => Ok(midnight.timestamp()),
        Err(_) => Err(Usage(format!("no clock shows {day}; give a day of these years"))),
    };
    let end = to.tomorrow().map_or(Ok(Timestamp::MAX), begin)?;
    Ok((begin(from)?, end))
}

fn ids<'a>(ids: impl Iterator<Item = &'a String>) -> String {
    let ids: Vec<&str> = ids.map(String::as_str).collect();
    if ids.is_empty() { "none".to_owned() } else { ids.join(", ") }
}

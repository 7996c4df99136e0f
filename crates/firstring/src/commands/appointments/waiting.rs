use std::collections::BTreeMap;

use anyhow::bail;
use domain::{AppointmentId, AppointmentTypeId, Phi, PhoneNumber, ProviderId, ProviderWish, SlotId, WaitingId};
use office::Clock;
use serde::Serialize;
use store::{Secret, WaitingOfferRow, WaitingOutcome, WaitingRow, WaitingStatus};

use super::{ListedPatient, Records, print, print_json, table, take_up_schedule};
use crate::cli;
use crate::wiring::whole_config;

pub(super) async fn run(args: &cli::Waiting) -> anyhow::Result<()> {
    match &args.answer {
        None => Records::open(&args.files).await?.used(async |records| list(records, args.json).await).await,
        Some(cli::WaitingAnswer::Book(args)) => {
            Records::open(&args.files).await?.used(async |records| answer(records, &args.offer, true).await).await
        }
        Some(cli::WaitingAnswer::Decline(args)) => {
            Records::open(&args.files).await?.used(async |records| answer(records, &args.offer, false).await).await
        }
        Some(cli::WaitingAnswer::Remove(args)) => {
            Records::open(&args.files).await?.used(async |records| remove(records, args.id).await).await
        }
    }
}

/// Does what a reply by text does, in this process; a running server finds it in the database.
async fn answer(records: &Records, named: &str, takes: bool) -> anyhow::Result<()> {
    let open = records.store.open_waiting_offers(&records.config.practice.id).await?;
    let is_meant = |offer: &&WaitingOfferRow| offer.code == named || offer.id.to_string() == named;
    let offer = match open.iter().filter(is_meant).collect::<Vec<_>>()[..] {
        [offer] => offer,
        [] => bail!("no open offer {named}; `firstring appointments waiting` shows them"),
        _ => {
            bail!("several open offers have the number {named}; give the id, which `appointments waiting --json` shows")
        }
    };
    let action = if takes { "booked" } else { "declined" };
    records.note(action, format!("offer {} of the waiting list", offer.id)).await?;
    if takes {
        take_up_schedule(records).await?;
    }
    // It pages nobody, so no link is signed.
    let config = whole_config(&records.server, &records.config, None, Secret::new(""), Clock::system())?;
    let when = format!("{} with {}", records.local(offer.start), offer.provider);
    match office::answer_waiting_offer(&records.store, config, offer.id, takes).await? {
        WaitingOutcome::Booked => print(&format!("it is booked: {when}")),
        WaitingOutcome::ToBeConfirmed => print(&format!(
            "it is in the book: {when}; the provider's own calendar is not sure yet, and a message says what to do"
        )),
        WaitingOutcome::Declined => print("declined; the patient waits on, and the next is offered that time"),
        WaitingOutcome::TooLate => bail!("{when} is taken meanwhile: nothing is booked, and the patient waits on"),
        WaitingOutcome::Open | WaitingOutcome::Lapsed | WaitingOutcome::Untold | WaitingOutcome::Void => {
            bail!("{when} cannot be had by this patient any more: nothing is booked")
        }
    }
}

async fn remove(records: &Records, id: WaitingId) -> anyhow::Result<()> {
    records.note("removed", format!("place {id} on the waiting list")).await?;
    if !records.store.remove_waiting(&records.config.practice.id, id).await? {
        bail!("nobody waits under {id}; `firstring appointments waiting` shows who does");
    }
    print("the patient waits no more")
}

/// What somebody is offered just now.
#[derive(Serialize)]
struct Offered<'a> {
    id: SlotId,
    code: &'a str,
    start: String,
    provider: &'a ProviderId,
    by_staff: bool,
}

/// One line of `appointments waiting`.
#[derive(Serialize)]
struct Listed<'a> {
    id: WaitingId,
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
    offered: Option<Offered<'a>>,
    patient: Option<ListedPatient<'a>>,
}

async fn list(records: &Records, json: bool) -> anyhow::Result<()> {
    records.note("read", "who waits for an appointment".to_owned()).await?;
    let practice = &records.config.practice.id;
    let rows = records.store.waiting(practice).await?;
    let open = records.store.open_waiting_offers(practice).await?;
    let patients = records.store.patients(practice).await?;
    let patients: BTreeMap<_, _> = patients.iter().map(|patient| (patient.id, patient)).collect();
    let listed = rows.iter().map(|row| {
        let patient = patients.get(&row.wish.patient).map(|one| ListedPatient {
            id: one.id,
            name: &one.name,
            date_of_birth: &one.date_of_birth,
            numbers: &one.numbers,
        });
        listed(records, row, open.iter().find(|offer| offer.waiting == row.id), patient)
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
        let offered = one.offered.as_ref().map(|offer| format!("{} {} {}", offer.code, offer.start, offer.provider));
        [
            one.id.to_string(),
            one.since.clone(),
            offered.unwrap_or_else(|| one.status.to_owned()),
            one.kind.0.clone(),
            if wished.is_empty() { "any time".to_owned() } else { wished.join(", ") },
            one.patient.as_ref().map(|who| who.name.expose().clone()).unwrap_or_default(),
            one.number.expose().as_str().to_owned(),
            if one.by_text { "text" } else { "call" }.to_owned(),
        ]
    });
    print(&table(["id", "since", "offered", "type", "wished", "patient", "number", "by"], cells.collect()))
}

fn listed<'a>(
    records: &Records,
    row: &'a WaitingRow,
    offer: Option<&'a WaitingOfferRow>,
    patient: Option<ListedPatient<'a>>,
) -> Listed<'a> {
    let wish = &row.wish;
    let offered = offer.map(|offer| Offered {
        id: offer.id,
        code: &offer.code,
        start: records.local(offer.start),
        provider: &offer.provider,
        by_staff: offer.by_staff,
    });
    Listed {
        id: row.id,
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
        offered,
        patient,
    }
}

use anyhow::bail;
use serde::Serialize;
use store::{FLAWS_MAX, LedgerFlaw, LedgerReport};

use super::records::Records;
use super::table::table;
use super::{print, print_json, runtime};
use crate::cli;

pub(super) fn run(args: &cli::Ledger) -> anyhow::Result<()> {
    runtime(::call::Pace::RealTime)?.block_on(async {
        match args {
            cli::Ledger::Verify(args) => {
                Records::open(&args.files).await?.used(async |records| verify(records, args).await).await
            }
        }
    })
}

/// What was found, as one JSON line.
#[derive(Serialize)]
struct Told<'a> {
    sound: bool,
    entries: u64,
    redacted: u64,
    /// The newest entry, as `--expect` takes it.
    head: Option<String>,
    flaws: &'a [Flaw],
}

/// One flaw.
#[derive(Serialize)]
struct Flaw {
    /// The number of the entry, or `message` and its id.
    at: String,
    /// For programs.
    flaw: &'static str,
    /// For people.
    #[serde(skip)]
    what: String,
}

async fn verify(records: &Records, args: &cli::VerifyLedger) -> anyhow::Result<()> {
    records.note("verified", "ledger".to_owned()).await?;
    let report = records.store.verify_ledger(&records.config.practice.id, args.expect.as_ref()).await?;
    let LedgerReport { entries, redacted, head, flaws } = report;
    let flaws: Vec<Flaw> = flaws.iter().map(told).collect();
    let head = head.map(|head| head.to_string());
    if args.json {
        print_json(&Told { sound: flaws.is_empty(), entries, redacted, head: head.clone(), flaws: &flaws })?;
    }
    let Some(first) = flaws.first() else {
        return if args.json { Ok(()) } else { print(&sound(entries, redacted, head.as_deref())) };
    };
    if !args.json {
        let rows = flaws.iter().map(|Flaw { at, what, .. }| [at.clone(), what.clone()]);
        print(&table(["where", "what"], rows.collect()))?;
    }
    let more = match flaws.len() {
        1 => String::new(),
        FLAWS_MAX => format!(" (and {} flaws or more besides)", FLAWS_MAX - 1),
        found => format!(" (and {} besides)", found - 1),
    };
    bail!(
        "the ledger is not sound: {} {}{more}; copy {} before anything else writes to it, find out who could, and compare it \
         with a backup whose ledger is sound",
        first.at,
        first.what,
        records.server.data.display()
    )
}

fn sound(entries: u64, redacted: u64, head: Option<&str>) -> String {
    let Some(head) = head else { return "the ledger is sound: it has no entries".to_owned() };
    format!(
        "the ledger is sound: {entries} entries, {redacted} redacted\n\
         head {head}\n\
         Write the head down where nobody who can change the records can change it: `firstring ledger verify --expect` with it \
         tells whether everything up to here is still as it is now."
    )
}

fn told(flaw: &LedgerFlaw) -> Flaw {
    let entry = |seq: &u64| format!("entry {seq}");
    let (at, flaw, what) = match flaw {
        LedgerFlaw::Gap { expected, found } => {
            (entry(expected), "gap", format!("is missing; the next is entry {found}"))
        }
        LedgerFlaw::WrongPrevious { seq } => {
            (entry(seq), "wrong_previous", "does not follow the entry before it".to_owned())
        }
        LedgerFlaw::WrongHash { seq } => (entry(seq), "wrong_hash", "was changed".to_owned()),
        LedgerFlaw::TextChanged { seq } => (entry(seq), "text_changed", "its text was changed".to_owned()),
        LedgerFlaw::TextMissing { seq } => {
            (entry(seq), "text_missing", "its text is gone without a redaction".to_owned())
        }
        LedgerFlaw::TextNotRemoved { seq } => {
            (entry(seq), "text_not_removed", "its text is there although it was redacted".to_owned())
        }
        LedgerFlaw::TextWithoutEntry { seq } => {
            (entry(seq), "text_without_entry", "is missing, and its text is there".to_owned())
        }
        LedgerFlaw::MessageMissing { seq } => {
            (entry(seq), "message_missing", "its message is gone from the messages".to_owned())
        }
        LedgerFlaw::MessageDiffers { seq } => {
            (entry(seq), "message_differs", "its message says something else now".to_owned())
        }
        LedgerFlaw::MessageWithoutEntry { message } => {
            let id = message.map_or_else(|| "without an id".to_owned(), |id| id.to_string());
            (format!("message {id}"), "message_without_entry", "has no entry in the ledger".to_owned())
        }
        LedgerFlaw::Cut { expected, found } => {
            (entry(expected), "cut", format!("is missing; the ledger ends with entry {found}"))
        }
        LedgerFlaw::OtherHead { seq } => {
            (entry(seq), "other_head", "has another hash than the head that was expected".to_owned())
        }
    };
    Flaw { at, flaw, what }
}

use serde::Serialize;
use store::{Retention, Swept};

use super::records::{Records, now};
use super::{print, print_json, runtime};
use crate::cli;
use crate::wiring::{recordings_due, sweep_recordings};

pub(super) fn run(args: &cli::Retention) -> anyhow::Result<()> {
    runtime(::call::Pace::RealTime)?
        .block_on(async { Records::open(&args.files).await?.used(async |records| sweep(records, args).await).await })
}

/// What was done, or would be, as one JSON line.
#[derive(Serialize)]
struct Told {
    dry_run: bool,
    /// Calls whose journal was deleted.
    journals: u64,
    /// Messages that were redacted.
    messages: u64,
    /// Closed cases whose words were removed.
    cases: u64,
    /// Recordings that were kept as long as the practice's file says.
    recordings: u64,
}

async fn sweep(records: &Records, args: &cli::Retention) -> anyhow::Result<()> {
    let retention =
        Retention { journals_days: args.journals_days, messages_days: args.messages_days, cases_days: args.cases_days };
    let (practice, now) = (&records.config.practice.id, now(args.now.as_ref()));
    let Swept { journals, messages, cases } = if args.dry_run {
        records.store.due_for_retention(practice, &retention, now).await?
    } else {
        if retention != Retention::default() {
            records.note("asked for retention", written(&retention)).await?;
        }
        records.store.apply_retention(practice, &retention, now).await?
    };
    let (data, store, days) = (&records.server.data, &records.store, records.config.recordings_days);
    let recordings = if args.dry_run {
        recordings_due(data, store, practice, days, now).await?.len() as u64
    } else {
        sweep_recordings(data, store, practice, days, now).await?
    };
    if args.json {
        return print_json(&Told { dry_run: args.dry_run, journals, messages, cases, recordings });
    }
    if recordings > 0 {
        let would = if args.dry_run { "would be " } else { "" };
        print(&format!("{recordings} recordings {would}deleted"))?;
    }
    if retention == Retention::default() {
        return print("nothing is removed: say what by --journals-days, --messages-days or --cases-days");
    }
    let would = if args.dry_run { "would be " } else { "" };
    print(&format!(
        "journals of {journals} calls {would}deleted, {messages} messages {would}redacted, words of {cases} closed cases \
         {would}removed; what is still to be done is left as it is, and so are backups"
    ))?;
    let words_stay = |days: u32| args.journals_days.is_none_or(|journals| journals > days);
    if args.messages_days.or(args.cases_days).is_some_and(words_stay) {
        return print("the journals of their calls still hold the words: --journals-days deletes those");
    }
    Ok(())
}

/// For the audit trail.
fn written(retention: &Retention) -> String {
    let rules =
        [("journals", retention.journals_days), ("messages", retention.messages_days), ("cases", retention.cases_days)];
    let rules = rules.iter().filter_map(|(of, days)| days.map(|days| format!("{of} {days} days")));
    rules.collect::<Vec<_>>().join(", ")
}

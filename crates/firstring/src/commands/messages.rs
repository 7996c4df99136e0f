use anyhow::Context;
use domain::{CallId, MessageDraft, MessageId, Phi};
use serde::Serialize;
use store::MessageRow;

use super::records::Records;
use super::table::table;
use super::{print, print_json, runtime};
use crate::cli;

pub(super) fn run(args: &cli::Messages) -> anyhow::Result<()> {
    runtime(::call::Pace::RealTime)?.block_on(async {
        match args {
            cli::Messages::List(args) => {
                Records::open(&args.files).await?.used(async |records| list(records, args).await).await
            }
            cli::Messages::Show(args) => {
                Records::open(&args.files).await?.used(async |records| show(records, args).await).await
            }
        }
    })
}

/// A message as one JSON line.
#[derive(Serialize)]
struct Told<'a> {
    id: MessageId,
    call: CallId,
    saved_at: String,
    #[serde(flatten)]
    draft: &'a MessageDraft,
}

async fn list(records: &Records, args: &cli::ListMessages) -> anyhow::Result<()> {
    records.note("read", "messages".to_owned()).await?;
    let rows = records.store.latest_messages(&records.config.practice.id, args.last).await?;
    if args.json {
        return rows.iter().try_for_each(|row| print_json(&told(records, row)));
    }
    if rows.is_empty() {
        return print("no messages");
    }
    let cells = rows.iter().map(|MessageRow { id, saved_at, draft, .. }| {
        [
            id.to_string(),
            records.local(*saved_at),
            draft.urgency.to_string(),
            draft.intent.to_string(),
            draft.caller.to_string(),
            name(draft),
            number(draft),
            completeness(draft).to_owned(),
        ]
    });
    print(&table(["id", "saved", "urgency", "about", "from", "name", "number", ""], cells.collect()))
}

async fn show(records: &Records, args: &cli::ShowMessage) -> anyhow::Result<()> {
    records.note("read", format!("message {}", args.id)).await?;
    let rows = records.store.latest_messages(&records.config.practice.id, u32::MAX).await?;
    let row = rows.iter().find(|row| row.id == args.id);
    let row = row.with_context(|| format!("no message {}; `firstring messages list` names them", args.id))?;
    if args.json {
        return print_json(&told(records, row));
    }
    let draft = &row.draft;
    let later = rows.iter().find(|row| row.draft.continues == Some(args.id));
    let lines = [
        ("saved", records.local(row.saved_at)),
        ("call", row.call.to_string()),
        ("from", draft.caller.to_string()),
        ("about", draft.intent.to_string()),
        ("urgency", draft.urgency.to_string()),
        ("name", name(draft)),
        ("born", draft.date_of_birth.as_ref().map(|date| date.expose().to_string()).unwrap_or_default()),
        ("number", number(draft)),
        ("goes on from", draft.continues.map(|id| id.to_string()).unwrap_or_default()),
        ("goes on in", later.map(|row| row.id.to_string()).unwrap_or_default()),
    ];
    let lines = lines.into_iter().map(|(what, words)| (what.to_owned(), words));
    let fields = draft.fields.iter().map(|(field, words)| (field.label().replace('_', " "), words.expose().clone()));
    for (what, words) in lines.chain(fields).filter(|(_, words)| !words.is_empty()) {
        print(&format!("{what:13} {words}"))?;
    }
    print(&format!("\n{}", draft.text.expose()))?;
    if draft.complete { Ok(()) } else { print("(the caller hung up in the middle)") }
}

fn told<'a>(records: &Records, row: &'a MessageRow) -> Told<'a> {
    Told { id: row.id, call: row.call, saved_at: records.local(row.saved_at), draft: &row.draft }
}

fn name(draft: &MessageDraft) -> String {
    draft.name.as_ref().map(Phi::expose).cloned().unwrap_or_default()
}

fn number(draft: &MessageDraft) -> String {
    draft.callback.as_ref().map(|number| number.expose().as_str().to_owned()).unwrap_or_default()
}

fn completeness(draft: &MessageDraft) -> &'static str {
    match (draft.complete, draft.continues) {
        (true, None) => "",
        (true, Some(_)) => "goes on from another",
        (false, None) => "incomplete",
        (false, Some(_)) => "incomplete, goes on from another",
    }
}

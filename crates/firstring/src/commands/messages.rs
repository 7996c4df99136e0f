use anyhow::{Context, bail};
use domain::{CallId, Confirmation, Decode, MessageDraft, MessageId, Phi};
use jiff::Timestamp;
use serde::Serialize;
use store::{MessageRow, RedactionRow, StoreError};

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
            cli::Messages::Redact(args) => {
                Records::open(&args.files).await?.used(async |records| redact(records, args).await).await
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
    /// Since when its words are gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    redacted_at: Option<String>,
    /// How often the practice's system was told in vain.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_announced_tries: Option<u32>,
    #[serde(flatten)]
    draft: &'a MessageDraft,
}

async fn list(records: &Records, args: &cli::ListMessages) -> anyhow::Result<()> {
    records.note("read", "messages".to_owned()).await?;
    let rows = records.store.latest_messages(&records.config.practice.id, args.last).await?;
    let tries = records.store.unannounced_messages(&records.config.practice.id).await?;
    if args.json {
        return rows.iter().try_for_each(|row| print_json(&told(records, row, tries.get(&row.id).copied())));
    }
    if rows.is_empty() {
        return print("no messages");
    }
    let cells = rows.iter().map(|MessageRow { id, saved_at, draft, redacted_at, .. }| {
        [
            id.to_string(),
            records.local(*saved_at),
            draft.urgency.to_string(),
            draft.intent.to_string(),
            draft.caller.to_string(),
            name(draft),
            number(draft),
            standing(if redacted_at.is_some() { "redacted" } else { completeness(draft) }, tries.get(id).copied()),
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
        let tries = records.store.unannounced_messages(&row.practice).await?;
        return print_json(&told(records, row, tries.get(&row.id).copied()));
    }
    let draft = &row.draft;
    let later = rows.iter().find(|row| row.draft.continues == Some(args.id));
    let lines = [
        ("saved", records.local(row.saved_at)),
        ("call", row.call.to_string()),
        ("from", draft.caller.to_string()),
        ("about", draft.intent.to_string()),
        ("urgency", draft.urgency.to_string()),
        ("name", confirmed(name(draft), draft.confirmed.name)),
        ("born", confirmed(born(draft), draft.confirmed.date_of_birth)),
        ("number", confirmed(number(draft), draft.confirmed.callback)),
        ("was told", draft.promised.clone().unwrap_or_default()),
        ("goes on from", draft.continues.map(|id| id.to_string()).unwrap_or_default()),
        ("goes on in", later.map(|row| row.id.to_string()).unwrap_or_default()),
    ];
    let lines = lines.into_iter().map(|(what, words)| (what.to_owned(), words));
    let fields = draft.fields.iter().map(|(field, words)| (field.label().replace('_', " "), words.expose().clone()));
    for (what, words) in lines.chain(fields).filter(|(_, words)| !words.is_empty()) {
        print(&format!("{what:13} {words}"))?;
    }
    if let Some(redaction) = records.store.redaction_of(&row.practice, row.id).await? {
        let RedactionRow { at, by, why } = redaction;
        return print(&format!("\n(redacted at {} by {by}: {})", records.local(at), why.expose()));
    }
    print(&format!("\n{}", draft.text.expose()))?;
    if !draft.complete {
        print("(the caller hung up in the middle)")?;
    }
    for Decode { model, text, from, to, .. } in &draft.decodes {
        print(&format!("{from} - {to}  {model}: {}", text.expose()))?;
    }
    Ok(())
}

/// What a redaction did, as one JSON line.
#[derive(Serialize)]
struct Done {
    id: MessageId,
    /// Its journal still holds the words.
    call: CallId,
    redacted_at: String,
    /// It had been redacted before.
    before: bool,
}

async fn redact(records: &Records, args: &cli::RedactMessage) -> anyhow::Result<()> {
    let (practice, id) = (&records.config.practice.id, args.id);
    records.note("redacted", format!("message {id}")).await?;
    let done = match records.store.redact_message(practice, id, &args.by, &args.why, Timestamp::now()).await {
        Ok(done) => done,
        Err(StoreError::NotFound { .. }) => bail!("no message {id}; `firstring messages list` names them"),
        Err(why) => return Err(why.into()),
    };
    let done = Done { id, call: done.call, redacted_at: records.local(done.at), before: done.before };
    if args.json {
        return print_json(&done);
    }
    let when = if done.before { "had been redacted before, at" } else { "is redacted since" };
    print(&format!(
        "message {id} {when} {}; its words are still in the journal of call {} and in backups",
        done.redacted_at, done.call
    ))
}

fn told<'a>(records: &Records, row: &'a MessageRow, tries: Option<u32>) -> Told<'a> {
    Told {
        id: row.id,
        call: row.call,
        saved_at: records.local(row.saved_at),
        redacted_at: row.redacted_at.map(|at| records.local(at)),
        not_announced_tries: tries,
        draft: &row.draft,
    }
}

/// What is to be known of a message beside its fields; `tries` in vain to announce it.
fn standing(known: &str, tries: Option<u32>) -> String {
    let announced = tries.map(|tries| format!("not announced, tried {tries} times"));
    [Some(known.to_owned()), announced]
        .into_iter()
        .flatten()
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

fn name(draft: &MessageDraft) -> String {
    draft.name.as_ref().map(Phi::expose).cloned().unwrap_or_default()
}

fn born(draft: &MessageDraft) -> String {
    draft.date_of_birth.as_ref().map(|date| date.expose().to_string()).unwrap_or_default()
}

/// A value, and how it was confirmed.
fn confirmed(value: String, by: Option<Confirmation>) -> String {
    match by {
        Some(by) if !value.is_empty() => format!("{value} ({})", by.label().replace('_', " ")),
        Some(_) | None => value,
    }
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

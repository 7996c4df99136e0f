use std::io::{BufRead, IsTerminal};
use std::path::Path;

use anyhow::{Context, bail};
use jiff::Timestamp;
use serde::Serialize;
use store::{Added, PasswordHash, Secret, StoreError};

use super::records::Records;
use super::table::table;
use super::{print, print_json, runtime};
use crate::cli;

pub(super) fn run(args: &cli::Staff) -> anyhow::Result<()> {
    runtime(::call::Pace::RealTime)?.block_on(async {
        match args {
            cli::Staff::Add(args) => {
                let password = password(args.password_file.as_deref())?;
                let records = Records::open_or_make(&args.files).await?;
                records.used(async |records| add(records, &args.name, &password).await).await
            }
            cli::Staff::List(args) => {
                Records::open(&args.files).await?.used(async |records| list(records, args).await).await
            }
            cli::Staff::Disable(args) => {
                Records::open(&args.files).await?.used(async |records| disable(records, &args.name).await).await
            }
        }
    })
}

/// The hash of the first line; a password never stands on the command line, where other users see it.
fn password(file: Option<&Path>) -> anyhow::Result<PasswordHash> {
    let mut line = String::new();
    match file {
        Some(file) => {
            let text =
                std::fs::read_to_string(file).with_context(|| format!("the password file {}", file.display()))?;
            line.push_str(text.lines().next().unwrap_or_default());
        }
        None => {
            if std::io::stdin().is_terminal() {
                eprintln!("the password, which is shown while you type it:");
            }
            std::io::stdin().lock().read_line(&mut line).context("no password can be read from stdin")?;
        }
    }
    let password = Secret::new(line.trim_end_matches(['\r', '\n']));
    PasswordHash::of(&password).context("this password is not taken")
}

async fn add(records: &Records, name: &str, password: &PasswordHash) -> anyhow::Result<()> {
    let practice = &records.config.practice.id;
    records.note("added", format!("staff {name}")).await?;
    match records.store.add_staff(practice, name, password, Timestamp::now()).await? {
        Added::New => print(&format!("{name} may log in at {}/inbox", records.server.http.public_url())),
        Added::Again => print(&format!("{name} may log in again, with the new password")),
        Added::NameTaken => {
            bail!("there is a {name} already; `firstring staff disable` comes before a new password")
        }
    }
}

/// Somebody as one JSON line.
#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_at: Option<String>,
}

async fn list(records: &Records, args: &cli::ListStaff) -> anyhow::Result<()> {
    let rows = records.store.staff(&records.config.practice.id).await?;
    let listed = rows.iter().map(|row| Listed {
        name: &row.name,
        since: records.local(row.made_at),
        disabled_at: row.disabled_at.map(|at| records.local(at)),
    });
    if args.json {
        return listed.into_iter().try_for_each(|one| print_json(&one));
    }
    if rows.is_empty() {
        return print("nobody may log in to the inbox; `firstring staff add NAME` lets somebody");
    }
    let cells = listed.map(|one| [one.name.to_owned(), one.since, one.disabled_at.unwrap_or_default()]);
    print(&table(["name", "since", "disabled"], cells.collect()))
}

async fn disable(records: &Records, name: &str) -> anyhow::Result<()> {
    records.note("disabled", format!("staff {name}")).await?;
    let ended = match records.store.disable_staff(&records.config.practice.id, name, Timestamp::now()).await {
        Ok(ended) => ended,
        Err(StoreError::NotFound { .. }) => bail!("there is no {name}; `firstring staff list` names everybody"),
        Err(why) => return Err(why.into()),
    };
    print(&format!("{name} may log in no more; sessions ended: {ended}"))
}

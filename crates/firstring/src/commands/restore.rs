//! `firstring restore`: a backup in the place of the present database. Everything that can go wrong with a backup goes wrong while it
//! still lies under another name; what was there before is kept.

mod swap;

use std::path::{Path, PathBuf};

use anyhow::Context;
use jiff::Timestamp;
use serde::Serialize;
use store::{AuditEntry, Contents, OpenOptions, Secret, Store, StoreError};

use self::swap::swap_in;
use super::backup::files::{Partial, hashed};
use super::backup::keys::Keys;
use super::backup::manifest::{Ledger, Manifest};
use super::backup::{check_ledgers, server};
use super::records::user;
use super::{print, print_json, runtime};
use crate::cli;
use crate::config::Server;
use crate::wiring::{DATABASE, SoleServer, open_store};

pub(super) fn run(args: &cli::Restore) -> anyhow::Result<()> {
    let server = server(&args.files)?;
    let data = &server.data;
    let manifest = Manifest::beside(&args.from)?;
    let keys = match &args.key {
        Some(file) => Keys::read(file)?,
        None => Keys::of(data).context("give the backup's key with --key")?,
    };
    let _sole = SoleServer::of(data)?;
    runtime(::call::Pace::RealTime)?.block_on(async {
        let verified = verify(data, &keys, manifest.as_ref(), args).await?;
        let kept = if server.database.is_some() {
            fill(&server, &verified, &keys).await?;
            Vec::new()
        } else {
            swap_in(data, &verified.partial, &keys).await?
        };
        tell(args, data, manifest.as_ref(), &verified, &kept)
    })
}

/// Brings what was verified into the shared database, which must be empty, and looks at it there once more.
async fn fill(server: &Server, verified: &Verified, keys: &Keys) -> anyhow::Result<()> {
    let store = open_store(server).await?;
    let copy = Store::open_copy(&verified.partial.path, &keys.key).await?;
    let done = async {
        store.fill_from(&copy).await?;
        if let Some(link_key) = &keys.link_key {
            store.shared_key("links", link_key).await?;
        }
        let (there, here) = (store.examine(&[]).await?, &verified.contents);
        let told = |contents: &Contents| (Ledger::all(contents), contents.newest, contents.owed);
        anyhow::ensure!(
            told(&there) == told(here),
            "what was written is not what the backup holds; the database is not to be used"
        );
        anyhow::Ok(())
    };
    let done = done.await;
    copy.close().await;
    store.close().await;
    done.context("the database that [data] names")
}

/// A backup in the data directory, still under another name, that is whole and has the present schema.
struct Verified {
    partial: Partial,
    schema_was: i64,
    contents: Contents,
}

async fn verify(
    data: &Path,
    keys: &Keys,
    manifest: Option<&Manifest>,
    args: &cli::Restore,
) -> anyhow::Result<Verified> {
    let from = &args.from;
    let partial = Partial::beside(&data.join(DATABASE))?;
    let (bytes, sha256) = hashed(from, Some(&partial))?;
    let mut heads = Vec::new();
    if let Some(manifest) = manifest {
        manifest.check(from, bytes, &sha256)?;
        heads = manifest.heads()?;
    } else {
        tracing::warn!("nothing lies beside {} that tells of it; it is judged by itself alone", from.display());
    }
    let opens = || from.display().to_string();
    let copy = Store::open_copy(&partial.path, &keys.key).await.map_err(|why| named(why, &partial.path, from))?;
    let found = copy.examine(&heads).await;
    copy.close().await;
    let found = found.map_err(|why| named(why, &partial.path, from))?;
    check_ledgers(&found, args.flawed)?;

    let store = Store::open(&OpenOptions::new(&partial.path, keys.key.clone())).await.with_context(opens)?;
    let done = async {
        let contents = store.examine(&heads).await?;
        check_ledgers(&contents, args.flawed)?;
        let object = "database".to_owned();
        let entry = AuditEntry { at: Timestamp::now(), actor: user()?, action: "restored".to_owned(), object };
        store.audit(&entry).await?;
        anyhow::Ok(contents)
    };
    let contents = done.await;
    store.close().await;
    let contents = contents.with_context(opens)?;
    store::settle(&partial.path, &keys.key).await.with_context(opens)?;
    partial.sync()?;
    Ok(Verified { partial, schema_was: found.schema, contents })
}

/// Whoever reads the error knows the backup, not the name under which it lies now.
fn named(why: StoreError, partial: &Path, from: &Path) -> anyhow::Error {
    if let StoreError::Corrupt { what } = why {
        return anyhow::anyhow!("{} is damaged ({what}); take another copy of it, or another backup", from.display());
    }
    let told = why.to_string();
    let told = told.replace(&partial.display().to_string(), &from.display().to_string());
    if told.starts_with(&from.display().to_string()) {
        anyhow::anyhow!("{told}; the key is given with --key")
    } else {
        anyhow::anyhow!("{}: {told}", from.display())
    }
}

/// What was restored, as one JSON line.
#[derive(Serialize)]
struct Told<'a> {
    from: &'a Path,
    data: &'a Path,
    /// When the backup was made, if it tells.
    made_at: Option<Timestamp>,
    /// The last thing that had happened.
    holds_until: Option<Timestamp>,
    /// Before migrations ran.
    schema_was: i64,
    schema: i64,
    messages: u64,
    calls: u64,
    ledgers: Vec<Ledger>,
    /// What the next start does: calls to bring to an end, cases to page for, messages to tell.
    calls_owed: u64,
    cases_open: u64,
    notifications_due: u64,
    /// The present files of before, under their new names.
    kept: &'a [PathBuf],
}

fn tell(
    args: &cli::Restore,
    data: &Path,
    manifest: Option<&Manifest>,
    verified: &Verified,
    kept: &[PathBuf],
) -> anyhow::Result<()> {
    let Verified { schema_was, contents, .. } = verified;
    let rows = |table: &str| contents.rows.get(table).copied().unwrap_or_default();
    let told = Told {
        from: &args.from,
        data,
        made_at: manifest.map(|manifest| manifest.made_at),
        holds_until: contents.newest,
        schema_was: *schema_was,
        schema: contents.schema,
        messages: rows("message"),
        calls: rows("call"),
        ledgers: Ledger::all(contents),
        calls_owed: contents.owed.calls,
        cases_open: contents.owed.cases,
        notifications_due: contents.owed.notifications,
        kept,
    };
    if args.json {
        return print_json(&told);
    }
    let until =
        told.holds_until.map_or_else(|| "it is empty".to_owned(), |at| format!("it holds everything up to {at}"));
    print(&format!("{} is restored to {}: {until}", told.from.display(), data.display()))?;
    print(&format!("  {} messages, {} calls", told.messages, told.calls))?;
    for Ledger { practice, entries, head, sound } in &told.ledgers {
        let sound = if *sound { "sound" } else { "with flaws" };
        print(&format!(
            "  the ledger of {practice}: {sound}, {entries} entries, head {}",
            head.as_deref().unwrap_or("none")
        ))?;
    }
    if told.schema_was != told.schema {
        print(&format!("  brought from schema {} to {}", told.schema_was, told.schema))?;
    }
    let owed = (told.cases_open, told.notifications_due, told.calls_owed);
    if owed != (0, 0, 0) {
        print(&format!(
            "At its start the server takes up what was open then, even if it was done since: it pages for {} cases, tells of {} \
             messages, and brings {} calls to their end.",
            owed.0, owed.1, owed.2
        ))?;
    }
    kept.iter().try_for_each(|file| print(&format!("kept of before: {}", file.display())))
}

/// For [`swap`]: whether the database there opens after all.
async fn opens(database: &Path, key: &Secret) -> anyhow::Result<()> {
    let store = Store::open(&OpenOptions::new(database, key.clone())).await?;
    let answers = store.check().await;
    store.close().await;
    Ok(answers?)
}

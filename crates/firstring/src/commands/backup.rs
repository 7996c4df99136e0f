//! `firstring backup`: a copy of the encrypted database while the server works, verified before it counts as one.

pub(super) mod files;
pub(super) mod keys;
pub(super) mod manifest;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use jiff::Timestamp;
use serde::Serialize;
use store::{AuditEntry, Contents, OpenOptions, Store};

use self::files::{Partial, hashed, sync_directory};
use self::keys::{KEY, Keys};
use self::manifest::{Ledger, Manifest, PROGRAM};
use super::records::user;
use super::{print, print_json, runtime};
use crate::cli;
use crate::config::Server;
use crate::wiring::{DATABASE, load_or_make, open_store};

pub(super) fn run(args: &cli::Backup) -> anyhow::Result<()> {
    let server = server(&args.files)?;
    let data = &server.data;
    if server.database.is_none() && !data.join(DATABASE).exists() {
        bail!("there are no records in {}; give with --data the directory that `firstring serve` uses", data.display());
    }
    let places = Places::of(args, data)?;
    runtime(::call::Pace::RealTime)?.block_on(async {
        let (store, keys) = if server.database.is_some() {
            let store = open_store(&server).await?;
            // A node has no file of its own to keep locked; its backups are.
            load_or_make(&data.join(KEY))?;
            (store, Keys::of(data)?)
        } else {
            let keys = Keys::of(data)?;
            // Not migrated: a backup before an upgrade is one that the old version opens.
            let options = OpenOptions::new(data.join(DATABASE), keys.key.clone());
            let store = Store::open_unmigrated(&options).await.with_context(|| options.path.display().to_string())?;
            (store, keys)
        };
        let done = make(&store, &places, &keys, args).await;
        store.close().await;
        tell(data, &places, &done?, args)
    })
}

/// Where the records are; no practice is needed for it.
pub(super) fn server(files: &cli::Files) -> anyhow::Result<Server> {
    let mut over = files.overrides();
    over.practice.get_or_insert_default();
    let mut server = Server::load(files.config.as_deref(), over)?;
    server.data = std::path::absolute(&server.data).with_context(|| server.data.display().to_string())?;
    Ok(server)
}

/// Where everything is written.
struct Places {
    backup: PathBuf,
    keys: Option<PathBuf>,
}

impl Places {
    fn of(args: &cli::Backup, data: &Path) -> anyhow::Result<Self> {
        let data = data.canonicalize().with_context(|| data.display().to_string())?;
        let backup = in_real_directory(&args.to)?;
        if backup.starts_with(&data) {
            bail!("{} is in the data directory and would be lost with it; choose another place", backup.display());
        }
        for file in [backup.clone(), Manifest::path(&backup)] {
            if file.exists() && !args.replace {
                bail!("{} is there already; choose another name, or say --replace", file.display());
            }
        }
        let keys = args.key_to.as_deref().map(in_real_directory).transpose()?;
        if let Some(keys) = &keys {
            if keys.parent() == backup.parent() || keys.starts_with(&data) {
                bail!(
                    "{} would lie beside the backup or the database, for whoever finds them; choose another directory for the keys",
                    keys.display()
                );
            }
            if keys.exists() {
                bail!("{} is there already; choose another name for the keys", keys.display());
            }
        }
        Ok(Self { backup, keys })
    }
}

/// The path without links in its directory, so that places can be told from each other.
fn in_real_directory(file: &Path) -> anyhow::Result<PathBuf> {
    let file = std::path::absolute(file).with_context(|| file.display().to_string())?;
    let (Some(directory), Some(name)) = (file.parent(), file.file_name()) else {
        bail!("{} is no file; give the name of one", file.display());
    };
    if file.is_dir() {
        bail!("{} is a directory; give the name of a file in it", file.display());
    }
    let real =
        directory.canonicalize().with_context(|| format!("the directory {} is not there", directory.display()))?;
    Ok(real.join(name))
}

async fn make(store: &Store, places: &Places, keys: &Keys, args: &cli::Backup) -> anyhow::Result<Manifest> {
    let made_at = Timestamp::now();
    let entry = AuditEntry { at: made_at, actor: user()?, action: "copied".to_owned(), object: "database".to_owned() };
    store.audit(&entry).await.context("who copies cannot be written down, so nothing is copied")?;
    let heads = store.ledger_heads().await?;
    let backup = Partial::beside(&places.backup)?;
    store.copy_to(&backup.path, &keys.key).await.context("the database cannot be copied")?;
    backup.sync()?;

    let copy = Store::open_copy(&backup.path, &keys.key).await.context("the copy does not open")?;
    let contents = copy.examine(&heads).await;
    copy.close().await;
    let contents = contents.context("the copy was read again and is not whole")?;
    check_ledgers(&contents, args.flawed)?;
    let (bytes, sha256) = hashed(&backup.path, None)?;
    let manifest = Manifest {
        made_at,
        program: PROGRAM.to_owned(),
        schema: contents.schema,
        bytes,
        sha256,
        holds_until: contents.newest,
        ledgers: Ledger::all(&contents),
        rows: contents.rows,
    };
    let text = serde_json::to_string_pretty(&manifest)? + "\n";
    let beside = Partial::holding(&Manifest::path(&places.backup), &text)?;
    if let Some(to) = &places.keys {
        keys.written(to)?.put()?;
        sync_directory(to.parent().unwrap_or(to))?;
    }
    // A backup without its manifest can be restored; one beside the manifest of another cannot.
    if args.replace && Manifest::path(&places.backup).exists() {
        std::fs::remove_file(Manifest::path(&places.backup))?;
    }
    backup.put()?;
    beside.put()?;
    sync_directory(places.backup.parent().unwrap_or(&places.backup))?;
    Ok(manifest)
}

/// Every ledger is sound, or the flaws are accepted.
pub(super) fn check_ledgers(contents: &Contents, flawed: bool) -> anyhow::Result<()> {
    let unsound = contents.ledgers.iter().find(|(_, report)| !report.flaws.is_empty());
    match unsound {
        Some((practice, report)) if !flawed => bail!(
            "the ledger of {practice} has {} flaws, which `firstring ledger verify` names; look into them first, or say --flawed to \
             go on with what there is",
            report.flaws.len()
        ),
        Some(_) | None => Ok(()),
    }
}

/// What was made, as one JSON line.
#[derive(Serialize)]
struct Told<'a> {
    backup: &'a Path,
    /// Where the key lies without which the backup is noise.
    key: PathBuf,
    #[serde(flatten)]
    manifest: &'a Manifest,
}

fn tell(data: &Path, places: &Places, manifest: &Manifest, args: &cli::Backup) -> anyhow::Result<()> {
    let key = places.keys.clone().unwrap_or_else(|| data.join(KEY));
    if args.json {
        return print_json(&Told { backup: &places.backup, key, manifest });
    }
    print(&format!("{}\n  {} bytes, SHA-256 {}", places.backup.display(), manifest.bytes, manifest.sha256))?;
    if let Some(until) = manifest.holds_until {
        print(&format!("  holds everything up to {until}"))?;
    }
    for Ledger { practice, entries, head, sound } in &manifest.ledgers {
        let sound = if *sound { "sound" } else { "with flaws" };
        print(&format!(
            "  the ledger of {practice}: {sound}, {entries} entries, head {}",
            head.as_deref().unwrap_or("none")
        ))?;
    }
    print(&format!(
        "The key is not in it: it lies in {}, and without it the backup is noise that nobody can ever read.",
        key.display()
    ))
}

//! A practice's records in the hands of its staff. Who reads or changes what is told of patients is written down before it
//! is done.

use std::os::unix::fs::MetadataExt;

use anyhow::Context;
use jiff::civil::Date;
use jiff::{Timestamp, Zoned};
use store::{AuditEntry, Store};

use crate::cli;
use crate::config::{PracticeConfig, Server};
use crate::wiring::{DATABASE, open_store};

/// The records and whose they are.
pub(super) struct Records {
    pub(super) server: Server,
    pub(super) config: PracticeConfig,
    pub(super) store: Store,
}

impl Records {
    /// Those that are there.
    pub(super) async fn open(files: &cli::Files) -> anyhow::Result<Self> {
        let server = Server::load(files.config.as_deref(), files.overrides())?;
        if server.database.is_none() && !server.data.join(DATABASE).exists() {
            anyhow::bail!(
                "there are no records in {}; give with --data the directory that `firstring serve` uses",
                server.data.display()
            );
        }
        Self::of(server).await
    }

    /// The same; empty ones are made where there are none yet.
    pub(super) async fn open_or_make(files: &cli::Files) -> anyhow::Result<Self> {
        Self::of(Server::load(files.config.as_deref(), files.overrides())?).await
    }

    async fn of(server: Server) -> anyhow::Result<Self> {
        let config = PracticeConfig::load(&server.practice)?;
        let store = open_store(&server).await?;
        Ok(Self { server, config, store })
    }

    /// Does `work` and closes them. SQLCipher clears up when the process ends, and crashes where it is still closing a file.
    pub(super) async fn used<T>(self, work: impl AsyncFnOnce(&Self) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let done = work(&self).await;
        self.store.close().await;
        done
    }

    /// Writes down that this user does `action` to `object`; the time is the computer's, whatever `--now` says.
    pub(super) async fn note(&self, action: &str, object: String) -> anyhow::Result<()> {
        let entry = AuditEntry { at: Timestamp::now(), actor: user()?, action: action.to_owned(), object };
        self.store.audit(&entry).await.context("who reads cannot be written down, so nothing is shown")
    }

    /// RFC 3339 with the practice's offset at that time.
    pub(super) fn local(&self, at: Timestamp) -> String {
        at.display_with_offset(self.config.practice.zone.to_offset(at)).to_string()
    }

    /// What day it is at the practice.
    pub(super) fn day(&self, at: Timestamp) -> Date {
        self.config.practice.zone.to_datetime(at).date()
    }
}

/// The time, as the command line has it or else the computer.
pub(super) fn now(given: Option<&Zoned>) -> Timestamp {
    given.map_or_else(Timestamp::now, Zoned::timestamp)
}

/// Whom this process belongs to, by the operating system: no variable of the environment can pretend.
pub(super) fn user() -> anyhow::Result<String> {
    let uid = std::fs::metadata("/proc/self").context("whose process this is cannot be told; mount /proc")?.uid();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    });
    // Users of a directory service stand in no file.
    Ok(name.unwrap_or_else(|| format!("uid {uid}")))
}

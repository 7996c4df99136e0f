//! What lies beside a backup and tells of it. It holds nothing of a patient.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use domain::PracticeId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Contents, LedgerHead};

/// The version of this program.
pub(in crate::commands) const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// FILE.json.
#[derive(Serialize, Deserialize)]
pub(in crate::commands) struct Manifest {
    pub(in crate::commands) made_at: Timestamp,
    /// Which version of FirstRing made it.
    pub(in crate::commands) program: String,
    /// The database's newest migration.
    pub(in crate::commands) schema: i64,
    pub(in crate::commands) bytes: u64,
    pub(in crate::commands) sha256: String,
    /// The last thing that had happened.
    pub(in crate::commands) holds_until: Option<Timestamp>,
    /// By table.
    pub(in crate::commands) rows: BTreeMap<String, u64>,
    pub(in crate::commands) ledgers: Vec<Ledger>,
}

/// A practice's ledger.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::commands) struct Ledger {
    pub(in crate::commands) practice: PracticeId,
    pub(in crate::commands) entries: u64,
    /// As `firstring ledger verify --expect` takes it.
    pub(in crate::commands) head: Option<String>,
    pub(in crate::commands) sound: bool,
}

impl Ledger {
    pub(in crate::commands) fn all(contents: &Contents) -> Vec<Self> {
        let ledger = |(practice, report): &(PracticeId, store::LedgerReport)| Self {
            practice: practice.clone(),
            entries: report.entries,
            head: report.head.map(|head| head.to_string()),
            sound: report.flaws.is_empty(),
        };
        contents.ledgers.iter().map(ledger).collect()
    }
}

impl Manifest {
    /// Where that of a backup stands.
    pub(in crate::commands) fn path(backup: &Path) -> PathBuf {
        let mut name = OsString::from(backup);
        name.push(".json");
        name.into()
    }

    /// That of a backup; `None` if there is none.
    pub(in crate::commands) fn beside(backup: &Path) -> anyhow::Result<Option<Self>> {
        let path = Self::path(backup);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
            Err(why) => return Err(why).with_context(|| format!("{} cannot be read", path.display())),
        };
        let manifest = serde_json::from_str(&text).with_context(|| {
            format!("{} is not what `firstring backup` writes; bring it back or remove it", path.display())
        })?;
        Ok(Some(manifest))
    }

    /// Whether a file of this length and hash is the backup, and whether this program can restore it.
    pub(in crate::commands) fn check(&self, from: &Path, bytes: u64, sha256: &str) -> anyhow::Result<()> {
        let known = store::schema_known();
        if self.schema > known {
            bail!(
                "the backup was made by firstring {} with schema {}; this is firstring {PROGRAM}, which knows schemas up to {known}: \
                 restore it with that version or a later one",
                self.program,
                self.schema
            );
        }
        if self.bytes != bytes || self.sha256 != sha256 {
            bail!(
                "{} is not as it was made: {bytes} bytes with SHA-256 {sha256}, not {} bytes with {}; take another copy of it, or \
                 another backup",
                from.display(),
                self.bytes,
                self.sha256
            );
        }
        Ok(())
    }

    /// The heads that must stand in its ledgers.
    pub(in crate::commands) fn heads(&self) -> anyhow::Result<Vec<(PracticeId, LedgerHead)>> {
        let heads = self.ledgers.iter().filter_map(|ledger| Some((ledger.practice.clone(), ledger.head.as_deref()?)));
        heads.map(|(practice, head)| Ok((practice, head.parse()?))).collect()
    }
}

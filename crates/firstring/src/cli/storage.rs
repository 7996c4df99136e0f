//! The commands with which a practice's records are copied, brought back and kept small.

use std::path::PathBuf;

use clap::Args;
use jiff::Zoned;

use super::Files;

#[derive(Debug, Args)]
pub struct Backup {
    #[command(flatten)]
    pub files: Files,
    /// Where the copy is written, outside the data directory; beside it, FILE.json tells what it holds.
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    /// A backup that is there gives way, once the new one is verified.
    #[arg(long)]
    pub replace: bool,
    /// Also write the keys to another directory: whoever has them and a backup can read every word.
    #[arg(long, value_name = "FILE")]
    pub key_to: Option<PathBuf>,
    /// Keep the copy although a ledger has flaws; FILE.json says so.
    #[arg(long)]
    pub flawed: bool,
    /// One JSON line.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Restore {
    #[command(flatten)]
    pub files: Files,
    /// A copy that `firstring backup` wrote.
    #[arg(long, value_name = "FILE")]
    pub from: PathBuf,
    /// The keys that `firstring backup --key-to` wrote, or a file with the database's key alone [default: those in the data directory].
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Take it although a ledger in it has flaws.
    #[arg(long)]
    pub flawed: bool,
    /// One JSON line.
    #[arg(long)]
    pub json: bool,
}

/// Without a number of days nothing is removed.
#[derive(Debug, Args)]
pub struct Retention {
    #[command(flatten)]
    pub files: Files,
    /// Delete the journals of calls that ended longer ago.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub journals_days: Option<u32>,
    /// Redact messages that are older.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub messages_days: Option<u32>,
    /// Remove the words of cases that were closed longer ago.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub cases_days: Option<u32>,
    /// Only tell how much it would be.
    #[arg(long)]
    pub dry_run: bool,
    /// What time it is.
    #[arg(long, value_name = "RFC9557")]
    pub now: Option<Zoned>,
    /// One JSON line.
    #[arg(long)]
    pub json: bool,
}

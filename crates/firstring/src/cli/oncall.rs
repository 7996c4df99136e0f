//! The commands that tell who is on call.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Zoned;
use jiff::civil::Date;

use super::Files;

#[derive(Debug, Subcommand)]
pub enum OnCall {
    /// Who is paged first at a time, until when, and who next.
    Who(Who),
    /// When nobody is on call, or two who may not know of each other; exit code 1 if there is such a time.
    Gaps(Gaps),
    /// The rota as an iCalendar file (.ics) for other programs. Importing it again updates what was imported before.
    Export(Export),
}

#[derive(Debug, Args)]
pub struct Who {
    #[command(flatten)]
    pub files: Files,
    /// When: `2026-03-04T02:30`, by the practice's clock, or with an offset or zone [default: now].
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// For this line of service, by the id in the practice's file.
    #[arg(long, value_name = "ID", default_value = oncall::Rota::GENERAL)]
    pub line: String,
    /// One JSON line.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Gaps {
    #[command(flatten)]
    pub files: Files,
    /// So many days ahead.
    #[arg(long, value_name = "COUNT", default_value = "28", value_parser = clap::value_parser!(u16).range(1..=366))]
    pub days: u16,
    /// What time it is.
    #[arg(long, value_name = "RFC9557")]
    pub now: Option<Zoned>,
    /// One JSON line each.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    pub files: Files,
    /// Of this line of service, by the id in the practice's file.
    #[arg(long, value_name = "ID", default_value = oncall::Rota::GENERAL)]
    pub line: String,
    /// The first day [default: today].
    #[arg(long, value_name = "DATE")]
    pub from: Option<Date>,
    /// So many days.
    #[arg(long, value_name = "COUNT", default_value = "92", value_parser = clap::value_parser!(u16).range(1..=366))]
    pub days: u16,
    /// The file to write [default: stdout].
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// What time it is.
    #[arg(long, value_name = "RFC9557")]
    pub now: Option<Zoned>,
}

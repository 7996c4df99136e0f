use clap::{Args, Subcommand};
use domain::CallId;

use super::{Files, uuid};

#[derive(Debug, Subcommand)]
pub enum Calls {
    /// The latest calls, newest first: figures, and no word of anybody's.
    List(ListCalls),
    /// One call, every word of its summary.
    Show(ShowCall),
}

#[derive(Debug, Args)]
pub struct ListCalls {
    #[command(flatten)]
    pub files: Files,
    /// At most so many.
    #[arg(long, value_name = "COUNT", default_value = "100")]
    pub last: u32,
    /// One JSON line a call.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ShowCall {
    #[command(flatten)]
    pub files: Files,
    /// Which, as `firstring calls list` names it.
    #[arg(value_parser = uuid::<CallId>)]
    pub id: CallId,
    /// One JSON line.
    #[arg(long)]
    pub json: bool,
}

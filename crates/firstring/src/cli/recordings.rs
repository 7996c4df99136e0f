//! The commands for the recordings of calls.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use domain::CallId;

use super::{Files, uuid};

#[derive(Debug, Subcommand)]
pub enum Recordings {
    /// All recordings, newest first.
    List(ListRecordings),
    /// Decrypt one into a WAV file: the caller left, FirstRing right. Who does it is written down.
    Export(ExportRecording),
    /// Delete one, for ever. Who does it is written down.
    Delete(DeleteRecording),
}

#[derive(Debug, Args)]
pub struct ListRecordings {
    #[command(flatten)]
    pub files: Files,
    /// One JSON line a recording.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ExportRecording {
    #[command(flatten)]
    pub files: Files,
    /// Of which call, as `firstring recordings list` names it.
    #[arg(value_parser = uuid::<CallId>)]
    pub call: CallId,
    /// Where it is written; what lies there is replaced. It is not encrypted.
    #[arg(long, value_name = "F.wav")]
    pub out: PathBuf,
    /// One JSON line.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct DeleteRecording {
    #[command(flatten)]
    pub files: Files,
    /// Of which call, as `firstring recordings list` names it.
    #[arg(value_parser = uuid::<CallId>)]
    pub call: CallId,
    /// One JSON line.
    #[arg(long)]
    pub json: bool,
}

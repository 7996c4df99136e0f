//! The commands that say who of a practice reads its messages.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Files;

#[derive(Debug, Subcommand)]
pub enum Staff {
    /// Let somebody log in to the inbox.
    Add(AddStaff),
    /// Who may log in, and who could once.
    List(ListStaff),
    /// Let somebody log in no more, and log them out at once.
    Disable(DisableStaff),
}

#[derive(Debug, Args)]
pub struct AddStaff {
    #[command(flatten)]
    pub files: Files,
    /// Who: the name to log in with, which stands beside everything that they read.
    #[arg(value_parser = name)]
    pub name: String,
    /// A file whose first line is the password [default: the first line of stdin].
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ListStaff {
    #[command(flatten)]
    pub files: Files,
    /// One JSON line each.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct DisableStaff {
    #[command(flatten)]
    pub files: Files,
    /// Who, as `firstring staff list` names them.
    #[arg(value_parser = name)]
    pub name: String,
}

fn name(written: &str) -> Result<String, String> {
    let name = written.trim();
    if name.is_empty() || name.contains(char::is_control) || name.chars().count() > web::NAME_CHARS_MAX {
        return Err(format!("a name has 1 to {} characters, all of them printable", web::NAME_CHARS_MAX));
    }
    Ok(name.to_owned())
}

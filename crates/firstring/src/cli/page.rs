//! The commands that page.

use clap::{Args, Subcommand};

use super::Files;

#[derive(Debug, Subcommand)]
pub enum Page {
    /// Send a page that is marked as a test to everybody who can be paged, in each of their ways; exit code 1 if one is not taken.
    Test(PageTest),
}

#[derive(Debug, Args)]
pub struct PageTest {
    #[command(flatten)]
    pub files: Files,
    /// To nobody else, by the id in the practice's file; `desk` for the front desk.
    #[arg(long, value_name = "ID")]
    pub to: Option<String>,
    /// One JSON line a page.
    #[arg(long)]
    pub json: bool,
}

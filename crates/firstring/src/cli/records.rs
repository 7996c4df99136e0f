//! The commands with which a practice's staff look at its records.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use domain::{AppointmentTypeId, MessageId, Phi, ProviderId, WaitingId};
use jiff::Zoned;
use jiff::civil::Date;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};
use store::LedgerHead;

use super::Files;

#[derive(Debug, Subcommand)]
pub enum Appointments {
    /// What stands in the book, cancelled appointments included.
    List(ListAppointments),
    /// What is free, whoever comes.
    Slots(Slots),
    /// Who waits for an opening, who has waited longest first; and what staff have agreed on with them.
    Waiting(Waiting),
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Waiting {
    #[command(subcommand)]
    pub answer: Option<WaitingAnswer>,
    #[command(flatten)]
    pub files: Files,
    /// One JSON line for each who waits.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum WaitingAnswer {
    /// The patient takes what they are offered: it is booked, or what they have is moved.
    Book(AnswerOffer),
    /// The patient does not want that time and waits on: the next is offered it.
    Decline(AnswerOffer),
    /// The patient waits no more.
    Remove(RemoveWaiting),
}

#[derive(Debug, Args)]
pub struct AnswerOffer {
    #[command(flatten)]
    pub files: Files,
    /// Which: its four digits or its id, as `firstring appointments waiting` shows them.
    pub offer: String,
}

#[derive(Debug, Args)]
pub struct RemoveWaiting {
    #[command(flatten)]
    pub files: Files,
    /// Whose place, as `firstring appointments waiting` names it.
    #[arg(value_parser = uuid::<WaitingId>)]
    pub id: WaitingId,
}

/// Days by the practice's clock.
#[derive(Debug, Args)]
pub struct Days {
    /// The first day [default: today].
    #[arg(long, value_name = "DATE")]
    pub from: Option<Date>,
    /// The last day [default: six days later].
    #[arg(long, value_name = "DATE")]
    pub to: Option<Date>,
    /// What time it is.
    #[arg(long, value_name = "RFC9557")]
    pub now: Option<Zoned>,
}

#[derive(Debug, Args)]
pub struct ListAppointments {
    #[command(flatten)]
    pub files: Files,
    #[command(flatten)]
    pub days: Days,
    /// With this provider only, by the id in the practice's file.
    #[arg(long, value_name = "ID")]
    pub provider: Option<ProviderId>,
    /// One JSON line an appointment.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Slots {
    #[command(flatten)]
    pub files: Files,
    /// For what, by the id in the practice's file.
    #[arg(long = "type", value_name = "ID")]
    pub kind: AppointmentTypeId,
    #[command(flatten)]
    pub days: Days,
    /// One JSON line an opening.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Messages {
    /// The latest messages, newest first.
    List(ListMessages),
    /// One message, every word of it.
    Show(ShowMessage),
    /// Remove the words of a message, for ever; that there was one stays, with who removed them and why.
    Redact(RedactMessage),
}

#[derive(Debug, Args)]
pub struct ListMessages {
    #[command(flatten)]
    pub files: Files,
    /// At most so many.
    #[arg(long, value_name = "COUNT", default_value = "100")]
    pub last: u32,
    /// One JSON line a message.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ShowMessage {
    #[command(flatten)]
    pub files: Files,
    /// Which, as `firstring messages list` names it.
    #[arg(value_parser = uuid::<MessageId>)]
    pub id: MessageId,
    /// One JSON line.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct RedactMessage {
    #[command(flatten)]
    pub files: Files,
    /// Which, as `firstring messages list` names it.
    #[arg(value_parser = uuid::<MessageId>)]
    pub id: MessageId,
    /// Who decides it, by name.
    #[arg(long, value_name = "NAME", value_parser = something)]
    pub by: String,
    /// Why, in words that are none of the patient's: they stay.
    #[arg(long, value_name = "TEXT", value_parser = |text: &str| something(text).map(Phi::new))]
    pub why: Phi<String>,
    /// One JSON line.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Ledger {
    /// Read all of it and compare it with itself and with the messages; exit code 1 if anything was changed or is missing.
    Verify(VerifyLedger),
}

#[derive(Debug, Args)]
pub struct VerifyLedger {
    #[command(flatten)]
    pub files: Files,
    /// A head that this command printed before: whether everything up to it is as it was then.
    #[arg(long, value_name = "SEQ:HASH")]
    pub expect: Option<LedgerHead>,
    /// One JSON line.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Patients {
    /// Take over records, all or none: columns id,name,date_of_birth,numbers,own_provider.
    Import(ImportPatients),
    /// All of them, by name.
    List(ListPatients),
}

#[derive(Debug, Args)]
pub struct ImportPatients {
    #[command(flatten)]
    pub files: Files,
    /// The records (CSV).
    #[arg(value_name = "FILE.csv")]
    pub file: PathBuf,
}

#[derive(Debug, Args)]
pub struct ListPatients {
    #[command(flatten)]
    pub files: Files,
    /// One JSON line a patient.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Replay {
    #[command(flatten)]
    pub files: Files,
    /// A journal.jsonl that `firstring call` wrote, or the id of a call that the server has answered.
    #[arg(value_name = "JOURNAL|CALL")]
    pub journal: String,
}

/// What has to be told: not nothing.
fn something(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Err("it must not be empty".to_owned()) } else { Ok(text.to_owned()) }
}

/// An id that FirstRing has made.
pub fn uuid<T: for<'de> Deserialize<'de>>(written: &str) -> Result<T, String> {
    let text: StrDeserializer<'_, Error> = written.into_deserializer();
    T::deserialize(text).map_err(|_| "not an id; it looks like 01937b0c-5f2e-7c3a-9d41-2b8e6f0a1c55".to_owned())
}

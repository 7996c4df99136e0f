//! One file a command.

mod answering;
mod appointments;
mod backup;
mod call;
mod calls;
mod check_config;
mod demo;
mod eval;
mod hear;
mod ledger;
mod messages;
mod models;
mod oncall;
mod page;
mod patients;
mod read;
mod recordings;
mod records;
mod replay;
mod restore;
mod retention;
mod say;
mod serve;
mod staff;
mod table;
#[cfg(feature = "microphone")]
mod talk;
mod version;

use std::io::Write;

use serde::Serialize;

use crate::cli::{Cli, Command};

/// What was asked for cannot be done by any input: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// Does what the command line says.
pub fn run(cli: Cli) -> anyhow::Result<()> {
    let Some(command) = cli.command else {
        return version::run(cli.json);
    };
    match command {
        Command::Serve(args) => serve::run(&args),
        Command::Call(args) => call::run(&args),
        #[cfg(feature = "microphone")]
        Command::Talk(args) => talk::run(&args),
        Command::Hear(args) => hear::run(&args),
        Command::Read(args) => read::run(&args),
        Command::Say(args) => say::run(&args),
        Command::Models(args) => models::run(&args),
        Command::CheckConfig(args) => check_config::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Appointments(args) => appointments::run(&args),
        Command::Calls(args) => calls::run(&args),
        Command::Messages(args) => messages::run(&args),
        Command::Recordings(args) => recordings::run(&args),
        Command::Ledger(args) => ledger::run(&args),
        Command::Backup(args) => backup::run(&args),
        Command::Restore(args) => restore::run(&args),
        Command::Retention(args) => retention::run(&args),
        Command::Patients(args) => patients::run(&args),
        Command::Staff(args) => staff::run(&args),
        Command::Oncall(args) => oncall::run(&args),
        Command::Page(args) => page::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Eval(args) => eval::run(&args),
    }
}

/// One line of stdout.
pub fn print(line: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()?;
    Ok(())
}

/// One JSON line of stdout.
pub fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(&serde_json::to_string(value)?)
}

/// A runtime for one recorded call: in real time, or in a clock that jumps while nothing is left to do.
pub fn runtime(pace: ::call::Pace) -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(match pace {
        ::call::Pace::RealTime => tokio::runtime::Builder::new_multi_thread().enable_all().build()?,
        ::call::Pace::Virtual => {
            tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?
        }
    })
}

/// Returns when this process is told to end, by a signal.
pub async fn told_to_stop() {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .expect("the operating system gives signals");
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.expect("the operating system gives signals"),
        _ = terminate.recv() => {}
    }
}

/// A recording as 16 kHz mono.
pub fn recording(file: &std::path::Path) -> anyhow::Result<Vec<f32>> {
    Ok(audio::wav::read(file)?.to_pcm::<16_000>().into_samples())
}

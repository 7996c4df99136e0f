//! FirstRing: a speech-AI receptionist for medical practices, on the practice's own server.

mod cli;
mod commands;
mod config;
mod web_site;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    rustls::crypto::ring::default_provider()
        .install_default()
        .expect("nothing has installed a provider before the first line of main");
    log_to_stderr();
    match commands::run(cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("firstring: {error:#}");
            ExitCode::from(if error.is::<commands::Usage>() { 2 } else { 1 })
        }
    }
}

/// Logs go to stderr, so that stdout holds JSON lines only. `RUST_LOG` chooses what is told. tts-rs would warn with the
/// very words that it cannot pronounce: it is kept to errors.
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,firstring=info,call=info,office=info,tts_rs=error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

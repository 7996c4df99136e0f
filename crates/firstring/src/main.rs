//! FirstRing: a speech-AI receptionist for medical practices, on the practice's own server.

use std::io::Write;

use clap::Parser;
use firstring::{cli, commands};
use tracing::Level;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

fn main() -> ! {
    one_thread_for_the_model();
    std::panic::set_hook(Box::new(tell_where));
    rustls::crypto::ring::default_provider()
        .install_default()
        .expect("nothing has installed a provider before the first line of main");
    log_to_stderr();
    let mut status = match commands::run(cli::Cli::parse()) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("firstring: {error:#}");
            if error.is::<commands::Usage>() { 2 } else { 1 }
        }
    };
    if let Err(error) = std::io::stdout().flush() {
        eprintln!("firstring: cannot write the rest of the output: {error}");
        status = 1;
    }
    // A model may be at work on words of a call that is over: nobody waits for it.
    store::leave(status)
}

/// Where a panic was, and never its message: a message may quote what a patient said.
fn tell_where(panic: &std::panic::PanicHookInfo<'_>) {
    let at = panic.location().map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
    eprintln!("firstring: a thread panicked{at}");
}

/// candle's threads wait for each other by spinning: beside a busy recogniser two of them are slower than one. Its
/// number of threads can be set in no other way.
#[allow(unsafe_code)]
fn one_thread_for_the_model() {
    for name in ["CANDLE_NUM_THREADS", "RAYON_NUM_THREADS"] {
        if std::env::var_os(name).is_none() {
            // SAFETY: called first in main, while this is the only thread of the process.
            unsafe { std::env::set_var(name, "1") };
        }
    }
}

/// Logs go to stderr, so that stdout holds JSON lines only. `RUST_LOG` chooses what is told. tts-rs would warn with the
/// very words that it cannot pronounce; rsipstack and tungstenite tell whole messages, with the callers' numbers. All are kept to errors.
fn log_to_stderr() {
    let chosen = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("warn,firstring=info,call=info,office=info,transport=info"));
    let is_silent = |target: &str| {
        ["tts_rs", "rsipstack", "tungstenite", "tokio_tungstenite"].iter().any(|name| target.starts_with(name))
    };
    // Not a directive: one for a module of theirs would be stronger.
    let wordless = filter_fn(move |event| *event.level() == Level::ERROR || !is_silent(event.target()));
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(chosen.and(wordless));
    tracing_subscriber::registry().with(layer).init();
}

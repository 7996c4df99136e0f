//! Other programs, run to their end: found, watched, and their complaints sorted by what the user can do.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use crate::ModelsError;

/// How often a running client's progress is looked at.
const WATCH_MS: u64 = 100;
/// How much of a client's last word is shown.
const SAID_CHARS: usize = 200;

/// What clients print when the network, not the request, is the trouble.
const OFFLINE_SIGNS: [&str; 12] = [
    "NewConnectionError",
    "ConnectTimeout",
    "ReadTimeout",
    "Connection refused",
    "Connection broken",
    "Temporary failure in name resolution",
    "Name or service not known",
    "Network is unreachable",
    "ENOTFOUND",
    "ECONNREFUSED",
    "ETIMEDOUT",
    "EAI_AGAIN",
];
const FULL_SIGNS: [&str; 2] = ["No space left on device", "ENOSPC"];
/// curl's exit codes for the same: cannot resolve, cannot connect, partial file, time-out, TLS, send, receive.
const CURL_OFFLINE: [i32; 8] = [5, 6, 7, 18, 28, 35, 55, 56];
/// curl's exit code for a write that failed.
const CURL_WRITE_FAILED: i32 = 23;

/// Where programs are found.
#[derive(Clone, Debug, Default)]
pub struct Clients {
    /// Replaces `PATH` for the programs that are run; `None` leaves it.
    pub search_path: Option<OsString>,
}

/// A program, and the Debian package that has it.
#[derive(Clone, Copy)]
pub(crate) enum Program {
    Pip,
    Npm,
    Curl,
    Tar,
    Df,
}

impl Program {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pip => "pip",
            Self::Npm => "npm",
            Self::Curl => "curl",
            Self::Tar => "tar",
            Self::Df => "df",
        }
    }

    fn debian(self) -> &'static str {
        match self {
            Self::Pip => "python3-pip",
            Self::Npm => "npm",
            Self::Curl => "curl",
            Self::Tar => "tar",
            Self::Df => "coreutils",
        }
    }
}

impl Clients {
    /// The program, not yet started, with nothing to read from.
    pub(crate) fn command(&self, program: Program) -> Command {
        let mut command = Command::new(program.name());
        command.stdin(Stdio::null());
        if let Some(path) = &self.search_path {
            command.env("PATH", path);
        }
        command
    }
}

/// Runs a client to its end, calling `watch` now and then. `what` is what it fetches; `work` is where it may write.
pub(crate) fn run(
    program: Program,
    mut command: Command,
    what: &str,
    work: &Path,
    mut watch: impl FnMut(),
) -> Result<(), ModelsError> {
    // A file, because a pipe that nobody empties while we watch would stop the client.
    let log = work.join("client.log");
    let stderr = File::create(&log).map_err(ModelsError::io(&log))?;
    let started = command.stdout(Stdio::null()).stderr(stderr).spawn();
    let mut child = started.map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            ModelsError::ClientMissing { program: program.name(), debian: program.debian(), what: what.to_owned() }
        } else {
            ModelsError::io(Path::new(program.name()))(error)
        }
    })?;
    let status = loop {
        match child.try_wait().map_err(ModelsError::io(Path::new(program.name())))? {
            Some(status) => break status,
            None => thread::sleep(Duration::from_millis(WATCH_MS)),
        }
        watch();
    };
    if status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&fs::read(&log).map_err(ModelsError::io(&log))?).into_owned();
    Err(complaint(program, what, work, status, &said))
}

fn complaint(program: Program, what: &str, work: &Path, status: ExitStatus, log: &str) -> ModelsError {
    let has = |signs: &[&str]| signs.iter().any(|sign| log.contains(sign));
    let curl =
        |codes: &[i32]| matches!(program, Program::Curl) && status.code().is_some_and(|code| codes.contains(&code));
    let (program, what, said) = (program.name(), what.to_owned(), last_word(log, status));
    if has(&FULL_SIGNS) || curl(&[CURL_WRITE_FAILED]) {
        ModelsError::NoSpace { dir: work.to_owned(), needed_bytes: None, free_bytes: None }
    } else if has(&OFFLINE_SIGNS) || curl(&CURL_OFFLINE) {
        ModelsError::Offline { program, what, said }
    } else {
        ModelsError::Refused { program, what, said }
    }
}

/// The last line that says something, shortened; the exit status where there is none.
fn last_word(log: &str, status: ExitStatus) -> String {
    let line = log.lines().rev().map(str::trim).find(|line| !line.is_empty());
    line.map_or_else(|| status.to_string(), |line| line.chars().take(SAID_CHARS).collect())
}

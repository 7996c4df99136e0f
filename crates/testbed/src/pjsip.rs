//! PJSIP, a telephone that says what it received: its own count of loss and jitter (`eval/fixtures/pjsip/caller.py`).

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;
use tokio::time::timeout;

use crate::tool;

const CALLER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../eval/fixtures/pjsip/caller.py");
/// It is on the line for twelve seconds.
const ENDS_WITHIN: Duration = Duration::from_secs(90);

/// Makes one call, in which it says what is in `spoken` (a WAV at 8 kHz), presses 5, holds, resumes and hangs up, and writes what it
/// heard to the WAV `heard`. Gives what it tells of the call; `caller.py` says what that is.
///
/// # Panics
/// If `make setup` has not installed it, or the call does not go so.
pub async fn pjsip_calls(address: &str, spoken: &Path, heard: &Path) -> Value {
    let output = Command::new(tool("pjsip", "pjsip/requirements.txt").join("bin/python"))
        .arg(CALLER)
        .arg(address)
        .args([spoken, heard])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = timeout(ENDS_WITHIN, output).await.expect("the call ends").expect("Python starts");
    let (told, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let told = told.lines().last().and_then(|line| serde_json::from_str(line).ok());
    told.unwrap_or_else(|| panic!("the call goes otherwise:\n{log}"))
}

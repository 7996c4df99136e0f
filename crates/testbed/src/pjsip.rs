//! PJSIP, a telephone that says what it received: its own count of loss and jitter (`eval/fixtures/pjsip/caller.py`), and one that does
//! what it is told, transfers too (`party.py`).

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::tool;

const CALLER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../eval/fixtures/pjsip/caller.py");
const PARTY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../eval/fixtures/pjsip/party.py");
const READY_WITHIN: Duration = Duration::from_secs(20);
/// It is on the line for twelve seconds.
const ENDS_WITHIN: Duration = Duration::from_secs(90);

/// Makes one call, in which it says what is in `spoken` (a WAV at 8 kHz), presses 5, holds, resumes and hangs up, and writes what it
/// heard to the WAV `heard`. Gives what it tells of the call; `caller.py` says what that is.
///
/// # Panics
/// If `make setup` has not installed it, or the call does not go so.
pub async fn pjsip_calls(address: &str, spoken: &Path, heard: &Path) -> Value {
    let output =
        python().arg(CALLER).arg(address).args([spoken, heard]).stdin(Stdio::null()).kill_on_drop(true).output();
    let output = timeout(ENDS_WITHIN, output).await.expect("the call ends").expect("Python starts");
    let (told, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let told = told.lines().last().and_then(|line| serde_json::from_str(line).ok());
    told.unwrap_or_else(|| panic!("the call goes otherwise:\n{log}"))
}

fn python() -> Command {
    Command::new(tool("pjsip", "pjsip/requirements.txt").join("bin/python"))
}

/// A telephone that picks up and obeys REFER, until it is dropped.
#[derive(Debug)]
pub struct Party {
    process: Child,
    orders: Option<ChildStdin>,
    news: Lines<BufReader<ChildStdout>>,
    dir: TempDir,
    /// Where it is called: `sip:NAME@127.0.0.1:PORT`.
    pub address: String,
}

impl Party {
    /// Starts one that says what is in `spoken` (a WAV at 8 kHz) in each of its calls.
    ///
    /// # Panics
    /// If `make setup` has not installed it, or it does not start.
    pub async fn start(name: &str, spoken: &Path) -> Self {
        let dir = TempDir::new().expect("a folder");
        let mut process = python()
            .arg(PARTY)
            .arg(name)
            .arg(spoken)
            .arg(dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("Python starts");
        let orders = process.stdin.take();
        let news = BufReader::new(process.stdout.take().expect("it is piped")).lines();
        let mut party = Self { process, orders, news, dir, address: String::new() };
        let told = party.happens(READY_WITHIN, |news| news["address"].is_string()).await;
        told["address"].as_str().expect("it is text").clone_into(&mut party.address);
        party
    }

    /// Orders something; `party.py` says what there is.
    ///
    /// # Panics
    /// If it is gone.
    pub async fn order(&mut self, order: &str) {
        let orders = self.orders.as_mut().expect("open until it is ended");
        orders.write_all(format!("{order}\n").as_bytes()).await.expect("it is there");
    }

    /// Waits until it tells of this.
    ///
    /// # Panics
    /// If it does not within that time.
    pub async fn happens(&mut self, within: Duration, is_it: impl Fn(&Value) -> bool) -> Value {
        let mut before = Vec::new();
        let wait = async {
            while let Some(line) = self.news.next_line().await.expect("it can be read") {
                let Ok(news) = serde_json::from_str::<Value>(&line) else { continue };
                if is_it(&news) {
                    return Some(news);
                }
                before.push(news);
            }
            None
        };
        timeout(within, wait).await.ok().flatten().unwrap_or_else(|| panic!("it does not happen, but {before:?}"))
    }

    /// Ends it, and gives what it heard in its calls, nine at most: a WAV each.
    ///
    /// # Panics
    /// If it does not end.
    pub async fn heard(mut self) -> (TempDir, Vec<PathBuf>) {
        drop(self.orders.take());
        self.happens(ENDS_WITHIN, |news| news["ended"] == true).await;
        self.process.wait().await.expect("it ends");
        let mut files: Vec<_> =
            std::fs::read_dir(self.dir.path()).expect("its folder").map(|file| file.expect("a file").path()).collect();
        files.sort();
        (self.dir, files)
    }
}

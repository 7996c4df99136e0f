//! sipp, any number of callers at once: each plays recorded packets and hangs up (`eval/fixtures/telephony/caller.xml`).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::timeout;

use crate::{free_port, is_root};

const SCENARIO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../eval/fixtures/telephony/caller.xml");
/// The speech that it plays.
const SPEECH: &str = "/usr/share/sip-tester/g711a.pcap";
/// Beyond what the calls themselves take.
const PATIENCE: Duration = Duration::from_secs(120);
/// A PCAP file has a header, and each of its packets one with four words of which the third is its length.
const PCAP_HEADER: usize = 24;
const PCAP_PACKET_HEADER: usize = 16;

/// Callers.
#[derive(Clone, Copy, Debug)]
pub struct Sipp {
    /// Whom they call.
    pub to: SocketAddr,
    /// How many calls, all in all.
    pub calls: u32,
    /// How many begin each second.
    pub per_second: u32,
    /// How long each speaks, before it presses a key and hangs up 1.5 s later. 4.8 s are recorded.
    pub speaks: Duration,
    /// The port at which the first call hears; each further call hears four ports further. sipp itself keeps the first, and listens to none.
    pub hears_at: u16,
}

/// What became of the calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Called {
    /// Answered, and ended as the scenario says.
    pub successful: u64,
    /// All others.
    pub failed: u64,
    /// SIP messages that were sent again.
    pub retransmitted: u64,
}

impl Sipp {
    /// Whether it can send recorded packets, which Linux lets root do; says so aloud where it cannot.
    #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
    pub fn is_allowed() -> bool {
        if !is_root() {
            eprintln!("SKIPPED: sipp plays packets for root only");
        }
        is_root()
    }

    /// How many packets of speech each call sends that is not shorter than the recording. The key comes from a source of its own.
    ///
    /// # Panics
    /// If Debian's package `sip-tester` is missing.
    pub fn packets() -> u64 {
        packets_of(&std::fs::read(SPEECH).expect("`make setup` installs sip-tester"))
    }

    /// Calls, until the last call has ended.
    ///
    /// # Panics
    /// If sipp is missing, or does not end.
    pub async fn run(&self) -> Called {
        let dir = TempDir::new().expect("a folder");
        let figures = dir.path().join("figures.csv");
        let port = free_port();
        let output = Command::new("sipp")
            .arg(self.to.to_string())
            .args(["-sf", SCENARIO, "-i", "127.0.0.1", "-mi", "127.0.0.1", "-s", "clinic", "-nostdin"])
            .args(["-p", &port.to_string(), "-mp", &self.hears_at.to_string()])
            .args(["-m", &self.calls.to_string(), "-l", &self.calls.to_string(), "-r", &self.per_second.to_string()])
            .args(["-d", &self.speaks.as_millis().to_string(), "-trace_stat", "-fd", "1", "-trace_err"])
            .arg("-stf")
            .arg(&figures)
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let takes = self.speaks + Duration::from_secs(u64::from(self.calls / self.per_second.max(1)));
        timeout(takes + PATIENCE, output).await.expect("sipp ends").expect("sipp is missing: `make setup` installs it");
        called(&figures)
    }
}

/// The last line of its figures.
fn called(figures: &Path) -> Called {
    let text = std::fs::read_to_string(figures).expect("sipp has written its figures");
    let mut lines = text.lines();
    let names = lines.next().unwrap_or_default().split(';');
    let last: BTreeMap<&str, &str> = names.zip(lines.last().unwrap_or_default().split(';')).collect();
    let figure = |name: &str| last.get(name).and_then(|value| value.parse().ok()).expect("sipp has counted");
    Called {
        successful: figure("SuccessfulCall(C)"),
        failed: figure("FailedCall(C)"),
        retransmitted: figure("Retransmissions(C)"),
    }
}

fn packets_of(pcap: &[u8]) -> u64 {
    let mut rest = pcap.get(PCAP_HEADER..).unwrap_or_default();
    let mut count = 0;
    while let Some(len) = rest.get(8..12).and_then(|len| len.first_chunk::<4>()) {
        rest = rest.get(PCAP_PACKET_HEADER + u32::from_le_bytes(*len) as usize..).unwrap_or_default();
        count += 1;
    }
    count
}

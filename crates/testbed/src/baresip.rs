//! baresip, a telephone without a sound card: its microphone is a WAV, and it records what it hears.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::free_port;

const CONFIG: &str = include_str!("../../../eval/fixtures/telephony/baresip.config");
const READY_WITHIN: Duration = Duration::from_secs(20);
/// A WAV of this length holds nothing.
const WAV_HEADER: u64 = 44;
/// One telephone has so many ports for sound.
const RTP_PORTS: u16 = 20;

/// What a telephone is like.
#[derive(Clone, Debug)]
pub struct Phone {
    /// The user part of its address.
    pub name: String,
    /// What is said into it; the call ends at its end.
    pub wav: PathBuf,
    /// The rate of `wav`, which must be the codec's: 8000 for G.711, 16,000 for G.722, 48,000 for Opus.
    pub hz: u32,
    /// As baresip writes it: `pcmu`, `pcma`, `G722/16000/1`, `opus/48000/2`.
    pub codec: String,
    /// Whether it picks up by itself.
    pub answers: bool,
    /// Parameters of its own address, such as `;transport=tls`.
    pub uri: String,
    /// Further parameters of its account, such as `;mediaenc=srtp-mand`.
    pub account: String,
    /// Further lines of its configuration.
    pub config: String,
}

/// A telephone, until it is dropped.
#[derive(Debug)]
pub struct Baresip {
    _process: Child,
    control: TcpStream,
    unread: Vec<u8>,
    dir: TempDir,
    /// Where it is called: `sip:NAME@127.0.0.1:PORT`.
    pub address: String,
}

impl Baresip {
    /// Starts it.
    ///
    /// # Panics
    /// If Debian's package `baresip-core` is missing, or it does not start.
    pub async fn start(phone: &Phone) -> Self {
        let dir = TempDir::new().expect("a folder");
        let (sip, control) = (free_port(), free_port());
        write(dir.path(), phone, sip, control);
        let process = Command::new("baresip")
            .arg("-f")
            .arg(dir.path())
            .stdin(Stdio::null())
            .stdout(std::fs::File::create(dir.path().join("log")).expect("a log"))
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("baresip is missing: `make setup` installs it");
        let control = timeout(READY_WITHIN, connect(control)).await.expect("baresip listens");
        let address = format!("sip:{}@127.0.0.1:{sip}", phone.name);
        Self { _process: process, control, unread: Vec::new(), dir, address }
    }

    /// Orders something, such as `dial` with an address, `sndcode` with a key, `hold`, `resume`, `accept`, `hangup`.
    ///
    /// # Panics
    /// If it is gone.
    pub async fn order(&mut self, command: &str, with: &str) {
        let order = json!({ "command": command, "params": with, "token": command }).to_string();
        let netstring = format!("{}:{order},", order.len());
        self.control.write_all(netstring.as_bytes()).await.expect("baresip is there");
    }

    /// Waits until something of this type happens to it, such as `CALL_ESTABLISHED`, `CALL_CLOSED`, `CALL_INCOMING`, and gives it.
    ///
    /// # Panics
    /// If it does not happen within that time.
    pub async fn happens(&mut self, kind: &str, within: Duration) -> Value {
        let wait = async {
            loop {
                let news = self.news().await;
                if news["type"] == kind {
                    return news;
                }
            }
        };
        timeout(within, wait).await.unwrap_or_else(|_| panic!("{kind} does not happen"))
    }

    /// The next message: a netstring of JSON.
    async fn news(&mut self) -> Value {
        loop {
            if let Some(colon) = self.unread.iter().position(|byte| *byte == b':') {
                let len: usize =
                    std::str::from_utf8(&self.unread[..colon]).ok().and_then(|n| n.parse().ok()).expect("a length");
                let end = colon + 1 + len;
                if self.unread.len() > end {
                    let news = serde_json::from_slice(&self.unread[colon + 1..end]).expect("JSON");
                    self.unread.drain(..=end);
                    return news;
                }
            }
            assert_ne!(self.control.read_buf(&mut self.unread).await.expect("baresip is there"), 0, "baresip is gone");
        }
    }

    /// The recording of what it heard in its last call, a WAV, when that is written.
    ///
    /// # Panics
    /// If there is none within seconds: the call is not closed.
    pub async fn heard(&self) -> PathBuf {
        let mut len = 0;
        for _ in 0..50 {
            sleep(Duration::from_millis(200)).await;
            let newest = self.recordings().max();
            let now = newest.as_ref().and_then(|path| path.metadata().ok()).map_or(0, |file| file.len());
            match newest {
                Some(path) if now > WAV_HEADER && now == len => return path,
                Some(_) | None => len = now,
            }
        }
        panic!("no recording; it printed\n{}", self.log())
    }

    fn recordings(&self) -> impl Iterator<Item = PathBuf> {
        let files = std::fs::read_dir(self.dir.path()).expect("its folder").filter_map(Result::ok);
        files.map(|file| file.path()).filter(|path| path.to_string_lossy().ends_with("-dec.wav"))
    }

    /// What it printed.
    ///
    /// # Panics
    /// If that cannot be read.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).expect("a log")
    }
}

fn write(dir: &Path, phone: &Phone, sip: u16, control: u16) {
    let rtp = 10_000 + (sip % 1_000) * RTP_PORTS;
    let filled = [
        ("SIP_PORT", sip.to_string()),
        ("CONTROL_PORT", control.to_string()),
        ("RTP_FROM", rtp.to_string()),
        ("RTP_TO", (rtp + RTP_PORTS - 1).to_string()),
        ("WAV", phone.wav.display().to_string()),
        ("HZ", phone.hz.to_string()),
        ("DIR", dir.display().to_string()),
    ];
    let fill = |text: String, (name, value): &(&str, String)| text.replace(&format!("@{name}@"), value);
    let config = filled.iter().fold(CONFIG.to_owned(), fill) + &phone.config;
    let answers = if phone.answers { "auto" } else { "manual" };
    let account = format!(
        "<sip:{}@127.0.0.1:{sip}{}>;regint=0;answermode={answers};audio_codecs={};ptime=20{}\n",
        phone.name, phone.uri, phone.codec, phone.account
    );
    for (name, text) in [("config", config), ("accounts", account), ("contacts", String::new())] {
        std::fs::write(dir.join(name), text).expect("its folder can be written");
    }
}

async fn connect(port: u16) -> TcpStream {
    loop {
        match TcpStream::connect(("127.0.0.1", port)).await {
            Ok(stream) => return stream,
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
}

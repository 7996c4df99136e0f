//! Kamailio, a registrar that asks for a password and a proxy: what a provider or a PBX has.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::UdpSocket;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::free_port;

const CONFIG: &str = include_str!("../../../eval/fixtures/telephony/kamailio.cfg");
const READY_WITHIN: Duration = Duration::from_secs(30);
/// An answer on the loopback interface takes no longer, or was never sent.
const ANSWERS_WITHIN: Duration = Duration::from_millis(500);
/// Ends the server when its own input ends: when who started it is gone. Killed in any other way it would leave its children.
const KEEPER: &str = r#"
    begin() { kamailio -f "$1/kamailio.cfg" -DD -E -P "$1/pid" -Y "$1" >>"$1/log" 2>&1 & server=$!; }
    end() { kill -TERM "$server"; wait "$server"; }
    begin "$@"
    while read -r command; do
        case $command in
            start) begin "$@" ;;
            stop) end ;;
        esac
    done
    end
"#;

/// A registrar and proxy, until it is dropped.
#[derive(Debug)]
pub struct Kamailio {
    keeper: Child,
    commands: Option<ChildStdin>,
    dir: TempDir,
    /// Where it listens on 127.0.0.1, by UDP and TCP.
    pub port: u16,
}

impl Kamailio {
    /// Every user's.
    pub const PASSWORD: &str = "correct horse battery staple";

    /// Starts one that grants no registration of less than `expires_min`.
    ///
    /// # Panics
    /// If Debian's package `kamailio` is missing, or it does not start.
    pub fn start(expires_min: Duration) -> Self {
        let dir = TempDir::new().expect("a folder");
        let port = free_port();
        let config = CONFIG
            .replace("@SIP_PORT@", &port.to_string())
            .replace("@PASSWORD@", Self::PASSWORD)
            .replace("@MIN_EXPIRES@", &expires_min.as_secs().to_string());
        std::fs::write(dir.path().join("kamailio.cfg"), config).expect("its folder can be written");
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Kamailio's keeper starts");
        let commands = keeper.stdin.take();
        let server = Self { keeper, commands, dir, port };
        server.wait_until(true);
        server
    }

    /// Ends it, with all that was registered.
    ///
    /// # Panics
    /// If it does not end.
    pub fn stop(&mut self) {
        self.command("stop");
        self.wait_until(false);
    }

    /// Starts it again, where nobody is registered.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_again(&mut self) {
        self.command("start");
        self.wait_until(true);
    }

    /// The address that this user has registered.
    pub fn address_of(&self, user: &str) -> Option<String> {
        let answer = self.asked(&format!("{user}@"))?;
        answer.lines().find_map(|line| line.strip_prefix("X-Registered: ")).map(|at| at.trim().to_owned())
    }

    fn command(&mut self, command: &str) {
        let commands = self.commands.as_mut().expect("open until it is dropped");
        writeln!(commands, "{command}").expect("the keeper lives");
    }

    fn wait_until(&self, is_there: bool) {
        let since = Instant::now();
        while self.asked("").is_some() != is_there {
            let log = || std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
            assert!(since.elapsed() < READY_WITHIN, "Kamailio (is it installed? `make setup`) printed\n{}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What it answers to OPTIONS; `user` is empty or ends in `@`.
    fn asked(&self, user: &str) -> Option<String> {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let from = socket.local_addr().expect("its address");
        let mut request = String::new();
        write!(
            request,
            "OPTIONS sip:{user}127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK{unique};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:test@{from}>;tag=1\r\nTo: <sip:{user}127.0.0.1:{port}>\r\n\
             Call-ID: {unique}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
            port = self.port,
            unique = from.port(),
        )
        .expect("text can be written");
        socket.set_read_timeout(Some(ANSWERS_WITHIN)).expect("a time");
        socket.send_to(request.as_bytes(), ("127.0.0.1", self.port)).ok()?;
        let mut answer = [0; 4096];
        let len = socket.recv(&mut answer).ok()?;
        Some(String::from_utf8_lossy(&answer[..len]).into_owned())
    }
}

impl Drop for Kamailio {
    fn drop(&mut self) {
        drop(self.commands.take());
        self.keeper.wait().ok();
    }
}

//! Kamailio as a proxy that spreads calls over several servers, and leaves out those that do not answer
//! (`eval/fixtures/telephony/dispatcher.cfg`).

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::free_port;

const CONFIG: &str = include_str!("../../../eval/fixtures/telephony/dispatcher.cfg");
const READY_WITHIN: Duration = Duration::from_secs(30);
const ANSWERS_WITHIN: Duration = Duration::from_millis(200);
/// Ends the proxy and its own children when the test's end of the pipe is closed, in whatever way.
const KEEPER: &str = r#"
    kamailio -f "$1/kamailio.cfg" -DD -E -P "$1/pid" -Y "$1" >"$1/log" 2>&1 & proxy=$!
    cat
    kill -TERM "$proxy"; wait "$proxy"
"#;

/// The proxy, until it is dropped.
#[derive(Debug)]
pub struct Dispatcher {
    keeper: Child,
    dir: TempDir,
    /// Where it is called, by UDP.
    pub address: SocketAddr,
}

impl Dispatcher {
    /// Starts one before these servers.
    ///
    /// # Panics
    /// If Debian's package `kamailio` is missing, or it does not start.
    pub fn start(servers: &[SocketAddr]) -> Self {
        let dir = TempDir::new().expect("a folder");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let folder = dir.path().display().to_string();
        let config = CONFIG.replace("@SIP_PORT@", &address.port().to_string()).replace("@DIR@", &folder);
        let list: String =
            servers.iter().flat_map(|server| ["1 sip:".to_owned(), server.to_string(), " 0 0\n".to_owned()]).collect();
        for (name, text) in [("kamailio.cfg", config), ("dispatcher.list", list)] {
            std::fs::write(dir.path().join(name), text).expect("its folder can be written");
        }
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper", &folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Kamailio's keeper starts");
        let proxy = Self { keeper, dir, address };
        proxy.wait_until_ready();
        proxy
    }

    fn wait_until_ready(&self) {
        let since = Instant::now();
        while !self.answers() {
            let log = || std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
            assert!(since.elapsed() < READY_WITHIN, "Kamailio does not answer; it printed\n{}", log());
            sleep(Duration::from_millis(50));
        }
    }

    fn answers(&self) -> bool {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let (from, to) = (socket.local_addr().expect("it is bound"), self.address);
        let asked = format!(
            "OPTIONS sip:{to} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bKready;rport\r\nMax-Forwards: 70\r\n\
             From: <sip:test@{from}>;tag=1\r\nTo: <sip:{to}>\r\nCall-ID: ready\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
        );
        socket.set_read_timeout(Some(ANSWERS_WITHIN)).expect("a time");
        socket.send_to(asked.as_bytes(), to).is_ok() && socket.recv(&mut [0; 2048]).is_ok()
    }
}

impl Drop for Dispatcher {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        self.keeper.wait().ok();
    }
}

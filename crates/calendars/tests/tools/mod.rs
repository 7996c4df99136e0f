//! The servers that the tests talk to: real ones, on this machine, ended with the test that started them.
#![allow(dead_code)] // each test file uses a part

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use calendars::{Access, Credentials, Entry, Period};
use domain::{AppointmentId, Phi};
pub use testbed::{fixtures, free_port, tool};

pub mod caldav;
pub mod fhir;

/// How long a test waits for what should come at once.
pub const WITHIN: Duration = Duration::from_secs(20);

/// A process that ends with the test.
pub struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

pub fn started(command: &mut Command) -> Process {
    Process(command.spawn().unwrap_or_else(|why| panic!("{command:?} does not start ({why}): run `make setup`")))
}

impl Process {
    /// Whether it came to answer on `port`; it has ended where somebody else was faster to take that.
    pub fn answers(&mut self, port: u16) -> bool {
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < WITHIN, "nothing answers on port {port}");
            thread::sleep(Duration::from_millis(20));
            if self.0.try_wait().unwrap().is_some() {
                return false;
            }
        }
        self.0.try_wait().unwrap().is_none()
    }
}

pub fn tls() {
    rustls::crypto::ring::default_provider().install_default().ok();
}

pub fn access(url: &str, credentials: Credentials, within: Duration) -> Access {
    tls();
    Access { url: Phi::from(url), credentials, within }
}

pub fn period(from: &str, to: &str) -> Period {
    Period::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
}

pub fn entry(period: Period) -> Entry {
    Entry {
        id: AppointmentId::new(),
        period,
        provider: "Doctor Patel".to_owned(),
        kind: "Check-up".to_owned(),
        reference: "AB-1234".to_owned(),
        title: None,
        description: None,
    }
}

/// Answers whoever connects with `answer`, byte by byte what it holds; with nothing, it accepts and stays silent.
pub fn stub(answer: impl Fn(&mut TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            read_request(&mut stream);
            answer(&mut stream);
            open.push(stream);
        }
    });
    format!("http://127.0.0.1:{port}/")
}

/// What becomes of a request on its way through [`between`].
pub enum Fate {
    Passes,
    /// The server does it, and its answer is lost.
    AnswerLost,
}

/// Stands before the server on `port`: `look` sees each request's first line before it goes on.
pub fn between(port: u16, look: impl Fn(&str) -> Fate + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = listener.local_addr().unwrap().port();
    let look = Arc::new(look);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut client, look) = (stream.unwrap(), Arc::clone(&look));
            thread::spawn(move || pass_on(&mut client, port, &*look));
        }
    });
    here
}

fn pass_on(client: &mut TcpStream, port: u16, look: &dyn Fn(&str) -> Fate) {
    let request = read_request(client);
    let line = String::from_utf8_lossy(&request).lines().next().unwrap_or_default().to_owned();
    let fate = look(&line);
    let mut server = TcpStream::connect(("127.0.0.1", port)).unwrap();
    // One request for each connection: the end of the answer is the end of the stream.
    let text = String::from_utf8(request).unwrap().replacen("\r\n", "\r\nconnection: close\r\n", 1);
    server.write_all(text.as_bytes()).unwrap();
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).unwrap();
    if matches!(fate, Fate::Passes) {
        client.write_all(&answer).ok();
    }
    client.shutdown(Shutdown::Both).ok();
}

fn read_request(stream: &mut TcpStream) -> Vec<u8> {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut request, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return request;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        request.extend_from_slice(line.as_bytes());
        if line == "\r\n" {
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            request.extend(body);
            return request;
        }
    }
}

/// Standard output, line by line.
pub fn piped(command: &mut Command) -> (Process, BufReader<std::process::ChildStdout>) {
    let mut process = started(command.stdin(Stdio::piped()).stdout(Stdio::piped()));
    let out = BufReader::new(process.0.stdout.take().unwrap());
    (process, out)
}

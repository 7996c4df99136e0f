//! What several tests of the program need: the binary, recordings, a doctor's telephone that takes pages.

pub mod browser;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// Signs pages in tests; nothing else.
pub const WEBHOOK_SECRET: &str = "whsec_Zmlyc3RyaW5nLXRlc3Qtc2VjcmV0LTMyLWJ5dGVzISE=";

pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

pub fn practice() -> PathBuf {
    repository().join("eval/practices/riverside.toml")
}

pub fn fixture(name: &str) -> PathBuf {
    repository().join("eval/fixtures").join(format!("{name}.wav"))
}

/// The program, as `make` built it.
pub fn firstring() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firstring"));
    command.env("FIRSTRING_WEBHOOK_SECRET", WEBHOOK_SECRET).env("RUST_LOG", "warn");
    command
}

/// The program fails with this code and one sentence that says each of `words`.
pub fn fails(command: &mut Command, code: i32, words: &[&str]) {
    let Output { status, stderr, .. } = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&stderr).into_owned();
    assert_eq!(status.code(), Some(code), "{stderr}");
    let told: Vec<_> = stderr.lines().filter(|line| line.starts_with("firstring: ")).collect();
    assert_eq!(told.len(), 1, "one sentence is told: {stderr}");
    for word in words {
        assert!(told[0].contains(word), "{word:?} is not in {:?}", told[0]);
    }
    assert!(!stderr.contains("panicked"), "{stderr}");
}

/// Whether the models are there; says aloud that a test is skipped where they are not.
pub fn models_are_there() -> bool {
    let verified = firstring().args(["models", "list"]).output().unwrap();
    let text = String::from_utf8_lossy(&verified.stdout);
    let missing = text.lines().any(|line| line.contains(" needed") && line.contains("not fetched"));
    if missing || text.is_empty() {
        eprintln!("SKIPPED: the models are not there; `make models` fetches them");
    }
    !missing && !text.is_empty()
}

/// What was heard, in words.
pub fn words_in(heard: &Path) -> String {
    let heard = firstring().args(["hear", "--json", "--fast"]).arg(heard).output().unwrap();
    String::from_utf8(heard.stdout).unwrap().to_lowercase()
}

/// The practice with this pager. `doctor`: where whoever is on call is rung, as a line of the file.
pub fn paging(pager: &Pager, doctor: Option<&str>, folder: &Path) -> PathBuf {
    let text = std::fs::read_to_string(practice()).unwrap();
    let lines = text.lines().map(|line| match line {
        line if line.starts_with("page_url") && line.contains("patel") => {
            format!("page_url = {:?}\n{}", pager.url, doctor.unwrap_or_default())
        }
        line if line.starts_with("page_url") => format!("page_url = {:?}", pager.url),
        line if line.starts_with("patients") => format!("# {line}"),
        line => line.to_owned(),
    });
    let file = folder.join("practice.toml");
    std::fs::write(&file, lines.collect::<Vec<_>>().join("\n")).unwrap();
    file
}

/// A server's configuration by which its records are in a PostgreSQL database.
pub fn config_with_database(folder: &Path, url: &str) -> PathBuf {
    let (secret, config) = (folder.join("database-url"), folder.join("firstring.toml"));
    std::fs::write(&secret, url).unwrap();
    std::fs::write(&config, format!("[data]\ndatabase = \"file:{}\"\n", secret.display())).unwrap();
    config
}

/// A running server; ends with the test.
pub struct Server {
    child: Child,
    pub http: SocketAddr,
    /// Where telephones call.
    pub sip: Option<SocketAddr>,
}

impl Server {
    /// Starts `serve` on a free port and waits until it is warm.
    pub fn start(data: &Path, more: &[&str]) -> Self {
        Self::start_with(&practice(), data, more)
    }

    /// The same for another practice.
    pub fn start_with(practice: &Path, data: &Path, more: &[&str]) -> Self {
        Self::spawn(firstring(), practice, data, more)
    }

    /// The same, which answers telephones and writes everything that it can tell into `log`.
    pub fn start_by_telephone(practice: &Path, data: &Path, log: &Path) -> Self {
        let address = format!("127.0.0.1:{}", testbed::free_port());
        Self::start_telling(practice, data, log, &["--sip", &address])
    }

    /// The same, which writes everything that it can tell into `log`.
    pub fn start_telling(practice: &Path, data: &Path, log: &Path, more: &[&str]) -> Self {
        Self::spawn(Self::telling(log), practice, data, more)
    }

    /// The server of a configuration, which writes everything that it can tell into `log`.
    pub fn start_configured(config: &Path, log: &Path) -> Self {
        let mut command = Self::telling(log);
        command.arg("serve").arg("--config").arg(config);
        Self::spawned(command)
    }

    fn telling(log: &Path) -> Command {
        let mut command = firstring();
        command
            .env("RUST_LOG", "debug,rsipstack::transport=trace,rsipstack::transport::udp=trace,tungstenite=trace")
            .stderr(std::fs::File::create(log).unwrap());
        command
    }

    fn spawn(mut command: Command, practice: &Path, data: &Path, more: &[&str]) -> Self {
        let places =
            command.args(["serve", "--http", "127.0.0.1:0", "--practice"]).arg(practice).arg("--data").arg(data);
        places.args(more);
        Self::spawned(command)
    }

    fn spawned(mut command: Command) -> Self {
        let mut child = command.arg("--json").stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut ready).unwrap();
        let ready: serde_json::Value = serde_json::from_str(&ready).unwrap_or_else(|_| panic!("not ready: {ready:?}"));
        assert_eq!(ready["ready"], true);
        let http = ready["http"].as_str().unwrap().trim_start_matches("http://").parse().unwrap();
        let sip = ready["sip"].as_str().map(|address| address.parse().unwrap());
        Self { child, http, sip }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The middle and the tail of a sample.
#[derive(Clone, Copy, Debug)]
pub struct Percentiles {
    pub count: usize,
    pub p50: f64,
    pub p95: f64,
    pub worst: f64,
}

impl Percentiles {
    /// Nearest rank. A sample without values gives NaN, which no comparison takes for a good figure.
    pub fn of(sample: &[f64]) -> Self {
        let mut sorted = sample.to_vec();
        sorted.sort_by(f64::total_cmp);
        let rank = |share: f64| {
            let index = (share * sorted.len() as f64).ceil() as usize;
            sorted.get(index.saturating_sub(1)).copied().unwrap_or(f64::NAN)
        };
        Self { count: sorted.len(), p50: rank(0.5), p95: rank(0.95), worst: rank(1.0) }
    }
}

impl std::fmt::Display for Percentiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:5} {:8.0} {:8.0} {:8.0}", self.count, self.p50, self.p95, self.worst)
    }
}

/// A clinician's pager: takes signed pages and remembers them.
pub struct Pager {
    pub url: String,
    pages: std::sync::Arc<std::sync::Mutex<Vec<Page>>>,
    stop: tokio::sync::oneshot::Sender<()>,
}

/// A page as it came.
#[derive(Clone, Debug)]
pub struct Page {
    pub at: std::time::Instant,
    pub body: serde_json::Value,
    pub signed: bool,
}

impl Pager {
    /// Answers every page with 200.
    pub async fn start() -> Self {
        use axum::http::HeaderMap;
        let pages = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let kept = std::sync::Arc::clone(&pages);
        let take = move |headers: HeaderMap, body: String| async move {
            let page = Page {
                at: std::time::Instant::now(),
                body: serde_json::from_str(&body).unwrap_or_default(),
                signed: headers.contains_key("webhook-signature"),
            };
            kept.lock().unwrap().push(page);
        };
        let router = axum::Router::new().route("/page", axum::routing::post(take));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/page", listener.local_addr().unwrap());
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let until = async move { drop(stopped.await) };
        tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(until).await });
        Self { url, pages, stop }
    }

    pub fn pages(&self) -> Vec<Page> {
        self.pages.lock().unwrap().clone()
    }

    pub fn stop(self) {
        assert!(self.stop.send(()).is_ok(), "the pager had stopped");
    }
}

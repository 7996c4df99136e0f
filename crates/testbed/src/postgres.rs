use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::{free_port, is_root};

/// Nothing takes so long unless it never comes.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// Ends the server and its files when its own input ends: when who started it is gone. PostgreSQL does not run as root, and its
/// user must be able to reach its files.
const KEEPER: &str = r#"
    dir=$(mktemp -d -p /tmp)
    "$1/initdb" -D "$dir/data" -A trust -U postgres --no-sync --locale=C.UTF-8 >"$dir/log" 2>&1
    begin() {
        "$1/postgres" -D "$dir/data" -p "$2" -k "$dir" -c listen_addresses=127.0.0.1 -c max_connections=200 -c "fsync=$3" \
            >>"$dir/log" 2>&1 & server=$!
    }
    end() { kill -QUIT "$server"; wait "$server"; }
    begin "$@"
    while read -r command; do
        case $command in
            start) begin "$@" ;;
            stop) end ;;
        esac
    done
    end
    rm -rf "$dir"
"#;

/// A PostgreSQL server of its own, empty.
#[derive(Debug)]
pub struct Postgres {
    keeper: Child,
    commands: Mutex<Option<ChildStdin>>,
    port: u16,
    bin: PathBuf,
    databases: AtomicU32,
}

impl Postgres {
    /// Starts one. `is_durable`: what is committed reaches the disk before it is confirmed, which tests that nobody times and
    /// nobody pulls the plug of need not wait for.
    ///
    /// # Panics
    /// If Debian's package `postgresql` is missing or the server does not start: a test cannot go on.
    pub fn start(is_durable: bool) -> Self {
        let bin = binaries().expect("PostgreSQL is missing: `make setup` installs it");
        let port = free_port();
        let mut command = if is_root() { Command::new("runuser") } else { Command::new("sh") };
        if is_root() {
            command.args(["-u", "postgres", "--", "sh"]);
        }
        let fsync = if is_durable { "on" } else { "off" };
        command.args(["-c", KEEPER, "keeper"]).arg(&bin).args([port.to_string().as_str(), fsync]).current_dir("/");
        let mut keeper = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("PostgreSQL's keeper starts");
        let commands = Mutex::new(keeper.stdin.take());
        let server = Self { keeper, commands, port, bin, databases: AtomicU32::new(0) };
        server.wait_until_ready();
        server
    }

    /// One for all tests of this process.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(false))
    }

    /// Makes an empty database and says its address.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn database(&self) -> String {
        let name = format!("practice_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let made = self.client("createdb").args(["-U", "postgres", &name]).output().expect("createdb runs");
        assert!(made.status.success(), "createdb: {}", String::from_utf8_lossy(&made.stderr));
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    /// Ends the server as a crash does; its files stay.
    pub fn crash(&self) {
        self.command("stop");
        self.wait_until(false);
    }

    /// Starts it again.
    pub fn restart(&self) {
        self.command("start");
        self.wait_until_ready();
    }

    fn command(&self, command: &str) {
        let mut commands = self.commands.lock().expect("nobody panics with it");
        writeln!(commands.as_mut().expect("open until it is dropped"), "{command}").expect("the keeper lives");
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        command
    }

    fn wait_until_ready(&self) {
        self.wait_until(true);
    }

    fn wait_until(&self, ready: bool) {
        let since = Instant::now();
        while self.client("pg_isready").arg("-q").status().is_ok_and(|status| status.success()) != ready {
            assert!(since.elapsed() < READY_WITHIN, "PostgreSQL on port {} is not ready: {ready}", self.port);
            sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.commands.lock().map(|mut commands| commands.take()));
        self.keeper.wait().ok();
    }
}

/// Where Debian puts a server's programs; the newest version's.
fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<_> = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    found.retain(|bin| bin.join("initdb").exists());
    found.sort();
    found.pop()
}

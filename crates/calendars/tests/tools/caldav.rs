//! Radicale, with one user and one calendar.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use calendars::{CalDav, CalDavConfig, Credentials};
use domain::Phi;
use jiff::tz::TimeZone;
use reqwest::{Client, Method, StatusCode};
use tempfile::TempDir;

use super::{Process, access, free_port, started, tls, tool};

pub struct Radicale {
    pub port: u16,
    program: PathBuf,
    folder: TempDir,
    client: Client,
    process: Option<Process>,
}

impl Radicale {
    pub async fn start() -> Self {
        tls();
        let program = tool("radicale", "caldav/requirements.txt").join("bin/radicale");
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("users"), "patel:secret\n").unwrap();
        let (port, process) = (0..5).find_map(|_| serve(&program, &folder, free_port())).expect("Radicale starts");
        let server = Self { port, program, folder, client: Client::new(), process: Some(process) };
        let made = server.ask(Method::from_bytes(b"MKCALENDAR").unwrap(), "", String::new()).await.0;
        assert_eq!(made, StatusCode::CREATED);
        server
    }

    pub fn stop(&mut self) {
        self.process = None;
    }

    /// The same server again, at the same place.
    pub fn restart(&mut self) {
        self.process = Some(serve(&self.program, &self.folder, self.port).expect("its port is free").1);
    }

    fn url(port: u16) -> String {
        format!("http://127.0.0.1:{port}/patel/appointments/")
    }

    async fn ask(&self, method: Method, name: &str, body: String) -> (StatusCode, String) {
        let url = format!("{}{name}", Self::url(self.port));
        let answer =
            self.client.request(method, url).basic_auth("patel", Some("secret")).body(body).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    /// What somebody else's program writes.
    pub async fn put(&self, name: &str, event: &str) {
        let status = self.ask(Method::PUT, &format!("{name}.ics"), calendar(name, event)).await.0;
        assert!(status.is_success(), "{status}");
    }

    /// What stands in the server's folder without its having looked at it.
    pub fn place(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.storage().join(format!("{name}.ics"))
    }

    fn storage(&self) -> PathBuf {
        self.folder.path().join("collections/collection-root/patel/appointments")
    }

    /// Everything that stands in the calendar, as it is written.
    pub fn standing(&self) -> Vec<String> {
        let files = fs::read_dir(self.storage()).unwrap().map(|file| file.unwrap().path());
        files
            .filter(|file| file.extension().is_some_and(|end| end == "ics"))
            .map(|file| fs::read_to_string(file).unwrap())
            .collect()
    }

    pub fn calendar(&self) -> CalDav {
        self.calendar_at(self.port, "secret")
    }

    #[allow(clippy::unused_self)] // the server must live as long as it is asked
    pub fn calendar_at(&self, port: u16, password: &str) -> CalDav {
        let credentials = Credentials::Basic { user: Phi::from("patel"), password: Phi::from(password) };
        let access = access(&Self::url(port), credentials, Duration::from_secs(10));
        CalDav::new(&CalDavConfig { access, zone: zone() }).unwrap()
    }
}

/// `None` where somebody else was faster to take the port.
fn serve(program: &Path, folder: &TempDir, port: u16) -> Option<(u16, Process)> {
    let mut command = Command::new(program);
    command.args(["--config", "", "--logging-level", "critical", "--auth-type", "htpasswd", "--auth-delay", "0"]);
    command.arg("--auth-htpasswd-filename").arg(folder.path().join("users"));
    command.args(["--auth-htpasswd-encryption", "plain", "--server-hosts", &format!("127.0.0.1:{port}")]);
    command.arg("--storage-filesystem-folder").arg(folder.path().join("collections"));
    let mut process = started(command.stdout(Stdio::null()).stderr(Stdio::null()));
    process.answers(port).then_some((port, process))
}

pub fn zone() -> TimeZone {
    TimeZone::get("America/New_York").unwrap()
}

/// An object with one event; `event` is its lines, parted by semicolons and blanks.
pub fn calendar(uid: &str, event: &str) -> String {
    let lines = event.replace("; ", "\r\n");
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//else//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\n{lines}\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

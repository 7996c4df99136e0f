//! The server as a service of systemd: it tells when it answers, that it is alive, and that it stops.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
mod support;

use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::Duration;

use support::{firstring, models_are_there, practice, repository};

/// Nothing here takes so long unless it never comes.
const LONG: Duration = Duration::from_secs(120);

#[test]
fn systemd_is_told_how_the_server_is() {
    if !models_are_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let systemd = UnixDatagram::bind(&path).unwrap();
    systemd.set_read_timeout(Some(LONG)).unwrap();
    let mut server = firstring()
        .args(["serve", "--http", "127.0.0.1:0", "--json", "--practice"])
        .arg(practice())
        .arg("--data")
        .arg(folder.path().join("data"))
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "600000")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let told = || {
        let mut text = [0; 256];
        let length = systemd.recv(&mut text).unwrap();
        String::from_utf8_lossy(&text[..length]).trim().to_owned()
    };
    assert_eq!(told(), "READY=1");
    assert_eq!([told(), told(), told()], ["WATCHDOG=1"; 3].map(str::to_owned));
    let stopped = Command::new("kill").arg(server.id().to_string()).status().unwrap();
    assert!(stopped.success());
    while told() != "STOPPING=1" {}
    assert!(server.wait().unwrap().success());
}

#[test]
fn the_unit_is_one_that_systemd_understands() {
    let unit = repository().join("dist/firstring.service");
    let Ok(verified) = Command::new("systemd-analyze").args(["verify", "--recursive-errors=no"]).arg(&unit).output()
    else {
        eprintln!("SKIPPED: there is no systemd-analyze here");
        return;
    };
    let told = String::from_utf8_lossy(&verified.stderr).into_owned();
    let wrong: Vec<_> = told.lines().filter(|line| !line.contains("is not executable")).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

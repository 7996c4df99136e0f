//! A telephone calls the server, by SIP and through a provider who streams the call: it is understood, the clinician is paged, it
//! hears the answer, and no log knows who called.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
mod support;

use std::path::{Path, PathBuf};
use std::time::Duration;

use support::{Pager, Server, firstring, fixture, models_are_there, practice};
use testbed::{Baresip, Phone, tool};
use tokio::time::{sleep, timeout};

/// Nothing takes so long unless it never comes.
const LONG: Duration = Duration::from_secs(90);
const HZ: u32 = 8000;
const NUMBER: &str = "2125550123";

/// Something is said after the greeting, and then nothing for so many seconds.
fn speech(name: &str, folder: &Path, silent_s: usize) -> PathBuf {
    let said = audio::wav::read(fixture(name)).unwrap();
    let said = audio::resample(&said.samples, said.hz, HZ);
    let silence = |seconds: usize| vec![0.0; seconds * HZ as usize];
    let file = folder.join("said.wav");
    audio::wav::write(&file, HZ, 1, &[silence(9), said, silence(silent_s)].concat()).unwrap();
    file
}

fn paging(pager: &Pager, folder: &Path) -> PathBuf {
    let text = std::fs::read_to_string(practice()).unwrap();
    let lines = text.lines().map(|line| match line {
        line if line.starts_with("page_url") => format!("page_url = {:?}", pager.url),
        line if line.starts_with("patients") => format!("# {line}"),
        line => line.to_owned(),
    });
    let file = folder.join("practice.toml");
    std::fs::write(&file, lines.collect::<Vec<_>>().join("\n")).unwrap();
    file
}

async fn is_paged(pager: &Pager) {
    let paged = async {
        while pager.pages().is_empty() {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(LONG, paged).await.expect("nobody is paged");
    let page = &pager.pages()[0].body;
    assert_eq!(page["urgency"], "emergency", "{page}");
}

/// The emergency line is in what the caller has heard.
fn hears_whom_to_call(heard: &Path) {
    let heard = firstring().args(["hear", "--json", "--fast"]).arg(heard).output().unwrap();
    let heard = String::from_utf8(heard.stdout).unwrap();
    // A recogniser also writes "9-11".
    assert!(heard.replace('-', "").contains("911"), "{heard}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emergency_by_telephone_is_paged_and_answered_and_no_log_knows_who_called() {
    if !models_are_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let pager = Pager::start().await;
    let practice = paging(&pager, folder.path());
    let log = folder.path().join("log");
    let server = Server::start_by_telephone(&practice, &folder.path().join("data"), &log);
    let phone = Phone {
        name: NUMBER.to_owned(),
        wav: speech("emergency_chest", folder.path(), 120),
        hz: HZ,
        codec: "pcmu".to_owned(),
        answers: false,
        uri: String::new(),
        account: String::new(),
        config: String::new(),
    };
    let mut caller = Baresip::start(&phone).await;
    caller.order("dial", &format!("sip:+12125550111@{}", server.sip.unwrap())).await;
    caller.happens("CALL_ESTABLISHED", LONG).await;
    is_paged(&pager).await;
    // The emergency line is said to its end.
    sleep(Duration::from_secs(15)).await;
    caller.order("hangup", "").await;
    caller.happens("CALL_CLOSED", LONG).await;

    hears_whom_to_call(&caller.heard().await);
    drop(server);
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("a call by SIP is over"), "{log}");
    for word in [NUMBER, "INVITE", "chest"] {
        assert!(!log.contains(word), "{word} is in the log");
    }
    pager.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emergency_that_a_provider_streams_is_paged_and_answered_and_no_log_knows_who_called() {
    const TOKEN: &str = "a shared token of this test";
    if !models_are_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let pager = Pager::start().await;
    let practice = paging(&pager, folder.path());
    let (log, token) = (folder.path().join("log"), folder.path().join("token"));
    let (config, reply) = (folder.path().join("firstring.toml"), folder.path().join("reply.wav"));
    std::fs::write(&token, TOKEN).unwrap();
    std::fs::write(&config, format!("[streams]\ntoken = \"file:{}\"\n", token.display())).unwrap();
    let more = ["--config", config.to_str().unwrap()];
    let server = Server::start_telling(&practice, &folder.path().join("data"), &log, &more);
    let calling = tokio::process::Command::new(tool("streams", "streams/requirements.txt").join("bin/streamdouble"))
        .args(["call", &format!("ws://{}/streams", server.http), "--packet-loss", "0.02", "--jitter", "20", "--json"])
        .args(["--param", &format!("token={TOKEN}"), "--param", &format!("from=+1{NUMBER}")])
        .arg("--audio")
        .arg(speech("emergency_chest", folder.path(), 20))
        .arg("--out")
        .arg(&reply)
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    is_paged(&pager).await;
    let report = timeout(LONG, calling.wait_with_output()).await.expect("the call ends").unwrap();
    let report = String::from_utf8_lossy(&report.stdout).into_owned();
    println!("{report}");
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["violations"], serde_json::json!([]), "{report}");
    hears_whom_to_call(&reply);
    drop(server);
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("a streamed call is over"), "{log}");
    for word in [NUMBER, TOKEN, "payload", "chest"] {
        assert!(!log.contains(word), "{word} is in the log");
    }
    pager.stop();
}

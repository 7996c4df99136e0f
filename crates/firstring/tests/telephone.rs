//! A telephone calls the server by SIP: it is understood, the clinician is paged, it hears the answer, and no log knows who called.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
mod support;

use std::path::{Path, PathBuf};
use std::time::Duration;

use support::{Pager, Server, firstring, fixture, models_are_there, practice};
use testbed::{Baresip, Phone};
use tokio::time::{sleep, timeout};

/// Nothing takes so long unless it never comes.
const LONG: Duration = Duration::from_secs(90);
const HZ: u32 = 8000;
const NUMBER: &str = "2125550123";

/// Something is said after the greeting, and then nothing.
fn speech(name: &str, folder: &Path) -> PathBuf {
    let said = audio::wav::read(fixture(name)).unwrap();
    let said = audio::resample(&said.samples, said.hz, HZ);
    let silence = |seconds: usize| vec![0.0; seconds * HZ as usize];
    let file = folder.join("said.wav");
    audio::wav::write(&file, HZ, 1, &[silence(9), said, silence(120)].concat()).unwrap();
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

/// By which advertising channel the kept call came, as soon as its end is kept.
async fn channel(data: &Path) -> serde_json::Value {
    let key = std::fs::read_to_string(data.join("key")).unwrap();
    let options = store::OpenOptions::new(data.join("firstring.db"), store::Secret::new(key.trim()));
    let kept = async {
        loop {
            let store = store::Store::open(&options).await.unwrap();
            let calls = store.latest_calls(&"riverside".into(), 1).await.unwrap();
            store.close().await;
            if let Some(summary) = &calls[0].summary {
                return serde_json::from_str::<serde_json::Value>(summary.expose()).unwrap()["channel"].clone();
            }
            sleep(Duration::from_millis(200)).await;
        }
    };
    timeout(LONG, kept).await.expect("the call's end is kept")
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
        wav: speech("emergency_chest", folder.path()),
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
    let paged = async {
        while pager.pages().is_empty() {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(LONG, paged).await.expect("nobody is paged");
    let page = &pager.pages()[0].body;
    assert_eq!(page["urgency"], "emergency", "{page}");
    // The emergency line is said to its end.
    sleep(Duration::from_secs(15)).await;
    caller.order("hangup", "").await;
    caller.happens("CALL_CLOSED", LONG).await;

    let heard = firstring().args(["hear", "--json", "--fast"]).arg(caller.heard().await).output().unwrap();
    let heard = String::from_utf8(heard.stdout).unwrap();
    // A recogniser also writes "9-11".
    assert!(heard.replace('-', "").contains("911"), "{heard}");
    assert_eq!(channel(&folder.path().join("data")).await, "website", "by the number that was dialled");
    drop(server);
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("a call by SIP is over"), "{log}");
    for word in [NUMBER, "INVITE", "chest"] {
        assert!(!log.contains(word), "{word} is in the log");
    }
    pager.stop();
}

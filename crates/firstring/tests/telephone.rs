//! A telephone calls the server, by SIP and through a provider who streams the call: it is understood, the clinician is paged, it
//! hears the answer, and no log knows who called.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
#[path = "../../transport/tests/streams_rest/gateway/mod.rs"]
mod gateway;
#[allow(dead_code)] // each test uses its own part
#[path = "../../transport/tests/streams_rest/party.rs"]
mod party;
#[allow(dead_code)] // each test uses its own part
mod support;

use std::path::{Path, PathBuf};
use std::time::Duration;

use gateway::Gateway;
use party::{Dialect, Party};
use support::{Pager, Server, firstring, fixture, models_are_there, paging, practice, words_in};
use testbed::{Baresip, Phone, tool};
use tokio::time::{sleep, timeout};

/// Nothing takes so long unless it never comes.
const LONG: Duration = Duration::from_secs(90);
const HZ: u32 = 8000;
const NUMBER: &str = "2125550123";

/// Each is said after so many seconds of silence, and then nothing for `then` seconds.
fn speech(said: &[(usize, &str)], then: usize, file: PathBuf) -> PathBuf {
    let silence = |seconds: usize| vec![0.0; seconds * HZ as usize];
    let part = |(seconds, name): &(usize, &str)| {
        let said = audio::wav::read(fixture(name)).unwrap();
        [silence(*seconds), audio::resample(&said.samples, said.hz, HZ)].concat()
    };
    let parts: Vec<_> = said.iter().flat_map(part).chain(silence(then)).collect();
    audio::wav::write(&file, HZ, 1, &parts).unwrap();
    file
}

/// A telephone into which that is said.
fn phone(name: &str, wav: PathBuf) -> Phone {
    Phone {
        name: name.to_owned(),
        wav,
        hz: HZ,
        codec: "pcmu".to_owned(),
        answers: false,
        uri: String::new(),
        account: String::new(),
        config: String::new(),
    }
}

async fn page_of(pager: &Pager) -> serde_json::Value {
    let paged = async {
        while pager.pages().is_empty() {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(LONG, paged).await.expect("nobody is paged");
    pager.pages()[0].body.clone()
}

/// What was recorded of the only call that was: the caller's side, and ours, in words.
fn recorded(data: &Path, practice: &Path, folder: &Path) -> [String; 2] {
    let staff = |args: &[&str]| {
        let mut command = firstring();
        command.arg("recordings").args(args).arg("--practice").arg(practice).arg("--data").arg(data).arg("--json");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let call = staff(&["list"])["call"].as_str().unwrap().to_owned();
    let both = folder.join("both.wav");
    let exported = staff(&["export", &call, "--out", both.to_str().unwrap()]);
    assert_eq!((&exported["whole"], &exported["unchanged"]), (&true.into(), &true.into()));
    ["left", "right"].map(|side| {
        let mut wav = hound::WavReader::open(&both).unwrap();
        let (hz, skipped) = (wav.spec().sample_rate, usize::from(side == "right"));
        let samples = wav.samples::<i16>().map(|sample| f32::from(sample.unwrap()) / 32768.0);
        let one: Vec<f32> = samples.skip(skipped).step_by(2).collect();
        let file = folder.join(side).with_extension("wav");
        audio::wav::write(&file, hz, 1, &one).unwrap();
        words_in(&file)
    })
}

async fn get(url: String) -> reqwest::Response {
    // Another test may have installed it before.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::get(url).await.unwrap()
}

/// The summary of the kept call of the practice, as soon as its end is kept.
async fn summary(data: &Path, practice: &str) -> serde_json::Value {
    let key = std::fs::read_to_string(data.join("key")).unwrap();
    let options = store::OpenOptions::new(data.join("firstring.db"), store::Secret::new(key.trim()));
    let kept = async {
        loop {
            let store = store::Store::open(&options).await.unwrap();
            let calls = store.latest_calls(&practice.into(), 1).await.unwrap();
            store.close().await;
            if let Some(summary) = &calls[0].summary {
                return serde_json::from_str::<serde_json::Value>(summary.expose()).unwrap();
            }
            sleep(Duration::from_millis(200)).await;
        }
    };
    timeout(LONG, kept).await.expect("the call's end is kept")
}

/// Whether the emergency line was heard, by a recogniser that also writes "9-11", and "mine one one".
fn is_to_call_911(words: &str) -> bool {
    let words: serde_json::Value = serde_json::from_str(words).expect("one file was heard");
    let digits = [("nine", "9"), ("mine", "9"), ("one", "1"), ("-", ""), (" ", "")];
    let text = words["text"].as_str().expect("is a text").to_owned();
    digits.iter().fold(text, |text, (from, to)| text.replace(from, to)).contains("call911")
}

/// Where the records of that server are.
fn files(practice: &Path, folder: &Path) -> [PathBuf; 4] {
    ["--practice".into(), practice.to_owned(), "--data".into(), folder.join("data")]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emergency_by_telephone_is_paged_and_answered_and_no_log_knows_who_called() {
    if !models_are_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let pager = Pager::start().await;
    let practice = paging(&pager, None, folder.path());
    let mut text = std::fs::read_to_string(&practice).unwrap();
    text += "\n[recording]\nmode = \"notice\"\n";
    std::fs::write(&practice, text).unwrap();
    let (log, data) = (folder.path().join("log"), folder.path().join("data"));
    let server = Server::start_by_telephone(&practice, &data, &log);
    let said = speech(&[(14, "emergency_chest")], 120, folder.path().join("said.wav"));
    let mut caller = Baresip::start(&phone(NUMBER, said)).await;
    caller.order("dial", &format!("sip:+12125550111@{}", server.sip.unwrap())).await;
    caller.happens("CALL_ESTABLISHED", LONG).await;
    let page = page_of(&pager).await;
    assert_eq!(page["urgency"], "emergency", "{page}");
    // The emergency line is said to its end.
    sleep(Duration::from_secs(15)).await;
    caller.order("hangup", "").await;
    caller.happens("CALL_CLOSED", LONG).await;

    let heard = words_in(&caller.heard().await);
    assert!(is_to_call_911(&heard), "{heard}");
    assert!(heard.contains("recorded"), "{heard}");
    let [caller, ours] = recorded(&data, &practice, folder.path());
    assert!(caller.contains("chest") && !caller.contains("emergency line"), "{caller}");
    assert!(is_to_call_911(&ours) && !ours.contains("thank you for calling"), "{ours}");
    let summary = summary(&data, "riverside").await;
    assert_eq!(summary["channel"], "website", "by the number that was dialled");
    let (quality, line) = (&summary["quality"], &summary["quality"]["heard"]);
    println!("{quality}");
    assert_eq!((&quality["codec"], &line["lost"]), (&"pcmu".into(), &0.into()), "{quality}");
    assert!(line["expected"].as_u64() > Some(1000) && line["jitter_ms"].is_number(), "{quality}");
    drop(server);
    let listed = firstring().args(["calls", "list", "--json"]).args(files(&practice, folder.path())).output().unwrap();
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!((&listed["quality"], &listed["hangup_by"]), (quality, &"caller".into()));
    let id = listed["id"].as_str().unwrap();
    let shown =
        firstring().args(["calls", "show", id, "--json"]).args(files(&practice, folder.path())).output().unwrap();
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown["summary"], summary);
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("a call by SIP is over"), "{log}");
    for word in [NUMBER, "INVITE", "chest"] {
        assert!(!log.contains(word), "{word} is in the log");
    }
    pager.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_is_rung_told_who_calls_and_why_and_put_on_the_line_with_the_caller() {
    if !models_are_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let pager = Pager::start().await;
    let asks = speech(&[(32, "question_opening_hours")], 120, folder.path().join("doctor.wav"));
    let mut doctor = Baresip::start(&Phone { answers: true, ..phone("doctor", asks) }).await;
    let practice = paging(&pager, Some(&format!("sip = {:?}", doctor.address)), folder.path());
    let log = folder.path().join("log");
    let server = Server::start_by_telephone(&practice, &folder.path().join("data"), &log);
    let said = [(9, "emergency_chest"), (32, "question_parking")];
    let said = speech(&said, 120, folder.path().join("said.wav"));
    let mut caller = Baresip::start(&phone(NUMBER, said)).await;
    caller.order("dial", &format!("sip:+12125550111@{}", server.sip.unwrap())).await;

    doctor.happens("CALL_ESTABLISHED", LONG).await;
    let page = page_of(&pager).await;
    sleep(Duration::from_secs(12)).await;
    doctor.order("sndcode", "1").await;
    sleep(Duration::from_secs(34)).await;
    doctor.order("hangup", "").await;
    caller.happens("CALL_CLOSED", LONG).await;

    let by_doctor = words_in(&doctor.heard().await);
    for word in ["emergency", "chest", "press", "park"] {
        assert!(by_doctor.contains(word), "{word} is whispered or said to the doctor: {by_doctor}");
    }
    let by_caller = words_in(&caller.heard().await);
    for word in ["is on the line", "open"] {
        assert!(by_caller.contains(word), "{word} is said to the caller: {by_caller}");
    }
    let link = page["link"].as_str().unwrap();
    let shown = get(format!("http://{}{}", server.http, &link[link.find("/ack/").unwrap()..])).await;
    let shown = shown.text().await.unwrap();
    assert!(shown.contains("Doctor Patel has closed this case"), "who has spoken with the caller closes it: {shown}");
    drop(server);
    let log = std::fs::read_to_string(log).unwrap();
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
    let practice = paging(&pager, None, folder.path());
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
        .arg(speech(&[(9, "emergency_chest")], 20, folder.path().join("said.wav")))
        .arg("--out")
        .arg(&reply)
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    assert_eq!(page_of(&pager).await["urgency"], "emergency");
    let report = timeout(LONG, calling.wait_with_output()).await.expect("the call ends").unwrap();
    let report = String::from_utf8_lossy(&report.stdout).into_owned();
    println!("{report}");
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["violations"], serde_json::json!([]), "{report}");
    let heard = words_in(&reply);
    assert!(is_to_call_911(&heard), "{heard}");
    drop(server);
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("a streamed call is over"), "{log}");
    assert!(!folder.path().join("data/recordings").exists(), "where nothing is said of recording, no sound is kept");
    for word in [NUMBER, TOKEN, "payload", "chest"] {
        assert!(!log.contains(word), "{word} is in the log");
    }
    pager.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_of_another_practice_is_answered_by_it_and_kept_among_its_own_calls() {
    if !models_are_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let port = || std::net::SocketAddr::from((std::net::Ipv4Addr::LOCALHOST, testbed::free_port()));
    let (config, log, data) =
        (folder.path().join("firstring.toml"), folder.path().join("log"), folder.path().join("data"));
    let (lakeside, other_pages) = (practice().with_file_name("lakeside_pediatrics.toml"), port());
    let text = format!(
        "[http]\nlisten = \"{}\"\n[sip]\nlisten = \"{}\"\n[data]\ndirectory = {data:?}\n[practice]\nfile = {:?}\n\
         [[practices]]\nfile = {lakeside:?}\nlisten = \"{other_pages}\"\n",
        port(),
        port(),
        practice(),
    );
    std::fs::write(&config, text).unwrap();
    let server = Server::start_configured(&config, &log);
    let said = speech(&[(12, "question_parking")], 60, folder.path().join("said.wav"));
    let mut caller = Baresip::start(&phone(NUMBER, said)).await;
    caller.order("dial", &format!("sip:+13125550121@{}", server.sip.unwrap())).await;
    caller.happens("CALL_ESTABLISHED", LONG).await;
    sleep(Duration::from_secs(9)).await;
    caller.order("hangup", "").await;
    caller.happens("CALL_CLOSED", LONG).await;
    let heard = words_in(&caller.heard().await);
    assert!(heard.contains("lakeside") && !heard.contains("riverside"), "{heard}");
    assert_eq!(summary(&data.join("lakeside_pediatrics"), "lakeside").await["channel"], "website");
    for pages in [server.http, other_pages] {
        let ready = get(format!("http://{pages}/readyz")).await;
        assert_eq!(ready.status(), 200, "each practice has its pages");
    }
}

/// SignalWire, which is asked as Twilio is but fetches what to do with the doctor's call from the server's own address.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doctor_whom_the_provider_rings_is_told_who_calls_and_put_on_the_line_with_a_streamed_caller() {
    const TOKEN: &str = "a-shared-token-of-this-test";
    if !models_are_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name).to_str().unwrap().to_owned()
    };
    let said = |said: &[(usize, &str)]| {
        let said = audio::wav::read(speech(said, 120, folder.path().join("said.wav"))).unwrap();
        audio::resample(&said.samples, said.hz, 16_000)
    };
    let pager = Pager::start().await;
    let gateway = Gateway::start(said(&[(25, "question_opening_hours")])).await;
    let practice = paging(&pager, Some("phone = \"+1 212 555 0177\""), folder.path());
    let (token, secret) = (file("token", TOKEN), file("secret", gateway::SECRET));
    let config = format!(
        "[streams]\ntoken = \"file:{token}\"\n[streams.rest]\nprovider = \"signalwire\"\napi = \"http://{}\"\naccount = \"{}\"\n\
         secret = \"file:{secret}\"\nfrom = \"+1 212 555 0111\"\n",
        gateway.address,
        gateway::ACCOUNT
    );
    let (config, log) = (file("firstring.toml", &config), folder.path().join("log"));
    let more = ["--config", config.as_str()];
    let server = Server::start_telling(&practice, &folder.path().join("data"), &log, &more);

    let url = format!("ws://{}/streams", server.http);
    let parameters = serde_json::json!({ "token": TOKEN, "from": format!("+1{NUMBER}") });
    let asks = said(&[(9, "emergency_chest"), (32, "question_parking")]);
    let mut caller = Party::streams(Dialect::Twilio, &url, None, "CA-caller", &parameters, asks).await;
    gateway.has("CA-caller", Some(caller.clone()));
    page_of(&pager).await;
    let doctor = timeout(LONG, gateway.party("CA1001")).await.unwrap();
    sleep(Duration::from_secs(12)).await;
    doctor.press('1').await;
    sleep(Duration::from_secs(34)).await;
    doctor.hang_up().await;
    timeout(LONG, caller.ended()).await.expect("the call ends when the doctor has hung up");
    gateway.ends("CA-caller").await;

    let words = |name: &str, heard: Vec<f32>| {
        let file = folder.path().join(name);
        audio::wav::write(&file, 16_000, 1, &heard).unwrap();
        words_in(&file)
    };
    let by_doctor = words("doctor.wav", doctor.heard());
    // A recogniser that hears a telephone's sound also writes "just pain".
    for word in ["emergency", "pain", "press", "park"] {
        assert!(by_doctor.contains(word), "{word} is whispered or said to the doctor: {by_doctor}");
    }
    let by_caller = words("caller.wav", caller.heard());
    for word in ["is on the line", "open"] {
        assert!(by_caller.contains(word), "{word} is said to the caller: {by_caller}");
    }
    drop(server);
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("somebody is rung") && log.contains("the call was ended at the provider"), "{log}");
    for word in [NUMBER, "5550177", TOKEN, gateway::SECRET, "payload", "ringing=", "instructions", "chest"] {
        assert!(!log.contains(word), "{word} is in the log");
    }
    pager.stop();
}

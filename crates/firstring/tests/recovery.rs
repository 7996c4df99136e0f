//! The server is killed in the middle of a call and started again on the same data: what the caller said reaches the
//! practice, once. Real models, real time, a real `kill -9`; nothing here is timed.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
mod support;

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use support::{Page, Pager, Server, config_with_database, firstring, fixture, models_are_there, practice};
use testbed::Postgres;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

const FRAME: usize = 16_000 / 50;
/// Nothing takes so long unless it never comes.
const LONG: Duration = Duration::from_secs(90);
/// No line of this call is longer.
const LINE: Duration = Duration::from_secs(9);

/// The example practice, which pages and announces to these addresses.
fn telling(pages: &Pager, messages: &Pager, folder: &Path) -> PathBuf {
    let text = std::fs::read_to_string(practice()).unwrap();
    let lines = text.lines().map(|line| match line {
        line if line.starts_with("page_url") => format!("page_url = {:?}", pages.url),
        line if line.starts_with("patients") => format!("# {line}"),
        line if line.starts_with("# messages_url") => format!("messages_url = {:?}", messages.url),
        line => line.to_owned(),
    });
    let file = folder.join("practice.toml");
    std::fs::write(&file, lines.collect::<Vec<_>>().join("\n")).unwrap();
    file
}

/// A caller in real time: says what they are given, is silent otherwise, and hears the call's news.
struct Caller {
    says: mpsc::Sender<Vec<f32>>,
    news: mpsc::Receiver<Value>,
}

impl Caller {
    async fn call(server: &Server) -> Self {
        let (socket, _) = connect_async(format!("ws://{}/call/ws", server.http)).await.unwrap();
        let (mut send, mut receive) = socket.split();
        let (says, mut to_say) = mpsc::channel::<Vec<f32>>(1);
        let (tell, news) = mpsc::channel(1000);
        tokio::spawn(async move {
            let mut tick = interval(Duration::from_millis(20));
            tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
            let mut samples = Vec::new();
            loop {
                tick.tick().await;
                if samples.is_empty() {
                    samples = to_say.try_recv().unwrap_or_default();
                }
                let rest = samples.split_off(FRAME.min(samples.len()));
                let mut frame = std::mem::replace(&mut samples, rest);
                frame.resize(FRAME, 0.0);
                let bytes = audio::Pcm::<16_000>::new(frame).to_s16le();
                if send.send(Message::Binary(bytes.into())).await.is_err() {
                    return;
                }
            }
        });
        tokio::spawn(async move {
            while let Some(Ok(message)) = receive.next().await {
                if let Message::Text(text) = message {
                    tell.try_send(serde_json::from_str(&text).unwrap()).unwrap();
                }
            }
        });
        Self { says, news }
    }

    async fn say(&self, name: &str) {
        let samples = audio::wav::read(fixture(name)).unwrap().to_pcm::<16_000>().into_samples();
        self.says.send(samples).await.unwrap();
    }

    async fn wait_for(&mut self, what: impl Fn(&Value) -> bool) -> Value {
        let found = async {
            loop {
                let news = self.news.recv().await.expect("the call goes on");
                if what(&news) {
                    return news;
                }
            }
        };
        timeout(LONG, found).await.expect("news that never came")
    }

    /// Waits until FirstRing has said a line.
    async fn listen(&mut self) {
        self.wait_for(|news| news["news"] == "saying").await;
        sleep(LINE).await;
    }
}

async fn open(data: &Path) -> store::Store {
    let key = std::fs::read_to_string(data.join("key")).unwrap();
    let options = store::OpenOptions::new(data.join("firstring.db"), store::Secret::new(key.trim()));
    store::Store::open(&options).await.unwrap()
}

async fn arrived(pager: &Pager) -> Vec<Page> {
    let some = async {
        while pager.pages().is_empty() {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(LONG, some).await.expect("nothing arrived");
    pager.pages()
}

#[test]
fn a_second_server_on_the_same_data_takes_no_call_for_interrupted() {
    let data = tempfile::tempdir().unwrap();
    let first = std::fs::File::create(data.path().join("serving")).unwrap();
    first.lock().unwrap();
    let mut serve = firstring();
    let second = serve.args(["serve", "--http", "127.0.0.1:0", "--practice"]).arg(practice()).arg("--data");
    let told = second.arg(data.path()).output().unwrap();
    assert_eq!(told.status.code(), Some(1));
    let told = String::from_utf8(told.stderr).unwrap();
    assert!(told.contains("another firstring serves from") && told.contains("--data"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_being_dictated_arrives_once_although_the_server_is_killed() {
    if !models_are_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (pages, messages) = (Pager::start().await, Pager::start().await);
    let practice = telling(&pages, &messages, folder.path());
    let server = Server::start_with(&practice, &data, &[]);
    let mut caller = Caller::call(&server).await;
    caller.listen().await;
    caller.say("message_open").await;
    caller.wait_for(|news| news["news"] == "understood").await;
    caller.listen().await;
    caller.say("message_body").await;
    // Half of it may be in doubt, and a doubt on a dead line is a page. On a slow machine no partial comes before the
    // whole is heard.
    let heard = |news: &Value, word| news["news"] == "hearing" && news["text"].as_str().unwrap().contains(word);
    let nearly_all = |news: &Value| ["signature", "Monday"].iter().any(|word| heard(news, word));
    caller.wait_for(|news| nearly_all(news) || news["news"] == "heard").await;
    drop(server); // kill -9

    let server = Server::start_with(&practice, &data, &[]);
    let announced = arrived(&messages).await;
    assert!(announced[0].signed && announced[0].body["complete"] == false, "{announced:?}");
    let store = open(&data).await;
    // Until then it might be announced again, under the same id.
    while store.next_notification_at(&"riverside".into(), store::NoticeWay::Webhook).await.unwrap().is_some() {
        sleep(Duration::from_millis(100)).await;
    }
    drop(server);
    let kept = store.latest_messages(&"riverside".into(), 10).await.unwrap();
    let [message] = kept.as_slice() else { panic!("{kept:?}") };
    let text = message.draft.text.expose().to_lowercase();
    assert!(text.contains("leave a message") && text.contains("tell her"), "{text}");
    assert!(!text.contains("interrupted"), "the journal replays: {text}");
    assert!(!message.draft.complete);
    let call = store.call(message.call).await.unwrap();
    assert!(call.ended_at.is_some() && call.summary.unwrap().expose().contains("\"outage\""), "it says how it ended");
    store.close().await;

    let server = Server::start_with(&practice, &data, &["--no-llm"]);
    drop(server);
    let store = open(&data).await;
    assert_eq!(store.latest_messages(&"riverside".into(), 10).await.unwrap().len(), 1);
    store.close().await;
    let ids: std::collections::BTreeSet<_> =
        messages.pages().iter().map(|page| page.body["message"].to_string()).collect();
    assert_eq!((ids.len(), messages.pages().len()), (1, 1), "it is announced once");
    assert!(pages.pages().is_empty(), "nobody is paged for a message: {:?}", pages.pages());
    pages.stop();
    messages.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emergency_is_paged_although_the_server_is_killed_when_it_is_understood() {
    if !models_are_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (pages, messages) = (Pager::start().await, Pager::start().await);
    let practice = telling(&pages, &messages, folder.path());
    let server = Server::start_with(&practice, &data, &["--no-llm"]);
    let mut caller = Caller::call(&server).await;
    caller.listen().await;
    caller.say("emergency_chest").await;
    caller.wait_for(|news| news["news"] == "understood" && news["urgency"] == "emergency").await;
    drop(server); // kill -9

    let server = Server::start_with(&practice, &data, &["--no-llm"]);
    let arrived = arrived(&pages).await;
    assert!(arrived.iter().all(|page| page.signed && page.body["urgency"] == "emergency"), "{arrived:?}");
    drop(server);
    let keys: Vec<_> = arrived.iter().map(|page| (page.body["link"].to_string(), page.body["step"].as_u64())).collect();
    let unique: std::collections::BTreeSet<_> = keys.iter().collect();
    assert_eq!(unique.len(), keys.len(), "each page is sent once: {keys:?}");
    let store = open(&data).await;
    let calls = store.latest_calls(&"riverside".into(), 10).await.unwrap();
    let cases = store.open_cases(&"riverside".into()).await.unwrap();
    assert_eq!((calls.len(), cases.len()), (1, 1), "one call, one case");
    assert!(cases[0].case.draft.heard.expose().to_lowercase().contains("chest") || !cases[0].events.is_empty());
    assert!(calls[0].ended_at.is_some());
    store.close().await;
    pages.stop();
    messages.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_node_has_understood_the_other_pages_and_brings_to_its_end() {
    if !models_are_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (pages, messages) = (Pager::start().await, Pager::start().await);
    let practice = telling(&pages, &messages, folder.path());
    let url = Postgres::shared().database();
    let config = config_with_database(folder.path(), &url);
    let node = |name: &str| {
        let options = ["--no-llm", "--config", config.to_str().unwrap()];
        Server::start_with(&practice, &folder.path().join(name), &options)
    };
    let (first, second) = (node("first"), node("second"));
    let mut caller = Caller::call(&first).await;
    caller.listen().await;
    caller.say("emergency_chest").await;
    caller.wait_for(|news| news["news"] == "understood" && news["urgency"] == "emergency").await;
    drop(first); // kill -9

    let store = store::Store::connect(&store::Secret::new(url)).await.unwrap();
    let riverside = "riverside".into();
    let ended = async {
        while store.latest_calls(&riverside, 10).await.unwrap().iter().any(|call| call.ended_at.is_none()) {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(LONG, ended).await.expect("the call is brought to its end by the other node");
    let arrived = arrived(&pages).await;
    assert!(arrived.iter().all(|page| page.signed && page.body["urgency"] == "emergency"), "{arrived:?}");
    let keys: Vec<_> = arrived.iter().map(|page| (page.body["link"].to_string(), page.body["step"].as_u64())).collect();
    let unique: std::collections::BTreeSet<_> = keys.iter().collect();
    assert_eq!(unique.len(), keys.len(), "each page is sent once: {keys:?}");
    let cases = store.open_cases(&riverside).await.unwrap();
    assert_eq!(cases.len(), 1, "one case");

    // The link that the first node made opens at the second, and the case is taken there.
    let link = arrived[0].body["link"].as_str().unwrap();
    let path = &link[link.find("/ack/").unwrap()..];
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let page = reqwest::get(format!("http://{}{path}", second.http)).await.unwrap();
    assert!(page.status().is_success() && page.text().await.unwrap().contains(&cases[0].case.reference));
    store.close().await;
    drop(second);
    pages.stop();
    messages.stop();
}

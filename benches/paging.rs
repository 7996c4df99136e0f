//! From the decision to page until the page has reached the pager: 1,000 cases, 50 at once, each kept on the disk before its page
//! leaves, on each database; beside a bare signed request to the same pager, 50 at once, which is what no office can be faster than.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a bench fails by panicking and prints what it measured

#[path = "../crates/office/tests/practice/mod.rs"]
mod practice;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use domain::{OfficeReply, Urgency};
use office::{Channel, Office, Webhook};
use oncall::Way;
use practice::{Caller, Riverside, slow};
use store::{Secret, Store};
use testbed::Postgres;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const CASES: usize = 1000;
const AT_ONCE: usize = 50;
/// What the practice is promised.
const PROMISE: Duration = Duration::from_secs(3);

type Arrivals = Arc<Mutex<HashMap<String, Instant>>>;

/// Takes pages and notes when each case's first came.
async fn pager() -> (String, Arrivals) {
    async fn take(State(arrivals): State<Arrivals>, body: Bytes) {
        let now = Instant::now();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let link = body["link"].as_str().unwrap_or_default();
        let case = link.split("/ack/").nth(1).and_then(|rest| rest.split('?').next()).unwrap_or_default();
        arrivals.lock().unwrap().entry(case.to_owned()).or_insert(now);
    }
    let arrivals = Arrivals::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/page", listener.local_addr().unwrap());
    let router = Router::new().fallback(take).with_state(Arc::clone(&arrivals));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, arrivals)
}

/// Runs `one` so often, so many at once.
async fn all<F: Future<Output = T> + Send + 'static, T: Send + 'static>(one: impl Fn() -> F) -> Vec<T> {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for _ in 0..CASES {
        let place = Arc::clone(&places).acquire_owned().await.unwrap();
        let one = one();
        running.spawn(async move {
            let done = one.await;
            drop(place);
            done
        });
    }
    running.join_all().await
}

async fn cases(pager: &str, arrivals: &Arrivals, server: Option<&Postgres>) -> Vec<Duration> {
    let mut riverside = Riverside::new(slow()).await;
    let hook = Webhook { url: Secret::new(pager), ..riverside.ann.webhook() };
    riverside.config.channels.insert(("ann".into(), Way::Webhook), Channel::Webhook(hook));
    let store = match server {
        Some(server) => Store::connect(&Secret::new(server.database())).await.unwrap(),
        None => Store::open(&riverside.options).await.unwrap(),
    };
    let (office, _task) = Office::start(store.clone(), riverside.config.clone()).await.unwrap();
    let decided = all(|| {
        let office = office.clone();
        async move {
            let (mut caller, decided) = (Caller::new(&office), Instant::now());
            caller.opens(Urgency::Emergency).await;
            let OfficeReply::CaseOpened { case } = caller.reply().await else { panic!("not kept") };
            while caller.reply().await != OfficeReply::Paged {}
            (case, decided)
        }
    })
    .await;
    let kept = store.open_cases(&"riverside".into()).await.unwrap().len();
    assert_eq!(kept, CASES, "every case is on the disk");
    let arrivals = arrivals.lock().unwrap();
    decided.iter().map(|(case, decided)| arrivals[&case.to_string()].duration_since(*decided)).collect()
}

async fn bare(pager: &str) -> Vec<Duration> {
    let client = reqwest::Client::new();
    all(|| {
        let request = client.post(pager).body("{}");
        async move {
            let began = Instant::now();
            request.send().await.unwrap();
            began.elapsed()
        }
    })
    .await
}

fn percentile(sorted: &[Duration], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted[rank.saturating_sub(1)].as_secs_f64() * 1000.0
}

fn main() {
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (url, arrivals) = pager().await;
        let server = Postgres::start(true);
        let mut rows = [
            ("bare request", bare(&url).await),
            ("page, SQLite", cases(&url, &arrivals, None).await),
            ("page, PostgreSQL", cases(&url, &arrivals, Some(&server)).await),
        ];
        println!("{CASES} of each, {AT_ONCE} at once; ms");
        println!("{:18} {:>8} {:>8} {:>8}", "", "p50", "p99", "worst");
        for (name, times) in &mut rows {
            times.sort();
            let [p50, p99, worst] = [0.5, 0.99, 1.0].map(|share| percentile(times, share));
            println!("{name:18} {p50:8.1} {p99:8.1} {worst:8.1}");
        }
        let [base, file, server] = [0, 1, 2].map(|row| percentile(&rows[row].1, 0.99));
        for (name, paged) in [("SQLite", file), ("PostgreSQL", server)] {
            println!(
                "p99, {name}: {:.1} times the bare request; {:.1} % of the {PROMISE:?} that are promised",
                paged / base,
                paged / 10.0 / PROMISE.as_secs_f64()
            );
        }
    });
}

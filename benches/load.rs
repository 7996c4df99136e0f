//! Four callers talk at once: how soon after the urgent words does the page arrive, and what does the process weigh?
//! The baseline of the same run is one caller alone.
//!
//! `cargo bench --profile dev -p firstring --bench load`
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a benchmark prints, and fails by panicking

#[path = "../crates/firstring/tests/support/mod.rs"]
#[allow(dead_code)] // each bench uses its own part
mod support;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use support::{Pager, Percentiles, Server, fixture, models_are_there, practice};
use tokio::time::{MissedTickBehavior, interval};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

const HZ: usize = 16_000;
const FRAME: usize = HZ / 50;
/// The greeting is over before the caller speaks.
const BEFORE_S: usize = 8;
/// "My husband is having crushing chest pain" ends here in the recording.
const URGENT_WORDS_END: Duration = Duration::from_millis(2_200);
const AFTERWARDS_S: usize = 12;

/// The example practice, paging `url`. Its patients stay where they are.
fn paging(url: &str, folder: &Path) -> PathBuf {
    let text = std::fs::read_to_string(practice()).unwrap();
    let beside = practice().parent().unwrap().display().to_string();
    let lines = text.lines().map(|line| match line.strip_prefix("patients = \"") {
        Some(file) => format!("patients = \"{beside}/{file}"),
        None if line.starts_with("page_url") => format!("page_url = \"{url}\""),
        None => line.to_owned(),
    });
    let file = folder.join("practice.toml");
    std::fs::write(&file, lines.collect::<Vec<_>>().join("\n")).unwrap();
    file
}

/// One caller; gives the moment at which the urgent words had been said.
async fn caller(url: String) -> Instant {
    let speech = audio::wav::read(fixture("emergency_chest")).unwrap().to_pcm::<16_000>().into_samples();
    let mut samples = vec![0.0; BEFORE_S * HZ];
    samples.extend(speech);
    samples.resize(samples.len() + AFTERWARDS_S * HZ, 0.0);
    let (socket, _) = connect_async(url).await.unwrap();
    let (mut send, mut receive) = socket.split();
    let listening = tokio::spawn(async move { while let Some(Ok(_)) = receive.next().await {} });
    let mut tick = interval(Duration::from_millis(20));
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let began = Instant::now();
    for frame in samples.chunks(FRAME) {
        tick.tick().await;
        let bytes = audio::Pcm::<16_000>::new(frame.to_vec()).to_s16le();
        if send.send(Message::Binary(bytes.into())).await.is_err() {
            break;
        }
    }
    drop(send.close().await);
    listening.abort();
    began + Duration::from_secs(BEFORE_S as u64) + URGENT_WORDS_END
}

fn resident_mib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// From the urgent words to the page, of each of `callers` callers at once.
async fn measure(server: &Server, pager: &Pager, callers: usize) -> Vec<f64> {
    let before = pager.pages().len();
    let url = format!("ws://{}/call/ws", server.http);
    let talking: Vec<_> = (0..callers).map(|_| tokio::spawn(caller(url.clone()))).collect();
    let mut said = Vec::new();
    for caller in talking {
        said.push(caller.await.unwrap());
    }
    let latest = *said.iter().max().unwrap();
    let pages = pager.pages().split_off(before);
    assert!(pages.len() >= callers, "{} pages for {callers} callers", pages.len());
    pages[..callers].iter().map(|page| page.at.saturating_duration_since(latest).as_secs_f64() * 1000.0).collect()
}

#[tokio::main]
async fn main() {
    if !models_are_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let pager = Pager::start().await;
    let practice = paging(&pager.url, folder.path());
    let server = Server::start_with(&practice, &folder.path().join("data"), &[]);
    let idle = resident_mib(server.pid());
    let one = measure(&server, &pager, 1).await;
    let with_one = resident_mib(server.pid());
    let four = measure(&server, &pager, 4).await;
    let with_four = resident_mib(server.pid());
    println!("urgent words -> page received, milliseconds (0: before the words were over)");
    println!("{:24} {:>5} {:>8} {:>8} {:>8}", "", "n", "p50", "p95", "worst");
    println!("{:24} {}", "one caller (base)", Percentiles::of(&one));
    println!("{:24} {}", "four callers at once", Percentiles::of(&four));
    println!("target: 3000 with four callers");
    println!(
        "memory, MiB: {idle} idle, {with_one} with one call, {with_four} with four; ratio {:.2}",
        with_four as f64 / idle as f64
    );
    pager.stop();
}

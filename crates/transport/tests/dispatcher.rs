//! Two processes behind a proxy: one is killed, or takes no more calls, and every new call succeeds at the other.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use testbed::{Called, Dispatcher, Sipp};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

const READY_WITHIN: Duration = Duration::from_secs(20);
/// A server that is back is asked for within a second or two.
const BACK_WITHIN: Duration = Duration::from_secs(30);

/// `examples/echo.rs` in a process of its own.
struct Echo {
    process: Child,
    address: SocketAddr,
    calls: Arc<AtomicU64>,
}

impl Echo {
    async fn start(address: SocketAddr) -> Self {
        let mut process = Command::new(program())
            .arg(address.port().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready = timeout(READY_WITHIN, lines.next_line()).await.expect("it is ready").unwrap();
        assert_eq!(ready.as_deref(), Some("ready"));
        let calls = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&calls);
        tokio::spawn(async move {
            while let Ok(Some(_call)) = lines.next_line().await {
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self { process, address, calls }
    }

    fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    async fn refuse_calls(&mut self) {
        self.process.stdin.as_mut().unwrap().write_all(b"refuse\n").await.unwrap();
    }
}

fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().unwrap().with_file_name("examples").join("echo");
    assert!(program.exists(), "build it by `cargo build -p transport --example echo`");
    program
}

fn free_address() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, testbed::free_port()).into()
}

async fn call(proxy: &Dispatcher, calls: u32, per_second: u32, speaks: Duration, hears_at: u16) -> Called {
    Sipp { to: proxy.address, calls, per_second, speaks, hears_at }.run().await
}

fn all_succeeded(called: Called, calls: u64) {
    assert_eq!((called.successful, called.failed), (calls, 0), "{called:?}");
}

#[tokio::test]
async fn new_calls_succeed_when_one_of_two_is_killed_or_refuses() {
    if !Sipp::is_allowed() {
        return;
    }
    let second = Duration::from_secs(1);
    let mut first = Echo::start(free_address()).await;
    let mut other = Echo::start(free_address()).await;
    let proxy = Dispatcher::start(&[first.address, other.address]);

    let both = call(&proxy, 20, 10, second, 8000).await;
    println!("both there: {both:?}; they took {} and {}", first.calls(), other.calls());
    all_succeeded(both, 20);
    let before = other.calls();
    assert!(first.calls() + before == 20 && first.calls().min(before) > 0, "{} and {before}", first.calls());

    first.process.kill().await.unwrap();
    let killed = call(&proxy, 20, 20, second, 8200).await;
    println!("one killed: {killed:?}; the other took {} more", other.calls() - before);
    all_succeeded(killed, 20);
    assert_eq!(other.calls() - before, 20);

    // It comes back, and is asked for again by itself.
    first = Echo::start(first.address).await;
    timeout(BACK_WITHIN, async {
        while first.calls() == 0 {
            all_succeeded(call(&proxy, 2, 2, second, 8400).await, 2);
        }
    })
    .await
    .expect("calls go to the one that is back");

    let before = (first.calls(), other.calls());
    let long = call(&proxy, 6, 6, 8 * second, 8600);
    let meanwhile = async {
        sleep(3 * second).await;
        other.refuse_calls().await;
        call(&proxy, 20, 20, second, 8800).await
    };
    let (long, refused) = tokio::join!(long, meanwhile);
    let (at_first, at_other) = (first.calls() - before.0, other.calls() - before.1);
    println!("one refuses: {refused:?}, calls in progress: {long:?}; they took {at_first} and {at_other} more");
    all_succeeded(long, 6);
    all_succeeded(refused, 20);
    // The other took none but some of those that were there before.
    assert!(at_first + at_other == 26 && (1..=6).contains(&at_other), "{at_first} and {at_other}");
}

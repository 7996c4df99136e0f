//! A hundred telephones call at once, and each hears itself: none fails, and no packet is lost either way.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[path = "line/echo.rs"]
mod echo;
#[allow(dead_code)] // each test uses its own part
mod line;
#[allow(dead_code)]
#[path = "line/process.rs"]
mod process;
#[path = "line/quality.rs"]
mod quality;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use echo::echo;
use line::{Line, trusting};
use process::Used;
use quality::Quality;
use testbed::Sipp;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

const CALLS: u32 = 100;
/// sipp counts ports up by so many a call.
const PORTS_A_CALL: u16 = 4;
/// A server of a hundred calls that needs more than this has a leak.
const MEMORY_MAX: u64 = 512 << 20;
/// Of a hundred keys.
const KEYS_MIN: usize = 95;
/// What is on its way when the last call ends is there within this.
const LAST_PACKETS: Duration = Duration::from_secs(2);

/// Where the calls hear, but for the first, whose port sipp keeps.
struct Ears {
    base: u16,
    heard: Vec<Arc<AtomicU64>>,
    _listening: JoinSet<()>,
}

impl Ears {
    async fn open() -> Self {
        for base in (10_000..20_000).step_by(usize::from(PORTS_A_CALL) * CALLS as usize) {
            if let Some(sockets) = bind(base).await {
                let mut listening = JoinSet::new();
                let heard = sockets.into_iter().map(|socket| {
                    let heard = Arc::new(AtomicU64::new(0));
                    listening.spawn(count(socket, Arc::clone(&heard)));
                    heard
                });
                return Self { base, heard: heard.collect(), _listening: listening };
            }
        }
        panic!("no ports are free");
    }

    /// Packets by call.
    fn heard(&self) -> Vec<u64> {
        self.heard.iter().map(|heard| heard.load(Ordering::Relaxed)).collect()
    }
}

async fn bind(base: u16) -> Option<Vec<UdpSocket>> {
    let mut sockets = Vec::new();
    for call in 1..CALLS as u16 {
        sockets.push(UdpSocket::bind(("127.0.0.1", base + PORTS_A_CALL * call)).await.ok()?);
    }
    Some(sockets)
}

async fn count(socket: UdpSocket, heard: Arc<AtomicU64>) {
    let mut datagram = [0; 2048];
    while socket.recv(&mut datagram).await.is_ok() {
        heard.fetch_add(1, Ordering::Relaxed);
    }
}

/// Echoes every call, and gives what keys each pressed and how many calls there were at once at most.
async fn echo_all(mut line: Line) -> (Vec<String>, usize) {
    let (mut shells, mut keys) = (JoinSet::new(), Vec::new());
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    for _ in 0..CALLS {
        let leg = line.rings().await.leg;
        let (now, most) = (Arc::clone(&now), Arc::clone(&most));
        shells.spawn(async move {
            most.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            let keys = echo(leg).await;
            now.fetch_sub(1, Ordering::Relaxed);
            keys
        });
    }
    while let Some(pressed) = shells.join_next().await {
        keys.push(pressed.unwrap());
    }
    line.close().await;
    (keys, most.load(Ordering::Relaxed))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_calls_at_once_and_no_packet_is_lost() {
    if !Sipp::is_allowed() {
        return;
    }
    let (quality, ears) = (Quality::of_this_process(), Ears::open().await);
    let options = trusting(CALLS as usize);
    let to = options.listen;
    let before = Used::now();
    let echoed = tokio::spawn(echo_all(Line::with(options).await));
    let speaks = Duration::from_secs(8);
    let called = Sipp { to, calls: CALLS, per_second: 20, speaks, hears_at: ears.base }.run().await;
    assert_eq!((called.successful, called.failed), (u64::from(CALLS), 0), "{called:?}");
    let (keys, most) = echoed.await.unwrap();
    tokio::time::sleep(LAST_PACKETS).await;

    let (calls, after) = (quality.calls(), Used::now());
    let (heard, sent) = (ears.heard(), Sipp::packets());
    println!(
        "{CALLS} calls, {most} at once: {called:?}; of {sent} packets of speech a call the fewest that came {}, \
         lost {}, late {}",
        calls.iter().map(|call| call.received).min().unwrap_or(0),
        calls.iter().map(|call| call.lost).sum::<u64>(),
        calls.iter().map(|call| call.late).sum::<u64>(),
    );
    println!(
        "said {} packets, of which {} calls heard {}; {:?} of CPU, this test's part included; {:.1} MB, {:.1} MB before; {}",
        calls.iter().map(|call| call.sent).sum::<u64>(),
        heard.len(),
        heard.iter().sum::<u64>(),
        after.cpu.saturating_sub(before.cpu),
        after.megabytes(),
        before.megabytes(),
        std::fs::read_to_string("/proc/loadavg").unwrap().trim(),
    );
    assert_eq!((keys.len(), most), (CALLS as usize, CALLS as usize));
    // A source that nobody counts says the key: on a busy machine sipp may be done with the call before it has sent that.
    let pressed = keys.iter().filter(|keys| *keys == "1").count();
    assert!(pressed >= KEYS_MIN && keys.iter().all(|keys| keys.len() <= 1), "{keys:?}");
    assert!(calls.iter().all(|call| (call.received, call.lost, call.refused) == (sent, 0, 0)), "{calls:?}");
    // What each call but one was told is what was said to it.
    let (mut said, mut heard) = (calls.iter().map(|call| call.sent).collect::<Vec<_>>(), heard);
    for heard in &heard {
        let place = said.iter().position(|said| said == heard);
        said.swap_remove(place.unwrap_or_else(|| panic!("nobody was told {heard} packets")));
    }
    heard.sort_unstable();
    assert!(heard[0] > 400, "nine seconds: {heard:?}");
    assert_eq!(said.len(), 1);
    assert!(after.resident < MEMORY_MAX, "{after:?}");
}

//! Calls arrive and end, for as long as `FIRSTRING_SOAK_S` says (a minute): memory and open handles stay what they were, and of
//! a call that is over nothing is remembered. `make soak` does so for an hour.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[path = "line/echo.rs"]
mod echo;
#[allow(dead_code)] // each test uses its own part
mod line;
#[allow(dead_code)]
#[path = "line/process.rs"]
mod process;

use std::time::Duration;

use echo::echo;
use line::{Line, trusting};
use process::Used;
use testbed::Sipp;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

const SOAK_S: u64 = 60;
/// One round of calls; fifteen to twenty-five are there at once.
const CALLS: u32 = 80;
const PER_SECOND: u32 = 8;
/// The rounds before memory counts, or a third of them if that is more: what is kept of a call for the 32 s of its transactions
/// (RFC 3261 17) is kept of as many calls then.
const WARM_UP_ROUNDS: usize = 3;
/// Of the keys of a round: on a busy machine sipp may be done with a call before it has sent its key.
const KEYS_MIN: usize = 70;
/// What may be more afterwards: what the allocator keeps, and a handle that is just being closed.
const MORE_MEMORY_MAX: u64 = 16 << 20;
const MORE_HANDLES_MAX: usize = 8;
/// A call that is over is forgotten within this: its BYE was answered.
const FORGOTTEN_WITHIN: Duration = Duration::from_secs(40);

/// A round of calls, each of which hears itself and ends.
async fn round(line: &mut Line, call: Sipp) {
    let mut shells = JoinSet::new();
    let called = tokio::spawn(async move { call.run().await });
    for _ in 0..CALLS {
        shells.spawn(echo(line.rings().await.leg));
    }
    let called = called.await.unwrap();
    assert_eq!((called.successful, called.failed), (u64::from(CALLS), 0), "{called:?}");
    let mut pressed = 0;
    while let Some(keys) = shells.join_next().await {
        pressed += keys.unwrap().len();
    }
    assert!(pressed >= KEYS_MIN, "{pressed} keys");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_grows_while_calls_come_and_go() {
    if !Sipp::is_allowed() {
        return;
    }
    let lasts = std::env::var("FIRSTRING_SOAK_S").map_or(SOAK_S, |seconds| seconds.parse().unwrap());
    let options = trusting(CALLS as usize);
    let speaks = Duration::from_secs(1);
    let call = Sipp { to: options.listen, calls: CALLS, per_second: PER_SECOND, speaks, hears_at: 7000 };
    let mut line = Line::with(options).await;
    let (began, mut rounds) = (Instant::now(), Vec::new());
    while began.elapsed() < Duration::from_secs(lasts) || rounds.len() <= WARM_UP_ROUNDS {
        round(&mut line, call).await;
        let used = Used::now();
        println!(
            "{:4} s, {:5} calls: {:.1} MB, {} handles, {} calls remembered, {:?} of CPU",
            began.elapsed().as_secs(),
            (rounds.len() + 1) * CALLS as usize,
            used.megabytes(),
            used.handles,
            line.remembered(),
            used.cpu
        );
        rounds.push(used);
    }
    let (warm, last) = (rounds[WARM_UP_ROUNDS.max(rounds.len() / 3) - 1], rounds[rounds.len() - 1]);
    assert!(last.resident < warm.resident + MORE_MEMORY_MAX, "{warm:?}, then {last:?}");
    assert!(last.handles <= warm.handles + MORE_HANDLES_MAX, "{warm:?}, then {last:?}");
    let over = Instant::now();
    while line.remembered() > 0 {
        assert!(over.elapsed() < FORGOTTEN_WITHIN, "{} calls are remembered", line.remembered());
        sleep(Duration::from_millis(100)).await;
    }
    line.close().await;
}

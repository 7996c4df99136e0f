//! A caller's line is asked to put the caller through (REFER), by raw datagrams.
#![allow(clippy::unwrap_used, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
#[path = "line/by_hand.rs"]
mod by_hand;
#[allow(dead_code)] // each test uses its own part
mod line;
#[allow(dead_code)] // each test uses its own part
#[path = "line/peer.rs"]
mod peer;

use by_hand::{ByHand, SOON};
use domain::Phi;
use tokio::sync::oneshot;
use tokio::time::timeout;
use transport::{NotAnswered, Refer};

const DOCTOR: &str = "sip:doctor@127.0.0.1:9";
const DOCTOR_ON_THE_LINE: &str = "sip:doctor@127.0.0.1:9?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2";

/// Orders it, and gives what will become of it.
fn refer(by_hand: &ByHand, to: &str, speaks_on: bool) -> oneshot::Receiver<Result<(), NotAnswered>> {
    let (done, outcome) = oneshot::channel();
    by_hand.call.leg.speaker.refer(Refer { to: Phi::new(to.to_owned()), speaks_on, done }).unwrap();
    outcome
}

#[tokio::test]
async fn nobody_is_put_through_who_is_still_to_hear_something() {
    let by_hand = ByHand::calls("", "").await;
    let blind = timeout(SOON, refer(&by_hand, DOCTOR, true)).await.expect("it is decided at once");
    assert!(blind.is_err(), "it cannot be done: {blind:?}");
    let attended = refer(&by_hand, DOCTOR_ON_THE_LINE, true);
    // The first that is asked for: nothing came before.
    let asked = by_hand.is_asked("REFER", "603 Decline", "", "").await;
    assert!(asked.contains(DOCTOR_ON_THE_LINE), "who has the doctor on the line needs us no more: {asked}");
    assert_eq!(timeout(SOON, attended).await.unwrap().unwrap(), Err(NotAnswered::NotReached));
    by_hand.line.close().await;
}

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

use std::time::Duration;

use by_hand::{ByHand, SOON};
use domain::Phi;
use peer::{Ask, header, status};
use tokio::sync::oneshot;
use tokio::time::timeout;
use transport::{LegNews, NotAnswered, Refer};

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

/// What became of who was called.
async fn notifies(by_hand: &ByHand, sequence: u32, of: &str, outcome: &str) {
    let headers = format!("Event: refer;id={of}\r\nSubscription-State: active\r\nContent-Type: message/sipfrag\r\n");
    let body = format!("SIP/2.0 {outcome}\r\n");
    let ask = Ask { headers: &headers, body: &body, ..by_hand.within("NOTIFY", sequence) };
    assert_eq!(status(&by_hand.peer.answer_to(ask).await.unwrap()), 200);
}

fn id_of(refer: &str) -> String {
    header(refer, "CSeq").split(' ').next().unwrap().to_owned()
}

#[tokio::test]
async fn of_two_who_might_be_called_at_once_only_one_is() {
    let by_hand = ByHand::calls("", "a=recvonly\r\n").await;
    let first = refer(&by_hand, DOCTOR, false);
    let first_id = id_of(&by_hand.is_asked("REFER", "202 Accepted", "", "").await);
    notifies(&by_hand, 2, &first_id, "100 Trying").await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(25)).await;
    tokio::time::resume();
    // Who waits gives up, and who was called may yet pick up.
    assert_eq!(timeout(SOON, first).await.unwrap().unwrap(), Err(NotAnswered::NotReached));
    let second = timeout(SOON, refer(&by_hand, DOCTOR, false)).await.expect("it is decided at once");
    assert!(second.is_err(), "it cannot be done: {second:?}");

    notifies(&by_hand, 3, &first_id, "486 Busy Here").await;
    let mut third = refer(&by_hand, DOCTOR, false);
    let third_id = id_of(&by_hand.is_asked("REFER", "202 Accepted", "", "").await);
    notifies(&by_hand, 4, &third_id, "180 Ringing").await;
    notifies(&by_hand, 5, &first_id, "486 Busy Here").await;
    assert!(third.try_recv().is_err(), "it is not the first");
    notifies(&by_hand, 6, &third_id, "200 OK").await;
    assert_eq!(timeout(SOON, third).await.unwrap().unwrap(), Ok(()));
    by_hand.line.close().await;
}

#[tokio::test]
async fn a_call_goes_on_when_something_within_it_is_answered_with_a_question_for_a_password() {
    let mut by_hand = ByHand::calls("", "").await;
    let challenge = "Proxy-Authenticate: Digest realm=\"x\", nonce=\"1\"\r\n";
    let outcome = refer(&by_hand, DOCTOR, false);
    by_hand.is_asked("REFER", "407 Proxy Authentication Required", challenge, "").await;
    assert_eq!(timeout(SOON, outcome).await.unwrap().unwrap(), Err(NotAnswered::NotReached));
    let hung_up = by_hand.call.news(Duration::from_millis(300), |news| *news == LegNews::HungUp).await;
    assert_eq!(hung_up, None, "nobody has");
    let answer = by_hand.peer.answer_to(by_hand.within("OPTIONS", 2)).await.unwrap();
    assert_eq!(status(&answer), 200);
    let refer = refer(&by_hand, DOCTOR, false);
    by_hand.is_asked("REFER", "603 Decline", "", "").await;
    assert_eq!(timeout(SOON, refer).await.unwrap().unwrap(), Err(NotAnswered::NotReached));
    by_hand.call.leg.over.cancel();
    by_hand.is_asked("BYE", "200 OK", "", "").await;
    by_hand.line.close().await;
}

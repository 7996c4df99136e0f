//! Strangers at the SIP port, by raw datagrams from several addresses of the loopback interface.
#![allow(clippy::unwrap_used, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
mod line;
#[allow(dead_code)] // each test uses its own part
#[path = "line/peer.rs"]
mod peer;

use std::collections::HashMap;
use std::time::Duration;

use domain::Lines;
use line::{Line, options};
use peer::{ANSWERS_WITHIN, Invite, Peer, status};
use tokio::io::AsyncReadExt;
use tokio::net::TcpSocket;
use tokio::time::timeout;
use transport::sip::{SipDefence, SipOptions};

fn count(answers: &HashMap<String, String>, wanted: u16) -> usize {
    answers.values().filter(|answer| status(answer) == wanted).count()
}

#[tokio::test]
async fn a_flood_from_one_address_leaves_the_line_to_others() {
    let options = SipOptions { calls_max: 2, ..options() };
    let to = options.listen;
    let mut line = Line::with(options).await;
    let attacker = Peer::at("127.0.0.3", to).await;
    for nth in 0..60 {
        attacker.calls(&format!("flood{nth}")).await;
    }
    let answers = attacker.answers().await;
    assert_eq!((count(&answers, 200), count(&answers, 503)), (2, 58));
    let waits = answers.values().filter(|answer| answer.contains("Retry-After: 10\r\n")).count();
    assert_eq!(waits, 30, "the others are too many that ring");
    let turned = line.turned_away();
    assert_eq!((turned.ringing, turned.too_often), (28, 30));
    let mut calls = Vec::new();
    for (ip, call) in [("127.0.0.2", "patient1"), ("127.0.0.4", "patient2")] {
        assert!(Peer::at(ip, to).await.is_connected(call).await, "{call}");
        calls.push(line.rings().await);
    }
    assert!(!Peer::at("127.0.0.5", to).await.is_connected("late").await, "two lines, two patients");
    line.close().await;
}

#[tokio::test]
async fn scans_are_not_answered_and_counted() {
    let line = Line::open().await;
    let to = line.address.split_once('@').unwrap().1.parse().unwrap();
    let scanner = Peer::at("127.0.0.3", to).await;
    for method in ["REGISTER", "SUBSCRIBE", "MESSAGE", "PUBLISH", "BYE"] {
        scanner.ask(method, method, "", "1").await;
    }
    assert_eq!(scanner.answer().await, None);
    assert_eq!(line.turned_away().scans, 5);
    scanner.ask("OPTIONS", "there", "", "1").await;
    assert_eq!(status(&scanner.answer().await.unwrap()), 200);
    // Two a second are enough to know whether we are there.
    for nth in 0..200 {
        scanner.ask("OPTIONS", &format!("again{nth}"), "", "1").await;
        // So many at once a socket does not hold.
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let answered = scanner.answers().await.len();
    assert_eq!((answered, line.turned_away().scans), (119, 5 + 81));
    line.close().await;
}

#[tokio::test]
async fn an_invite_that_comes_by_two_ways_is_answered_once() {
    let line = Line::open().await;
    let to = line.address.split_once('@').unwrap().1.parse().unwrap();
    let peer = Peer::at("127.0.0.2", to).await;
    for branch in ["one", "other"] {
        peer.invite(Invite { call: "forked", branch, from: "x", sound: "127.0.0.2", contact: None }).await;
    }
    let mut told = Vec::new();
    while let Some(answer) = peer.answer().await {
        told.push(status(&answer));
    }
    assert_eq!(told.iter().filter(|status| **status == 482).count(), 1, "{told:?}");
    assert!(told.contains(&200), "{told:?}");
    assert_eq!(line.turned_away().merged, 1);
    line.close().await;
}

#[tokio::test]
async fn sound_and_requests_go_to_one_host_only() {
    let line = Line::open().await;
    let to = line.address.split_once('@').unwrap().1.parse().unwrap();
    let table = [
        ("127.0.0.2", None, 200),
        ("0.0.0.0", None, 200), // on hold from the first
        ("224.0.0.251", None, 488),
        ("255.255.255.255", None, 488),
        ("127.0.0.2", Some("239.1.1.1:5060"), 400),
    ];
    for (nth, (sound, contact, expected)) in table.into_iter().enumerate() {
        let peer = Peer::at(&format!("127.0.1.{}", nth + 1), to).await;
        let call = format!("sound{nth}");
        peer.invite(Invite { call: &call, branch: &call, from: "x", sound, contact }).await;
        assert_eq!(status(&peer.answers().await[&call]), expected, "{sound} {contact:?}");
    }
    line.close().await;
}

#[tokio::test]
async fn who_is_not_listed_is_not_heard() {
    let options = options();
    let (to, defence) =
        (options.listen, SipDefence { allow: vec!["127.0.0.2/32".parse().unwrap()], ..SipDefence::of(8) });
    let mut line = Line::with(SipOptions { defence, ..options }).await;
    let stranger = Peer::at("127.0.0.1", to).await;
    stranger.calls("stranger").await;
    stranger.send("nonsense").await;
    assert_eq!(stranger.answer().await, None);
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.3:0".parse().unwrap()).unwrap();
    let mut stream = socket.connect(to).await.unwrap();
    assert_eq!(timeout(ANSWERS_WITHIN, stream.read(&mut [0; 16])).await.expect("it is closed").unwrap(), 0);
    assert_eq!(line.turned_away().outside, 3);
    assert!(Peer::at("127.0.0.2", to).await.is_connected("friend").await);
    line.rings().await;
    line.close().await;
}

#[tokio::test]
async fn a_caller_who_redials_without_end_is_busy_and_the_trunks_others_are_not() {
    let options = options();
    let allow = vec!["127.0.0.2/32".parse().unwrap()];
    let (to, defence) = (options.listen, SipDefence { allow, caller_per_minute: 2, ..SipDefence::of(8) });
    let line = Line::with(SipOptions { defence, ..options }).await;
    let trunk = Peer::at("127.0.0.2", to).await;
    for (call, from) in [("a", "+12125550101"), ("b", "+12125550101"), ("c", "+12125550101"), ("d", "+12125550102")] {
        trunk.invite(Invite { call, branch: call, from, sound: "127.0.0.2", contact: None }).await;
        // One after the other.
        while status(&trunk.answer().await.expect("an answer")) < 200 {}
    }
    let answers = trunk.answers().await;
    assert_eq!(line.turned_away().too_often, 1);
    assert!(answers.values().all(|answer| status(answer) == 200), "what is sent again are answers to calls");
    line.close().await;
}

#[tokio::test]
async fn the_last_lines_are_told_and_who_never_acknowledges_has_none() {
    let options = options();
    let defence = SipDefence { reserve: 1, ..SipDefence::of(2) };
    let to = options.listen;
    let mut line = Line::with(SipOptions { calls_max: 2, defence, ..options }).await;
    let silent = Peer::at("127.0.0.3", to).await;
    silent.calls("silent").await;
    assert_eq!(count(&silent.answers().await, 200), 1);
    let trunk = Peer::at("127.0.0.2", to).await;
    assert!(trunk.is_connected("first").await);
    let first = line.rings().await;
    assert!(trunk.is_connected("second").await);
    let second = line.rings().await;
    assert_eq!((first.leg.lines, second.leg.lines), (Lines::Plenty, Lines::Reserve));
    assert!(!trunk.is_connected("third").await);
    assert_eq!(line.turned_away().busy, 1);
    line.close().await;
}

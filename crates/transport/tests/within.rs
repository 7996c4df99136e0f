//! What happens within a call, by raw datagrams: keys before the end, sessions that are refreshed.
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

use by_hand::{ByHand, SDP, SOON};
use domain::LineCodec;
use peer::{header, sdp, status};
use tokio::time::timeout;
use transport::LegNews;

/// The shortest session that RFC 4028 allows is refreshed at half of its 90 s.
const REFRESH_DUE: Duration = Duration::from_secs(46);

#[tokio::test]
async fn a_key_that_is_pressed_just_before_the_end_is_not_lost() {
    for (code, key, ends_first) in [(5, '5', false), (11, '#', true)] {
        let mut by_hand = ByHand::calls("", "").await;
        if ends_first {
            // The BYE has overtaken the key.
            by_hand.peer.asks(by_hand.within("BYE", 2)).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            by_hand.presses(code).await;
        } else {
            by_hand.presses(code).await;
            by_hand.peer.asks(by_hand.within("BYE", 2)).await;
        }
        let mut told = Vec::new();
        while let Ok(Some(news)) = timeout(SOON, by_hand.call.leg.news.recv()).await {
            told.push(news);
        }
        assert_eq!(told, [LegNews::Dtmf(key), LegNews::HungUp]);
        let quality = by_hand.call.leg.quality.borrow().expect("it is known");
        assert_eq!((quality.codec, quality.heard.expected, quality.said), (LineCodec::Pcmu, 1, None));
        by_hand.line.close().await;
    }
}

/// Lets the clock jump to where a refresh is due. Nothing is expected to be heard meanwhile: the caller listens only.
async fn until_refresh() {
    tokio::time::pause();
    tokio::time::advance(REFRESH_DUE).await;
    tokio::time::resume();
}

const TIMER: &str = "Session-Expires: 90;refresher=uas\r\nSupported: timer\r\n";

#[tokio::test]
async fn a_session_is_refreshed_by_update_and_by_invite_where_that_is_refused() {
    let mut by_hand = ByHand::calls(TIMER, "a=recvonly\r\n").await;
    assert_eq!(header(&by_hand.answer, "Session-Expires"), "90;refresher=uas");
    until_refresh().await;
    let update = by_hand.is_asked("UPDATE", "405 Method Not Allowed", "Allow: INVITE, ACK, BYE\r\n", "").await;
    assert_eq!(header(&update, "Session-Expires"), "90;refresher=uac");
    for _ in 0..2 {
        let theirs = sdp("127.0.0.1", by_hand.sound.local_addr().unwrap().port()) + "a=recvonly\r\n";
        let invite = by_hand.is_asked("INVITE", "200 OK", SDP, &theirs).await;
        assert_eq!(header(&invite, "Session-Expires"), "90;refresher=uac");
        let (_, said) = by_hand.answer.split_once("\r\n\r\n").unwrap();
        assert!(invite.ends_with(said), "the same description: {invite}");
        by_hand.is_asked("ACK", "200 OK", "", "").await;
        until_refresh().await;
    }
    by_hand.is_asked("INVITE", "481 Call/Transaction Does Not Exist", "", "").await;
    assert_eq!(by_hand.call.news(SOON, |news| *news == LegNews::Lost).await, Some(LegNews::Lost), "they are gone");
    by_hand.line.close().await;
}

#[tokio::test]
async fn who_does_not_allow_update_is_not_asked_so() {
    let by_hand =
        ByHand::calls(&format!("{TIMER}Allow: INVITE, ACK, CANCEL, BYE, OPTIONS\r\n"), "a=recvonly\r\n").await;
    until_refresh().await;
    let mut datagram = [0; 4096];
    let (len, _) = timeout(SOON, by_hand.peer.socket.recv_from(&mut datagram)).await.expect("it asks").unwrap();
    let first = String::from_utf8_lossy(&datagram[..len]).into_owned();
    assert!(first.starts_with("INVITE "), "{first}");
    // Their own change crosses ours: they are there, and the call goes on.
    let refused = by_hand.is_asked("INVITE", "491 Request Pending", "", "").await;
    // It is asked again at once, not half a session later.
    let mut again = by_hand.is_asked("INVITE", "491 Request Pending", "", "").await;
    while header(&again, "CSeq") == header(&refused, "CSeq") {
        again = by_hand.is_asked("INVITE", "491 Request Pending", "", "").await;
    }
    let answer = by_hand.peer.answer_to(by_hand.within("OPTIONS", 3)).await.unwrap();
    assert_eq!(status(&answer), 200);
    by_hand.line.close().await;
}

//! What answers say of us: methods, bodies and extensions, by raw datagrams.
#![allow(clippy::unwrap_used, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
mod line;
#[allow(dead_code)] // each test uses its own part
#[path = "line/peer.rs"]
mod peer;

use line::{Line, options};
use peer::{Ask, Peer, header, sdp, status};

const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, NOTIFY";
const SDP: &str = "Content-Type: application/sdp\r\n";

/// A line, and somebody at another address who speaks by hand.
async fn line_and_peer() -> (Line, Peer) {
    let options = options();
    let to = options.listen;
    (Line::with(options).await, Peer::at("127.0.0.1", to).await)
}

#[tokio::test]
async fn answers_tell_what_we_can() {
    let (mut line, peer) = line_and_peer().await;
    let asked = Ask { method: "OPTIONS", call: "options", sequence: 1, ..Ask::default() };
    let told = peer.answer_to(asked).await.unwrap();
    assert_eq!((status(&told), header(&told, "Allow").as_str()), (200, ALLOW));
    assert_eq!(header(&told, "Accept"), "application/sdp, multipart/mixed");

    let offer = sdp("127.0.0.1", 40_000);
    let invite = Ask { method: "INVITE", call: "call", sequence: 1, headers: SDP, body: &offer, ..Ask::default() };
    let answer = peer.answer_to(invite).await.unwrap();
    assert_eq!((status(&answer), header(&answer, "Allow").as_str()), (200, ALLOW));
    let to_tag = &*peer.acknowledges(&answer).await;
    line.rings().await;
    let within = Ask { call: "call", to_tag, ..Ask::default() };
    for (sequence, method, wanted) in [(2, "OPTIONS", 200), (3, "MESSAGE", 405), (4, "SUBSCRIBE", 405)] {
        let answer = peer.answer_to(Ask { method, sequence, ..within }).await.unwrap();
        assert_eq!((status(&answer), header(&answer, "Allow").as_str()), (wanted, ALLOW), "{method}");
    }
    let again = peer.answer_to(Ask { method: "INVITE", sequence: 5, headers: SDP, body: &offer, ..within }).await;
    let again = again.unwrap();
    assert_eq!((status(&again), header(&again, "Allow").as_str()), (200, ALLOW));
    line.close().await;
}

#[tokio::test]
async fn what_is_not_understood_is_named() {
    let (mut line, peer) = line_and_peer().await;
    let offer = sdp("127.0.0.1", 40_000);
    let invite = Ask { method: "INVITE", sequence: 1, body: &offer, ..Ask::default() };
    let text = Ask { call: "text", headers: "Content-Type: text/plain\r\n", ..invite };
    let refused = peer.answer_to(text).await.unwrap();
    assert_eq!((status(&refused), header(&refused, "Accept").as_str()), (415, "application/sdp, multipart/mixed"));

    let required = format!("{SDP}Require: timer, precondition\r\n");
    let refused = peer.answer_to(Ask { call: "requires", headers: &required, ..invite }).await.unwrap();
    assert_eq!((status(&refused), header(&refused, "Unsupported").as_str()), (420, "precondition"));
    let options = Ask { method: "OPTIONS", call: "o", headers: "Require: answermode\r\n", body: "", ..invite };
    let refused = peer.answer_to(options).await.unwrap();
    assert_eq!((status(&refused), header(&refused, "Unsupported").as_str()), (420, "answermode"));

    let known = format!("{SDP}Require: 100rel, timer\r\n");
    let answer = peer.answer_to(Ask { call: "known", headers: &known, ..invite }).await.unwrap();
    assert_eq!(status(&answer), 200);
    let to_tag = &*peer.acknowledges(&answer).await;
    let mut call = line.rings().await;
    let within = Ask { call: "known", to_tag, headers: "Require: precondition\r\n", ..Ask::default() };
    let refused = peer.answer_to(Ask { method: "UPDATE", sequence: 2, ..within }).await.unwrap();
    assert_eq!((status(&refused), header(&refused, "Unsupported").as_str()), (420, "precondition"));
    let ended = peer.answer_to(Ask { method: "BYE", sequence: 3, ..within }).await.unwrap();
    assert_eq!(status(&ended), 200, "an end is an end");
    assert!(call.leg.news.recv().await.is_some(), "and is told");
    line.close().await;
}

#[tokio::test]
async fn a_description_among_other_parts_is_an_offer() {
    let (mut line, peer) = line_and_peer().await;
    let offer = sdp("127.0.0.1", 40_000);
    let place = "Content-Type: application/pidf+xml\r\nContent-Disposition: render;handling=";
    let body = |how: &str| {
        format!(
            "--b\r\n{place}{how}\r\n\r\n<presence/>\r\n--b\r\nContent-Type: application/sdp\r\n\r\n{offer}\r\n--b--\r\n"
        )
    };
    let (optional, required) = (body("optional"), body("required"));
    let headers = "Content-Type: multipart/mixed; boundary=b\r\n";
    let invite = Ask { method: "INVITE", call: "mixed", sequence: 1, headers, body: &optional, ..Ask::default() };
    let answer = peer.answer_to(invite).await.unwrap();
    assert!(status(&answer) == 200 && answer.contains("m=audio "), "{answer}");
    peer.acknowledges(&answer).await;
    line.rings().await;
    let refused = peer.answer_to(Ask { call: "required", body: &required, ..invite }).await.unwrap();
    assert_eq!((status(&refused), header(&refused, "Accept").as_str()), (415, "application/sdp, multipart/mixed"));
    let broken = peer.answer_to(Ask { call: "broken", body: &optional[..optional.len() - 5], ..invite }).await.unwrap();
    assert_eq!(status(&broken), 400);
    line.close().await;
}

#[tokio::test]
async fn sound_that_is_to_go_to_a_hosts_name_is_refused_with_a_warning() {
    let (line, peer) = line_and_peer().await;
    let session = sdp("127.0.0.1", 40_000).replace("c=IN IP4 127.0.0.1", "c=IN IP4 media.example.org");
    // It is the stream's own that counts, whatever address the session has.
    let stream = sdp("127.0.0.1", 40_000) + "c=IN IP4 media.example.org\r\n";
    for (call, offer) in [("session", session), ("stream", stream)] {
        let invite = Ask { method: "INVITE", call, sequence: 1, headers: SDP, body: &offer, ..Ask::default() };
        let refused = peer.answer_to(invite).await.unwrap();
        assert_eq!(status(&refused), 488, "{call}");
        assert!(header(&refused, "Warning").starts_with("301 "), "{call}");
    }
    line.close().await;
}

//! A call of somebody who speaks SIP by hand and says nothing.

use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::timeout;

use crate::line::{Call, Line, options};
use crate::peer::{Ask, Peer, sdp, status};

pub const SOON: Duration = Duration::from_secs(10);
pub const SDP: &str = "Content-Type: application/sdp\r\n";

/// A call of somebody who speaks by hand.
pub struct ByHand {
    pub line: Line,
    pub peer: Peer,
    pub call: Call,
    pub sound: UdpSocket,
    /// To its INVITE.
    pub answer: String,
    to_tag: String,
}

impl ByHand {
    /// With further headers and lines of the description.
    pub async fn calls(headers: &str, lines: &str) -> Self {
        let options = options();
        let peer = Peer::at("127.0.0.1", options.listen).await;
        let sound = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut line = Line::with(options).await;
        let offer = sdp("127.0.0.1", sound.local_addr().unwrap().port()) + lines;
        let headers = format!("{SDP}{headers}");
        let ask =
            Ask { method: "INVITE", call: "call", sequence: 1, headers: &headers, body: &offer, ..Ask::default() };
        let answer = peer.answer_to(ask).await.unwrap();
        assert_eq!(status(&answer), 200, "{answer}");
        let to_tag = peer.acknowledges(&answer).await;
        let call = line.rings().await;
        Self { line, peer, call, sound, answer, to_tag }
    }

    pub fn within<'a>(&'a self, method: &'a str, sequence: u32) -> Ask<'a> {
        Ask { method, call: "call", to_tag: &self.to_tag, sequence, ..Ask::default() }
    }

    /// The first packet of a key.
    pub async fn presses(&self, code: u8) {
        let port = self.answer.split("m=audio ").nth(1).unwrap().split(' ').next().unwrap();
        let mut packet = vec![0x80, 0x80 | 0x65, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4];
        packet.extend([code, 10, 0, 160]);
        self.sound.send_to(&packet, format!("127.0.0.1:{port}")).await.unwrap();
    }

    /// The next request to us of this kind, which is answered so.
    pub async fn is_asked(&self, method: &str, answer: &str, headers: &str, body: &str) -> String {
        let mut datagram = [0; 4096];
        loop {
            let (len, _) = timeout(SOON, self.peer.socket.recv_from(&mut datagram)).await.expect("it asks").unwrap();
            let request = String::from_utf8_lossy(&datagram[..len]).into_owned();
            if !request.starts_with(method) {
                continue;
            }
            let copied = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
            let copied = request.lines().filter(|line| copied.iter().any(|name| line.starts_with(name)));
            let copied: String = copied.flat_map(|line| [line, "\r\n"]).collect();
            let contact = self.peer.socket.local_addr().unwrap();
            self.peer
                .send(&format!(
                    "SIP/2.0 {answer}\r\n{copied}Contact: <sip:x@{contact}>\r\n{headers}Content-Length: {}\r\n\r\n{body}",
                    body.len()
                ))
                .await;
            return request;
        }
    }
}

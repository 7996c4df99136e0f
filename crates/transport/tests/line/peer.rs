//! Somebody who speaks SIP by hand, in datagrams.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::timeout;

/// Answers on the loopback interface come within this, or never.
pub const ANSWERS_WITHIN: Duration = Duration::from_millis(500);

/// Somebody with a socket.
pub struct Peer {
    pub socket: UdpSocket,
    pub to: SocketAddr,
}

/// What an INVITE is like.
pub struct Invite<'a> {
    pub call: &'a str,
    pub branch: &'a str,
    pub from: &'a str,
    pub sound: &'a str,
    pub contact: Option<&'a str>,
}

/// A request of any kind.
#[derive(Clone, Copy, Default)]
pub struct Ask<'a> {
    pub method: &'a str,
    pub call: &'a str,
    /// Of our side, within a call: `;tag=..`.
    pub to_tag: &'a str,
    pub sequence: u32,
    /// Further ones, each with its line end.
    pub headers: &'a str,
    pub body: &'a str,
}

impl Peer {
    pub async fn at(ip: &str, to: SocketAddr) -> Self {
        Self { socket: UdpSocket::bind((ip, 0)).await.unwrap(), to }
    }

    pub async fn send(&self, text: &str) {
        self.socket.send_to(text.as_bytes(), self.to).await.unwrap();
    }

    pub async fn asks(&self, ask: Ask<'_>) {
        let (here, to) = (self.socket.local_addr().unwrap(), self.to);
        let Ask { method, call, to_tag, sequence, headers, body } = ask;
        self.send(&format!(
            "{method} sip:clinic@{to} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{method}{call}{sequence};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:x@{here}>;tag=1\r\nTo: <sip:clinic@{to}>{to_tag}\r\nCall-ID: {call}\r\n\
             CSeq: {sequence} {method}\r\nContact: <sip:x@{here}>\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        ))
        .await;
    }

    /// A request without a body.
    pub async fn ask(&self, method: &str, call: &str, to_tag: &str, sequence: &str) {
        self.asks(Ask { method, call, to_tag, sequence: sequence.parse().unwrap(), ..Ask::default() }).await;
    }

    pub async fn invite(&self, invite: Invite<'_>) {
        let (here, to) = (self.socket.local_addr().unwrap(), self.to);
        let Invite { call, branch, from, sound, contact } = invite;
        let sdp = sdp(sound, 40_000);
        let contact = contact.map_or_else(|| here.to_string(), str::to_owned);
        self.send(&format!(
            "INVITE sip:clinic@{to} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{branch};rport\r\nMax-Forwards: 70\r\n\
             From: <sip:{from}@{here}>;tag=1\r\nTo: <sip:clinic@{to}>\r\nCall-ID: {call}\r\nCSeq: 1 INVITE\r\n\
             Contact: <sip:x@{contact}>\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
            sdp.len()
        ))
        .await;
    }

    /// An ordinary INVITE.
    pub async fn calls(&self, call: &str) {
        let sound = self.socket.local_addr().unwrap().ip().to_string();
        self.invite(Invite { call, branch: call, from: "x", sound: &sound, contact: None }).await;
    }

    /// The next answer.
    pub async fn answer(&self) -> Option<String> {
        let mut datagram = [0; 4096];
        let len = timeout(ANSWERS_WITHIN, self.socket.recv(&mut datagram)).await.ok()?.unwrap();
        Some(String::from_utf8_lossy(&datagram[..len]).into_owned())
    }

    /// The final answer to this; others are passed over.
    pub async fn answer_to(&self, ask: Ask<'_>) -> Option<String> {
        let sequence = format!("{} {}", ask.sequence, ask.method);
        self.asks(ask).await;
        loop {
            let answer = self.answer().await?;
            let is_final = answer.starts_with("SIP/2.0") && status(&answer) >= 200;
            if is_final && header(&answer, "CSeq") == sequence && header(&answer, "Call-ID") == ask.call {
                return Some(answer);
            }
        }
    }

    /// The final answers until there are no more: each call's.
    pub async fn answers(&self) -> HashMap<String, String> {
        let mut all = HashMap::new();
        while let Some(answer) = self.answer().await {
            if status(&answer) >= 200 {
                all.entry(header(&answer, "Call-ID")).or_insert(answer);
            }
        }
        all
    }

    /// Acknowledges a 200, and gives our side's tag as it stands in requests.
    pub async fn acknowledges(&self, answer: &str) -> String {
        let to = header(answer, "To");
        let tag = format!(";tag={}", to.split_once(";tag=").unwrap().1);
        self.ask("ACK", &header(answer, "Call-ID"), &tag, "1").await;
        tag
    }

    /// Calls, and acknowledges the answer.
    pub async fn is_connected(&self, call: &str) -> bool {
        self.calls(call).await;
        while let Some(answer) = self.answer().await {
            if status(&answer) == 200 && header(&answer, "Call-ID") == call {
                self.acknowledges(&answer).await;
                return true;
            } else if status(&answer) > 200 {
                return false;
            }
        }
        false
    }
}

/// One that says that sound in PCMU, and keys, come to this.
pub fn sdp(address: &str, port: u16) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 101\r\n\
         a=rtpmap:101 telephone-event/8000\r\n"
    )
}

pub fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

pub fn header(answer: &str, name: &str) -> String {
    let named = answer.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    named.unwrap_or_else(|| panic!("no {name} in {answer}")).trim().to_owned()
}

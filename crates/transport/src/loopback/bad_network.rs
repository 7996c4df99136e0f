//! A network that loses and delays packets, between a caller's telephone and the SIP port that it calls.
//!
//! Requests and answers are passed on whole, with the ports of the sound written over: both sides then send each other's sound here.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::{CancellationToken, DropGuard};

/// As large as a datagram can be.
const DATAGRAM_MAX: usize = 65_536;
/// Ports have five digits here, as those have that they are written over: the length of a message stays.
const PORTS: std::ops::Range<u16> = 40_000..60_000;
/// So often a pair of free ports is looked for.
const TRIES: usize = 100;
/// Where a port stands in a description of sound (RFC 8866 5.14).
const MEDIA: &[u8] = b"m=audio ";

/// What becomes of packets of sound, in both directions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BadNetwork {
    /// The share of packets that never come, 0 to 1; each is drawn on its own.
    pub loss: f64,
    /// Each packet takes up to so much longer than the fastest, on its own: what is more than a packet's 20 ms reorders.
    pub jitter: Duration,
    /// The same seed draws the same.
    pub seed: u64,
}

/// Dropping it tears the network down.
#[derive(Debug)]
pub(super) struct Middle {
    pub(super) address: SocketAddr,
    _over: DropGuard,
}

/// Where each side wants its sound.
#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    caller: Option<u16>,
    called: Option<u16>,
}

impl Ends {
    /// Who is to get what came from `port`; `beside`: 0 for sound, 1 for reports on it.
    fn other(self, port: u16, beside: u16) -> Option<SocketAddr> {
        let (caller, called) = (self.caller? + beside, self.called? + beside);
        let to = BTreeMap::from([(caller, called), (called, caller)]).get(&port).copied()?;
        Some(SocketAddr::from((Ipv4Addr::LOCALHOST, to)))
    }
}

impl Middle {
    /// Opens it in front of a SIP port.
    pub(super) async fn open(network: BadNetwork, called: SocketAddr) -> io::Result<Self> {
        let signalling = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = signalling.local_addr()?;
        let (sound, reports) = pair().await?;
        let port = sound.local_addr()?.port();
        let (ends, told) = watch::channel(Ends::default());
        let over = CancellationToken::new();
        let quiet = BadNetwork { loss: 0.0, jitter: Duration::ZERO, ..network };
        let tasks = (carry(sound, 0, network, told.clone()), carry(reports, 1, quiet, told));
        let gone = over.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = gone.cancelled() => {}
                failed = pass_on(signalling, called, port, ends) => tracing::warn!(?failed, "the network is down"),
                failed = tasks.0 => tracing::warn!(?failed, "the network is down"),
                failed = tasks.1 => tracing::warn!(?failed, "the network is down"),
            }
        });
        Ok(Self { address, _over: over.drop_guard() })
    }
}

/// Two ports beside each other.
async fn pair() -> io::Result<(UdpSocket, UdpSocket)> {
    for _ in 0..TRIES {
        let port = rand::rng().random_range(PORTS) & !1;
        let both = async {
            let even = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).await?;
            Ok::<_, io::Error>((even, UdpSocket::bind((Ipv4Addr::LOCALHOST, port + 1)).await?))
        };
        if let Ok(both) = both.await {
            return Ok(both);
        }
    }
    Err(io::ErrorKind::AddrInUse.into())
}

/// Requests to `called`, answers to whoever has asked.
async fn pass_on(signalling: UdpSocket, called: SocketAddr, port: u16, ends: watch::Sender<Ends>) -> io::Result<()> {
    let (mut buffer, mut caller) = (vec![0; DATAGRAM_MAX], None);
    loop {
        let (len, from) = signalling.recv_from(&mut buffer).await?;
        let message = &mut buffer[..len];
        let theirs = written_over(message, port);
        let to = if from == called {
            ends.send_if_modified(|ends| theirs.is_some_and(|theirs| ends.called.replace(theirs) != Some(theirs)));
            caller
        } else {
            caller = Some(from);
            ends.send_if_modified(|ends| theirs.is_some_and(|theirs| ends.caller.replace(theirs) != Some(theirs)));
            Some(called)
        };
        if let Some(to) = to {
            signalling.send_to(message, to).await?;
        }
    }
}

/// Writes `port` over the one that stands in a description of sound, and gives that.
fn written_over(message: &mut [u8], port: u16) -> Option<u16> {
    let at = message.windows(MEDIA.len()).position(|words| words == MEDIA)? + MEDIA.len();
    let digits = message[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let place = &mut message[at..at + digits];
    let written = std::str::from_utf8(place).ok()?.parse().ok()?;
    let ours = port.to_string();
    (ours.len() == digits).then(|| place.copy_from_slice(ours.as_bytes()))?;
    Some(written)
}

/// Each packet to the other side, if it comes at all, when its time has come.
async fn carry(socket: UdpSocket, beside: u16, network: BadNetwork, ends: watch::Receiver<Ends>) -> io::Result<()> {
    // Each direction draws its own: how the two mix is a matter of time.
    let mut lucks = [0, 1].map(|side| StdRng::seed_from_u64(network.seed.wrapping_mul(2).wrapping_add(side)));
    let (socket, mut buffer) = (Arc::new(socket), vec![0; DATAGRAM_MAX]);
    loop {
        let (len, from) = socket.recv_from(&mut buffer).await?;
        let known = *ends.borrow();
        let Some(to) = known.other(from.port(), beside) else { continue };
        let luck = &mut lucks[usize::from(known.caller == Some(from.port()))];
        let (is_lost, later) = (luck.random_bool(network.loss), network.jitter.mul_f64(luck.random()));
        if is_lost {
            continue;
        }
        let (socket, packet) = (Arc::clone(&socket), buffer[..len].to_vec());
        tokio::spawn(async move {
            if !later.is_zero() {
                sleep(later).await;
            }
            // Whoever has hung up gets nothing any more.
            drop(socket.send_to(&packet, to).await);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_sound_are_written_over_and_nothing_else() {
        let mut message = b"INVITE\r\n\r\nv=0\r\nm=audio 30002 RTP/AVP 0\r\na=x".to_vec();
        assert_eq!(written_over(&mut message, 41_000), Some(30_002));
        assert_eq!(message, b"INVITE\r\n\r\nv=0\r\nm=audio 41000 RTP/AVP 0\r\na=x");
        for other in [&b"m=audio 0 RTP/AVP 0"[..], b"m=audio ", b"ACK"] {
            let mut message = other.to_vec();
            assert_eq!(written_over(&mut message, 41_000), None);
            assert_eq!(message, other);
        }
    }
}

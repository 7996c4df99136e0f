//! The sound of one telephone call: its sockets, and everything between them and the call's [`Driver`].

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use audio::codec::{Codec, Decoder, Encoder};
use domain::{LineCodec, LineQuality, WayQuality};
use rand::Rng;
use tokio::net::UdpSocket;
use tokio::time::Instant;

use crate::rtp::event::{EventReceiver, KeyPress};
use crate::rtp::rtcp::Reception;
use crate::rtp::sdp::{Agreed, Direction};
use crate::rtp::srtp::{Protector, Unprotector};
use crate::rtp::{JitterBuffer, Packet, Popped, Sender, Start, Statistics, TICK, is_rtcp, rtcp};
use crate::{Driver, LegGone, LegNews};

/// A datagram that is longer is no telephone's.
const DATAGRAM_MAX: usize = 2048;
/// How long a key of ours is held.
const KEY_HELD: Duration = Duration::from_millis(100);
/// RFC 3550 6.2.
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// Two ports for a call's sound: an even one, and the next for reports.
#[derive(Debug)]
pub(crate) struct Ports {
    rtp: UdpSocket,
    rtcp: UdpSocket,
}

impl Ports {
    /// Takes two ports that nobody has, wherever in the range.
    pub(crate) async fn bind(ip: IpAddr, range: &RangeInclusive<u16>) -> io::Result<Self> {
        let first = range.start().next_multiple_of(2);
        let pairs = u32::from(range.end().saturating_sub(first)).div_ceil(2);
        let from = rand::rng().random_range(0..pairs.max(1));
        for pair in 0..pairs {
            let port = first + 2 * ((from + pair) % pairs) as u16;
            let Ok(rtp) = UdpSocket::bind((ip, port)).await else { continue };
            if let Ok(rtcp) = UdpSocket::bind((ip, port + 1)).await {
                return Ok(Self { rtp, rtcp });
            }
        }
        Err(io::Error::new(io::ErrorKind::AddrInUse, "no two ports are free in rtp_ports"))
    }

    /// The even one.
    pub(crate) fn port(&self) -> io::Result<u16> {
        Ok(self.rtp.local_addr()?.port())
    }
}

/// The sound of a call that was answered.
pub(crate) struct Media {
    ports: Ports,
    agreed: Agreed,
    ours: Option<Protector>,
    theirs: Option<Unprotector>,
    /// Whom sound really comes from: a telephone behind NAT does not know its own address. `None` until the first.
    latched: Option<SocketAddr>,
    /// Where sound came from before the other side moved: its stragglers are not taken for a new address.
    left: Option<SocketAddr>,
    picked_up: Instant,
    jitter: JitterBuffer,
    decoder: Decoder,
    encoder: Encoder,
    sender: Sender,
    events: EventReceiver,
    /// The key that is being pressed.
    pressing: Option<KeyPress>,
    reporter: rtcp::Reporter,
    report_at: Instant,
    last_heard: Instant,
    /// Datagrams of others, and nonsense.
    refused: u64,
    /// The last datagrams to either port.
    sound: [u8; DATAGRAM_MAX],
    report: [u8; DATAGRAM_MAX],
}

/// A datagram that came.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Received {
    /// To the port for sound.
    Sound { len: usize, from: SocketAddr },
    /// To the port for reports.
    Report { len: usize, from: SocketAddr },
}

impl Media {
    pub(crate) fn new(ports: Ports, agreed: Agreed, picked_up: Instant) -> Self {
        let mut rng = rand::rng();
        let start = Start { ssrc: rng.random(), sequence: rng.random(), timestamp: rng.random() };
        let Agreed { codec, payload_type, .. } = agreed;
        Self {
            jitter: JitterBuffer::new(codec, payload_type, Duration::ZERO),
            decoder: Decoder::new(codec),
            encoder: Encoder::new(codec),
            sender: Sender::new(start, codec, payload_type),
            events: EventReceiver::new(),
            pressing: None,
            reporter: rtcp::Reporter::new(&format!("{:016x}", rng.random::<u64>()), rng.random()),
            report_at: picked_up + REPORT_EVERY,
            last_heard: picked_up,
            latched: None,
            left: None,
            refused: 0,
            sound: [0; DATAGRAM_MAX],
            report: [0; DATAGRAM_MAX],
            ours: agreed.srtp.as_ref().map(|(ours, _)| Protector::new(ours)),
            theirs: agreed.srtp.as_ref().map(|(_, theirs)| Unprotector::new(theirs)),
            ports,
            agreed,
            picked_up,
        }
    }

    /// What was agreed on anew.
    pub(crate) fn change(&mut self, agreed: Agreed) {
        let Agreed { codec, payload_type, .. } = agreed;
        if codec != self.agreed.codec {
            self.decoder = Decoder::new(codec);
            self.encoder = Encoder::new(codec);
        }
        if agreed.remote != self.agreed.remote {
            self.left = self.latched.take();
        }
        self.change_keys(&agreed);
        self.jitter.change(codec, payload_type);
        self.sender.change(codec, payload_type);
        // The time on hold was silent by agreement.
        self.last_heard = Instant::now();
        self.agreed = agreed;
    }

    /// What we encrypt with knows how often its numbers have wrapped: it is made anew only with another key.
    fn change_keys(&mut self, agreed: &Agreed) {
        let ours = |agreed: &Agreed| agreed.srtp.as_ref().map(|(ours, _)| (ours.suite, ours.key.clone()));
        let theirs = |agreed: &Agreed| agreed.srtp.as_ref().map(|(_, theirs)| (theirs.suite, theirs.key.clone()));
        if ours(agreed) != ours(&self.agreed) {
            self.ours = agreed.srtp.as_ref().map(|(ours, _)| Protector::new(ours));
        }
        if theirs(agreed) != theirs(&self.agreed) {
            self.theirs = agreed.srtp.as_ref().map(|(_, theirs)| Unprotector::new(theirs));
        }
    }

    /// Waits for the next datagram; [`take`](Self::take) it. Cancel-safe.
    pub(crate) async fn receive(&mut self) -> Received {
        let Self { ports: Ports { rtp, rtcp }, sound, report, .. } = self;
        loop {
            // An error is an ICMP message about what we sent: the other side may not listen yet.
            tokio::select! {
                got = rtp.recv_from(sound.as_mut_slice()) => if let Ok((len, from)) = got {
                    return Received::Sound { len, from };
                },
                got = rtcp.recv_from(report.as_mut_slice()) => if let Ok((len, from)) = got {
                    return Received::Report { len, from };
                },
            }
        }
    }

    /// Takes what was received last.
    pub(crate) async fn take(&mut self, received: Received, driver: &mut Driver) -> Result<(), LegGone> {
        let (bytes, from) = match received {
            Received::Sound { len, from } => (self.sound[..len].to_vec(), from),
            Received::Report { len, from } => (self.report[..len].to_vec(), from),
        };
        if is_rtcp(&bytes) {
            self.take_report(bytes, from);
            return Ok(());
        }
        match self.take_sound(bytes, from) {
            Some(key) => driver.report(LegNews::Dtmf(key)).await,
            None => Ok(()),
        }
    }

    /// The key that it tells of, if it is a new one.
    fn take_sound(&mut self, bytes: Vec<u8>, from: SocketAddr) -> Option<char> {
        let plain = match &mut self.theirs {
            Some(theirs) => theirs.unprotect(&bytes).ok(),
            None => Some(bytes),
        };
        let packet = plain.as_deref().and_then(|plain| Packet::parse(plain).ok());
        let known = packet.filter(|packet| self.is_agreed(packet.payload_type) && self.latch(from));
        let Some(packet) = known else {
            self.refused += 1;
            return None;
        };
        self.last_heard = Instant::now();
        self.jitter.push(&packet, self.picked_up.elapsed());
        let is_key = Some(packet.payload_type) == self.agreed.events;
        if is_key { self.events.heard(&packet) } else { None }
    }

    fn is_agreed(&self, payload_type: u8) -> bool {
        payload_type == self.agreed.payload_type || Some(payload_type) == self.agreed.events
    }

    /// Sound is taken from where SDP said, and else from the first that sends any: nobody can come in between afterwards.
    fn latch(&mut self, from: SocketAddr) -> bool {
        let is_straggler = self.left == Some(from);
        if Some(from) == self.agreed.remote || (self.latched.is_none() && !is_straggler) {
            self.latched = Some(from);
        }
        self.latched == Some(from)
    }

    fn take_report(&mut self, bytes: Vec<u8>, from: SocketAddr) {
        let is_theirs = self.latched.is_none_or(|known| known.ip() == from.ip());
        let plain = match &mut self.theirs {
            Some(theirs) => theirs.unprotect_rtcp(&bytes).ok(),
            None => Some(bytes),
        };
        match plain.and_then(|plain| rtcp::parse(&plain).ok()).filter(|_| is_theirs) {
            Some(packets) => {
                self.last_heard = Instant::now();
                self.reporter.heard(&packets, self.sender.ssrc(), self.picked_up.elapsed());
            }
            None => self.refused += 1,
        }
    }

    /// Hears and says what is due. Call it every 20 ms.
    pub(crate) async fn tick(&mut self, driver: &mut Driver) -> Result<(), LegGone> {
        while let Some(popped) = self.jitter.pop(self.picked_up.elapsed()) {
            let sound = match popped {
                Popped::Frame(payload) => match self.decoder.decode(&payload) {
                    Ok(sound) => sound,
                    Err(_) => self.decoder.conceal(TICK),
                },
                Popped::Lost(long) => self.decoder.conceal(long),
                Popped::Silence(long) => self.decoder.silence(long),
            };
            driver.hear(sound).await?;
        }
        let frame = driver.tick().await?.pcm;
        if let Some(key) = driver.take_key() {
            self.pressing = KeyPress::new(key, KEY_HELD).ok();
        }
        if self.agreed.direction.sends() && self.agreed.remote.is_some() {
            let datagram = match self.next_of_key() {
                Some(datagram) => datagram,
                None => self.sender.send(&self.encoder.encode(&frame)),
            };
            self.send_sound(datagram);
        } else {
            self.sender.skip();
        }
        if Instant::now() >= self.report_at {
            self.report_at += REPORT_EVERY;
            let report = self.reporter.write(self.picked_up.elapsed(), &self.sender, self.jitter.report());
            self.send_report(report);
        }
        Ok(())
    }

    /// The next packet of the key that is being pressed, if one is and the other side knows keys. It takes the place of sound.
    fn next_of_key(&mut self) -> Option<Vec<u8>> {
        let datagram = self.sender.press(self.pressing.as_mut()?, self.agreed.events?);
        if datagram.is_none() {
            self.pressing = None;
        }
        datagram
    }

    /// Sends if the socket takes it now: sound that waits is sound too late. What cannot be sent is lost like what is lost on its
    /// way; a line that is gone is noticed by its silence.
    fn send_sound(&mut self, datagram: Vec<u8>) {
        let Some(to) = self.latched.or(self.agreed.remote) else { return };
        let datagram = match &mut self.ours {
            Some(ours) => ours.protect(&datagram).ok(),
            None => Some(datagram),
        };
        if let Some(datagram) = datagram {
            self.ports.rtp.try_send_to(&datagram, to).ok();
        }
    }

    fn send_report(&mut self, report: Vec<u8>) {
        let Some(to) = self.agreed.remote_rtcp else { return };
        let report = match &mut self.ours {
            Some(ours) => ours.protect_rtcp(&report).ok(),
            None => Some(report),
        };
        let Some(report) = report else { return };
        if self.agreed.remote_rtcp == self.agreed.remote {
            let to = self.latched.unwrap_or(to);
            self.ports.rtp.try_send_to(&report, to).ok();
        } else {
            let ip = self.latched.map_or(to.ip(), |known| known.ip());
            self.ports.rtcp.try_send_to(&report, (ip, to.port()).into()).ok();
        }
    }

    /// The last words to the other side's statistics.
    pub(crate) fn goodbye(&mut self) {
        let report = self.reporter.write_bye(self.picked_up.elapsed(), &self.sender, self.jitter.report());
        self.send_report(report);
    }

    /// For how long nothing has come that should have. Whoever holds the line may send music, and may send nothing.
    pub(crate) fn silent_for(&self) -> Duration {
        if self.agreed.direction == Direction::SendRecv { self.last_heard.elapsed() } else { Duration::ZERO }
    }

    /// RTCP counts jitter in units of the codec's clock, and may count more packets than were lost where some came twice.
    fn said(&self, received: Reception) -> WayQuality {
        WayQuality {
            expected: self.sender.sent_up_to(received.highest).into(),
            lost: received.lost.max(0) as u64,
            jitter_ms: f64::from(received.jitter) * 1000.0 / f64::from(self.agreed.codec.clock_hz()),
        }
    }

    /// What the line was like.
    pub(crate) fn quality(&self) -> Quality {
        Quality {
            statistics: self.jitter.statistics(),
            round_trip: self.reporter.round_trip(),
            codec: self.agreed.codec,
            said: self.reporter.received().map(|received| self.said(received)),
            sent: self.sender.packets(),
            refused: self.refused,
        }
    }
}

/// What the line was like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quality {
    pub(crate) statistics: Statistics,
    pub(crate) round_trip: Option<Duration>,
    codec: Codec,
    /// What the other end has told of the sound that it heard.
    said: Option<WayQuality>,
    /// Packets.
    pub(crate) sent: u32,
    pub(crate) refused: u64,
}

impl Quality {
    /// As it is kept with the call.
    pub(crate) fn of_line(&self) -> LineQuality {
        let Statistics { received, lost, jitter, .. } = self.statistics;
        let milliseconds = |long: Duration| long.as_secs_f64() * 1000.0;
        LineQuality {
            codec: match self.codec {
                Codec::Pcmu => LineCodec::Pcmu,
                Codec::Pcma => LineCodec::Pcma,
                Codec::G722 => LineCodec::G722,
                Codec::Opus => LineCodec::Opus,
            },
            heard: WayQuality { expected: received + lost, lost, jitter_ms: milliseconds(jitter) },
            said: self.said,
            round_trip_ms: self.round_trip.map(milliseconds),
        }
    }
}

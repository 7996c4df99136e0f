use std::time::Duration;

use audio::codec::Codec;

use super::Packet;
use super::event::{Event, KeyPress};

/// What one call of [`Sender::send`], [`Sender::press`] or [`Sender::skip`] stands for.
pub const TICK: Duration = Duration::from_millis(20);

/// Where a stream begins. All three should be random (RFC 3550 5.1, and 8.1 for the source): whoever can guess them can
/// put packets into the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// Which stream this is.
    pub ssrc: u32,
    /// The first packet's number.
    pub sequence: u16,
    /// The first packet's time.
    pub timestamp: u32,
}

/// The one writer of a leg. Whatever is sent (lines, a bridge's sound, keys, another codec after a re-INVITE) has the same
/// source, consecutive numbers and a time that goes on: two writers on one leg make a receiver throw away one of them.
///
/// Every 20 ms exactly one of [`send`](Self::send), [`press`](Self::press) and [`skip`](Self::skip) is called.
#[derive(Clone, Debug)]
pub struct Sender {
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    codec: Codec,
    payload_type: u8,
    /// The next packet of sound begins the stream, or follows a pause.
    marker: bool,
    packets: u32,
    octets: u32,
}

impl Sender {
    /// A stream of `codec`, which SDP gave the payload type.
    pub fn new(start: Start, codec: Codec, payload_type: u8) -> Self {
        let Start { ssrc, sequence, timestamp } = start;
        Self { ssrc, sequence, timestamp, codec, payload_type, marker: true, packets: 0, octets: 0 }
    }

    /// Another codec from the next packet on, or another payload type for the same.
    pub fn change(&mut self, codec: Codec, payload_type: u8) {
        // Where the clock's rate changes too, the time goes on from where it stood (RFC 7160 4.1): one tick of the old
        // rate was already added for what was sent last.
        self.codec = codec;
        self.payload_type = payload_type;
    }

    /// The datagram for 20 ms of sound.
    pub fn send(&mut self, payload: &[u8]) -> Vec<u8> {
        let bytes = self.write(self.payload_type, self.marker, self.timestamp, payload);
        self.marker = false;
        self.advance();
        bytes
    }

    /// The datagram for 20 ms of a key (RFC 4733), instead of sound. `payload_type` is what SDP gave
    /// `telephone-event`. `None` when the key is over, and then no time has passed.
    pub fn press(&mut self, key: &mut KeyPress, payload_type: u8) -> Option<Vec<u8>> {
        let (event, timestamp, first) = key.next(self.timestamp, self.tick_units())?;
        let bytes = self.write(payload_type, first, timestamp, &Event::write(&event));
        self.advance();
        Some(bytes)
    }

    /// 20 ms in which nothing is sent: on hold.
    pub fn skip(&mut self) {
        self.marker = true;
        self.advance();
    }

    /// Which stream this is.
    pub fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// The time of the next tick, in the codec's clock.
    pub fn timestamp(&self) -> u32 {
        self.timestamp
    }

    /// Packets sent since the start; wraps as it does in RTCP.
    pub fn packets(&self) -> u32 {
        self.packets
    }

    /// How many packets an end that has received up to this one (RFC 3550 6.4.1: the extended highest sequence number) should have.
    pub fn sent_up_to(&self, highest: u32) -> u32 {
        let first = self.sequence.wrapping_sub(self.packets as u16);
        highest.wrapping_sub(first.into()).wrapping_add(1).min(self.packets)
    }

    /// Bytes of payload sent since the start; wraps as it does in RTCP.
    pub fn octets(&self) -> u32 {
        self.octets
    }

    fn write(&mut self, payload_type: u8, marker: bool, timestamp: u32, payload: &[u8]) -> Vec<u8> {
        let packet = Packet { payload_type, marker, sequence: self.sequence, timestamp, ssrc: self.ssrc, payload };
        self.sequence = self.sequence.wrapping_add(1);
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(payload.len() as u32);
        packet.write()
    }

    fn advance(&mut self) {
        self.timestamp = self.timestamp.wrapping_add(self.tick_units());
    }

    fn tick_units(&self) -> u32 {
        self.codec.clock_hz() * TICK.as_millis() as u32 / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Start = Start { ssrc: 7, sequence: u16::MAX - 1, timestamp: u32::MAX - 100 };

    #[test]
    fn number_and_time_go_on_whatever_is_sent() {
        let mut sender = Sender::new(START, Codec::Pcmu, 0);
        let mut key = KeyPress::new('5', Duration::from_millis(40)).unwrap();
        let mut sent = vec![sender.send(&[0xFF; 160])];
        while let Some(bytes) = sender.press(&mut key, 101) {
            sent.push(bytes);
        }
        sent.push(sender.send(&[0xFF; 160]));
        sender.skip();
        sender.change(Codec::Opus, 111);
        sent.extend([sender.send(&[72]), sender.send(&[72])]);

        let sent: Vec<Packet<'_>> = sent.iter().map(|bytes| Packet::parse(bytes).unwrap()).collect();
        for (index, packet) in sent.iter().enumerate() {
            assert_eq!((packet.ssrc, packet.sequence), (7, START.sequence.wrapping_add(index as u16)));
        }
        let ticks: Vec<u32> = sent.iter().map(|p| p.timestamp.wrapping_sub(START.timestamp)).collect();
        // Four packets of the key have the time at which it began: two of 20 ms each, and the last one twice more.
        assert_eq!(ticks, [0, 160, 160, 160, 160, 800, 1120, 1120 + 960]);
        let types: Vec<(u8, bool)> = sent.iter().map(|p| (p.payload_type, p.marker)).collect();
        let key = (101, false);
        assert_eq!(types, [(0, true), (101, true), key, key, key, (0, false), (111, true), (111, false)]);
        assert_eq!((sender.packets(), sender.octets()), (8, 160 + 16 + 160 + 2));
        let wrapped = 1 << 16;
        assert_eq!([START.sequence.into(), wrapped, wrapped + 5].map(|highest| sender.sent_up_to(highest)), [1, 3, 8]);
        assert_eq!(sender.sent_up_to(u32::MAX), 8, "nobody has more than there is");
    }
}

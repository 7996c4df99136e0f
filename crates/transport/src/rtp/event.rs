//! Keys that are pressed during a call: RFC 4733, `telephone-event`.
//!
//! A key is several packets with the time at which it began, and the last one comes three times. [`EventReceiver`] makes
//! one key of them, whichever are lost; [`KeyPress`] writes them.

use std::time::Duration;

use super::Packet;

/// Keys by event code (RFC 4733 3.2). What lies above, such as a hook flash, is no key.
const KEYS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];
/// How loud the key claims to be: -10 dBm0, as telephones send it.
const VOLUME: u8 = 10;
/// How often the end is sent (RFC 4733 2.5.1.4).
const ENDS: u8 = 3;
/// A time that lies further back than this, in units of the clock, is no late packet but a sender that began anew:
/// 10 s at 8 kHz.
const LATE_UNITS: u32 = 80_000;

/// The payload of one packet (RFC 4733 2.3): 4 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happens; 0 to 15 are keys.
    pub code: u8,
    /// It is over.
    pub end: bool,
    /// 0 to 63: its level below 0 dBm0, in dB.
    pub volume: u8,
    /// How long it has lasted, in units of the clock.
    pub duration: u16,
}

/// Bytes that are no event, or a key that there is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// An event has 4 bytes.
    #[error("{0} bytes are no telephone event; drop them")]
    Length(usize),
    /// Not `0` to `9`, `*`, `#`, `A` to `D`.
    #[error("there is no such key; press one of 0123456789*#ABCD")]
    NoKey,
}

/// Reads the payload of a packet.
pub fn parse(payload: &[u8]) -> Result<Event, EventError> {
    let &[code, flags, high, low] = payload else {
        return Err(EventError::Length(payload.len()));
    };
    // The bit between is reserved, and ignored by who reads.
    Ok(Event { code, end: flags & 0x80 != 0, volume: flags & 0x3F, duration: u16::from_be_bytes([high, low]) })
}

impl Event {
    /// The key, if it is one.
    pub fn key(&self) -> Option<char> {
        KEYS.get(usize::from(self.code)).copied()
    }

    /// The payload.
    pub fn write(&self) -> [u8; 4] {
        let [high, low] = self.duration.to_be_bytes();
        [self.code, u8::from(self.end) << 7 | self.volume & 0x3F, high, low]
    }
}

/// Makes one key of the packets that tell of it.
#[derive(Clone, Debug, Default)]
pub struct EventReceiver {
    last: Option<Heard>,
}

#[derive(Clone, Copy, Debug)]
struct Heard {
    ssrc: u32,
    timestamp: u32,
    event: Event,
}

impl EventReceiver {
    /// Nothing was pressed yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a packet whose payload type is that of `telephone-event`, and gives the key when the first packet of it comes:
    /// at once, and also if that is the last of them.
    pub fn heard(&mut self, packet: &Packet<'_>) -> Option<char> {
        let event = parse(packet.payload).ok()?;
        let key = event.key()?;
        let heard = Heard { ssrc: packet.ssrc, timestamp: packet.timestamp, event };
        let is_new = match self.last {
            Some(last) if last.ssrc == heard.ssrc => {
                let back = last.timestamp.wrapping_sub(heard.timestamp);
                if back < LATE_UNITS {
                    if back == 0 {
                        self.last = Some(Heard { event: latest(last.event, event), ..last });
                    }
                    return None;
                }
                !goes_on(&last, &heard)
            }
            Some(_) | None => true,
        };
        self.last = Some(heard);
        is_new.then_some(key)
    }
}

/// Of two packets of one key, the one that was sent last.
fn latest(a: Event, b: Event) -> Event {
    if (b.end, b.duration) > (a.end, a.duration) { b } else { a }
}

/// A key that is held longer than a duration can say goes on with a new time (RFC 4733 2.5.1.3): as much later as the
/// old duration was at its largest.
fn goes_on(last: &Heard, heard: &Heard) -> bool {
    let later = heard.timestamp.wrapping_sub(last.timestamp);
    // The last packets before the change may be lost: 100 ms of a clock of 48 kHz.
    let reaches = u32::from(last.event.duration) + 4800 >= u32::from(u16::MAX);
    last.event.code == heard.event.code && !last.event.end && reaches && later == u32::from(u16::MAX)
}

/// A key to be sent, one packet each 20 ms by [`Sender::press`](super::Sender::press).
#[derive(Clone, Debug)]
pub struct KeyPress {
    code: u8,
    ticks: u16,
    sent: u16,
    ends: u8,
    began: Option<u32>,
}

impl KeyPress {
    /// Held for this long: rounded up to 20 ms, at least 40 (what exchanges recognise), at most a second.
    pub fn new(key: char, held: Duration) -> Result<Self, EventError> {
        let code = KEYS.iter().position(|known| *known == key).ok_or(EventError::NoKey)?;
        let ticks = held.as_millis().div_ceil(20).clamp(2, 50);
        Ok(Self { code: code as u8, ticks: ticks as u16, sent: 0, ends: 0, began: None })
    }

    /// The next packet, the time that it bears, and whether it is the first. `tick_units` is 20 ms in the stream's clock.
    pub(crate) fn next(&mut self, now: u32, tick_units: u32) -> Option<(Event, u32, bool)> {
        let first = self.began.is_none();
        let began = *self.began.get_or_insert(now);
        if self.ends == ENDS {
            return None;
        }
        self.sent = self.ticks.min(self.sent + 1);
        let end = self.sent == self.ticks;
        self.ends += u8::from(end);
        // 50 ticks of 960 units fit.
        let duration = self.sent * tick_units as u16;
        Some((Event { code: self.code, end, volume: VOLUME, duration }, began, first))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(sequence: u16, timestamp: u32, payload: &[u8]) -> Packet<'_> {
        Packet { payload_type: 101, marker: false, sequence, timestamp, ssrc: 1, payload }
    }

    fn told(receiver: &mut EventReceiver, timestamp: u32, event: Event) -> Option<char> {
        receiver.heard(&packet(0, timestamp, &event.write()))
    }

    fn event(code: u8, duration: u16, end: bool) -> Event {
        Event { code, end, volume: VOLUME, duration }
    }

    #[test]
    fn a_key_is_told_once_whichever_of_its_packets_come() {
        for lost in 0u32..1 << 7 {
            let mut receiver = EventReceiver::new();
            let mut heard = Vec::new();
            for (key, from) in [('5', u32::MAX - 300), ('5', 1500), ('#', 4000)] {
                let mut press = KeyPress::new(key, Duration::from_millis(100)).unwrap();
                let mut index = 0;
                while let Some((event, timestamp, first)) = press.next(from, 160) {
                    assert_eq!((first, timestamp, event.end), (index == 0, from, index >= 4));
                    if lost & 1 << index == 0 {
                        heard.extend(told(&mut receiver, timestamp, event));
                    }
                    index += 1;
                }
                assert_eq!(index, 7, "five of 20 ms, and the last one twice more");
            }
            assert_eq!(heard, if lost == 0x7F { vec![] } else { vec!['5', '5', '#'] }, "lost {lost:07b}");
        }
    }

    #[test]
    fn late_packets_of_the_key_before_are_no_key() {
        let mut receiver = EventReceiver::new();
        assert_eq!(told(&mut receiver, 1000, event(1, 160, false)), Some('1'));
        assert_eq!(told(&mut receiver, 3000, event(2, 160, false)), Some('2'));
        assert_eq!(told(&mut receiver, 1000, event(1, 800, true)), None);
        assert_eq!(told(&mut receiver, 3000, event(2, 320, true)), None);
        // Another source, or one that began anew, has other times.
        assert_eq!(told(&mut receiver, 3000u32.wrapping_sub(LATE_UNITS), event(3, 160, false)), Some('3'));
        let payload = event(4, 160, false).write();
        assert_eq!(receiver.heard(&Packet { ssrc: 2, ..packet(0, 5, &payload) }), Some('4'));
    }

    #[test]
    fn a_key_that_is_held_for_long_is_one_key() {
        let mut receiver = EventReceiver::new();
        assert_eq!(told(&mut receiver, 1000, event(10, 160, false)), Some('*'));
        assert_eq!(told(&mut receiver, 1000, event(10, 65_440, false)), None);
        assert_eq!(told(&mut receiver, 1000 + 65_535, event(10, 160, false)), None);
        assert_eq!(told(&mut receiver, 1000 + 65_535, event(10, 800, true)), None);
        assert_eq!(told(&mut receiver, 80_000, event(10, 160, false)), Some('*'));
    }

    #[test]
    fn what_is_no_key_is_ignored() {
        let mut receiver = EventReceiver::new();
        assert_eq!(told(&mut receiver, 1, event(16, 160, false)), None, "a hook flash");
        for payload in [&[][..], &[1, 0, 0], &[1, 0, 0, 160, 0]] {
            assert_eq!(receiver.heard(&packet(0, 7, payload)), None);
            assert_eq!(parse(payload), Err(EventError::Length(payload.len())));
        }
        assert_eq!(KeyPress::new('x', Duration::ZERO).unwrap_err(), EventError::NoKey);
        let all: String = (0..=255).filter_map(|code| event(code, 0, false).key()).collect();
        assert_eq!(all, "0123456789*#ABCD");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(code in any::<u8>(), end in any::<bool>(), volume in 0u8..64, duration in any::<u16>()) {
            let event = Event { code, end, volume, duration };
            prop_assert_eq!(parse(&event.write()), Ok(event));
        }

        #[test]
        fn any_bytes_are_read_or_refused(
            packets in prop::collection::vec((any::<u32>(), prop::collection::vec(any::<u8>(), 0..6)), 0..20),
        ) {
            let mut receiver = EventReceiver::new();
            for (timestamp, payload) in &packets {
                let _key = receiver.heard(&packet(0, *timestamp, payload));
            }
        }
    }
}

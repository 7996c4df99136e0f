use std::time::Duration;

use audio::codec::Codec;
use transport::rtp::event::{self, EventReceiver, KeyPress};
use transport::rtp::rtcp::{self, Reporter, Rtcp};
use transport::rtp::{Packet, Sender, Start, is_rtcp};

use crate::edit::{ITERATIONS, edited};

const START: Start = Start { ssrc: 7, sequence: 65_530, timestamp: u32::MAX - 500 };
const CONTRIBUTED: [u8; 33] = [
    0xB1, 0x88, 0xFF, 0xFE, 0, 0, 0, 9, 1, 2, 3, 4, 0, 0, 0, 5, 0xBE, 0xDE, 0, 1, 0x10, 0xFF, 0, 0, 0xD5, 0xD5, 0xD5,
    0xD5, 0xD5, 0xD5, 0, 0, 3,
];
const PLAIN: [u8; 16] = [0x80, 0, 0, 1, 0, 0, 0, 160, 0, 0, 0, 7, 0xFF, 0xFE, 0x7F, 0x80];
/// The packets of a compound that are read (`rtcp::parse`).
const COMPOUND_MAX: usize = 16;

/// A sender report of one block, a name, and a farewell with a reason.
const COMPOUND: [u8; 80] = {
    let mut bytes = [0; 80];
    let parts: [&[u8]; 3] = [
        &[
            0x81, 200, 0, 12, 0, 0, 0, 9, 0xE5, 1, 2, 3, 4, 5, 6, 7, 0, 0, 1, 0, 0, 0, 0, 5, 0, 0, 3, 0x20, 0, 0, 0, 7,
            0x20, 0xFF, 0xFF, 0xFE, 0, 1, 0, 5, 0, 0, 0, 40, 2, 3, 4, 5, 0, 1, 0, 0,
        ],
        &[0x81, 202, 0, 3, 0, 0, 0, 9, 1, 4, b'a', b'@', b'b', b'c', 0, 0],
        &[0x81, 203, 0, 2, 0, 0, 0, 9, 3, b'b', b'y', b'e'],
    ];
    let (mut part, mut at) = (0, 0);
    while part < parts.len() {
        let mut byte = 0;
        while byte < parts[part].len() {
            bytes[at] = parts[part][byte];
            (byte, at) = (byte + 1, at + 1);
        }
        part += 1;
    }
    bytes
};

#[test]
fn rtp() {
    bolero::check!().with_iterations(ITERATIONS).for_each(|input| {
        rtp_holds(input);
        rtp_holds(&edited(&[&CONTRIBUTED, &PLAIN], input));
    });
}

/// What is read is within the datagram, and what is written of it is read alike.
fn rtp_holds(bytes: &[u8]) {
    let Ok(packet) = Packet::parse(bytes) else { return };
    let payload = packet.payload.as_ptr_range();
    assert!(payload.end <= bytes.as_ptr_range().end && packet.payload.len() + 12 <= bytes.len());
    let written = packet.write();
    assert_eq!(Packet::parse(&written), Ok(packet));
    assert_eq!(is_rtcp(&written), is_rtcp(bytes));
    assert!(packet.payload_type < 128);
}

#[test]
fn rtcp() {
    let sender = Sender::new(START, Codec::Pcmu, 0);
    let report = Reporter::new("name", 5 << 32).write(Duration::from_secs(1), &sender, None);
    bolero::check!().with_iterations(ITERATIONS).for_each(|input| {
        rtcp_holds(input, &report);
        rtcp_holds(&edited(&[&COMPOUND, &report], input), &report);
    });
}

/// A compound with a report of ours behind it is read as both; whatever was heard, ours is read and no way takes half a minute.
fn rtcp_holds(bytes: &[u8], report: &[u8]) {
    let Ok(packets) = rtcp::parse(bytes) else { return };
    let both = rtcp::parse(&[bytes, report].concat()).unwrap();
    assert!(both.starts_with(&packets));
    if packets.len() + 2 <= COMPOUND_MAX {
        assert_eq!(both[packets.len()..], rtcp::parse(report).unwrap());
    }
    let (mut reporter, mut sender) = (Reporter::new("name", 5 << 32), Sender::new(START, Codec::Pcmu, 0));
    sender.send(&[0; 160]);
    reporter.heard(&packets, START.ssrc, Duration::from_secs(3));
    assert!(reporter.round_trip().is_none_or(|long| long < Duration::from_secs(30)));
    let ours = rtcp::parse(&reporter.write(Duration::from_secs(4), &sender, None)).unwrap();
    assert!(matches!(ours[..], [Rtcp::SenderReport { ssrc: 7, .. }, Rtcp::Description { ssrc: 7, .. }]), "{ours:?}");
}

#[test]
fn events() {
    let mut sender = Sender::new(START, Codec::Pcmu, 0);
    let mut keys: Vec<Vec<u8>> = Vec::new();
    for key in ['5', '#', 'A'] {
        let mut press = KeyPress::new(key, Duration::from_millis(60)).unwrap();
        keys.extend(std::iter::from_fn(|| sender.press(&mut press, 101)));
    }
    let payloads: Vec<u8> = keys.iter().flat_map(|bytes| bytes[4..].to_vec()).collect();
    bolero::check!().with_iterations(ITERATIONS).for_each(|input| {
        events_hold(input);
        events_hold(&edited(&[&payloads], input));
    });
}

/// Reads 12 bytes as time, source and payload of a packet: no packet is two keys, nor a copy of it a second one.
fn events_hold(bytes: &[u8]) {
    let mut receiver = EventReceiver::new();
    for packet in bytes.as_chunks::<12>().0 {
        let word = |at: usize| u32::from_be_bytes(*packet[at..].first_chunk().unwrap());
        let packet = Packet {
            payload_type: 101,
            marker: false,
            sequence: 0,
            timestamp: word(0),
            ssrc: word(4) % 3,
            payload: &packet[8..],
        };
        let event = event::parse(packet.payload).unwrap();
        assert_eq!(event::parse(&event.write()), Ok(event));
        let key = receiver.heard(&packet);
        assert!(key.is_none() || key == event.key());
        assert_eq!(receiver.heard(&packet), None, "a copy");
    }
}

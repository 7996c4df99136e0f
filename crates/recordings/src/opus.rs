//! Two sides at 16 kHz to Ogg Opus (RFC 7845) and back. One page a second.
//!
//! Each side is a stream of its own within the packet (channel mapping family 1, two streams, none coupled): two telephones have nothing
//! in common that joint stereo could use, and what one says must not be heard from the other.

use std::io::Cursor;

use ogg::{PacketReader, PacketWriteEndInfo, PacketWriter};
use opus_rs::{Application, OpusDecoder, OpusEncoder};

const HZ: u32 = 16_000;
/// Samples of one side in a packet: 20 ms at 16 kHz.
pub const FRAME_SAMPLES: usize = 320;
/// Of each side. Speech at 16 kHz is transparent from about there on.
const BITS_PER_S: i32 = 24_000;
/// RFC 6716 3.2.1.
const PACKET_MAX: usize = 1276;
/// Granule positions count at 48 kHz (RFC 7845 4).
const GRANULES: u64 = 960;
/// What this encoder is late by, 6.5 ms, at 48 kHz.
const PRE_SKIP: u16 = 312;
const PACKETS_A_PAGE: u32 = 50;
const SERIAL: u32 = 1;
/// A length of this or more has a second byte (RFC 6716 3.2.1).
const TWO_BYTES_FROM: usize = 252;

/// Makes pages.
pub(crate) struct Pages {
    sides: [Box<OpusEncoder>; 2],
    writer: PacketWriter<'static, Vec<u8>>,
    packets: u64,
    on_page: u32,
}

impl Pages {
    pub(crate) fn new() -> Self {
        let mut pages =
            Self { sides: [encoder(), encoder()], writer: PacketWriter::new(Vec::new()), packets: 0, on_page: 0 };
        pages.put(head(), PacketWriteEndInfo::EndPage, 0);
        pages.put(tags(), PacketWriteEndInfo::EndPage, 0);
        pages
    }

    /// Takes 20 ms of both sides.
    pub(crate) fn push(&mut self, left: &[f32], right: &[f32]) {
        let packet = self.packet(left, right);
        self.packets += 1;
        self.on_page += 1;
        let full = self.on_page == PACKETS_A_PAGE;
        let info = if full { PacketWriteEndInfo::EndPage } else { PacketWriteEndInfo::NormalPacket };
        self.put(packet, info, self.packets * GRANULES);
        if full {
            self.on_page = 0;
        }
    }

    /// Whole pages that were not taken yet.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(self.writer.inner_mut())
    }

    /// The last page.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        // What the encoders still hold comes out with 20 ms of silence, of which the granule position says how much is sound.
        let silence = [0.0; FRAME_SAMPLES];
        let packet = self.packet(&silence, &silence);
        self.put(packet, PacketWriteEndInfo::EndStream, self.packets * GRANULES + u64::from(PRE_SKIP));
        self.take()
    }

    /// How long the sound is so far, in milliseconds.
    pub(crate) fn len_ms(&self) -> u64 {
        self.packets * 20
    }

    fn packet(&mut self, left: &[f32], right: &[f32]) -> Vec<u8> {
        let [left_side, right_side] = &mut self.sides;
        let mut packet = self_delimited(&encoded(left_side, left));
        packet.extend(encoded(right_side, right));
        packet
    }

    fn put(&mut self, packet: Vec<u8>, info: PacketWriteEndInfo, granule: u64) {
        self.writer.write_packet(packet, SERIAL, info, granule).expect("memory takes every byte");
    }
}

fn encoder() -> Box<OpusEncoder> {
    let mut encoder = OpusEncoder::new(HZ as i32, 1, Application::Voip).expect("Opus encodes from 16 kHz mono");
    encoder.bitrate_bps = BITS_PER_S;
    encoder.complexity = 5;
    Box::new(encoder)
}

/// One frame of one side.
fn encoded(encoder: &mut OpusEncoder, samples: &[f32]) -> Vec<u8> {
    let mut packet = vec![0; PACKET_MAX];
    // A first byte alone is a frame that is concealed (RFC 6716 3.1): wideband, 20 ms.
    let len = encoder.encode(samples, FRAME_SAMPLES, &mut packet).unwrap_or_else(|_| {
        packet[0] = 9 << 3;
        1
    });
    packet.truncate(len);
    packet
}

/// A packet of one frame with its length (RFC 6716 appendix B).
fn self_delimited(packet: &[u8]) -> Vec<u8> {
    let (toc, frame) = packet.split_first().expect("a packet has a first byte");
    let len = frame.len();
    let mut bytes = vec![toc & !3];
    if len < TWO_BYTES_FROM {
        bytes.push(len as u8);
    } else {
        let first = TWO_BYTES_FROM + len % 4;
        bytes.extend([first as u8, ((len - first) / 4) as u8]);
    }
    bytes.extend(frame);
    bytes
}

/// The two packets of a packet. `None`: it is none of ours.
fn sides(packet: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (toc, rest) = packet.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (len, rest) = match usize::from(*first) {
        len if len < TWO_BYTES_FROM => (len, rest),
        len => rest.split_first().map(|(second, rest)| (usize::from(*second) * 4 + len, rest))?,
    };
    let (frame, right) = rest.split_at_checked(len)?;
    Some(([&[*toc], frame].concat(), right))
}

/// RFC 7845 5.1.
fn head() -> Vec<u8> {
    let mut head = b"OpusHead\x01\x02".to_vec();
    head.extend(PRE_SKIP.to_le_bytes());
    head.extend(HZ.to_le_bytes());
    head.extend([0, 0]); // no gain
    head.extend([1, 2, 0, 0, 1]); // family 1, two streams, none coupled: left and right
    head
}

/// RFC 7845 5.2.
fn tags() -> Vec<u8> {
    let vendor = b"FirstRing";
    let mut tags = b"OpusTags".to_vec();
    tags.extend((vendor.len() as u32).to_le_bytes());
    tags.extend(vendor);
    tags.extend([0; 4]);
    tags
}

/// Left and right of all whole pages, at 16 kHz.
pub(crate) fn decode(ogg: &[u8]) -> (Vec<f32>, Vec<f32>) {
    let decoder = || OpusDecoder::new(HZ as i32, 1).expect("Opus decodes to 16 kHz mono");
    let mut decoders = [decoder(), decoder()];
    let mut packets = PacketReader::new(Cursor::new(ogg));
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let mut end = usize::MAX;
    let mut index = 0;
    // An error is the end of what was written.
    while let Ok(Some(packet)) = packets.read_packet() {
        index += 1;
        if index <= 2 {
            continue; // head and tags
        }
        let (of_left, of_right) = sides(&packet.data).unwrap_or_default();
        left.extend(decoded(&mut decoders[0], &of_left));
        right.extend(decoded(&mut decoders[1], of_right));
        if packet.last_in_stream() {
            end = (packet.absgp_page() / 3) as usize;
        }
    }
    let skip = usize::from(PRE_SKIP) / 3;
    for side in [&mut left, &mut right] {
        side.truncate(end);
        side.drain(..skip.min(side.len()));
    }
    (left, right)
}

fn decoded(decoder: &mut OpusDecoder, packet: &[u8]) -> [f32; FRAME_SAMPLES] {
    let mut samples = [0.0; FRAME_SAMPLES];
    if decoder.decode(packet, FRAME_SAMPLES, &mut samples).is_err() {
        samples.fill(0.0);
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_packets_in_one_are_the_two_again() {
        for len in [0, 1, 251, 252, 253, 254, 255, 256, 1275] {
            let packet: Vec<u8> = std::iter::once(9 << 3).chain((0..len).map(|byte| byte as u8)).collect();
            let both = [self_delimited(&packet), b"right".to_vec()].concat();
            assert_eq!(sides(&both), Some((packet, b"right".as_slice())), "{len}");
        }
        assert_eq!(sides(&[9 << 3, 7, 1]), None, "cut off");
    }
}

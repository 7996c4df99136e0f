/// Bytes of a header without contributing sources and extension.
const FIXED_LEN: usize = 12;
const VERSION: u8 = 2;

/// An RTP packet (RFC 3550 5.1), as far as a telephone call needs it: contributing sources and a header extension are
/// skipped when it is read and never written, padding is taken off.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// 7 bits: what the payload is, as agreed on by SDP.
    pub payload_type: u8,
    /// The first packet after a pause, or of a key that is pressed.
    pub marker: bool,
    /// Counts packets, and wraps.
    pub sequence: u16,
    /// When its first sample is due, in the codec's clock, and wraps.
    pub timestamp: u32,
    /// Which stream it belongs to.
    pub ssrc: u32,
    /// What is carried.
    pub payload: &'a [u8],
}

/// Bytes that are no RTP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    /// Shorter than its own header says.
    #[error("{0} bytes are no whole RTP packet; drop them")]
    Short(usize),
    /// Not version 2: STUN, DTLS or nonsense.
    #[error("version {0} is not RTP; drop it")]
    Version(u8),
    /// More padding than payload, or none although there should be some.
    #[error("{0} bytes of padding do not fit; drop it")]
    Padding(u8),
}

impl<'a> Packet<'a> {
    /// Reads a datagram.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, PacketError> {
        let header_len = header_len(bytes)?;
        let mut payload = &bytes[header_len..];
        if bytes[0] & 0x20 != 0 {
            let padding = *payload.last().ok_or(PacketError::Padding(0))?;
            if padding == 0 || usize::from(padding) > payload.len() {
                return Err(PacketError::Padding(padding));
            }
            payload = &payload[..payload.len() - usize::from(padding)];
        }
        Ok(Self {
            payload_type: bytes[1] & 0x7F,
            marker: bytes[1] & 0x80 != 0,
            sequence: u16::from_be_bytes([bytes[2], bytes[3]]),
            timestamp: u32::from_be_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
            ssrc: u32::from_be_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]),
            payload,
        })
    }

    /// The datagram: 12 bytes of header and the payload.
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(FIXED_LEN + self.payload.len());
        bytes.push(VERSION << 6);
        bytes.push(u8::from(self.marker) << 7 | self.payload_type & 0x7F);
        bytes.extend(self.sequence.to_be_bytes());
        bytes.extend(self.timestamp.to_be_bytes());
        bytes.extend(self.ssrc.to_be_bytes());
        bytes.extend(self.payload);
        bytes
    }
}

impl std::fmt::Debug for Packet<'_> {
    /// Everything but what is said in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packet")
            .field("payload_type", &self.payload_type)
            .field("marker", &self.marker)
            .field("sequence", &self.sequence)
            .field("timestamp", &self.timestamp)
            .field("ssrc", &self.ssrc)
            .field("payload", &format_args!("{} bytes", self.payload.len()))
            .finish()
    }
}

/// Where the payload begins: behind up to 15 contributing sources and a header extension (RFC 3550 5.3.1). At most as long
/// as `bytes`, and a multiple of 4.
pub(crate) fn header_len(bytes: &[u8]) -> Result<usize, PacketError> {
    let short = PacketError::Short(bytes.len());
    if bytes.len() < FIXED_LEN {
        return Err(short);
    }
    if bytes[0] >> 6 != VERSION {
        return Err(PacketError::Version(bytes[0] >> 6));
    }
    let mut len = FIXED_LEN + 4 * usize::from(bytes[0] & 0x0F);
    if bytes[0] & 0x10 != 0 {
        let words = bytes.get(len + 2..len + 4).ok_or(short)?;
        len += 4 + 4 * usize::from(u16::from_be_bytes([words[0], words[1]]));
    }
    if len > bytes.len() { Err(short) } else { Ok(len) }
}

/// Whether a datagram on a port that carries both is RTCP (RFC 5761 4): its packet types lie where RTP has payload types
/// that are never given out.
pub fn is_rtcp(bytes: &[u8]) -> bool {
    bytes.get(1).is_some_and(|packet_type| (192..=223).contains(packet_type))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sources_extension_and_padding_are_taken_off() {
        let mut bytes = vec![0x80 | 0x20 | 0x10 | 2, 0x80 | 8, 0xFF, 0xFF, 0, 0, 0, 7, 1, 2, 3, 4];
        bytes.extend([0; 8]); // two contributing sources
        bytes.extend([0xBE, 0xDE, 0, 1, 0x10, 0xFF, 0, 0]); // an extension of one word
        bytes.extend([0xD5, 0xD5, 0xD5, 0, 0, 3]); // three samples, three bytes of padding
        let packet = Packet::parse(&bytes).unwrap();
        assert_eq!((packet.payload_type, packet.marker, packet.sequence), (8, true, u16::MAX));
        assert_eq!((packet.timestamp, packet.ssrc, packet.payload), (7, 0x0102_0304, &[0xD5; 3][..]));
        assert_eq!(Packet::parse(&bytes[..25]), Err(PacketError::Short(25)));
        bytes[22..24].copy_from_slice(&[0xFF, 0xFF]);
        assert!(Packet::parse(&bytes).is_err(), "an extension that is longer than the packet");
    }

    #[test]
    fn what_is_no_rtp_is_refused() {
        assert_eq!(Packet::parse(&[]), Err(PacketError::Short(0)));
        assert_eq!(Packet::parse(&[0; 20]), Err(PacketError::Version(0)));
        for padding in [0, 9] {
            let bytes = [0xA0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, padding];
            assert_eq!(Packet::parse(&bytes), Err(PacketError::Padding(padding)));
        }
        assert_eq!(Packet::parse(&[0xA0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), Err(PacketError::Padding(0)));
    }

    #[test]
    fn rtcp_is_told_from_rtp() {
        assert!(is_rtcp(&[0x80, 200]) && is_rtcp(&[0x81, 201]));
        assert!(!is_rtcp(&[0x80, 0]) && !is_rtcp(&[0x80, 0x80 | 8]) && !is_rtcp(&[0x80, 101]) && !is_rtcp(&[]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..80), rtp in any::<bool>()) {
            let mut bytes = bytes;
            if rtp && let Some(first) = bytes.first_mut() {
                *first = 0x80 | *first & 0x3F;
            }
            if let Ok(packet) = Packet::parse(&bytes) {
                prop_assert!(packet.payload.len() + FIXED_LEN <= bytes.len());
            }
        }

        #[test]
        fn what_is_written_is_read(
            payload_type in 0u8..128, marker in any::<bool>(), sequence in any::<u16>(), timestamp in any::<u32>(),
            ssrc in any::<u32>(), payload in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let packet = Packet { payload_type, marker, sequence, timestamp, ssrc, payload: &payload };
            let written = packet.write();
            prop_assert_eq!(Packet::parse(&written), Ok(packet));
        }
    }
}

use super::{BYE, DESCRIPTION, RECEIVER_REPORT, ReportBlock, Rtcp, RtcpError, SENDER_REPORT, Sent};
use crate::rtp::sequence::Reception;

/// Packets of a compound that are read at most; what follows is ignored.
const PACKETS_MAX: usize = 16;
const BLOCK_LEN: usize = 24;

/// Reads a datagram: one packet after the other, each with its length (RFC 3550 6.4 to 6.6). A packet that is too short for
/// what it says it holds makes the whole a mistake; one of an unknown kind is [`Rtcp::Other`].
pub fn parse(mut bytes: &[u8]) -> Result<Vec<Rtcp>, RtcpError> {
    let mut packets = Vec::new();
    while packets.len() < PACKETS_MAX && (!bytes.is_empty() || packets.is_empty()) {
        let &[first, packet_type, high, low, ..] = bytes else { return Err(RtcpError::Short) };
        if first >> 6 != 2 {
            return Err(RtcpError::Version(first >> 6));
        }
        let end = 4 + 4 * usize::from(u16::from_be_bytes([high, low]));
        let (packet, rest) = bytes.split_at_checked(end).ok_or(RtcpError::Short)?;
        bytes = rest;
        let body = without_padding(first, &packet[4..])?;
        packets.extend(one(first & 0x1F, packet_type, body)?);
    }
    Ok(packets)
}

fn without_padding(first: u8, body: &[u8]) -> Result<&[u8], RtcpError> {
    if first & 0x20 == 0 {
        return Ok(body);
    }
    match body.last().map(|&padding| usize::from(padding)) {
        Some(padding) if padding > 0 && padding <= body.len() => Ok(&body[..body.len() - padding]),
        Some(_) | None => Err(RtcpError::Padding),
    }
}

fn one(count: u8, packet_type: u8, body: &[u8]) -> Result<Vec<Rtcp>, RtcpError> {
    Ok(match packet_type {
        SENDER_REPORT => {
            let sent = Sent {
                ntp: u64::from(word(body, 1)?) << 32 | u64::from(word(body, 2)?),
                timestamp: word(body, 3)?,
                packets: word(body, 4)?,
                octets: word(body, 5)?,
            };
            vec![Rtcp::SenderReport { ssrc: word(body, 0)?, sent, blocks: blocks(count, &body[24..])? }]
        }
        RECEIVER_REPORT => {
            let ssrc = word(body, 0)?;
            vec![Rtcp::ReceiverReport { ssrc, blocks: blocks(count, &body[4..])? }]
        }
        DESCRIPTION => descriptions(count, body)?,
        BYE => {
            let ssrcs = (0..usize::from(count)).map(|index| word(body, index)).collect::<Result<_, _>>()?;
            vec![Rtcp::Bye { ssrcs }]
        }
        packet_type => vec![Rtcp::Other { packet_type }],
    })
}

fn blocks(count: u8, bytes: &[u8]) -> Result<Vec<ReportBlock>, RtcpError> {
    let bytes = bytes.get(..BLOCK_LEN * usize::from(count)).ok_or(RtcpError::Short)?;
    let block = |bytes: &[u8]| {
        let lost = word(bytes, 1)?;
        let reception = Reception {
            ssrc: word(bytes, 0)?,
            fraction_lost: (lost >> 24) as u8,
            // 24 bits with a sign.
            lost: (lost << 8) as i32 >> 8,
            highest: word(bytes, 2)?,
            jitter: word(bytes, 3)?,
        };
        Ok(ReportBlock { reception, last_report: word(bytes, 4)?, since_last_report: word(bytes, 5)? })
    };
    bytes.chunks_exact(BLOCK_LEN).map(block).collect()
}

/// RFC 3550 6.5: per source items of type, length and text, a zero at the end, filled up to a word.
fn descriptions(count: u8, mut body: &[u8]) -> Result<Vec<Rtcp>, RtcpError> {
    let mut found = Vec::new();
    for _ in 0..count {
        let ssrc = word(body, 0)?;
        let mut at = 4;
        loop {
            let kind = *body.get(at).ok_or(RtcpError::Short)?;
            if kind == 0 {
                break;
            }
            let len = usize::from(*body.get(at + 1).ok_or(RtcpError::Short)?);
            let text = body.get(at + 2..at + 2 + len).ok_or(RtcpError::Short)?;
            if kind == 1 {
                found.push(Rtcp::Description { ssrc, cname: String::from_utf8_lossy(text).into_owned() });
            }
            at += 2 + len;
        }
        body = body.get((at + 1).next_multiple_of(4)..).ok_or(RtcpError::Short)?;
    }
    Ok(found)
}

/// The `index`th word of 32 bits.
fn word(bytes: &[u8], index: usize) -> Result<u32, RtcpError> {
    let word = bytes.get(4 * index..).and_then(|rest| rest.first_chunk::<4>()).ok_or(RtcpError::Short)?;
    Ok(u32::from_be_bytes(*word))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_report_with_a_name_and_a_farewell() {
        // From baresip: a receiver report of one stream, its name, and BYE with a reason.
        let mut bytes = vec![0x81, 201, 0, 7, 0, 0, 0, 9];
        bytes.extend([0, 0, 0, 7, 0x20, 0xFF, 0xFF, 0xFE, 0, 1, 0, 5, 0, 0, 0, 40]);
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend([0x81, 202, 0, 3, 0, 0, 0, 9, 1, 4, b'a', b'@', b'b', b'c', 0, 0]);
        bytes.extend([0x81, 203, 0, 2, 0, 0, 0, 9, 3, b'b', b'y', b'e']);
        let reception = Reception { ssrc: 7, fraction_lost: 32, lost: -2, highest: 1 << 16 | 5, jitter: 40 };
        let block = ReportBlock { reception, last_report: 0, since_last_report: 0 };
        let expected = vec![
            Rtcp::ReceiverReport { ssrc: 9, blocks: vec![block] },
            Rtcp::Description { ssrc: 9, cname: "a@bc".to_owned() },
            Rtcp::Bye { ssrcs: vec![9] },
        ];
        assert_eq!(parse(&bytes), Ok(expected));
        for end in (1..bytes.len()).filter(|end| ![32, 48].contains(end)) {
            assert_eq!(parse(&bytes[..end]), Err(RtcpError::Short), "cut at {end}");
        }
        bytes[48] |= 0x20;
        assert_eq!(parse(&bytes), Err(RtcpError::Padding), "the last byte is no length");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(
            bytes in prop::collection::vec(any::<u8>(), 0..120), packet_type in 198u8..208, words in 0u16..20,
        ) {
            let mut bytes = bytes;
            if let Some(header) = bytes.first_chunk_mut::<4>() {
                *header = [0x80 | header[0] & 0x3F, packet_type, 0, words as u8];
            }
            let _read = parse(&bytes);
            prop_assert!(parse(&[]).is_err());
        }
    }
}

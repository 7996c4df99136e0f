//! Encrypted RTP and RTCP: SRTP (RFC 3711) with keys from SDP (RFC 4568).
//!
//! The arithmetic is `webrtc-srtp`'s; this is what keeps strangers away from it. As of 0.17.2 it would panic on a header
//! extension that says it is longer than the packet and on an RTCP packet without room for its trailer, both before it
//! looks at the signature; it takes RTCP that says it is not encrypted without any signature; and it remembers each
//! source that anybody names, for ever. So headers are read here, RTCP has to be encrypted, and a source is remembered
//! once a packet of it was genuine.

use std::fmt;

use webrtc_rtp::header::Header;
use webrtc_srtp::context::Context;
use webrtc_srtp::option::{srtcp_replay_protection, srtp_replay_protection};
use webrtc_srtp::protection_profile::ProtectionProfile;

use super::packet::{PacketError, header_len};
use super::sdp::{Crypto, Suite};

/// Sources that are remembered. Another one takes the place of the oldest: a call has two or three.
const SOURCES_MAX: usize = 8;
/// A packet this much older than the newest, or older, is not taken: it may be a second copy.
const REPLAY_WINDOW: usize = 128;
/// Header and source of an RTCP packet, which are not encrypted, its index and its signature (RFC 3711 3.4).
const RTCP_HEAD_LEN: usize = 8;
const RTCP_TAIL_LEN: usize = 4 + 10;

/// A packet that is not taken, or could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SrtpError {
    /// No RTP or RTCP packet at all.
    #[error("this is no SRTP packet; drop it")]
    Malformed,
    /// Forged, damaged, encrypted with another key, or a second copy.
    #[error("the packet is not genuine, or came before; drop it")]
    NotGenuine,
}

/// Encrypts what is sent: one for each direction of a call, for RTP and RTCP together.
pub struct Protector(Context);

/// Decrypts what comes.
pub struct Unprotector {
    crypto: Crypto,
    /// The newest last.
    sources: Vec<(u32, Context)>,
}

impl Protector {
    /// With our key: the first of [`Agreed::srtp`](super::sdp::Agreed::srtp). Keep it over a re-INVITE that keeps the key:
    /// it knows how often the numbers have wrapped.
    pub fn new(crypto: &Crypto) -> Self {
        Self(context(crypto))
    }

    /// An RTP packet, encrypted: 10 bytes longer (4 with the weaker suite).
    pub fn protect(&mut self, packet: &[u8]) -> Result<Vec<u8>, SrtpError> {
        let header = header(packet)?;
        Ok(self.0.encrypt_rtp_with_header(packet, &header).map_err(|_| SrtpError::Malformed)?.to_vec())
    }

    /// A compound RTCP packet, encrypted: 14 bytes longer.
    pub fn protect_rtcp(&mut self, packet: &[u8]) -> Result<Vec<u8>, SrtpError> {
        Ok(self.0.encrypt_rtcp(packet).map_err(|_| SrtpError::Malformed)?.to_vec())
    }
}

impl Unprotector {
    /// With their key: the second of [`Agreed::srtp`](super::sdp::Agreed::srtp).
    pub fn new(crypto: &Crypto) -> Self {
        Self { crypto: crypto.clone(), sources: Vec::new() }
    }

    /// The RTP packet in an SRTP packet.
    pub fn unprotect(&mut self, packet: &[u8]) -> Result<Vec<u8>, SrtpError> {
        let header = header(packet)?;
        self.with_source(header.ssrc, |context| Some(context.decrypt_rtp_with_header(packet, &header).ok()?.to_vec()))
    }

    /// The compound packet in an SRTCP packet.
    pub fn unprotect_rtcp(&mut self, packet: &[u8]) -> Result<Vec<u8>, SrtpError> {
        if packet.len() < RTCP_HEAD_LEN + RTCP_TAIL_LEN || packet[0] >> 6 != 2 {
            return Err(SrtpError::Malformed);
        }
        let is_encrypted = packet[packet.len() - RTCP_TAIL_LEN] & 0x80 != 0;
        if !is_encrypted {
            return Err(SrtpError::NotGenuine);
        }
        let ssrc = u32::from_be_bytes([packet[4], packet[5], packet[6], packet[7]]);
        self.with_source(ssrc, |context| Some(context.decrypt_rtcp(packet).ok()?.to_vec()))
    }

    /// Reads a packet with what is known of its source; a new source is tried on the side first.
    fn with_source(
        &mut self,
        ssrc: u32,
        read: impl FnOnce(&mut Context) -> Option<Vec<u8>>,
    ) -> Result<Vec<u8>, SrtpError> {
        if let Some((_, context)) = self.sources.iter_mut().find(|(known, _)| *known == ssrc) {
            return read(context).ok_or(SrtpError::NotGenuine);
        }
        let mut context = context(&self.crypto);
        let packet = read(&mut context).ok_or(SrtpError::NotGenuine)?;
        if self.sources.len() == SOURCES_MAX {
            self.sources.remove(0);
        }
        self.sources.push((ssrc, context));
        Ok(packet)
    }
}

fn context(crypto: &Crypto) -> Context {
    let profile = match crypto.suite {
        Suite::AesCm128Sha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
        Suite::AesCm128Sha1_32 => ProtectionProfile::Aes128CmHmacSha1_32,
    };
    let (rtp, rtcp) = (srtp_replay_protection(REPLAY_WINDOW), srtcp_replay_protection(REPLAY_WINDOW));
    Context::new(crypto.key.key(), crypto.key.salt(), profile, Some(rtp), Some(rtcp)).expect("16 and 14 bytes")
}

/// As much of the header as encryption wants: source and number, and where the payload begins, which it works out from the
/// number of contributing sources.
fn header(packet: &[u8]) -> Result<Header, SrtpError> {
    let len = header_len(packet).map_err(|_: PacketError| SrtpError::Malformed)?;
    Ok(Header {
        ssrc: u32::from_be_bytes([packet[8], packet[9], packet[10], packet[11]]),
        sequence_number: u16::from_be_bytes([packet[2], packet[3]]),
        csrc: vec![0; (len - 12) / 4],
        ..Header::default()
    })
}

impl fmt::Debug for Protector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Protector(..)")
    }
}

impl fmt::Debug for Unprotector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unprotector({} sources)", self.sources.len())
    }
}

use std::net::{IpAddr, SocketAddr};

use audio::codec::Codec;

use super::{Agreed, EVENTS};
use crate::rtp::sdp::{Connection, Crypto, Direction, Media, Protocol, Rtpmap, Sdp, SdpError, Suite};

/// What one stream of the other end's could be.
pub(super) struct Choice<'a> {
    pub(super) media: &'a Media,
    pub(super) codec: Codec,
    pub(super) payload_type: u8,
    pub(super) events: Option<Rtpmap>,
    /// As the other end says it.
    pub(super) direction: Direction,
    /// The best of their keys that we can use.
    pub(super) crypto: Option<Crypto>,
    /// Where its codec stands among ours; the lowest is the best.
    pub(super) rank: usize,
    address: IpAddr,
}

/// Reads a stream of sound; `None` if it is of another kind, or we do not speak it. Who answers puts first what will be
/// sent (RFC 3264 6.1), so there `by_theirs` order counts.
pub(super) fn choose<'a>(sdp: &Sdp, media: &'a Media, ours: &[Codec], by_theirs: bool) -> Option<Choice<'a>> {
    if media.kind != "audio" || matches!(media.protocol, Protocol::Other(_)) {
        return None;
    }
    let Connection::Address(address) = *connection(sdp, media)? else { return None };
    let spoken = media.formats.iter().filter_map(|format| {
        let payload_type: u8 = format.parse().ok().filter(|payload_type| *payload_type < 128)?;
        let codec = codec(media, payload_type)?;
        Some((rank(ours, codec)?, codec, payload_type))
    });
    // Of several that are alike to us, the one that they name first.
    let (rank, codec, payload_type) =
        if by_theirs { spoken.into_iter().next()? } else { spoken.min_by_key(|(rank, ..)| *rank)? };
    let direction = media.direction.or(sdp.direction).unwrap_or(Direction::SendRecv);
    // RFC 2543's way to hold: an address at which nobody listens.
    let is_held = address.is_unspecified() && direction == Direction::SendRecv;
    Some(Choice {
        media,
        codec,
        payload_type,
        events: events(media, codec.clock_hz()),
        direction: if is_held { Direction::SendOnly } else { direction },
        crypto: crypto(media),
        rank,
        address,
    })
}

fn connection<'a>(sdp: &'a Sdp, media: &'a Media) -> Option<&'a Connection> {
    media.connection.as_ref().or(sdp.connection.as_ref())
}

/// Why none was chosen of these.
pub(super) fn why_none<'a>(sdp: &Sdp, mut streams: impl Iterator<Item = &'a Media>) -> SdpError {
    let is_named = |media: &Media| matches!(connection(sdp, media), Some(Connection::Name(_)));
    let is_named = streams.any(|media| media.kind == "audio" && media.port != 0 && is_named(media));
    if is_named { SdpError::NamedHost } else { SdpError::NothingInCommon }
}

impl Choice<'_> {
    pub(super) fn agreed(&self, sdp: &Sdp, direction: Direction, srtp: Option<(Crypto, Crypto)>) -> Agreed {
        debug_assert!(sdp.media.iter().any(|media| std::ptr::eq(media, self.media)), "a stream of another description");
        let at = |port: u16| (!self.address.is_unspecified()).then_some(SocketAddr::new(self.address, port));
        let port = self.media.port;
        let rtcp = if self.media.rtcp_mux { port } else { self.media.rtcp_port.unwrap_or(port.wrapping_add(1)) };
        Agreed {
            codec: self.codec,
            payload_type: self.payload_type,
            events: self.events.as_ref().map(|events| events.payload_type),
            remote: at(port),
            remote_rtcp: at(rtcp),
            direction,
            srtp,
        }
    }
}

/// What a payload type means: by its `rtpmap`, and without one by RFC 3551.
fn codec(media: &Media, payload_type: u8) -> Option<Codec> {
    let rtpmap = media.rtpmaps.iter().find(|rtpmap| rtpmap.payload_type == payload_type);
    Codec::ALL.into_iter().find(|codec| match rtpmap {
        Some(rtpmap) => {
            let channels = codec.rtpmap_channels().unwrap_or(1);
            rtpmap.name.eq_ignore_ascii_case(codec.encoding_name())
                && rtpmap.clock_hz == codec.clock_hz()
                && rtpmap.channels.unwrap_or(1) == channels
        }
        None => codec.static_payload_type() == Some(payload_type),
    })
}

/// Where a codec stands among ours. Both laws of G.711, if they stand side by side, are alike.
fn rank(ours: &[Codec], codec: Codec) -> Option<usize> {
    let is_g711 = |codec: Codec| matches!(codec, Codec::Pcmu | Codec::Pcma);
    let rank = ours.iter().position(|known| *known == codec)?;
    let has_twin_before = rank > 0 && is_g711(codec) && is_g711(ours[rank - 1]);
    Some(if has_twin_before { rank - 1 } else { rank })
}

fn events(media: &Media, clock_hz: u32) -> Option<Rtpmap> {
    let is_offered = |rtpmap: &&Rtpmap| media.formats.iter().any(|f| f.parse() == Ok(rtpmap.payload_type));
    let all = || media.rtpmaps.iter().filter(|rtpmap| rtpmap.name.eq_ignore_ascii_case(EVENTS)).filter(is_offered);
    all().find(|rtpmap| rtpmap.clock_hz == clock_hz).or_else(|| all().next()).cloned()
}

/// The stronger suite, and of one suite what they name first.
fn crypto(media: &Media) -> Option<Crypto> {
    if media.protocol != Protocol::Savp {
        return None;
    }
    let of = |suite| media.cryptos.iter().find(|crypto| crypto.suite == suite);
    of(Suite::AesCm128Sha1_80).or_else(|| of(Suite::AesCm128Sha1_32)).cloned()
}

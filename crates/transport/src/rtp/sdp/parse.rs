use std::net::IpAddr;
use std::str::FromStr;

use super::{BYTES_MAX, Connection, Crypto, Direction, FORMATS_MAX, MEDIA_MAX, Media, Protocol, Rtpmap, Sdp, SdpError};

/// A telephone's line is seldom longer than 100 bytes; nothing longer than this is kept.
const WORD_MAX: usize = 256;

impl Sdp {
    /// Reads a description, with line ends of either kind. What is not known here is passed over; what is known and cannot
    /// be read is a mistake, except in an attribute: telephones invent those.
    pub fn parse(text: &str) -> Result<Self, SdpError> {
        if text.len() > BYTES_MAX {
            return Err(SdpError::TooLong);
        }
        let mut sdp = Self { session_id: 0, version: 0, connection: None, direction: None, media: Vec::new() };
        let lines = text.lines().map(str::trim_ascii_end).filter(|line| !line.is_empty());
        for (index, line) in lines.enumerate() {
            let syntax = SdpError::Syntax(index + 1);
            let (kind, value) = line.split_once('=').ok_or(syntax)?;
            if index == 0 && kind != "v" {
                return Err(syntax);
            }
            match kind {
                "o" => sdp.origin(value),
                "c" => sdp.connection(connection(value, syntax)?),
                "m" if sdp.media.len() == MEDIA_MAX => return Err(SdpError::TooLong),
                "m" => sdp.media.push(media(value, syntax)?),
                "a" => sdp.attribute(value)?,
                _ => {}
            }
        }
        if text.trim_ascii().is_empty() { Err(SdpError::Syntax(1)) } else { Ok(sdp) }
    }

    fn origin(&mut self, value: &str) {
        // Only compared, so one that is no number is no reason to refuse a call.
        let mut words = value.split_ascii_whitespace().skip(1).map(|word| word.parse().unwrap_or(0));
        self.session_id = words.next().unwrap_or(0);
        self.version = words.next().unwrap_or(0);
    }

    fn connection(&mut self, connection: Connection) {
        match self.media.last_mut() {
            Some(media) => media.connection = Some(connection),
            None => self.connection = Some(connection),
        }
    }

    fn attribute(&mut self, attribute: &str) -> Result<(), SdpError> {
        let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
        let all = [Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive];
        let direction = all.into_iter().find(|direction| direction.name() == name);
        let Some(media) = self.media.last_mut() else {
            self.direction = direction.or(self.direction);
            return Ok(());
        };
        media.direction = direction.or(media.direction);
        match name {
            "rtpmap" => media.rtpmaps.extend(rtpmap(value)),
            "fmtp" => media.fmtps.extend(fmtp(value)),
            "crypto" => media.cryptos.extend(Crypto::parse(value)),
            "ptime" => media.ptime_ms = number(value).or(media.ptime_ms),
            "rtcp" => media.rtcp_port = number(value.split(' ').next().unwrap_or("")).or(media.rtcp_port),
            "rtcp-mux" => media.rtcp_mux = true,
            _ => {}
        }
        let longest = media.rtpmaps.len().max(media.fmtps.len()).max(media.cryptos.len());
        if longest > FORMATS_MAX { Err(SdpError::TooLong) } else { Ok(()) }
    }
}

/// `IN IP4 192.0.2.1`, with a lifetime for multicast, or `IN IP4 media.example.org`.
fn connection(value: &str, syntax: SdpError) -> Result<Connection, SdpError> {
    let mut words = value.split_ascii_whitespace().skip(1);
    let (family, written) = (words.next().ok_or(syntax)?, words.next().ok_or(syntax)?);
    let address: Option<IpAddr> = written.split('/').next().and_then(|address| address.parse().ok());
    match address.filter(|address| address.is_ipv4() == (family == "IP4")) {
        Some(address) => Ok(Connection::Address(address)),
        None if written.len() > WORD_MAX => Err(syntax),
        None => Ok(Connection::Name(written.to_owned())),
    }
}

/// `audio 49170 RTP/AVP 0 8 101`; a port may have a count of ports behind it.
fn media(value: &str, syntax: SdpError) -> Result<Media, SdpError> {
    let mut words = value.split_ascii_whitespace();
    let kind = words.next().ok_or(syntax)?;
    let port = words.next().and_then(|port| number(port.split('/').next()?)).ok_or(syntax)?;
    let protocol = match words.next().ok_or(syntax)? {
        "RTP/AVP" => Protocol::Avp,
        "RTP/SAVP" => Protocol::Savp,
        other => Protocol::Other(other.to_owned()),
    };
    let formats: Vec<String> = words.map(str::to_owned).collect();
    if formats.len() > FORMATS_MAX {
        return Err(SdpError::TooLong);
    }
    Ok(Media { formats, ..Media::new(kind, port, protocol) })
}

/// `96 opus/48000/2`.
fn rtpmap(value: &str) -> Option<Rtpmap> {
    let (payload_type, encoding) = value.split_once(' ')?;
    let mut parts = encoding.trim_ascii().split('/');
    Some(Rtpmap {
        payload_type: number(payload_type).filter(|payload_type| *payload_type < 128)?,
        name: parts.next().filter(|name| !name.is_empty() && name.len() <= WORD_MAX)?.to_owned(),
        clock_hz: number(parts.next()?)?,
        channels: parts.next().and_then(number),
    })
}

/// `101 0-15`.
fn fmtp(value: &str) -> Option<(u8, String)> {
    let (payload_type, parameters) = value.split_once(' ')?;
    let payload_type = number(payload_type).filter(|payload_type| *payload_type < 128)?;
    Some((payload_type, parameters.trim_ascii().to_owned())).filter(|(_, parameters)| parameters.len() <= WORD_MAX)
}

/// Digits only: the standard library takes a plus sign too.
fn number<T: FromStr>(digits: &str) -> Option<T> {
    digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

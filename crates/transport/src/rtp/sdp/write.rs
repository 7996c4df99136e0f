use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use super::{Connection, Media, Protocol, Rtpmap, Sdp};

impl fmt::Display for Sdp {
    /// The description as it is sent, with the keys in it: for the line alone, never for a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nowhere = Connection::Address(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let origin = self.connection.as_ref().unwrap_or(&nowhere);
        write!(f, "v=0\r\no=- {} {} {origin}\r\ns=-\r\n", self.session_id, self.version)?;
        if let Some(connection) = &self.connection {
            write!(f, "c={connection}\r\n")?;
        }
        write!(f, "t=0 0\r\n")?;
        if let Some(direction) = self.direction {
            write!(f, "a={}\r\n", direction.name())?;
        }
        self.media.iter().try_for_each(|media| media.fmt(f))
    }
}

impl fmt::Display for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "m={} {} {}", self.kind, self.port, self.protocol)?;
        self.formats.iter().try_for_each(|format| write!(f, " {format}"))?;
        write!(f, "\r\n")?;
        if let Some(connection) = &self.connection {
            write!(f, "c={connection}\r\n")?;
        }
        self.rtpmaps.iter().try_for_each(|rtpmap| write!(f, "a=rtpmap:{rtpmap}\r\n"))?;
        self.fmtps.iter().try_for_each(|(payload_type, value)| write!(f, "a=fmtp:{payload_type} {value}\r\n"))?;
        self.cryptos.iter().try_for_each(|crypto| write!(f, "a=crypto:{crypto}\r\n"))?;
        if let Some(ptime_ms) = self.ptime_ms {
            write!(f, "a=ptime:{ptime_ms}\r\n")?;
        }
        if let Some(port) = self.rtcp_port {
            write!(f, "a=rtcp:{port}\r\n")?;
        }
        if self.rtcp_mux {
            write!(f, "a=rtcp-mux\r\n")?;
        }
        self.direction.map_or(Ok(()), |direction| write!(f, "a={}\r\n", direction.name()))
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Avp => "RTP/AVP",
            Self::Savp => "RTP/SAVP",
            Self::Other(other) => other,
        })
    }
}

impl fmt::Display for Rtpmap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.payload_type, self.name, self.clock_hz)?;
        self.channels.map_or(Ok(()), |channels| write!(f, "/{channels}"))
    }
}

impl fmt::Display for Connection {
    /// `IN IP4 192.0.2.1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address @ IpAddr::V4(_)) => write!(f, "IN IP4 {address}"),
            Self::Address(address @ IpAddr::V6(_)) => write!(f, "IN IP6 {address}"),
            // Of a family that none of its addresses has: it is read as a name again.
            Self::Name(name) => {
                let is_v4 = name.split('/').next().is_some_and(|address| address.parse::<Ipv4Addr>().is_ok());
                write!(f, "IN {} {name}", if is_v4 { "IP6" } else { "IP4" })
            }
        }
    }
}

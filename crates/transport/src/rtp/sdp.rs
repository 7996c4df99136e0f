//! What two ends agree on before they send sound: SDP (RFC 8866) by offer and answer (RFC 3264).
//!
//! [`Sdp::parse`] reads what a telephone or a trunk writes and keeps what matters to a call; [`Session`] answers an offer,
//! or makes one and reads its answer, and gives [`Agreed`]: what to send where. Keys for SRTP come in it (RFC 4568), so
//! nothing of this is logged as text; `Debug` does not print them.

use std::net::IpAddr;

mod crypto;
mod parse;
mod session;
mod write;

pub use crypto::{Crypto, SrtpKey, Suite};
pub use session::{Agreed, Ours, Security, Session};

/// A description of this many bytes is refused: SIP over UDP does not carry it, and telephones write one or two thousand.
pub const BYTES_MAX: usize = 16 * 1024;
/// Streams of a description, and what is kept of each list in one. More is refused.
pub const MEDIA_MAX: usize = 16;
/// Formats, payload types and keys of one stream. More is refused.
pub const FORMATS_MAX: usize = 64;

/// A session's description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sdp {
    /// Of the `o=` line: which session this is.
    pub session_id: u64,
    /// Of the `o=` line: one more with each change.
    pub version: u64,
    /// Where sound is sent to, unless a stream says otherwise.
    pub connection: Option<Connection>,
    /// Which way sound goes, unless a stream says otherwise.
    pub direction: Option<Direction>,
    /// Its streams; an answer has as many, in the same order.
    pub media: Vec<Media>,
}

/// One stream: an `m=` line and what follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// `audio`, or something that is refused.
    pub kind: String,
    /// Where it is to be sent; 0: not at all.
    pub port: u16,
    /// How.
    pub protocol: Protocol,
    /// What: payload types, for sound the preferred one first. Words of other streams are kept to be given back.
    pub formats: Vec<String>,
    /// Where, if not the session's.
    pub connection: Option<Connection>,
    /// Which way, if not the session's.
    pub direction: Option<Direction>,
    /// What payload types mean, `a=rtpmap`.
    pub rtpmaps: Vec<Rtpmap>,
    /// Parameters of payload types, `a=fmtp`.
    pub fmtps: Vec<(u8, String)>,
    /// The packets that are wished, in milliseconds.
    pub ptime_ms: Option<u32>,
    /// Keys that are offered, or the one that was taken.
    pub cryptos: Vec<Crypto>,
    /// Where RTCP is to be sent, if not to the next port.
    pub rtcp_port: Option<u16>,
    /// RTCP goes to the same port (RFC 5761).
    pub rtcp_mux: bool,
}

/// Where a stream is sent to, the `c=` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// An address.
    Address(IpAddr),
    /// A host's name, or what is no address of its family. Nobody looks it up: whoever calls would choose what this machine asks.
    Name(String),
}

/// How a stream is carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `RTP/AVP`: for everybody to hear.
    Avp,
    /// `RTP/SAVP`: SRTP.
    Savp,
    /// Anything else, which is refused.
    Other(String),
}

/// Which way sound goes, seen from who writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Both ways; so it is where nothing is said.
    SendRecv,
    /// I send, you listen: on hold.
    SendOnly,
    /// I listen.
    RecvOnly,
    /// Neither.
    Inactive,
}

/// What a payload type means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rtpmap {
    /// 0 to 127.
    pub payload_type: u8,
    /// Compared without regard to case.
    pub name: String,
    /// Of its timestamps.
    pub clock_hz: u32,
    /// If any are named.
    pub channels: Option<u8>,
}

/// Why a call cannot have sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// Bigger than [`BYTES_MAX`], [`MEDIA_MAX`] or [`FORMATS_MAX`]: refuse it with 400.
    #[error("the description is too long; refuse it")]
    TooLong,
    /// Not a description: refuse it with 400.
    #[error("line {0} of the description cannot be read; refuse it")]
    Syntax(usize),
    /// There is no stream of sound that both ends can read, or it has no address: refuse it with 488.
    #[error("no codec in common; answer 488 Not Acceptable Here")]
    NothingInCommon,
    /// Sound is to go to a host's name: refuse it with 488 and warning 301.
    #[error("the description names a host instead of an address; answer 488 Not Acceptable Here")]
    NamedHost,
    /// One end wants SRTP and the other does not have it: refuse it with 488.
    #[error("no encryption in common; answer 488 Not Acceptable Here")]
    NoCommonSecurity,
}

impl Direction {
    /// What answers it: who listens sends, who sends listens.
    pub fn answered(self) -> Self {
        match self {
            Self::SendRecv => Self::SendRecv,
            Self::SendOnly => Self::RecvOnly,
            Self::RecvOnly => Self::SendOnly,
            Self::Inactive => Self::Inactive,
        }
    }

    /// Whether who writes it sends.
    pub fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether who writes it listens.
    pub fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    fn name(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }
}

impl Media {
    /// A stream that is refused, as the answer to it.
    fn refused(offered: &Self) -> Self {
        Self { formats: offered.formats.clone(), ..Self::new(&offered.kind, 0, offered.protocol.clone()) }
    }

    fn new(kind: &str, port: u16, protocol: Protocol) -> Self {
        Self {
            kind: kind.to_owned(),
            port,
            protocol,
            formats: Vec::new(),
            connection: None,
            direction: None,
            rtpmaps: Vec::new(),
            fmtps: Vec::new(),
            ptime_ms: None,
            cryptos: Vec::new(),
            rtcp_port: None,
            rtcp_mux: false,
        }
    }
}

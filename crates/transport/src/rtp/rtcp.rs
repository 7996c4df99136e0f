//! What each end tells the other about the line: RTCP (RFC 3550 6).
//!
//! [`parse`] reads a compound packet, [`Reporter`] writes one and knows how long a packet travels there and back. Nothing
//! depends on it: many telephones send none.

use std::time::Duration;

pub use super::sequence::Reception;

mod parse;
mod report;

pub use parse::parse;
pub use report::Reporter;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const DESCRIPTION: u8 = 202;
const BYE: u8 = 203;

/// One packet of a compound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rtcp {
    /// From somebody who sends.
    SenderReport {
        /// Who says so.
        ssrc: u32,
        /// What it has sent.
        sent: Sent,
        /// What it has received.
        blocks: Vec<ReportBlock>,
    },
    /// From somebody who only listens.
    ReceiverReport {
        /// Who says so.
        ssrc: u32,
        /// What it has received.
        blocks: Vec<ReportBlock>,
    },
    /// Who somebody is.
    Description {
        /// Who.
        ssrc: u32,
        /// The name that stays the same over all its streams; nobody else's business, so it should be random.
        cname: String,
    },
    /// These streams have ended.
    Bye {
        /// Which.
        ssrcs: Vec<u32>,
    },
    /// Something that is not read here.
    Other {
        /// Its packet type.
        packet_type: u8,
    },
}

/// What somebody has sent (RFC 3550 6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// When, in seconds since 1900 with 32 bits of fraction; some count from elsewhere.
    pub ntp: u64,
    /// The same moment in the clock of its stream.
    pub timestamp: u32,
    /// Packets since the start.
    pub packets: u32,
    /// Bytes of payload since the start.
    pub octets: u32,
}

/// What somebody has received of one stream (RFC 3550 6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportBlock {
    /// Loss and jitter.
    pub reception: Reception,
    /// The middle 32 bits of the time in the last sender report that came; 0 if none did.
    pub last_report: u32,
    /// How long ago that was, in units of 1/65536 s.
    pub since_last_report: u32,
}

/// Bytes that are no compound packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RtcpError {
    /// Ends within a packet, or has nothing.
    #[error("RTCP breaks off; drop it")]
    Short,
    /// Not version 2.
    #[error("version {0} is not RTCP; drop it")]
    Version(u8),
    /// Padding that does not fit.
    #[error("the padding does not fit; drop it")]
    Padding,
}

/// The middle 32 bits of an NTP time: seconds and 1/65536 s.
fn middle(ntp: u64) -> u32 {
    (ntp >> 16) as u32
}

/// In units of 1/65536 s; saturates at 18 hours.
fn short_units(long: Duration) -> u32 {
    u32::try_from((long.as_micros() << 16) / 1_000_000).unwrap_or(u32::MAX)
}

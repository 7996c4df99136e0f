use serde::{Deserialize, Serialize};

/// What a call's line was like, as both ends counted its packets (RTP and RTCP, RFC 3550).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineQuality {
    /// What was spoken last.
    pub codec: LineCodec,
    /// What we heard.
    pub heard: WayQuality,
    /// What the other end heard, by its last report; `None`: it sent none.
    pub said: Option<WayQuality>,
    /// How long a packet takes there and back, milliseconds; `None`: no report could say.
    pub round_trip_ms: Option<f64>,
}

/// One way of a line.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WayQuality {
    /// Packets that were sent, as far as who received them could know.
    pub expected: u64,
    /// Packets of these that did not come.
    pub lost: u64,
    /// Variation of the time on the way (RFC 3550 6.4.1), milliseconds.
    pub jitter_ms: f64,
}

/// How sound is coded on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineCodec {
    /// G.711, as in North America and Japan.
    Pcmu,
    /// G.711, as elsewhere.
    Pcma,
    /// 7 kHz at the bits of G.711.
    G722,
    /// RFC 6716.
    Opus,
}

impl std::fmt::Display for LineCodec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Pcmu => "pcmu",
            Self::Pcma => "pcma",
            Self::G722 => "g722",
            Self::Opus => "opus",
        })
    }
}

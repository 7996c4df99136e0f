use crate::streams::Provider;

/// Whose interface it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// Twilio's: ends, places and moves calls.
    Twilio,
    /// SignalWire's, which is Twilio's but fetches its instructions: ends, places and moves calls.
    SignalWire,
    /// Telnyx's call commands, and its TeXML to move callers: ends, places and moves calls.
    Telnyx,
    /// Plivo's, which fetches its instructions: ends, places and moves calls.
    Plivo,
}

impl Interface {
    /// Whose messages the calls are streamed in that it knows.
    pub fn provider(self) -> Provider {
        match self {
            Self::Twilio | Self::SignalWire => Provider::Twilio,
            Self::Telnyx => Provider::Telnyx,
            Self::Plivo => Provider::Plivo,
        }
    }

    /// Where it is, if not at an address of the practice's own.
    pub fn usual_address(self) -> Option<&'static str> {
        match self {
            Self::Twilio => Some("https://api.twilio.com"),
            Self::SignalWire => None,
            Self::Telnyx => Some("https://api.telnyx.com/v2"),
            Self::Plivo => Some("https://api.plivo.com/v1"),
        }
    }

    /// Whether the streams of calls that it places can be let in by its signature, as far as is documented. Those of others show the token.
    pub fn signs(self) -> bool {
        matches!(self, Self::Twilio)
    }

    /// Whether it tells by itself that a call which it has placed is over. Of others it is asked.
    pub(super) fn tells(self) -> bool {
        matches!(self, Self::Plivo)
    }

    /// Whether it fetches from an address of ours what a call is to do.
    pub(super) fn fetches(self) -> bool {
        matches!(self, Self::SignalWire | Self::Plivo)
    }

    /// Whether it tells at an address of ours what becomes of somebody whom it calls for a caller.
    pub(super) fn tells_of_callees(self) -> bool {
        matches!(self, Self::Telnyx | Self::Plivo)
    }

    /// Whether the id that it gives a call when it is placed is documented to be the one that its stream has.
    pub(super) fn names_at_once(self) -> bool {
        matches!(self, Self::Twilio | Self::SignalWire | Self::Telnyx)
    }
}

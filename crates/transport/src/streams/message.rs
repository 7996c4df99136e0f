//! What a provider tells and is told, whoever it is.

use std::time::Duration;

use audio::codec::Codec;
use domain::{Phi, PhoneNumber};
use serde::Deserialize;

/// Whose messages a stream speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provider {
    /// Twilio, and those who speak as it does: SignalWire, Fonoster.
    Twilio,
    /// Telnyx.
    Telnyx,
    /// Plivo, and those who speak as it does: Vobiz.
    Plivo,
}

/// An id of the provider's: at most 256 visible ASCII characters, so that it can stand in a log.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Id(String);

impl Id {
    const LEN_MAX: usize = 256;

    /// As the provider wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Id {
    type Error = &'static str;
    fn try_from(id: String) -> Result<Self, Self::Error> {
        let is_id = (1..=Self::LEN_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        if is_id { Ok(Self(id)) } else { Err("not an id") }
    }
}

/// What the provider calls a call by: its interface takes these to end or move it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallIds {
    /// The stream (`streamSid`, `stream_id`, `streamId`).
    pub stream: Id,
    /// The call (`callSid`, `call_control_id`, `callId`).
    pub call: Id,
    /// Whose call it is at the provider (`accountSid`, `user_id`, `accountId`).
    pub account: Option<Id>,
}

/// The first message that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// Whose messages follow.
    pub provider: Provider,
    /// What the provider calls the call by.
    pub ids: CallIds,
    /// How sound is coded, in both directions.
    pub codec: Codec,
    /// The shared token, if one came as a parameter. Not a patient's, and not to be printed either.
    pub token: Option<Phi<String>>,
    /// The number that the call comes from, if it is told.
    pub from: Option<Phi<PhoneNumber>>,
    /// The number that was dialled, as it was told.
    pub to: Option<Phi<String>>,
    /// Which call of those that we have placed it is: [`rest`](super::rest). Whoever knows it is given to whoever waits for that call.
    pub ringing: Option<Phi<String>>,
    /// Whoever comes back from having been handed over says by this whose call it was.
    pub back: Option<Phi<String>>,
}

/// What a provider tells within a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Said once; again is a mistake, or the same message twice.
    Started(Box<Start>),
    /// What the caller says.
    Media(Media),
    /// The caller pressed a key: `0` to `9`, `*`, `#`, `A` to `D`.
    Key(char),
    /// All that was sent before this mark of ours has been played, or was cleared.
    Mark(u64),
    /// The call, or its stream, is over.
    Stopped,
    /// What does not matter here: another track, a mark that is not ours, what is not known.
    Ignored,
}

/// A piece of what the caller says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// Its number where pieces may come out of order.
    pub number: Option<u64>,
    /// When it begins, since the stream began, where the provider tells that.
    pub at: Option<Duration>,
    /// In the stream's codec.
    pub payload: Phi<Vec<u8>>,
}

/// What a provider is told.
#[derive(Clone, Copy, Debug)]
pub enum Say<'a> {
    /// To be played after what was sent before; in the stream's codec.
    Media(&'a [u8]),
    /// To be sent back when all before it has been played.
    Mark(u64),
    /// Nothing more of what was sent is to be played.
    Clear,
}

/// Why a message cannot be taken. Does not repeat it: it may hold anybody's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misunderstood {
    /// It is not JSON, or not of this protocol.
    #[error("not a message of a media stream")]
    NotAMessage,
    /// The sound is coded in a way that is not spoken here.
    #[error("the stream's sound is neither PCMU nor PCMA nor G722")]
    Format,
}

//! What the messages of all providers are made of.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use audio::codec::Codec;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::{Phi, PhoneNumber};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::message::Misunderstood;

pub(super) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Misunderstood> {
    serde_json::from_str(text).map_err(|_| Misunderstood::NotAMessage)
}

/// What a message is wrapped in, as SignalWire's documentation shows each, where its older one and all others show the message itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wrapped {
    raw_event: Value,
}

/// The message itself.
pub(super) fn unwrapped(text: &str) -> Cow<'_, str> {
    if !text.contains("\"rawEvent\"") {
        return Cow::Borrowed(text);
    }
    serde_json::from_str::<Wrapped>(text)
        .map_or(Cow::Borrowed(text), |wrapped| Cow::Owned(wrapped.raw_event.to_string()))
}

pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// A number, which some write as a string.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "Written")]
pub(super) struct Number(pub(super) u64);

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(u64),
    Text(String),
}

impl TryFrom<Written> for Number {
    type Error = std::num::ParseIntError;
    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match written {
            Written::Number(number) => Ok(Self(number)),
            Written::Text(text) => text.parse().map(Self),
        }
    }
}

impl Number {
    pub(super) fn milliseconds(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

/// Sound, in base64.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Payload(pub(super) Phi<Vec<u8>>);

impl TryFrom<String> for Payload {
    type Error = base64::DecodeError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        STANDARD.decode(text).map(|bytes| Self(Phi::new(bytes)))
    }
}

/// Whose sound a piece is: the caller's, or what the caller hears.
#[derive(Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Track {
    #[default]
    Inbound,
    #[serde(other)]
    Other,
}

/// How the sound of a stream is coded. The names are MIME types for some and those of RTP for others.
#[derive(Deserialize)]
pub(super) struct Format {
    encoding: String,
    #[serde(alias = "sampleRate")]
    sample_rate: Option<Number>,
}

impl Format {
    pub(super) fn codec(&self) -> Result<Codec, Misunderstood> {
        let hz = self.sample_rate.map(|Number(hz)| hz);
        match (self.encoding.to_ascii_lowercase().as_str(), hz) {
            ("audio/x-mulaw" | "pcmu", Some(8000) | None) => Ok(Codec::Pcmu),
            ("audio/x-alaw" | "pcma", Some(8000) | None) => Ok(Codec::Pcma),
            // By the clock that SDP has for it, or by what it carries.
            ("g722", Some(8000 | 16_000) | None) => Ok(Codec::G722),
            _ => Err(Misunderstood::Format),
        }
    }
}

/// What the practice has written beside the address of the stream.
#[derive(Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Parameters(BTreeMap<String, Value>);

impl Parameters {
    pub(super) fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name, Value::String(value))).collect())
    }

    /// Whatever the case of its name: some providers change it.
    fn get(&self, wanted: &str) -> Option<String> {
        let named = self.0.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        named.and_then(|(_, value)| value.as_str()).map(str::to_owned)
    }

    /// What only those know who have been told.
    pub(super) fn secret(&self, name: &str) -> Option<Phi<String>> {
        self.get(name).map(Phi::new)
    }

    pub(super) fn from(&self) -> Option<Phi<PhoneNumber>> {
        number(self.get("from").as_deref())
    }

    /// The same, where a plus sign is not allowed.
    pub(super) fn plain_from(&self) -> Option<Phi<PhoneNumber>> {
        number(Some(&format!("+{}", self.get("from")?)))
    }

    pub(super) fn to(&self) -> Option<Phi<String>> {
        self.get("to").filter(|to| !to.is_empty()).map(Phi::new)
    }

    /// The same, where a plus sign is not allowed.
    pub(super) fn plain_to(&self) -> Option<Phi<String>> {
        let is_plain = |to: &String| to.bytes().all(|byte| byte.is_ascii_digit());
        let plain = self.get("to").filter(|to| !to.is_empty()).filter(is_plain);
        plain.map(|to| Phi::new(format!("+{to}"))).or_else(|| self.to())
    }
}

/// A caller's number. Who withholds theirs is told as "anonymous" and the like, which is none.
pub(super) fn number(written: Option<&str>) -> Option<Phi<PhoneNumber>> {
    written.and_then(|written| written.trim().parse().ok()).map(Phi::new)
}

//! Plivo's messages, as its guide to audio streaming has them. Vobiz sends the same.

use audio::codec::Codec;
use serde::Deserialize;
use serde_json::{Value, json};

use super::json::{Format, Parameters, Payload, Track, base64, parse};
use super::message::{CallIds, Id, Media, Misunderstood, Provider, Say, Start, Told};
use crate::key::Key;

/// What the names of headers begin with that the practice has given to the stream.
const HEADER: &str = "X-PH-";

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "camelCase")]
enum Message {
    Start {
        start: Started,
        #[serde(default)]
        extra_headers: Value,
    },
    Media {
        media: Sound,
    },
    Dtmf {
        dtmf: Pressed,
    },
    PlayedStream {
        name: String,
    },
    Stop,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Started {
    stream_id: Id,
    call_id: Id,
    account_id: Option<Id>,
    media_format: Format,
}

#[derive(Deserialize)]
struct Sound {
    #[serde(default)]
    track: Track,
    payload: Payload,
}

#[derive(Deserialize)]
struct Pressed {
    digit: Key,
}

pub(super) fn read(text: &str) -> Result<Told, Misunderstood> {
    Ok(match parse(text)? {
        Message::Start { start, extra_headers } => Told::Started(Box::new(started(start, &extra_headers)?)),
        // Its timestamps are those of a clock on the wall: they do not tell what is missing.
        Message::Media { media: Sound { track: Track::Inbound, payload: Payload(payload) } } => {
            Told::Media(Media { number: None, at: None, payload })
        }
        Message::Dtmf { dtmf: Pressed { digit: Key(key) } } => Told::Key(key),
        Message::PlayedStream { name } => name.parse().map_or(Told::Ignored, Told::Mark),
        Message::Stop => Told::Stopped,
        Message::Media { .. } | Message::Other => Told::Ignored,
    })
}

fn started(start: Started, headers: &Value) -> Result<Start, Misunderstood> {
    let codec = start.media_format.codec()?;
    // What it plays has one of two names, and the other, which it has unless told otherwise, is not G.711.
    if codec != Codec::Pcmu {
        return Err(Misunderstood::Format);
    }
    let parameters = parameters(headers);
    Ok(Start {
        provider: Provider::Plivo,
        codec,
        token: parameters.secret("token"),
        ringing: parameters.secret("ringing"),
        back: parameters.secret("back"),
        from: parameters.from().or_else(|| parameters.plain_from()),
        to: parameters.plain_to(),
        ids: CallIds { stream: start.stream_id, call: start.call_id, account: start.account_id },
    })
}

/// An object, one within a string, or `name=value,name=value`, also in braces: all of these are sent.
fn parameters(headers: &Value) -> Parameters {
    let pairs = |text: &str| {
        let pairs = text.trim_matches(['{', '}']).split([',', ';']).filter_map(|pair| pair.split_once([':', '=']));
        pairs.map(|(name, value)| (bare(name), value.trim().to_owned())).collect::<Vec<_>>()
    };
    let of_object = |object: &serde_json::Map<String, Value>| {
        let named = object.iter().filter_map(|(name, value)| Some((bare(name), value.as_str()?.to_owned())));
        named.collect::<Vec<_>>()
    };
    Parameters::of(match headers {
        Value::Object(object) => of_object(object),
        Value::String(text) => serde_json::from_str(text).map_or_else(|_| pairs(text), |object| of_object(&object)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => Vec::new(),
    })
}

fn bare(name: &str) -> String {
    let name = name.trim();
    let is_header = name.get(..HEADER.len()).is_some_and(|start| start.eq_ignore_ascii_case(HEADER));
    if is_header { name[HEADER.len()..].to_owned() } else { name.to_owned() }
}

pub(super) fn write(stream: &Id, say: Say<'_>) -> String {
    let stream = stream.as_str();
    match say {
        Say::Media(payload) => {
            let media = json!({ "contentType": "audio/x-mulaw", "sampleRate": 8000, "payload": base64(payload) });
            json!({ "event": "playAudio", "streamId": stream, "media": media })
        }
        Say::Mark(mark) => json!({ "event": "checkpoint", "streamId": stream, "name": mark.to_string() }),
        Say::Clear => json!({ "event": "clearAudio", "streamId": stream }),
    }
    .to_string()
}

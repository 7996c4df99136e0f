//! Twilio's messages, as <https://www.twilio.com/docs/voice/media-streams/websocket-messages> has them. SignalWire and Fonoster
//! send the same.

use audio::codec::Codec;
use serde::Deserialize;
use serde_json::json;

use super::json::{Format, Number, Parameters, Payload, Track, base64, parse};
use super::message::{CallIds, Id, Media, Misunderstood, Provider, Say, Start, Told};
use crate::key::Key;

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Message {
    Start {
        start: Started,
    },
    Media {
        media: Sound,
    },
    Dtmf {
        dtmf: Pressed,
    },
    Mark {
        mark: Mark,
    },
    Stop,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Started {
    stream_sid: Id,
    call_sid: Id,
    account_sid: Option<Id>,
    media_format: Option<Format>,
    #[serde(default)]
    custom_parameters: Parameters,
}

#[derive(Deserialize)]
struct Sound {
    #[serde(default)]
    track: Track,
    timestamp: Option<Number>,
    payload: Payload,
}

#[derive(Deserialize)]
struct Pressed {
    digit: Key,
}

#[derive(Deserialize)]
struct Mark {
    name: String,
}

pub(super) fn read(text: &str) -> Result<Told, Misunderstood> {
    Ok(match parse(text)? {
        Message::Start { start } => Told::Started(Box::new(started(start)?)),
        // In order, as a WebSocket is; what the telephone network has lost is seen by the timestamp.
        Message::Media { media: Sound { track: Track::Inbound, timestamp, payload: Payload(payload) } } => {
            Told::Media(Media { number: None, at: timestamp.map(Number::milliseconds), payload })
        }
        Message::Dtmf { dtmf: Pressed { digit: Key(key) } } => Told::Key(key),
        Message::Mark { mark } => mark.name.parse().map_or(Told::Ignored, Told::Mark),
        Message::Stop => Told::Stopped,
        Message::Media { .. } | Message::Other => Told::Ignored,
    })
}

fn started(start: Started) -> Result<Start, Misunderstood> {
    Ok(Start {
        provider: Provider::Twilio,
        codec: start.media_format.map_or(Ok(Codec::Pcmu), |format| format.codec())?,
        token: start.custom_parameters.secret("token"),
        ringing: start.custom_parameters.secret("ringing"),
        back: start.custom_parameters.secret("back"),
        from: start.custom_parameters.from(),
        to: start.custom_parameters.to(),
        ids: CallIds { stream: start.stream_sid, call: start.call_sid, account: start.account_sid },
    })
}

pub(super) fn write(stream: &Id, say: Say<'_>) -> String {
    let stream = stream.as_str();
    match say {
        Say::Media(payload) => {
            json!({ "event": "media", "streamSid": stream, "media": { "payload": base64(payload) } })
        }
        Say::Mark(mark) => json!({ "event": "mark", "streamSid": stream, "mark": { "name": mark.to_string() } }),
        Say::Clear => json!({ "event": "clear", "streamSid": stream }),
    }
    .to_string()
}

//! Telnyx's messages, as <https://developers.telnyx.com/api-reference/websockets/stream-call-media-over-websocket> has them.
//! Pieces of sound may come out of order.

use audio::codec::Codec;
use domain::Phi;
use serde::Deserialize;
use serde_json::json;

use super::json::{Format, Number, Parameters, Payload, Track, base64, number, parse};
use super::message::{CallIds, Id, Media, Misunderstood, Provider, Say, Start, Told};
use crate::key::Key;

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Message {
    Start {
        stream_id: Id,
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
    Error {
        payload: Option<Wrong>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Started {
    call_control_id: Id,
    user_id: Option<Id>,
    media_format: Option<Format>,
    from: Option<Phi<String>>,
    to: Option<Phi<String>>,
    #[serde(default)]
    custom_parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Sound {
    #[serde(default)]
    track: Track,
    chunk: Option<Number>,
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

#[derive(Deserialize)]
struct Wrong {
    code: Option<Number>,
}

pub(super) fn read(text: &str) -> Result<Told, Misunderstood> {
    Ok(match parse(text)? {
        Message::Start { stream_id, start } => Told::Started(Box::new(started(stream_id, start)?)),
        Message::Media { media: Sound { track: Track::Inbound, chunk, payload: Payload(payload) } } => {
            Told::Media(Media { number: chunk.map(|Number(number)| number), at: None, payload })
        }
        Message::Dtmf { dtmf: Pressed { digit: Key(key) } } => Told::Key(key),
        Message::Mark { mark } => mark.name.parse().map_or(Told::Ignored, Told::Mark),
        Message::Stop => Told::Stopped,
        Message::Error { payload } => {
            let code = payload.and_then(|wrong| wrong.code).map(|Number(code)| code);
            tracing::warn!(code, "Telnyx did not understand what it was sent");
            Told::Ignored
        }
        Message::Media { .. } | Message::Other => Told::Ignored,
    })
}

fn started(stream: Id, start: Started) -> Result<Start, Misunderstood> {
    let parameters = start.custom_parameters.unwrap_or_default();
    Ok(Start {
        provider: Provider::Telnyx,
        codec: start.media_format.map_or(Ok(Codec::Pcmu), |format| format.codec())?,
        token: parameters.secret("token"),
        ringing: parameters.secret("ringing"),
        back: parameters.secret("back"),
        from: number(start.from.as_ref().map(|from| from.expose().as_str())).or_else(|| parameters.from()),
        to: start.to.or_else(|| parameters.to()),
        ids: CallIds { stream, call: start.call_control_id, account: start.user_id },
    })
}

/// A connection has one stream, so it is not named.
pub(super) fn write(say: Say<'_>) -> String {
    match say {
        Say::Media(payload) => json!({ "event": "media", "media": { "payload": base64(payload) } }),
        Say::Mark(mark) => json!({ "event": "mark", "mark": { "name": mark.to_string() } }),
        Say::Clear => json!({ "event": "clear" }),
    }
    .to_string()
}

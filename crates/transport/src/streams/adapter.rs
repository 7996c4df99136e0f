use serde::Deserialize;
use serde::de::IgnoredAny;

use super::json::{parse, unwrapped};
use super::message::{Id, Misunderstood, Provider, Say, Start, Told};
use super::{plivo, telnyx, twilio};

/// Reads and writes the messages of one stream. Pure: JSON text in and out.
#[derive(Clone, Debug)]
pub struct Adapter {
    provider: Provider,
    stream: Id,
}

/// What the first messages come to.
#[derive(Debug)]
pub enum Opening {
    /// A greeting: the next message tells more.
    Greeted,
    /// The call.
    Started(Adapter, Box<Start>),
}

#[derive(Deserialize)]
struct Probe {
    event: String,
    start: Option<Shape>,
}

/// What the start of a stream has at one provider and at no other.
#[derive(Deserialize)]
struct Shape {
    #[serde(rename = "streamSid")]
    twilio: Option<IgnoredAny>,
    #[serde(rename = "call_control_id")]
    telnyx: Option<IgnoredAny>,
    #[serde(rename = "streamId")]
    plivo: Option<IgnoredAny>,
}

impl Adapter {
    /// Reads a message before the stream has started, and tells by its shape whose it is.
    ///
    /// # Errors
    /// It is neither a greeting nor a start, or of sound that is not spoken here.
    pub fn open(text: &str) -> Result<Opening, Misunderstood> {
        let text = &*unwrapped(text);
        let provider = match parse(text)? {
            Probe { event, start: None } if event == "connected" => return Ok(Opening::Greeted),
            Probe { start: Some(Shape { twilio: Some(_), .. }), .. } => Provider::Twilio,
            Probe { start: Some(Shape { telnyx: Some(_), .. }), .. } => Provider::Telnyx,
            Probe { start: Some(Shape { plivo: Some(_), .. }), .. } => Provider::Plivo,
            Probe { .. } => return Err(Misunderstood::NotAMessage),
        };
        match read(provider, text)? {
            Told::Started(start) => Ok(Opening::Started(Self { provider, stream: start.ids.stream.clone() }, start)),
            Told::Media(_) | Told::Key(_) | Told::Mark(_) | Told::Stopped | Told::Ignored => {
                Err(Misunderstood::NotAMessage)
            }
        }
    }

    /// Reads a message.
    ///
    /// # Errors
    /// It is not of this provider's protocol.
    pub fn read(&self, text: &str) -> Result<Told, Misunderstood> {
        read(self.provider, &unwrapped(text))
    }

    /// Writes a message.
    pub fn write(&self, say: Say<'_>) -> String {
        match self.provider {
            Provider::Twilio => twilio::write(&self.stream, say),
            Provider::Telnyx => telnyx::write(say),
            Provider::Plivo => plivo::write(&self.stream, say),
        }
    }

    /// Which stream it is.
    pub fn stream(&self) -> &Id {
        &self.stream
    }
}

fn read(provider: Provider, text: &str) -> Result<Told, Misunderstood> {
    match provider {
        Provider::Twilio => twilio::read(text),
        Provider::Telnyx => telnyx::read(text),
        Provider::Plivo => plivo::read(text),
    }
}

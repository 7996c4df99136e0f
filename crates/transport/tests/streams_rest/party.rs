//! Somebody at the other end of a stream: plays a sound over and over, presses keys, keeps what they hear.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use audio::Pcm;
use audio::codec::{Codec, Decoder, Encoder};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::{interval, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use transport::LEG_HZ;

/// How long a test waits for what should come at once.
const WITHIN: Duration = Duration::from_secs(20);
/// Orders of a test that a party has not come to yet.
const ORDERS_MAX: usize = 4;

/// Whose calls Telnyx's are.
pub const TELNYX_USER: &str = "61bf923e-5e4d-4595-a110-56190ea18a1b";

/// Whose messages they speak.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Twilio,
    Telnyx,
    Plivo,
}

enum Order {
    Press(char),
    HangUp,
}

/// How a stream ended: `None` while it goes on.
pub type Ended = Option<Option<u16>>;

#[derive(Clone)]
pub struct Party {
    orders: mpsc::Sender<Order>,
    heard: Arc<Mutex<Vec<f32>>>,
    ended: watch::Receiver<Ended>,
}

struct End {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    dialect: Dialect,
    chunk: u64,
    heard: Arc<Mutex<Vec<f32>>>,
    decoder: Decoder,
}

impl Party {
    /// Streams the call `sid` to `url` with these parameters: for Plivo a text, else an object. `sound` is at 16 kHz; `shown` is a token in a header, as Telnyx shows it.
    pub async fn streams(
        dialect: Dialect,
        url: &str,
        shown: Option<&str>,
        sid: &str,
        parameters: &Value,
        sound: Vec<f32>,
    ) -> Self {
        let mut request = url.into_client_request().unwrap();
        if let Some(token) = shown {
            request.headers_mut().insert("x-telnyx-streaming-auth-token", token.parse().unwrap());
        }
        let (socket, _) = connect_async(request).await.expect("is answered");
        let heard = Arc::default();
        let decoder = Decoder::new(Codec::Pcmu);
        let end = End { socket, dialect, chunk: 0, heard: Arc::clone(&heard), decoder };
        let (orders, heeded) = mpsc::channel(ORDERS_MAX);
        let (over, ended) = watch::channel(None);
        let start = start(dialect, sid, parameters);
        tokio::spawn(async move { over.send_replace(Some(end.carry(start, sound, heeded).await)) });
        Self { orders, heard, ended }
    }

    pub async fn press(&self, key: char) {
        assert!(self.orders.send(Order::Press(key)).await.is_ok(), "is there");
    }

    pub async fn hang_up(&self) {
        self.orders.send(Order::HangUp).await.ok();
    }

    /// What they heard since the last time.
    pub fn heard(&self) -> Vec<f32> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }

    /// Waits until they are hung up on; gives the close code.
    pub async fn ended(&mut self) -> Option<u16> {
        timeout(WITHIN, self.ended.wait_for(Option::is_some)).await.expect("ends in time").unwrap().unwrap()
    }
}

fn start(dialect: Dialect, sid: &str, parameters: &Value) -> Value {
    let format = json!({ "encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1 });
    match dialect {
        Dialect::Twilio => json!({
            "event": "start", "sequenceNumber": "1", "streamSid": "MZ1",
            "start": { "accountSid": "AC1", "streamSid": "MZ1", "callSid": sid, "mediaFormat": format, "customParameters": parameters },
        }),
        Dialect::Telnyx => json!({
            "event": "start", "sequence_number": "1", "stream_id": "32de",
            "start": { "user_id": TELNYX_USER, "call_control_id": sid, "custom_parameters": parameters,
                "media_format": { "encoding": "PCMU", "sample_rate": 8000, "channels": 1 } },
        }),
        Dialect::Plivo => json!({
            "event": "start", "sequenceNumber": 0, "extra_headers": parameters,
            "start": { "callId": sid, "streamId": "c4df", "accountId": "500025", "tracks": ["inbound"],
                "mediaFormat": { "encoding": "audio/x-mulaw", "sampleRate": 8000 } },
        }),
    }
}

impl End {
    async fn carry(mut self, start: Value, sound: Vec<f32>, mut orders: mpsc::Receiver<Order>) -> Option<u16> {
        let mut encoder = Encoder::new(Codec::Pcmu);
        let mut frames = sound.chunks_exact(Pcm::<LEG_HZ>::frame_len()).cycle();
        let mut ticks = interval(Duration::from_millis(20));
        if self.dialect != Dialect::Plivo {
            self.tell(json!({ "event": "connected", "protocol": "Call", "version": "1.0.0" })).await?;
        }
        self.tell(start).await?;
        loop {
            tokio::select! {
                _ = ticks.tick() => {
                    let payload = encoder.encode(&Pcm::new(frames.next().expect("for ever").to_vec()));
                    self.speak(&payload).await?;
                }
                order = orders.recv() => match order {
                    Some(Order::Press(key)) => {
                        let digit = json!({ "track": "inbound_track", "digit": key.to_string() });
                        self.tell(json!({ "event": "dtmf", "streamSid": "MZ1", "stream_id": "32de", "dtmf": digit })).await?;
                    }
                    Some(Order::HangUp) | None => {
                        self.tell(json!({ "event": "stop", "streamSid": "MZ1", "stream_id": "32de", "stop": {} })).await?;
                        return self.until_closed().await;
                    }
                },
                message = self.socket.next() => match message?.ok()? {
                    Message::Text(text) => self.hear(&serde_json::from_str(&text).unwrap()).await?,
                    Message::Close(frame) => return frame.map(|frame| frame.code.into()),
                    Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_) => {}
                },
            }
        }
    }

    async fn until_closed(&mut self) -> Option<u16> {
        loop {
            if let Message::Close(frame) = self.socket.next().await?.ok()? {
                return frame.map(|frame| frame.code.into());
            }
        }
    }

    /// What is sent is heard at once, and marks come back at once.
    async fn hear(&mut self, message: &Value) -> Option<()> {
        match message["event"].as_str() {
            Some("media" | "playAudio") => {
                let payload = STANDARD.decode(message["media"]["payload"].as_str().unwrap()).unwrap();
                let sound = self.decoder.decode(&payload).unwrap();
                self.heard.lock().unwrap().extend(sound.samples());
                Some(())
            }
            Some("mark") => {
                let mark = json!({ "event": "mark", "streamSid": "MZ1", "stream_id": "32de", "mark": message["mark"] });
                self.tell(mark).await
            }
            Some("checkpoint") => {
                self.tell(json!({ "event": "playedStream", "streamId": "c4df", "name": message["name"] })).await
            }
            _ => Some(()),
        }
    }

    async fn speak(&mut self, payload: &[u8]) -> Option<()> {
        self.chunk += 1;
        let (chunk, timestamp) = (self.chunk.to_string(), ((self.chunk - 1) * 20).to_string());
        let media =
            json!({ "track": "inbound", "chunk": chunk, "timestamp": timestamp, "payload": STANDARD.encode(payload) });
        let of_stream = if self.dialect == Dialect::Twilio { "streamSid" } else { "stream_id" };
        self.tell(json!({ "event": "media", of_stream: "MZ1", "media": media })).await
    }

    async fn tell(&mut self, message: Value) -> Option<()> {
        self.socket.send(Message::text(message.to_string())).await.ok()
    }
}

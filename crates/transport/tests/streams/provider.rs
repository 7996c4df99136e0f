//! A provider's side of the WebSocket, and the server that it calls.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use transport::streams::{Doorkeeper, PATH, StreamOptions, router};
use transport::{Incoming, Leg, LegNews};

/// Letters and digits, as Plivo wants it.
pub const TOKEN: &str = "AToken0fThisTest";
pub const SIGNATURE: &str = "a signature of this test";
/// How long a test waits for what should come at once.
pub const WITHIN: Duration = Duration::from_secs(20);

/// Knows one token and one signature; what both are worth is another crate's.
#[derive(Debug)]
struct Keeper;

impl Doorkeeper for Keeper {
    fn has_signed(&self, path_and_query: &str, signature: &str) -> bool {
        path_and_query == PATH && signature == SIGNATURE
    }

    fn knows(&self, token: &str) -> bool {
        token == TOKEN
    }

    fn has_token(&self) -> bool {
        true
    }
}

/// A server on a port of its own; it stops when it is dropped.
pub struct Server {
    pub address: SocketAddr,
    pub incoming: mpsc::Receiver<Incoming>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub async fn start(options: StreamOptions) -> Self {
        Self::start_on(TcpListener::bind("127.0.0.1:0").await.expect("a free port"), options)
    }

    pub fn start_on(listener: TcpListener, options: StreamOptions) -> Self {
        let (sender, incoming) = mpsc::channel(32);
        let address = listener.local_addr().expect("has an address");
        let app = router(options, Arc::new(Keeper), sender);
        let task = tokio::spawn(async move { axum::serve(listener, app).await.expect("serves") });
        Self { address, incoming, task }
    }

    pub fn url(&self) -> String {
        format!("ws://{}{PATH}", self.address)
    }

    pub async fn connect(&self, headers: &[(&'static str, &str)]) -> Result<Stream, Error> {
        self.connect_to("", headers).await
    }

    pub async fn connect_to(&self, query: &str, headers: &[(&'static str, &str)]) -> Result<Stream, Error> {
        let mut request = format!("{}{query}", self.url()).into_client_request().expect("a request");
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("a header"));
        }
        Ok(Stream { socket: connect_async(request).await?.0, chunk: 0 })
    }

    /// A call of Twilio's that was taken.
    pub async fn call(&mut self) -> (Stream, Incoming) {
        let mut stream = self.connect(&[]).await.expect("is answered");
        stream.tell(&connected()).await;
        stream.tell(&start(TOKEN)).await;
        (stream, self.incoming.recv().await.expect("is handed over"))
    }
}

pub fn refused_with(result: Result<Stream, Error>) -> StatusCode {
    match result {
        Err(Error::Http(response)) => response.status(),
        other => panic!("not refused: {:?}", other.map(|_| ())),
    }
}

pub struct Stream {
    pub socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    chunk: u64,
}

impl Stream {
    pub async fn tell(&mut self, message: &Value) {
        self.socket.send(Message::text(message.to_string())).await.expect("sends");
    }

    /// The next 20 ms of the caller's.
    pub async fn speak(&mut self, payload: &[u8]) {
        let media = media(self.chunk, payload);
        self.chunk += 1;
        self.tell(&media).await;
    }

    /// The next message from FirstRing; a test does not wait for it for ever.
    pub async fn next(&mut self) -> Value {
        loop {
            let message = tokio::time::timeout(WITHIN, self.socket.next()).await.expect("comes in time");
            match message.expect("goes on").expect("is whole") {
                Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                Message::Ping(_) | Message::Pong(_) => {}
                Message::Binary(_) | Message::Close(_) | Message::Frame(_) => panic!("not in a call"),
            }
        }
    }

    /// Reads to the end, and gives the close code if there was one.
    pub async fn close_code(mut self) -> Option<u16> {
        while let Some(message) = tokio::time::timeout(WITHIN, self.socket.next()).await.expect("ends") {
            match message {
                Ok(Message::Close(frame)) => return frame.map(|frame| frame.code.into()),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
        None
    }
}

pub fn connected() -> Value {
    json!({ "event": "connected", "protocol": "Call", "version": "1.0.0" })
}

pub fn start(token: &str) -> Value {
    json!({
        "event": "start", "sequenceNumber": "1", "streamSid": "MZ1",
        "start": {
            "accountSid": "AC1", "streamSid": "MZ1", "callSid": "CA1", "tracks": ["inbound"],
            "mediaFormat": { "encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1 },
            "customParameters": { "token": token, "from": "+12125550142", "to": "+12125550111" },
        },
    })
}

pub fn media(chunk: u64, payload: &[u8]) -> Value {
    json!({
        "event": "media", "sequenceNumber": (chunk + 2).to_string(), "streamSid": "MZ1",
        "media": {
            "track": "inbound", "chunk": (chunk + 1).to_string(), "timestamp": (chunk * 20).to_string(),
            "payload": STANDARD.encode(payload),
        },
    })
}

/// The last news of a call; its sound is not listened to.
pub async fn last_news(mut leg: Leg) -> Option<LegNews> {
    let mut last = None;
    while let Some(news) = leg.news.recv().await {
        last = Some(news);
    }
    leg.over.cancelled().await;
    last
}

//! Browsers good and bad, over real sockets on this machine. Nothing here asserts how long anything takes.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use std::net::SocketAddr;
use std::time::Duration;

use audio::{Pcm, Sound};
use domain::LineId;
use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use transport::browser::{BrowserOptions, MESSAGE_BYTES_MAX, router};
use transport::{Incoming, Leg, LegNews, Voiced};

type Browser = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A server on a port of its own; it stops when it is dropped.
struct Server {
    address: SocketAddr,
    incoming: mpsc::Receiver<Incoming>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    async fn start(options: BrowserOptions) -> Self {
        let (sender, incoming) = mpsc::channel(4);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("has an address");
        let app = router(options, "riverside".into(), sender);
        let task = tokio::spawn(async move { axum::serve(listener, app).await.expect("serves") });
        Self { address, incoming, task }
    }

    async fn connect(&self, origin: Option<&str>) -> Result<Browser, Error> {
        let mut request = format!("ws://{}/call/ws", self.address).into_client_request().expect("a request");
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().expect("a header"));
        }
        Ok(connect_async(request).await?.0)
    }

    async fn call(&mut self) -> (Browser, Incoming) {
        let browser = self.connect(None).await.expect("is answered");
        (browser, self.incoming.recv().await.expect("is handed over"))
    }
}

fn refused_with(result: Result<Browser, Error>) -> StatusCode {
    match result {
        Err(Error::Http(response)) => response.status(),
        other => panic!("not refused: {:?}", other.map(|_| ())),
    }
}

/// Reads to the end, and gives the close code if there was one.
async fn close_code(mut browser: Browser) -> Option<u16> {
    while let Some(message) = browser.next().await {
        match message {
            Ok(Message::Close(frame)) => return frame.map(|frame| frame.code.into()),
            Ok(_) => {}
            Err(_) => return None,
        }
    }
    None
}

/// The last news of a call; its sound is not listened to.
async fn last_news(mut leg: Leg) -> Option<LegNews> {
    let mut last = None;
    while let Some(news) = leg.news.recv().await {
        last = Some(news);
    }
    leg.over.cancelled().await;
    last
}

/// A sound that is unlike silence in every sample.
fn spoken(samples: usize) -> Vec<u8> {
    (0..samples).flat_map(|i| (1000 + (i % 7000) as i16).to_le_bytes()).collect()
}

#[tokio::test]
async fn a_whole_call() {
    let mut server = Server::start(BrowserOptions::default()).await;
    let (mut browser, Incoming { mut leg, news_to_caller, .. }) = server.call().await;
    browser.send(Message::text(r#"{"hello":{"hz":16000}}"#)).await.expect("sends");

    // The caller is heard, however the bytes are cut.
    let said = spoken(3200);
    for piece in said.chunks(333) {
        browser.send(Message::binary(piece.to_vec())).await.expect("sends");
    }
    let mut heard: Vec<u8> = Vec::new();
    // The last part of a frame waits for the rest of it.
    while heard.len() <= said.len() - 640 {
        let frame = leg.hears.recv().await.expect("hears");
        // Before the microphone opened there was silence; what is said has no silent sample.
        let sound =
            frame.pcm.samples().iter().skip_while(|&&sample| heard.is_empty() && sample == 0.0).copied().collect();
        heard.extend(Pcm::<16_000>::new(sound).to_s16le());
    }
    assert_eq!(heard, said[..heard.len()]);

    browser.send(Message::text(r##"{"dtmf":"#"}"##)).await.expect("sends");
    assert_eq!(leg.news.recv().await, Some(LegNews::Dtmf('#')));

    // The caller hears, and sees.
    news_to_caller.send(r#"{"news":"answered"}"#.to_owned()).await.expect("is shown");
    let sound = Sound { hz: 16_000, samples: vec![0.5; 1600] };
    leg.speaker.play(0, Voiced { line: LineId(1), sound, last: true }).await.expect("plays");
    let (mut loud, mut lines) = (0, Vec::new());
    while loud < 1600 || lines.is_empty() {
        match browser.next().await.expect("goes on").expect("is whole") {
            Message::Binary(bytes) => {
                assert_eq!(bytes.len(), 640);
                loud += bytes.chunks(2).filter(|sample| *sample != [0, 0]).count();
            }
            Message::Text(line) => lines.push(line.to_string()),
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => panic!("not in a call"),
        }
    }
    assert_eq!((loud, lines), (1600, vec![r#"{"news":"answered"}"#.to_owned()]));
    assert!(matches!(leg.news.recv().await, Some(LegNews::Started { line: LineId(1), .. })));
    assert!(matches!(leg.news.recv().await, Some(LegNews::Finished { line: LineId(1), .. })));

    browser.send(Message::text(r#"{"hang_up":true}"#)).await.expect("sends");
    assert_eq!(last_news(leg).await, Some(LegNews::HungUp));
    assert_eq!(close_code(browser).await, Some(1000));
}

#[tokio::test]
async fn firstring_hangs_up() {
    let mut server = Server::start(BrowserOptions::default()).await;
    let (browser, Incoming { leg, .. }) = server.call().await;
    leg.over.cancel();
    assert_eq!(close_code(browser).await, Some(1000));
    assert_eq!(last_news(leg).await, None);
}

#[tokio::test]
async fn a_browser_that_misbehaves_ends_its_own_call_only() {
    let mut server =
        Server::start(BrowserOptions { idle: Duration::from_millis(300), ..BrowserOptions::default() }).await;
    let second = Message::binary(spoken(16_000));
    let cases = [
        ("garbage", vec![Message::text("<html>")], 1003),
        ("another rate", vec![Message::text(r#"{"hello":{"hz":48000}}"#)], 1003),
        ("nothing at all", Vec::new(), 1008),
        ("a flood of sound", vec![second; 12], 1008),
        ("a flood of nothing", vec![Message::binary(Vec::new()); 6000], 1008),
        ("a huge message", vec![Message::binary(vec![0; MESSAGE_BYTES_MAX + 2])], 1002),
    ];
    for (name, messages, expected) in cases {
        let (mut browser, Incoming { leg, .. }) = server.call().await;
        // A socket that is closed with bytes unread is reset, and the close code may be lost with it.
        let may_be_reset = messages.len() > 1 || expected == 1002;
        for message in messages {
            // It may be cut off while it is still sending.
            if browser.send(message).await.is_err() {
                break;
            }
        }
        let code = close_code(browser).await;
        assert!(code == Some(expected) || (may_be_reset && code.is_none()), "{name}: {code:?}");
        assert_eq!(last_news(leg).await, Some(LegNews::Lost), "{name}");
    }
    let (_browser, _incoming) = server.call().await;
}

#[tokio::test]
async fn a_browser_that_vanishes_is_lost_and_one_that_closes_has_hung_up() {
    let mut server = Server::start(BrowserOptions::default()).await;
    let (browser, Incoming { leg, .. }) = server.call().await;
    drop(browser);
    assert_eq!(last_news(leg).await, Some(LegNews::Lost));
    let (mut browser, Incoming { leg, .. }) = server.call().await;
    browser.close(None).await.expect("closes");
    assert_eq!(last_news(leg).await, Some(LegNews::HungUp));
}

#[tokio::test]
async fn calls_beyond_the_limit_are_refused_until_one_ends() {
    let mut server = Server::start(BrowserOptions { calls_max: 1, ..BrowserOptions::default() }).await;
    let (browser, incoming) = server.call().await;
    assert_eq!(refused_with(server.connect(None).await), StatusCode::SERVICE_UNAVAILABLE);
    drop(incoming);
    close_code(browser).await;
    // The line is free a moment after the browser has seen the end.
    while server.connect(None).await.is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn nobody_takes_calls() {
    let mut server = Server::start(BrowserOptions::default()).await;
    server.incoming.close();
    assert_eq!(refused_with(server.connect(None).await), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_page_of_another_site_cannot_call() {
    let server = Server::start(BrowserOptions::default()).await;
    assert_eq!(refused_with(server.connect(Some("https://evil.example")).await), StatusCode::FORBIDDEN);
    let own = format!("http://{}", server.address);
    server.connect(Some(&own)).await.expect("the own page may");
}

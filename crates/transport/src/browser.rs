//! Calls from a browser: a WebSocket at [`PATH`].
//!
//! | direction | message | meaning |
//! |---|---|---|
//! | to us | binary | 16 kHz, mono, signed 16-bit little-endian; any length, even half a sample |
//! | to us | `{"hello":{"hz":16000}}` | optional, first: the rate that will come. Any other than 16,000 is refused |
//! | to us | `{"dtmf":"1"}` | a key |
//! | to us | `{"hang_up":true}` | the caller hangs up; so does closing the socket |
//! | to the browser | binary | 20 ms of the same format every 20 ms, silence included |
//! | to the browser | text | one line of JSON each: news of this call |
//!
//! We close with 1000 when FirstRing hangs up, with the codes of [`Fault`] when the browser does not behave, and with 1002
//! when a message is too long. A browser may be anybody's: what it sends too fast, too big, or beyond understanding ends its own leg and nothing else. A page of
//! another site cannot call (`Origin` must be our own host). Whether somebody may call at all is decided before this
//! router, by who mounts it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::{Semaphore, mpsc};

use crate::{Incoming, IncomingFrom, pair};

mod message;
mod session;

pub use session::Fault;

/// Where the WebSocket is.
pub const PATH: &str = "/call/ws";
/// News that wait for a slow browser. Full: see [`Incoming::news_to_caller`].
pub const NEWS_TO_CALLER_MAX: usize = 64;
/// The longest message: two seconds of sound. A longer one ends the call.
pub const MESSAGE_BYTES_MAX: usize = 64_000;

/// What callers by browser may do.
#[derive(Clone, Copy, Debug)]
pub struct BrowserOptions {
    /// Calls at once. One more is answered with 503.
    pub calls_max: usize,
    /// A call from which no sound comes for this long is lost. A microphone that is muted sends silence.
    pub idle: Duration,
}

impl Default for BrowserOptions {
    fn default() -> Self {
        Self { calls_max: 4, idle: Duration::from_secs(10) }
    }
}

#[derive(Clone, Debug)]
struct Door {
    options: BrowserOptions,
    lines: Arc<Semaphore>,
    incoming: mpsc::Sender<Incoming>,
}

/// The router to be mounted. Each call is given to `incoming`; if that is full or closed the browser gets 503.
pub fn router(options: BrowserOptions, incoming: mpsc::Sender<Incoming>) -> Router {
    let lines = Arc::new(Semaphore::new(options.calls_max));
    Router::new().route(PATH, get(answer)).with_state(Door { options, lines, incoming })
}

async fn answer(State(door): State<Door>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    if !is_own_page(&headers) {
        tracing::warn!("a page of another site tried to call");
        return (StatusCode::FORBIDDEN, "only this server's own page may call").into_response();
    }
    let Ok(line) = door.lines.try_acquire_owned() else {
        return busy("all lines are busy; call again in a minute");
    };
    let Ok(hand_over) = door.incoming.try_reserve_owned() else {
        return busy("calls are not being taken just now; call again in a minute");
    };
    let upgrade = upgrade.max_message_size(MESSAGE_BYTES_MAX).max_frame_size(MESSAGE_BYTES_MAX);
    upgrade.on_upgrade(move |socket| async move {
        let (leg, driver) = pair(None);
        let (news_to_caller, news) = mpsc::channel(NEWS_TO_CALLER_MAX);
        hand_over.send(Incoming { leg, news_to_caller, from: IncomingFrom::Browser });
        session::run(socket, driver, news, door.options.idle).await;
        drop(line);
    })
}

fn busy(why: &'static str) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "60")], why).into_response()
}

/// Browsers send `Origin` with every WebSocket and pages cannot forge it. Who sends none is not a browser, and cannot be
/// made to call by a page.
fn is_own_page(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let authority =
        origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_scheme, authority)| authority);
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    authority.zip(host).is_some_and(|(authority, host)| authority.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_the_own_host_may_call() {
        let cases = [
            (None, Some("127.0.0.1:8080"), true),
            (Some("http://127.0.0.1:8080"), Some("127.0.0.1:8080"), true),
            (Some("https://Practice.example"), Some("practice.example"), true),
            (Some("https://evil.example"), Some("practice.example"), false),
            (Some("http://127.0.0.1:9090"), Some("127.0.0.1:8080"), false),
            (Some("https://practice.example.evil.example"), Some("practice.example"), false),
            (Some("null"), Some("practice.example"), false),
            (Some("https://practice.example"), None, false),
        ];
        for (origin, host, expected) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in [(header::ORIGIN, origin), (header::HOST, host)] {
                if let Some(value) = value {
                    headers.insert(name, HeaderValue::from_static(value));
                }
            }
            assert_eq!(is_own_page(&headers), expected, "{origin:?} at {host:?}");
        }
    }
}

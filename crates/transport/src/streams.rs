//! Calls that a provider has answered and streams to us: a WebSocket at [`PATH`].
//!
//! Twilio and its relatives, Telnyx and Plivo connect once a call, say which call it is, and send the caller's sound as JSON with
//! base64 in it; what they are sent they play to the caller. They are told apart by the shape of their first messages
//! ([`Adapter`]); what each sends stands in its own file.
//!
//! - A provider plays what it is sent from a buffer of its own. Sound is sent little ahead of its time, so that it ends soon when the
//!   caller interrupts, with marks that come back when it has been played: [`LegNews::Started`](crate::LegNews::Started) and
//!   [`LegNews::Finished`](crate::LegNews::Finished) are told then, or after a bounded wait where none comes back. A line that is
//!   stopped is cleared at the provider and never finishes. Silence is not sent.
//! - Whoever connects has to show what only the provider knows ([`Doorkeeper`]): a signature, or the shared token. Whoever does not
//!   is refused before anything is said.
//! - The caller hangs up: `stop`, or the connection is closed. FirstRing hangs up: we close with 1000, and the provider goes on
//!   with what the practice has written behind the stream, unless the call was at its end and could be ended by the provider's
//!   interface ([`rest`]). Other ends have the codes of [`Fault`], and 1002 where the connection
//!   broke or a message is too long.
//!
//! What is heard and when stands in `streams/hearing.rs`, what was played in `streams/playout.rs`, both without a socket or a clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::{Lines, Phi};
use serde::Deserialize;
use tokio::sync::{Semaphore, mpsc};

use crate::incoming::reserve_of;
use crate::{Incoming, IncomingFrom, pair, websocket};

mod adapter;
mod awaited;
mod behind;
mod doorkeeper;
mod handing_over;
mod hearing;
mod instructions;
mod json;
mod kept;
mod message;
mod playout;
mod plivo;
pub mod rest;
mod session;
mod telnyx;
mod twilio;

pub use adapter::{Adapter, Opening};
pub use doorkeeper::Doorkeeper;
pub use message::{CallIds, Id, Media, Misunderstood, Provider, Say, Start, Told};
pub use session::Fault;

use awaited::Arrived;
use behind::{Behind, Ends};
use doorkeeper::Admission;
use rest::{RemoteId, Rest};
use session::{End, Session};

/// Where the WebSocket is.
pub const PATH: &str = "/streams";
/// The longest message: six seconds of sound in base64. A longer one ends the call.
pub const MESSAGE_BYTES_MAX: usize = 64_000;
/// Connections that have not said yet which call they are, for seconds each; so many that have shown a signature or a token, and so
/// many that have not yet, of whom the former are not kept out by the latter. One more is answered with 503.
const STARTING_MAX: usize = 32;

/// What streamed calls may do.
#[derive(Clone, Debug)]
pub struct StreamOptions {
    /// Calls at once. One more is closed with 1013.
    pub calls_max: usize,
    /// A call from which no sound comes for this long is lost. Providers send silence, too.
    pub idle: Duration,
    /// What ends, places and moves calls at the provider, if anything does.
    pub rest: Option<Rest>,
}

impl Default for StreamOptions {
    fn default() -> Self {
        Self { calls_max: 16, idle: Duration::from_secs(10), rest: None }
    }
}

#[derive(Clone, Debug)]
struct Door {
    options: StreamOptions,
    keeper: Arc<dyn Doorkeeper>,
    admitted: Arc<Semaphore>,
    unknown: Arc<Semaphore>,
    lines: Arc<Semaphore>,
    incoming: mpsc::Sender<Incoming>,
    refused: Arc<AtomicU64>,
}

/// The router to be mounted, where nothing else guards it: providers know no token of ours but the doorkeeper's. Each call is given
/// to `incoming`; if that is full or closed the stream is closed with 1013. Below [`PATH`] stands, for as long as a call is placed or moved, what
/// its provider fetches ([`rest`]); any other address there is answered with 404.
pub fn router(options: StreamOptions, keeper: Arc<dyn Doorkeeper>, incoming: mpsc::Sender<Incoming>) -> Router {
    let seats = |count| Arc::new(Semaphore::new(count));
    let (admitted, unknown, lines) = (seats(STARTING_MAX), seats(STARTING_MAX), seats(options.calls_max));
    let instructions = options.rest.as_ref().map(|rest| rest.instructions().clone()).unwrap_or_default();
    let door = Door { options, keeper, admitted, unknown, lines, incoming, refused: Arc::new(AtomicU64::new(0)) };
    Router::new().route(PATH, get(answer)).with_state(door).merge(instructions::router(instructions))
}

/// What we have written into the address where we have placed or moved the call ourselves.
#[derive(Default, Deserialize)]
struct Ours {
    ringing: Option<Phi<String>>,
    back: Option<Phi<String>>,
}

async fn answer(State(door): State<Door>, uri: Uri, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    let admission = doorkeeper::ask(&*door.keeper, &uri, &headers);
    if admission == Admission::Refused {
        door.refuse();
        return (StatusCode::FORBIDDEN, "only the practice's provider may stream calls").into_response();
    }
    let seats = if admission == Admission::Admitted { &door.admitted } else { &door.unknown };
    let Ok(starting) = Arc::clone(seats).try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many streams are starting").into_response();
    };
    let Query(ours) = Query::<Ours>::try_from_uri(&uri).unwrap_or_default();
    let upgrade = upgrade.max_message_size(MESSAGE_BYTES_MAX).max_frame_size(MESSAGE_BYTES_MAX);
    upgrade.on_upgrade(move |mut socket| async move {
        let greeted = session::greet(&mut socket).await;
        drop(starting);
        match greeted {
            Ok((adapter, start)) => {
                let (ringing, back) = (start.ringing.clone().or(ours.ringing), start.back.clone().or(ours.back));
                door.take(socket, adapter, Start { ringing, back, ..*start }, admission).await;
            }
            Err(End::CutOff(fault)) => refuse(socket, fault).await,
            Err(End::ByCaller | End::ByFirstRing | End::Broken) => tracing::info!("a stream ended before it started"),
        }
    })
}

impl Door {
    async fn take(self, socket: WebSocket, adapter: Adapter, start: Start, admission: Admission) {
        let shown = start.token.as_ref().is_some_and(|token| self.keeper.knows(token.expose()));
        if admission != Admission::Admitted && !shown {
            self.refuse();
            return refuse(socket, Fault::NotAdmitted).await;
        }
        let behind = self.options.rest.clone().and_then(|rest| {
            let call = rest.call_of(start.provider, &start.ids)?;
            let owner = start.ids.account.as_ref().and_then(|owner| RemoteId::of(owner.as_str()));
            Some(Behind { rest, call, owner, ends: Ends::WhenDone, from: start.from.clone(), to: start.to.clone() })
        });
        if let Some(ringing) = start.ringing.clone() {
            return self.give(&ringing, Arrived { socket, adapter, start, idle: self.options.idle }, behind).await;
        }
        // Whoever comes back when nobody waits any more is a caller like any other.
        let back = start.back.as_ref().zip(behind.as_ref());
        let awaits = back.and_then(|(back, behind)| behind.rest.awaited().claim(back));
        let arrived = Arrived { socket, adapter, start, idle: self.options.idle };
        let Arrived { socket, adapter, start, .. } = match awaits {
            Some(awaits) => match awaits.send(arrived) {
                Ok(()) => return,
                Err(arrived) => arrived,
            },
            None => arrived,
        };
        let seat = (Arc::clone(&self.lines).try_acquire_owned(), self.incoming.try_reserve_owned());
        let (Ok(line), Ok(hand_over)) = seat else {
            return refuse(socket, Fault::Busy).await;
        };
        let Start { provider, ids, from, to, .. } = &start;
        tracing::info!(?provider, stream = ids.stream.as_str(), call = ids.call.as_str(), "a streamed call");
        let (mut leg, driver) = pair(from.clone());
        // The screen that nobody has.
        let (news_to_caller, _) = mpsc::channel(1);
        let dialled = Phi::new(to.iter().map(|to| to.expose().clone()).collect());
        let from = IncomingFrom::Stream { provider: *provider, ids: ids.clone(), dialled };
        let is_last = self.lines.available_permits() < reserve_of(self.options.calls_max);
        leg.lines = if is_last { Lines::Reserve } else { Lines::Plenty };
        hand_over.send(Incoming { leg, news_to_caller, from });
        Session::new(socket, driver, adapter, &start, self.options.idle).with(behind).run().await;
        drop(line);
    }

    /// Somebody whom we have rung is given to whoever had them rung, and is never a caller.
    async fn give(&self, ringing: &Phi<String>, arrived: Arrived, behind: Option<Behind>) {
        let awaits = behind.as_ref().and_then(|behind| behind.rest.awaited().claim(ringing));
        let refused = match awaits {
            Some(awaits) => awaits.send(arrived).err(),
            None => Some(arrived),
        };
        if let Some(Arrived { socket, .. }) = refused {
            if let Some(behind) = behind {
                behind.hang_up().await;
            }
            refuse(socket, Fault::NotAwaited).await;
        }
    }

    /// Counts who was not admitted.
    fn refuse(&self) {
        let refused = self.refused.fetch_add(1, Ordering::Relaxed) + 1;
        tracing::warn!(refused, "a stream was refused: it shows neither the provider's signature nor the token");
    }
}

async fn refuse(mut socket: WebSocket, fault: Fault) {
    tracing::warn!(?fault, "a stream was not taken");
    websocket::close(&mut socket, fault.close()).await;
}

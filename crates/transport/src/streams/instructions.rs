//! What some providers fetch from us: as XML, what they are to do with a call that we place or move. It stands below the WebSocket's address, under an
//! id that cannot be guessed, while that call is placed or moved. Beside it stands where they tell that the call is over.
//!
//! It holds the token of our WebSocket: neither it nor its id is ever logged.

use std::future::pending;
use std::time::Duration;

use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use domain::Phi;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::PATH;
use super::kept::{Kept, Ticket};
use super::rest::{Ended, Progress};

/// Below [`PATH`]: where instructions are fetched.
pub(super) const FETCHED: &str = "instructions";
/// Below [`PATH`]: where it is told that a call is over.
pub(super) const ENDED: &str = "ended";
/// Of what is told then: some twenty fields. What is longer is not read, and the call is over all the same.
const ENDED_BYTES_MAX: usize = 16 * 1024;

#[derive(Debug)]
pub(super) struct Document {
    xml: Phi<String>,
    fetched: Option<oneshot::Sender<()>>,
    over: Option<oneshot::Sender<Progress>>,
}

/// All that can be fetched just now.
pub(super) type Instructions = Kept<Document>;

/// While it is there, its document can be fetched.
#[derive(Debug)]
pub(super) struct Served {
    ticket: Ticket<Document>,
    fetched: oneshot::Receiver<()>,
    over: oneshot::Receiver<Progress>,
}

impl Instructions {
    /// `None` while too many are served.
    pub(super) fn serve(&self, xml: Phi<String>) -> Option<Served> {
        let (fetched, is_fetched) = oneshot::channel();
        let (over, is_over) = oneshot::channel();
        let ticket = self.keep(Document { xml, fetched: Some(fetched), over: Some(over) })?;
        Some(Served { ticket, fetched: is_fetched, over: is_over })
    }
}

impl Served {
    pub(super) fn id(&self) -> &str {
        self.ticket.id()
    }

    /// How the provider says that the call has ended; never, where it says nothing. Once.
    pub(super) async fn over(&mut self) -> Progress {
        match (&mut self.over).await {
            Ok(progress) => progress,
            Err(_) => pending().await,
        }
    }

    /// Stays until it was fetched, if that has not been yet, and no longer than this.
    pub(super) async fn stay(self, at_most: Duration) {
        let Self { ticket, fetched, over: _over } = self;
        // Fetched or too late: it is of no use any more.
        timeout(at_most, fetched).await.ok();
        drop(ticket);
    }
}

pub(super) fn router(instructions: Instructions) -> Router {
    Router::new()
        .route(&format!("{PATH}/{FETCHED}/{{id}}"), get(fetch).post(fetch))
        .route(&format!("{PATH}/{ENDED}/{{id}}"), post(end).layer(DefaultBodyLimit::max(ENDED_BYTES_MAX)))
        .with_state(instructions)
}

/// What is no text is no id of ours.
type Asked = Result<Path<Phi<String>>, PathRejection>;

async fn fetch(State(instructions): State<Instructions>, asked: Asked) -> Response {
    let Ok(Path(id)) = asked else { return StatusCode::NOT_FOUND.into_response() };
    let xml = instructions.look(&id, |document| {
        if let Some(fetched) = document.fetched.take() {
            // Whoever does not wait for that has gone.
            fetched.send(()).ok();
        }
        document.xml.clone()
    });
    match xml {
        Some(xml) => {
            ([(CONTENT_TYPE, "application/xml"), (CACHE_CONTROL, "no-store")], xml.into_exposed()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn end(
    State(instructions): State<Instructions>,
    asked: Asked,
    told: Result<Form<Ended>, FormRejection>,
) -> StatusCode {
    let Ok(Path(id)) = asked else { return StatusCode::NOT_FOUND };
    // Whatever else it says, it says that.
    let progress = told.map_or(Progress::Over, |Form(ended)| ended.progress());
    let is_known = instructions.look(&id, |document| {
        if let Some(over) = document.over.take_if(|_| matches!(progress, Progress::Busy | Progress::Over)) {
            over.send(progress).ok();
        }
    });
    if is_known.is_some() { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

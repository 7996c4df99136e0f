//! What some providers fetch from us: as XML, what they are to do with a call that we place or move. It stands below the WebSocket's address, under an
//! id that cannot be guessed, while that call is placed or moved. Beside it stands where they tell how it goes.
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
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::PATH;
use super::kept::{Kept, Ticket};
use super::rest::{Progress, Report};

/// Below [`PATH`]: where instructions are fetched.
pub(super) const FETCHED: &str = "instructions";
/// Below [`PATH`]: where it is told how a call goes.
pub(super) const TOLD: &str = "told";
/// Of what is told: some twenty fields. What is longer is not read, and says that the call is over.
const REPORT_BYTES_MAX: usize = 16 * 1024;
/// Of one call, told and not heard yet: it is picked up, and it is over.
const TOLD_MAX: usize = 8;

#[derive(Debug)]
pub(super) struct Document {
    /// `None` where it is only told how the call goes.
    xml: Option<Phi<String>>,
    fetched: Option<oneshot::Sender<()>>,
    told: mpsc::Sender<Progress>,
}

/// All that can be fetched just now.
pub(super) type Instructions = Kept<Document>;

/// While it is there, its document can be fetched.
#[derive(Debug)]
pub(super) struct Served {
    ticket: Ticket<Document>,
    /// `None` where there is nothing to be fetched.
    fetched: Option<oneshot::Receiver<()>>,
    told: mpsc::Receiver<Progress>,
}

impl Instructions {
    /// Serves what is written for its id, if anything is; `None` while too many are served.
    pub(super) fn serve(&self, write: impl FnOnce(&str) -> Option<Phi<String>>) -> Option<Served> {
        let (tell, told) = mpsc::channel(TOLD_MAX);
        let mut is_fetched = None;
        let ticket = self.keep(|id| {
            let xml = write(id);
            let fetched = xml.is_some().then(oneshot::channel).map(|(fetched, receiver)| {
                is_fetched = Some(receiver);
                fetched
            });
            Document { xml, fetched, told: tell }
        })?;
        Some(Served { ticket, fetched: is_fetched, told })
    }
}

impl Served {
    pub(super) fn id(&self) -> &str {
        self.ticket.id()
    }

    /// What the provider tells next of how far the call is; never, where it tells nothing. Cancel-safe.
    pub(super) async fn told(&mut self) -> Progress {
        match self.told.recv().await {
            Some(progress) => progress,
            None => pending().await,
        }
    }

    /// Whether there is something that was not fetched yet.
    pub(super) fn waits(&self) -> bool {
        self.fetched.as_ref().is_some_and(oneshot::Receiver::is_empty)
    }

    /// Stays until it was fetched, if there is something that was not yet, and no longer than this.
    pub(super) async fn stay(self, at_most: Duration) {
        let Self { ticket, fetched, told: _told } = self;
        if let Some(fetched) = fetched {
            // Fetched or too late: it is of no use any more.
            timeout(at_most, fetched).await.ok();
        }
        drop(ticket);
    }
}

pub(super) fn router(instructions: Instructions) -> Router {
    Router::new()
        .route(&format!("{PATH}/{FETCHED}/{{id}}"), get(fetch).post(fetch))
        .route(&format!("{PATH}/{TOLD}/{{id}}"), post(hear).layer(DefaultBodyLimit::max(REPORT_BYTES_MAX)))
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
    match xml.flatten() {
        Some(xml) => {
            ([(CONTENT_TYPE, "application/xml"), (CACHE_CONTROL, "no-store")], xml.into_exposed()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn hear(
    State(instructions): State<Instructions>,
    asked: Asked,
    report: Result<Form<Report>, FormRejection>,
) -> StatusCode {
    let Ok(Path(id)) = asked else { return StatusCode::NOT_FOUND };
    let progress = report.map_or(Progress::Over, |Form(report)| report.progress());
    // What nobody listens to any more is left out.
    let heard = instructions.look(&id, |document| document.told.try_send(progress).ok());
    if heard.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND }
}

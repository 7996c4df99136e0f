//! `/livez` and `/readyz`.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use store::Store;
use tokio::sync::watch;
use tokio::time::timeout;

/// A database that answers later than this does not answer.
const DATABASE_WITHIN: Duration = Duration::from_secs(2);

/// Whether calls can be taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Readiness {
    /// Not yet.
    Starting {
        /// What is being waited for, for the operator: "loading the recogniser".
        waiting_for: String,
    },
    /// Everything is warm.
    Ready,
}

#[derive(Serialize)]
struct Report {
    ready: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_for: Option<String>,
}

#[derive(Clone)]
struct Probed {
    store: Store,
    readiness: watch::Receiver<Readiness>,
}

pub(crate) fn live() -> Router {
    Router::new().route("/livez", get(async || "ok\n"))
}

pub(crate) fn ready(store: Store, readiness: watch::Receiver<Readiness>) -> Router {
    Router::new().route("/readyz", get(readyz)).with_state(Probed { store, readiness })
}

async fn readyz(State(probed): State<Probed>) -> (StatusCode, Json<Report>) {
    let readiness = probed.readiness.borrow().clone();
    let waiting_for = match readiness {
        Readiness::Starting { waiting_for } => Some(waiting_for),
        Readiness::Ready => match timeout(DATABASE_WITHIN, probed.store.check()).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("the database to answer".to_owned()),
        },
    };
    let status = if waiting_for.is_none() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Report { ready: waiting_for.is_none(), waiting_for }))
}

//! `/livez` and `/readyz`.

use std::fmt;
use std::sync::Arc;
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

/// How it stands with one of the telephone's trunks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TrunkReport {
    /// As the configuration calls it.
    pub name: String,
    /// Whether it knows where this server is; `None`: it is not told.
    pub registered: Option<bool>,
    /// Whether it answers; `None`: it was not asked yet.
    pub answers: Option<bool>,
}

/// Tells how it stands with all of them now.
#[derive(Clone)]
pub struct Trunks(Arc<dyn Fn() -> Vec<TrunkReport> + Send + Sync>);

impl Trunks {
    /// `now` is asked at each probe.
    pub fn new(now: impl Fn() -> Vec<TrunkReport> + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }
}

impl fmt::Debug for Trunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trunks")
    }
}

#[derive(Serialize)]
struct Report {
    ready: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_for: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    trunks: Vec<TrunkReport>,
}

#[derive(Clone)]
struct Probed {
    store: Store,
    readiness: watch::Receiver<Readiness>,
    trunks: Trunks,
}

pub(crate) fn live() -> Router {
    Router::new().route("/livez", get(async || "ok\n"))
}

pub(crate) fn ready(store: Store, readiness: watch::Receiver<Readiness>, trunks: Trunks) -> Router {
    Router::new().route("/readyz", get(readyz)).with_state(Probed { store, readiness, trunks })
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
    (status, Json(Report { ready: waiting_for.is_none(), waiting_for, trunks: (probed.trunks.0)() }))
}

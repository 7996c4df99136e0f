//! The practice's inbox: staff log in, read what callers have left, call back, and mark it as done.
//!
//! Who reads is written down before anything is sent: if that cannot be done, nothing is shown. A message of another
//! practice, one that was never left and one that is no id are answered alike. The pages need no script.

mod client;
mod limiter;
mod list;
mod login;
mod message;
mod page;
mod refusal;
mod same_origin;
mod tries;

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use domain::PracticeId;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use store::{AuditEntry, Store, StoreError};
use tokio::sync::Semaphore;

use self::limiter::Limiter;
use crate::Scheme;
use crate::pages::{STYLE, file};

/// A password or a note and little else; anything larger is not ours.
const BODY_BYTES: usize = 32 * 1024;
/// The longest name of somebody who logs in.
pub const NAME_CHARS_MAX: usize = 64;
/// Passwords that are compared at the same time; the others wait, and how many there may be the limiter says.
const COMPARED_AT_ONCE: usize = 1;

/// Whose messages the inbox shows.
#[derive(Clone, Debug)]
pub struct InboxDesk {
    /// Which practice's; those of any other are not there.
    pub practice: PracticeId,
    /// The practice's name.
    pub name: String,
    /// Where its clock hangs.
    pub zone: TimeZone,
    /// What time it is.
    pub clock: Clock,
}

/// Tells the wall time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// A clock that is asked by `tell`.
    pub fn new(tell: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

struct Inbox {
    store: Store,
    desk: InboxDesk,
    scheme: Scheme,
    proxies: Vec<IpAddr>,
    /// Held for an instant and never while something is waited for.
    limiter: Mutex<Limiter>,
    passwords: Semaphore,
}

impl Inbox {
    fn now(&self) -> Timestamp {
        (self.desk.clock.0)()
    }

    /// Writes it down, or gives the error for which nothing may be shown.
    async fn audit(&self, actor: &str, action: &str, object: String) -> Result<(), StoreError> {
        let entry = AuditEntry { at: self.now(), actor: actor.to_owned(), action: action.to_owned(), object };
        self.store.audit(&entry).await
    }
}

pub(crate) fn router(store: Store, desk: InboxDesk, scheme: Scheme, proxies: Vec<IpAddr>) -> Router {
    let passwords = Semaphore::new(COMPARED_AT_ONCE);
    let inbox = Inbox { store, desk, scheme, proxies, limiter: Mutex::default(), passwords };
    Router::new()
        .route("/inbox", get(list::open))
        .route("/inbox/done", get(list::done))
        .route("/inbox/login", get(login::form).post(login::log_in))
        .route("/inbox/logout", post(login::log_out))
        .route("/inbox/messages/{id}", get(message::show).post(message::work))
        .route("/inbox/style.css", file(STYLE, include_str!("inbox.css")))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(from_fn(same_origin::guard))
        .with_state(Arc::new(inbox))
}

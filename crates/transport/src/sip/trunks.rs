//! Trunks and PBXs that this server tells where it is (REGISTER, RFC 3261 10) and that it asks whether they are there (OPTIONS).
//!
//! Each has a task of its own. [`registration`] says when what is due, [`requests`] asks it.

mod address;
mod login;
mod registration;
mod requests;

use std::sync::Arc;
use std::time::Duration;

use domain::Phi;
use rsipstack::sip::{Auth, Uri};
use rsipstack::transaction::endpoint::EndpointInnerRef;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

pub(super) use self::address::is_same;
pub use self::address::{NoAddress, TrunkAddress};
pub(super) use self::login::Login;
use self::registration::{News, Outcome, Registration};
use self::requests::Requests;
use super::server::{Admission, SipOptions};

/// A trunk that does not answer a request within this is not there. A lost datagram is sent again four times until then.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
/// All trunks together have this to hear that the server stops.
const TAKES_LEAVE_WITHIN: Duration = Duration::from_secs(2);

/// A trunk, or a PBX.
#[derive(Clone, Debug)]
pub struct Trunk {
    /// What the log calls it.
    pub name: String,
    /// Where it is.
    pub server: TrunkAddress,
    /// The domain that users belong to, if it is not the host of `server`.
    pub domain: Option<String>,
    /// The user that calls are for, by which this server registers.
    pub user: String,
    /// The name that goes with the password, if it is not `user`.
    pub auth_user: Option<String>,
    /// For digest authentication; empty: there is none.
    pub password: Phi<String>,
    /// The password is given to nobody who names another realm.
    pub realm: Option<String>,
    /// `false`: it knows where we are, and is only asked whether it is there.
    pub register: bool,
    /// For how long to register; what the trunk grants counts.
    pub expires: Duration,
    /// How often it is asked whether it is there, which keeps the way through NAT open.
    pub keep_alive: Duration,
}

impl Trunk {
    /// Who we are there.
    pub(super) fn user(&self) -> Uri {
        let auth = Auth { user: self.user.clone(), password: None };
        Uri { auth: Some(auth), ..self.server.domain(self.domain.as_deref()) }
    }

    /// Whether a call to this address goes to it: host, port and transport are the server's, or the host is the domain.
    pub(super) fn carries(&self, callee: &Uri) -> bool {
        let is_for = |domain: &String| self.server.is_spoken_to_for(domain, callee);
        self.server.is_host_of(callee) || self.domain.as_ref().is_some_and(is_for)
    }
}

/// How it stands with a trunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrunkState {
    /// As the configuration calls it.
    pub name: String,
    /// Whether it knows where we are.
    pub registration: Registered,
    /// Whether it answers; `None`: it was not asked yet.
    pub answers: Option<bool>,
}

/// Whether a trunk knows where we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered {
    /// It is not told.
    NotAsked,
    /// Not yet, or not any more.
    No,
    /// It does.
    Yes,
    /// It refuses: the user or the password is wrong.
    Refused,
}

/// The tasks of all trunks.
#[derive(Debug)]
pub(super) struct Trunks {
    tasks: JoinSet<()>,
    stop: CancellationToken,
    states: watch::Receiver<Vec<TrunkState>>,
}

impl Trunks {
    /// Registers as soon as calls are taken.
    pub(super) fn start(
        options: &SipOptions,
        endpoint: &EndpointInnerRef,
        admission: &watch::Receiver<Admission>,
    ) -> Self {
        let stop = CancellationToken::new();
        let states = options.trunks.iter().map(TrunkState::of).collect();
        let (told, states) = watch::channel(states);
        let told = Arc::new(told);
        let mut tasks = JoinSet::new();
        for (place, trunk) in options.trunks.iter().enumerate() {
            let watched = Watched {
                name: trunk.name.clone(),
                keep_alive: trunk.keep_alive,
                requests: Requests::new(trunk, options, endpoint.clone()),
                registration: trunk.register.then(|| Registration::new(trunk.expires, Instant::now())),
                told: Arc::clone(&told),
                place,
            };
            tasks.spawn(watched.keep(admission.clone(), stop.clone()));
        }
        Self { tasks, stop, states }
    }

    pub(super) fn states(&self) -> watch::Receiver<Vec<TrunkState>> {
        self.states.clone()
    }

    /// Tells every trunk that nobody is here any more.
    pub(super) async fn stop(mut self) {
        self.stop.cancel();
        let all = async {
            while let Some(done) = self.tasks.join_next().await {
                if done.is_err() {
                    tracing::error!("a trunk's task failed");
                }
            }
        };
        if timeout(TAKES_LEAVE_WITHIN, all).await.is_err() {
            tracing::warn!(
                "not every trunk answered that this server stops; calls come here until the registration expires"
            );
        }
    }
}

impl TrunkState {
    fn of(trunk: &Trunk) -> Self {
        let registration = if trunk.register { Registered::No } else { Registered::NotAsked };
        Self { name: trunk.name.clone(), registration, answers: None }
    }
}

/// One trunk, and what its task knows.
struct Watched {
    name: String,
    keep_alive: Duration,
    requests: Requests,
    registration: Option<Registration>,
    told: Arc<watch::Sender<Vec<TrunkState>>>,
    place: usize,
}

impl Watched {
    async fn keep(mut self, mut admission: watch::Receiver<Admission>, stop: CancellationToken) {
        let open = async { admission.wait_for(|admission| *admission == Admission::Open).await.is_ok() };
        let is_open = tokio::select! {
            () = stop.cancelled() => false,
            is_open = open => is_open,
        };
        if is_open {
            tokio::select! {
                () = stop.cancelled() => {}
                never = self.watch() => match never {},
            }
        }
        if self.registration.as_ref().is_some_and(Registration::is_held) {
            self.requests.unregister().await;
        }
    }

    async fn watch(&mut self) -> std::convert::Infallible {
        let mut asks_at = Instant::now();
        loop {
            let due = self.registration.as_ref().map(Registration::due).filter(|due| *due <= asks_at);
            match due {
                Some(due) => {
                    sleep_until(due).await;
                    self.register().await;
                }
                None => {
                    sleep_until(asks_at).await;
                    self.ask().await;
                    asks_at = Instant::now() + self.keep_alive;
                }
            }
        }
    }

    async fn register(&mut self) {
        let Some(registration) = &mut self.registration else { return };
        let outcome = timeout(ANSWERS_WITHIN, self.requests.register(registration.asks_for())).await;
        let outcome = outcome.unwrap_or(Outcome::Failed { after: None });
        let news = registration.heard(outcome, Instant::now(), rand::random());
        let registered = registration.state();
        self.tell(|state| state.registration = registered);
        let trunk = &self.name;
        match news {
            None => {}
            Some(News::Registered) => tracing::info!(trunk, "registered"),
            Some(News::Failing) => {
                tracing::warn!(trunk, ?outcome, "not registered: calls by it may not come; tried again");
            }
            Some(News::Refused) => tracing::error!(
                trunk,
                "not registered: the trunk refuses user or password; see user, auth_user, realm and password under [[sip.trunks]]"
            ),
        }
    }

    async fn ask(&mut self) {
        let answers = timeout(ANSWERS_WITHIN, self.requests.are_you_there()).await.unwrap_or(false);
        let before = self.told.borrow().get(self.place).and_then(|state| state.answers);
        self.tell(|state| state.answers = Some(answers));
        let trunk = &self.name;
        match (before, answers) {
            (None | Some(true), false) => tracing::warn!(trunk, "the trunk does not answer"),
            (Some(false), true) => {
                tracing::info!(trunk, "the trunk answers again");
                // Who was away may have forgotten where we are.
                self.registration.iter_mut().for_each(|registration| registration.is_due(Instant::now()));
            }
            (None | Some(true), true) | (Some(false), false) => {}
        }
    }

    fn tell(&self, change: impl FnOnce(&mut TrunkState)) {
        self.told.send_if_modified(|states| {
            let Some(state) = states.get_mut(self.place) else { return false };
            let before = state.clone();
            change(state);
            *state != before
        });
    }
}

//! Who may ring, and how often: strangers reach this port as well as patients.
//!
//! [`doorman`] counts and decides, pure and told the time; [`addresses`] says where we send to. What remains, because it looks like a
//! trunk: whoever completes the handshake of SIP may hold lines by real calls from many addresses, and may have our sound, one
//! stream of 64 kbit/s for at most half a minute of silence, sent to any unicast address; `allow` ends both.

pub(super) mod addresses;
mod doorman;
pub(super) mod merged;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::Lines;
use ipnet::IpNet;
use tokio::time::Instant;

use self::doorman::Doorman;
pub(super) use self::doorman::{Caller, Ring, Turned};
pub use self::doorman::{RINGING_OF_STRANGERS, TurnedAway};
use super::server::SipOptions;
use crate::incoming::reserve_of;

/// The log hears of those who were turned away at most so often.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// How much is let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SipDefence {
    /// Whose requests are read; empty: everybody's.
    pub allow: Vec<IpNet>,
    /// So many lines are the last ones, of which [`Incoming`](crate::Incoming) tells.
    pub reserve: usize,
    /// New calls from one address in a minute, but for those in `allow` and trunks.
    pub calls_per_minute: usize,
    /// New calls from one caller's number by an address in `allow` or a trunk in a minute.
    pub caller_per_minute: usize,
}

impl SipDefence {
    /// For so many calls at once: an address may be a trunk in its busiest minute, a caller somebody in fear who redials.
    pub fn of(calls_max: usize) -> Self {
        Self { allow: Vec::new(), reserve: reserve_of(calls_max), calls_per_minute: 30, caller_per_minute: 10 }
    }
}

/// The doorman, for everybody who asks.
#[derive(Debug)]
pub(super) struct Defence {
    doorman: Mutex<Watched>,
    /// Who vouches for the numbers of callers: those who are let in by name, and trunks at a fixed address.
    listed: Vec<IpNet>,
    /// Nobody else is let in.
    is_closed: bool,
}

#[derive(Debug)]
struct Watched {
    doorman: Doorman,
    told_at: Option<Instant>,
    told: TurnedAway,
}

/// A call that rings, or is a line; neither any more when this is dropped.
#[derive(Debug)]
pub(super) struct Line {
    defence: Arc<Defence>,
    ring: Ring,
}

impl Defence {
    pub(super) fn new(options: &SipOptions) -> Self {
        let doorman = Doorman::new(options.calls_max, &options.defence);
        let trunks = options.trunks.iter().filter_map(|trunk| trunk.server.ip()).map(IpNet::from);
        Self {
            doorman: Mutex::new(Watched { doorman, told_at: None, told: TurnedAway::default() }),
            listed: options.defence.allow.iter().copied().chain(trunks).collect(),
            is_closed: !options.defence.allow.is_empty(),
        }
    }

    /// Whether requests from there are read at all; counted if not.
    pub(super) fn lets_in(&self, ip: IpAddr) -> bool {
        let is_in = !self.is_closed || self.is_listed(ip);
        if !is_in {
            self.turn(Turned::Outside);
        }
        is_in
    }

    pub(super) fn is_listed(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.listed.iter().any(|network| network.contains(&ip))
    }

    /// Whether a line is left.
    pub(super) fn has_line(&self) -> bool {
        self.watched().doorman.has_line()
    }

    /// A new call rings.
    pub(super) fn ring(self: &Arc<Self>, caller: Caller) -> Result<Line, Turned> {
        let rung = self.watched().doorman.ring(caller, Instant::now());
        match rung {
            Ok(ring) => Ok(Line { defence: Arc::clone(self), ring }),
            Err(turned) => {
                self.turn(turned);
                Err(turned)
            }
        }
    }

    /// Whether a request that is no call and belongs to none is answered.
    pub(super) fn may_ask(&self, ip: IpAddr) -> bool {
        let may = self.watched().doorman.asks(ip, Instant::now());
        if !may {
            self.turn(Turned::Scan);
        }
        may
    }

    /// Counts, and tells the log now and then.
    pub(super) fn turn(&self, turned: Turned) {
        let mut watched = self.watched();
        watched.doorman.turn(turned);
        let now = Instant::now();
        if watched.told_at.is_some_and(|at| now - at < TOLD_EVERY) {
            return;
        }
        let all = watched.doorman.turned_away();
        let TurnedAway { outside, scans, too_often, ringing, busy, merged } = all.since(&watched.told);
        (watched.told_at, watched.told) = (Some(now), all);
        tracing::warn!(outside, scans, too_often, ringing, busy, merged, "requests at the SIP port were turned away");
    }

    pub(super) fn turned_away(&self) -> TurnedAway {
        self.watched().doorman.turned_away()
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.doorman.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// The caller has heard of our answer: it is a line from now on. How many are left.
    pub(super) fn picked_up(&mut self) -> Lines {
        self.defence.watched().doorman.picked_up(&mut self.ring, Instant::now())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.defence.watched().doorman.over(&self.ring);
    }
}

//! The calendars that providers keep elsewhere, and what was last seen in them.
//!
//! They say which times are taken beside FirstRing's own book. One that does not answer in time keeps nobody waiting: what was seen
//! of it before counts, or nothing, and what is booked then is to be confirmed by the office ([`super::settle`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use calendars::{Busy, Period};
use domain::{AppointmentId, CallId, Interval, ProviderId};
use futures_util::future::join_all;
use tokio::sync::MutexGuard;
use tokio::time::{Instant, timeout};

use crate::ProviderCalendar;

/// How long a caller waits for all calendars together before times are offered without them.
const LOOK_WITHIN: Duration = Duration::from_millis(1500);
/// What was seen so recently is not looked at again: whoever was faster since then is found when it is booked.
const FRESH: Duration = Duration::from_secs(30);
/// What was seen longer ago says nothing any more.
const STALE: Duration = Duration::from_hours(24);

/// So many calls may change the book at once without ever waiting for one another; calls that share a turn rarely do.
const TURNS: usize = 32;

/// Every such calendar of the practice.
pub(crate) struct Outside {
    calendars: BTreeMap<ProviderId, ProviderCalendar>,
    providers: Vec<ProviderId>,
    /// Held for a moment only, never across an `await`.
    known: Mutex<BTreeMap<ProviderId, Known>>,
    /// A request that is asked again while it is being settled waits for what comes of it. By the last byte of a call's id.
    turns: [tokio::sync::Mutex<()>; TURNS],
}

/// What is known of one calendar.
#[derive(Default)]
struct Known {
    /// The newest last; those before it reach further. So a look at few days leaves what was seen of many.
    seen: Vec<Seen>,
    /// When it last failed, unless it was seen since.
    failed: Option<Instant>,
}

/// Whether a calendar is asked that has failed a moment ago.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Failed {
    AskAgain,
    Spare,
}

#[derive(Clone)]
struct Seen {
    at: Instant,
    period: Period,
    busy: Busy,
}

impl Outside {
    pub(crate) fn new(calendars: &[(ProviderId, ProviderCalendar)]) -> Self {
        let calendars: BTreeMap<_, _> = calendars.iter().cloned().collect();
        let providers = calendars.keys().cloned().collect();
        Self { calendars, providers, known: Mutex::default(), turns: Default::default() }
    }

    /// The turn of a call to change the book and to settle it.
    pub(super) async fn turn(&self, call: CallId) -> MutexGuard<'_, ()> {
        self.turns[usize::from(call.0.as_bytes()[15]) % TURNS].lock().await
    }

    /// Who keeps one.
    pub(crate) fn providers(&self) -> &[ProviderId] {
        &self.providers
    }

    pub(super) fn of(&self, provider: &ProviderId) -> Option<&ProviderCalendar> {
        self.calendars.get(provider)
    }

    /// Adds what stands in the calendars of these providers, but for our own entries of appointments that stand in the book. Of whom
    /// it is in doubt: their calendar is not seen now, or entries there cannot be read.
    pub(super) async fn add_taken(
        &self,
        providers: &[ProviderId],
        (from, to): Interval,
        ours: &BTreeSet<AppointmentId>,
        taken: &mut BTreeMap<ProviderId, Vec<Interval>>,
        failed: Failed,
    ) -> BTreeSet<ProviderId> {
        let Some(period) = Period::new(from, to) else { return BTreeSet::new() };
        let mut in_doubt = BTreeSet::new();
        let looks = providers.iter().filter(|provider| self.calendars.contains_key(provider));
        for (provider, (busy, is_seen)) in join_all(looks.map(|provider| self.look(provider, period, failed))).await {
            if !is_seen || busy.unreadable > 0 {
                in_doubt.insert(provider.clone());
            }
            let elsewhere = busy.taken.iter().filter(|entry| entry.ours.is_none_or(|id| !ours.contains(&id)));
            let spans = elsewhere.map(|entry| (entry.period.start(), entry.period.end()));
            taken.entry(provider.clone()).or_default().extend(spans);
        }
        in_doubt
    }

    /// Whether every entry that was last seen there could be read. Of one that could not, nobody knows which time it takes.
    pub(super) fn is_legible(&self, provider: &ProviderId) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .get(provider)
            .is_none_or(|known| known.seen.iter().all(|seen| seen.is_stale() || seen.busy.unreadable == 0))
    }

    /// What was seen there is not so any more.
    pub(super) fn forget(&self, provider: &ProviderId) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(provider);
    }

    /// What stands there, and whether that was seen just now.
    async fn look<'a>(
        &self,
        provider: &'a ProviderId,
        period: Period,
        failed: Failed,
    ) -> (&'a ProviderId, (Busy, bool)) {
        let (before, is_down) = self.known(provider, &period);
        if let Some(seen) = before.as_ref().filter(|seen| seen.at.elapsed() < FRESH) {
            return (provider, (seen.busy.clone(), true));
        }
        let not_seen = || before.as_ref().map(|seen| seen.busy.clone()).unwrap_or_default();
        if is_down && failed == Failed::Spare {
            return (provider, (not_seen(), false));
        }
        match timeout(LOOK_WITHIN, self.calendars[provider].calendar.busy(period)).await {
            Ok(Ok(busy)) => {
                if busy.unreadable > 0 {
                    tracing::warn!(%provider, entries = busy.unreadable, "entries of this calendar cannot be read");
                }
                self.keep(provider, Seen { at: Instant::now(), period, busy: busy.clone() });
                return (provider, (busy, true));
            }
            Ok(Err(why)) => tracing::warn!(%provider, %why, "this calendar is not seen"),
            Err(_) => tracing::warn!(%provider, "this calendar is not seen in time"),
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(provider.clone()).or_default().failed = Some(Instant::now());
        drop(known);
        (provider, (not_seen(), false))
    }

    fn keep(&self, provider: &ProviderId, seen: Seen) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.entry(provider.clone()).or_default();
        known.seen.retain(|old| !old.is_stale() && old.period.end() > seen.period.end());
        known.seen.push(seen);
        known.failed = None;
    }

    /// The newest that was seen of this whole period, and whether the calendar has failed a moment ago.
    fn known(&self, provider: &ProviderId, period: &Period) -> (Option<Seen>, bool) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = known.get(provider) else { return (None, false) };
        let seen = known.seen.iter().rev().find(|seen| !seen.is_stale() && seen.covers(period));
        (seen.cloned(), known.failed.is_some_and(|at| at.elapsed() < FRESH))
    }
}

impl Seen {
    fn is_stale(&self) -> bool {
        self.at.elapsed() >= STALE
    }

    /// The begin of what is sought moves on with the clock.
    fn covers(&self, period: &Period) -> bool {
        self.period.start() <= period.start() && self.period.end() >= period.end()
    }
}

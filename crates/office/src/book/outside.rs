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
    seen: Mutex<BTreeMap<ProviderId, Seen>>,
    /// A request that is asked again while it is being settled waits for what comes of it. By the last byte of a call's id.
    turns: [tokio::sync::Mutex<()>; TURNS],
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
        Self { calendars, providers, seen: Mutex::default(), turns: Default::default() }
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

    /// Adds what stands in the calendars of these providers, but for our own entries of appointments that stand in the book.
    pub(super) async fn add_taken(
        &self,
        providers: &[ProviderId],
        (from, to): Interval,
        ours: &BTreeSet<AppointmentId>,
        taken: &mut BTreeMap<ProviderId, Vec<Interval>>,
    ) {
        let Some(period) = Period::new(from, to) else { return };
        let looks = providers.iter().filter(|provider| self.calendars.contains_key(provider));
        for (provider, busy) in join_all(looks.map(|provider| self.look(provider, period))).await {
            let elsewhere = busy.taken.iter().filter(|entry| entry.ours.is_none_or(|id| !ours.contains(&id)));
            let spans = elsewhere.map(|entry| (entry.period.start(), entry.period.end()));
            taken.entry(provider.clone()).or_default().extend(spans);
        }
    }

    /// Whether every entry that was last seen there could be read. Of one that could not, nobody knows which time it takes.
    pub(super) fn is_legible(&self, provider: &ProviderId) -> bool {
        self.seen(provider).is_none_or(|seen| seen.busy.unreadable == 0)
    }

    /// What was seen there is not so any more.
    pub(super) fn forget(&self, provider: &ProviderId) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).remove(provider);
    }

    async fn look<'a>(&self, provider: &'a ProviderId, period: Period) -> (&'a ProviderId, Busy) {
        let before = self.seen(provider).filter(|seen| seen.covers(&period));
        if let Some(seen) = before.as_ref().filter(|seen| seen.at.elapsed() < FRESH) {
            return (provider, seen.busy.clone());
        }
        let calendar = &self.calendars[provider].calendar;
        match timeout(LOOK_WITHIN, calendar.busy(period)).await {
            Ok(Ok(busy)) => {
                if busy.unreadable > 0 {
                    tracing::warn!(%provider, entries = busy.unreadable, "entries of this calendar cannot be read");
                }
                let seen = Seen { at: Instant::now(), period, busy: busy.clone() };
                self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(provider.clone(), seen);
                (provider, busy)
            }
            Ok(Err(why)) => {
                tracing::warn!(%provider, %why, "this calendar is not seen");
                (provider, before.map(|seen| seen.busy).unwrap_or_default())
            }
            Err(_) => {
                tracing::warn!(%provider, "this calendar is not seen in time");
                (provider, before.map(|seen| seen.busy).unwrap_or_default())
            }
        }
    }

    fn seen(&self, provider: &ProviderId) -> Option<Seen> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(provider).filter(|seen| seen.at.elapsed() < STALE).cloned()
    }
}

impl Seen {
    /// The begin of what is sought moves on with the clock.
    fn covers(&self, period: &Period) -> bool {
        self.period.start() <= period.start() && self.period.end() >= period.end()
    }
}

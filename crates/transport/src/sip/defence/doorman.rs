//! Who may ring: pure, told the time.
//!
//! A call counts as a line when its caller has acknowledged our answer. Until then it rings; who has never acknowledged a call is a
//! stranger, whose ringing takes no line from anybody.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use domain::{Lines, Phi, PhoneNumber};
use tokio::time::Instant;

use super::SipDefence;

/// In which calls are counted.
const WINDOW: Duration = Duration::from_secs(60);
/// Whoever calls too often is told to wait no longer than this: a trunk sends nobody's calls until then (RFC 3261 20.33).
const WAIT_MAX: Duration = Duration::from_secs(10);
/// Calls of one stranger that ring. More: 503.
const RINGING_OF_STRANGER: usize = 2;
/// Calls of all strangers that ring, each of which has two ports and a seat in the shell's queue. More: 503 to strangers.
pub const RINGING_OF_STRANGERS: usize = 8;
/// Requests of one address in a minute that are no calls: a trunk that asks every second whether we are there. More: no answer.
const ASKS: u32 = 120;
/// Who has acknowledged a call is no stranger for so long: a trunk that was quiet over holidays.
const KNOWN_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
/// Addresses, and callers by listed ones, that are remembered. Full: those who do not ring and have not called within the minute are
/// forgotten, but for those who are known; if nobody is, a new one is turned away.
const SOURCES_MAX: usize = 4096;

/// Who was turned away so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TurnedAway {
    /// Datagrams and connections of addresses that are not listed.
    pub outside: u64,
    /// Requests that are no calls and belong to none.
    pub scans: u64,
    /// Calls of who had called too often within a minute.
    pub too_often: u64,
    /// Calls of who has too many that were never acknowledged.
    pub ringing: u64,
    /// Calls when all lines were taken.
    pub busy: u64,
    /// Calls that came twice, by two ways.
    pub merged: u64,
}

impl TurnedAway {
    /// What came after `before`.
    pub(super) fn since(&self, before: &Self) -> Self {
        Self {
            outside: self.outside - before.outside,
            scans: self.scans - before.scans,
            too_often: self.too_often - before.too_often,
            ringing: self.ringing - before.ringing,
            busy: self.busy - before.busy,
            merged: self.merged - before.merged,
        }
    }
}

/// Why somebody is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sip) enum Turned {
    Outside,
    Scan,
    /// This address may call again after so long.
    TooOften(Duration),
    /// This caller has called too often; others by the same trunk have not.
    CallerTooOften,
    Ringing,
    Busy,
    Merged,
}

/// Who calls.
#[derive(Clone, Debug)]
pub(in crate::sip) struct Caller {
    pub(in crate::sip) address: IpAddr,
    pub(in crate::sip) number: Option<Phi<PhoneNumber>>,
    /// The address is in the allow-list: it vouches for numbers.
    pub(in crate::sip) is_listed: bool,
}

/// A call that rings, or was picked up.
#[derive(Debug)]
pub(in crate::sip) struct Ring {
    address: IpAddr,
    is_stranger: bool,
    is_line: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Source {
    Address(IpAddr),
    Number(IpAddr, Phi<PhoneNumber>),
}

#[derive(Debug, Default)]
struct Seen {
    /// The calls of the last minute; as many as are allowed.
    calls: VecDeque<Instant>,
    ringing: usize,
    known_until: Option<Instant>,
    asks: u32,
    asks_since: Option<Instant>,
}

/// Counts.
#[derive(Debug)]
pub(super) struct Doorman {
    calls_max: usize,
    limits: SipDefence,
    sources: HashMap<Source, Seen>,
    lines: usize,
    ringing_known: usize,
    ringing_strangers: usize,
    turned: TurnedAway,
}

impl Doorman {
    pub(super) fn new(calls_max: usize, limits: &SipDefence) -> Self {
        let (limits, turned) = (limits.clone(), TurnedAway::default());
        Self { calls_max, limits, sources: HashMap::new(), lines: 0, ringing_known: 0, ringing_strangers: 0, turned }
    }

    pub(super) fn has_line(&self) -> bool {
        self.lines + self.ringing_known < self.calls_max
    }

    pub(super) fn turned_away(&self) -> TurnedAway {
        self.turned
    }

    pub(super) fn turn(&mut self, turned: Turned) {
        let count = match turned {
            Turned::Outside => &mut self.turned.outside,
            Turned::Scan => &mut self.turned.scans,
            Turned::TooOften(_) | Turned::CallerTooOften => &mut self.turned.too_often,
            Turned::Ringing => &mut self.turned.ringing,
            Turned::Busy => &mut self.turned.busy,
            Turned::Merged => &mut self.turned.merged,
        };
        *count += 1;
    }

    /// A new call: whether it may be answered.
    pub(super) fn ring(&mut self, caller: Caller, now: Instant) -> Result<Ring, Turned> {
        let Caller { address, number, is_listed } = caller;
        let address = network(address);
        match (is_listed, number) {
            (true, Some(number)) => {
                let may = self.limits.caller_per_minute;
                self.count(Source::Number(address, number), may, now).map_err(|_| Turned::CallerTooOften)?;
            }
            // A trunk whose callers are unknown is limited by its lines.
            (true, None) => {}
            (false, _) => self.count(Source::Address(address), self.limits.calls_per_minute, now)?,
        }
        if !self.has_line() {
            return Err(Turned::Busy);
        }
        let strangers_ring = self.ringing_strangers;
        let calls_max = self.calls_max;
        let seen = self.seen(Source::Address(address), now).ok_or(Turned::Ringing)?;
        let is_stranger = !is_listed && seen.known_until.is_none_or(|until| until < now);
        let may_ring = match (is_listed, is_stranger) {
            (true, _) => calls_max,
            (false, false) => calls_max.div_ceil(2),
            (false, true) => RINGING_OF_STRANGER,
        };
        if seen.ringing >= may_ring || (is_stranger && strangers_ring >= RINGING_OF_STRANGERS) {
            return Err(Turned::Ringing);
        }
        seen.ringing += 1;
        *self.ringing(is_stranger) += 1;
        Ok(Ring { address, is_stranger, is_line: false })
    }

    /// The caller has acknowledged our answer. A stranger's call may be one more than `calls_max`: nobody who heard us pick up is cut off.
    pub(super) fn picked_up(&mut self, ring: &mut Ring, now: Instant) -> Lines {
        if !ring.is_line {
            self.stops_ringing(ring);
            ring.is_line = true;
            self.lines += 1;
            if let Some(seen) = self.sources.get_mut(&Source::Address(ring.address)) {
                seen.known_until = Some(now + KNOWN_FOR);
            }
        }
        let left = self.calls_max.saturating_sub(self.lines);
        if left < self.limits.reserve { Lines::Reserve } else { Lines::Plenty }
    }

    /// The call is over, or never was.
    pub(super) fn over(&mut self, ring: &Ring) {
        if ring.is_line {
            self.lines -= 1;
        } else {
            self.stops_ringing(ring);
        }
    }

    /// A request that is no call.
    pub(super) fn asks(&mut self, address: IpAddr, now: Instant) -> bool {
        let Some(seen) = self.seen(Source::Address(network(address)), now) else { return false };
        if seen.asks_since.is_none_or(|since| now - since >= WINDOW) {
            (seen.asks, seen.asks_since) = (0, Some(now));
        }
        seen.asks = seen.asks.saturating_add(1);
        seen.asks <= ASKS
    }

    fn stops_ringing(&mut self, ring: &Ring) {
        *self.ringing(ring.is_stranger) -= 1;
        if let Some(seen) = self.sources.get_mut(&Source::Address(ring.address)) {
            seen.ringing -= 1;
        }
    }

    fn ringing(&mut self, is_stranger: bool) -> &mut usize {
        if is_stranger { &mut self.ringing_strangers } else { &mut self.ringing_known }
    }

    /// Counts a call, unless there were too many.
    fn count(&mut self, source: Source, may: usize, now: Instant) -> Result<(), Turned> {
        let seen = self.seen(source, now).ok_or(Turned::Ringing)?;
        while seen.calls.front().is_some_and(|at| now - *at >= WINDOW) {
            seen.calls.pop_front();
        }
        if seen.calls.len() >= may {
            let wait = seen.calls.front().map_or(WAIT_MAX, |at| WINDOW.saturating_sub(now - *at));
            return Err(Turned::TooOften(wait.min(WAIT_MAX)));
        }
        seen.calls.push_back(now);
        Ok(())
    }

    /// `None` if too many are remembered.
    fn seen(&mut self, source: Source, now: Instant) -> Option<&mut Seen> {
        if self.sources.len() >= SOURCES_MAX && !self.sources.contains_key(&source) {
            let is_busy = |seen: &Seen| {
                let recently = |at: &Instant| now - *at < WINDOW;
                seen.ringing > 0
                    || seen.calls.back().is_some_and(recently)
                    || seen.asks_since.as_ref().is_some_and(recently)
            };
            let is_known = |seen: &Seen| seen.known_until.is_some_and(|until| until > now);
            self.sources.retain(|_, seen| is_busy(seen) || is_known(seen));
            // That many trunks nobody has: they are strangers who once completed a call.
            if self.sources.values().filter(|seen| is_known(seen)).count() > SOURCES_MAX / 2 {
                self.sources.retain(|_, seen| is_busy(seen));
            }
        }
        let has_room = self.sources.len() < SOURCES_MAX;
        if has_room || self.sources.contains_key(&source) {
            Some(self.sources.entry(source).or_default())
        } else {
            None
        }
    }
}

/// Whoever has an IPv6 address has the 2^64 beside it too.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
        short @ IpAddr::V4(_) => short,
    }
}

#[cfg(test)]
mod tests;

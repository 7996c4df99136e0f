//! How often somebody may try to log in.
//!
//! Each try counts as wrong before the password is looked at and is forgiven when it was right: tries that are made at the
//! same time find no gap. It holds for this process; a restart forgets it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

/// So many wrong tries with one name cost nothing: fingers slip.
const FREE_PER_NAME: u32 = 5;
/// The same over all names: who tries many names with one password.
const FREE_OVERALL: u32 = 50;
/// Wrong tries are forgotten when nothing was tried for so long after the wait.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// The wait after the last free try; doubled with each further one.
const FIRST_WAIT: SignedDuration = SignedDuration::from_mins(1);
const WAIT_PER_NAME_MAX: SignedDuration = SignedDuration::from_mins(15);
/// Short: it holds up everybody, and must not be a way to keep a practice from its messages.
const WAIT_OVERALL_MAX: SignedDuration = SignedDuration::from_mins(1);
/// Names that are remembered; beyond that the one that was tried longest ago is forgotten. What is tried overall bounds it too.
const NAMES_MAX: usize = 500;

/// Wrong tries of late.
#[derive(Default, Debug)]
pub(super) struct Limiter {
    overall: Tries,
    names: BTreeMap<String, Tries>,
}

/// What a try may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Turn {
    /// The password is looked at.
    Try {
        /// If it is wrong, the next one waits until then.
        then_waits: Option<Timestamp>,
    },
    /// Not before then.
    Wait(Timestamp),
}

#[derive(Clone, Copy, Default, Debug)]
struct Tries {
    wrong: u32,
    last: Timestamp,
    free_at: Timestamp,
}

impl Limiter {
    /// Somebody tries `name` at `now`.
    pub(super) fn try_name(&mut self, name: &str, now: Timestamp) -> Turn {
        self.names.retain(|_, tries| !tries.is_forgotten(now));
        let name = name.to_lowercase();
        let mut tries = self.names.get(&name).copied().unwrap_or_default();
        let waits = [tries.waits(now, WAIT_PER_NAME_MAX), self.overall.waits(now, WAIT_OVERALL_MAX)];
        if let Some(until) = waits.into_iter().flatten().max() {
            return Turn::Wait(until);
        }
        let then_waits = tries.count(now, FREE_PER_NAME, WAIT_PER_NAME_MAX);
        self.overall.count(now, FREE_OVERALL, WAIT_OVERALL_MAX);
        if self.names.len() >= NAMES_MAX && !self.names.contains_key(&name) {
            let oldest = self.names.iter().min_by_key(|(_, tries)| tries.last).map(|(name, _)| name.clone());
            oldest.and_then(|oldest| self.names.remove(&oldest));
        }
        self.names.insert(name, tries);
        Turn::Try { then_waits }
    }

    /// It was the right password.
    pub(super) fn was_right(&mut self, name: &str) {
        self.names.remove(&name.to_lowercase());
        self.overall.wrong = self.overall.wrong.saturating_sub(1);
    }
}

impl Tries {
    /// Until when nothing is tried. A clock that was put back makes no wait longer than `max`.
    fn waits(&self, now: Timestamp, max: SignedDuration) -> Option<Timestamp> {
        let until = self.free_at.min(later(now, max));
        (now < until && self.last <= now).then_some(until)
    }

    fn is_forgotten(&self, now: Timestamp) -> bool {
        now >= later(self.free_at.max(self.last), FORGOTTEN_AFTER)
    }

    fn count(&mut self, now: Timestamp, free: u32, max: SignedDuration) -> Option<Timestamp> {
        if self.is_forgotten(now) {
            *self = Self::default();
        }
        self.wrong = self.wrong.saturating_add(1);
        self.last = now;
        let doubled = self.wrong.checked_sub(free)?;
        let wait = FIRST_WAIT.checked_mul(1 << doubled.min(10)).unwrap_or(max).min(max);
        self.free_at = later(now, wait);
        Some(self.free_at)
    }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(minutes: i64) -> Timestamp {
        "2026-03-02T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
    }

    fn waits(turn: Turn) -> bool {
        matches!(turn, Turn::Wait(_))
    }

    #[test]
    fn the_sixth_wrong_try_waits_and_each_further_one_longer() {
        let mut limiter = Limiter::default();
        let turns: Vec<_> = (0..5).map(|_| limiter.try_name("ann", minute(0))).collect();
        assert_eq!(turns[..4], [Turn::Try { then_waits: None }; 4]);
        assert_eq!(turns[4], Turn::Try { then_waits: Some(minute(1)) });
        assert_eq!(limiter.try_name("ANN", minute(0)), Turn::Wait(minute(1)), "upper case is no other name");
        assert_eq!(limiter.try_name("bob", minute(0)), Turn::Try { then_waits: None });
        assert_eq!(limiter.try_name("ann", minute(1)), Turn::Try { then_waits: Some(minute(3)) });
        assert_eq!(limiter.try_name("ann", minute(3)), Turn::Try { then_waits: Some(minute(7)) });
        assert_eq!(limiter.try_name("ann", minute(7)), Turn::Try { then_waits: Some(minute(15)) });
        assert_eq!(limiter.try_name("ann", minute(15)), Turn::Try { then_waits: Some(minute(30)) }, "never longer");
        assert_eq!(limiter.try_name("ann", minute(30)), Turn::Try { then_waits: Some(minute(45)) });
        assert_eq!(limiter.try_name("ann", minute(60)), Turn::Try { then_waits: None }, "forgotten");
    }

    #[test]
    fn who_knows_the_password_starts_afresh() {
        let mut limiter = Limiter::default();
        for _ in 0..100 {
            for _ in 0..4 {
                assert!(!waits(limiter.try_name("ann", minute(0))));
                limiter.overall = Tries::default();
            }
            assert!(!waits(limiter.try_name("ann", minute(0))));
            limiter.was_right("Ann");
        }
    }

    #[test]
    fn many_names_make_everybody_wait_a_little_and_take_no_memory() {
        let mut limiter = Limiter::default();
        let free = (0..10_000).take_while(|n| !waits(limiter.try_name(&format!("name {n}"), minute(0)))).count();
        assert_eq!(free, FREE_OVERALL as usize);
        assert_eq!(limiter.try_name("ann", minute(0)), Turn::Wait(minute(1)));
        assert!(!waits(limiter.try_name("ann", minute(1))));
        for n in 0..2_000 {
            limiter.overall = Tries::default();
            limiter.try_name(&format!("another {n}"), minute(1));
        }
        assert_eq!(limiter.names.len(), NAMES_MAX);
    }

    #[test]
    fn a_clock_that_is_put_back_locks_nobody_out() {
        let mut limiter = Limiter::default();
        for _ in 0..5 {
            limiter.try_name("ann", minute(60 * 24));
        }
        assert!(!waits(limiter.try_name("ann", minute(0))));
    }
}

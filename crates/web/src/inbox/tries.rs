//! Counts of wrong tries to log in, and the waits that follow from them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

/// Wrong tries are forgotten when nothing was tried for so long after the wait.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// The wait after the last free try; doubled with each further one.
const FIRST_WAIT: SignedDuration = SignedDuration::from_mins(1);
const WAIT_MAX: SignedDuration = SignedDuration::from_mins(15);
/// Counts that are remembered of one kind. Beyond that the one that was tried longest ago is forgotten; how often strangers may try
/// at all lets it hardly come to that.
pub(super) const REMEMBERED_MAX: usize = 2000;

/// Wrong tries of late.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Tries {
    pub(super) wrong: u32,
    last: Timestamp,
    free_at: Timestamp,
}

impl Tries {
    /// Until when nothing is tried, at most for `most` since the last try. A clock that was put back makes nobody wait.
    fn waits(&self, now: Timestamp, most: SignedDuration) -> Option<Timestamp> {
        let until = self.free_at.min(later(self.last, most));
        (now < until && self.last <= now).then_some(until)
    }

    pub(super) fn is_forgotten(&self, now: Timestamp) -> bool {
        now >= later(self.free_at.max(self.last), FORGOTTEN_AFTER)
    }

    /// One more; those after `free` are followed by a wait.
    pub(super) fn count(&mut self, now: Timestamp, free: u32) {
        if self.is_forgotten(now) {
            *self = Self::default();
        }
        self.wrong = self.wrong.saturating_add(1);
        (self.last, self.free_at) = (now, now);
        if let Some(doubled) = self.wrong.checked_sub(free) {
            let wait = FIRST_WAIT.checked_mul(1 << doubled.min(10)).unwrap_or(WAIT_MAX).min(WAIT_MAX);
            self.free_at = later(now, wait);
        }
    }

    /// So many were not guesses: whoever made them knows the password.
    pub(super) fn forgive(&mut self, wrong: u32) {
        self.wrong = self.wrong.saturating_sub(wrong);
        self.free_at = self.last;
    }
}

/// Tries of many.
#[derive(Debug)]
pub(super) struct Counts<K> {
    /// After so many wrong ones the next waits.
    free: u32,
    tries: BTreeMap<K, Tries>,
}

impl<K: Ord + Clone> Counts<K> {
    pub(super) fn new(free: u32) -> Self {
        Self { free, tries: BTreeMap::new() }
    }

    pub(super) fn forget_old(&mut self, now: Timestamp) {
        self.tries.retain(|_, tries| !tries.is_forgotten(now));
    }

    pub(super) fn wrong(&self, of: &K) -> u32 {
        self.tries.get(of).map_or(0, |tries| tries.wrong)
    }

    /// Until when this one waits, at most for `most` since its last try.
    pub(super) fn waits(&self, of: &K, now: Timestamp, most: SignedDuration) -> Option<Timestamp> {
        self.tries.get(of)?.waits(now, most)
    }

    pub(super) fn count(&mut self, of: &K, now: Timestamp) {
        if self.tries.len() >= REMEMBERED_MAX && !self.tries.contains_key(of) {
            let oldest = self.tries.iter().min_by_key(|(_, tries)| tries.last).map(|(of, _)| of.clone());
            oldest.and_then(|oldest| self.tries.remove(&oldest));
        }
        self.tries.entry(of.clone()).or_default().count(now, self.free);
    }

    pub(super) fn forgive(&mut self, of: &K, wrong: u32) {
        if let Some(tries) = self.tries.get_mut(of) {
            tries.forgive(wrong);
        }
    }

    /// How many wrong ones there were.
    pub(super) fn forget(&mut self, of: &K) -> u32 {
        self.tries.remove(of).map_or(0, |tries| tries.wrong)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.tries.len()
    }
}

pub(super) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

use std::ops::{Add, Sub};
use std::time::Duration;

use domain::CallTime;

/// A place in the caller's sound: how many samples at 16 kHz came before it since pick-up.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SamplePosition(pub u64);

impl SamplePosition {
    /// The same moment as time in the call. Exact: a sample lasts 62,500 ns.
    pub const fn call_time_ns(self) -> u64 {
        self.0 * NS_PER_SAMPLE
    }

    /// Samples from `earlier` to here; zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

const NS_PER_SAMPLE: u64 = 1_000_000_000 / super::HZ as u64;

/// Samples that last `ms`.
pub(crate) const fn samples(ms: u64) -> u64 {
    ms * super::HZ as u64 / 1000
}

impl From<SamplePosition> for CallTime {
    fn from(position: SamplePosition) -> Self {
        Duration::from_nanos(position.call_time_ns()).into()
    }
}

impl Add<u64> for SamplePosition {
    type Output = Self;
    fn add(self, later: u64) -> Self {
        Self(self.0 + later)
    }
}

impl Sub<u64> for SamplePosition {
    type Output = Self;
    /// Saturates at pick-up.
    fn sub(self, earlier: u64) -> Self {
        Self(self.0.saturating_sub(earlier))
    }
}

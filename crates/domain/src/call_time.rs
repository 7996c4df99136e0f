use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Time since the call was picked up. Prints as `00:07.200`; serialised as whole milliseconds.
///
/// ```
/// use domain::CallTime;
/// assert_eq!(CallTime::from_ms(67_200).to_string(), "01:07.200");
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallTime(Duration);

impl CallTime {
    /// The moment of pick-up.
    pub const ZERO: Self = Self(Duration::ZERO);

    /// A time given in milliseconds since pick-up.
    pub const fn from_ms(ms: u64) -> Self {
        Self(Duration::from_millis(ms))
    }

    /// Whole milliseconds since pick-up.
    pub const fn as_ms(self) -> u64 {
        self.0.as_millis() as u64
    }

    /// Time from `earlier` to `self`; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl From<Duration> for CallTime {
    fn from(since_pick_up: Duration) -> Self {
        Self(since_pick_up)
    }
}

impl From<CallTime> for Duration {
    fn from(at: CallTime) -> Self {
        at.0
    }
}

impl Add<Duration> for CallTime {
    type Output = Self;
    fn add(self, later: Duration) -> Self {
        Self(self.0 + later)
    }
}

impl Sub<Duration> for CallTime {
    type Output = Self;
    /// Saturates at pick-up.
    fn sub(self, earlier: Duration) -> Self {
        Self(self.0.saturating_sub(earlier))
    }
}

impl fmt::Display for CallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.as_ms();
        write!(f, "{:02}:{:02}.{:03}", ms / 60_000, ms / 1000 % 60, ms % 1000)
    }
}

impl fmt::Debug for CallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for CallTime {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.as_ms())
    }
}

impl<'de> Deserialize<'de> for CallTime {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer).map(Self::from_ms)
    }
}

use std::collections::VecDeque;
use std::time::Duration;

/// The least that sound is delayed to wait for packets that were slower: one packet.
pub const DELAY_MIN: Duration = Duration::from_millis(20);
/// The most that it is delayed on purpose. More would be heard as a pause before each answer.
pub const DELAY_MAX: Duration = Duration::from_millis(120);
/// The delay until enough packets came to know better, and how many are enough: a second of 20 ms.
const DELAY_AT_FIRST: Duration = Duration::from_millis(40);
const ENOUGH: usize = 50;
/// The last packets that are looked at: five seconds of 20 ms. A jam is forgotten after that.
const WINDOW: usize = 256;
/// Of so many packets one may come too late.
const LATE_OF: usize = 50;
/// What is added to the jitter that was seen.
const MARGIN_US: i64 = 10_000;

/// How long packets take, and so how long to wait for them.
///
/// A packet's transit is its arrival less its own time. Neither clock is known to the other, so only differences count:
/// to the fastest of the last [`WINDOW`] packets. The window also follows clocks that drift.
#[derive(Clone, Debug)]
pub(super) struct Delay {
    transits: VecDeque<i64>,
    fastest: i64,
    target: i64,
    /// RFC 3550 A.8, in microseconds: the mean difference between one transit and the next, over about 16 packets.
    jitter: f64,
    last: Option<i64>,
}

impl Delay {
    pub(super) fn new() -> Self {
        Self {
            transits: VecDeque::with_capacity(WINDOW),
            fastest: 0,
            target: micros(DELAY_AT_FIRST),
            jitter: 0.0,
            last: None,
        }
    }

    /// Takes the transit of a packet of sound, in microseconds.
    pub(super) fn arrived(&mut self, transit: i64) {
        if let Some(last) = self.last.replace(transit) {
            self.jitter += ((transit - last).abs() as f64 - self.jitter) / 16.0;
        }
        if self.transits.len() == WINDOW {
            self.transits.pop_front();
        }
        self.transits.push_back(transit);
        self.fastest = self.transits.iter().copied().min().unwrap_or(transit);
        self.target = self.wanted();
    }

    /// The way has changed, or the sender's clock: what was measured says nothing any more.
    pub(super) fn forget(&mut self) {
        self.transits.clear();
        self.last = None;
    }

    /// The transit of the fastest packet, in microseconds.
    pub(super) fn fastest(&self) -> i64 {
        self.fastest
    }

    /// How long the fastest packet should wait, in microseconds.
    pub(super) fn target(&self) -> i64 {
        self.target
    }

    pub(super) fn jitter(&self) -> Duration {
        Duration::from_micros(self.jitter as u64)
    }

    fn wanted(&self) -> i64 {
        let mut slower: Vec<i64> = self.transits.iter().map(|transit| transit - self.fastest).collect();
        let rank = slower.len() - 1 - slower.len() / LATE_OF;
        let (_, slow, _) = slower.select_nth_unstable(rank);
        let wanted = (*slow + MARGIN_US).clamp(micros(DELAY_MIN), micros(DELAY_MAX));
        if self.transits.len() < ENOUGH { wanted.max(micros(DELAY_AT_FIRST)) } else { wanted }
    }
}

pub(super) fn micros(duration: Duration) -> i64 {
    duration.as_micros() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(transits: impl Iterator<Item = i64>) -> Delay {
        let mut delay = Delay::new();
        transits.for_each(|transit| delay.arrived(transit));
        delay
    }

    #[test]
    fn the_delay_follows_the_jitter_and_no_single_packet() {
        assert_eq!(after(0..3).target(), 40_000);
        assert_eq!(after((0..300).map(|_| -5_000_000)).target(), 20_000);
        assert_eq!(after((0..300).map(|i| i % 61 * 1000)).target(), 69_000);
        assert_eq!(after((0..300).map(|i| if i == 299 { 500_000 } else { 0 })).target(), 20_000);
        assert_eq!(after((0..300).map(|i| i % 5 * 100_000)).target(), 120_000);
        // Forgotten after the window: and a clock that is 200 ppm fast is no jitter.
        assert_eq!(after((0..600).map(|i| if i < 300 { i % 5 * 100_000 } else { -4 * i })).target(), 20_000);
    }

    #[test]
    fn jitter_is_that_of_rfc_3550() {
        let jitter = after((0..600).map(|i| i % 2 * 8000)).jitter();
        assert!(jitter.abs_diff(Duration::from_millis(8)) < Duration::from_micros(10), "{jitter:?}");
    }
}

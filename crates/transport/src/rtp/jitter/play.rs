//! What is played next, and what is put in or left out so that the delay is right.

use std::time::Duration;

use audio::codec::Codec;

use super::Popped;
use super::stream::{Flow, Stream, Waiting};
use crate::rtp::TICK;
use crate::rtp::delay::{DELAY_MAX, micros};
use crate::rtp::sequence::Statistics;

/// So much is made up where nothing comes, before that is a pause of the sender's and silence.
const STALL_MAX_US: i64 = 120_000;
/// A longer hole is neither made up nor played as silence: what comes behind it is a new beginning.
const HOLE_MAX_US: i64 = 1_000_000;
/// The delay may be this much too short ..
const SHORT_US: i64 = 10_000;
/// .. or too long: little where nobody speaks, more where a syllable would be cut.
const LONG_QUIET_US: i64 = 15_000;
const LONG_US: i64 = 60_000;
/// One packet is put in, or left out, at most this often.
const INSERT_EVERY: Duration = Duration::from_millis(60);
const SKIP_EVERY: Duration = Duration::from_millis(200);

enum Adjust {
    Keep,
    Insert,
    Skip,
}

impl Stream {
    pub(super) fn next(&mut self, codec: Codec, due: Duration, totals: &mut Statistics) -> (Popped, Duration) {
        loop {
            let first = self.packets.first_key_value().map(|(number, waiting)| match waiting {
                Waiting::Sound { at, .. } => (*number, Some(*at)),
                Waiting::Other => (*number, None),
            });
            let step = match (first, self.flow) {
                (Some((number, None)), _) => {
                    self.packets.pop_first();
                    self.next = Some(number + 1);
                    None
                }
                (Some((_, Some(at))), Flow::Starting) => self.start(at, due),
                (None, Flow::Starting) => Some(silence(TICK)),
                (None, Flow::Playing { at, stalled }) => Some(self.stall(at, stalled, due)),
                (Some((number, Some(first))), Flow::Playing { at, stalled }) => {
                    self.play(number, first, (at, stalled), codec, due, totals)
                }
            };
            if let Some(step) = step {
                return step;
            }
        }
    }

    /// Begins if the first packet has waited long enough.
    fn start(&mut self, at: i64, due: Duration) -> Option<(Popped, Duration)> {
        if micros(due) < self.us(at) + self.delay.fastest() + self.delay.target() {
            return Some(silence(TICK));
        }
        self.flow = Flow::Playing { at, stalled: 0 };
        self.next = self.packets.first_key_value().map(|(number, _)| *number);
        None
    }

    /// Nothing is there: something is made up while the next packet is waited for.
    fn stall(&mut self, at: i64, stalled: i64, due: Duration) -> (Popped, Duration) {
        let is_long = self.delay_us(due).is_some_and(|delay| delay >= micros(DELAY_MAX));
        if is_long || self.us(stalled) >= STALL_MAX_US {
            self.flow = Flow::Starting;
            return silence(TICK);
        }
        self.flow = Flow::Playing { at, stalled: stalled + self.units(TICK) };
        (Popped::Lost(TICK), TICK)
    }

    /// The first packet that waits, or what is missing before it.
    fn play(
        &mut self,
        number: u64,
        first: i64,
        (at, stalled): (i64, i64),
        codec: Codec,
        due: Duration,
        totals: &mut Statistics,
    ) -> Option<(Popped, Duration)> {
        let hole = (first - at).max(0);
        if self.us(hole) > HOLE_MAX_US {
            self.flow = Flow::Starting;
            return None;
        }
        let settled = hole.min(stalled);
        let (hole, at) = (hole - settled, at + settled);
        self.flow = Flow::Playing { at, stalled: stalled - settled };
        match self.adjust(codec, due) {
            Adjust::Insert => {
                self.inserted_at = due;
                Some((Popped::Lost(TICK), TICK))
            }
            Adjust::Skip if hole == 0 => {
                self.skipped_at = due;
                totals.skipped += 1;
                let _skipped = self.take_first();
                None
            }
            Adjust::Skip | Adjust::Keep if hole > 0 => Some(self.fill(number, hole, at)),
            Adjust::Skip | Adjust::Keep => self.take_first().map(|(payload, long)| (Popped::Frame(payload), long)),
        }
    }

    /// Fills a hole before packet `number`, 20 ms at a time.
    fn fill(&mut self, number: u64, hole: i64, at: i64) -> (Popped, Duration) {
        let piece = hole.min(self.units(TICK));
        self.flow = Flow::Playing { at: at + piece, stalled: 0 };
        let long = Duration::from_micros(self.us(piece) as u64);
        // Nothing is missing by its number: the sender paused.
        if self.next == Some(number) {
            return silence(long);
        }
        if piece == hole {
            self.next = Some(number);
        }
        (Popped::Lost(long), long)
    }

    fn take_first(&mut self) -> Option<(Vec<u8>, Duration)> {
        let (number, waiting) = self.packets.pop_first()?;
        let Waiting::Sound { at, long, payload } = waiting else { return None };
        self.next = Some(number + 1);
        self.flow = Flow::Playing { at: at + long, stalled: 0 };
        Some((payload, Duration::from_micros(self.us(long) as u64)))
    }

    fn adjust(&self, codec: Codec, due: Duration) -> Adjust {
        let Some(delay) = self.delay_us(due) else { return Adjust::Keep };
        let target = self.delay.target();
        let since = |at: Duration| due.saturating_sub(at);
        if delay + SHORT_US < target && since(self.inserted_at) >= INSERT_EVERY {
            return Adjust::Insert;
        }
        // Only what is there can be done without: where packets are slower than the fastest was, nothing is.
        let spare = delay.min(self.waiting_us()) - target;
        if spare > LONG_QUIET_US && since(self.skipped_at) >= SKIP_EVERY {
            let is_quiet = matches!(self.packets.first_key_value(),
                Some((_, Waiting::Sound { payload, .. })) if codec.is_quiet(payload));
            if is_quiet || spare > LONG_US {
                return Adjust::Skip;
            }
        }
        Adjust::Keep
    }
}

fn silence(long: Duration) -> (Popped, Duration) {
    (Popped::Silence(long), long)
}

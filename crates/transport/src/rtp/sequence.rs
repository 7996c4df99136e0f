use std::time::Duration;

/// More missing than this is no loss but a sender that began anew (RFC 3550 A.1): a minute of 20 ms.
const DROPOUT_MAX: i16 = 3000;
/// A packet that is older than this is none of this stream (RFC 3550 A.1 has 100): what is remembered to know duplicates.
const MISORDER_MAX: i16 = 1000;
const SEEN_WORDS: usize = 16;

/// What came on a leg since it was picked up, over all its streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Packets that came, keys and late ones too, each counted once.
    pub received: u64,
    /// Packets that did not come, by the numbers of those that did. One that is still on its way counts until it comes.
    pub lost: u64,
    /// Came after their place had been filled, and were not played.
    pub late: u64,
    /// Came more than once; how many times too many.
    pub duplicated: u64,
    /// Came and were not taken: of no or an old stream, or with no sound that the codec knows.
    pub refused: u64,
    /// Came in time and were not played, to catch up: after a burst, or because the sender's clock is fast.
    pub skipped: u64,
    /// How much sound was made up for what was missing.
    pub concealed: Duration,
    /// Variation of the time on the way, by RFC 3550 6.4.1.
    pub jitter: Duration,
    /// How long a packet that was as fast as the fastest waits until it is played.
    pub delay: Duration,
}

impl Statistics {
    /// The share of packets that did not come, 0 to 1.
    pub fn fraction_lost(&self) -> f64 {
        self.lost as f64 / (self.lost + self.received).max(1) as f64
    }
}

/// What RTCP tells of one stream (RFC 3550 6.4.1), for the time since the last report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reception {
    /// Which stream.
    pub ssrc: u32,
    /// Of 256 packets since the last report, so many did not come.
    pub fraction_lost: u8,
    /// Since the start; within 24 bits.
    pub lost: i32,
    /// The highest number, with its wraps in the upper half.
    pub highest: u32,
    /// In units of the clock.
    pub jitter: u32,
}

/// Numbers of one stream: gives each packet a number that does not wrap, finds duplicates, counts what is missing.
#[derive(Clone, Debug)]
pub(super) struct Sequences {
    base: u64,
    highest: u64,
    /// Which of the 1024 numbers up to `highest` came; bit 0 is `highest` itself.
    seen: [u64; SEEN_WORDS],
    received: u64,
    /// The number that would follow a packet from far away: two in a row are a new beginning.
    suspect: Option<u16>,
    /// What was expected and received at the last report.
    reported: (u64, u64),
}

/// What a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    New(u64),
    Duplicate,
    /// Far from everything before it, for the first time.
    Stray,
    /// The sender began anew.
    Restarted,
}

impl Sequences {
    pub(super) fn new(first: u16) -> Self {
        // One turn up, so that there is room for what comes before the first.
        let base = 1 << 16 | u64::from(first);
        let mut seen = [0; SEEN_WORDS];
        seen[0] = 1;
        Self { base, highest: base, seen, received: 1, suspect: None, reported: (0, 0) }
    }

    pub(super) fn first(&self) -> u64 {
        self.base
    }

    /// Whether a number is ahead of all that came, by no more than may be lost.
    pub(super) fn is_next(&self, sequence: u16) -> bool {
        (1..=DROPOUT_MAX).contains(&(sequence.wrapping_sub(self.highest as u16) as i16))
    }

    pub(super) fn heard(&mut self, sequence: u16) -> Heard {
        let ahead = sequence.wrapping_sub(self.highest as u16) as i16;
        let number = self.highest.wrapping_add_signed(i64::from(ahead));
        if (1..=DROPOUT_MAX).contains(&ahead) {
            self.shift(ahead as usize);
            self.highest = number;
            self.seen[0] |= 1;
        } else if (-MISORDER_MAX..=0).contains(&ahead) {
            let back = ahead.unsigned_abs() as usize;
            if self.seen[back / 64] & 1 << (back % 64) != 0 {
                return Heard::Duplicate;
            }
            self.seen[back / 64] |= 1 << (back % 64);
            self.base = self.base.min(number);
        } else if self.suspect == Some(sequence) {
            return Heard::Restarted;
        } else {
            self.suspect = Some(sequence.wrapping_add(1));
            return Heard::Stray;
        }
        self.suspect = None;
        self.received += 1;
        Heard::New(number)
    }

    pub(super) fn received(&self) -> u64 {
        self.received
    }

    pub(super) fn lost(&self) -> u64 {
        self.expected() - self.received
    }

    pub(super) fn report(&mut self, ssrc: u32, jitter: u32) -> Reception {
        let (expected, received) = (self.expected(), self.received);
        let (expected_now, received_now) = (expected - self.reported.0, received - self.reported.1);
        self.reported = (expected, received);
        // What comes late makes up for an earlier report: none was lost then.
        let fraction = expected_now.saturating_sub(received_now) * 256 / expected_now.max(1);
        Reception {
            ssrc,
            fraction_lost: fraction.min(255) as u8,
            lost: self.lost().min(0x7F_FFFF) as i32,
            highest: (self.highest - (1 << 16)) as u32,
            jitter,
        }
    }

    fn expected(&self) -> u64 {
        self.highest - self.base + 1
    }

    /// Makes room for `by` newer numbers.
    fn shift(&mut self, by: usize) {
        let (words, bits) = (by / 64, by % 64);
        for index in (0..SEEN_WORDS).rev() {
            let word = |back: usize| index.checked_sub(back).map_or(0, |index| self.seen[index]);
            let carried = if bits == 0 { 0 } else { word(words + 1) >> (64 - bits) };
            self.seen[index] = word(words) << bits | carried;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_go_on_over_the_wrap() {
        let mut sequences = Sequences::new(65_534);
        let base = sequences.first();
        for (index, sequence) in [65_535u16, 0, 1, 2].into_iter().enumerate() {
            assert_eq!(sequences.heard(sequence), Heard::New(base + index as u64 + 1));
        }
        assert_eq!(sequences.heard(65_535), Heard::Duplicate);
        // One from before the first, and a hole.
        assert_eq!(sequences.heard(65_533), Heard::New(base - 1));
        assert_eq!(sequences.heard(5), Heard::New(base + 7));
        assert_eq!((sequences.received(), sequences.lost()), (7, 2));
        let report = sequences.report(9, 3);
        assert_eq!(report, Reception { ssrc: 9, fraction_lost: 56, lost: 2, highest: 1 << 16 | 5, jitter: 3 });
        assert_eq!(sequences.heard(3), Heard::New(base + 5));
        assert_eq!(sequences.report(9, 3).fraction_lost, 0, "no packet was due, one came");
    }

    #[test]
    fn two_in_a_row_from_far_away_are_a_new_beginning() {
        let mut sequences = Sequences::new(10);
        assert_eq!(sequences.heard(30_000), Heard::Stray);
        assert_eq!(sequences.heard(11), Heard::New(sequences.first() + 1));
        assert_eq!(sequences.heard(30_001), Heard::Stray, "the stream went on in between");
        assert_eq!(sequences.heard(30_002), Heard::Restarted);
    }

    proptest! {
        /// Whatever the order: each number is new once, and what is missing is what never came.
        #[test]
        fn counts_are_exact(first in any::<u16>(), steps in prop::collection::vec(-40i64..60, 1..600)) {
            let mut sequences = Sequences::new(first);
            let start = sequences.first() as i64;
            let (mut came, mut newest) = (BTreeSet::from([start]), start);
            for step in steps {
                let number = newest + step;
                newest = newest.max(number);
                let expected = if came.insert(number) { Heard::New(number as u64) } else { Heard::Duplicate };
                prop_assert_eq!(sequences.heard(number as u16), expected);
            }
            let span = came.last().unwrap() - came.first().unwrap() + 1;
            prop_assert_eq!(sequences.lost(), (span as usize - came.len()) as u64);
        }
    }
}

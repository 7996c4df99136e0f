//! What of a stream has come and waits.

use std::collections::BTreeMap;
use std::time::Duration;

use audio::codec::Codec;

use super::PACKETS_MAX;
use crate::rtp::Packet;
use crate::rtp::delay::{DELAY_MAX, Delay, micros};
use crate::rtp::sequence::{Heard, Reception, Sequences, Statistics};

/// More sound than this waits only after a jam; then it is skipped down to [`DELAY_MAX`] at once.
const WAITING_MAX_US: i64 = 300_000;
/// A packet whose time is further off than this from when it came is of another clock.
const JUMP_MAX_US: i64 = 1_000_000;

/// The packets of one source.
pub(super) struct Stream {
    ssrc: u32,
    clock_hz: i64,
    sequences: Sequences,
    pub(super) delay: Delay,
    pub(super) packets: BTreeMap<u64, Waiting>,
    pub(super) flow: Flow,
    /// What comes with a lower number is late.
    pub(super) next: Option<u64>,
    /// The last packet of sound by number: its RTP time, the same without wraps, and when it came.
    newest: Option<(u32, i64, Duration)>,
    /// Where the sound that waits ends.
    end: i64,
    pub(super) inserted_at: Duration,
    pub(super) skipped_at: Duration,
}

pub(super) enum Waiting {
    Sound {
        /// RTP time without wraps.
        at: i64,
        /// In units of the clock.
        long: i64,
        payload: Vec<u8>,
    },
    /// A key, or comfort noise: a number that is not missing.
    Other,
}

#[derive(Clone, Copy)]
pub(super) enum Flow {
    /// Until a packet has waited long enough.
    Starting,
    Playing {
        /// RTP time of what is to be played next.
        at: i64,
        /// Made up since, in units: when it turns out that this was lost, it is not made up again.
        stalled: i64,
    },
}

pub(super) enum Taken {
    Done,
    Restart,
}

impl Stream {
    pub(super) fn new(packet: &Packet<'_>, codec: Codec) -> Self {
        Self {
            ssrc: packet.ssrc,
            clock_hz: i64::from(codec.clock_hz()),
            sequences: Sequences::new(packet.sequence),
            delay: Delay::new(),
            packets: BTreeMap::new(),
            flow: Flow::Starting,
            next: None,
            newest: None,
            end: 0,
            inserted_at: Duration::ZERO,
            skipped_at: Duration::ZERO,
        }
    }

    pub(super) fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Packets that wait.
    pub(super) fn len(&self) -> usize {
        self.packets.len()
    }

    /// Adds what came to what is counted by stream.
    pub(super) fn count_into(&self, totals: &mut Statistics) {
        totals.received += self.sequences.received();
        totals.lost += self.sequences.lost();
        totals.jitter = self.delay.jitter();
    }

    /// How many packets of sound wait.
    pub(super) fn sounds(&self) -> u64 {
        self.packets.values().filter(|waiting| matches!(waiting, Waiting::Sound { .. })).count() as u64
    }

    pub(super) fn report(&mut self) -> Reception {
        let jitter = micros(self.delay.jitter()) * self.clock_hz / 1_000_000;
        self.sequences.report(self.ssrc, jitter as u32)
    }

    /// The first packet.
    pub(super) fn begin(&mut self, packet: &Packet<'_>, sound: Option<i64>, now: Duration, totals: &mut Statistics) {
        self.put(packet, self.sequences.first(), sound, now, totals);
    }

    pub(super) fn take(
        &mut self,
        packet: &Packet<'_>,
        sound: Option<i64>,
        now: Duration,
        totals: &mut Statistics,
    ) -> Taken {
        if sound.is_some() && self.jumps(packet, now) {
            return Taken::Restart;
        }
        match self.sequences.heard(packet.sequence) {
            Heard::New(number) => self.put(packet, number, sound, now, totals),
            Heard::Duplicate => totals.duplicated += 1,
            Heard::Stray => totals.refused += 1,
            Heard::Restarted => return Taken::Restart,
        }
        Taken::Done
    }

    /// Whether the sender began to count time anew, under the same source: announcements and their agents do.
    fn jumps(&mut self, packet: &Packet<'_>, now: Duration) -> bool {
        let Some((newest, _, came)) = self.newest.filter(|_| self.sequences.is_next(packet.sequence)) else {
            return false;
        };
        let ahead = self.us(i64::from(packet.timestamp.wrapping_sub(newest) as i32));
        let passed = micros(now.saturating_sub(came));
        if passed - ahead > JUMP_MAX_US {
            // It stood still, or the network did.
            self.delay.forget();
        }
        ahead < 0 || ahead > passed + JUMP_MAX_US
    }

    fn put(&mut self, packet: &Packet<'_>, number: u64, sound: Option<i64>, now: Duration, totals: &mut Statistics) {
        let Some(long) = sound else {
            if self.next.is_none_or(|next| number >= next) {
                self.packets.insert(number, Waiting::Other);
            }
            self.shorten(totals);
            return;
        };
        let at = self.newest.map_or(0, |(newest, at, _)| at + i64::from(packet.timestamp.wrapping_sub(newest) as i32));
        self.delay.arrived(micros(now) - self.us(at));
        if self.newest.is_none_or(|(_, newest, _)| at > newest) {
            self.newest = Some((packet.timestamp, at, now));
            self.end = at + long;
        }
        if self.is_late(number, at + long / 2) {
            totals.late += 1;
            return;
        }
        self.packets.insert(number, Waiting::Sound { at, long, payload: packet.payload.to_vec() });
        self.shorten(totals);
    }

    /// Whether its place, or most of it, has been filled.
    fn is_late(&self, number: u64, middle: i64) -> bool {
        let filled = match self.flow {
            Flow::Playing { at, .. } => middle < at,
            Flow::Starting => false,
        };
        filled || self.next.is_some_and(|next| number < next)
    }

    /// Keeps what waits within its bounds, in packets and in time.
    fn shorten(&mut self, totals: &mut Statistics) {
        let is_long = self.waiting_us() > WAITING_MAX_US;
        while self.packets.len() > PACKETS_MAX || (is_long && self.waiting_us() > micros(DELAY_MAX)) {
            let Some((number, waiting)) = self.packets.pop_first() else { return };
            self.next = Some(number + 1);
            if let Waiting::Sound { at, long, .. } = waiting {
                totals.skipped += 1;
                if let Flow::Playing { .. } = self.flow {
                    self.flow = Flow::Playing { at: at + long, stalled: 0 };
                }
            }
        }
    }

    /// How much sound waits, in microseconds; holes count.
    pub(super) fn waiting_us(&self) -> i64 {
        let first = self.packets.values().find_map(|waiting| match waiting {
            Waiting::Sound { at, .. } => Some(*at),
            Waiting::Other => None,
        });
        first.map_or(0, |first| self.us(self.end - first))
    }

    /// How long a packet as fast as the fastest waits, if it is played at `due`.
    pub(super) fn delay_us(&self, due: Duration) -> Option<i64> {
        match self.flow {
            Flow::Playing { at, .. } => Some(micros(due) - self.us(at) - self.delay.fastest()),
            Flow::Starting => None,
        }
    }

    pub(super) fn us(&self, units: i64) -> i64 {
        units * 1_000_000 / self.clock_hz
    }

    pub(super) fn units(&self, long: Duration) -> i64 {
        micros(long) * self.clock_hz / 1_000_000
    }
}

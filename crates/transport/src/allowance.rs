use std::time::Duration;

use crate::LEG_HZ;

/// How many times faster than real time sound may come for long.
const SPEED_MAX: f64 = 3.0;
/// How much may come at once, after the network held it up: 10 s of sound.
const BURST: f64 = LEG_HZ as f64 * 10.0;
/// What a message costs whatever is in it: 2 ms of sound. So 1,500 messages a second may come for long.
const MESSAGE_COST: usize = LEG_HZ as usize / 500;

/// How much somebody at a WebSocket may still send: a bucket that fills at three times real time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    samples: f64,
    refilled: Duration,
}

impl Allowance {
    /// As at the beginning of a call.
    pub(crate) fn new() -> Self {
        Self { samples: BURST, refilled: Duration::ZERO }
    }

    /// Whether a message of so many samples at [`LEG_HZ`] may come at `now`, the time since the beginning.
    pub(crate) fn admits(&mut self, samples: usize, now: Duration) -> bool {
        let elapsed = now.saturating_sub(self.refilled);
        self.refilled = now;
        self.samples = (self.samples + elapsed.as_secs_f64() * SPEED_MAX * f64::from(LEG_HZ)).min(BURST);
        self.samples -= samples.max(MESSAGE_COST) as f64;
        self.samples >= 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long a stream of so many messages a second, of so many samples each, is admitted; 60 s at most.
    fn admitted_for(messages_a_second: u32, samples: usize) -> Duration {
        let mut allowance = Allowance::new();
        let every = Duration::from_secs(1) / messages_a_second;
        (0..60 * messages_a_second)
            .map(|i| every * i)
            .find(|&now| !allowance.admits(samples, now))
            .unwrap_or(Duration::from_mins(1))
    }

    #[test]
    fn a_flood_is_cut_off_and_a_fast_talker_is_not() {
        let cases = [
            ("real time", 50, 320, 60..=60),
            ("2.9 times", 145, 320, 60..=60),
            ("4 times", 200, 320, 9..=11),
            ("100 times", 5000, 320, 0..=0),
            ("1,000 empty messages a second", 1000, 0, 60..=60),
            ("6,000 empty messages a second", 6000, 0, 1..=2),
        ];
        for (name, messages_a_second, samples, expected_s) in cases {
            let admitted = admitted_for(messages_a_second, samples);
            assert!(expected_s.contains(&admitted.as_secs()), "{name}: {admitted:?}");
        }
    }

    #[test]
    fn what_was_held_up_may_come_at_once() {
        let mut allowance = Allowance::new();
        assert!((0..250).all(|_| allowance.admits(320, Duration::from_secs(5))));
    }
}

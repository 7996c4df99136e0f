use std::time::Duration;

use audio::codec::Codec;
use transport::rtp::{JitterBuffer, Packet, Popped, Sender, Start, Statistics};

/// A way for packets; the same seed does the same to them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Network {
    pub(crate) seed: u64,
    /// The share of packets that never come.
    pub(crate) loss: f64,
    /// The share that comes twice.
    pub(crate) twice: f64,
    /// Each packet takes 30 ms and up to so much more, on its own: what is more than a packet's length reorders.
    pub(crate) jitter_ms: u64,
    /// How much slower than ours the sender's clock is, in millionths.
    pub(crate) drift_ppm: i64,
}

pub(crate) const QUIET: Network = Network { seed: 1, loss: 0.0, twice: 0.0, jitter_ms: 0, drift_ppm: 0 };

/// How long the fastest packet takes.
pub(crate) const WAY: Duration = Duration::from_millis(30);
pub(crate) const TYPE: u8 = 0;
pub(crate) const KEYS: u8 = 101;
pub(crate) const START: Start = Start { ssrc: 7, sequence: 65_500, timestamp: u32::MAX - 5000 };

/// What was sent, and when.
pub(crate) type Sent = Vec<(Duration, Vec<u8>)>;

pub(crate) fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Sound that says which packet it is, as loud as speech.
pub(crate) fn payload(index: usize, len: usize) -> Vec<u8> {
    let mut payload = vec![0x90; len];
    payload[..4].copy_from_slice(&(index as u32).to_be_bytes());
    payload
}

/// `count` packets of 20 ms.
pub(crate) fn speech(count: usize) -> Sent {
    let mut sender = Sender::new(START, Codec::Pcmu, TYPE);
    (0..count).map(|index| (ms(20 * index as u64), sender.send(&payload(index, 160)))).collect()
}

/// What the network did and what became of it.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Which packets were played, and how long after they were sent.
    pub(crate) played: Vec<(usize, Duration)>,
    /// How much was given in all, and of that silence.
    pub(crate) given: Duration,
    pub(crate) silence: Duration,
    /// Different packets that came, and how many came twice.
    pub(crate) came: u64,
    pub(crate) twice: u64,
    /// Packets that did not come, between the first and the last that did.
    pub(crate) missing: u64,
    pub(crate) statistics: Statistics,
    pub(crate) most_waiting: usize,
}

impl Network {
    /// When each packet comes.
    fn carry(&self, sent: &Sent, outcome: &mut Outcome) -> Vec<(Duration, usize)> {
        let mut luck = Luck(self.seed);
        let mut came = Vec::new();
        for (index, (at, _)) in sent.iter().enumerate() {
            let at = at.as_micros() as i64;
            let at = Duration::from_micros((at + at * self.drift_ppm / 1_000_000) as u64);
            let mut arrival =
                || at + WAY + Duration::from_micros((luck.draw() * 1000.0 * self.jitter_ms as f64) as u64);
            let (first, second) = (arrival(), arrival());
            if luck.draw() >= self.loss {
                came.push((first, index));
                outcome.came += 1;
                if luck.draw() < self.twice {
                    came.push((second, index));
                    outcome.twice += 1;
                }
            }
        }
        let indices = || came.iter().map(|(_, index)| *index as u64);
        outcome.missing = indices().max().map_or(0, |max| max - indices().min().unwrap_or(0) + 1 - outcome.came);
        came.sort();
        came
    }

    /// Sends everything to a jitter buffer that is asked every 20 ms, and goes on for a second.
    pub(crate) fn run(&self, sent: &Sent) -> Outcome {
        self.run_into(JitterBuffer::new(Codec::Pcmu, TYPE, Duration::ZERO), sent)
    }

    pub(crate) fn run_into(&self, mut buffer: JitterBuffer, sent: &Sent) -> Outcome {
        let mut outcome = Outcome::default();
        let mut coming = self.carry(sent, &mut outcome).into_iter().peekable();
        let end = coming.clone().last().map_or(ms(0), |(at, _)| at) + ms(1000);
        for tick in 1.. {
            let now = ms(20 * tick);
            while let Some((at, index)) = coming.next_if(|(at, _)| *at <= now) {
                buffer.push(&Packet::parse(&sent[index].1).unwrap(), at);
                outcome.most_waiting = outcome.most_waiting.max(buffer.len());
            }
            while let Some(popped) = buffer.pop(now) {
                outcome.take(popped, now, sent);
            }
            assert!(now.abs_diff(outcome.given) <= ms(20), "{:?} given in {now:?}", outcome.given);
            if now > end {
                outcome.statistics = buffer.statistics();
                assert!(buffer.is_empty(), "all that came is played");
                return outcome;
            }
        }
        unreachable!("there is an end")
    }
}

impl Outcome {
    fn take(&mut self, popped: Popped, now: Duration, sent: &Sent) {
        match popped {
            Popped::Frame(payload) => {
                let index = u32::from_be_bytes(*payload.first_chunk().unwrap()) as usize;
                self.played.push((index, now.saturating_sub(sent[index].0)));
                self.given += Duration::from_micros(payload.len() as u64 * 125);
            }
            Popped::Lost(long) => self.given += long,
            Popped::Silence(long) => {
                self.given += long;
                self.silence += long;
            }
        }
    }

    /// What holds on every network.
    pub(crate) fn check(&self) {
        let in_order = self.played.windows(2).all(|pair| pair[0].0 < pair[1].0);
        assert!(in_order, "in order, and none twice");
        let Statistics { received, lost, late, duplicated, refused, skipped, .. } = self.statistics;
        assert_eq!((received, duplicated, lost), (self.came, self.twice, self.missing), "{:?}", self.statistics);
        assert_eq!((self.played.len() as u64 + late + skipped, refused), (self.came, 0), "{:?}", self.statistics);
    }

    pub(crate) fn mean_delay(&self) -> Duration {
        self.played.iter().map(|(_, delay)| *delay).sum::<Duration>() / self.played.len().max(1) as u32
    }

    pub(crate) fn most_delay(&self) -> Duration {
        self.played.iter().map(|(_, delay)| *delay).max().unwrap_or_default()
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014).
pub(crate) struct Luck(pub(crate) u64);

impl Luck {
    /// The next number in [0, 1).
    pub(crate) fn draw(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

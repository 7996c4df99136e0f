//! What a bad network costs: words misheard, and the time that the jitter buffer adds.
//!
//! Real recordings (`../shared/data`, beside the repository: short answers and read speech, as in the bench `words`) go as RTP
//! packets of 20 ms, G.711 or Opus, over a network that loses each packet on its own and keeps each for 30 ms and up to so much
//! longer, which puts them out of order. They come into the jitter buffer of a call, its decoder and concealment, and are heard by
//! the recogniser of a call's finals (tiny.en). The same seeds lose the same packets in each run.
//!
//! | column | what |
//! |---|---|
//! | words wrong | inserted, left out or wrong, of all that were said |
//! | ratio | to the same codec's row without loss and jitter |
//! | added | how long a packet that was as fast as the fastest waits until it is played, mean: so much later the answer comes |
//! | made up | of the sound that was heard, what was concealed while packets were missing or late |
//! | thrown away | of the packets that came, those that came too late or were skipped to catch up |
//!
//! `cargo bench --profile dev -p firstring --bench network [-- --quick]`; `--quick` hears every second recording.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a benchmark prints, and fails by panicking

#[path = "support/cases.rs"]
#[allow(dead_code)] // each bench uses its own part
mod cases;
#[path = "support/mod.rs"]
mod machine;
#[path = "../crates/transport/tests/rtp/network.rs"]
#[allow(dead_code)]
mod network;
#[path = "../crates/speech/tests/recordings/mod.rs"]
mod recordings;

use std::iter::zip;
use std::time::Duration;

use audio::Pcm;
use audio::codec::{Codec, Decoder, Encoder};
use cases::{Case, cases, judged};
use network::{Luck, START, WAY, ms};
use recordings::scoring::Score;
use recordings::{FinalsOnly, heard, silero, smart_turn, whisper};
use speech::hearing::HZ;
use speech::onnx::{Silero, SmartTurn};
use speech::whisper::WhisperRecognizer;
use transport::rtp::{JitterBuffer, Packet, Popped, Sender, Statistics, TICK};

const QUICK: usize = 2;
/// Of `cases::cases`, those that are judged by their words.
const SETS_OF_WORDS: usize = 2;
const CODECS: [(&str, Codec, u8); 2] = [("G.711", Codec::Pcmu, 0), ("Opus", Codec::Opus, 96)];
const LOSSES: [f64; 4] = [0.0, 0.01, 0.03, 0.05];
const JITTERS_MS: [u64; 3] = [0, 20, 60];
const CELLS: usize = CODECS.len() * LOSSES.len() * JITTERS_MS.len();
const FRAME: usize = HZ as usize / 50;
/// Before the speech, as in a call: the buffer has found its delay when somebody speaks.
const QUIET_BEFORE: usize = 2 * HZ as usize;

/// What became of a recording, or of several.
#[derive(Clone, Copy, Default)]
struct Outcome {
    words: Score,
    /// Sums of the buffer's delay, over so many ticks.
    delay: Duration,
    ticks: u32,
    concealed: Duration,
    came: u64,
    thrown: u64,
}

fn main() {
    let step = if std::env::args().any(|argument| argument == "--quick") { QUICK } else { 1 };
    let Some(cases) = cases() else { return };
    let cases: Vec<Case> = cases.into_iter().filter(|case| case.set < SETS_OF_WORDS).step_by(step).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let Some(ears) = (0..threads).map(|_| Ears::open()).collect::<Option<Vec<_>>>() else { return };
    println!("{} recordings over {CELLS} networks", cases.len());
    print(&heard_by_all(ears, &cases));
    println!("load average {}", machine::load_average());
}

/// Each codec with each loss and jitter.
fn cells() -> impl Iterator<Item = (Codec, u8, f64, u64)> {
    let networks = || LOSSES.into_iter().flat_map(|loss| JITTERS_MS.map(|jitter_ms| (loss, jitter_ms)));
    CODECS.into_iter().flat_map(move |(_, codec, payload_type)| {
        networks().map(move |(loss, jitter_ms)| (codec, payload_type, loss, jitter_ms))
    })
}

/// What one thread hears with.
struct Ears {
    vad: Silero,
    turn: SmartTurn,
    recognizer: FinalsOnly<WhisperRecognizer>,
}

impl Ears {
    fn open() -> Option<Self> {
        Some(Self { vad: silero()?, turn: smart_turn()?, recognizer: FinalsOnly(whisper("ggml-tiny.en.bin")?) })
    }

    fn hear(&mut self, seed: u64, case: &Case, outcomes: &mut [Outcome; CELLS]) {
        // Networks that leave the same sound are heard once.
        let mut known: Vec<(Vec<f32>, Score)> = Vec::new();
        for (outcome, (codec, payload_type, loss, jitter_ms)) in zip(outcomes, cells()) {
            let sent = sent(&case.samples, codec, payload_type);
            let coming = carried(&sent, &mut Luck(seed), loss, jitter_ms);
            let sound = received(&coming, codec, payload_type, outcome);
            let score = known.iter().find(|(same, _)| *same == sound).map(|(_, score)| *score);
            let score = score.unwrap_or_else(|| {
                let (text, _) = heard(&sound, &mut self.vad, &mut self.turn, &mut self.recognizer, case.expecting);
                judged(&case.said, &text)
            });
            outcome.words += score;
            known.push((sound, score));
        }
    }
}

fn sent(speech: &[f32], codec: Codec, payload_type: u8) -> Vec<Vec<u8>> {
    let (mut encoder, mut sender) = (Encoder::new(codec), Sender::new(START, codec, payload_type));
    let samples = [&vec![0.0; QUIET_BEFORE][..], speech].concat();
    let frames = samples.chunks(FRAME).map(|frame| {
        let mut frame = frame.to_vec();
        frame.resize(FRAME, 0.0);
        sender.send(&encoder.encode(&Pcm::new(frame)))
    });
    frames.collect()
}

/// When which packet comes.
fn carried<'a>(sent: &'a [Vec<u8>], luck: &mut Luck, loss: f64, jitter_ms: u64) -> Vec<(Duration, &'a [u8])> {
    let mut coming: Vec<_> = zip(0u32.., sent)
        .filter_map(|(index, bytes)| {
            let (later, is_lost) = (ms(1000 * jitter_ms).mul_f64(luck.draw() / 1000.0), luck.draw() < loss);
            (!is_lost).then_some((TICK * index + WAY + later, &bytes[..]))
        })
        .collect();
    coming.sort_by_key(|(at, _)| *at);
    coming
}

/// What a call hears of it.
fn received(coming: &[(Duration, &[u8])], codec: Codec, payload_type: u8, outcome: &mut Outcome) -> Vec<f32> {
    let (mut buffer, mut decoder) = (JitterBuffer::new(codec, payload_type, Duration::ZERO), Decoder::new(codec));
    let end = coming.last().map_or(Duration::ZERO, |(at, _)| *at) + ms(300);
    let mut statistics = Statistics::default();
    let (mut coming, mut sound, mut now) = (coming.iter().peekable(), Vec::new(), Duration::ZERO);
    while now < end {
        now += TICK;
        while let Some((at, bytes)) = coming.next_if(|(at, _)| *at <= now) {
            buffer.push(&Packet::parse(bytes).unwrap(), *at);
        }
        while let Some(popped) = buffer.pop(now) {
            sound.extend_from_slice(
                match popped {
                    Popped::Frame(payload) => decoder.decode(&payload).unwrap(),
                    Popped::Lost(long) => decoder.conceal(long),
                    Popped::Silence(long) => decoder.silence(long),
                }
                .samples(),
            );
        }
        // Neither the beginning counts nor the end, which a call has once.
        if now > ms(1000) && coming.peek().is_some() {
            statistics = buffer.statistics();
            outcome.delay += statistics.delay;
            outcome.ticks += 1;
        }
    }
    outcome.came += statistics.received;
    outcome.thrown += statistics.late + statistics.skipped;
    outcome.concealed += statistics.concealed;
    sound
}

/// Each thread takes its share of the cases.
fn heard_by_all(ears: Vec<Ears>, cases: &[Case]) -> [Outcome; CELLS] {
    let count = ears.len();
    std::thread::scope(|scope| {
        let share = |(first, mut ears): (usize, Ears)| {
            scope.spawn(move || {
                let mut outcomes = [Outcome::default(); CELLS];
                for (at, case) in cases.iter().enumerate().skip(first).step_by(count) {
                    ears.hear(at as u64, case, &mut outcomes);
                }
                outcomes
            })
        };
        let threads: Vec<_> = ears.into_iter().enumerate().map(share).collect();
        let mut sum = [Outcome::default(); CELLS];
        for thread in threads {
            for (sum, part) in zip(&mut sum, thread.join().unwrap()) {
                sum.words += part.words;
                sum.delay += part.delay;
                sum.ticks += part.ticks;
                sum.concealed += part.concealed;
                sum.came += part.came;
                sum.thrown += part.thrown;
            }
        }
        sum
    })
}

fn print(outcomes: &[Outcome; CELLS]) {
    let wrong = |outcome: &Outcome| outcome.words.errors as f64 * 100.0 / outcome.words.of as f64;
    println!(
        "      loss jitter   words wrong   ratio     added   made up   thrown away   (of {} words)",
        outcomes[0].words.of
    );
    let names = CODECS.iter().flat_map(|(name, ..)| [name; CELLS / CODECS.len()]);
    for ((at, name), (outcome, (_, _, loss, jitter_ms))) in zip(names.enumerate(), zip(outcomes, cells())) {
        let best = &outcomes[at / (CELLS / CODECS.len()) * (CELLS / CODECS.len())];
        println!(
            "{name:5} {:3.0} % {jitter_ms:3} ms {:11.1} % {:7.2} {:6.0} ms {:7.1} % {:11.1} %",
            loss * 100.0,
            wrong(outcome),
            wrong(outcome) / wrong(best),
            outcome.delay.as_secs_f64() * 1000.0 / f64::from(outcome.ticks),
            outcome.concealed.as_secs_f64() * 100.0 / (TICK * outcome.ticks).as_secs_f64(),
            outcome.thrown as f64 * 100.0 / outcome.came as f64,
        );
    }
}

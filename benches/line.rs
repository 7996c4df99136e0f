//! What a telephone line adds to an answer: from the first sample of a click that the caller sends to the first sample of the answer
//! that the caller hears, by SIP (G.711 in RTP packets on the loopback interface, both jitter buffers, both clocks) and by the
//! loopback line, at the same time. Whoever answers does so with a tone, as soon as a frame with the click is heard: no model
//! blurs it.
//!
//! Takes about a minute.
//!
//! `cargo bench --profile dev -p transport --bench line`
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a benchmark prints, and fails by panicking

#[path = "support/mod.rs"]
mod machine;

use std::time::Duration;

use audio::Sound;
use audio::codec::Codec;
use audio::g711::Law;
use audio::telephone::Telephone;
use domain::LineId;
use transport::loopback::{self, Line, LoopbackCaller, LoopbackOptions, SipCallOptions};
use transport::{Leg, Voiced};

const CALLS: usize = 4;
const CLICKS: usize = 12;
/// A click, and an answer, in samples of 16 kHz.
const SOUNDS: usize = 1_600;
const PAUSE: Duration = Duration::from_millis(873);
const LOUD: f32 = 0.1;

#[tokio::main]
async fn main() {
    println!("{CALLS} calls of {CLICKS} clicks; milliseconds; load average {}", machine::load_average());
    let (mut near, mut by_sip) = (Times::default(), Times::default());
    for _ in 0..CALLS {
        let line = Line::G711(Telephone { law: Law::Mu, loss: 0.0, seed: 0 });
        let (leg, caller) = loopback::call(LoopbackOptions { line, caller_id: None });
        let options = SipCallOptions { codec: Codec::Pcmu, caller_id: None, network: None };
        let (sip_leg, sip_caller, exchange) = loopback::call_by_sip(options).await.unwrap();
        let (one, other) = tokio::join!(call(leg, caller), call(sip_leg, sip_caller));
        exchange.stop().await;
        near.add(one);
        by_sip.add(other);
    }
    println!("{:44} {:>5} {:>8} {:>8} {:>8}", "", "n", "p50", "p95", "worst");
    for (what, of) in PARTS {
        let (base, with) = (Percentiles::of(&of(&near)), Percentiles::of(&of(&by_sip)));
        println!("{:44} {base}", format!("{what}, loopback"));
        println!("{:44} {with}", format!("{what}, SIP"));
        println!("{:44} {:5} {:8.1} {:8.1}", "   added", "", with.p50 - base.p50, with.p95 - base.p95);
    }
    println!("wanted: at most 40 added to click -> answer; load average {}", machine::load_average());
}

type Part = fn(&Times) -> Vec<f64>;
const PARTS: [(&str, Part); 3] = [
    ("click -> heard by who answers", |times| times.heard.clone()),
    ("click -> answer", |times| times.answered.clone()),
    ("   the first click of a call -> answer", |times| times.first.clone()),
];

/// Milliseconds.
#[derive(Default)]
struct Times {
    heard: Vec<f64>,
    answered: Vec<f64>,
    first: Vec<f64>,
}

impl Times {
    fn add(&mut self, other: Self) {
        self.heard.extend(other.heard);
        self.answered.extend(other.answered);
        self.first.extend(other.first);
    }
}

/// One call: what each click took.
async fn call(leg: Leg, mut caller: LoopbackCaller) -> Times {
    let answering = tokio::spawn(answer(leg));
    for _ in 0..CLICKS {
        caller.silence(PAUSE).await.unwrap();
        caller.say(sound()).await.unwrap();
    }
    caller.silence(PAUSE).await.unwrap();
    let recording = caller.recording().await;
    let (sent, got) = (beginnings(&recording.from_caller), beginnings(&recording.to_caller));
    let heard = beginnings(&answering.await.unwrap());
    assert_eq!(
        (sent.len(), heard.len(), got.len()),
        (CLICKS, CLICKS, CLICKS),
        "each click was heard and answered once"
    );
    let took = |to: &[usize]| sent.iter().zip(to).map(|(from, to)| (*to as f64 - *from as f64) / 16.0).collect();
    let answered: Vec<f64> = took(&got);
    Times { heard: took(&heard), first: answered[..1].to_vec(), answered }
}

/// Answers each click at once, and gives what was heard.
async fn answer(mut leg: Leg) -> Vec<f32> {
    let (mut heard, mut line) = (Vec::new(), 0);
    loop {
        tokio::select! {
            frame = leg.hears.recv() => {
                let Some(frame) = frame else { return heard };
                let before = beginnings(&heard).len();
                heard.extend(frame.pcm.samples());
                if beginnings(&heard).len() > before {
                    line += 1;
                    let sound = Sound { hz: 16_000, samples: sound() };
                    let (speaker, voiced) = (leg.speaker.clone(), Voiced { line: LineId(line), sound, last: true });
                    tokio::spawn(async move { speaker.play(speaker.generation(), voiced).await });
                }
            }
            news = leg.news.recv() => if news.is_none() { return heard },
            () = leg.over.cancelled() => return heard,
        }
    }
}

/// Loud from its first sample on.
fn sound() -> Vec<f32> {
    (0..SOUNDS).map(|i| 0.5 * (std::f32::consts::TAU * 800.0 * i as f32 / 16_000.0).cos()).collect()
}

/// Where it becomes loud after a quarter of a second of silence.
fn beginnings(track: &[f32]) -> Vec<usize> {
    let mut quiet = 4_000;
    let mut found = Vec::new();
    for (at, sample) in track.iter().enumerate() {
        if sample.abs() < LOUD {
            quiet += 1;
        } else {
            if quiet >= 4_000 {
                found.push(at);
            }
            quiet = 0;
        }
    }
    found
}

struct Percentiles {
    count: usize,
    p50: f64,
    p95: f64,
    worst: f64,
}

impl Percentiles {
    /// Nearest rank.
    fn of(sample: &[f64]) -> Self {
        let mut sorted = sample.to_vec();
        sorted.sort_by(f64::total_cmp);
        let rank = |share: f64| sorted[((share * sorted.len() as f64).ceil() as usize).saturating_sub(1)];
        Self { count: sorted.len(), p50: rank(0.5), p95: rank(0.95), worst: rank(1.0) }
    }
}

impl std::fmt::Display for Percentiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:5} {:8.1} {:8.1} {:8.1}", self.count, self.p50, self.p95, self.worst)
    }
}

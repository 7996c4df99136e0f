//! How long a caller waits for an answer, one call at a time, in real time, on the program as it serves: from the
//! caller's last voiced sample to the first sound of the answer, what each stage took of it, and the greeting's first
//! sound. The caller's sound comes as over a G.711 line. The baseline of the same run holds the first calls by the
//! written rules alone, so that the ratio tells what the language model costs a caller.
//!
//! Takes about four minutes, most of it listening to answers.
//!
//! `cargo bench --profile dev -p firstring --bench latency`
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a benchmark prints, and fails by panicking

#[path = "support/mod.rs"]
mod machine;
#[path = "../crates/firstring/tests/support/mod.rs"]
#[allow(dead_code)] // each bench uses its own part
mod support;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use audio::Pcm;
use audio::g711::Law;
use audio::telephone::Telephone;
use futures_util::{SinkExt, StreamExt};
use support::{Percentiles, Server, fixture, models_are_there, practice};
use tokio::time::{MissedTickBehavior, interval};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

/// What callers say, each list one call.
const CALLS: [&[&str]; 5] = [
    &["question_parking", "question_hours", "goodbye"],
    &["person_please", "goodbye"],
    &["message_open", "message_body", "message_no_more", "message_name", "yes_right", "message_number", "yes_right"],
    &["book_physical", "maria_birth", "first_one", "yes_please", "goodbye"],
    &["cancel_appointment", "maria_birth", "yes_please", "goodbye"],
];
/// So many of them are held without the model too.
const BASE_CALLS: usize = 2;

/// FirstRing has finished when it was silent for so long after an answer,
const SETTLED: Duration = Duration::from_millis(800);
/// or when no answer came for so long.
const PATIENCE: Duration = Duration::from_secs(10);
const FRAME_LEN: usize = Pcm::<16_000>::frame_len();
const FRAME: Duration = Duration::from_millis(20);
/// Quieter sound of FirstRing's is silence.
const SILENT_DBFS: f32 = -60.0;

const VOICE_TO_VOICE: &str = "voice to voice";
/// Before the name of a recording: voice to voice after it.
const AFTER: &str = "   after ";
const GREETING: &str = "greeting's first sound";

/// Milliseconds by what they were spent on.
type Times = BTreeMap<String, Vec<f64>>;

#[tokio::main]
async fn main() {
    if !models_are_there() {
        return;
    }
    println!("one call at a time, G.711, real time; milliseconds; load average {}", machine::load_average());
    let rules = calls(&["--no-llm"], &CALLS[..BASE_CALLS]).await;
    let model = calls(&[], &CALLS).await;
    println!("{:34} {:>5} {:>8} {:>8} {:>8}", "", "n", "p50", "p95", "worst");
    println!("{:34} {}", "voice to voice, rules alone (base)", total(&rules, VOICE_TO_VOICE));
    println!("{:34} {}", "voice to voice, language model", total(&model, VOICE_TO_VOICE));
    let recordings: BTreeSet<&String> =
        model.iter().flat_map(BTreeMap::keys).filter(|key| key.starts_with(AFTER)).collect();
    for after in recordings {
        println!("{after:34} {}", total(&model, after));
    }
    for stage in ["final", "reading", "first_clause"] {
        println!("{:34} {}", format!("stage: {stage}"), total(&model, stage));
    }
    println!("{GREETING:34} {}", total(&model, GREETING));
    let (base, with) = (total(&rules, VOICE_TO_VOICE), total(&model[..BASE_CALLS], VOICE_TO_VOICE));
    println!("ratio model/rules in the same calls: p50 {:.2}, p95 {:.2}", with.p50 / base.p50, with.p95 / base.p95);
    println!("target: p50 900, p95 1600; greeting 200; load average {}", machine::load_average());
}

fn total(calls: &[Times], what: &str) -> Percentiles {
    let all: Vec<f64> = calls.iter().filter_map(|times| times.get(what)).flatten().copied().collect();
    Percentiles::of(&all)
}

/// Holds the calls one after the other, with one server.
async fn calls(more: &[&str], calls: &[&[&str]]) -> Vec<Times> {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(&practice(), folder.path(), more);
    let url = format!("ws://{}/call/ws", server.http);
    let mut times = Vec::new();
    for says in calls {
        times.push(call(&url, says).await);
    }
    times
}

async fn call(url: &str, says: &[&str]) -> Times {
    let mut says: VecDeque<&str> = says.iter().copied().collect();
    let mut said = "";
    let (mut line, _) = connect_async(url).await.unwrap();
    let mut tick = interval(FRAME);
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut caller, mut times) = (Caller::default(), Times::new());
    loop {
        tokio::select! {
            _ = tick.tick() => {
                if caller.may_speak() {
                    let Some(next) = says.pop_front() else { break };
                    said = next;
                    caller.speak(over_the_telephone(next));
                }
                // An error is a call that FirstRing has ended: the next branch tells.
                drop(line.send(Message::Binary(caller.next_frame().to_s16le().into())).await);
            }
            message = line.next() => match message {
                Some(Ok(Message::Binary(bytes))) => caller.hear(&Pcm::from_s16le(&bytes)),
                Some(Ok(Message::Text(news))) => note(&mut times, said, &serde_json::from_str(&news).unwrap()),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
            },
        }
    }
    assert!(says.is_empty(), "the call ended before all was said: {times:?}");
    drop(line.close(None).await);
    times
}

/// A fixture, as it sounds at the end of a telephone line.
fn over_the_telephone(name: &str) -> Vec<f32> {
    let line = Telephone { law: Law::Mu, loss: 0.0, seed: 0 };
    line.carry(&audio::wav::read(fixture(name)).unwrap().to_pcm::<16_000>()).into_samples()
}

/// Takes what is timed out of the news of a call, in which the caller has last `said` that recording.
fn note(times: &mut Times, said: &str, news: &serde_json::Value) {
    let mut add = |what: &str, ms: &serde_json::Value| {
        if let Some(ms) = ms.as_f64() {
            times.entry(what.to_owned()).or_default().push(ms);
        }
    };
    match news["news"].as_str().unwrap() {
        "stage" => add(news["stage"].as_str().unwrap(), &news["ms"]),
        "saying" => {
            add(VOICE_TO_VOICE, &news["voice_to_voice_ms"]);
            add(&format!("{AFTER}{said}"), &news["voice_to_voice_ms"]);
            // The first line of a call greets.
            times.entry(GREETING.to_owned()).or_insert_with(|| vec![news["at"].as_f64().unwrap()]);
        }
        _ => {}
    }
}

/// Speaks, one frame at a time, when FirstRing has finished.
#[derive(Default)]
struct Caller {
    /// What is still to be said.
    words: VecDeque<f32>,
    answered: bool,
    /// Frames of silence on both sides.
    quiet_frames: u32,
}

impl Caller {
    fn may_speak(&self) -> bool {
        let quiet = FRAME * self.quiet_frames;
        quiet >= if self.answered { SETTLED } else { PATIENCE }
    }

    fn speak(&mut self, words: Vec<f32>) {
        *self = Self { words: words.into(), ..Self::default() };
    }

    fn next_frame(&mut self) -> Pcm<16_000> {
        if self.words.is_empty() {
            return Pcm::silence(FRAME_LEN);
        }
        self.quiet_frames = 0;
        self.answered = false;
        let mut frame: Vec<f32> = self.words.drain(..FRAME_LEN.min(self.words.len())).collect();
        frame.resize(FRAME_LEN, 0.0);
        Pcm::new(frame)
    }

    fn hear(&mut self, sound: &Pcm<16_000>) {
        if audio::level::peak_dbfs(sound.samples()) > SILENT_DBFS {
            self.answered = true;
            self.quiet_frames = 0;
        } else {
            self.quiet_frames += 1;
        }
    }
}

//! Calls by streamdouble, which knows Twilio's protocol from its documentation and nothing of ours.

use std::f32::consts::TAU;
use std::path::Path;
use std::process::Stdio;

use audio::Sound;
use domain::LineId;
use serde_json::Value;
use testbed::{fixtures, tool};
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::timeout;
use transport::streams::StreamOptions;
use transport::{Incoming, Leg, LegNews, Voiced};

use crate::provider::{Server, TOKEN, WITHIN};

/// What streamdouble allows: a machine that builds something else at the same time is no bad line.
const FIRST_AUDIO_MS: &str = "20000";
const GAP_MS: &str = "10000";
/// How long the caller speaks, and FirstRing.
const CALLER_S: usize = 4;
const LINE_S: f64 = 2.0;

fn tone(hz: u32, seconds: f64) -> Vec<f32> {
    (0..(f64::from(hz) * seconds) as u32).map(|i| (i as f32 * TAU * 400.0 / hz as f32).sin() * 0.3).collect()
}

fn caller(folder: &Path) -> std::path::PathBuf {
    let wav = folder.join("caller.wav");
    audio::wav::write(&wav, 8000, 1, &tone(8000, CALLER_S as f64)).unwrap();
    wav
}

/// What a shell does when its caller speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Listens,
    StopsSpeaking,
}

/// What a shell that says one line has heard of its caller.
#[derive(Debug, PartialEq)]
struct Answered {
    heard_s: f64,
    loud_s: f64,
    news: Vec<&'static str>,
}

/// Says a line, listens, and waits until the caller hangs up.
async fn answer(Incoming { mut leg, .. }: Incoming, manner: Manner) -> Answered {
    let speaker = leg.speaker.clone();
    let sound = Sound { hz: 16_000, samples: tone(16_000, LINE_S) };
    let saying = tokio::spawn(async move { speaker.play(0, Voiced { line: LineId(1), sound, last: true }).await });
    let (mut heard, mut loud, mut news) = (0, 0, Vec::new());
    loop {
        let Leg { hears, news: newspaper, .. } = &mut leg;
        tokio::select! {
            Some(frame) = hears.recv() => {
                heard += frame.pcm.len();
                // Of a sine at 0.3 two thirds of all samples are above 0.15.
                loud += frame.pcm.samples().iter().filter(|sample| sample.abs() > 0.15).count();
                if manner == Manner::StopsSpeaking && loud > 3200 && leg.speaker.generation() == 0 {
                    leg.speaker.stop();
                }
            }
            Some(told) = newspaper.recv() => news.push(match told {
                LegNews::Started { .. } => "started",
                LegNews::Finished { .. } => "finished",
                LegNews::HungUp => "hung up",
                LegNews::Lost => "lost",
                LegNews::Dtmf(_) | LegNews::HearingOverrun => "unexpected",
            }),
            else => break,
        }
    }
    saying.await.unwrap().ok();
    let seconds = |samples: usize| samples as f64 / 16_000.0;
    Answered { heard_s: seconds(heard), loud_s: seconds(loud) * 1.5, news }
}

fn is_good(answered: &Answered) -> bool {
    // Two in a hundred pieces are lost, and made up.
    answered.news == ["started", "finished", "hung up"]
        && answered.heard_s >= CALLER_S as f64 - 0.2
        && (CALLER_S as f64 * 0.9..CALLER_S as f64 * 1.1).contains(&answered.loud_s)
}

/// A call over a network that loses 2 % and is 20 ms uneven, with a report as JSON.
fn streamdouble(server: &Server, folder: &Path) -> Command {
    let mut command = Command::new(tool("streams", "streams/requirements.txt").join("bin/streamdouble"));
    command
        .args(["call", &server.url(), "--param", &format!("token={TOKEN}"), "--packet-loss", "0.02", "--jitter", "20"])
        .arg("--json")
        .arg("--audio")
        .arg(caller(folder))
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command
}

#[tokio::test]
async fn who_speaks_up_hears_the_line_stop() {
    let mut server = Server::start(StreamOptions::default()).await;
    let folder = tempfile::tempdir().unwrap();
    let calling = streamdouble(&server, folder.path()).spawn().unwrap();
    let incoming = timeout(WITHIN, server.incoming.recv()).await.expect("calls").unwrap();
    let answered = answer(incoming, Manner::StopsSpeaking).await;
    let output = calling.wait_with_output().await.unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(output.status.success(), "{report}");
    assert_eq!(report["clears_received"], 1, "{report}");
    assert!(report["audio_received_ms"].as_f64().unwrap() < LINE_S * 1000.0, "{report}");
    assert!(!answered.news.contains(&"finished"), "{answered:?}");
}

#[tokio::test]
async fn a_call_over_a_bad_network_passes_its_gates() {
    let mut server = Server::start(StreamOptions::default()).await;
    let folder = tempfile::tempdir().unwrap();
    let reply = folder.path().join("reply.wav");
    let calling = streamdouble(&server, folder.path())
        .args(["--max-first-audio-ms", FIRST_AUDIO_MS, "--max-gap-ms", GAP_MS])
        .arg("--out")
        .arg(&reply)
        .spawn()
        .unwrap();
    let incoming = timeout(WITHIN, server.incoming.recv()).await.expect("calls").unwrap();
    let answered = answer(incoming, Manner::Listens).await;
    let output = calling.wait_with_output().await.unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    println!("{answered:?} {report}");
    assert!(output.status.success(), "{report}");
    assert!(is_good(&answered), "{answered:?}");
    let heard = audio::wav::read(reply).unwrap();
    let heard_s = heard.samples.len() as f64 / f64::from(heard.hz);
    assert!((LINE_S..LINE_S + 0.1).contains(&heard_s), "{heard_s} s of our line");
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["violations"], serde_json::json!([]), "{report}");
}

#[tokio::test]
async fn twenty_calls_at_once_pass_their_gates() {
    const CALLS: usize = 20;
    let mut server = Server::start(StreamOptions { calls_max: CALLS, ..StreamOptions::default() }).await;
    let folder = tempfile::tempdir().unwrap();
    let calling = Command::new(tool("streams", "streams/requirements.txt").join("bin/python"))
        .arg(fixtures().join("streams/at_once.py"))
        .arg(server.url())
        .arg(caller(folder.path()))
        .args([&CALLS.to_string(), TOKEN, FIRST_AUDIO_MS, GAP_MS])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut answers = JoinSet::new();
    for _ in 0..CALLS {
        let incoming = timeout(WITHIN, server.incoming.recv()).await.expect("calls").unwrap();
        answers.spawn(answer(incoming, Manner::Listens));
    }
    let answered = answers.join_all().await;
    let output = calling.wait_with_output().await.unwrap();
    let reports = String::from_utf8(output.stdout).unwrap();
    println!("{reports}");
    assert!(output.status.success(), "{reports}");
    let reports: Vec<Value> = reports.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(reports.len(), CALLS);
    for report in &reports {
        assert_eq!((&report["exit"], &report["violations"]), (&0.into(), &0.into()), "{report}");
        assert_eq!((&report["marks"], &report["echoed"]), (&2.into(), &2.into()), "{report}");
        assert!((LINE_S..LINE_S + 0.1).contains(&report["heard_s"].as_f64().unwrap()), "{report}");
    }
    assert!(answered.iter().all(is_good), "{answered:?}");
}

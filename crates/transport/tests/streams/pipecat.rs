//! Pipecat's messages for the same providers, read and written by both.

use std::process::Stdio;

use audio::Pcm;
use audio::codec::Codec;
use audio::g711::{self, Law};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use testbed::{fixtures, tool};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;
use transport::streams::{Adapter, Opening, Say, Told};

use crate::provider::WITHIN;

const STREAM: &str = "MZ1";

/// Pipecat's serialisers, until they are dropped.
struct Pipecat {
    _process: Child,
    asks: ChildStdin,
    answers: tokio::io::Lines<BufReader<ChildStdout>>,
}

impl Pipecat {
    fn start() -> Self {
        let python = tool("streams", "streams/requirements.txt").join("bin/python");
        let mut process = Command::new(python)
            .arg(fixtures().join("streams/messages.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (asks, answers) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Self { _process: process, asks, answers: BufReader::new(answers).lines() }
    }

    async fn ask(&mut self, case: &Case, mut what: Value) -> Value {
        what["provider"] = json!(case.provider);
        what["stream"] = json!(STREAM);
        what["law"] = json!(case.codec.encoding_name());
        self.asks.write_all(format!("{what}\n").as_bytes()).await.unwrap();
        let answer = timeout(WITHIN, self.answers.next_line()).await.expect("answers in time").unwrap();
        serde_json::from_str(&answer.expect("goes on")).unwrap()
    }

    async fn message(&mut self, case: &Case, what: Value) -> Value {
        let answer = self.ask(case, what).await;
        serde_json::from_str(answer["message"].as_str().unwrap()).unwrap()
    }
}

struct Case {
    provider: &'static str,
    codec: Codec,
    law: Law,
    adapter: Adapter,
}

fn cases() -> Vec<Case> {
    let pcmu = json!({ "encoding": "audio/x-mulaw", "sampleRate": 8000 });
    let twilio = json!({ "event": "start", "streamSid": STREAM,
        "start": { "streamSid": STREAM, "callSid": "CA1", "mediaFormat": pcmu } });
    let plivo = json!({ "event": "start", "start": { "streamId": STREAM, "callId": "1", "mediaFormat": pcmu } });
    let telnyx = |encoding: &str| {
        let format = json!({ "encoding": encoding, "sample_rate": 8000 });
        json!({ "event": "start", "stream_id": STREAM, "start": { "call_control_id": "v3:1", "media_format": format } })
    };
    let starts = [
        ("twilio", twilio, Law::Mu),
        ("telnyx", telnyx("PCMU"), Law::Mu),
        ("telnyx", telnyx("PCMA"), Law::A),
        ("plivo", plivo, Law::Mu),
    ];
    let case = |(provider, start, law): (&'static str, Value, Law)| match Adapter::open(&start.to_string()) {
        Ok(Opening::Started(adapter, start)) => Case { provider, codec: start.codec, law, adapter },
        other => panic!("{provider}: no start: {other:?}"),
    };
    starts.into_iter().map(case).collect()
}

/// Every level, loud and quiet.
fn sound() -> Pcm<8000> {
    Pcm::new((0..800).map(|i| (i as f32 * 0.3).sin() * (i as f32 / 800.0)).collect())
}

fn written(adapter: &Adapter, say: Say<'_>) -> Value {
    serde_json::from_str(&adapter.write(say)).unwrap()
}

/// Takes the sound out of a message, so that the rest can be compared to the letter.
fn without_sound(message: &mut Value) -> Vec<u8> {
    let payload = message["media"]["payload"].take();
    STANDARD.decode(payload.as_str().unwrap()).unwrap()
}

/// How far two sounds are apart at most, of 1.
fn apart(one: &Pcm<8000>, other: &Pcm<8000>) -> f32 {
    assert_eq!(one.len(), other.len());
    one.samples().iter().zip(other.samples()).map(|(one, other)| (one - other).abs()).fold(0.0, f32::max)
}

#[tokio::test]
async fn what_we_send_is_what_pipecat_sends() {
    let mut pipecat = Pipecat::start();
    for case in cases() {
        let theirs = pipecat.message(&case, json!({ "do": "clear" })).await;
        assert_eq!(written(&case.adapter, Say::Clear), theirs);

        let pcm = STANDARD.encode(sound().to_s16le());
        let mut theirs = pipecat.message(&case, json!({ "do": "media", "pcm": pcm })).await;
        let mut ours = written(&case.adapter, Say::Media(&g711::encode(case.law, &sound())));
        let (their_sound, our_sound) = (without_sound(&mut theirs), without_sound(&mut ours));
        assert_eq!(ours, theirs);
        let apart = apart(&g711::decode(case.law, &our_sound), &g711::decode(case.law, &their_sound));
        // One step of the loudest segment is 1/32 of all; both may round a sample to another.
        assert!(apart <= 1.0 / 31.0, "{}: {apart}", case.provider);
    }
}

#[tokio::test]
async fn what_is_sent_to_us_is_read_as_pipecat_reads_it() {
    let mut pipecat = Pipecat::start();
    for case in cases() {
        let payload = g711::encode(case.law, &sound());
        let media = json!({ "track": "inbound", "chunk": "1", "timestamp": "0", "payload": STANDARD.encode(payload) });
        let message = json!({ "event": "media", "media": media }).to_string();
        let theirs = pipecat.ask(&case, json!({ "do": "read", "message": message })).await;
        let theirs = Pcm::from_s16le(&STANDARD.decode(theirs["pcm"].as_str().unwrap()).unwrap());
        let Ok(Told::Media(media)) = case.adapter.read(&message) else { panic!("{}: no sound", case.provider) };
        let apart = apart(&g711::decode(case.law, media.payload.expose()), &theirs);
        assert!(apart <= 1.0 / 1000.0, "{}: {apart}", case.provider);

        for key in ["0", "9", "*", "#"] {
            let message = json!({ "event": "dtmf", "dtmf": { "track": "inbound_track", "digit": key } }).to_string();
            let theirs = pipecat.ask(&case, json!({ "do": "read", "message": message })).await;
            assert_eq!(theirs["key"], key);
            assert_eq!(case.adapter.read(&message), Ok(Told::Key(key.chars().next().unwrap())));
        }
    }
}

#[tokio::test]
async fn pipecat_hears_in_our_messages_what_was_said() {
    let mut pipecat = Pipecat::start();
    // What is sent to Plivo is of another shape than what comes from there.
    for case in cases().into_iter().filter(|case| case.provider != "plivo") {
        let message = case.adapter.write(Say::Media(&g711::encode(case.law, &sound())));
        let theirs = pipecat.ask(&case, json!({ "do": "read", "message": message })).await;
        let heard = Pcm::from_s16le(&STANDARD.decode(theirs["pcm"].as_str().unwrap()).unwrap());
        let apart = apart(&sound(), &heard);
        assert!(apart <= 1.0 / 31.0, "{}: {apart}", case.provider);
    }
}

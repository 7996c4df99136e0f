use std::time::Duration;

use audio::Sound;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::{LineId, Phi, PhoneNumber};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::http::StatusCode;
use transport::streams::{MESSAGE_BYTES_MAX, Provider, StreamOptions};
use transport::{Incoming, IncomingFrom, Leg, LegNews, Voiced};

use crate::provider::{SIGNATURE, Server, Stream, TOKEN, connected, last_news, media, refused_with, start};

async fn say(leg: &Leg, line: u32, seconds: f32) {
    let samples = vec![0.25; (16_000.0 * seconds) as usize];
    let voiced = Voiced { line: LineId(line), sound: Sound { hz: 16_000, samples }, last: true };
    leg.speaker.play(leg.speaker.generation(), voiced).await.expect("plays");
}

/// What FirstRing sends until a mark comes: seconds of sound, and the mark.
async fn until_mark(stream: &mut Stream) -> (f64, String) {
    let mut bytes = 0;
    loop {
        let message = stream.next().await;
        match message["event"].as_str() {
            Some("media") => bytes += STANDARD.decode(message["media"]["payload"].as_str().unwrap()).unwrap().len(),
            Some("mark") => return (bytes as f64 / 8000.0, message["mark"]["name"].as_str().unwrap().to_owned()),
            _ => panic!("neither sound nor a mark: {message}"),
        }
    }
}

fn mark(name: &str) -> Value {
    json!({ "event": "mark", "sequenceNumber": "9", "streamSid": "MZ1", "mark": { "name": name } })
}

async fn news(leg: &mut Leg) -> LegNews {
    tokio::time::timeout(crate::provider::WITHIN, leg.news.recv()).await.expect("comes in time").expect("goes on")
}

#[tokio::test]
async fn a_whole_call() {
    let mut server = Server::start(StreamOptions::default()).await;
    let (mut stream, Incoming { mut leg, from, .. }) = server.call().await;
    let caller: PhoneNumber = "+12125550142".parse().unwrap();
    assert_eq!(leg.caller_id, Some(Phi::new(caller)));
    let IncomingFrom::Stream { provider, ids, dialled } = from else { panic!("not by a stream: {from:?}") };
    assert_eq!((provider, ids.stream.as_str(), ids.call.as_str()), (Provider::Twilio, "MZ1", "CA1"));
    assert_eq!((ids.account.unwrap().as_str(), dialled.expose()[0].as_str()), ("AC1", "+12125550111"));

    // The caller is heard.
    for _ in 0..50 {
        stream.speak(&[0x10; 160]).await;
    }
    let mut loud = 0;
    while loud < 15_000 {
        let frame = leg.hears.recv().await.expect("hears");
        loud += frame.pcm.samples().iter().filter(|sample| sample.abs() > 0.1).count();
    }

    let key = json!({ "event": "dtmf", "streamSid": "MZ1", "dtmf": { "track": "inbound_track", "digit": "#" } });
    stream.tell(&key).await;
    assert_eq!(news(&mut leg).await, LegNews::Dtmf('#'));

    // A line is heard to its end when its mark comes back, and not before.
    say(&leg, 1, 0.3).await;
    let (_, begun) = until_mark(&mut stream).await;
    stream.tell(&mark(&begun)).await;
    assert!(matches!(news(&mut leg).await, LegNews::Started { line: LineId(1), .. }));
    let (seconds, ended) = until_mark(&mut stream).await;
    assert!((0.25..0.35).contains(&seconds), "{seconds} s were sent");
    assert!(leg.news.try_recv().is_err(), "what was sent has not been heard");
    stream.tell(&mark("somebody else's")).await;
    stream.tell(&mark(&ended)).await;
    assert!(matches!(news(&mut leg).await, LegNews::Finished { line: LineId(1), .. }));

    stream.tell(&json!({ "event": "stop", "streamSid": "MZ1", "stop": { "callSid": "CA1" } })).await;
    assert_eq!(last_news(leg).await, Some(LegNews::HungUp));
    assert_eq!(stream.close_code().await, Some(1000));
}

#[tokio::test]
async fn who_interrupts_clears_what_was_sent_and_the_line_never_finishes() {
    let mut server = Server::start(StreamOptions::default()).await;
    let (mut stream, Incoming { mut leg, .. }) = server.call().await;
    let speaking = leg.speaker.clone();
    let line = tokio::spawn(async move {
        let samples = vec![0.25; 16_000 * 5];
        speaking.play(0, Voiced { line: LineId(1), sound: Sound { hz: 16_000, samples }, last: true }).await
    });
    let (_, begun) = until_mark(&mut stream).await;
    stream.tell(&mark(&begun)).await;
    assert!(matches!(news(&mut leg).await, LegNews::Started { line: LineId(1), .. }));
    leg.speaker.stop();
    line.await.unwrap().expect("was stopped");
    loop {
        let message = stream.next().await;
        if message["event"] == "clear" {
            assert_eq!(message, json!({ "event": "clear", "streamSid": "MZ1" }));
            break;
        }
        assert_eq!(message["event"], "media", "{message}");
    }
    // The next line comes, and is the only one that finishes. No sound of the first is between.
    say(&leg, 2, 0.1).await;
    let (seconds, begun) = until_mark(&mut stream).await;
    assert!(seconds <= 0.02, "{seconds} s of the old line");
    let (_, ended) = until_mark(&mut stream).await;
    stream.tell(&mark(&begun)).await;
    stream.tell(&mark(&ended)).await;
    assert!(matches!(news(&mut leg).await, LegNews::Started { line: LineId(2), .. }));
    assert!(matches!(news(&mut leg).await, LegNews::Finished { line: LineId(2), .. }));
}

#[tokio::test]
async fn a_line_goes_on_after_a_pause_that_cleared_it() {
    let mut server = Server::start(StreamOptions::default()).await;
    let (mut stream, Incoming { leg, .. }) = server.call().await;
    let speaking = leg.speaker.clone();
    let line = tokio::spawn(async move {
        let samples = vec![0.25; 16_000];
        speaking.play(0, Voiced { line: LineId(1), sound: Sound { hz: 16_000, samples }, last: true }).await
    });
    until_mark(&mut stream).await;
    leg.speaker.pause();
    while stream.next().await["event"] != "clear" {}
    leg.speaker.resume();
    let (seconds, _) = until_mark(&mut stream).await;
    assert!(seconds > 0.5, "{seconds} s of the rest");
    line.await.unwrap().expect("was said");
}

#[tokio::test]
async fn a_provider_without_marks_hangs_no_call() {
    let mut server = Server::start(StreamOptions::default()).await;
    let (mut stream, Incoming { mut leg, .. }) = server.call().await;
    say(&leg, 1, 0.1).await;
    until_mark(&mut stream).await;
    assert!(matches!(news(&mut leg).await, LegNews::Started { line: LineId(1), .. }));
    assert!(matches!(news(&mut leg).await, LegNews::Finished { line: LineId(1), .. }));
}

#[tokio::test]
async fn firstring_hangs_up() {
    let mut server = Server::start(StreamOptions::default()).await;
    let (stream, Incoming { leg, .. }) = server.call().await;
    leg.over.cancel();
    assert_eq!(stream.close_code().await, Some(1000));
    assert_eq!(last_news(leg).await, None);
}

#[tokio::test]
async fn only_who_shows_a_secret_is_taken() {
    let mut server = Server::start(StreamOptions::default()).await;
    assert_eq!(refused_with(server.connect(&[("authorization", "Bearer guessed")]).await), StatusCode::FORBIDDEN);
    assert_eq!(refused_with(server.connect_to("?token=guessed", &[]).await), StatusCode::FORBIDDEN);

    for token in ["", "guessed"] {
        let mut stream = server.connect(&[("x-twilio-signature", "forged")]).await.expect("a token may come");
        stream.tell(&start(token)).await;
        let first = stream.socket.next().await.unwrap().unwrap();
        assert!(first.is_close(), "nothing is said to a stranger: {first:?}");
    }
    assert!(server.incoming.try_recv().is_err());

    let bearer = format!("Bearer {TOKEN}");
    let admitted = [
        ("authorization", bearer.as_str()),
        ("x-twilio-signature", SIGNATURE),
        ("x-telnyx-streaming-auth-token", TOKEN),
    ];
    for header in admitted {
        let mut stream = server.connect(&[header]).await.expect("is answered");
        stream.tell(&start("")).await;
        let Incoming { leg, .. } = server.incoming.recv().await.expect("is handed over");
        drop(leg);
        assert_eq!(stream.close_code().await, Some(1000), "{header:?}");
    }
    server.connect_to("?token=AToken0f%54hisTest", &[]).await.expect("is answered");
}

#[tokio::test]
async fn what_is_no_start_is_closed_and_nobody_is_called() {
    let mut server = Server::start(StreamOptions::default()).await;
    let format = |encoding: &str, hz: u32| {
        let mut start = start(TOKEN);
        start["start"]["mediaFormat"] = json!({ "encoding": encoding, "sampleRate": hz });
        Message::text(start.to_string())
    };
    let mut long_id = start(TOKEN);
    long_id["start"]["callSid"] = json!("x".repeat(300));
    let cases = [
        ("no JSON", Message::text("hello"), 1003),
        ("JSON of something else", Message::text("{\"event\":\"connected\",\"start\":{}}"), 1003),
        ("sound before the start", Message::text(media(0, &[0xFF; 160]).to_string()), 1003),
        ("binary", Message::binary(vec![0; 640]), 1003),
        ("another coding", format("audio/opus", 48_000), 1003),
        ("another rate", format("audio/x-mulaw", 16_000), 1003),
        ("an id that is none", Message::text(long_id.to_string()), 1003),
        ("too long", Message::text(" ".repeat(MESSAGE_BYTES_MAX + 1)), 0),
    ];
    for (name, message, expected) in cases {
        let mut stream = server.connect(&[]).await.expect("is answered");
        stream.tell(&connected()).await;
        // It may be cut off while it is still sending.
        stream.socket.send(message).await.ok();
        let code = stream.close_code().await;
        assert!(code == Some(expected) || expected == 0, "{name}: {code:?}");
    }
    assert!(server.incoming.try_recv().is_err());
}

#[tokio::test]
async fn a_provider_that_misbehaves_ends_its_own_call_only() {
    let idle = Duration::from_millis(400);
    let mut server = Server::start(StreamOptions { idle, ..StreamOptions::default() }).await;
    let mut other = start(TOKEN);
    other["start"]["streamSid"] = json!("MZ2");
    let text = |message: &Value| Message::text(message.to_string());
    let cases = [
        ("nothing at all", Vec::new(), 1008),
        ("a second call", vec![text(&other)], 1003),
        ("nothing that is understood", vec![Message::text("<html>"); 20], 1003),
        ("nothing but bytes", vec![Message::binary(vec![0; 640]); 20], 1003),
        ("a flood of sound", vec![text(&media(0, &[0x10; 8000])); 16], 1008),
        ("a flood of nothing", vec![text(&json!({ "event": "mark", "mark": { "name": "x" } })); 6000], 1008),
    ];
    for (name, messages, expected) in cases {
        let (mut stream, Incoming { leg, .. }) = server.call().await;
        // A socket that is closed with bytes unread is reset, and the close code may be lost with it.
        let may_be_reset = messages.len() > 1;
        for message in messages {
            if stream.socket.send(message).await.is_err() {
                break;
            }
        }
        let code = stream.close_code().await;
        assert!(code == Some(expected) || (may_be_reset && code.is_none()), "{name}: {code:?}");
        assert_eq!(last_news(leg).await, Some(LegNews::Lost), "{name}");
    }
    let (_stream, _incoming) = server.call().await;
}

#[tokio::test]
async fn a_message_that_is_not_understood_ends_no_patients_call() {
    let mut server = Server::start(StreamOptions::default()).await;
    let (mut stream, Incoming { mut leg, .. }) = server.call().await;
    let broken = [
        "",
        "[]",
        "{}",
        "{\"event\":\"media\"}",
        "{\"event\":\"media\",\"media\":{\"payload\":\"?\"}}",
        "{\"event\":\"dtmf\",\"dtmf\":{\"digit\":\"12\"}}",
        "{\"event\":\"something new\",\"with\":[1,2]}",
    ];
    for message in broken {
        stream.socket.send(Message::text(message)).await.unwrap();
    }
    // The same start again is the same message twice.
    stream.tell(&start(TOKEN)).await;
    stream.tell(&json!({ "event": "dtmf", "dtmf": { "digit": "5" } })).await;
    assert_eq!(news(&mut leg).await, LegNews::Dtmf('5'));
}

#[tokio::test]
async fn a_provider_that_vanishes_has_lost_the_call_and_one_that_closes_has_hung_up() {
    let mut server = Server::start(StreamOptions::default()).await;
    let (stream, Incoming { leg, .. }) = server.call().await;
    drop(stream);
    assert_eq!(last_news(leg).await, Some(LegNews::Lost));
    let (mut stream, Incoming { leg, .. }) = server.call().await;
    stream.socket.close(None).await.expect("closes");
    assert_eq!(last_news(leg).await, Some(LegNews::HungUp));
}

#[tokio::test]
async fn calls_beyond_the_limit_are_closed_until_one_ends() {
    let mut server = Server::start(StreamOptions { calls_max: 1, ..StreamOptions::default() }).await;
    let (first, incoming) = server.call().await;
    let mut second = server.connect(&[]).await.expect("is answered");
    second.tell(&start(TOKEN)).await;
    assert_eq!(second.close_code().await, Some(1013));
    drop(incoming);
    assert_eq!(first.close_code().await, Some(1000));
    // The line is free a moment after the provider has seen the end.
    loop {
        let mut next = server.connect(&[]).await.expect("is answered");
        next.tell(&start(TOKEN)).await;
        if tokio::time::timeout(Duration::from_millis(100), server.incoming.recv()).await.is_ok() {
            break;
        }
    }
}

#[tokio::test]
async fn a_line_is_heard_to_its_end_whoever_the_provider_is() {
    let mut server = Server::start(StreamOptions::default()).await;
    let pcmu = json!({ "encoding": "PCMU", "sample_rate": 8000 });
    let telnyx = json!({ "event": "start", "stream_id": "1", "start": {
        "call_control_id": "v3:1", "from": "+12125550142", "to": "+12125550111", "media_format": pcmu } });
    let plivo = json!({ "event": "start", "extra_headers": "from=12125550142", "start": {
        "streamId": "1", "callId": "1", "mediaFormat": { "encoding": "audio/x-mulaw", "sampleRate": 8000 } } });
    let told = |provider: Provider, name: &str| match provider {
        Provider::Twilio | Provider::Telnyx => json!({ "event": "mark", "mark": { "name": name } }),
        Provider::Plivo => json!({ "event": "playedStream", "streamId": "1", "name": name }),
    };
    let cases = [(Provider::Twilio, start(TOKEN)), (Provider::Telnyx, telnyx), (Provider::Plivo, plivo)];
    for (expected, start) in cases {
        let mut stream = server.connect(&[("x-twilio-signature", SIGNATURE)]).await.expect("is answered");
        stream.tell(&start).await;
        let Incoming { mut leg, from, .. } = server.incoming.recv().await.expect("is handed over");
        assert!(matches!(from, IncomingFrom::Stream { provider, .. } if provider == expected), "{from:?}");
        assert!(leg.caller_id.is_some(), "{expected:?}");
        say(&leg, 1, 0.1).await;
        for _ in ["begun", "ended"] {
            let name = loop {
                let message = stream.next().await;
                let name = if expected == Provider::Plivo { &message["name"] } else { &message["mark"]["name"] };
                if let Some(name) = name.as_str() {
                    break name.to_owned();
                }
                assert!(message["media"]["payload"].is_string(), "{message}");
            };
            stream.tell(&told(expected, &name)).await;
        }
        assert!(matches!(news(&mut leg).await, LegNews::Started { .. }), "{expected:?}");
        assert!(matches!(news(&mut leg).await, LegNews::Finished { .. }), "{expected:?}");
    }
}

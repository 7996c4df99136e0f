//! The messages of each provider, as it documents them.

use std::time::Duration;

use audio::codec::Codec;
use domain::Phi;
use proptest::prelude::*;
use serde_json::{Value, json};
use transport::streams::{Adapter, Media, Misunderstood, Opening, Provider, Say, Start, Told};

fn open(text: &Value) -> (Adapter, Box<Start>) {
    match Adapter::open(&text.to_string()) {
        Ok(Opening::Started(adapter, start)) => (adapter, start),
        other => panic!("no start: {other:?}"),
    }
}

fn media(number: Option<u64>, at_ms: Option<u64>) -> Told {
    Told::Media(Media { number, at: at_ms.map(Duration::from_millis), payload: Phi::new(vec![0xFF; 3]) })
}

/// What each message of a table is read as.
fn reads(adapter: &Adapter, cases: &[(Value, Told)]) {
    for (message, expected) in cases {
        assert_eq!(adapter.read(&message.to_string()).as_ref(), Ok(expected), "{message}");
    }
}

fn writes(adapter: &Adapter, expected: [Value; 3]) {
    let says = [Say::Media(&[0xFF, 0xFF, 0xFF]), Say::Mark(7), Say::Clear];
    for (say, expected) in says.into_iter().zip(expected) {
        let written: Value = serde_json::from_str(&adapter.write(say)).unwrap();
        assert_eq!(written, expected, "{say:?}");
    }
}

#[test]
fn twilio() {
    let greeting = json!({ "event": "connected", "protocol": "Call", "version": "1.0.0" }).to_string();
    assert!(matches!(Adapter::open(&greeting), Ok(Opening::Greeted)));
    let (adapter, start) = open(&json!({
        "event": "start", "sequenceNumber": "1", "streamSid": "MZ18ad3ab5a668481ce02b83e7395059f0",
        "start": {
            "accountSid": "AC123", "streamSid": "MZ18ad3ab5a668481ce02b83e7395059f0", "callSid": "CA123",
            "tracks": ["inbound"], "customParameters": { "Token": "secret", "from": "anonymous", "to": "+12125550111" },
            "mediaFormat": { "encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1 },
        },
    }));
    assert_eq!((start.provider, start.codec), (Provider::Twilio, Codec::Pcmu));
    assert_eq!(start.token, Some(Phi::from("secret")));
    assert_eq!((start.from, start.to), (None, Some(Phi::from("+12125550111"))));
    let dtmf = json!({ "event": "dtmf", "streamSid": "MZ", "sequenceNumber": "5",
        "dtmf": { "track": "inbound_track", "digit": "1" } });
    let sound = |track: &str| {
        json!({ "event": "media", "sequenceNumber": "3", "streamSid": "MZ",
            "media": { "track": track, "chunk": "1", "timestamp": "25", "payload": "////" } })
    };
    reads(
        &adapter,
        &[
            (sound("inbound"), media(None, Some(25))),
            (sound("outbound"), Told::Ignored),
            (dtmf, Told::Key('1')),
            (
                json!({ "event": "mark", "sequenceNumber": "4", "streamSid": "MZ", "mark": { "name": "7" } }),
                Told::Mark(7),
            ),
            (json!({ "event": "mark", "streamSid": "MZ", "mark": { "name": "theirs" } }), Told::Ignored),
            (
                json!({ "event": "stop", "streamSid": "MZ", "stop": { "accountSid": "AC", "callSid": "CA" } }),
                Told::Stopped,
            ),
            (json!({ "event": "something new" }), Told::Ignored),
        ],
    );
    let stream = "MZ18ad3ab5a668481ce02b83e7395059f0";
    writes(
        &adapter,
        [
            json!({ "event": "media", "streamSid": stream, "media": { "payload": "////" } }),
            json!({ "event": "mark", "streamSid": stream, "mark": { "name": "7" } }),
            json!({ "event": "clear", "streamSid": stream }),
        ],
    );
}

/// As SignalWire's documentation of `<Stream>` has them since 2025; before, they were Twilio's to the letter.
#[test]
fn signalwire_may_wrap_twilios_messages() {
    let wrapped = |event: &str, raw: Value| json!({ "timestamp": "2025-09-26T16:25:04.794Z", "direction": "inbound", "eventType": event, "streamSid": "7d56", "rawEvent": raw });
    let greeting = wrapped("connected", json!({ "event": "connected", "protocol": "Call", "version": "0.2.0" }));
    assert!(matches!(Adapter::open(&greeting.to_string()), Ok(Opening::Greeted)));
    let start = json!({
        "streamSid": "7d56", "accountSid": "b08d", "callSid": "76ac", "tracks": ["inbound"],
        "customParameters": { "token": "secret", "rawEvent": "a name like any other" },
        "mediaFormat": { "encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1 },
    });
    let start = json!({ "event": "start", "sequenceNumber": "1", "start": start });
    open(&start);
    let (adapter, start) = open(&wrapped("start", start));
    assert_eq!((start.provider, start.ids.call.as_str()), (Provider::Twilio, "76ac"));
    assert_eq!(start.token, Some(Phi::from("secret")));
    let sound = json!({ "track": "inbound", "chunk": "1001", "timestamp": "20041", "payload": "////" });
    let sound = json!({ "event": "media", "sequenceNumber": "1002", "media": sound });
    let key = json!({ "event": "dtmf", "streamSid": "7d56", "dtmf": { "duration": 2700, "digit": "8" } });
    reads(
        &adapter,
        &[
            (wrapped("media", sound), media(None, Some(20_041))),
            (wrapped("dtmf", key), Told::Key('8')),
            (wrapped("mark", json!({ "event": "mark", "streamSid": "7d56", "mark": { "name": "7" } })), Told::Mark(7)),
            (wrapped("clear", json!({ "event": "clear", "streamSid": "7d56" })), Told::Ignored),
            (wrapped("stop", json!({ "event": "stop", "sequenceNumber": "1002" })), Told::Stopped),
        ],
    );
}

fn telnyx_start(format: &Value) -> Value {
    json!({
        "event": "start", "sequence_number": "1", "stream_id": "32de0dea-53cb-4b21-89a4-9e1819c043bc",
        "start": {
            "user_id": "3e6f995f-85f7-4705-9741-53b116d28237", "call_control_id": "v2:T02llQxIyaRkhfRKxgAP8nY511EhFLizdvdUKJiSw8d6A9BborherQ",
            "call_session_id": "ff55a038-6f5d-11ef-9692-02420aeffb1f", "from": "+13122010094", "to": "+13122123456",
            "tags": ["TAG1"], "client_state": "aGF2ZSBhIG5pY2UgZGF5ID1d", "custom_parameters": { "token": "secret" },
            "media_format": format,
        },
    })
}

#[test]
fn telnyx() {
    let (adapter, start) = open(&telnyx_start(&json!({ "encoding": "PCMA", "sample_rate": 8000, "channels": 1 })));
    assert_eq!((start.provider, start.codec), (Provider::Telnyx, Codec::Pcma));
    assert_eq!((start.token, start.to), (Some(Phi::from("secret")), Some(Phi::from("+13122123456"))));
    assert_eq!(start.from.unwrap().expose().as_str(), "+13122010094");
    assert_eq!(start.ids.account.unwrap().as_str(), "3e6f995f-85f7-4705-9741-53b116d28237");
    let sound = json!({ "event": "media", "sequence_number": "4", "stream_id": "32de",
        "media": { "track": "inbound", "chunk": "2", "timestamp": "5", "payload": "////" } });
    let error = json!({ "event": "error", "stream_id": "32de",
        "payload": { "code": 100_002, "title": "unknown_error", "detail": "unknown" } });
    reads(
        &adapter,
        &[
            (sound, media(Some(2), None)),
            (json!({ "event": "dtmf", "stream_id": "32de", "dtmf": { "digit": "#" } }), Told::Key('#')),
            (json!({ "event": "mark", "stream_id": "32de", "mark": { "name": "7" } }), Told::Mark(7)),
            (json!({ "event": "stop", "stream_id": "32de", "stop": { "call_control_id": "v2:T02" } }), Told::Stopped),
            (error, Told::Ignored),
        ],
    );
    writes(
        &adapter,
        [
            json!({ "event": "media", "media": { "payload": "////" } }),
            json!({ "event": "mark", "mark": { "name": "7" } }),
            json!({ "event": "clear" }),
        ],
    );
    let l16 = telnyx_start(&json!({ "encoding": "L16", "sample_rate": 16_000, "channels": 1 })).to_string();
    assert!(matches!(Adapter::open(&l16), Err(Misunderstood::Format)));
}

fn plivo_start(headers: &Value) -> Value {
    json!({
        "sequenceNumber": 0, "event": "start", "extra_headers": headers,
        "start": {
            "callId": "5401fd2e-6344-40df-a22c-c8ffea7a92e7", "streamId": "c4dfd815-a92a-4140-ab85-5ff28c004116",
            "accountId": "500025", "tracks": ["inbound"],
            "mediaFormat": { "encoding": "audio/x-mulaw", "sampleRate": 8000 },
        },
    })
}

#[test]
fn plivo() {
    let (adapter, start) = open(&plivo_start(&json!("{}")));
    assert_eq!((start.provider, start.codec, start.token), (Provider::Plivo, Codec::Pcmu, None));
    assert_eq!(start.ids.call.as_str(), "5401fd2e-6344-40df-a22c-c8ffea7a92e7");
    let sound = json!({ "sequenceNumber": 2, "streamId": "c4df", "event": "media", "extra_headers": "{}",
        "media": { "track": "inbound", "timestamp": "1778597591234", "chunk": 2, "payload": "////" } });
    reads(
        &adapter,
        &[
            (sound, media(None, None)),
            (
                json!({ "event": "dtmf", "streamId": "c4df", "dtmf": { "track": "inbound", "digit": "3" } }),
                Told::Key('3'),
            ),
            (json!({ "event": "playedStream", "streamId": "c4df", "name": "7" }), Told::Mark(7)),
            (json!({ "event": "clearedAudio", "streamId": "c4df" }), Told::Ignored),
            (json!({ "event": "stop", "streamId": "c4df" }), Told::Stopped),
        ],
    );
    let stream = "c4dfd815-a92a-4140-ab85-5ff28c004116";
    let sound = json!({ "contentType": "audio/x-mulaw", "sampleRate": 8000, "payload": "////" });
    writes(
        &adapter,
        [
            json!({ "event": "playAudio", "streamId": stream, "media": sound }),
            json!({ "event": "checkpoint", "streamId": stream, "name": "7" }),
            json!({ "event": "clearAudio", "streamId": stream }),
        ],
    );
}

#[test]
fn plivos_headers_come_in_many_ways() {
    let written = [
        json!({ "X-PH-token": "secret", "X-PH-from": "+12125550142" }),
        json!("{\"X-PH-token\":\"secret\",\"X-PH-from\":\"+12125550142\"}"),
        json!("X-PH-token=secret,X-PH-from=+12125550142"),
        json!("{token: secret; from: +12125550142}"),
        // Its documentation allows letters and digits only.
        json!("token=secret,from=12125550142,to=12125550111"),
    ];
    for headers in written {
        let (_, start) = open(&plivo_start(&headers));
        assert_eq!(start.token, Some(Phi::from("secret")), "{headers}");
        assert_eq!(start.from.unwrap().expose().as_str(), "+12125550142", "{headers}");
        let plain = headers.as_str().is_some_and(|headers| headers.contains("to=1"));
        assert_eq!(start.to.is_some_and(|to| to.expose() == "+12125550111"), plain, "numbers of practices have a plus");
    }
    let mut l16 = plivo_start(&json!(null));
    l16["start"]["mediaFormat"]["encoding"] = json!("audio/x-l16");
    assert!(
        matches!(Adapter::open(&l16.to_string()), Err(Misunderstood::Format)),
        "what it sends unless told otherwise"
    );
    for headers in [json!(null), json!(3), json!([]), json!(""), json!("=;=,")] {
        let (_, start) = open(&plivo_start(&headers));
        assert_eq!((start.token, start.from), (None, None), "{headers}");
    }
}

#[test]
fn secrets_and_numbers_cannot_be_printed() {
    let (_, start) = open(&telnyx_start(&json!({ "encoding": "PCMU", "sample_rate": 8000 })));
    let printed = format!("{start:?}");
    for secret in ["secret", "3122010094", "3122123456"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

/// JSON that is nearly a message: the right names with any values.
fn nearly() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "event",
        "start",
        "media",
        "dtmf",
        "mark",
        "name",
        "digit",
        "payload",
        "track",
        "chunk",
        "timestamp",
        "streamSid",
        "callSid",
        "stream_id",
        "call_control_id",
        "streamId",
        "callId",
        "mediaFormat",
        "encoding",
        "extra_headers",
    ]);
    let value = prop_oneof![
        prop::sample::select(vec![
            "start",
            "media",
            "dtmf",
            "mark",
            "stop",
            "connected",
            "playedStream",
            "PCMU",
            "////"
        ])
        .prop_map(|text| json!(text)),
        any::<u64>().prop_map(|number| json!(number)),
        ".{0,12}".prop_map(|text| json!(text)),
        Just(json!(null)),
    ];
    let json = value.prop_recursive(3, 24, 6, move |inner| {
        prop::collection::btree_map(name.clone(), inner, 0..6).prop_map(|object| json!(object))
    });
    prop_oneof![json.prop_map(|json| json.to_string()), ".{0,200}"]
}

proptest! {
    /// What cannot be read is told so, and what a call is by what it says: nothing panics, nothing is taken for a start by accident.
    #[test]
    fn anything_may_come(text in nearly()) {
        let (twilio, telnyx, plivo) = (
            json!({ "event": "start", "start": { "streamSid": "1", "callSid": "1" } }),
            telnyx_start(&json!({ "encoding": "PCMU" })),
            plivo_start(&json!("{}")),
        );
        for start in [twilio, telnyx, plivo] {
            let (adapter, _) = open(&start);
            let told = adapter.read(&text);
            let is_start = serde_json::from_str::<Value>(&text).is_ok_and(|json| json["event"] == "start");
            prop_assert!(is_start || !matches!(told, Ok(Told::Started(_))));
        }
        if let Ok(Opening::Started(_, start)) = Adapter::open(&text) {
            prop_assert!(text.contains(start.ids.stream.as_str()) && text.contains(start.ids.call.as_str()));
        }
    }
}

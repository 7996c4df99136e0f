//! A caller in this process who calls by SIP: real packets on the loopback interface, and a shell that answers with a tone.
#![allow(clippy::unwrap_used, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
mod line;

use std::time::Duration;

use audio::codec::Codec;
use domain::Phi;
use line::{Call, loud, pitch};
use transport::loopback::{BadNetwork, Reply, SipCallOptions, call_by_sip};
use transport::{Leg, LegNews};

const PATIENCE: Duration = Duration::from_secs(15);
const TONE: Duration = Duration::from_millis(600);

/// Answers the first thing that is heard with a tone, and gives the keys that were pressed until the caller hung up.
async fn shell(leg: Leg) -> (Vec<f32>, String, Option<LegNews>) {
    let mut call = Call::new(leg);
    let (mut keys, mut has_answered) = (String::new(), false);
    loop {
        tokio::select! {
            news = call.leg.news.recv() => match news {
                Some(LegNews::Dtmf(key)) => keys.push(key),
                Some(LegNews::HungUp | LegNews::Lost) | None => return (call.heard, keys, news),
                Some(LegNews::Started { .. } | LegNews::Finished { .. } | LegNews::HearingOverrun) => {}
            },
            Some(frame) = call.leg.hears.recv() => {
                call.heard.extend(frame.pcm.samples());
                if !has_answered && !loud(&call.heard, 16_000).is_empty() {
                    has_answered = true;
                    call.says_a_tone(TONE);
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_by_sip_says_hears_presses_keys_and_hangs_up() {
    for codec in Codec::ALL {
        let caller_id = Some(Phi::new("+12125550123".parse().unwrap()));
        let (leg, mut caller, exchange) =
            call_by_sip(SipCallOptions { codec, caller_id, network: None }).await.unwrap();
        assert_eq!(leg.caller_id.as_ref().unwrap().expose().as_str(), "+12125550123");
        let shell = tokio::spawn(shell(leg));
        assert_eq!(caller.finished_speaking(Duration::from_millis(500)).await, Reply::Nothing);
        let said = caller.say(line::tone(line::TONE_OF_CALLER, 16_000, TONE)).await.unwrap();
        assert!(said.to.since(said.from) >= TONE, "{codec:?}: {said:?}");
        assert_eq!(caller.finished_speaking(PATIENCE).await, Reply::Spoken, "{codec:?}");
        for key in ['5', '#'] {
            caller.press(key).await.unwrap();
            caller.silence(Duration::from_millis(400)).await.unwrap();
        }
        let recording = caller.recording().await;
        let (heard, keys, last) = shell.await.unwrap();
        exchange.stop().await;

        assert_eq!((keys.as_str(), last), ("5#", Some(LegNews::HungUp)), "{codec:?}");
        assert!((pitch(&heard, 16_000) - line::TONE_OF_CALLER).abs() < 25.0, "{codec:?}");
        assert!((pitch(&recording.to_caller, 16_000) - line::TONE_OF_OURS).abs() < 25.0, "{codec:?}");
        let first = |track: &[f32]| track.iter().position(|sample| sample.abs() > 0.05).unwrap() as u64 / 16;
        let (said_at, answered_at) = (first(&recording.from_caller), first(&recording.to_caller));
        assert!(said_at.abs_diff(said.from.as_ms()) <= 2, "{codec:?}: {said_at} {said:?}");
        assert!(answered_at > said_at, "{codec:?}: an answer comes after the question");
        assert_eq!(recording.from_caller.len(), recording.to_caller.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_by_sip_hears_that_firstring_has_hung_up() {
    let options = SipCallOptions { codec: Codec::Pcmu, caller_id: None, network: None };
    let (leg, mut caller, exchange) = call_by_sip(options).await.unwrap();
    assert!(leg.caller_id.is_none(), "who calls without a number has none");
    leg.over.cancel();
    assert_eq!(caller.finished_speaking(PATIENCE).await, Reply::HungUp);
    assert!(caller.say(vec![0.0; 320]).await.is_err());
    exchange.stop().await;
}

/// What share of a tone of half a second each side still hears.
async fn heard_over(network: BadNetwork) -> [usize; 2] {
    let options = SipCallOptions { codec: Codec::Pcmu, caller_id: None, network: Some(network) };
    let (leg, mut caller, exchange) = call_by_sip(options).await.unwrap();
    let shell = tokio::spawn(shell(leg));
    caller.say(line::tone(line::TONE_OF_CALLER, 16_000, TONE)).await.unwrap();
    caller.silence(Duration::from_secs(2)).await.unwrap();
    let recording = caller.recording().await;
    let (heard, ..) = shell.await.unwrap();
    exchange.stop().await;
    [loud(&heard, 16_000).len(), loud(&recording.to_caller, 16_000).len()]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_network_loses_what_it_is_told_to_in_both_directions() {
    let over = |loss, jitter_ms| BadNetwork { loss, jitter: Duration::from_millis(jitter_ms), seed: 7 };
    let [there, back] = heard_over(over(0.0, 60)).await;
    assert!(there > 0 && back > 0, "late is not lost: {there} {back}");
    assert_eq!(heard_over(over(1.0, 0)).await, [0, 0], "all is lost, and the call still ends");
}

//! Real telephones call, on the loopback interface.
#![allow(clippy::unwrap_used, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
mod line;

use std::time::Duration;

use line::{Call, Line, TONE_OF_CALLER, TONE_OF_OURS, certify, loud, pitch, telephone};
use testbed::{Baresip, Phone};
use transport::LegNews;
use transport::sip::{SipOptions, SipTls};

const SOON: Duration = Duration::from_secs(10);

/// A telephone that has called, and its call.
async fn connected(line: &mut Line, phone: &Phone) -> (Baresip, Call) {
    let mut caller = Baresip::start(phone).await;
    caller.order("dial", &line.address).await;
    let call = line.rings().await;
    caller.happens("CALL_ESTABLISHED", SOON).await;
    (caller, call)
}

/// What our side says is heard there, and what they say here.
async fn they_hear_each_other(caller: &Baresip, call: &Call, codec: &str) {
    let heard = pitch(&call.heard, 16_000);
    assert!((heard - TONE_OF_CALLER).abs() < 8.0, "{codec}: {heard}");
    let theirs = audio::wav::read(caller.heard().await).unwrap();
    let heard = pitch(&theirs.samples, theirs.hz);
    assert!((heard - TONE_OF_OURS).abs() < 8.0, "{codec}: {heard}");
}

/// One call: both hear each other, a key is pressed, and the caller hangs up.
async fn calls(codec: &str, hz: u32) {
    let (mut line, wavs) = (Line::open().await, tempfile::tempdir().unwrap());
    let (mut caller, mut call) = connected(&mut line, &telephone(wavs.path(), codec, hz)).await;
    call.says_a_tone(Duration::from_secs(2));
    call.listens(Duration::from_secs(3)).await;
    caller.order("sndcode", "5").await;
    assert_eq!(call.news(SOON, |news| matches!(news, LegNews::Dtmf(_))).await, Some(LegNews::Dtmf('5')), "{codec}");
    caller.order("hangup", "").await;
    assert_eq!(call.news(SOON, |news| *news == LegNews::HungUp).await, Some(LegNews::HungUp), "{codec}");
    they_hear_each_other(&caller, &call, codec).await;
    line.close().await;
}

#[tokio::test]
async fn a_telephone_of_each_codec_hears_and_is_heard() {
    for (codec, hz) in [("pcmu", 8000), ("pcma", 8000), ("G722/16000/1", 16_000), ("opus/48000/2", 48_000)] {
        calls(codec, hz).await;
    }
}

#[tokio::test]
async fn a_caller_holds_and_resumes_and_we_hang_up() {
    let (mut line, wavs) = (Line::open().await, tempfile::tempdir().unwrap());
    let (mut caller, mut call) = connected(&mut line, &telephone(wavs.path(), "pcmu", 8000)).await;
    call.listens(Duration::from_secs(1)).await;
    assert!(loud(&call.heard, 16_000).len() > 30);
    caller.order("hold", "").await;
    call.listens(Duration::from_millis(500)).await;
    call.heard.clear();
    call.listens(Duration::from_secs(1)).await;
    assert_eq!(loud(&call.heard, 16_000).len(), 0, "on hold");
    caller.order("resume", "").await;
    call.listens(Duration::from_secs(2)).await;
    // baresip records nothing after a hold; what it says then shows that both have agreed anew.
    assert!((pitch(&call.heard, 16_000) - TONE_OF_CALLER).abs() < 8.0, "resumed");
    call.leg.over.cancel();
    caller.happens("CALL_CLOSED", SOON).await;
    line.close().await;
}

#[tokio::test]
async fn a_line_that_takes_no_calls_says_so_at_once_and_lets_calls_go_on() {
    let (mut line, wavs) = (Line::open().await, tempfile::tempdir().unwrap());
    let phone = telephone(wavs.path(), "pcmu", 8000);
    let (mut caller, mut call) = connected(&mut line, &phone).await;
    line.refuse_calls();
    let mut late = Baresip::start(&phone).await;
    late.order("dial", &line.address).await;
    let closed = late.happens("CALL_CLOSED", SOON).await;
    assert!(closed["param"].as_str().unwrap().contains("503"), "{closed}");

    call.says_a_tone(Duration::from_secs(2));
    call.listens(Duration::from_secs(3)).await;
    caller.order("hangup", "").await;
    call.news(SOON, |news| *news == LegNews::HungUp).await.unwrap();
    they_hear_each_other(&caller, &call, "while others are refused").await;
    line.close().await;
}

#[tokio::test]
async fn a_call_by_tls_and_srtp_is_heard_and_hears() {
    // Another test may have installed it before.
    drop(rustls::crypto::ring::default_provider().install_default());
    let files = tempfile::tempdir().unwrap();
    certify(files.path());
    let file = |name: &str| files.path().join(name);
    let options = line::options();
    let secure = line::options().listen;
    let tls = Some(SipTls { listen: secure, certificate: file("tls.crt"), key: file("tls.key"), authorities: None });
    let mut line = Line::with(SipOptions { tls, ..options }).await;
    line.address = format!("sip:clinic@{secure};transport=tls");
    let plain = telephone(files.path(), "pcmu", 8000);
    let config = format!(
        "module srtp.so\nsip_cafile {}\nsip_certificate {}\n",
        file("tls.crt").display(),
        file("tls.pem").display()
    );
    let phone = Phone { uri: ";transport=tls".to_owned(), account: ";mediaenc=srtp-mand".to_owned(), config, ..plain };
    let (mut caller, mut call) = connected(&mut line, &phone).await;
    call.says_a_tone(Duration::from_secs(2));
    call.listens(Duration::from_secs(3)).await;
    caller.order("hangup", "").await;
    assert_eq!(call.news(SOON, |news| *news == LegNews::HungUp).await, Some(LegNews::HungUp));
    they_hear_each_other(&caller, &call, "SRTP").await;
    line.close().await;
}

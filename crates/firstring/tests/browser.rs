//! A person talks into the page: headless Chromium with a recording as its microphone. What the page shows, what the
//! browser was sent, and what the database keeps are compared.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::browser::Browser;
use support::{Server, firstring, fixture, models_are_there};

const HZ: u32 = 16_000;
/// The greeting is over before the recording speaks.
const BEFORE_S: f32 = 9.0;

/// Silence, the recording, silence: the browser plays it from the moment the microphone is opened.
fn microphone(folder: &Path) -> std::path::PathBuf {
    let speech = audio::wav::read(fixture("question_parking")).unwrap().to_pcm::<HZ>().into_samples();
    let mut samples = vec![0.0; (BEFORE_S * HZ as f32) as usize];
    samples.extend(speech);
    samples.extend(vec![0.0; 20 * HZ as usize]);
    let file = folder.join("microphone.wav");
    audio::wav::write(&file, HZ, 1, &samples).unwrap();
    file
}

/// Keeps what the server sends, before the page's own code sees it.
const TEE: &str = "
    window.received = [];
    const Real = window.WebSocket;
    window.WebSocket = class extends Real {
        constructor(...args) {
            super(...args);
            this.addEventListener('message', (event) => {
                if (typeof event.data !== 'string') { window.received.push(event.data.slice(0)); }
            });
        }
    };";

const RECEIVED: &str = "
    let text = '';
    for (const piece of window.received) {
        for (const byte of new Uint8Array(piece)) { text += byte.toString(16).padStart(2, '0'); }
    }
    return text;";

#[tokio::test]
async fn a_question_asked_into_the_page_is_answered_in_sound_and_kept() {
    if !models_are_there() {
        return;
    }
    drop(rustls::crypto::ring::default_provider().install_default());
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data, &[]);
    let heard_by_browser = format!("--use-file-for-fake-audio-capture={}%noloop", microphone(folder.path()).display());
    let browser = Browser::start(
        &folder.path().join("profile"),
        &[
            "--autoplay-policy=no-user-gesture-required".to_owned(),
            "--use-fake-ui-for-media-stream".to_owned(),
            "--use-fake-device-for-media-stream".to_owned(),
            heard_by_browser,
        ],
    )
    .await;
    browser.open(&format!("http://{}/call", server.http)).await;
    browser.run(TEE).await;
    browser.run("document.querySelector('button').click()").await;

    browser.wait_for("return /park/i.test(document.body.innerText)").await;
    browser.wait_for("return /behind the building/i.test(document.body.innerText)").await;
    browser.wait_for("return /office.?info/i.test(document.body.innerText)").await;
    // Let the answer be said to its end, then hang up.
    tokio::time::sleep(Duration::from_secs(8)).await;
    let received = browser.run(RECEIVED).await;
    browser.run("document.querySelector('button').click()").await;

    let received = received.as_str().unwrap_or_else(|| panic!("nothing was received: {received}"));
    assert_heard(&folder.path().join("received.wav"), received);
    assert_kept(&data).await;
}

/// What the browser was sent is the greeting and the answer, as a recogniser hears them.
fn assert_heard(file: &Path, hex: &str) {
    let bytes: Vec<u8> = hex
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    let samples = audio::Pcm::<HZ>::from_s16le(&bytes).into_samples();
    audio::wav::write(file, HZ, 1, &samples).unwrap();
    let heard = firstring().args(["hear", "--json", "--fast"]).arg(file).output().unwrap();
    let heard: Value = serde_json::from_slice(&heard.stdout).unwrap();
    let text = heard["text"].as_str().unwrap().to_lowercase();
    assert!(text.contains("riverside"), "the greeting was not heard: {text}");
    assert!(text.contains("parking"), "the answer was not heard: {text}");
}

/// The database has the call, its words, what they meant and what came of it.
async fn assert_kept(data: &Path) {
    let key = std::fs::read_to_string(data.join("key")).unwrap();
    let options = store::OpenOptions::new(data.join("firstring.db"), store::Secret::new(key.trim()));
    let began = Instant::now();
    let summary = loop {
        let store = store::Store::open(&options).await.unwrap();
        let calls = store.latest_calls(&"riverside".into(), 2).await.unwrap();
        store.close().await;
        assert_eq!(calls.len(), 1, "one call was made");
        if let Some(summary) = &calls[0].summary {
            break serde_json::from_str::<Value>(summary.expose()).unwrap();
        }
        assert!(began.elapsed() < Duration::from_secs(20), "the call's end was never kept");
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    let turn = &summary["turns"][0];
    assert!(turn["text"].as_str().unwrap().to_lowercase().contains("park"), "{summary}");
    assert_eq!(turn["reading"]["intent"], "office_info", "{summary}");
    assert_eq!(turn["reading"]["urgency"], "routine", "{summary}");
    assert!(turn["voice_to_voice_ms"].as_u64().is_some(), "{summary}");
    assert_eq!(summary["outcomes"][0]["kind"], "answered", "{summary}");
    assert_eq!(summary["hangup_by"], "caller", "{summary}");
}

//! Callers speak over FirstRing's lines, with the real models: words stop the line and are answered; a murmur, a cough and noise let
//! it be spoken to its end.
//!
//! Virtual time, measured on what the leg sent: how fast the machine is does not matter. `benches/barge_in.rs` has the
//! latencies.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
mod interruption;
#[allow(dead_code)]
mod support;

use std::time::Duration;

use call::Pace;
use firstring::wiring::Desk;
use interruption::{Fate, Held, Judge, Leaves, Step, desk, hold};
use support::{fixture, models_are_there};
use transport::loopback::Line;

/// The bench measures a third of this; here only a line that goes on over the caller's words must show.
const STOPPED_WITHIN_MS: f64 = 1000.0;
/// A murmur that sounds unfinished is waited for as long as any other speech: 3 s, and its decode.
const HELD_MAX: Duration = Duration::from_secs(4);
/// Into the greeting, which takes 6 s.
const INTO: Duration = Duration::from_millis(1800);

fn said(name: &str) -> Vec<f32> {
    audio::wav::read(fixture(name)).unwrap().to_pcm::<16_000>().into_samples()
}

/// The greeting is spoken over with this.
async fn over_the_greeting(desk: &Desk, sound: Vec<f32>) -> Held {
    hold(desk, Line::Wide, vec![Step::SayOver(sound, INTO)], Leaves::AfterTheAnswer).await
}

#[tokio::test(start_paused = true)]
async fn a_question_stops_the_line_and_is_answered() {
    if !models_are_there() {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let desk = desk(data.path(), Judge::Rules, Pace::Virtual).await;
    let held = over_the_greeting(&desk, said("question_opening_hours")).await;
    let greeting = held.line_at(held.said[0].from);
    assert_eq!(held.fate_of(greeting), Fate::Stopped, "heard {:?}", held.heard());
    let stopped_ms = held.stopped_after_ms(greeting, held.onset(0)).unwrap();
    assert!(stopped_ms < STOPPED_WITHIN_MS, "our sound went on for {stopped_ms} ms");
    let replies = held.replies_after(greeting);
    assert!(replies.contains("8 am to 5 pm"), "{replies}");

    // The same over an answer.
    let steps = vec![Step::Say(said("question_parking")), Step::SayOver(said("question_opening_hours"), INTO)];
    let held = hold(&desk, Line::Wide, steps, Leaves::AfterTheAnswer).await;
    let answer = held.line_at(held.said[1].from);
    assert_eq!(held.fate_of(answer), Fate::Stopped, "heard {:?}", held.heard());
    assert!(held.stopped_after_ms(answer, held.onset(1)).unwrap() < STOPPED_WITHIN_MS);
    assert!(held.replies_after(answer).contains("8 am to 5 pm"));
    desk.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_murmur_a_cough_and_noise_let_the_line_be_spoken_to_its_end() {
    if !models_are_there() {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let desk = desk(data.path(), Judge::Rules, Pace::Virtual).await;
    for name in ["mm_hm", "mm_hm_low", "okay", "cough", "thud", "laugh"] {
        let held = over_the_greeting(&desk, said(name)).await;
        let greeting = held.line_at(held.said[0].from);
        assert_eq!(held.fate_of(greeting), Fate::Finished, "{name}: heard {:?}", held.heard());
        assert_eq!(held.replies_after(greeting), "", "{name} is not answered");
        assert!(held.held().iter().all(|held| *held < HELD_MAX), "{name}: held for {:?}", held.held());
    }
    desk.close().await;
}

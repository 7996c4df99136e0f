//! The same caller calls again: the earlier call is looked up beside the greeting, and the call waits for nobody.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)] // a panic is how a test fails; tests pick what they look for

mod support;

use call::{Entry, LastCall, LastCalls, check_replay};
use dialogue::{Input, Prompt};
use support::{Call, Fault, Faults, Held, Lines, REFILL, practice};
use tokio::sync::mpsc;

const SOUND: Faults = Faults { recognizer: Fault::None, voice: Fault::None, lines: Lines::OnDisk };
const SOON: &str = "2026-03-03T10:05:00-05:00[America/New_York]";
const LATE: &str = "2026-03-03T10:30:00-05:00[America/New_York]";

/// A call that breaks off in the middle of a request.
async fn broken_off() -> Vec<Entry> {
    let mut call = Call::begin(SOUND).await;
    call.say(REFILL).await;
    call.line.cancel();
    call.end().await.journal
}

/// A database that has this journal, or does not answer at all.
fn last_calls(journal: Option<Vec<Entry>>) -> LastCalls {
    let (last_calls, mut queue) = mpsc::channel::<LastCall>(1);
    tokio::spawn(async move {
        let mut unanswered = Vec::new();
        while let Some(asked) = queue.recv().await {
            match &journal {
                Some(journal) => drop(asked.journal.send(journal.clone())),
                None => unanswered.push(asked),
            }
        }
    });
    last_calls
}

async fn calls_again(at: &str, journal: Option<Vec<Entry>>) -> Held {
    let call = Call::begin_at(at, SOUND, |desk| desk.last_calls = Some(last_calls(journal))).await;
    call.line.cancel();
    call.end().await
}

fn is_offered(held: &Held) -> bool {
    held.times_said(|prompt| matches!(prompt, Prompt::GoOn(_))) > 0
}

#[tokio::test(start_paused = true)]
async fn what_broke_off_is_offered_behind_the_greeting_and_the_journal_replays() {
    let journal = broken_off().await;
    let held = calls_again(SOON, Some(journal.clone())).await;
    assert_eq!(held.heard()[..2], [Prompt::Greeting, Prompt::GoOn(0)]);
    check_replay(&held.journal, &practice()).unwrap();
    assert!(!is_offered(&calls_again(LATE, Some(journal)).await), "after half an hour it is a new call");
}

#[tokio::test(start_paused = true)]
async fn a_database_that_does_not_answer_delays_nothing() {
    let alone = Call::begin(SOUND).await.end().await;
    let held = calls_again(SOON, None).await;
    assert_eq!(held.summary().greeting_first_sound_ms, alone.summary().greeting_first_sound_ms);
    assert!(held.heard().contains(&Prompt::Greeting) && !is_offered(&held));
    assert!(!held.was_told(&Input::VoiceLost));
}

//! Whole calls in which something breaks: the caller is always told something, the practice always learns of it.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)] // a panic is how a test fails; tests pick what they look for

mod support;

use std::time::Duration;

use dialogue::{Input, Prompt, Witness};
use support::{CHEST, Call, Fault, Faults, Held, Lines, MORE, REFILL};
use transport::loopback::Recording;

const SOUND: Faults = Faults { recognizer: Fault::None, voice: Fault::None, lines: Lines::OnDisk };

fn is_emergency_line(prompt: &Prompt) -> bool {
    matches!(prompt, Prompt::EmergencyLine(_))
}

/// The caller begins a message; from then on the voice is gone.
async fn message_without_a_voice(voice: Fault) -> (Held, Recording) {
    let mut call = Call::begin(Faults { voice, ..SOUND }).await;
    call.say(REFILL).await;
    call.end_with_recording().await
}

fn is_told_and_kept((held, recording): &(Held, Recording)) {
    assert_eq!(held.heard(), [Prompt::Greeting, Prompt::VoiceLost], "what was rendered before the call");
    assert!(held.sought_a_person() && held.hung_up_by_us());
    assert!(!recording.at_its_end, "whatever the practice has behind us goes on with the call");
    let messages = held.messages();
    assert_eq!(messages.len(), 1);
    assert!(messages[0].text.expose() == REFILL && !messages[0].complete);
    assert!(messages[0].callback.is_some());
}

#[tokio::test(start_paused = true)]
async fn who_cannot_be_spoken_to_hears_one_last_line_and_the_message_is_kept() {
    is_told_and_kept(&message_without_a_voice(Fault::Fails(0, usize::MAX)).await);
}

#[tokio::test(start_paused = true)]
async fn a_voice_that_hangs_is_given_up_like_one_that_fails() {
    is_told_and_kept(&message_without_a_voice(Fault::Hangs(0)).await);
}

#[tokio::test(start_paused = true)]
async fn an_emergency_line_that_could_not_be_spoken_is_spoken_again() {
    // Nothing lies on disk. The greeting has one clause for each sentence; the emergency's first clause fails twice.
    let greeting = 3;
    let voice = Fault::Fails(greeting, greeting + 2);
    let mut call = Call::begin(Faults { voice, lines: Lines::MadeAnew, ..SOUND }).await;
    call.say(CHEST).await;
    let held = call.end().await;
    assert_eq!(held.times_said(is_emergency_line), 2);
    assert!(held.heard().iter().any(is_emergency_line), "{:?}", held.heard());
    assert!(held.was_told(&Input::VoiceLost) && held.opened_a_case() && held.sought_a_person());
    assert!(!held.hung_up_by_us(), "an emergency is never ended by us");
}

#[tokio::test(start_paused = true)]
async fn in_an_emergency_what_lies_on_disk_is_heard_without_a_voice() {
    let mut call = Call::begin(Faults { voice: Fault::Fails(0, usize::MAX), ..SOUND }).await;
    call.say(CHEST).await;
    let held = call.end().await;
    assert!(held.heard().iter().any(is_emergency_line) && held.heard().contains(&Prompt::VoiceLost));
    assert!(!held.hung_up_by_us(), "an emergency is never ended by us");
}

/// A recogniser that never understands anything: the caller hears so, a clinician is paged, a person is sought.
async fn unheard(recognizer: Fault) {
    let mut call = Call::begin(Faults { recognizer, ..SOUND }).await;
    call.say(REFILL).await;
    let held = call.end().await;
    assert!(held.was_told(&Input::HearingLost));
    assert!(held.heard().contains(&Prompt::HearingLost), "{:?}", held.heard());
    assert!(held.opened_a_case() && held.sought_a_person());
}

#[tokio::test(start_paused = true)]
async fn a_recogniser_that_hangs_is_given_up_and_the_caller_is_told() {
    unheard(Fault::Hangs(0)).await;
}

#[tokio::test(start_paused = true)]
async fn a_recogniser_that_fails_is_told_to_the_caller() {
    unheard(Fault::Fails(0, usize::MAX)).await;
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_cut_in_mid_message_loses_no_word_of_it() {
    let mut call = Call::begin(SOUND).await;
    call.say(REFILL).await;
    // Five words of 320 ms each, and the line is cut at the beginning of the next.
    call.begin_to_say(MORE, Duration::from_millis(5 * 320 + 100)).await;
    call.line.cancel();
    let held = call.end().await;
    assert!(held.was_told(&Input::LineLost));
    let messages = held.messages();
    let decodes = messages.iter().flat_map(|message| &message.decodes);
    assert!(
        decodes.clone().count() > 0 && decodes.clone().all(|decode| decode.model == "first" && decode.from < decode.to)
    );
    assert_eq!(messages.len(), 1);
    let text = messages[0].text.expose();
    assert_eq!(text, "please renew my prescription\nplease renew my prescription for");
    assert!(!messages[0].complete);
}

#[tokio::test(start_paused = true)]
async fn an_emergency_that_was_decided_on_a_partial_tells_up_to_where_it_had_heard() {
    let mut call = Call::begin(SOUND).await;
    call.say(CHEST).await;
    let held = call.end().await;
    let summary = held.summary();
    let escalation = summary.escalation.as_ref().unwrap();
    assert_eq!(escalation.decided_on, Witness::Partial);
    let heard_to = escalation.heard_end_ms.unwrap();
    let turn = &summary.turns[0];
    assert!(turn.caller_start_ms < heard_to && heard_to < turn.caller_end_ms, "{escalation:?}");
    assert!(heard_to <= escalation.decided_ms, "{escalation:?}");
    assert!(escalation.decided_ms <= escalation.page_sent_ms.unwrap(), "{escalation:?}");
    assert!(escalation.page_sent_ms <= escalation.page_accepted_ms, "{escalation:?}");
}

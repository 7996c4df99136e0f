//! The listener in virtual samples, with fake models: whole calls as a line of text each.

use domain::CallTime;
use proptest::prelude::*;

use super::fake::{FakeEndOfTurn, FakeRecognizer, FakeVad};
use super::offline::{hear, text};
use super::*;

const SENTENCE: &str = "my chest hurts since this morning";
const NUMBER: &str = "two one six five four three nine eight seven zero";

fn vocabulary() -> FakeRecognizer {
    FakeRecognizer::new(&[SENTENCE, NUMBER, "thank you yes"])
}

/// `"yes 500 my chest"`: words, silences in ms, `~400` a hum in ms.
fn sound(script: &str) -> Vec<f32> {
    let vocabulary = vocabulary();
    let pieces = script.split_whitespace().map(|piece| match (piece.parse(), piece.strip_prefix('~')) {
        (Ok(ms), _) => FakeRecognizer::silence(ms),
        (Err(_), Some(ms)) => FakeRecognizer::hum(ms.parse().expect("a hum has a length")),
        (Err(_), None) => vocabulary.speech(piece),
    });
    pieces.flatten().collect()
}

fn events(script: &str, expecting: Expecting, complete: f32) -> Vec<(CallTime, Hearing)> {
    let words = Arc::from([]);
    let (mut turn, mut recognizer) = (FakeEndOfTurn(complete), vocabulary());
    hear(&sound(script), &mut FakeVad, &mut turn, &mut recognizer, expecting, &words).expect("fakes do not fail")
}

/// The outcomes, one a line: when it was told, what, from when to when.
fn told(events: &[(CallTime, Hearing)]) -> Vec<String> {
    let line = |(at, hearing): &(CallTime, Hearing)| {
        let at = at.as_ms();
        match hearing {
            Hearing::SpeechStarted { at: from } => Some(format!("{at} start {}", from.as_ms())),
            Hearing::SpeechEnded { at: to } => Some(format!("{at} end {}", to.as_ms())),
            Hearing::Utterance(u) => Some(format!("{at} {}-{} {}", u.from.as_ms(), u.to.as_ms(), u.text.expose())),
            Hearing::Dismissed { from, to, .. } => Some(format!("{at} {}-{} dismissed", from.as_ms(), to.as_ms())),
            Hearing::Unintelligible { from, to } => {
                Some(format!("{at} {}-{} unintelligible", from.as_ms(), to.as_ms()))
            }
            Hearing::Partial(_)
            | Hearing::Corrected(_)
            | Hearing::Decode(_)
            | Hearing::JudgeTurn { .. }
            | Hearing::Cancel(_) => None,
        }
    };
    events.iter().filter_map(line).collect()
}

#[test]
fn calls_are_heard_as_written() {
    use Expecting::{Anything, Digits, Spelling};
    let cases: [(&str, Expecting, f32, &[&str]); 11] = [
        ("2000", Anything, 0.9, &[]),
        // a click of 64 ms is nobody
        ("320 ~64 1000", Anything, 0.9, &[]),
        // told 192 ms after the last voiced sample
        ("320 yes 1000", Anything, 0.9, &["416 start 320", "832 end 640", "832 320-640 yes"]),
        // a pause in mid-thought is waited for
        (
            "320 my chest 640 hurts 640",
            Anything,
            0.1,
            &["416 start 320", "1152 end 960", "1696 start 1600", "2112 end 1920", "2560 320-1920 my chest hurts"],
        ),
        // but not for ever
        ("320 my 4000", Anything, 0.1, &["416 start 320", "832 end 640", "3648 320-640 my"]),
        // a finished turn is not waited for
        (
            "320 yes 640 thank you 320",
            Anything,
            0.9,
            &[
                "416 start 320",
                "832 end 640",
                "832 320-640 yes",
                "1376 start 1280",
                "2112 end 1920",
                "2112 1280-1920 thank you",
            ],
        ),
        // digits in groups are not cut, and a whole number is answered at once
        (
            "320 two one six 960 five four three 960 nine eight seven zero 1600",
            Digits,
            0.9,
            &[
                "416 start 320",
                "1472 end 1280",
                "2336 start 2240",
                "3392 end 3200",
                "4256 start 4160",
                "5632 end 5440",
                &format!("5632 320-5440 {NUMBER}"),
            ],
        ),
        // even if it did not sound finished
        (
            "320 two one six 0 five four three 0 nine eight seven zero 1600",
            Digits,
            0.1,
            &["416 start 320", "3712 end 3520", &format!("4000 320-3520 {NUMBER}")],
        ),
        ("320 two one six 1600", Spelling, 0.9, &["416 start 320", "1472 end 1280", "2496 320-1280 two one six"]),
        // a cough
        (
            "320 ~320 960 yes 320",
            Anything,
            0.9,
            &[
                "416 start 320",
                "832 end 640",
                "832 320-640 dismissed",
                "1696 start 1600",
                "2112 end 1920",
                "2112 1600-1920 yes",
            ],
        ),
        // somebody speaks and nothing is understood
        (
            "320 ~5600 320",
            Anything,
            0.9,
            &["416 start 320", "5440 320-5440 unintelligible", "6112 end 5920", "6112 5440-5920 dismissed"],
        ),
    ];
    for (script, expecting, complete, expected) in cases {
        assert_eq!(told(&events(script, expecting, complete)), expected, "{script}");
    }
}

#[test]
fn long_speech_comes_in_parts_and_no_word_is_lost() {
    let sentence = format!("{SENTENCE} {NUMBER} ").repeat(8); // 41 s without a pause
    let heard = events(&format!("320 {sentence} 320"), Expecting::Anything, 0.9);
    let utterances: Vec<_> = heard.iter().filter(|(_, hearing)| matches!(hearing, Hearing::Utterance(_))).collect();
    assert_eq!(utterances.len(), 2);
    assert_eq!(text(&heard), sentence.trim());

    let pausing = format!("{} 128 {SENTENCE}", format!("{SENTENCE} {NUMBER} ").repeat(5)); // a short pause after 25.6 s
    let heard = events(&format!("320 {pausing} 320"), Expecting::Anything, 0.9);
    assert_eq!(text(&heard), pausing.replace(" 128", "").split_whitespace().collect::<Vec<_>>().join(" "));
}

/// Feeds sound and answers nothing.
fn jobs_of(listener: &mut Listener, script: &str) -> Vec<Hearing> {
    let mut vad = FakeVad;
    for chunk in sound(script).chunks_exact(WINDOW) {
        let window = chunk.try_into().expect("exact");
        listener.handle_window(window, vad.speech_probability(window).expect("fakes do not fail"));
    }
    std::iter::from_fn(|| listener.poll_output()).collect()
}

fn decodes(jobs: &[Hearing], wanted: Purpose) -> Vec<JobId> {
    jobs.iter()
        .filter_map(|job| match job {
            Hearing::Decode(job) if job.purpose == wanted => Some(job.id),
            Hearing::Decode(_)
            | Hearing::SpeechStarted { .. }
            | Hearing::SpeechEnded { .. }
            | Hearing::Partial(_)
            | Hearing::Utterance(_)
            | Hearing::Corrected(_)
            | Hearing::Dismissed { .. }
            | Hearing::Unintelligible { .. }
            | Hearing::JudgeTurn { .. }
            | Hearing::Cancel(_) => None,
        })
        .collect()
}

#[test]
fn one_partial_is_under_way_and_none_waits() {
    let mut listener = Listener::new(SecondDecode::Never);
    let jobs = jobs_of(&mut listener, &format!("320 {SENTENCE}"));
    let partials = decodes(&jobs, Purpose::Partial);
    assert_eq!(partials.len(), 1);
    listener.handle_failed(partials[0]);
    assert_eq!(decodes(&jobs_of(&mut listener, SENTENCE), Purpose::Partial).len(), 1);
}

#[test]
fn a_speculative_final_is_thrown_away_when_speech_resumes() {
    let mut listener = Listener::new(SecondDecode::Never);
    let jobs = jobs_of(&mut listener, "320 my chest 96");
    let finals = decodes(&jobs, Purpose::Final);
    assert_eq!(finals.len(), 1);
    let partials = decodes(&jobs, Purpose::Partial);
    assert!(jobs.contains(&Hearing::Cancel(partials[0])), "partials give way to the final");
    assert!(jobs_of(&mut listener, "hurts").contains(&Hearing::Cancel(finals[0])));
    listener.handle_recognized(finals[0], Recognized { text: "my chest".into(), confidence: 0.9, looped: false });
    assert_eq!(listener.poll_output(), None, "the late answer is ignored");
}

#[test]
fn a_failed_recogniser_is_unintelligible_speech() {
    let mut listener = Listener::new(SecondDecode::Never);
    let jobs = jobs_of(&mut listener, "320 yes 320");
    listener.handle_failed(decodes(&jobs, Purpose::Final)[0]);
    let (from, to) = (CallTime::from_ms(320), CallTime::from_ms(640));
    let outputs: Vec<_> = std::iter::from_fn(|| listener.poll_output()).collect();
    assert!(outputs.contains(&Hearing::Unintelligible { from, to }), "{outputs:?}");
}

#[test]
fn a_second_decode_corrects_the_utterance() {
    let mut listener = Listener::new(SecondDecode::EachUtterance);
    let jobs = jobs_of(&mut listener, "320 my chest 320");
    listener.finish();
    let recognized = |text: &str| Recognized { text: text.into(), confidence: 0.9, looped: false };
    listener.handle_recognized(decodes(&jobs, Purpose::Final)[0], recognized("my chess"));
    let outputs: Vec<_> = std::iter::from_fn(|| listener.poll_output()).collect();
    let careful = decodes(&outputs, Purpose::Careful);
    listener.handle_recognized(careful[0], recognized("My chest."));
    match listener.poll_output() {
        Some(Hearing::Corrected(utterance)) => assert_eq!(utterance.text.expose(), "My chest."),
        other => panic!("{other:?}"),
    }
}

proptest! {
    /// Whatever is said in whatever rhythm: positions never go back, nothing is told before it was said, no two outcomes
    /// overlap, every stretch of speech has its outcome, and every word of the vocabulary is heard once, in order.
    #[test]
    fn every_stretch_of_speech_has_one_outcome(
        pieces in prop::collection::vec((0_usize..7, 1_usize..60, 0_usize..2), 1..14),
        complete in prop::sample::select(vec![0.1_f32, 0.9]),
        expecting in prop::sample::select(vec![Expecting::Anything, Expecting::Digits, Expecting::Spelling, Expecting::DateOfBirth]),
    ) {
        let words: Vec<&str> = NUMBER.split(' ').collect();
        let (mut script, mut said) = (String::from("320"), Vec::new());
        for (spoken, pause, hummed) in &pieces {
            if *hummed == 1 {
                script += " ~320 992"; // far enough from words to be a stretch of its own
            }
            for word in &words[..*spoken] {
                script.extend([" ", word]);
                said.push(*word);
            }
            script.extend([" ", &(pause * 32).to_string()]);
        }
        let heard = events(&script, expecting, complete);
        prop_assert_eq!(text(&heard), said.join(" "), "{}", script);

        let (mut told_to, mut started, mut settled_to) = (CallTime::ZERO, Vec::new(), CallTime::ZERO);
        for (at, hearing) in &heard {
            prop_assert!(*at >= told_to);
            told_to = *at;
            let (from, to) = match hearing {
                Hearing::SpeechStarted { at } => {
                    started.push(*at);
                    continue;
                }
                Hearing::Utterance(u) => (u.from, u.to),
                Hearing::Dismissed { from, to, .. } => (*from, *to),
                Hearing::SpeechEnded { .. } | Hearing::Partial(_) | Hearing::Unintelligible { .. } => continue,
                Hearing::Corrected(_) | Hearing::Decode(_) | Hearing::JudgeTurn { .. } | Hearing::Cancel(_) => {
                    return Err(TestCaseError::fail("offline hearing tells no jobs"));
                }
            };
            prop_assert!(from >= settled_to && from < to && to <= *at, "{:?}", hearing);
            settled_to = to;
            started.retain(|start| *start < from || *start >= to);
        }
        prop_assert!(started.is_empty(), "speech without an outcome at {:?} in {}", started, script);
    }
}

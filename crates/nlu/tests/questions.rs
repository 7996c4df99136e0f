//! Mistakes in `prompts/reading.toml` are found at start, and named.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use nlu::{NluError, Questions};

const WRITTEN: &str = include_str!("../../../prompts/reading.toml");

#[test]
fn what_comes_with_firstring_is_right() {
    Questions::built_in();
}

#[test]
fn mistakes_are_named() {
    // (what stands there, what somebody wrote in its place, what the error must say)
    let mistakes = [
        ("instruction = \"\"\"", "instruction = ", "reading.toml"),
        ("[caller]", "[callers]", "callers"),
        ("billing = \"billing\"\n", "", "no word for billing"),
        ("billing = \"billing\"", "billing = \"sales\"", "\"sales\" cannot be told"),
        ("billing = \"billing\"", "billing = \" \"", "choose another"),
        ("billing = \"billing\"", "billing = \"billing\"\nmoney = \"money\"", "money is no label"),
        ("intent = \"billing\"", "intent = \"money\"", "you charged me twice"),
        ("urgency = \"emergency\"", "urgency = \"EMERGENCY\"", "labels on the left"),
    ];
    for (right, wrong, says) in mistakes {
        assert!(WRITTEN.contains(right), "{right} does not stand there any more");
        let error = Questions::parse(&WRITTEN.replacen(right, wrong, 1)).unwrap_err();
        assert!(matches!(error, NluError::Toml { .. } | NluError::Entry { .. }));
        assert!(error.to_string().contains(says), "{wrong}: {error}");
    }
}

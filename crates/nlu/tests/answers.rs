//! Answers to narrow questions, read by rules alone: which values one utterance gives, and that nothing else is made of
//! them.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

mod support;

use domain::{Asked, Certainty, Phi, Reading};
use nlu::Said;

fn read(text: &str, asked: Asked) -> Reading {
    support::reader(None).read(&Phi::from(text), &support::context(asked))
}

#[test]
fn name_and_date_of_birth_come_in_one_answer() {
    for (text, asked, name, born) in [
        ("Maria Lopez, March fourth nineteen eighty five", Asked::NameAndBirth, "Maria Lopez", "1985-03-04"),
        ("Maria Lopez march fourth nineteen eighty five", Asked::NameAndBirth, "Maria Lopez", "1985-03-04"),
        ("it's Robert Chen, three fourteen fifty-eight", Asked::NameAndBirth, "Robert Chen", "1958-03-14"),
        ("April Jones oh three fourteen nineteen fifty eight", Asked::NameAndBirth, "April Jones", "1958-03-14"),
        (
            "my name is Anna Smith-Jones and I was born on 3/14/58",
            Asked::NameAndBirth,
            "Anna Smith-Jones",
            "1958-03-14",
        ),
        (
            "this is Maria Lopez, date of birth March fourth nineteen eighty five",
            Asked::Open,
            "Maria Lopez",
            "1985-03-04",
        ),
    ] {
        let slots = read(text, asked).slots;
        let (got_name, got_born) = (slots.name.expect(text), slots.date_of_birth.expect(text));
        assert_eq!(
            (got_name.value.expose().as_str(), got_born.value.expose().to_string().as_str()),
            (name, born),
            "{text}"
        );
        assert!(got_name.certainty >= 0.5 && got_born.certainty >= 0.5, "{text}: would be asked for again");
        assert!(slots.callback.is_none(), "{text}: a date is no telephone number");
    }
}

#[test]
fn half_an_answer_is_half_an_answer() {
    let slots = read("Maria Lopez", Asked::NameAndBirth).slots;
    assert!(slots.name.is_some() && slots.date_of_birth.is_none());
    let slots = read("March fourth nineteen eighty five", Asked::NameAndBirth).slots;
    assert!(slots.name.is_none() && slots.date_of_birth.is_some(), "{:?}", slots.name);
}

#[test]
fn doses_days_and_times_answer_their_questions() {
    let dose = read("ten milligrams once a day", Asked::Dose);
    assert_eq!(dose.slots.dose.unwrap().value.expose(), "ten milligrams once a day");
    assert_eq!(dose.certainty, Certainty::Sure);
    let days = read("I ran out yesterday", Asked::DaysLeft);
    assert_eq!(*days.slots.days_left.unwrap().value.expose(), 0);
    let when = read("Tuesday or Thursday after four", Asked::When);
    assert_eq!((when.slots.when.len(), when.certainty), (2, Certainty::Sure));
    let corrected = read("no, at four", Asked::YesNo);
    assert!(!corrected.slots.when.is_empty(), "a correction of what was read back");
    assert!(read("I'd like to leave a message for Tuesday", Asked::Open).slots.when.is_empty(), "no appointment");
}

#[test]
fn later_than_what_was_offered() {
    let mut context = support::context(Asked::YesNo);
    context.so_far = vec![Said::FirstRing(Phi::from("I have Tuesday at 1 with Doctor Patel. Does that work?"))];
    for (text, from, days) in
        [("actually can we make it the week after", "2026-11-30", 7), ("the day after please", "2026-11-25", 1)]
    {
        let when = support::reader(None).read(&Phi::from(text), &context).slots.when;
        let (begins, ends) = when.first().copied().expect(text);
        let written = begins.to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
        assert_eq!((written.as_str(), ends.duration_since(begins).as_hours()), (from, i64::from(days) * 24), "{text}");
    }
}

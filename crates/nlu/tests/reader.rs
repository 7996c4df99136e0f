//! How the witnesses are heard together, with a model that follows a script and the rules that come with FirstRing.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

mod support;

use std::sync::LazyLock;

use domain::{Asked, CallerKind, Certainty, Intent, Phi, Reading, Urgency, YesNo};
use nlu::NluError;
use nlu::model::{Cancel, Head, LanguageModel, Message, Question, Scripted};
use nlu::red_flags::RedFlags;

use support::{context, reader};

fn read(model: Option<Box<dyn LanguageModel>>, asked: Asked, text: &str) -> Reading {
    reader(model).read(&Phi::from(text), &context(asked))
}

/// A model that finds everything to be an emergency: the noise that must not reach narrow answers.
fn alarmed() -> Box<dyn LanguageModel> {
    Box::new(Scripted::new(&[("", "urgency", "emergency"), ("", "intent", "other"), ("", "caller", "patient")]))
}

/// A model that finds everything to be routine.
fn calm() -> Box<dyn LanguageModel> {
    Box::new(Scripted::new(&[("", "urgency", "routine"), ("", "intent", "booking"), ("", "caller", "patient")]))
}

fn unsettled(urgency: &'static str) -> Box<dyn LanguageModel> {
    Box::new(Scripted::new(&[("", "urgency", urgency), ("", "intent", "symptom"), ("", "caller", "patient")]))
}

/// Fails at everything.
struct Broken;

impl LanguageModel for Broken {
    fn prepare(&mut self, _: &[Message], _: &Cancel) -> Result<(), NluError> {
        Err(NluError::Cancelled)
    }

    fn choose(&mut self, _: &[Message], _: &[Question<'_>], _: &Cancel) -> Result<Vec<Vec<f32>>, NluError> {
        Err(NluError::Cancelled)
    }
}

/// Is sure that everything is an emergency.
struct Alarmed;

impl Head for Alarmed {
    fn judge(&mut self, _: Option<&str>, _: &str) -> Result<Vec<Vec<f32>>, NluError> {
        Ok(vec![vec![0.0, 0.0, 1.0], vec![1.0 / 19.0; 19], vec![1.0 / 8.0; 8]])
    }
}

#[test]
fn the_head_reads_on_when_the_model_fails() {
    let mut reader = reader(Some(Box::new(Broken))).with_head(Box::new(Alarmed));
    let reading = reader.read(&Phi::from("I feel so very strange since lunch"), &context(Asked::Open));
    assert_eq!(reading.urgency, Urgency::Emergency);
    assert!(reader.take_failure().is_some(), "and it is told");
}

#[test]
fn a_red_flag_is_not_talked_down_by_the_model() {
    let reading = read(Some(calm()), Asked::Open, "I have crushing chest pain, can I come in on Friday?");
    assert_eq!(reading.urgency, Urgency::Emergency);
    assert_eq!(reading.intent(), Intent::Symptom);
    assert!(reading.intents.contains(&Intent::BookAppointment), "{:?}", reading.intents);
}

#[test]
fn the_model_alone_raises() {
    let text = "I feel so very strange since lunch";
    assert_eq!(read(Some(unsettled("emergency")), Asked::Open, text).urgency, Urgency::Emergency);
    assert_eq!(read(Some(unsettled("urgent")), Asked::Open, text).urgency, Urgency::Urgent);
    assert_eq!(read(Some(unsettled("routine")), Asked::Open, text).urgency, Urgency::Routine);
}

#[test]
fn narrow_answers_are_not_raised_by_noise() {
    let answers = [
        (Asked::Name, "Maria Lopez"),
        (Asked::Name, "my name is Maria Lopez"),
        (Asked::Callback, "it's 555 867 5309"),
        (Asked::Spelling, "L O P E Z"),
        (Asked::DateOfBirth, "march fourth nineteen eighty five"),
        (Asked::YesNo, "yes that's right"),
        (Asked::YesNo, "no"),
        (Asked::YesNo, "hm let me think"),
        (Asked::Safety, "no no one is"),
    ];
    for (asked, text) in answers {
        let reading = read(Some(alarmed()), asked, text);
        assert_eq!(reading.urgency, Urgency::Routine, "{asked:?}: {text}");
        assert_eq!(reading.certainty, Certainty::Sure, "{asked:?}: {text}");
    }
}

#[test]
fn what_is_said_beside_a_narrow_answer_is_heard() {
    let long = "Maria Lopez but you should know that I really do not feel right at all";
    assert_eq!(read(Some(alarmed()), Asked::Name, long).urgency, Urgency::Emergency, "long answers are read in full");
    let symptom = read(Some(unsettled("urgent")), Asked::YesNo, "I feel rather odd");
    assert_eq!(symptom.urgency, Urgency::Urgent, "a short one, if the model hears a symptom");
    for asked in [Asked::Name, Asked::Callback, Asked::YesNo, Asked::Spelling, Asked::DateOfBirth] {
        assert_eq!(read(Some(calm()), asked, "she can't breathe").urgency, Urgency::Emergency, "{asked:?}");
    }
}

#[test]
fn who_cannot_tell_is_unsure_and_that_is_urgent() {
    let nobody_knows = [
        (None, "I feel so very strange since lunch"),
        (Some(Box::new(Broken) as Box<_>), "there is this thing on my leg"),
    ];
    for (model, text) in nobody_knows {
        let reading = read(model, Asked::Open, text);
        assert_eq!((reading.certainty, reading.urgency), (Certainty::Unsure, Urgency::Urgent), "{text}");
    }
}

#[test]
fn without_a_model_what_is_written_still_works() {
    for (text, intent) in [
        ("can I speak to a real person please", Intent::SpeakToPerson),
        ("I'd like to leave a message", Intent::LeaveMessage),
        ("where can I park", Intent::OfficeInfo),
    ] {
        let reading = read(None, Asked::Open, text);
        assert_eq!(
            (reading.intent(), reading.urgency, reading.certainty),
            (intent, Urgency::Routine, Certainty::Sure),
            "{text}"
        );
    }
    let reading = read(None, Asked::Open, "where can I park");
    assert_eq!(reading.fact, Some("parking".into()));
}

#[test]
fn the_rules_read_alike_on_their_own_and_without_a_model() {
    for (asked, text) in [
        (Asked::Open, "my chest hurts"),
        (Asked::Open, "something else"),
        (Asked::Name, "Maria Lopez"),
        (Asked::YesNo, "yes"),
    ] {
        let rules = reader(None).rules();
        assert_eq!(rules.read(&Phi::from(text), &context(asked)), read(None, asked, text), "{text}");
    }
}

#[test]
fn values_are_found_where_they_were_asked_for() {
    let name = read(Some(calm()), Asked::Name, "it's Maria Lopez").slots.name.unwrap();
    assert_eq!(name.value.expose(), "Maria Lopez");
    let number = read(Some(calm()), Asked::Callback, "five five five eight six seven five three oh nine")
        .slots
        .callback
        .unwrap();
    assert_eq!(number.value.expose().national_digits(), "5558675309");
    let date = read(Some(calm()), Asked::DateOfBirth, "march fourth nineteen eighty five").slots.date_of_birth.unwrap();
    assert_eq!(date.value.expose().to_string(), "1985-03-04");
    assert_eq!(read(Some(calm()), Asked::YesNo, "yeah that's correct").yes_no, Some(YesNo::Yes));
    assert_eq!(read(Some(calm()), Asked::Open, "yeah").yes_no, None, "nothing was asked");
}

#[test]
fn relatives_are_known_by_the_subject() {
    assert_eq!(read(Some(unsettled("urgent")), Asked::Open, "my son's ear hurts").caller, CallerKind::Caregiver);
    assert_eq!(read(Some(unsettled("urgent")), Asked::Open, "my ear hurts, says my son").caller, CallerKind::Patient);
}

#[test]
fn a_cancellation_that_comes_too_late_harms_nothing() {
    let mut reader = reader(Some(calm()));
    reader.canceller().cancel();
    let reading = reader.read(&Phi::from("I would like to come in some day"), &context(Asked::Open));
    assert_eq!(reading.certainty, Certainty::Sure);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn no_witness_lowers_what_a_red_flag_raised(before in "[a-z ]{0,30}", after in "[a-z ,.]{0,30}", asked in 0..4usize) {
        static RULES: LazyLock<RedFlags> = LazyLock::new(RedFlags::built_in);
        let asked = [Asked::Open, Asked::Name, Asked::YesNo, Asked::Message][asked];
        let text = format!("{before}. I am choking and I can't breathe. {after}");
        let flagged = RULES.find(&text).iter().map(|fired| fired.flag.urgency).max();
        proptest::prop_assume!(flagged.is_some());
        let reading = read(Some(calm()), asked, &text);
        proptest::prop_assert!(flagged.is_some_and(|urgency| reading.urgency >= urgency));
    }
}

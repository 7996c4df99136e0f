//! Readings of `seed.jsonl` by the rules alone and by all witnesses.
//!
//! The lines were written for this test: invented callers in varied voices, none of them in a prompt. They are few, and
//! their labels are one engineer's, not a clinician's: a first look, not a claim; `eval/suites` is.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

mod support;

use domain::{Asked, Certainty, Intent, Phi, Reading, Urgency};
use nlu::Questions;
use serde::Deserialize;

#[derive(Deserialize)]
struct Line {
    text: String,
    urgency: Urgency,
    intent: Intent,
    caller: domain::CallerKind,
}

fn lines() -> Vec<Line> {
    include_str!("seed.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// How many of the lines labelled `is` were read as at least `from`.
fn raised(readings: &[(Line, Reading)], is: Urgency, from: Urgency) -> usize {
    readings.iter().filter(|(line, reading)| line.urgency == is && reading.urgency >= from).count()
}

fn print(who: &str, readings: &[(Line, Reading)]) {
    let right = |is_right: &dyn Fn(&(Line, Reading)) -> bool| readings.iter().filter(|pair| is_right(pair)).count();
    eprintln!("{who}: {} lines", readings.len());
    for is in Urgency::ALL {
        let count = right(&|(line, _)| line.urgency == *is);
        let (urgent, emergency) = (raised(readings, *is, Urgency::Urgent), raised(readings, *is, Urgency::Emergency));
        eprintln!("  {is}: {count}; read as urgent or emergency {urgent}, as emergency {emergency}");
    }
    let intent = right(&|(line, reading)| reading.intent() == line.intent);
    let caller = right(&|(line, reading)| reading.caller == line.caller);
    eprintln!("  intent right {intent}, caller right {caller}");
    for (line, reading) in readings.iter().filter(|(line, reading)| line.urgency != reading.urgency) {
        eprintln!("  {} as {} {:?}: {}", line.urgency, reading.urgency, reading.p, line.text);
    }
}

#[test]
fn no_seed_stands_in_a_prompt() {
    let prompts = include_str!("../../../prompts/reading.toml").to_lowercase();
    for line in lines() {
        assert!(!prompts.contains(&line.text.to_lowercase()), "{}", line.text);
    }
    Questions::built_in();
}

#[test]
fn the_rules_alone_pass_no_symptom_as_routine() {
    let rules = support::reader(None).rules();
    let readings: Vec<_> = lines()
        .into_iter()
        .map(|line| {
            let reading = rules.read(&Phi::from(line.text.as_str()), &support::context(Asked::Open));
            (line, reading)
        })
        .collect();
    print("rules alone", &readings);
    let unsure = readings.iter().filter(|(_, reading)| reading.certainty == Certainty::Unsure).count();
    eprintln!("  unsure {unsure}");
    assert_eq!(raised(&readings, Urgency::Emergency, Urgency::Urgent), 25, "an emergency was read as routine");
}

#[test]
#[cfg(feature = "candle")]
fn all_witnesses_together() {
    let Some(mut reader) = support::trained_reader() else { return };
    reader.warm_up().unwrap();
    let mut read_ms = Vec::new();
    let mut readings = Vec::new();
    for line in lines() {
        let began = std::time::Instant::now();
        let reading = reader.read(&Phi::from(line.text.as_str()), &support::context(Asked::Open));
        read_ms.push(began.elapsed().as_millis());
        readings.push((line, reading));
    }
    read_ms.sort_unstable();
    eprintln!("a reading takes {} ms (p50), {} ms (p95)", read_ms[read_ms.len() / 2], read_ms[read_ms.len() * 19 / 20]);
    print("together", &readings);
    assert_eq!(raised(&readings, Urgency::Emergency, Urgency::Urgent), 25, "an emergency was read as routine");
    assert!(raised(&readings, Urgency::Routine, Urgency::Urgent) <= 6, "too many false alarms");
}

/// Prints the figures that stand in `witnesses` for a model that was not trained, and checks that they still hold.
#[test]
#[cfg(feature = "candle")]
fn the_rules_and_an_untrained_model_together() {
    let Some(model) = support::model("qwen2.5-coder-1.5b-instruct.gguf") else { return };
    let mut reader = support::reader(Some(Box::new(model)));
    let began = std::time::Instant::now();
    reader.warm_up().unwrap();
    eprintln!("warm after {} ms", began.elapsed().as_millis());
    let mut read_ms = Vec::new();
    let mut readings = Vec::new();
    for line in lines() {
        let began = std::time::Instant::now();
        let reading = reader.read(&Phi::from(line.text.as_str()), &support::context(Asked::Open));
        read_ms.push(began.elapsed().as_millis());
        readings.push((line, reading));
    }
    read_ms.sort_unstable();
    eprintln!("a reading takes {} ms (p50), {} ms (p95)", read_ms[read_ms.len() / 2], read_ms[read_ms.len() * 19 / 20]);
    for from in [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7] {
        let count = |is: Urgency, p: &dyn Fn(&Reading) -> f32| {
            readings.iter().filter(|(line, reading)| line.urgency == is && p(reading) >= from).count()
        };
        let urgent = |reading: &Reading| reading.p.emergency + reading.p.urgent;
        let emergency = |reading: &Reading| reading.p.emergency;
        let counts = |p: &dyn Fn(&Reading) -> f32| Urgency::ALL.iter().map(|is| count(*is, p)).collect::<Vec<_>>();
        eprintln!(
            "model from {from}: urgent {:?}, emergency {:?} (of routine, urgent, emergency)",
            counts(&urgent),
            counts(&emergency)
        );
    }
    print("together", &readings);
    assert_eq!(raised(&readings, Urgency::Emergency, Urgency::Urgent), 25, "an emergency was read as routine");
    assert!(raised(&readings, Urgency::Routine, Urgency::Urgent) <= 6, "too many false alarms");
}

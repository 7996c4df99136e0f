//! The grammars against text that nobody in the project wrote: NeMo's inverse text normalisation, Duckling's corpus, real
//! callers of Restaurants-8K. Read from `shared/data` (or `FIRSTRING_DATA`) when present; otherwise skipped, aloud.
//!
//! The floors are what was measured when they were set, less a little: they catch a fall, they are no target.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use std::path::PathBuf;

use domain::Asked;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use nlu::grammar::{date_of_birth, name, telephone, when};
use serde_json::Value;

fn cases(file: &str) -> Option<Vec<Value>> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let path = std::env::var_os("FIRSTRING_DATA").map_or(beside, PathBuf::from).join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("SKIPPED: {file} is not here; set FIRSTRING_DATA to the folder of data");
        return None;
    };
    Some(text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect())
}

fn rate(what: &str, passed: &[bool]) -> f64 {
    let (passed, all) = (passed.iter().filter(|passed| **passed).count(), passed.len());
    eprintln!("{what}: {passed}/{all}");
    passed as f64 / all.max(1) as f64
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[test]
fn telephone_numbers_of_nemo() {
    let Some(cases) = cases("itn_nemo/cases.jsonl") else { return };
    let numbers = cases.iter().filter(|case| {
        case["kind"] == "inverse_text_normalization"
            && case["class"] == "telephone"
            && digits(case["expected"].as_str().unwrap_or("")).len() >= 10
    });
    let passed: Vec<bool> = numbers
        .filter(|case| case["expected"].as_str().is_some_and(|expected| !expected.contains('.') && expected.len() < 20))
        .map(|case| {
            let said = telephone(case["input"].as_str().unwrap_or(""), None);
            let got = said.map(|slot| digits(slot.value.expose().as_str())).unwrap_or_default();
            let expected = digits(case["expected"].as_str().unwrap_or(""));
            got == expected || got == format!("1{expected}")
        })
        .collect();
    assert!(rate("telephone, NeMo", &passed) >= 0.7);
}

#[test]
fn dates_of_nemo() {
    let Some(cases) = cases("itn_nemo/cases.jsonl") else { return };
    let today = jiff::civil::date(2026, 11, 18);
    let passed: Vec<bool> = cases
        .iter()
        .filter(|case| case["kind"] == "inverse_text_normalization" && case["class"] == "date")
        .filter_map(|case| {
            let expected = expected_date(case["expected"].as_str()?)?;
            let possible = expected <= today && expected.year() >= 1907;
            possible.then(|| {
                date_of_birth(case["input"].as_str().unwrap_or(""), today)
                    .is_some_and(|slot| *slot.value.expose() == expected)
            })
        })
        .collect();
    assert!(rate("whole dates, NeMo", &passed) >= 0.9);
}

/// "july 25 2012" or "25 july 2012".
fn expected_date(written: &str) -> Option<jiff::civil::Date> {
    jiff::civil::Date::strptime("%B %d %Y", written).or_else(|_| jiff::civil::Date::strptime("%d %B %Y", written)).ok()
}

#[test]
fn times_of_duckling() {
    let Some(cases) = cases("dt_duckling/cases.jsonl") else { return };
    let now: Zoned = "2013-02-12T04:30:00-02:00[-02:00]".parse().expect("the corpus's reference");
    let zone: TimeZone = now.time_zone().clone();
    let (mut instants, mut negatives) = (Vec::new(), Vec::new());
    for case in cases.iter().filter(|case| case["file"] == "Duckling/Time/EN/Corpus.hs") {
        let text = case["text"].as_str().unwrap_or("");
        if case["section"] == "negativeCorpus" {
            negatives.push(when(text, &now, &[]).is_empty());
            continue;
        }
        let wanted = case["value"]["value"].as_str().and_then(|value| value.parse::<jiff::civil::DateTime>().ok());
        let wanted = wanted.and_then(|value| value.to_zoned(zone.clone()).ok()).map(|value| value.timestamp());
        let (Some(wanted), true) = (wanted, case["value"]["type"] == "instant") else { continue };
        if wanted > now.timestamp() {
            let got: Vec<Timestamp> = when(text, &now, &[]).into_iter().map(|(from, _)| from).collect();
            instants.push(got.contains(&wanted));
        }
    }
    assert!(rate("instants to come, Duckling", &instants) >= 0.6);
    assert!(rate("no times, Duckling", &negatives) >= 0.5);
}

#[test]
fn names_and_times_of_real_callers() {
    let Some(cases) = cases("slots_restaurant8k/sample.jsonl") else { return };
    let now: Zoned = "2018-12-03T10:00[America/New_York]".parse().expect("a time");
    let (mut names, mut false_names, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for case in &cases {
        let text = case["text"].as_str().unwrap_or("");
        let slots = &case["slots"];
        let asked = case["requested"]
            .as_array()
            .is_some_and(|asked| asked.iter().any(|slot| slot.as_str().is_some_and(|s| s.ends_with("name"))));
        let got = name(text, if asked { Asked::Name } else { Asked::Open })
            .map(|slot| slot.value.into_exposed().to_lowercase());
        match (slots["first_name"].as_str(), slots["last_name"].as_str()) {
            (Some(first), Some(last)) => names.push(got.as_deref() == Some(&format!("{first} {last}").to_lowercase())),
            (None, None) => false_names.push(got.is_none()),
            (Some(only), None) | (None, Some(only)) => {
                names.push(got.is_some_and(|got| got.contains(&only.to_lowercase())));
            }
        }
        if slots["date"].is_string() || slots["time"].is_string() {
            times.push(!when(text, &now, &[]).is_empty());
        }
    }
    assert!(rate("names, Restaurants-8K", &names) >= 0.7);
    assert!(rate("no names, Restaurants-8K", &false_names) >= 0.95);
    assert!(rate("something of time found, Restaurants-8K", &times) >= 0.7);
}

//! Every scenario in `eval/scenarios/`, held in text with the written rules alone: no model is needed, so what passes
//! here passes on the machine of a practice whose model has failed.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use std::path::Path;
use std::sync::Arc;

use domain::{Fact, OpenHours, Practice};
use eval::{Scenario, TextCall};
use jiff::civil::{Weekday, time};
use jiff::tz::TimeZone;
use nlu::red_flags::RedFlags;
use nlu::{Questions, Reader};

fn practice() -> Arc<Practice> {
    let fact = |id: &str, asked: &[&str], answer: &str| Fact {
        id: id.into(),
        asked_with: asked.iter().map(|phrase| (*phrase).to_owned()).collect(),
        answer: answer.to_owned(),
    };
    let days = [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
    Arc::new(Practice {
        id: "riverside".into(),
        name: "Riverside Family Medicine".to_owned(),
        zone: TimeZone::get("America/New_York").unwrap(),
        emergency_number: "911".to_owned(),
        crisis_number: "988".to_owned(),
        hours: days.map(|weekday| OpenHours { weekday, from: time(8, 0, 0, 0), to: time(17, 0, 0, 0) }).to_vec(),
        facts: vec![
            fact("parking", &["parking", "where can I park"], "There is free parking behind the building."),
            fact(
                "hours",
                &["what time do you open", "your hours", "when do you close"],
                "We are open Monday to Friday, 8 to 5.",
            ),
        ],
        words: vec!["Doctor Patel".to_owned(), "lisinopril".to_owned()],
        connects_urgent: true,
    })
}

fn hold(file: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|why| why.to_string())?;
    let scenario = Scenario::parse(&text).map_err(|why| why.to_string())?;
    let practice = practice();
    let reader = Reader::new(Arc::clone(&practice), Some("212"), RedFlags::built_in(), Questions::built_in(), None);
    let mut call = TextCall::answer(&scenario, practice, reader);
    for (line, step) in &scenario.steps {
        call.step(step).map_err(|why| format!("line {line}: {why}"))?;
    }
    Ok(())
}

#[test]
fn every_scenario_goes_as_it_is_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../eval/scenarios");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "md"));
    files.sort();
    assert!(files.len() >= 10, "only {} scenarios in {}", files.len(), folder.display());
    let wrong: Vec<_> = files
        .iter()
        .filter_map(|file| hold(file).err().map(|why| format!("{}: {why}", file.file_name().unwrap().display())))
        .collect();
    assert!(wrong.is_empty(), "{} of {} scenarios fail:\n{}", wrong.len(), files.len(), wrong.join("\n"));
}

#[test]
fn a_scenario_that_demands_what_is_not_said_fails() {
    let text = "# Wrong\n\n**Caller:** Do you have parking?\n\n**FirstRing:** ... a purple elephant ...\n";
    let scenario = Scenario::parse(text).unwrap();
    let practice = practice();
    let reader = Reader::new(Arc::clone(&practice), None, RedFlags::built_in(), Questions::built_in(), None);
    let mut call = TextCall::answer(&scenario, practice, reader);
    let results: Vec<_> = scenario.steps.iter().map(|(_, step)| call.step(step)).collect();
    assert!(results.last().unwrap().is_err());
}

//! Every file in `tests/scenarios` is a suite of calls that anybody can read. A call is a heading, its setting, and a list of what
//! happens. What FirstRing does must follow exactly as written.
//!
//! ```text
//! ## Title
//! setting: caller-id closed office=well
//!
//! - FirstRing: greeting
//! - Caller: I need a refill `intent=prescription_refill`
//! ```
//!
//! In backticks stands what the reader makes of the words: `intent=`, `urgency=`, `yes`, `no`, `unsure`, `name=`, `number=`,
//! `fact=`, `flag=KIND/URGENCY`, `drug=`, `dose=`, `pharmacy=`, `days=`, `language=`, `born=`, `when=`, `with=`, `type=`, `choice=`, `directive=`, `caller=`. A practice that `books` has the
//! book of `support/book.rs`; of one that is `snatched`, the first opening is gone when it is to be booked; of one that is `unseen`, the
//! provider's own calendar does not answer; with a `waiting-list`, or a `waiting-list-by-text`, callers may wait; where it has `nothing`,
//! nothing is open. Other things that happen: `Caller over the line:` (600 ms into it),
//! `Cough over the line`, `Correction:`, `Starts to speak`, `Partial:`, `Noise`, `Key: 5`, `Keys: 55`, `Hangs up`, `Hearing lost`, `Voice lost`, `Silence: 30 s`. The office answers
//! by itself, in the manner of the setting.
//! `BLESS=1` writes what happens into the files.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

mod support;

use std::collections::VecDeque;
use std::fs;
use std::path::Path;
use std::time::Duration;

use dialogue::{Input, Receptionist};
use domain::{
    Certainty, EmergencyKind, FactId, Intent, Interval, Phi, ProviderWish, Reading, RedFlag, RedFlagId, Slot, Urgency,
    WaitingListKept, YesNo,
};
use support::office::{Manner, Office};
use support::{Call, Mouth, booking_context, context, waiting_context};

#[test]
fn every_scenario_goes_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut failures = Vec::new();
    let mut played = 0;
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let happened: Vec<String> = text
            .split("\n## ")
            .enumerate()
            .map(|(index, part)| {
                if index == 0 {
                    return part.to_owned();
                }
                played += 1;
                play(part)
            })
            .collect();
        let happened = happened.join("\n## ");
        if happened != text {
            failures.push(format!("{}:\n{}", file.display(), difference(&text, &happened)));
        }
        if std::env::var_os("BLESS").is_some() {
            fs::write(&file, happened).unwrap();
        }
    }
    assert!(played > 0, "no scenario was found");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn difference(expected: &str, happened: &str) -> String {
    let (mut expected, mut happened): (VecDeque<_>, VecDeque<_>) =
        (expected.lines().collect(), happened.lines().collect());
    let mut context = VecDeque::new();
    while let (Some(e), Some(h)) = (expected.front(), happened.front()) {
        if e != h {
            break;
        }
        context.push_back(*e);
        context.drain(..context.len().saturating_sub(8));
        expected.pop_front();
        happened.pop_front();
    }
    let show = |lines: &VecDeque<&str>| lines.iter().take(8).copied().collect::<Vec<_>>().join("\n    ");
    let shared = context.iter().copied().collect::<Vec<_>>().join("\n    ");
    format!("    {shared}\n  written:\n    {}\n  happened:\n    {}", show(&expected), show(&happened))
}

/// Plays one call and gives it as it went: the caller's lines as written, FirstRing's as they were.
fn play(part: &str) -> String {
    let mut lines = part.lines();
    let mut written = vec![lines.next().unwrap().to_owned()];
    let setting = lines.next().unwrap();
    written.push(setting.to_owned());
    let has = |word: &str| setting.split_whitespace().any(|w| w == word);
    let manner = Manner::ALL.iter().find(|m| has(&format!("office={}", format!("{m:?}").to_lowercase())));
    let manner = *manner.unwrap_or_else(|| panic!("no manner of the office in {setting:?}"));
    let (caller_id, open) = (has("caller-id"), has("open"));
    let books = has("books");
    let context = if has("waiting-list") {
        waiting_context(caller_id, open, WaitingListKept::OfficeCalls)
    } else if has("waiting-list-by-text") {
        waiting_context(caller_id, open, WaitingListKept::PatientsAreTexted)
    } else if books {
        booking_context(caller_id, open)
    } else {
        context(caller_id, open, has("connects-urgent"))
    };
    let mut office = Office::new(manner);
    office.book.snatched = u32::from(has("snatched"));
    office.book.unseen = has("unseen");
    office.book.nothing = has("nothing");
    let mut call = Call::new(Receptionist::new(context), office, Mouth::Works);
    if has("few-lines") {
        call.input(Input::LinesAreFew);
    }
    call.input(Input::Answered);
    let mut shown = 0;
    for line in lines {
        let Some(step) = line.strip_prefix("- ") else {
            if !line.is_empty() || shown == 0 {
                written.push(line.to_owned());
            }
            continue;
        };
        let ours = ["FirstRing", "Office", "Transfer", "Bridge", "StopRinging", "Note"]
            .iter()
            .any(|name| step.starts_with(name));
        if ours {
            continue;
        }
        if !step.contains("over the line") {
            call.until_quiet();
        }
        show(&call, &mut shown, &mut written);
        written.push(line.to_owned());
        act(&mut call, step);
    }
    call.finish();
    show(&call, &mut shown, &mut written);
    assert!(call.core.is_over(), "the call never ends: {}", written[0]);
    written.join("\n") + "\n"
}

fn show(call: &Call<Receptionist>, shown: &mut usize, written: &mut Vec<String>) {
    let lines = call.trace.lines();
    written.extend(lines.iter().skip(*shown).map(|line| format!("- {line}")));
    *shown = lines.len();
}

fn act(call: &mut Call<Receptionist>, step: &str) {
    let (what, rest) = step.split_once(": ").unwrap_or((step, ""));
    let ms = Duration::from_millis;
    match what {
        "Caller" => speak(call, rest),
        "Caller over the line" => {
            call.wait(ms(600));
            speak(call, rest);
        }
        "Correction" => {
            let (was, better) = rest.split_once(" -> ").expect("a correction is written `was -> better`");
            let (text, reading) = read(better);
            call.input(Input::Corrected { was: was.into(), text, reading });
        }
        "Partial" => call.input(Input::PartialFlags(read(rest).1.red_flags)),
        "Starts to speak" => call.input(Input::SpeechStarted),
        "Cough over the line" => {
            call.wait(ms(600));
            call.input(Input::SpeechStarted);
            call.wait(ms(300));
            call.input(Input::SpeechEnded);
            call.wait(ms(900));
            call.input(Input::Dismissed);
        }
        "Noise" => {
            call.input(Input::SpeechStarted);
            call.wait(ms(5000));
            call.input(Input::Unintelligible);
        }
        "Key" => call.input(Input::Digit(rest.chars().next().unwrap())),
        "Keys" => rest.chars().for_each(|key| call.input(Input::Digit(key))),
        "Silence" => call.wait(ms(rest.trim_end_matches(" s").parse::<u64>().unwrap() * 1000)),
        "Hangs up" => call.input(Input::HungUp),
        "Hearing lost" => call.input(Input::HearingLost),
        "Voice lost" => call.input(Input::VoiceLost),
        other => panic!("unknown step {other:?}"),
    }
}

fn speak(call: &mut Call<Receptionist>, words: &str) {
    let (text, reading) = read(words);
    call.input(Input::SpeechStarted);
    call.wait(Duration::from_millis(700));
    call.input(Input::SpeechEnded);
    call.wait(Duration::from_millis(500));
    call.input(Input::Heard { text, reading });
}

/// The words, and the reading in backticks.
fn read(words: &str) -> (Phi<String>, Box<Reading>) {
    let (text, notes) = words.split_once('`').unwrap_or((words, ""));
    let text = text.trim();
    let mut reading = Reading::unsure();
    (reading.certainty, reading.urgency) = (Certainty::Sure, Urgency::Routine);
    for note in notes.trim_end_matches('`').split(' ').filter(|note| !note.is_empty()) {
        let (key, value) = note.split_once('=').unwrap_or((note, ""));
        match key {
            "intent" => reading.intents = value.split(',').map(|label| label.parse::<Intent>().unwrap()).collect(),
            "born" => reading.slots.date_of_birth = Some(slot(value.parse().unwrap(), text)),
            "when" => reading.slots.when = value.split(',').map(interval).collect(),
            "type" => reading.slots.appointment_type = Some(value.into()),
            "drug" => reading.slots.drug = Some(slot(value.replace('_', " "), value)),
            "dose" => reading.slots.dose = Some(slot(value.replace('_', " "), value)),
            "pharmacy" => reading.slots.pharmacy = Some(slot(value.replace('_', " "), value)),
            "days" => reading.slots.days_left = Some(slot(value.parse().unwrap(), text)),
            "language" => reading.language = Some(value.to_owned()),
            "with" => reading.slots.provider_wish = Some(ProviderWish::Named(value.into())),
            "choice" => reading.choice = Some(serde_json::from_str(value).unwrap()),
            "directive" => reading.directive = Some(serde_json::from_str(&format!("\"{value}\"")).unwrap()),
            "caller" => reading.caller = value.parse().unwrap(),
            "urgency" => reading.urgency = value.parse().unwrap(),
            "unsure" => (reading.certainty, reading.urgency) = (Certainty::Unsure, Urgency::Urgent),
            "yes" => reading.yes_no = Some(YesNo::Yes),
            "no" => reading.yes_no = Some(YesNo::No),
            "fact" => reading.fact = Some(FactId::from(value)),
            "name" => reading.slots.name = Some(slot(value.replace('_', " "), value)),
            "number" => reading.slots.callback = Some(slot(value.parse().unwrap(), text)),
            "flag" => {
                let (kind, urgency) = value.split_once('/').unwrap();
                let (kind, urgency): (EmergencyKind, Urgency) = (kind.parse().unwrap(), urgency.parse().unwrap());
                reading.red_flags.push(RedFlag { id: RedFlagId(format!("{kind}_rule")), urgency, kind });
                reading.urgency = reading.urgency.raise(urgency);
            }
            other => panic!("unknown note {other:?}"),
        }
    }
    (Phi::from(text), Box::new(reading))
}

/// `2026-03-05T16:00/18:00` in the practice's zone, which is UTC.
fn interval(text: &str) -> Interval {
    let (from, to) = text.split_once('/').unwrap();
    let (day, _) = from.split_once('T').unwrap();
    (format!("{from}Z").parse().unwrap(), format!("{day}T{to}Z").parse().unwrap())
}

fn slot<T>(value: T, heard: &str) -> Slot<T> {
    Slot { value: Phi::new(value), heard: Phi::from(heard.replace('_', " ")), certainty: 0.9 }
}

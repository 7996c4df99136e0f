//! Scenarios are Markdown that reads as a transcript:
//!
//! ```markdown
//! # A man with chest pain
//!
//! - now: 2026-03-04T02:30:00-05:00[America/New_York]
//! - caller id: +12125550123
//! - office: no pages
//! - book: Maria Lopez 2026-03-10T09:00 patel physical
//!
//! **FirstRing:** Riverside Family Medicine ...
//!
//! **Caller:** My chest hurts and my arm is numb.
//!
//! **FirstRing:** Call 911 now. ...
//!
//! **Paged:** emergency
//! ```
//!
//! `**Caller:**` says something, `(silence 12 s)` lets time pass, `(hangs up)` ends the call, and after it `(calls again)` or
//! `(calls again after 16 min)` begins another from the same number: all that follows is about that one. `**FirstRing:**` demands
//! that all it has said since the caller last spoke matches; `...` stands for any words. `**Never:**` demands that it
//! has said nothing that matches, in the whole call so far. `**Paged:**`, `**Message:**`, `**Outcome:**` and `**Over:**`
//! speak about what was done; `**Book:**` demands that one line of the practice's book matches, `**Not in the book:**` that
//! none does. A line of the book reads as in the setting, with `cancelled` behind an appointment that was given up.
//!
//! The setting `- spoken: yes` marks a scenario that is held in sound as well: nothing in it depends on what only the
//! written rules ask, and every line is written as people say it.

use std::time::Duration;

use domain::{Phi, PhoneNumber};
use jiff::Zoned;

use crate::OfficeManner;

/// Who calls again does so after this time, unless it is said.
const SOON: Duration = Duration::from_secs(30);

/// A conversation and what is expected of it.
#[derive(Debug)]
pub struct Scenario {
    /// Its heading.
    pub title: String,
    /// When the call is picked up.
    pub now: Zoned,
    /// The number that is shown.
    pub caller_id: Option<Phi<PhoneNumber>>,
    /// How the office behaves.
    pub office: OfficeManner,
    /// What stands in the practice's book beforehand.
    pub book: Vec<String>,
    /// Whether it is one of those that are held in sound.
    pub spoken: bool,
    /// What happens, each with its line in the file.
    pub steps: Vec<(usize, Step)>,
}

/// One line of a scenario.
#[derive(Debug)]
pub enum Step {
    /// The caller says this.
    Caller(Phi<String>),
    /// Nobody says anything.
    Silence(Duration),
    /// The caller presses a key.
    Digit(char),
    /// The caller hangs up.
    HangUp,
    /// The same number calls again after this time. The earlier call is over, and what is expected is of the new one.
    CallAgain(Duration),
    /// This must hold now.
    Expect(Expectation),
}

/// What must hold.
#[derive(Debug)]
pub enum Expectation {
    /// FirstRing's words since the caller last spoke match.
    Says(String),
    /// Nothing that FirstRing has said matches.
    Never(String),
    /// A case of this urgency was opened.
    Paged(String),
    /// No case was opened.
    NotPaged,
    /// A message was kept that matches.
    Message(String),
    /// A line of the book matches.
    InBook(String),
    /// No line of the book matches.
    NotInBook(String),
    /// This outcome was noted.
    Outcome(String),
    /// The call is over, or not.
    Over(bool),
}

/// What is wrong with a scenario's text.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {wrong}")]
pub struct ScenarioError {
    line: usize,
    wrong: String,
}

impl Scenario {
    /// What the caller says, line by line.
    pub fn lines(&self) -> impl Iterator<Item = &Phi<String>> {
        self.steps.iter().filter_map(|(_, step)| if let Step::Caller(text) = step { Some(text) } else { None })
    }

    /// Parses a Markdown file.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let mut scenario = Self {
            title: String::new(),
            now: "2026-03-04T10:00:00-05:00[America/New_York]".parse().expect("a Wednesday morning"),
            caller_id: None,
            office: OfficeManner::default(),
            book: Vec::new(),
            spoken: false,
            steps: Vec::new(),
        };
        for (index, line) in text.lines().enumerate() {
            let at = |wrong: String| ScenarioError { line: index + 1, wrong };
            let line = line.trim();
            if let Some(title) = line.strip_prefix("# ") {
                title.clone_into(&mut scenario.title);
            } else if let Some(setting) = line.strip_prefix("- ") {
                scenario.set(setting).map_err(at)?;
            } else if !line.is_empty() && (line.starts_with("**") || line.starts_with('(')) {
                scenario.steps.push((index + 1, step(line).map_err(at)?));
            }
        }
        if scenario.steps.is_empty() {
            return Err(ScenarioError { line: 1, wrong: "a scenario without steps tests nothing".to_owned() });
        }
        Ok(scenario)
    }

    fn set(&mut self, setting: &str) -> Result<(), String> {
        let (key, value) = setting.split_once(": ").ok_or("a setting is written `- key: value`")?;
        match key {
            "now" => self.now = value.parse().map_err(|why| format!("now: {why}"))?,
            "caller id" => self.caller_id = Some(Phi::new(value.parse().map_err(|why| format!("caller id: {why}"))?)),
            "office" => self.office = value.parse()?,
            "book" => self.book.push(value.to_owned()),
            "spoken" => self.spoken = yes_or_no(value)?,
            _ => return Err(format!("unknown setting {key:?}")),
        }
        Ok(())
    }
}

fn step(line: &str) -> Result<Step, String> {
    if let Some(action) = line.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        return action_of(action);
    }
    let (who, text) =
        line.strip_prefix("**").and_then(|rest| rest.split_once(":**")).ok_or("a step is written `**Who:** what`")?;
    let text = text.trim().to_owned();
    Ok(match who {
        "Caller" => Step::Caller(text.into()),
        "FirstRing" => Step::Expect(Expectation::Says(text)),
        "Never" => Step::Expect(Expectation::Never(text)),
        "Paged" if text == "nobody" => Step::Expect(Expectation::NotPaged),
        "Paged" => Step::Expect(Expectation::Paged(text)),
        "Message" => Step::Expect(Expectation::Message(text)),
        "Outcome" => Step::Expect(Expectation::Outcome(text)),
        "Book" => Step::Expect(Expectation::InBook(text)),
        "Not in the book" => Step::Expect(Expectation::NotInBook(text)),
        "Over" => Step::Expect(Expectation::Over(yes_or_no(&text)?)),
        _ => return Err(format!("unknown step {who:?}")),
    })
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(format!("{text:?} is neither yes nor no")),
    }
}

fn action_of(action: &str) -> Result<Step, String> {
    if action == "hangs up" {
        return Ok(Step::HangUp);
    }
    if action == "calls again" {
        return Ok(Step::CallAgain(SOON));
    }
    let minutes =
        action.strip_prefix("calls again after ").and_then(|rest| rest.strip_suffix(" min")?.parse::<u32>().ok());
    if let Some(minutes) = minutes {
        return Ok(Step::CallAgain(Duration::from_mins(minutes.into())));
    }
    if let Some(key) = action.strip_prefix("presses ").and_then(|key| key.chars().next()) {
        return Ok(Step::Digit(key));
    }
    action
        .strip_prefix("silence ")
        .and_then(|rest| rest.strip_suffix(" s"))
        .and_then(|seconds| seconds.parse().ok())
        .map(|seconds| Step::Silence(Duration::from_secs(seconds)))
        .ok_or_else(|| format!("unknown action {action:?}"))
}

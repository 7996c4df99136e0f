//! What can be seen of a call from outside, held against what a scenario expects: lines that were said, and what was asked
//! of the office. The same for a call in text and a call in sound.

use dialogue::Outcome;
use domain::{NewPatient, OfficeRequest};
use speech::voice::spoken::spoken;

use crate::scenario::Expectation;

/// One line that FirstRing said.
#[derive(Clone, Debug)]
pub struct Spoken {
    /// Its words.
    pub text: String,
    /// How many utterances the caller had made before it.
    pub after_turn: usize,
}

/// A call as it was seen so far.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) spoken: Vec<Spoken>,
    /// How many utterances the caller has made.
    pub(crate) turns: usize,
    cases: Vec<String>,
    messages: Vec<String>,
    outcomes: Vec<String>,
    /// Whom the office was asked to register.
    pub(crate) registered: Option<NewPatient>,
    /// Either side has hung up.
    pub(crate) over: bool,
}

impl Seen {
    pub(crate) fn line(&mut self, text: String) {
        self.spoken.push(Spoken { text, after_turn: self.turns });
    }

    pub(crate) fn outcome(&mut self, outcome: &Outcome) {
        self.outcomes.push(outcome.kind().to_owned());
    }

    pub(crate) fn request(&mut self, request: &OfficeRequest) {
        match request {
            OfficeRequest::OpenCase(case) if case.continues.is_some() => {
                self.cases.push(format!("{}, again", case.urgency));
            }
            OfficeRequest::OpenCase(case) => self.cases.push(case.urgency.to_string()),
            OfficeRequest::UpdateCase(domain::CaseUpdate::Raised { urgency, .. }) => {
                self.cases.push(urgency.to_string());
            }
            OfficeRequest::SaveMessage(message) => {
                let name = message.name.as_ref().map_or("", |name| name.expose());
                let number = message.callback.as_ref().map_or("", |number| number.expose().as_str());
                let complete = if message.complete { "complete" } else { "incomplete" };
                self.messages.push(format!("{name} {number} {complete}: {}", message.text.expose()));
            }
            OfficeRequest::RegisterPatient(patient) => self.registered = Some(patient.clone()),
            OfficeRequest::UpdateCase(_)
            | OfficeRequest::FindPatient(_)
            | OfficeRequest::FindSlots(_)
            | OfficeRequest::FindAppointments(_)
            | OfficeRequest::Book(_)
            | OfficeRequest::Move { .. }
            | OfficeRequest::Cancel(_)
            | OfficeRequest::JoinWaitingList(_) => {}
        }
    }

    /// All that FirstRing has said since the caller last spoke.
    pub(crate) fn since(&self) -> String {
        let since = self.spoken.iter().filter(|line| line.after_turn == self.turns);
        since.map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// What FirstRing has said from its line number `from` on.
    pub(crate) fn spoken_from(&self, from: usize) -> String {
        let lines = self.spoken.iter().skip(from);
        lines.map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// An expectation that does not hold is an error that says what did. `book` gives the lines of the practice's book.
    pub(crate) fn check(
        &self,
        expectation: &Expectation,
        book: impl FnOnce() -> Result<Vec<String>, String>,
    ) -> Result<(), String> {
        match expectation {
            Expectation::Says(pattern) => {
                let since = self.since();
                if matches(pattern, &since) {
                    return Ok(());
                }
                Err(format!("expected {pattern:?}, but FirstRing said {since:?}"))
            }
            Expectation::Never(pattern) => match self.spoken.iter().find(|line| matches(pattern, &line.text)) {
                Some(line) => Err(format!("must not be said: {:?}", line.text)),
                None => Ok(()),
            },
            Expectation::Paged(urgency) => held(self.cases.contains(urgency), "paged", &self.cases),
            Expectation::NotPaged => held(self.cases.is_empty(), "not paged", &self.cases),
            Expectation::Message(pattern) => {
                // A recogniser writes "20 milligrams" where a scenario has "twenty milligrams".
                let words = |text: &str| text.split("...").map(spoken).collect::<Vec<_>>().join(" ... ");
                let kept = |text: &String| matches(pattern, text) || matches(&words(pattern), &words(text));
                held(self.messages.iter().any(kept), pattern, &self.messages)
            }
            Expectation::InBook(pattern) => {
                let lines = book()?;
                held(lines.iter().any(|line| matches(pattern, line)), pattern, &lines)
            }
            Expectation::NotInBook(pattern) => {
                let lines = book()?;
                held(!lines.iter().any(|line| matches(pattern, line)), &format!("nothing like {pattern}"), &lines)
            }
            Expectation::Outcome(kind) => held(self.outcomes.contains(kind), kind, &self.outcomes),
            Expectation::Over(expected) => {
                held(self.over == *expected, "whether the call is over", &[self.over.to_string()])
            }
        }
    }
}

fn held(holds: bool, expected: &str, found: &[String]) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("expected {expected:?}, found {found:?}")) }
}

/// Whether `text` contains the pieces of `pattern` between its `...`, in order.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let text = text.to_lowercase();
    let mut rest = text.as_str();
    pattern.to_lowercase().split("...").map(str::trim).filter(|piece| !piece.is_empty()).all(|piece| {
        match rest.find(piece) {
            Some(at) => {
                rest = &rest[at + piece.len()..];
                true
            }
            None => false,
        }
    })
}

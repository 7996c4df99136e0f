//! What came of a suite, for programs (JSON), for build servers (JUnit) and for people (HTML).

mod html;
mod junit;
mod plots;

use serde::{Deserialize, Serialize};

use crate::score::{Bars, Comparison, HeldCall, Outcome, Summary, held_calls};

pub use html::html;
pub use junit::junit;

/// A suite's outcomes and figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Which version of FirstRing read it.
    pub version: String,
    /// Which suite, by its name in `eval/thresholds.toml`.
    pub suite: String,
    /// With which witnesses: `rules, smollm2-135m-instruct, mpnet`.
    pub witnesses: Vec<String>,
    /// The figures.
    pub summary: Summary,
    /// The cases, the worst first.
    pub outcomes: Vec<Outcome>,
    /// Whole calls that were held with cases of the suite.
    #[serde(default)]
    pub calls: Vec<HeldCall>,
}

/// A report, beside what it is compared with and held against.
#[derive(Debug)]
pub struct Judgement<'a> {
    /// What came of the suite.
    pub report: &'a Report,
    /// What changed since another version, if there is one to compare with: its name, and the changes.
    pub against: Option<(String, Comparison)>,
    /// What became of the bars.
    pub bars: Bars,
}

impl Report {
    /// Of these outcomes, and of calls that were held with the same suite.
    pub fn new(
        suite: &str,
        version: &str,
        witnesses: Vec<String>,
        mut outcomes: Vec<Outcome>,
        calls: Vec<HeldCall>,
    ) -> Self {
        let mut summary = Summary::of(&outcomes.iter().collect::<Vec<_>>());
        summary.rates.extend(held_calls(&calls));
        outcomes.sort_by_key(|outcome| (std::cmp::Reverse(gravity(outcome)), outcome.id.clone()));
        Self { version: version.to_owned(), suite: suite.to_owned(), witnesses, summary, outcomes, calls }
    }
}

/// How bad an outcome is: a danger that was taken for less weighs most, then false alarms, then the rest.
pub fn gravity(outcome: &Outcome) -> u8 {
    let (expected, got) = (outcome.expected.urgency as u8, outcome.got.urgency as u8);
    match (expected, got) {
        (2, 0) => 6,
        (2, 1) => 5,
        (1, 0) => 4,
        (0, 2) => 3,
        _ if expected != got => 2,
        _ => u8::from(!outcome.passed()),
    }
}

//! Labelled utterances: what one caller says, and what a triage nurse who heard only that would want to happen.
//!
//! `eval/suites/LABELLING.md` says how they are labelled and written. A suite is Markdown that a nurse can write
//! (`markdown`), JSON lines of [`Case`]s, or JSON lines of [`HeardLine`]s: what a recogniser made of cases that stand elsewhere.

mod heard;
mod markdown;
mod read;
pub mod variety;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use domain::{Asked, CallerKind, Intent, Phi, Urgency};
use jiff::Zoned;
use nlu::{ReadContext, Said};
use serde::{Deserialize, Serialize};

pub use heard::HeardLine;
pub use read::{SuiteError, is_suite, read_suite};

/// One utterance and its labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The scenario and a number: `heart-snow-shovel.2`.
    pub id: String,
    /// The situation that it tells of. Cases of one scenario are not independent.
    pub scenario: String,
    /// What it is about: `heart`.
    #[serde(default)]
    pub topic: String,
    /// Who speaks, and how: `teen, scared`.
    #[serde(default)]
    pub voice: String,
    /// Routine in the words of an emergency.
    #[serde(default)]
    pub near_miss: bool,
    /// A turn of a longer call.
    #[serde(default)]
    pub in_call: bool,
    /// Why it is labelled so.
    #[serde(default)]
    pub why: String,
    /// What FirstRing had asked.
    #[serde(default)]
    pub asked: Asked,
    /// The lines before, oldest first.
    #[serde(default)]
    pub so_far: Vec<Line>,
    /// What is said; over a telephone, what was heard of it.
    pub text: Phi<String>,
    /// When it is said.
    pub now: Zoned,
    /// Who seems to be calling.
    pub caller: CallerKind,
    /// What is wanted, the main wish first.
    pub intents: Vec<Intent>,
    /// How soon a clinician must know, by this utterance and, in a call, all before it.
    pub urgency: Urgency,
    /// Of a call: how urgent it was already.
    #[serde(default = "routine")]
    pub was: Urgency,
    /// The values that are said.
    #[serde(default)]
    pub values: BTreeMap<Field, Phi<String>>,
    /// How it reached us, where it was spoken over a telephone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<Channel>,
}

/// A line of the call so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Whether the caller said it; else FirstRing did.
    pub by_caller: bool,
    /// What was said.
    pub text: Phi<String>,
}

/// How an utterance was spoken and carried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    /// The voice that spoke it.
    pub voice: String,
    /// How fast, 1 as usual.
    pub speed: f32,
    /// The noise around the caller.
    pub noise: String,
    /// How far the words were above it.
    pub snr_db: f32,
    /// The share of packets that was lost.
    pub loss: f32,
    /// What the better recogniser made of it, later.
    pub heard_again: Phi<String>,
}

/// A value that an utterance holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The patient's name.
    Name,
    /// Date of birth, YYYY-MM-DD.
    Birth,
    /// The number to call back, digits.
    Phone,
    /// The drug.
    Drug,
    /// Its dose.
    Dose,
    /// The pharmacy.
    Pharmacy,
    /// The clinician's surname.
    Provider,
    /// The day that is wished, YYYY-MM-DD.
    Day,
    /// The clock time that is wished, HH:MM.
    Time,
}

impl Field {
    /// Every field, in order.
    pub const ALL: [Self; 9] = [
        Self::Name,
        Self::Birth,
        Self::Phone,
        Self::Drug,
        Self::Dose,
        Self::Pharmacy,
        Self::Provider,
        Self::Day,
        Self::Time,
    ];

    /// As it is written in suites.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Birth => "birth",
            Self::Phone => "phone",
            Self::Drug => "drug",
            Self::Dose => "dose",
            Self::Pharmacy => "pharmacy",
            Self::Provider => "provider",
            Self::Day => "day",
            Self::Time => "time",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

impl FromStr for Field {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|field| field.label() == word).ok_or_else(|| format!("unknown value {word:?}"))
    }
}

fn routine() -> Urgency {
    Urgency::Routine
}

impl Case {
    /// What the utterance is read with.
    pub fn context(&self) -> ReadContext {
        let so_far = self.so_far.iter().map(|line| {
            let text = line.text.clone();
            if line.by_caller { Said::Caller(text) } else { Said::FirstRing(text) }
        });
        ReadContext { asked: self.asked, so_far: so_far.collect(), now: self.now.clone() }
    }

    /// The main wish.
    pub fn intent(&self) -> Intent {
        self.intents.first().copied().unwrap_or(Intent::Other)
    }
}

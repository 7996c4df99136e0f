use serde::{Deserialize, Serialize};

use super::calibration::{Bin, CurvePoint, calibration, curve};
use super::confusion::{Confusion, PerClass};
use super::outcome::{Groups, Outcome, Witness};
use super::overlap::{Overlap, overlap};
use super::rates::{Rate, rates};
use crate::suite::Field;
use crate::suite::variety::words;

/// Strata with fewer cases say nothing.
const STRATUM_CASES_MIN: usize = 10;
/// An utterance of at most so many words is a short one; of more than the second, a long one.
const SHORT_WORDS_MAX: usize = 9;
const MIDDLE_WORDS_MAX: usize = 30;

/// A suite in figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How many cases.
    pub cases: usize,
    /// Of how many scenarios.
    pub scenarios: usize,
    /// What went wrong how often.
    pub rates: Vec<Rate>,
    /// Each urgency read as each.
    pub confusion: Confusion,
    /// Each urgency's precision and recall.
    pub per_class: Vec<PerClass>,
    /// Values read as they are labelled: which, how many, of how many.
    pub values: Vec<(Field, usize, usize)>,
    /// Who misses which emergencies.
    pub overlap: Vec<Overlap>,
    /// The language model's calibration, and what its thresholds would do.
    pub model: (Vec<Bin>, Vec<CurvePoint>),
    /// The same of the learned head.
    pub head: (Vec<Bin>, Vec<CurvePoint>),
    /// How long half of the readings took at most, and 95 % of them, in milliseconds.
    pub ms: (f64, f64),
    /// The rates of groups of cases.
    pub strata: Vec<Stratum>,
}

/// A group of cases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stratum {
    /// By what they are grouped.
    pub by: String,
    /// Which group.
    pub is: String,
    /// How many cases.
    pub cases: usize,
    /// What went wrong how often.
    pub rates: Vec<Rate>,
}

impl Summary {
    /// Of these cases.
    pub fn of(outcomes: &[&Outcome]) -> Self {
        let confusion = Confusion::of(outcomes);
        let mut scenarios: Vec<&str> = outcomes.iter().map(|outcome| outcome.scenario.as_str()).collect();
        scenarios.sort_unstable();
        scenarios.dedup();
        let ms: Vec<f64> = outcomes.iter().map(|outcome| outcome.ms).collect();
        Self {
            cases: outcomes.len(),
            scenarios: scenarios.len(),
            rates: rates(outcomes),
            per_class: confusion.per_class(),
            confusion,
            values: values(outcomes),
            overlap: overlap(outcomes),
            model: (calibration(Witness::Model, outcomes), curve(Witness::Model, outcomes)),
            head: (calibration(Witness::Head, outcomes), curve(Witness::Head, outcomes)),
            ms: (quantile(&ms, 0.5), quantile(&ms, 0.95)),
            strata: strata(outcomes),
        }
    }

    /// A rate by its name.
    pub fn rate(&self, name: &str) -> Option<&Rate> {
        self.rates.iter().find(|rate| rate.name == name)
    }
}

/// The value below which this share of all lies; 0 of none.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (share * sorted.len() as f64) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(0.0)
}

fn values(outcomes: &[&Outcome]) -> Vec<(Field, usize, usize)> {
    let all = || outcomes.iter().flat_map(|outcome| &outcome.values);
    let count = |field: Field| {
        let of: Vec<_> = all().filter(|value| value.field == field).collect();
        (field, of.iter().filter(|value| value.right()).count(), of.len())
    };
    Field::ALL.into_iter().map(count).filter(|(_, _, of)| *of > 0).collect()
}

/// The cases by topic, age, length and so on, each group with its rates.
pub fn strata(outcomes: &[&Outcome]) -> Vec<Stratum> {
    let mut groups = Groups::new();
    for outcome in outcomes {
        for (by, is) in groups_of(outcome) {
            groups.entry((by, is)).or_default().push(outcome);
        }
    }
    let big = groups.into_iter().filter(|(_, members)| members.len() >= STRATUM_CASES_MIN);
    big.map(|((by, is), members)| Stratum { by: by.to_owned(), is, cases: members.len(), rates: rates(&members) })
        .collect()
}

fn groups_of(outcome: &Outcome) -> Vec<(&'static str, String)> {
    let words = outcome.text.expose().split_whitespace().count();
    let length = match words {
        0..=SHORT_WORDS_MAX => "short",
        _ if words <= MIDDLE_WORDS_MAX => "middle",
        _ => "long",
    };
    let mut groups = vec![
        ("topic", outcome.topic.clone()),
        ("caller", outcome.expected.caller.to_string()),
        ("intent", outcome.expected.intents.first().map_or_else(String::new, ToString::to_string)),
        ("age", age(&outcome.voice).to_owned()),
        ("length", length.to_owned()),
    ];
    if outcome.near_miss {
        groups.push(("near miss", "yes".to_owned()));
    }
    if outcome.in_call() {
        groups.push(("place", "in a call".to_owned()));
    }
    if let Some(over) = &outcome.over {
        groups.push(("spoken by", over.voice.clone()));
        groups.push(("noise", over.noise.clone()));
        groups.push(("words above noise", format!("{} dB", over.snr_db)));
        groups.push(("packets lost", format!("{} %", over.loss * 100.0)));
        groups.push(("speed", format!("{:.1}", over.speed)));
    }
    groups
}

/// How old the voice is, by what the suite says of it.
fn age(voice: &str) -> &'static str {
    let words = words(voice);
    let says = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    // "ten-year-old"; whoever is older is not told by their years
    let in_years = words.windows(2).any(|pair| matches!(pair[0].as_str(), "year" | "years") && pair[1] == "old");
    if in_years || says(&["child", "kid", "boy", "girl"]) {
        "child"
    } else if says(&["teen", "teenager", "teenage", "fourteen", "fifteen", "sixteen", "seventeen"]) {
        "teen"
    } else if says(&[
        "elder",
        "elderly",
        "older",
        "old",
        "grandmother",
        "grandfather",
        "grandma",
        "grandpa",
        "abuela",
        "retired",
        "retiree",
        "pensioner",
        "senior",
        "widow",
        "widower",
        "seventy",
        "eighty",
        "ninety",
        "seventies",
        "eighties",
        "nineties",
    ]) {
        "old"
    } else {
        "grown-up"
    }
}

//! The bars that a version must not break: `eval/thresholds.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::rates::{AFTER_READ_BACK, RATES};
use super::summary::Summary;

/// How high each rate may be, by suite.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Gates(BTreeMap<String, BTreeMap<String, f64>>);

/// What is wrong with the file.
#[derive(Debug, thiserror::Error)]
pub enum GatesError {
    /// Not TOML, or not of numbers.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A rate that nobody measures cannot be broken.
    #[error("[{suite}] {rate}: there is no such rate; there are {}, reading_ms_p50", RATES.iter().map(|kind| kind.name).collect::<Vec<_>>().join(", "))]
    Unknown {
        /// Of which suite.
        suite: String,
        /// As it is written.
        rate: String,
    },
}

/// A bar that was broken.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// Which rate.
    pub rate: String,
    /// What it is.
    pub is: f64,
    /// What it may be at most.
    pub at_most: f64,
}

const READING_MS_P50: &str = "reading_ms_p50";

impl Gates {
    /// Parses the file.
    pub fn parse(toml: &str) -> Result<Self, GatesError> {
        let gates: Self = toml::from_str(toml)?;
        for (suite, rates) in &gates.0 {
            for rate in rates.keys() {
                let after = AFTER_READ_BACK.iter().map(|(_, name, _)| *name);
                let mut known = RATES.iter().map(|kind| kind.name).chain(after).chain([READING_MS_P50]);
                if known.all(|name| name != rate) {
                    return Err(GatesError::Unknown { suite: suite.clone(), rate: rate.clone() });
                }
            }
        }
        Ok(gates)
    }

    /// The bars of `suite` that do not hold. A rate that the suite cannot show breaks nothing.
    pub fn broken(&self, suite: &str, summary: &Summary) -> Vec<Broken> {
        let of_suite = self.0.get(suite).into_iter().flatten();
        let broken = of_suite.filter_map(|(rate, at_most)| {
            let is = match rate.as_str() {
                READING_MS_P50 => summary.ms.0,
                name => summary.rate(name)?.rate,
            };
            (is > *at_most).then(|| Broken { rate: rate.clone(), is, at_most: *at_most })
        });
        broken.collect()
    }
}

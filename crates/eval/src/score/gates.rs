//! The bars that a version must not break: `eval/thresholds.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::held::{AFTER_READ_BACK, NOT_DONE};
use super::rates::RATES;
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
    #[error("[{suite}] {rate}: there is no such rate; there are {}", known().collect::<Vec<_>>().join(", "))]
    Unknown {
        /// Of which suite.
        suite: String,
        /// As it is written.
        rate: String,
    },
}

/// What became of the bars of a suite.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bars {
    /// How many hold.
    pub kept: usize,
    /// Those that do not.
    pub broken: Vec<Broken>,
    /// Those of rates that these cases cannot show.
    pub unmeasured: Vec<String>,
}

impl Bars {
    /// In a sentence.
    pub fn told(&self) -> String {
        let (kept, broken) = (self.kept, self.broken.len());
        let held = match (kept, broken) {
            (0, 0) => "Nothing is held against bars here.".to_owned(),
            _ => format!("{kept} bars hold, {broken} are broken."),
        };
        if self.unmeasured.is_empty() {
            return held;
        }
        format!("{held} These cases cannot show {}.", self.unmeasured.join(", "))
    }
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
                if known().all(|name| name != rate) {
                    return Err(GatesError::Unknown { suite: suite.clone(), rate: rate.clone() });
                }
            }
        }
        Ok(gates)
    }

    /// The bars of `suite`, held against its figures.
    pub fn hold(&self, suite: &str, summary: &Summary) -> Bars {
        let mut bars = Bars::default();
        for (rate, &at_most) in self.0.get(suite).into_iter().flatten() {
            let is = match rate.as_str() {
                READING_MS_P50 => Some(summary.ms.0),
                name => summary.rate(name).map(|rate| rate.rate),
            };
            match is {
                None => bars.unmeasured.push(rate.clone()),
                Some(is) if is > at_most => bars.broken.push(Broken { rate: rate.clone(), is, at_most }),
                Some(_) => bars.kept += 1,
            }
        }
        bars
    }
}

fn known() -> impl Iterator<Item = &'static str> {
    let after = AFTER_READ_BACK.iter().map(|(_, name, _)| *name);
    RATES.iter().map(|kind| kind.name).chain([NOT_DONE, READING_MS_P50]).chain(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_kept_or_broken_or_not_measured() {
        let gates = Gates::parse("[text]\nreading_ms_p50 = 250\nemergency_missed = 0.01\n").unwrap();
        let mut summary = Summary::of(&[]);
        summary.ms.0 = 200.0;
        let bars = gates.hold("text", &summary);
        assert_eq!((bars.kept, bars.broken.len(), bars.unmeasured), (1, 0, vec!["emergency_missed".to_owned()]));
        summary.ms.0 = 300.0;
        assert_eq!(gates.hold("text", &summary).broken[0].rate, "reading_ms_p50");
        assert_eq!(gates.hold("telephone", &summary), Bars::default(), "no bars for it");
        assert!(Gates::parse("[text]\nno_such_rate = 0.1\n").unwrap_err().to_string().contains("emergency_missed"));
    }
}

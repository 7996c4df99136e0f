//! Which version this is, and how far its ear for emergencies can be trusted.

use std::collections::BTreeMap;

use ::eval::score::upper_bound;
use serde::{Deserialize, Serialize};

use super::{print, print_json};

/// What the test suites showed last.
const MEASURED: &str = include_str!("../../../../eval/measured.toml");

/// Of one suite.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Measured {
    /// Prints the figures.
    command: String,
    emergencies: usize,
    missed: usize,
}

#[derive(Serialize)]
struct Version {
    version: &'static str,
    /// By suite: `text`, `telephone`.
    emergencies_missed: BTreeMap<String, Missed>,
}

/// Emergencies that were read as less.
#[derive(Serialize)]
struct Missed {
    missed: usize,
    of: usize,
    rate: f64,
    /// One-sided, 95 %, Clopper and Pearson.
    at_most: f64,
    measured_by: String,
}

pub(super) fn run(json: bool) -> anyhow::Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    if !json {
        return print(&format!("firstring {version}"));
    }
    let measured: BTreeMap<String, Measured> = toml::from_str(MEASURED)?;
    let missed = |measured: Measured| Missed {
        missed: measured.missed,
        of: measured.emergencies,
        rate: measured.missed as f64 / measured.emergencies as f64,
        at_most: upper_bound(measured.missed, measured.emergencies),
        measured_by: measured.command,
    };
    let emergencies_missed = measured.into_iter().map(|(suite, measured)| (suite, missed(measured))).collect();
    print_json(&Version { version, emergencies_missed })
}

use std::collections::HashMap;

use domain::Phi;
use serde::{Deserialize, Serialize};

use super::{Case, Channel};

/// What a recogniser made of a case that stands in another suite: labels stand in one place only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeardLine {
    /// The case.
    pub of: String,
    /// What the recogniser that answers made of it.
    pub heard: Phi<String>,
    /// How it was spoken and carried.
    #[serde(flatten)]
    pub over: Channel,
}

/// The cases as they were heard. Cases of which nothing is told are left out; the error is the first that is not known.
pub(super) fn as_heard(cases: Vec<Case>, lines: Vec<HeardLine>) -> Result<Vec<Case>, String> {
    let mut known: HashMap<String, Case> = cases.into_iter().map(|case| (case.id.clone(), case)).collect();
    let heard = lines.into_iter().map(|line| {
        let case = known.remove(&line.of).ok_or_else(|| line.of.clone())?;
        Ok(Case { text: line.heard, over: Some(line.over), ..case })
    });
    heard.collect()
}

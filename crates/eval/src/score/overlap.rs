use std::collections::BTreeMap;

use domain::Urgency;
use serde::{Deserialize, Serialize};

use super::outcome::{Outcome, Witness};

/// How many emergencies just these witnesses would have missed alone, and no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overlap {
    /// Who misses them; nobody in the first row.
    pub missed_by: Vec<Witness>,
    /// How many.
    pub emergencies: usize,
}

/// The emergencies by who would have missed them; a witness that was not asked misses nothing.
pub fn overlap(outcomes: &[&Outcome]) -> Vec<Overlap> {
    let mut rows: BTreeMap<Vec<Witness>, usize> = BTreeMap::new();
    for outcome in
        outcomes.iter().filter(|outcome| !outcome.in_call() && outcome.expected.urgency == Urgency::Emergency)
    {
        let misses =
            |witness: &Witness| outcome.judged.alone(*witness).is_some_and(|urgency| urgency < Urgency::Emergency);
        let missed_by = [Witness::Rules, Witness::Model, Witness::Head].into_iter().filter(misses).collect();
        *rows.entry(missed_by).or_default() += 1;
    }
    rows.into_iter().map(|(missed_by, emergencies)| Overlap { missed_by, emergencies }).collect()
}

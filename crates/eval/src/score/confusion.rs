use domain::Urgency;
use serde::{Deserialize, Serialize};

use super::outcome::Outcome;

/// How often each urgency was read as each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// `counts[expected][got]`, routine first.
    pub counts: [[usize; 3]; 3],
}

/// How well one urgency is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PerClass {
    /// Which.
    pub urgency: Urgency,
    /// Of those that were read as it, so many are. `None` if none was.
    pub precision: Option<f64>,
    /// Of those that are it, so many were read so. `None` if none is.
    pub recall: Option<f64>,
    /// So many are it.
    pub of: usize,
}

impl Confusion {
    /// Of these cases.
    pub fn of(outcomes: &[&Outcome]) -> Self {
        let mut counts = [[0; 3]; 3];
        for outcome in outcomes {
            counts[place(outcome.expected.urgency)][place(outcome.got.urgency)] += 1;
        }
        Self { counts }
    }

    /// Precision and recall of each urgency.
    pub fn per_class(&self) -> Vec<PerClass> {
        let share = |part: usize, of: usize| (of > 0).then(|| part as f64 / of as f64);
        let class = |urgency: Urgency| {
            let at = place(urgency);
            let of = self.counts[at].iter().sum();
            let read = self.counts.iter().map(|row| row[at]).sum();
            PerClass {
                urgency,
                precision: share(self.counts[at][at], read),
                recall: share(self.counts[at][at], of),
                of,
            }
        };
        Urgency::ALL.iter().copied().map(class).collect()
    }
}

fn place(urgency: Urgency) -> usize {
    match urgency {
        Urgency::Routine => 0,
        Urgency::Urgent => 1,
        Urgency::Emergency => 2,
    }
}

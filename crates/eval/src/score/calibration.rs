//! Whether a witness means what it says: of the cases to which it gives 30 %, 30 % should be emergencies; and what each
//! threshold would cost.

use domain::{Probabilities, Urgency};
use serde::{Deserialize, Serialize};

use super::outcome::{Outcome, Witness};

const BINS: usize = 10;
const THRESHOLDS: usize = 40;

/// The cases to which a witness gave about the same probability of emergency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// What it gave them on average.
    pub told: f64,
    /// How many of them are.
    pub are: f64,
    /// How many they are.
    pub cases: usize,
}

/// What one threshold would do, by a witness alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// From this probability on it calls an emergency.
    pub threshold: f64,
    /// The share of emergencies that it misses.
    pub missed: f64,
    /// The share of routine cases that it calls one.
    pub false_alarms: f64,
}

fn told(witness: Witness, outcome: &Outcome) -> Option<Probabilities> {
    match witness {
        Witness::Rules => None,
        Witness::Model => outcome.judged.model,
        Witness::Head => outcome.judged.head,
    }
}

/// The calibration of a witness in ten bins; empty ones are left out.
pub fn calibration(witness: Witness, outcomes: &[&Outcome]) -> Vec<Bin> {
    let mut bins = vec![(0.0, 0usize, 0usize); BINS];
    for outcome in outcomes {
        let Some(p) = told(witness, outcome).filter(|_| !outcome.in_call()) else { continue };
        let at = ((f64::from(p.emergency) * BINS as f64) as usize).min(BINS - 1);
        bins[at].0 += f64::from(p.emergency);
        bins[at].1 += usize::from(outcome.expected.urgency == Urgency::Emergency);
        bins[at].2 += 1;
    }
    let full = bins.into_iter().filter(|(_, _, cases)| *cases > 0);
    full.map(|(sum, are, cases)| Bin { told: sum / cases as f64, are: are as f64 / cases as f64, cases }).collect()
}

/// What each threshold of a witness would do; nothing if it was not asked.
pub fn curve(witness: Witness, outcomes: &[&Outcome]) -> Vec<CurvePoint> {
    let judged: Vec<(Urgency, f64)> = outcomes
        .iter()
        .filter(|outcome| !outcome.in_call())
        .filter_map(|outcome| told(witness, outcome).map(|p| (outcome.expected.urgency, f64::from(p.emergency))))
        .collect();
    if judged.is_empty() {
        return Vec::new();
    }
    let share = |is: Urgency, holds: &dyn Fn(f64) -> bool| {
        let of = judged.iter().filter(|(urgency, _)| *urgency == is).count();
        let count = judged.iter().filter(|(urgency, p)| *urgency == is && holds(*p)).count();
        count as f64 / of.max(1) as f64
    };
    let point = |step: usize| {
        let threshold = (step + 1) as f64 / THRESHOLDS as f64;
        CurvePoint {
            threshold,
            missed: share(Urgency::Emergency, &|p| p < threshold),
            false_alarms: share(Urgency::Routine, &|p| p >= threshold),
        }
    };
    (0..THRESHOLDS).map(point).collect()
}

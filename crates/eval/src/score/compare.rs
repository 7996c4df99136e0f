//! Two versions on the same cases.

use std::collections::HashMap;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use statrs::distribution::{Binomial, DiscreteCDF};

use super::outcome::Outcome;
use super::summary::quantile;

const RESAMPLES: usize = 2_000;
const SEED: u64 = 1;
/// So rarely a difference that is none would look like this one.
const SIGNIFICANT: f64 = 0.05;

/// What changed from one version to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// How many cases both have, with the same words and labels.
    pub cases: usize,
    /// How many both have, but differently: nothing is said of them.
    pub changed: usize,
    /// Cases that failed and pass now.
    pub better: Vec<String>,
    /// Cases that passed and fail now.
    pub worse: Vec<String>,
    /// Emergencies that were understated and are not any more, and the other way round.
    pub emergencies: (usize, usize),
    /// McNemar's exact test: how likely such a difference, or a bigger one, is by chance.
    pub p: f64,
    /// How much longer the median reading takes, in milliseconds: 95 % of the resamples lie within.
    pub ms: (f64, f64),
}

/// Compares what both have read.
pub fn compare(before: &[Outcome], after: &[Outcome]) -> Comparison {
    let known: HashMap<&str, &Outcome> = before.iter().map(|outcome| (outcome.id.as_str(), outcome)).collect();
    let both = after.iter().filter_map(|after| known.get(after.id.as_str()).map(|before| (*before, after)));
    let (pairs, relabelled): (Vec<_>, Vec<_>) = both.partition(|(before, after)| same_case(before, after));
    let changed = |now: bool| {
        let pairs =
            pairs.iter().filter(move |(before, after)| before.passed() != after.passed() && after.passed() == now);
        pairs.map(|(_, after)| after.id.clone()).collect::<Vec<_>>()
    };
    let (better, worse) = (changed(true), changed(false));
    let turned = |from: bool| {
        let pairs = pairs.iter().filter(|(before, _)| before.expected.urgency == domain::Urgency::Emergency);
        pairs.filter(|(before, after)| before.understated() == from && after.understated() != from).count()
    };
    Comparison {
        cases: pairs.len(),
        changed: relabelled.len(),
        p: mcnemar(better.len(), worse.len()),
        emergencies: (turned(true), turned(false)),
        ms: slower_by(&pairs),
        better,
        worse,
    }
}

/// Whether both were given the same words and held against the same labels.
fn same_case(before: &Outcome, after: &Outcome) -> bool {
    let labels = |of: &Outcome| of.values.iter().map(|value| (value.field, value.expected.clone())).collect::<Vec<_>>();
    let same_words = before.text == after.text && before.over == after.over && before.answers == after.answers;
    same_words && before.expected == after.expected && labels(before) == labels(after)
}

/// Two-sided, exact: of the cases that changed, either way is as likely.
fn mcnemar(better: usize, worse: usize) -> f64 {
    let changed = (better + worse) as u64;
    if changed == 0 {
        return 1.0;
    }
    let fair = Binomial::new(0.5, changed).expect("a half is a probability");
    (2.0 * fair.cdf(better.min(worse) as u64)).min(1.0)
}

/// Paired bootstrap of the difference of medians.
fn slower_by(pairs: &[(&Outcome, &Outcome)]) -> (f64, f64) {
    if pairs.is_empty() {
        return (0.0, 0.0);
    }
    let mut luck = StdRng::seed_from_u64(SEED);
    let median =
        |of: &[(f64, f64)], pick: fn(&(f64, f64)) -> f64| quantile(&of.iter().map(pick).collect::<Vec<_>>(), 0.5);
    let times: Vec<(f64, f64)> = pairs.iter().map(|(before, after)| (before.ms, after.ms)).collect();
    let differences: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let drawn: Vec<_> = (0..times.len()).map(|_| times[luck.random_range(0..times.len())]).collect();
            median(&drawn, |pair| pair.1) - median(&drawn, |pair| pair.0)
        })
        .collect();
    (quantile(&differences, 0.025), quantile(&differences, 0.975))
}

impl Comparison {
    /// What got better and worse, in a sentence or two.
    pub fn told(&self) -> String {
        let (better, worse) = (self.better.len(), self.worse.len());
        let verdict = match (self.p < SIGNIFICANT, better > worse) {
            (true, true) => "This version is better",
            (true, false) => "This version is worse",
            (false, _) if better + worse == 0 => "Nothing changed",
            (false, _) => "No difference can be told",
        };
        let (found, lost) = self.emergencies;
        let (from, to) = self.ms;
        let time = match (from > 0.0, to < 0.0) {
            (true, _) => format!("Reading takes longer, by {from:.0} to {to:.0} ms."),
            (_, true) => format!("Reading is quicker, by {:.0} to {:.0} ms.", -to, -from),
            _ => "Reading takes as long as before.".to_owned(),
        };
        let left_out = match self.changed {
            0 => String::new(),
            changed => format!(" {changed} more are left out: their words or labels are others now."),
        };
        format!(
            "{verdict}: of {} cases {better} pass that failed, and {worse} fail that passed (McNemar p = {:.3}). Of the emergencies {found} are no longer understated, and {lost} are now. {time}{left_out}",
            self.cases, self.p
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R: `binom.test(k, n)$p.value`.
    #[test]
    fn mcnemar_is_the_binomial_test_of_what_changed() {
        for (better, worse, p) in [(0, 0, 1.0), (5, 5, 1.0), (1, 9, 0.021_484), (0, 6, 0.031_25), (20, 40, 0.013_489)] {
            let found = mcnemar(better, worse);
            assert!((found - p).abs() < 1e-4, "{better}/{worse}: {found} instead of {p}");
        }
    }
}

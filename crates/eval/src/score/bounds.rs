//! How high a rate may really be, given what was counted.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use statrs::distribution::{Beta, ContinuousCDF};

/// One-sided.
const CONFIDENCE: f64 = 0.95;
const RESAMPLES: usize = 2_000;
/// The same suite has the same bounds.
const SEED: u64 = 1;

/// Upper bounds of a rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bound {
    /// Clopper and Pearson 1934, one-sided 95 %: as if all cases were independent.
    pub exact: f64,
    /// The 95th percentile over scenarios drawn again with replacement: cases of one scenario hang together. Where nothing
    /// went wrong it is 0 and says nothing; the exact bound does.
    pub by_scenario: f64,
}

/// The exact upper bound of a rate of which `wrong` of `of` was seen; 1 if nothing was.
pub fn upper_bound(wrong: usize, of: usize) -> f64 {
    if wrong >= of {
        return 1.0;
    }
    let beta = Beta::new(wrong as f64 + 1.0, (of - wrong) as f64).expect("both are positive");
    beta.inverse_cdf(CONFIDENCE)
}

/// The bounds of a rate over cases, each of a scenario and wrong or not.
pub(super) fn bounds<'a>(cases: impl Iterator<Item = (&'a str, bool)>) -> Bound {
    let mut scenarios: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (scenario, wrong) in cases {
        let (wrongs, of) = scenarios.entry(scenario).or_default();
        *wrongs += usize::from(wrong);
        *of += 1;
    }
    let scenarios: Vec<(usize, usize)> = scenarios.into_values().collect();
    let (wrong, of) = sum(scenarios.iter());
    Bound { exact: upper_bound(wrong, of), by_scenario: resampled(&scenarios) }
}

fn resampled(scenarios: &[(usize, usize)]) -> f64 {
    if scenarios.is_empty() {
        return 1.0;
    }
    let mut luck = StdRng::seed_from_u64(SEED);
    let mut rates: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let (wrong, of) = sum((0..scenarios.len()).map(|_| &scenarios[luck.random_range(0..scenarios.len())]));
            wrong as f64 / of as f64
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    rates[(CONFIDENCE * RESAMPLES as f64) as usize]
}

fn sum<'a>(scenarios: impl Iterator<Item = &'a (usize, usize)>) -> (usize, usize) {
    scenarios.fold((0, 0), |(wrong, of), (more, among)| (wrong + more, of + among))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 3 / n, the "rule of three", is close where nothing was seen; the others are R's
    /// `binom.test(k, n, alternative = "less", conf.level = 0.95)`.
    #[test]
    fn the_exact_bound_is_the_published_one() {
        for (wrong, of, bound) in
            [(0, 100, 0.029_513), (0, 1000, 0.002_991), (10, 1000, 0.016_902), (5, 5, 1.0), (0, 0, 1.0)]
        {
            let found = upper_bound(wrong, of);
            assert!((found - bound).abs() < 1e-4, "{wrong} of {of}: {found} instead of {bound}");
        }
    }

    #[test]
    fn errors_that_stand_together_are_worth_less_than_scattered_ones() {
        let case = |scenario: usize| ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"][scenario];
        let together = bounds((0..100).map(|at| (case(at / 10), at < 10)));
        let scattered = bounds((0..100).map(|at| (case(at / 10), at % 10 == 0)));
        assert!((together.exact - scattered.exact).abs() < f64::EPSILON);
        assert!(together.by_scenario > scattered.by_scenario, "{together:?} {scattered:?}");
    }
}

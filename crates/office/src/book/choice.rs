//! Which openings are offered: at most three, the best first, all of one [`Fit`].
//!
//! As it was wished; else at the wished time with another provider; else the nearest other times, with the wished
//! provider if there are any. They are spread: a caller who can choose between a morning and an afternoon is not offered
//! three neighbours.

use domain::{Fit, Interval, ProviderId};
use jiff::{SignedDuration, Timestamp};

use super::calendar::Opening;

/// More are forgotten by the third.
pub(crate) const OFFERS_MAX: usize = 3;
/// Offers begin so far from one another; where there are not enough such, the next value counts.
const APART: [SignedDuration; 3] = [SignedDuration::from_hours(4), SignedDuration::from_hours(1), SignedDuration::ZERO];

/// What the caller wishes.
#[derive(Clone, Copy)]
pub(crate) struct Wish<'a> {
    /// With whom; `None`: with anybody.
    pub(crate) provider: Option<&'a ProviderId>,
    /// Within any of these; none: as soon as possible.
    pub(crate) when: &'a [Interval],
}

impl Wish<'_> {
    fn has_provider(&self, opening: &Opening) -> bool {
        self.provider.is_none_or(|p| *p == opening.provider)
    }

    /// How far an opening begins from the nearest wished time.
    fn distance(&self, opening: &Opening) -> SignedDuration {
        let distances = self.when.iter().map(|interval| from_interval(*interval, opening.start));
        distances.min().unwrap_or_default()
    }
}

/// The best of `openings`, which are in order of time.
pub(crate) fn choose(openings: Vec<Opening>, wish: Wish<'_>) -> (Fit, Vec<Opening>) {
    let (at_time, mut others): (Vec<_>, Vec<_>) = openings.into_iter().partition(|o| wish.distance(o).is_zero());
    if !at_time.is_empty() {
        let (with_wished, with_others): (Vec<_>, Vec<_>) = at_time.into_iter().partition(|o| wish.has_provider(o));
        return if with_wished.is_empty() {
            (Fit::OtherProvider, spread(&with_others))
        } else {
            (Fit::AsWished, spread(&with_wished))
        };
    }
    if others.iter().any(|o| wish.has_provider(o)) {
        others.retain(|o| wish.has_provider(o));
    }
    others.sort_by_key(|o| wish.distance(o));
    (Fit::OtherTime, spread(&others))
}

/// The first ones that lie far enough from one another, the best first.
fn spread(best_first: &[Opening]) -> Vec<Opening> {
    let mut chosen: Vec<usize> = Vec::new();
    for apart in APART {
        for (at, opening) in best_first.iter().enumerate() {
            let near = |other: &usize| best_first[*other].start.duration_since(opening.start).abs() < apart;
            if chosen.len() < OFFERS_MAX && !chosen.contains(&at) && !chosen.iter().any(near) {
                chosen.push(at);
            }
        }
    }
    chosen.sort_unstable();
    chosen.into_iter().map(|at| best_first[at].clone()).collect()
}

/// Zero within `[from, to)`.
fn from_interval((from, to): Interval, at: Timestamp) -> SignedDuration {
    if at < from {
        from.duration_since(at)
    } else if at < to {
        SignedDuration::ZERO
    } else {
        // Not zero at the very end, which is outside.
        at.duration_since(to) + SignedDuration::from_nanos(1)
    }
}

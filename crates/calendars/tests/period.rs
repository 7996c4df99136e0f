//! When two times collide.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use calendars::Period;
use jiff::Timestamp;
use proptest::prelude::*;

fn period(start: i64, minutes: i64) -> Option<Period> {
    let at = |minute: i64| Timestamp::from_second(1_790_000_000 + minute * 60).unwrap();
    Period::new(at(start), at(start + minutes))
}

proptest! {
    #[test]
    fn they_overlap_if_and_only_if_a_minute_is_in_both(a in 0i64..40, long in 1i64..20, b in 0i64..40, other in 1i64..20) {
        let (one, two) = (period(a, long).unwrap(), period(b, other).unwrap());
        let shared = (0..80).any(|minute| (a..a + long).contains(&minute) && (b..b + other).contains(&minute));
        prop_assert_eq!(one.overlaps(&two), shared);
        prop_assert_eq!(two.overlaps(&one), shared);
        prop_assert!(one.overlaps(&one));
    }

    #[test]
    fn none_is_empty(start in 0i64..40, minutes in -20i64..20) {
        prop_assert_eq!(period(start, minutes).is_some(), minutes > 0);
    }
}

//! How a time that is said meets the time that stood: an hour without a day keeps the day, a day keeps the hour.

use std::collections::BTreeSet;

use domain::Interval;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// An hour without a day is read as that hour of every open day of some weeks. So many days are no choice among days.
const MANY_DAYS: usize = 8;
/// A longer time is a day rather than an hour of it.
const HOURS_MAX: SignedDuration = SignedDuration::from_hours(12);

/// What is meant by `said` after `before`. If the two have nothing in common, what was said last.
pub(crate) fn met(before: &[Interval], said: Vec<Interval>, zone: &TimeZone) -> Vec<Interval> {
    let both = match (are_hours(before, zone), are_hours(&said, zone)) {
        (false, true) => on_days(&said, &days(before, zone), zone),
        (true, false) if said.iter().all(|(from, to)| to.duration_since(*from) > HOURS_MAX) => {
            on_days(before, &days(&said, zone), zone)
        }
        (true | false, _) => Vec::new(),
    };
    if both.is_empty() { said } else { both }
}

/// Whether times are hours without a day.
pub(super) fn are_hours(when: &[Interval], zone: &TimeZone) -> bool {
    let short = |(from, to): &Interval| to.duration_since(*from) <= HOURS_MAX;
    let first_days: BTreeSet<Date> = when.iter().map(|(from, _)| day(*from, zone)).collect();
    first_days.len() >= MANY_DAYS && when.iter().all(short)
}

/// The whole day of `at`.
pub(super) fn whole_day(at: Timestamp, zone: &TimeZone) -> Option<Interval> {
    let day = day(at, zone);
    let begin = |date: Date| date.to_zoned(zone.clone()).ok().map(|begin| begin.timestamp());
    Some((begin(day)?, begin(day.tomorrow().ok()?)?))
}

fn on_days(hours: &[Interval], days: &BTreeSet<Date>, zone: &TimeZone) -> Vec<Interval> {
    hours.iter().copied().filter(|(from, _)| days.contains(&day(*from, zone))).collect()
}

fn days(when: &[Interval], zone: &TimeZone) -> BTreeSet<Date> {
    /// Nothing is booked so far ahead that more days would matter.
    const DAYS_MAX: usize = 400;
    let all = |(from, to): &Interval| {
        let last = day(*to - SignedDuration::from_nanos(1), zone);
        day(*from, zone).series(1.day()).take(DAYS_MAX).take_while(move |date| *date <= last)
    };
    when.iter().flat_map(all).collect()
}

fn day(at: Timestamp, zone: &TimeZone) -> Date {
    zone.to_datetime(at).date()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn at(day: i8, from: i8, to: i8) -> Interval {
        let moment = |hour| date(2026, 3, day).at(hour, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
        (moment(from), moment(to))
    }

    fn whole(day: i8) -> Interval {
        whole_day(at(day, 9, 10).0, &TimeZone::UTC).unwrap()
    }

    #[test]
    fn an_hour_keeps_the_day_and_a_day_keeps_the_hour() {
        let every = |from, to| (4..=20).map(|day| at(day, from, to)).collect::<Vec<_>>();
        let next_week = vec![(whole(9).0, whole(13).1)];
        let rows = [
            ("tuesday, then at ten", vec![whole(10)], every(10, 11), vec![at(10, 10, 11)]),
            ("tuesday afternoon, then mornings", vec![at(10, 12, 18)], every(8, 12), vec![at(10, 8, 12)]),
            ("next week, then at ten", next_week, every(10, 11), (9..=13).map(|day| at(day, 10, 11)).collect()),
            ("mornings, then friday", every(8, 12), vec![whole(6)], vec![at(6, 8, 12)]),
            ("mornings, then friday at three", every(8, 12), vec![at(6, 15, 16)], vec![at(6, 15, 16)]),
            ("tuesday, then wednesday", vec![whole(10)], vec![whole(11)], vec![whole(11)]),
            ("nothing, then at ten", vec![], every(10, 11), every(10, 11)),
            ("a day on which it is not, then at ten", vec![whole(28)], every(10, 11), every(10, 11)),
        ];
        for (what, before, said, meant) in rows {
            assert_eq!(met(&before, said, &TimeZone::UTC), meant, "{what}");
        }
    }
}

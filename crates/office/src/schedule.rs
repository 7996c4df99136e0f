use jiff::civil::{Time, Weekday};
use jiff::{Timestamp, ToSpan, Zoned};

/// When something happens by itself, by the practice's clock.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// On which days.
    pub days: Vec<Weekday>,
    /// At what times of each, in any order.
    pub at: Vec<Time>,
}

impl Schedule {
    /// The first time after `now`; `None` if there is none within a week. A time that the clocks skip comes as much later.
    pub fn next(&self, now: &Zoned) -> Option<Timestamp> {
        (0..=7).find_map(|days| {
            let date = now.date().checked_add(days.days()).ok().filter(|date| self.days.contains(&date.weekday()))?;
            let at = |time: &Time| date.to_datetime(*time).to_zoned(now.time_zone().clone()).ok();
            self.at.iter().filter_map(at).filter(|at| at > now).map(|at| at.timestamp()).min()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(schedule: &Schedule, now: &str) -> String {
        let now: Zoned = now.parse().unwrap();
        let next = schedule.next(&now).unwrap().to_zoned(now.time_zone().clone());
        next.strftime("%a %d %H:%M %z").to_string()
    }

    #[test]
    fn the_next_time_is_on_the_next_day_of_the_schedule_by_the_practices_clock() {
        let noon = vec![Time::constant(12, 0, 0, 0)];
        let schedule = Schedule { days: vec![Weekday::Sunday, Weekday::Wednesday], at: noon };
        let next = |now| next(&schedule, now);
        assert_eq!(
            next("2026-10-31T12:00:00[America/New_York]"),
            "Sun 01 12:00 -0500",
            "clocks went back in the night"
        );
        assert_eq!(next("2026-11-01T12:00:00[America/New_York]"), "Wed 04 12:00 -0500");
        assert_eq!(next("2026-11-04T11:59:59[America/New_York]"), "Wed 04 12:00 -0500");
        let never = Schedule { days: Vec::new(), at: vec![Time::midnight()] };
        assert_eq!(never.next(&"2026-11-01T12:00:00[UTC]".parse().unwrap()), None);
    }

    #[test]
    fn of_several_times_the_earliest_that_is_left_counts() {
        let at = [17, 2, 12].map(|hour| Time::constant(hour, 30, 0, 0)).to_vec();
        let schedule = Schedule { days: vec![Weekday::Sunday, Weekday::Monday], at };
        let next = |now| next(&schedule, now);
        assert_eq!(next("2026-03-07T20:00:00[America/New_York]"), "Sun 08 03:30 -0400", "02:30 is skipped that day");
        assert_eq!(next("2026-03-08T12:30:00[America/New_York]"), "Sun 08 17:30 -0400");
        assert_eq!(next("2026-03-08T18:00:00[America/New_York]"), "Mon 09 02:30 -0400");
        assert_eq!(next("2026-03-09T18:00:00[America/New_York]"), "Sun 15 02:30 -0400");
    }
}

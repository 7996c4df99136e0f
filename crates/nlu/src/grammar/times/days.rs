//! Which days are meant: conditions on a date, and the dates that meet them.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// How far ahead a single day is looked for.
const DAYS_AHEAD_MAX: i32 = 400;
/// "Monday the seventh" that is further away was a slip of the tongue.
const ONE_DAY_AHEAD_MAX: i32 = 120;
/// Wishes without an end ("afternoons", "not Monday") are closed so many days later.
pub(super) const HORIZON_DAYS: i32 = 28;

/// A condition on a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Day {
    /// From the first date until before the second.
    In(Date, Date),
    /// That date, counted in weeks or months from today: the days around it if that one is closed or another weekday was said.
    About(Date),
    /// The next one.
    Weekday(Weekday),
    /// Each of them.
    Every(Weekday),
    /// The next such day of a month.
    OfMonth(i8),
    /// Monday to Friday.
    Working,
    /// Saturdays and Sundays.
    Weekend,
    /// Whatever day.
    Any,
}

impl Day {
    /// One date.
    pub(super) fn on(date: Date) -> Self {
        Self::In(date, later(date, 1))
    }

    fn holds(self, date: Date) -> bool {
        match self {
            Self::In(from, to) => from <= date && date < to,
            Self::About(about) => date == about,
            Self::Weekday(weekday) | Self::Every(weekday) => date.weekday() == weekday,
            Self::OfMonth(day) => date.day() == day,
            Self::Working => !is_weekend(date),
            Self::Weekend => is_weekend(date),
            Self::Any => true,
        }
    }
}

/// The dates from `today` on that meet all of `days`, as ranges `[from, to)`: the first one only, unless a condition
/// means many.
pub(super) fn dates(days: &[Day], today: Date) -> Vec<(Date, Date)> {
    let ranged = days.iter().any(|day| matches!(day, Day::In(..) | Day::About(_)));
    let many = days.iter().any(|day| match day {
        Day::In(..) | Day::About(_) | Day::Every(_) | Day::Working | Day::Weekend | Day::Any => true,
        Day::Weekday(_) | Day::OfMonth(_) => false,
    });
    let ahead = match (ranged, many) {
        (true, _) => DAYS_AHEAD_MAX,
        (false, true) => HORIZON_DAYS,
        (false, false) => ONE_DAY_AHEAD_MAX,
    };
    let end = days.iter().fold(later(today, ahead), |end, day| match day {
        Day::In(_, to) => (*to).max(end),
        Day::About(date) => later(*date, 1).max(end),
        Day::Weekday(_) | Day::Every(_) | Day::OfMonth(_) | Day::Working | Day::Weekend | Day::Any => end,
    });
    let mut found: Vec<(Date, Date)> = Vec::new();
    // who means today says "today"
    let mut date = if many { today } else { later(today, 1) };
    while date < end {
        let next = later(date, 1);
        if days.iter().all(|day| day.holds(date)) {
            match found.last_mut() {
                Some(last) if last.1 == date => last.1 = next,
                Some(_) | None => found.push((date, next)),
            }
            if !many {
                break;
            }
        }
        if next == date {
            break; // the end of the calendar
        }
        date = next;
    }
    found
}

/// `days` later, or earlier; at the ends of the calendar it stays there.
pub(super) fn later(date: Date, days: i32) -> Date {
    date.saturating_add(days.days())
}

/// The Monday on or before `date`.
pub(super) fn monday(date: Date) -> Date {
    later(date, -i32::from(date.weekday().to_monday_zero_offset()))
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

//! How a time is spoken: "tomorrow at 9", "Thursday at 4:30", "Thursday, March 5th at 4:30 in the afternoon".

use jiff::civil::{Date, DateTime, Time, Weekday};

use crate::prompt::Moment;

/// Days ahead in which the name of the weekday says enough.
const WEEK_DAYS: i32 = 7;

/// As it is offered.
pub(crate) fn short(moment: &Moment) -> String {
    let (day, time) = (moment.at.date(), moment.at.time());
    let day = match days_ahead(moment) {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        2..WEEK_DAYS => weekday(day).to_owned(),
        _ => format!("{}, {}", weekday(day), month_and_day(day)),
    };
    let part = if (7..18).contains(&time.hour()) { "" } else { part_of_day(time) };
    format!("{day} at {}{part}", clock(time))
}

/// As it is read back: nothing is left to be guessed.
pub(crate) fn full(moment: &Moment) -> String {
    let (day, time) = (moment.at.date(), moment.at.time());
    let date = format!("{}, {}", weekday(day), month_and_day(day));
    let date = match days_ahead(moment) {
        0 => format!("today, {date}"),
        1 => format!("tomorrow, {date}"),
        _ => date,
    };
    format!("{date} at {}{}", clock(time), part_of_day(time))
}

/// When the practice is closed, `[from, to)`: "on Thursday, November 26th".
pub(crate) fn closed(from: DateTime, to: DateTime) -> String {
    let midnight = Time::midnight();
    let named = |date: Date| format!("{}, {}", weekday(date), month_and_day(date));
    let moment = |at: DateTime| format!("{} at {}{}", named(at.date()), clock(at.time()), part_of_day(at.time()));
    let last = to.date().yesterday().unwrap_or(to.date());
    match (from.time() == midnight, to.time() == midnight) {
        (true, true) if last == from.date() => format!("on {}", named(last)),
        (true, true) => format!("from {} to {}", named(from.date()), named(last)),
        (false, true) => format!("from {} to {}", moment(from), named(last)),
        (true, false) => format!("from {} until {}", named(from.date()), moment(to)),
        (false, false) => format!("from {} until {}", moment(from), moment(to)),
    }
}

/// A date of birth: "March 14th, 1958".
pub(crate) fn birth(date: Date) -> String {
    format!("{}, {}", month_and_day(date), date.year())
}

fn days_ahead(moment: &Moment) -> i32 {
    moment.at.date().duration_since(moment.today).as_hours().div_euclid(24) as i32
}

fn clock(time: Time) -> String {
    let hour = match time.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    match (time.hour(), time.minute()) {
        (12, 0) => "noon".to_owned(),
        (_, 0) => hour.to_string(),
        (_, minute) => format!("{hour}:{minute:02}"),
    }
}

fn part_of_day(time: Time) -> &'static str {
    match (time.hour(), time.minute()) {
        (12, 0) => "",
        (0..12, _) => " in the morning",
        (12..17, _) => " in the afternoon",
        _ => " in the evening",
    }
}

fn weekday(date: Date) -> &'static str {
    match date.weekday() {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

fn month_and_day(date: Date) -> String {
    let day = date.day();
    let ending = match (day % 10, day) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{} {day}{ending}", date.strftime("%B"))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn times_are_spoken_as_people_say_them() {
        let today = date(2026, 3, 3); // a Tuesday
        for (at, offered, read_back) in [
            (date(2026, 3, 3).at(16, 30, 0, 0), "today at 4:30", "today, Tuesday, March 3rd at 4:30 in the afternoon"),
            (date(2026, 3, 4).at(9, 0, 0, 0), "tomorrow at 9", "tomorrow, Wednesday, March 4th at 9 in the morning"),
            (date(2026, 3, 5).at(12, 0, 0, 0), "Thursday at noon", "Thursday, March 5th at noon"),
            (date(2026, 3, 9).at(8, 5, 0, 0), "Monday at 8:05", "Monday, March 9th at 8:05 in the morning"),
            (
                date(2026, 3, 10).at(18, 0, 0, 0),
                "Tuesday, March 10th at 6 in the evening",
                "Tuesday, March 10th at 6 in the evening",
            ),
            (
                date(2026, 3, 22).at(12, 30, 0, 0),
                "Sunday, March 22nd at 12:30",
                "Sunday, March 22nd at 12:30 in the afternoon",
            ),
        ] {
            let moment = Moment { at, today };
            assert_eq!((short(&moment).as_str(), full(&moment).as_str()), (offered, read_back));
        }
        assert_eq!(birth(date(1958, 3, 11)), "March 11th, 1958");
    }

    #[test]
    fn days_that_are_closed_are_spoken_from_the_first_to_the_last() {
        let at = |day, hour| date(2026, 11, day).at(hour, 0, 0, 0);
        for (from, to, spoken) in [
            (at(26, 0), at(27, 0), "on Thursday, November 26th"),
            (at(26, 0), at(28, 0), "from Thursday, November 26th to Friday, November 27th"),
            (at(25, 12), at(27, 0), "from Wednesday, November 25th at noon to Thursday, November 26th"),
            (at(26, 0), at(27, 13), "from Thursday, November 26th until Friday, November 27th at 1 in the afternoon"),
        ] {
            assert_eq!(closed(from, to), spoken);
        }
    }
}

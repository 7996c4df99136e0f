//! A group of a wish: days and hours, each a list of alternatives, each alternative a list of conditions that hold
//! together; and the stretches of wall time that they mean.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};

use super::clock::{Clock, Minutes, Opening, hours_of};
use super::days::{Day, HORIZON_DAYS, dates, later, monday};

/// A stretch of wall time, `[from, to)`.
pub(super) type Span = (DateTime, DateTime);

/// "As soon as possible" is closed so many days later.
const SOON_DAYS: i32 = 14;

/// "In a month", where that is a Sunday: so many days before and behind it.
const DAYS_ABOUT: i32 = 3;

/// How a group is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sense {
    #[default]
    Wished,
    /// "Not Monday".
    Denied,
    /// It takes back what was said before it: "Tuesday, no, Wednesday".
    Corrects,
}

/// Days and hours that belong together.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) sense: Sense,
    pub(super) soonest: bool,
    pub(super) days: Vec<Vec<Day>>,
    pub(super) hours: Vec<Vec<Clock>>,
    /// Hours were said before the days: "after four on Tuesday or Thursday".
    pub(super) hours_first: bool,
}

impl Group {
    pub(super) fn is_denied(&self) -> bool {
        self.sense == Sense::Denied
    }

    pub(super) fn is_empty(&self) -> bool {
        self.days.is_empty() && self.hours.is_empty() && !self.soonest
    }

    /// "Tuesday or Thursday", "next week": what was said last, and every bare weekday before it, is meant in that week.
    /// False if that cannot be.
    pub(super) fn narrow(&mut self, days: &[Day], today: Date) -> bool {
        let (last, many) = (self.days.len().wrapping_sub(1), matches!(days, [Day::In(..)]));
        let mut narrowed = false;
        for (at, all) in self.days.iter_mut().enumerate() {
            let week = |date: Date| Day::In(monday(date), later(monday(date), 7));
            let widened = all.iter().map(|day| if let Day::About(date) = day { week(*date) } else { *day });
            let weekday = matches!(days, [Day::Weekday(_) | Day::Every(_)]);
            let both: Vec<Day> = if weekday { widened.collect() } else { all.clone() };
            let both = [both.as_slice(), days].concat();
            let meant = at == last || many && matches!(all.as_slice(), [Day::Weekday(_)]);
            if meant && !dates(&both, today).is_empty() {
                *all = both;
                narrowed |= at == last;
            }
        }
        narrowed
    }

    pub(super) fn spans(&self, now: DateTime, opening: Opening<'_>) -> Vec<Span> {
        let today = now.date();
        let every = |day: &Day| match day {
            Day::Weekday(weekday) if self.is_denied() => Day::Every(*weekday),
            Day::About(date) if !opening.is_open_on(*date) => {
                Day::In(later(*date, -DAYS_ABOUT), later(*date, DAYS_ABOUT + 1))
            }
            Day::Weekday(_)
            | Day::About(_)
            | Day::In(..)
            | Day::Every(_)
            | Day::OfMonth(_)
            | Day::Working
            | Day::Weekend
            | Day::Any => *day,
        };
        let soon = || [(today, later(today, SOON_DAYS))].to_vec();
        let ranges: Vec<(Date, Date)> = match (self.days.as_slice(), self.hours.as_slice()) {
            ([], []) => return vec![(now, midnight(later(today, SOON_DAYS)))],
            ([], [hours]) if hours.contains(&Clock::FirstThing) && self.soonest => soon(),
            ([], _) => vec![(today, later(today, HORIZON_DAYS))],
            (days, _) => {
                days.iter().flat_map(|days| dates(&days.iter().map(every).collect::<Vec<_>>(), today)).collect()
            }
        };
        if self.hours.is_empty() {
            return ranges.into_iter().map(|(from, to)| (midnight(from), midnight(to))).collect();
        }
        let on = |date: Date| {
            let minutes = self.hours.iter().flat_map(move |hours| hours_of(hours, date, opening));
            minutes.map(move |minutes| on_date(date, minutes)).collect::<Vec<_>>()
        };
        ranges.into_iter().flat_map(|range| open_dates(range, opening)).flat_map(on).collect()
    }
}

/// What was corrected goes, and the correction keeps of it what it does not say itself: "Monday at nine, sorry, Tuesday". Hours
/// behind a denial hold for what was wished before it: "any day but Monday, before lunch".
pub(super) fn settled(groups: Vec<Group>) -> Vec<Group> {
    let mut kept: Vec<Group> = Vec::new();
    for mut group in groups {
        if group.sense == Sense::Corrects && !group.is_empty() {
            if let Some(before) = kept.pop() {
                let Group { days, hours, .. } = before;
                group.days = if group.days.is_empty() { days } else { group.days };
                group.hours = if group.hours.is_empty() { hours } else { group.hours };
            }
            kept.clear();
        } else if let [.., wished, denial] = kept.as_mut_slice()
            && denial.is_denied()
            && !wished.is_denied()
            && wished.hours.is_empty()
            && !wished.days.is_empty()
            && !group.is_denied()
            && group.days.is_empty()
            && !group.hours.is_empty()
        {
            wished.hours = group.hours;
            continue;
        }
        kept.push(group);
    }
    kept
}

/// The dates of a range on which the practice is open; all of them if it is open on none, or there is but one.
fn open_dates((from, to): (Date, Date), opening: Opening<'_>) -> Vec<Date> {
    let all: Vec<Date> = from.series(1.day()).take_while(|date| *date < to).collect();
    let open: Vec<Date> = all.iter().copied().filter(|date| opening.is_open_on(*date)).collect();
    if open.is_empty() || all.len() == 1 { all } else { open }
}

pub(super) fn on_date(date: Date, (from, to): Minutes) -> Span {
    let at = |minutes: u16| midnight(date).saturating_add(i64::from(minutes).minutes());
    (at(from), at(to))
}

pub(super) fn midnight(date: Date) -> DateTime {
    date.to_datetime(Time::midnight())
}

/// In order, what touches made one.
pub(super) fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort();
    let mut out: Vec<Span> = Vec::with_capacity(spans.len());
    for (from, to) in spans {
        match out.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            Some(_) | None => out.push((from, to)),
        }
    }
    out
}

pub(super) fn without(spans: Vec<Span>, (from, to): Span) -> Vec<Span> {
    let parts = spans.into_iter().flat_map(|span| [(span.0, span.1.min(from)), (span.0.max(to), span.1)]);
    parts.filter(|(from, to)| from < to).collect()
}

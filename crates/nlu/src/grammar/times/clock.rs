//! Which hours of a day are meant: parts of the day, clock times, limits, and how the practice's opening hours tell the
//! half of the day ("half past two" is 14:30).

use domain::OpenHours;
use jiff::civil::{Date, Time};

/// Minutes since midnight, `[from, to)`.
pub(super) type Minutes = (u16, u16);

/// The last minute of a day, exclusive.
pub(super) const DAY_MINUTES: u16 = 24 * 60;
/// A clock time stands for the half hour that begins with it.
const POINT_MINUTES: u16 = 30;
/// "First thing", "end of the day": so much from the edge of opening hours.
const EDGE_MINUTES: u16 = 120;
/// Where the practice is closed, or says nothing: hours in which an unmarked clock time is meant.
const USUAL_HOURS: std::ops::Range<u16> = 7 * 60..19 * 60;
/// Where the practice says nothing of a day.
const USUALLY_OPEN: Minutes = (9 * 60, 17 * 60);

/// A clock time as it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// Minutes since midnight; of the first half of the day if the half was not said.
    pub(super) minutes: u16,
    /// Whether it could be twelve hours later.
    pub(super) either_half: bool,
}

/// A condition on the time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// "In the afternoon".
    Part(Minutes),
    /// "At three".
    At(Said),
    /// "Before noon".
    Before(Said),
    /// "After four".
    After(Said),
    /// "Between two and three".
    Between(Said, Said),
    /// "First thing".
    FirstThing,
    /// "At the end of the day".
    EndOfDay,
}

/// Opening hours, to ask about a date.
#[derive(Clone, Copy)]
pub(super) struct Opening<'a>(pub(super) &'a [OpenHours]);

impl Opening<'_> {
    /// Whether somebody is in the office on `date`; from Monday to Friday where the practice says nothing at all.
    pub(super) fn is_open_on(self, date: Date) -> bool {
        if self.0.is_empty() {
            return date.weekday().to_monday_zero_offset() < 5;
        }
        self.0.iter().any(|hours| hours.weekday == date.weekday())
    }

    fn on(self, date: Date) -> impl Iterator<Item = Minutes> {
        self.0.iter().filter(move |h| h.weekday == date.weekday()).map(|h| (minutes(h.from), minutes(h.to)))
    }

    fn edges(self, date: Date) -> Minutes {
        let (opens, closes) = (self.on(date).map(|h| h.0).min(), self.on(date).map(|h| h.1).max());
        opens.zip(closes).unwrap_or(USUALLY_OPEN)
    }

    /// The ways to take a clock time: when the practice is open, else when it usually would be, else as it was said.
    fn ways(self, said: Said, date: Date) -> Vec<u16> {
        let all = said.ways();
        let kept = |keep: &dyn Fn(u16) -> bool| all.iter().copied().filter(|at| keep(*at)).collect::<Vec<_>>();
        let open = kept(&|at| self.on(date).any(|(from, to)| (from..to).contains(&at)));
        let usual = kept(&|at| USUAL_HOURS.contains(&at));
        [open, usual].into_iter().find(|ways| !ways.is_empty()).unwrap_or_else(|| vec![all[0]])
    }
}

impl Said {
    /// The half of the day was said, or is clear.
    pub(super) fn sure(minutes: u16) -> Self {
        Self { minutes, either_half: false }
    }

    fn ways(self) -> Vec<u16> {
        if self.either_half { vec![self.minutes, self.minutes + DAY_MINUTES / 2] } else { vec![self.minutes] }
    }
}

/// The minutes of `date` that meet all of `clocks`.
pub(super) fn hours_of(clocks: &[Clock], date: Date, opening: Opening<'_>) -> Vec<Minutes> {
    let part = clocks.iter().fold((0, DAY_MINUTES), |all, clock| match clock {
        Clock::Part(part) => common(all, *part).unwrap_or(all),
        Clock::At(_)
        | Clock::Before(_)
        | Clock::After(_)
        | Clock::Between(..)
        | Clock::FirstThing
        | Clock::EndOfDay => all,
    });
    clocks.iter().fold(vec![(0, DAY_MINUTES)], |all, clock| {
        let these = clock.on(date, opening, part);
        all.iter().flat_map(|one| these.iter().filter_map(|this| common(*one, *this))).collect()
    })
}

impl Clock {
    /// What it means on `date`; `part` is the part of the day that was said beside it.
    fn on(self, date: Date, opening: Opening<'_>, part: Minutes) -> Vec<Minutes> {
        let (opens, closes) = opening.edges(date);
        let place = |said: Said| {
            let inside: Vec<u16> = said.ways().into_iter().filter(|at| (part.0..part.1).contains(at)).collect();
            let told = part != (0, DAY_MINUTES) && !inside.is_empty();
            if told && inside.len() == 1 { inside } else { opening.ways(said, date) }
        };
        let first = |said: Said| place(said).first().copied().unwrap_or(said.minutes);
        match self {
            Self::Part(part) => vec![part],
            Self::At(said) => place(said).into_iter().map(|at| (at, (at + POINT_MINUTES).min(DAY_MINUTES))).collect(),
            Self::Before(said) => vec![(0, first(said))],
            Self::After(said) => vec![(first(said), DAY_MINUTES)],
            Self::Between(from, to) => between(from, to, first(from), first(to)).into_iter().collect(),
            Self::FirstThing => vec![(opens, (opens + EDGE_MINUTES).min(DAY_MINUTES))],
            Self::EndOfDay => vec![(closes.saturating_sub(EDGE_MINUTES), closes)],
        }
    }
}

/// "Between ten and two": `from` by the opening hours and `to` the next such time after it; but "two to four p m" tells
/// the half of both.
fn between(from: Said, to: Said, opens: u16, closes: u16) -> Option<Minutes> {
    if from.either_half && !to.either_half {
        let begin = if opens < to.minutes { opens } else { from.ways().into_iter().rfind(|at| *at < to.minutes)? };
        return Some((begin, to.minutes));
    }
    let mut ends = to.ways();
    ends.push(closes);
    ends.into_iter().filter(|end| *end > opens).min().map(|end| (opens, end))
}

/// What lies in both.
pub(super) fn common(a: Minutes, b: Minutes) -> Option<Minutes> {
    let both = (a.0.max(b.0), a.1.min(b.1));
    (both.0 < both.1).then_some(both)
}

fn minutes(time: Time) -> u16 {
    u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs())
}

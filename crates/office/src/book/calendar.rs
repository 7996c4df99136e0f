//! When a provider can see a patient: pure, told the time, the schedule and what is taken.
//!
//! What is fitted into the day is the *block*: the buffer before, the appointment, the buffer after. A block
//!
//! - lies within one template of that weekday that is for the type, and within the opening hours (of a practice that has
//!   written none, at any hour); or within an exception that opens the time;
//! - touches no exception that closes it and nothing that is taken;
//! - begins on the grid of its template: at its begin, one block later, and so on, each step rounded up to
//!   five minutes. So a day of one type leaves no gap, and callers hear round times.
//!
//! Civil times are the practice's. Where the clock is put forward a time that it skips does not exist; where it is put
//! back the first of two equal times is meant. Lengths are true lengths on such days, too. An edge that would be doubtful is
//! taken so that working time becomes shorter and what is closed longer.

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};

use domain::{AppointmentType, AppointmentTypeId, Interval, OpenHours, Practice, ProviderId};
use store::{Opens, Release, Schedule};

/// The step of the grid is a multiple of this.
const STEP: SignedDuration = SignedDuration::from_mins(5);
const IN_RANGE: &str = "days on which something can be booked are far from the end of jiff's years";

/// A time that is free for an appointment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// With whom.
    pub provider: ProviderId,
    /// For what.
    pub kind: AppointmentTypeId,
    /// When the patient comes.
    pub start: Timestamp,
    /// When the patient goes.
    pub end: Timestamp,
    /// While the provider is taken: the appointment and its buffers.
    pub blocked: Interval,
}

/// The practice's working time.
#[derive(Clone, Copy)]
pub(crate) struct Calendar<'a> {
    schedule: &'a Schedule,
    zone: &'a TimeZone,
    hours: &'a [OpenHours],
}

/// A piece of working time, `[from, to)`.
struct Span {
    from: DateTime,
    to: DateTime,
    within: Within,
}

/// What a block in a span must lie within besides.
enum Within {
    OpeningHours,
    Nothing,
}

impl<'a> Calendar<'a> {
    pub(crate) fn new(schedule: &'a Schedule, practice: &'a Practice) -> Self {
        Self { schedule, zone: &practice.zone, hours: &practice.hours }
    }

    /// The day on which `at` falls.
    pub(crate) fn day(&self, at: Timestamp) -> Date {
        self.zone.to_datetime(at).date()
    }

    /// When `day` begins.
    pub(crate) fn begin(&self, day: Date) -> Timestamp {
        self.earliest(day.into())
    }

    /// Whether all of this time of one day lies within the opening hours; in a practice that has written none any time does.
    pub(crate) fn is_open(&self, (from, to): (DateTime, DateTime)) -> bool {
        self.hours.is_empty() || self.open(from.date()).into_iter().any(|(opens, closes)| opens <= from && to <= closes)
    }

    /// The openings of `day` in order of time, as they stand on `today`. `taken` are the provider's blocks.
    pub(crate) fn openings(
        &self,
        provider: &ProviderId,
        kind: &AppointmentType,
        day: Date,
        today: Date,
        taken: &[Interval],
    ) -> Vec<Opening> {
        if !kind.providers.contains(provider) {
            return Vec::new();
        }
        let closed = self.closed(provider, day);
        let free = |block: Interval| !closed.iter().chain(taken).any(|other| overlap(*other, block));
        let mut openings: Vec<_> = self
            .spans(provider, &kind.id, day, today)
            .iter()
            .flat_map(|span| self.grid(span, provider, kind))
            .filter(|opening| free(opening.blocked))
            .collect();
        openings.sort_by_key(|opening| opening.start);
        openings.dedup_by_key(|opening| opening.start);
        openings
    }

    /// Whether the provider works on this type in all of `block`, wherever the grid lies.
    pub(crate) fn covers(&self, provider: &ProviderId, kind: &AppointmentTypeId, block: Interval) -> bool {
        let day = self.day(block.0);
        let closed = self.closed(provider, day);
        !closed.iter().any(|other| overlap(*other, block))
            && self.spans(provider, kind, day, day).iter().any(|span| self.holds(span, block))
    }

    /// The provider's working time for a type.
    fn spans(&self, provider: &ProviderId, kind: &AppointmentTypeId, day: Date, today: Date) -> Vec<Span> {
        let templates = self.schedule.templates.iter().filter(|template| {
            let released = match template.release {
                Release::Always => true,
                Release::SameDay => day == today,
            };
            let for_kind = template.types.is_empty() || template.types.contains(kind);
            template.provider == *provider && template.weekday == day.weekday() && released && for_kind
        });
        let templates = templates.map(|t| Span {
            from: day.to_datetime(t.from),
            to: day.to_datetime(t.to),
            within: Within::OpeningHours,
        });
        let opened = self.exceptions(provider, day, Opens::Open);
        templates.chain(opened.map(|(from, to)| Span { from, to, within: Within::Nothing })).collect()
    }

    fn closed(&self, provider: &ProviderId, day: Date) -> Vec<Interval> {
        self.exceptions(provider, day, Opens::Closed).map(|(from, to)| (self.earliest(from), self.latest(to))).collect()
    }

    /// What exceptions of one kind have of this day.
    fn exceptions(
        &self,
        provider: &ProviderId,
        day: Date,
        opens: Opens,
    ) -> impl Iterator<Item = (DateTime, DateTime)> + '_ {
        let begin = day.to_datetime(jiff::civil::Time::midnight());
        let end = begin.saturating_add(1.day());
        let provider = provider.clone();
        self.schedule
            .exceptions
            .iter()
            .filter(move |e| e.opens == opens && e.provider.as_ref().is_none_or(|p| *p == provider))
            .map(move |e| (e.from.max(begin), e.to.min(end)))
            .filter(|(from, to)| from < to)
    }

    fn grid(&self, span: &Span, provider: &ProviderId, kind: &AppointmentType) -> Vec<Opening> {
        let length = kind.buffer_before + kind.duration + kind.buffer_after;
        let steps = length.as_secs().div_euclid(STEP.as_secs()) + i64::from(length.as_secs() % STEP.as_secs() != 0);
        let step = STEP * i32::try_from(steps.max(1)).unwrap_or(i32::MAX);
        let mut openings = Vec::new();
        let mut from = span.from;
        while from < span.to {
            if let Some(start) = self.existing(from.saturating_add(kind.buffer_before)) {
                let end = start + kind.duration;
                let blocked = (start - kind.buffer_before, end + kind.buffer_after);
                if self.holds(span, blocked) {
                    openings.push(Opening { provider: provider.clone(), kind: kind.id.clone(), start, end, blocked });
                }
            }
            from = from.saturating_add(step);
        }
        openings
    }

    fn holds(&self, span: &Span, block: Interval) -> bool {
        let inside = |from, to| self.latest(from) <= block.0 && block.1 <= self.earliest(to);
        inside(span.from, span.to)
            && match span.within {
                Within::Nothing => true,
                Within::OpeningHours => {
                    self.hours.is_empty() || self.open(span.from.date()).into_iter().any(|(from, to)| inside(from, to))
                }
            }
    }

    /// The opening hours of a day; such as follow one another without a gap are one.
    fn open(&self, day: Date) -> Vec<(DateTime, DateTime)> {
        let hours = self.hours.iter().filter(|h| h.weekday == day.weekday());
        let mut hours: Vec<_> = hours.map(|h| (day.to_datetime(h.from), day.to_datetime(h.to))).collect();
        hours.sort_unstable();
        hours.dedup_by(|next, open| {
            let follows = next.0 <= open.1;
            if follows {
                open.1 = open.1.max(next.1);
            }
            follows
        });
        hours
    }

    /// When the clock shows this time first; if it skips it, as much earlier as it skips.
    fn earliest(&self, civil: DateTime) -> Timestamp {
        self.zone.to_ambiguous_timestamp(civil).earlier().expect(IN_RANGE)
    }

    /// When the clock shows this time last; if it skips it, as much later as it skips.
    fn latest(&self, civil: DateTime) -> Timestamp {
        self.zone.to_ambiguous_timestamp(civil).later().expect(IN_RANGE)
    }

    /// When the clock shows this time first; `None` if it skips it.
    fn existing(&self, civil: DateTime) -> Option<Timestamp> {
        let ambiguous = self.zone.to_ambiguous_timestamp(civil);
        match ambiguous.offset() {
            AmbiguousOffset::Gap { .. } => None,
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok(),
        }
    }
}

/// Whether two half-open intervals have a moment in common.
pub(crate) fn overlap(one: Interval, other: Interval) -> bool {
    one.0 < other.1 && other.0 < one.1
}

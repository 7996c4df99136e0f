use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time, Weekday};

use super::Tier;
use crate::{Clinician, ClinicianId};

/// One line of service: its week, and what differs from it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Line {
    /// The ordinary week. Of two shifts of a tier at one time the one that stands first counts.
    pub weekly: Vec<Shift>,
    /// Days whose shifts are those of another weekday.
    pub holidays: Vec<Holiday>,
    /// What is otherwise at a certain time, laid over the week in this order: who takes a time over has it, whatever stood before.
    pub changes: Vec<Change>,
}

/// A shift of every week.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shift {
    /// Of which tier; never [`Tier::LastResort`].
    pub tier: Tier,
    /// On which days it begins.
    pub days: Vec<Weekday>,
    /// When it begins.
    pub from: Time,
    /// When it ends; without a weekday on the day after, if that is not later than `from`.
    pub to: Time,
    /// On which weekday it ends, if it lasts longer: from Friday to Monday, or to the same weekday a week later.
    pub until_day: Option<Weekday>,
    /// Whose it is.
    pub who: Rotation,
}

/// Who takes turns, in which order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rotation {
    /// In their order; one alone has every turn.
    pub members: Vec<ClinicianId>,
    /// A day of the first member's first turn.
    pub since: Date,
    /// How many weeks a turn lasts; it changes on the weekday of `since`.
    pub weeks: u16,
}

/// A day that counts as another weekday.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Holiday {
    /// The day.
    pub on: Date,
    /// The weekday whose shifts begin on it.
    pub like: Weekday,
}

/// What is otherwise from one time to another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// What.
    pub kind: ChangeKind,
}

/// What a change does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ChangeKind {
    /// Somebody has the tier, whoever has it in the ordinary week.
    Takes {
        /// Which tier; never [`Tier::LastResort`].
        tier: Tier,
        /// Who.
        who: ClinicianId,
    },
    /// Two have each other's shifts, of whichever tier.
    Swap(ClinicianId, ClinicianId),
}

/// What is wrong with a rota.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RotaError {
    /// Somebody who is not among the people.
    #[error("{who} is not among those who can be on call")]
    Unknown {
        /// Who.
        who: ClinicianId,
    },
    /// Nobody takes turns.
    #[error("a shift has nobody")]
    Nobody,
    /// A turn of no weeks.
    #[error("a turn lasts at least one week")]
    NoWeeks,
    /// The last resort has no shifts: it is always there.
    #[error("the last resort is there at all hours and has no shifts")]
    LastResortHasNoShifts,
    /// A change that ends before it begins.
    #[error("a change from {from} ends at {to}, which is not later")]
    EndsBeforeItBegins {
        /// Its beginning.
        from: Timestamp,
        /// Its end.
        to: Timestamp,
    },
}

impl Line {
    pub(super) fn check(&self, people: &BTreeMap<ClinicianId, Clinician>) -> Result<(), RotaError> {
        let known = |who: &ClinicianId| {
            if people.contains_key(who) { Ok(()) } else { Err(RotaError::Unknown { who: who.clone() }) }
        };
        let has_shifts = |tier| if tier == Tier::LastResort { Err(RotaError::LastResortHasNoShifts) } else { Ok(()) };
        for shift in &self.weekly {
            has_shifts(shift.tier)?;
            if shift.who.members.is_empty() {
                return Err(RotaError::Nobody);
            }
            if shift.who.weeks == 0 {
                return Err(RotaError::NoWeeks);
            }
            shift.who.members.iter().try_for_each(known)?;
        }
        for Change { from, to, kind } in &self.changes {
            if to <= from {
                return Err(RotaError::EndsBeforeItBegins { from: *from, to: *to });
            }
            match kind {
                ChangeKind::Takes { tier, who } => has_shifts(*tier).and_then(|()| known(who))?,
                ChangeKind::Swap(a, b) => known(a).and_then(|()| known(b))?,
            }
        }
        Ok(())
    }

    /// The weekday whose shifts begin on `date`, if it is a holiday.
    pub(super) fn holiday(&self, date: Date) -> Option<Weekday> {
        self.holidays.iter().find(|holiday| holiday.on == date).map(|holiday| holiday.like)
    }
}

impl Shift {
    /// At all hours.
    pub fn always(tier: Tier, who: ClinicianId) -> Self {
        let days = Weekday::Monday.cycle_forward().take(7).collect();
        Self { tier, days, from: Time::midnight(), to: Time::midnight(), until_day: None, who: Rotation::always(who) }
    }

    /// From when until when it lasts if it begins on `date`, which may count as another weekday; on such a day it lasts 24 hours at most:
    /// the next one has its own shifts.
    pub(super) fn on(&self, date: Date, holiday: Option<Weekday>) -> Option<(DateTime, DateTime)> {
        let weekday = holiday.unwrap_or_else(|| date.weekday());
        if !self.days.contains(&weekday) {
            return None;
        }
        let days = match self.until_day.map(|day| weekday.until(day)) {
            Some(days) if days > 0 => days,
            Some(_) => 7,
            None => i8::from(self.to <= self.from),
        };
        let later = |days| date.saturating_add(jiff::Span::new().days(days));
        let ends = later(days).to_datetime(self.to);
        let ends = if holiday.is_some() { ends.min(later(1).to_datetime(self.from)) } else { ends };
        Some((date.to_datetime(self.from), ends))
    }
}

impl Rotation {
    /// One who has every turn.
    pub fn always(who: ClinicianId) -> Self {
        Self { members: vec![who], since: Date::constant(2024, 1, 1), weeks: 1 }
    }

    /// Whose turn it is on `date`; before `since`, too.
    pub(super) fn holder(&self, date: Date) -> &ClinicianId {
        let days = i64::from((date - self.since).get_days());
        let turn = days.div_euclid(7 * i64::from(self.weeks));
        &self.members[turn.rem_euclid(self.members.len() as i64) as usize]
    }
}

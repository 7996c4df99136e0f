use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};

use super::{Change, ChangeKind, Line, LineId, Rota, Tier};
use crate::ClinicianId;

/// No shift lasts longer: from a weekday to the same one.
const LONGEST_DAYS: i64 = 8;

/// From when until when a tier is in the same hands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// Who is paged; `None`: nobody is on call, and the next tier is paged at once.
    pub who: Option<ClinicianId>,
    /// Who may think to be on call, too, by shifts or changes that do not know of each other.
    pub too: Vec<ClinicianId>,
}

/// A time at which a tier is held by nobody or by two.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Flaw {
    /// Of which line of service.
    pub line: LineId,
    /// Which tier.
    pub tier: Tier,
    /// When, and by whom.
    pub stretch: Stretch,
}

/// Somebody's time by one shift or change.
#[derive(Clone, Debug)]
struct Span {
    from: Timestamp,
    to: Timestamp,
    who: ClinicianId,
}

/// All that was written for a tier within a time.
struct Written {
    weekly: Vec<Span>,
    takes: Vec<Span>,
    /// Each with those who have each other's shifts.
    swaps: Vec<(Span, ClinicianId)>,
}

impl Rota {
    /// Who holds a tier at `at`, and until when.
    pub(super) fn holder(&self, line: &Line, tier: Tier, at: Timestamp) -> Option<(ClinicianId, Option<Timestamp>)> {
        let horizon = days_later(at, Self::HORIZON_DAYS);
        let written = self.written(line, tier, at, horizon);
        let holder = written.holder(at)?;
        let until = written.cuts(at, horizon).into_iter().find(|cut| written.holder(*cut).as_ref() != Some(&holder));
        Some((holder, until))
    }

    /// Who has a tier of a line from `from` to `to`, without any hole between the stretches.
    pub fn stretches(&self, line: &LineId, tier: Tier, from: Timestamp, to: Timestamp) -> Vec<Stretch> {
        let Some(line) = self.lines.get(line) else { return Vec::new() };
        let written = self.written(line, tier, from, to);
        let cuts = written.cuts(from, to);
        let begins = std::iter::once(from).chain(cuts.iter().copied());
        let ends = cuts.iter().copied().chain([to]);
        let mut stretches: Vec<Stretch> = Vec::new();
        for (from, to) in begins.zip(ends).filter(|(from, to)| from < to) {
            let (who, too) = (written.holder(from), written.too(from));
            match stretches.last_mut() {
                Some(last) if (&last.who, &last.too) == (&who, &too) => last.to = to,
                _ => stretches.push(Stretch { from, to, who, too }),
            }
        }
        stretches
    }

    /// Where, from `from` to `to`, a tier that has shifts is held by nobody or by two; in the order of time. A line without any
    /// shift of the first tier is one gap.
    pub fn flaws(&self, from: Timestamp, to: Timestamp) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        for (id, line) in &self.lines {
            for tier in [Tier::Primary, Tier::Backup] {
                if tier == Tier::Primary || line.weekly.iter().any(|shift| shift.tier == tier) {
                    let stretches = self.stretches(id, tier, from, to).into_iter();
                    let flawed = stretches.filter(|stretch| stretch.who.is_none() || !stretch.too.is_empty());
                    flaws.extend(flawed.map(|stretch| Flaw { line: id.clone(), tier, stretch }));
                }
            }
        }
        flaws.sort_by_key(|flaw| (flaw.stretch.from, flaw.tier));
        flaws
    }

    fn written(&self, line: &Line, tier: Tier, from: Timestamp, to: Timestamp) -> Written {
        let days = |at: Timestamp, days: i64| days_later(at, days).to_zoned(self.zone.clone()).date();
        // A shift of a week before may last until today.
        let dates = days(from, -LONGEST_DAYS).series(jiff::Span::new().days(1)).take_while(|date| *date <= days(to, 1));
        let weekly = dates.flat_map(|date| self.shifts_on(line, tier, date)).collect();
        let (mut takes, mut swaps) = (Vec::new(), Vec::new());
        for change in &line.changes {
            match &change.kind {
                ChangeKind::Takes { tier: of, who } if *of == tier => takes.push(changed(change, who)),
                ChangeKind::Takes { .. } => {}
                ChangeKind::Swap(a, b) => swaps.push((changed(change, a), b.clone())),
            }
        }
        Written { weekly, takes, swaps }
    }

    fn shifts_on(&self, line: &Line, tier: Tier, date: Date) -> Vec<Span> {
        let weekday = line.weekday(date);
        let shifts = line.weekly.iter().filter(|shift| shift.tier == tier && shift.days.contains(&weekday));
        let span = |shift: &super::Shift| {
            let (from, to) = shift.on(date);
            Span { from: self.instant(from), to: self.instant(to), who: shift.who.holder(date).clone() }
        };
        shifts.map(span).collect()
    }

    /// In an hour that is skipped or comes twice, as `jiff` resolves it "compatibly" (RFC 5545, 3.3.5).
    fn instant(&self, civil: DateTime) -> Timestamp {
        self.zone.to_ambiguous_timestamp(civil).compatible().unwrap_or(Timestamp::MAX)
    }
}

fn days_later(at: Timestamp, days: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(at)
}

fn changed(change: &Change, who: &ClinicianId) -> Span {
    Span { from: change.from, to: change.to, who: who.clone() }
}

impl Span {
    fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }
}

impl Written {
    /// Who has the tier by the last change, or else by the first shift; with whom they have swapped, if so.
    fn holder(&self, at: Timestamp) -> Option<ClinicianId> {
        let takes = self.takes.iter().rfind(|span| span.holds(at));
        let base = takes.or_else(|| self.weekly.iter().find(|span| span.holds(at)))?;
        Some(self.swapped(&base.who, at))
    }

    fn swapped(&self, who: &ClinicianId, at: Timestamp) -> ClinicianId {
        let swaps = self.swaps.iter().filter(|(span, _)| span.holds(at));
        swaps.fold(who.clone(), |who, (span, other)| match &who {
            who if *who == span.who => other.clone(),
            who if who == other => span.who.clone(),
            who => who.clone(),
        })
    }

    /// Who else has it by shifts or changes of the same rank.
    fn too(&self, at: Timestamp) -> Vec<ClinicianId> {
        let changed = self.takes.iter().any(|span| span.holds(at));
        let spans = if changed { &self.takes } else { &self.weekly };
        let all = spans.iter().filter(|span| span.holds(at)).map(|span| self.swapped(&span.who, at));
        let all: BTreeSet<_> = all.collect();
        let paged = self.holder(at);
        all.into_iter().filter(|who| Some(who) != paged.as_ref()).collect()
    }

    /// When anything begins or ends between the two, in order.
    fn cuts(&self, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
        let spans = self.weekly.iter().chain(&self.takes).chain(self.swaps.iter().map(|(span, _)| span));
        let ends = spans.flat_map(|span| [span.from, span.to]).filter(|at| from < *at && *at < to);
        ends.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

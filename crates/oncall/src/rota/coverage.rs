use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};

use super::{Change, ChangeKind, Line, LineId, Rota, SHIFTED, Shift, Tier};
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
    /// In the order of the shifts; of one shift, the latest first.
    weekly: Vec<Span>,
    /// In their order.
    changes: Vec<Laid>,
}

/// A change that is laid over the week.
enum Laid {
    Takes(Span),
    /// With whom the one of the span has swapped.
    Swap(Span, ClinicianId),
}

impl Rota {
    /// Who holds a tier at `at`.
    pub(super) fn holder(&self, line: &Line, tier: Tier, at: Timestamp) -> Option<ClinicianId> {
        self.written(line, tier, at, at).holder(at)
    }

    /// When somebody else than at `at` holds a tier, or nobody.
    pub(super) fn until(&self, line: &Line, tier: Tier, at: Timestamp) -> Option<Timestamp> {
        let horizon = days_later(at, Self::HORIZON_DAYS);
        let written = self.written(line, tier, at, horizon);
        let holder = written.holder(at);
        written.cuts(at, horizon).into_iter().find(|cut| written.holder(*cut) != holder)
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

    /// Where, from `from` to `to`, nobody is on call, or a tier is held by two; in the order of time. Nobody in reserve is no flaw.
    pub fn flaws(&self, from: Timestamp, to: Timestamp) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        for id in self.lines.keys() {
            for tier in SHIFTED {
                let stretches = self.stretches(id, tier, from, to).into_iter();
                let is_flaw =
                    |stretch: &Stretch| !stretch.too.is_empty() || tier == Tier::Primary && stretch.who.is_none();
                flaws.extend(stretches.filter(is_flaw).map(|stretch| Flaw { line: id.clone(), tier, stretch }));
            }
        }
        flaws.sort_by_key(|flaw| (flaw.stretch.from, flaw.tier));
        flaws
    }

    fn written(&self, line: &Line, tier: Tier, from: Timestamp, to: Timestamp) -> Written {
        let day = |at: Timestamp, days: i64| self.zone.to_datetime(days_later(at, days)).date();
        // A shift of a week before may last until today.
        let (first, last) = (day(from, -LONGEST_DAYS), day(to, 1));
        let mut dates: Vec<Date> = first.series(jiff::Span::new().days(1)).take_while(|date| *date <= last).collect();
        dates.reverse();
        let shifts = line.weekly.iter().filter(|shift| shift.tier == tier);
        let weekly =
            shifts.flat_map(|shift| dates.iter().filter_map(|date| self.shift_on(line, shift, *date))).collect();
        let changes = line.changes.iter().filter_map(|Change { from, to, kind }| match kind {
            ChangeKind::Takes { tier: of, who } => {
                (*of == tier).then(|| Laid::Takes(Span { from: *from, to: *to, who: who.clone() }))
            }
            ChangeKind::Swap(a, b) => Some(Laid::Swap(Span { from: *from, to: *to, who: a.clone() }, b.clone())),
        });
        Written { weekly, changes: changes.collect() }
    }

    fn shift_on(&self, line: &Line, shift: &Shift, date: Date) -> Option<Span> {
        let (from, to) = shift.on(date, line.holiday(date))?;
        Some(Span { from: self.instant(from), to: self.instant(to), who: shift.who.holder(date).clone() })
    }

    /// In an hour that is skipped or comes twice, as `jiff` resolves it "compatibly" (RFC 5545, 3.3.5).
    fn instant(&self, civil: DateTime) -> Timestamp {
        self.zone.to_ambiguous_timestamp(civil).compatible().unwrap_or(Timestamp::MAX)
    }
}

fn days_later(at: Timestamp, days: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(at)
}

impl Span {
    fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }
}

impl Written {
    /// Who has the tier by the last who took it over, or else by the first shift; with whom they have swapped since.
    fn holder(&self, at: Timestamp) -> Option<ClinicianId> {
        self.holders(at).into_iter().next()
    }

    /// Who else has it by shifts or changes of the same rank.
    fn too(&self, at: Timestamp) -> Vec<ClinicianId> {
        let holders = self.holders(at);
        let others: BTreeSet<_> = holders.iter().skip(1).filter(|who| Some(*who) != holders.first()).cloned().collect();
        others.into_iter().collect()
    }

    /// Everybody who has it by shifts or changes of the same rank; who is paged first.
    fn holders(&self, at: Timestamp) -> Vec<ClinicianId> {
        let taken = self.changes.iter().enumerate().rev().filter_map(|(place, change)| match change {
            Laid::Takes(span) if span.holds(at) => Some(self.swapped(&span.who, place, at)),
            Laid::Takes(_) | Laid::Swap(..) => None,
        });
        let taken: Vec<_> = taken.collect();
        if taken.is_empty() {
            let weekly = self.weekly.iter().filter(|span| span.holds(at));
            return weekly.map(|span| self.swapped(&span.who, 0, at)).collect();
        }
        taken
    }

    /// Who has what `who` had, by the swaps from this place of the changes on.
    fn swapped(&self, who: &ClinicianId, place: usize, at: Timestamp) -> ClinicianId {
        self.changes[place..].iter().fold(who.clone(), |who, change| match change {
            Laid::Swap(span, other) if span.holds(at) && who == span.who => other.clone(),
            Laid::Swap(span, other) if span.holds(at) && who == *other => span.who.clone(),
            Laid::Swap(..) | Laid::Takes(_) => who,
        })
    }

    /// When anything begins or ends between the two, in order.
    fn cuts(&self, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
        let changes = self.changes.iter().map(|change| match change {
            Laid::Takes(span) | Laid::Swap(span, _) => span,
        });
        let spans = self.weekly.iter().chain(changes);
        let ends = spans.flat_map(|span| [span.from, span.to]).filter(|at| from < *at && *at < to);
        ends.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

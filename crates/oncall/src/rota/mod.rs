//! Who is on call when.
//!
//! A rota has *lines of service* ("general", "obstetrics"), each with weekly shifts, holidays and dated changes. The week is
//! civil time in the practice's zone; a shift that begins or ends in the hour that a clock change skips begins or ends that
//! much later, in the one that comes twice at its first.

mod coverage;
mod plan;

use std::collections::BTreeMap;

use domain::name_id;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

pub use coverage::{Flaw, Stretch};
pub use plan::{Change, ChangeKind, Holiday, Line, RotaError, Rotation, Shift};

use crate::{Clinician, ClinicianId};

name_id!(/** A line of service, as the practice's configuration names it. */ LineId);

/// Who is tried first, and who next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// On call.
    Primary,
    /// In reserve.
    Backup,
    /// At all hours, if nobody else answers; no shifts.
    LastResort,
}

/// The tiers that have shifts.
const SHIFTED: [Tier; 2] = [Tier::Primary, Tier::Backup];

/// Who holds a tier at a time, and until when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holding {
    /// Which tier.
    pub tier: Tier,
    /// Who.
    pub holder: Clinician,
    /// When somebody else holds it, or nobody; `None`: not within [`Rota::HORIZON_DAYS`].
    pub until: Option<Timestamp>,
}

/// Who is on call when, for one practice.
#[derive(Clone, PartialEq, Debug)]
pub struct Rota {
    zone: TimeZone,
    people: BTreeMap<ClinicianId, Clinician>,
    last_resort: ClinicianId,
    lines: BTreeMap<LineId, Line>,
}

impl Rota {
    /// The line of service of everything that belongs to no other.
    pub const GENERAL: &str = "general";
    /// How far ahead the end of a holding is looked for.
    pub const HORIZON_DAYS: i64 = 92;

    /// A rota of `lines`, whose shifts name `people`; `last_resort` is one of them and always there.
    ///
    /// # Errors
    /// A shift or a change that names nobody of `people`, or is not in order: [`RotaError`] says which.
    pub fn new(
        zone: TimeZone,
        people: Vec<Clinician>,
        last_resort: ClinicianId,
        lines: BTreeMap<LineId, Line>,
    ) -> Result<Self, RotaError> {
        let people: BTreeMap<_, _> = people.into_iter().map(|person| (person.id.clone(), person)).collect();
        if !people.contains_key(&last_resort) {
            return Err(RotaError::Unknown { who: last_resort });
        }
        lines.values().try_for_each(|line| line.check(&people))?;
        Ok(Self { zone, people, last_resort, lines })
    }

    /// The same people at all hours, in one line of service.
    pub fn always(primary: Clinician, backup: Option<Clinician>, last_resort: Clinician) -> Self {
        let shift = |tier, person: &Clinician| Shift::always(tier, person.id.clone());
        let backups = backup.iter().map(|person| shift(Tier::Backup, person));
        let weekly = std::iter::once(shift(Tier::Primary, &primary)).chain(backups).collect();
        let lines = BTreeMap::from([(Self::GENERAL.into(), Line { weekly, ..Line::default() })]);
        let last = last_resort.id.clone();
        let people = [primary, last_resort].into_iter().chain(backup).collect();
        Self::new(TimeZone::UTC, people, last, lines).expect("its shifts name its people")
    }

    /// Who holds which tier at `at`; the last resort always. A line that is not in the rota has nobody else.
    pub fn who_at(&self, line: &LineId, at: Timestamp) -> BTreeMap<Tier, Clinician> {
        let line = self.lines.get(line);
        let shifts = SHIFTED.into_iter().filter_map(|tier| Some((tier, self.holder(line?, tier, at)?)));
        let held = shifts.chain([(Tier::LastResort, self.last_resort.clone())]);
        held.map(|(tier, who)| (tier, self.people[&who].clone())).collect()
    }

    /// Who holds which tier at `at`, in the order in which they are paged; the last resort always stands last.
    pub fn holdings(&self, line: &LineId, at: Timestamp) -> Vec<Holding> {
        let shifts = SHIFTED.into_iter().filter_map(|tier| {
            let line = self.lines.get(line)?;
            let holder = self.people[&self.holder(line, tier, at)?].clone();
            Some(Holding { tier, holder, until: self.until(line, tier, at) })
        });
        let last = self.people[&self.last_resort].clone();
        shifts.chain([Holding { tier: Tier::LastResort, holder: last, until: None }]).collect()
    }

    /// The lines of service.
    pub fn lines(&self) -> impl Iterator<Item = &LineId> {
        self.lines.keys()
    }

    /// Who is there at all hours.
    pub fn last_resort(&self) -> &Clinician {
        &self.people[&self.last_resort]
    }

    /// Everybody who may ever be paged.
    pub fn clinicians(&self) -> impl Iterator<Item = &Clinician> {
        self.people.values()
    }
}

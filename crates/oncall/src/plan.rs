use std::time::Duration;

use domain::Urgency;
use serde::{Deserialize, Serialize};

use crate::{Clinician, ClinicianId};

/// How fast pages of one turn follow one another.
///
/// No interval is shorter than [`Pace::SHORTEST`], so that no configuration can make the machine spin.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pace {
    again_after: Duration,
    next_after: Duration,
}

impl Pace {
    /// The least time between two pages to one clinician for want of an answer.
    pub const SHORTEST: Duration = Duration::from_millis(100);

    /// The same people are paged again after `again_after`, those of the next turn after `next_after`.
    pub fn new(again_after: Duration, next_after: Duration) -> Self {
        Self { again_after: again_after.max(Self::SHORTEST), next_after: next_after.max(Self::SHORTEST) }
    }

    /// From a page to its repetition.
    pub fn again_after(&self) -> Duration {
        self.again_after
    }

    /// From the first page of a turn to the next turn.
    pub fn next_after(&self) -> Duration {
        self.next_after
    }
}

/// Who is paged together, each in all of these ways.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Turn {
    /// Who.
    pub people: Vec<Clinician>,
    /// How long they have.
    pub pace: Pace,
}

/// Whom one case pages, in order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Chain {
    turns: Vec<Turn>,
    retry_after: Duration,
    reach_within: Duration,
}

impl Chain {
    /// When every page of a whole round failed, everybody is tried again after `retry_after`; who takes the case is to reach the
    /// caller within `reach_within`, or it pages again. Neither is shorter than [`Pace::SHORTEST`].
    pub fn new(turns: Vec<Turn>, retry_after: Duration, reach_within: Duration) -> Self {
        let (retry_after, reach_within) = (retry_after.max(Pace::SHORTEST), reach_within.max(Pace::SHORTEST));
        Self { turns, retry_after, reach_within }
    }

    /// In order.
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// From a round in which every page failed to the next round.
    pub fn retry_after(&self) -> Duration {
        self.retry_after
    }

    /// From an acknowledgement to the next page, if nobody tells that the caller was reached.
    pub fn reach_within(&self) -> Duration {
        self.reach_within
    }

    /// Gives somebody a turn of their own before all others, who keep their order.
    pub(crate) fn put_first(&mut self, first: Clinician) {
        let Some(pace) = self.turns.first().map(|turn| turn.pace) else { return };
        self.turns.iter_mut().for_each(|turn| turn.people.retain(|one| one.id != first.id));
        self.turns.retain(|turn| !turn.people.is_empty());
        self.turns.insert(0, Turn { people: vec![first], pace });
    }

    /// Adds those to the first turn who are not in it.
    pub(crate) fn join_first(&mut self, present: Vec<Clinician>) {
        let Some(first) = self.turns.first_mut() else { return };
        for one in present {
            if first.people.iter().all(|known| known.id != one.id) {
                first.people.push(one);
            }
        }
    }
}

/// Whom a case pages, by how urgent it is or becomes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// For [`Urgency::Emergency`].
    pub emergency: Chain,
    /// For everything else: a routine case is nevertheless a case.
    pub urgent: Chain,
    /// Who of them is the front desk: told, and heard, but no clinician.
    pub desk: Option<ClinicianId>,
}

impl Plan {
    /// At `urgency`.
    pub fn chain(&self, urgency: Urgency) -> &Chain {
        match urgency {
            Urgency::Emergency => &self.emergency,
            Urgency::Urgent | Urgency::Routine => &self.urgent,
        }
    }

    pub(crate) fn is_desk(&self, id: &ClinicianId) -> bool {
        self.desk.as_ref() == Some(id)
    }

    pub(crate) fn chain_mut(&mut self, urgency: Urgency) -> &mut Chain {
        match urgency {
            Urgency::Emergency => &mut self.emergency,
            Urgency::Urgent | Urgency::Routine => &mut self.urgent,
        }
    }

    /// Everybody in it; some more than once.
    pub fn people(&self) -> impl Iterator<Item = &Clinician> {
        [&self.emergency, &self.urgent].into_iter().flat_map(|chain| &chain.turns).flat_map(|turn| &turn.people)
    }
}

use serde::{Deserialize, Serialize};

use crate::{CallerKind, Urgency};

/// Whether somebody is in the office.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OfficeHours {
    /// Within the opening hours.
    Open,
    /// At night, at weekends, on holidays.
    Closed,
}

impl OfficeHours {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Open, Self::Closed];
}

/// How many lines are left when a call comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lines {
    /// Enough.
    #[default]
    Plenty,
    /// The last ones: emergencies first.
    Reserve,
}

impl Lines {
    /// Whether there are enough.
    pub fn are_plenty(&self) -> bool {
        *self == Self::Plenty
    }
}

/// Which cases a rule of the practice is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applies {
    /// How urgent; empty: however urgent.
    pub urgency: Vec<Urgency>,
    /// Who calls; empty: anybody.
    pub callers: Vec<CallerKind>,
    /// When; `None`: at any hour.
    pub hours: Option<OfficeHours>,
}

impl Applies {
    /// Whether it is for such a case. A case is never less than urgent.
    pub fn fits(&self, urgency: Urgency, caller: CallerKind, hours: OfficeHours) -> bool {
        let urgency = urgency.max(Urgency::Urgent);
        (self.urgency.is_empty() || self.urgency.contains(&urgency))
            && (self.callers.is_empty() || self.callers.contains(&caller))
            && self.hours.is_none_or(|these| these == hours)
    }
}

/// What a caller is offered and told while clinicians are paged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meanwhile {
    /// In which cases.
    pub applies: Applies,
    /// Whether the caller is put through to a person where a connection is possible. In an emergency a person is rung as well, and
    /// nobody is asked to wait for them.
    pub connect: bool,
    /// One sentence of the practice, said after the caller has heard that somebody was paged.
    pub says: Option<String>,
}

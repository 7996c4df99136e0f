use std::collections::BTreeMap;
use std::time::Duration;

use domain::{Applies, CallerKind, OfficeHours, Urgency};
use jiff::Timestamp;

use crate::{Chain, Clinician, ClinicianId, LineId, Pace, Plan, Rota, Tier, Turn, Way};

/// Whom a step pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whom {
    /// The front desk.
    Desk,
    /// Who holds this tier. If nobody does, who holds the next one.
    OnCall(Tier),
}

/// One step of a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Who is paged, together.
    pub whom: Vec<Whom>,
    /// In which of their ways; empty, or for who has none of these: in all.
    pub by: Vec<Way>,
    /// How long they have.
    pub pace: Pace,
}

/// What is done in some cases.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// In which.
    pub applies: Applies,
    /// Whom to page, in order. Behind the last step the last resort is paged in every way, if no step does that.
    pub steps: Vec<Step>,
    /// See [`Chain::new`].
    pub retry_after: Duration,
    /// See [`Chain::new`].
    pub reach_within: Duration,
}

/// Whom to page in which case, as the practice has written it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    rules: Vec<Rule>,
    desk: Option<Clinician>,
}

/// Why rules cannot be followed. Rules are counted from one, in their order.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PolicyError {
    /// Some case has no rule.
    #[error(
        "no rule is for {urgency} cases of callers who are {caller} while the office is {}: let the last rule be for everything",
        label(*.hours)
    )]
    Uncovered {
        /// How urgent.
        urgency: Urgency,
        /// Who calls.
        caller: CallerKind,
        /// When.
        hours: OfficeHours,
    },
    /// In an emergency somebody else than a clinician would be paged first.
    #[error("rule {rule} is for emergencies, and its first step pages no clinician on call: add \"primary\" to it")]
    NoClinicianAtOnce {
        /// Which.
        rule: usize,
    },
    /// Nobody is at the desk at night.
    #[error(
        "rule {rule} pages the desk alone, and is for closed hours too: write hours = \"open\" into it, or page a clinician beside the desk"
    )]
    DeskAlone {
        /// Which.
        rule: usize,
    },
    /// There is no desk.
    #[error("rule {rule} pages the desk, and nobody has said how it is reached: write [desk]")]
    NoDesk {
        /// Which.
        rule: usize,
    },
    /// A step that pages nobody.
    #[error("rule {rule} has no step, or one that pages nobody: name who is paged")]
    Nobody {
        /// Which.
        rule: usize,
    },
}

impl PolicyError {
    /// Which rule is wrong, counted from one; `None` if one is missing.
    pub fn rule(&self) -> Option<usize> {
        match self {
            Self::Uncovered { .. } => None,
            Self::NoClinicianAtOnce { rule }
            | Self::DeskAlone { rule }
            | Self::NoDesk { rule }
            | Self::Nobody { rule } => Some(*rule),
        }
    }
}

impl Policy {
    /// Rules, of which the first that fits counts, and the front desk, if it can be paged.
    ///
    /// # Errors
    /// A case that no rule is for, or a rule that would let somebody wait: [`PolicyError`] says which and what to do.
    pub fn new(rules: Vec<Rule>, desk: Option<Clinician>) -> Result<Self, PolicyError> {
        for (rule, number) in rules.iter().zip(1..) {
            rule.check(number, desk.as_ref())?;
        }
        for urgency in [Urgency::Emergency, Urgency::Urgent] {
            for &caller in CallerKind::ALL {
                for hours in OfficeHours::ALL {
                    if !rules.iter().any(|rule| rule.applies.fits(urgency, caller, hours)) {
                        return Err(PolicyError::Uncovered { urgency, caller, hours });
                    }
                }
            }
        }
        Ok(Self { rules, desk })
    }

    /// The same in every case: who is on call, then the backup, then the last resort.
    pub fn in_turn(pace: Pace, retry_after: Duration, reach_within: Duration) -> Self {
        let step = |tier| Step { whom: vec![Whom::OnCall(tier)], by: Vec::new(), pace };
        let steps = [Tier::Primary, Tier::Backup, Tier::LastResort].map(step).to_vec();
        let rule = Rule { applies: Applies::default(), steps, retry_after, reach_within };
        Self::new(vec![rule], None).expect("one rule for everything, which begins with a clinician")
    }

    /// The front desk.
    pub fn desk(&self) -> Option<&Clinician> {
        self.desk.as_ref()
    }

    /// Whether this is the front desk.
    pub fn is_desk(&self, id: &ClinicianId) -> bool {
        self.desk.as_ref().is_some_and(|desk| desk.id == *id)
    }

    /// Whom such a case pages at `at`, by how urgent it is or becomes.
    pub fn plan(&self, rota: &Rota, line: &LineId, caller: CallerKind, hours: OfficeHours, at: Timestamp) -> Plan {
        let tiers = rota.who_at(line, at);
        let chain = |urgency| {
            let rule = self.rules.iter().find(|rule| rule.applies.fits(urgency, caller, hours));
            rule.expect("every case was found to have a rule").chain(&tiers, self.desk.as_ref())
        };
        let desk = self.desk.as_ref().map(|desk| desk.id.clone());
        Plan { emergency: chain(Urgency::Emergency), urgent: chain(Urgency::Urgent), desk }
    }
}

impl Rule {
    fn check(&self, rule: usize, desk: Option<&Clinician>) -> Result<(), PolicyError> {
        let Some(first) = self.steps.first() else { return Err(PolicyError::Nobody { rule }) };
        if self.steps.iter().any(|step| step.whom.is_empty()) {
            return Err(PolicyError::Nobody { rule });
        }
        if desk.is_none() && self.steps.iter().any(|step| step.whom.contains(&Whom::Desk)) {
            return Err(PolicyError::NoDesk { rule });
        }
        let emergencies = self.applies.urgency.is_empty() || self.applies.urgency.contains(&Urgency::Emergency);
        if emergencies && !first.whom.contains(&Whom::OnCall(Tier::Primary)) {
            return Err(PolicyError::NoClinicianAtOnce { rule });
        }
        let closed = self.applies.hours != Some(OfficeHours::Open);
        if closed && self.steps.iter().any(|step| step.whom.iter().all(|whom| *whom == Whom::Desk)) {
            return Err(PolicyError::DeskAlone { rule });
        }
        Ok(())
    }

    /// Nobody is paged twice in the same way: who holds two tiers has the turn of the first.
    fn chain(&self, tiers: &BTreeMap<Tier, Clinician>, desk: Option<&Clinician>) -> Chain {
        let mut paged: Vec<(ClinicianId, Way)> = Vec::new();
        let mut turns = Vec::new();
        let last = Step { whom: vec![Whom::OnCall(Tier::LastResort)], by: Vec::new(), pace: self.last_pace() };
        for step in self.steps.iter().chain([&last]) {
            let mut people: Vec<Clinician> = Vec::new();
            for one in step.whom.iter().filter_map(|whom| whom.resolve(tiers, desk)) {
                let new = |way: &Way| !paged.contains(&(one.id.clone(), *way));
                let has_one = one.ways.iter().any(|way| step.by.contains(way));
                let wanted = |way: &Way| !has_one || step.by.contains(way);
                let ways: Vec<Way> = one.ways.iter().copied().filter(|way| wanted(way) && new(way)).collect();
                if !ways.is_empty() {
                    paged.extend(ways.iter().map(|way| (one.id.clone(), *way)));
                    people.push(Clinician { ways, ..one.clone() });
                }
            }
            if !people.is_empty() {
                turns.push(Turn { people, pace: step.pace });
            }
        }
        Chain::new(turns, self.retry_after, self.reach_within)
    }

    fn last_pace(&self) -> Pace {
        self.steps.last().expect("a rule without steps is refused").pace
    }
}

impl Whom {
    fn resolve<'a>(self, tiers: &'a BTreeMap<Tier, Clinician>, desk: Option<&'a Clinician>) -> Option<&'a Clinician> {
        match self {
            Self::Desk => desk,
            Self::OnCall(tier) => tiers.range(tier..).next().map(|(_, holder)| holder),
        }
    }
}

fn label(hours: OfficeHours) -> &'static str {
    match hours {
        OfficeHours::Open => "open",
        OfficeHours::Closed => "closed",
    }
}

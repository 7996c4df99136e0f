use std::collections::VecDeque;
use std::time::Duration;

use domain::Urgency;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ChannelId, ClinicianId, Policy, Tiers};

/// The number of a page within its case. With the case it makes a page idempotent.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attempt(pub u32);

/// What happens to a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    /// The case begins. Only the first counts.
    Opened {
        /// How urgent it is.
        urgency: Urgency,
    },
    /// The channel took the page.
    PageAccepted {
        /// Which page.
        attempt: Attempt,
    },
    /// The channel did not take the page, or nobody knows.
    PageFailed {
        /// Which page.
        attempt: Attempt,
    },
    /// A clinician took the case. The first one counts.
    Acknowledged {
        /// Who.
        clinician: ClinicianId,
    },
    /// It is more urgent than was thought. A lower urgency changes nothing.
    Raised(Urgency),
    /// The process stopped and has started again: a page without an outcome may never have left, so it is sent again.
    Restarted,
}

/// What is to be done. Drained with [`Escalation::poll_output`] after every input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Send this page, and tell its outcome.
    Page(Page),
    /// The whole rota has been paged and nobody has acknowledged. Paging goes on from the first clinician.
    Exhausted {
        /// How many pages any channel has taken since the case was opened (again); at zero nobody could be told.
        accepted: u32,
    },
    /// The case is taken.
    Acknowledged {
        /// By whom.
        clinician: ClinicianId,
        /// When.
        at: Timestamp,
    },
}

/// One page to one clinician on one channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// Its number.
    pub attempt: Attempt,
    /// To whom.
    pub clinician: ClinicianId,
    /// By which way.
    pub channel: ChannelId,
    /// How urgent the case is now.
    pub urgency: Urgency,
    /// Why now.
    pub why: Why,
}

/// Why a page is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The case was opened.
    Opened,
    /// No acknowledgement yet from this clinician.
    Repeated,
    /// Those before in the rota did not acknowledge or could not be reached.
    NextInRota,
    /// Everybody was tried; from the first again.
    NewRound,
    /// It became more urgent.
    Raised,
    /// Nobody knows whether the page before a restart was sent.
    Restarted,
}

/// Why the machine would wake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// To remind the same clinician.
    Repeat,
    /// To page the next in the rota.
    NextInRota,
    /// To try everybody again after a round that reached nobody.
    NewRound,
}

/// One case, from the first page to the acknowledgement.
///
/// - Opened: the first clinician is paged at once on all their channels.
/// - Every channel failed: the next clinician is paged at once.
/// - No acknowledgement: a reminder, then the next clinician. Anybody's acknowledgement counts, whenever it comes.
/// - Everybody was tried: [`Output::Exhausted`], and from the first again, for ever. There is never nothing.
/// - An acknowledgement covers the urgency that the case had: raised above it, the case is open again, and the clinician
///   who has it is paged first.
///
/// Promises (tested with random cases): an open case always has a time-out; nobody is paged after the acknowledgement
/// unless it became more urgent; everybody who can be reached is paged.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Escalation {
    tiers: Tiers,
    policy: Policy,
    urgency: Urgency,
    state: State,
    attempts: u32,
    accepted: u32,
    #[serde(skip)]
    outputs: VecDeque<Output>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    New,
    Paging(Step),
    Resting { until: Timestamp },
    Acknowledged { by: ClinicianId },
}

/// One clinician's turn.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Step {
    tier: usize,
    round: Round,
    pages: Vec<(Attempt, Fate)>,
    repeat_at: Timestamp,
    next_at: Timestamp,
}

/// Whether somebody in this round had time to answer. A round of failures only is followed by a rest.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Round {
    NobodyReached,
    SomebodyReached,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fate {
    Unknown,
    Accepted,
    Failed,
}

impl Escalation {
    /// A case that will page `tiers` in their order. Nothing happens before [`Input::Opened`].
    pub fn new(tiers: Tiers, policy: Policy) -> Self {
        Self {
            tiers,
            policy,
            urgency: Urgency::Routine,
            state: State::New,
            attempts: 0,
            accepted: 0,
            outputs: VecDeque::new(),
        }
    }

    /// Tells what happened.
    pub fn handle_input(&mut self, input: Input, now: Timestamp) {
        match input {
            Input::Opened { urgency } => self.open(urgency, now),
            Input::PageAccepted { attempt } => self.accepted(attempt),
            Input::PageFailed { attempt } => self.failed(attempt, now),
            Input::Acknowledged { clinician } => self.acknowledge(clinician, now),
            Input::Raised(urgency) => self.raise(urgency, now),
            Input::Restarted => self.restart(now),
        }
    }

    /// Does what is due at `now`; nothing if it is early.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        match self.poll_timeout() {
            Some((due, reason)) if due <= now => match reason {
                Reason::Repeat => self.repeat(Why::Repeated, now),
                Reason::NextInRota => self.next(Round::SomebodyReached, now),
                Reason::NewRound => self.start(0, Round::NobodyReached, Why::NewRound, now),
            },
            Some(_) | None => {}
        }
    }

    /// When and why [`Self::handle_timeout`] is to be called next. `None` before opening and after acknowledgement.
    pub fn poll_timeout(&self) -> Option<(Timestamp, Reason)> {
        match &self.state {
            State::New | State::Acknowledged { .. } => None,
            State::Paging(step) if step.repeat_at < step.next_at => Some((step.repeat_at, Reason::Repeat)),
            State::Paging(step) => Some((step.next_at, Reason::NextInRota)),
            State::Resting { until } => Some((*until, Reason::NewRound)),
        }
    }

    /// What is to be done next; `None` when everything has been told.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Acknowledged, and nothing left to do. Only [`Input::Raised`] can open it again.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Acknowledged { .. }) && self.outputs.is_empty()
    }

    /// How urgent the case is now.
    pub fn urgency(&self) -> Urgency {
        self.urgency
    }

    /// Whom this case pages, as the rota stood when it was opened.
    pub fn tiers(&self) -> &Tiers {
        &self.tiers
    }

    fn open(&mut self, urgency: Urgency, now: Timestamp) {
        match self.state {
            State::New => {
                self.urgency = urgency;
                self.start(0, Round::NobodyReached, Why::Opened, now);
            }
            State::Paging(_) | State::Resting { .. } | State::Acknowledged { .. } => {}
        }
    }

    fn accepted(&mut self, attempt: Attempt) {
        self.accepted += 1;
        if let State::Paging(step) = &mut self.state {
            step.settle(attempt, Fate::Accepted);
        }
    }

    fn failed(&mut self, attempt: Attempt, now: Timestamp) {
        if let State::Paging(step) = &mut self.state {
            step.settle(attempt, Fate::Failed);
            if step.has_failed() {
                let round = step.round;
                self.next(round, now);
            }
        }
    }

    fn acknowledge(&mut self, clinician: ClinicianId, at: Timestamp) {
        match self.state {
            State::Paging(_) | State::Resting { .. } => {
                self.state = State::Acknowledged { by: clinician.clone() };
                // What was decided but not yet sent is not sent any more.
                self.outputs.clear();
                self.outputs.push_back(Output::Acknowledged { clinician, at });
            }
            State::New | State::Acknowledged { .. } => {}
        }
    }

    fn raise(&mut self, urgency: Urgency, now: Timestamp) {
        if urgency <= self.urgency {
            return;
        }
        self.urgency = urgency;
        match &self.state {
            State::New => {}
            State::Paging(_) => self.repeat(Why::Raised, now),
            State::Resting { .. } => self.start(0, Round::NobodyReached, Why::Raised, now),
            State::Acknowledged { by } => {
                self.tiers.bring_forward(by);
                self.accepted = 0;
                self.start(0, Round::NobodyReached, Why::Raised, now);
            }
        }
    }

    fn restart(&mut self, now: Timestamp) {
        if let State::Paging(step) = &self.state
            && step.pages.iter().any(|(_, fate)| *fate == Fate::Unknown)
        {
            self.repeat(Why::Restarted, now);
        }
    }

    /// Pages the same clinician again; their turn does not become longer by it, and a faster pace makes it shorter.
    fn repeat(&mut self, why: Why, now: Timestamp) {
        let State::Paging(Step { tier, .. }) = self.state else { return };
        let pages = self.page(tier, why);
        let pace = self.policy.pace(self.urgency);
        if let State::Paging(step) = &mut self.state {
            step.pages.extend(pages);
            step.repeat_at = after(now, pace.repeat_after());
            step.next_at = step.next_at.min(after(now, pace.ack_within()));
        }
    }

    /// Leaves the present clinician's turn for the next one's.
    fn next(&mut self, round: Round, now: Timestamp) {
        let State::Paging(step) = &self.state else { return };
        let tier = step.tier + 1;
        self.start(tier, round, Why::NextInRota, now);
    }

    /// Begins the turn of `tier`, or of the first one behind it who has a channel; behind the last, ends the round.
    fn start(&mut self, mut tier: usize, round: Round, why: Why, now: Timestamp) {
        let pace = *self.policy.pace(self.urgency);
        while tier < self.tiers.iter().count() {
            let pages = self.page(tier, why);
            if !pages.is_empty() {
                let (repeat_at, next_at) = (after(now, pace.repeat_after()), after(now, pace.ack_within()));
                self.state = State::Paging(Step { tier, round, pages, repeat_at, next_at });
                return;
            }
            tier += 1;
        }
        self.outputs.push_back(Output::Exhausted { accepted: self.accepted });
        match round {
            // Somebody's time ran out, so a round lasts at least that long and the next may begin at once.
            Round::SomebodyReached => self.start(0, Round::NobodyReached, Why::NewRound, now),
            Round::NobodyReached => self.state = State::Resting { until: after(now, pace.retry_after()) },
        }
    }

    /// Puts out the pages to one clinician, one for each channel.
    fn page(&mut self, tier: usize, why: Why) -> Vec<(Attempt, Fate)> {
        let Some(clinician) = self.tiers.get(tier).cloned() else { return Vec::new() };
        let mut pages = Vec::with_capacity(clinician.channels.len());
        for channel in clinician.channels {
            self.attempts += 1;
            let (attempt, clinician, urgency) = (Attempt(self.attempts), clinician.id.clone(), self.urgency);
            self.outputs.push_back(Output::Page(Page { attempt, clinician, channel, urgency, why }));
            pages.push((attempt, Fate::Unknown));
        }
        pages
    }
}

impl Step {
    /// The first outcome of a page counts.
    fn settle(&mut self, attempt: Attempt, fate: Fate) {
        let page = self.pages.iter_mut().find(|(a, f)| *a == attempt && *f == Fate::Unknown);
        if let Some((_, known)) = page {
            *known = fate;
        }
    }

    fn has_failed(&self) -> bool {
        self.pages.iter().all(|(_, fate)| *fate == Fate::Failed)
    }
}

fn after(now: Timestamp, wait: Duration) -> Timestamp {
    now.saturating_add(wait).expect("a duration has no calendar units, which alone could fail")
}

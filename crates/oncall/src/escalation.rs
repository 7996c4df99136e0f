use std::collections::VecDeque;
use std::time::Duration;

use domain::Urgency;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ChannelId, Clinician, ClinicianId, Policy, Tiers};

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
    /// A clinician took the case. The first one counts, until it pages again.
    Acknowledged {
        /// Who.
        clinician: ClinicianId,
    },
    /// A clinician has spoken with the caller, or has seen to it otherwise: the case is closed.
    Done {
        /// Who.
        clinician: ClinicianId,
    },
    /// These are on call now. If they are others, they are paged when the turn of who is being paged is over.
    OnCall(Tiers),
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
    /// Who took the case has not told in time that the caller was reached: it is nobody's again, and pages.
    Overdue {
        /// Who had it.
        clinician: ClinicianId,
    },
    /// The case is closed.
    Done {
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
    /// It was taken, and the caller was not reached in time.
    NotReached,
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
    /// To page again because the caller was not reached in time.
    Overdue,
}

/// One case, from the first page until a clinician has reached the caller.
///
/// - Opened: the first clinician is paged at once on all their channels.
/// - Every channel failed: the next clinician is paged at once.
/// - No acknowledgement: a reminder, then the next clinician. Anybody's acknowledgement counts, whenever it comes.
/// - Everybody was tried: [`Output::Exhausted`], and from the first again, for ever. There is never nothing.
/// - An acknowledgement is not the end: if the caller was not reached within [`crate::Pace::reach_within`], the case is nobody's again
///   and pages, first the clinician who had it, on call or not.
/// - An acknowledgement covers the urgency that the case had, and so does closing: raised above it, the case is open again,
///   and the clinician who has or had it is paged first.
/// - When others come on call they are paged next, from the first of them on; at a rise of urgency or a restart at once.
/// - A clock that is put back puts no deadline further ahead than its pace has it.
///
/// Promises (tested with random cases): a case that is not closed always has a time-out; at most one clinician has it; nobody
/// is paged while one has it and has time left, or after closing, unless it became more urgent; everybody who can be reached
/// is paged.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Escalation {
    /// The order of this round.
    tiers: Tiers,
    /// Who is on call.
    rota: Tiers,
    /// Whether that has changed since the round began.
    changed: bool,
    policy: Policy,
    urgency: Urgency,
    state: State,
    attempts: u32,
    accepted: u32,
    /// Who was on call before: their links stay good.
    former: Vec<Clinician>,
    #[serde(skip)]
    outputs: VecDeque<Output>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    New,
    Paging(Step),
    Resting { until: Timestamp },
    Taken { by: ClinicianId, reach_by: Timestamp },
    Closed { by: ClinicianId },
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
            rota: tiers.clone(),
            tiers,
            changed: false,
            policy,
            urgency: Urgency::Routine,
            state: State::New,
            attempts: 0,
            accepted: 0,
            former: Vec::new(),
            outputs: VecDeque::new(),
        }
    }

    /// Tells what happened.
    pub fn handle_input(&mut self, input: Input, now: Timestamp) {
        self.notice(now);
        match input {
            Input::Opened { urgency } => self.open(urgency, now),
            Input::PageAccepted { attempt } => self.accepted(attempt),
            Input::PageFailed { attempt } => self.failed(attempt, now),
            Input::Acknowledged { clinician } => self.acknowledge(clinician, now),
            Input::Done { clinician } => self.close(clinician, now),
            Input::OnCall(tiers) => {
                self.changed |= tiers != self.rota;
                self.rota = tiers;
            }
            Input::Raised(urgency) => self.raise(urgency, now),
            Input::Restarted => self.restart(now),
        }
    }

    /// Does what is due at `now`; nothing if it is early.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.notice(now);
        match self.poll_timeout() {
            Some((due, reason)) if due <= now => match reason {
                Reason::Repeat => self.repeat(Why::Repeated, now),
                Reason::NextInRota => self.next(Round::SomebodyReached, now),
                Reason::NewRound => self.round(Round::NobodyReached, Why::NewRound, now),
                Reason::Overdue => self.overdue(now),
            },
            Some(_) | None => {}
        }
    }

    /// When and why [`Self::handle_timeout`] is to be called next. `None` before opening and after closing.
    pub fn poll_timeout(&self) -> Option<(Timestamp, Reason)> {
        match &self.state {
            State::New | State::Closed { .. } => None,
            State::Taken { reach_by, .. } => Some((*reach_by, Reason::Overdue)),
            State::Paging(step) if step.repeat_at < step.next_at => Some((step.repeat_at, Reason::Repeat)),
            State::Paging(step) => Some((step.next_at, Reason::NextInRota)),
            State::Resting { until } => Some((*until, Reason::NewRound)),
        }
    }

    /// What is to be done next; `None` when everything has been told.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Closed, and nothing left to do. Only [`Input::Raised`] can open it again.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Closed { .. }) && self.outputs.is_empty()
    }

    /// Whether it is in nobody's hands, and pages.
    pub fn is_paging(&self) -> bool {
        matches!(self.state, State::Paging(_) | State::Resting { .. })
    }

    /// Who has the case now.
    pub fn holder(&self) -> Option<&ClinicianId> {
        match &self.state {
            State::Taken { by, .. } => Some(by),
            State::New | State::Paging(_) | State::Resting { .. } | State::Closed { .. } => None,
        }
    }

    /// How urgent the case is now.
    pub fn urgency(&self) -> Urgency {
        self.urgency
    }

    /// Everybody whom this case pages or has paged.
    pub fn clinicians(&self) -> impl Iterator<Item = &Clinician> {
        self.tiers.iter().chain(&self.former)
    }

    fn open(&mut self, urgency: Urgency, now: Timestamp) {
        match self.state {
            State::New => {
                self.urgency = urgency;
                self.start(0, Round::NobodyReached, Why::Opened, now);
            }
            State::Paging(_) | State::Resting { .. } | State::Taken { .. } | State::Closed { .. } => {}
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
                let reach_by = after(at, self.policy.pace(self.urgency).reach_within());
                self.state = State::Taken { by: clinician.clone(), reach_by };
                // What was decided but not yet sent is not sent any more.
                self.outputs.clear();
                self.outputs.push_back(Output::Acknowledged { clinician, at });
            }
            State::New | State::Taken { .. } | State::Closed { .. } => {}
        }
    }

    fn close(&mut self, clinician: ClinicianId, at: Timestamp) {
        match self.state {
            State::Paging(_) | State::Resting { .. } | State::Taken { .. } => {
                self.state = State::Closed { by: clinician.clone() };
                self.outputs.clear();
                self.outputs.push_back(Output::Done { clinician, at });
            }
            State::New | State::Closed { .. } => {}
        }
    }

    fn overdue(&mut self, now: Timestamp) {
        let State::Taken { by, .. } = &self.state else { return };
        let by = by.clone();
        self.outputs.push_back(Output::Overdue { clinician: by.clone() });
        self.again(&by, Why::NotReached, now);
    }

    /// Pages again for a case that this clinician has or had: they first, on call or not, who may only have forgotten to tell.
    fn again(&mut self, first: &ClinicianId, why: Why, now: Timestamp) {
        self.accepted = 0;
        let first = self.clinicians().find(|one| one.id == *first).cloned();
        self.follow_rota();
        if let Some(first) = first {
            self.tiers.put_first(first);
        }
        self.start(0, Round::NobodyReached, why, now);
    }

    /// From the first again, by the rota of now.
    fn round(&mut self, round: Round, why: Why, now: Timestamp) {
        self.follow_rota();
        self.start(0, round, why, now);
    }

    fn follow_rota(&mut self) {
        self.changed = false;
        let before = std::mem::replace(&mut self.tiers, self.rota.clone());
        for gone in before.iter() {
            if self.clinicians().all(|known| known.id != gone.id) {
                self.former.push(gone.clone());
            }
        }
    }

    /// No deadline lies further ahead than its pace has it, though the clock was put back.
    fn notice(&mut self, now: Timestamp) {
        let pace = self.policy.pace(self.urgency);
        let at_most = |deadline: &mut Timestamp, wait| *deadline = (*deadline).min(after(now, wait));
        match &mut self.state {
            State::New | State::Closed { .. } => {}
            State::Paging(step) => {
                at_most(&mut step.repeat_at, pace.repeat_after());
                at_most(&mut step.next_at, pace.ack_within());
            }
            State::Resting { until } => at_most(until, pace.retry_after()),
            State::Taken { reach_by, .. } => at_most(reach_by, pace.reach_within()),
        }
    }

    fn raise(&mut self, urgency: Urgency, now: Timestamp) {
        if urgency <= self.urgency {
            return;
        }
        self.urgency = urgency;
        match &self.state {
            State::New => {}
            // It may belong to others now.
            State::Paging(step) if self.changed => self.round(step.round, Why::Raised, now),
            State::Paging(_) => self.repeat(Why::Raised, now),
            State::Resting { .. } => self.round(Round::NobodyReached, Why::Raised, now),
            State::Taken { by, .. } | State::Closed { by } => {
                let by = by.clone();
                self.again(&by, Why::Raised, now);
            }
        }
    }

    fn restart(&mut self, now: Timestamp) {
        let State::Paging(step) = &self.state else { return };
        if self.changed {
            self.round(step.round, Why::Restarted, now);
        } else if step.pages.iter().any(|(_, fate)| *fate == Fate::Unknown) {
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
        if self.changed {
            self.round(round, Why::NextInRota, now);
        } else {
            self.start(tier, round, Why::NextInRota, now);
        }
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
            Round::SomebodyReached => self.round(Round::NobodyReached, Why::NewRound, now),
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

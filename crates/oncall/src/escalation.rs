use std::collections::VecDeque;
use std::time::Duration;

use domain::Urgency;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Chain, Clinician, ClinicianId, Pace, Plan, Turn, Way};

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
    /// The channel took the page. Of one that has failed this changes nothing: what was told last need not have happened last.
    PageAccepted {
        /// Which page.
        attempt: Attempt,
    },
    /// The channel did not take the page, or nobody knows; or it took it, and says afterwards that it reached nobody. Told again, it
    /// changes nothing; nor does it for a page of an earlier turn, or once somebody has the case.
    PageFailed {
        /// Which page.
        attempt: Attempt,
    },
    /// Who was paged cannot take it. When all of a turn have said so, the next turn begins at once.
    Declined {
        /// Who.
        clinician: ClinicianId,
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
    /// These are to be paged now. If they are others, they are paged when the turn of who is being paged is over.
    Plan(Plan),
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

/// One page to one clinician in one way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// Its number.
    pub attempt: Attempt,
    /// To whom.
    pub clinician: ClinicianId,
    /// How.
    pub way: Way,
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
/// - Opened: those of the first turn are paged at once.
/// - No clinician of a turn can be reached, or each has declined: the next turn begins at once, also if that is heard only after
///   the channels had taken the pages.
/// - No acknowledgement: a reminder, then the next turn. Anybody's acknowledgement counts, whenever it comes.
/// - Everybody was tried: [`Output::Exhausted`], and from the first again, for ever. There is never nothing.
/// - An acknowledgement is not the end: if the caller was not reached within [`Chain::reach_within`], the case is nobody's again
///   and pages, first the clinician who had it, on call or not.
/// - An acknowledgement covers the urgency that the case had, and so does closing: raised above it, the case is open again,
///   and the clinician who has or had it is paged with those who are paged first. A case that pages begins anew with those whom the higher urgency
///   pages first, and with who was being paged.
/// - When others are to be paged they are paged next, from the first on who was not yet; at a rise of urgency or a restart at once.
/// - A clock that is put back puts no deadline further ahead than its pace has it.
///
/// Promises (tested with random cases): a case that is not closed always has a time-out; at most one clinician has it; nobody
/// is paged while one has it and has time left, or after closing, unless it became more urgent; everybody who can be reached
/// is paged.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Escalation {
    /// What this round follows.
    plan: Plan,
    /// What the next one will.
    latest: Plan,
    /// Whether that is another than it was when the round began.
    changed: bool,
    urgency: Urgency,
    state: State,
    attempts: u32,
    accepted: u32,
    /// Who was paged by an earlier plan: their links stay good.
    former: Vec<Clinician>,
    #[serde(skip)]
    outputs: VecDeque<Output>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    New,
    Paging(Paging),
    Resting { until: Timestamp },
    Taken { by: ClinicianId, reach_by: Timestamp },
    Closed { by: ClinicianId },
}

/// One turn of the plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Paging {
    turn: usize,
    round: Round,
    /// Who was paged in this round, and how.
    tried: Vec<(ClinicianId, Way)>,
    /// Who of this turn cannot take it.
    declined: Vec<ClinicianId>,
    pages: Vec<Sent>,
    repeat_at: Timestamp,
    next_at: Timestamp,
}

/// A page of the present turn.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Sent {
    attempt: Attempt,
    to: ClinicianId,
    fate: Fate,
}

/// Whether somebody in this round had time to answer, or pages were lost only after they had been taken for as long as a rest is. A round
/// of failures only is followed by a rest.
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
    /// A case that will page by this plan. Nothing happens before [`Input::Opened`].
    pub fn new(plan: Plan) -> Self {
        Self {
            latest: plan.clone(),
            plan,
            changed: false,
            urgency: Urgency::Routine,
            state: State::New,
            attempts: 0,
            accepted: 0,
            former: Vec::new(),
            outputs: VecDeque::new(),
        }
    }

    /// The same for a case of which so many pages are known already: none of their numbers is used again.
    pub fn after(self, attempts: u32) -> Self {
        Self { attempts, ..self }
    }

    /// Tells what happened.
    pub fn handle_input(&mut self, input: Input, now: Timestamp) {
        self.notice(now);
        match input {
            Input::Opened { urgency } => self.open(urgency, now),
            Input::PageAccepted { attempt } => self.accepted(attempt),
            Input::PageFailed { attempt } => self.failed(attempt, now),
            Input::Declined { clinician } => self.decline(clinician, now),
            Input::Acknowledged { clinician } => self.acknowledge(clinician, now),
            Input::Done { clinician } => self.close(clinician, now),
            Input::Plan(plan) => {
                self.changed |= plan != self.latest;
                self.latest = plan;
                self.leave_empty_desk(now);
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
            State::Paging(paging) if paging.repeat_at < paging.next_at => Some((paging.repeat_at, Reason::Repeat)),
            State::Paging(paging) => Some((paging.next_at, Reason::NextInRota)),
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

    /// Everybody whom this case pages or has paged; some more than once.
    pub fn clinicians(&self) -> impl Iterator<Item = &Clinician> {
        self.plan.people().chain(&self.former)
    }

    fn chain(&self) -> &Chain {
        self.plan.chain(self.urgency)
    }

    fn open(&mut self, urgency: Urgency, now: Timestamp) {
        match self.state {
            State::New => {
                self.urgency = urgency;
                self.start(0, Vec::new(), Round::NobodyReached, Why::Opened, now);
            }
            State::Paging(_) | State::Resting { .. } | State::Taken { .. } | State::Closed { .. } => {}
        }
    }

    fn accepted(&mut self, attempt: Attempt) {
        let mut counts = true;
        if let State::Paging(paging) = &mut self.state
            && let Some((to, before)) = paging.settle(attempt, Fate::Accepted)
        {
            counts = before == Fate::Unknown && !self.plan.is_desk(to);
        }
        self.accepted += u32::from(counts);
    }

    /// A turn of the desk alone is over when nobody is to be at the desk any more.
    fn leave_empty_desk(&mut self, now: Timestamp) {
        let State::Paging(paging) = &self.state else { return };
        let Some(turn) = self.chain().turns().get(paging.turn) else { return };
        let desk_alone = turn.people.iter().all(|one| self.plan.is_desk(&one.id));
        let is_there = |one: &Clinician| self.latest.is_desk(&one.id);
        let expected = self.latest.chain(self.urgency).turns().iter().flat_map(|turn| &turn.people).any(is_there);
        if desk_alone && !expected {
            let round = paging.round;
            self.next(round, now);
        }
    }

    fn failed(&mut self, attempt: Attempt, now: Timestamp) {
        let lasted_a_rest = self.has_lasted_a_rest(now);
        let State::Paging(paging) = &mut self.state else { return };
        match paging.settle(attempt, Fate::Failed) {
            Some((_, Fate::Unknown)) => {}
            Some((to, Fate::Accepted)) => {
                // It counted as one that somebody could have been told by.
                self.accepted = self.accepted.saturating_sub(u32::from(!self.plan.is_desk(to)));
                if lasted_a_rest {
                    // Another rest would page later than if nobody had heard of the failure.
                    paging.round = Round::SomebodyReached;
                }
            }
            // It was told before, or that turn is over.
            Some((_, Fate::Failed)) | None => return,
        }
        self.leave_lost_turn(now);
    }

    /// Whether the present turn has lasted at least as long as the rest that follows a round of failures.
    fn has_lasted_a_rest(&self, now: Timestamp) -> bool {
        let State::Paging(paging) = &self.state else { return false };
        let chain = self.chain();
        let pace = chain.turns().get(paging.turn).map(|turn| turn.pace);
        pace.is_some_and(|pace| after(now, pace.next_after()) >= after(paging.next_at, chain.retry_after()))
    }

    /// When no clinician of the turn can take it (they have said so, or none of their pages got through) the next turn begins at once.
    /// The desk may still answer, but is not waited for.
    fn leave_lost_turn(&mut self, now: Timestamp) {
        let State::Paging(paging) = &self.state else { return };
        let Some(turn) = self.chain().turns().get(paging.turn) else { return };
        let clinicians = turn.people.iter().filter(|one| !self.plan.is_desk(&one.id));
        let waits = |one: &Clinician| !paging.is_out(&one.id);
        let lost = if clinicians.clone().next().is_some() {
            !clinicians.clone().any(waits)
        } else {
            !turn.people.iter().any(waits)
        };
        if lost {
            let round = paging.round;
            self.next(round, now);
        }
    }

    fn decline(&mut self, clinician: ClinicianId, now: Timestamp) {
        match &mut self.state {
            State::Paging(paging) => {
                paging.declined.push(clinician);
                self.leave_lost_turn(now);
            }
            // Who has it gives it back: it goes on with the others.
            State::Taken { by, .. } if *by == clinician => {
                self.outputs.push_back(Output::Overdue { clinician: clinician.clone() });
                self.accepted = 0;
                self.follow_latest();
                let other = |turn: &Turn| turn.people.iter().any(|one| one.id != clinician);
                let turn = self.chain().turns().iter().position(other).unwrap_or(0);
                self.start(turn, Vec::new(), Round::NobodyReached, Why::NotReached, now);
            }
            State::New | State::Resting { .. } | State::Taken { .. } | State::Closed { .. } => {}
        }
    }

    fn acknowledge(&mut self, clinician: ClinicianId, at: Timestamp) {
        match self.state {
            State::Paging(_) | State::Resting { .. } => {
                let reach_by = after(at, self.chain().reach_within());
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

    /// Pages again for a case that this clinician has or had: they too, on call or not, who may only have forgotten to tell. They are paged
    /// alone first if it is not more urgent than when they took it.
    fn again(&mut self, first: &ClinicianId, why: Why, now: Timestamp) {
        self.accepted = 0;
        // Those whom an emergency pages first do not wait for anybody, and nobody waits for the desk.
        let joins = why == Why::Raised || self.plan.is_desk(first);
        let first = self.known(first);
        self.follow_latest();
        if let Some(first) = first {
            let chain = self.plan.chain_mut(self.urgency);
            if joins { chain.join_first(vec![first]) } else { chain.put_first(first) }
        }
        self.start(0, Vec::new(), Round::NobodyReached, why, now);
    }

    /// From the first again, by the plan of now.
    fn round(&mut self, round: Round, why: Why, now: Timestamp) {
        self.follow_latest();
        self.start(0, Vec::new(), round, why, now);
    }

    fn follow_latest(&mut self) {
        self.changed = false;
        let before = std::mem::replace(&mut self.plan, self.latest.clone());
        for gone in before.people() {
            if self.clinicians().all(|known| known.id != gone.id) {
                self.former.push(gone.clone());
            }
        }
    }

    /// Somebody whom this case pages or has paged, with all their ways in it.
    fn known(&self, id: &ClinicianId) -> Option<Clinician> {
        let mut found: Option<Clinician> = None;
        for one in self.clinicians().filter(|one| one.id == *id) {
            let known = found.get_or_insert_with(|| one.clone());
            let more: Vec<Way> = one.ways.iter().copied().filter(|way| !known.ways.contains(way)).collect();
            known.ways.extend(more);
        }
        found
    }

    /// No deadline lies further ahead than its pace has it, though the clock was put back.
    fn notice(&mut self, now: Timestamp) {
        let chain = self.plan.chain(self.urgency);
        let at_most = |deadline: &mut Timestamp, wait| *deadline = (*deadline).min(after(now, wait));
        match &mut self.state {
            State::New | State::Closed { .. } => {}
            State::Paging(paging) => {
                if let Some(turn) = chain.turns().get(paging.turn) {
                    at_most(&mut paging.repeat_at, turn.pace.again_after());
                    at_most(&mut paging.next_at, turn.pace.next_after());
                }
            }
            State::Resting { until } => at_most(until, chain.retry_after()),
            State::Taken { reach_by, .. } => at_most(reach_by, chain.reach_within()),
        }
    }

    fn raise(&mut self, urgency: Urgency, now: Timestamp) {
        if urgency <= self.urgency {
            return;
        }
        let before = std::mem::replace(&mut self.urgency, urgency);
        match &self.state {
            State::New => {}
            State::Paging(paging) => {
                let round = paging.round;
                let present = self.plan.chain(before).turns().get(paging.turn).map(|turn| turn.people.clone());
                // It may be the case of others now, and then not of these.
                let present = present.filter(|_| !self.changed).unwrap_or_default();
                self.follow_latest();
                self.plan.chain_mut(urgency).join_first(present);
                self.start(0, Vec::new(), round, Why::Raised, now);
            }
            State::Resting { .. } => self.round(Round::NobodyReached, Why::Raised, now),
            State::Taken { by, .. } | State::Closed { by } => {
                let by = by.clone();
                self.again(&by, Why::Raised, now);
            }
        }
    }

    fn restart(&mut self, now: Timestamp) {
        let State::Paging(paging) = &self.state else { return };
        if self.changed {
            self.round(paging.round, Why::Restarted, now);
        } else if paging.pages.iter().any(|sent| sent.fate == Fate::Unknown) {
            self.repeat(Why::Restarted, now);
        }
    }

    /// Pages the same people again; their turn does not become longer by it.
    fn repeat(&mut self, why: Why, now: Timestamp) {
        let State::Paging(Paging { turn, .. }) = self.state else { return };
        let Some(pace) = self.chain().turns().get(turn).map(|turn| turn.pace) else { return };
        let pages = self.page(turn, why);
        if let State::Paging(paging) = &mut self.state {
            paging.pages.extend(pages);
            paging.repeat_at = after(now, pace.again_after());
        }
    }

    /// Leaves the present turn for the next one; by a plan that has changed, for the first of somebody who was not paged in this round.
    fn next(&mut self, round: Round, now: Timestamp) {
        let State::Paging(Paging { turn, tried, .. }) = &self.state else { return };
        let (mut turn, tried) = (turn + 1, tried.clone());
        if self.changed {
            self.follow_latest();
            let untried = |one: &Clinician| one.ways.iter().any(|way| !tried.contains(&(one.id.clone(), *way)));
            let new = |turn: &Turn| turn.people.iter().any(untried);
            let turns = self.chain().turns();
            turn = turns.iter().position(new).unwrap_or(turns.len());
        }
        self.start(turn, tried, round, Why::NextInRota, now);
    }

    /// Begins a turn, or the first one behind it in which somebody can be paged; behind the last, ends the round.
    fn start(&mut self, mut turn: usize, mut tried: Vec<(ClinicianId, Way)>, round: Round, why: Why, now: Timestamp) {
        while let Some(Turn { people, pace }) = self.chain().turns().get(turn) {
            let pace: Pace = *pace;
            tried.extend(people.iter().flat_map(|one| one.ways.iter().map(|way| (one.id.clone(), *way))));
            let pages = self.page(turn, why);
            if !pages.is_empty() {
                let (repeat_at, next_at) = (after(now, pace.again_after()), after(now, pace.next_after()));
                let declined = Vec::new();
                self.state = State::Paging(Paging { turn, round, tried, declined, pages, repeat_at, next_at });
                return;
            }
            turn += 1;
        }
        self.outputs.push_back(Output::Exhausted { accepted: self.accepted });
        match round {
            // Somebody's time ran out, so a round lasts at least that long and the next may begin at once.
            Round::SomebodyReached => self.round(Round::NobodyReached, Why::NewRound, now),
            Round::NobodyReached => self.state = State::Resting { until: after(now, self.chain().retry_after()) },
        }
    }

    /// Puts out the pages of one turn, one for each way of each of its people who has not declined.
    fn page(&mut self, turn: usize, why: Why) -> Vec<Sent> {
        let mut people = self.chain().turns().get(turn).map(|turn| turn.people.clone()).unwrap_or_default();
        if let State::Paging(paging) = &self.state
            && paging.turn == turn
            && why == Why::Repeated
        {
            people.retain(|one| !paging.declined.contains(&one.id));
        }
        let mut pages = Vec::new();
        for Clinician { id, ways, .. } in people {
            for way in ways {
                self.attempts += 1;
                let (attempt, clinician, urgency) = (Attempt(self.attempts), id.clone(), self.urgency);
                self.outputs.push_back(Output::Page(Page { attempt, clinician, way, urgency, why }));
                pages.push(Sent { attempt, to: id.clone(), fate: Fate::Unknown });
            }
        }
        pages
    }
}

impl Paging {
    /// A page that was taken may fail afterwards; one that has failed stays so, because the news of it may overtake that it was taken.
    /// Whose page it was and its fate before, if it is one of this turn.
    fn settle(&mut self, attempt: Attempt, fate: Fate) -> Option<(&ClinicianId, Fate)> {
        let sent = self.pages.iter_mut().find(|sent| sent.attempt == attempt)?;
        let before = sent.fate;
        if before != Fate::Failed {
            sent.fate = fate;
        }
        Some((&sent.to, before))
    }

    /// Whether somebody of this turn has said that they cannot take it, or has got no page.
    fn is_out(&self, id: &ClinicianId) -> bool {
        self.declined.contains(id)
            || self.pages.iter().filter(|sent| sent.to == *id).all(|sent| sent.fate == Fate::Failed)
    }
}

fn after(now: Timestamp, wait: Duration) -> Timestamp {
    now.saturating_add(wait).expect("a duration has no calendar units, which alone could fail")
}

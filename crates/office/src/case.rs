//! One open case: the task that waits, sends and keeps what [`Escalation`] decides.
//!
//! After everything that happens the task does three things in this order: it notes the new state for the disk and waits
//! for it a little, it sends the pages that are due, it tells the call. So a page's intent is on the disk before the page
//! is on the wire, but for a database that does not answer, which delays nothing by more than [`crate::keeper::PATIENCE`].
//!
//! The task ends when the case is closed, kept, and its call is over. A later input finds it again by
//! [`crate::desk`].

use std::sync::Arc;
use std::time::Duration;

use domain::{CallId, CaseDraft, CaseId, CaseUpdate, OfficeReply, RequestId, Urgency};
use jiff::Timestamp;
use oncall::{Attempt, ClinicianId, Escalation, Input, Output, Page, Reason, Way, Why};
use store::{CaseChange, CaseEvent, CaseFile, PageOutcome, PageRow};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinError, JoinSet};

use crate::body::{CaseDetails, KeptIn, PageBody, json};
use crate::channel::PageNotice;
use crate::desk::Premises;
use crate::keeper::{Keeper, Standing};
use crate::listener::{Listener, Listening};
use crate::webhook::Undelivered;

mod receipts;

/// Inputs that wait for the task. When full, who sends waits.
pub(crate) const INPUTS: usize = 32;
/// The longest sleep, so that a wall clock that was set is noticed.
const LONGEST_NAP: Duration = Duration::from_secs(30);
/// How often our call hears of a case that another node has.
const FOLLOWED_EVERY: Duration = Duration::from_millis(500);
/// Cases that failed together are not tried again together: each waits up to this longer, by its id.
const STAGGER: Duration = Duration::from_secs(1);

/// What can be told to an open case. Whoever waits on a `done` that is dropped asks the desk again.
pub(crate) enum CaseInput {
    /// More became known. Answered by how it stands with the disk.
    Update { call: CallId, request: RequestId, update: CaseUpdate, done: oneshot::Sender<Standing> },
    /// Its caller calls again, and would open a case. Answered by whether this one is that.
    CalledAgain {
        call: CallId,
        request: RequestId,
        draft: Box<CaseDraft>,
        replies: mpsc::Sender<OfficeReply>,
        done: oneshot::Sender<Joins>,
    },
    /// A clinician takes it, unless it is more urgent than they were shown. Answered by the case as it then is.
    Acknowledge { clinician: ClinicianId, shown: Urgency, at: Timestamp, done: oneshot::Sender<CaseFile> },
    /// A clinician has reached the caller; the same holds. Answered by the case as it then is.
    Done { clinician: ClinicianId, shown: Urgency, at: Timestamp, done: oneshot::Sender<CaseFile> },
    /// A clinician who was paged cannot take it, or gives it back. Answered by the case as it then is.
    Decline { clinician: ClinicianId, at: Timestamp, done: oneshot::Sender<CaseFile> },
    /// The gateway that had taken a page reports that it did not arrive. Answered by the case as it then is.
    PageLost { attempt: Attempt, why: String, done: oneshot::Sender<CaseFile> },
    /// Somebody looks.
    Look { done: oneshot::Sender<CaseFile> },
    /// The request that opened it was made again: everything that was told is told again.
    AskedAgain { replies: mpsc::Sender<OfficeReply> },
}

/// Whether a later call belongs to a case.
pub(crate) enum Joins {
    /// The case has what the call tells, and the call hears how it goes.
    Yes,
    /// A clinician has taken the case and need not look at it any more: the call opens another.
    Taken,
}

pub(crate) struct Case {
    premises: Arc<Premises>,
    file: CaseFile,
    machine: Escalation,
    keeper: Keeper,
    inputs: mpsc::Receiver<CaseInput>,
    listener: Option<Listener>,
    told: Vec<OfficeReply>,
    sending: JoinSet<(Attempt, Result<(), Undelivered>)>,
    updates: Vec<oneshot::Sender<Standing>>,
    joining: Vec<oneshot::Sender<Joins>>,
    acknowledgements: Vec<oneshot::Sender<CaseFile>>,
    news: News,
}

/// What is new since the last note for the disk.
#[derive(Default)]
struct News {
    events: Vec<CaseEvent>,
    pages: Vec<PageRow>,
}

/// What the task waits for.
enum Happened {
    Input(CaseInput),
    PageSettled(Result<(Attempt, Result<(), Undelivered>), JoinError>),
    Due,
    CaughtUp(Standing),
    Listened(Listening),
    /// The office closes.
    Closing,
}

/// Whether the task goes on.
enum Going {
    On,
    Over,
}

impl Case {
    /// A case that begins (`replies` hears of it) or that is taken up again.
    pub(crate) fn new(
        premises: Arc<Premises>,
        file: CaseFile,
        machine: Escalation,
        replies: Option<mpsc::Sender<OfficeReply>>,
        inputs: mpsc::Receiver<CaseInput>,
    ) -> Self {
        let keeper = Keeper::new(premises.store.clone());
        let listener = replies.map(|replies| Listener::new(replies, &[]));
        Self {
            premises,
            file,
            machine,
            keeper,
            inputs,
            listener,
            told: Vec::new(),
            sending: JoinSet::new(),
            updates: Vec::new(),
            joining: Vec::new(),
            acknowledgements: Vec::new(),
            news: News::default(),
        }
    }

    /// Runs the case from `first` on.
    pub(crate) async fn run(mut self, first: Input) {
        self.tell_plan();
        self.machine.handle_input(first, self.premises.now());
        loop {
            match self.act().await {
                Going::On => {}
                Going::Over => return,
            }
            match self.wait().await {
                Going::On => {}
                Going::Over => return,
            }
        }
    }

    /// Waits for the next thing to happen and tells the machine of it.
    async fn wait(&mut self) -> Going {
        let nap = self.nap();
        // A call waits to hear who has answered, at whatever node; without one the next write tells early enough.
        let is_watched = self.listener.is_some() && self.premises.store.is_shared();
        let taken = taken_elsewhere(Arc::clone(&self.premises), self.file.case.id);
        let happened = tokio::select! {
            input = self.inputs.recv() => input.map_or(Happened::Closing, Happened::Input),
            Some(sent) = self.sending.join_next() => Happened::PageSettled(sent),
            () = nap => Happened::Due,
            standing = self.keeper.catch_up(), if self.keeper.is_behind() => Happened::CaughtUp(standing),
            listening = Listener::listen(self.listener.as_mut()) => Happened::Listened(listening),
            () = taken, if is_watched => Happened::CaughtUp(Standing::Elsewhere),
        };
        match happened {
            Happened::Input(input) => self.take(input),
            Happened::PageSettled(sent) => self.page_settled(&sent),
            Happened::Due => self.due(),
            Happened::CaughtUp(Standing::Kept | Standing::Behind) | Happened::Listened(Listening::On) => {}
            Happened::Listened(Listening::Gone) => self.listener = None,
            Happened::CaughtUp(Standing::Other(other)) => return self.give_way(other).await,
            Happened::CaughtUp(Standing::Elsewhere) => return self.follow().await,
            Happened::Closing => {
                self.finish().await;
                return Going::Over;
            }
        }
        Going::On
    }

    fn due(&mut self) {
        self.tell_plan();
        self.machine.handle_timeout(self.premises.now());
    }

    /// Tells the machine whom to page, by what is known of the case.
    fn tell_plan(&mut self) {
        let now = self.premises.now();
        let plan = self.premises.config.plan(&self.file.red_flags(), self.file.caller(), now);
        self.machine.handle_input(Input::Plan(plan), now);
    }

    /// Keeps, sends and tells what the machine has decided.
    async fn act(&mut self) -> Going {
        let mut pages = Vec::new();
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Page(page) => pages.push(page),
                Output::Exhausted { accepted: 0 } => self.tell_once(OfficeReply::NotPaged),
                Output::Exhausted { .. } => self.tell_once(OfficeReply::NobodyAnswers),
                Output::Acknowledged { clinician, at } => self.acknowledged(&clinician, at),
                Output::Overdue { clinician } => self.overdue(&clinician),
                Output::Done { clinician, at } => self.done(&clinician, at),
            }
        }
        self.intend(&pages);
        let standing = self.keep().await;
        match standing {
            Standing::Kept => self.tell_once(OfficeReply::CaseOpened { case: self.file.case.id }),
            Standing::Behind => {}
            Standing::Other(other) => return self.give_way(other).await,
            Standing::Elsewhere => return self.follow().await,
        }
        for page in pages {
            self.send(&page, standing);
        }
        for done in self.updates.drain(..) {
            // A caller of ours that does not wait any more needs no answer.
            done.send(standing).ok();
        }
        for done in self.joining.drain(..) {
            done.send(Joins::Yes).ok();
        }
        for done in self.acknowledgements.drain(..) {
            done.send(self.file.clone()).ok();
        }
        if self.is_over() { Going::Over } else { Going::On }
    }

    fn is_over(&self) -> bool {
        let idle = self.inputs.is_empty() && self.sending.is_empty() && !self.keeper.is_behind();
        self.machine.is_over() && idle && self.listener.is_none()
    }

    fn take(&mut self, input: CaseInput) {
        match input {
            CaseInput::Update { call, request, update, done } => {
                self.updates.push(done);
                if !self.knows(call, request) {
                    let raised = if let CaseUpdate::Raised { urgency, .. } = &update { Some(*urgency) } else { None };
                    self.happened(call, request, update);
                    if let Some(urgency) = raised {
                        self.raise(urgency);
                    }
                }
            }
            CaseInput::CalledAgain { call, request, draft, replies, done } => {
                let known = self.knows(call, request);
                if !known && !self.machine.is_paging() {
                    done.send(Joins::Taken).ok();
                    return;
                }
                self.listener = Some(Listener::new(replies, &self.told));
                if !known {
                    let urgency = draft.urgency;
                    self.happened(call, request, CaseUpdate::CalledAgain(draft));
                    self.raise(urgency);
                }
                self.joining.push(done);
            }
            CaseInput::Acknowledge { clinician, shown, at, done } => {
                self.acknowledgements.push(done);
                if shown >= self.machine.urgency() {
                    self.machine.handle_input(Input::Acknowledged { clinician }, at);
                }
            }
            CaseInput::Done { clinician, shown, at, done } => {
                self.acknowledgements.push(done);
                if shown >= self.machine.urgency() {
                    self.machine.handle_input(Input::Done { clinician }, at);
                }
            }
            CaseInput::Decline { clinician, at, done } => {
                self.acknowledgements.push(done);
                self.machine.handle_input(Input::Declined { clinician }, at);
            }
            CaseInput::PageLost { attempt, why, done } => {
                self.acknowledgements.push(done);
                self.page_lost(attempt, why);
            }
            CaseInput::Look { done } => {
                done.send(self.file.clone()).ok();
            }
            CaseInput::AskedAgain { replies } => {
                self.listener = Some(Listener::new(replies, &self.told));
            }
        }
    }

    /// What was told with it may make it the case of others.
    fn raise(&mut self, urgency: Urgency) {
        self.tell_plan();
        self.machine.handle_input(Input::Raised(urgency), self.premises.now());
    }

    /// Whether this was told before.
    fn knows(&self, call: CallId, request: RequestId) -> bool {
        self.file.events.iter().any(|event| (event.call, event.request) == (call, request))
    }

    fn happened(&mut self, call: CallId, request: RequestId, update: CaseUpdate) {
        let event = CaseEvent { call, request, at: self.premises.now(), update };
        self.file.events.push(event.clone());
        self.news.events.push(event);
    }

    fn acknowledged(&mut self, by: &ClinicianId, at: Timestamp) {
        self.file.case.acknowledged = Some((by.0.clone(), at));
        let name = self.machine.clinicians().find(|c| c.id == *by).map_or_else(|| by.0.clone(), |c| c.name.clone());
        tracing::info!(case = %self.file.case.id, clinician = %by, "case acknowledged");
        self.tell(OfficeReply::Acknowledged { by: name });
        self.resolve();
    }

    fn overdue(&mut self, clinician: &ClinicianId) {
        tracing::warn!(case = %self.file.case.id, %clinician, "taken, but nobody has told that the caller was reached: paging again");
    }

    fn done(&mut self, clinician: &ClinicianId, at: Timestamp) {
        tracing::info!(case = %self.file.case.id, %clinician, "the caller was reached: case closed");
        self.file.case.closed = Some((clinician.0.clone(), at));
        self.resolve();
    }

    /// Puts the pages that are about to be sent into the file.
    fn intend(&mut self, pages: &[Page]) {
        let now = self.premises.now();
        for page in pages {
            let row = PageRow {
                step: page.attempt.0,
                clinician: page.clinician.0.clone(),
                channel: page.way.label().to_owned(),
                why: label(page.why).to_owned(),
                intended_at: now,
                outcome: PageOutcome::Unknown,
            };
            self.file.pages.push(row.clone());
            self.news.pages.push(row);
        }
    }

    /// Notes what has changed for the disk and waits for it a little.
    async fn keep(&mut self) -> Standing {
        if self.machine.is_paging() {
            // Again, perhaps: it had become more urgent, or the caller was not reached.
            self.file.case.acknowledged = None;
            self.file.case.closed = None;
            self.told.retain(|reply| !matches!(reply, OfficeReply::Acknowledged { .. }));
        }
        let state = json(&self.machine);
        let News { events, pages } = std::mem::take(&mut self.news);
        if state != self.file.case.state || !events.is_empty() || !pages.is_empty() {
            self.file.case.state = state;
            self.file.case.urgency = self.machine.urgency();
            self.keeper.note(CaseChange { case: self.file.case.clone(), events, pages });
        }
        self.keeper.settle().await
    }

    fn send(&mut self, page: &Page, standing: Standing) {
        let attempt = page.attempt;
        let Some(sender) = self.premises.senders.get(&(page.clinician.clone(), page.way)).cloned() else {
            // Ways were checked at start; a case from before may name one that has been removed since.
            self.sending.spawn(std::future::ready((attempt, Err(Undelivered::NotReached))));
            return;
        };
        let (premises, case) = (Arc::clone(&self.premises), self.file.case.id);
        let id = page_id(case, attempt.0);
        let (reference, json) = (self.file.case.reference.clone(), self.page_body(page, standing));
        let (urgency, why) = (page.urgency, page.why);
        let (link, key_url) =
            (premises.link(case, &page.clinician), premises.key_url(case, &page.clinician, page.urgency));
        let status_url = premises.status_url(case, attempt);
        self.sending.spawn(async move {
            let notice = PageNotice {
                id: &id,
                // Each page is an incident of its own: one that is folded into an earlier one would ring nobody.
                dedup: &id,
                practice: &premises.config.practice.name,
                reference: &reference,
                urgency,
                why,
                link: &link,
                key_url: &key_url,
                status_url: status_url.as_deref(),
                test: false,
                json: &json,
            };
            (attempt, sender.send(&premises.client, &notice, sender.within()).await)
        });
    }

    /// Nobody is needed any more: incidents that were opened for it are resolved. Best effort, pages do not depend on it.
    fn resolve(&self) {
        self.file.pages.iter().for_each(|page| self.resolve_page(page));
    }

    fn resolve_page(&self, page: &PageRow) {
        let of = Way::ALL.into_iter().find(|way| way.label() == page.channel);
        let sender = of.and_then(|way| self.premises.senders.get(&(ClinicianId(page.clinician.clone()), way)));
        let Some(sender) = sender.filter(|sender| sender.is_to_be_resolved()).cloned() else { return };
        let (premises, id) = (Arc::clone(&self.premises), page_id(self.file.case.id, page.step));
        tokio::spawn(async move {
            if let Err(why) = sender.resolve(&premises.client, &id, sender.within()).await {
                tracing::warn!(page = id, %why, "an incident was not resolved");
            }
        });
    }

    fn page_body(&self, page: &Page, standing: Standing) -> String {
        let case = &self.file.case;
        json(&PageBody {
            kind: "page",
            practice: &self.premises.config.practice.name,
            reference: &case.reference,
            urgency: page.urgency,
            opened_at: case.opened_at,
            why: page.why,
            step: page.attempt.0,
            link: self.premises.link(case.id, &page.clinician),
            kept_in: match standing {
                Standing::Kept => KeptIn::Disk,
                Standing::Behind | Standing::Other(_) | Standing::Elsewhere => KeptIn::Memory,
            },
            unconfirmed: case.draft.unconfirmed && !self.file.events.iter().any(|event| tells_words(&event.update)),
            details: CaseDetails::of(&self.file, self.premises.config.details),
        })
    }

    fn page_settled(&mut self, sent: &Result<(Attempt, Result<(), Undelivered>), JoinError>) {
        let Ok((attempt, result)) = sent else {
            // Its channel has failed, as far as anybody knows: the next deadline goes on.
            tracing::error!(case = %self.file.case.id, "a page was lost within the process");
            return;
        };
        let (now, attempt) = (self.premises.now(), *attempt);
        if self.is_lost(attempt) {
            return; // its report has overtaken this answer
        }
        let (input, outcome) = match result {
            Ok(()) => (Input::PageAccepted { attempt }, PageOutcome::Accepted { at: now }),
            Err(why) => (Input::PageFailed { attempt }, PageOutcome::Failed { at: now, why: why.to_string() }),
        };
        tracing::info!(case = %self.file.case.id, step = attempt.0, ?outcome, "page");
        self.machine.handle_input(input, now);
        let Some(row) = self.fared(attempt, outcome) else { return };
        if !self.machine.is_paging() {
            self.resolve_page(&row); // it was on its way when somebody took the case
        }
        if result.is_ok() {
            self.tell_once(self.premises.paged(&row.clinician));
        }
    }

    fn tell_once(&mut self, reply: OfficeReply) {
        if !self.told.contains(&reply) {
            self.tell(reply);
        }
    }

    fn tell(&mut self, reply: OfficeReply) {
        if let Some(listener) = &mut self.listener {
            listener.tell(reply.clone());
        }
        self.told.push(reply);
    }

    /// The same request had opened `other` before, which pages by itself: the call is told so, and this case ends.
    async fn give_way(&mut self, other: CaseId) -> Going {
        tracing::warn!(case = %self.file.case.id, %other, "one request opened two cases: the first one stays");
        self.tell_once(OfficeReply::CaseOpened { case: other });
        while self.listener.as_ref().is_some_and(|l| !l.knows_all()) {
            if let Listening::Gone = Listener::listen(self.listener.as_mut()).await {
                break;
            }
        }
        Going::Over
    }

    /// Another node has taken the case and pages for it: here nothing is sent or kept of it any more. Whoever waits for an answer asks
    /// again, and our call hears how it goes on from what that node keeps.
    async fn follow(&mut self) -> Going {
        tracing::info!(case = %self.file.case.id, "another node has taken the case");
        self.inputs.close();
        while self.inputs.try_recv().is_ok() {}
        self.updates.clear();
        self.acknowledgements.clear();
        if !self.joining.is_empty() {
            // What that call tells nobody has kept: it opens a case of its own.
            self.joining.clear();
            self.listener = None;
        }
        while self.listener.is_some() {
            tokio::select! {
                listening = Listener::listen(self.listener.as_mut()) => match listening {
                    Listening::On => {}
                    Listening::Gone => self.listener = None,
                },
                () = tokio::time::sleep(FOLLOWED_EVERY) => self.tell_what_is_kept().await,
            }
        }
        Going::Over
    }

    async fn tell_what_is_kept(&mut self) {
        // A database that does not answer is asked again.
        let Ok(file) = self.premises.store.case(self.file.case.id).await else { return };
        let accepted = |page: &&PageRow| matches!(page.outcome, PageOutcome::Accepted { .. });
        for page in file.pages.iter().filter(accepted) {
            self.tell_once(self.premises.paged(&page.clinician));
        }
        if file.case.acknowledged.is_none() && file.pages.iter().any(|page| page.why == label(Why::NewRound)) {
            self.tell_once(OfficeReply::NobodyAnswers);
        }
        if let (Some((by, _)), Ok(machine)) =
            (&file.case.acknowledged, serde_json::from_str::<Escalation>(&file.case.state))
        {
            let name = machine.clinicians().find(|c| c.id.0 == *by).map_or_else(|| by.clone(), |c| c.name.clone());
            self.tell_once(OfficeReply::Acknowledged { by: name });
        }
    }

    /// The process stops: pages on their way get their outcome, and it is kept.
    async fn finish(&mut self) {
        while let Some(sent) = self.sending.join_next().await {
            self.page_settled(&sent);
        }
        self.keep().await;
        self.keeper.finish().await;
    }

    fn nap(&self) -> impl Future<Output = ()> + use<> {
        let wait = match self.machine.poll_timeout() {
            None => LONGEST_NAP,
            Some((due, reason)) => {
                let wait = Duration::try_from(due.duration_since(self.premises.now())).unwrap_or_default();
                wait + match reason {
                    Reason::NewRound => stagger(self.file.case.id),
                    Reason::Repeat | Reason::NextInRota | Reason::Overdue => Duration::ZERO,
                }
            }
        };
        tokio::time::sleep(wait.min(LONGEST_NAP))
    }
}

/// Waits until another node has taken the case.
async fn taken_elsewhere(premises: Arc<Premises>, case: CaseId) {
    loop {
        tokio::time::sleep(FOLLOWED_EVERY).await;
        // A database that does not answer tells nothing.
        if premises.store.is_elsewhere(case).await.unwrap_or(false) {
            return;
        }
    }
}

/// The same for every try of a page.
fn page_id(case: CaseId, step: u32) -> String {
    format!("page-{case}-{step}")
}

/// The last byte of an id is random.
fn stagger(case: CaseId) -> Duration {
    STAGGER * u32::from(case.0.as_bytes()[15]) / 256
}

fn label(why: Why) -> &'static str {
    match why {
        Why::Opened => "opened",
        Why::Repeated => "repeated",
        Why::NextInRota => "next_in_rota",
        Why::NewRound => "new_round",
        Why::Raised => "raised",
        Why::NotReached => "not_reached",
        Why::Restarted => "restarted",
    }
}

/// Whether the caller's words came with it.
fn tells_words(update: &CaseUpdate) -> bool {
    matches!(update, CaseUpdate::Heard(_) | CaseUpdate::CalledAgain(_))
}

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::{
    CallId, CaseDraft, CaseId, CaseStanding, CaseUpdate, MessageDraft, MessageId, OfficeReply, OfficeRequest,
    RequestId, Urgency,
};
use jiff::{SignedDuration, Timestamp};
use oncall::{Clinician, Escalation};
use store::{AuditEntry, CaseFile, MessageRow, NodeId, Store, StoreError};
use tokio::sync::{Notify, broadcast, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::book::{self, Book, answer, settle, waiting};
use crate::case::{CaseInput, Joins};
use crate::desk::{COMMANDS, Command, Desk, Premises, Which};
use crate::keeper::Standing;
use crate::{OfficeConfig, OfficeError, messages, nodes, notifier, test_pages};

/// How long somebody who looks at a case waits for the audit.
const AUDIT_WITHIN: Duration = Duration::from_secs(3);
/// How long somebody who looks at a case or takes it waits to hear whether another node has it.
const ELSEWHERE_WITHIN: Duration = Duration::from_secs(1);
/// How often a case is told something whose task ends in that very moment.
const TELL_TRIES: u32 = 3;
/// How long a link stays valid after the case was closed.
const LINK_VALID: SignedDuration = SignedDuration::from_hours(72);

/// The office of one practice. Cloning gives another handle; when the last one is gone the office closes.
#[derive(Clone)]
pub struct Office {
    pub(crate) premises: Arc<Premises>,
    commands: mpsc::Sender<Command>,
    pub(crate) message_saved: Arc<Notify>,
    refused: mpsc::Sender<MessageRow>,
    dead: broadcast::Sender<NodeId>,
}

/// A case as the clinician sees it for whom the link was made.
#[derive(Clone, Debug)]
pub struct LinkedCase {
    /// Everything that is known.
    pub file: CaseFile,
    /// Whose link it is.
    pub clinician: Clinician,
    /// Who has it.
    pub standing: CaseStanding,
}

impl fmt::Debug for Office {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Office").field("practice", &self.premises.config.practice.id).finish_non_exhaustive()
    }
}

impl Office {
    /// Checks the configuration, puts its schedule into the book, takes up the cases that nobody has closed and the messages that were not
    /// announced, and goes to work. The task ends soon after the last handle is gone: pages on their way get their
    /// outcome first.
    pub async fn start(store: Store, config: OfficeConfig) -> Result<(Self, JoinHandle<()>), OfficeError> {
        let premises = Arc::new(Premises::new(store, config)?);
        book::take_up_schedule(&premises).await?;
        let mut desk = Desk::new(Arc::clone(&premises));
        for file in nodes::take_own_cases(&premises).await? {
            desk.resume(file, None);
        }
        let (commands, receiver) = mpsc::channel(COMMANDS);
        let (dead, _) = broadcast::channel(nodes::DEAD_MAX);
        let message_saved = Arc::new(Notify::new());
        let stop = CancellationToken::new();
        let notifier = notifier::run(Arc::clone(&premises), Arc::clone(&message_saved), stop.clone());
        let settling = settle::run(Arc::clone(&premises), Arc::clone(&message_saved), stop.clone());
        let waiting = waiting::run(Arc::clone(&premises), Arc::clone(&message_saved), stop.clone());
        let (refused, again) = mpsc::channel(messages::REFUSED_MAX);
        let retry = messages::retry(Arc::clone(&premises), again, Arc::clone(&message_saved));
        let watch = tokio::spawn(nodes::watch(Arc::clone(&premises), commands.downgrade(), dead.clone(), stop.clone()));
        let tests = tokio::spawn(test_pages::run(Arc::clone(&premises), Arc::clone(&message_saved), stop.clone()));
        let task = tokio::spawn(async move {
            let desk = async {
                tokio::join!(desk.run(receiver), retry);
                stop.cancel();
            };
            tokio::join!(desk, notifier, settling, waiting);
            // By now it has been told to stop; whatever went wrong in it has stopped no page.
            if let Err(error) = tests.await {
                tracing::error!(%error, "the task of test pages died");
            }
            if let Err(error) = watch.await {
                tracing::error!(%error, "the task that watches other nodes died");
            }
        });
        Ok((Self { premises, commands, message_saved, refused, dead }, task))
    }

    /// Answers a request of a call on `replies`, and goes on answering there after it has returned: a case is told of its
    /// page and its acknowledgement as long as the receiver lives. The requests of one call are to be handed over in
    /// their order. A request that is repeated is answered again and does nothing twice.
    pub async fn handle(
        &self,
        call: CallId,
        id: RequestId,
        request: OfficeRequest,
        replies: mpsc::Sender<OfficeReply>,
    ) {
        let book = Book::new(&self.premises, call, id);
        let reply = match request {
            OfficeRequest::SaveMessage(draft) => self.save_message(call, id, *draft).await,
            OfficeRequest::UpdateCase(update) => self.update_case(call, id, update).await,
            OfficeRequest::FindPatient(query) => return answer(call, replies, book.find_patient(query)),
            OfficeRequest::RegisterPatient(new) => return answer(call, replies, book.register_patient(new)),
            OfficeRequest::FindSlots(query) => return answer(call, replies, book.find_slots(query)),
            OfficeRequest::FindAppointments(patient) => return answer(call, replies, book.find_appointments(patient)),
            OfficeRequest::Book(booking) => return answer(call, replies, book.book(booking)),
            OfficeRequest::Move { appointment, to } => {
                return answer(call, replies, book.move_appointment(appointment, to));
            }
            OfficeRequest::Cancel(appointment) => return answer(call, replies, book.cancel(appointment)),
            OfficeRequest::JoinWaitingList(wish) => return answer(call, replies, book.join_waiting_list(wish)),
            OfficeRequest::OpenCase(draft) => {
                if let Some(case) = draft.continues
                    && self.join_case(case, call, id, &draft, &replies).await
                {
                    return;
                }
                let open = Command::Open { call, request: id, draft, replies: replies.clone() };
                match self.commands.send(open).await {
                    Ok(()) => return,
                    Err(_) => OfficeReply::Unavailable,
                }
            }
        };
        // A call that has ended needs no answer.
        replies.send(reply).await.ok();
    }

    /// Other nodes that have died from now on. Their cases are taken up by then; their calls are whoever's who listens here.
    pub fn dead_nodes(&self) -> broadcast::Receiver<NodeId> {
        self.dead.subscribe()
    }

    /// What the clinician of this link may see. Changes nothing but the audit: mail scanners open links too.
    pub async fn look(&self, case: CaseId, token: &str) -> Result<LinkedCase, OfficeError> {
        let linked = self.linked(self.file(case).await?, token)?;
        self.audit(&linked.clinician, "looked", case).await;
        Ok(linked)
    }

    /// The clinician of this link takes the case; paging stops until the caller should have been reached, and the call is told.
    /// If somebody has it, it is closed, or it is more urgent than was `shown` to who takes it, nothing changes; [`LinkedCase`] tells.
    pub async fn acknowledge(
        &self,
        case: CaseId,
        token: &str,
        shown: Urgency,
        at: Timestamp,
    ) -> Result<LinkedCase, OfficeError> {
        let linked = self.linked(self.file(case).await?, token)?;
        match linked.standing {
            CaseStanding::Open => {}
            CaseStanding::Taken { .. } | CaseStanding::Closed { .. } => return Ok(linked),
        }
        let clinician = linked.clinician;
        let acknowledge = |done| CaseInput::Acknowledge { clinician: clinician.id.clone(), shown, at, done };
        let file = self.tell(Which::Case(case), acknowledge).await?;
        let linked = self.linked(file, token)?;
        if matches!(&linked.standing, CaseStanding::Taken { by, .. } if *by == clinician.name) {
            self.audit(&clinician, "acknowledged", case).await;
        }
        Ok(linked)
    }

    /// The clinician of this link has reached the caller: the case is closed, and nobody is paged for it any more. If it is more urgent
    /// than was `shown`, nothing changes.
    pub async fn caller_reached(
        &self,
        case: CaseId,
        token: &str,
        shown: Urgency,
        at: Timestamp,
    ) -> Result<LinkedCase, OfficeError> {
        let linked = self.linked(self.file(case).await?, token)?;
        if matches!(linked.standing, CaseStanding::Closed { .. }) {
            return Ok(linked);
        }
        let clinician = linked.clinician;
        let reached = |done| CaseInput::Done { clinician: clinician.id.clone(), shown, at, done };
        let file = self.tell(Which::Case(case), reached).await?;
        let linked = self.linked(file, token)?;
        if matches!(&linked.standing, CaseStanding::Closed { by } if *by == clinician.name) {
            self.audit(&clinician, "closed", case).await;
        }
        Ok(linked)
    }

    async fn save_message(&self, call: CallId, request: RequestId, draft: MessageDraft) -> OfficeReply {
        let premises = &self.premises;
        let message = MessageRow {
            id: MessageId::new(),
            call,
            request,
            practice: premises.config.practice.id.clone(),
            saved_at: premises.now(),
            draft,
            redacted_at: None,
        };
        match self.leave(message).await {
            Some(id) => OfficeReply::MessageSaved { message: id },
            None => OfficeReply::Unavailable,
        }
    }

    /// Keeps a message and has it told of. One that is not kept now is tried again.
    pub(crate) async fn leave(&self, message: MessageRow) -> Option<MessageId> {
        if let Some(id) = messages::keep(&self.premises, &message).await {
            self.message_saved.notify_one();
            return Some(id);
        }
        let call = message.call;
        if self.refused.try_send(message).is_err() {
            tracing::error!(%call, "too many messages are refused; the call's journal has this one");
        }
        None
    }

    /// Tells an earlier call's case what this call would open one with. False if that one does not wait for anybody any more.
    async fn join_case(
        &self,
        case: CaseId,
        call: CallId,
        request: RequestId,
        draft: &CaseDraft,
        replies: &mpsc::Sender<OfficeReply>,
    ) -> bool {
        // Every case that waits has a task; whatever goes wrong here, another case is opened rather than none.
        let Ok(Some(inputs)) = self.find(Which::Case(case)).await else { return false };
        let (done, answer) = oneshot::channel();
        let (draft, replies) = (Box::new(draft.clone()), replies.clone());
        let told = inputs.send(CaseInput::CalledAgain { call, request, draft, replies, done }).await;
        if told.is_err() || !matches!(answer.await, Ok(Joins::Yes)) {
            return false;
        }
        self.command(Command::Join { case, call }).await.is_ok()
    }

    async fn update_case(&self, call: CallId, request: RequestId, update: CaseUpdate) -> OfficeReply {
        let input = |done| CaseInput::Update { call, request, update: update.clone(), done };
        match self.tell(Which::OfCall(call), input).await {
            Ok(Standing::Kept) => OfficeReply::CaseUpdated,
            Ok(Standing::Behind | Standing::Other(_) | Standing::Elsewhere) => OfficeReply::Unavailable,
            Err(error) => {
                tracing::error!(%call, %error, "case not updated");
                OfficeReply::Unavailable
            }
        }
    }

    /// A case as it is now, from its task or from the disk.
    pub(crate) async fn file(&self, case: CaseId) -> Result<CaseFile, OfficeError> {
        let store = &self.premises.store;
        // A task here may not yet know that another node has taken its case.
        let elsewhere =
            store.is_shared() && matches!(timeout(ELSEWHERE_WITHIN, store.is_elsewhere(case)).await, Ok(Ok(true)));
        let live = match self.find(Which::Case(case)).await?.filter(|_| !elsewhere) {
            Some(inputs) => {
                let (done, answer) = oneshot::channel();
                // A task that ends just now has kept everything: the disk answers.
                if inputs.send(CaseInput::Look { done }).await.is_ok() { answer.await.ok() } else { None }
            }
            None => None,
        };
        match live {
            Some(file) => Ok(file),
            None => match store.case(case).await {
                Err(StoreError::NotFound { .. }) => Err(OfficeError::BadLink),
                kept => Ok(kept?),
            },
        }
    }

    pub(crate) fn linked(&self, file: CaseFile, token: &str) -> Result<LinkedCase, OfficeError> {
        let machine: Escalation = serde_json::from_str(&file.case.state).map_err(|_| OfficeError::BadLink)?;
        let clinician = self.premises.link_key.clinician(file.case.id, token, machine.clinicians());
        let clinician = clinician.ok_or(OfficeError::BadLink)?.clone();
        let name =
            |id: &str| machine.clinicians().find(|c| c.id.0 == id).map_or_else(|| id.to_owned(), |c| c.name.clone());
        let standing = match (&file.case.closed, &file.case.acknowledged) {
            (Some((_, at)), _) if self.premises.now().duration_since(*at) > LINK_VALID => {
                return Err(OfficeError::BadLink);
            }
            (Some((by, _)), _) => CaseStanding::Closed { by: name(by) },
            (None, Some((by, _))) => {
                CaseStanding::Taken { by: name(by), pages_again: machine.poll_timeout().map(|(due, _)| due) }
            }
            (None, None) => CaseStanding::Open,
        };
        Ok(LinkedCase { file, clinician, standing })
    }

    pub(crate) async fn find(&self, which: Which) -> Result<Option<mpsc::Sender<CaseInput>>, OfficeError> {
        let (found, answer) = oneshot::channel();
        self.command(Command::Find { which, found }).await?;
        answer.await.map_err(|_| OfficeError::Unavailable)
    }

    /// Tells a case something and waits for the answer. If its task has ended the case is taken up again; if the task
    /// ends just now without an answer, it is told again.
    pub(crate) async fn tell<T>(
        &self,
        which: Which,
        input: impl Fn(oneshot::Sender<T>) -> CaseInput,
    ) -> Result<T, OfficeError> {
        for _ in 0..TELL_TRIES {
            let (done, answer) = oneshot::channel();
            match self.find(which).await? {
                // An error is an answer that never comes.
                Some(inputs) => drop(inputs.send(input(done)).await),
                None => {
                    let store = &self.premises.store;
                    let case = match which {
                        Which::Case(case) => case,
                        Which::OfCall(call) => store.case_of_call(call).await?.case.id,
                    };
                    let file = Box::new(store.take_case(case).await?);
                    self.command(Command::Resume { file, input: input(done) }).await?;
                }
            }
            if let Ok(answer) = answer.await {
                return Ok(answer);
            }
        }
        Err(OfficeError::Unavailable)
    }

    pub(crate) async fn command(&self, command: Command) -> Result<(), OfficeError> {
        self.commands.send(command).await.map_err(|_| OfficeError::Unavailable)
    }

    /// Does its best: nobody is kept from a case because the audit cannot be written.
    pub(crate) async fn audit(&self, actor: &Clinician, action: &str, case: CaseId) {
        let entry = AuditEntry {
            at: self.premises.now(),
            actor: actor.id.0.clone(),
            action: action.to_owned(),
            object: format!("case {case}"),
        };
        match timeout(AUDIT_WITHIN, self.premises.store.audit(&entry)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%case, action, %error, "audit not kept"),
            Err(_) => tracing::error!(%case, action, "audit not kept: the database does not answer"),
        }
    }
}

//! The desk: knows which cases are open and starts their tasks. It waits for nothing but its own queue, so that a page is
//! never behind somebody else's database or network.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::{CallId, CaseDraft, CaseId, OfficeReply, RequestId, Urgency};
use jiff::Timestamp;
use oncall::{Attempt, ClinicianId, Escalation, Input, Way};
use store::{CaseFile, CaseRow, MessageRow, Notify, Store};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{AbortHandle, Id, JoinSet};
use uuid::Uuid;

use crate::book::outside::Outside;
use crate::case::{Case, CaseInput, INPUTS};
use crate::channel::{self, EmailSender, Sender, Texter};
use crate::link::LinkKey;
use crate::webhook::Hook;
use crate::{OfficeConfig, OfficeError, webhook};

/// Commands that wait for the desk. When full, who commands waits; the desk empties it without waiting for anything.
pub(crate) const COMMANDS: usize = 64;

/// What every task of an office shares; nothing in it changes.
pub(crate) struct Premises {
    pub(crate) config: OfficeConfig,
    pub(crate) store: Store,
    pub(crate) client: reqwest::Client,
    pub(crate) senders: BTreeMap<(ClinicianId, Way), Arc<Sender>>,
    pub(crate) messages: Option<Hook>,
    pub(crate) outside: Outside,
    /// Texts patients.
    pub(crate) texter: Option<Texter>,
    /// Something may have been freed for those who wait.
    pub(crate) freed: tokio::sync::Notify,
    pub(crate) mailbox: Option<EmailSender>,
    pub(crate) link_key: LinkKey,
}

impl Premises {
    /// Checks the configuration.
    pub(crate) fn new(store: Store, config: OfficeConfig) -> Result<Self, OfficeError> {
        let senders = channel::senders(&config)?;
        let messages = config.messages.as_ref().map(|hook| Hook::check("messages", hook)).transpose()?;
        let mailbox = config.mailbox.as_ref().map(|mailbox| EmailSender::check(&mailbox.email)).transpose();
        let mailbox = mailbox.map_err(|why| OfficeError::BadChannel { name: "messages".to_owned(), why })?;
        let link_key = LinkKey::new(&config.link_key, &config.practice.id);
        let outside = Outside::new(&config.calendars);
        let texter = config.waiting.texts.as_ref().map(|(gateway, from)| Texter::check(gateway, from)).transpose();
        let texter =
            texter.map_err(|why| OfficeError::BadChannel { name: "text messages to patients".to_owned(), why })?;
        let (client, freed) = (webhook::client()?, tokio::sync::Notify::new());
        Ok(Self { config, store, client, senders, messages, outside, texter, freed, mailbox, link_key })
    }

    /// The time as it is kept, to the microsecond.
    pub(crate) fn now(&self) -> Timestamp {
        let now = self.config.clock.now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// In which ways the practice is to be told of a message, and when.
    pub(crate) fn notify(&self, message: &MessageRow) -> Notify {
        let left_at = message.saved_at.to_zoned(self.config.practice.zone.clone());
        let mailbox = self.config.mailbox.as_ref().map(|mailbox| mailbox.due(message.draft.urgency, &left_at));
        let has_system = self.messages.is_some() || self.config.records.is_some();
        match (has_system, mailbox) {
            (false, None) => Notify::Nobody,
            (true, None) => Notify::Practice,
            (false, Some(from)) => Notify::Mailbox { from },
            (true, Some(mailbox_from)) => Notify::Both { mailbox_from },
        }
    }

    pub(crate) fn link(&self, case: CaseId, clinician: &ClinicianId) -> String {
        let token = self.link_key.token(case, clinician);
        format!("{}/ack/{case}?t={token}", self.public_url())
    }

    /// Where the gateway tells which key was pressed in a call that told this clinician how urgent the case is.
    pub(crate) fn key_url(&self, case: CaseId, clinician: &ClinicianId, told: Urgency) -> String {
        let token = self.link_key.token(case, clinician);
        format!("{}/gateway/key/{case}?t={token}&u={told}", self.public_url())
    }

    /// Where the gateway reports what has become of a page; none where nobody could check that it was the gateway.
    pub(crate) fn status_url(&self, case: CaseId, attempt: Attempt) -> Option<String> {
        self.config.gateway_token.as_ref()?;
        Some(format!("{}/gateway/status/{case}/{}", self.public_url(), attempt.0))
    }

    /// What a call hears when this one was paged.
    pub(crate) fn paged(&self, whom: &str) -> OfficeReply {
        let is_desk = self.config.policy.is_desk(&ClinicianId(whom.to_owned()));
        if is_desk { OfficeReply::DeskPaged } else { OfficeReply::Paged }
    }

    pub(crate) fn public_url(&self) -> &str {
        self.config.public_url.trim_end_matches('/')
    }
}

pub(crate) enum Command {
    /// A call opens a case.
    Open { call: CallId, request: RequestId, draft: CaseDraft, replies: mpsc::Sender<OfficeReply> },
    /// A later call of its caller belongs to this case.
    Join { case: CaseId, call: CallId },
    /// Where an open case takes its inputs; `None` if it is not open.
    Find { which: Which, found: oneshot::Sender<Option<mpsc::Sender<CaseInput>>> },
    /// Where every open case takes its inputs.
    All { found: oneshot::Sender<Vec<mpsc::Sender<CaseInput>>> },
    /// Goes on with a case that another node has left behind.
    TakeUp { file: Box<CaseFile> },
    /// Tells a case from the store something; it is taken up again unless it is open.
    Resume { file: Box<CaseFile>, input: CaseInput },
}

#[derive(Clone, Copy)]
pub(crate) enum Which {
    Case(CaseId),
    /// The one that this call opened last, or else the one it belongs to.
    OfCall(CallId),
}

struct Open {
    call: CallId,
    request: RequestId,
    /// Later calls of the same caller.
    joined: Vec<CallId>,
    inputs: mpsc::Sender<CaseInput>,
    task: AbortHandle,
}

impl Open {
    /// Its task lives.
    fn is_open(&self) -> bool {
        !self.inputs.is_closed()
    }
}

pub(crate) struct Desk {
    premises: Arc<Premises>,
    open: BTreeMap<CaseId, Open>,
    by_task: HashMap<Id, CaseId>,
    tasks: JoinSet<()>,
}

impl Desk {
    pub(crate) fn new(premises: Arc<Premises>) -> Self {
        Self { premises, open: BTreeMap::new(), by_task: HashMap::new(), tasks: JoinSet::new() }
    }

    /// Works until every handle of the office is gone, then lets the cases finish what is on its way.
    pub(crate) async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.command(command),
                    None => break,
                },
                Some(ended) = self.tasks.join_next_with_id() => {
                    self.forget(ended.map_or_else(|error| {
                        if error.is_cancelled() {
                            return error.id();
                        }
                        tracing::error!(%error, "the task of a case died: the case is taken up at its next input or start");
                        error.id()
                    }, |(task, ())| task));
                }
            }
        }
        self.open.clear();
        while self.tasks.join_next().await.is_some() {}
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Open { call, request, draft, replies } => self.open(call, request, draft, replies),
            Command::Join { case, call } => {
                if let Some(open) = self.open.get_mut(&case) {
                    open.joined.push(call);
                }
            }
            Command::Find { which, found } => {
                // A caller of ours that does not wait any more needs no answer.
                found.send(self.find(which)).ok();
            }
            Command::All { found } => {
                let open = self.open.values().filter(|open| open.is_open());
                found.send(open.map(|open| open.inputs.clone()).collect()).ok();
            }
            Command::TakeUp { file } => {
                // A task here that has not yet noticed that it had lost the case knows less than the disk, and must not write.
                if let Some(stale) = self.open.remove(&file.case.id) {
                    stale.task.abort();
                }
                self.resume(*file, None);
            }
            Command::Resume { file, input } => {
                match self.find(Which::Case(file.case.id)) {
                    None => self.resume(*file, Some(input)),
                    // If it is full the input is dropped, and who waits for its answer asks again.
                    Some(inputs) => drop(inputs.try_send(input)),
                }
            }
        }
    }

    fn find(&self, which: Which) -> Option<mpsc::Sender<CaseInput>> {
        let open = match which {
            Which::Case(case) => self.open.get(&case)?,
            // Ids made later sort later.
            Which::OfCall(call) => {
                let opened = self.open.values().rev().find(|o| o.call == call);
                opened.or_else(|| self.open.values().rev().find(|o| o.joined.contains(&call)))?
            }
        };
        open.is_open().then(|| open.inputs.clone())
    }

    /// A task has ended. Its case may have been taken up again meanwhile.
    fn forget(&mut self, task: Id) {
        if let Some(case) = self.by_task.remove(&task)
            && self.open.get(&case).is_some_and(|o| !o.is_open())
        {
            self.open.remove(&case);
        }
    }

    fn open(&mut self, call: CallId, request: RequestId, draft: CaseDraft, replies: mpsc::Sender<OfficeReply>) {
        let known = self.open.values().find(|o| o.call == call && o.request == request && o.is_open());
        if let Some(known) = known {
            // Full only if dozens of the same request came at once; the first of them is answered.
            known.inputs.try_send(CaseInput::AskedAgain { replies }).ok();
            return;
        }
        let now = self.premises.now();
        let config = &self.premises.config;
        let machine = Escalation::new(config.plan(&draft.red_flags, draft.caller, now));
        let id = CaseId::new();
        let first = Input::Opened { urgency: draft.urgency };
        let case = CaseRow {
            id,
            call,
            request,
            practice: config.practice.id.clone(),
            reference: reference(id.0),
            opened_at: now,
            urgency: draft.urgency,
            draft,
            state: String::new(),
            acknowledged: None,
            closed: None,
        };
        let file = CaseFile { case, events: Vec::new(), pages: Vec::new() };
        self.start(file, machine, first, Some(replies), None);
    }

    /// Takes a kept case up again, to tell it `input` if there is one.
    pub(crate) fn resume(&mut self, file: CaseFile, input: Option<CaseInput>) {
        match serde_json::from_str(&file.case.state) {
            Ok(machine) => self.start(file, machine, Input::Restarted, None, input),
            Err(_) => {
                // Written by another version: better to page from the start than not at all.
                tracing::error!(case = %file.case.id, "the case's state cannot be read: paging from the start");
                let plan = self.premises.config.plan(&file.red_flags(), file.caller(), self.premises.now());
                // Receivers drop what they have had under the same number.
                let pages = file.pages.iter().map(|page| page.step).max().unwrap_or(0);
                let machine = Escalation::new(plan).after(pages);
                let first = Input::Opened { urgency: file.case.urgency };
                self.start(file, machine, first, None, input);
            }
        }
    }

    fn start(
        &mut self,
        file: CaseFile,
        machine: Escalation,
        first: Input,
        replies: Option<mpsc::Sender<OfficeReply>>,
        input: Option<CaseInput>,
    ) {
        let (inputs, receiver) = mpsc::channel(INPUTS);
        if let Some(input) = input {
            // Before the task begins, or it might end without having seen it.
            drop(inputs.try_send(input));
        }
        let (id, call, request) = (file.case.id, file.case.call, file.case.request);
        let case = Case::new(Arc::clone(&self.premises), file, machine, replies, receiver);
        let task = self.tasks.spawn(case.run(first));
        self.by_task.insert(task.id(), id);
        self.open.insert(id, Open { call, request, joined: Vec::new(), inputs, task });
    }
}

/// A name that can be spoken and typed: two letters that are not mistaken for others, four digits. For telling open cases
/// and appointments apart, not for finding one: it is not unique for ever.
pub(crate) fn reference(of: Uuid) -> String {
    const LETTERS: &[u8; 16] = b"ABCEFHJKLMPRTWXY";
    let bytes = of.as_bytes();
    let letter = |byte: u8| char::from(LETTERS[usize::from(byte % 16)]);
    let number = u16::from_be_bytes([bytes[12], bytes[13]]) % 10_000;
    format!("{}{}-{number:04}", letter(bytes[14]), letter(bytes[15]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_two_letters_and_four_digits() {
        let references: Vec<_> = (0..50).map(|_| reference(CaseId::new().0)).collect();
        for reference in &references {
            let (letters, digits) = reference.split_once('-').expect("a hyphen");
            assert!(letters.len() == 2 && letters.bytes().all(|b| b.is_ascii_uppercase()), "{reference}");
            assert!(digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()), "{reference}");
        }
        assert!(references.iter().any(|r| *r != references[0]));
    }
}

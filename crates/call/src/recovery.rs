//! A call that its process did not survive, brought to its end by the next one.
//!
//! The journal is replayed to a fresh receptionist, which by promise 8 then knows what the first one knew. Words that
//! nobody had read yet are read, and the receptionist is told that the line is lost: whatever was urgent or begun it hands
//! over, as it does when a caller's line breaks. What the office is asked has the ids that it had before, or would have
//! had, so what was done already is not done twice.
//!
//! Nothing is lost silently: a journal that does not replay becomes a message that tells the practice to look
//! ([`Recovery::report`]), and while the office refuses anything the call stays [`Finished::StillOwed`].

use std::sync::Arc;
use std::time::Duration;

use dialogue::{Input, Output, Receptionist, TransferNews};
use domain::{
    CallId, CallTime, CallerKind, Decode, Intent, MessageDraft, OfficeReply, OfficeRequest, Phi, PhoneNumber, Practice,
    RequestId, Urgency,
};
use nlu::{ReadContext, Said};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use crate::front_desk::{OfficeEnvelope, OfficeRequests};
use crate::journal::{Entry, Happening, Party};
use crate::reader::ReaderEngine;
use crate::replay::{Owed, heard, outlives_its_call, replay, settles, told, unfinished, with_decodes};

/// The office may take so long to say that a request is kept.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// After a refusal; the receptionist then asks again, three times in all.
const PAUSE: Duration = Duration::from_secs(2);
/// Replies to one request that wait to be taken. Full: the office waits.
const REPLIES_MAX: usize = 4;
/// The message that tells of a call which does not replay. A receptionist numbers its requests from 1.
const REPORT: RequestId = RequestId(0);
/// Where the words of a message come from that is handed over from the journal, which does not name the recogniser.
const JOURNAL: &str = "journal";

/// Brings calls to their end that were cut off.
#[derive(Debug)]
pub struct Recovery {
    /// The practice that was rung.
    pub practice: Arc<Practice>,
    /// Reads what was heard last.
    pub reader: ReaderEngine,
    /// Where requests go.
    pub office: OfficeRequests,
}

/// What became of a call that was cut off.
#[derive(Debug)]
pub enum Finished {
    /// Everything that it owed is durable. These entries end its journal.
    Done(Vec<Entry>),
    /// The office did not take everything. To be tried again later, with the same journal.
    StillOwed,
    /// From here on the journal does not replay. To be reported.
    DoesNotReplay {
        /// Since pick-up.
        at: CallTime,
    },
}

/// Whether a call came to its end and everything that it asked to be kept is durable. Any other is not to be ended in the
/// database: then the next start takes it up.
pub fn is_settled(journal: &[Entry]) -> bool {
    let over = journal.last().is_some_and(|entry| matches!(entry.what, Happening::Over { .. }));
    over && Owed::of(journal).is_empty()
}

impl Recovery {
    /// Brings the call to its end as if its line had broken with the journal's last entry. The time that has passed since
    /// plays no part: cut off itself, it is repeated and asks the same.
    pub async fn finish(&self, journal: &[Entry]) -> Finished {
        let replayed = match replay(journal, &self.practice) {
            Ok(replayed) => replayed,
            Err(differs) => return Finished::DoesNotReplay { at: differs.at() },
        };
        let mut conversation = replayed.conversation;
        let mut ending = Ending {
            requests: Requests::new(&self.office, replayed.call, replayed.at, journal),
            receptionist: replayed.receptionist,
        };
        ending.ask_what_is_owed().await;

        let now = replayed.started.checked_add(Duration::from(replayed.at)).unwrap_or(replayed.started);
        let unfinished = unfinished(journal);
        if let Some(utterance) = &unfinished {
            ending.requests.write(Happening::Heard(utterance.clone()));
        }
        for utterance in heard(journal).into_iter().skip(told(journal)).chain(unfinished) {
            let context =
                ReadContext { asked: ending.receptionist.asked(), so_far: conversation.so_far(), now: now.clone() };
            let text = utterance.text;
            conversation.said(Said::Caller(text.clone()));
            let reading = Box::new(self.reader.read(text.clone(), context).await);
            ending.input(Input::Heard { text, reading }).await;
        }
        ending.input(Input::LineLost).await;
        ending.run_out().await;
        ending.requests.finish()
    }

    /// Tells the practice of a call whose journal is broken or does not replay, with every word of it that can be
    /// read, and hands over what it had asked before.
    pub async fn report(&self, call: CallId, caller_id: Option<Phi<PhoneNumber>>, readable: &[Entry]) -> Finished {
        let at = readable.last().map_or(CallTime::ZERO, |entry| entry.at);
        let mut requests = Requests::new(&self.office, call, at, readable);
        for (id, request) in requests.owed.requests() {
            requests.ask(id, request).await;
        }
        let notice = OfficeRequest::SaveMessage(Box::new(notice(call, caller_id, readable)));
        requests.write(Happening::Output(Output::Ask { id: REPORT, request: notice.clone() }));
        requests.ask(REPORT, notice).await;
        requests.finish()
    }
}

/// A receptionist whose line is gone.
struct Ending<'a> {
    receptionist: Receptionist,
    requests: Requests<'a>,
}

impl Ending<'_> {
    /// What was decided last may not stand in the journal; what does may never have reached the office.
    async fn ask_what_is_owed(&mut self) {
        self.act().await;
        for (id, request) in self.requests.owed.requests() {
            let replies = self.requests.ask(id, request).await;
            self.hear(id, replies);
        }
        self.act().await;
    }

    async fn input(&mut self, input: Input) {
        self.tell(input);
        self.act().await;
    }

    /// Nothing more will happen, so time need not pass.
    async fn run_out(&mut self) {
        while let Some((due, _)) = self.receptionist.poll_timeout() {
            self.requests.at = self.requests.at.max(due);
            self.requests.write(Happening::Timeout);
            self.receptionist.handle_timeout(self.requests.at);
            self.act().await;
        }
    }

    fn tell(&mut self, input: Input) {
        self.requests.write(Happening::Input(input.clone()));
        self.receptionist.handle_input(input, self.requests.at);
    }

    fn hear(&mut self, id: RequestId, replies: Vec<OfficeReply>) {
        for reply in replies {
            self.receptionist.handle_input(Input::Office { id, reply }, self.requests.at);
        }
    }

    /// Does what was decided, as far as it can be done without a caller.
    async fn act(&mut self) {
        while let Some(output) = self.receptionist.poll_output() {
            self.requests.write(Happening::Output(output.clone()));
            match output {
                Output::Ask { id, request } if outlives_its_call(&request) => {
                    let replies = self.requests.ask(id, request).await;
                    self.hear(id, replies);
                }
                Output::Transfer { .. } => self.tell(Input::Transfer(TransferNews::Unavailable)),
                Output::Ask { .. }
                | Output::Say { .. }
                | Output::PauseSpeaking
                | Output::ResumeSpeaking
                | Output::StopSpeaking
                | Output::Bridge
                | Output::StopRinging
                | Output::Record(_)
                | Output::HangUp
                | Output::Note(_) => {}
            }
        }
    }
}

/// What the office is asked for a call that is gone, and the end of its journal.
struct Requests<'a> {
    office: &'a OfficeRequests,
    call: CallId,
    at: CallTime,
    owed: Owed,
    entries: Vec<Entry>,
    /// What the caller said, as far as the journal has it.
    decodes: Vec<Decode>,
}

impl<'a> Requests<'a> {
    fn new(office: &'a OfficeRequests, call: CallId, at: CallTime, journal: &[Entry]) -> Self {
        let said = heard(journal).into_iter().chain(unfinished(journal));
        let decodes = said.map(|utterance| Decode::of(&utterance, JOURNAL)).collect();
        Self { office, call, at, owed: Owed::of(journal), entries: Vec::new(), decodes }
    }

    fn write(&mut self, what: Happening) {
        self.owed.note(&what);
        self.entries.push(Entry { at: self.at, what });
    }

    /// Hands a request over and gives the office's replies, up to the one that says that it is durable.
    async fn ask(&mut self, id: RequestId, request: OfficeRequest) -> Vec<OfficeReply> {
        let (replies, mut answers) = mpsc::channel(REPLIES_MAX);
        let request = with_decodes(request, &self.decodes);
        let mut heard = Vec::new();
        if self.office.send(OfficeEnvelope { call: self.call, id, request, replies }).await.is_err() {
            tracing::error!(call = %self.call, "the office is gone");
            return heard;
        }
        while let Ok(Some(reply)) = timeout(ANSWER_MAX, answers.recv()).await {
            self.write(Happening::Input(Input::Office { id, reply: reply.clone() }));
            let refused = reply == OfficeReply::Unavailable;
            let settled = settles(&reply);
            heard.push(reply);
            if settled {
                return heard;
            }
            if refused {
                sleep(PAUSE).await;
                return heard;
            }
        }
        heard
    }

    fn finish(mut self) -> Finished {
        if !self.owed.is_empty() {
            return Finished::StillOwed;
        }
        self.write(Happening::Over { by: Party::Outage, line: None });
        Finished::Done(self.entries)
    }
}

/// What the practice is told of a call that cannot be brought to its end.
fn notice(call: CallId, callback: Option<Phi<PhoneNumber>>, readable: &[Entry]) -> MessageDraft {
    let mut text = format!("Call {call} was interrupted by an outage. Please look at it; its record is kept.");
    for utterance in heard(readable).into_iter().chain(unfinished(readable)) {
        text.push('\n');
        text.push_str(utterance.text.expose());
    }
    MessageDraft {
        caller: CallerKind::Other,
        intent: Intent::Other,
        urgency: Urgency::Urgent,
        name: None,
        date_of_birth: None,
        callback,
        text: Phi::new(text),
        fields: Vec::new(),
        confirmed: domain::Confirmed::default(),
        promised: None,
        decodes: Vec::new(),
        complete: false,
        continues: None,
    }
}

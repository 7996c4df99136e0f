//! What a journal tells of the call that wrote it: what its receptionist knew, what the office has not confirmed, what
//! the caller was heard to say. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use dialogue::{CallContext, Input, Output, Receptionist};
use domain::{
    CallId, CallTime, Decode, OfficeReply, OfficeRequest, Partial, Phi, Practice, PracticeId, Reading, RequestId,
    Utterance,
};
use jiff::Zoned;
use nlu::{ReadContext, Said};

use crate::conversation::Conversation;
use crate::journal::{Entry, Happening};

/// A call, brought to where its journal ends.
pub(crate) struct Replayed {
    pub(crate) call: CallId,
    pub(crate) started: Zoned,
    pub(crate) receptionist: Receptionist,
    /// What was said on both sides.
    pub(crate) conversation: Conversation,
    /// The time of the last entry.
    pub(crate) at: CallTime,
}

/// Where this receptionist would not have decided what the journal says was decided: another version has written it, it
/// was altered, or the practice's configuration has changed since. What is told of it holds no patient's word.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum Differs {
    /// It does not begin with a call that was answered.
    #[error("the journal does not begin with the answer of a call: give it whole")]
    NoCall,
    /// Another practice was rung.
    #[error("{rang} was rung: give the configuration of that practice")]
    OtherPractice {
        /// Which.
        rang: PracticeId,
    },
    /// The first output that differs.
    #[error("{at}: expected {}, got {}", shown(.expected.as_deref()), shown(.got.as_deref()))]
    Decided {
        /// When, since pick-up.
        at: CallTime,
        /// What the journal has; `None`: it is over.
        expected: Option<Box<Output>>,
        /// What the fresh receptionist decided; `None`: nothing more.
        got: Option<Box<Output>>,
    },
}

impl Differs {
    /// From when on it differs.
    pub(crate) fn at(&self) -> CallTime {
        match self {
            Self::NoCall | Self::OtherPractice { .. } => CallTime::ZERO,
            Self::Decided { at, .. } => *at,
        }
    }
}

/// Holds promise 8 to a journal: its inputs, told to a fresh receptionist, give its outputs. Tells how many.
///
/// A journal that breaks off in the middle of a call is held to what it has; one that tells of the call's end must have
/// everything.
pub fn check_replay(journal: &[Entry], practice: &Arc<Practice>) -> Result<usize, Differs> {
    let mut replayed = replay(journal, practice)?;
    let over = journal.last().is_some_and(|entry| matches!(entry.what, Happening::Over { .. }));
    if over && let Some(more) = replayed.receptionist.poll_output() {
        return Err(Differs::Decided { at: replayed.at, expected: None, got: Some(Box::new(more)) });
    }
    Ok(journal.iter().filter(|entry| matches!(entry.what, Happening::Output(_))).count())
}

/// Something that a caller said, as it was read.
#[derive(Clone, Debug)]
pub struct ReadTurn {
    /// With what it was read.
    pub context: ReadContext,
    /// What was heard.
    pub text: Phi<String>,
    /// What it was understood to mean.
    pub reading: Box<Reading>,
}

/// Everything that the caller said in a call, each with what was asked and said before.
pub fn turns(journal: &[Entry], practice: &Arc<Practice>) -> Result<Vec<ReadTurn>, Differs> {
    let heard = journal.iter().enumerate().filter_map(|(at, entry)| {
        let Happening::Input(Input::Heard { text, reading }) = &entry.what else { return None };
        Some((at, text, reading))
    });
    heard
        .map(|(at, text, reading)| {
            let before = replay(&journal[..at], practice)?;
            let mut so_far = before.conversation.so_far();
            // the utterance itself was heard before it was read
            so_far.pop_if(|said| matches!(said, Said::Caller(_)));
            let context = ReadContext { asked: before.receptionist.asked(), so_far, now: before.started };
            Ok(ReadTurn { context, text: text.clone(), reading: reading.clone() })
        })
        .collect()
}

/// Tells a fresh receptionist everything that the journal's was told, and takes from it what was taken, when it was taken.
pub(crate) fn replay(journal: &[Entry], practice: &Arc<Practice>) -> Result<Replayed, Differs> {
    let Some(Entry { what: Happening::Answered { call, practice: rung, started, caller_id, .. }, .. }) =
        journal.first()
    else {
        return Err(Differs::NoCall);
    };
    if *rung != practice.id {
        return Err(Differs::OtherPractice { rang: rung.clone() });
    }
    let context = CallContext {
        caller_id: caller_id.clone(),
        open: practice.is_open(started),
        practice: Arc::clone(practice),
        began: started.clone(),
    };
    let mut receptionist = Receptionist::new(context);
    let mut conversation = Conversation::default();
    for Entry { at, what } in journal {
        match what {
            Happening::Input(input) => receptionist.handle_input(input.clone(), *at),
            Happening::Timeout => receptionist.handle_timeout(*at),
            Happening::Output(output) => {
                let got = receptionist.poll_output();
                if got.as_ref() != Some(output) {
                    let (expected, got) = (Some(Box::new(output.clone())), got.map(Box::new));
                    return Err(Differs::Decided { at: *at, expected, got });
                }
            }
            Happening::Heard(utterance) => conversation.said(Said::Caller(utterance.text.clone())),
            Happening::Line { text, .. } => conversation.said(Said::FirstRing(text.clone())),
            Happening::Answered { .. }
            | Happening::Hearing(_)
            | Happening::Dismissed
            | Happening::FirstSound { .. }
            | Happening::Stage { .. }
            | Happening::Over { .. } => {}
        }
    }
    let at = journal.last().map_or(CallTime::ZERO, |entry| entry.at);
    Ok(Replayed { call: *call, started: started.clone(), receptionist, conversation, at })
}

/// What a call has asked to be kept and was not told to be kept, by the id it was asked under.
#[derive(Clone, Default, Debug)]
pub(crate) struct Owed(BTreeMap<RequestId, OfficeRequest>);

impl Owed {
    /// What a journal leaves open.
    pub(crate) fn of(journal: &[Entry]) -> Self {
        let mut owed = Self::default();
        for entry in journal {
            owed.note(&entry.what);
        }
        owed
    }

    /// The journal goes on.
    pub(crate) fn note(&mut self, what: &Happening) {
        match what {
            Happening::Output(Output::Ask { id, request }) if outlives_its_call(request) => {
                self.0.insert(*id, request.clone());
            }
            Happening::Input(Input::Office { id, reply }) if settles(reply) => {
                self.0.remove(id);
            }
            Happening::Output(_)
            | Happening::Input(_)
            | Happening::Answered { .. }
            | Happening::Hearing(_)
            | Happening::Dismissed
            | Happening::Heard(_)
            | Happening::Timeout
            | Happening::Line { .. }
            | Happening::FirstSound { .. }
            | Happening::Stage { .. }
            | Happening::Over { .. } => {}
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In the order in which they were asked.
    pub(crate) fn requests(&self) -> Vec<(RequestId, OfficeRequest)> {
        self.0.iter().map(|(id, request)| (*id, request.clone())).collect()
    }
}

/// What people must learn though the call is gone. A question has nobody left who waits for the answer; and what was to be
/// booked, moved or cancelled was never confirmed to the caller, so it is not done behind their back.
pub(crate) fn outlives_its_call(request: &OfficeRequest) -> bool {
    match request {
        OfficeRequest::SaveMessage(_) | OfficeRequest::OpenCase(_) | OfficeRequest::UpdateCase(_) => true,
        OfficeRequest::FindPatient(_)
        | OfficeRequest::RegisterPatient(_)
        | OfficeRequest::FindSlots(_)
        | OfficeRequest::FindAppointments(_)
        | OfficeRequest::Book(_)
        | OfficeRequest::Move { .. }
        | OfficeRequest::Cancel(_)
        | OfficeRequest::JoinWaitingList(_) => false,
    }
}

/// Whether a reply says that the request is on the disk. A page alone does not: it may have gone out from memory.
pub(crate) fn settles(reply: &OfficeReply) -> bool {
    matches!(reply, OfficeReply::MessageSaved { .. } | OfficeReply::CaseOpened { .. } | OfficeReply::CaseUpdated)
}

/// What a message is to be kept with: the words that it was made from.
pub(crate) fn with_decodes(mut request: OfficeRequest, decodes: &[Decode]) -> OfficeRequest {
    if let OfficeRequest::SaveMessage(draft) = &mut request {
        draft.decodes = decodes.to_vec();
    }
    request
}

/// The utterances that the caller finished, oldest first.
pub(crate) fn heard(journal: &[Entry]) -> Vec<Utterance> {
    let heard = journal.iter().filter_map(|entry| as_heard(&entry.what));
    heard.cloned().collect()
}

/// How many of them the receptionist was told of: utterances are read in their order.
pub(crate) fn told(journal: &[Entry]) -> usize {
    journal.iter().filter(|entry| matches!(entry.what, Happening::Input(Input::Heard { .. }))).count()
}

/// What is left of an utterance that did not come to its end, with no confidence at all.
pub(crate) fn unfinished(journal: &[Entry]) -> Option<Utterance> {
    let last = journal.iter().rposition(|entry| matches!(entry.what, Happening::Hearing(_) | Happening::Dismissed))?;
    let Happening::Hearing(Partial { text, from, to }) = &journal[last].what else { return None };
    let finished = journal[last..].iter().filter_map(|entry| as_heard(&entry.what)).any(|heard| heard.to >= *from);
    (!finished).then(|| Utterance { text: text.clone(), from: *from, to: *to, confidence: 0.0 })
}

fn as_heard(what: &Happening) -> Option<&Utterance> {
    if let Happening::Heard(utterance) = what { Some(utterance) } else { None }
}

/// As a person may read it: what a patient said is hidden in it.
fn shown(output: Option<&Output>) -> String {
    output.map_or_else(|| "nothing more".to_owned(), |output| format!("{output:?}"))
}

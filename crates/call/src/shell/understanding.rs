//! From what was heard to what was meant: the conversation so far, what the ears and the reader are told of it, and
//! which readings are still to come.

use domain::{Asked, Phi, Utterance};
use nlu::{ReadContext, Said};
use speech::hearing::Expecting;
use tokio::sync::{mpsc, watch};

use crate::conversation::Conversation;
use crate::reader::{Evidence, Read, ReaderEngine, ToRead};

/// What one call knows of its own words.
pub(super) struct Understanding {
    reader: ReaderEngine,
    to_read: mpsc::Sender<ToRead>,
    expecting: watch::Sender<Expecting>,
    conversation: Conversation,
    /// Answers of the reader that are still to come.
    unread: usize,
}

impl Understanding {
    pub(super) fn new(
        reader: ReaderEngine,
        to_read: mpsc::Sender<ToRead>,
        expecting: watch::Sender<Expecting>,
    ) -> Self {
        Self { reader, to_read, expecting, conversation: Conversation::default(), unread: 0 }
    }

    /// The latest lines, oldest first.
    pub(super) fn so_far(&self) -> Vec<Said> {
        self.conversation.so_far()
    }

    /// Whether nothing is being read any more.
    pub(super) fn has_read_all(&self) -> bool {
        self.unread == 0
    }

    /// FirstRing says a line.
    pub(super) fn answers(&mut self, line: Phi<String>) {
        self.conversation.said(Said::FirstRing(line));
    }

    /// Tells the ears what was asked.
    pub(super) fn expect(&self, asked: Asked) {
        self.expecting.send_replace(expecting(asked));
    }

    /// An utterance is finished, and is read. A reading comes back here only if the reader is gone.
    pub(super) async fn hear(&mut self, utterance: Utterance, context: ReadContext) -> Option<Read> {
        self.conversation.heard(&utterance, &context);
        self.read(ToRead { utterance, context, evidence: Evidence::First }).await
    }

    /// An utterance was heard better, and is read once more.
    pub(super) async fn hear_better(&mut self, utterance: Utterance) -> Option<Read> {
        let (was, context) = self.conversation.first_heard(&utterance)?;
        self.read(ToRead { utterance, context, evidence: Evidence::Later { was } }).await
    }

    /// One of the reader's answers has come.
    pub(super) fn has_read(&mut self, read: Option<&Read>) {
        self.unread -= 1;
        if let Some(Read { text, evidence: Evidence::Later { was }, .. }) = read {
            self.conversation.correct(was, text);
        }
    }

    async fn read(&mut self, to_read: ToRead) -> Option<Read> {
        // Two answers come of each: the reading, and what the model says afterwards.
        self.unread += 2;
        let lost = self.to_read.send(to_read).await.err()?;
        tracing::error!("the reader is gone; the written rules read here");
        self.unread -= 1;
        let ToRead { utterance, context, evidence } = lost.0;
        let reading = self.reader.by_rules(&utterance.text, &context);
        Some(Read { text: utterance.text, reading, evidence, ms: 0 })
    }
}

/// How patient the ears must be with the answer to what was asked.
fn expecting(asked: Asked) -> Expecting {
    match asked {
        Asked::Callback => Expecting::Digits,
        Asked::DateOfBirth | Asked::NameAndBirth => Expecting::DateOfBirth,
        Asked::Spelling => Expecting::Spelling,
        Asked::Open
        | Asked::Name
        | Asked::Message
        | Asked::YesNo
        | Asked::Safety
        | Asked::CalledEmergencyNumber
        | Asked::WhoIsThere
        | Asked::NewOrKnown
        | Asked::VisitReason
        | Asked::When
        | Asked::Choice
        | Asked::Drug
        | Asked::Dose
        | Asked::Pharmacy
        | Asked::DaysLeft
        | Asked::Detail => Expecting::Anything,
    }
}

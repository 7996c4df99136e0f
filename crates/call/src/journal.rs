//! The journal: everything that went into and came out of the receptionist, in order, with call time. A call replays
//! from it. It holds patients' words, and is the one file format that does so deliberately: it goes into the encrypted
//! store, or where `firstring call --out` is told to put it.

use dialogue::{Input, Output};
use domain::{CallId, CallTime, LineId, Phi, PhoneNumber, PracticeId, Utterance};
use jiff::Zoned;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

/// Entries that wait to be written. Full: the call waits for the writer, because a journal with a gap replays nothing.
pub(crate) const ENTRIES_MAX: usize = 256;

/// One line of the journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// When, since pick-up.
    pub at: CallTime,
    /// What happened.
    pub what: Happening,
}

/// What a line of the journal tells.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// Picked up: the first line.
    Answered {
        /// Which call.
        call: CallId,
        /// Of which practice.
        practice: PracticeId,
        /// In the practice's zone.
        started: Zoned,
        /// The caller's number, if it was shown.
        caller_id: Option<Phi<PhoneNumber>>,
    },
    /// The caller finished an utterance.
    Heard(Utterance),
    /// Told to the receptionist.
    Input(Input),
    /// The receptionist's timer fell due.
    Timeout,
    /// Decided by the receptionist.
    Output(Output),
    /// A line in words, when it was given to the voice.
    Line {
        /// Which.
        line: LineId,
        /// Its words.
        text: Phi<String>,
    },
    /// A line's first sound left.
    FirstSound {
        /// Which.
        line: LineId,
    },
    /// How long a stage took.
    Stage {
        /// `final`, `reading`, `first_clause`, ..
        stage: String,
        /// Milliseconds.
        ms: u64,
    },
    /// The call is over.
    Over {
        /// Who ended it.
        by: Party,
    },
}

/// One end of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Party {
    /// The caller, or their line.
    Caller,
    /// FirstRing.
    FirstRing,
}

/// Where a call writes its journal.
#[derive(Clone, Debug)]
pub struct Journal(mpsc::Sender<Entry>);

impl Journal {
    /// A journal and the end at which it is kept.
    pub fn new() -> (Self, mpsc::Receiver<Entry>) {
        let (writer, reader) = mpsc::channel(ENTRIES_MAX);
        (Self(writer), reader)
    }

    /// Adds a line; waits for a slow keeper. A keeper that is gone is told once, in the log.
    pub(crate) async fn write(&self, at: CallTime, what: Happening) {
        if self.0.send(Entry { at, what }).await.is_err() {
            tracing::error!(%at, "the journal's keeper is gone; this call cannot be replayed");
        }
    }
}

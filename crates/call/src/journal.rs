//! The journal: everything that went into and came out of the receptionist, in order, with call time. A call replays
//! from it, and one that was cut off by the end of the process is brought to its end from it ([`crate::Recovery`]).
//! It holds patients' words, and is the one file format that does so deliberately: it goes into the encrypted
//! store, or where `firstring call --out` is told to put it.

use dialogue::{Input, Output};
use domain::{CallId, CallTime, LineId, LineQuality, Partial, Phi, PhoneNumber, PracticeId, Utterance};
use jiff::Zoned;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

/// Entries that wait to be written: some ten minutes of a call. Full: the journal ends there, because one with a gap
/// replays nothing, and the call goes on, because a slow disk must not cost a caller anything.
pub(crate) const ENTRIES_MAX: usize = 4096;

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
        /// The advertising channel to which the number belongs that was dialled; `None` where it is nobody's, or was none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<String>,
    },
    /// The caller has said so much of an utterance. Nothing is decided on it; should the process end before the utterance
    /// does, these words are what is left of it.
    Hearing(Partial),
    /// What the caller was heard to say last were no words after all.
    Dismissed,
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
        /// What its line was like, where that is counted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        line: Option<LineQuality>,
    },
}

/// Who ended a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Party {
    /// The caller, or their line.
    Caller,
    /// FirstRing.
    FirstRing,
    /// Nobody: the process ended in the middle of it, and the next one did what was still owed.
    Outage,
}

/// Where a call writes its journal.
#[derive(Debug)]
pub struct Journal {
    /// `None` once it could not be kept any more.
    keeper: Option<mpsc::Sender<Entry>>,
    channel: Option<String>,
}

impl Journal {
    /// A journal and the end at which it is kept.
    pub fn new() -> (Self, mpsc::Receiver<Entry>) {
        let (keeper, entries) = mpsc::channel(ENTRIES_MAX);
        (Self { keeper: Some(keeper), channel: None }, entries)
    }

    /// The journal of a call that came by this advertising channel.
    #[must_use]
    pub fn by_channel(self, channel: Option<String>) -> Self {
        Self { channel, ..self }
    }

    /// By which the call came.
    pub(crate) fn channel(&self) -> Option<&str> {
        self.channel.as_deref()
    }

    /// Adds a line; never waits.
    pub(crate) fn write(&mut self, at: CallTime, what: Happening) {
        if let Some(keeper) = &self.keeper
            && keeper.try_send(Entry { at, what }).is_err()
        {
            self.keeper = None;
            tracing::error!(%at, "the journal cannot be kept any more; the call goes on");
        }
    }
}

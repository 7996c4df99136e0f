//! Whether there is still somebody at the other end, and how long what is owed to them may take once there is not.

use std::time::Duration;

use dialogue::Input;
use tokio::time::Instant;

use crate::journal::Party;

/// After the caller has gone, what is still owed to them (a message to be kept, a page to be updated) may take so long.
/// The receptionist's own limit is 30 s; this one is only for a receptionist that never ends.
const AFTERWARDS_MAX: Duration = Duration::from_secs(45);
/// Words that were spoken just before the line was gone are waited for so long.
const LAST_WORDS_MAX: Duration = Duration::from_secs(12);

/// The line of one call, and who ended it.
#[derive(Debug)]
pub(super) struct Line {
    state: State,
    ended_by: Option<Party>,
    /// We hear and speak.
    works: bool,
}

#[derive(Debug)]
enum State {
    Open,
    /// The line is gone; its last words are still being heard and read before the receptionist is told.
    Closing {
        how: Input,
        until: Instant,
    },
    Gone {
        give_up: Instant,
    },
}

/// What a line that is gone asks for.
#[derive(Debug)]
pub(super) enum Due {
    Nothing,
    /// The receptionist is to be told how it went.
    Tell(Input),
    /// What is still owed takes too long.
    GiveUp,
}

impl Line {
    pub(super) fn open() -> Self {
        Self { state: State::Open, ended_by: None, works: true }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    /// When [`Self::due`] is to be asked at the latest.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Open => None,
            State::Closing { until, .. } => Some(*until),
            State::Gone { give_up } => Some(*give_up),
        }
    }

    /// The caller, or their line, is gone: what was said until then still counts.
    pub(super) fn closes(&mut self, how: Input) {
        self.ended_by.get_or_insert(Party::Caller);
        self.state = State::Closing { how, until: Instant::now() + LAST_WORDS_MAX };
    }

    /// We hang up.
    pub(super) fn hang_up(&mut self) {
        self.ended_by.get_or_insert(Party::FirstRing);
    }

    /// Hearing or voice is gone: whoever is left then is better off with whatever the practice has behind us.
    pub(super) fn breaks(&mut self) {
        self.works = false;
    }

    /// Whether a call that we end now is at its end for the caller.
    pub(super) fn works(&self) -> bool {
        self.works
    }

    pub(super) fn ended_by(&self) -> Party {
        self.ended_by.unwrap_or(Party::FirstRing)
    }

    /// What is to be done now. `all_read`: no word of the caller is still on its way.
    pub(super) fn due(&mut self, all_read: bool) -> Due {
        let now = Instant::now();
        match &self.state {
            State::Closing { how, until } if all_read || now >= *until => {
                let how = how.clone();
                self.state = State::Gone { give_up: now + AFTERWARDS_MAX };
                Due::Tell(how)
            }
            State::Gone { give_up } if now >= *give_up => Due::GiveUp,
            State::Open | State::Closing { .. } | State::Gone { .. } => Due::Nothing,
        }
    }
}

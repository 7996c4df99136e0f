//! Real time, or virtual time that stands still while work is done elsewhere.

use std::sync::mpsc;

/// How a process lets time pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// The world's clock: every call that a person talks in.
    RealTime,
    /// tokio's paused clock (`start_paused`): it jumps to the next timer as soon as nothing is left to do. Recorded
    /// calls run in it as fast as the models work, and every run of one gives the same times but for the models' own.
    Virtual,
}

/// Keeps virtual time still until it is dropped.
#[derive(Debug)]
pub struct Hold {
    _held: mpsc::Sender<()>,
}

impl Pace {
    /// Call this before waiting for anything that is not a tokio timer (a model's thread, a database, a socket).
    ///
    /// tokio's paused clock does not advance while a blocking task runs; a hold is such a task that only waits. It
    /// costs nothing in real time, where it is `None`.
    pub fn hold(self) -> Option<Hold> {
        match self {
            Pace::RealTime => None,
            Pace::Virtual => {
                let (held, until_dropped) = mpsc::channel::<()>();
                tokio::task::spawn_blocking(move || until_dropped.recv().is_ok());
                Some(Hold { _held: held })
            }
        }
    }
}

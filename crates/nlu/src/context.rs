use domain::{Asked, Phi};
use jiff::Zoned;

/// A line of the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// By the caller.
    Caller(Phi<String>),
    /// By FirstRing.
    FirstRing(Phi<String>),
}

/// What an utterance is read with.
#[derive(Clone, Debug)]
pub struct ReadContext {
    /// What FirstRing asked last.
    pub asked: Asked,
    /// The lines before the utterance, oldest first. Only the last few are looked at.
    pub so_far: Vec<Said>,
    /// The wall time, in the practice's zone.
    pub now: Zoned,
}

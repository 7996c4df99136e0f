use std::fmt;

/// Why a calendar did not do what it was asked, by what the caller can do about it.
///
/// After a write, `Conflict` says that nothing of it stands; every other error leaves open whether it does: the write can be
/// repeated, or the entry cancelled without a version.
///
/// Safe to log: no address, no secret, no word of a patient or of a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CalendarError {
    /// The time is taken, or somebody changed the entry meanwhile. Look again, and offer another time.
    #[error("the time is taken, or the entry was changed meanwhile")]
    Conflict,
    /// Not now; a later try may succeed.
    #[error("the calendar cannot be used now: {0}")]
    Unavailable(Unreached),
    /// It does not let us, and will not tomorrow: the address or the credentials are wrong. With its HTTP status.
    #[error("the calendar refuses, with status {0}: check its address and credentials")]
    Refused(u16),
    /// It answered what is not to be understood, or more than is read. What is in it is not known: nothing of it is free.
    #[error("the calendar's answer cannot be read: {0}")]
    Unreadable(&'static str),
    /// Said by constructors alone: the configuration cannot be right.
    #[error("{0}")]
    Misconfigured(&'static str),
}

/// What stood between us and a calendar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unreached {
    /// No connection, or it broke.
    NotReached,
    /// No answer in time.
    TooLate,
    /// It answered that it cannot at present, with this HTTP status.
    Status(u16),
}

impl fmt::Display for Unreached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotReached => f.write_str("not reached"),
            Self::TooLate => f.write_str("no answer in time"),
            Self::Status(status) => write!(f, "status {status}"),
        }
    }
}

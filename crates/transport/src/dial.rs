use domain::Phi;
use tokio::sync::{mpsc, oneshot};

use crate::Leg;

/// Orders to ring that wait to be begun: an instant each. Full: who orders waits.
pub const DIALS_MAX: usize = 16;

/// An order to ring somebody.
#[derive(Debug)]
pub struct Dial {
    /// Whom: a SIP URI, one of those that the configuration names. Any other is refused.
    pub to: Phi<String>,
    /// Where the call goes when it is picked up. Dropping the other end stops the ringing.
    pub answered: oneshot::Sender<Result<Leg, NotAnswered>>,
}

/// The way to whoever rings.
pub type Dials = mpsc::Sender<Dial>;

/// Why nobody picked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnswered {
    /// They are on the telephone.
    #[error("busy")]
    Busy,
    /// They, or their telephone, refused the call.
    #[error("declined")]
    Declined,
    /// The configuration does not name this address.
    #[error("this address may not be called")]
    NotAllowed,
    /// There is no way to them: the address is wrong, the line is down, or nothing that both speak.
    #[error("not reached")]
    NotReached,
}

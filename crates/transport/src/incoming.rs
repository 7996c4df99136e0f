use domain::Phi;
use tokio::sync::mpsc;

use crate::Leg;
use crate::streams::{CallIds, Provider};

/// A call that has just been picked up, for whoever conducts it.
#[derive(Debug)]
pub struct Incoming {
    /// The call.
    pub leg: Leg,
    /// What the caller is shown: lines of JSON about this call and no other. Full after
    /// [`NEWS_TO_CALLER_MAX`](crate::browser::NEWS_TO_CALLER_MAX): news should be lost (`try_send`); a call never waits for
    /// who watches it. A way to arrive that has no screen drops them.
    pub news_to_caller: mpsc::Sender<String>,
    /// How it came.
    pub from: IncomingFrom,
}

/// How many of so many lines are the last ones, where nobody has decided otherwise: an eighth, two at most.
pub(crate) fn reserve_of(calls_max: usize) -> usize {
    (calls_max / 8).min(2)
}

/// How a call came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IncomingFrom {
    /// By the page at `/call`.
    Browser,
    /// By telephone.
    Sip {
        /// The numbers or names that were dialled, those that tell most first; whoever forwarded the call is among them.
        dialled: Phi<Vec<String>>,
    },
    /// By a provider who answered the telephone and streams the call to us.
    Stream {
        /// Whose messages it speaks.
        provider: Provider,
        /// The provider's ids of the call.
        ids: CallIds,
        /// The number that was dialled, if it is told.
        dialled: Phi<Vec<String>>,
    },
}

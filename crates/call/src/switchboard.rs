//! Whom to ring for a caller, and what becomes of it: the way from a call to those who know the practice's telephones.

use dialogue::{About, TransferTo};
use domain::{CallId, Phi, Urgency};
use tokio::sync::{mpsc, oneshot};
use transport::Dials;

/// Requests of all calls that wait for the switchboard. Full: a call's search waits; its caller hears that it rings.
pub const SWITCHBOARD_MAX: usize = 16;

/// How callers are put through to people.
#[derive(Clone, Debug)]
pub struct Switchboard {
    /// Who knows whom to ring. The program connects its other end.
    pub requests: mpsc::Sender<SwitchboardRequest>,
    /// Who rings.
    pub dials: Dials,
    /// Whether whoever is rung hears the caller's name. A telephone may be picked up by anybody.
    pub names: bool,
    /// Whether the caller's line itself puts them through.
    pub handing_over: HandingOver,
}

/// Who puts two calls together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HandingOver {
    /// We do, and stay between them.
    #[default]
    Never,
    /// We do, and when they are together the caller's line is asked to do without us (REFER with Replaces). If it refuses, all is as it was.
    Attended,
    /// The caller's line is asked to call them (REFER); nobody whispers and no key is pressed. If that fails the next is called; a
    /// line that cannot leaves it to us.
    Blind,
}

/// What a call asks of the switchboard, or tells it.
#[derive(Debug)]
pub enum SwitchboardRequest {
    /// Who is to be rung, in order.
    Whom {
        /// For which call.
        call: CallId,
        /// Whom it wants.
        to: TransferTo,
        /// What the call is about.
        about: About,
        /// Dropped: nobody can be rung.
        callees: oneshot::Sender<Vec<Callee>>,
    },
    /// Something that the office should know of somebody who was rung.
    Told {
        /// For which call.
        call: CallId,
        /// [`Callee::id`].
        who: String,
        /// What they did.
        news: CalleeNews,
    },
}

/// Somebody who can be rung.
#[derive(Clone, Debug)]
pub struct Callee {
    /// As the practice's configuration names them.
    pub id: String,
    /// As it may be spoken.
    pub name: String,
    /// Their SIP address.
    pub address: Phi<String>,
}

/// What somebody who was rung did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalleeNews {
    /// They declined the call.
    Declined,
    /// They took it, and were told that it is so urgent.
    Accepted(Urgency),
    /// They have been speaking with the caller for a while.
    Reached,
}

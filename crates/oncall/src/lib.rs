//! Whom to page when a caller needs a clinician, when to page the next one, what an acknowledgement is and what it is not.
//!
//! [`Rota`] says who is on call, [`Policy`] whom a case pages and how; [`Escalation`] is one case, from the page until the caller was reached, as a pure
//! state machine. It is told wall time ([`jiff::Timestamp`]) because a case outlives the call and the process: its whole
//! state is serialisable and the caller of these methods keeps it after every input.
//!
//! Nothing here knows a network, a database, a clock or a patient. Nothing can fail: a page that cannot be delivered is
//! an input like any other.
#![warn(missing_docs)]

mod escalation;
mod people;
mod plan;
mod policy;
mod rota;

pub use escalation::{Attempt, Escalation, Input, Output, Page, Reason, Why};
pub use people::{Clinician, ClinicianId, Way};
pub use plan::{Chain, Pace, Plan, Turn};
pub use policy::{Policy, PolicyError, Rule, Step, Whom};
pub use rota::{
    Change, ChangeKind, Flaw, Holding, Holiday, Line, LineId, Rota, RotaError, Rotation, Shift, Stretch, Tier,
};

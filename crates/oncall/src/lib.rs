//! Whom to page when a caller needs a clinician, when to page the next one, and what an acknowledgement is.
//!
//! [`Rota`] says who is on call; [`Escalation`] is one case, from the page to the acknowledgement, as a pure state
//! machine. It is told wall time ([`jiff::Timestamp`]) because a case outlives the call and the process: its whole
//! state is serialisable and the caller of these methods keeps it after every input.
//!
//! Nothing here knows a network, a database, a clock or a patient. Nothing can fail: a page that cannot be delivered is
//! an input like any other.
#![warn(missing_docs)]

mod escalation;
mod pace;
mod rota;

pub use escalation::{Attempt, Escalation, Input, Output, Page, Reason, Why};
pub use pace::{Pace, Policy};
pub use rota::{ChannelId, Clinician, ClinicianId, Rota, Tiers};

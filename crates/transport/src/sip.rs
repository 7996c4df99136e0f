//! Calls by SIP: telephone trunks, PBXs and telephones (RFC 3261), with their sound as RTP.
//!
//! `rsipstack` carries transactions and dialogs; this module decides. `requests` looks at every request, `answer` takes a call,
//! `outbound` places one, `call` conducts either to its BYE, `refer` has it moved elsewhere, `offer` reads what is offered (`multipart` where other things stand beside it), `abilities` tells what
//! we can, `identity` says
//! who calls whom, `session_timer` ends calls whose other side has vanished, `refresh` asks whether it has, `defence` says who may ring, `trunks` tells trunks where we
//! are. The sound is `media`'s.
//!
//! `rsipstack` logs whole messages, with numbers and names in them: whoever installs a subscriber must keep it to errors.

mod abilities;
mod answer;
mod call;
mod defence;
mod identity;
mod multipart;
mod offer;
mod outbound;
mod refer;
mod refresh;
mod requests;
mod server;
mod session_timer;
mod signalling;
mod trunks;

pub use defence::{RINGING_OF_STRANGERS, SipDefence, TurnedAway};
pub use outbound::is_address;
pub use server::{Sip, SipError, SipOptions, SipTls};
pub use trunks::{NoAddress, Registered, Trunk, TrunkAddress, TrunkState};

//! What a WebSocket cannot do, by the provider's REST interface: end a call, place one, move one.
//!
//! One file for each provider writes requests as values and reads answers; one place sends them ([`Rest::ask`](Rest)). Where it is sent to, and as whom, is
//! configured; nothing of that comes out of a stream's messages but the call's id, which must be one ([`RemoteId`]).
//!
//! SignalWire and Plivo take no instructions within a request: they fetch them from an address of ours. Plivo and Telnyx tell at another how it goes on.
//! Both stand only as long as the call is placed or moved (`streams/instructions.rs`).
//!
//! All of it is written after the providers' documentation; no real account has been asked.

mod account;
mod interface;
mod plivo;
mod report;
mod request;
mod ringing;
mod sending;
mod signalwire;
mod telnyx;
#[cfg(test)]
mod tests;
mod twilio;

pub use account::{Account, BadAccount};
pub use interface::Interface;
pub(in crate::streams) use report::Report;
pub use request::{Authorization, Body, Callee, Move, Orders, OurEnd, Progress, RemoteId, Request, Ring};
pub use ringing::TEL;
pub use sending::{NotAsked, Rest, RestOptions};

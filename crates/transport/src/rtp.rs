//! The pure half of a telephone call over IP: what is in the packets, and when they are played. No socket, no runtime and
//! no clock: whoever calls tells the time, as a `Duration` since pick-up.
//!
//! A SIP leg moves a call like this. An offer becomes [`Agreed`](sdp::Agreed) by [`sdp::Session::answer`]; then each datagram goes
//! through [`srtp`] (if it was agreed on) and [`Packet::parse`]. Its payload type says whether it is a key
//! ([`EventReceiver`](event::EventReceiver)) or sound, and either way it goes into the [`JitterBuffer`], which counts.
//! Every 20 ms [`JitterBuffer::pop`] is drained into an [`audio::codec::Decoder`], and one frame goes out by the leg's one
//! [`Sender`]. [`rtcp::Reporter`] tells each end every few seconds what the other lost.
//!
//! Everything here reads what strangers send: each parser is a public function over bytes that never panics, and each
//! buffer has a bound.

mod delay;
pub mod event;
mod jitter;
mod packet;
pub mod rtcp;
pub mod sdp;
mod sender;
mod sequence;
pub mod srtp;

pub use delay::{DELAY_MAX, DELAY_MIN};
pub use jitter::{JitterBuffer, PACKETS_MAX, Popped};
pub use packet::{Packet, PacketError, is_rtcp};
pub use sender::{Sender, Start, TICK};
pub use sequence::{Reception, Statistics};

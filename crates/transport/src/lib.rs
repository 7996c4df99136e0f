//! How calls arrive. Whatever a call comes by, its shell sees the same [`Leg`]: 16 kHz sound in 20 ms frames to hear, news
//! of the line, a [`Speaker`] to speak by, and one token that means "it is over" to either side.
//!
//! A way to arrive is a task that owns the other half, a [`Driver`]: [`loopback`] is a caller in this process, [`browser`]
//! one at a WebSocket, `microphone` one at this computer, [`sip`] a telephone, of which [`rtp`] has what needs no socket,
//! [`streams`] a provider who streams a call to our WebSocket. What is spoken passes through [`playback`], which turns a voice's sound into the frames that are sent and knows which line was really heard to its end.
//!
//! Time is tokio's, so that a paused clock runs whole calls in virtual time. No model, no dialogue and no store is known
//! here, and nobody's words are.

mod allowance;
mod bridge;
pub mod browser;
mod dial;
mod driver;
#[cfg(test)]
#[path = "../tests/fuzz/edit.rs"]
mod edit;
mod incoming;
mod key;
mod leg;
pub mod loopback;
mod media;
#[cfg(feature = "microphone")]
pub mod microphone;
pub mod playback;
mod ringback;
pub mod rtp;
pub mod sip;
mod speaker;
pub mod streams;
mod tap;
mod websocket;

pub use bridge::Bridge;
pub use dial::{DIALS_MAX, Dial, Dials, NotAnswered, either};
pub use driver::{Driver, HEARS_FRAMES, NEWS_MAX, NEWS_PATIENCE, pair};
pub use incoming::{Incoming, IncomingFrom};
pub use leg::{Frame, LEG_HZ, Leg, LegGone, LegNews, Voiced};
pub use speaker::{Refer, Speaker, VOICED_FRAMES};
pub use tap::{Copies, Tap, Tapped};

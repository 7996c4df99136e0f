//! The sound of calls on disk: stereo, the caller left and FirstRing right, Opus in Ogg, encrypted second by second.
//!
//! A [`Shelf`] is a folder and the practice's key. A [`Writer`] takes 20 ms of both sides at a time; nothing of it is ever on the disk
//! in the clear, under no temporary name either. Each second is a sealed piece of its own, so that of a file whose writer died
//! everything up to its last second can be read ([`Heard::whole`] is false then).
//!
//! ```text
//! file  = "FRR1" salt[16] piece*
//! piece = length u32 BE, AES-256-GCM (STREAM, BE32) of one page of Ogg
//! key   = HMAC-SHA256(the practice's key, "FirstRing recording 1" call salt)
//! ```
//!
//! STREAM (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance, 2015) numbers the
//! pieces and marks the last one, so that none can be left out, put elsewhere, or cut off without being seen. The key holds the call's
//! id, so that no file passes for another call's. This crate knows no call in progress, no database and no clock.
#![warn(missing_docs)]

mod error;
mod opus;
mod sealed;
mod shelf;

pub use error::RecordingError;
pub use opus::FRAME_SAMPLES;
pub use shelf::{Heard, Kept, RecordingKey, Shelf, Writer};

//! Sound as numbers, and every conversion between two kinds of it.
//!
//! A sample is an `f32` in [-1, 1]; sound is mono unless a function says otherwise. Inside a call the rate is part of
//! the type ([`Pcm`]); at the edges, where a file or a voice decides it, it is a value ([`Sound`]). Nothing else in
//! the workspace resamples ([`Resampler`], [`resample`]), compands ([`g711`]), speaks what telephones speak ([`codec`])
//! or reads sound from files ([`wav`]).
//!
//! Nothing here knows a call, a clock or a queue. Only files and what strangers send can fail
//! ([`WavError`], [`CodecError`](codec::CodecError)).
#![warn(missing_docs)]

pub mod codec;
mod conceal;
pub mod g711;
pub mod level;
mod pcm;
mod resample;
mod sound;
pub mod telephone;
pub mod wav;

pub use conceal::Conceal;
pub use pcm::{FRAME_MS, Pcm};
pub use resample::{HZ_MAX, HZ_MIN, Resampler, resample};
pub use sound::Sound;
pub use wav::WavError;

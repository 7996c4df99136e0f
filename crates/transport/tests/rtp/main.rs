//! Calls over a network that loses, delays, reorders and repeats packets, in virtual time.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a test fails by panicking

mod jitter;
mod network;
mod srtp;

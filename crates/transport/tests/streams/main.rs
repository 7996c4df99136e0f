//! Providers good and bad, over real sockets on this machine. Nothing here asserts how long anything takes.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

mod calls;
mod double;
mod messages;
mod pipecat;
mod provider;

//! What strangers may send, read by a fuzzer: not only that nothing panics, but what has to hold of whatever is read.
//!
//! Each target takes bytes. It reads them as they are, and also as a list of edits to something that a telephone really
//! sent, because bytes by chance are no description of anything. `make test` gives each the kept corpus
//! (`__fuzz__/TARGET/corpus`) and 5000 inputs by chance; `make fuzz` builds them for libFuzzer, which follows the branches
//! that are taken, and keeps there what reaches new ones. `sip.rs`, `multipart.rs` and `browser.rs` stand beside code that is private
//! (`src/sip/identity.rs`, `src/sip/multipart.rs`, `src/browser/message.rs`).
#![allow(clippy::unwrap_used)] // a test fails by panicking

mod edit;
mod jitter;
mod packets;
mod sdp;
mod srtp;

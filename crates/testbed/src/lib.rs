//! Real servers that tests start for themselves on the loopback interface, and that are gone when the test's process is gone,
//! in whatever way it ends. For tests only: nothing that runs at a practice depends on this crate.

mod baresip;
mod dispatcher;
mod kamailio;
mod mail;
mod pjsip;
mod postgres;
mod pulse;
mod sipp;
mod tools;

pub use baresip::{Baresip, Phone};
pub use dispatcher::Dispatcher;
pub use kamailio::Kamailio;
pub use mail::{MailServer, Manner};
pub use pjsip::{Party, pjsip_calls};
pub use postgres::Postgres;
pub use pulse::{LOUDSPEAKER, MICROPHONE, PulseAudio, Running, SoundDevices};
pub use sipp::{Called, Sipp};
pub use tools::{fixtures, tool};

/// A port on which nobody listens just now.
pub(crate) fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    // The owner of our own entry in /proc is who we are.
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

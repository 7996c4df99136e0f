//! Real servers that tests start for themselves on the loopback interface, and that are gone when the test's process is gone,
//! in whatever way it ends. For tests only: nothing that runs at a practice depends on this crate.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering};

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

/// A port of this machine on which nobody listens, by UDP or TCP. It is none of those that a system gives to whoever asks for any: nobody else has it
/// by chance before it is used. The next one is free, too, mostly: baresip takes it for TLS.
///
/// # Panics
/// If none is free.
pub fn free_port() -> u16 {
    const FIRST: u32 = 30_000;
    const COUNT: u32 = 2_700;
    const STEP: u32 = 7;
    static TRIED: AtomicU32 = AtomicU32::new(0);
    // Tests that run beside each other begin at different places.
    let begin = std::process::id().wrapping_mul(977) % COUNT;
    let next = || {
        let port = FIRST + (begin + TRIED.fetch_add(STEP, Ordering::Relaxed)) % COUNT;
        let address = (Ipv4Addr::LOCALHOST, u16::try_from(port).ok()?);
        (UdpSocket::bind(address).is_ok() && TcpListener::bind(address).is_ok()).then_some(address.1)
    };
    std::iter::repeat_with(next).take(COUNT as usize).flatten().next().expect("a port is free")
}

pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    // The owner of our own entry in /proc is who we are.
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

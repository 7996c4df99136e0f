//! Real servers that tests start for themselves on the loopback interface, and that are gone when the test's process is gone,
//! in whatever way it ends. For tests only: nothing that runs at a practice depends on this crate.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

mod baresip;
mod dispatcher;
mod mail;
mod pjsip;
mod postgres;
mod sipp;

pub use baresip::{Baresip, Phone};
pub use dispatcher::Dispatcher;
pub use mail::{MailServer, Manner};
pub use pjsip::pjsip_calls;
pub use postgres::Postgres;
pub use sipp::{Called, Sipp};

/// A port on which nobody listens just now.
pub(crate) fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    // The owner of our own entry in /proc is who we are.
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// The folder into which `.ci/setup` has installed what a file below `eval/fixtures` pins, by the file's hash.
fn tool(name: &str, pin: &str) -> PathBuf {
    let pin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../eval/fixtures").join(pin);
    let hash = format!("{:x}", Sha256::digest(std::fs::read(pin).expect("a file that pins it")));
    let home = || PathBuf::from(std::env::var_os("HOME").expect("HOME is set")).join(".cache");
    let cache = std::env::var_os("XDG_CACHE_HOME").filter(|dir| !dir.is_empty()).map_or_else(home, PathBuf::from);
    let folder = cache.join("firstring/tools").join(format!("{name}-{}", &hash[..12]));
    assert!(folder.join("installed").exists(), "{} is not there: run `make setup`", folder.display());
    folder
}

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// `eval/fixtures`.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../eval/fixtures")
}

/// The folder into which `.ci/setup` has installed what `pin`, below the fixtures, pins.
///
/// # Panics
/// If it is not there.
pub fn tool(name: &str, pin: &str) -> PathBuf {
    let pins = std::fs::read(fixtures().join(pin)).expect("the pins can be read");
    let hash = &format!("{:x}", Sha256::digest(pins))[..12];
    let home = || PathBuf::from(std::env::var_os("HOME").expect("HOME is set")).join(".cache");
    let cache = std::env::var_os("XDG_CACHE_HOME").filter(|dir| !dir.is_empty()).map_or_else(home, PathBuf::from);
    let folder = cache.join("firstring/tools").join(format!("{name}-{hash}"));
    assert!(folder.join("installed").exists(), "{} is not there: run `make setup`", folder.display());
    folder
}

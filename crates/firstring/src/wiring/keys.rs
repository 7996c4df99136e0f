//! Keys that FirstRing makes for itself: random, readable by its own user alone.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;

const KEY_BYTES: usize = 32;

/// The key in `file`, as 64 hexadecimal digits; made if there is none.
pub fn load_or_make(file: &Path) -> anyhow::Result<String> {
    match std::fs::read_to_string(file) {
        Ok(key) if is_whole_key(key.trim()) => return Ok(key.trim().to_owned()),
        Ok(_) => anyhow::bail!("the key {} is damaged; bring it back from a backup", file.display()),
        Err(why) if why.kind() == ErrorKind::NotFound => {}
        Err(why) => return Err(why).with_context(|| format!("the key {} cannot be read", file.display())),
    }
    let random: [u8; KEY_BYTES] = rand::random();
    let digits = random.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    let key: String = digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect();
    let mut options = OpenOptions::new();
    let written = options.write(true).create_new(true).mode(0o600).open(file).and_then(|mut opened| {
        opened.write_all(key.as_bytes())?;
        opened.sync_all()
    });
    written
        .with_context(|| format!("the key {} cannot be written; check the directory and its disk", file.display()))?;
    Ok(key)
}

/// Whether a text is a key. An empty one would open the door, not lock it.
pub fn is_whole_key(key: &str) -> bool {
    key.len() == 2 * KEY_BYTES && key.bytes().all(|byte| byte.is_ascii_hexdigit())
}

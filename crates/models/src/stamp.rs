//! What has been checked already, so that a check before use costs nothing the second time: hashing the default set
//! takes seconds, looking at its sizes and times of change does not.
//!
//! `.verified.json` in the models directory holds, per file, size, time of change and SHA-256 as they were when the file
//! was hashed. A file changed since then no longer matches and is hashed again. The stamps guard against damage and
//! mix-ups, not against somebody who may write to the directory. A lost or unreadable `.verified.json` costs one hashing.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ModelsError;

const STAMPS: &str = ".verified.json";
/// Large enough that hashing, not reading, is what takes the time.
const READ_BYTES: usize = 1 << 20;

/// A file as it was when it was hashed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    bytes: u64,
    modified_ns: u64,
    pub(crate) sha256: String,
    /// These bytes are not the manifest's, and yet somebody chose them.
    pub(crate) accepted: bool,
}

impl Stamp {
    /// Hashes the file at `path`.
    pub(crate) fn of(path: &Path) -> Result<Self, ModelsError> {
        Self::known(path, hash_file(path)?, false)
    }

    /// The stamp of a file whose hash is known already.
    pub(crate) fn known(path: &Path, sha256: String, accepted: bool) -> Result<Self, ModelsError> {
        let (bytes, modified_ns) = size_and_time(path).map_err(ModelsError::io(path))?;
        Ok(Self { bytes, modified_ns, sha256, accepted })
    }

    /// The stamp that `root` holds for the file `name`, unless the file has changed since.
    pub(crate) fn stored(root: &Path, name: &str) -> Option<Self> {
        let stamp = read_all(root).remove(name)?;
        let now = size_and_time(&root.join(name)).ok()?;
        (now == (stamp.bytes, stamp.modified_ns)).then_some(stamp)
    }

    /// Keeps the stamp for the next time. Failing to is no error: a read-only directory is hashed at each start.
    pub(crate) fn store(self, root: &Path, name: &str) {
        let mut stamps = read_all(root);
        stamps.insert(name.to_owned(), self);
        // The next start hashes again, which is all that is lost.
        write_all(root, &stamps).ok();
    }
}

/// The SHA-256 of the file at `path`, in lower-case hexadecimal.
pub(crate) fn hash_file(path: &Path) -> Result<String, ModelsError> {
    let mut file = File::open(path).map_err(ModelsError::io(path))?;
    let mut writer = HashingWriter::new(io::sink());
    let mut buffer = vec![0; READ_BYTES];
    loop {
        match file.read(&mut buffer).map_err(ModelsError::io(path))? {
            0 => return Ok(writer.finish().1),
            count => writer.write_all(&buffer[..count]).map_err(ModelsError::io(path))?,
        }
    }
}

/// Hashes what passes through.
pub(crate) struct HashingWriter<W> {
    inner: W,
    hasher: Sha256,
}

impl<W: Write> HashingWriter<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self { inner, hasher: Sha256::new() }
    }

    /// The inner writer, and the SHA-256 of all that was written.
    pub(crate) fn finish(self) -> (W, String) {
        (self.inner, format!("{:x}", self.hasher.finalize()))
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn size_and_time(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::metadata(path)?;
    let since = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok((metadata.len(), since.as_nanos() as u64))
}

fn read_all(root: &Path) -> BTreeMap<String, Stamp> {
    fs::read(root.join(STAMPS)).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

fn write_all(root: &Path, stamps: &BTreeMap<String, Stamp>) -> io::Result<()> {
    // Who serves may be another user than who fetched.
    let readable = fs::Permissions::from_mode(0o644);
    let mut file = tempfile::Builder::new().permissions(readable).tempfile_in(root)?;
    serde_json::to_writer_pretty(&mut file, stamps)?;
    file.persist(root.join(STAMPS))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_holds_until_the_file_changes() {
        let root = tempfile::tempdir().expect("a directory");
        let path = root.path().join("a.onnx");
        fs::write(&path, "abc").expect("written");
        let stamp = Stamp::of(&path).expect("hashed");
        assert_eq!(stamp.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        stamp.clone().store(root.path(), "a.onnx");
        assert_eq!(Stamp::stored(root.path(), "a.onnx"), Some(stamp));
        fs::write(&path, "abcd").expect("written");
        assert_eq!(Stamp::stored(root.path(), "a.onnx"), None);
        fs::write(root.path().join(STAMPS), "{ not json").expect("written");
        assert_eq!(Stamp::stored(root.path(), "a.onnx"), None);
    }

    #[test]
    fn a_full_device_is_no_space() {
        let full = Path::new("/dev/full");
        let error = File::create(full)
            .and_then(|device| HashingWriter::new(device).write_all(b"weights"))
            .map_err(ModelsError::io(full))
            .expect_err("it is full");
        assert!(matches!(error, ModelsError::NoSpace { .. }), "{error}");
    }
}

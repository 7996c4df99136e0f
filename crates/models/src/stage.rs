//! `.partial` in the models directory: what a fetch has finished but not yet put in place. It lies in the same file
//! system as the result, so that putting a file in place is one rename.
//!
//! ```text
//! .partial/lock           held while a fetch runs; the system lets go of it when the fetch is killed
//! .partial/archives/      whole archives, checked; they stay until their weight is in place
//! .partial/hub/           files from a hub, perhaps half of one; curl goes on where it stopped
//! .partial/work-*/        one client's download or one file's assembly; worthless afterwards
//! ```

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::stamp::{HashingWriter, Stamp, hash_file};
use crate::{Checksum, ModelFile, ModelsError, Package};

const WORK_PREFIX: &str = "work-";

pub(crate) struct Stage {
    root: PathBuf,
    partial: PathBuf,
    /// Held, not read: closing it lets the next fetch in.
    _lock: File,
}

impl Stage {
    /// Opens `root`'s stage, making both if need be, for this process alone.
    pub(crate) fn open(root: &Path) -> Result<Self, ModelsError> {
        let partial = root.join(".partial");
        for dir in ["archives", "hub"] {
            let dir = partial.join(dir);
            fs::create_dir_all(&dir).map_err(ModelsError::io(&dir))?;
        }
        let path = partial.join("lock");
        let lock = File::create(&path).map_err(ModelsError::io(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ModelsError::Busy { dir: root.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(ModelsError::io(&path)(source)),
        }
        let stage = Self { root: root.to_owned(), partial, _lock: lock };
        stage.remove_old_work()?;
        Ok(stage)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A fresh directory that vanishes when dropped.
    pub(crate) fn work(&self) -> Result<TempDir, ModelsError> {
        tempfile::Builder::new().prefix(WORK_PREFIX).tempdir_in(&self.partial).map_err(ModelsError::io(&self.partial))
    }

    pub(crate) fn archive(&self, package: &Package) -> PathBuf {
        self.partial.join("archives").join(package.archive_name())
    }

    pub(crate) fn hub_file(&self, name: &str) -> PathBuf {
        self.partial.join("hub").join(name)
    }

    /// Writes `file` by `fill`, checks it against the manifest, and puts it in place. Until then the models directory
    /// keeps what it had.
    pub(crate) fn install(
        &self,
        file: &ModelFile,
        fill: impl FnOnce(&mut dyn Write) -> Result<(), ModelsError>,
    ) -> Result<(), ModelsError> {
        let work = self.work()?;
        let path = work.path().join(&file.name);
        let mut writer = HashingWriter::new(File::create(&path).map_err(ModelsError::io(&path))?);
        fill(&mut writer)?;
        let (written, found) = writer.finish();
        written.sync_all().map_err(ModelsError::io(&path))?;
        expect(&file.name, &file.sha256, &found, "nothing was installed; try the other source with --from")?;
        self.put_in_place(&path, file, found)
    }

    /// Puts bytes that have been found right, or that somebody accepts, in place as `file`.
    pub(crate) fn put_in_place(&self, path: &Path, file: &ModelFile, sha256: String) -> Result<(), ModelsError> {
        let target = self.root.join(&file.name);
        fs::rename(path, &target).map_err(ModelsError::io(&target))?;
        let accepted = file.sha256 != Checksum::Sha256(sha256.clone());
        Stamp::known(&target, sha256, accepted)?.store(&self.root, &file.name);
        Ok(())
    }

    fn remove_old_work(&self) -> Result<(), ModelsError> {
        let entries = fs::read_dir(&self.partial).map_err(ModelsError::io(&self.partial))?;
        for entry in entries {
            let entry = entry.map_err(ModelsError::io(&self.partial))?;
            if entry.file_name().to_string_lossy().starts_with(WORK_PREFIX) {
                fs::remove_dir_all(entry.path()).map_err(ModelsError::io(&entry.path()))?;
            }
        }
        Ok(())
    }
}

/// Refuses bytes that hash to something else than expected.
fn expect(what: &str, expected: &Checksum, found: &str, fix: &str) -> Result<(), ModelsError> {
    match expected {
        Checksum::Sha256(hex) if hex != found => Err(ModelsError::WrongChecksum {
            what: what.to_owned(),
            expected: hex.clone(),
            found: found.to_owned(),
            fix: fix.to_owned(),
        }),
        Checksum::Sha256(_) | Checksum::Unknown => Ok(()),
    }
}

/// The SHA-256 of a downloaded file; deletes it where it is wrong, so that the next run does not trip over it.
pub(crate) fn check_download(path: &Path, what: &str, expected: &Checksum) -> Result<String, ModelsError> {
    let found = hash_file(path)?;
    let checked = expect(what, expected, &found, "it was deleted; try again, or the other source with --from");
    if checked.is_err() {
        fs::remove_file(path).map_err(ModelsError::io(path))?;
    }
    checked.map(|()| found)
}

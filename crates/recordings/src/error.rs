use std::io;
use std::path::PathBuf;

/// Why a recording cannot be kept or read. Holds paths, never sound or keys.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// It cannot be written: the folder is read-only, the disk is full.
    #[error("the recording {path} cannot be written ({source}); check its folder and its disk")]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It cannot be read.
    #[error("the recording {path} cannot be read ({source})")]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no such file.
    #[error("there is no recording {path}")]
    Missing {
        /// Which file.
        path: PathBuf,
    },
    /// It is damaged, was changed, or is another call's or key's.
    #[error("the recording {path} does not open with this key, or was changed; bring file and key back from a backup")]
    NotOurs {
        /// Which file.
        path: PathBuf,
    },
    /// A key that is none.
    #[error("the key of the recordings is not 64 hexadecimal digits; bring it back from a backup")]
    Key,
}

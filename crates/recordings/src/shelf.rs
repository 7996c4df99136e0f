//! A practice's recordings: one file a call in one folder.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use domain::CallId;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::RecordingError;
use crate::opus::{FRAME_SAMPLES, Pages, decode};
use crate::sealed::{FileKey, MAGIC, SALT_BYTES, Sealer, open};

/// After so many pieces, seconds of sound, the disk is told to keep what it has: a power cut loses no more.
const PIECES_UNTIL_SYNC: u32 = 5;

/// What a recording's file is called, after the call.
const ENDING: &str = ".frr";

/// The key of a practice's recordings. It cannot print itself.
#[derive(Clone)]
pub struct RecordingKey([u8; 32]);

impl RecordingKey {
    /// From 64 hexadecimal digits.
    pub fn from_hex(digits: &str) -> Result<Self, RecordingError> {
        let digits: Option<Vec<u8>> = digits.trim().chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
        let bytes: Vec<u8> = digits.unwrap_or_default().chunks_exact(2).map(|pair| (pair[0] << 4) | pair[1]).collect();
        bytes.try_into().map(Self).map_err(|_| RecordingError::Key)
    }

    fn of_file(&self, call: CallId, salt: &[u8]) -> FileKey {
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(b"FirstRing recording 1");
        mac.update(call.0.as_bytes());
        mac.update(salt);
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for RecordingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordingKey(***)")
    }
}

/// A folder of recordings, and their key.
#[derive(Clone, Debug)]
pub struct Shelf {
    folder: PathBuf,
    key: RecordingKey,
}

/// A recording that is written.
pub struct Writer {
    file: File,
    path: PathBuf,
    sealer: Sealer,
    pages: Pages,
    hash: Sha256,
    bytes: u64,
    unsynced: u32,
}

/// What is to be known of a file that is finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its name in the folder.
    pub file: String,
    /// How long it sounds.
    pub len_ms: u64,
    /// How long the file is.
    pub bytes: u64,
    /// Of the file as it lies there, in hexadecimal digits.
    pub sha256: String,
}

/// A recording, decrypted and decoded: both sides at 16 kHz, equally long.
#[derive(Debug)]
pub struct Heard {
    /// The caller.
    pub left: Vec<f32>,
    /// FirstRing.
    pub right: Vec<f32>,
    /// It was finished: false for what a crash left.
    pub whole: bool,
}

impl Shelf {
    /// The recordings in `folder`, which need not exist yet.
    pub fn new(folder: impl Into<PathBuf>, key: RecordingKey) -> Self {
        Self { folder: folder.into(), key }
    }

    /// The name of a call's file in the folder.
    pub fn file_of(call: CallId) -> String {
        format!("{call}{ENDING}")
    }

    /// Begins a recording. Fails where there is one of that call.
    pub fn begin(&self, call: CallId) -> Result<Writer, RecordingError> {
        let path = self.path(call);
        let begun = || {
            DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)
        };
        let file = begun().map_err(|source| RecordingError::Write { path: path.clone(), source })?;
        let salt: [u8; SALT_BYTES] = rand::random();
        let sealer = Sealer::new(&self.key.of_file(call, &salt));
        let mut writer = Writer { file, path, sealer, pages: Pages::new(), hash: Sha256::new(), bytes: 0, unsynced: 0 };
        writer.put(&[MAGIC.as_slice(), &salt].concat())?;
        Ok(writer)
    }

    /// Reads a call's recording, as far as it was written.
    pub fn read(&self, call: CallId) -> Result<Heard, RecordingError> {
        let path = self.path(call);
        let bytes = read(&path)?;
        let not_ours = || RecordingError::NotOurs { path: path.clone() };
        let sealed = bytes.strip_prefix(MAGIC.as_slice()).ok_or_else(not_ours)?;
        let (salt, sealed) = sealed.split_at_checked(SALT_BYTES).ok_or_else(not_ours)?;
        let opened = open(&self.key.of_file(call, salt), sealed).ok_or_else(not_ours)?;
        let (left, right) = decode(&opened.plain);
        Ok(Heard { left, right, whole: opened.whole })
    }

    /// What is to be known of a file that nobody finished.
    pub fn measure(&self, call: CallId) -> Result<Kept, RecordingError> {
        let bytes = read(&self.path(call))?;
        let len_ms = self.read(call)?.left.len() as u64 * 20 / FRAME_SAMPLES as u64;
        let sha256 = hex(&Sha256::digest(&bytes));
        Ok(Kept { file: Self::file_of(call), len_ms, bytes: bytes.len() as u64, sha256 })
    }

    /// The hash of a call's file as it lies there.
    pub fn sha256(&self, call: CallId) -> Result<String, RecordingError> {
        Ok(hex(&Sha256::digest(read(&self.path(call))?)))
    }

    /// Deletes a call's recording. False: there was none.
    pub fn delete(&self, call: CallId) -> Result<bool, RecordingError> {
        Self::delete_in(&self.folder, call)
    }

    /// The same without the key, which deleting does not need.
    pub fn delete_in(folder: &Path, call: CallId) -> Result<bool, RecordingError> {
        let path = folder.join(Self::file_of(call));
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(why) if why.kind() == ErrorKind::NotFound => Ok(false),
            Err(source) => Err(RecordingError::Write { path, source }),
        }
    }

    /// When a call's file was last written to; `None`: there is none, or it cannot be looked at.
    pub fn written_at(folder: &Path, call: CallId) -> Option<SystemTime> {
        fs::metadata(folder.join(Self::file_of(call))).and_then(|file| file.modified()).ok()
    }

    /// The calls that have a file in a folder, in no order. A folder that is not there has none; what is no recording is passed over.
    pub fn calls_in(folder: &Path) -> Result<Vec<CallId>, RecordingError> {
        let unread = |source| RecordingError::Read { path: folder.to_owned(), source };
        let files = match fs::read_dir(folder) {
            Ok(files) => files,
            Err(why) if why.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(why) => return Err(unread(why)),
        };
        let mut calls = Vec::new();
        for file in files {
            let name = file.map_err(unread)?.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(ENDING));
            calls.extend(id.and_then(|id| Uuid::parse_str(id).ok()).map(CallId));
        }
        Ok(calls)
    }

    fn path(&self, call: CallId) -> PathBuf {
        self.folder.join(Self::file_of(call))
    }
}

impl Writer {
    /// Takes 20 ms of both sides at 16 kHz ([`FRAME_SAMPLES`] each). On the disk within a second.
    pub fn write(&mut self, left: &[f32], right: &[f32]) -> Result<(), RecordingError> {
        self.pages.push(left, right);
        let page = self.pages.take();
        if page.is_empty() {
            return Ok(());
        }
        let piece = self.sealer.piece(&page);
        self.put(&piece)?;
        self.unsynced += 1;
        if self.unsynced >= PIECES_UNTIL_SYNC {
            self.unsynced = 0;
            self.file.sync_data().map_err(|source| RecordingError::Write { path: self.path.clone(), source })?;
        }
        Ok(())
    }

    /// Ends it; returns when it is on the disk.
    pub fn finish(self) -> Result<Kept, RecordingError> {
        let Self { mut file, path, sealer, pages, mut hash, bytes, .. } = self;
        let len_ms = pages.len_ms();
        let piece = sealer.last(&pages.finish());
        hash.update(&piece);
        let written = file.write_all(&piece).and_then(|()| file.sync_all());
        written.map_err(|source| RecordingError::Write { path: path.clone(), source })?;
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Kept { file, len_ms, bytes: bytes + piece.len() as u64, sha256: hex(&hash.finalize()) })
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), RecordingError> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|source| RecordingError::Write { path: self.path.clone(), source })
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Writer({})", self.path.display())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, RecordingError> {
    fs::read(path).map_err(|source| {
        let path = path.to_owned();
        if source.kind() == ErrorKind::NotFound {
            RecordingError::Missing { path }
        } else {
            RecordingError::Read { path, source }
        }
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

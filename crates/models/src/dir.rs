//! The directory with the weights: `$XDG_DATA_HOME/firstring/models`, else `~/.local/share/firstring/models`.
//!
//! [`ModelsDir::resolve`] and [`ModelsDir::resolve_id`] give paths only of files whose checksum is right: hashed the first
//! time, afterwards by the stamp of that hashing (a few microseconds). [`ModelsDir::list`] never hashes,
//! [`ModelsDir::verify`] always does.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::stamp::Stamp;
use crate::{Checksum, Manifest, ModelFile, ModelsError, Role, Weight};

/// A directory, and the manifest that says what belongs in it. The directory need not exist.
#[derive(Clone, Debug)]
pub struct ModelsDir {
    root: PathBuf,
    manifest: Manifest,
}

/// A weight whose files are all there and right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    id: String,
    /// In the manifest's order; never empty.
    paths: Vec<PathBuf>,
}

/// One file of the manifest beside what is on disk.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// The weight that the file belongs to.
    pub weight: &'a Weight,
    /// The file.
    pub file: &'a ModelFile,
    /// How it stands with it.
    pub state: FileState,
}

/// How it stands with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileState {
    /// Its checksum is right.
    Ready,
    /// It is not the manifest's file but a hub's variant that somebody chose to fetch, and has not changed since.
    Accepted,
    /// It has the right size and has not been hashed yet.
    Unchecked,
    /// It is not there.
    Absent,
    /// It has another size, as after a copy that was cut off.
    WrongSize {
        /// What it has.
        found_bytes: u64,
    },
    /// It has another checksum.
    WrongChecksum {
        /// What it has.
        found: String,
    },
    /// It is there, and the manifest has no checksum for it.
    Unverifiable,
}

impl ModelsDir {
    /// The weights of `manifest` in `root`. Touches no disk.
    pub fn new(root: impl Into<PathBuf>, manifest: Manifest) -> Self {
        Self { root: root.into(), manifest }
    }

    /// Where weights lie unless somebody chooses otherwise.
    pub fn default_root() -> Result<PathBuf, ModelsError> {
        default_root_from(env::var_os("XDG_DATA_HOME"), env::var_os("HOME"))
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What belongs in it.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The default weight of a role.
    pub fn resolve(&self, role: Role) -> Result<Installed, ModelsError> {
        match self.manifest.default_of(role) {
            Some(weight) => self.check_weight(weight),
            None => Err(ModelsError::NoDefault { role }),
        }
    }

    /// The weight with this id.
    pub fn resolve_id(&self, id: &str) -> Result<Installed, ModelsError> {
        self.check_weight(self.manifest.weight(id)?)
    }

    /// Every file and its state, at the price of a look at each; nothing is hashed.
    pub fn list(&self) -> Vec<Row<'_>> {
        self.rows().map(|(weight, file)| Row { weight, file, state: self.glance(file) }).collect()
    }

    /// Every file and its state, each hashed anew.
    pub fn verify(&self) -> Result<Vec<Row<'_>>, ModelsError> {
        self.rows().map(|(weight, file)| Ok(Row { weight, file, state: self.hash(file)? })).collect()
    }

    /// The state of one file, hashed only where no stamp tells.
    pub(crate) fn check(&self, file: &ModelFile) -> Result<FileState, ModelsError> {
        match self.glance(file) {
            FileState::Unchecked => self.hash(file),
            known @ (FileState::Ready
            | FileState::Accepted
            | FileState::Absent
            | FileState::WrongSize { .. }
            | FileState::WrongChecksum { .. }
            | FileState::Unverifiable) => Ok(known),
        }
    }

    fn rows(&self) -> impl Iterator<Item = (&Weight, &ModelFile)> {
        self.manifest.weights().iter().flat_map(|weight| weight.files.iter().map(move |file| (weight, file)))
    }

    fn check_weight(&self, weight: &Weight) -> Result<Installed, ModelsError> {
        let paths = weight.files.iter().map(|file| {
            let state = self.check(file)?;
            self.usable(weight, file, state)
        });
        Ok(Installed { id: weight.id.clone(), paths: paths.collect::<Result<_, _>>()? })
    }

    fn usable(&self, weight: &Weight, file: &ModelFile, state: FileState) -> Result<PathBuf, ModelsError> {
        let path = self.root.join(&file.name);
        let wrong = |expected: String, found: String| ModelsError::WrongChecksum {
            what: path.display().to_string(),
            expected,
            found,
            fix: format!("run `firstring models fetch {}`", weight.id),
        };
        match state {
            FileState::Ready | FileState::Accepted => Ok(path),
            FileState::Absent => {
                Err(ModelsError::Missing { name: file.name.clone(), weight: weight.id.clone(), dir: self.root.clone() })
            }
            FileState::WrongSize { found_bytes } => {
                Err(wrong(format!("that of {} bytes", file.bytes), format!("{found_bytes} bytes")))
            }
            FileState::WrongChecksum { found } => Err(wrong(expected_text(&file.sha256), found)),
            FileState::Unchecked | FileState::Unverifiable => {
                Err(ModelsError::Unverified { what: path.display().to_string() })
            }
        }
    }

    fn glance(&self, file: &ModelFile) -> FileState {
        let Ok(metadata) = fs::metadata(self.root.join(&file.name)) else { return FileState::Absent };
        if let Some(stamp) = Stamp::stored(&self.root, &file.name) {
            return judge(file, &stamp);
        }
        match &file.sha256 {
            Checksum::Unknown => FileState::Unverifiable,
            Checksum::Sha256(_) if metadata.len() == file.bytes => FileState::Unchecked,
            Checksum::Sha256(_) => FileState::WrongSize { found_bytes: metadata.len() },
        }
    }

    /// Hashes the file anew. Somebody's acceptance of these very bytes stays.
    fn hash(&self, file: &ModelFile) -> Result<FileState, ModelsError> {
        let path = self.root.join(&file.name);
        if !path.exists() {
            return Ok(FileState::Absent);
        }
        let mut stamp = Stamp::of(&path)?;
        let before = Stamp::stored(&self.root, &file.name);
        stamp.accepted = before.is_some_and(|before| before.accepted && before.sha256 == stamp.sha256);
        let state = judge(file, &stamp);
        stamp.store(&self.root, &file.name);
        Ok(state)
    }
}

impl Installed {
    /// The weight's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The first file, which most weights have alone.
    pub fn main(&self) -> &Path {
        &self.paths[0]
    }

    /// The file with this name.
    pub fn file(&self, name: &str) -> Option<&Path> {
        self.paths.iter().find(|path| path.ends_with(name)).map(PathBuf::as_path)
    }
}

impl fmt::Display for FileState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("ready"),
            Self::Accepted => f.write_str("accepted, not ours"),
            Self::Unchecked => f.write_str("not checked yet"),
            Self::Absent => f.write_str("not fetched"),
            Self::WrongSize { found_bytes } => write!(f, "wrong size ({found_bytes} bytes)"),
            Self::WrongChecksum { found } => write!(f, "wrong checksum ({found})"),
            Self::Unverifiable => f.write_str("no checksum known"),
        }
    }
}

fn judge(file: &ModelFile, stamp: &Stamp) -> FileState {
    match &file.sha256 {
        Checksum::Sha256(expected) if *expected == stamp.sha256 => FileState::Ready,
        Checksum::Sha256(_) | Checksum::Unknown if stamp.accepted => FileState::Accepted,
        Checksum::Sha256(_) => FileState::WrongChecksum { found: stamp.sha256.clone() },
        Checksum::Unknown => FileState::Unverifiable,
    }
}

fn expected_text(checksum: &Checksum) -> String {
    match checksum {
        Checksum::Sha256(hex) => hex.clone(),
        Checksum::Unknown => "unknown".to_owned(),
    }
}

/// The rule of the XDG base directories: an empty or relative `XDG_DATA_HOME` counts as unset.
fn default_root_from(xdg_data_home: Option<OsString>, home: Option<OsString>) -> Result<PathBuf, ModelsError> {
    let absolute = |value: Option<OsString>| value.map(PathBuf::from).filter(|path| path.is_absolute());
    absolute(xdg_data_home)
        .or_else(|| absolute(home).map(|home| home.join(".local/share")))
        .map(|data| data.join("firstring/models"))
        .ok_or(ModelsError::NoHome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_directory_follows_xdg() {
        let cases = [
            (Some("/data"), Some("/home/a"), Some("/data/firstring/models")),
            (None, Some("/home/a"), Some("/home/a/.local/share/firstring/models")),
            (Some("relative"), Some("/home/a"), Some("/home/a/.local/share/firstring/models")),
            (Some(""), None, None),
        ];
        for (xdg, home, expected) in cases {
            let found = default_root_from(xdg.map(OsString::from), home.map(OsString::from)).ok();
            assert_eq!(found, expected.map(PathBuf::from), "{xdg:?} {home:?}");
        }
    }
}

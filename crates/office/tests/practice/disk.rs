//! A small disk of a test's own, a `tmpfs` in a mount namespace: it can be filled and turned read-only without anybody else
//! noticing.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the disk is. Who is started without it has none yet.
const DISK: &str = "FIRSTRING_DISK";
/// While this file is there nothing can be written to the disk: `read_only.c`.
const READ_ONLY: &str = "FIRSTRING_READ_ONLY";
/// More than twice what an empty practice takes.
const MOUNT: &str = "mount -t tmpfs -o size=8m tmpfs \"$FIRSTRING_DISK\"";
const NAMESPACE: [&str; 5] = ["--user", "--map-root-user", "--mount", "sh", "-c"];

#[derive(Clone)]
pub struct Disk {
    dir: PathBuf,
    read_only: PathBuf,
}

impl Disk {
    /// The disk, in the process that has one. Anybody else runs the test of this name again in such a process, and there
    /// is nothing left to do.
    pub fn of_its_own(test: &str) -> Option<Self> {
        if let Some(dir) = std::env::var_os(DISK) {
            let read_only = std::env::var_os(READ_ONLY).unwrap().into();
            return Some(Self { dir: dir.into(), read_only });
        }
        let (dir, beside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut tried = Command::new("unshare");
        let tried = tried.args(NAMESPACE).arg(MOUNT).env(DISK, dir.path()).output().unwrap();
        if !tried.status.success() {
            // Past the capture of what tests print: it is to be seen that nothing was shown.
            let why = String::from_utf8_lossy(&tried.stderr);
            let told = format!("SKIPPED {test}: no disk of its own may be mounted here: {why}\n");
            std::io::stderr().write_all(told.as_bytes()).unwrap();
            return None;
        }
        let done = Command::new("unshare")
            .args(NAMESPACE)
            .arg(format!("{MOUNT} && exec \"$0\" --exact {test} --nocapture --test-threads=1"))
            .arg(std::env::current_exe().unwrap())
            .env(DISK, dir.path())
            .env(READ_ONLY, beside.path().join("read_only"))
            .env("LD_PRELOAD", read_only(beside.path()))
            .output()
            .unwrap();
        let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert!(done.status.success(), "{out}\n{err}");
        assert!(out.contains("1 passed"), "there is no test {test}: {out}");
        print!("{out}");
        None
    }

    pub fn database(&self) -> PathBuf {
        self.dir.join("practice.db")
    }

    /// Fills it to the last byte.
    pub fn fill(&self) {
        let mut file = std::fs::File::create(self.dir.join("filling")).unwrap();
        let why = loop {
            match file.write_all(&[0; 4096]) {
                Ok(()) => {}
                Err(why) => break why,
            }
        };
        assert_eq!(why.kind(), std::io::ErrorKind::StorageFull);
    }

    pub fn make_room(&self) {
        std::fs::remove_file(self.dir.join("filling")).unwrap();
    }

    /// From now on nothing can be written to it.
    pub fn fail(&self) {
        std::fs::write(&self.read_only, "").unwrap();
        let why = std::fs::write(self.dir.join("anything"), "x").unwrap_err();
        assert_eq!(why.kind(), std::io::ErrorKind::ReadOnlyFilesystem);
    }

    pub fn recover(&self) {
        std::fs::remove_file(&self.read_only).unwrap();
    }

    /// Mounts it anew, `ro` or `rw`. Nobody may have anything open for writing on it.
    pub fn remount(&self, how: &str) {
        let done = Command::new("mount").args(["-o", &format!("remount,{how}")]).arg(&self.dir).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

/// Builds `read_only.c`.
fn read_only(dir: &Path) -> PathBuf {
    let (source, built) =
        (concat!(env!("CARGO_MANIFEST_DIR"), "/tests/practice/read_only.c"), dir.join("read_only.so"));
    let done = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&built).arg(source).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    built
}

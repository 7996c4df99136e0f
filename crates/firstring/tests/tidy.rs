//! The shape of the project, checked: which crate may import which, how long a file may be, that every dependency is
//! used and explained. ARCHITECTURE.md has the reasons.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Who may import whom: a crate's level and its allowed imports of ours.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("audio", &[]),
    ("models", &["domain"]),
    ("speech", &["audio", "domain"]),
    ("nlu", &["domain"]),
    ("dialogue", &["domain"]),
    ("oncall", &["domain"]),
    ("calendars", &["domain"]),
    ("testbed", &[]),
    ("recordings", &["domain"]),
    ("transport", &["audio", "domain"]),
    ("store", &["domain"]),
    ("call", &["audio", "dialogue", "domain", "models", "nlu", "recordings", "speech", "transport"]),
    ("office", &["calendars", "domain", "oncall", "store"]),
    ("web", &["domain", "store"]),
    (
        "eval",
        &["audio", "call", "dialogue", "domain", "models", "nlu", "office", "oncall", "speech", "store", "transport"],
    ),
    (
        "firstring",
        &[
            "audio",
            "calendars",
            "call",
            "dialogue",
            "domain",
            "eval",
            "models",
            "nlu",
            "office",
            "oncall",
            "recordings",
            "speech",
            "store",
            "transport",
            "web",
        ],
    ),
];

const FILE_LINES_MAX: usize = 800;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

fn manifest(krate: &str) -> toml::Table {
    toml::from_str(&read(&root().join("crates").join(krate).join("Cargo.toml"))).unwrap()
}

/// Every file below `dir` with one of the endings.
fn files(dir: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") && !path.ends_with(".git") {
            found.extend(files(&path, endings));
        } else if path.extension().is_some_and(|e| endings.iter().any(|known| e == *known)) {
            found.push(path);
        }
    }
    found
}

fn names(table: &toml::Table, key: &str) -> Vec<String> {
    table.get(key).and_then(|t| t.as_table()).map(|t| t.keys().cloned().collect()).unwrap_or_default()
}

#[test]
fn imports_only_point_to_a_lower_level() {
    let allowed: BTreeMap<_, _> = MAY_IMPORT.iter().copied().collect();
    let folders = fs::read_dir(root().join("crates")).unwrap();
    let mut seen = 0;
    for folder in folders {
        let krate = folder.unwrap().file_name().into_string().unwrap();
        let manifest = manifest(&krate);
        assert_eq!(manifest["package"]["name"].as_str(), Some(krate.as_str()), "a crate is named as its folder");
        let may = allowed.get(krate.as_str()).unwrap_or_else(|| panic!("{krate} has no row in MAY_IMPORT"));
        for section in ["dependencies", "build-dependencies"] {
            for import in names(&manifest, section) {
                let ours = allowed.contains_key(import.as_str());
                assert!(!ours || may.contains(&import.as_str()), "{krate} must not import {import}");
            }
        }
        seen += 1;
    }
    assert_eq!(seen, MAY_IMPORT.len(), "MAY_IMPORT names a crate that does not exist");
}

#[test]
fn no_file_is_longer_than_it_can_be_read() {
    let mut counted = 0;
    for dir in ["crates", "benches"] {
        for file in files(&root().join(dir), &["rs", "ts", "js", "css", "html", "py"]) {
            let lines = read(&file).lines().count();
            assert!(lines <= FILE_LINES_MAX, "{} has {lines} lines; split it", file.display());
            counted += 1;
        }
    }
    assert!(counted > 50, "the walk found only {counted} files");
}

#[test]
fn every_dependency_is_used() {
    for (krate, _) in MAY_IMPORT {
        let folder = root().join("crates").join(krate);
        let mut code: String = files(&folder, &["rs"]).iter().map(|file| read(file)).collect();
        if *krate == "firstring" {
            // Its benchmarks stand at the top.
            code.extend(files(&root().join("benches"), &["rs"]).iter().map(|file| read(file)));
        }
        let manifest = manifest(krate);
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for dependency in names(&manifest, section) {
                // SQLCipher is chosen by its feature alone; no line of ours names it.
                if dependency == "libsqlite3-sys" {
                    continue;
                }
                let ident = dependency.replace('-', "_");
                let used = [format!("{ident}::"), format!("use {ident};"), format!("use {ident} ")];
                assert!(used.iter().any(|u| code.contains(u)), "{krate} does not use {dependency}; remove it");
            }
        }
    }
}

#[test]
fn every_dependency_is_explained() {
    let workspace: toml::Table = toml::from_str(&read(&root().join("Cargo.toml"))).unwrap();
    let architecture = read(&root().join("ARCHITECTURE.md"));
    let ours: Vec<_> = MAY_IMPORT.iter().map(|(krate, _)| *krate).collect();
    for dependency in workspace["workspace"]["dependencies"].as_table().unwrap().keys() {
        if !ours.contains(&dependency.as_str()) {
            assert!(architecture.contains(&format!("`{dependency}`")), "ARCHITECTURE.md says nothing of {dependency}");
        }
    }
}

#[test]
fn the_pure_crates_know_no_clock_and_no_runtime() {
    let banned = [
        "Instant::now",
        "SystemTime::now",
        "Timestamp::now",
        "Zoned::now",
        "tokio::",
        "unbounded_channel",
        "std::thread",
    ];
    for krate in ["domain", "dialogue", "oncall"] {
        for file in files(&root().join("crates").join(krate).join("src"), &["rs"]) {
            let code = read(&file);
            for word in banned {
                assert!(!code.contains(word), "{} uses {word}", file.display());
            }
        }
    }
}

#[test]
fn each_native_library_stands_in_its_own_place() {
    let places = [
        ("whisper_rs::", "speech/src/whisper"),
        ("ort::", "speech/src/onnx"),
        ("candle_core::", "nlu/src/model/candle"),
        ("cpal::", "transport/src/microphone"),
    ];
    for (library, place) in places {
        let users: Vec<_> = files(&root().join("crates"), &["rs"])
            .into_iter()
            .filter(|file| !file.ends_with("tests/tidy.rs"))
            .filter(|file| read(file).lines().any(|l| l.trim_start().starts_with(&format!("use {library}"))))
            .collect();
        assert!(!users.is_empty(), "nothing uses {library}");
        for user in users {
            assert!(user.to_string_lossy().contains(place), "{library} is used in {}", user.display());
        }
    }
}

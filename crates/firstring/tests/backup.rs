//! Records are copied, lost and brought back by the program itself, and a backup that is not what it was is refused before anything
//! is touched.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
mod support;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use domain::{CallId, MessageId, PracticeId, RequestId};
use firstring::wiring::SoleServer;
use serde_json::{Value, json};
use store::{CallRow, MessageRow, Notify, OpenOptions, Secret, Store};
use support::{config_with_database, fails, firstring, practice};
use testbed::Postgres;

fn riverside() -> PracticeId {
    "riverside".into()
}

/// What is wrong, the backup's bytes, its manifest, the key that is given, words of the refusal.
type Refused<'a> = (&'a str, &'a [u8], Option<&'a str>, Option<&'a Path>, &'a [&'a str]);

/// A directory with records, and others for backups and keys.
struct Bed {
    folder: tempfile::TempDir,
}

impl Bed {
    /// Made by the program: the keys, too.
    async fn new() -> Self {
        let bed = Self { folder: tempfile::tempdir().unwrap() };
        for name in ["backups", "safe"] {
            std::fs::create_dir(bed.path(name)).unwrap();
        }
        let slots =
            ["appointments", "slots", "--type", "vaccine", "--now", "2026-03-04T10:00:00-05:00[America/New_York]"];
        told(bed.staff(&slots).arg("--json"));
        std::fs::write(bed.data().join("link-key"), "ab".repeat(32)).unwrap();
        bed.save(1).await;
        bed.save(2).await;
        bed
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn data(&self) -> PathBuf {
        self.path("data")
    }

    fn staff(&self, args: &[&str]) -> Command {
        let mut command = firstring();
        command.args(args).arg("--practice").arg(practice()).arg("--data").arg(self.data());
        command
    }

    fn backup(&self) -> Command {
        let mut command = firstring();
        command.arg("backup").arg("--data").arg(self.data()).arg("--to").arg(self.path("backups/riverside.db"));
        command
    }

    fn restore(&self) -> Command {
        let mut command = firstring();
        command.arg("restore").arg("--data").arg(self.data()).arg("--from").arg(self.path("backups/riverside.db"));
        command
    }

    async fn open(&self) -> Store {
        let key = std::fs::read_to_string(self.data().join("key")).unwrap();
        Store::open(&OpenOptions::new(self.data().join("firstring.db"), Secret::new(key.trim()))).await.unwrap()
    }

    async fn save(&self, request: u32) {
        let store = self.open().await;
        let call = CallRow {
            id: CallId::new(),
            practice: riverside(),
            caller_id: None,
            began_at: "2026-03-04T15:00:00Z".parse().unwrap(),
            ended_at: None,
            summary: None,
        };
        store.begin_call(&call).await.unwrap();
        let ended_at = "2026-03-04T15:02:00Z".parse().unwrap();
        store.append_journal(call.id, &["please renew my inhaler".into()]).await.unwrap();
        store.end_call(call.id, ended_at, &"{}".into()).await.unwrap();
        let draft = json!({
            "caller": "patient", "intent": "prescription_refill", "urgency": "routine", "name": "Maria Lopez",
            "date_of_birth": null, "callback": "+12125550123", "text": "please renew my inhaler", "complete": true,
        });
        let row = MessageRow {
            id: MessageId::new(),
            call: call.id,
            request: RequestId(request),
            practice: riverside(),
            saved_at: "2026-03-04T15:01:00Z".parse().unwrap(),
            draft: serde_json::from_value(draft).unwrap(),
            redacted_at: None,
        };
        store.save_message(&row, Notify::Nobody).await.unwrap();
        store.close().await;
    }

    /// Messages and ledger, as the program tells them.
    fn records(&self) -> (Vec<Value>, Value) {
        let messages = told_json(&mut self.staff(&["messages", "list"]));
        (messages, told_json(&mut self.staff(&["ledger", "verify"])).remove(0))
    }

    /// Every file of the data directory but the empty one that servers lock.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        std::fs::read_dir(self.data())
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap())
            })
            .filter(|(name, _)| name != "serving")
            .collect()
    }
}

fn told(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    for word in ["Lopez", "5550123", "inhaler"] {
        assert!(!stderr.contains(word), "a patient's {word} on stderr: {stderr}");
    }
    String::from_utf8(output.stdout).unwrap()
}

fn told_json(command: &mut Command) -> Vec<Value> {
    told(command.arg("--json")).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn mode(file: &Path) -> u32 {
    std::fs::metadata(file).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn what_was_lost_is_brought_back_from_a_backup_and_its_key() {
    let bed = Bed::new().await;
    let (backup, keys) = (bed.path("backups/riverside.db"), bed.path("safe/keys"));
    let before = bed.records();
    let in_use = bed.open().await; // as a server has it
    let words = told(bed.backup().arg("--key-to").arg(&keys));
    in_use.close().await;
    assert!(words.contains(keys.to_str().unwrap()) && words.contains("the backup is noise"), "{words}");
    assert!(words.contains("holds everything up to 2026-03-04T15:02:00Z"), "{words}");

    let manifest: Value =
        serde_json::from_slice(&std::fs::read(bed.path("backups/riverside.db.json")).unwrap()).unwrap();
    assert_eq!(manifest["schema"], store::schema_known());
    assert_eq!(manifest["program"], env!("CARGO_PKG_VERSION"));
    assert_eq!((&manifest["rows"]["message"], &manifest["rows"]["journal"]), (&2.into(), &2.into()));
    assert_eq!(manifest["bytes"], std::fs::metadata(&backup).unwrap().len());
    assert_eq!(manifest["ledgers"][0]["head"], before.1["head"]);
    for file in [&backup, &keys, &bed.path("backups/riverside.db.json")] {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }
    assert_eq!(std::fs::read_dir(bed.path("backups")).unwrap().count(), 2, "nothing is left of its making");

    std::fs::remove_dir_all(bed.data()).unwrap();
    fails(&mut bed.restore(), 1, &["there is no key in", "--key"]);
    let told = told_json(bed.restore().arg("--key").arg(&keys)).remove(0);
    assert_eq!((&told["messages"], &told["holds_until"]), (&2.into(), &"2026-03-04T15:02:00Z".into()));
    assert_eq!(told["kept"], json!([]));
    assert_eq!(bed.records(), before);
    assert_eq!(std::fs::read_to_string(bed.data().join("link-key")).unwrap(), "ab".repeat(32));
    assert_eq!(mode(&bed.data().join("key")), 0o600);
    let store = bed.open().await;
    let done = store.audit_of("database").await.unwrap();
    assert_eq!(done.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(), ["copied", "restored"]);
    store.close().await;
}

#[tokio::test]
async fn the_present_records_are_kept_beside_those_that_are_restored() {
    let bed = Bed::new().await;
    let before = bed.records();
    told(&mut bed.backup());
    bed.save(3).await;
    let later = bed.records();
    assert_ne!(before, later);

    let serving = SoleServer::of(&bed.data()).unwrap();
    fails(&mut bed.restore(), 1, &["another firstring serves", "stop it"]);
    drop(serving);
    let used = bed.open().await;
    fails(&mut bed.restore(), 1, &["another process works with", "wait"]);
    used.close().await;
    assert_eq!(bed.records(), later, "a restore that is refused changes nothing");

    let told = told(&mut bed.restore());
    assert!(told.contains("is restored to") && told.contains("kept of before"), "{told}");
    assert_eq!(bed.records(), before);
    let kept: Vec<_> = bed.files().into_keys().filter(|name| name.contains(".before-")).collect();
    assert_eq!(kept.len(), 1, "the key is the same: {kept:?}");
    std::fs::rename(bed.data().join(&kept[0]), bed.data().join("firstring.db")).unwrap();
    assert_eq!(bed.records(), later, "nothing of it is lost");
}

#[tokio::test]
async fn a_backup_that_is_not_what_it_was_is_refused_and_nothing_is_touched() {
    let bed = Bed::new().await;
    let (backup, manifest) = (bed.path("backups/riverside.db"), bed.path("backups/riverside.db.json"));
    told(&mut bed.backup());
    bed.save(3).await;
    let (whole, text) = (std::fs::read(&backup).unwrap(), std::fs::read_to_string(&manifest).unwrap());
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    let other_key = bed.path("safe/other");
    std::fs::write(&other_key, "cd".repeat(32)).unwrap();
    let schema = format!("\"schema\": {}", store::schema_known());
    let newer = text.replace(&schema, "\"schema\": 999").replace("\"program\": \"", "\"program\": \"9.");
    assert_ne!(newer, text);
    bed.records(); // brings its log in
    let files = bed.files();
    let cases: [Refused<'_>; 8] = [
        ("truncated", &whole[..whole.len() - 4096], Some(&text), None, &["is not as it was made", "SHA-256"]),
        ("truncated, alone", &whole[..whole.len() - 4096], None, None, &["riverside.db"]),
        ("flipped", &flipped, Some(&text), None, &["is not as it was made"]),
        ("flipped, alone", &flipped, None, None, &["damaged"]),
        ("empty", &[], None, None, &["riverside.db"]),
        ("wrong key", &whole, Some(&text), Some(&other_key), &["riverside.db", "does not open with this key", "--key"]),
        ("newer", &whole, Some(&newer), None, &["schema 999", "firstring 9.", "this is firstring"]),
        ("other manifest", &whole, Some("{}"), None, &["riverside.db.json", "is not what"]),
    ];
    for (what, bytes, beside, key, words) in cases {
        std::fs::write(&backup, bytes).unwrap();
        match beside {
            Some(text) => std::fs::write(&manifest, text).unwrap(),
            None => std::fs::remove_file(&manifest).unwrap_or_default(),
        }
        let mut restore = bed.restore();
        if let Some(key) = key {
            restore.arg("--key").arg(key);
        }
        fails(&mut restore, 1, words);
        let now = bed.files();
        assert!(now == files, "{what}: {:?}", now.keys());
    }
    std::fs::write(&backup, &whole).unwrap();
    std::fs::write(&manifest, &text).unwrap();
    told(&mut bed.restore());

    // A damaged present database, whose key is another: that is what backups are for.
    std::fs::write(bed.data().join("firstring.db"), &flipped).unwrap();
    std::fs::write(bed.data().join("key"), "cd".repeat(32)).unwrap();
    let key = bed.path("safe/key");
    std::fs::write(&key, &files["key"]).unwrap();
    told(bed.restore().arg("--key").arg(&key));
    assert_eq!(bed.records().0.len(), 2);
    let kept: Vec<_> = bed.files().into_iter().filter(|(name, _)| name.contains(".before-")).collect();
    assert!(kept.iter().any(|(name, bytes)| name.starts_with("key.before-") && *bytes == "cd".repeat(32).as_bytes()));
    assert!(kept.iter().any(|(_, bytes)| *bytes == flipped), "the damaged one is kept, too");
}

#[tokio::test]
async fn a_backup_goes_where_it_is_safe_and_replaces_another_only_when_told() {
    let bed = Bed::new().await;
    told(&mut bed.backup());
    let first = std::fs::read(bed.path("backups/riverside.db")).unwrap();
    fails(&mut bed.backup(), 1, &["is there already", "--replace"]);
    let to = |path: PathBuf| {
        let mut command = firstring();
        command.arg("backup").arg("--data").arg(bed.data()).arg("--to").arg(path);
        command
    };
    fails(to(bed.data().join("firstring.db")).arg("--replace"), 1, &["is in the data directory"]);
    fails(&mut to(bed.path("nowhere/riverside.db")), 1, &["nowhere", "is not there"]);
    fails(&mut to(bed.path("backups")), 1, &["is a directory"]);
    let beside = bed.path("backups/keys");
    fails(to(bed.path("backups/other.db")).arg("--key-to").arg(&beside), 1, &["would lie beside the backup"]);
    let mut none = firstring();
    none.arg("backup").arg("--data").arg(bed.path("none")).arg("--to").arg(bed.path("backups/other.db"));
    fails(&mut none, 1, &["no records in", "--data"]);
    assert!(!bed.path("none").exists());

    bed.save(3).await;
    let told = told_json(bed.backup().arg("--replace")).remove(0);
    assert_eq!(told["rows"]["message"], 3);
    assert_eq!(told["key"], bed.data().canonicalize().unwrap().join("key").to_str().unwrap());
    assert_ne!(std::fs::read(bed.path("backups/riverside.db")).unwrap(), first);
    assert_eq!(std::fs::read_dir(bed.path("backups")).unwrap().count(), 2);
}

#[tokio::test]
async fn records_are_removed_only_as_far_as_the_practice_says() {
    let bed = Bed::new().await;
    let retention = |more: &[&str]| {
        let mut command = bed.staff(&["retention", "--now", "2026-04-03T15:01:30Z[UTC]"]);
        command.args(more);
        command
    };
    assert!(told(&mut retention(&[])).starts_with("nothing is removed"));
    let removed = |journals: u32, messages: u32, dry_run: bool| json!({ "dry_run": dry_run, "journals": journals, "messages": messages, "cases": 0, "recordings": 0 });
    // 30 days are over since the messages, not yet since the end of the calls.
    let all = ["--journals-days", "30", "--messages-days", "30", "--cases-days", "30"];
    let dry = [&all[..], &["--dry-run"]].concat();
    assert_eq!(told_json(&mut retention(&dry)), [removed(0, 2, true)]);
    assert!(bed.records().0.iter().all(|message| message["text"] != ""));
    assert_eq!(told_json(&mut retention(&all)), [removed(0, 2, false)]);
    assert!(bed.records().0.iter().all(|message| message["text"] == ""));
    let words = told(&mut retention(&["--messages-days", "30"]));
    assert!(words.contains("0 messages redacted") && words.contains("journals of their calls still hold"), "{words}");
    assert_eq!(told_json(&mut retention(&["--journals-days", "29"])), [removed(2, 0, false)]);
    assert_eq!(retention(&["--cases-days", "0"]).output().unwrap().status.code(), Some(2));
    let store = bed.open().await;
    assert_eq!(store.audit_of("messages 30 days").await.unwrap()[0].action, "asked for retention");
    assert_eq!(store.audit_of("journals of riverside").await.unwrap()[0].action, "deleted 2 older than 29 days");
    store.close().await;
}

#[tokio::test]
async fn a_practice_moves_to_a_server_and_back_by_its_backups() {
    let bed = Bed::new().await;
    told(&mut bed.backup());
    let (before, _) = bed.records();
    let url = Postgres::shared().database();
    let config = config_with_database(&bed.path("safe"), &url);
    let node = bed.path("node");
    let key = bed.data().join("key");
    let restore = |from: &str| {
        let mut command = firstring();
        command.arg("restore").arg("--config").arg(&config).arg("--data").arg(&node).arg("--key").arg(&key);
        command.arg("--from").arg(bed.path(from));
        command
    };
    assert_eq!(told_json(&mut restore("backups/riverside.db"))[0]["messages"], 2);
    fails(&mut restore("backups/riverside.db"), 1, &["holds records already"]);

    let there = |args: &[&str]| {
        let mut command = firstring();
        command.args(args).arg("--config").arg(&config).arg("--practice").arg(practice()).arg("--data").arg(&node);
        told_json(&mut command)
    };
    assert_eq!(there(&["messages", "list"]), before);
    assert_eq!(there(&["ledger", "verify"])[0]["flaws"], json!([]));

    // A node's backup is a file like any other, and opens with the node's own key.
    let back = bed.path("backups/back.db");
    let mut backup = firstring();
    told(
        backup.arg("backup").arg("--config").arg(&config).arg("--data").arg(&node).arg("--to").arg(&back).arg("--json"),
    );
    let mut home = firstring();
    home.arg("restore").arg("--data").arg(bed.path("home")).arg("--key").arg(node.join("key")).arg("--from").arg(&back);
    assert_eq!(told_json(&mut home)[0]["messages"], 2);
}

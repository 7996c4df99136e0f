//! `firstring talk` with a microphone and a loudspeaker that a sound server of the test's own stands for: what is said is written and
//! answered, the doctor is paged, `q` hangs up, and a device that is missing or goes away is told in one sentence.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking
#![cfg(feature = "microphone")]

#[allow(dead_code)] // each test uses its own part
mod support;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use support::{Pager, fails, firstring, fixture, models_are_there, paging, practice, words_in};
use testbed::{LOUDSPEAKER, PulseAudio, SoundDevices};

/// Nothing takes so long unless it never comes.
const LONG: Duration = Duration::from_secs(90);
/// Models are loaded before the first word.
const WARM: Duration = Duration::from_secs(300);

/// Somebody in front of the computer.
struct Talk {
    child: Child,
    lines: mpsc::Receiver<String>,
    seen: Vec<String>,
    stderr: PathBuf,
}

impl Talk {
    fn start(devices: &SoundDevices, practice: &Path, folder: &Path) -> Self {
        let mut command = firstring();
        devices.belong_to(&mut command);
        let stderr = folder.join("stderr");
        command.args(["talk", "--no-llm", "--practice"]).arg(practice).arg("--data").arg(folder.join("data"));
        let log = std::fs::File::create(&stderr).unwrap();
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines, seen: Vec::new(), stderr }
    }

    /// Waits for the next line with all of these words, in lower case, and gives it.
    fn shows(&mut self, words: &[&str], within: Duration) -> String {
        let until = Instant::now() + within;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("{words:?} does not come: {:#?}\n{}", self.seen, self.stderr());
            };
            println!("{line}");
            self.seen.push(line.clone());
            let line = line.to_lowercase();
            if words.iter().all(|word| line.contains(word)) {
                return line;
            }
        }
    }

    fn types(&mut self, keys: &str) {
        self.child.stdin.as_mut().unwrap().write_all(keys.as_bytes()).unwrap();
    }

    /// The exit code.
    fn ends(&mut self) -> Option<i32> {
        let until = Instant::now() + LONG;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("it does not end: {}", self.stderr());
    }

    fn stderr(&self) -> String {
        std::fs::read_to_string(&self.stderr).unwrap()
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What is kept of the call: its summary, and its journal.
async fn kept(data: &Path) -> (serde_json::Value, String) {
    let key = std::fs::read_to_string(data.join("key")).unwrap();
    let options = store::OpenOptions::new(data.join("firstring.db"), store::Secret::new(key.trim()));
    let store = store::Store::open(&options).await.unwrap();
    let calls = store.latest_calls(&"riverside".into(), 2).await.unwrap();
    assert_eq!(calls.len(), 1, "one call is kept");
    let journal = store.journal(calls[0].id).await.unwrap();
    store.close().await;
    let summary = calls[0].summary.as_ref().expect("the call's end is kept");
    let journal: Vec<_> = journal.iter().map(|line| line.expose().as_str()).collect();
    (serde_json::from_str(summary.expose()).unwrap(), journal.join("\n"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sits_at_the_computer_is_answered_as_a_caller_is() {
    if !models_are_there() {
        return;
    }
    let Some(server) = PulseAudio::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let pager = Pager::start().await;
    let practice = paging(&pager, None, folder.path());
    let heard = folder.path().join("heard.wav");
    let recording = server.devices.record(LOUDSPEAKER, &heard);
    let mut talk = Talk::start(&server.devices, &practice, folder.path());
    talk.shows(&["firstring  ", "riverside"], WARM);
    std::thread::sleep(Duration::from_secs(9));
    server.devices.say(&fixture("question_parking")).finish();
    talk.shows(&["you  ", "parking"], LONG);
    talk.shows(&["firstring  ", "park"], LONG);
    std::thread::sleep(Duration::from_secs(9));
    talk.types("7\n");
    server.devices.say(&fixture("emergency_chest")).finish();
    talk.shows(&["you  ", "chest"], LONG);
    talk.shows(&["firstring  ", "911"], LONG);
    // The emergency line is said to its end.
    std::thread::sleep(Duration::from_secs(12));
    talk.types("q");
    assert_eq!(talk.ends(), Some(0), "{}", talk.stderr());
    talk.shows(&["the call is over"], LONG);
    talk.shows(&["1 of this practice's cases", "firstring serve"], LONG);
    assert!(!talk.seen.iter().any(|line| line.contains('\x1b')), "stdout is no terminal: {:?}", talk.seen);
    recording.end();

    assert_eq!(pager.pages()[0].body["urgency"], "emergency");
    let words = words_in(&heard);
    println!("{words}");
    for word in ["family medicine", "park", "paging"] {
        assert!(words.contains(word), "{word} is heard: {words}");
    }
    let (summary, journal) = kept(&folder.path().join("data")).await;
    assert_eq!(summary["hangup_by"], "caller", "{summary}");
    assert!(journal.contains("\"7\""), "the key was pressed");
    pager.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_goes_away_ends_the_call_in_one_sentence_and_the_call_is_kept() {
    if !models_are_there() {
        return;
    }
    let Some(server) = PulseAudio::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut talk = Talk::start(&server.devices, &practice(), folder.path());
    talk.shows(&["firstring  ", "riverside"], WARM);
    server.devices.order(&["exit"]);
    assert_eq!(talk.ends(), Some(1), "{}", talk.stderr());
    let stderr = talk.stderr();
    let told: Vec<_> = stderr.lines().filter(|line| line.starts_with("firstring: ")).collect();
    println!("{told:?}");
    assert!(told.len() == 1 && told[0].contains("is gone"), "{stderr}");
    assert!(!stderr.contains("ALSA lib") && !stderr.contains("panicked"), "{stderr}");
    let (summary, _) = kept(&folder.path().join("data")).await;
    assert!(summary["escalation"].is_null(), "{summary}");
}

#[test]
fn a_device_that_is_missing_is_told_in_one_sentence() {
    let talk = |more: &[&str]| {
        let mut command = firstring();
        command.args(["talk", "--practice"]).arg(practice()).args(more).stdin(Stdio::null());
        command
    };
    // A computer whose only sound server does not run.
    let folder = tempfile::tempdir().unwrap();
    let nothing = SoundDevices::of(folder.path());
    std::fs::write(folder.path().join("asound.conf"), "pcm.!default { type hw card 31 }\n").unwrap();
    let on_nothing = |mut command: Command| {
        nothing.belong_to(&mut command);
        command
    };
    fails(&mut on_nothing(talk(&[])), 1, &["no microphone", "--list-devices"]);
    fails(&mut on_nothing(talk(&["--input", "nowhere"])), 1, &["no microphone \"nowhere\"", "--list-devices"]);

    let Some(server) = PulseAudio::start() else { return };
    let with_server = |mut command: Command| {
        server.devices.belong_to(&mut command);
        command
    };
    fails(&mut with_server(talk(&["--output", "nowhere"])), 1, &["no loudspeaker \"nowhere\"", "--list-devices"]);
    let listed = with_server(talk(&["--list-devices"])).output().unwrap();
    assert!(listed.status.success());
    let listed = String::from_utf8(listed.stdout).unwrap();
    println!("{listed}");
    assert!(!listed.is_empty() && listed.lines().all(|line| line.split('\t').count() == 3), "{listed}");
    assert!(listed.lines().any(|line| line.starts_with("alsa:default\tinput, output\t")), "{listed}");
}

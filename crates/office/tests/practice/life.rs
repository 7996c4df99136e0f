//! A process that works until it is killed: it says what it is about to ask and what was answered, and whoever kills it
//! hears that.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Where the process works and where it pages. Who is started without it is not to be killed.
pub const PLACE: &str = "FIRSTRING_KILLED_PLACE";

/// One line of the process to its killer: a step (`begin` or `done`), what of, and which.
pub fn says(what: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "|{what}").unwrap();
    out.flush().unwrap();
}

/// What one life began and was answered, by kind.
#[derive(Default)]
pub struct Said {
    begun: BTreeMap<String, BTreeSet<String>>,
    done: BTreeMap<String, BTreeSet<String>>,
}

impl Said {
    /// Whether something began.
    fn note(&mut self, line: &str) -> bool {
        // Others may write to the same output.
        let Some(line) = line.split('|').nth(1) else { return false };
        let [step, kind, id] = line.split(' ').collect::<Vec<_>>()[..] else { return false };
        let of = if step == "begin" { &mut self.begun } else { &mut self.done };
        of.entry(kind.to_owned()).or_default().insert(id.to_owned());
        step == "begin"
    }

    pub fn all_begun(&self, kind: &str) -> impl Iterator<Item = &str> {
        self.begun.get(kind).into_iter().flatten().map(String::as_str)
    }

    pub fn all_done(&self, kind: &str) -> impl Iterator<Item = &str> {
        self.done.get(kind).into_iter().flatten().map(String::as_str)
    }

    pub fn is_begun(&self, kind: &str, id: &str) -> bool {
        self.begun.get(kind).is_some_and(|ids| ids.contains(id))
    }

    pub fn is_done(&self, kind: &str, id: &str) -> bool {
        self.done.get(kind).is_some_and(|ids| ids.contains(id))
    }

    /// How much was answered.
    pub fn answers(&self) -> usize {
        self.done.values().map(BTreeSet::len).sum()
    }

    /// How much was not, in the middle of which it was killed.
    pub fn unanswered(&self) -> usize {
        self.begun.values().map(BTreeSet::len).sum::<usize>() - self.answers()
    }
}

fn start(test: &str, place: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(PLACE, place)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// One life of the test of this name, killed after this many requests and then this much time.
pub fn live_and_be_killed(test: &str, place: &str, requests: u32, after: Duration) -> Said {
    let mut child = start(test, place);
    let mut said = Said::default();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut begun = 0;
    while begun < requests {
        let line = lines.next().expect("it lives until it is killed");
        begun += u32::from(said.note(&line));
    }
    let struck = Instant::now();
    while struck.elapsed() < after {
        std::hint::spin_loop(); // a sleep is not so exact
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for line in lines {
        said.note(&line);
    }
    said
}

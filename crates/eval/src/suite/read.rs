use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::heard::{HeardLine, as_heard};
use super::{Case, markdown};

/// Why a suite cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line is wrong.
    #[error("{path}:{line}: {wrong}")]
    Line {
        /// In which file.
        path: PathBuf,
        /// Which, counted from 1.
        line: usize,
        /// What is wrong.
        wrong: String,
    },
}

/// Where the cases stand that were heard: the first line of such a file.
#[derive(Deserialize)]
struct HeardOf {
    heard_of: PathBuf,
}

/// Whether the file holds labelled utterances; another Markdown file is a scenario.
pub fn is_suite(path: &Path) -> bool {
    let utterance = |text: String| text.lines().any(|line| line.starts_with("> "));
    path.extension().is_some_and(|ending| ending == "jsonl") || std::fs::read_to_string(path).is_ok_and(utterance)
}

/// The cases of a file, or of all files of a folder in the order of their names.
pub fn read_suite(path: &Path) -> Result<Vec<Case>, SuiteError> {
    let io = |source| SuiteError::Io { path: path.to_owned(), source };
    if path.is_dir() {
        let entries = std::fs::read_dir(path).map_err(io)?;
        let mut files: Vec<_> =
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(io)?;
        files.sort();
        let cases = files.iter().filter(|file| is_suite(file)).map(|file| read_suite(file));
        return Ok(cases.collect::<Result<Vec<_>, _>>()?.concat());
    }
    let text = std::fs::read_to_string(path).map_err(io)?;
    let wrong = |(line, wrong)| SuiteError::Line { path: path.to_owned(), line, wrong };
    if path.extension().is_none_or(|ending| ending != "jsonl") {
        return markdown::parse(&text).map_err(wrong);
    }
    let Some(HeardOf { heard_of }) = text.lines().next().and_then(|line| serde_json::from_str(line).ok()) else {
        return json_lines(&text, 0).map_err(wrong);
    };
    let lines: Vec<HeardLine> = json_lines(&text, 1).map_err(wrong)?;
    let cases = read_suite(&path.parent().unwrap_or(Path::new(".")).join(heard_of))?;
    as_heard(cases, lines).map_err(|id| wrong((1, format!("there is no case {id}, or it was heard twice"))))
}

fn json_lines<T: for<'de> Deserialize<'de>>(text: &str, skip: usize) -> Result<Vec<T>, (usize, String)> {
    let lines = text.lines().enumerate().skip(skip).filter(|(_, line)| !line.trim().is_empty());
    // serde's own message may quote the values, which can be a patient's words.
    lines
        .map(|(at, line)| {
            serde_json::from_str(line).map_err(|why| (at + 1, format!("not a case (column {})", why.column())))
        })
        .collect()
}

//! Configuration: what is written (`RawServer`, `RawPractice`) becomes what the program needs ([`Server`],
//! [`PracticeConfig`]) once. An error names the file, the line, what is wrong and what to do.

mod practice;
mod practices;
mod secret;
mod server;
mod sip;
mod streams;

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;

pub use practice::{
    CalendarKind, Contact, Encryption, Gateway, Login, Mail, MessagesByEmail, NOBODY, Numbers, OutsideCalendar,
    PracticeConfig, read_patients,
};
pub use secret::SecretRef;
pub use server::{Http, Overrides, Server};
pub use sip::{ConfiguredTrunk, Telephones};
pub use streams::{Streams, StreamsRest};

/// Whether what is sent to `url` is read by nobody on the way: TLS, or this machine.
fn is_private(url: &str) -> bool {
    let here = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let ends = |rest: &str| rest.is_empty() || rest.starts_with([':', '/']);
    url.starts_with("https://") || here.iter().any(|host| url.strip_prefix(host).is_some_and(ends))
}

/// A mistake in a configuration file.
#[derive(Debug)]
pub struct ConfigError {
    file: PathBuf,
    line: Option<usize>,
    wrong: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.wrong)
    }
}

impl ConfigError {
    /// What is wrong with flags and file together.
    fn of_flags(wrong: &str) -> Self {
        Self { file: PathBuf::from("[sip]"), line: None, wrong: wrong.to_owned() }
    }
}

impl std::error::Error for ConfigError {}

/// A file's text and name, for errors that point into it.
#[derive(Debug)]
struct Source {
    file: PathBuf,
    text: String,
}

impl Source {
    fn read(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file).map_err(|why| ConfigError {
            file: file.to_owned(),
            line: None,
            wrong: format!("cannot be read ({why}); give the path of a TOML file"),
        })?;
        Ok(Self { file: file.to_owned(), text })
    }

    fn parse<T: serde::de::DeserializeOwned>(&self) -> Result<T, ConfigError> {
        toml::from_str(&self.text).map_err(|error| {
            let key = error.span().and_then(|span| key_before(&self.text[..span.start.min(self.text.len())]));
            let wrong = key.map_or_else(String::new, |key| format!("{key}: ")) + error.message();
            self.at(error.span(), wrong)
        })
    }

    /// An error at a place in the file.
    fn at(&self, span: Option<Range<usize>>, wrong: String) -> ConfigError {
        let line = span.map(|span| 1 + self.text[..span.start.min(self.text.len())].matches('\n').count());
        ConfigError { file: self.file.clone(), line, wrong }
    }

    /// Where a secret stands.
    fn secret(&self, written: &Spanned<String>) -> Result<SecretRef, ConfigError> {
        SecretRef::parse(written.get_ref()).map_err(|wrong| self.at(Some(written.span()), wrong))
    }

    /// A path as it is written in this file: relative to the file.
    fn path(&self, written: &str) -> PathBuf {
        self.file.parent().unwrap_or(Path::new("")).join(written)
    }
}

/// The key whose value follows `text`, if it stands in the same line: `by` after `lines = { by = `.
fn key_before(text: &str) -> Option<&str> {
    let line = &text[text.rfind('\n').map_or(0, |end| end + 1)..];
    let (before, _) = line.rsplit_once('=')?;
    let key = before.rsplit(['{', ',']).next()?.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '"');
    (!key.is_empty() && key.chars().all(plain)).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_told_by_its_key() {
        let table = [
            ("minutes = ", Some("minutes")),
            ("a = 1\nzone = ", Some("zone")),
            ("lines = { by = ", Some("by")),
            ("lines = { by = \"Ann\", on = ", Some("on")),
            ("days = [\"monday\", ", Some("days")),
            ("a = 1\n", None),
            ("a = 1\n[[hours]]", None),
            ("types = [\n  ", None),
        ];
        for (before, key) in table {
            assert_eq!(key_before(before), key, "{before}");
        }
    }
}

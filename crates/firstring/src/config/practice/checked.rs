//! The checks that several parts of a practice's file share.

use jiff::civil::{Date, DateTime, Time, Weekday};
use toml::Spanned;

use crate::config::{ConfigError, Source, is_private};

/// A file whose values are being checked.
pub(super) struct Checked<'a>(pub(super) &'a Source);

impl Checked<'_> {
    pub(super) fn wrong<T>(&self, at: &Spanned<T>, what: &str) -> ConfigError {
        self.0.at(Some(at.span()), what.to_owned())
    }

    pub(super) fn named(&self, text: &Spanned<String>, key: &str) -> Result<String, ConfigError> {
        match text.get_ref().trim() {
            "" => Err(self.wrong(text, &format!("{key} is empty; write it as it is spoken"))),
            name => Ok(name.to_owned()),
        }
    }

    pub(super) fn digits(&self, text: &Spanned<String>, count: usize, key: &str) -> Result<(), ConfigError> {
        let written = text.get_ref();
        if written.len() == count && written.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(());
        }
        Err(self.wrong(text, &format!("{key} must be {count} digits in quotes")))
    }

    pub(super) fn url(&self, url: &Spanned<String>, key: &str) -> Result<String, ConfigError> {
        if is_private(url.get_ref()) {
            return Ok(url.get_ref().clone());
        }
        Err(self.wrong(url, &format!("{key} must begin with https:// (http:// only to 127.0.0.1: pages are private)")))
    }

    pub(super) fn time(&self, text: &Spanned<String>) -> Result<Time, ConfigError> {
        text.get_ref().parse().map_err(|_| self.wrong(text, "not a time of day; write it as \"08:30\""))
    }

    pub(super) fn weekday(&self, text: &Spanned<String>) -> Result<Weekday, ConfigError> {
        const DAYS: [(&str, Weekday); 7] = [
            ("monday", Weekday::Monday),
            ("tuesday", Weekday::Tuesday),
            ("wednesday", Weekday::Wednesday),
            ("thursday", Weekday::Thursday),
            ("friday", Weekday::Friday),
            ("saturday", Weekday::Saturday),
            ("sunday", Weekday::Sunday),
        ];
        DAYS.iter()
            .find(|(name, _)| name == text.get_ref())
            .map(|(_, day)| *day)
            .ok_or_else(|| self.wrong(text, "not a weekday; write \"monday\" .. \"sunday\""))
    }

    /// A day ("2026-12-24", from midnight) or a moment of it ("2026-12-24T12:00").
    pub(super) fn moment(&self, written: &Spanned<String>) -> Result<DateTime, ConfigError> {
        let text = written.get_ref();
        let day = || text.parse::<Date>().map(DateTime::from);
        let moment = if text.contains('T') { text.parse() } else { day() };
        moment.map_err(|_| self.wrong(written, "not a day or moment; write \"2026-12-24\" or \"2026-12-24T12:00\""))
    }

    pub(super) fn date(&self, text: &Spanned<String>) -> Result<Date, ConfigError> {
        text.get_ref().parse().map_err(|_| self.wrong(text, "not a day; write it as \"2026-12-24\""))
    }
}

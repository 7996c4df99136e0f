//! `[messages]`: messages by e-mail, beside the inbox and `messages_url`.

use std::fmt;

use domain::OpenHours;
use jiff::civil::Weekday;
use office::Schedule;
use serde::Deserialize;
use toml::Spanned;

use super::checked::Checked;
use super::contacts::Senders;
use crate::config::ConfigError;

/// Where messages come by e-mail, and when. `Debug` shows no address.
#[derive(Clone)]
pub struct MessagesByEmail {
    /// To whom.
    pub email: String,
    /// When those come that are not urgent.
    pub digest: Schedule,
}

impl fmt::Debug for MessagesByEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessagesByEmail").field("digest", &self.digest).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMessages {
    email: Spanned<String>,
    digest_at: Spanned<Vec<Spanned<String>>>,
    digest_days: Option<Spanned<Vec<Spanned<String>>>>,
}

impl Checked<'_> {
    /// Without days of its own a digest comes on those on which the practice is open by `hours`.
    pub(super) fn messages_by_email(
        &self,
        raw: &RawMessages,
        senders: &Senders,
        hours: &[OpenHours],
    ) -> Result<MessagesByEmail, ConfigError> {
        if senders.mail.is_none() {
            return Err(self.wrong(&raw.email, "nothing sends e-mail; write [mail]"));
        }
        let email = self.named(&raw.email, "email")?;
        if !email.contains('@') {
            return Err(self.wrong(&raw.email, "not an e-mail address; write one such as \"desk@example.org\""));
        }
        if raw.digest_at.get_ref().is_empty() {
            return Err(
                self.wrong(&raw.digest_at, "digest_at is empty; write times of day, such as [\"12:00\", \"17:00\"]")
            );
        }
        let at = raw.digest_at.get_ref().iter().map(|time| self.time(time)).collect::<Result<_, _>>()?;
        let days: Vec<Weekday> = match &raw.digest_days {
            Some(days) => days.get_ref().iter().map(|day| self.weekday(day)).collect::<Result<_, _>>()?,
            None => hours.iter().map(|hours| hours.weekday).collect(),
        };
        if days.is_empty() {
            let days = raw.digest_days.as_ref().map_or_else(|| raw.digest_at.span(), Spanned::span);
            let what = "a digest never comes; name days in digest_days, or leave it out for the days of [[hours]]";
            return Err(self.0.at(Some(days), what.to_owned()));
        }
        Ok(MessagesByEmail { email, digest: Schedule { days, at } })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use jiff::civil::Time;

    use super::*;
    use crate::config::PracticeConfig;

    #[test]
    fn the_commented_lines_of_the_example_are_right() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../eval/practices");
        let written = std::fs::read_to_string(root.join("riverside.toml")).unwrap();
        let uncommented = ["[messages]", "email = ", "digest_at = "];
        let lines = written.lines().map(|line| match line.strip_prefix("# ") {
            Some(bare) if uncommented.iter().any(|begins| bare.starts_with(begins)) => bare,
            Some(_) | None => line,
        });
        let mail = "\n[mail]\nserver = \"mail.example.org\"\nfrom = \"pages@example.org\"\n";
        let text = lines.collect::<Vec<_>>().join("\n") + mail;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("practice.toml");
        std::fs::write(&file, text).unwrap();
        let config = PracticeConfig::load(&file).unwrap().messages_by_email.unwrap();
        assert_eq!(config.email, "desk@example.org");
        assert_eq!(config.digest.at, [12, 17].map(|hour| Time::constant(hour, 0, 0, 0)));
        assert!(config.digest.days.contains(&Weekday::Friday) && !config.digest.days.contains(&Weekday::Sunday));
        assert!(!format!("{config:?}").contains("desk"));
    }
}

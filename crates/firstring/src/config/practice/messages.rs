//! `[messages]`: messages by e-mail, and into the practice's records, beside the inbox and `messages_url`.

use std::fmt;

use domain::OpenHours;
use jiff::civil::Weekday;
use office::Schedule;
use serde::Deserialize;
use toml::Spanned;

use super::checked::Checked;
use super::contacts::Senders;
use super::outside::Login;
use crate::config::ConfigError;

/// Where messages go besides the inbox and `messages_url`.
#[derive(Clone, Debug, Default)]
pub struct Messages {
    /// By e-mail.
    pub by_email: Option<MessagesByEmail>,
    /// Into the worklist of the practice's records.
    pub records: Option<Records>,
}

/// A FHIR server whose worklist takes messages. `Debug` shows no address.
#[derive(Clone)]
pub struct Records {
    /// Its base.
    pub url: String,
    /// How the practice signs in.
    pub login: Login,
    /// Who is to see to them, e.g. `Organization/3`.
    pub owner: Option<String>,
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").field("owner", &self.owner).finish_non_exhaustive()
    }
}

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
    email: Option<Spanned<String>>,
    digest_at: Option<Spanned<Vec<Spanned<String>>>>,
    digest_days: Option<Spanned<Vec<Spanned<String>>>>,
    fhir: Option<Spanned<RawRecords>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRecords {
    url: Spanned<String>,
    user: Option<Spanned<String>>,
    password: Option<Spanned<String>>,
    token: Option<Spanned<String>>,
    owner: Option<Spanned<String>>,
}

impl Checked<'_> {
    pub(super) fn messages(
        &self,
        raw: Option<&RawMessages>,
        messages_url: Option<&Spanned<String>>,
        senders: &Senders,
        hours: &[OpenHours],
    ) -> Result<Messages, ConfigError> {
        let Some(raw) = raw else { return Ok(Messages::default()) };
        let by_email = match (&raw.email, &raw.digest_at) {
            (Some(email), Some(at)) => {
                Some(self.messages_by_email(email, at, raw.digest_days.as_ref(), senders, hours)?)
            }
            (Some(email), None) => {
                return Err(self
                    .wrong(email, "write with it when the digest comes, such as digest_at = [\"12:00\", \"17:00\"]"));
            }
            (None, Some(at)) => return Err(self.wrong(at, "a digest goes by e-mail; write to whom, as email")),
            (None, None) => None,
        };
        if let (Some(fhir), Some(_)) = (&raw.fhir, messages_url) {
            return Err(self.wrong(fhir, "messages go to messages_url already; write one of the two"));
        }
        let records = raw.fhir.as_ref().map(|fhir| self.records(fhir.get_ref())).transpose()?;
        Ok(Messages { by_email, records })
    }

    fn records(&self, raw: &RawRecords) -> Result<Records, ConfigError> {
        Ok(Records {
            url: self.url(&raw.url, "url")?,
            login: self.login(raw.user.as_ref(), raw.password.as_ref(), raw.token.as_ref())?,
            owner: raw.owner.as_ref().map(|owner| self.named(owner, "owner")).transpose()?,
        })
    }

    /// Without days of its own a digest comes on those on which the practice is open by `hours`.
    fn messages_by_email(
        &self,
        to: &Spanned<String>,
        digest_at: &Spanned<Vec<Spanned<String>>>,
        digest_days: Option<&Spanned<Vec<Spanned<String>>>>,
        senders: &Senders,
        hours: &[OpenHours],
    ) -> Result<MessagesByEmail, ConfigError> {
        if senders.mail.is_none() {
            return Err(self.wrong(to, "nothing sends e-mail; write [mail]"));
        }
        let email = self.named(to, "email")?;
        if !email.contains('@') {
            return Err(self.wrong(to, "not an e-mail address; write one such as \"desk@example.org\""));
        }
        if digest_at.get_ref().is_empty() {
            return Err(self.wrong(digest_at, "digest_at is empty; write times of day, such as [\"12:00\", \"17:00\"]"));
        }
        let at = digest_at.get_ref().iter().map(|time| self.time(time)).collect::<Result<_, _>>()?;
        let days: Vec<Weekday> = match digest_days {
            Some(days) => days.get_ref().iter().map(|day| self.weekday(day)).collect::<Result<_, _>>()?,
            None => hours.iter().map(|hours| hours.weekday).collect(),
        };
        if days.is_empty() {
            let days = digest_days.map_or_else(|| digest_at.span(), Spanned::span);
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
        let config = PracticeConfig::load(&file).unwrap().messages.by_email.unwrap();
        assert_eq!(config.email, "desk@example.org");
        assert_eq!(config.digest.at, [12, 17].map(|hour| Time::constant(hour, 0, 0, 0)));
        assert!(config.digest.days.contains(&Weekday::Friday) && !config.digest.days.contains(&Weekday::Sunday));
        assert!(!format!("{config:?}").contains("desk"));
    }
}

//! `[streams.rest]`: the provider's interface, by which calls are ended, placed and moved.

use domain::{Phi, PhoneNumber};
use serde::Deserialize;
use toml::Spanned;
use transport::streams::rest::{Account, BadAccount, Interface};

use crate::config::{ConfigError, SecretRef, Source};

/// An account at a provider, but for its secret, which only `serve` reads.
#[derive(Clone, Debug)]
pub struct StreamsRest {
    /// Whose it is.
    pub interface: Interface,
    /// Where it is.
    pub api: String,
    /// The account.
    pub account: String,
    /// Its token or key.
    pub secret: SecretRef,
    /// The practice's number there: what those see who are rung. Without it nobody is.
    pub from: Option<PhoneNumber>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRest {
    provider: Spanned<String>,
    api: Option<Spanned<String>>,
    account: Spanned<String>,
    secret: Spanned<String>,
    from: Option<Spanned<String>>,
}

impl RawRest {
    pub(super) fn check(self, source: &Source, has_token: bool) -> Result<StreamsRest, ConfigError> {
        let fail = |at: &Spanned<String>, wrong: &str| source.at(Some(at.span()), wrong.to_owned());
        let interface = match self.provider.get_ref().as_str() {
            "twilio" => Interface::Twilio,
            "signalwire" => Interface::SignalWire,
            "telnyx" => Interface::Telnyx,
            "plivo" => Interface::Plivo,
            _ => return Err(fail(&self.provider, "write \"twilio\", \"signalwire\", \"telnyx\" or \"plivo\"")),
        };
        let from = self.from.as_ref().map(|at| {
            let digits: String = at.get_ref().chars().filter(|c| !" -().".contains(*c)).collect();
            digits.parse().map_err(|_| fail(at, "not a telephone number; write it as \"+1 212 555 0111\""))
        });
        let from = from.transpose()?;
        if from.is_some() && !interface.signs() && !has_token {
            let wrong = "calls that this provider places show the token: write token under [streams]";
            return Err(fail(&self.provider, wrong));
        }
        let api = self.api.as_ref().map(|at| at.get_ref().as_str()).or(interface.usual_address());
        let api =
            api.ok_or_else(|| fail(&self.provider, "write api too: \"https://SPACE.signalwire.com/api/laml\""))?;
        let rest = StreamsRest {
            interface,
            api: api.to_owned(),
            account: self.account.get_ref().clone(),
            secret: SecretRef::parse(self.secret.get_ref()).map_err(|why| fail(&self.secret, &why))?,
            from,
        };
        // With any secret: that one is read later.
        match rest.account(Phi::from("secret")) {
            Ok(_) => Ok(rest),
            Err(why @ BadAccount::NotAnId) => Err(fail(&self.account, &why.to_string())),
            Err(why) => Err(fail(self.api.as_ref().unwrap_or(&self.provider), &why.to_string())),
        }
    }
}

impl StreamsRest {
    /// Whether it rings people.
    pub fn rings(&self) -> bool {
        self.from.is_some()
    }

    /// With its secret.
    pub fn open(&self) -> anyhow::Result<Account> {
        Ok(self.account(Phi::new(self.secret.read()?))?)
    }

    fn account(&self, secret: Phi<String>) -> Result<Account, BadAccount> {
        Account::check(self.interface, &self.api, &self.account, secret)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking
    use std::path::PathBuf;

    use super::*;

    const GOOD: &str = r#"provider = "twilio"
api = "https://api.twilio.com"
account = "AC123"
secret = "env:A_SECRET"
from = "+1 212 555 0111"
"#;

    fn check(text: &str, has_token: bool) -> Result<StreamsRest, String> {
        let source = Source { file: PathBuf::from("firstring.toml"), text: text.to_owned() };
        let raw = source.parse::<RawRest>().map_err(|why| why.to_string())?;
        raw.check(&source, has_token).map_err(|why| why.to_string())
    }

    #[test]
    fn an_account_is_taken() {
        let rest = check(GOOD, false).unwrap();
        assert!(rest.rings());
        assert_eq!((rest.interface, rest.account.as_str()), (Interface::Twilio, "AC123"));
        assert_eq!(rest.secret, SecretRef::Env("A_SECRET".to_owned()));
        let usual = check(&GOOD.replace("api = \"https://api.twilio.com\"\n", ""), false).unwrap();
        assert_eq!(usual.api, rest.api);
        for provider in ["signalwire", "telnyx", "plivo"] {
            assert!(
                check(&GOOD.replace("twilio\"\n", &format!("{provider}\"\n")), true).unwrap().rings(),
                "{provider}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (good, bad, wrong) in [
            ("\"twilio\"", "\"vonage\"", "firstring.toml:1: write \"twilio\""),
            ("\"twilio\"", "\"signalwire\"", "firstring.toml:1: calls that this provider places show the token"),
            ("\"twilio\"", "\"telnyx\"", "firstring.toml:1: calls that this provider places show the token"),
            ("\"twilio\"", "\"plivo\"", "firstring.toml:1: calls that this provider places show the token"),
            ("https://api", "http://api", "firstring.toml:2: the address of the interface must begin with https://"),
            ("AC123", "AC/../x", "firstring.toml:3: the account is not an id"),
            ("env:A_SECRET", "a value", "firstring.toml:4: a secret is written as"),
            ("+1 212 555 0111", "the desk", "firstring.toml:5: not a telephone number"),
        ] {
            let why = check(&GOOD.replacen(good, bad, 1), false).unwrap_err();
            assert!(why.starts_with(wrong), "{why}");
        }
        let signalwire = GOOD.replace("\"twilio\"", "\"signalwire\"").replace("from = \"+1 212 555 0111\"\n", "");
        assert!(!check(&signalwire, false).unwrap().rings());
        let why = check(&signalwire.replace("api = \"https://api.twilio.com\"\n", ""), false).unwrap_err();
        assert!(why.contains("write api too"), "{why}");
    }
}

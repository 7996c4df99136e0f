//! `[streams]`: providers who answer the practice's number and stream its calls to this server.

use serde::Deserialize;
use toml::Spanned;

use self::rest::RawRest;
pub use self::rest::StreamsRest;
use super::{ConfigError, SecretRef, Source};

mod rest;

/// As for telephones by SIP: chosen, not measured. More wait for the models.
const CALLS_MAX: usize = 16;

/// What providers have to show, and how many calls they may bring. At least one secret is there.
#[derive(Clone, Debug)]
pub struct Streams {
    /// Whoever shows this may stream calls.
    pub token: Option<SecretRef>,
    /// The account's own token at Twilio, by which it signs what it asks.
    pub account_token: Option<SecretRef>,
    /// Calls at once.
    pub calls_max: usize,
    /// What ends, places and moves calls at the provider, if anything does.
    pub rest: Option<StreamsRest>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawStreams {
    token: Option<Spanned<String>>,
    account_token: Option<Spanned<String>>,
    calls_max: Option<usize>,
    rest: Option<RawRest>,
}

impl RawStreams {
    pub(super) fn check(self, source: &Source) -> Result<Streams, ConfigError> {
        let secret =
            |at: &Spanned<String>| SecretRef::parse(at.get_ref()).map_err(|wrong| source.at(Some(at.span()), wrong));
        let token = self.token.as_ref().map(secret).transpose()?;
        let account_token = self.account_token.as_ref().map(secret).transpose()?;
        if token.is_none() && account_token.is_none() {
            let wrong = "[streams] needs token or account_token: anybody could call otherwise (docs/telephony.md)";
            return Err(source.at(None, wrong.to_owned()));
        }
        let rest = self.rest.map(|raw| raw.check(source, token.is_some())).transpose()?;
        Ok(Streams { token, account_token, calls_max: self.calls_max.unwrap_or(CALLS_MAX), rest })
    }
}

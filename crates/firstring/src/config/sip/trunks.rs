//! `[[sip.trunks]]`: providers and PBXs that are told where this server is.

use std::time::Duration;

use domain::Phi;
use serde::Deserialize;
use toml::Spanned;
use transport::sip::{Trunk, TrunkAddress};

use crate::config::{ConfigError, SecretRef, Source};

/// Long enough to be no load, short enough that a trunk that forgot us hears of us within minutes.
const EXPIRES: u64 = 600;
/// Routers forget a way of UDP after half a minute to a few minutes.
const KEEP_ALIVE: u64 = 30;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTrunk {
    name: Spanned<String>,
    server: Spanned<String>,
    domain: Option<Spanned<String>>,
    user: Spanned<String>,
    auth_user: Option<String>,
    password: Option<Spanned<String>>,
    realm: Option<String>,
    #[serde(default = "yes")]
    register: bool,
    expires_seconds: Option<Spanned<u64>>,
    keep_alive_seconds: Option<Spanned<u64>>,
}

fn yes() -> bool {
    true
}

/// A trunk whose password has not been read yet.
#[derive(Clone, Debug)]
pub struct ConfiguredTrunk {
    trunk: Trunk,
    password: Option<SecretRef>,
}

impl ConfiguredTrunk {
    /// With its password.
    pub fn open(&self) -> anyhow::Result<Trunk> {
        let password = self.password.as_ref().map(SecretRef::read).transpose()?;
        Ok(Trunk { password: password.unwrap_or_default().into(), ..self.trunk.clone() })
    }
}

/// `has_tls`: whether calls by TLS find us.
pub(super) fn check(raw: Vec<RawTrunk>, source: &Source, has_tls: bool) -> Result<Vec<ConfiguredTrunk>, ConfigError> {
    let mut trunks: Vec<ConfiguredTrunk> = Vec::new();
    for one in raw {
        if trunks.iter().any(|other| other.trunk.name == *one.name.get_ref()) {
            let wrong = "two trunks have this name; the log and /readyz tell them apart by it";
            return Err(source.at(Some(one.name.span()), wrong.to_owned()));
        }
        trunks.push(one.check(source, has_tls)?);
    }
    Ok(trunks)
}

impl RawTrunk {
    pub(super) fn name(&self) -> &Spanned<String> {
        &self.name
    }

    fn check(self, source: &Source, has_tls: bool) -> Result<ConfiguredTrunk, ConfigError> {
        let fail = |at: &Spanned<String>, wrong: &str| source.at(Some(at.span()), wrong.to_owned());
        let seconds = |at: Option<&Spanned<u64>>, default: u64, from: u64, to: u64| match at {
            Some(at) if !(from..=to).contains(at.get_ref()) => {
                Err(source.at(Some(at.span()), format!("write {from} to {to} seconds")))
            }
            Some(at) => Ok(Duration::from_secs(*at.get_ref())),
            None => Ok(Duration::from_secs(default)),
        };
        if self.name.get_ref().trim().is_empty() {
            return Err(fail(&self.name, "name is empty; write what the log is to call this trunk, without a number"));
        }
        let server: TrunkAddress =
            self.server.get_ref().parse().map_err(|why| fail(&self.server, &format!("server is {why}")))?;
        if server.is_secure() && !has_tls {
            return Err(fail(&self.server, "a trunk by TLS calls back by TLS: write tls_listen under [sip] too"));
        }
        let is_domain = |name: &str| !name.contains([';', ':']) && name.parse::<TrunkAddress>().is_ok();
        if let Some(at) = self.domain.as_ref().filter(|at| !is_domain(at.get_ref())) {
            return Err(fail(at, "not a domain such as \"example.org\""));
        }
        let is_user = |user: &str| user.chars().all(|c| c.is_ascii_graphic() && !"@<>\":;?\\".contains(c));
        if self.user.get_ref().is_empty() || !is_user(self.user.get_ref()) {
            return Err(fail(
                &self.user,
                "not a user; write what stands before the @ of the address, such as \"2001\"",
            ));
        }
        let password = self.password.as_ref().map(|at| SecretRef::parse(at.get_ref()).map_err(|why| fail(at, &why)));
        let password = password.transpose()?;
        if self.register && password.is_none() {
            return Err(fail(&self.name, "this trunk has no password; write one, or register = false"));
        }
        let expires = seconds(self.expires_seconds.as_ref(), EXPIRES, 60, 86_400)?;
        let keep_alive = seconds(self.keep_alive_seconds.as_ref(), KEEP_ALIVE, 5, 3600)?;
        let trunk = Trunk {
            name: self.name.into_inner(),
            server,
            domain: self.domain.map(Spanned::into_inner),
            user: self.user.into_inner(),
            auth_user: self.auth_user,
            password: Phi::default(),
            realm: self.realm,
            register: self.register,
            expires,
            keep_alive,
        };
        Ok(ConfiguredTrunk { trunk, password })
    }
}

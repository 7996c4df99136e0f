//! `[sip]`: how telephones reach this server.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;

use call::HandingOver;
use domain::Phi;
use serde::Deserialize;
use toml::Spanned;
use transport::sip::{RINGING_OF_STRANGERS, SipDefence, SipOptions, SipTls};

pub use self::trunks::ConfiguredTrunk;
use self::trunks::RawTrunk;
use super::{ConfigError, Source};

mod defence;
#[cfg(test)]
mod tests;
mod trunks;

/// 500 calls; above what operating systems give away by themselves, and not a range of theirs.
const RTP_PORTS: RangeInclusive<u16> = 20_000..=20_999;
/// Chosen, not measured: `load` (benches/README.md) has four callers at once. More wait for the models.
const CALLS_MAX: usize = 16;
/// Where Debian keeps the certificates of those who sign others'.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// How telephones reach this server, but for passwords, which only `serve` reads.
#[derive(Clone, Debug)]
pub struct Telephones {
    /// Without trunks.
    pub options: SipOptions,
    /// Who is told where we are.
    pub trunks: Vec<ConfiguredTrunk>,
}

impl Telephones {
    /// With trunks and their passwords.
    pub fn open(&self) -> anyhow::Result<SipOptions> {
        let trunks = self.trunks.iter().map(ConfiguredTrunk::open).collect::<anyhow::Result<_>>()?;
        Ok(SipOptions { trunks, ..self.options.clone() })
    }
}

/// Whom the calls that we place are from.
const CALLS_FROM: &str = "firstring";

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawSip {
    listen: Option<Spanned<String>>,
    external_address: Option<Spanned<String>>,
    tls_listen: Option<Spanned<String>>,
    tls_certificate: Option<Spanned<String>>,
    tls_key: Option<Spanned<String>>,
    tls_authorities: Option<String>,
    rtp_ports: Option<Spanned<String>>,
    country_code: Option<Spanned<String>>,
    outbound: Option<Spanned<String>>,
    hand_over: Option<Spanned<String>>,
    calls_max: Option<Spanned<usize>>,
    reserve: Option<Spanned<usize>>,
    allow: Vec<Spanned<String>>,
    calls_per_minute: Option<Spanned<usize>>,
    caller_per_minute: Option<Spanned<usize>>,
    trunks: Vec<RawTrunk>,
}

impl RawSip {
    /// Whether a caller's line itself puts them through.
    pub(super) fn handing_over(&self, source: Option<&Source>) -> Result<HandingOver, ConfigError> {
        let Some(at) = &self.hand_over else { return Ok(HandingOver::Never) };
        match at.get_ref().as_str() {
            "never" => Ok(HandingOver::Never),
            "attended" => Ok(HandingOver::Attended),
            "blind" => Ok(HandingOver::Blind),
            _ => {
                let wrong = "write \"never\", \"attended\" (REFER with Replaces) or \"blind\" (REFER)".to_owned();
                Err(source.expect("it stands in the file").at(Some(at.span()), wrong))
            }
        }
    }

    /// The trunk that calls telephone numbers.
    pub(super) fn outbound(&self, source: Option<&Source>) -> Result<Option<String>, ConfigError> {
        let Some(at) = &self.outbound else { return Ok(None) };
        if transport::sip::is_address(&format!("sip:+12125550100@{}", at.get_ref())) {
            return Ok(Some(at.get_ref().clone()));
        }
        let wrong =
            "not a trunk's address; write its host, such as \"trunk.example.org:5060\" or \"192.0.2.1;transport=tcp\"";
        Err(source.expect("it stands in the file").at(Some(at.span()), wrong.to_owned()))
    }

    /// `None` if no telephones are answered.
    pub(super) fn check(
        self,
        source: Option<&Source>,
        over: Option<SocketAddr>,
    ) -> Result<Option<Telephones>, ConfigError> {
        let fail = |at: &Spanned<String>, wrong: &str| {
            source.expect("it stands in the file").at(Some(at.span()), wrong.to_owned())
        };
        let address = |at: &Spanned<String>| {
            at.get_ref().parse().map_err(|_| fail(at, "not an address and port; write one such as \"192.0.2.10:5060\""))
        };
        let Some(listen) = over.map(Ok).or_else(|| self.listen.as_ref().map(address)).transpose()? else {
            let named = self.tls_listen.as_ref().or_else(|| self.trunks.first().map(RawTrunk::name));
            return match named {
                Some(at) => Err(fail(at, "telephones need listen under [sip] too, for UDP and TCP")),
                None => Ok(None),
            };
        };
        let external = self.external_address.as_ref().map(|at| {
            let ip = at.get_ref().parse::<IpAddr>();
            ip.map_err(|_| fail(at, "not an IP address; write the one at which your provider reaches this server"))
        });
        let external = external.transpose()?;
        if listen.ip().is_unspecified() && external.is_none() {
            return Err(ConfigError::of_flags(
                "callers must be told an address: write external_address under [sip], or listen on an address of this machine",
            ));
        }
        let tls = match (&self.tls_listen, &self.tls_certificate, &self.tls_key) {
            (None, None, None) => None,
            (Some(at), Some(certificate), Some(key)) => {
                let source = source.expect("it stands in the file");
                let (certificate, key) = (source.path(certificate.get_ref()), source.path(key.get_ref()));
                let tls: SocketAddr = address(at)?;
                if tls.ip() != listen.ip() {
                    return Err(fail(at, "tls_listen must have the address of listen: sound comes to one address"));
                }
                let usual = PathBuf::from(AUTHORITIES);
                let authorities = self.tls_authorities.as_ref().map(|written| source.path(written));
                let authorities = authorities.or_else(|| usual.exists().then_some(usual));
                Some(SipTls { listen: tls, certificate, key, authorities })
            }
            (Some(at), ..) | (None, Some(at), _) | (None, None, Some(at)) => {
                return Err(fail(at, "tls_listen, tls_certificate and tls_key go together; write all or none"));
            }
        };
        let rtp_ports = self.rtp_ports.as_ref().map_or(Ok(RTP_PORTS), |at| {
            ports(at.get_ref()).ok_or_else(|| {
                fail(at, "not a range of ports such as \"20000-20999\", from an even one on, two a call")
            })
        })?;
        let country = self.country_code.as_ref().map_or(Ok("1".to_owned()), |at| {
            let code = at.get_ref().trim_start_matches('+');
            let is_code = (1..=3).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit());
            if is_code { Ok(code.to_owned()) } else { Err(fail(at, "not a country code such as \"+1\" or \"+44\"")) }
        })?;
        let calls_max = self.calls_max.as_ref().map_or(CALLS_MAX, |at| *at.get_ref());
        let defence = match source {
            Some(source) => defence::check(&self, source, calls_max)?,
            None => SipDefence::of(calls_max),
        };
        let pairs = usize::from(rtp_ports.end() - rtp_ports.start()).div_ceil(2);
        if let Some(at) = self.rtp_ports.as_ref().filter(|_| pairs < calls_max + RINGING_OF_STRANGERS) {
            let wrong = format!("too few ports: two for each of calls_max, and {} more", 2 * RINGING_OF_STRANGERS);
            return Err(fail(at, &wrong));
        }
        let codecs = audio::codec::Codec::ALL.to_vec();
        let trunks = match source {
            Some(source) => trunks::check(self.trunks, source, tls.is_some())?,
            None => Vec::new(),
        };
        let options = SipOptions {
            listen,
            tls,
            external,
            rtp_ports,
            codecs,
            country,
            calls_max,
            may_ring: Vec::new(),
            defence,
            trunks: Vec::new(),
            calls_from: Phi::new(CALLS_FROM.to_owned()),
        };
        Ok(Some(Telephones { options, trunks }))
    }
}

fn ports(written: &str) -> Option<RangeInclusive<u16>> {
    let (from, to) = written.split_once('-')?;
    let (from, to): (u16, u16) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
    (from >= 1024 && from.is_multiple_of(2) && to > from).then_some(from..=to)
}

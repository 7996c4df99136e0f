//! `[sip]`: who may ring, and how often.

use toml::Spanned;
use transport::sip::SipDefence;

use super::RawSip;
use crate::config::{ConfigError, Source};

/// More in a minute is no limit.
const PER_MINUTE_MAX: usize = 10_000;

pub(super) fn check(raw: &RawSip, source: &Source, calls_max: usize) -> Result<SipDefence, ConfigError> {
    let usual = SipDefence::of(calls_max);
    let number = |at: Option<&Spanned<usize>>, default: usize, from: usize, to: usize| match at {
        Some(at) if !(from..=to).contains(at.get_ref()) => {
            Err(source.at(Some(at.span()), format!("write a number from {from} to {to}")))
        }
        Some(at) => Ok(*at.get_ref()),
        None => Ok(default),
    };
    if let Some(at) = raw.calls_max.as_ref().filter(|at| *at.get_ref() == 0) {
        return Err(
            source.at(Some(at.span()), "calls_max is 0; leave out listen if no telephones are answered".to_owned())
        );
    }
    let network = |at: &Spanned<String>| {
        let written = at.get_ref();
        let read = written.parse().or_else(|_| written.parse::<std::net::IpAddr>().map(Into::into));
        let wrong = "not addresses such as \"192.0.2.0/24\" or \"192.0.2.10\"; names are not looked up";
        read.map_err(|_| source.at(Some(at.span()), wrong.to_owned()))
    };
    Ok(SipDefence {
        allow: raw.allow.iter().map(network).collect::<Result<_, _>>()?,
        reserve: number(raw.reserve.as_ref(), usual.reserve, 0, calls_max.saturating_sub(1))?,
        calls_per_minute: number(raw.calls_per_minute.as_ref(), usual.calls_per_minute, 1, PER_MINUTE_MAX)?,
        caller_per_minute: number(raw.caller_per_minute.as_ref(), usual.caller_per_minute, 1, PER_MINUTE_MAX)?,
    })
}

//! What the channels that speak HTTP have in common.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::{RequestBuilder, Response, StatusCode, Url};

use crate::webhook::Undelivered;

/// An address as it is configured. Encrypted, because a token goes with it, but to this machine and the practice's own
/// network: an address of its own, or a name without a dot, which no public server has.
pub(super) fn address(text: &str) -> Result<Url, &'static str> {
    let url: Url = text.parse().map_err(|_| "its address is not a URL")?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_near(&url) => Ok(url),
        "http" => Err("its address is http, and not within the practice's own network: use https"),
        _ => Err("its address is neither http nor https"),
    }
}

/// `path` below the base of an interface, which may have a path of its own.
pub(super) fn below(base: &str, path: &str) -> Result<Url, &'static str> {
    let base = address(base)?;
    if base.query().is_some() || base.fragment().is_some() {
        return Err("its address has a query: give the part before it");
    }
    let url = format!("{}/{path}", base.as_str().trim_end_matches('/'));
    url.parse().map_err(|_| "its address is not a URL")
}

fn is_near(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    match host.parse() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
        Err(_) => !host.is_empty() && !host.contains('.'),
    }
}

/// What goes into a header, and into no log.
pub(super) fn is_header(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())
}

/// Sends once and has the answer, whatever it is. The time covers the answer's body too.
pub(super) async fn ask(request: RequestBuilder, within: Duration) -> Result<Response, Undelivered> {
    let answer = request.timeout(within).send().await;
    answer.map_err(|error| if error.is_timeout() { Undelivered::TooLate } else { Undelivered::NotReached })
}

/// Sends once; anything but `taken` is a refusal.
pub(super) async fn post(request: RequestBuilder, taken: StatusCode, within: Duration) -> Result<(), Undelivered> {
    let status = ask(request, within).await?.status();
    if status == taken { Ok(()) } else { Err(Undelivered::Refused(status)) }
}

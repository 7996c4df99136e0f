//! What a gateway tells us: that it is the gateway, which key was pressed, and what became of a page.
//!
//! Nothing here answers HTTP: these are the pure halves of a router that does.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use store::Secret;

/// Whether a gateway with this token signed this request: `signature` is its header `X-Twilio-Signature`, `url` the whole
/// address as the gateway was given it, with its query, `params` the form that was posted, decoded; empty for a GET.
///
/// It is the base64 of HMAC-SHA1 over the address and every name and value in the order of the names, a pair that comes
/// twice once. Some gateways sign the address without its port, or with the one that its scheme has anyway.
///
/// It holds no time, so who has seen such a request can make it again: an acknowledgement must not do more the second time.
pub fn is_signed(token: &Secret, url: &str, params: &[(String, String)], signature: &str) -> bool {
    let Ok(signature) = STANDARD.decode(signature) else { return false };
    if token.expose().is_empty() {
        return false;
    }
    let key: Hmac<Sha1> = Hmac::new_from_slice(token.expose().as_bytes()).expect("HMAC takes a key of any length");
    let ordered: BTreeSet<_> = params.iter().collect();
    written(url).iter().any(|url| {
        let signed = key.clone().chain_update(url);
        let signed = ordered.iter().fold(signed, |mac, (name, value)| mac.chain_update(name).chain_update(value));
        // Compares in constant time.
        signed.verify_slice(&signature).is_ok()
    })
}

/// The address as it stands, without its port, and with its scheme's own.
fn written(url: &str) -> Vec<String> {
    let mut all = vec![url.to_owned()];
    let Some((scheme, rest)) = url.split_once("://") else { return all };
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    match host.rsplit_once(':') {
        // What follows the last colon of an IPv6 address is no port.
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => all.push(format!("{scheme}://{name}{path}")),
        Some(_) => {}
        None => {
            let port = if matches!(scheme, "https" | "wss") { 443 } else { 80 };
            all.push(format!("{scheme}://{host}:{port}{path}"));
        }
    }
    all
}

/// What somebody who was called has pressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Key {
    /// Takes the case. The one key that acknowledges.
    Accept,
    /// Does not: the next can be paged at once.
    Decline,
    /// Wants to hear it again.
    Again,
    /// Anything else, or nothing.
    Other,
}

impl Key {
    /// Of the form's `Digits`.
    pub fn of(digits: &str) -> Self {
        match digits {
            "1" => Self::Accept,
            "2" => Self::Decline,
            "3" => Self::Again,
            _ => Self::Other,
        }
    }
}

/// What became of a text or a telephone call that a gateway had taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// On its way, or nobody can tell.
    Underway,
    /// On the clinician's telephone, or picked up. No acknowledgement: perhaps nobody looked, and perhaps it was a mailbox.
    Arrived,
    /// It will not arrive: whoever is next can be paged at once.
    Failed,
}

impl Progress {
    /// Of the form's `MessageStatus` or `CallStatus`.
    pub fn of(status: &str) -> Self {
        match status {
            "delivered" | "read" | "completed" | "in-progress" => Self::Arrived,
            "failed" | "undelivered" | "canceled" | "busy" | "no-answer" => Self::Failed,
            _ => Self::Underway,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_port_or_has_none() {
        assert_eq!(written("https://a.example/x?y=:1"), ["https://a.example/x?y=:1", "https://a.example:443/x?y=:1"]);
        assert_eq!(written("http://a.example?y"), ["http://a.example?y", "http://a.example:80?y"]);
        assert_eq!(written("https://a.example:8443/x"), ["https://a.example:8443/x", "https://a.example/x"]);
        assert_eq!(written("nonsense"), ["nonsense"]);
    }
}

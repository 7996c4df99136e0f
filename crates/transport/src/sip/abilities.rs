//! What we can do, as answers tell it (RFC 3261 8.2): methods, bodies, extensions.

use rsipstack::sip::{HasHeaders, Header, Method, Request};

/// What we answer to. NOTIFY comes after a REFER of ours; nobody is asked to send us one.
pub(super) const METHODS: [Method; 8] = [
    Method::Invite,
    Method::Ack,
    Method::Cancel,
    Method::Bye,
    Method::Options,
    Method::Update,
    Method::Info,
    Method::Notify,
];
/// Extensions that a request may require: RFC 4028, and RFC 3262, to which we keep by sending no provisional answer but 100.
const EXTENSIONS: [&str; 2] = ["timer", "100rel"];

pub(super) fn allow() -> Header {
    Header::Allow(METHODS.map(|method| method.to_string()).join(", ").into())
}

pub(super) fn accept() -> Header {
    Header::Accept("application/sdp, multipart/mixed".into())
}

pub(super) fn supported() -> Header {
    Header::Supported("timer".into())
}

/// What the answer to OPTIONS tells (RFC 3261 11.2).
pub(super) fn all() -> Vec<Header> {
    vec![allow(), accept(), supported()]
}

/// What it requires and we do not know, as the header of a 420; `None` if there is nothing.
pub(super) fn unknown(request: &Request) -> Option<Header> {
    let required = request
        .headers()
        .iter()
        .filter_map(|header| if let Header::Require(tags) = header { Some(tags.value()) } else { None });
    let tags = required.flat_map(|tags| tags.split(',')).map(str::trim).filter(|tag| !tag.is_empty());
    let is_known = |tag: &&str| EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(tag));
    let unknown: Vec<_> = tags.filter(|tag| !is_known(tag)).collect();
    (!unknown.is_empty()).then(|| Header::Unsupported(unknown.join(", ").into()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking
    use super::*;

    #[test]
    fn what_is_required_and_unknown_is_named() {
        let unknown_in = |headers: &str| {
            let request = format!("INVITE sip:clinic@192.0.2.1 SIP/2.0\r\n{headers}\r\n\r\n");
            unknown(&Request::try_from(request.as_str()).unwrap()).map(|header| header.to_string())
        };
        assert_eq!(unknown_in("Supported: replaces"), None);
        assert_eq!(unknown_in("Require: Timer, 100rel"), None);
        let named = unknown_in("Require: timer, precondition\r\nRequire: answermode");
        assert_eq!(named.as_deref(), Some("Unsupported: precondition, answermode"));
    }
}

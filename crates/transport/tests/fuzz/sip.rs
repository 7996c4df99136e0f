//! What a trunk, or anybody, may write in a SIP request (`src/sip/identity.rs`), read as it comes from the socket.

use rsipstack::sip::{CSeq, From, HeadersExt, SipMessage, To};

use super::{ADDRESSES_MAX, Request, caller, dialled, entries};
use crate::edit::{ITERATIONS, edited};

const SEEDS: [&[u8]; 2] = [include_bytes!("seeds/invite.sip"), include_bytes!("seeds/forwarded.sip")];

#[test]
fn requests() {
    bolero::check!().with_iterations(ITERATIONS).for_each(|input| {
        message_holds(input);
        message_holds(&edited(&SEEDS, input));
        entries_hold(&String::from_utf8_lossy(input));
    });
}

fn message_holds(bytes: &[u8]) {
    let Ok(SipMessage::Request(request)) = SipMessage::try_from(bytes) else { return };
    for country in ["1", "49"] {
        identity_holds(&request, country);
    }
    // What signalling looks at, before we do.
    let _read = (request.via_header(), request.cseq_header().map(CSeq::seq), request.call_id_header());
    let _tags = (request.to_header().map(To::tag), request.from_header().map(From::tag));
    let _contacts = request.typed_contact_headers();
    let written = SipMessage::Request(request.clone()).to_string();
    if let Ok(SipMessage::Request(again)) = SipMessage::try_from(written.as_str()) {
        assert_eq!(caller(&again, "1"), caller(&request, "1"), "what is written is read alike");
    }
}

/// A number is one, nobody is told more than a bound, and nobody twice.
fn identity_holds(request: &Request, country: &str) {
    if let Some(number) = caller(request, country) {
        let number = number.expose().as_str();
        assert!(number.starts_with('+') && number[1..].bytes().all(|byte| byte.is_ascii_digit()) && number.len() <= 16);
    }
    let all = dialled(request, country);
    assert!(all.len() <= ADDRESSES_MAX && all.iter().all(|one| !one.is_empty()));
    assert!(all.iter().enumerate().all(|(at, one)| !all[..at].contains(one)), "twice");
}

/// The entries of a list are the list, in order, up to the bound.
fn entries_hold(value: &str) {
    let all = entries(value);
    let joined = all.join(",");
    assert!(value.starts_with(&joined) && all.len() <= ADDRESSES_MAX);
    assert!(all.len() == ADDRESSES_MAX || joined == value);
}

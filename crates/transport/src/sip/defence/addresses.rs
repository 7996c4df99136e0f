//! Where we send to: requests and descriptions name addresses, and who writes them may mean somebody else's.

use std::net::{IpAddr, Ipv4Addr};

use rsipstack::sip::{HasHeaders, Header, HeadersExt, Host, Request, Uri};

use crate::rtp::sdp::Agreed;

/// Whether anything is sent to `to` for who called from `from`: one host, and this machine only for this machine.
pub(in crate::sip) fn may_send(to: IpAddr, from: IpAddr) -> bool {
    let (to, from) = (to.to_canonical(), from.to_canonical());
    let is_broadcast = to == IpAddr::V4(Ipv4Addr::BROADCAST);
    let is_one_host = !to.is_multicast() && !to.is_unspecified() && !is_broadcast;
    is_one_host && (!to.is_loopback() || from.is_loopback())
}

/// Whether sound and reports may go where it was agreed.
pub(in crate::sip) fn may_hear(agreed: &Agreed, from: IpAddr) -> bool {
    [agreed.remote, agreed.remote_rtcp].into_iter().flatten().all(|to| may_send(to.ip(), from))
}

/// Whether what we ask within the call may go where its INVITE says: to the first that recorded its route, or else to the Contact.
pub(in crate::sip) fn may_route(invite: &Request, from: IpAddr) -> bool {
    let may = |host: &Host| match host {
        Host::IpAddr(ip) => may_send(*ip, from),
        Host::Domain(_) => true,
    };
    let contacts = invite.typed_contact_headers().unwrap_or_default();
    let recorded = invite
        .headers()
        .iter()
        .filter_map(|header| if let Header::RecordRoute(route) = header { Some(route.value()) } else { None });
    let mut routes = recorded.flat_map(|value| value.split(',')).filter_map(uri_in);
    contacts.iter().all(|contact| may(&contact.uri.host_with_port.host))
        && routes.all(|uri| may(&uri.host_with_port.host))
}

fn uri_in(entry: &str) -> Option<Uri> {
    let (_, rest) = entry.split_once('<')?;
    let (uri, _) = rest.split_once('>')?;
    Uri::try_from(uri).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking
    use super::*;

    #[test]
    fn one_host_is_sent_to_and_this_machine_only_by_itself() {
        let table = [
            ("192.0.2.9", "198.51.100.1", true),
            ("10.0.0.7", "198.51.100.1", true),
            ("127.0.0.2", "127.0.0.1", true),
            ("127.0.0.1", "198.51.100.1", false),
            ("::ffff:127.0.0.1", "198.51.100.1", false),
            ("::1", "2001:db8::1", false),
            ("224.0.0.251", "198.51.100.1", false),
            ("ff02::1", "2001:db8::1", false),
            ("::ffff:224.0.0.1", "198.51.100.1", false),
            ("255.255.255.255", "127.0.0.1", false),
            ("0.0.0.0", "127.0.0.1", false),
        ];
        for (to, from, expected) in table {
            assert_eq!(may_send(to.parse().unwrap(), from.parse().unwrap()), expected, "{to} for {from}");
        }
    }

    #[test]
    fn what_is_asked_within_a_call_goes_to_one_host() {
        let invite =
            |headers: &str| Request::try_from(format!("INVITE sip:a@b SIP/2.0\r\n{headers}\r\n").as_str()).unwrap();
        let from = "198.51.100.1".parse().unwrap();
        let table = [
            ("Contact: <sip:a@192.0.2.1:5060>\r\n", true),
            ("Contact: <sip:a@pbx.example.org>\r\nRecord-Route: <sip:192.0.2.1;lr>, <sip:192.0.2.2;lr>\r\n", true),
            ("Contact: <sip:a@239.1.1.1>\r\n", false),
            ("Contact: <sip:a@192.0.2.1>\r\nRecord-Route: <sip:192.0.2.1;lr>,<sip:127.0.0.1:25;lr>\r\n", false),
        ];
        for (headers, expected) in table {
            assert_eq!(may_route(&invite(headers), from), expected, "{headers}");
        }
    }
}

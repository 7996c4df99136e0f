//! Where a trunk is, as it is written: `sip.example.org`, `192.0.2.1:5080`, `sip:sip.example.org;transport=tls`.

use std::net::IpAddr;
use std::str::FromStr;

use rsipstack::sip::uri::ParamsExt;
use rsipstack::sip::{Host, HostWithPort, Param, Port, Scheme, Transport, Uri};
use rsipstack::transport::SipAddr;

/// A host, perhaps with a port, and how it is spoken to: by UDP if nothing else is said. Without a port the domain's SRV records are
/// asked (RFC 3263).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrunkAddress {
    host: HostWithPort,
    transport: Transport,
}

/// It is not written as an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address such as \"sip:sip.example.org:5060;transport=tcp\"; transport is udp, tcp or tls")]
pub struct NoAddress;

impl FromStr for TrunkAddress {
    type Err = NoAddress;

    fn from_str(written: &str) -> Result<Self, NoAddress> {
        let full = if written.starts_with("sip:") { written.to_owned() } else { format!("sip:{written}") };
        let uri = Uri::try_from(full.as_str()).map_err(|_| NoAddress)?;
        let transport = match uri.params.as_slice() {
            [] => Transport::Udp,
            [Param::Transport(transport @ (Transport::Udp | Transport::Tcp | Transport::Tls))] => *transport,
            _ => return Err(NoAddress),
        };
        let is_host = match &uri.host_with_port.host {
            Host::IpAddr(ip) => !ip.is_unspecified() && !ip.is_multicast(),
            Host::Domain(name) => is_name(&name.0),
        };
        let is_plain = uri.auth.is_none() && uri.headers.is_empty() && uri.scheme == Some(Scheme::Sip);
        (is_host && is_plain).then_some(Self { host: uri.host_with_port, transport }).ok_or(NoAddress)
    }
}

impl TrunkAddress {
    /// Whether it is spoken to by TLS.
    pub fn is_secure(&self) -> bool {
        self.transport == Transport::Tls
    }

    /// If it is written as an IP address.
    pub(in crate::sip) fn ip(&self) -> Option<IpAddr> {
        match self.host.host {
            Host::IpAddr(ip) => Some(ip),
            Host::Domain(_) => None,
        }
    }

    pub(in crate::sip) fn transport(&self) -> Transport {
        self.transport
    }

    /// Whether it is this host, at whatever port.
    pub(in crate::sip) fn is_at(&self, host: &Host) -> bool {
        is_same(host, &self.host.host)
    }

    /// Whether this address names it: host, port and transport. What is not written is what is usual.
    pub(super) fn is_host_of(&self, callee: &Uri) -> bool {
        let usual = if self.is_secure() { 5061 } else { 5060 };
        let port = |host: &HostWithPort| host.port.as_ref().map_or(usual, Port::value);
        let there = &callee.host_with_port;
        is_same(&there.host, &self.host.host) && port(there) == port(&self.host) && self.is_spoken_to_as(callee)
    }

    /// Whether it is an address of a user of this domain, which says nothing of a port.
    pub(super) fn is_spoken_to_for(&self, domain: &str, callee: &Uri) -> bool {
        let there = &callee.host_with_port;
        there.port.is_none() && is_same(&there.host, &Host::Domain(domain.into())) && self.is_spoken_to_as(callee)
    }

    fn is_spoken_to_as(&self, callee: &Uri) -> bool {
        callee.transport().is_none_or(|transport| *transport == self.transport)
    }

    /// Where requests are sent.
    pub(in crate::sip) fn target(&self) -> SipAddr {
        SipAddr { r#type: Some(self.transport), addr: self.host.clone() }
    }

    /// What its users' addresses end with: `domain`, or its own host.
    pub(super) fn domain(&self, domain: Option<&str>) -> Uri {
        let host = domain.map_or_else(|| self.host.host.clone(), |name| Host::Domain(name.into()));
        Uri { scheme: Some(Scheme::Sip), host_with_port: HostWithPort { host, port: None }, ..Uri::default() }
    }
}

/// Names of hosts are the same in any case.
pub(in crate::sip) fn is_same(one: &Host, other: &Host) -> bool {
    one.to_string().eq_ignore_ascii_case(&other.to_string())
}

/// A host's name (RFC 3261 25.1).
fn is_name(name: &str) -> bool {
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    name.strip_suffix('.').unwrap_or(name).split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking
    use super::*;

    #[test]
    fn addresses_are_read_as_they_are_written() {
        let table = [
            ("sip.example.org", "sip:sip.example.org", Transport::Udp),
            ("sip:192.0.2.1:5080", "sip:192.0.2.1", Transport::Udp),
            ("sip:sip.example.org;transport=tcp", "sip:sip.example.org", Transport::Tcp),
            ("sip.example.org:5061;transport=tls", "sip:sip.example.org", Transport::Tls),
            ("[2001:db8::1]:5060", "sip:[2001:db8::1]", Transport::Udp),
        ];
        for (written, domain, transport) in table {
            let address: TrunkAddress = written.parse().unwrap();
            assert_eq!(
                (address.domain(None).to_string().as_str(), address.transport()),
                (domain, transport),
                "{written}"
            );
        }
        let other: TrunkAddress = "192.0.2.1:5080".parse().unwrap();
        assert_eq!(other.domain(Some("example.org")).to_string(), "sip:example.org");
        let wrong = [
            "",
            "sip:",
            "user@host",
            "sip:host;lr",
            "host;transport=ws",
            "0.0.0.0",
            "224.0.0.1",
            "a b",
            "host:99999",
            "x..y",
            "tel:+1",
        ];
        for written in wrong {
            assert_eq!(written.parse::<TrunkAddress>(), Err(NoAddress), "{written}");
        }
    }

    #[test]
    fn a_call_belongs_to_a_trunk_by_host_port_and_transport_or_by_its_domain() {
        let is_host = |trunk: &str, callee: &str| {
            trunk.parse::<TrunkAddress>().unwrap().is_host_of(&Uri::try_from(callee).unwrap())
        };
        for callee in ["sip:+1@SIP.example.org", "sip:+1@sip.example.org:5060", "sip:+1@sip.example.org;transport=udp"]
        {
            assert!(is_host("sip.example.org", callee) && is_host("sip.example.org:5060", callee), "{callee}");
        }
        assert!(is_host("sip.example.org;transport=tls", "sip:+1@sip.example.org:5061"));
        let others = ["sip:+1@example.org", "sip:+1@sip.example.org:5080", "sip:+1@sip.example.org;transport=tls"];
        for callee in others {
            assert!(!is_host("sip.example.org", callee), "{callee}");
        }
        let address: TrunkAddress = "192.0.2.1".parse().unwrap();
        let is_for = |callee: &str| address.is_spoken_to_for("example.org", &Uri::try_from(callee).unwrap());
        assert!(is_for("sip:+1@Example.org") && is_for("sip:+1@example.org;transport=udp"));
        assert!(!is_for("sip:+1@example.org:5060") && !is_for("sip:+1@a.example.org") && !is_for("sip:+1@192.0.2.1"));
    }
}

//! Where a request comes from.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};

use super::Inbox;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Of an IPv6 address: whoever rents one has at least so many that begin alike, and would be as many clients as they like.
const PREFIX_BITS: u32 = 48;

/// The address whose tries are counted together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Client(IpAddr);

impl Client {
    pub(super) fn at(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) => {
                let prefix = v6.to_bits() >> (Ipv6Addr::BITS - PREFIX_BITS) << (Ipv6Addr::BITS - PREFIX_BITS);
                Self(Ipv6Addr::from_bits(prefix).into())
            }
            v4 @ IpAddr::V4(_) => Self(v4),
        }
    }

    /// What a proxy of ours tells counts, read from the end: before it stands what others have told the proxy.
    fn behind(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> Self {
        let mut client = peer.to_canonical();
        let told: Vec<_> = headers.get_all(X_FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok()).collect();
        let mut hops = told.iter().flat_map(|value| value.split(',')).rev();
        while proxies.contains(&client)
            && let Some(before) = hops.next().and_then(address)
        {
            client = before;
        }
        Self::at(client)
    }
}

/// With a port or without.
fn address(written: &str) -> Option<IpAddr> {
    let written = written.trim();
    let address = written.parse().or_else(|_| written.parse().map(|socket: SocketAddr| socket.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

impl FromRequestParts<Arc<Inbox>> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, inbox: &Arc<Inbox>) -> Result<Self, Infallible> {
        // Where the server does not say it, everybody is the same client.
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        Ok(Self::behind(peer.unwrap_or(Ipv4Addr::UNSPECIFIED.into()), &parts.headers, &inbox.proxies))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_of_ours_is_believed_and_nobody_else() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let proxies = [ip("127.0.0.1"), ip("10.0.0.2")];
        let rows: [(&str, &[&str], &str); 9] = [
            ("192.0.2.7", &[], "192.0.2.7"),
            ("192.0.2.7", &["198.51.100.1"], "192.0.2.7"),
            ("127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["203.0.113.9", "198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            ("::ffff:127.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("127.0.0.1", &["203.0.113.9, unknown"], "127.0.0.1"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["[2001:db8:1:2::3]:80"], "2001:db8:1::"),
        ];
        for (peer, told, expected) in rows {
            let headers = told.iter().map(|value| (X_FORWARDED_FOR, value.parse().unwrap())).collect();
            assert_eq!(Client::behind(ip(peer), &headers, &proxies), Client(ip(expected)), "{peer} {told:?}");
        }
        assert_eq!(Client::at(ip("2001:db8:1:ffff::1")), Client::at(ip("2001:db8:1::2")));
        assert_ne!(Client::at(ip("2001:db8:1::1")), Client::at(ip("2001:db8:2::1")));
    }
}

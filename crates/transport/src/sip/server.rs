use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

use audio::codec::Codec;
use domain::Phi;
use rsipstack::EndpointBuilder;
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::sip::{HostWithPort, Param, Scheme, Transport, Uri};
use rsipstack::transaction::Endpoint;
use rsipstack::transaction::endpoint::EndpointOption;
use rsipstack::transport::TransportLayer;
use rsipstack::transport::tcp_listener::TcpListenerConnection;
use rsipstack::transport::tls::{TlsConfig, TlsListenerConnection};
use rsipstack::transport::udp::UdpConnection;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::abilities::METHODS;
use super::defence::{Defence, SipDefence, TurnedAway};
use super::outbound;
use super::requests::{self, Desk};
use super::trunks::{Trunk, TrunkState, Trunks};
use crate::{DIALS_MAX, Dials, Incoming};

/// A connection over which nothing is said for so long is closed; a call over it says nothing from its beginning to its end.
const STREAM_IDLE: Duration = Duration::from_secs(2 * 3600);
/// Requests in progress may be answered so long when the server stops.
const LAST_REQUESTS: Duration = Duration::from_millis(500);
/// A port that is free for TCP is mostly free for UDP.
const PORT_TRIES: usize = 16;
/// How calls arrive by SIP.
#[derive(Clone, Debug)]
pub struct SipOptions {
    /// Where UDP and TCP are listened to. Port 0: on one that the system picks, see [`Sip::address`].
    pub listen: SocketAddr,
    /// Where TLS is listened to, and with what.
    pub tls: Option<SipTls>,
    /// What others reach this machine at, for `Contact` and SDP; `None`: at the address that is listened to.
    pub external: Option<IpAddr>,
    /// UDP ports for sound, two a call.
    pub rtp_ports: RangeInclusive<u16>,
    /// What is spoken, the best first.
    pub codecs: Vec<Codec>,
    /// The country code of numbers that come without one.
    pub country: String,
    /// So many calls at once; the next is told to try elsewhere.
    pub calls_max: usize,
    /// Whom we may call: SIP URIs. Nobody else is ever called.
    pub may_ring: Vec<Phi<String>>,
    /// Who may ring, and how often.
    pub defence: SipDefence,
    /// Who is told where we are, and asked whether they are there.
    pub trunks: Vec<Trunk>,
    /// Whom the calls that we place are from: the user part of an address.
    pub calls_from: Phi<String>,
}

impl SipOptions {
    /// For callers on this machine: UDP and TCP on `port` of 127.0.0.1, every codec, eight calls at once, nobody may be rung.
    pub fn on_loopback(port: u16) -> Self {
        const CALLS_MAX: usize = 8;
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            tls: None,
            external: None,
            rtp_ports: 30_000..=39_999,
            codecs: Codec::ALL.to_vec(),
            country: "1".to_owned(),
            calls_max: CALLS_MAX,
            may_ring: Vec::new(),
            defence: SipDefence::of(CALLS_MAX),
            trunks: Vec::new(),
            calls_from: Phi::new("firstring".to_owned()),
        }
    }
}

/// A certificate and its key, PEM.
#[derive(Clone, Debug)]
pub struct SipTls {
    /// Address and port.
    pub listen: SocketAddr,
    /// The chain.
    pub certificate: PathBuf,
    /// The private key, PKCS #8.
    pub key: PathBuf,
    /// Whose signature is needed on the certificates of trunks, PEM; `None`: none is believed.
    pub authorities: Option<PathBuf>,
}

/// Why telephones cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum SipError {
    /// Somebody else uses the port, or the address is not this machine's.
    #[error("cannot listen for SIP on {address}; stop what uses it or choose another")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: Box<rsipstack::Error>,
    },
    /// The certificate, or its key.
    #[error("{}: {why}", path.display())]
    Certificate {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The certificate or its key cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// Answers telephones until it is stopped.
#[derive(Debug)]
pub struct Sip {
    dialogs: Weak<DialogLayer>,
    admission: watch::Sender<Admission>,
    trunks: Trunks,
    defence: Arc<Defence>,
    stop: CancellationToken,
    gone: CancellationToken,
    serving: JoinHandle<()>,
    dials: Dials,
    address: SocketAddr,
}

/// Whether new calls are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    Open,
    /// Not yet, or not any more: 503 to INVITE and OPTIONS, so that the trunk goes elsewhere. Calls in progress go on.
    Closed,
}

impl Sip {
    /// Listens, and refuses calls until [`take_calls`](Self::take_calls); whoever conducts them takes them from `incoming`'s other
    /// end.
    pub async fn start(mut options: SipOptions, incoming: mpsc::Sender<Incoming>) -> Result<Self, SipError> {
        let stop = CancellationToken::new();
        let defence = Arc::new(Defence::new(&options));
        let (transports, address) = transports(&options, &stop).await?;
        options.listen = address;
        let door = Arc::clone(&defence);
        transports.set_whitelist(move |ip| std::future::ready(door.lets_in(ip)));
        let endpoint = endpoint(transports, &stop);
        let requests = endpoint.incoming_transactions().expect("nobody else has taken them");
        let (admission, admitted) = watch::channel(Admission::Closed);
        let trunks = Trunks::start(&options, &endpoint.inner, &admitted);
        let dialogs = Arc::new(DialogLayer::new(Arc::clone(&endpoint.inner)));
        let (dials, orders) = mpsc::channel(DIALS_MAX);
        // The endpoint is gone with the task that serves it, and nothing here holds it longer.
        let known = Arc::downgrade(&dialogs);
        let desk = Arc::new(Desk::new(options, dialogs, incoming, admitted, Arc::clone(&defence)));
        let stopped = stop.clone();
        let gone = CancellationToken::new();
        // However the task ends, also by a panic.
        let told = gone.clone().drop_guard();
        let serving = tokio::spawn(async move {
            let _told = told;
            tokio::select! {
                () = stopped.cancelled() => {}
                () = endpoint.serve() => {}
                () = requests::take(requests, Arc::clone(&desk)) => {}
                () = outbound::take(orders, desk) => {}
            }
            endpoint.shutdown();
        });
        Ok(Self { dialogs: known, admission, trunks, defence, stop, gone, serving, dials, address })
    }

    /// Where calls are ordered that we place.
    pub fn dials(&self) -> Dials {
        self.dials.clone()
    }

    /// Where UDP and TCP are listened to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// New calls are taken from now on.
    pub fn take_calls(&self) {
        self.admission.send_replace(Admission::Open);
    }

    /// New calls are refused from now on; those in progress go on.
    pub fn refuse_calls(&self) {
        self.admission.send_replace(Admission::Closed);
    }

    /// How it stands with each trunk.
    pub fn trunks(&self) -> watch::Receiver<Vec<TrunkState>> {
        self.trunks.states()
    }

    /// Cancelled when telephones are not answered any more, whether they were [stopped](Self::stop) or the task that answers them has failed.
    pub fn gone(&self) -> CancellationToken {
        self.gone.clone()
    }

    /// Who was turned away so far.
    pub fn turned_away(&self) -> TurnedAway {
        self.defence.turned_away()
    }

    /// How many calls signalling remembers: those in progress, and those whose end is not yet settled.
    pub fn remembered(&self) -> usize {
        self.dialogs.upgrade().map_or(0, |dialogs| dialogs.len())
    }

    /// Closes the sockets, after trunks were told to send no more calls.
    pub async fn stop(self) {
        self.refuse_calls();
        tokio::join!(tokio::time::sleep(LAST_REQUESTS), self.trunks.stop());
        self.stop.cancel();
        if self.serving.await.is_err() {
            tracing::error!("the task that answers SIP failed");
        }
    }
}

async fn transports(options: &SipOptions, stop: &CancellationToken) -> Result<(TransportLayer, SocketAddr), SipError> {
    let layer = TransportLayer::new(stop.child_token());
    layer.set_stream_idle_timeout(STREAM_IDLE);
    let failed = |address| move |source| SipError::Listen { address, source: Box::new(source) };
    let outside = |listen: SocketAddr| options.external.map(|ip| SocketAddr::new(ip, listen.port()));
    let listen = if options.listen.port() == 0 { any_port(options.listen)? } else { options.listen };
    let udp = UdpConnection::create_connection(listen, outside(listen), Some(stop.child_token()));
    layer.add_transport(udp.await.map_err(failed(listen))?.into());
    is_free(listen)?;
    let tcp = TcpListenerConnection::new(listen, outside(listen)).await.map_err(failed(listen))?;
    layer.add_transport(tcp.into());
    if let Some(tls) = &options.tls {
        is_free(tls.listen)?;
        let read =
            |path: &PathBuf| std::fs::read(path).map_err(|source| SipError::Unreadable { path: path.clone(), source });
        let (certificate, key) = (read(&tls.certificate)?, read(&tls.key)?);
        check(&certificate, &key).map_err(|why| SipError::Certificate { path: tls.certificate.clone(), why })?;
        if let Some(authorities) = &tls.authorities {
            let believed = TlsConfig { ca_certs: Some(read(authorities)?), ..TlsConfig::default() };
            layer.set_tls_config(believed);
        }
        let config = TlsConfig { cert: Some(certificate), key: Some(key), ..TlsConfig::default() };
        let secure = TlsListenerConnection::new(tls.listen, outside(tls.listen), config).await;
        layer.add_transport(secure.map_err(failed(tls.listen))?.into());
    }
    Ok((layer, listen))
}

/// A port of this address that is free for UDP and for TCP.
fn any_port(address: SocketAddr) -> Result<SocketAddr, SipError> {
    let udp_too = |_| {
        let tcp = std::net::TcpListener::bind(address)?.local_addr()?;
        std::net::UdpSocket::bind(tcp).map(|_| tcp)
    };
    let first = (0..PORT_TRIES).map(udp_too).find(Result::is_ok).unwrap_or_else(|| udp_too(0));
    first.map_err(|why: std::io::Error| SipError::Listen { address, source: Box::new(why.into()) })
}

/// rsipstack listens later, and tells nobody if it cannot.
fn is_free(address: SocketAddr) -> Result<(), SipError> {
    let failed = |why: std::io::Error| SipError::Listen { address, source: Box::new(why.into()) };
    std::net::TcpListener::bind(address).map(drop).map_err(failed)
}

/// Whether TLS can be spoken with these, of which rsipstack reads keys by PKCS #8 and #1 only.
fn check(certificate: &[u8], key: &[u8]) -> Result<(), String> {
    let chain = CertificateDer::pem_slice_iter(certificate).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|_| "it is no PEM certificate")?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| "tls_key is no PEM key")?;
    if let PrivateKeyDer::Sec1(_) = key {
        return Err("tls_key is of the kind SEC1; convert it with `openssl pkcs8 -topk8 -nodes`".to_owned());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|why| why.to_string())?.with_no_client_auth().with_single_cert(chain, key);
    config.map(drop).map_err(|why| format!("it does not go with tls_key: {why}"))
}

fn endpoint(transports: TransportLayer, stop: &CancellationToken) -> Endpoint {
    let option = EndpointOption { callid_suffix: Some("firstring".to_owned()), ..EndpointOption::default() };
    EndpointBuilder::new()
        .with_user_agent("FirstRing")
        .with_transport_layer(transports)
        .with_cancel_token(stop.child_token())
        // rsipstack keeps the list and writes no `Allow` by itself.
        .with_allows(METHODS.to_vec())
        .with_option(option)
        .build()
}

/// What the other side is to reach us at within a call that came over `transport`.
pub(super) fn contact(options: &SipOptions, transport: Transport) -> Uri {
    let listen = match (&options.tls, transport) {
        (Some(tls), Transport::Tls) => tls.listen,
        _ => options.listen,
    };
    let address = SocketAddr::new(options.external.unwrap_or(listen.ip()), listen.port());
    let params = if transport == Transport::Udp { Vec::new() } else { vec![Param::Transport(transport)] };
    Uri { scheme: Some(Scheme::Sip), host_with_port: HostWithPort::from(address), params, ..Uri::default() }
}

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use domain::{Phi, PhoneNumber};
use office::is_signed;
use sha2::{Digest, Sha256};
use store::Secret;
use tokio::sync::mpsc;
use transport::streams::rest::{Interface, OurEnd, Rest, RestOptions, TEL};
use transport::streams::{self, Doorkeeper, PATH, StreamOptions};
use transport::{Dials, Incoming};

use crate::config::{Http, SecretRef, Streams, StreamsRest};

/// A shorter secret can be guessed.
const SECRET_LEN_MIN: usize = 16;

/// The WebSocket of providers, and their interface.
#[derive(Debug, Default)]
pub struct StreamDoor {
    /// Without a secret there is no such address.
    pub router: Router,
    /// The way to whoever rings, where the provider does.
    pub dials: Option<Dials>,
}

/// `telephones` are the addresses of those who may be rung, by whatever way.
pub fn stream_door<'a>(
    streams: Option<&Streams>,
    http: &Http,
    telephones: impl IntoIterator<Item = &'a Phi<String>>,
    incoming: mpsc::Sender<Incoming>,
) -> anyhow::Result<StreamDoor> {
    let Some(streams) = streams else { return Ok(StreamDoor::default()) };
    let secrets = StreamSecrets::read(streams, http)?;
    let numbers = telephones.into_iter().filter_map(|to| to.expose().strip_prefix(TEL)?.parse().ok());
    let may_ring = numbers.map(Phi::new).collect();
    let rest = streams.rest.as_ref().map(|rest| secrets.rest(rest, http, may_ring)).transpose()?;
    let dials = rest.as_ref().and_then(Rest::dials);
    let options = StreamOptions { calls_max: streams.calls_max, rest, ..StreamOptions::default() };
    Ok(StreamDoor { router: streams::router(options, Arc::new(secrets), incoming), dials })
}

/// What a provider has to know to stream calls.
#[derive(Debug)]
pub struct StreamSecrets {
    token: Option<Secret>,
    account_token: Option<Secret>,
    /// What the address that providers are given begins with, but for its scheme.
    host: String,
}

impl StreamSecrets {
    /// Reads the secrets.
    ///
    /// # Errors
    /// One cannot be read, or can be guessed.
    pub fn read(streams: &Streams, http: &Http) -> anyhow::Result<Self> {
        let read = |secret: &SecretRef| {
            let value = secret.read()?;
            let why = "too short; write at least";
            anyhow::ensure!(
                value.len() >= SECRET_LEN_MIN,
                "a secret of [streams] is {why} {SECRET_LEN_MIN} characters"
            );
            Ok(Secret::new(value))
        };
        let token = streams.token.as_ref().map(read).transpose()?;
        let rings_by_plivo =
            streams.rest.as_ref().is_some_and(|rest| rest.interface == Interface::Plivo && rest.rings());
        let is_plain = |token: &Secret| token.expose().bytes().all(|byte| byte.is_ascii_alphanumeric());
        anyhow::ensure!(
            !rings_by_plivo || token.as_ref().is_none_or(is_plain),
            "Plivo passes on letters and digits only: make the token of [streams] of those, or leave from out"
        );
        let url = http.public_url();
        let host = url.split_once("://").map_or(url.as_str(), |(_scheme, host)| host);
        Ok(Self {
            token,
            account_token: streams.account_token.as_ref().map(read).transpose()?,
            host: host.trim_end_matches('/').to_owned(),
        })
    }

    /// The provider's interface, with where it is to stream calls that it places.
    fn rest(&self, rest: &StreamsRest, http: &Http, may_ring: Vec<Phi<PhoneNumber>>) -> anyhow::Result<Rest> {
        let end = OurEnd {
            url: format!("{}{PATH}", http.public_url().trim_end_matches('/').replacen("http", "ws", 1)),
            token: self.token.as_ref().map(|token| Phi::new(token.expose().to_owned())),
        };
        anyhow::ensure!(
            http.is_only_here() || end.url.starts_with("wss://"),
            "the provider streams calls that it places to public_url under [http], which must begin with https://"
        );
        Ok(Rest::open(RestOptions { account: rest.open()?, end, from: rest.from.clone(), may_ring })?)
    }
}

impl Doorkeeper for StreamSecrets {
    /// Signed is the address as the practice has written it, where that of a WebSocket begins with `wss://`; some sign it as
    /// `https://`, and some with a slash at its end.
    fn has_signed(&self, path_and_query: &str, signature: &str) -> bool {
        let Some(token) = &self.account_token else { return false };
        ["wss", "https"].iter().any(|scheme| {
            let url = format!("{scheme}://{}{path_and_query}", self.host);
            is_signed(token, &url, &[], signature) || is_signed(token, &format!("{url}/"), &[], signature)
        })
    }

    /// By their SHA-256: how long that takes tells nothing about the token.
    fn knows(&self, token: &str) -> bool {
        self.token.as_ref().is_some_and(|wanted| Sha256::digest(wanted.expose()) == Sha256::digest(token))
    }

    fn has_token(&self) -> bool {
        self.token.is_some()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use hmac::{Hmac, Mac};
    use sha1::Sha1;
    use tokio_tungstenite::connect_async;
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;

    use super::*;

    fn secrets(token: Option<&str>, account_token: Option<&str>) -> StreamSecrets {
        let secret = |value: Option<&str>| value.map(Secret::new);
        let host = "phone.example.org".to_owned();
        StreamSecrets { token: secret(token), account_token: secret(account_token), host }
    }

    /// `printf %s wss://phone.example.org/streams | openssl dgst -sha1 -hmac 12345678901234567890123456789012 -binary | base64`,
    /// and the same with `/` at its end, with `https` and with `:443` after the host.
    const SIGNED: [&str; 4] = [
        "bI7hIwvcYPEsLrKhvUKc0OAG/us=",
        "d5scJ2/Fj9o/InV1YRRJ/ehmWKQ=",
        "lxMN7/HH7yVpUZdEOvVCLwtaOFs=",
        "NPS5kr6bk5IpojQFrYSHu5Bm2EI=",
    ];

    #[test]
    fn the_account_signs_the_address_of_the_stream() {
        let ours = secrets(None, Some("12345678901234567890123456789012"));
        for signature in SIGNED {
            assert!(ours.has_signed("/streams", signature), "{signature}");
            assert!(!ours.has_signed("/streams?token=x", signature), "{signature}");
            assert!(!secrets(None, Some("another token of somebody")).has_signed("/streams", signature));
            assert!(!secrets(Some("12345678901234567890123456789012"), None).has_signed("/streams", signature));
        }
        assert!(!ours.has_signed("/streams", ""));
    }

    #[test]
    fn the_token_is_known_and_none_is_not() {
        let ours = secrets(Some("a shared token"), None);
        assert!(ours.knows("a shared token"));
        assert!(!ours.knows("a shared toke") && !ours.knows(""));
        assert!(!secrets(None, Some("x")).knows("") && !secrets(None, Some("x")).has_token());
    }

    #[test]
    fn plivo_is_given_a_token_that_it_passes_on() {
        let listen = "127.0.0.1:9".parse().unwrap();
        let http = Http { listen, public_url: None, tls: None, token_file: None, reverse_proxies: Vec::new() };
        let file = tempfile::NamedTempFile::new().unwrap();
        let secret = SecretRef::File(file.path().to_owned());
        let reads = |token: &str, interface, from: Option<&str>| {
            std::fs::write(file.path(), token).unwrap();
            let from = from.map(|from| from.parse().unwrap());
            let (api, account) = ("https://example.org".to_owned(), "MA1".to_owned());
            let rest = Some(StreamsRest { interface, api, account, secret: secret.clone(), from });
            let streams = Streams { token: Some(secret.clone()), account_token: None, calls_max: 1, rest };
            StreamSecrets::read(&streams, &http).map(drop)
        };
        let ours = Some("+12125550111");
        assert!(reads("LettersAndDigits1", Interface::Plivo, ours).is_ok());
        let why = reads("with-a-hyphen-or-two", Interface::Plivo, ours).unwrap_err();
        assert!(why.to_string().contains("letters and digits only"), "{why}");
        assert!(reads("with-a-hyphen-or-two", Interface::Plivo, None).is_ok(), "it rings nobody");
        assert!(reads("with-a-hyphen-or-two", Interface::Telnyx, ours).is_ok());
    }

    /// The same over a socket, with the address that this server has: nobody else's signature opens it.
    #[tokio::test]
    async fn a_stream_that_the_account_has_signed_is_let_in() {
        const ACCOUNT_TOKEN: &str = "12345678901234567890123456789012";
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listen = listener.local_addr().unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), ACCOUNT_TOKEN).unwrap();
        let account_token = Some(SecretRef::File(file.path().to_owned()));
        let streams = Streams { token: None, account_token, calls_max: 1, rest: None };
        let http = Http { listen, public_url: None, tls: None, token_file: None, reverse_proxies: Vec::new() };
        let (incoming, _calls) = mpsc::channel(1);
        let router = stream_door(Some(&streams), &http, [], incoming.clone()).unwrap().router;
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });

        let sign = |url: &str| {
            let mac: Hmac<Sha1> = Hmac::new_from_slice(ACCOUNT_TOKEN.as_bytes()).unwrap();
            STANDARD.encode(mac.chain_update(url).finalize().into_bytes())
        };
        let connect = async |signature: String| {
            let mut request = format!("ws://{listen}/streams").into_client_request().unwrap();
            request.headers_mut().insert("x-twilio-signature", signature.parse().unwrap());
            connect_async(request).await.is_ok()
        };
        assert!(connect(sign(&format!("wss://{listen}/streams"))).await);
        assert!(!connect(sign("wss://phone.example.org/streams")).await);
        assert!(!connect(String::new()).await);
        serving.abort();

        let none = stream_door(None, &http, [], incoming).unwrap().router;
        assert!(!none.has_routes(), "without a secret there is no such address");
    }
}

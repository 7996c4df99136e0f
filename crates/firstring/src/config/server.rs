use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use call::HandingOver;
use serde::Deserialize;
use toml::Spanned;

use super::practices::RawOther;
use super::sip::{RawSip, Telephones};
use super::streams::{RawStreams, Streams, StreamsRest};
use super::{ConfigError, SecretRef, Source};

/// The server as the program needs it, for one practice.
#[derive(Clone, Debug)]
pub struct Server {
    /// Where the pages are served.
    pub http: Http,
    /// How telephones reach it; `None`: they do not.
    pub sip: Option<Telephones>,
    /// The trunk by which telephone numbers are called, as it stands behind the `@`; `None`: only SIP addresses are.
    pub outbound: Option<String>,
    /// Whether a caller's line itself puts them through.
    pub handing_over: HandingOver,
    /// What providers need who stream calls to it; `None`: they cannot.
    pub streams: Option<Streams>,
    /// Where calls, messages and keys are kept.
    pub data: PathBuf,
    /// The address of a PostgreSQL database in which several nodes keep calls and messages; keys stay in `data`.
    pub database: Option<SecretRef>,
    /// A call that is no patient's: it changes nobody's calendar.
    pub apart: bool,
    /// Where the models lie; `None` for the usual place.
    pub models: Option<PathBuf>,
    /// The practice's file.
    pub practice: PathBuf,
    /// Which language model reads, by its id in the manifest; `None` to read by written rules alone.
    pub language_model: Option<String>,
    /// Whether the learned head on sentence embeddings is heard beside it.
    pub learned_head: bool,
    /// An OpenAI-compatible server that reads instead.
    pub llm_url: Option<String>,
    /// The same for every further practice: its own file, pages, records and keys.
    pub others: Vec<Self>,
}

/// The HTTP side.
#[derive(Clone, Debug)]
pub struct Http {
    /// Address and port.
    pub listen: SocketAddr,
    /// What links begin with, e.g. `https://phone.example.org`; from `listen` if absent.
    pub public_url: Option<String>,
    /// Needed to listen anywhere but on this machine.
    pub tls: Option<Tls>,
    /// A file with the token that browsers must bring.
    pub token_file: Option<PathBuf>,
    /// Proxies of the practice's own, whose `X-Forwarded-For` tells where somebody who logs in comes from.
    pub reverse_proxies: Vec<IpAddr>,
}

/// A certificate and its key, PEM.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The chain.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// What the command line says; it wins over the file.
#[derive(Debug, Default)]
pub struct Overrides {
    /// `--http`
    pub http: Option<SocketAddr>,
    /// `--sip`
    pub sip: Option<SocketAddr>,
    /// `--data`
    pub data: Option<PathBuf>,
    /// A call that is no patient's: its records stay in `data`, whatever database the practice has.
    pub apart: bool,
    /// `--practice`
    pub practice: Option<PathBuf>,
    /// `--models`
    pub models: Option<PathBuf>,
    /// `--llm-url`
    pub llm_url: Option<String>,
    /// `--no-llm`
    pub no_llm: bool,
    /// `--llm`
    pub language_model: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawServer {
    http: RawHttp,
    sip: RawSip,
    streams: Option<RawStreams>,
    data: RawData,
    models: RawModels,
    reading: RawReading,
    practice: Option<RawPracticeFile>,
    practices: Vec<RawOther>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawHttp {
    listen: Option<Spanned<String>>,
    public_url: Option<String>,
    tls_certificate: Option<Spanned<String>>,
    tls_key: Option<Spanned<String>>,
    token_file: Option<String>,
    reverse_proxies: Vec<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawData {
    directory: Option<String>,
    database: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawModels {
    directory: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawReading {
    language_model: Option<String>,
    llm_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPracticeFile {
    file: String,
}

const LISTEN_DEFAULT: &str = "127.0.0.1:8080";
const LANGUAGE_MODEL_DEFAULT: &str = "smollm2-135m";

impl Server {
    /// Whether the provider that streams calls rings people, too.
    pub fn provider_rings(&self) -> bool {
        self.streams.as_ref().and_then(|streams| streams.rest.as_ref()).is_some_and(StreamsRest::rings)
    }

    /// Reads the file, if one is given, and lays the command line over it.
    pub fn load(file: Option<&Path>, over: Overrides) -> anyhow::Result<Self> {
        let source = file.map(Source::read).transpose()?;
        let raw = source.as_ref().map_or_else(|| Ok(RawServer::default()), Source::parse::<RawServer>)?;
        let beside = |written: &String| source.as_ref().map_or_else(|| written.into(), |s| s.path(written));

        let http = http(source.as_ref(), raw.http, over.http)?;
        let outbound = raw.sip.outbound(source.as_ref())?;
        let handing_over = raw.sip.handing_over(source.as_ref())?;
        let sip = raw.sip.check(source.as_ref(), over.sip)?;
        let streams = raw.streams.zip(source.as_ref()).map(|(raw, source)| raw.check(source)).transpose()?;
        let practice = raw.practice.as_ref().map(|practice| beside(&practice.file));
        let practice = practice.or_else(|| over.practice.clone()).ok_or_else(|| {
            anyhow::anyhow!(
                "no practice is named; give --practice FILE, or [practice] file = \"..\" in the configuration"
            )
        })?;
        let data = over.data.clone();
        let data = data.or_else(|| raw.data.directory.as_ref().map(&beside)).unwrap_or_else(data_default);
        let database = raw.data.database.as_ref().filter(|_| !over.apart);
        let database = database.zip(source.as_ref()).map(|(written, source)| source.secret(written)).transpose()?;
        let llm_url = over.llm_url.or(raw.reading.llm_url);
        if llm_url.as_deref().is_some_and(|url| !super::is_private(url)) {
            anyhow::bail!("llm_url must begin with https:// (http:// only to 127.0.0.1): patients' words go there");
        }
        let language_model = match over.language_model.as_deref().or(raw.reading.language_model.as_deref()) {
            _ if over.no_llm => None,
            Some("none") => None,
            Some(id) => Some(id.to_owned()),
            None => Some(LANGUAGE_MODEL_DEFAULT.to_owned()),
        };
        let models = over.models.or_else(|| raw.models.directory.as_ref().map(&beside));
        let mut server = Self {
            http,
            sip,
            outbound,
            handing_over,
            streams,
            data,
            database,
            apart: over.apart,
            models,
            practice,
            language_model,
            learned_head: !over.no_llm,
            llm_url,
            others: Vec::new(),
        };
        if let Some(source) = &source {
            server.others = server.beside(raw.practices, source)?;
        }
        Ok(server.chosen(over.practice.as_deref(), over.data, over.http))
    }
}

fn http(source: Option<&Source>, raw: RawHttp, over: Option<SocketAddr>) -> Result<Http, ConfigError> {
    let fail = |at: Option<&Spanned<String>>, wrong: &str| {
        let source = source.expect("only what stands in a file can be wrong here");
        source.at(at.map(Spanned::span), wrong.to_owned())
    };
    let listen = match (over, &raw.listen) {
        (Some(listen), _) => listen,
        (None, Some(written)) => written.get_ref().parse().map_err(|_| {
            fail(Some(written), "listen is not an address and port; write one such as \"127.0.0.1:8080\"")
        })?,
        (None, None) => LISTEN_DEFAULT.parse().expect("the default is an address"),
    };
    let tls = match (&raw.tls_certificate, &raw.tls_key) {
        (Some(certificate), Some(key)) => {
            let source = source.expect("both stand in the file");
            Some(Tls { certificate: source.path(certificate.get_ref()), key: source.path(key.get_ref()) })
        }
        (None, None) => None,
        (Some(one), None) | (None, Some(one)) => {
            return Err(fail(Some(one), "tls_certificate and tls_key go together; write both or none"));
        }
    };
    let token_file = raw.token_file.map(|written| source.map_or_else(|| (&written).into(), |s| s.path(&written)));
    let proxy = |written: &Spanned<String>| {
        let wrong = "not an address such as \"127.0.0.1\"; write those from which the reverse proxy connects";
        written.get_ref().parse().map_err(|_| fail(Some(written), wrong))
    };
    let reverse_proxies = raw.reverse_proxies.iter().map(proxy).collect::<Result<_, _>>()?;
    Ok(Http { listen, public_url: raw.public_url, tls, token_file, reverse_proxies })
}

impl Http {
    /// What links to this server begin with.
    pub fn public_url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        self.public_url.clone().unwrap_or_else(|| format!("{scheme}://{}", self.listen))
    }

    /// Whether nobody but this machine reaches it: it listens here, and nothing in front of it was given an address.
    pub fn is_only_here(&self) -> bool {
        self.listen.ip().is_loopback() && self.public_url.is_none()
    }

    /// Patients' words travel here: anywhere but on this machine only behind TLS and a token.
    pub fn check_exposure(&self) -> anyhow::Result<()> {
        let protected = self.tls.is_some() && self.token_file.is_some();
        if self.public_url.is_none() && self.listen.ip().is_unspecified() {
            anyhow::bail!("set public_url under [http]: links in pages to {} open nowhere", self.listen);
        }
        if self.public_url.is_none() && self.listen.ip().is_loopback() {
            tracing::warn!("links in pages open on this machine only; set public_url under [http]");
        }
        if self.public_url.is_some() && self.tls.is_none() && self.reverse_proxies.is_empty() {
            tracing::warn!(
                "whoever tries to log in counts as one and the same: name the proxy in front of this server as reverse_proxies under [http]"
            );
        }
        if self.listen.ip().is_loopback() || protected {
            return Ok(());
        }
        anyhow::bail!(
            "{} is not on this machine: set tls_certificate, tls_key and token_file under [http], or listen on 127.0.0.1",
            self.listen
        )
    }
}

fn data_default() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_else(|| ".".into())).join(".local/share");
    std::env::var_os("XDG_DATA_HOME").map_or_else(home, PathBuf::from).join("firstring/data")
}

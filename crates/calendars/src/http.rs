//! One server that is asked, with limits to everything.

use std::net::IpAddr;
use std::time::Duration;

use domain::Phi;
use reqwest::header::{self, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, StatusCode, Url};

use crate::{CalendarError, Unreached};

/// A year of a full calendar with its descriptions has a tenth of this.
const ANSWER_BYTES_MAX: usize = 16 << 20;

/// Where a server is and how it lets us in.
#[derive(Clone, Debug)]
pub struct Access {
    /// CalDAV: of the calendar itself. FHIR: the base. Encrypted, or within the practice's own network; without a user's name
    /// or password in it. Not printed: some servers write a secret into it.
    pub url: Phi<String>,
    /// How it knows us.
    pub credentials: Credentials,
    /// Within this each request has its whole answer, or has failed.
    pub within: Duration,
}

/// How a server knows us.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// It does not ask.
    None,
    /// RFC 7617.
    Basic {
        /// Without a colon.
        user: Phi<String>,
        /// Or a password for this program alone, where the server has such.
        password: Phi<String>,
    },
    /// RFC 6750.
    Bearer(Phi<String>),
}

/// A server that was checked when the program was started.
#[derive(Debug)]
pub(crate) struct Server {
    client: Client,
    base: Phi<Url>,
    credentials: Credentials,
    within: Duration,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) etag: Option<String>,
    pub(crate) body: Phi<Vec<u8>>,
}

impl Server {
    pub(crate) fn new(access: &Access) -> Result<Self, CalendarError> {
        let base = address(access.url.expose()).map_err(CalendarError::Misconfigured)?;
        // A redirection would carry words and credentials to another host.
        let client = Client::builder().redirect(Policy::none()).build();
        let client = client.map_err(|_| CalendarError::Misconfigured("HTTP cannot be used: no TLS provider"))?;
        if access.within.is_zero() {
            return Err(CalendarError::Misconfigured("the calendar's time-out is zero"));
        }
        let (credentials, within) = (access.credentials.clone(), access.within);
        Ok(Self { client, base: Phi::new(base), credentials, within })
    }

    /// Ends with a slash.
    pub(crate) fn base(&self) -> &Url {
        self.base.expose()
    }

    /// A place below the base: `path` holds ids of ours and of the server's, never words.
    pub(crate) fn at(&self, path: &str) -> Result<Url, CalendarError> {
        let url = self.base().join(path).map_err(|_| CalendarError::Unreadable("an id that makes no address"))?;
        if self.is_ours(&url) { Ok(url) } else { Err(CalendarError::Unreadable("an id that leads elsewhere")) }
    }

    /// The base as FHIR writes it: without the slash.
    pub(crate) fn root(&self) -> Url {
        let mut root = self.base().clone();
        root.set_path(self.base().path().trim_end_matches('/'));
        root
    }

    /// Whether `url` is the base or lies below it; nothing else is ever asked.
    pub(crate) fn is_ours(&self, url: &Url) -> bool {
        url.origin() == self.base().origin() && format!("{}/", url.path()).starts_with(self.base().path())
    }

    pub(crate) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let request = self.client.request(method, url).timeout(self.within);
        match &self.credentials {
            Credentials::None => request,
            Credentials::Basic { user, password } => request.basic_auth(user.expose(), Some(password.expose())),
            Credentials::Bearer(token) => request.bearer_auth(token.expose()),
        }
    }

    /// Sends once and reads the whole answer, whatever its status.
    pub(crate) async fn ask(&self, request: RequestBuilder) -> Result<Answered, CalendarError> {
        let mut answer = request.send().await.map_err(|why| unreached(&why))?;
        let status = answer.status();
        let etag = answer.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|why| unreached(&why))? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(CalendarError::Unreadable("it is larger than 16 MiB"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answered { status, etag, body: Phi::new(body) })
    }
}

impl Answered {
    /// Itself, if the server did what it was asked.
    pub(crate) fn done(self) -> Result<Self, CalendarError> {
        if self.status.is_success() { Ok(self) } else { Err(refusal(self.status)) }
    }

    pub(crate) fn is_gone(&self) -> bool {
        matches!(self.status, StatusCode::NOT_FOUND | StatusCode::GONE)
    }
}

/// A header from a text of somebody else's.
pub(crate) fn with_header(
    request: RequestBuilder,
    name: HeaderName,
    value: &str,
) -> Result<RequestBuilder, CalendarError> {
    let value = HeaderValue::from_str(value).map_err(|_| CalendarError::Unreadable("a version that fits no header"))?;
    Ok(request.header(name, value))
}

fn unreached(why: &reqwest::Error) -> CalendarError {
    CalendarError::Unavailable(if why.is_timeout() { Unreached::TooLate } else { Unreached::NotReached })
}

/// What a status other than success means for the caller.
pub(crate) fn refusal(status: StatusCode) -> CalendarError {
    match status {
        StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => CalendarError::Conflict,
        StatusCode::REQUEST_TIMEOUT | StatusCode::LOCKED | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => {
            CalendarError::Unavailable(Unreached::Status(status.as_u16()))
        }
        _ if status.is_server_error() => CalendarError::Unavailable(Unreached::Status(status.as_u16())),
        _ => CalendarError::Refused(status.as_u16()),
    }
}

/// Encrypted, because patients' words go there, but to this machine and the practice's own network: an address of its own,
/// or a name without a dot, which no public server has.
fn address(text: &str) -> Result<Url, &'static str> {
    let mut url: Url = text.parse().map_err(|_| "the calendar's address is not a URL")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the calendar's address holds a user or password: give them as credentials");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("the calendar's address has a query: give the part before it");
    }
    match url.scheme() {
        "https" => {}
        "http" if is_near(&url) => {}
        "http" => return Err("the calendar's address is http, and not within the practice's own network: use https"),
        _ => return Err("the calendar's address is neither http nor https"),
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

fn is_near(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    match host.parse() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
        Err(_) => !host.is_empty() && !host.contains('.'),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use std::time::Duration;

    use domain::Phi;

    use super::{Access, Credentials, Server};

    #[test]
    fn nothing_beside_the_base_is_asked() {
        rustls::crypto::ring::default_provider().install_default().ok();
        let url = Phi::from("https://records.example.org/fhir");
        let access = Access { url, credentials: Credentials::None, within: Duration::from_secs(1) };
        let server = Server::new(&access).unwrap();
        assert_eq!(server.root().as_str(), "https://records.example.org/fhir");
        for (url, is_ours) in [
            ("https://records.example.org/fhir/Slot?page=2", true),
            ("https://records.example.org/fhir?_getpages=17", true),
            ("https://records.example.org/fhirs/Slot", false),
            ("https://records.example.org/fhir/../Slot", false),
            ("https://records.example.org/", false),
            ("http://records.example.org/fhir/Slot", false),
            ("https://records.example.org:444/fhir/Slot", false),
            ("https://else.example.org/fhir/Slot", false),
        ] {
            assert_eq!(server.is_ours(&url.parse().unwrap()), is_ours, "{url}");
        }
        for path in ["../Patient", "//else.example.org/", "https://else.example.org/"] {
            assert!(server.at(path).is_err(), "{path}");
        }
    }
}

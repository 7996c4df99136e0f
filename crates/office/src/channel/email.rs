//! E-mail: pages, and what else the practice is told so.
//!
//! One connection for each e-mail, so that none waits for another's. The order of the steps is ours and not the library's
//! transport's: a server that has taken the mail has taken it, however it says goodbye.

use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use domain::Urgency;
use lettre::Message;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox};
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use store::Secret;

use super::{PageNotice, text};
use crate::webhook::Undelivered;

/// Name, connection, TLS, sign-in and mail are a dozen ways there and back, and many servers let strangers wait a few
/// seconds before they greet. The slowest channel: it stands beside another, not alone.
pub(super) const WITHIN: Duration = Duration::from_secs(8);
/// After the mail was taken.
const GOODBYE_WITHIN: Duration = Duration::from_millis(500);
/// The longest line that mail may have.
const LINE_BYTES: usize = 998;

/// E-mails to one clinician, or to the practice.
#[derive(Clone, Debug)]
pub struct Email {
    /// The mail server's name, or its address.
    pub server: String,
    /// Its port; without one [`Encryption::port`].
    pub port: Option<u16>,
    /// How it is spoken to.
    pub encryption: Encryption,
    /// How the practice signs in, where it has to.
    pub login: Option<Login>,
    /// The sender, such as `FirstRing <pages@riverside.example>`.
    pub from: Secret,
    /// The recipient's address. It is theirs, so it is printed by nobody; nor is the sender's.
    pub to: Secret,
}

/// How a mail server is spoken to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encryption {
    /// Encrypted from the first byte.
    Tls,
    /// Encrypted before anything else is said; a server that does not offer it is told nothing.
    StartTls,
    /// Not at all: only for a server on this machine.
    Plain,
}

impl Encryption {
    /// The port that belongs to it.
    pub fn port(self) -> u16 {
        match self {
            Self::Tls => smtp::SUBMISSIONS_PORT,
            Self::StartTls => smtp::SUBMISSION_PORT,
            Self::Plain => smtp::SMTP_PORT,
        }
    }
}

/// Who the practice is to its mail server.
#[derive(Clone, Debug)]
pub struct Login {
    /// Often an address.
    pub user: Secret,
    /// Its password.
    pub password: Secret,
}

pub(crate) struct EmailSender {
    server: (String, u16),
    security: Security,
    /// The sender's domain: a name that means something to the server, which this machine's own may not.
    domain: String,
    login: Option<Credentials>,
    from: Mailbox,
    to: Mailbox,
}

enum Security {
    Tls(TlsParameters),
    StartTls(TlsParameters),
    Plain,
}

/// What one e-mail says.
pub(crate) struct Letter {
    /// The same for every try of the same e-mail.
    pub(crate) id: String,
    /// Of one line.
    pub(crate) subject: String,
    /// Its lines end with CR and LF.
    pub(crate) text: String,
    /// An emergency: marked so that programs show it first.
    pub(crate) is_emergency: bool,
}

impl Letter {
    fn of(page: &PageNotice<'_>) -> Self {
        Self {
            id: page.id.to_owned(),
            subject: format!("{} - {}", text::headline(page), text::practice(page)),
            text: format!("{}\r\n\r\n{}\r\n\r\n{}\r\n", text::headline(page), text::body(page), page.link),
            is_emergency: page.urgency == Urgency::Emergency && !page.test,
        }
    }
}

impl EmailSender {
    pub(crate) fn check(email: &Email) -> Result<Self, &'static str> {
        let from: Mailbox = email.from.expose().parse().map_err(|_| "its sender is not an e-mail address")?;
        let to: Mailbox = email.to.expose().parse().map_err(|_| "its recipient is not an e-mail address")?;
        let server = email.server.clone();
        if server.is_empty() || !server.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:".contains(&b)) {
            return Err("its server is not a name such as mail.example.com");
        }
        let tls = || TlsParameters::new(server.clone()).map_err(|_| "this computer knows no certificates to trust");
        let security = match email.encryption {
            Encryption::Tls => Security::Tls(tls()?),
            Encryption::StartTls => Security::StartTls(tls()?),
            // By number: a name, `localhost` too, may lead elsewhere.
            Encryption::Plain if server.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()) => Security::Plain,
            Encryption::Plain => return Err("only a server on this machine, 127.0.0.1, may be told it unencrypted"),
        };
        let credentials = |login: &Login| Credentials::new(login.user.expose().into(), login.password.expose().into());
        Ok(Self {
            server: (server, email.port.unwrap_or(email.encryption.port())),
            security,
            domain: from.email.domain().to_owned(),
            login: email.login.as_ref().map(credentials),
            from,
            to,
        })
    }

    pub(super) async fn send(&self, page: &PageNotice<'_>, within: Duration) -> Result<(), Undelivered> {
        self.send_letter(Letter::of(page), within).await
    }

    /// Taken is the server's 250 to the whole mail.
    pub(crate) async fn send_letter(&self, letter: Letter, within: Duration) -> Result<(), Undelivered> {
        let mail = self.mail(letter).map_err(|_| Undelivered::NotReached)?;
        let mut connection = match tokio::time::timeout(within, self.deliver(&mail, within)).await {
            Ok(delivered) => delivered?,
            Err(_) => return Err(Undelivered::TooLate),
        };
        // Whether it answers or not: the mail is its own now.
        tokio::time::timeout(GOODBYE_WITHIN, connection.quit()).await.ok();
        Ok(())
    }

    async fn deliver(&self, mail: &Message, within: Duration) -> Result<AsyncSmtpConnection, Undelivered> {
        let hello = ClientId::Domain(self.domain.clone());
        let at_once = match &self.security {
            Security::Tls(tls) => Some(tls.clone()),
            Security::StartTls(_) | Security::Plain => None,
        };
        // A name may have several addresses: the first that does not answer leaves time for the next.
        let each = Some(within / 2);
        let server = (self.server.0.as_str(), self.server.1);
        let mut connection = AsyncSmtpConnection::connect_tokio1(server, each, &hello, at_once, None)
            .await
            .map_err(|e| undelivered(&e))?;
        if let Security::StartTls(tls) = &self.security {
            if !connection.can_starttls() {
                return Err(Undelivered::Unencrypted);
            }
            connection.starttls(tls.clone(), &hello).await.map_err(|e| undelivered(&e))?;
        }
        if let Some(login) = &self.login {
            connection.auth(DEFAULT_MECHANISMS, login).await.map_err(|e| undelivered(&e))?;
        }
        connection.send(mail.envelope(), &mail.formatted()).await.map_err(|e| undelivered(&e))?;
        Ok(connection)
    }

    fn mail(&self, letter: Letter) -> Result<Message, lettre::error::Error> {
        let header = |name, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
        let mut mail = Message::builder()
            .from(self.from.clone())
            .to(self.to.clone())
            .subject(letter.subject)
            .message_id(Some(format!("<{}@{}>", letter.id, self.domain)))
            // So that "I am on holiday" does not come back.
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .header(ContentType::TEXT_PLAIN);
        if letter.is_emergency {
            mail = mail.raw_header(header("X-Priority", "1")).raw_header(header("Importance", "high"));
        }
        mail.body(body(letter.text))
    }
}

/// As it is, where mail may be so: otherwise a long link is broken over lines, which not every pager puts together again.
fn body(text: String) -> Body {
    if text.is_ascii() && text.lines().all(|line| line.len() <= LINE_BYTES) {
        Body::dangerous_pre_encoded(text.into_bytes(), ContentTransferEncoding::SevenBit)
    } else {
        Body::new(text)
    }
}

/// The server's words are left out: they may repeat an address.
fn undelivered(error: &smtp::Error) -> Undelivered {
    match error.status() {
        Some(code) => Undelivered::RefusedBySmtp(code.into()),
        None if error.is_timeout() => Undelivered::TooLate,
        None if is_distrust(error) => Undelivered::Unencrypted,
        None if error.is_client() || error.is_response() => Undelivered::Unfit,
        None => Undelivered::NotReached,
    }
}

/// A certificate that is not to be trusted, or no TLS at all, is told as data that is not valid.
fn is_distrust(error: &smtp::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return io.kind() == io::ErrorKind::InvalidData;
        }
        cause = error.source();
    }
    error.is_tls()
}

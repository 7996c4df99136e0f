//! What a trunk is asked, and how its answer is read.
//!
//! rsipstack's own `Registration` writes the address at which the registrar sees us over the one that was configured as
//! ours; its digest authentication is used.

use std::time::Duration;

use rsipstack::dialog::authenticate::{AuthRetry, handle_client_authenticate};
use rsipstack::sip::{
    CallId, Expires, HasHeaders, Header, HeadersExt, Method, MinExpires, Request, Response, SipMessage, StatusCode,
    StatusCodeKind, Uri, typed,
};
use rsipstack::transaction::endpoint::EndpointInnerRef;
use rsipstack::transaction::key::{TransactionKey, TransactionRole};
use rsipstack::transaction::transaction::Transaction;
use rsipstack::transaction::{make_call_id, make_tag};
use rsipstack::transport::SipAddr;

use super::Trunk;
use super::login::Login;
use super::registration::Outcome;
use crate::sip::server::{SipOptions, contact};

/// Requests to one trunk.
pub(super) struct Requests {
    endpoint: EndpointInnerRef,
    /// Where they are sent.
    server: SipAddr,
    /// The domain, to which they are addressed.
    domain: Uri,
    /// Who we are there.
    user: Uri,
    /// Where calls are to come.
    contact: Uri,
    login: Login,
    call_id: CallId,
    sequence: u32,
}

impl std::fmt::Debug for Requests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Requests").finish_non_exhaustive()
    }
}

impl Requests {
    pub(super) fn new(trunk: &Trunk, options: &SipOptions, endpoint: EndpointInnerRef) -> Self {
        let user = trunk.user();
        let auth = user.auth.clone();
        Self {
            server: trunk.server.target(),
            domain: Uri { auth: None, ..user.clone() },
            user,
            contact: Uri { auth, ..contact(options, trunk.server.transport()) },
            login: Login::of(trunk),
            call_id: make_call_id(endpoint.option.callid_suffix.as_deref(), endpoint.option.callid_format),
            endpoint,
            sequence: 0,
        }
    }

    /// Asks for a registration of so long.
    pub(super) async fn register(&mut self, asked: Duration) -> Outcome {
        let failed = Outcome::Failed { after: None };
        let Ok(request) = self.registration(asked).await else { return failed };
        let Ok(answer) = self.ask(request).await else { return failed };
        let code = answer.status_code.code();
        match code {
            200..=299 => Outcome::Granted(self.granted(&answer, asked)),
            401 | 403 | 404 | 407 => Outcome::Refused,
            423 => Outcome::TooBrief(seconds(answer.min_expires_header().map_or("", MinExpires::value))),
            _ => Outcome::Failed { after: retry_after(&answer) },
        }
    }

    /// Tells the trunk to send no more calls.
    pub(super) async fn unregister(&mut self) {
        let Ok(request) = self.registration(Duration::ZERO).await else { return };
        if self.ask(request).await.is_err() {
            tracing::debug!("a trunk could not be told that this server stops");
        }
    }

    /// Whether anybody answers at all: a trunk that knows no OPTIONS says so.
    pub(super) async fn are_you_there(&mut self) -> bool {
        let Ok(request) = self.request(Method::Options, None).await else { return false };
        matches!(self.ask(request).await, Ok(answer) if answer.status_code != StatusCode::ServiceUnavailable)
    }

    async fn registration(&mut self, expires: Duration) -> rsipstack::Result<Request> {
        let mut request = self.request(Method::Register, Some(self.call_id.clone())).await?;
        let contact = typed::Contact { display_name: None, uri: self.contact.clone(), params: Vec::new() };
        request.headers.unique_push(contact.into());
        request.headers.unique_push(Expires::new(expires.as_secs().to_string()).into());
        Ok(request)
    }

    async fn request(&mut self, method: Method, call_id: Option<CallId>) -> rsipstack::Result<Request> {
        self.sequence += 1;
        let (connection, _) = self.endpoint.transport_layer.lookup(&self.server, None).await?;
        let via = self.endpoint.get_via(Some(connection.get_addr().clone()), None)?;
        let from = typed::From { display_name: None, uri: self.user.clone(), params: Vec::new() }.with_tag(make_tag());
        let to = if method == Method::Register { self.user.clone() } else { self.domain.clone() };
        let to = typed::To { display_name: None, uri: to, params: Vec::new() };
        Ok(self.endpoint.make_request(method, self.domain.clone(), via, from, to, self.sequence, call_id))
    }

    /// The last answer, after the password was asked for and given.
    async fn ask(&mut self, request: Request) -> rsipstack::Result<Response> {
        let key = TransactionKey::from_request(&request, TransactionRole::Client)?;
        let mut transaction = Transaction::new_client(key, request, self.endpoint.clone(), None);
        transaction.destination = Some(self.server.clone());
        transaction.send().await?;
        let mut tries = AuthRetry::new();
        while let Some(message) = transaction.receive().await {
            let SipMessage::Response(answer) = message else { continue };
            let credential = self.login.answers(&answer).filter(|_| tries.should_answer(&answer));
            if let Some(credential) = credential {
                self.sequence += 1;
                transaction = handle_client_authenticate(self.sequence, &transaction, answer, credential).await?;
                transaction.send().await?;
            } else if answer.status_code.kind() != StatusCodeKind::Provisional {
                return Ok(answer);
            }
        }
        Err(rsipstack::Error::Error("no answer".to_owned()))
    }

    /// For how long we are registered (RFC 3261 10.2.4): what stands at our own address, or for all, or what was asked for.
    fn granted(&self, answer: &Response, asked: Duration) -> Duration {
        let contacts = answer.typed_contact_headers().unwrap_or_default();
        let is_ours = |contact: &&typed::Contact| {
            contact.uri.host_with_port == self.contact.host_with_port && contact.uri.auth == self.contact.auth
        };
        let ours = contacts.iter().filter(is_ours).filter_map(typed::Contact::expires).min();
        let only = contacts.first().filter(|_| contacts.len() == 1).and_then(typed::Contact::expires);
        let all = answer.expires_header().and_then(|header| header.value().trim().parse().ok());
        ours.or(only).or(all).map_or(asked, |seconds| Duration::from_secs(seconds.into()))
    }
}

fn retry_after(answer: &Response) -> Option<Duration> {
    answer
        .headers()
        .iter()
        .find_map(|header| if let Header::RetryAfter(after) = header { Some(seconds(after.value())) } else { None })
}

/// Of a header such as `Min-Expires: 60` or `Retry-After: 18 (in maintenance)`.
fn seconds(value: &str) -> Duration {
    let digits = value.trim().split(|c: char| !c.is_ascii_digit()).next().unwrap_or("");
    Duration::from_secs(digits.parse::<u32>().unwrap_or(0).into())
}

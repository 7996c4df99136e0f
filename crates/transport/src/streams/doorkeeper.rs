use std::fmt;

use axum::extract::Query;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Uri};
use domain::Phi;
use serde::Deserialize;

/// By which Twilio signs what it asks. SignalWire documents it for HTTP alone, not for a WebSocket.
const SIGNATURE: &str = "x-twilio-signature";
/// In which Telnyx sends the `stream_auth_token`.
const TELNYX_TOKEN: &str = "x-telnyx-streaming-auth-token";

/// Knows who may stream calls: whoever mounts the route has the secrets.
pub trait Doorkeeper: fmt::Debug + Send + Sync + 'static {
    /// Whether the provider's account has signed a request for this path and query: `signature` is its `X-Twilio-Signature`.
    fn has_signed(&self, path_and_query: &str, signature: &str) -> bool;

    /// Whether this is the shared token. To be compared in constant time.
    fn knows(&self, token: &str) -> bool;

    /// Whether there is a shared token, which may come as late as with the start of the stream.
    fn has_token(&self) -> bool;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    Admitted,
    /// Nothing was shown yet: the token may come as a parameter.
    Open,
    Refused,
}

#[derive(Deserialize)]
struct TokenQuery {
    token: Option<Phi<String>>,
}

/// What a request for the WebSocket shows. A wrong token is refused at once; a wrong signature may be another provider's, and only
/// a token helps then.
pub(super) fn ask(keeper: &dyn Doorkeeper, uri: &Uri, headers: &HeaderMap) -> Admission {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let path = uri.path_and_query().map_or(uri.path(), |path| path.as_str());
    if header(SIGNATURE).is_some_and(|signature| keeper.has_signed(path, signature)) {
        return Admission::Admitted;
    }
    let bearer = header(AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("Bearer "));
    let query = Query::<TokenQuery>::try_from_uri(uri).ok().and_then(|Query(query)| query.token);
    let query = query.as_ref().map(|token| token.expose().as_str());
    match bearer.or_else(|| header(TELNYX_TOKEN)).or(query) {
        Some(token) if keeper.knows(token) => Admission::Admitted,
        None if keeper.has_token() => Admission::Open,
        Some(_) | None => Admission::Refused,
    }
}

//! Who may use the pages.
//!
//! Tokens are compared by their SHA-256: how long that takes tells nothing about the token. The cookie is not the token
//! but derived from it, so a stolen cookie does not open the API, and a new token makes old cookies invalid.

use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, LOCATION, SET_COOKIE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use store::Secret;

use crate::Scheme;

const COOKIE_NAME: &str = "firstring";

pub(crate) struct Access {
    /// `None`: everybody may.
    wanted: Option<Wanted>,
    scheme: Scheme,
}

struct Wanted {
    token: [u8; 32],
    cookie: String,
    cookie_digest: [u8; 32],
}

#[derive(Deserialize)]
struct TokenQuery {
    token: Option<String>,
}

impl Access {
    pub(crate) fn new(token: Option<Secret>, scheme: Scheme) -> Self {
        let wanted = token.map(|token| {
            let cookie = URL_SAFE_NO_PAD.encode(digest(&format!("cookie of {}", token.expose())));
            Wanted { token: digest(token.expose()), cookie_digest: digest(&cookie), cookie }
        });
        Self { wanted, scheme }
    }
}

pub(crate) async fn guard(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response {
    let Some(wanted) = &access.wanted else { return next.run(request).await };
    if wanted.is_in(request.headers()) {
        next.run(request).await
    } else if request.method() == Method::GET && wanted.is_in_query(request.uri()) {
        // The same page without the token in its address. Only known paths come here, so it leads nowhere else.
        let location = request.uri().path().to_owned();
        (StatusCode::SEE_OTHER, [(LOCATION, location), (SET_COOKIE, wanted.set_cookie(access.scheme))]).into_response()
    } else {
        let sentence = "This needs the token: open the address with ?token=.. at its end, once.\n";
        (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer")], sentence).into_response()
    }
}

impl Wanted {
    fn is_in(&self, headers: &HeaderMap) -> bool {
        let bearer = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
        let cookies = headers.get_all(COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split("; "));
        let mut ours = cookies.filter_map(|c| c.strip_prefix(COOKIE_NAME)?.strip_prefix('='));
        bearer.is_some_and(|b| digest(b) == self.token) || ours.any(|c| digest(c) == self.cookie_digest)
    }

    fn is_in_query(&self, uri: &Uri) -> bool {
        let Ok(Query(TokenQuery { token: Some(token) })) = Query::try_from_uri(uri) else { return false };
        digest(&token) == self.token
    }

    fn set_cookie(&self, scheme: Scheme) -> String {
        let secure = match scheme {
            Scheme::Http => "",
            Scheme::Https => "; Secure",
        };
        format!("{COOKIE_NAME}={}; Path=/; HttpOnly; SameSite=Strict{secure}", self.cookie)
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

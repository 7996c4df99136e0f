//! Headers of every answer.

use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::response::Response;

/// Everything comes from ourselves and nothing is inline; `connect-src 'self'` covers the WebSocket of the caller's page.
const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (CACHE_CONTROL, "no-store"),
    (CONTENT_SECURITY_POLICY, POLICY),
    // The link of a case is a key: it must not travel on in a referrer.
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("permissions-policy"), "microphone=(self), camera=(), geolocation=()"),
];

pub(crate) fn harden(mut response: Response) -> Response {
    let told = response.headers_mut();
    for (name, value) in HEADERS {
        // The inbox tells its own origin who refers to it, and nobody else; everything else is the same for all.
        if name == REFERRER_POLICY && told.get(&name).is_some_and(|policy| policy == "same-origin") {
            continue;
        }
        told.insert(name, HeaderValue::from_static(value));
    }
    response
}

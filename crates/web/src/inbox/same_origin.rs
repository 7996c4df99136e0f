//! Whether a form was sent from one of our own pages. The cookie is `SameSite=Strict`; this also stands before the login, which
//! needs none, and before pages of another port or a neighbouring name.

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::refusal::Refusal;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Lets everything pass that changes nothing, and what our own pages send.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let changes_nothing = matches!(*request.method(), Method::GET | Method::HEAD);
    let authority = request.uri().authority().map(|authority| authority.as_str().to_owned());
    if changes_nothing || is_ours(request.headers(), authority.as_deref()) {
        next.run(request).await
    } else {
        Refusal::ForeignForm.into_response()
    }
}

/// Browsers tell it in `Sec-Fetch-Site`, which no page can set; old ones only in `Origin`. Who tells neither is refused.
fn is_ours(headers: &HeaderMap, authority: Option<&str>) -> bool {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if headers.contains_key(SEC_FETCH_SITE) {
        return header(SEC_FETCH_SITE) == Some("same-origin");
    }
    let origin = header(ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, authority)| authority);
    origin.is_some() && origin == authority.or_else(|| header(HOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_send_forms() {
        let rows: [(&[(&str, &str)], bool); 10] = [
            (&[("sec-fetch-site", "same-origin"), ("host", "a.example")], true),
            (&[("sec-fetch-site", "same-origin"), ("origin", "null"), ("host", "a.example")], true),
            (&[("sec-fetch-site", "same-site"), ("origin", "https://b.example"), ("host", "a.example")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://a.example"), ("host", "a.example")], false),
            (&[("sec-fetch-site", "none"), ("host", "a.example")], false),
            (&[("origin", "https://a.example:8443"), ("host", "a.example:8443")], true),
            (&[("origin", "https://a.example"), ("host", "a.example:8443")], false),
            (&[("origin", "https://a.example.evil.example"), ("host", "a.example")], false),
            (&[("origin", "null"), ("host", "a.example")], false),
            (&[("host", "a.example")], false),
        ];
        for (headers, ours) in rows {
            let map = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            assert_eq!(is_ours(&map, None), ours, "{headers:?}");
        }
        let http2 = HeaderMap::from_iter([(ORIGIN, "https://a.example".parse().unwrap())]);
        assert!(is_ours(&http2, Some("a.example")) && !is_ours(&http2, Some("b.example")));
    }
}

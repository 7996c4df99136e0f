//! Pages that are the same for everybody: files of this crate, in the binary.

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::html::page;

pub(crate) const HTML: &str = "text/html; charset=utf-8";
pub(crate) const SCRIPT: &str = "text/javascript; charset=utf-8";
pub(crate) const STYLE: &str = "text/css; charset=utf-8";

/// Path, type, content.
const FILES: [(&str, &str, &str); 5] = [
    ("/call", HTML, include_str!("call_page/index.html")),
    ("/call/call.js", SCRIPT, include_str!("call_page/call.js")),
    ("/call/line.js", SCRIPT, include_str!("call_page/line.js")),
    ("/call/worklet.js", SCRIPT, include_str!("call_page/worklet.js")),
    ("/call/style.css", STYLE, include_str!("call_page/style.css")),
];

pub(crate) fn router() -> Router {
    let router = Router::new().route("/", get(async || index()));
    FILES.into_iter().fold(router, |router, (path, kind, text)| router.route(path, file(kind, text)))
}

/// Serves one file.
pub(crate) fn file<S: Clone + Send + Sync + 'static>(
    kind: &'static str,
    text: &'static str,
) -> axum::routing::MethodRouter<S> {
    get(move || async move { ([(CONTENT_TYPE, kind)], text).into_response() })
}

fn index() -> Response {
    page(
        StatusCode::OK,
        "FirstRing",
        "<h1>FirstRing</h1>\n<p><a href=\"/call\">Call the practice from this browser</a></p>\n\
         <p><a href=\"/inbox\">Messages of the practice</a></p>",
    )
}

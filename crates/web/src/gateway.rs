//! What the gateway of text messages and calls posts: clinicians' replies and keys, and what has become of pages. Guarded by its signature.

use std::future::Future;
use std::sync::Arc;

use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Form, OriginalUri, Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Router, http};
use domain::{CaseId, Urgency};
use serde::Deserialize;

use crate::AcknowledgeError;

/// A gateway's form is a few hundred bytes.
const FORM_BYTES_MAX: usize = 64 * 1024;
const SIGNATURE: &str = "x-twilio-signature";
const XML: &str = "text/xml; charset=utf-8";

/// A request of the gateway.
#[derive(Clone, Debug)]
pub struct Posted {
    /// The path and the query that it was posted to.
    pub path: String,
    /// The form, decoded, in its order.
    pub form: Vec<(String, String)>,
    /// The header that holds its signature; empty if there is none.
    pub signature: String,
}

/// What is done with such requests. Each is answered by the gateway's XML.
pub trait GatewayPosts: Send + Sync + 'static {
    /// Somebody has sent a text message to the practice's number.
    fn text_message(&self, post: &Posted) -> impl Future<Output = Result<String, AcknowledgeError>> + Send;

    /// Somebody who was called and `told` how urgent it is has pressed a key.
    fn key_pressed(
        &self,
        case: CaseId,
        token: &str,
        told: Urgency,
        post: &Posted,
    ) -> impl Future<Output = Result<String, AcknowledgeError>> + Send;

    /// What has become of the page of this number, which the gateway had taken.
    fn page_reported(
        &self,
        case: CaseId,
        attempt: u32,
        post: &Posted,
    ) -> impl Future<Output = Result<String, AcknowledgeError>> + Send;

    /// What has become of a test page that was sent to this clinician in this way, so many milliseconds after 1970.
    fn test_page_reported(
        &self,
        clinician: &str,
        way: &str,
        sent_ms: i64,
        post: &Posted,
    ) -> impl Future<Output = Result<String, AcknowledgeError>> + Send;
}

#[derive(Deserialize)]
struct Called {
    t: String,
    /// How urgent the call has said that it is.
    u: Urgency,
}

type Pairs = Vec<(String, String)>;

pub(crate) fn router<G: GatewayPosts>(posts: Arc<G>) -> Router {
    Router::new()
        .route("/gateway/sms", post(text_message::<G>))
        .route("/gateway/key/{case}", post(key_pressed::<G>))
        .route("/gateway/status/{case}/{attempt}", post(page_reported::<G>))
        .route("/gateway/test/{clinician}/{way}/{sent}", post(test_page_reported::<G>))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .with_state(posts)
}

async fn text_message<G: GatewayPosts>(
    State(posts): State<Arc<G>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    form: Result<Form<Pairs>, FormRejection>,
) -> Response {
    let Ok(Form(form)) = form else { return StatusCode::BAD_REQUEST.into_response() };
    answer(posts.text_message(&posted(&uri, &headers, form)).await)
}

async fn key_pressed<G: GatewayPosts>(
    State(posts): State<Arc<G>>,
    OriginalUri(uri): OriginalUri,
    case: Result<Path<CaseId>, PathRejection>,
    called: Result<Query<Called>, QueryRejection>,
    headers: HeaderMap,
    form: Result<Form<Pairs>, FormRejection>,
) -> Response {
    let (Ok(Path(case)), Ok(Query(Called { t, u })), Ok(Form(form))) = (case, called, form) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    answer(posts.key_pressed(case, &t, u, &posted(&uri, &headers, form)).await)
}

async fn page_reported<G: GatewayPosts>(
    State(posts): State<Arc<G>>,
    OriginalUri(uri): OriginalUri,
    page: Result<Path<(CaseId, u32)>, PathRejection>,
    headers: HeaderMap,
    form: Result<Form<Pairs>, FormRejection>,
) -> Response {
    let (Ok(Path((case, attempt))), Ok(Form(form))) = (page, form) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    answer(posts.page_reported(case, attempt, &posted(&uri, &headers, form)).await)
}

async fn test_page_reported<G: GatewayPosts>(
    State(posts): State<Arc<G>>,
    OriginalUri(uri): OriginalUri,
    page: Result<Path<(String, String, i64)>, PathRejection>,
    headers: HeaderMap,
    form: Result<Form<Pairs>, FormRejection>,
) -> Response {
    let (Ok(Path((clinician, way, sent_ms))), Ok(Form(form))) = (page, form) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    answer(posts.test_page_reported(&clinician, &way, sent_ms, &posted(&uri, &headers, form)).await)
}

fn posted(uri: &http::Uri, headers: &HeaderMap, form: Pairs) -> Posted {
    let path = uri.path_and_query().map_or_else(String::new, ToString::to_string);
    let signature = headers.get(SIGNATURE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    Posted { path, form, signature }
}

fn answer(answer: Result<String, AcknowledgeError>) -> Response {
    match answer {
        Ok(xml) => ([(CONTENT_TYPE, XML)], xml).into_response(),
        Err(AcknowledgeError::BadLink) => StatusCode::FORBIDDEN.into_response(),
        // The gateway tries again.
        Err(AcknowledgeError::Unavailable) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

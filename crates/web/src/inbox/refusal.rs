//! What is told to whom nothing is shown.

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Redirect, Response};
use store::StoreError;

use super::page::page;

pub(super) const LOGIN: &str = "/inbox/login";

/// Why nothing is shown or done.
pub(super) enum Refusal {
    /// Nobody is logged in, or not any more.
    NotLoggedIn,
    /// There is no such message here; whether there is one elsewhere is not told.
    NoSuchMessage,
    /// The form came from a page that is not ours.
    ForeignForm,
    /// What was sent is no form of ours.
    BadForm,
    /// It cannot be written down who reads, or the messages cannot be read.
    Unavailable(StoreError),
    /// The password could not be looked at.
    NoPasswordCheck,
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { .. } => Self::NoSuchMessage,
            StoreError::WrongKey { .. }
            | StoreError::BadUrl
            | StoreError::Exposed
            | StoreError::NotEmpty
            | StoreError::NoRoomForCopy { .. }
            | StoreError::CannotOpen { .. }
            | StoreError::Newer { .. }
            | StoreError::Full(_)
            | StoreError::Busy(_)
            | StoreError::Corrupt { .. }
            | StoreError::DoubleBooked
            | StoreError::Unavailable(_)
            | StoreError::Other(_) => Self::Unavailable(error),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::NotLoggedIn => Redirect::to(LOGIN).into_response(),
            Self::NoSuchMessage => page(
                StatusCode::NOT_FOUND,
                "No such message",
                None,
                "<h1>There is no such message</h1>\n<p><a href=\"/inbox\">All open messages</a></p>",
            ),
            Self::ForeignForm => page(
                StatusCode::FORBIDDEN,
                "Not sent from here",
                None,
                "<h1>Nothing was changed</h1>\n<p>This was not sent from a page of the inbox. \
                 <a href=\"/inbox\">Open the inbox</a> and do it there.</p>",
            ),
            Self::BadForm => page(
                StatusCode::BAD_REQUEST,
                "Nothing was changed",
                None,
                "<h1>Nothing was changed</h1>\n<p>What was sent cannot be understood, or is too long. \
                 <a href=\"/inbox\">Open the inbox</a> and try again.</p>",
            ),
            Self::Unavailable(error) => {
                tracing::error!(%error, "the inbox is not shown");
                unavailable()
            }
            Self::NoPasswordCheck => {
                tracing::error!("a password could not be looked at");
                unavailable()
            }
        }
    }
}

fn unavailable() -> Response {
    let body = "<h1>This did not work</h1>\n<p class=\"alarm\" role=\"alert\">Nothing is shown, because it cannot be written \
                down who reads. Nothing was changed. Please try again, and tell whoever runs the server.</p>";
    let mut response = page(StatusCode::SERVICE_UNAVAILABLE, "Try again", None, body);
    response.headers_mut().insert(RETRY_AFTER, axum::http::HeaderValue::from_static("30"));
    response
}

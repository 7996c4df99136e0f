//! Logging in and out. Whatever is wrong with a name or a password is answered alike and takes equally long.

use std::fmt::Write;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{FromRequestParts, State};
use axum::http::header::{COOKIE, RETRY_AFTER, SET_COOKIE};
use axum::http::request::Parts as RequestParts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use store::{PasswordHash, Secret, SessionToken, StaffRow};

use super::client::Client;
use super::limiter::Turn;
use super::page::{page, time};
use super::refusal::{LOGIN, Refusal};
use super::{Inbox, NAME_CHARS_MAX};
use crate::Scheme;

const COOKIE_NAME: &str = "firstring_session";

/// Who is logged in and reads. Only this opens messages.
pub(super) struct Reader {
    pub(super) name: String,
}

impl FromRequestParts<Arc<Inbox>> for Reader {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut RequestParts, inbox: &Arc<Inbox>) -> Result<Self, Refusal> {
        let token = token(&parts.headers).ok_or(Refusal::NotLoggedIn)?;
        let name = inbox.store.use_session(&inbox.desk.practice, &token, inbox.now()).await?;
        name.map(|name| Self { name }).ok_or(Refusal::NotLoggedIn)
    }
}

#[derive(Deserialize)]
pub(super) struct Credentials {
    name: String,
    password: String,
}

pub(super) async fn form() -> Response {
    login_page(StatusCode::OK, "")
}

pub(super) async fn log_in(
    State(inbox): State<Arc<Inbox>>,
    client: Client,
    headers: HeaderMap,
    form: Result<Form<Credentials>, FormRejection>,
) -> Result<Response, Refusal> {
    let Ok(Form(Credentials { name, password })) = form else { return Err(Refusal::BadForm) };
    let (name, password) = (name.trim(), Secret::new(password));
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Ok(wrong());
    }
    let now = inbox.now();
    let turn = inbox.limiter.lock().unwrap_or_else(PoisonError::into_inner).try_name(name, client, now);
    let (after, then_waits) = match turn {
        Turn::Wait(until) => return Ok(too_often(&inbox, until)),
        Turn::Try { after, then_waits } => (after, then_waits),
    };
    tokio::time::sleep(Duration::try_from(after).unwrap_or_default()).await;
    let staff = inbox.store.staff_named(&inbox.desk.practice, name).await?;
    let hash = staff.as_ref().map(|staff| staff.password.clone());
    let right = is_right(&inbox, hash, password).await?;
    // An unknown name is not written down: it may be a password in the wrong field.
    let object = staff.as_ref().map_or_else(|| "an unknown name".to_owned(), |staff| actor(&staff.name));
    let Some(staff) = staff.filter(|staff| right && staff.disabled_at.is_none()) else {
        inbox.audit("inbox", "login_failed", object.clone()).await?;
        if then_waits.is_some() {
            tracing::warn!(who = object, ?client, "wrong passwords: the next try from there waits");
            inbox.audit("inbox", "login_locked", object).await?;
        }
        return Ok(wrong());
    };
    begin(&inbox, &staff, client, &headers).await
}

async fn begin(inbox: &Inbox, staff: &StaffRow, client: Client, headers: &HeaderMap) -> Result<Response, Refusal> {
    inbox.audit(&actor(&staff.name), "logged_in", "inbox".to_owned()).await?;
    if let Some(before) = token(headers) {
        inbox.store.end_session(&before, inbox.now()).await?;
    }
    let token = SessionToken::random();
    if !inbox.store.begin_session(&inbox.desk.practice, &staff.name, &token, inbox.now()).await? {
        return Ok(wrong());
    }
    inbox.limiter.lock().unwrap_or_else(PoisonError::into_inner).was_right(&staff.name, client, inbox.now());
    let cookie = cookie(&token.expose(), inbox.scheme);
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/inbox")).into_response())
}

/// Logs out, whoever it is.
pub(super) async fn log_out(State(inbox): State<Arc<Inbox>>, headers: HeaderMap) -> Result<Response, Refusal> {
    if let Some(token) = token(&headers) {
        if let Some(name) = inbox.store.use_session(&inbox.desk.practice, &token, inbox.now()).await? {
            inbox.audit(&actor(&name), "logged_out", "inbox".to_owned()).await?;
        }
        inbox.store.end_session(&token, inbox.now()).await?;
    }
    let cookie = cookie("", inbox.scheme) + "; Max-Age=0";
    Ok(([(SET_COOKIE, cookie)], Redirect::to(LOGIN)).into_response())
}

/// As somebody who reads stands in the audit trail. Clinicians and users of the server have names of their own there.
pub(super) fn actor(name: &str) -> String {
    format!("staff {name}")
}

/// Compares on a thread that may block, few at a time: calls are answered on the same processor. Without a hash it takes as long.
async fn is_right(inbox: &Inbox, hash: Option<PasswordHash>, password: Secret) -> Result<bool, Refusal> {
    let permit = inbox.passwords.acquire().await.map_err(|_| Refusal::NoPasswordCheck)?;
    let compare = move || match hash {
        Some(hash) => hash.is_of(&password),
        None => {
            PasswordHash::of_nobody().is_of(&password);
            false
        }
    };
    let right = tokio::task::spawn_blocking(compare).await.map_err(|_| Refusal::NoPasswordCheck);
    drop(permit);
    right
}

fn token(headers: &HeaderMap) -> Option<SessionToken> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|v| v.split("; "));
    let mut ours = cookies.filter_map(|cookie| cookie.strip_prefix(COOKIE_NAME)?.strip_prefix('='));
    ours.find_map(SessionToken::parse)
}

fn cookie(value: &str, scheme: Scheme) -> String {
    let secure = match scheme {
        Scheme::Http => "",
        Scheme::Https => "; Secure",
    };
    format!("{COOKIE_NAME}={value}; Path=/inbox; HttpOnly; SameSite=Strict{secure}")
}

fn login_page(status: StatusCode, told: &str) -> Response {
    let mut body = "<h1>Messages of the practice</h1>\n".to_owned();
    if !told.is_empty() {
        writeln!(body, "<p class=\"alarm\" role=\"alert\">{told}</p>").expect("a String takes everything");
    }
    write!(
        body,
        "<form method=\"post\" action=\"{LOGIN}\" class=\"login\">\n\
         <label for=\"name\">Name</label>\n\
         <input id=\"name\" name=\"name\" autocomplete=\"username\" autocapitalize=\"none\" maxlength=\"{NAME_CHARS_MAX}\" required>\n\
         <label for=\"password\">Password</label>\n\
         <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" maxlength=\"1024\" required>\n\
         <button type=\"submit\">Log in</button>\n</form>\n\
         <p class=\"quiet\">Who does nothing for 15 minutes is logged out. Every message that is read is written down with the \
         name of who reads it.</p>"
    )
    .expect("a String takes everything");
    page(status, "Log in", None, &body)
}

fn wrong() -> Response {
    login_page(StatusCode::UNAUTHORIZED, "Name or password is wrong.")
}

fn too_often(inbox: &Inbox, until: jiff::Timestamp) -> Response {
    let told = format!("Too many wrong passwords. The next try is possible at {}.", time(until, &inbox.desk.zone));
    let mut response = login_page(StatusCode::TOO_MANY_REQUESTS, &told);
    let seconds = until.duration_since(inbox.now()).as_secs().max(1);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

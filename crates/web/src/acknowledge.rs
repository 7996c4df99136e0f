//! The page on which a clinician reads a case and takes it.
//!
//! `GET` shows and changes nothing, because mail and chat programs open links by themselves; only `POST` takes the case or
//! closes it, and doing so twice is doing it once. Whoever holds the link sees what the caller said; without a valid one there is
//! one answer, whatever is wrong with it. The page needs no script.

use std::fmt::Write;
use std::sync::Arc;

use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use domain::{CaseId, CaseStanding, CaseUpdate, PhoneNumber, Urgency};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use store::CaseFile;

use crate::html::{Escaped, page};
use crate::pages::{STYLE, file};

/// A form with one token; anything larger is not ours.
const BODY_BYTES: usize = 4096;

/// What links do. The office stands behind it.
pub trait Acknowledgements: Send + Sync + 'static {
    /// What the clinician of this link may see. Changes nothing about the case.
    fn look(&self, case: CaseId, token: &str) -> impl Future<Output = Result<LinkedPage, AcknowledgeError>> + Send;

    /// The clinician of this link takes the case; if somebody has it already, or it is more urgent than was `shown`, nothing changes.
    fn acknowledge(
        &self,
        case: CaseId,
        token: &str,
        shown: Urgency,
    ) -> impl Future<Output = Result<LinkedPage, AcknowledgeError>> + Send;

    /// The clinician of this link has reached the caller: the case is closed, unless it is more urgent than was `shown`.
    fn caller_reached(
        &self,
        case: CaseId,
        token: &str,
        shown: Urgency,
    ) -> impl Future<Output = Result<LinkedPage, AcknowledgeError>> + Send;
}

/// A case as the clinician sees it for whom the link was made.
#[derive(Clone, Debug)]
pub struct LinkedPage {
    /// The practice's name.
    pub practice: String,
    /// Where its clock hangs.
    pub zone: TimeZone,
    /// Whose link it is: "Doctor Alvarez".
    pub clinician: String,
    /// In whose hands it is.
    pub standing: CaseStanding,
    /// Everything that is known.
    pub file: CaseFile,
}

/// Why a link does nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AcknowledgeError {
    /// It is wrong or its time is over.
    BadLink,
    /// The office does not answer.
    Unavailable,
}

#[derive(Deserialize)]
struct Token {
    t: String,
}

/// What is done, and what its page showed.
#[derive(Deserialize)]
struct Deed {
    t: String,
    u: Option<Urgency>,
}

impl Deed {
    /// How urgent the case was on the page; a form that does not tell it has shown nothing.
    fn shown(&self) -> Urgency {
        self.u.unwrap_or(Urgency::Routine)
    }
}

pub(crate) fn router<A: Acknowledgements>(acknowledgements: Arc<A>) -> Router {
    Router::new()
        .route("/ack/{case}", get(look::<A>).post(acknowledge::<A>))
        .route("/ack/{case}/reached", post(caller_reached::<A>))
        .route("/ack/style.css", file(STYLE, include_str!("ack.css")))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .with_state(acknowledgements)
}

async fn look<A: Acknowledgements>(
    State(acknowledgements): State<Arc<A>>,
    case: Result<Path<CaseId>, PathRejection>,
    token: Result<Query<Token>, QueryRejection>,
) -> Response {
    let (Ok(Path(case)), Ok(Query(Token { t }))) = (case, token) else {
        return refusal(AcknowledgeError::BadLink);
    };
    match acknowledgements.look(case, &t).await {
        Ok(linked) => show(&linked, &t),
        Err(error) => refusal(error),
    }
}

async fn acknowledge<A: Acknowledgements>(
    State(acknowledgements): State<Arc<A>>,
    case: Result<Path<CaseId>, PathRejection>,
    form: Result<Form<Deed>, FormRejection>,
) -> Response {
    let act = async |case, deed: &Deed| acknowledgements.acknowledge(case, &deed.t, deed.shown()).await;
    done(case, form, act).await
}

async fn caller_reached<A: Acknowledgements>(
    State(acknowledgements): State<Arc<A>>,
    case: Result<Path<CaseId>, PathRejection>,
    form: Result<Form<Deed>, FormRejection>,
) -> Response {
    let act = async |case, deed: &Deed| acknowledgements.caller_reached(case, &deed.t, deed.shown()).await;
    done(case, form, act).await
}

/// Does it, and answers with the page again by a redirection, so that reloading it sends nothing twice.
async fn done(
    case: Result<Path<CaseId>, PathRejection>,
    form: Result<Form<Deed>, FormRejection>,
    act: impl AsyncFnOnce(CaseId, &Deed) -> Result<LinkedPage, AcknowledgeError>,
) -> Response {
    let (Ok(Path(case)), Ok(Form(deed))) = (case, form) else {
        return refusal(AcknowledgeError::BadLink);
    };
    match act(case, &deed).await {
        // A token that was right consists of letters that need no escaping in an address.
        Ok(_) => Redirect::to(&format!("/ack/{case}?t={}", deed.t)).into_response(),
        Err(error) => refusal(error),
    }
}

fn refusal(error: AcknowledgeError) -> Response {
    match error {
        AcknowledgeError::BadLink => page(
            StatusCode::NOT_FOUND,
            "Link not valid",
            "<h1>This link is not valid any more</h1>\n<p>Please use the link of the newest page.</p>",
        ),
        AcknowledgeError::Unavailable => page(
            StatusCode::SERVICE_UNAVAILABLE,
            "Try again",
            "<h1>This did not work</h1>\n<p class=\"emergency\">Nothing was changed. Please try \
             again at once.</p>",
        ),
    }
}

fn show(linked: &LinkedPage, token: &str) -> Response {
    let case = &linked.file.case;
    let (class, urgency) = match case.urgency {
        Urgency::Emergency => ("emergency", "Emergency"),
        Urgency::Urgent => ("urgent", "Urgent"),
        Urgency::Routine => ("routine", "Case"),
    };
    let title = format!("{urgency} {}", case.reference);
    let body = format!(
        "<h1 class=\"{class}\">{title}</h1>\n<p>{practice}, called {opened}</p>\n{standing}\n<h2>What the caller said</h2>\n\
         <blockquote>{heard}</blockquote>\n{callback}{flags}{updates}",
        title = Escaped(&title),
        practice = Escaped(&linked.practice),
        opened = time(case.opened_at, &linked.zone),
        standing = standing(linked, token),
        heard = Escaped(case.draft.heard.expose()),
        callback = callback(&linked.file),
        flags = red_flags(&linked.file),
        updates = updates(&linked.file, &linked.zone),
    );
    page(StatusCode::OK, &title, &body)
}

/// In whose hands the case is, and the button for what is to be done next.
fn standing(linked: &LinkedPage, token: &str) -> String {
    let me = &linked.clinician;
    match &linked.standing {
        CaseStanding::Open => button(linked, token, "", &format!("I am {me}, and I take this case")),
        CaseStanding::Taken { by, pages_again } => {
            let who = if by == me { "You have".to_owned() } else { format!("{} has", Escaped(by)) };
            let again = pages_again.map_or_else(String::new, |at| {
                format!(
                    " It pages again at {} unless somebody tells here that the caller was reached.",
                    time(at, &linked.zone)
                )
            });
            let told =
                format!("<p class=\"taken\" role=\"status\"><strong>{who} taken this case</strong>.{again}</p>\n");
            told + &button(linked, token, "/reached", "The caller was reached: close this case")
        }
        CaseStanding::Closed { by } => format!(
            "<p class=\"taken\" role=\"status\"><strong>The caller was reached</strong>; {} has closed this case.</p>",
            Escaped(by)
        ),
    }
}

fn button(linked: &LinkedPage, token: &str, what: &str, says: &str) -> String {
    format!(
        "<form method=\"post\" action=\"/ack/{case}{what}\">\n<input type=\"hidden\" name=\"t\" value=\"{token}\">\n\
         <input type=\"hidden\" name=\"u\" value=\"{urgency}\">\n\
         <button type=\"submit\">{says}</button>\n</form>",
        case = linked.file.case.id,
        token = Escaped(token),
        urgency = linked.file.case.urgency,
        says = Escaped(says),
    )
}

/// The number that was said last, else the one that was known first.
fn callback(file: &CaseFile) -> String {
    let said = file.events.iter().rev().find_map(|event| match &event.update {
        CaseUpdate::Callback(number) => Some(number),
        CaseUpdate::Raised { .. }
        | CaseUpdate::Heard(_)
        | CaseUpdate::Name(_)
        | CaseUpdate::CalledEmergencyNumber(_)
        | CaseUpdate::WhoIsThere(_)
        | CaseUpdate::StoppedAnswering
        | CaseUpdate::HungUp
        | CaseUpdate::CalledAgain(_) => None,
    });
    match said.or(file.case.draft.callback.as_ref()) {
        Some(number) => format!("<h2>Call back</h2>\n<p>{}</p>\n", telephone(number.expose())),
        None => "<h2>Call back</h2>\n<p>The number is not known.</p>\n".to_owned(),
    }
}

fn telephone(number: &PhoneNumber) -> String {
    // E.164: a plus sign and digits only.
    format!("<a href=\"tel:{0}\">{0}</a>", number.as_str())
}

fn red_flags(file: &CaseFile) -> String {
    if file.red_flags().is_empty() {
        return String::new();
    }
    let names: Vec<_> = file.red_flags().iter().map(|f| f.0.replace('_', " ")).collect();
    format!("<h2>Red flags</h2>\n<p>{}</p>\n", Escaped(&names.join(", ")))
}

fn updates(file: &CaseFile, zone: &TimeZone) -> String {
    if file.events.is_empty() {
        return String::new();
    }
    let mut list = "<h2>Since then</h2>\n<ol>\n".to_owned();
    for event in &file.events {
        writeln!(list, "<li>{} {}</li>", time(event.at, zone), update(&event.update))
            .expect("a String takes everything");
    }
    list.push_str("</ol>\n");
    list
}

fn update(update: &CaseUpdate) -> String {
    match update {
        CaseUpdate::Raised { urgency, .. } => format!("It is now: <strong>{urgency}</strong>"),
        CaseUpdate::Heard(words) => format!("The caller said: “{}”", Escaped(words.expose())),
        CaseUpdate::Name(name) => format!("Name: {}", Escaped(name.expose())),
        CaseUpdate::Callback(number) => format!("Number to call back: {}", telephone(number.expose())),
        CaseUpdate::CalledEmergencyNumber(true) => "The emergency number has been called".to_owned(),
        CaseUpdate::CalledEmergencyNumber(false) => {
            "The emergency number has <strong>not</strong> been called".to_owned()
        }
        CaseUpdate::WhoIsThere(who) => format!("With them: {}", Escaped(who.expose())),
        CaseUpdate::StoppedAnswering => "<strong>The caller stopped answering</strong>".to_owned(),
        CaseUpdate::HungUp => "The caller hung up, or the line was lost".to_owned(),
        CaseUpdate::CalledAgain(draft) if draft.heard.expose().is_empty() => {
            "<strong>The caller called again</strong>".to_owned()
        }
        CaseUpdate::CalledAgain(draft) => {
            format!("<strong>The caller called again</strong> and said: “{}”", Escaped(draft.heard.expose()))
        }
    }
}

/// The time of day and the day, by the practice's clock.
fn time(at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    format!("<time datetime=\"{at:.0}\">{}</time>", local.strftime("%H:%M:%S, %A %-d %B"))
}

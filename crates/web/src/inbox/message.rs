//! One message: every field, what was done with it, and what can be done.

use std::fmt::Write;
use std::sync::Arc;

use axum::Form;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::{Confirmation, MessageDraft, MessageId, Phi};
use jiff::tz::TimeZone;
use serde::Deserialize;
use store::{InboxRow, MessageDeed, RedactionRow, WorkRow};

use super::Inbox;
use super::login::{Reader, actor};
use super::page::{address, deed, page, time, urgency, words};
use super::refusal::Refusal;
use crate::html::Escaped;

/// Longer notes belong into the patient's record.
const NOTE_CHARS_MAX: usize = 2000;
const TAKES: &str = "a String takes everything";

#[derive(Deserialize)]
pub(super) struct Work {
    what: String,
    #[serde(default)]
    note: Phi<String>,
}

pub(super) async fn show(
    State(inbox): State<Arc<Inbox>>,
    reader: Reader,
    id: Result<Path<MessageId>, PathRejection>,
) -> Result<Response, Refusal> {
    let Ok(Path(id)) = id else { return Err(Refusal::NoSuchMessage) };
    let practice = &inbox.desk.practice;
    let (row, work) = inbox.store.inbox_message(practice, id).await?.ok_or(Refusal::NoSuchMessage)?;
    let redaction = inbox.store.redaction_of(practice, id).await?;
    let later = inbox.store.continuation_of(&row.message).await?;

    inbox.audit(&actor(&reader.name), "read", format!("message {id}")).await?;
    let opened = WorkRow { at: inbox.now(), by: reader.name.clone(), what: MessageDeed::Opened, note: None };
    inbox.store.work_on_message(practice, id, &opened).await?;

    let message = Shown { row: &row, work: &work, redaction: redaction.as_ref(), later, zone: &inbox.desk.zone };
    Ok(page(StatusCode::OK, "Message", Some(&reader.name), &message.html()))
}

/// Does it, and answers by a redirection, so that reloading the page does nothing twice.
pub(super) async fn work(
    State(inbox): State<Arc<Inbox>>,
    reader: Reader,
    id: Result<Path<MessageId>, PathRejection>,
    form: Result<Form<Work>, FormRejection>,
) -> Result<Response, Refusal> {
    let Ok(Path(id)) = id else { return Err(Refusal::NoSuchMessage) };
    let Ok(Form(Work { what, note })) = form else { return Err(Refusal::BadForm) };
    let what = MessageDeed::parse(&what).filter(|what| *what != MessageDeed::Opened).ok_or(Refusal::BadForm)?;
    if note.expose().chars().count() > NOTE_CHARS_MAX {
        return Err(Refusal::BadForm);
    }
    let practice = &inbox.desk.practice;
    if inbox.store.inbox_message(practice, id).await?.is_none() {
        return Err(Refusal::NoSuchMessage);
    }
    inbox.audit(&actor(&reader.name), what.label(), format!("message {id}")).await?;
    let note = Some(note.map(|text| text.trim().to_owned())).filter(|note| !note.expose().is_empty());
    inbox.store.work_on_message(practice, id, &WorkRow { at: inbox.now(), by: reader.name, what, note }).await?;
    let next = match what {
        MessageDeed::Done => "/inbox".to_owned(),
        MessageDeed::Opened | MessageDeed::CalledBack | MessageDeed::Reopened => address(id),
    };
    Ok(Redirect::to(&next).into_response())
}

/// What is on the page.
struct Shown<'a> {
    row: &'a InboxRow,
    work: &'a [WorkRow],
    redaction: Option<&'a RedactionRow>,
    /// The message in which the caller went on.
    later: Option<MessageId>,
    zone: &'a TimeZone,
}

impl Shown<'_> {
    fn html(&self) -> String {
        let (message, draft) = (&self.row.message, &self.row.message.draft);
        let done = self.row.done_at.map_or_else(String::new, |at| {
            format!("<p class=\"done\" role=\"status\">Done since {}</p>\n", time(at, self.zone))
        });
        format!(
            "<h1>{urgency}: {about}</h1>\n<p>Left at {left}</p>\n{done}{incomplete}{words}{callback}\
             <h2>About the caller and the wish</h2>\n<dl>\n{fields}</dl>\n<h2>What was done</h2>\n{work}{buttons}\
             <p class=\"quiet\">Message {id}, call {call}</p>",
            urgency = urgency(draft.urgency),
            about = words(draft.intent.label()),
            left = time(message.saved_at, self.zone),
            incomplete = self.incomplete(),
            words = self.words(),
            callback = if self.redaction.is_some() { String::new() } else { callback(draft) },
            fields = self.fields(),
            work = self.log(),
            buttons = buttons(message.id, self.row.done_at.is_some(), self.redaction.is_some()),
            id = message.id,
            call = message.call,
        )
    }

    fn incomplete(&self) -> String {
        if self.row.message.draft.complete {
            return String::new();
        }
        let later = self.later.map_or_else(String::new, |id| {
            format!(" The caller went on in <a href=\"{}\">a later message</a>.", address(id))
        });
        format!("<p class=\"alarm\"><strong>INCOMPLETE</strong>: the caller was gone in the middle.{later}</p>\n")
    }

    fn words(&self) -> String {
        match self.redaction {
            None => {
                format!(
                    "<h2>Message</h2>\n<blockquote>{}</blockquote>\n",
                    Escaped(self.row.message.draft.text.expose())
                )
            }
            Some(RedactionRow { at, by, why }) => format!(
                "<p class=\"redacted\"><strong>Redacted</strong>: the words of this message were removed at {} by {}: {}</p>\n",
                time(*at, self.zone),
                Escaped(by),
                Escaped(why.expose()),
            ),
        }
    }

    fn fields(&self) -> String {
        let draft = &self.row.message.draft;
        let mut list = String::new();
        let mut field = |what: &str, html: &str| writeln!(list, "<dt>{what}</dt><dd>{html}</dd>").expect(TAKES);
        field("Calling", &words(draft.caller.label()));
        if let Some(name) = &draft.name {
            field("Name", &format!("{}{}", Escaped(name.expose()), confirmed(draft.confirmed.name)));
        }
        if let Some(date) = &draft.date_of_birth {
            let date = date.expose().strftime("%-d %B %Y");
            field("Date of birth", &format!("{date}{}", confirmed(draft.confirmed.date_of_birth)));
        }
        for (what, said) in &draft.fields {
            field(&words(what.label()), &Escaped(said.expose()).to_string());
        }
        if let Some(promised) = &draft.promised {
            field("Was told to hear from you", &Escaped(promised).to_string());
        }
        if let Some(before) = draft.continues {
            field("Goes on from", &format!("<a href=\"{}\">an earlier message</a>", address(before)));
        }
        list
    }

    fn log(&self) -> String {
        let others = self.work.iter().map(|row| {
            let note = row.note.as_ref().map_or_else(String::new, |note| format!(": {}", Escaped(note.expose())));
            format!("<li>{} {} by {}{note}</li>\n", time(row.at, self.zone), deed(row.what), Escaped(&row.by))
        });
        let list: String = others.collect();
        if list.is_empty() {
            "<p>Nobody has opened it before.</p>\n".to_owned()
        } else {
            format!("<ol>\n{list}</ol>\n")
        }
    }
}

/// How a value was confirmed: who calls back should know what is only as it was heard.
fn confirmed(by: Option<Confirmation>) -> String {
    by.map_or_else(String::new, |by| format!(" <span class=\"quiet\">({})</span>", by.label().replace('_', " ")))
}

fn callback(draft: &MessageDraft) -> String {
    match &draft.callback {
        // E.164: a plus sign and digits only.
        Some(number) => {
            let number = number.expose().as_str();
            let confirmed = confirmed(draft.confirmed.callback);
            format!("<h2>Call back</h2>\n<p><a href=\"tel:{number}\">{number}</a>{confirmed}</p>\n")
        }
        None => "<h2>Call back</h2>\n<p>The number is not known.</p>\n".to_owned(),
    }
}

fn buttons(id: MessageId, done: bool, redacted: bool) -> String {
    let mut form = format!("<form method=\"post\" action=\"{}\" class=\"work\">\n", address(id));
    if !redacted {
        let note = format!(
            "<label for=\"note\">Note (may be left empty)</label>\n\
             <textarea id=\"note\" name=\"note\" rows=\"2\" maxlength=\"{NOTE_CHARS_MAX}\"></textarea>\n"
        );
        form.push_str(&note);
    }
    let mut button = |what: MessageDeed, says: &str| {
        writeln!(form, "<button type=\"submit\" name=\"what\" value=\"{}\">{says}</button>", what.label())
            .expect(TAKES);
    };
    button(MessageDeed::CalledBack, "I have called back");
    if done {
        button(MessageDeed::Reopened, "Open again");
    } else {
        button(MessageDeed::Done, "Done");
    }
    form.push_str("</form>\n");
    form
}

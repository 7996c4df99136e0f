//! The lists: what waits, and what is done.

use std::fmt::Write;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::MessageId;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde::Deserialize;
use store::{InboxRow, NoticeWay, Overdue, Shelf};

use super::Inbox;
use super::login::{Reader, actor};
use super::page::{address, deed, page, time, urgency, words};
use super::refusal::Refusal;
use crate::html::Escaped;

/// Messages on one page.
const PAGE_ROWS: u32 = 25;
/// A message of which the practice could not be told for so long raises an alarm.
const ANNOUNCED_WITHIN: SignedDuration = SignedDuration::from_mins(10);

#[derive(Deserialize)]
pub(super) struct After {
    after: Option<MessageId>,
}

pub(super) async fn open(
    State(inbox): State<Arc<Inbox>>,
    reader: Reader,
    after: Result<Query<After>, QueryRejection>,
) -> Result<Response, Refusal> {
    show(&inbox, &reader, Shelf::Open, after).await
}

pub(super) async fn done(
    State(inbox): State<Arc<Inbox>>,
    reader: Reader,
    after: Result<Query<After>, QueryRejection>,
) -> Result<Response, Refusal> {
    show(&inbox, &reader, Shelf::Done, after).await
}

async fn show(
    inbox: &Inbox,
    reader: &Reader,
    shelf: Shelf,
    after: Result<Query<After>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Ok(Query(After { after })) = after else { return Err(Refusal::NoSuchMessage) };
    let practice = &inbox.desk.practice;
    // One more than is shown tells whether there is a next page.
    let mut rows = inbox.store.inbox(practice, shelf, after, PAGE_ROWS + 1).await?;
    let more = rows.len() > PAGE_ROWS as usize;
    rows.truncate(PAGE_ROWS as usize);
    let before = inbox.now().checked_sub(ANNOUNCED_WITHIN).unwrap_or_default();
    let overdue = inbox.store.overdue_announcements(practice, before).await?;

    let ids: Vec<_> = rows.iter().map(|row| row.message.id.to_string()).collect();
    inbox.audit(&actor(&reader.name), "listed", format!("messages {}", ids.join(" ")).trim_end().to_owned()).await?;

    let (title, path) = match shelf {
        Shelf::Open => ("Open messages", "/inbox"),
        Shelf::Done => ("Messages that are done", "/inbox/done"),
    };
    let mut body: String = overdue.iter().map(|overdue| alarm(overdue, &inbox.desk.zone)).collect();
    write!(body, "<h1>{title}</h1>\n<p class=\"quiet\">{}</p>\n", Escaped(&inbox.desk.name)).expect(TAKES);
    if rows.is_empty() {
        body.push_str("<p>There are none.</p>\n");
    } else {
        body.push_str(&table(&rows, title, &inbox.desk.zone));
    }
    if after.is_some() {
        writeln!(body, "<p><a href=\"{path}\">From the beginning</a></p>").expect(TAKES);
    }
    if let Some(last) = rows.last().filter(|_| more) {
        writeln!(body, "<p><a href=\"{path}?after={}\" rel=\"next\">More messages</a></p>", last.message.id)
            .expect(TAKES);
    }
    Ok(page(StatusCode::OK, title, Some(&reader.name), &body))
}

const TAKES: &str = "a String takes everything";

fn alarm(overdue: &Overdue, zone: &TimeZone) -> String {
    let (count, since) = (overdue.messages, time(overdue.since, zone));
    let messages = if count == 1 { "message" } else { "messages" };
    let who = match overdue.way {
        NoticeWay::Webhook => "The practice's system",
        NoticeWay::Email => "The mail server",
    };
    format!(
        "<p class=\"alarm\" role=\"alert\">{who} has not taken {count} {messages} since {since}. They stand \
         here; please tell whoever runs the server.</p>\n"
    )
}

fn table(rows: &[InboxRow], caption: &str, zone: &TimeZone) -> String {
    let mut table = format!(
        "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\">\n<table>\n<caption>{caption}</caption>\n\
         <thead><tr><th scope=\"col\">Urgency</th><th scope=\"col\">Left at</th><th scope=\"col\">From and about</th>\
         <th scope=\"col\">State</th></tr></thead>\n<tbody>\n"
    );
    for row in rows {
        let (message, draft) = (&row.message, &row.message.draft);
        let name = draft.name.as_ref().map_or("Name not known", |name| name.expose().as_str());
        writeln!(
            table,
            "<tr><td>{urgency}</td><td>{left}</td><th scope=\"row\"><a href=\"{address}\">{name}</a> <span>({caller}): \
             {about}</span></th><td>{state}</td></tr>",
            urgency = urgency(draft.urgency),
            left = time(message.saved_at, zone),
            address = address(message.id),
            name = Escaped(if message.redacted_at.is_some() { "Redacted" } else { name }),
            caller = words(draft.caller.label()),
            about = words(draft.intent.label()),
            state = state(row),
        )
        .expect(TAKES);
    }
    table.push_str("</tbody>\n</table>\n</div>\n");
    table
}

fn state(row: &InboxRow) -> String {
    let incomplete = if row.message.draft.complete { "" } else { "<strong>INCOMPLETE</strong>, " };
    let last = row.last.as_ref();
    let last = last.map_or_else(|| "new".to_owned(), |(what, by)| format!("{} by {}", deed(*what), Escaped(by)));
    format!("{incomplete}{last}")
}

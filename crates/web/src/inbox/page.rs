//! The frame of every page of the inbox, and the words in which its values are told.

use axum::http::header::REFERRER_POLICY;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use domain::{MessageId, Urgency};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use store::MessageDeed;

use crate::html::{Escaped, styled_page};

/// A page of the inbox. `body` is HTML already. `reader` is logged in: they are named, with a way out.
pub(super) fn page(status: StatusCode, title: &str, reader: Option<&str>, body: &str) -> Response {
    let header = reader.map_or_else(String::new, |name| {
        format!(
            "<header>\n<nav aria-label=\"Inbox\"><a href=\"/inbox\">Open messages</a> <a href=\"/inbox/done\">Done</a></nav>\n\
             <form method=\"post\" action=\"/inbox/logout\"><span class=\"quiet\">{}</span> \
             <button type=\"submit\" class=\"plain\">Log out</button></form>\n</header>\n",
            Escaped(name)
        )
    });
    let body = format!("{header}<main>\n{body}\n</main>");
    let mut response = styled_page(status, title, "/inbox/style.css", &body);
    // Forms tell from which origin they come only where a referrer may be told to it. No address here is a key.
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// A label of ours as words: "prescription refill".
pub(super) fn words(label: &str) -> String {
    label.replace('_', " ")
}

/// How urgent, told in a word; the colour only repeats it.
pub(super) fn urgency(urgency: Urgency) -> String {
    let word = match urgency {
        Urgency::Emergency => "Emergency",
        Urgency::Urgent => "Urgent",
        Urgency::Routine => "Routine",
    };
    format!("<strong class=\"{urgency}\">{word}</strong>")
}

pub(super) fn deed(deed: MessageDeed) -> &'static str {
    match deed {
        MessageDeed::Opened => "opened",
        MessageDeed::CalledBack => "called back",
        MessageDeed::Done => "done",
        MessageDeed::Reopened => "opened again",
    }
}

/// Where a message is shown.
pub(super) fn address(id: MessageId) -> String {
    format!("/inbox/messages/{id}")
}

/// The time of day and the day, by the practice's clock.
pub(super) fn time(at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    format!("<time datetime=\"{at:.0}\">{}</time>", local.strftime("%H:%M, %a %-d %b %Y"))
}

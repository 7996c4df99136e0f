//! E-mails about messages: one about an urgent message, or a digest of several.
//!
//! Without [`Details::Included`] nothing that a caller said or is stands in them; and never in a subject, which telephones show to
//! whoever is near.

use std::fmt::Write;

use domain::{MessageDraft, Practice, Urgency};
use sha2::{Digest, Sha256};
use store::MessageRow;

use crate::Details;
use crate::channel::{Letter, one_line};

const TAKES: &str = "a String takes everything";

/// Whether a message has an e-mail of its own, at once.
pub(crate) fn is_alone(draft: &MessageDraft) -> bool {
    draft.urgency != Urgency::Routine
}

/// About `messages`, of which there is at least one. `public_url` is where FirstRing is reached, without a slash at the end.
pub(crate) fn letter(messages: &[&MessageRow], practice: &Practice, public_url: &str, details: Details) -> Letter {
    let name = one_line(&practice.name);
    let what = match messages {
        [one] if is_alone(&one.draft) => format!("{} message", word(one.draft.urgency)),
        [_] => "1 message".to_owned(),
        several => format!("{} messages", several.len()),
    };
    let mut text = format!("{what} for {name}\r\n");
    for message in messages {
        text.push_str("\r\n");
        entry(&mut text, message, practice, public_url);
        if details == Details::Included {
            words(&mut text, &message.draft);
        }
    }
    write!(text, "\r\nAll messages: {public_url}/inbox\r\n").expect(TAKES);
    Letter {
        id: id(messages),
        subject: format!("{what} - {name}"),
        text,
        is_emergency: messages.iter().any(|message| message.draft.urgency == Urgency::Emergency),
    }
}

/// Whoever gets the same messages twice sees that it is the same e-mail.
fn id(messages: &[&MessageRow]) -> String {
    if let [one] = messages {
        return format!("message-{}", one.id);
    }
    let hash =
        messages.iter().fold(Sha256::new(), |hash, message| hash.chain_update(message.id.0.as_bytes())).finalize();
    let half = hash.first_chunk().copied().map_or(0, u128::from_be_bytes);
    format!("digest-{half:032x}")
}

fn word(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Emergency => "EMERGENCY",
        Urgency::Urgent => "URGENT",
        Urgency::Routine => "ROUTINE",
    }
}

/// What is free of what the caller said or is.
fn entry(text: &mut String, message: &MessageRow, practice: &Practice, public_url: &str) {
    let draft = &message.draft;
    let about = draft.intent.label().replace('_', " ");
    let incomplete = if draft.complete { "" } else { " (INCOMPLETE)" };
    let left = message.saved_at.to_zoned(practice.zone.clone());
    write!(text, "{}: {about}{incomplete}\r\n", word(draft.urgency)).expect(TAKES);
    write!(text, "Left: {} by: {}\r\n", left.strftime("%H:%M, %a %-d %b %Y"), draft.caller.label().replace('_', " "))
        .expect(TAKES);
    write!(text, "Reference: {}\r\n", message.id).expect(TAKES);
    write!(text, "{public_url}/inbox/messages/{}\r\n", message.id).expect(TAKES);
}

/// What the caller said and is, for records that hold such things.
pub(crate) fn told(draft: &MessageDraft) -> String {
    let mut text = String::new();
    words(&mut text, draft);
    text
}

/// What the caller said and is, each on a line of its own.
fn words(text: &mut String, draft: &MessageDraft) {
    let values = [
        ("Name", draft.name.as_ref().map(|name| name.expose().clone())),
        ("Born", draft.date_of_birth.as_ref().map(|born| born.expose().to_string())),
        ("Number", draft.callback.as_ref().map(|number| number.expose().as_str().to_owned())),
        ("Words", Some(draft.text.expose().clone()).filter(|words| !words.is_empty())),
        ("Was told to hear from you", draft.promised.clone()),
    ];
    let values = values.into_iter().filter_map(|(what, value)| Some((what.to_owned(), value?)));
    let fields = draft.fields.iter().map(|(field, words)| (field.label().replace('_', " "), words.expose().clone()));
    for (what, value) in values.chain(fields) {
        write!(text, "{what}: {}\r\n", one_line(&value)).expect(TAKES);
    }
}

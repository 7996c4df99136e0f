//! What pages and notifications say, as JSON.
//!
//! `details` is there only with [`Details::Included`]; everything else is free of what the caller said or is.

use domain::{CallerKind, CaseUpdate, Intent, MessageDraft, Phi, PhoneNumber, RedFlagId, Urgency};
use jiff::Timestamp;
use oncall::Why;
use serde::Serialize;
use store::{CaseFile, MessageRow};

use crate::Details;

/// A page.
#[derive(Serialize)]
pub(crate) struct PageBody<'a> {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) practice: &'a str,
    pub(crate) reference: &'a str,
    pub(crate) urgency: Urgency,
    pub(crate) opened_at: Timestamp,
    pub(crate) why: Why,
    pub(crate) step: u32,
    /// Where the clinician reads what is known and takes the case.
    pub(crate) link: String,
    /// `disk`, or `memory` if the database does not answer: then the link works only as long as the process.
    pub(crate) kept_in: KeptIn,
    /// The case was opened in the middle of a sentence, which may go on otherwise, and its words have not come yet.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) unconfirmed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) details: Option<CaseDetails<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeptIn {
    Disk,
    Memory,
}

#[derive(Serialize)]
pub(crate) struct CaseDetails<'a> {
    heard: &'a Phi<String>,
    callback: Option<&'a Phi<PhoneNumber>>,
    red_flags: Vec<RedFlagId>,
    updates: Vec<&'a CaseUpdate>,
}

impl<'a> CaseDetails<'a> {
    pub(crate) fn of(file: &'a CaseFile, details: Details) -> Option<Self> {
        match details {
            Details::ReferenceOnly => None,
            Details::Included => Some(Self {
                heard: &file.case.draft.heard,
                callback: file.case.draft.callback.as_ref(),
                red_flags: file.red_flags(),
                updates: file.events.iter().map(|e| &e.update).collect(),
            }),
        }
    }
}

/// The notification of a message.
#[derive(Serialize)]
pub(crate) struct MessageBody<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    practice: &'a str,
    message: String,
    saved_at: Timestamp,
    urgency: Urgency,
    intent: Intent,
    caller: CallerKind,
    complete: bool,
    /// The incomplete message that this one goes on from.
    #[serde(skip_serializing_if = "Option::is_none")]
    continues: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<&'a MessageDraft>,
}

impl<'a> MessageBody<'a> {
    pub(crate) fn of(message: &'a MessageRow, practice: &'a str, details: Details) -> Self {
        let draft = &message.draft;
        Self {
            kind: "message",
            practice,
            message: message.id.to_string(),
            saved_at: message.saved_at,
            urgency: draft.urgency,
            intent: draft.intent,
            caller: draft.caller,
            complete: draft.complete,
            continues: draft.continues.map(|message| message.to_string()),
            details: match details {
                Details::ReferenceOnly => None,
                Details::Included => Some(draft),
            },
        }
    }
}

pub(crate) fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).expect("our bodies have string keys only and cannot fail to serialise")
}

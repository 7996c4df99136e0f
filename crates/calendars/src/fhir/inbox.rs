//! Messages for the practice's worklist: a Task (<https://hl7.org/fhir/R4/task.html>) for whoever does the work, and a
//! Communication (<https://hl7.org/fhir/R4/communication.html>) that holds what was said.

use domain::{MessageId, Phi, Urgency};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use super::is_reference;
use super::json::{identifier, text, token};
use super::search::{body, parsed};
use crate::entry::{lines, one_line};
use crate::http::{Server, refusal};
use crate::{Access, Answer, CalendarError};

const MODES: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode";

/// Where messages go, as the practice wrote it.
#[derive(Clone, Debug)]
pub struct InboxConfig {
    /// Of the base.
    pub access: Access,
    /// Who is to do the tasks, such as `PractitionerRole/12`, `Organization/3` or `CareTeam/4`.
    pub owner: Option<String>,
}

/// The worklist of a records system.
#[derive(Debug)]
pub struct FhirInbox {
    server: Server,
    owner: Option<String>,
}

/// A message as it is to stand in the practice's records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutsideMessage {
    /// Ours: the same id is the same message, however often it is delivered.
    pub id: MessageId,
    /// By which the practice finds it in FirstRing.
    pub reference: String,
    /// How soon somebody is to look.
    pub urgency: Urgency,
    /// When it was taken.
    pub taken: Timestamp,
    /// What stands in the worklist instead of "Telephone message" and the reference.
    pub title: Option<Phi<String>>,
    /// The whole of it.
    pub text: Phi<String>,
    /// The patient's record there, such as `Patient/1234`, where it is known for certain. What is no reference is left out.
    pub patient: Option<String>,
}

impl FhirInbox {
    /// Asks nobody yet. The error is `Misconfigured`.
    pub fn new(config: &InboxConfig) -> Result<Self, CalendarError> {
        if config.owner.as_ref().is_some_and(|owner| !is_reference(owner)) {
            return Err(CalendarError::Misconfigured("a FHIR reference is not of the form Practitioner/1234"));
        }
        Ok(Self { server: Server::new(&config.access)?, owner: config.owner.clone() })
    }

    /// Delivers a message: both resources or neither, and no second time. It may be repeated until it succeeds.
    pub fn deliver<'a>(&'a self, message: &'a OutsideMessage) -> Answer<'a, ()> {
        Box::pin(self.deliver_once(message))
    }

    async fn deliver_once(&self, message: &OutsideMessage) -> Result<(), CalendarError> {
        let bundle = self.bundle(message);
        let answer = self.server.ask(body(self.server.request(Method::POST, self.server.root()), &bundle)).await?;
        let given = parsed(&answer.done()?)?;
        let entries = given.get("entry").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let statuses = entries.iter().map(|entry| entry.pointer("/response/status").and_then(Value::as_str));
        for status in statuses.clone() {
            let code = status.and_then(|text| text.get(..3)?.parse::<u16>().ok()).and_then(|code| code.try_into().ok());
            let code: reqwest::StatusCode = code.ok_or(CalendarError::Unreadable("an entry without a status"))?;
            if !code.is_success() {
                return Err(refusal(code));
            }
        }
        if text(&given, "resourceType") == "Bundle" && statuses.count() == 2 {
            return Ok(());
        }
        Err(CalendarError::Unreadable("it is no transaction's answer"))
    }

    /// One transaction (<https://hl7.org/fhir/R4/http.html#transaction>). The Communication names the Task by an id that stands
    /// only in this bundle; the server puts its own there, also that of an earlier delivery.
    fn bundle(&self, message: &OutsideMessage) -> Value {
        let task_url = format!("urn:uuid:{}", message.id);
        let mut task = self.task(message);
        let mut said = communication(message, &task_url);
        if let Some(patient) = message.patient.as_ref().filter(|patient| is_reference(patient)) {
            task["for"] = json!({ "reference": patient });
            said["subject"] = json!({ "reference": patient });
        }
        let request = |kind: &str| {
            let unless = format!("identifier={}", token(message.id.0));
            json!({ "method": "POST", "url": kind, "ifNoneExist": unless })
        };
        json!({
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [
                { "fullUrl": task_url, "resource": task, "request": request("Task") },
                { "resource": said, "request": request("Communication") },
            ],
        })
    }

    fn task(&self, message: &OutsideMessage) -> Value {
        let untitled = || format!("Telephone message {}", message.reference);
        let title = message.title.as_ref().map_or_else(untitled, |title| title.expose().clone());
        let mut task = json!({
            "resourceType": "Task",
            "identifier": [identifier(message.id.0)],
            "status": "requested",
            "intent": "order",
            "priority": priority(message.urgency),
            "description": one_line(&title),
            "authoredOn": message.taken.to_string(),
        });
        if let Some(owner) = &self.owner {
            task["owner"] = json!({ "reference": owner });
        }
        task
    }
}

fn communication(message: &OutsideMessage, task: &str) -> Value {
    json!({
        "resourceType": "Communication",
        "identifier": [identifier(message.id.0)],
        "basedOn": [{ "reference": task }],
        "status": "completed",
        "priority": priority(message.urgency),
        "medium": [{ "coding": [{ "system": MODES, "code": "PHONE" }] }],
        "sent": message.taken.to_string(),
        "payload": [{ "contentString": lines(message.text.expose()) }],
    })
}

/// <https://hl7.org/fhir/R4/valueset-request-priority.html>
fn priority(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Emergency => "stat",
        Urgency::Urgent => "urgent",
        Urgency::Routine => "routine",
    }
}

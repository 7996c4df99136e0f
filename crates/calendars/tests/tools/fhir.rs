//! Medplum's FHIR R4 router over a repository in memory: eval/fixtures/fhir/server.mjs.

use std::io::BufRead;
use std::process::Command;
use std::time::Duration;

use calendars::{Access, Credentials, FhirCalendar, FhirConfig};
use jiff::SignedDuration;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::caldav::zone;
use super::{Process, access, fixtures, piped, tls, tool};

const LOOK_BACK: SignedDuration = SignedDuration::from_hours(14 * 24);

pub struct Server {
    pub base: String,
    origin: String,
    client: Client,
    _process: Process,
}

impl Server {
    pub fn start() -> Self {
        tls();
        let mut command = Command::new("node");
        command.arg(fixtures().join("fhir/server.mjs")).current_dir(tool("fhir", "fhir/package-lock.json"));
        let (process, mut out) = piped(command.env("PORT", "0"));
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let port = line.trim().strip_prefix("ready ").unwrap_or_else(|| panic!("the FHIR server said {line:?}"));
        let origin = format!("http://127.0.0.1:{port}");
        Self { base: format!("{origin}/fhir/R4/"), origin, client: Client::new(), _process: process }
    }

    pub fn access(&self) -> Access {
        access(&self.base, Credentials::None, Duration::from_secs(10))
    }

    pub fn calendar(&self, schedule: Option<String>) -> FhirCalendar {
        self.calendar_with(schedule, self.access())
    }

    #[allow(clippy::unused_self)] // the server must live as long as it is asked
    pub fn calendar_with(&self, schedule: Option<String>, access: Access) -> FhirCalendar {
        FhirCalendar::new(&FhirConfig {
            access,
            actor: "Practitioner/patel".to_owned(),
            schedule,
            look_back: LOOK_BACK,
            zone: zone(),
        })
        .unwrap()
    }

    /// The next requests fail as server.mjs says.
    pub async fn faults(&self, faults: Value) {
        self.ask(Method::POST, &format!("{}/faults", self.origin), Some(faults)).await;
    }

    async fn ask(&self, method: Method, url: &str, body: Option<Value>) -> Value {
        let mut request = self.client.request(method, url).header("content-type", "application/fhir+json");
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    pub async fn create(&self, resource: Value) -> Value {
        let kind = resource["resourceType"].as_str().unwrap().to_owned();
        self.ask(Method::POST, &format!("{}{kind}", self.base), Some(resource)).await
    }

    /// As somebody else writes it, whatever was there.
    pub async fn write(&self, resource: Value) -> Value {
        let place = format!("{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap());
        self.ask(Method::PUT, &format!("{}{place}", self.base), Some(resource)).await
    }

    /// All of a kind.
    pub async fn all(&self, kind: &str) -> Vec<Value> {
        let found = self.ask(Method::GET, &format!("{}{kind}?_count=1000", self.base), None).await;
        let entries = found["entry"].as_array().cloned().unwrap_or_default();
        entries.into_iter().map(|mut entry| entry["resource"].take()).collect()
    }

    /// A schedule with half-hour slots from each of `starts` on, all free.
    pub async fn schedule(&self, starts: &[&str]) -> String {
        let actor = json!([{ "reference": "Practitioner/patel" }]);
        let schedule = self.create(json!({ "resourceType": "Schedule", "actor": actor })).await;
        let schedule = format!("Schedule/{}", schedule["id"].as_str().unwrap());
        for start in starts {
            self.create(slot(&schedule, start)).await;
        }
        schedule
    }

    /// Each slot's begin and status.
    pub async fn slots(&self) -> Vec<(String, String)> {
        let text = |slot: &Value, name: &str| slot[name].as_str().unwrap().to_owned();
        let mut slots: Vec<_> =
            self.all("Slot").await.iter().map(|slot| (text(slot, "start"), text(slot, "status"))).collect();
        slots.sort();
        slots
    }
}

pub fn slot(schedule: &str, start: &str) -> Value {
    let begin: jiff::Timestamp = start.parse().unwrap();
    let end = begin + SignedDuration::from_mins(30);
    json!({
        "resourceType": "Slot",
        "schedule": { "reference": schedule },
        "status": "free",
        "start": start,
        "end": end.to_string(),
        // Theirs, and not to be lost.
        "extension": [{ "url": "https://example.org/room", "valueString": "3" }],
    })
}

pub fn appointment(start: &str, end: &str) -> Value {
    json!({
        "resourceType": "Appointment",
        "status": "booked",
        "start": start,
        "end": end,
        "participant": [{ "actor": { "reference": "Practitioner/patel" }, "status": "accepted" }],
    })
}

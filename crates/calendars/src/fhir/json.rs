//! The few fields that are looked at, wherever they stand.

use domain::AppointmentId;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Resource;
use crate::{CalendarError, Period, Version};

/// Of our ids, whatever they name: a name for them that nobody else has (<https://hl7.org/fhir/R4/datatypes.html#Identifier>).
const SYSTEM: &str = "urn:uuid:1f6cbb0c-9f0d-4c57-8a1e-7d2f5c0b4e93";
/// What something lasts of which the end cannot be read.
const UNKNOWN_LASTS: SignedDuration = SignedDuration::from_hours(1);

pub(super) fn text<'a>(resource: &'a Resource, name: &str) -> &'a str {
    resource.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Our id as an identifier.
pub(super) fn identifier(id: Uuid) -> Value {
    json!({ "system": SYSTEM, "value": id.to_string() })
}

/// The same in a search.
pub(super) fn token(id: Uuid) -> String {
    format!("{SYSTEM}|{id}")
}

/// Whether a resource bears our identifier. Servers may ignore a search's parameter that they do not know.
pub(super) fn is_of(resource: &Resource, id: AppointmentId) -> bool {
    identifiers(resource).any(|one| one == id)
}

/// Which of our ids an identifier is.
pub(super) fn id_of(identifier: &Value) -> Option<AppointmentId> {
    if text(identifier, "system") != SYSTEM {
        return None;
    }
    text(identifier, "value").parse().ok().map(AppointmentId)
}

/// Those of its identifiers that are ours.
pub(super) fn identifiers(resource: &Resource) -> impl Iterator<Item = AppointmentId> {
    let all = resource.get("identifier").and_then(Value::as_array).into_iter().flatten();
    all.filter_map(id_of)
}

/// `Slot/123`
pub(super) fn reference(resource: &Resource) -> Result<String, CalendarError> {
    let reference = format!("{}/{}", text(resource, "resourceType"), text(resource, "id"));
    if super::is_reference(&reference) {
        Ok(reference)
    } else {
        Err(CalendarError::Unreadable("a resource without an id"))
    }
}

pub(super) fn version(resource: &Resource) -> Result<Version, CalendarError> {
    let version = resource.pointer("/meta/versionId").and_then(Value::as_str);
    version.map(Version::new).ok_or(CalendarError::Unreadable("the server keeps no versions"))
}

/// When a resource with `start` and `end` is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum When {
    Known(Period),
    /// Its end is guessed.
    Begins(Period),
    Unknown,
}

pub(super) fn when(resource: &Resource, zone: &TimeZone) -> When {
    let at = |name| instant(text(resource, name), zone);
    let Some(start) = at("start") else { return When::Unknown };
    if let Some(period) = at("end").and_then(|end| Period::new(start, end)) {
        return When::Known(period);
    }
    let end = start.checked_add(UNKNOWN_LASTS).ok();
    end.and_then(|end| Period::new(start, end)).map_or(When::Unknown, When::Begins)
}

/// `2026-11-01T09:00:00-05:00`; without a distance from UTC it is the practice's time.
fn instant(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let local = || zone.to_ambiguous_timestamp(text.parse::<civil::DateTime>().ok()?).compatible().ok();
    text.parse().ok().or_else(local)
}
